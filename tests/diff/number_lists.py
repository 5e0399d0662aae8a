"""Sums, sorts, copies and ends of lists of numbers: whole chunks at a time where all is immediate."""
import random

class Odd:
    def __init__(self, log, n): self.log, self.n = log, n
    def __radd__(self, other): self.log.append(other); return other + self.n
    def __add__(self, other): return self.n + other
    def __del__(self): self.log.append("gone")

BIG = 2 ** 48 - 1
for n in (0, 1, 7, 8, 9, 15, 16, 17, 100):
    l = list(range(n))
    print(n, sum(l), sum(tuple(l)), sum(l, 10 ** 30), sum(l, 0.5), sum([BIG] * n), sum([-BIG - 1] * n))
    print(sum(l + [0.5] + l), sum(l + [10 ** 40] + l), sum([float(x) for x in l]), sum(l + [True] * 9))
print(sum([BIG] * 40000) == BIG * 40000, sum([2 ** 62, 2 ** 62] + [BIG] * 16))
print(sum([[1], [2]], []), sum([], "x") if False else "-")
for bad in (["a"], [1] * 9 + ["a"], [None]):
    try:
        print(sum(bad))
    except TypeError as e:
        print(e)

log = []
l = list(range(10))
l.append(Odd(log, 5))
print(sum(l + list(range(20))), log)
l = None
print(log)

class Shrinks:
    def __radd__(self, other): del items[4:]; return other
items = [1] * 8 + [Shrinks()] + [1] * 8
print(sum(items), items)
class Replaces:
    def __radd__(self, other): items[:] = [7] * 30; return other
items = [1] * 8 + [Replaces()] + [1] * 8
print(sum(items), len(items))
class Dies:
    def __radd__(self, other): items.clear(); return (other, self.__class__.__name__)
    def __del__(self): print("dies")
class Joins(tuple): pass
items = [1] * 9 + [Dies()]
print(sum(items), items)

random.seed(5)
for low, high, n in ((0, 5, 200), (-50, 50, 64), (-(2 ** 47), 2 ** 47, 100), (10 ** 14, 10 ** 14 + 100, 500), (0, 0, 70), (0, 10 ** 6, 63)):
    l = [random.randint(low, high) for _ in range(n)]
    a = sorted(l)
    b = sorted(l, reverse=True)
    print(a == b[::-1], all(x <= y for x, y in zip(a, a[1:])), sum(a) == sum(l), a[0] == min(l), a[-1] == max(l), len(a), hash(tuple(a)))
    l.sort()
    print(l == a)
print(sorted([3, 1, 2] * 40 + [True, False])[:5], sorted([1.5, 1, 0.5] * 30)[:4])

class Counted:
    live = 0
    def __init__(self): Counted.live += 1
    def __del__(self): Counted.live -= 1
for where in (0, 3, 7, 8, 12, 31):
    l = [1] * 32
    l[where] = Counted()
    m = l[:]
    k = list(l)
    t = tuple(l)
    p = l[1:]
    q = sorted(l, key=lambda x: 0)
    print(Counted.live, m == l == k == q, p == l[1:], [x for x in t] == l)
    del l, m, k, t, p
    print(Counted.live)
    q.clear()
    print(Counted.live, q)
order = []
class Says:
    def __init__(self, n): self.n = n
    def __del__(self): order.append(self.n)
l = [0] * 8 + [Says(1), 5, Says(2)] + [1] * 8
del l
print(order)
