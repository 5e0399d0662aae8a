"""What callbacks, warnings and loggers see of their callers while these are compiled: functions and lines."""
import collections
import functools
import inspect
import itertools
import logging
import re
import sys
import traceback
import warnings

N = 3000
THIS = __file__.rpartition("/")[2]
seen = collections.Counter()


def stack(limit):
    """Names and lines of the callers, without this function."""
    f = sys._getframe(1)
    names = []
    while f is not None and len(names) < limit:
        names.append((f.f_code.co_name, f.f_lineno))
        f = f.f_back
    return tuple(names)


def report(what):
    print(what)
    for k, n in sorted(seen.items(), key=repr):
        print("   ", k, n)
    seen.clear()


class Bool:
    """int() of it gives a warning that C code issues."""

    def __int__(self):
        return True


class Real(float):
    pass


class Float:
    def __float__(self):
        return Real(1.5)


odd, real = Bool(), Float()


# Warnings from C code.


def one(x):
    y = x + 1
    return y + int(odd)


def two(x):
    z = x
    return one(z) + one(
        z)


def loop(h, n):
    s = 0
    for i in range(n):
        s += h(i)
    return s


def nested(n):
    s = 0
    for i in range(n):
        for j in range(3):
            s += float(real)
        s += i
    return s


class Key:
    def __init__(self, v):
        self.v = v

    def __lt__(self, other):
        float(real)
        return self.v < other.v


def recursive(n):
    if n == 0:
        return int(odd)
    return recursive(n - 1) + 1


def generator(n):
    for i in range(n):
        yield i + int(odd)


def with_try(n):
    s = 0
    for i in range(n):
        try:
            s += int(odd)
            if i % 3 == 0:
                raise ValueError(i)
        except ValueError:
            s += float(real)
        finally:
            s -= int(odd)
    return s


def lines(call):
    with warnings.catch_warnings(record=True) as w:
        warnings.simplefilter("always")
        call()
    for x in w:
        seen[x.filename.rpartition("/")[2], x.lineno, x.category.__name__] += 1


lines(lambda: loop(one, N))
report("loop")
lines(lambda: loop(two, N))
report("inlined twice")
lines(lambda: list(map(two, range(N))))
report("map")
lines(lambda: sorted(range(N), key=one))
report("sorted")
lines(lambda: max(range(N), key=two))
report("max")
lines(lambda: nested(N // 3))
report("nested")
lines(lambda: (loop(recursive, 40), [recursive(5) for _ in range(N)]))
report("recursive")
lines(lambda: sum(generator(N)))
report("generator")
lines(lambda: with_try(N))
report("try")
keys = [Key(i * 7919 % 1000) for i in range(1000)]
lines(lambda: sorted(keys))
print("rich comparison", len(seen))
seen.clear()


# Callbacks that look at their callers.


def spy(x, y=0):
    seen[stack(3)] += 1
    return x


def caller(x):
    return spy(x) + \
        spy(x)


def outer(n):
    s = 0
    for i in range(n):
        s += caller(i)
        s -= caller(i)
    return s


def through_builtins(n):
    s = 0
    for i in range(n):
        s += sum(map(spy, (i, 2)))
        s += max((i, 2),
                 key=spy)
        s += functools.reduce(spy, (1, 2, i))
        s += len(list(itertools.starmap(spy, ((1, 2), (3, 4)))))
    return s


def match(m):
    spy(0)
    return m[0]


PATTERN = re.compile("a")


def through_re(n):
    t = ""
    for i in range(n):
        t = PATTERN.sub(match, "banana")
    return t


def fails(x):
    seen[stack(4)] += 1
    raise KeyError(x)


def catches(n):
    s = 0
    for i in range(n):
        try:
            sorted((i, 1), key=fails)
        except KeyError as e:
            s += 1
            tb = e.__traceback__
            seen["tb", tuple(l for _, l in traceback.walk_tb(tb)), tb.tb_frame.f_lineno] += 1
            last = tb.tb_next.tb_frame
            seen["back", last.f_back.f_code.co_name, last.f_back.f_lineno] += 1
    return s


class Descends:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        seen[stack(2)] += 1
        return self.n


def iterates(n):
    s = 0
    for i in range(n):
        a, b = Descends(2)
        s += a
        s += sum(Descends(3))
        s += len(set(Descends(2)))
    return s


def identical(n):
    same = 0
    for i in range(n):
        same += frames_are_one()
    return same


def frames_are_one():
    f = sys._getframe(1)
    return f is sys._getframe().f_back and f is inspect.currentframe().f_back


def same_from_callback(x):
    f = sys._getframe(1)
    return f is sys._getframe(1) is sys._getframe().f_back


def all_same(n):
    good = True
    for i in range(n):
        good = good and all(list(map(same_from_callback, (1, 2))))
    return good


outer(N)
report("inlined")
through_builtins(N)
report("builtins")
through_re(N // 4)
report("re")
catches(N)
report("catches")
iterates(N // 2)
report("iterates")
print(identical(N), all_same(N))


class Handler(logging.Handler):
    def emit(self, record):
        seen[record.funcName, record.lineno, record.filename == THIS] += 1


log = logging.getLogger("callers")
log.addHandler(Handler())
log.propagate = False


def logs(x):
    if x % 2:
        log.error("odd")
    else:
        log.warning("even")
    return 1


def log_loop(n):
    for i in range(n):
        logs(i)
        sorted((i, 2), key=logs)


log_loop(N // 3)
report("logging")


def warns(x):
    warnings.warn("w", stacklevel=2)
    return x


def warned(x):
    a = warns(x)
    return sorted((a, 3), key=warns)[0]


lines(lambda: loop(warned, N))
report("stacklevel")


class Dying:
    def __del__(self):
        seen[stack(2)[1:]] += 1


def dies(n):
    for i in range(n):
        Dying()


dies(N)
report("finalizers")
