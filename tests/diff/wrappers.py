# Calls that pass on whatever arguments they got: *args and **kwargs, in loops that get hot.
import functools


def logged(f):
    calls = []

    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        calls.append(len(args) + 10 * len(kwargs))
        return f(*args, **kwargs)

    wrapper.calls = calls
    return wrapper


def plain(f):
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs)

    return wrapper


def changing(f):
    def wrapper(*args, **kwargs):
        kwargs["extra"] = len(args)
        return f(*args, **kwargs)

    return wrapper


def popping(f):
    def wrapper(*args, **kwargs):
        if kwargs.pop("loud", False):
            return -f(*args, **kwargs)
        return f(*args, **kwargs)

    return wrapper


@logged
def add(a, b=2, *, c=3):
    return a + b * c


@plain
def keep(*args, **kwargs):
    return args, kwargs


@plain
@plain
def deep(a, b, c=1):
    return a * 3 + b - c


@changing
def extra(a, extra=0, **rest):
    return a + extra + len(rest)


@popping
def loud(a, b=1):
    return a - b


class Thing:
    def __init__(self, *args, **kwargs):
        self.args = args
        self.__dict__.update(kwargs)

    @plain
    def method(self, x, y=0):
        return len(self.args) + x + y

    def bound(self, *args):
        m = self.method
        return m(*args)


def total(n):
    t = 0
    for i in range(n):
        t += add(i) + add(i, 3) + add(i, c=i & 3) + add(i, b=1, c=2)
        t += deep(i, 1) + deep(i, b=2) + deep(a=i, b=2, c=3)
        t += extra(i) + extra(i, k=1) + loud(i) + loud(i, loud=i % 7 == 0) + loud(i, b=4)
    return t


def things(n):
    t = 0
    for i in range(n):
        thing = Thing(i, i, name="x", size=i)
        t += thing.method(i) + thing.method(i, y=2) + thing.bound(i, 1) + thing.size
        if i % 500 == 0:
            print(sorted(vars(thing)))
    return t


def shapes(n):
    # The same call with other numbers of arguments, keywords, and sequences.
    out = 0
    for i in range(n):
        args = (i,) * (i % 4)
        out += len(keep(*args)[0])
        out += len(keep(*args, **{"a": 1} if i % 3 else {})[1])
        out += sum(keep(*range(i % 5))[0])
        out += max(*args, 1, 2)
        out += "{}{}".format(*"ab").count("a")
    return out


def merged(n):
    t = 0
    base = {"b": 5}
    for i in range(n):
        t += add(i, **base) + add(i, **base, c=1) + add(**{"a": i})
    return t


class Odd(dict):
    def keys(self):
        return ["c"]

    def __getitem__(self, k):
        return 4


def errors():
    for call in (
        lambda: add(*5),
        lambda: add(**5),
        lambda: add(1, **{1: 2}),
        lambda: add(1, **{"a": 2}),
        lambda: add(1, b=2, **{"b": 2}),
        lambda: add(1, 2, 3),
        lambda: add(1, zz=2),
        lambda: deep(*(1,)),
        lambda: keep(**[1]),
        lambda: print(*1),
        lambda: len(**{"obj": 1}),
    ):
        try:
            call()
        except TypeError as e:
            print(e)


for _ in range(3):
    print(total(1200), things(1100), shapes(1000), merged(900))
print(sum(add.calls), add(1, **Odd()), keep(1, *[2], x=3, **{"y": 4}), keep(**Odd()))
for _ in range(50):
    try:
        deep(1)
    except TypeError as e:
        message = str(e)
print(message)
errors()

# Sequences of the runtime's own kinds end their iteration by their length; those that Python changes are asked.
import xml.etree.ElementTree as ET

e = ET.Element("a")
print(list(e), [c for c in e], list(iter(e)))
for i in range(3):
    ET.SubElement(e, f"c{i}")
it = iter(e)
print([c.tag for c in e], next(it).tag)
ET.SubElement(e, "late")
print([c.tag for c in it], list(it))
ET.SubElement(e, "later")
print(list(it), it.__length_hint__())
it = iter(e)
next(it)
del e[:]
print(list(it))


class Odd(ET.Element):
    def __len__(self):
        return 0


o = Odd("o")
o.append(e)
print([c.tag for c in o], len(o))
m = memoryview(b"abc")
it = iter(m)
print(next(it))
try:
    m.release()
    next(it)
except ValueError as error:
    print(error)


# A slot wrapper of a base may be used where the C code in between has nothing of its own.
class Problem(Exception):
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


p = Problem("text")
p.__cause__ = None
p.field = 1
print(p.field, vars(p))
del p.field
print(vars(p))
for f in (object.__setattr__, BaseException.__setattr__):
    for kind in (ValueError, OSError, Problem):
        p = kind()
        f(p, "a", 1)
        print(kind.__name__, p.a)


class Meta(type):
    __setattr__ = object.__setattr__


class SubMeta(Meta):
    pass


for meta in (Meta, SubMeta):
    c = meta("C", (), {})
    try:
        c.x = 1
    except TypeError as e:
        print(e)
for f in (object.__setattr__, object.__delattr__):
    try:
        f(*(Problem, "x", 1)[: 3 if f is object.__setattr__ else 2])
    except TypeError as e:
        print(e)
