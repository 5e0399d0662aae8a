"""Chains of delegating generators, coroutines and async generators, which go on at their innermost frame."""
import asyncio
import sys
import types


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right

    async def __aiter__(self):
        if self.left:
            async for i in self.left:
                yield i
        yield self.value
        if self.right:
            async for i in self.right:
                yield i


def tree(a, b):
    if a >= b:
        return None
    m = (a + b) // 2
    return Tree(tree(a, m), m, tree(m + 1, b))


t = tree(0, 500)
print(sum(t), list(t) == list(range(500)), [next(iter(t)) for _ in range(3)])


# ---- what others see of the frames in between --------------------------------------------------------------
chain = []


def level(n):
    me = chain[n] if len(chain) > n else None
    if n == 0:
        got = None
        for k in range(4):
            states = [(g.gi_running, g.gi_suspended, g.gi_yieldfrom is not None) for g in chain]
            got = yield k, got, states
        return "end"
    r = yield from chain[n - 1]
    yield n, r
    return r + str(n)


for n in range(5):
    chain.append(level(n))
top = chain[-1]
print(next(top))
print([(g.gi_running, g.gi_suspended, g.gi_yieldfrom is not None) for g in chain])
print(top.send("a"))
print("from the middle", next(chain[2]), chain[1].send("b"))
print([(g.gi_running, g.gi_suspended, g.gi_frame and g.gi_frame.f_lineno) for g in chain])
print(list(top))
print([(g.gi_running, g.gi_suspended, g.gi_frame) for g in chain])


def names():
    f, found = sys._getframe(1), []
    while f:
        found.append(f.f_code.co_name)
        f = f.f_back
    return found


def inner():
    for k in range(3):
        x = yield names()
        if x:
            raise ValueError(x)


def middle():
    try:
        yield from inner()
    except ValueError as e:
        yield f"caught {e}", names()
    yield from inner()


def outer():
    yield from middle()


g = outer()
print(next(g), next(g))
print(g.send("sent"))
print(next(g))
try:
    g.throw(KeyError("thrown"))
except KeyError as e:
    tb, where = e.__traceback__, []
    while tb:
        where.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
        tb = tb.tb_next
    print(e, where)
print(next(g, "over"))


def closing(log, n):
    try:
        if n:
            yield from closing(log, n - 1)
        else:
            yield 1
            yield 2
    except GeneratorExit:
        log.append(n)
        raise
    finally:
        log.append(-n)


log = []
g = closing(log, 5)
next(g), next(g)
g.close()
print(log)
log = []
g = closing(log, 3)
next(g), next(g)
del g
print(log)


def me(box):
    yield 1
    try:
        next(box[0])
    except ValueError as e:
        yield str(e)
    try:
        yield from box[0]
    except ValueError as e:
        yield str(e)


box = []
inside = me(box)


def around():
    yield from inside


box.append(around())
print(list(box[0]))


def deep(n):
    if n:
        yield from deep(n - 1)
    else:
        yield "bottom"
        yield "again"


g = deep(300)
print(next(g))
limit = sys.getrecursionlimit()
sys.setrecursionlimit(200)
try:
    next(g)
except RecursionError as e:
    print("RecursionError", str(e)[:32])
sys.setrecursionlimit(limit)
print(next(g, "over"))


# ---- other iterators, other awaitables ---------------------------------------------------------------------
class Steps:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        self.n -= 1
        if self.n < 0:
            raise StopIteration("value")
        return self.n

    def send(self, v):
        return "sent", v


def over(it):
    r = yield from it
    return r


def over_over(it):
    return (yield from over(it))


g = over_over(Steps(3))
print(next(g), g.send(5), next(g))
print(list(over_over(Steps(2))), list(over_over([1, 2])), list(over_over(range(3))))


@types.coroutine
def pause(v):
    return (yield v)


async def sleepy(n):
    if n == 0:
        return await pause("p") + await pause("q")
    return await sleepy(n - 1) + 1


def run(co, values):
    seen = []
    try:
        v = None
        while True:
            seen.append(co.send(v))
            v = values.pop(0)
    except StopIteration as e:
        return seen, e.value


print(run(sleepy(6), [10, 20]))
co = sleepy(4)
co.send(None)
print(co.cr_running, co.cr_suspended, co.cr_await.cr_await.cr_await.cr_await.__class__.__name__)
try:
    co.throw(OSError("thrown"))
except OSError as e:
    print(repr(e))


# ---- async generators --------------------------------------------------------------------------------------
async def numbers(n, log):
    try:
        for i in range(n):
            got = yield i
            if got:
                log.append(got)
            await pause(("in", i))
    except ValueError as e:
        yield f"caught {e}"
    finally:
        log.append(f"end {n}")


async def doubled(n, log):
    async for x in numbers(n, log):
        if x == 3:
            continue
        yield x * 2
        if x == 5:
            break
    else:
        yield "all"


async def use(log):
    r = []
    async for x in doubled(5, log):
        r.append(x)
    r.append([y async for y in doubled(8, log) if y != 2])
    g = numbers(4, log)
    r.append(await g.__anext__())
    r.append(await g.asend("hello"))
    r.append(g.ag_running)
    r.append(await g.athrow(ValueError("x")))
    await g.aclose()
    r.append(await anext(g, "default"))
    try:
        await g.__anext__()
    except StopAsyncIteration as e:
        r.append(repr(e))
    try:
        async for x in failing(log):
            r.append(x)
    except ZeroDivisionError as e:
        r.append((str(e), e.__context__))
    async for x in numbers(0, log):
        pass
    else:
        r.append("nothing")
    try:
        raise KeyError("handled")
    except KeyError:
        async for x in numbers(1, log):
            r.append(repr(sys.exc_info()[1]))
        r.append(repr(sys.exc_info()[1]))
    return r


async def failing(log):
    yield 1
    try:
        async for x in numbers(3, log):
            yield 1 // (x - 1)
    finally:
        log.append("failing")


log = []
print(run(use(log), [None] * 100))
print(log)


async def busy():
    g = shared()
    async def one(n):
        r = []
        try:
            async for x in g:
                r.append(x)
        except RuntimeError as e:
            r.append(str(e))
        return r
    return await asyncio.gather(one(1), one(2))


async def shared():
    for i in range(4):
        yield i
        await asyncio.sleep(0)


print(asyncio.run(busy()))


async def walk():
    r = 0
    for _ in range(3):
        async for x in t:
            r += x
    return r, [x async for x in t if x % 100 == 0]


print(asyncio.run(walk()))


# ---- a tracer ----------------------------------------------------------------------------------------------
def tracer(frame, event, arg):
    if frame.f_code.co_filename == __file__:
        events.append((event[:2], frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno))
    return tracer


def traced():
    return list(deep(3))


async def traced_async():
    return [x async for x in tree(0, 3)]


for what in traced, lambda: asyncio.run(traced_async()):
    events = []
    sys.settrace(tracer)
    r = what()
    sys.settrace(None)
    print(r, len(events), events[:12], hash(tuple(events)) is not None)
    print(*sorted({e for e in events if e[0] in ("ex", "re", "ca")}))
