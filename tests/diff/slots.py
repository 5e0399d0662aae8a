class P:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
p = P(1, 2); print(p.x, p.y, hasattr(p, "__dict__"), P.__slots__, type(P.x).__name__, P.x)
for f in (lambda: setattr(p, "z", 1), lambda: p.__dict__, lambda: P.__new__(P).x, lambda: delattr(P.__new__(P), "x"), lambda: P.x.__get__(5)):
    try:
        print(f())
    except (AttributeError, TypeError) as e:
        print(type(e).__name__, e)
class Q(P): pass
q = Q(1, 2); q.z = 3; print(q.__dict__, q.x); 
class R(P):
    __slots__ = ("z", "__dict__")
r = R(1, 2); r.z = 3; r.w = 4; print(r.__dict__, r.z)
del p.x
try:
    p.x
except AttributeError as e:
    print(e)
for ns in ({"__slots__": ("a",), "a": 1}, {"__slots__": ("1a",)}, {"__slots__": (5,)}, {"__slots__": "solo"}, {"__slots__": ()}):
    try:
        C = type("C", (), ns); print(C.__slots__, [k for k in vars(C) if k[0] != "_"])
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
try:
    class M(P, R): pass
except TypeError as e:
    print(e)
class A1: __slots__ = ("a",)
class B1: __slots__ = ("b",)
try:
    class AB(A1, B1): pass
except TypeError as e:
    print(e)
class Mangled:
    __slots__ = ("__private",)
    def __init__(self): self.__private = 1
print([k for k in vars(Mangled) if "private" in k])
pts = [P(i, i * 2) for i in range(300)]; s = 0
for _ in range(5):
    for t in pts:
        s += t.x * t.y; t.x = t.x + 1
print(s, pts[10].x)
class E:
    __slots__ = {"doc": "documented"}
print(E.doc.__doc__); e = E(); e.doc = 1; print(e.doc)
