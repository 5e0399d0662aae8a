# Exceptions raised and handled in compiled loops.
import sys
import traceback


class Odd(Exception):
    pass


class Deep(Odd):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b


def check(i):
    if i & 3 == 3:
        raise Odd(i)
    return i


def plain(n):
    r = 0
    for i in range(n):
        try:
            r += check(i)
        except Odd as e:
            r -= e.args[0]
        finally:
            r += 1
    return r


for _ in range(30):
    r = plain(100)
print(r, plain(1000), sys.exc_info())


def shape(e):
    tb = e.__traceback__
    rows = []
    while tb:
        f = tb.tb_frame
        rows.append((f.f_code.co_name, tb.tb_lineno - f.f_code.co_firstlineno, f.f_lineno - f.f_code.co_firstlineno))
        tb = tb.tb_next
    return rows


def fails(i, kind):
    local = i * 2
    if kind == 0:
        return {}[local]
    if kind == 1:
        return [][local]
    if kind == 2:
        return None.attribute
    if kind == 3:
        return int("x" + str(local))
    if kind == 4:
        raise Deep(i, local)
    if kind == 5:
        return local / (i - i)
    if kind == 6:
        raise ValueError(i) from KeyError(local)
    if kind == 7:
        raise Odd
    return local


def middle(i, kind):
    return fails(i, kind) + 1


def many(n, kind):
    seen = {}
    r = 0
    for i in range(n):
        try:
            r += middle(i, kind)
        except KeyError as e:
            seen["key"] = shape(e), e.args
        except (IndexError, AttributeError) as e:
            seen["other"] = shape(e), str(e)
        except Deep as e:
            seen["deep"] = shape(e), e.b, e.__traceback__.tb_next.tb_next.tb_frame.f_locals["local"]
        except Odd as e:
            seen["odd"] = shape(e), e.__context__
        except ValueError as e:
            seen["value"] = shape(e), repr(e.__cause__), e.__suppress_context__
        except ZeroDivisionError:
            seen["zero"] = shape(sys.exc_info()[1])
        else:
            r += 1
    return r, sorted(seen.items())


for kind in range(9):
    print(kind, many(3, kind) == many(3, kind), many(120, kind))


# Handlers inside a function that is inlined.
def get(d, k):
    try:
        return d[k]
    except KeyError:
        return -1


def lookups(n):
    d = {i: i for i in range(0, n, 2)}
    r = 0
    for i in range(n):
        r += get(d, i)
    return r


for _ in range(20):
    r = lookups(80)
print(r)


# finally, re-raising, nested handlers, contexts.
def nested(n, log):
    for i in range(n):
        try:
            try:
                if i % 2:
                    raise Odd(i)
            finally:
                log.append(i)
        except Odd as e:
            try:
                raise ValueError(i)
            except ValueError as v:
                log.append((v.__context__ is e, sys.exc_info()[1] is v))
            log.append(sys.exc_info()[1] is e)
        log.append(sys.exc_info()[1] is None)
    return log


for _ in range(20):
    r = nested(20, [])
print(r)


def again(n):
    r = []
    for i in range(n):
        try:
            try:
                raise Odd(i)
            except Odd as e:
                if i % 3 == 0:
                    raise
                if i % 3 == 1:
                    raise KeyError(i) from e
        except (Odd, KeyError) as e:
            r.append((type(e).__name__, shape(e), repr(e.__cause__)))
    return r


print(again(100)[-3:])


# Destructors of the locals of frames that are left.
class Noisy:
    def __init__(self, log, n):
        self.log, self.n = log, n

    def __del__(self):
        self.log.append(self.n)


def with_noise(log, i):
    a = Noisy(log, ("a", i))
    b = Noisy(log, ("b", i))
    if i % 2:
        raise Odd(i)
    return a


def noise(n):
    log = []
    for i in range(n):
        try:
            x = with_noise(log, i)
            log.append(("made", i))
        except Odd as e:
            log.append(("caught", i))
        log.append(("after", i))
    return log


for _ in range(20):
    r = noise(20)
print(r[-12:])


# with
class Manager:
    def __init__(self, log, swallow):
        self.log, self.swallow = log, swallow

    def __enter__(self):
        self.log.append("enter")
        return self

    def __exit__(self, kind, value, tb):
        self.log.append(("exit", kind and kind.__name__, value and value.args, tb and tb.tb_lineno > 0))
        return self.swallow


def managed(n):
    log = []
    m = Manager(log, True)
    for i in range(n):
        with m as got:
            if i % 3 == 0:
                raise Odd(i)
            log.append(got is m)
    return log


for _ in range(20):
    r = managed(30)
print(r[-9:], len(r))


def leaves(n):
    log = []
    for i in range(n):
        try:
            with Manager(log, False):
                if i % 3 == 0:
                    raise Odd(i)
        except Odd as e:
            log.append(shape(e))
    return log


for _ in range(20):
    r = leaves(30)
print(r[-5:])


# StopIteration by hand, iterators that end.
def by_hand(n):
    it = iter(range(n))
    r = 0
    while True:
        try:
            r += next(it)
        except StopIteration:
            break
    return r


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


for _ in range(40):
    r = by_hand(60), sum(x for x in Countdown(30))
    for x in Countdown(25):
        r += (x,)
print(r[:2], len(r))


# Uncaught in the loop, caught by the caller; an exception kept beyond the loop.
def raises(n):
    for i in range(n):
        if i == n - 1:
            raise Odd("end")


kept = None
for k in range(1, 200):
    try:
        raises(k)
    except Odd as e:
        kept = e
print(shape(kept), kept.__traceback__.tb_next.tb_frame.f_locals)


def keeps(n):
    out = []
    for i in range(n):
        try:
            check(i)
        except Odd as e:
            out.append(e)
    return out


es = keeps(400)
print(len(es), shape(es[-1]), es[-1].__traceback__.tb_next.tb_frame.f_locals, es[3].__traceback__.tb_frame.f_locals["n"])
print("".join(traceback.format_exception(es[50])).replace(__file__, "FILE"))


# An error in a handler goes on from there; bare names that are not exceptions.
def bad(n):
    r = []
    for i in range(n):
        try:
            try:
                check(i)
            except "Odd":
                pass
        except TypeError as e:
            r.append(str(e))
    return r


print(bad(100)[-1])
for i in range(300):
    try:
        raise 5
    except TypeError as e:
        m = str(e)
print(m)
