# Classes with a Python __new__: hot calls, what __new__ may return, who gets the arguments, lifetimes and tracebacks.
import sys, traceback, weakref
from collections import namedtuple

def hot(name, f, *cases):
    out = []
    for k in range(700):
        for c in cases:
            try:
                r = f(*c)
            except Exception as e:
                tb = e.__traceback__
                lines = []
                while tb:
                    lines.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno))
                    tb = tb.tb_next
                r = type(e).__name__ + ": " + str(e) + str(lines)
            if k in (0, 350, 699):
                out.append(r)
    n = len(out) // 3
    print(name, out[:n], out[:n] == out[n:2 * n] == out[2 * n:])

class V:
    __slots__ = ("x", "y")
    def __new__(cls, x, y=2, *rest, z=3, **kw):
        if x == "bad": raise ValueError("bad x")
        self = object.__new__(cls)
        self.x = x; self.y = (y, rest, z, sorted(kw))
        return self
def v(*a, **k):
    r = V(*a, **k)
    return type(r).__name__, r.x, r.y
hot("v", v, (1,), (1, 5), (1, 2, 3, 4), ("bad",), ())
def vk(i): return V(i, z=i + 1).y, V(x=i, q=1).y, V(i, 4).y
hot("vk", vk, (1,), ("s",), ("bad",))
def vwrong(i): return V(z=1) if i else V(1, x=2)
hot("vwrong", vwrong, (0,), (1,))

class Both:
    def __new__(cls, a, b=1):
        self = super().__new__(cls)
        self.new = (a, b)
        return self
    def __init__(self, a, b=7):
        if a == "init": raise KeyError("init")
        self.init = (a, b)
def both(*a):
    o = Both(*a)
    return o.new, o.init
hot("both", both, (1,), (1, 2), ("init",), (1, 2, 3))
class InitReturns:
    def __new__(cls, a): return object.__new__(cls)
    def __init__(self, a): return a
def ir(a): return type(InitReturns(a)).__name__
hot("ir", ir, (None,), (5,))

class Cached:
    cache = {}
    def __new__(cls, k):
        o = cls.cache.get(k)
        if o is None:
            o = super().__new__(cls)
            o.k = k
            cls.cache[k] = o
        return o
def cached(k): return Cached(k) is Cached(k), Cached(k).k
hot("cached", cached, (1,), (2,), ("x",), ([],))

class Other:
    def __new__(cls, k):
        if k == 0: return 5
        if k == 1: return None
        if k == 2: return Sub.__new__(Sub, k)
        if k == 3: return object.__new__(Unrelated)
        if k == 4: return SubInit.__new__(SubInit, "inner")
        if k == 5: return cls
        return object.__new__(cls)
class Sub(Other):
    def __new__(cls, k): return object.__new__(cls)
class Unrelated:
    def __init__(self, *a): self.never = 1
class SubInit(Other):
    def __new__(cls, k): return object.__new__(cls)
    def __init__(self, *a, **k): self.args = a, k
def other(k):
    o = Other(k)
    return type(o).__name__, getattr(o, "args", None), hasattr(o, "never")
hot("other", other, (0,), (1,), (2,), (3,), (4,), (5,), (6,))
def otherk(k): return getattr(Other(k=k), "args", None), getattr(Other(**{"k": k}), "args", None), getattr(Other(*[k]), "args", None)
hot("otherk", otherk, (4,), (6,))
for k in (6, 4, 0, 3):
    hot("other one", other, (k,))

class Meta(type):
    def __call__(cls, *a, **k): return ("meta", type.__call__(cls, *a, **k).a)
class WithMeta(metaclass=Meta):
    def __new__(cls, a):
        o = super().__new__(cls)
        o.a = a
        return o
class PlainMeta(type): pass
class WithPlain(metaclass=PlainMeta):
    def __new__(cls, a):
        o = super().__new__(cls)
        o.a = a
        return o
def metas(a): return WithMeta(a), WithPlain(a).a
hot("metas", metas, (1,), ("q",))

class Excess:
    def __new__(cls, *a):
        if len(a) == 3: return object.__new__(cls, 1)
        return object.__new__(cls)
def excess(*a): return type(Excess(*a)).__name__
hot("excess", excess, (), (1,), (1, 2, 3))
class NewOnly:
    def __new__(cls): return object.__new__(cls)
def newonly(*a): return type(NewOnly(*a)).__name__
hot("newonly", newonly, (), (1,))
from abc import ABC, abstractmethod
class Abs(ABC):
    def __new__(cls, a): return super().__new__(cls)
    @abstractmethod
    def f(self): ...
class Con(Abs):
    def f(self): return 1
