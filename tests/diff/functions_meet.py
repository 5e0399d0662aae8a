"""Functions of one name, one with a closure and one without, meet behind an `if`: who drops what."""


def choose(value, stop=None):
    if stop is None:
        def wrapped(f):
            return hasattr(f, "inner")
    else:
        def wrapped(f):
            return hasattr(f, "inner") and not stop(f)
    n = 0
    while wrapped(value):
        value = value.inner
        n += 1
    return n


class Node:
    def __init__(self, inner):
        self.inner = inner


plain, once, twice = object(), Node(object()), Node(Node(object()))


def never(f):
    return False


def always(f):
    return True


def run(n):
    total = 0
    for i in range(n):
        total += choose(plain)
        if i % 3 == 0:
            total += choose(plain, never)
        if i % 5 == 0:
            total += choose(once) + choose(twice, always)
        if i % 7 == 0:
            total += choose(twice, never)
    return total


print(run(4000))


def pairs(n):
    """Tuples that meet, some with another inside."""
    total = 0
    for i in range(n):
        if i % 2:
            t = (i, (i, 1))
        else:
            t = (i, None)
        total += t[0] + (t[1][1] if t[1] else 2)
    return total


print(pairs(4000))
