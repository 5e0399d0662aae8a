# Attributes that Python code provides, in hot loops: `__get__`, `__set__`, setters, `__setattr__`, and classes that change.
import enum
import sys
import threading


class Typed:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        return obj.__dict__[self.name]

    def __set__(self, obj, v):
        if v == "bad":
            raise ValueError(f"no {v} in {sys._getframe(1).f_code.co_name}")
        obj.__dict__[self.name] = v


class NonData:
    def __get__(self, obj, owner):
        if obj.n == 77:
            raise AttributeError("none of these")
        return owner.__name__, obj.n


class A:
    c = Typed()
    lazy = NonData()

    def __init__(self, c):
        self.n = 0
        self.c = c

    @property
    def f(self):
        return self.c * 2

    @f.setter
    def f(self, v):
        self.c = v // 2

    readonly = property(lambda self: self.n)


class Slots:
    __slots__ = ("n", "__dict__")
    lazy = NonData()


class Notes:
    def __init__(self):
        object.__setattr__(self, "log", [])

    def __setattr__(self, name, v):
        if len(self.log) < 5:
            self.log.append(name)
        object.__setattr__(self, name, v)


class Color(enum.Enum):
    RED = 1
    GREEN = 2

    @property
    def other(self):
        return Color(3 - self.value)


def reads(n):
    a, t, s = A(1), 0, Slots()
    s.n = 5
    for i in range(n):
        a.c = i
        t += a.c
        a.f = a.f + 2
        t += a.f
        a.n = i
        t += a.lazy[1] if i != 77 else 1
        t += s.lazy[1]
    return t, a.__dict__, A.c.name


def errors(n):
    a, out = A(1), {}
    for i in range(n):
        try:
            a.c = "bad" if i % 50 == 7 else i
        except ValueError as e:
            out[str(e)] = e.__traceback__.tb_next.tb_frame.f_code.co_name
        try:
            a.n = i
            a.lazy
        except AttributeError as e:
            out[str(e)] = i
        try:
            a.readonly = 1
        except AttributeError as e:
            out[str(e)] = out.get(str(e), 0) + 1
    return out


def hidden(n):
    a, out = A(1), []
    for i in range(n):
        if i == n // 2:
            a.lazy = "own"
        if i == n // 2 + 4:
            del a.lazy
        if i == n // 2 + 8:
            NonData.__set__ = lambda self, obj, v: None
            a.__dict__["lazy"] = "behind"
        if i == n // 2 + 12:
            del NonData.__set__
        r = a.lazy
        r = r if isinstance(r, str) else r[0]
        if not out or out[-1] != r:
            out.append(r)
    return out


def changed_setter(n):
    class B:
        @property
        def p(self):
            return self._p

        @p.setter
        def p(self, v):
            self._p = v

    b, out = B(), []
    for i in range(n):
        if i == n // 2:
            B.p = B.p.setter(lambda self, v: setattr(self, "_p", "other"))
        b.p = "first"
        if not out or out[-1] != b.p:
            out.append(b.p)
    return out


def set_attributes(n):
    x = Notes()
    for i in range(n):
        x.a = i
        x.b = x.a + 1
    return x.log, x.a, x.b


def with_dict(n):
    a = A(3)
    d = vars(a)
    for i in range(n):
        a.n = i
        d["m"] = i
        a.k = a.m + a.n
        if i == n // 2:
            del d["k"]
    return d


class Dies:
    gone = 0

    def __del__(self):
        Dies.gone += 1


def old_values_die(n):
    a, out = A(1), set()
    vars(a)
    for i in range(n):
        a.q = Dies()
        out.add(Dies.gone - i)
    return out, Dies.gone


def enums(n):
    c, t = Color.RED, 0
    for i in range(n):
        c = c.other
        t += c.value + len(c.name)
    return t, c


def locks(n):
    lock, r, t = threading.Lock(), threading.RLock(), 0
    for i in range(n):
        with lock:
            t += lock.locked()
            with r as got:
                t += got
        try:
            with lock:
                if i % 50 == 0:
                    raise KeyError(i)
        except KeyError:
            t += 10
    return t, lock.locked()


class Neg:
    def __init__(self, n):
        self.n = n

    def __neg__(self):
        return Neg(-self.n)

    def __pos__(self):
        return self

    def __invert__(self):
        if self.n == 300:
            raise OverflowError(self.n)
        return ~self.n

    def __contains__(self, x):
        if x == 200:
            raise LookupError(x)
        return x % self.n if x % 2 else x % 3 == 0


def operators(n):
    t, a = 0, Neg(5)
    for i in range(n):
        t += (-a).n + (+a).n + ~Neg(i if i != 300 else 1)
        try:
            t += (i in a) + 2 * (i not in a)
            ~Neg(i)
        except (LookupError, OverflowError) as e:
            t += e.args[0]
    return t


print(reads(600))
print(errors(600))
print(hidden(900))
print(changed_setter(900))
print(set_attributes(600))
print(with_dict(900))
print(old_values_die(600))
print(enums(900))
print(locks(600))
print(operators(900))
