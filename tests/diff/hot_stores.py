# Attributes of functions and of instances whose dict lies behind a builtin part, abstract base classes, `in` by a method that
# does not answer with a comparison, subclasses of dict and list with an `__init__`, powers by `pow`: in loops that get hot.
import functools
from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence, Sized


def counted(f):
    @functools.wraps(f)
    def wrapper(*args):
        wrapper.calls += 1
        wrapper.last = args
        return f(*args)

    wrapper.calls = 0
    return wrapper


@counted
def add(a, b):
    return a + b


t = 0
for i in range(3000):
    t += add(i, i & 3)
    if i == 2000:
        add.note = "new"
        add.calls = 10**20
print(t, add.calls, add.last, sorted(add.__dict__))


class Loud:
    def __init__(self, log, n):
        self.log, self.n = log, n

    def __del__(self):
        self.log.append(self.n)


# What is replaced dies at the store.
def replaced(n):
    log = []

    def f():
        pass

    for i in range(n):
        f.held = Loud(log, i)
        if len(log) != i:
            return "late", i, len(log)
    f.__name__ = "g"
    f.__doc__ = None
    return len(log), f.__name__


print(replaced(2000))


class Tagged(dict):
    def __init__(self, names=(), values=(), outer=None):
        self.update(zip(names, values))
        self.outer = outer
        self.uses = 0

    def find(self, name):
        self.uses += 1
        return self if name in self else self.outer.find(name)


class Pile(list):
    kind = "pile"

    def __init__(self, *items, top=None):
        super().__init__(items)
        self.top = top

    def push(self, x):
        self.append(x)
        self.top = x
        return self


class Slotted(dict):
    __slots__ = ("tag",)

    def __init__(self, tag, **items):
        dict.__init__(self, **items)
        self.tag = tag


class Failing(dict):
    def __init__(self, n):
        if n % 50 == 49:
            raise ValueError(n)
        super().__init__(n=n)


class Answering(list):
    def __init__(self, n):
        return n


class Made(dict):
    def __new__(cls, *args):
        made = super().__new__(cls)
        made.made_of = args
        return made

    def __init__(self, *args):
        self["n"] = len(args)


class Meta(type):
    def __call__(cls, *args):
        made = super().__call__(*args)
        made.by = "meta"
        return made


class ByMeta(dict, metaclass=Meta):
    def __init__(self, n):
        self["n"] = n


def containers(n):
    total, errors = 0, []
    base = Tagged(["x", "y"], [1, 2])
    for i in range(n):
        env = Tagged(("a", "b"), (i, 2), base)
        total += env.find("x")["x"] + env.find("a")["a"] + env.uses
        p = Pile(i, i + 1, top=3).push(i)
        total += len(p) + p.top + p[0]
        s = Slotted(i, k=1)
        total += s.tag + s["k"]
        try:
            total += Failing(i)["n"]
        except ValueError as e:
            errors.append(e.args[0])
        total += Made(1, 2)["n"] + len(Made(i).made_of) + ByMeta(i)["n"]
        total += type(env) is Tagged
        try:
            Answering(i)
        except TypeError as e:
            total += len(str(e))
    return total, len(errors), errors[-1], base.uses, base.outer, Tagged.__mro__[1].__name__


print(containers(2000))
try:
    Tagged(1, 2, 3, 4)
except TypeError as e:
    print(e)
try:
    Answering(1)
except TypeError as e:
    print(e)


class Grown(Tagged):
    pass


n = 0
for i in range(2000):
    g = Grown("k", [i])
    if i == 1000:
        # The class gets an `__init__` of its own, and one that is not Python's.
        Grown.__init__ = lambda self, *a: self.update(k=1, outer=2)
    if i == 1500:
        Grown.__init__ = dict.__init__
        g = Grown(k=5)
        break
    n += g["k"] + len(g)
print(n, g, g.__dict__)


class Attributes(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    __setattr__ = dict.__setitem__
    __delattr__ = dict.__delitem__


def attributes(n):
    d = Attributes(x=1)
    for i in range(n):
        d.x += 1
        d.y = i
        if i % 3 == 0:
            del d.y
            assert not hasattr(d, "y")
    return d, d.__dict__


print(attributes(2000))


class Shape(ABC):
    @abstractmethod
    def area(self): ...


class Square(Shape):
    def __init__(self, n):
        self.n = n

    def area(self):
        return self.n * self.n


class Odd:
    pass


Shape.register(Odd)


class Truthful(ABCMeta):
    def __instancecheck__(cls, x):
        return cls.answers[x % len(cls.answers)]


class Asked(metaclass=Truthful):
    answers = [True, False, 1, 0, None, "x", [], True]


def checks(n):
    c = [0] * 8
    things = [Square(2), Odd(), [1], (1,), "s", {}, 5, 2.5, None, range(3), Square(3)]
    for i in range(n):
        x = things[i % len(things)]
        c[0] += isinstance(x, Sequence)
        c[1] += isinstance(x, Mapping)
        if isinstance(x, Sized):
            c[2] += len(x)
        if not isinstance(x, Shape):
            c[3] += 1
        elif isinstance(x, Square):
            c[4] += x.area()
        c[5] += isinstance(x, (int, Shape))
        a = isinstance(i, Asked)
        assert a is True or a is False
        c[6] += a
    return c


print(checks(4000))


class Bag:
    def __init__(self, *items):
        self.items = dict.fromkeys(items, True)
        self.no = False

    def __contains__(self, x):
        return self.items.get(x, self.no)


class Odder:
    def __contains__(self, x):
        return (x, "", None, 1.5, x)[x % 5]


def contained(n):
    b, o, c = Bag(1, 5, 9), Odder(), [0, 0, 0, 0]
    for i in range(n):
        c[0] += (i % 10) in b
        found = (i % 10) not in b
        assert found is True or found is False
        c[1] += found
        c[2] += i in o
        c[3] += i not in o
    return c


print(contained(3000))


def powers(n):
    t = 0
    for i in range(-n, n):
        t += pow(i, 2) + pow(2, i & 127) + pow(i, 3, 1009) + pow(-3, i % 45)
        if i:
            t += pow(i, -1) > 0
    return t


print(powers(1500), pow(2, 61), pow(2, 62), pow(-2, 61), pow(-2, 62), pow(-2, 63), pow(0, 0), pow(True, 5), pow(7, True))
print(pow(1, 64), pow(-1, 10**30), pow(3, 38), pow(3, 39), pow(3, 40), pow(0, 63), type(pow(True, 2)), pow(2, -2), pow(10, 17, None))
