"""Calls whose sites see one kind of callable often, and then another: binding, slot wrappers, classes, attributes."""
import contextvars
import functools
import operator


def show(call, *args, **kwargs):
    try:
        print(call(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__, e)


def plain(a, b=2, *, c=3, d=4):
    return a, b, c, d


def posonly(a, b=1, /, c=2, *, d=3):
    return a, b, c, d


def required(a, *, k):
    return a, k


def binding():
    for i in range(3):
        print(plain(i, c=5), plain(d=1, a=i), plain(i, b=7, d=8), plain(i, d=9, c=10), plain(a=i))
        print(posonly(i, c=4), posonly(i, 2, d=5), posonly(i))
    show(lambda: plain(1, a=2))
    show(lambda: plain(1, e=2))
    show(lambda: plain(c=2))
    show(lambda: plain(1, 2, 3))
    show(lambda: posonly(1, a=2))
    show(lambda: posonly(a=1, b=2))
    show(lambda: posonly(1, b=2, d=1))
    show(lambda: required(1))
    show(lambda: required(k=1))
    show(lambda: required(1, k=2))
    # Keys that are equal to the names without being the same objects.
    key = "".join(["c", "c"])[:1]
    print(plain(1, **{key: 30}))
    # Defaults that have changed since the function was made.
    plain.__defaults__ = (10, 20, 30)
    show(lambda: plain())
    show(lambda: plain(c=1))
    plain.__defaults__ = None
    show(lambda: plain(1, c=1))
    plain.__defaults__ = (2,)
    plain.__kwdefaults__ = {"d": "D", "c": "C"}
    print(plain(1, b=1), plain(1, c=0))
    plain.__kwdefaults__ = {"d": 0}
    show(lambda: plain(1, b=1))
    show(lambda: plain(1, c=1))
    plain.__kwdefaults__ = {"c": 3, "d": 4}
    names = [f"p{i}" for i in range(70)]
    space = {}
    exec(f"def many({', '.join(n + '=0' for n in names)}):\n    return sum(locals().values())", space)
    print(space["many"](1, p69=5), space["many"](**dict.fromkeys(names, 1)))
    exec(f"def forty({', '.join(names[:40])}):\n    return p0, p39", space)
    print(space["forty"](**{n: i for i, n in enumerate(names[:40])}))
    exec("r = forty(" + ", ".join(f"{n}={i}" for i, n in reversed(list(enumerate(names[:40])))) + ")", space)
    print(space["r"])


class Plain:
    pass


class Guarded:
    def __setattr__(self, name, value):
        object.__setattr__(self, name, (value, "set"))

    def __getattribute__(self, name):
        return object.__getattribute__(self, name)


def wrappers():
    g = Guarded()
    for i in range(4):
        g.x = i
        print(g.x, int.__add__(i, 2), list.__len__([1] * i), str.__eq__("a", "a"))
    show(lambda: object.__setattr__())
    show(lambda: object.__setattr__(g, "x"))
    show(lambda: object.__setattr__(int, "x", 1))
    show(lambda: int.__add__("a", 1))
    show(lambda: int.__add__(1, 2, 3))
    show(lambda: int.__add__(1, b=2))
    show(lambda: list.__init__([], iterable=()))
    show(lambda: dict.__setitem__({}, [], 1))
    show(lambda: type.__call__(int, "12"))
    show(lambda: object.__repr__(1)[:17])


def classes():
    for i in range(3):
        print(set("a" * i), tuple(range(i)), bool(i), list("xy"), frozenset(), str(i), int("7"), type(i))
    show(lambda: set(1))
    show(lambda: tuple(1, 2))
    show(lambda: bool(x=1))
    show(lambda: int("x"))
    show(lambda: object(1))
    show(lambda: type(None)(1))
    show(lambda: type("T", (), {}, x=1))
    show(lambda: ValueError("a", "b").args)
    show(lambda: ValueError(x=1))
    show(lambda: NotImplementedType)
    show(lambda: type(iter([]))())
    show(lambda: dict(a=1, **{"b": 2}))


class Liar:
    @property
    def __class__(self):
        return int


class Sometimes:
    def __getattribute__(self, name):
        if name == "__class__":
            return str
        return object.__getattribute__(self, name)


class Hooked:
    def __getattr__(self, name):
        print("asked for", name)
        return int


class HookedLiar(Hooked):
    __class__ = str


class Odd(type):
    __class__ = int


class OfOdd(metaclass=Odd):
    pass


class Meta(type):
    def __instancecheck__(cls, v):
        return v == 3


class Three(metaclass=Meta):
    pass


def instances():
    values = [1, True, "s", 1.5, Liar(), Sometimes(), Plain(), Three(), [], None, Three, int, Hooked(), HookedLiar(), OfOdd, HookedLiar]
    kinds = [int, str, object, Plain, Three, type, Meta, (int, str), (list, (float, Three)), int | None]
    for _ in range(3):
        for v in values:
            print([isinstance(v, k) for k in kinds])
    show(lambda: isinstance(1, 1))
    show(lambda: isinstance(1, (str, 1)))
    show(lambda: isinstance(1, (int, 1)))


class Slotted:
    __slots__ = ("x",)


class Data:
    def __get__(self, v, t):
        return "data"

    def __set__(self, v, x):
        raise AttributeError("read only")


class Nondata:
    def __get__(self, v, t):
        return "nondata"


class A:
    d, n, plain = Data(), Nondata(), "class"


class B(A):
    d = Nondata()
    n = "B.n"


class C(A):
    def __init__(self):
        self.n = "own"
        self.__dict__["d"] = "hidden"


class D:
    def __getattr__(self, name):
        return "hook " + name


class E(A):
    @property
    def d(self):
        raise AttributeError("no d")

    n = property(lambda self: "E.n")


def attributes():
    c = C()
    objects = [A(), B(), c, D(), E(), A, 1, B(), A()]
    objects[-1].n = "instance"
    for _ in range(3):
        for o in objects:
            for get in (lambda o: o.d, lambda o: o.n, lambda o: o.plain, lambda o: o.__class__.__name__):
                try:
                    print(get(o), end=" ")
                except AttributeError as e:
                    print(e, end=" ")
            print()
    for o in (1, 1.5, True, 10**30):
        for _ in range(2):
            print(o.real, o.imag, end=" ")
    print()


def contexts():
    v = contextvars.ContextVar("v", default="none")
    w = contextvars.ContextVar("w")
    print(v.get(), w.get("given"), v.get(), w.get(5))
    token = v.set(1)
    print(v.get(), w.get("given"))
    copy = contextvars.copy_context()
    v.reset(token)
    print(v.get(), copy[v], w.get(0))

    def inside():
        print(v.get(), w.get("absent"))
        w.set("in copy")
        print(w.get())

    copy.run(inside)
    print(v.get(), w.get("absent"), copy[w])
    token = w.set(2)
    print(w.get())
    w.reset(token)
    try:
        w.get()
    except LookupError:
        print("no value")
    contextvars.Context().run(lambda: print(v.get(), w.get("fresh")))


def natives():
    def twice(x):
        return x * 2

    for _ in range(3):
        print(list(map(twice, [1, 2])), functools.reduce(lambda a, b: a + b, [1, 2, 3]), sorted([2, 1], key=operator.neg))
    show(lambda: sorted([1, 2], key=lambda x: x / 0))
    for f in (10, 1.5, None, "s"):
        show(lambda: next(map(f, [1])))
        show(lambda: next(map(f, [1], [2])))
        show(lambda: next(filter(f, [1])))
        show(lambda: functools.reduce(f, [1, 2]))
        show(lambda: sorted([1, 2], key=f))
        show(lambda: functools.partial(f, 1))
    print(next(map(max, [1], [2.5])), list(map(divmod, [7, 8], [2, 3])), list(map(str.upper, "ab")))


for part in (binding, wrappers, classes, instances, attributes, contexts, natives):
    print("--", part.__name__)
    part()
