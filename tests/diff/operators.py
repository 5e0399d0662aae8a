class V:
    def __init__(self, *c): self.c = c
    def __repr__(self): return f"V{self.c}"
    def __add__(self, o): return V(*(a + b for a, b in zip(self.c, o.c))) if isinstance(o, V) else NotImplemented
    def __sub__(self, o): return V(*(a - b for a, b in zip(self.c, o.c)))
    def __mul__(self, k): return V(*(a * k for a in self.c)) if isinstance(k, (int, float)) else NotImplemented
    __rmul__ = __mul__
    def __matmul__(self, o): return sum(a * b for a, b in zip(self.c, o.c))
    def __neg__(self): return V(*(-a for a in self.c))
    def __pos__(self): return "pos"
    def __invert__(self): return "inv"
    def __abs__(self): return sum(a * a for a in self.c) ** 0.5
    def __eq__(self, o): return isinstance(o, V) and self.c == o.c
    def __hash__(self): return hash(self.c)
    def __lt__(self, o): return abs(self) < abs(o)
    def __bool__(self): return any(self.c)
    def __len__(self): return len(self.c)
    def __getitem__(self, i): return self.c[i]
    def __contains__(self, x): return x in self.c
    def __iadd__(self, o): print("iadd"); return self + o
    def __divmod__(self, o): return ("divmod", o)
    def __rdivmod__(self, o): return ("rdivmod", o)
    def __pow__(self, o, m=None): return ("pow", o, m)
    def __rpow__(self, o): return ("rpow", o)
    def __index__(self): return int(self.c[0])
    def __round__(self, n=None): return ("round", n)
    def __rshift__(self, o): return ("rshift", o)
    def __rlshift__(self, o): return ("rlshift", o)
    def __and__(self, o): return NotImplemented
    def __floordiv__(self, o): raise RuntimeError("floordiv")
a, b = V(1, 2), V(3, 4)
print(a + b, b - a, a * 3, 3 * a, a @ b, -a, +a, ~a, abs(b), a == V(1, 2), a != b, a < b, b > a, bool(V(0, 0)), len(a), a[0], 2 in a, list(a), divmod(a, 1), divmod(1, a), a ** 2, pow(a, 2, 3), 2 ** a, [10, 20][a], round(a), round(a, 1), a >> 1, 1 << a, hex(a), range(5)[a])
c = a; c += b; print(c, a)
for f in (lambda: a + 1, lambda: 1 + a, lambda: a * "x", lambda: a & b, lambda: a // b, lambda: a <= b, lambda: a % 2, lambda: a / 2, lambda: a << 1, lambda: 1 - a, lambda: a | 1, lambda: a @ 5, lambda: -"s", lambda: ~1.5, lambda: [] + (), lambda: {} | 5, lambda: None + 1, lambda: "a" - "b", lambda: 5 @ 5):
    try:
        print(f())
    except (TypeError, RuntimeError, AttributeError) as e:
        print(type(e).__name__, e)
class X:
    def __add__(self, o): return "X.add"
    def __radd__(self, o): return "X.radd"
    def __eq__(self, o): print("X.eq"); return NotImplemented
    def __lt__(self, o): return "lt"
    def __gt__(self, o): return "gt"
class Y(X):
    def __radd__(self, o): return "Y.radd"
    def __gt__(self, o): return "Y.gt"
print(X() + Y(), X() + X(), Y() + X(), X() < Y(), Y() < X(), 5 + X(), X() == X(), 5 < X(), 5 > X())
class B:
    def __bool__(self): return 5
class Ln:
    def __len__(self): return -1
for f in (lambda: bool(B()), lambda: bool(Ln()), lambda: len(Ln()), lambda: not B()):
    try:
        print(f())
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print(1 < 2 < 3, 1 < 3 < 2, (1 < 2) < 3, 1 == 1.0 == True, "a" < "b" <= "b" != "c", 3 > 2 == True, None is None is not False)
acc = V(0, 0)
for i in range(300):
    acc = acc + V(i, -i) if i % 3 else acc - V(1, 1)
print(acc)

# Operators whose names were put together at run time.
ns = {f'__{name}__': (lambda s, *o, _n=name: _n) for name in ('add', 'radd', 'getitem', 'call', 'bool'[:0] + 'len'[:0] + 'neg')}
Made = type('Made', (), ns)
print(Made() + 1, 1 + Made(), Made()[0], Made()(), -Made())
setattr(Made, '_'.join(['', '', 'sub', '', '']), lambda s, o: 'sub')
print(Made() - 1)
delattr(Made, '__' + 'add' + '__')
try:
    Made() + 1
except TypeError as e:
    print(e)

# Operators that are callables of any kind, not functions.
class Answer:
    def __init__(self, text): self.text = text
    def __call__(self, *a): return NotImplemented if self.text == 'no' else (self.text, len(a))
class Odd:
    __sub__ = Answer('sub')
    __rsub__ = Answer('rsub')
    __isub__ = Answer('isub')
    __add__ = Answer('no')
    __radd__ = Answer('radd')
    __mul__ = lambda self, o: NotImplemented
    __rmul__ = Answer('rmul')
    __neg__ = Answer('neg')
    __getitem__ = Answer('getitem')
    __lt__ = Answer('lt')
    __contains__ = Answer('contains')
class Odder(Odd): pass
class Count(int):
    def __rsub__(self, o): return 'Count.rsub'
odd, other = Odd(), type('Other', (Odd,), {})()
for f in (lambda: odd - odd, lambda: odd - 1, lambda: 1 - odd, lambda: odd - Odder(), lambda: Odder() - odd, lambda: odd + odd, lambda: odd + other, lambda: 2 + odd,
          lambda: odd * odd, lambda: other * odd, lambda: odd * other, lambda: -odd, lambda: odd[0], lambda: odd < odd, lambda: 1 in odd,
          lambda: Count(5) - Count(3), lambda: Count(5) - 3, lambda: 3 - Count(5), lambda: Count(5) - odd, lambda: odd - Count(5)):
    try:
        print(f())
    except TypeError as e:
        print(e)
odd -= 1
print(odd)
