# Results of set operations have CPython's order; comparisons may change the sets.
import gc
import weakref

sets = [set(range(n)) for n in (0, 1, 4, 5, 6, 20, 21, 100)]
sets += [set(range(0, 300, k)) for k in (3, 7, 64)] + [set([-1, -2, 1.0, 2.5, 1 << 70]), {(i, i * i) for i in range(9)}]
removed = set(range(40))
for i in range(0, 40, 3):
    removed.discard(i)
sets.append(removed)
for a in sets:
    for b in sets:
        for x, y in ((a, b), (frozenset(a), b), (a, frozenset(b))):
            r = x - y, x & y, x | y, x ^ y
            assert all(type(s) is type(x) for s in r)
            for s, want in zip(r, ([k for k in x if k not in y], None, None, None)):
                if want is not None:
                    assert sorted(map(hash, s)) == sorted(map(hash, want))
            print(*(list(s)[:6] for s in r[:2]), [len(s) for s in r], x <= y, x < y, x >= y, x == y, x.isdisjoint(y))


class S(frozenset):
    pass


class T(set):
    def __contains__(self, item):
        return False


print(type(S([1, 2]) & {1}), type(S([1]) - {1}), type({1} & S([1])), S([1]) == {1}, {1} <= S([1, 2]))
print(T([1, 2]) - {1}, {1, 2} & T([2]), {1, 2} - T([2]), type(T([1]) | {2}))


class Eq:
    def __init__(self, n, act=None):
        self.n, self.act = n, act

    def __hash__(self):
        return self.n

    def __eq__(self, other):
        if self.act:
            self.act()
        return isinstance(other, Eq) and self.n == other.n

    def __repr__(self):
        return f"Eq({self.n})"


a, b = {Eq(1), Eq(2), Eq(9)}, {Eq(2), Eq(17), 9}
print(sorted(map(repr, a & b)), sorted(map(repr, a - b)), a <= b, {Eq(2)} <= a)
a = {Eq(n) for n in range(5)}
grow = iter(range(100, 200))
b = {Eq(2, lambda: a.add(next(grow))), Eq(3), Eq(4)}
r = a - b
print(len(r) == len(set(map(hash, r))), Eq(2) in r, Eq(0) in r)
r = b & {Eq(n, lambda: b.discard(Eq(3))) for n in range(9)}
print(len(r) <= 3)


class Bad:
    def __hash__(self):
        return 1

    def __eq__(self, other):
        raise ValueError("eq")


for f in (lambda: {Bad()} - {1}, lambda: {1} & {Bad()}, lambda: {Bad()} <= {1}, lambda: {1} == {Bad()}):
    try:
        print(f())
    except ValueError as e:
        print(e)


class O:
    pass


o = O()
w = weakref.ref(o)
s = {o, 1, "a"}
big = {o, *range(50)}
del o
print(w() is not None)
del s
print(w() is not None)
big.clear()
print(w() is None, big)
s = frozenset([O()])
ws = weakref.ref(s)
del s
print(ws() is None)

# Functions that consume a set or list see it change.
class Grows:
    def __init__(self, target):
        self.target = target

    def __hash__(self):
        return 0

    def __lt__(self, other):
        self.target.add(object()) if isinstance(self.target, set) else self.target.append(0)
        return True

    __gt__ = __lt__

    def __radd__(self, other):
        return self < other


for consume in (min, max, sum):
    s = set()
    s.update([Grows(s), 5, 1 << 20, 3])
    l = []
    l.extend([7, Grows(l), 1, 2][: 2 if consume is not sum else 4])
    try:
        print(consume(s) is not None)
    except RuntimeError as e:
        print(e)
    count = 0

    def key(x):
        global count
        count += 1
        if count < 5:
            l.append(count)
        return count

    print(consume(map(key, [1, 2])), min(l, key=key), len(l))
s = {1, 2, 3}
try:
    min(s, key=lambda x: s.discard(x) or x)
except RuntimeError as e:
    print(e)
s = {1}
try:
    print(max(s, key=lambda x: s.add(2) or x))
except RuntimeError as e:
    print(e)
print(min(frozenset([3, 1, 2])), sum({1, 2, 3}), max((4, 5)), min([], default=None), sum([[1], [2]], []), sorted(frozenset("cab")))