def abst(k): return (Abs if k else Con)(k).f()
hot("abst", abst, (0,), (1,))
class Int(int):
    def __new__(cls, x, base=10):
        o = super().__new__(cls, x, base) if isinstance(x, str) else int.__new__(cls, x)
        o.src = x
        return o
class Str(str):
    def __new__(cls, s): return str.__new__(cls, s.upper())
class Tup(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
class Wrong(dict):
    def __new__(cls): return object.__new__(cls)
class Gen:
    def __new__(cls, n):
        for i in range(n): yield i
class ClsM:
    @classmethod
    def __new__(cls, *a): return (cls.__name__, len(a))
class Call:
    def __call__(self, cls, a): return (cls.__name__, a)
class Cb:
    __new__ = Call()
def builtin(k):
    i = Int("7"); j = Int(k)
    return i + j, i.src, j.src, Str("ab" + str(k)), Tup(1, k), list(Gen(k)), ClsM(k), Cb(k)
hot("builtin", builtin, (1,), (3,))
def wrong(): return Wrong()
hot("wrong", wrong, ())

P = namedtuple("P", "x y", defaults=[9])
class P3(namedtuple("P3", "x y z")):
    __slots__ = ()
    def __new__(cls, x, y): return super().__new__(cls, x, y, x + y)
    @property
    def total(self): return self.x + self.y + self.z
def tup(a, b):
    p = P(a, b); q = P(a); r = P(*[a, b]); s = P(**{"y": b, "x": a}); t = p._replace(x=b); u = P._make((a, b))
    x, y = p
    return p, q, r == s == u, t, x, y, P3(a, b), P3(a, b).total, hash(p) == hash((a, b)), p._asdict()
hot("tup", tup, (1, 2), (2.5, 1), ("s", "t"))
def tuperr(n): return P(*range(n))
hot("tuperr", tuperr, (0,), (1,), (2,), (3,))

# The class changes while it is called, and in between.
class Mut:
    def __new__(cls, k):
        if k == 350: cls.__init__ = lambda self, k: setattr(self, "late", k)
        if k == 360: del cls.__init__
        if k == 370: cls.__new__ = staticmethod(lambda cls, k: ("gone", k))
        return object.__new__(cls)
res = []
for k in range(700):
    o = Mut(k)
    res.append(getattr(o, "late", o if isinstance(o, tuple) else None))
print([r for r in res if r][:3], len([r for r in res if r]), res[-1])

# Lifetimes: the arguments are held until the call is over.
log = []
class Arg:
    def __init__(self, n): self.n = n
    def __del__(self): log.append(("del", self.n))
class Holder:
    def __new__(cls, a):
        n = a.n
        del a
        log.append(("new", n))
        if n % 3 == 2: raise RuntimeError
        return object.__new__(cls)
def hold(n):
    try: Holder(Arg(n))
    except RuntimeError: log.append(("err", n))
for n in range(700): hold(n)
print(log[:9], log[-9:], len(log))
# super().__new__, class methods and static methods through super() of a class.
class Base:
    made = 0
    def __new__(cls, *a):
        cls.made += 1
        return super().__new__(cls)
    @classmethod
    def create(cls, a): return cls(a), cls.__name__
    @staticmethod
    def st(a): return ("st", a)
    def inst(self): return "inst"
class Der(Base):
    def __new__(cls, *a):
        self = super().__new__(cls, *a)
        self.a = a
        return self
    @classmethod
    def create(cls, a):
        o, n = super().create(a)
        return o.a, n, super().st(a), super().inst(o)
    @classmethod
    def none(cls): return super().nothing
class Der2(Der): pass
def sup(a): return Der.create(a), Der2.create(a)
hot("sup", sup, (1,), ("s",))
def supnone(): return Der.none()
hot("supnone", supnone, ())
print(Der.made, Der2.made)
class Rec:
    def __new__(cls, n):
        o = super().__new__(cls)
        o.sub = Rec(n - 1) if n else None
        return o
def depth(o):
    n = 0
    while o: o = o.sub; n += 1
    return n
def rec(n): return depth(Rec(n))
hot("rec", rec, (0,), (3,), (20,))
def forever():
    class F:
        def __new__(cls): return F()
    return F()
try: forever()
except RecursionError as e: print(type(e).__name__)
for k in range(600):
    try: V("bad" if k % 100 == 99 else k)
    except ValueError:
        if k in (99, 599): print(traceback.format_exc().replace(__file__, "FILE"), end="")
def frames(k):
    class W:
        def __new__(cls, a):
            f = sys._getframe()
            return (f.f_code.co_name, f.f_back.f_code.co_name, f.f_back.f_lineno - f.f_back.f_code.co_firstlineno)
    return [W(i) for i in range(k)][-1], W(
        1)
hot("frames", frames, (1,), (600,))
