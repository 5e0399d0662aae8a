class CM:
    def __init__(self, n, swallow=False): self.n, self.swallow = n, swallow
    def __enter__(self): print("enter", self.n); return self
    def __exit__(self, t, v, tb): print("exit", self.n, t and t.__name__, v, tb is not None); return self.swallow
with CM(1) as a, CM(2, True) as b: print(a.n, b.n); raise ValueError("x")
with (CM(3), CM(4) as c,): print(c.n)
def f():
    for i in range(3):
        with CM(i):
            if i == 0: continue
            if i == 1: return "returned"
print(f())
for bad in (5, type("NoExit", (), {"__enter__": lambda s: s})()):
    try:
        with bad: pass
    except (TypeError, AttributeError) as e: print(type(e).__name__, e)
class Boom:
    def __enter__(self): return 1
    def __exit__(self, *a): raise KeyError("from exit")
try:
    with Boom(): raise ValueError("body")
except KeyError as e: print(e, repr(e.__context__))
with CM(9) as (x) : pass
try:
    with CM("u") as (p, q): pass
except TypeError as e: print(e)
n = 0
class Q:
    def __enter__(self): return 1
    def __exit__(self, t, v, tb): return t is ValueError
for i in range(300):
    with Q() as one:
        n += one
        if i % 7 == 0: raise ValueError
        n += 1
print(n)
