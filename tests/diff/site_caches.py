"""What an instruction has remembered of one object must not serve another: descriptors, builtins, parameters, packages."""
import array
import sys
import types


# Data descriptors that are not Python's, under classes with and without hooks.
class Slotted:
    __slots__ = ("a", "b")

    def __getattr__(self, name):
        return "no " + name


class Plain(array.array):
    pass


def read(o):
    return o.a


s = Slotted()
out = []
for k in range(40):
    if k % 10 == 5:
        s.a = k
    if k % 10 == 8:
        del s.a
    out.append(read(s))
print(out)
Slotted.a = "class"
print(read(s))
Slotted.a = property(lambda self: "property")
print(read(s), read(types.SimpleNamespace(a=1)))


def code(a):
    return a.typecode


values = [array.array("i"), Plain("d"), types.SimpleNamespace(typecode="n")]
print([code(values[k % 3]) for k in range(9)], [code(values[0]) for k in range(5)])
Plain.typecode = "own"
print([code(values[k % 3]) for k in range(6)])
Plain.typecode = property(lambda self: "late")
print([code(values[k % 3]) for k in range(6)])
del Plain.typecode
print([code(values[k % 3]) for k in range(6)])


def real(x):
    return x.real, x.imag


print([real(x) for x in (1, 2.5, 3j, True, 10**30, -1)])


class Getter:
    """A descriptor of Python that loses its `__set__`."""

    def __get__(self, o, t):
        return "got"

    def __set__(self, o, v):
        raise AttributeError


class Owner:
    x = Getter()


o = Owner()
o.__dict__["x"] = "own"
seen = []
for k in range(6):
    if k == 3:
        del Getter.__set__
    seen.append(o.x)
print(seen)


# One call, several builtins; names that are taken.
def apply(f, *args):
    return [f(*args) for _ in range(3)]


def one(f, x):
    return f(x)


def two(f, x, y):
    return f(x, y)


print([one(f, "12") for f in (len, int, str, repr, len, "ab".join, str.upper, len)])
print([two(f, 5, int) for f in (isinstance, lambda a, b: (a, b), isinstance, isinstance)])
for bad in ((isinstance, 5), (len,), (len, 1, 2)):
    try:
        one(*bad) if len(bad) == 2 else bad[0](*bad[1:])
    except TypeError as e:
        print(type(e).__name__, e)


def check(x):
    return isinstance(x, int)


print([check(v) for v in (1, "a", True)])
isinstance = lambda x, c: "taken"
print([check(v) for v in (1, "a", True)])
del isinstance
print([check(v) for v in (1, "a", True)])


class Meta(type):
    @classmethod
    def __instancecheck__(mcls, x):
        return x == "yes"


class Odd(metaclass=Meta):
    pass


def odd(x, c):
    return isinstance(x, c)


print([odd(x, c) for x in ("yes", "no", 3) for c in (Odd, (Odd, int), (str, (Odd,)), int | str)])


def method(o, x):
    return o.append(x)


class L(list):
    def append(self, x):
        super().append(x * 2)


class D:
    def append(self, x):
        return x


a, b = [], L()
print([method(t, k) for k, t in enumerate([a, b, D(), a, b, a])], a, b)
print([f(x) for f, x in ((str.upper, "a"), (str.lower, "B"), (str.upper, "c"))])
for f, x in ((str.upper, "a"), (str.upper, 1)):
    try:
        print(str.upper(x))
    except TypeError as e:
        print(e)


def total(items):
    return sum(items)


print(total([1, 2]), total(x for x in (3, 4)), total((5,)), total(x for x in ()))


# Parameters by name in any order, defaults that were exchanged.
def f(a, /, b, c=3, *rest, d, e=5, g=6, **more):
    return a, b, c, rest, d, e, g, more


print(f(1, 2, d=4), f(1, d=4, b=2), f(1, g=0, e=1, d=2, c=3, b=4), f(1, 2, 3, 4, d=0, zz=1, a=9))
f.__kwdefaults__ = {"g": "G", "e": "E"}
print(f(1, 2, d=4), f(1, 2, d=4, g=1), f(1, 2, e=0, d=4))
f.__kwdefaults__ = {"g": "G", "x": 0}
for kw in ({"d": 4}, {"e": 1}, {}, {"b": 1, "d": 1, "e": 1}):
    try:
        print(f(1, 2, **kw))
    except TypeError as e:
        print(e)
try:
    f(1, 2, d=1, e=1, **{"b": 3})
except TypeError as e:
    print(e)


# Packages.
package = types.ModuleType("site_package")
package.__path__ = []
package.here = 1
sys.modules["site_package"] = package


def take():
    from site_package import here

    return here


print([take() for _ in range(3)])
package.here = 2
print(take())
del package.here
package.__getattr__ = lambda name: "dynamic " + name
print(take())
del package.__getattr__
try:
    take()
except ImportError as e:
    print(e)
sub = types.ModuleType("site_package.here")
sys.modules["site_package.here"] = sub
print(take() is sub, hasattr(package, "nothing"), getattr(package, "nothing", "default"))
events = []
package.here = 3
sys.setprofile(lambda frame, event, arg: events.append((event, frame.f_code.co_name)))
take()
sys.setprofile(None)
print([e for e in events if e[1] != "<module>"])
