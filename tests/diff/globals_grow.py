"""Globals that come, go and hide builtins while code that has looked them up is hot."""
import builtins
import types


def total(n):
    t = 0
    for i in range(n):
        t += abs(i - n) + limit
    return t


limit = 3
for n in range(300):
    total(n)
print(total(50))

# More names, so many that the table of globals grows: nothing that was found moves.
for n in range(200):
    globals()[f"name_{n}"] = n
    assert total(20) == total.__globals__["total"](20)
print(total(50), name_7 + name_199)


# Names that hide builtins, one after the other, and uncover them again.
def abs(x):
    return 1000


print(total(50))


def range(n):
    return (n, n, n)


print(total(50))
del abs
print(total(50))
del range
print(total(50))

# Names that go, after which others are where they were.
for n in [*globals()]:
    if n.startswith("name_") and n != "name_7":
        del globals()[n]
print(total(50), name_7)
limit = 5
print(total(50))
del limit
try:
    total(5)
except NameError as e:
    print(e)
limit = 7
print(total(50))

# Keys of other types, before and after a builtin is hidden.
space = {"__builtins__": builtins}
exec("def f(n):\n    t = 0\n    for i in [1, 2, 3] * n: t += len([i, i])\n    return t", space)
f = space["f"]
for n in [20] * 40:
    f(n)
space[1] = 2
print(f(5))
space["len"] = lambda x: 50
print(f(5))
for n in [20] * 40:
    f(n)
print(f(5))
del space["len"]
print(f(5))


class Named(str):
    def __hash__(self):
        return hash("len")

    def __eq__(self, other):
        return other == "len"


space[Named("something else")] = lambda x: 7
print(f(5))

# A builtin that comes, one that changes, one that goes.
exec("def g(n):\n    t = 0\n    for i in [1, 2, 3] * n: t += late(i)\n    return t", space := {"__builtins__": vars(builtins)})
g = space["g"]
try:
    g(1)
except NameError as e:
    print(e)
builtins.late = lambda x: x + 1
for n in [20] * 40:
    g(n)
print(g(4))
builtins.late = lambda x: x + 2
print(g(4))
builtins.later = 1
print(g(4))
space["late"] = lambda x: x + 3
print(g(4))
del space["late"], builtins.later
print(g(4))
del builtins.late
try:
    g(1)
except NameError as e:
    print(e)

# The dict of a module.
m = types.ModuleType("m")
m.value = 4


def read(n):
    t = 0
    for i in [0] * n:
        t += m.value
    return t


for n in [20] * 40:
    read(n)
for n in [*"abcdefghijklmnop"]:
    setattr(m, n, n)
    assert read(20) == 80
m.value = 5
print(read(10))
del m.a
print(read(10))
del m.value
try:
    read(10)
except AttributeError as e:
    print(e)


# Globals made in turn with calls of hot functions, as scripts do.
def work(n):
    return sum(len(str(i)) for i in [*map(int, "0123456789")] * n)


a = work(300)
b = work(300)
c = max(a, b)
sum = lambda values: [*values].__len__()
d = work(300)
del sum
e = work(300)
print(a, b, c, d, e)
