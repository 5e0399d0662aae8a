"""Async generators driven by `await` in frames: values, sends, throws, returns and misuse."""
import asyncio
import sys


class Later:
    """Suspends once."""

    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return (self.value, got)


async def numbers(n):
    try:
        for i in range(n):
            got = yield i
            if got is not None:
                print("got", got)
            if i % 2:
                print("inner", await Later(i))
    finally:
        print("numbers done")


async def tree(depth):
    if depth:
        async for x in tree(depth - 1):
            yield x
        yield depth
        async for x in tree(depth - 1):
            yield x


def drive(coro, sends=None):
    sent = None
    try:
        while True:
            out = coro.send(sent)
            print("suspended", out)
            sent = ("sent", out)
    except StopIteration as e:
        return e.value
    except BaseException as e:
        return f"{type(e).__name__}: {e}"


async def collect():
    return [x async for x in numbers(5)]


async def collect_tree():
    return [x async for x in tree(4)]


async def send_values():
    g = numbers(3)
    print(await g.__anext__())
    print(await g.asend("hello"))
    try:
        await g.athrow(ValueError("thrown"))
    except ValueError as e:
        print("back", e)
    try:
        await g.__anext__()
    except StopAsyncIteration as e:
        print("end", repr(e))


async def reuse():
    g = numbers(2)
    step = g.__anext__()
    print(await step)
    try:
        await step
    except RuntimeError as e:
        print(e)
    await g.aclose()


async def raises():
    async def bad():
        yield 1
        raise KeyError("inside")

    async def stops():
        yield 1
        raise StopAsyncIteration

    for make in (bad, stops):
        try:
            async for x in make():
                print(x)
        except Exception as e:
            print(type(e).__name__, e, repr(e.__cause__))


async def concurrently():
    g = numbers(3)
    first = g.__anext__()
    await first
    second = g.__anext__()
    second.send(None)
    third = g.__anext__()
    try:
        third.send(None)
    except BaseException as e:
        print(type(e).__name__, e)


async def thrown_into():
    async def waits():
        try:
            await Later("wait")
            yield 1
        except ValueError as e:
            print("caught", e)
            yield 2

    return [x async for x in waits()]


print(drive(collect()))
print(drive(collect_tree()))
print(drive(send_values()))
print(drive(reuse()))
print(drive(raises()))
print(drive(concurrently()))
coro = thrown_into()
print(coro.send(None))
try:
    coro.throw(ValueError("from outside"))
except StopIteration as e:
    print(e.value)


async def frames():
    async def g():
        f = sys._getframe()
        names = []
        while f and len(names) < 3:
            names.append(f.f_code.co_name)
            f = f.f_back
        yield names

    async for names in g():
        print(names)


print(drive(frames()))


async def deep(n):
    if n:
        async for x in deep(n - 1):
            yield x
    else:
        yield "bottom"


async def run_deep(n):
    return [x async for x in deep(n)]


print(drive(run_deep(150)))
limit = sys.getrecursionlimit()
print(str(drive(run_deep(limit + 100)))[:30])


async def main():
    async def ticker(n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    async def total(n):
        return sum([x async for x in ticker(n)])

    return await asyncio.gather(*(total(n) for n in range(5)))


print(asyncio.run(main()))
