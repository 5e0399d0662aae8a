# zip keeps its last tuple, and so what is in it, as long as nobody else had the one before.
import sys


def counts(n):
    objects = [object() for _ in range(n)]
    return [sys.getrefcount(o) for o, _ in zip(objects, range(n))], [sys.getrefcount(o) for o in objects]


print(counts(4))
a, b = [object(), object()], [object(), object()]
z = zip(a, b)
x, y = next(z)
print(sys.getrefcount(x), sys.getrefcount(y))
t = next(z)
print(sys.getrefcount(x), sys.getrefcount(t), sys.getrefcount(t[0]))
print(next(z, "end"), sys.getrefcount(t), sys.getrefcount(t[0]))
del z
print(sys.getrefcount(t), sys.getrefcount(t[0]))

# A tuple that somebody has is not the one that is kept from then on.
z = zip(range(5), "abcde")
first = next(z)
second = next(z)
third = next(z)
print(sys.getrefcount(first), sys.getrefcount(second), sys.getrefcount(third), first, second, third)
print([sys.getrefcount(t) for t in list(zip("ab", "cd"))])


class W:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)


log = []
for w, i in zip(map(W, range(4)), range(10)):
    del w
    log.append(("body", i))
print(log)
log = []
z = zip(map(W, range(3)))
next(z)
log.append("one")
next(z)
log.append("two")
del z
print(log)


# Loops that are compiled: what they keep does not pile up, and nothing dies twice.
def hot(n):
    total = 0
    objects = [object() for _ in range(n)]
    for o, i in zip(objects, range(n)):
        total += i
    for (o, i), k in zip(zip(objects, range(n)), range(n)):
        total += i * k
    return total, {sys.getrefcount(o) for o in objects}


print(hot(5000))
for _ in range(400):
    hot(3)
print(hot(5))


def interrupted(z, n):
    total = 0
    for a, b in z:
        total += b
        if total > n:
            break
    return total


items = [[k] for k in range(6000)]
z = zip(items, range(6000))
print(interrupted(z, 100), next(z), interrupted(z, 5_000_000), next(z))
del z
print({sys.getrefcount(k) for k in items})


# What dies as it is replaced may ask the zip for more.
class Asks:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log.append(self.n)
        if self.n == 1:
            log.append(("asked", next(z, None)[1]))


log = []
z = zip(map(Asks, range(6)), range(10))
for a, b in z:
    log.append(b)
    del a
print(log)
hashes = []
for t in zip("abc", range(3)):
    hashes.append(hash(t))
    del t
print(len(set(hashes)))
print(list(zip(zip("ab", "cd"), zip("ef", "gh"))), dict(zip("ab", [1, 2])), sorted(zip([3, 1, 2], "xyz")), max(zip([3, 1, 2], "xyz")))
try:
    for t in zip("ab", "c", strict=True):
        print(t)
except ValueError as e:
    print(e)
