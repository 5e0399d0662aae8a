"""What dies with a frame is called from the caller: no one sees the frame that is going."""
import sys
import weakref


class D:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        print(self.n, [sys._getframe(i).f_code.co_name for i in range(1, 3)])


def f(a):
    d = D("f")
    return 1


def g():
    d = D("g")
    x = D("g2")
    f(D("arg"))
    for i in range(3):
        d2 = D("loop")
    return None


def h():
    d = D("h")
    raise KeyError


def gen():
    d = D("gen")
    yield 1


class K:
    def __init__(self):
        d = D("init")

    def __len__(self):
        d = D("len")
        return 3

    def __getitem__(self, i):
        d = D("item")
        return i


def outer():
    g()
    try:
        h()
    except KeyError:
        pass
    list(gen())
    [D("c") for _ in range(2)]
    (lambda: D("l"))()
    k = K()
    len(k), k[1]


outer()

log = []
kept = []


class O:
    pass


def cb(w):
    kept.append(sys._getframe(1))
    log.append((sys._getframe(1).f_code.co_name, sys._getframe(1).f_lineno))


def inner():
    o = O()
    kept.append(weakref.ref(o, cb))
    return 1


def many():
    for _ in range(700):
        inner()


many()
print(len(log))
import gc

gc.collect()
print(all(f.f_lineno and f.f_locals is not None for f in kept if not isinstance(f, weakref.ref)))
log.clear()
kept.clear()


def profiler(frame, event, arg):
    if frame.f_code.co_name in ("inner", "cb"):
        back = frame.f_back.f_code.co_name
        log.append((event, frame.f_code.co_name, back))
        kept.append(frame)


sys.setprofile(profiler)
inner()
inner()
sys.setprofile(None)
print(*log, sep="\n")
gc.collect()
