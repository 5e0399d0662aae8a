def inner():
    try:
        x = yield 1
        print("inner got", x)
        y = yield 2
        print("inner got", y)
    except ValueError as e:
        print("inner caught", e)
        yield "recovered"
    finally:
        print("inner finally")
    return "inner result"
def outer():
    r = yield from inner()
    print("result", r)
    r2 = yield from [10, 20]
    print("r2", r2)
    return "outer result"
g = outer()
print(next(g), g.send("a"), g.send("b"), next(g))
try:
    next(g)
except StopIteration as e:
    print(e.value)
g = outer(); next(g); print(g.throw(ValueError("boom"))); print(next(g)); g.close()
g = outer(); next(g); g.close()
g = outer(); next(g)
try:
    g.throw(TypeError("t"))
except TypeError as e:
    print("through", e)
class It:
    def __init__(self):
        self.n = 0
    def __iter__(self):
        return self
    def __next__(self):
        self.n += 1
        if self.n > 3:
            raise StopIteration("it value")
        return self.n
    def send(self, v):
        print("send", v)
        return next(self)
def d():
    v = yield from It()
    yield v
g = d(); print(next(g), g.send("x"), list(g))
def flatten(x):
    for i in x:
        if isinstance(i, (list, tuple)):
            yield from flatten(i)
        else:
            yield i
print(list(flatten([1, [2, (3, [4, [5]]), 6], [[[]]], 7])))
def depth(n):
    if n == 0:
        yield "bottom"
        return 0
    r = yield from depth(n - 1)
    return r + 1
def top():
    r = yield from depth(200)
    yield r
print(list(top()))
def averager():
    total = n = 0
    avg = None
    while True:
        v = yield avg
        if v is None:
            return total, n
        total += v; n += 1; avg = total / n
def grouper(out):
    while True:
        out.append((yield from averager()))
out = []; g = grouper(out); next(g)
for v in (1, 2, 3, None, 10, None):
    print(g.send(v))
print(out)
try:
    def bad():
        yield from 5
    list(bad())
except TypeError as e:
    print(e)
