# What sys.getrefcount says does not depend on what is compiled.
import sys


def counts(items):
    seen = set()
    for i in range(3000):
        x = [i]
        before = sys.getrefcount(x)
        items.append(x)
        y = x
        after = sys.getrefcount(x)
        items.pop()
        seen.add((before, after, sys.getrefcount(y)))
    return seen


def inner(x):
    return sys.getrefcount(x)


def nested(n):
    seen = set()
    for i in range(n):
        x = object()
        seen.add(inner(x) - sys.getrefcount(x))
    return seen


print(counts([]), nested(3000))
