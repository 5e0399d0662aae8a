# Instances in hot loops: how they come to be, get attributes, change and die.
import random
import sys
import weakref
from collections import namedtuple


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def plus(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __repr__(self):
        return f"Point({self.x!r}, {self.y!r})"


class Grows:
    pass


class Dies:
    log = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Dies.log.append(self.name)


class Deep:
    def __init__(self, below):
        self.below = below
        self.a = self.b = self.c = self.d = self.e = self.f = below


def sums(n):
    p = Point(0, 0)
    for i in range(n):
        p = p.plus(Point(i, -i)).plus(Point(1, 2))
    return p


def mixed(n):
    p = Point(0, 0.5)
    for i in range(n):
        p = p.plus(Point(i % 3, float(i)) if i % 5 else Point(2.5, i))
    return p


def grow(n):
    out = 0
    for i in range(n):
        g = Grows()
        g.a = i
        g.b = i + 1
        g.c = i + 2
        g.d = i + 3
        g.e = i + 4
        g.f = i + 5
        g.g = i + 6
        if i % 50 == 0:
            g.__dict__["h"] = 1
            del g.a
            out += len(g.__dict__)
        if i % 70 == 0:
            setattr(g, "more%d" % (i % 7), i)
        out += g.b + g.g
        g.i = out
        out = g.i
    return out, sorted(g.__dict__)


def late(n):
    objects = [Grows() for _ in range(8)]
    for i in range(n):
        o = objects[i % 8]
        if i % 64 < 8:
            o.__dict__.clear()
        o.x = i
        o.y = o.x + 1
    return [(o.x, o.y) for o in objects]


def deaths(n):
    for i in range(n):
        d = Dies(i)
        if i % 3 == 0:
            d.other = Dies(-i)
        d = None
    log, Dies.log = Dies.log, []
    return len(log), log[:5], log[-5:]


def weak(n):
    dead = []
    alive = 0
    for i in range(n):
        p = Point(i, i)
        if i % 10 == 0:
            r = weakref.ref(p, lambda r: dead.append(1))
            alive += r() is p
    return alive, len(dead)


def chain(n):
    d = None
    for i in range(n):
        d = Deep(d)
    depth = 0
    at = d
    while at is not None:
        at = at.below
        depth += 1
    d = None
    return depth


class Base:
    made = 0

    def __init__(self):
        super().__init__()
        Base.made += 1

    @classmethod
    def make(cls, *args):
        return cls(*args)

    @classmethod
    def name(cls):
        return cls.__name__

    @staticmethod
    def twice(x):
        return x * 2

    def who(self):
        return "base"


class Left(Base):
    def __init__(self, x):
        super(Left, self).__init__()
        self.x = x

    def who(self):
        return "left " + super().who()

    def __hash__(self):
        return super().__hash__() & 0

    def __eq__(self, other):
        return super().__eq__(other)


class Right(Left):
    def who(self):
        s = super(Right, self)
        if self.x % 7 == 0:
            s = super(Left, self)
        return "right " + s.who()


def methods(n):
    out = {}
    for i in range(n):
        o = Right.make(i) if i % 3 else Left.make(i)
        k = (o.name(), Base.name(), o.twice(i % 4), Left.twice(2), o.who(), o == o, hash(o))
        out[k] = out.get(k, 0) + 1
    return sorted(out.items()), Base.made


class Stack(list):
    def top(self):
        return self[-1]

    def swap(self):
        self[0], self[-1] = self[-1], self[0]


class Odd(list):
    def __getitem__(self, i):
        return list.__getitem__(self, i) + 1000

    def __iter__(self):
        return iter((7, 8))


Pair = namedtuple("Pair", "left right")


class Map(dict):
    def __missing__(self, key):
        return -key


def containers(n):
    total = 0
    m = Map()
    for i in range(n):
        s = Stack()
        s.append(i)
        s.append(i + 1)
        s.swap()
        total += s.top() + s[0]
        for x in s:
            total += x
        o = Odd([1, 2])
        total += o[0]
        for x in o:
            total += x
        p = Pair(i, 2)
        total += p[0] * p[1] + p.left - p[-1]
        a, b = p
        total += a - b
        m[i % 5] = i
        total += m[i % 10]
        for k in m:
            total += k
    return total, Stack.__getitem__(s, slice(0, 1))


def replaced(n):
    class Own(list):
        pass

    out = []
    s = Own([1, 2, 3])
    for i in range(n):
        if i == n // 2:
            Own.__getitem__ = lambda self, k: "replaced"
        if i == n // 2 + 200:
            del Own.__getitem__
        x = s[1]
        if not out or out[-1] != x:
            out.append(x)
    return out


class Vector:
    def __init__(self, x):
        self.x = x

    def __mul__(self, k):
        if isinstance(k, (int, float)):
            return Vector(self.x * k)
        return NotImplemented

    __rmul__ = __mul__

    def __sub__(self, other):
        return self.x - other

    def __radd__(self, other):
        return other + self.x

    def __truediv__(self, other):
        return NotImplemented


class Whole(int):
    def __mul__(self, other):
        return "whole"

    def __radd__(self, other):
        return "added"


def operators(n):
    v = Vector(1)
    total = 0
    odd = []
    for i in range(n):
        v = v * 2 if i % 2 else 0.5 * v
        total += (3 * v).x + (v - 1) + (2 + v) + (True * v).x
        w = Whole(i)
        if i % 100 == 0:
            odd.append((w * 2, 2 * w, 2.5 * w, 1 + w, 1.5 + w))
            for f in (lambda: v / 2, lambda: 2 / v, lambda: v * "a", lambda: [1] * v, lambda: 2 - v):
                try:
                    odd.append(f())
                except TypeError as e:
                    odd.append(str(e))
    return v.x, total, odd[:12]


class Source(random.Random):
    pass


def bound(n):
    source = Source(5)
    total = 0
    for i in range(n):
        f = source.getrandbits
        if i == n - 2:
            source.getrandbits = lambda k: -1
        total += f(3) + source.randrange(10)
    return total


def changed_class(n):
    out = []
    for i in range(n):
        p = Point(i, 1)
        if i % 40 == 39:
            p.__class__ = Grows
            p.z = 3
        out.append(type(p).__name__)
        p.x = p.x + 1
    return out.count("Point"), out.count("Grows"), p.x


def counts(n):
    class Local:
        def __init__(self, v):
            self.v = v

    token = object()
    before = sys.getrefcount(token)
    kept = []
    for i in range(n):
        o = Local(token)
        o.w = token
        if i % 4 == 0:
            kept.append(o)
        o.v = None
    during = sys.getrefcount(token)
    del kept, o
    return during - before, sys.getrefcount(token) - before


class Ray:
    def __init__(self, start, way):
        self.start = start
        self.way = way
        self.hits = 0

    def at(self, k):
        return Point(self.start.x + self.way.x * k, self.start.y + self.way.y * k)

    def closer(self, other):
        if other.hits > self.hits:
            return other
        self.hits += 1
        return self


def overwritten(n):
    for i in range(n):
        p = Point(Dies(i), 1)
        p.x = Dies(("second", i))
        Dies.log.append("between")
        if i % 3 == 0:
            p.x = i
            Dies.log.append("number")
        p.y = Dies(("y", i))
        q = p
        p = None
        Dies.log.append("kept")
        q = None
    log, Dies.log = Dies.log, []
    return len(log), log[:12], log[-12:]


def nested(n):
    total = 0
    kept = []
    for i in range(n):
        r = Ray(Point(i, 1), Point(2, i % 3))
        s = Ray(r.at(2), Point(0, 0))
        try:
            total += r.at(i % 7).x + s.at(3).y // (i % 97)
        except ZeroDivisionError as e:
            total += s.start.x + len(e.args)
        t = r.closer(s)
        t.way.x += 1
        u = t.closer(r)
        u.start = u.way
        u.start.y = i
        total += r.hits + s.hits + r.way.x + s.way.x + r.start.y + u.way.y
        if i % 50 == 0:
            kept.append(r)
            kept.append(s.way)
        if i % 60 == 0:
            r.extra = s
            total += len(vars(r))
    return total, len(kept), kept[0].hits, kept[-1], kept[-2].start


def counted(n):
    p = Point(0, 0)
    q = Point(0, 1)
    for i in range(n):
        p.x += 1
        if p.x is q:
            break
        q.x += p.x
        p, q = q, p
        if q.x > 1000000:
            q = Point(q.x % 7, p)
    return p.x, q.x


def same(n):
    out = []
    for i in range(n):
        p = Point(i, i)
        q = p
        out.append((p is q, Point(1, 2) is p, p == q, isinstance(q, Point), type(p) is Point))
    return len(out), set(out)


for n in (10, 400, 3000):
    print(overwritten(n))
    print(nested(n))
    print(counted(n))
    print(same(n))
    print(sums(n), mixed(n))
    print(grow(n))
    print(late(n))
    print(deaths(n), weak(n))
    print(chain(n))
    print(methods(n))
    print(containers(n))
    print(replaced(n))
    print(operators(n))
    print(bound(n))
    print(changed_class(n))
    print(counts(n))
