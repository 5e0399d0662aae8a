import sys
def d(n): return 0 if n == 0 else 1 + d(n - 1)
print(d(900))
try: d(10 ** 6)
except RecursionError as e: print(type(e).__name__, str(e)[:40])
sys.setrecursionlimit(60000); print(d(50000), sys.getrecursionlimit())
class N:
    def __init__(self, n): self.c = N(n - 1) if n else None
    def __len__(self): return 1 + (len(self.c) if self.c is not None else 0)
    def __add__(self, o): return o if self.c is None else self.c + (o + 1)
print(len(N(3000)))
def ack(m, n): return n + 1 if m == 0 else ack(m - 1, 1) if n == 0 else ack(m - 1, ack(m, n - 1))
print(ack(2, 60))
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
print(even(20000), odd(20001))
sys.setrecursionlimit(1000)
class R:
    def __repr__(self): return repr(self)
for f in (lambda: repr(R()), lambda: (lambda f: f(f))(lambda f: f(f))):
    try: f()
    except RecursionError: print("RecursionError")
for bad in (0, -1, "a"):
    try: sys.setrecursionlimit(bad)
    except (ValueError, TypeError) as e: print(e)
def gen(n):
    yield n
    if n: yield from gen(n - 1)
print(sum(gen(300)))

# repr(), str() and formats count levels of their own, with and without Python frames between them.
def levels(start):
    try: start()
    except RecursionError as e: return str(e)
def nest(n):
    l = []
    for _ in range(n): l = [l]
    return l
deep, counts = nest(5000), []
class Shown:
    def __repr__(self): counts.append(1); return repr(self)
class Listed:
    def __repr__(self): counts.append(1); return "L" + repr([self])
class Percent:
    def __repr__(self): counts.append(1); return "%r" % (self,)
class Formatted:
    def __str__(self): counts.append(1); return f"{self}"
def deeper(n, f): return f() if n == 0 else deeper(n - 1, f)
print(levels(lambda: repr(deep)))
for c in (Shown(), Listed(), Percent(), Formatted()):
    for n in range(4):
        counts.clear()
        print(type(c).__name__, levels(lambda: deeper(n, lambda: "%s" % (c,))), len(counts))
class Odd:
    def __repr__(self): return 1
for f in str, repr, ascii, "%s".__mod__:
    try: f(Odd())
    except TypeError as e: print(e)
class Both: pass
Both.__repr__ = Both.__str__
for f in str, repr:
    try: f(Both())
    except RecursionError: print("RecursionError")
