"""Loops whose items Python functions give: `__next__`, `map`, and builtins with a key."""
import functools
import itertools
import sys
import traceback
import weakref


class Count:
    def __init__(self, n):
        self.at = 0
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        at = self.at
        if at >= self.n:
            raise StopIteration
        self.at = at + 1
        return at


def total(it):
    s = 0
    for x in it:
        s += x
    return s


print(total(Count(5000)), [total(Count(k)) for k in range(12)], sum(total(Count(3)) for _ in range(2000)))


# Ends of all kinds.
class Ends:
    def __init__(self, how):
        self.left = 3
        self.how = how

    def __iter__(self):
        return self

    def __next__(self):
        self.left -= 1
        if self.left >= 0:
            return self.left
        if self.how == 0:
            raise StopIteration
        if self.how == 1:
            raise StopIteration("with", "arguments")
        if self.how == 2:
            raise Stop
        if self.how == 3:
            return next(iter(()))
        if self.how == 4:
            try:
                raise StopIteration
            finally:
                log.append("finally")
        if self.how == 5:
            try:
                raise StopIteration
            except StopIteration:
                self.how = 0
                return -1
        raise KeyError(self.how)


class Stop(StopIteration):
    pass


log = []


def ends(how):
    out = []
    try:
        for x in Ends(how):
            out.append(x)
        else:
            out.append("else")
    except KeyError as e:
        out.append(repr(e))
        out.append([f.name for f in traceback.extract_tb(e.__traceback__)])
    return out


for how in range(7):
    for _ in range(700):
        result = ends(how)
    print(how, result)
print(len(log))


# Handled exceptions stay what they are around a loop.
def around():
    out = []
    try:
        raise ValueError("outer")
    except ValueError:
        for x in Count(3):
            out.append((x, repr(sys.exc_info()[1])))
        out.append(repr(sys.exc_info()[1]))
    out.append(sys.exc_info()[1])
    return out


for _ in range(400):
    result = around()
print(result)


# Nested, left early, in generators and comprehensions.
def nested(n):
    s = 0
    for a in Count(n):
        for b in Count(a):
            if b > 5:
                break
            s += a * b
    return s


print(nested(60), nested(100))
print(sum(a * b for a in Count(40) for b in Count(a)), [x for x in Count(9) if x & 1], list(Count(4)), max(Count(7)))


class Tree:
    def __init__(self, depth):
        self.children = [Tree(depth - 1), Tree(depth - 1)] if depth else []

    def __iter__(self):
        yield self
        for c in self.children:
            yield from c


print(sum(1 for _ in Tree(8)), sum(len(t.children) for t in Tree(6)))


# map: one to four sources of each kind.
def plus(*args):
    return sum(args)


def add3(a, b, c):
    return a + b + c


numbers = list(range(1000))
print(sum(map(lambda x: x * 2, numbers)), sum(map(lambda a, b: a * b, numbers, reversed(numbers))))
print(sum(map(add3, numbers, range(5000), tuple(numbers))), sum(map(plus, numbers, numbers, numbers, numbers)))
print([sum(map(lambda x: x + 1, make())) for make in (
    lambda: (x for x in numbers), lambda: dict.fromkeys(numbers), lambda: set(numbers), lambda: Count(100),
    lambda: map(int, map(str, numbers)), lambda: map(lambda y: -y, numbers), lambda: zip_sums(), lambda: b"abc" * 50)]
    if (zip_sums := lambda: (a + b for a, b in zip(numbers, numbers))) else 0)
it = iter(numbers)
print(list(map(lambda a, b: (a, b), it, it))[-2:])
print(list(map(lambda a, b: (a, b), [1, 2, 3], range(2))), list(map(lambda a, b: (a, b), range(2), iter([1, 2, 3]))))


def loop(f, xs):
    out = 0
    for v in map(f, xs):
        out += v
    return out


# One loop, many functions.
for f in (lambda x: x, lambda x: x + 1, lambda x: -x, abs, lambda x: x * 3, lambda x: x * 4, lambda x: x ^ 5, lambda x: 1,
          lambda x, y=7: x + y, functools.partial(plus, 3), plus, Count.__next__.__get__(Count(10**6)).__class__ and (lambda x: 2)):
    print(loop(f, numbers), end=" ")
print()


# StopIteration from the function ends the loop; what is left stays.
def until(x):
    if x == 700:
        raise StopIteration
    return x


for _ in range(3):
    m = map(until, iter(numbers))
    print(len(list(m)), next(m), sum(1 for _ in m))


# After an exception the same map goes on behind the item.
def picky(x):
    if x % 400 == 399:
        raise ValueError(x)
    return x


m = map(picky, numbers)
while True:
    try:
        n = 0
        for v in m:
            n += 1
    except ValueError as e:
        print(n, e, [f.name for f in traceback.extract_tb(e.__traceback__)])
        continue
    print(n)
    break


# The list changes meanwhile.
def growing(x):
    if len(changing) < 900:
        changing.append(x + 1)
    return x


changing = [0]
print(sum(map(growing, changing)), len(changing))


