# Floats: repr, arithmetic rules, rounding, special values, methods.
inf, nan = float("inf"), float("nan")
values = [0.0, -0.0, 1.0, -1.5, 1e16, 1e17, 123456789.123, 1e-5, 1e-4, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, inf, -inf, nan]
for v in values:
    print(repr(v), str(v), v == v, v.is_integer(), v.hex(), bool(v))
    print(f"{v:.3f} {v:e} {v:g} {v:10.2f}| {v:<12.4g}| {v:+.1f} {v:%}")
for a in (7.5, -7.5):
    for b in (2.0, -2.0, 2, 0.1):
        print(a // b, a % b, divmod(a, b), a / b, a ** 2, a * b)
for bad in (lambda: 1.0 / 0, lambda: 1.0 // 0.0, lambda: 1.0 % 0.0, lambda: int(nan), lambda: int(inf), lambda: 0.0 ** -1, lambda: 1e200 ** 2, lambda: float("x"), lambda: float([]), lambda: round(inf)):
    try:
        print(bad())
    except (ZeroDivisionError, ValueError, OverflowError, TypeError) as e:
        print(type(e).__name__, e)
print([round(x) for x in (0.5, 1.5, 2.5, -0.5, 2.675)], round(2.675, 2), round(1234.5678, -2), round(1e22, 3), round(5.5e-7, 7))
print((-8.0) ** (1 / 3))
print(float.fromhex("0x1.8p3"), (0.1).as_integer_ratio(), (2.5).as_integer_ratio())
print(1.0 == 1, hash(1.0) == hash(1), hash(0.5), hash(inf), hash(-inf), hash(1e300), {1: "a"}[1.0])
print(nan == nan, nan in [nan], [nan] == [nan], nan != nan, nan < 1, inf > 10 ** 400, -0.0 == 0.0)
print(max(1.0, nan), min(nan, 1.0), max(nan, 1.0), sorted([3.5, -1.0, 2, 0.0]))
print(float("  1_0.5e1 "), float("-iNf"), float("nan"), float(True), float(10 ** 30))
total = 0.0
for i in range(1000):
    total += i * 0.1
print(total, sum([0.1] * 10), sum([0.1, 1, 2.5], 1))
x = 1.0
for i in range(200):
    x = x * 1.01 - 0.003
print(x, abs(-x), -x, +x, x.conjugate(), x.real, x.imag)
print(1e3, 1e22, 1e23, 123e-7, 1.5e300 * 1e10, 2.0 ** 0.5, 4 ** -2, 4 ** 0.5)
print(format(1234567.891, ",.2f"), format(0.000012345, ".3g"), format(3.0, ""), format(1e10, "n"), format(2.5, "08.2f"), format(-2.5, "=+10.3e"))
