class A:
    count = 0
    "not a doc"
    def __init__(self, x=1, *, y=2):
        self.x, self.y = x, y
        A.count += 1
    def m(self, z): return self.x + self.y + z
    @classmethod
    def make(cls, v): return cls(v)
    @staticmethod
    def s(v): return v * 2
    def __repr__(self): return f"{type(self).__name__}({self.x}, {self.y})"
    def __eq__(self, o): return NotImplemented if not isinstance(o, A) else self.x == o.x
class B(A):
    def m(self, z): return super().m(z) * 10
a, b = A(), B(5, y=6)
print(a, b, a.m(1), b.m(1), B.make(3), A.s(4), b.s(5), A.count, A.m(b, 1), a == A(1), a == 5, a != A(2))
print(A.__name__, A.__qualname__, B.__bases__, B.__mro__, B.__base__, A.__module__, type(a) is A, isinstance(b, A), issubclass(B, A), A.__doc__, A.__dict__["count"], sorted(k for k in vars(a)))
for bad in (lambda: A(1, 2), lambda: A(z=1), lambda: a.nope, lambda: A.nope, lambda: A.m(), lambda: a(), lambda: hash(a), lambda: a < b, lambda: a + 1, lambda: len(a), lambda: a[0], lambda: iter(a), lambda: setattr(a, 5, 1), lambda: object(1), lambda: object().x, lambda: delattr(a, "q"), lambda: A.__new__(), lambda: isinstance(1, 5), lambda: issubclass(1, A), lambda: int.x, lambda: setattr(int, "x", 1)):
    try:
        print(bad())
    except (TypeError, AttributeError) as e:
        print(type(e).__name__, e)
a.new = 5; print(a.__dict__, hasattr(a, "new"), getattr(a, "q", "dflt")); del a.new; print(a.__dict__); a.__dict__["via"] = 1; print(a.via)
A.patched = lambda self: "patched " + str(self.x); print(b.patched(), a.patched())
a.m = lambda z: "instance"; print(a.m(1), b.m(1)); del a.m; print(a.m(1)); del A.patched
class G:
    def __getattr__(self, n):
        if n.startswith("_"): raise AttributeError(n)
        return f"dyn {n}"
    def __setattr__(self, n, v): object.__setattr__(self, n, (v,))
    def __delattr__(self, n): print("del", n); super().__delattr__(n)
g = G(); g.z = 1; print(g.z, g.other); del g.z; print(g.z, hasattr(g, "_p"))
class H:
    def __getattribute__(self, n): return "all " + n
print(H().anything, H().__class__)
class Outer:
    class Inner:
        def f(self): return __class__.__qualname__
    def mk(self):
        class Local: pass
        return Local
print(Outer.Inner().f(), Outer().mk().__qualname__, Outer.Inner)
class Call:
    def __call__(self, *a, **k): return a, k
    def __init_subclass__(cls, tag=None, **kw): super().__init_subclass__(**kw); print("subclass", cls.__name__, tag)
    def __class_getitem__(cls, k): return f"{cls.__name__}[{k}]"
class Sub(Call, tag="t"): pass
print(Call()(1, b=2), Sub["x"], callable(Call()), callable(a))
class N:
    def __new__(cls, v):
        if v < 0: return "negative"
        self = super().__new__(cls); self.v = v; return self
    def __init__(self, v): print("init", v)
print(N(-1), N(2).v); m = b.m; print(m.__self__ is b, m.__func__ is B.m, m.__name__, m == b.m, m(2)); b.__class__ = A; print(b.m(1), b)

# The module of a class is not always a name.
class Outer:
    class Inner: pass
Outer.Inner.__module__ = 5; print(Outer.Inner); Outer.Inner.__module__ = 'builtins'; print(Outer.Inner, Outer.Inner.__qualname__)
