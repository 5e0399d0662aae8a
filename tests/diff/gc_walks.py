# The collector follows every kind of reference: items, keys, values, slots, attributes, dicts, classes, native bases.
import gc
import weakref
from collections import OrderedDict, deque, namedtuple, defaultdict

gc.collect()
gc.disable()


class Node:
    def __init__(self, **kw):
        self.__dict__.update(kw) if kw else None


class Plain:
    pass


class Slots:
    __slots__ = ("a", "b", "__weakref__")


class Both(Slots):
    pass


class More(Both):
    __slots__ = ("c",)


class L(list):
    pass


class D(dict):
    __slots__ = ("x", "__weakref__")


class T(tuple):
    pass


class E(Exception):
    pass


class Meta(type):
    pass


P = namedtuple("P", "a b")


def made():
    for cls in (Plain, Node):
        o = cls()
        o.me = o
        yield o
        o = cls()
        o.__dict__["me"] = o
        yield o
        o = cls()
        o.n, o.f, o.others = 1, 2.5, [{"a": (1, o)}]
        yield o
    for cls in (Slots, Both, More):
        for name in ("a", "b"):
            o = cls()
            setattr(o, name, {name: [o]})
            yield o
    o = More()
    o.c, o.z = o, o
    yield o
    o = L()
    o.append((o,))
    yield o
    o = L()
    o.x = o
    yield o
    o = D()
    o["k"] = {1: o}
    yield o
    o = D()
    o.x = o
    yield o
    o = T(([],))
    o[0].append(o)
    o.held = Plain()
    yield o.held
    o = E()
    o.args = (o,)
    yield o
    o = E()
    o.x = {o: o}
    yield o
    o = Plain()
    o.p = P(1, [o])
    yield o
    o = Plain()
    o.m = {o: 1, 2: {3: {4: o}}}
    yield o
    o = Plain()
    o.d = deque([OrderedDict(a=defaultdict(list, b=[o]))])
    yield o
    o = Plain()
    o.s = frozenset([o])
    yield o
    o = Plain()
    o.f = lambda: o
    yield o
    o = Plain()
    o.m = o.__init__
    yield o
    o = Meta("C", (Plain,), {})()
    o.cls = [o, type(o)]
    yield o
    cls = type("C", (), {"__slots__": ("s", "__weakref__")})
    o = cls()
    o.s = [o, cls]
    yield o
    o = Plain()
    o.g = (x for x in [o])
    next(o.g)
    yield o


def watch():
    refs = []
    for o in made():
        refs.append((type(o).__name__, weakref.ref(o)))
        del o
    return refs


refs = watch()
print(len(refs), sum(r() is not None for _, r in refs) == len(refs))
keep = [r() for _, r in refs[::3]]
gc.collect()
print([(name, r() is not None) for name, r in refs])
# Those that are held from outside stay whole.
for i in range(3):
    gc.collect(i)
print(all(r() is not None for _, r in refs[::3]))
del keep
gc.collect()
print([name for name, r in refs if r() is not None])

deleted = []


class Dies:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        deleted.append(self.name)


for n in range(3):
    a, b = Dies(f"a{n}"), Dies(f"b{n}")
    a.b, b.a = b, [a, {n: a}]
del a, b
print(gc.collect() >= 6, sorted(deleted))

# Untracked tuples, dicts that become tracked, objects that come back.
back = []


class Back:
    def __del__(self):
        back.append(self)


o = Back()
o.cycle = [o, (1, "a", (2.5,))]
del o
gc.collect()
print(len(back), back[0].cycle[0] is back[0])
back.clear()
gc.collect()
print(len(back), gc.garbage)
nested = [[[1, 2], (3, [4])] for _ in range(100)]
for row in nested:
    row.append(nested)
w = weakref.ref(L([nested]))
gc.collect()
print(len(nested), w() is None)
