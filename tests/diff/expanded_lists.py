# `f(*list)`: lists that others hold, that are made for the call, that change while the callee runs, of changing length, and
# whose items C has seen.
import operator
import sys


def f(a, b=10, *rest):
    return a + b + len(rest)


def mutating(a, b):
    shared.append(a)
    shared[0] = b
    return a * b


class Adder:
    def __init__(self, *xs): self.xs = list(xs)
    def total(self, *more): return sum(self.xs) + sum(more)
    def __add__(self, o): return Adder(*[a + b for a, b in zip(self.xs, o.xs)])
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.xs, o.xs))
    def __imatmul__(self, o): return Adder(self @ o)
    def __rmatmul__(self, o): return [o, self.xs]


def calls(n):
    l, s = [1, 2], 0
    for i in range(n):
        l[0] = i
        s += f(*l) + f(*[i, 2, 3]) + f(*[x for x in l])
        if i % 50 == 0:
            l.append(i)
        elif i % 50 == 1:
            del l[2:]
    return s


def changes(n):
    s = 0
    for i in range(n):
        shared[:] = [i, i + 1]
        s += mutating(*shared) + len(shared) + shared[0]
    return s


def kinds(values):
    out = []
    for v in values:
        try:
            out.append(f(*v))
        except TypeError as e:
            out.append(str(e))
    return out


def objects(n):
    a = Adder(1, 2, 3)
    for i in range(n):
        a = a + Adder(*[i, 1, 2])
        if a @ a > 10**9:
            a = Adder(*[0, 0, 0])
    b = a
    b @= a
    return a.xs, b.xs, a.total(*[1, 2]), a.total(*[]), 5 @ a


class Odd(list):
    def __iter__(self): return iter((7, 8))


class Noisy:
    def __init__(self, n): self.n = n
    def __del__(self): deaths.append(self.n)


def drop(x): return len(deaths), x.n


def deaths_of(n):
    out = 0
    for i in range(n):
        a, b = drop(*[Noisy(i)])
        out += a * b
    return out


def depth(*args): return sys._getframe().f_back.f_lineno - calls_frames.__code__.co_firstlineno


def calls_frames(n):
    s, l = 0, [1, 2]
    for i in range(n):
        s += depth(*l)
        s += depth(
            *[i])
    return s


def raising(n):
    hits = 0
    for i in range(n):
        try:
            f(*[i] * (i % 3), **{"b": 2})
        except TypeError as e:
            hits += len(str(e))
    return hits


def native(n):
    s = 0
    pair = [3, 4]
    for i in range(n):
        pair[0] = i
        s += operator.add(*pair) + max(*pair) + len(range(*pair))
    return s


shared, deaths = [], []
print(calls(1500))
print(changes(1500))
print(kinds([[i] * (i % 6) for i in range(600)])[-7:])
print(kinds([[1, 2], (3, 4), Odd([1]), "ab", {5: 6}, range(3), [1.5, 2], None, [True], [1 << 70, 1]] * 60)[-10:])
print(objects(1500))
print(deaths_of(1200), len(deaths))
print(calls_frames(1200))
print(raising(1200))
print(native(1200))
seen = [1, 2]
sys.intern("x")
seen.sort(key=operator.neg)
print(sum(f(*seen) for _ in range(900)))
