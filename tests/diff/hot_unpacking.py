# Unpacking with a star, dicts that are merged or hold arguments, mapping patterns, sets, numbers: hot, with odd cases.
import sys, traceback

def hot(f, *cases):
    out = []
    for k in range(700):
        for c in cases:
            try:
                r = f(*c)
            except Exception as e:
                r = type(e).__name__ + ": " + str(e) + " @" + str(e.__traceback__.tb_lineno - f.__code__.co_firstlineno)
            if k in (0, 350, 699):
                out.append(r)
    n = len(out) // 3
    print(f.__name__, out[:n], out[:n] == out[n:2 * n] == out[2 * n:])

def ends(x):
    a, *b, c = x
    return a, b, c
class T(tuple): pass
class TI(tuple):
    def __iter__(self): return iter("odd")
class L(list):
    def __iter__(self): return iter([7, 8, 9])
def gen():
    yield 1
    yield 2
hot(ends, ([1, 2, 3],), ((1, 2),), ([1],), ((),), (T((1, 2, 3, 4)),), (TI((1, 2)),), (L([1, 2]),), ("text",), (gen(),), ([1.5, 2, 1 << 80, None],), (5,))
def first(x):
    a, *b = x
    b.append(a)
    return b
hot(first, ([1, 2, 3],), ([],), ((4,),), (list(range(30)),))
def last(x):
    *a, b = x
    return a, b
hot(last, ([1, 2, 3],), ((4,),), (list(range(30)),), (b"xyz",))
def whole(x):
    *a, = x
    x.append(1)
    r = len(a)
    x.pop()
    return r
hot(whole, ([1, 2, 3],), ([],))
def made(i):
    a, *b = i, i + 1, "x"
    *c, d = i, b
    (e, f), *g = (i, 1), 2.5, 3
    return a, b, c, d, e, f, g
hot(made, (1,), (2.5,), ("s",))
def many(x):
    a, b, c, d, *e, f, g, h = x
    return [a, b, c, d, e, f, g, h]
hot(many, (list(range(7)),), (tuple(range(12)),), (list(range(6)),))

def kw(a, b=2, *, c=3): return a, b, c
def kws(**k): return k
def pos(a, b, /, **k): return a, b, k
def call(d): return kw(**d)
def call2(d): return kw(1, **d)
def call3(d): return kws(**d), kws(x=1, **d)
def call4(d): return pos(1, 2, **d)
hot(call, ({"a": 1},), ({"a": 1, "c": 5},), ({"c": 5, "a": 1},), ({"z": 1},), ({},), ({1: 2},), ({"a": 1, "b": 2.5, "c": None},))
hot(call2, ({"a": 1},), ({"b": 1},), ({"c": 5, "b": 1},))
hot(call3, ({"a": 1},), ({"x": 1},), ({"p": 1, "q": 2, "r": 3, "s": 4, "t": 5},), ({"ab": 1, "b" + "c": 2},))
hot(call4, ({"a": 1},), ({"b": 1, "z": 2},))
class S(str): pass
hot(call, ({S("a"): 1},), ({S("a"): 1, "b": 2},))
def call5(f, d, e): return f(**d, **e)
hot(call5, (kw, {"a": 1}, {"b": 2}), (kw, {"a": 1}, {"a": 2}), (kws, {}, {}), (kws, {"a": 1}, {1: 2}), (kw, {"a": 1}, None), (kws, {"x": 1}, {"y": 5}))
class M:
    def keys(self): return ["a", "c"]
    def __getitem__(self, k): return k * 2
hot(call5, (kw, M(), {"b": 2}), (kw, {"b": 1}, M()))
class C:
    def __init__(self, a, b=1): self.v = a, b
def call6(d): return C(**d).v, dict(**d), max(**d) if 0 else 0
hot(call6, ({"a": 1},), ({"b": 1},), ({"a": 1, "b": 2},))
def changes(d):
    r = kws(**d)
    d["n"] = d.get("n", 0) + 1
    r2 = kws(**d)
    del d["n"]
    r["mine"] = 1
    return r, r2, d
hot(changes, ({"a": 1},), ({},))

