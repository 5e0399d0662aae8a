"""`enumerate` and `zip` in hot loops: what they give, where they stop, what is left in what they were made of."""


def counted(values, start=0):
    total = 0
    for k, v in enumerate(values, start):
        total += k * v
    return total


for _ in range(30):
    got = [counted([1, 2, 3]), counted((4, 5)), counted(range(3, 30, 4)), counted([], 5), counted([1.5, 2], 7),
           counted([1, 2, 3], 2**62 - 2), counted([1, 2], 2**63), counted({5: 6, 7: 8}), counted("" or [9])]
print(got)


def pairs(*its):
    out = []
    for t in zip(*its):
        out.append(t)
    return out


def sums(a, b):
    total = 0
    for x, y in zip(a, b):
        total += x * y
    return total


for _ in range(40):
    got = [pairs([1, 2, 3], (4, 5, 6)), pairs([1, 2], range(5)), pairs(range(5), [1]), pairs([1], [2], [3], range(9)),
           pairs(), pairs([1, 2]), sums([1, 2, 3], [4, 5, 6]), sums(range(100), range(3, 50)), pairs("ab", [1, 2])]
print(got)


def left_over():
    out = []
    for n in (2, 3, 5):
        a, b, c = iter([1, 2, 3, 4]), iter(range(n)), iter((7, 8, 9))
        for _ in zip(a, b, c):
            pass
        out.append((list(a), list(b), list(c)))
    return out


for _ in range(40):
    got = left_over()
print(got)


def same_twice():
    it = iter(range(10))
    out = []
    for x, y in zip(it, it):
        out.append((x, y))
    it = iter([1, 2, 3, 4, 5])
    for x, y in zip(it, it):
        out.append((x, y))
    return out


for _ in range(40):
    got = same_twice()
print(got)


def maybe_twice(a, b):
    out = []
    for x, y in zip(a, b):
        out.append((x, y))
    return out


for k in range(60):
    a, b = iter([1, 2, 3, 4]), iter([5, 6, 7, 8])
    got = maybe_twice(a, b if k % 10 else a)
print(got, maybe_twice(iter([1, 2]), iter([3])))


def strict(a, b):
    out = []
    try:
        for t in zip(a, b, strict=True):
            out.append(t)
    except ValueError as e:
        out.append(str(e))
    return out


for _ in range(40):
    got = strict([1, 2], [3, 4]), strict([1, 2], [3]), strict(range(2), (1, 2, 3))
print(got)


def changing():
    items = [1, 2, 3]
    seen = []
    for k, v in enumerate(items):
        seen.append((k, v))
        if k < 20:
            items.append(v + 1)
        if k == 10:
            del items[15:]
    for k, (a, b) in enumerate(zip(items, items[::-1])):
        items[-1 - k % 3] = k
        seen.append((k, a, b))
    return seen


for _ in range(20):
    got = changing()
print(got)


def kept():
    tuples = [t for t in enumerate("abc")]
    for t in zip([1, 2, 3], [4, 5, 6]):
        tuples.append(t)
    for t in enumerate([x * 0.5 for x in range(3)]):
        tuples.append(t)
    e = enumerate([1, 2, 3])
    for k, v in e:
        if k == 1:
            break
    tuples.append(next(e))
    tuples.append(e.__reduce__()[1][1])
    return tuples


for _ in range(40):
    got = kept()
print(got)


class Items(list):
    def __iter__(self):
        return iter([10, 20])


class Pair(tuple):
    pass


def classes():
    out = []
    for k, v in enumerate(Items([1, 2, 3])):
        out.append((k, v))
    for k, v in enumerate(Pair((1, 2))):
        out.append((k, v))
    for x, y in zip(Items(), Pair((1, 2, 3))):
        out.append((x, y))
    return out


for _ in range(40):
    got = classes()
print(got)
print([sum(i * x for i, x in enumerate(row)) + max(a - b for a, b in zip(row, row[1:])) for row in [[3, 1, 4, 1, 5]] * 40][-3:])
