# isinstance of classes whose metaclass answers in Python: what is called with what, what counts as an answer, errors and
# their tracebacks, and what is alive meanwhile.
import sys
import traceback
import weakref
from abc import ABC, ABCMeta


class Meta(type):
    def __instancecheck__(cls, inst):
        log.append((cls.__name__, type(inst).__name__))
        return inst in cls.accepted


class Named(metaclass=Meta):
    accepted = (1, 2.5, "x", True)


log = []


def ask(values):
    n = 0
    for v in values:
        if isinstance(v, Named):
            n += 1
    return n


for _ in range(60):
    r = ask([1, 2, 2.5, 3.5, "x", "y", True, None, [], Named, 10**30])
print(r, len(log), log[:11])
log.clear()
own = Named()
for _ in range(60):
    assert isinstance(own, Named)
print("own class is not asked for", log)


# As pandas makes its own.
def create(name, attr, comp):
    def _check(inst):
        return getattr(inst, attr, "_typ") in comp

    @classmethod
    def _instancecheck(cls, inst):
        return _check(inst) and not isinstance(inst, type)

    @classmethod
    def _subclasscheck(cls, inst):
        return False

    return type("ABCBase", (type,), {"__instancecheck__": _instancecheck, "__subclasscheck__": _subclasscheck})(name, (), {})


Series = create("Series", "_typ", ("series",))
Index = create("Index", "_typ", {"index", "rangeindex"})


class S:
    _typ = "series"


class I(S):
    _typ = "rangeindex"


def kinds(v):
    return isinstance(v, Series) * 1 + isinstance(v, Index) * 2 + isinstance(v, (Series, str)) * 4


total = []
for k in range(400):
    total.append([kinds(v) for v in (S(), I(), S, 1, 1.5, "s", None)])
print(total[0], total[-1], all(t == total[0] for t in total))


# Answers that are no bools.
class Odd(type):
    def __instancecheck__(cls, inst):
        return inst


class Any(metaclass=Odd):
    pass


class Angry:
    def __bool__(self):
        raise KeyError("angry")


def truth(v):
    return isinstance(v, Any)


for k in range(300):
    rows = [truth(v) for v in (0, 1, "", "a", [], [0], None, 0.0, 1.5)]
print(rows)
for k in range(300):
    try:
        truth(Angry())
        print("?")
    except KeyError as e:
        last = e
print(repr(last), [f.name for f in traceback.extract_tb(last.__traceback__)])


# Errors.
class Failing(type):
    def __instancecheck__(cls, inst):
        if inst == 250:
            raise ValueError(inst)
        return inst % 2 == 0


class F(metaclass=Failing):
    pass


def failing(n):
    found = 0
    for k in range(n):
        try:
            found += isinstance(k, F)
        except ValueError as e:
            print("raised", e, [f.name for f in traceback.extract_tb(e.__traceback__)])
    return found


print(failing(600))


class Wrong(type):
    def __instancecheck__(cls):
        return True


class W(metaclass=Wrong):
    pass


for k in range(3):
    try:
        isinstance(1, W)
    except TypeError as e:
        print(e)


class Lazy(type):
    def __instancecheck__(cls, inst):
        yield inst


class L(metaclass=Lazy):
    pass


print([isinstance(k, L) for k in range(3)])


# Frames are those of CPython.
class Looking(type):
    def __instancecheck__(cls, inst):
        names.append([sys._getframe(k).f_code.co_name for k in range(2)])
        return True


class Seen(metaclass=Looking):
    pass


names = []


def caller():
    return isinstance(0, Seen)


for k in range(5):
    caller()
print(names)


# What is asked about lives as long as the answer takes.
class Keeping(type):
    def __instancecheck__(cls, inst):
        r = weakref.ref(inst)
        del inst
        return r() is not None


class K(metaclass=Keeping):
    pass


class Thing:
    pass


thing = Thing()
print({isinstance(thing, K) for k in range(300)})


# Deep.
class Deep(type):
    def __instancecheck__(cls, n):
        return True if n == 0 else isinstance(n - 1, D)


class D(metaclass=Deep):
    pass


sys.setrecursionlimit(20000)
print(isinstance(9000, D))
sys.setrecursionlimit(200)
try:
    isinstance(100000, D)
except RecursionError as e:
    print(type(e).__name__)
sys.setrecursionlimit(1000)


# A metaclass that changes.
def changing():
    out = []
    for k in range(600):
        if k == 300:
            Odd.__instancecheck__ = lambda cls, inst: inst == 5
        if k == 500:
            del Odd.__instancecheck__
        out.append(isinstance(5, Any))
    return out.count(True), out[299], out[300], out[499], out[500]


print(changing())


class Abstract(ABC):
    pass


class Registered:
    pass


Abstract.register(Registered)
print({(isinstance(Registered(), Abstract), isinstance(3, Abstract)) for k in range(300)})


# Tuples in tuples end where CPython's do.
def nest(n, what):
    for _ in range(n):
        what = (what,)
    return what


def deepest(check, v):
    low, high = 1, 2000
    said = None
    while low < high:
        middle = (low + high) // 2
        t = nest(middle, str)
        try:
            check(v, t)
            low = middle + 1
        except RecursionError as e:
            high, said = middle, str(e)
    return low, said


print(deepest(isinstance, ""), deepest(issubclass, str))
print(isinstance("", nest(100, (int, str))), issubclass(bytes, nest(100, (int, str))))


# `__class__` is asked for by whatever the class has for attributes.
class Stands:
    def __init__(self, real):
        self._Stands__real = real

    def __getattribute__(self, name):
        if name.startswith("_Stands__"):
            return object.__getattribute__(self, name)
        return getattr(self.__real, name)


class Plain:
    pass


class Hooked:
    def __getattr__(self, name):
        return Plain


held = Plain()
for subject in (Stands(held), weakref.proxy(held), Hooked(), held, 5):
    n = 0
    for _ in range(40):
        n += isinstance(subject, Plain)
        n += isinstance(subject, (int, Plain)) * 100
    matched = 0
    for _ in range(40):
        match subject:
            case Plain():
                matched += 1
    print(n, matched)
