# Integers beyond the immediate range: arithmetic, division rules, shifts, powers.
def show(*values):
    print(*values)

a = 2 ** 200 + 12345
b = -(3 ** 90)
for x in (a, b, -a, 2 ** 48, 2 ** 48 - 1, -2 ** 48, -2 ** 48 - 1, 2 ** 63, -2 ** 63, 0, 1, -1):
    for y in (7, -7, 10 ** 20, -(10 ** 20), 2 ** 47):
        q, r = divmod(x, y)
        assert q * y + r == x and (r == 0 or (r < 0) == (y < 0))
        show(x + y, x - y, x * y, q, r)
    show(x >> 3, x >> 64, x << 5, ~x, x & 0xFFFF, x | 1, x ^ -1)
print(pow(3, 1000, 10 ** 9 + 7), pow(3, -1, 7), pow(-2, 5, -7))
try:
    pow(2, -1, 4)
except ValueError as e:
    print(e)
for bad in (lambda: 1 // 0, lambda: 1 % 0, lambda: divmod(1, 0), lambda: 1 << -1, lambda: 2 ** 70 // 0, lambda: 0 ** -1):
    try:
        bad()
    except (ZeroDivisionError, ValueError) as e:
        print(type(e).__name__, e)
x = 1
for i in range(300):
    x = x * (i + 1) % (2 ** 61 - 1) + i
print(x)
fact = 1
for i in range(1, 60):
    fact *= i
print(fact, len(str(fact)), fact.bit_length(), fact.bit_count())
print((2 ** 100).to_bytes(13, "big"), int.from_bytes(b"\xff\x00\x10", "little", signed=True))
print((-5).to_bytes(2, "big", signed=True))
try:
    (300).to_bytes(1, "big")
except OverflowError as e:
    print(e)
print(hash(2 ** 61 - 1), hash(2 ** 61), hash(-1), hash(-2), hash(2 ** 200), hash(-(2 ** 200)))
print(2 ** 62 == 2.0 ** 62, 2 ** 53 + 1 == 2.0 ** 53 + 1, 10 ** 30 > 1e30, 10 ** 400 > 1e308)
print(10 ** 20 // 10 ** 18, 7 / 2, 2 ** 70 / 2 ** 69, round(12345, -2), round(15, -1), round(25, -1), round(-2 ** 70, -5))
try:
    10 ** 400 / 3
except OverflowError as e:
    print(e)
print(int("123_456"), int(" -0x1f ", 16), int("0b101", 0), int("zz", 36), int(-3.99), int(1e20))
for bad in ("", "1__0", "0x", "12a", "_1"):
    try:
        int(bad)
    except ValueError as e:
        print(e)
print(bin(-10), oct(64), hex(-255), f"{2**70:,} {255:#x} {255:#010b} {-5:+d} {5: d} {1234567:_}")
print(True + True, True * 3, ~True, -True, True & False, True | 2, isinstance(True, int))
print((7).as_integer_ratio(), (5).real, (5).imag, (5).conjugate(), (6).numerator, (6).denominator)
