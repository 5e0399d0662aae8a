"""Small loops over lists of ints: bounds that hold in front of a loop and then do not, products of all sizes, items that are
no ints after all."""


def dot(a, b, n):
    s = 0
    for k in range(n):
        s += a[k] * b[k]
    return s


def column(a, rows, j, n):
    s = 0
    for k in range(n):
        s += a[k] * rows[k][j]
    return s


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__, str(e)


def warm(f, *args):
    for _ in range(40):
        r = f(*args)
    return r


small = list(range(60))
down = [30 - n for n in range(60)]
print(warm(dot, small, small, 60), dot(small, down, 60), dot(down, down, 60))
for n in (0, 1, 2, 59, 60, 61, 100, -1):
    print(n, attempt(dot, small, down, n), attempt(dot, small[:7], small, n))

# Products and sums at the ends of 31, 32, 48, 62, 63 and 64 bits.
edges = []
for bits in (30, 31, 32, 33, 47, 48, 49, 61, 62, 63, 64, 65):
    edges += [(1 << bits) - 1, 1 << bits, (1 << bits) + 1, -(1 << bits), 1 - (1 << bits)]
for x in edges:
    print(x, [dot([x, 1, 2], [y, 1, x], 3) for y in edges[::7]])
for x in (1 << 30, (1 << 31) - 1, 1 << 31, 1 << 32, (1 << 48) - 1, -(1 << 48), -(1 << 31)):
    items = [x] * 60
    print(x, warm(dot, items, items, 60), dot(items, small, 60), dot(small, items, 60))

# Other things among the ints.
for odd in (1.5, True, 1 << 70, "ab", None, [1], 2j, float("nan")):
    for at in (0, 1, 30, 59):
        a = list(small)
        a[at] = odd
        print(odd, at, attempt(dot, a, small, 60), attempt(dot, small, a, 60))

rows = [[n * m % 11 - 5 for m in range(9)] for n in range(60)]
print(warm(column, small, rows, 3, 60), warm(column, down, rows, 8, 60))
print(attempt(column, small, rows, 9, 60), attempt(column, small, rows, -9, 60), attempt(column, small, rows, -10, 60))
for odd in ([1, 2], (1, 2, 3, 4), "abcd", {3: 7}, None, [1, 2, 3, 1 << 80], [1, 2, 3, 0.5], range(9)):
    mixed = list(rows)
    mixed[31] = odd
    print(odd, attempt(column, small, mixed, 3, 60))


def from_below(a, start, n):
    s = 0
    for k in range(start, n):
        s = s * 3 + a[k] & 0xFFFFFF
    return s


print([attempt(from_below, small, start, n) for start in (-61, -60, -3, 0, 5) for n in (0, 10, 60, 61)])


def neighbours(a, n):
    s = 0
    k = 1
    while k < n:
        s += a[k - 1] * a[k + 1] - a[k]
        k += 1
    return s


print(warm(neighbours, small, 59), [attempt(neighbours, down, n) for n in (0, 1, 2, 58, 59, 60, 99)])


def both_ends(a, n):
    i, j, s = 0, n - 1, 0
    while i < j:
        s += a[i] * (a[j] - i)
        i += 1
        j -= 1
    return s, i, j


print(warm(both_ends, small, 60), [attempt(both_ends, small, n) for n in (0, 1, 2, 59, 60, 61)])


def by_twos(a, n):
    s = 0
    k = 0
    while k < n:
        s += a[k]
        k += 2
    return s


print(warm(by_twos, small, 60), [attempt(by_twos, small, n) for n in (0, 1, 59, 61, 62)])


def fill(n, value):
    out = [0] * n
    for k in range(n):
        out[k] = value * k
    for k in range(n - 1):
        out[k + 1] += out[k]
    return out[-1], sum(out)


print(warm(fill, 50, 3), fill(50, -(1 << 45)), fill(50, 1 << 62), fill(50, 0.5), fill(3, 1))


def shrinks(a, n):
    s = 0
    for k in range(n):
        s += a[k]
        if k == 40:
            del a[50:]
    return s


print([attempt(shrinks, list(small), n) for n in (30, 50, 51, 60)] * 2)
for _ in range(40):
    shrinks(list(small), 45)
print([attempt(shrinks, list(small), n) for n in (30, 50, 51, 60)])


def replaced(a, n):
    b = a
    s = 0
    for k in range(n):
        s += b[k]
        if k % 7 == 6:
            b = b[:-3]
    return s


for _ in range(40):
    replaced(small, 30)
print([attempt(replaced, small, n) for n in (10, 30, 42, 43, 44, 60)])


def last(a, n):
    k = i = -1
    for k in range(n):
        i = a[k]
        if i > 50:
            break
    else:
        return "all", k, i
    return k, i


print(warm(last, small, 60), [attempt(last, small, n) for n in (0, 1, 51, 52, 60)], attempt(last, down, 61))
