# Short formats of numbers against the general way, big ints against each other.
import random
r = random.Random(5)
class I(int): pass
class F(float): pass
bad = 0
specs = ["d", "x", "X", "5", "05", "5d", "05d", "012x", "3X", "0", "00", "005", "1", "80", "79d", "081d", "100", "079", "123", "1234", "03", "2d", "b", "o", "n", "c", "5.2", ",d", "_x", "+d", " d", "<5", ">05", "^7d", "=8", "#x", "-5d", "e", "%", ".2"]
fspecs = [".2f", ".0f", "8.3f", "08.3f", ".20f", ".21f", "5f", "f", "020.5f", ".1f", "3.1f", "80.2f", "081.1f", ".2e", ".3g", "10", "010", ".3", "+.2f", ",.2f", ".2F", "z.1f", "-.2f"]
nums = [0, 1, -1, 5, -5, 255, -255, 10**6, -10**6, 2**60, -2**60, 2**61 - 1, 2**61, -2**61, 2**62, 2**63, 10**20] + [r.randrange(-10**r.randrange(1, 18), 10**r.randrange(1, 18)) for _ in range(200)]
floats = [0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.125, 2.675, 1e15, 1e16, 1e22, 1e60, 1e300, -1e300, 1e-5, 5e-324, float("inf"), float("-inf"), float("nan"), 123456.789, 0.05, 0.15, 0.25, 0.35, 999.995, 9.995] + [r.uniform(-1000, 1000) for _ in range(200)] + [r.uniform(-1, 1) * 10 ** r.randrange(-20, 40) for _ in range(200)]
def fmt(x, s):
    try: return format(x, s)
    except (ValueError, OverflowError) as e: return type(e).__name__ + str(e)
import hashlib
h = hashlib.md5()
for n in nums:
    for s in specs + fspecs:
        a = fmt(n, s); b = fmt(I(n), s).replace("'I'", "'int'")
        if a != b: bad += 1; print("int", n, s, a, b)
        h.update(a.encode())
    h.update((hex(n) + oct(n) + bin(n) + hex(I(n)) + str(n)).encode())
for x in floats:
    for s in fspecs + specs:
        a = fmt(x, s); b = fmt(F(x), s).replace("'F'", "'float'")
        if a != b: bad += 1; print("float", x, s, a, b)
        h.update(a.encode())
print(bad, h.hexdigest())
print(f"{5:05d}|{-5:05d}|{3.14159:8.3f}|{-0.001:.2f}|{True:d}|{True:5}|{255:#x}|{1e100:.2f}")
print(["a,b,,c".split(","), ",".split(","), "".split(","), "abc".split(","), "a--b--c".split("--", 1), "é,b".split(","), "a€b".split("€"), "x,y,z".rsplit(",", 1), "aXXb".split("X"), "abc".split("abc"), "a,b".split(",", 0)])
s = "abc"
print(s.split(",")[0] is s)
class S(str): pass
print([type(x).__name__ for x in S("q").split(",")], S("a,b").split(S(",")))
# Divisions of all sizes agree with multiplication.
for k in range(4000):
    a = r.getrandbits(r.randrange(1, 1300)); b = r.getrandbits(r.randrange(1, 700)) | 1
    if k % 3 == 0: b = (1 << r.randrange(1, 640)) - 1 or 1
    if k % 5 == 0: a = -a
    if k % 7 == 0: b = -b
    if k % 11 == 0: a = b * r.getrandbits(200)
    q, m = divmod(a, b)
    assert q * b + m == a and (0 <= m < b or b < m <= 0), (a, b)
    assert a // b == q and a % b == m
    t = str(abs(a)); v = 0
    for i in range(0, len(t), 15): v = v * 10 ** len(t[i:i + 15]) + int(t[i:i + 15])
    assert v == abs(a)
    h.update(str(q).encode()); h.update(str(m).encode())
for k in range(300):
    for bits in (30, 60, 61, 90, 120, 121, 180, 240, 241, 500):
        a = r.getrandbits(bits); b = r.getrandbits(r.randrange(1, bits + 1))
        p = a * b
        assert p == sum((a << i) for i in range(b.bit_length()) if b >> i & 1)
        assert a * a == (a + 1) * (a - 1) + 1
        h.update(str(p).encode())
print(h.hexdigest())
# Slices of strs in hot code.
def slices(s):
    out = []
    for i in range(-3, 5):
        out.append((s[i:], s[:i], s[i:i + 2], s[1:i], s[i:None], s[::i or 1], s[i:4:1]))
    return out
for k in range(300):
    res = [slices(s) for s in ("", "a", "abcdef", "é€𝒳xyz", "é", S("sub"))]
print(res[2], res[3][1], type(res[5][0][0]).__name__)
def same(s): return s[:] is s, s[0:] is s, s[0:1] is s[0]
for k in range(900): x = same("abc")
print(x)
