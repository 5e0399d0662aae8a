"""`isinstance` in hot loops: numbers, builtin classes, tuples of classes, classes that change, `__class__` that lies."""
from abc import ABC
from numbers import Number


class A:
    pass


class B(A):
    pass


class Liar:
    @property
    def __class__(self):
        return A


class Meta(type):
    def __instancecheck__(cls, x):
        return x == 3


class Odd(metaclass=Meta):
    pass


class Abstract(ABC):
    pass


Abstract.register(str)
KINDS = (int, str)


def check(values):
    out = []
    for v in values:
        out.append((
            isinstance(v, int), isinstance(v, float), isinstance(v, bool), isinstance(v, tuple),
            isinstance(v, (int, tuple)), isinstance(v, KINDS), isinstance(v, A), isinstance(v, (A, list)),
            isinstance(v, Odd), isinstance(v, Abstract), isinstance(v, object), isinstance(v, Number),
        ))
    return out


values = [1, 2.5, True, None, (1,), "s", A(), B(), Liar(), 10**30, [], 3]
for _ in range(30):
    got = check(values)
for v, row in zip(values, got):
    print(type(v).__name__, "".join("x" if r else "." for r in row))


def only(v):
    n = 0
    for _ in range(200):
        if isinstance(v, tuple):
            n += 1
        elif isinstance(v, A):
            n += 2
        else:
            n += 3
    return n


print([only(v) for v in values])


def changing():
    class C:
        pass

    class D(C):
        pass

    class E:
        pass

    d, got = D(), []
    for k in range(120):
        got.append(isinstance(d, C) + 2 * isinstance(d, E) + 4 * isinstance(d, tuple))
        if k == 60:
            D.__bases__ = (E,)
        if k == 90:
            D.__bases__ = (C, E)
        if k == 100:
            d.__class__ = C
    return got


print(changing())
