# Classes with builtin bases, enumerations, metaclasses, iteration by subscripts, and operations that raise, in hot loops.
import copy
import enum


class Flag(enum.IntFlag):
    A = 1
    B = 2
    C = 4


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Whole(int):
    def __new__(cls, value, name):
        self = super().__new__(cls, value)
        self.name = name
        return self

    kind = "whole"


class Text(str):
    pass


class Number(float):
    tag = 3


class Items:
    def __init__(self, n):
        self.n = n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        return i * 2


class Meta(type):
    made = 0

    def __call__(cls, *args):
        Meta.made += 1
        return super().__call__(*args)


class Made(metaclass=Meta):
    def __init__(self, x):
        self.x = x

    def again(self):
        return self.__class__(self.x + 1)


class Sub(Made):
    @property
    def __class__(self):
        return Made


def flags(n):
    total = 0
    f = Flag.A
    for i in range(n):
        f = (f | Flag.B) & ~Flag.A if i % 3 else f ^ Flag(i % 8)
        total += f.value + bool(f & Flag.C) + (f is Flag.B)
        c = Color(1 + i % 2)
        total += c.value + len(c.name) + (c == Color.RED)
    return total, f


def subclasses(n):
    total = 0
    out = ""
    for i in range(n):
        w = Whole(i, "n%d" % (i % 3))
        total += w * 2 - 1 + (7 - w) + w // 3 + len(w.name) + len(w.kind)
        if i % 20 == 0:
            w.kind = "own kind"
            total += len(w.kind)
        t = Text("ab") + Text("c")
        out = (out + t)[-6:]
        total += Number(i) * 2 + Number.tag + Number(1).tag - Number(2.5)
        if i % 50 == 49:
            try:
                w + t
            except TypeError as e:
                total += len(str(e))
    return total, out, type(w * 2).__name__, type(t).__name__


def by_subscript(n):
    total = 0
    for i in range(n):
        for x in Items(i % 5):
            total += x
        a, b = Items(2)
        total += a + b
    return total


def made(n):
    m = Made(0)
    s = Sub(0)
    for i in range(n):
        m = m.again()
        s2 = s.again()
    return m.x, type(m).__name__, type(s2).__name__, s.__class__.__name__, Meta.made


def lookups(n):
    d = {i: i for i in range(0, n, 3)}
    items = [1, 2, 3]
    found = missing = 0
    for i in range(n):
        try:
            found += d[i]
            found += items[i % 4]
        except KeyError as e:
            missing += e.args[0]
        except IndexError:
            missing += 1
        try:
            int("x" if i % 7 == 0 else "5")
            {}.popitem() if i % 5 == 0 else None
        except ValueError:
            missing += 10
        except KeyError:
            missing += 100
    return found, missing


def copies(n):
    x = {"a": [1, 2, (3, [4])], "b": {"c": None}, 5: "text"}
    for i in range(n):
        y = copy.deepcopy(x)
    return y, y["a"] is x["a"], copy.deepcopy((1, 2)), copy.deepcopy([x, x])[0] is x


for n in (10, 300, 2000):
    print(flags(n))
    print(subclasses(n))
    print(by_subscript(n))
    print(made(n))
    print(lookups(n))
    print(copies(n // 4 + 1))


# Instructions that meet many classes.
def many_kinds(n):
    total = 0
    kept = []
    for i in range(n):
        if i % 20 == 0:

            class Local(Made if i % 40 == 0 else Items):
                def __init__(self, x, *rest):
                    self.n = x
                    self.x = x
                    if rest:
                        self.rest = rest

                def norm(self):
                    return self.x * self.n

            class Odd(Local):
                __slots__ = ("y",)

                def __setattr__(self, name, value):
                    object.__setattr__(self, name, value + 1)

            class Hidden(Local):
                norm = 5

        o = Local(i) if i % 3 else Local(i, 1)
        total += o.norm()
        o.x = 2
        o.norm = lambda: 7
        total += o.norm() + o.x
        h = Hidden(3)
        h.norm = lambda: 1
        for p in (o, h, Odd(1)) if i % 5 == 0 else (h, o):
            p.x = 4
            total += p.norm() + p.x
            p.z = i
            total += len(vars(p))
        if i % 100 == 0:
            kept.append(o)
    return total, len(kept), [k.x for k in kept], Local.__name__


for n in (50, 400, 3000):
    print(many_kinds(n))
