class Base:
    def __init__(self): self.log = ["Base"]
    def who(self): return "Base"
class L(Base):
    def __init__(self): super().__init__(); self.log.append("L")
    def who(self): return "L>" + super().who()
class R(Base):
    def __init__(self): super().__init__(); self.log.append("R")
    def who(self): return "R>" + super().who()
class D(L, R):
    def __init__(self): super().__init__(); self.log.append("D")
    def who(self): return "D>" + super().who()
d = D(); print(d.log, d.who(), [c.__name__ for c in D.__mro__], super(L, d).who(), super(R, D).who(d))
for bad in (lambda: type("X", (L, D), {}), lambda: type("X", (Base, L), {}), lambda: type("X", (int, str), {}), lambda: type("X", (bool,), {}), lambda: type("X", (5,), {}), lambda: type("X", (Base, Base), {}), lambda: super(), lambda: super(L, 5), lambda: super(L, d).zzz, lambda: type("X", (type(None),), {})):
    try:
        print(bad())
    except (TypeError, RuntimeError, AttributeError) as e:
        print(type(e).__name__, e)
class Mixin:
    def __repr__(self): return f"<{type(self).__name__} {super().__repr__()}>"
class MyInt(Mixin, int):
    def __add__(self, o): return MyInt(int.__add__(self, o))
    def __radd__(self, o): return MyInt(int.__radd__(self, o) + 100)
class MyStr(Mixin, str): pass
class MyList(list):
    def __getitem__(self, i): return ("got", super().__getitem__(i))
    def append(self, x): super().append(x * 2)
class MyDict(dict):
    def __setitem__(self, k, v): super().__setitem__(k.upper(), v)
print(MyInt(5) + 1, 1 + MyInt(5), MyInt(3) * 2, MyStr("ab"), MyStr("ab") + "c", MyStr("x").upper(), len(MyStr("abc")), MyInt(7) == 7, hash(MyInt(7)), {MyInt(1): 2}[1])
m = MyList([1, 2]); m.append(3); print(m, m[0], list(m), sum(m)); q = MyDict(a=1); q["b"] = 2; print(q)
class P:
    def tmpl(self): return self.step() + "!"
    def step(self): raise NotImplementedError("step")
class Q(P):
    def step(self): return "q"
print(Q().tmpl())
try:
    P().tmpl()
except NotImplementedError as e:
    print(repr(e))
class Chain:
    def f(self): return []
classes = [Chain]
for i in range(12):
    def f(self, i=i): return super(classes[i + 1], self).f() + [i]
    classes.append(type(f"C{i}", (classes[-1],), {"f": f}))
print(classes[-1]().f(), len(classes[-1].__mro__), Base.__subclasses__(), D.__base__.__name__)
L.who = lambda self: "patched L"; print(D().who()); R.extra = 5; print(D.extra, D().extra); L.__bases__ = (R,); print([c.__name__ for c in D.__mro__], L().log)
class Priv:
    def __init__(self): self.__x = 1
    def get(self): return self.__x
class Priv2(Priv):
    def __init__(self): super().__init__(); self.__x = 2
print(Priv2().get(), sorted(vars(Priv2())))
