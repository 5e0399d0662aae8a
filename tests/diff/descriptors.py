class Desc:
    def __set_name__(self, owner, name): self.name = name; print("set_name", owner.__name__, name)
    def __get__(self, o, t): return self if o is None else ("get", self.name, o.__dict__.get(self.name))
    def __set__(self, o, v): o.__dict__[self.name] = v * 2
    def __delete__(self, o): print("delete", self.name); o.__dict__.pop(self.name)
class NonData:
    def __get__(self, o, t): return "nondata"
class C:
    d = Desc(); n = NonData()
    @property
    def p(self):
        "the doc"
        return self._p
    @p.setter
    def p(self, v):
        if v < 0: raise ValueError("negative")
        self._p = v
    @p.deleter
    def p(self): del self._p
    @property
    def ro(self): return 1
    @property
    def bad(self): return self.missing
c = C(); c.d = 5; print(c.d, C.d.name, c.n); c.__dict__["n"] = "inst"; c.__dict__["d"] = "hidden"; print(c.n, c.d); del c.d
c.p = 3; print(c.p, C.p.__doc__); del c.p
for f in (lambda: c.p, lambda: setattr(c, "p", -1), lambda: setattr(c, "ro", 1), lambda: delattr(c, "ro"), lambda: c.bad, lambda: Desc.__get__(), lambda: property().__get__(c)):
    try:
        print(f())
    except (AttributeError, ValueError, TypeError) as e:
        print(type(e).__name__, e)
class cached:
    def __init__(self, f): self.f = f
    def __set_name__(self, o, n): self.n = n
    def __get__(self, o, t):
        if o is None: return self
        v = o.__dict__[self.n] = self.f(o); return v
class K:
    calls = 0
    @cached
    def val(self): K.calls += 1; return 42
k = K(); print(k.val, k.val, K.calls)
class V:
    def __init__(self, kind): self.kind = kind
    def __set_name__(self, o, n): self.n = "_" + n
    def __get__(self, o, t): return getattr(o, self.n, None)
    def __set__(self, o, v):
        if not isinstance(v, self.kind): raise TypeError(f"{self.n[1:]} wants {self.kind.__name__}")
        setattr(o, self.n, v)
class Pt:
    x = V(int); name = V(str)
p = Pt(); p.x = 3; p.name = "n"; print(p.x, p.name)
try:
    p.x = "s"
except TypeError as e:
    print(e)
f = C.__dict__["ro"]; print(type(f).__name__, f.fget(c), f.fset); def_ = lambda self, a: (self, a); print(def_.__get__(5)(6), def_.__get__(None, int)(1, 2), int.__add__.__get__(3)(4), str.upper("a"), classmethod(lambda cls: cls.__name__).__get__(None, C)(), staticmethod(len)("abc"))
total = 0
for i in range(500):
    c.p = i; total += c.p + c.ro
print(total, C.x if hasattr(C, "x") else "no x", type(C.__dict__["p"].setter(lambda s, v: None)).__name__)
