# Loops that the JIT compiles: typed, overflowing, changing types, leaving in the middle.
def total(n):
    s = 0
    for i in range(n): s += i * i - (i >> 1) ^ (i & 7)
    return s
print(total(5000))
def overflow(n):
    x = 1; seen = 0
    for i in range(n):
        x = x * 3 + i
        if x > 2 ** 48: seen += 1
        if x > 2 ** 200: x = x % 1000003
    return x, seen
print(overflow(1000))
def mixed(items):
    s = 0
    for x in items: s = s + x
    return s
for items in ([1] * 600, [1.5] * 600, [1] * 500 + [0.5] * 100, [True] * 300 + [2 ** 60] * 300): print(mixed(items))
try: mixed([1] * 600 + ["a"])
except TypeError as e: print(e)
def nested(n):
    c = 0
    for i in range(n):
        for j in range(i):
            if (i * j) % 7 == 3: c += 1; continue
            if j > 50: break
            c += j & 1
    return c
print(nested(120))
def collatz(limit):
    best = (0, 0)
    for n in range(1, limit):
        k, m = 0, n
        while m != 1:
            m = m // 2 if m % 2 == 0 else 3 * m + 1
            k += 1
        if k > best[1]: best = (n, k)
    return best
print(collatz(2000))
def gcd(a, b):
    while b: a, b = b, a % b
    return a
print(sum(gcd(i, j) for i in range(60) for j in range(60)))
def div(n):
    out = 0
    for i in range(-n, n):
        try: out += 1000 // i + 1000 % i
        except ZeroDivisionError: out += 7
    return out
print(div(800))
def floats(n):
    x = y = 0.0
    for i in range(1, n):
        x += 1.0 / i; y = y * 0.5 + i
        if x != x: break
    return x, y
print(floats(3000))
def boundary():
    v = 2 ** 48 - 500; out = []
    for i in range(1000):
        v += 1
        if i % 200 == 0: out.append(v)
    w = -2 ** 48 + 500
    for i in range(1000): w -= 1
    return out, w, -w, v - w
print(boundary())
def spectral():
    def a(i, j): return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)
    u = [1.0] * 20
    for _ in range(3):
        v = [sum(a(i, j) * u[j] for j in range(20)) for i in range(20)]
        u = [sum(a(j, i) * v[j] for j in range(20)) for i in range(20)]
    return sum(p * q for p, q in zip(u, v))
print(spectral())
