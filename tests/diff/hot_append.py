"""Appending in hot loops: growth, lists that C has seen, lists that change while they are filled; `str` of values; builtins
over lists that their callbacks change."""
import functools
import marshal
import operator


def fill(n):
    items = []
    for k in range(n):
        items.append(k)
        items.append(k * 0.5)
        items.append(str(k))
        items.append(None)
    return items


for n in (0, 1, 5, 100, 1000):
    got = fill(n)
    print(len(got), got[-3:], sum(x for x in got if isinstance(x, int)))


def seen_by_c(n):
    items = [1, 2]
    marshal.dumps(items)
    functools.reduce(operator.add, items)
    out = []
    for k in range(n):
        items.append(k + 2**40)
        if k % 50 == 0:
            out.append(marshal.loads(marshal.dumps(items))[-1])
    return out, len(items), items[-1]


for _ in range(3):
    print(seen_by_c(300))


def mixed(n):
    a, b = [], []
    for k in range(n):
        (a if k % 3 else b).append(k)
        if k % 7 == 0:
            a.append(b)
        if k % 100 == 99:
            del a[10:]
            b.clear()
    return len(a), len(b), a[:5]


for _ in range(5):
    got = mixed(1000)
print(got)


def shared():
    items = []
    alias = items
    add = items.append
    for k in range(300):
        add(k)
        alias.append(-k)
        if k % 10 == 0:
            items.pop()
            items.insert(0, "x")
    return len(items), items[:3], items[-2:]


for _ in range(5):
    got = shared()
print(got)


class Grower(int):
    items = []

    def __radd__(self, other):
        if len(self.items) < 40:
            self.items.append(Grower(1))
        return int(self) + int(other)

    def __lt__(self, other):
        if len(self.items) > 20:
            self.items.pop()
        return int(self) < int(other)

    def __bool__(self):
        self.items.clear()
        return False


for _ in range(3):
    Grower.items[:] = [Grower(1), Grower(2), Grower(3)]
    print(sum(Grower.items), len(Grower.items), int(min(Grower.items)), len(Grower.items), any(Grower.items), len(Grower.items))


class S(str):
    def __str__(self):
        return "mine"


class O:
    def __str__(self):
        return "o"


def strings():
    out = []
    for k in range(200):
        out = [str(k), str(k * 0.1), str(True), str(None), str("s"), str(S("t")), str(O()), str(2**70 + k), str(-k), str(b"x")]
    return out


for _ in range(3):
    got = strings()
print(got, [str(x) for x in (float("nan"), 1e22, -0.0, 10**18)] * 20 == [str(x) for x in (float("nan"), 1e22, -0.0, 10**18)] * 20)
print(sum([1, 2, 3.5]), sum((1, 2), 3), sum([[1], [2]], []), sum([True, 2**62, 2**62]), sum([0.1] * 10))
