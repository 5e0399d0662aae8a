# async/await on a small event loop of our own.
from collections import deque
class Sleep:
    def __init__(self, n):
        self.n = n
    def __await__(self):
        for i in range(self.n):
            yield "tick"
        return self.n * 10
def run(*coros):
    ready = deque(enumerate(coros)); results = {}; log = []
    while ready:
        i, c = ready.popleft()
        try:
            log.append((i, c.send(None)))
            ready.append((i, c))
        except StopIteration as e:
            results[i] = e.value
        except Exception as e:
            results[i] = repr(e)
    return results, len(log)
async def work(name, n):
    total = 0
    for k in range(n):
        total += await Sleep(k)
        print(name, k, total)
    return total
async def fails():
    await Sleep(1)
    raise ValueError("bad")
async def both():
    try:
        return await fails()
    except ValueError as e:
        return f"handled {e}"
print(run(work("a", 3), work("b", 4), fails(), both()))
class CM:
    async def __aenter__(self):
        await Sleep(1); print("enter"); return "cm"
    async def __aexit__(self, t, v, tb):
        await Sleep(1); print("exit", t and t.__name__, v); return t is KeyError
async def uses(exc):
    async with CM() as x:
        print("body", x)
        if exc:
            raise exc("e")
    return "after"
print(run(uses(None), uses(KeyError), uses(TypeError)))
class AIter:
    def __init__(self, n):
        self.i, self.n = 0, n
    def __aiter__(self):
        return self
    async def __anext__(self):
        await Sleep(1)
        if self.i == self.n:
            raise StopAsyncIteration
        self.i += 1
        return self.i
async def agen(n):
    try:
        for i in range(n):
            await Sleep(1)
            got = yield i * i
            if got:
                print("agot", got)
    finally:
        print("agen closed")
async def loops():
    out = []
    async for x in AIter(3):
        out.append(x)
    else:
        out.append("else")
    async for y in agen(3):
        out.append(y)
    out.append([z async for z in agen(4) if z % 2 == 0])
    out.append({z: await Sleep(z) async for z in AIter(2)})
    a = agen(5)
    out.append([await a.__anext__(), await a.asend("hi")])
    await a.aclose()
    b = agen(2); await b.__anext__()
    try:
        await b.athrow(KeyError("thrown"))
    except KeyError as e:
        out.append(repr(e))
    return out
print(run(loops()))
c = work("never", 1); print(type(c).__name__, c.cr_frame is not None); c.close()
async def awaits_bad():
    await 5
print(run(awaits_bad()))
d = Sleep(0).__await__
async def reuse():
    c = fails()
    try:
        await c
    except ValueError:
        pass
    try:
        await c
    except RuntimeError as e:
        return str(e)
print(run(reuse()))
async def with_bad():
    async with 5:
        pass
async def for_bad():
    async for x in 5:
        pass
print(run(with_bad(), for_bad()))

# Futures and tasks of asyncio give their results to whoever awaits them.
import asyncio
async def awaits():
    loop = asyncio.get_running_loop()
    f = loop.create_future()
    loop.call_soon(f.set_result, "future")
    g = loop.create_future()
    loop.call_soon(g.set_exception, KeyError("failed"))
    r = [await f, await asyncio.create_task(asyncio.sleep(0, "task")), await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))]
    try:
        await g
    except KeyError as e:
        r.append(repr(e))
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except asyncio.TimeoutError:
        r.append("timeout")
    return r
print(asyncio.run(awaits()))
# Coroutines are no iterables; the wrapper of __await__ keeps the value.
async def seven(): return 7
for use in (lambda c: [x for x in c], list, iter, lambda c: [*c]):
    c = seven()
    try: use(c)
    except TypeError as e: print(e)
    c.close()
class Waits:
    def __await__(self): return seven().__await__()
async def through(): return await Waits() + 1
try: through().send(None)
except StopIteration as e: print(e.value)
