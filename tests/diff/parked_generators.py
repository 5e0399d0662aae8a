"""Generators whose frames compiled code keeps in registers while they are suspended: what others see of them, and how they end."""
import gc
import sys
import weakref


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def chained(n):
    yield from numbers(n)
    yield from (x * 2 for x in numbers(n))


def total(k, n):
    r = 0
    for _ in range(k):
        for x in chained(n):
            r += x
    return r


print("chained", total(300, 20), total(3, 700))


# ---- stopped in the middle ---------------------------------------------------------------------------------
def stop_early(k):
    r = 0
    for n in range(k):
        g = chained(40)
        for x in g:
            r += x
            if r % 7 == n % 7:
                break
        r += next(g, -5)
        g.close()
        r += next(g, -7)
    return r


print("stopped", stop_early(900))


def returns_early(n):
    for x in chained(n):
        if x * 3 > n:
            return x
    return -1


print("returned", sum(returns_early(n % 50) for n in range(1500)))


# ---- others look at it -------------------------------------------------------------------------------------
def look(g):
    return g.gi_frame.f_locals["i"], g.gi_running, g.gi_suspended, g.gi_frame.f_lineno


def watched(k):
    seen = []
    for n in range(k):
        g = numbers(6)
        for x in g:
            if n % 50 == 3:
                seen.append((x, look(g)))
            elif x == 4:
                seen.append(g.gi_frame.f_locals["n"])
    return len(seen), seen[:4], seen[-4:]


print("watched", watched(700))


def two_names(k):
    r = 0
    for _ in range(k):
        g = numbers(12)
        for a in g:
            for b in g:
                r += a * 100 + b
                if b % 3 == 0:
                    break
            r += next(g, 1000)
    return r


print("two names", two_names(500))


def shared(k):
    r = []
    for _ in range(k):
        g = numbers(30)
        s = 0
        for a in g:
            s += a
            if a % 10 == 2:
                s += sum(b for b, _ in zip(g, range(3)))
        r.append(s)
    return r[0], r[-1], len(set(r))


print("shared", shared(400))


def weakly(k):
    alive = []
    for _ in range(k):
        g = numbers(5)
        w = weakref.ref(g)
        r = 0
        for x in g:
            other = w()
            r += x
            if other is not None and x == 2:
                r += other.gi_frame.f_locals["i"] * 1000
        del g, other
        alive.append((r, w() is None))
    return alive[0], alive[-1], len(set(alive))


print("weakly", weakly(500))


# ---- objects with destructors ------------------------------------------------------------------------------
class Noisy:
    made = 0
    gone = []

    def __init__(self, n):
        self.n = n
        Noisy.made += 1

    def __del__(self):
        Noisy.gone.append(self.n)


def noisy(n):
    for i in range(n):
        thing = Noisy(i)
        yield thing.n
        if i % 3 == 1:
            yield -len(Noisy.gone)


def destructors(k):
    r = 0
    for n in range(k):
        for x in noisy(7):
            r = (r * 31 + x + len(Noisy.gone)) % 1000003
            if n % 5 == 4 and x == 4:
                break
    return r


print("destructors", destructors(400), Noisy.made, len(Noisy.gone), Noisy.gone[-9:])


class Looker:
    """Looks at the generator when it dies."""

    seen = []

    def __init__(self, g):
        self.g = g

    def __del__(self):
        if self.g.gi_frame is not None:
            Looker.seen.append((self.g.gi_frame.f_locals["i"], self.g.gi_running))


def lookers(k):
    for _ in range(k):
        g = numbers(4)
        for x in g:
            it = Looker(g)
            it = None
    return len(Looker.seen), Looker.seen[:5], Looker.seen[-5:]


print("lookers", lookers(500))


# ---- exceptions --------------------------------------------------------------------------------------------
def guarded(n):
    done = "not"
    try:
        for i in range(n):
            yield i
        done = "all"
    except ValueError as e:
        done = f"caught {e}"
        yield -1
    finally:
        log.append(done)


log = []


def thrown(k):
    r = 0
    for n in range(k):
        g = guarded(9)
        for x in g:
            r += x
            if x == n % 13:
                r += g.throw(ValueError(n))
    return r


print("thrown", thrown(600), len(log), log[:2], log[-3:])


def failing(n):
    d = {}
    i = 0
    while True:
        d[i] = n // (20 - i)
        yield d[i]
        i += 1


def failures(k):
    caught = 0
    r = 0
    for n in range(k):
        try:
            for x in failing(n):
                r += x
        except ZeroDivisionError as e:
            caught += 1
            tb = e.__traceback__
            lines = []
            while tb:
                lines.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
                tb = tb.tb_next
    return r, caught, lines


print("failing", failures(400))