def merge(a, b): return {**a, **b, "k": 1}
class E:
    def __init__(self, n): self.n = n
    def __hash__(self): return 1
    def __eq__(self, o):
        if self.n == 13: raise ValueError("eq")
        return isinstance(o, E) and self.n == o.n
    def __repr__(self): return "E%d" % self.n
hot(merge, ({"a": 1}, {"b": 2}), ({"a": 1}, {"a": 2}), ({}, {1: 2}), ({E(1): 1}, {E(1): 2, E(2): 3}), ({E(1): 1}, {E(13): 2}), ({"x": 1}, 5), ({"x": 1}, M()), ([], {}))

def match(x):
    match x:
        case {"op": "add", "a": a, "b": b}: return a + b
        case {"op": "neg", "a": int(a)}: return -a
        case {"op": str(o), **rest}: return o, rest
        case {}: return len(x)
        case [a, *b]: return a, b
        case True: return "true"
        case None: return "none"
        case int() | float(): return x
        case _: return "?"
class D(dict):
    def get(self, k, d=None): return 5
class DM(dict):
    def __missing__(self, k): return 5
class Q:
    pass
hot(match, ({"op": "add", "a": 1, "b": 2},), ({"op": "neg", "a": 7},), ({"op": "neg", "a": 7.5, "z": 1},), ({"op": "add", "a": 1},),
    ({},), ({1: 2},), ([1, 2],), ((3,),), (True,), (None,), (1,), (2.5,), ("s",), (D(op="add"),), (DM(op="add"),), (DM(a=1),), (Q(),), ({E(1): 1},), (b"x",), ([],))
import collections
hot(match, (collections.OrderedDict(op="x"),), (collections.UserDict(op="y"),), (collections.ChainMap({"op": "z"}),))
class K: x = "k"; y = "k"
def dupl(d):
    match d:
        case {K.x: a, K.y: b}: return a, b
    return None
hot(dupl, ({"k": 1},), ({"q": 1},), (5,))

def isn(x): return x is True, x is None, x is not False, x is x
hot(isn, (True,), (1,), (1.5,), (None,), (1 << 70,), ("s",))
def same(a, b): return a is b, a is not b
n = float("nan"); big = 1 << 70
hot(same, (1, 1), (1, 1.0), (1.0, 1), (n, n), (True, 1), (0, False), (big, big), (None, 2.5))
def cls(x): return x.__class__.__name__, x.real, type(x).__name__
hot(cls, (1,), (2.5,), (True,), (big,), ("s",))
def sets(a, b): return sorted({a, b, 1}, key=str), len({a, b}), {a} == {b}
hot(sets, (1, 2), (1, 1.0), ("a", "b"), ((1, 2), (1, 2)), ([], 1), (E(1), E(1)), (E(1), E(13)))

class A: pass
def dele(o, has):
    if has: o.x = 1; o.y = 2
    del o.x
    r = sorted(o.__dict__)
    o.x = 5
    return r, o.x
class AP:
    @property
    def x(self): return 4
    @x.deleter
    def x(self): raise KeyError("no")
class AD:
    def __delattr__(self, n): raise AttributeError("hook " + n)
class AS:
    __slots__ = ("x", "y", "__dict__")
class AX:
    x = 9
hot(dele, (A(), 1), (A(), 0), (AP(), 0), (AD(), 1), (AS(), 1), (AX(), 1))
class G:
    def __init__(self): self.__dict__["k"] = [3]; self.__dict__["f"] = lambda *a: a
    def __getattr__(self, n):
        if n.startswith("no"): raise AttributeError(n)
        return n.upper()
def dyn(g): return g.k, g.f(1, 2), g.zz, getattr(g, "nope", 1), hasattr(g, "no2"), g.zz.lower()
hot(dyn, (G(),), (G(),))
def dynerr(g): return g.nope
hot(dynerr, (G(),))
# Lines of tracebacks from within.
def boom(**k):
    raise ValueError(len(k))
def outer(d):
    x, *y = d, 1
    return boom(
        **d,
        z=1)
for k in range(600):
    try: outer({"a": k})
    except ValueError:
        if k in (0, 599): print(traceback.format_exc().replace(__file__, "FILE"), end="")
