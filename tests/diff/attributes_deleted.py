# Attributes that are deleted: order, re-adding, many names, hot code, destructors that look.
import gc, weakref
def state(o): return list(o.__dict__.items())
class A: pass
def orders():
    out = []
    for gone in ("abc", "cba", "bac", "b", "c", "ac"):
        o = A(); o.a = 1; o.b = 2; o.c = 3
        for n in gone: delattr(o, n)
        o.d = 4
        for n in gone: setattr(o, n, n)
        p = A(); p.a = o
        for n in gone:
            try: delattr(p, n)
            except AttributeError as e: out.append(str(e))
        out.append((gone, vars(o), list(vars(o)), list(vars(p))))
    return out
first = orders()
for k in range(600):
    last = orders()
print(first)
print(repr(first) == repr(last))
class Ctx:
    def __init__(self, f, a, k):
        self.gen = f; self.func, self.args, self.kwds = f, a, k
        self.doc = "d"
    def enter(self):
        del self.args, self.kwds, self.func
        return self.gen
    def more(self):
        self.x = 1
        del self.gen
        return self.x, self.doc
def hot(n):
    t = 0
    for i in range(n):
        c = Ctx(i, 2, 3)
        t += c.enter()
        t += c.more()[0]
        try: c.gen
        except AttributeError as e: t += len(str(e))
        try: del c.args
        except AttributeError as e: t += len(str(e))
    return t, state(c)
print(hot(5), hot(3000))
# Many ways, many names.
import random
r = random.Random(3)
def wild(n):
    o = A(); model = {}
    for i in range(n):
        name = "n%d" % r.randrange(12)
        if r.random() < .5:
            setattr(o, name, i); model[name] = i
        else:
            try: delattr(o, name); model.pop(name)
            except AttributeError: assert name not in model
        if i % 50 == 0:
            o2 = A()
            for k, v in model.items(): setattr(o2, k, v)
            assert o.__dict__ == model and (list(o.__dict__) == list(model)), (o.__dict__, model)
    return len(model)
print([wild(300) for _ in range(40)][:3])
for k in range(200):
    o = A(); names = ["a%d" % i for i in range(r.randrange(1, 12))]
    for n in names: setattr(o, n, n)
    r.shuffle(names)
    for n in names: delattr(o, n)
    assert not o.__dict__
# A destructor that looks at the instance, changes it, or brings names back.
log = []
class D:
    def __init__(self, o): self.o = weakref.ref(o)
    def __del__(self):
        o = self.o()
        log.append(list(vars(o)) if o else None)
        if o and len(log) % 2: o.back = len(log)
def destroy():
    o = A(); o.p = 1; o.d = D(o); o.q = 2; o.r = 3
    del o.d
    del o.p
    s = state(o)
    del o.q, o.r
    return s, state(o)
for k in range(600):
    res = destroy()
print(log[:4], log[-2:], res)
class S:
    __slots__ = ("a", "__dict__")
def slotted():
    s = S(); s.a = 1; s.b = 2; s.c = 3
    del s.b
    del s.a
    return hasattr(s, "a"), state(s), s.c
for k in range(600): x = slotted()
print(x)
class P:
    v = "class"
    def m(self): return "m"
def hides():
    p = P(); p.v = "own"; p.m = lambda: "own m"; p.z = 1
    a = p.v, p.m()
    del p.v, p.m
    return a, p.v, p.m(), state(p)
for k in range(600): x = hides()
print(x)
o = A(); o.self = o; o.k = 1; o.l = 2
w = weakref.ref(o)
del o.k
del o
gc.collect()
print(w())
