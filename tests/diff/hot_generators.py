# Generators that compiled loops resume.
import sys


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def chained(n):
    yield from numbers(n)
    yield from (x * 2 for x in numbers(n))


def total(it):
    r = 0
    for x in it:
        r += x
    return r


for _ in range(40):
    r = total(chained(20))
print(r, total(numbers(0)), total(numbers(1000)), total(chained(300)))


# Kinds change between yields.
def mixed(n):
    last = None
    for i in range(n):
        if i % 3 == 0:
            last = i
        elif i % 3 == 1:
            last = i / 2
        else:
            last = str(i)
        yield last


def kinds(n):
    r = []
    for x in mixed(n):
        r.append(x)
    return r


print(kinds(300)[-5:], len(kinds(400)))


# Destructors inside a generator's body run where they do in CPython.
class Noisy:
    log = []

    def __init__(self, n):
        self.n = n

    def __del__(self):
        Noisy.log.append(self.n)


def objects(n):
    o = None
    for i in range(n):
        o = Noisy(i)
        yield i
        Noisy.log.append(-i)
    o = None
    Noisy.log.append("end")


def noise(n):
    for x in objects(n):
        Noisy.log.append(x * 1000)


for _ in range(30):
    Noisy.log.clear()
    noise(10)
print(Noisy.log)


def gives(n):
    for i in range(n):
        yield Noisy(i)


def holds(n):
    for x in gives(n):
        Noisy.log.append(("has", x.n))


for _ in range(30):
    Noisy.log.clear()
    holds(6)
print(Noisy.log)


# The end by an exception, caught outside; the traceback names both frames.
def fails(n):
    for i in range(n):
        if i == n - 3:
            raise KeyError(i)
        yield i


def catches(n):
    r = 0
    try:
        for x in fails(n):
            r += x
    except KeyError as e:
        tb = e.__traceback__
        names = []
        while tb:
            names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - tb.tb_frame.f_code.co_firstlineno))
            tb = tb.tb_next
        return r, e.args, names


for n in (5, 10, 200, 3, 500):
    print(catches(n))


# A running generator is running.
def inner_look(n):
    for i in range(n):
        yield (g.gi_running, g.gi_suspended)


def looks(n):
    global g
    seen = set()
    g = inner_look(n)
    for x in g:
        seen.add((x, g.gi_running, g.gi_suspended))
    return sorted(seen), g.gi_frame


for _ in range(20):
    r = looks(50)
print(r)


def again(n):
    for i in range(n):
        try:
            next(h)
        except ValueError as e:
            yield str(e)


def reenters(n):
    global h
    h = again(n)
    seen = set()
    for x in h:
        seen.add(x)
    return seen


for _ in range(5):
    r = reenters(100)
print(r)


# Left in the middle and closed; finally blocks run.
def guarded(n, log):
    try:
        for i in range(n):
            yield i
    finally:
        log.append("closed")


def breaks(n):
    log = []
    for x in guarded(n, log):
        if x == n // 2:
            break
    log.append(x)
    return log


for _ in range(60):
    r = breaks(30)
print(r)


# Several generators take turns at one loop; one function's generators with different globals.
def squares(n):
    for i in range(n):
        yield i * i


def evens(n):
    i = 0
    while True:
        if i >= n:
            return
        yield i
        i += 2


class Own:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        i = 0
        while i < self.n:
            yield i
            i += 1


for _ in range(30):
    r = [total(f(50)) for f in (squares, evens, numbers, Own, range)]
print(r)
spaces = [{}, {}]
for k, space in enumerate(spaces):
    exec(f"step = {k + 1}\ndef walk(n):\n    i = 0\n    while i < n:\n        yield i\n        i += step\n", space)
print([total(spaces[k % 2]["walk"](100)) for k in range(40)][-4:])


# Delegation to delegation, values sent and returned.
def leaf(n):
    t = 0
    for i in range(n):
        got = yield i
        if got is not None:
            t += got
    return t


def middle(n):
    a = yield from leaf(n)
    b = yield from leaf(n // 2)
    return a + b


def top(n, out):
    r = yield from middle(n)
    out.append(r)


def drive(n):
    out = []
    s = 0
    for x in top(n, out):
        s += x
    gen = top(n, out)
    next(gen)
    try:
        while True:
            s += gen.send(3)
    except StopIteration:
        pass
    return s, out


for _ in range(30):
    r = drive(40)
print(r)


# Trees: recursion in generators.
class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def tree(lo, hi):
    if lo >= hi:
        return None
    mid = (lo + hi) // 2
    return Tree(tree(lo, mid), mid, tree(mid + 1, hi))


t = tree(0, 100)
for _ in range(10):
    r = total(t)
print(r)


# Filters, pipelines, nested generator expressions, zip and enumerate over generators.
def odd(it):
    for x in it:
        if x & 1:
            yield x


def pipeline(n):
    r = 0
    for a in odd(x + 1 for x in odd(y * 3 + 1 for y in numbers(n))):
        r += a
    for a, b in zip(numbers(n), squares(n)):
        r += a * b
    for k, a in enumerate(squares(n)):
        r ^= k + a
    return r


for _ in range(20):
    r = pipeline(60)
print(r)


# Loops inside the generator that do not yield; large numbers; floats; unbound locals.
def primes(n):
    found = []
    for c in range(2, n):
        for p in found:
            if c % p == 0:
                break
        else:
            found.append(c)
            yield c


def powers(n):
    x = 1
    for _ in range(n):
        yield x
        x *= 3


def halves(n):
    x = 1.0
    while n:
        yield x
        x /= 2
        n -= 1
        if n == 5:
            late = x
    yield late


print(total(primes(2000)), total(powers(80)), total(halves(100)))
for _ in range(30):
    r = total(powers(60)), total(halves(30))
print(r)


# Frames: who called, where the generator stands.
def where(n):
    for i in range(n):
        yield sys._getframe().f_back.f_code.co_name, sys._getframe().f_lineno


def asks(n):
    seen = set()
    for x in where(n):
        seen.add((x[0], x[1] - where.__code__.co_firstlineno))
    return seen


for _ in range(10):
    r = asks(60)
print(r)


# The locals of a suspended generator.
def counting(n):
    total = 0
    word = ""
    for i in range(n):
        total += i
        word = str(total)
        yield i


def inspects(n):
    g = counting(n)
    out = []
    for x in g:
        if x % 37 == 0:
            loc = g.gi_frame.f_locals
            out.append((loc["i"], loc["total"], loc["word"], g.gi_frame.f_lineno - counting.__code__.co_firstlineno))
    return out


for _ in range(5):
    r = inspects(120)
print(r)


# Recursion without end is still an error.
def forever(n):
    for x in forever(n + 1):
        yield x


try:
    for x in forever(0):
        pass
except RecursionError as e:
    print("RecursionError")
