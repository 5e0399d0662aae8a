def add(a, b):
    return a + b
def poly(x, c=3, d=4):
    return add(x * c, d)
def f(n):
    s = 0
    for i in range(n):
        s = add(s, poly(i))
        s = add(s, poly(i, 2))
    return s
print(f(1000))
class P:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def norm(self):
        return self.x * self.x + self.y * self.y
    def move(self, d):
        self.x += d
        self.y -= d
        return self
    @property
    def total(self):
        return self.x + self.y
def g(n):
    p = P(1, 2)
    s = 0
    for i in range(n):
        p.move(i % 3)
        s += p.norm() % 1000 + p.total
        q = P(i, s)
        s += q.x
    return s, p.x, p.y
print(g(2000))
class A:
    def v(self): return 1
class B(A):
    def v(self): return 2
class C(A):
    pass
def poly_calls(n):
    objs = [A(), B(), C()]
    t = 0
    for i in range(n):
        t += objs[i % 3].v()
    return t
print(poly_calls(3000))
def counter():
    c = 0
    def inc(k=1):
        nonlocal c
        c += k
        return c
    return inc
def closures(n):
    inc = counter()
    t = 0
    for i in range(n):
        t += inc(i)
    return t
print(closures(2000))
def adders(n):
    t = 0
    for i in range(n):
        def add_i(x): return x + i
        t += add_i(2)
    return t
print(adders(500))
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def fibs(n):
    t = 0
    for i in range(n):
        t += fib(i % 12)
    return t
print(fibs(300))
def boom(i):
    if i % 50 == 49:
        raise ValueError(i)
    return i
def exc(n):
    t = 0
    for i in range(n):
        try:
            t += boom(i)
        except ValueError as e:
            t -= e.args[0]
        finally:
            t += 1
    return t
print(exc(1000))
def exc2(n):
    t = 0
    l = [1, 2, 3]
    for i in range(n):
        try:
            t += l[i % 4]
        except IndexError:
            t += 100
    return t
print(exc2(1000))
def bools(n):
    a = True
    t = 0
    for i in range(n):
        a = not a
        if a and i % 2:
            t += 1
        b = i > 10 or a
        t += b
        flag = (i % 5 == 0) is a
        if flag: t += 3
    return t, a, b
print(bools(1000))
def change_global(n):
    global K
    K = 1
    t = 0
    for i in range(n):
        t += K
        if i == n // 2:
            K = 5
    return t
print(change_global(1000))
def helper(x): return x + 1
def rebind(n):
    global helper
    t = 0
    for i in range(n):
        t += helper(i)
        if i == n // 2:
            helper = lambda x: x * 2
    return t
print(rebind(1000))
class D:
    def __del__(self):
        log.append(self.k)
log = []
def dels(n):
    for i in range(n):
        d = D()
        d.k = i
    return len(log)
print(dels(300), log[:5], len(log))
class V:
    __slots__ = ('a',)
    def __init__(self, a): self.a = a
    def __add__(self, o): return V(self.a + o.a)
    def __eq__(self, o): return self.a == o.a
def ops(n):
    v = V(0)
    one = V(1)
    c = 0
    for i in range(n):
        v = v + one
        if v == one: c += 1
    return v.a, c
print(ops(500))
