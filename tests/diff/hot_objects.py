class A:
    def __init__(self, v): self.v = v
    def f(self, k): return self.v + k
class B(A):
    def f(self, k): return self.v * k
class C:
    v = 3
    def f(self, k): return k
def poly(objs):
    s = 0
    for i, o in enumerate(objs): s += o.f(i)
    return s
print(poly([A(i) for i in range(500)]), poly([(A, B)[i % 2](i) for i in range(500)]), poly([(A, B, lambda v: C())[i % 3](i) for i in range(600)]))
def shapes(n):
    out = 0
    for i in range(n):
        o = A(i)
        if i % 3 == 0: o.extra = i
        if i % 5 == 0: o.__dict__["d"] = 1
        if i % 7 == 0: del o.v; o.v = -1
        out += o.v + getattr(o, "extra", 0) + len(o.__dict__)
    return out
print(shapes(1000))
def patched():
    o = A(1); s = []
    for i in range(900):
        s.append(o.f(i))
        if i == 600: A.f = lambda self, k: -k
        if i == 800: o.f = lambda k: "own"
    return s[599:603], s[798:803]
old = A.f; print(patched()); A.f = old
glob = 1
def globs():
    global glob
    s = 0
    for i in range(900):
        s += glob
        if i == 500: glob = 2.5
        if i == 700: glob = 10
    return s
print(globs())
def gens(n):
    def squares(k):
        for i in range(k):
            try: yield i * i
            finally: log.append(i) if i == k - 1 else None
    log = []; s = 0
    for r in range(n):
        for x in squares(r % 10):
            if x > 50: break
            s += x
    return s, len(log)
print(gens(300))
def mutating():
    l = [1, 2, 3]; n = 0
    for x in l:
        n += x
        if len(l) < 700: l.append(x + 1)
        if n % 11 == 0: l.pop()
    d = {}
    for i in range(800):
        d[i % 50] = d.get(i % 50, 0) + i
        if i % 40 == 39: d.pop(i % 50)
    return n, len(l), sum(d.values()), len(d)
print(mutating())
def caught(n):
    def check(i):
        if i % 4 == 3: raise ValueError(i)
        return i
    s = 0
    for i in range(n):
        try: s += check(i)
        except ValueError as e: s -= e.args[0]
        else: s += 1
        finally: s ^= 1
    return s
print(caught(1000))
def cells(n):
    t = 0
    def add(k):
        nonlocal t
        t += k
        return t
    for i in range(n): add(i) if i % 2 else add(-1)
    return t
print(cells(1200))
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(18))
def strings(n):
    s = ""; c = {}
    for i in range(n):
        s += "abc"[i % 3]; k = f"{i % 7}:{s[-2:]}"
        c[k] = c.get(k, 0) + 1
    return len(s), sorted(c.items())[:4]
print(strings(900))
class It:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n == 0: raise StopIteration
        self.n -= 1; return self.n
class Seq:
    def __getitem__(self, i):
        if i >= 400: raise IndexError
        return i * 2
print(sum(It(700)), sum(x for x in Seq()), 798 in Seq(), max(It(5)), list(zip(It(3), Seq())))
