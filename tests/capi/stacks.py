# Coroutines with native stacks of their own: each has frames of its own, which keep while others run.
import sys
sys.path.insert(0, sys.argv[1])
import gc
from _pyrs_capi_stacks import ended, make, resume, suspend, with_stacks


def names(frame):
    found = []
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def work(n, log):
    held = [n]
    if n:
        suspend(n)
        work(n - 1, log)
    log.append(held[0])


def interleaved():
    log = []
    all = [make(lambda: work(12, log)) for _ in range(20)]

    def rounds(d):
        for c in all:
            if not ended(c):
                resume(c)
        deep(d * 7)
        if d:
            rounds(d - 1)
        for c in all:
            if not ended(c):
                resume(c)

    rounds(5)
    while not all_ended(all):
        for c in all:
            if not ended(c):
                resume(c)
    print(len(log), sum(log))


def all_ended(all):
    return False not in [ended(c) for c in all]


def callers():
    def inner():
        suspend(sys._getframe())
        return names(sys._getframe())

    def outer():
        return inner()

    c = make(outer)
    frame = resume(c)
    print(names(frame), names(sys._getframe()))
    deep(50)
    gc.collect()
    print(names(frame), frame.f_back.f_lineno - callers.__code__.co_firstlineno)
    print(resume(c), names(sys._getframe()))


def numbers(n):
    for i in range(n):
        suspend(names(sys._getframe()))
        yield i


def generators():
    g = numbers(3)
    c = make(lambda: list(g))
    print(resume(c), deep(30), resume(c), resume(c), resume(c))
    g = numbers(2)
    c = make(g.__next__)
    print(resume(c), deep(30), resume(c))
    c = make(lambda: list(map(lambda x: suspend(x), sorted([3, 1, 2], key=lambda x: suspend("key") or x))))
    print([resume(c) for _ in range(7)])


def errors():
    def fails(n):
        try:
            raise KeyError(n)
        except KeyError as e:
            suspend(sys.exc_info()[1])
            print(sys.exc_info()[1] is e)
            raise ValueError(n)

    a, b = make(lambda: fails(1)), make(lambda: fails(2))
    try:
        raise RuntimeError("outside")
    except RuntimeError:
        print(repr(resume(a)), repr(sys.exc_info()[1]), repr(resume(b)), repr(sys.exc_info()[1]))
        for c in (b, a):
            try:
                resume(c)
            except ValueError as e:
                t, lines = e.__traceback__, []
                while t:
                    lines.append(t.tb_frame.f_code.co_name)
                    t = t.tb_next
                print(repr(e), repr(e.__context__), lines)
        print(repr(sys.exc_info()[1]))


def depths():
    # What is suspended does not count.
    def down(n):
        if n:
            down(n - 1)
        else:
            suspend(None)

    all = [make(lambda: down(60)) for _ in range(20)]
    for c in all:
        resume(c)
    print(deep(400))

    def endless():
        return endless()

    c = make(endless)
    try:
        resume(c)
    except RecursionError as e:
        print(type(e).__name__)
    print(deep(400))
    for c in all:
        resume(c)
    print(all_ended(all))


def hot():
    def step(total, i):
        if i % 50 == 0:
            suspend(total)
        return total + i

    def loop():
        total = 0
        for i in range(1, 5001):
            total = step(total, i)
        return total

    a, b = make(loop), make(loop)
    results = []
    while not (ended(a) and ended(b)):
        for c in (a, b):
            if not ended(c):
                results.append(resume(c))
    print(len(results), results[-2:], sum(results))


for f in (interleaved, callers, generators, errors, depths, hot):
    print(f.__name__)
    with_stacks(f)
