"""Counted loops that make several rounds at a time: each check fails in each of the rounds, at each length."""


def dot(a, b):
    s = 0
    for k in range(len(a)):
        s += a[k] * b[k]
    return s


def column(a, b, j, n):
    s = 0
    for k in range(n):
        s += a[k] * b[k][j]
    return s


def total(a, start):
    s = start
    for i in range(len(a)):
        s += a[i]
    return s


def scaled(a, f):
    s = 0
    for i in range(len(a)):
        s += a[i] * f
    return s


def every(a, n):
    s = 0
    i = 0
    while i < n:
        s += a[i] * 3
        i += 1
    return s


def strided(a, n, step):
    s = 0
    i = 0
    while i < n:
        s ^= a[i]
        i += 3
    return s + step


def chained(a, i, n):
    for _ in range(n):
        i = a[i]
    return i


def mixed(a, b):
    s = 0.0
    for i in range(len(a)):
        s += a[i] * b[i]
    return s


def modulo(a, m):
    s = 0
    for i in range(len(a)):
        s += a[i] % m
    return s


def last(a):
    x = y = None
    for i in range(len(a)):
        x = a[i]
        y = i
    return x, y


class Big:
    def __init__(self, n):
        self.n = n

    def __mul__(self, other):
        return self.n * (other.n if isinstance(other, Big) else other)

    __rmul__ = __mul__

    def __radd__(self, other):
        return other + self.n


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e)


for _ in range(60):
    for n in range(0, 14):
        dot(list(range(n)), list(range(n)))
        column(list(range(n)), [[i, i + 1] for i in range(n)], 1, n)
        total(list(range(n)), 0)
        scaled(list(range(n)), 3)
        every(list(range(n)), n)
        strided(list(range(n)), n, 1)
        chained([3, 0, 1, 2], 0, n)
        mixed([0.5] * n, [2.0] * n)
        modulo(list(range(n)), 5)
        last(list(range(n)))

odd = [-1, -5, 2**31, 2**31 - 1, 2**40, -(2**40), 2**47, 2**48 - 1, 2**48, 2**63, 2**70, 1.5, "x", None, True, Big(3), [1]]
for v in odd:
    for n in (1, 5, 10):
        for at in range(n):
            a = list(range(1, n + 1))
            a[at] = v
            b = list(range(2, n + 2))
            print(attempt(dot, a, b), attempt(dot, b, a), attempt(dot, a, a), end=" ")
            rows = [[i, i + 1] for i in range(n)]
            rows[at][1] = v
            print(attempt(column, b, rows, 1, n), attempt(column, a, rows, 0, n), end=" ")
            rows[at] = v
            print(attempt(column, b, rows, 1, n), end=" ")
            rows[at] = [7]
            print(attempt(column, b, rows, 1, n), end=" ")
            rows[at] = (7, 8)
            print(attempt(column, b, rows, 1, n), attempt(column, b, rows, 1, n + 1), end=" ")
            print(attempt(total, a, 0), attempt(total, b, v), attempt(scaled, a, 5), attempt(scaled, b, v), end=" ")
            print(attempt(every, a, n), attempt(every, b, n + 1), attempt(strided, a, n, 1), end=" ")
            print(attempt(mixed, a, b), attempt(modulo, a, 7), attempt(modulo, b, v), last(a)[1])

print(chained([1, 2, 0], 0, 1000), attempt(chained, [1, 2, 3, 9], 0, 10), attempt(chained, [1, "a", 3], 0, 10))
print(total([2**47] * 50, 0), total([2**48 - 1] * 9, 2**63 - 2**50), scaled([2**30] * 20, 2**30), dot([2**31 - 1] * 9, [2**31 - 1] * 9))
print(modulo([1, 2, 3, 4, 5, 6], -3), attempt(modulo, [1, 2, 3, 4, 5, 6], 0), scaled([1, 2, 3, 4, 5, 6], -3))
