# Code that was hot, its globals and its classes die like any other once nothing leads to them.
import gc
import weakref

SOURCE = """
import functools

class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y
    def norm(self):
        return self.x * self.x + self.y * self.y

class Last:
    def __init__(self, log):
        self.log = log
    def __del__(self):
        # Runs while the collector takes apart what it refers to.
        self.log.append(total(40))

def total(n):
    t = 0
    for i in range(n):
        t += Point(i, 1).norm()
    return t

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def outer(n):
    def inner(i):
        return i + n
    def gen():
        for i in range(n):
            yield inner(i)
    t = 0
    for i in gen():
        t += i
    return t + sum([inner(i) for i in range(n)])

def caught(n):
    k = 0
    for i in range(n):
        try:
            if i % 3 == 0:
                raise KeyError(i)
            k += 1
        except KeyError:
            k += 2
    return k

@functools.lru_cache(maxsize=None)
def cached(n):
    return total(n % 7)

def run(n):
    r = 0
    for i in range(n):
        r += total(20) + outer(5) + caught(6) + cached(i)
    return r + fib(12)

keep = Last(log)
result = run(60)
"""


def round(log):
    namespace = {"log": log}
    exec(compile(SOURCE, "made", "exec"), namespace)
    names = ["Point", "total", "fib", "outer", "caught", "run", "keep"]
    watched = [weakref.ref(namespace[n]) for n in names]
    watched += [weakref.ref(namespace[n].__code__) for n in names[1:6]]
    return namespace["result"], watched


def dead(watched):
    return sum(w() is None for w in watched)


log = []
everything = []
for n in range(8):
    result, watched = round(log)
    everything.append(watched)
    gc.collect()
    print(n, result, dead(watched), "of", len(watched), log[-1:])
print([dead(w) for w in everything], len(log))

# One of its functions is still there: with it everything that it refers to.
log = []
namespace = {"log": log}
exec(compile(SOURCE, "made", "exec"), namespace)
total, code = namespace["total"], weakref.ref(namespace["run"].__code__)
del namespace
gc.collect()
# What calls it dies, too: compiled code of a caller would keep it alive.
exec("print([total(n) for n in (10, 20, 500)])", {"total": total})
print(code() is None, log)
total = None
gc.collect()
print(code() is None, log)

# Only the code of one is still there, and gets other globals.
namespace = {"log": log}
exec(compile(SOURCE, "made", "exec"), namespace)
code = namespace["total"].__code__
del namespace
gc.collect()


class Point:
    def __init__(self, x, y):
        self.t = x + y

    def norm(self):
        return self.t


copy = type(round)(code, globals())
print([copy(n) for n in (3, 100, 600)], copy.__code__ is code)
gc.collect()
print(copy(50))


# A function that takes its own code away while it runs, and one whose code is another's afterwards.
def itself(n):
    global itself
    t = 0
    for i in range(n):
        t += i
        if i == n - 2:
            itself = None
            gc.collect()
    return t


for n in range(5):
    itself = type(round)(compile("def f(n):\n    global itself\n    t = 0\n    for i in range(n):\n        t += i\n"
        "        if i == n - 2:\n            itself = None\n            gc.collect()\n    return t\n", "f", "exec").co_consts[0], globals())
    print(itself(700), itself)
