# The hash of a tuple may be kept in it, but only while its items' hashes cannot change.
from collections import namedtuple
import copy
import pickle


class Changing:
    def __init__(self):
        self.calls = 0

    def __hash__(self):
        self.calls += 1
        return self.calls

    def __eq__(self, other):
        return True


c = Changing()
t = (1, c)
print(hash(t) == hash(t), c.calls)
print(hash((t,)) == hash((t,)), c.calls)

Point = namedtuple("Point", "x y")


class Own(Point):
    def __hash__(self):
        return 7


class WithDict(tuple):
    pass


class Equal(tuple):
    def __eq__(self, other):
        print("Equal.__eq__")
        return True

    def __hash__(self):
        return tuple.__hash__(self)


deep = (1, (2.5, ("a", b"b", None, True, 1 << 70)), Point(1, (2, 3)))
for v in (deep, Point(1, 2), Own(1, 2), WithDict((1, 2)), Equal((1, 2)), (), (float("inf"),), (-1,), (-2,)):
    h = hash(v)
    assert h == hash(v) == hash(copy.copy(v)), v
    if type(v) is not Own:
        assert h == hash(tuple(v)) == hash(pickle.loads(pickle.dumps(tuple(v))))
print(hash((1, 2, 3)), hash(Point(1, 2)), hash(Own(1, 2)), hash(((1, 2), (3,))), hash(()))

w = WithDict((1, 2))
w.a = "attribute"
print(hash(w) == hash((1, 2)), w.a, {w: 1}[1, 2])

# A recycled block does not know the hash of what it was.
for i in range(300):
    for n in range(12):
        a = tuple(range(i, i + n))
        assert hash(a) == hash(tuple(range(i, i + n)))
        b = a + (i,)
        assert (hash(a) == hash(b)) is False
        del a, b
for n in (100, 1000, 5000):
    a = tuple(range(n))
    assert hash(a) == hash(tuple(list(a)))

# Comparison asks the items in order, up to the first that differs, whatever the lengths.
class Loud:
    def __init__(self, name, same):
        self.name, self.same = name, same

    def __eq__(self, other):
        print("eq", self.name)
        return self.same


print((Loud("a", True), Loud("b", False), Loud("c", True)) == (1, 2))
print((Loud("a", True), 5) == (1,), (Loud("a", True),) != (3,))
print((Loud("a", True), (Loud("b", True), 1)) == (0, (0, 1.0)))
print(Equal((1,)) == (2,), (2,) == Equal((1,)), ((2,),) == (Equal((1,)),), (3, Equal((1,))) == (3, (5,)))
print(Point(1, 2) == (1, 2), (1, 2) == Point(1.0, True + 1), Point(1, 2) != Own(1, 2), ((1, 2),) == ([1, 2],))
nan = float("nan")
print((nan,) == (nan,), (nan,) == (float("nan"),), ((nan,),) == ((nan,),), (0.0,) == (-0.0,), (1,) == (True,))
print(("ab", "c") == ("a" + "b", "c"), (b"x",) == ("x",), (1 << 80,) == (1 << 80,), (1 << 80,) == (float(1 << 80),))


class Raises:
    def __eq__(self, other):
        raise ValueError("no")

    __hash__ = None


for f in (lambda: (1, (Raises(),)) == (1, (2,)), lambda: hash((1, (2, Raises()))), lambda: hash(([],)), lambda: {(1, {}): 2}):
    try:
        print(f())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)

# An item's comparison drops the last other reference to the tuple.
class Drops:
    def __init__(self):
        self.items = []

    def __eq__(self, other):
        self.items.clear()
        return False


d = Drops()
d.items.append((d, "x", [1]))
print(d.items[0] == (1, "x", [1]))
d.items.append(((d, "x"), [2]))
print(((1, "x"), [2]) in d.items, len(d.items))
loop = []
loop.append((loop,))
other = []
other.append((other,))
try:
    loop == other
except RecursionError:
    print("RecursionError")

# What an exception has held is seen by C, which changes nothing for the hash.
key = (1, ("a", 2.5), Point(3, (4, 5)))
h = hash((1, ("a", 2.5), Point(3, (4, 5))))
for _ in range(3):
    try:
        {}[key]
    except KeyError as e:
        print(hash(key) == h == hash(e.args[0]), e.args[0] is key, {key: 1}[1, ("a", 2.5), Point(3, (4, 5))])
    key = (1, ("a", 2.5), Point(3, (4, 5)))
print(hash(()) == hash(tuple([])) == hash(Point.__new__.__defaults__ or ()))
