"""Functions that native code calls: their code runs without a frame until it is left."""
import bisect
import functools
import heapq
import itertools
import re
import sys
import traceback


def repeat(n, work):
    for _ in range(n):
        result = work()
    return result


numbers = [i * 7919 % 1009 for i in range(1009)]

# Plain calls of each arity, with closures.
shift = 3
print(sum(map(lambda x: x + 1, numbers)))
print(sum(map(lambda x, y: x * y, numbers, reversed(numbers))))
print(functools.reduce(lambda a, b: a + b, numbers, 5))


def closures(k):
    def key(x):
        return -x * k + shift

    return sorted(numbers, key=key)[:3], max(numbers, key=key), min(numbers, key=lambda x: (x % 7, k, x))


print([closures(k) for k in range(1, 4)])
print(list(itertools.accumulate(numbers[:500], lambda a, b: a ^ b))[-1])
print(re.sub("[0-9]+", lambda m: str(int(m.group()) + 1), " ".join(map(str, numbers[:400])))[:30])

# Other kinds of arguments than those that were recorded.
mixed = numbers[:600] + [1.5, True, 2**80, -(2**70), "text"]


def twice(x):
    return x + x


print([repr(v) for v in map(twice, mixed)][-6:])


def cut(x):
    return x[0]


for values in ([[1], [2]] * 400, [(3,)] * 400, ["ab"] * 400, [b"xy"] * 3, [{0: "zero"}] * 3, [[]]):
    try:
        print(list(map(cut, values))[-1])
    except Exception as e:
        print(type(e).__name__, e)


# Exceptions leave with their frames.
def divide(x):
    y = 10 // x
    return y


def failing():
    return list(map(divide, [1, 2, 5] * 200 + [0, 4]))


for _ in range(3):
    try:
        failing()
    except ZeroDivisionError as e:
        print([(f.name, f.line) for f in traceback.extract_tb(e.__traceback__)])


# Handlers inside.
def guarded(x):
    try:
        return 10 // x
    except ZeroDivisionError:
        return -1


print(sum(map(guarded, [1, 0, 2, 0, 3] * 300)))


# Frames are what they should be when somebody looks.
def names(x):
    if x == 499:
        return [sys._getframe(k).f_code.co_name for k in range(3)]
    return x


def looking():
    return list(map(names, range(500)))[-1]


print(looking(), looking())


def all_locals(x):
    y = x + 1
    if x == 450:
        return dict(locals())
    return y


print(list(map(all_locals, range(500)))[450])


# One inside another.
def inner(x):
    return x * 2


def outer(x):
    return sum(map(inner, range(x % 5))) + max([x, -x], key=inner)


print(sum(map(outer, numbers)), sum(map(outer, numbers)))


# The number of frames is limited, whoever calls.
def deep(x):
    return max(map(deep, [x + 1]))


def sorting(x):
    return sorted([x], key=lambda y: sorting(y + 1))


for f in (deep, sorting):
    for _ in range(3):
        try:
            f(0)
        except RecursionError as e:
            print(str(e)[:32])


# The code of a function that runs is replaced.
def first(x):
    if x == 600:
        first.__code__ = second.__code__
        return (x, "replaced") + tuple(map(str, [x]))
    return x


def second(x):
    return -x


print(list(map(first, range(590, 605))), list(map(first, range(603)))[-4:])
kept = list(map(lambda x: x, range(400)))


def hot(x):
    return x + 1


list(map(hot, range(2000)))
swap = (lambda x: x - 1).__code__


def swapper(x):
    if x == 1000:
        swapper.__code__ = swap
        z = [x] * 3
        raise ValueError(z)
    return x


try:
    list(map(swapper, range(1002)))
except ValueError as e:
    print(e, swapper(7))


# Methods, slots and defaults.
class Point:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        return self.x < other.x

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x

    def __hash__(self):
        return hash(self.x)

    def __add__(self, other):
        return Point(self.x + (other.x if isinstance(other, Point) else other))

    __radd__ = __add__

    def __repr__(self):
        return f"<{self.x}>"

    def key(self, step=1):
        return self.x * step


points = [Point(x) for x in numbers]
print(sorted(points)[:4], min(points), heapq.nsmallest(3, points), len(set(points)), Point(77) in points)
print(sum(points), list(map(Point.key, points))[:5], list(map(points[3].key, range(600)))[-1])
print({p: 1 for p in points}[Point(5)], points.index(Point(numbers[500])), points.count(Point(3)))
print(bisect.bisect(sorted(numbers), 50, key=lambda x: x * 2))
print(sorted(numbers, key=functools.cmp_to_key(lambda a, b: b - a))[:4])
print([(k, len(list(g))) for k, g in itertools.groupby(range(2000), lambda x: x // 700)])


# Generators and coroutines made by callbacks.
def gen(x):
    yield x
    yield x + 1


print(sum(sum(g) for g in map(gen, range(1000))))


# A callback that is traced from its middle on.
events = []


def tracer(frame, event, arg):
    events.append((event, frame.f_code.co_name))
    return tracer


def traced(x):
    if x == 700:
        sys.settrace(tracer)
    y = x
    if x == 702:
        sys.settrace(None)
    return y


print(sum(map(traced, range(1000))))
print(events[:6], len(events) > 3)


# What a callback destroys calls back, too.
class Loud:
    log = []

    def __init__(self, x):
        self.x = x

    def __del__(self):
        Loud.log.append(self.x)


def dropping(x):
    loud = Loud(x)
    loud = None
    return x


print(sum(map(dropping, range(700))), len(Loud.log), Loud.log[-1])