# Items and results die when they do.
class Thing:
    alive = 0

    def __init__(self, x):
        self.x = x
        Thing.alive += 1

    def __del__(self):
        Thing.alive -= 1


most = 0
for t in map(Thing, range(600)):
    most = max(most, Thing.alive)
del t
print(most, Thing.alive)
most = 0
for t in map(lambda x: Thing(x), range(600)):
    r = weakref.ref(t)
    del t
    most = max(most, Thing.alive)
    assert r() is None
print(most, Thing.alive)
seen = []
for v in map(lambda t: t.x, (Thing(x) for x in range(600))):
    seen.append(Thing.alive)
print(max(seen), Thing.alive)

# Frames.
print(next(map(lambda x: sys._getframe(1).f_code.co_name, [0])))


def caller_name(x):
    return sys._getframe(1).f_code.co_name


def looping():
    names = set()
    for n in map(caller_name, range(600)):
        names.add(n)
    names.update(map(caller_name, range(600)))
    names.add(list(map(caller_name, range(600)))[-1])
    names.add(max(range(600), key=lambda x: (caller_name(x), x)) and "max")
    names.add(functools.reduce(lambda a, b: caller_name(a), range(600)))
    return sorted(names)


print(looping())


# Builtins with a key.
def keyed(values, key):
    out = []
    for f in (max, min, sorted):
        try:
            r = f(values, key=key)
            out.append(r if f is not sorted else r[:3])
        except Exception as e:
            out.append((type(e).__name__, str(e)))
    return out


pairs = [(i * 7919 % 1009, i) for i in range(1009)]
print(keyed(pairs, lambda p: p[0]), keyed(pairs, lambda p: -p[1]), keyed([], lambda p: p), keyed(range(0), lambda p: p))
print(keyed((x for x in pairs), lambda p: p[1] % 10), keyed({1: 2, 3: 4}, lambda k: -k), keyed("text", lambda c: c))
print(keyed([1, "a"], lambda v: v), keyed(Count(0), lambda v: v), keyed(5, lambda v: v), keyed([1, 2], lambda: 0))
print(keyed(["b", "a", "c"], str.upper), keyed([3, 1, 2], None), keyed([1, 2], 5))
print(max(3, 1, 2, key=lambda v: -v), max([], default=4, key=lambda v: v), max([2, 1], default=4, key=lambda v: -v))
ties = [(1, "a"), (1, "b"), (0, "c"), (0, "d")]
print(max(ties, key=lambda t: t[0]), min(ties, key=lambda t: t[0]), sorted(ties, key=lambda t: t[0], reverse=True))


def bad_key(x):
    if x == 3:
        raise KeyError(x)
    return x


for f in (max, min, sorted):
    try:
        f(range(10), key=bad_key)
    except KeyError as e:
        print(f.__name__, e, [(x.name, x.line) for x in traceback.extract_tb(e.__traceback__)])

# reduce
print(functools.reduce(lambda a, b: a * b % 1000003, numbers[1:]), functools.reduce(lambda a, b: a + [b], "abc", []))
for args in (([],), ([], 3), ([7],), ((x for x in ()), "start"), (Count(5),), (Count(5), 1.5), (5,), ("ab", "c", "d")):
    try:
        print(functools.reduce(lambda a, b: a + b, *args))
    except TypeError as e:
        print(e)
    except Exception as e:
        print(type(e), e)
print(list(itertools.accumulate(Count(6))), functools.reduce(lambda a, b: b, Count(2000)))


# Builtins over objects whose class says how they are iterated.
asked = []


class Sized(Count):
    def __len__(self):
        asked.append("len")
        return self.n


class Hinted(Count):
    def __length_hint__(self):
        asked.append("hint")
        return 3


class Generated:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        for k in range(self.n):
            yield str(k)


class Broken:
    def __iter__(self):
        return 5


class Raising(Count):
    def __next__(self):
        if self.at == 3:
            raise KeyError("three")
        return Count.__next__(self)


for f in (list, tuple, set, frozenset, sorted, sum, min, max, any, all, [].extend, {7}.update, ",".join):
    for make in (Count, Sized, Hinted, Generated, Raising, lambda n: Broken()):
        for n in (0, 5):
            del asked[:]
            try:
                r = f(make(n))
            except Exception as e:
                r = f"{type(e).__name__}: {e}", [x.name for x in traceback.extract_tb(e.__traceback__)]
            print(getattr(f, "__name__", f), n, r if not isinstance(r, (set, frozenset)) else sorted(r), asked[:1])
print([sum(Count(k)) for k in range(8)], sum(sum(Count(5)) for _ in range(800)), [len(list(Generated(9))) for _ in range(3)])


class List(list):
    def __iter__(self):
        for x in list.__iter__(self):
            yield x * 2


class Dict(dict):
    def __iter__(self):
        return iter(("one", "two"))


print(list(List([1, 2])), sum(List([1, 2])), tuple(List([1, 2])), sorted(List([2, 1])), set(List([1])), max(List([3, 4])))
print(list(Dict(a=1)), set(Dict(a=1)), sorted(Dict(a=1)), ",".join(Dict(a=1)), ",".join(List(["a"])), [*List([1])])
