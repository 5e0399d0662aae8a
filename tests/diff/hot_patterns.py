# `match` statements in hot loops: what the subject's class decides, and subjects and classes that change meanwhile.
from collections import OrderedDict, namedtuple
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Num:
    v: object


@dataclass
class Bin:
    op: str
    l: object
    r: object


class Slotted:
    __slots__ = ("a", "b")
    __match_args__ = ("a", "b")

    def __init__(self, a, b=None):
        self.a = a
        if b is not None:
            self.b = b


class Prop:
    __match_args__ = ("twice",)

    def __init__(self, n):
        self.n = n

    @property
    def twice(self):
        return self.n * 2


class Meta(type):
    def __instancecheck__(cls, x):
        return x == 7


class Odd(metaclass=Meta):
    pass


class Pretends:
    __class__ = Num


Pt = namedtuple("Pt", "x y")


class MyList(list):
    def __len__(self):
        return 2


def ev(e):
    match e:
        case Num(v):
            return v
        case Bin("+", l, r):
            return ev(l) + ev(r)
        case Bin("*", l=l, r=r):
            return ev(l) * ev(r)
        case _:
            return -1


def kinds(x):
    match x:
        case bool(b):
            return "bool", b
        case int(n) if n > 5:
            return "int", n
        case float():
            return "float"
        case str() as s:
            return "str", s
        case ("push", v):
            return "push", v
        case (a, b):
            return "two", a, b
        case [a, *rest]:
            return "some", a, list(rest)
        case {"k": v, **rest}:
            return "map", v, sorted(rest)
        case Slotted(a, b):
            return "slotted", a, b
        case Slotted(a):
            return "slotted1", a
        case Prop(t):
            return "prop", t
        case Odd():
            return "odd"
        case Num(v):
            return "num", v
        case None:
            return None
        case _:
            return "other"


def run(n):
    e = Bin("+", Num(2), Bin("*", Num(3), Num(4.5)))
    t = 0
    for i in range(n):
        t += ev(e)
        e.l.v = i
    print(t, ev(Bin("-", 1, 2)), ev(3))
    subjects = [True, 9, 7, 3, 2.5, "s", ("push", 1), ["push", 2], (1, 2), [3, 4], [1, 2, 3], [], (),
                {"k": 1, "z": 2}, {"q": 1}, OrderedDict(k=3), Slotted(1, 2), Slotted(3), Prop(4), Pt(5, 6),
                MyList([1, 2]), range(3), b"ab", bytearray(b"xy"), None, Num(8), 10**30, object]
    seen = {}
    for i in range(n):
        for k, x in enumerate(subjects):
            seen[k] = kinds(x)
    for k, x in enumerate(subjects):
        print(seen[k])
    for i in range(n):
        x = kinds(Pretends())
    print(x)


def sizes(items):
    t = 0
    for x in items:
        match x:
            case []:
                t += 1
            case [_]:
                t += 10
            case [_, *_]:
                t += 100
    return t


def attributes_change(n):
    out = []
    x = Num(1)
    for i in range(n):
        if i == n // 2:
            del x.v
        if i == n // 2 + 2:
            x.v = "back"
        if i == n // 2 + 4:
            x.__dict__["v"] = "by dict"
        match x:
            case Num(v):
                r = v
            case _:
                r = "no attribute"
        if not out or out[-1] != r:
            out.append(r)
    return out


def classes_change(n):
    class A:
        __match_args__ = ("x",)

        def __init__(self):
            self.x, self.y = 1, 2

    out = []
    a = A()
    for i in range(n):
        if i == n // 2:
            A.__match_args__ = ("y",)
        if i == n // 2 + 3:
            A.y = property(lambda self: "property")
        if i == n // 2 + 6:
            A.__match_args__ = ("x", "x")
        if i == n // 2 + 9:
            A.__match_args__ = ("x", "q")
        try:
            match a:
                case A(v):
                    r = v
                case _:
                    r = None
        except TypeError as e:
            r = str(e)
        if not out or out[-1] != r:
            out.append(r)
    return out


def registered(n):
    class S:
        def __len__(self):
            return 2

        def __getitem__(self, i):
            return (4, 5)[i]

    out = []
    s = S()
    for i in range(n):
        if i == n // 2:
            Sequence.register(S)
        match s:
            case (a, b):
                r = a, b
            case _:
                r = None
        if not out or out[-1] != r:
            out.append(r)
    return out


run(400)
print(sizes([[], [1], [1, 2], (), (1,), (1, 2, 3)] * 300))
print(attributes_change(900))
print(classes_change(900))
print(registered(900))
