class Meta(type):
    registry = []
    @classmethod
    def __prepare__(mcs, name, bases, **kw): print("prepare", name, kw); return {"injected": 1}
    def __new__(mcs, name, bases, ns, **kw):
        print("new", name, sorted(k for k in ns if not k.startswith("__"))); return super().__new__(mcs, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns); Meta.registry.append(name)
    def __call__(cls, *a): print("call", cls.__name__, a); return super().__call__(*a)
    def __getattr__(cls, n): return f"meta {n}"
    def __len__(cls): return 7
    def __contains__(cls, x): return x == 1
    def __iter__(cls): return iter("meta")
    def __instancecheck__(cls, o): return o == "magic" or super().__instancecheck__(o)
    def __subclasscheck__(cls, c): return c is int or super().__subclasscheck__(c)
    @property
    def prop(cls): return cls.__name__.lower()
class A(metaclass=Meta, flag=True):
    x = 1
    def __init__(self, v=0): self.v = v
class B(A): pass
print(A.injected, A(5).v, A.dyn, len(A), 1 in A, list(B), B.prop, Meta.registry, type(A), isinstance("magic", A), isinstance(B(), A), issubclass(int, A), issubclass(str, A))
try:
    A().dyn
except AttributeError as e:
    print(e)
class Other(type): pass
try:
    class X(A, metaclass=Other): pass
except TypeError as e:
    print(e)
T = type("T", (object,), {"f": lambda self: "f", "__doc__": "d"}); print(T().f(), T.__doc__, T.__name__, T)
T.__name__ = "U"; print(T, T.__qualname__); print(type(type) is type, type.__mro__, type(5), type("a", (), {})().__class__.__name__)
def func_meta(name, bases, ns): return (name, bases, sorted(k for k in ns if k[0] != "_"))
class F(metaclass=func_meta): a = 1
print(F)
class Single(type):
    inst = {}
    def __call__(cls, *a):
        if cls not in cls.inst: cls.inst[cls] = super().__call__(*a)
        return cls.inst[cls]
class S(metaclass=Single):
    def __init__(self): print("once")
print(S() is S())
class Entries:
    def __mro_entries__(self, bases): return (A,)
class E(Entries()): pass
print(E.__bases__, E.__orig_bases__[0].__class__.__name__)
class Abc(type):
    def __or__(cls, o): return (cls.__name__, o)
class Q(metaclass=Abc): pass
print(Q | 3, int | str, int | None, list[int], dict[str, int] | None)
for bad in (lambda: type("a"), lambda: type(1, 2), lambda: type("a", (), 5), lambda: type("a\0", (), {}), lambda: type(5, (), {})):
    try:
        r = bad(); print(r)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
# __class__ is there while mro() runs; reentrant assignments of bases; finalizers that change the class.
class Early(type):
    def mro(cls):
        if "f" in cls.__dict__: print(cls.__dict__["f"]().__name__)
        return super().mro()
class HasClass(metaclass=Early):
    def f(): return __class__
class Incomplete(type):
    def mro(cls):
        if cls.__mro__ is None and cls.__name__ != "X":
            try:
                class X(cls): pass
            except TypeError as e: print(e)
        return type.mro(cls)
class I(metaclass=Incomplete): pass
class Outer:
    def f(self):
        class Inner:
            x = __class__
            def g(self): return __class__
        return Inner.x.__name__, Inner().g().__name__
print(Outer().f())
class After: pass
class Before:
    def __del__(self): self.__class__ = After
l = [Before() for _ in range(10)]; del l; print("alive")
for t in (property, classmethod, type(Outer().f), super):
    print(t.__name__, sorted(n for n, v in vars(t).items() if type(v).__name__ == "member_descriptor"))
try: property().fget = 1
except AttributeError as e: print(e)
