"""Walks down the columns of lists of lists, with rows that change, are replaced, or are others than they were."""
import sys


def product(a, b, n, m, p):
    out = [[0] * p for _ in range(n)]
    for i in range(n):
        row = a[i]
        for j in range(p):
            s = 0
            for k in range(m):
                s += row[k] * b[k][j]
            out[i][j] = s
    return out


def appended(a, b):
    out = []
    for row in a:
        new = []
        for j in range(len(b[0])):
            s = 0
            for k in range(len(b)):
                s += row[k] * b[k][j]
            new.append(s)
        out.append(new)
    return out


def onto(b, target, n, value):
    """What is stored replaces a row of the list itself, or an item of a row."""
    sums = []
    for j in range(n):
        s = 0
        for k in range(n):
            s += b[k][j]
        sums.append(s)
        target[j] = value
    return sums


def grow(b, target, n, value):
    sums = 0
    for j in range(n):
        s = 0
        for k in range(n):
            s += b[k][j]
        sums = sums * 3 % 1000003 + s
        target.append(value)
    return sums


def triangle(b, n):
    r = 0
    for j in range(n):
        s = 0
        for k in range(j):
            s += b[k][j]
        r = (r * 7 + s) % 1000003
    return r


def triangle_from(b, n):
    r = 0
    for j in range(n):
        s = 0
        for k in range(n - j - 1, n):
            s += b[k][j]
        r = (r * 7 + s) % 1000003
    return r


def floats(b, n):
    out = []
    for j in range(n):
        s = 0.0
        for k in range(n):
            s += b[k][j]
        out.append(s)
    return out


def stencil(g, n, m):
    r = 0
    for x in range(1, m - 1):
        for y in range(1, n - 1):
            r += g[y - 1][x] + g[y + 1][x] - g[y][x] * 2
    return r


def steps(b, n):
    r = 0
    for j in range(n):
        s = 0
        for k in range(0, n, 2):
            s += b[k][j]
        r = (r * 7 + s) % 1000003
    return r


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e)


class Rows(list):
    def __getitem__(self, i):
        return list.__getitem__(self, i) + 1


def grid(n, m, f=lambda i, j: i * 3 + j):
    return [[f(i, j) for j in range(m)] for i in range(n)]


for n in (3, 9, 30):
    for _ in range(40):
        a = grid(n, n, lambda i, j: i * j % 7)
        b = grid(n, n)
        r = product(a, b, n, n, n)
    print(n, sum(map(sum, r)), r[-1][:4])
    for _ in range(40):
        r = appended(a, b)
    print(n, sum(map(sum, r)), triangle(b, n), triangle_from(b, n), steps(b, n))
    for _ in range(40):
        triangle(b, n), triangle_from(b, n), stencil(b, n, n), steps(b, n)
    print(stencil(b, n, n), floats(grid(n, n, lambda i, j: i / (j + 1)), n)[:3])

# The result is a factor, a row of a factor is a row of the result.
n = 24
for _ in range(30):
    b = grid(n, n)
    out = onto(b, [0] * n, n, 7)
print(sum(out))
for value in ([5] * n, [5] * 9, (5,) * n, 7, "abc", None, Rows([1] * n)):
    for where in (0, 11, 23):
        b = grid(n, n)
        print(attempt(onto, b, b, n, value))
        b = grid(n, n)
        print(attempt(onto, b, b[where], n, value))
for _ in range(30):
    grow(grid(n, n), [], n, 1)
for value in ([5] * n, 3):
    b = grid(n, n)
    print(attempt(grow, b, b, n, value), len(b))
    b = grid(n, n)
    print(attempt(grow, b, b[4], n, value), len(b[4]))

# Rows of other kinds and lengths.
for where in (0, 1, 7, 22, 23):
    for row in ([1] * 5, (1,) * n, Rows([2] * n), [1.5] * n, [2**70] * n, ["x"] * n, range(n), 5, None, [True] * n, [-3] * n):
        b = grid(n, n)
        b[where] = row
        print(where, attempt(product, b, b, n, n, n) == attempt(appended, b, b), attempt(triangle, b, n), attempt(floats, b, n)[-2:])
b = grid(n, n)
print(attempt(product, b, b[:20], n, n, n))

# One that is both.
for _ in range(5):
    b = grid(n, n)
    c = product(b, b, n, n, n)
shared = [1] * n
b = [shared] * n
print(sum(map(sum, product(b, b, n, n, n))), onto(b, shared, n, 4)[:5])
print(sys.getrefcount(shared) > n, len(c))
