# _xxsubinterpreters as far as the one interpreter of a process goes.
import _xxsubinterpreters as x


def attempt(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except BaseException as e:
        print(type(e).__name__, e)


m, c = x.get_main(), x.get_current()
print(repr(m), m == c, m is c, int(m), str(m), hash(m) == hash(0), m == 0, 0 == m, m != 1, m == "0", type(m), x.list_all())
print(m.__index__(), [10, 20][m], {m: 1}[0], "%d" % m, float(m), bool(m), m == 0.0, oct(m))
attempt(lambda: m < 1)
attempt(lambda: m + 1)
I = x.InterpreterID
for a in (0, 1, -1, "0", "x", 1.0, m, None, 1 << 70, True):
    attempt(I, a)
attempt(I, 10, force=True)
attempt(I, 10**20, force=True)
attempt(I)
attempt(I, id=0)
attempt(I, 0, 1, 2)
attempt(I, 0, foo=1)
print(I.__mro__)
for f in (x.is_running, x.destroy):
    for a in (0, m, 5, -1, "0", 1.5):
        attempt(f, a)
    attempt(f)
    attempt(f, id=0)
attempt(x.run_string, 0, "pass")
attempt(x.run_string, 5, "pass")
attempt(x.run_string, 0, 5)
attempt(x.run_string, 0, "x", {"a": 1})
attempt(x.run_string, 0)
attempt(x.run_string, 0, b"x")
attempt(x.run_string, 0, "a\0b")
for o in (None, 1, "a", b"b", True, 1.5, (), [], 1 << 80, object(), x.get_main(), type, "\xe9\ud800"):
    attempt(x.is_shareable, o)
attempt(x.is_shareable)
for name in ("RunFailedError", "ChannelError", "ChannelNotFoundError", "ChannelClosedError", "ChannelEmptyError", "ChannelNotEmptyError"):
    e = getattr(x, name)
    print(name, e.__mro__, e.__module__, e.__doc__)
attempt(x.list_all, 1)
attempt(x.get_main, 1)
