"""Powers and functions of `math` in hot loops: special values, errors, other modules with the same names."""
import cmath
import math
import operator

INF, NAN = math.inf, math.nan
XS = [0.5, 2.0, 3, 0, 1, -1, -0.5, 0.0, -0.0, 1e308, 1e-320, INF, -INF, NAN, 710.0, 2**60, True]


def each(f):
    out = []
    for _ in range(8):
        out = []
        for x in XS:
            try:
                out.append(repr(f(x)))
            except (ValueError, OverflowError, ZeroDivisionError) as e:
                out.append(type(e).__name__ + ": " + str(e))
    return out


def hot(f, x):
    r = None
    for _ in range(200):
        r = f(x)
    return r


for name in ("acos asin atan cos cosh exp expm1 log log10 log2 sin sinh tan tanh sqrt fabs floor ceil "
             "log1p gamma degrees isqrt isnan trunc").split():
    f = getattr(math, name)
    for x in XS[:4]:
        try:
            hot(f, x)
        except (ValueError, TypeError):
            pass
    try:
        print(name, each(f))
    except TypeError as e:
        print(name, e)


def pairs(f):
    out = []
    some = [x for x in XS if x != 2**60]
    for x in some:
        for y in some + [2.0**60]:
            try:
                out.append(repr(f(x, y)))
            except (ValueError, OverflowError, ZeroDivisionError) as e:
                out.append(type(e).__name__)
    return out


def power(x, y):
    return x ** y


for f in (power, math.pow, math.fmod, math.atan2, math.copysign, math.hypot, operator.pow, pow):
    for _ in range(3):
        got = pairs(f)
    print(f.__name__, hash(tuple(got)) and got[::5])


def mixed():
    total, caught = 0.0, 0
    for k in range(1, 400):
        x = k * 0.25
        total += x ** 1.5 + x ** -1.5 + x ** 2 + k ** 0.5 + math.sin(x) + math.log(k) + math.atan2(x, k)
        if k % 50 == 0:
            for bad in (lambda: (-x) ** 0.5, lambda: 0.0 ** -k, lambda: 1e300 ** x, lambda: math.exp(1e3 * k)):
                try:
                    total += abs(bad())
                except (ZeroDivisionError, OverflowError) as e:
                    caught += len(str(e))
    return total, caught


print(mixed())


def complex_ones():
    r = []
    for k in range(300):
        r = [cmath.sqrt(4.0), cmath.sqrt(-1.0), cmath.sin(0.5), cmath.exp(1.0), cmath.log(2.0), operator.abs(-k)]
    return r


print(complex_ones())


class Mine:
    def __pow__(self, other):
        return "pow"

    def __float__(self):
        return 0.25


def of_class():
    m, r = Mine(), []
    for k in range(200):
        r = [m ** 2, math.sqrt(m), math.sin(m), 2 ** k if k < 70 else 0, 2 ** -k, (-2) ** (k % 7), 2.0 ** (k % 5)]
    return r


print(of_class())