def consumer_fails(k):
    table = {n: n for n in range(0, 40)}
    values = [1, 2, 3, 4, 5]
    r = 0
    for n in range(k):
        try:
            for x in numbers(30):
                r += values[x] + table[x]
        except IndexError:
            r += 10000
        g = chained(60)
        try:
            for x in g:
                r += table[x]
        except KeyError as e:
            r += e.args[0]
        r += next(g)
    return r


print("consumer fails", consumer_fails(500))


def nested_handlers(k):
    r = 0
    for n in range(k):
        for x in numbers(9):
            try:
                r += 100 // (x - 4)
            except ZeroDivisionError:
                r += 7
            try:
                if x == n % 11:
                    raise KeyError(x)
            except KeyError as e:
                r += e.args[0]
    return r


print("nested handlers", nested_handlers(500))


# ---- values of all kinds -----------------------------------------------------------------------------------
def kinds(n):
    x = n
    s = "a"
    f = 0.5
    big = 1 << 60
    while n:
        yield x
        s = str(s) + "b" if n % 4 else "a"
        yield s
        f = f * 1.5 if f < 1e6 else 1
        yield f
        big += big >> 1 if n % 3 else -(big >> 1)
        yield big
        x, s = (s, x) if n % 5 == 0 and isinstance(s, str) and isinstance(x, int) else (n, "c")
        n -= 1


def all_kinds(k):
    text = []
    for n in range(k):
        for v in kinds(n % 23):
            text.append(str(v)[:12])
    return hash(tuple(text[-50:])) is not None, len(text), text[-12:], sum(map(len, text))


print("kinds", all_kinds(300))


def unbound(n):
    for i in range(n):
        if i == 3:
            late = i
        yield i
        if i == 5:
            del late
        if i > 7:
            try:
                late
            except UnboundLocalError:
                yield "unbound"


print("unbound", sum(len([v for v in unbound(12) if v == "unbound"]) for _ in range(300)))


def many_places(n):
    for i in range(n):
        yield 1
        yield 2
        yield i
        if i & 1:
            yield 4
        else:
            yield 5
            yield 6
        for j in range(2):
            yield j
        yield 7
        yield 8
        yield 9
        yield 10


def places(k):
    r = 0
    for _ in range(k):
        for x in many_places(11):
            r = r * 3 % 10007 + x
    return r


print("places", places(250))


def sender():
    got = 0
    while True:
        got = (yield got * 2) or got + 1


def sends(k):
    r = 0
    g = sender()
    next(g)
    for n in range(k):
        r += g.send(n)
        for x in g:
            r += x
            if x > n:
                break
    return r


print("sends", sends(900))


# ---- generators in generators ------------------------------------------------------------------------------
def pairs(n):
    for a in numbers(n):
        for b in numbers(a):
            yield a * b


def flat(n):
    yield from pairs(n)
    for x in pairs(n):
        yield -x
    return n


def result(n):
    n = yield from flat(n)
    yield n * 1000


print("nested", sum(x for _ in range(120) for x in result(11)))


def tree(n):
    return None if n == 0 else (tree(n // 2), n, tree((n - 1) // 2))


def walk(t):
    if t:
        yield from walk(t[0])
        yield t[1]
        yield from walk(t[2])


print("walk", sum(x * k for _ in range(30) for k, x in enumerate(walk(tree(200)))))


def merge(a, b):
    x, y = next(a, None), next(b, None)
    while x is not None and y is not None:
        if x <= y:
            yield x
            x = next(a, None)
        else:
            yield y
            y = next(b, None)


print("merge", sum(x for _ in range(200) for x in merge(numbers(30), (2 * v for v in numbers(30)))))


# ---- frames and the collector ------------------------------------------------------------------------------
def names():
    f = sys._getframe(1)
    found = []
    while f is not None:
        found.append(f.f_code.co_name)
        f = f.f_back
    return found


def framed(n):
    for i in range(n):
        yield names() if i == 50 else i


def frames(k):
    r = []
    for _ in range(k):
        for x in framed(60):
            if isinstance(x, list):
                r.append(x)
    return r[0] == r[-1], r[-1]


print("frames", frames(30))


def cycle(n):
    me = []
    me.append(me)
    for i in range(n):
        me.append(i)
        yield len(me)


def collected(k):
    r = 0
    for n in range(k):
        for x in cycle(8):
            r += x
            if n % 60 == 7 and x == 5:
                gc.collect()
    return r


print("collected", collected(300))


def references(k):
    box = []
    before = sys.getrefcount(box)

    def holder(n):
        mine = box
        other = None
        for i in range(n):
            other, mine = mine, box
            yield mine
    for _ in range(k):
        for x in holder(9):
            y = x
    del x, y
    return sys.getrefcount(box) - before


print("references", references(400))
