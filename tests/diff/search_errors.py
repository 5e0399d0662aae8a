# `in`, `operator.indexOf` and `countOf` over what cannot be iterated: any TypeError of `__iter__` becomes theirs, other errors
# and those of `__next__` stay.
import operator


class Refuses:
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        raise self.error


class Fails:
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        return self

    def __next__(self):
        raise self.error


class Wrong:
    def __iter__(self):
        return 3


class Nothing:
    __iter__ = None


class NoContainer:
    __contains__ = None

    def __iter__(self):
        return iter([1])


class Old:
    def __getitem__(self, i):
        if i > 3:
            raise IndexError
        return i


class OldFails:
    def __getitem__(self, i):
        raise TypeError("item")


things = [
    Refuses(TypeError("mine")),
    Refuses(ValueError("mine")),
    Refuses(KeyError("mine")),
    Fails(TypeError("next")),
    Fails(ValueError("next")),
    Wrong(),
    Nothing(),
    NoContainer(),
    Old(),
    OldFails(),
    object(),
    3,
    None,
    type,
    (x for x in [1, 2, 1]),
]


def attempt(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return f"{type(e).__name__}: {e} / {type(e.__context__).__name__} {type(e.__cause__).__name__}"


def inside(x, c):
    return x in c


def outside(x, c):
    return x not in c


for t in things:
    name = type(t).__name__
    print(name, "in:", attempt(inside, 1, t))
    print(name, "not in:", attempt(outside, 1, t))
    print(name, "contains:", attempt(operator.contains, t, 1))
    print(name, "indexOf:", attempt(operator.indexOf, t, 1))
    print(name, "countOf:", attempt(operator.countOf, t, 1))

for _ in range(400):
    r = attempt(inside, 1, things[0])
print(r)
