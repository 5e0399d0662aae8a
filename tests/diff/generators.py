def count(n):
    i = 0
    while i < n:
        got = yield i
        if got is not None:
            print("got", got)
            i = got
        else:
            i += 1
    return "done"
g = count(5)
print(next(g), g.send(None), g.send(3), next(g), g.gi_frame is not None, g.gi_running)
try:
    next(g)
except StopIteration as e:
    print("stop", e.value)
print(next(g, "default"), g.gi_frame, list(count(3)), type(g).__name__)
try:
    count(1).send(5)
except TypeError as e:
    print(e)
def guarded():
    try:
        while True:
            try:
                yield "y"
            except ValueError as e:
                yield f"caught {e}"
    finally:
        print("cleanup")
g = guarded()
print(next(g), g.throw(ValueError("v")), next(g)); g.close(); g.close()
g = guarded(); next(g)
try:
    g.throw(KeyError("k"))
except KeyError as e:
    print("out", e)
def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2
g = stubborn(); next(g)
try:
    g.close()
except RuntimeError as e:
    print(e)
def stops():
    yield 1
    raise StopIteration("inner")
try:
    list(stops())
except RuntimeError as e:
    print(e, type(e.__cause__).__name__)
def selfrun():
    yield next(me)
me = selfrun()
try:
    next(me)
except ValueError as e:
    print(e)
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
def take(n, it):
    for _, v in zip(range(n), it):
        yield v
print(list(take(15, fib())), sum(take(100, fib())))
def primes():
    seen = []
    n = 2
    while True:
        if all(n % p for p in seen):
            seen.append(n)
            yield n
        n += 1
print(list(take(20, primes())))
def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)
print(list(tree(4)))
del g
def exc_state():
    try:
        1 / 0
    except ZeroDivisionError:
        import sys
        yield sys.exc_info()[0].__name__
        yield sys.exc_info()[0].__name__
import sys
g = exc_state(); print(next(g), sys.exc_info()[0], next(g))
gens = [count(i) for i in range(5)]; print([list(x) for x in gens], repr(count(1))[:24], count.__name__, count(1).__qualname__)
# The whole stack is seen while an exception is thrown into a delegate.
def names():
    frame, out = sys._getframe(1), []
    while frame and frame.f_code.co_name != "<module>":
        out.append(frame.f_code.co_name)
        frame = frame.f_back
    return out
def inner():
    try: yield names()
    except KeyError: yield names()
def outer(): yield from inner()
g = outer(); print(next(g), g.throw(KeyError))
class Bad(Exception):
    def __new__(cls, *args): return cls
def catcher():
    try: yield
    except TypeError as e: yield str(e)[:40]
g = catcher(); next(g); print(g.throw(Bad))
