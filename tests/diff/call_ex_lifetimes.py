# f(*args, **kwargs) keeps the callable, the tuple and the dict until the call returns, in compiled code, too.
import sys


class W:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        print("del", self.n)


class C:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        print("del", self.n)

    def m(self, *a, **k):
        print("m", sys.getrefcount(self))
        return 1

    def __call__(self, *a, **k):
        print("call", sys.getrefcount(self))

    def p(self, a, b=1):
        del a
        print("p without a")


def f(a, *, k=None):
    del a
    print("deleted a")
    del k
    print("deleted k")


def g(*args, **kw):
    print("g", sys.getrefcount(args), sys.getrefcount(kw))


def stars():
    C(1).m(*(), **{})
    C(2).m(*(1,))
    C(3)(*(), **{})
    f(*(W("a"),), **{"k": W("k")})
    f(*[W("a2")], **{"k": W("k2")})
    f(*(W(n) for n in ["gen"]))
    t = (W("t"),)
    f(*t)
    del t
    g(*(1, 2), **{"a": 1})
    g(*[1, 2], **{"a": 1})
    t, d = (1, 2), {"a": 1}
    g(*t, **d)
    print(sys.getrefcount(*(object(),)), sys.getrefcount(*[object()]), sys.getrefcount(*(object(),), **{}))
    m = C(4).p
    m(*(W("x"),), **{"b": W("y")})
    del m


stars()


class D:
    def __init__(self, a):
        print("init", sys.getrefcount(a))
        del a
        print("init without a")

    def __del__(self):
        print("del D")


class E:
    def __init__(self, *a, fail=None):
        if fail:
            raise fail
        self.a = a


class Odd:
    def __init__(self, a):
        return a


def classes():
    D(*(W("d"),))
    print(len(E(*(1, 2)).a), len(E(*(), **{}).a))
    try:
        E(*(W("e"),), **{"fail": KeyError("init")})
    except KeyError as e:
        print("handler", e)
        e.__traceback__ = None
    try:
        Odd(*(W("o"),))
    except TypeError as e:
        print(e)
        e.__traceback__ = None
    print(Odd(*(None,)) is not None)


classes()


def raises(a):
    del a
    print("raises")
    raise ValueError("x")


def caught():
    try:
        raises(*(W("r"),))
    except ValueError as e:
        print("caught", e)
        e.__traceback__ = None
    print("behind")


caught()


def gen(a):
    print("gen starts")
    del a
    yield 1


async def coro(a):
    return a


def generators():
    x = gen(*(W("g"),))
    print(next(x))
    x.close()
    try:
        coro(*(5,)).send(None)
    except StopIteration as e:
        print(e.value)


generators()


def bad():
    for code in ("f(*5)", "f(**5)", "f(*(), **{1: 2})", "f(1, **{'a': 2})", "f(*[1], **{'zz': 2})", "len(*5)", "len(*(1, 2))", "E(*3)", "5(*())"):
        try:
            eval(code)
        except TypeError as e:
            print(code, "->", e)


bad()


# The same in loops that are compiled: counts are seen by what is called.
seen = set()


class Counted:
    def method(self, *a, **k):
        seen.add(("method", sys.getrefcount(self)))
        return len(a) + len(k)

    def inner(self, a, k=0):
        return a + k


def wrapper(*args, **kwargs):
    return target(*args, **kwargs)


def target(a, b=2, *rest, c=3, **more):
    if a > 5:
        b += 1
    for _ in rest:
        c += 1
    return a + b + c + len(more)


def failing(a):
    if a % 3 == 0:
        raise ValueError(a)
    return a


class Made:
    def __init__(self, a, b=1):
        self.sum = a + b


def numbers(n, *rest):
    for i in range(n):
        yield i
    yield from rest


def hot(n):
    total = 0
    o = Counted()
    for i in range(n):
        total += Counted().method(*(i, 2), **{"k": 3})
        total += o.inner(*(i,))
        total += o.inner(*(i,), **{"k": i})
        total += wrapper(i, 1)
        total += wrapper(i, 1, 5, 6, c=4, d=5)
        total += Made(*(i,)).sum + Made(*(i, 2)).sum
        total += max(*(i, 3)) + len(*((1, 2),))
        try:
            total += failing(*(i,))
        except ValueError as e:
            total += len(e.args)
        for x in numbers(*(2, 3)):
            total += x
        total += sum(numbers(*[3, i]))
    return total


print(hot(3000))
print(sorted(seen))

log = []


class Told:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)


def drops(a, k=None):
    del a
    log.append("in")
    return len(log)


def told(n):
    for i in range(n):
        drops(*(Told(i),))
        log.append("out")
        drops(*(Told(i),), **{"k": Told(-i)})
        log.append("next")
        Made(*(i,), **{"b": 1})


told(1000)
wanted = []
for i in range(1000):
    wanted += ["in", i, "out", "in", i, -i, "next"]
print(log == wanted, log[:14], len(log))


def recursive(n, *rest):
    if n == 0:
        return len(rest)
    return recursive(*(n - 1, n), *rest)


print(recursive(100), [recursive(*(k,)) for k in range(50)][-1])
for _ in range(300):
    recursive(20)


class Stop(Exception):
    pass


def deep(n, *a):
    if n == 0:
        raise Stop(len(a))
    deep(*(n - 1,), *a, Told("deep"))


log.clear()
for _ in range(300):
    try:
        deep(5)
    except Stop as e:
        e.__traceback__ = None
print(len(log), set(log))
