"""Names, isinstance and keywords whose answers a call site has cached, and that change."""
import builtins
import gc
import sys


def section(title):
    print("--", title)


section("a global that changes")
counter = 0
LIMIT = 3


def read():
    return counter, LIMIT


for n in range(30):
    counter = n
    assert read() == (n, 3), read()
LIMIT = "changed"
print(read())
del LIMIT
try:
    read()
except NameError as e:
    print("NameError", e)
LIMIT = 2**70
print(read())


section("a builtin that is hidden, replaced and back")


def length(x):
    return len(x)


print([length("abc") for _ in range(20)][-1])
len = lambda x: "hidden"
print(length("abc"))
del len
print(length("abc"))
old = builtins.len
builtins.len = lambda x: "replaced"
print(length("abc"))
builtins.len = old
print(length("abc"))
for n in range(20):
    globals()["len"] = lambda x, n=n: n
    assert length("abc") == n
    del globals()["len"]
    assert length("abc") == 3
print(length("abcd"))


section("one code object, many globals")
code = compile("def f():\n    return value, abs(-1)\n", "<many>", "exec")
for n in range(50):
    space = {"value": n}
    exec(code, space)
    f = space["f"]
    assert f() == (n, 1)
    if n % 3 == 0:
        space["value"] = -n
        assert f() == (-n, 1)
    if n % 7 == 0:
        space["__builtins__"] = {"abs": lambda x: "own"}
        g = type(f)(f.__code__, space)
        assert g() == (space["value"], "own"), g()
        assert f() == (space["value"], 1)
    del space, f
    if n % 10 == 0:
        gc.collect()
print("done")


section("the same function code under two dicts in turn")


def make(space):
    return type(read)(read.__code__, space)


first, second = {"counter": 1, "LIMIT": 2}, {"counter": "a", "LIMIT": "b"}
one, two = make(first), make(second)
print([(one(), two()) for _ in range(12)][-1])
second["LIMIT"] = None
print(one(), two())


section("names of a module's code")
total = 0
for n in range(40):
    total = total + n
    if n == 20:
        del total
        total = 100
print(total, n)
for n in range(12):
    if n % 4 == 3:
        abs = lambda x: "mine"
    elif n % 4 == 0 and n:
        del abs
    print(abs(-n), end=" ")
print()
del abs
namespace = {"log": []}
exec("for i in range(5):\n    log.append(i)\n    x = i\n", namespace)
print(namespace["log"], namespace["x"])
body = compile("for i in range(4):\n    y = x\n    x = y + 1\nresult = x\n", "<body>", "exec")
for n in range(4):
    glob, loc = {"x": 10}, {}
    exec(body, glob) if n % 2 else exec(body, glob, loc)
    print(glob.get("result"), loc.get("result"), glob["x"])


class Body:
    found = []
    for k in range(5):
        found.append(k)
        counter = k
    print(counter, found)


print(counter)


class Strange(dict):
    def __missing__(self, key):
        if key == "range":
            raise KeyError(key)
        return "made " + key


exec("for i in (1, 2, 3):\n    z = w\n", {}, (odd := Strange()))
print(odd["z"], odd["i"])


section("a store whose old value runs code")


class Dies:
    def __init__(self, what):
        self.what = what

    def __del__(self):
        events.append(self.what)
        if self.what == "deletes":
            globals().pop("place", None)
        elif self.what == "adds":
            for k in range(200):
                globals()[f"added_{k}"] = k


events = []
for n in range(6):
    place = Dies("dies")
place = None
for what in ("deletes", "adds", "dies"):
    for n in range(3):
        place = Dies(what)
    place = None
    print("place" in globals(), events[-3:])
print(len(events))


section("isinstance")


class A:
    pass


class B(A):
    pass


class Plain:
    pass


class C(Plain):
    pass


def check(x, cls=A):
    return isinstance(x, cls)


things = [A(), B(), C(), 1, 2.5, None, "s"]
print([[check(x) for x in things] for _ in range(3)][-1])
print([check(x, c) for x in things for c in (A, B, int, object, (A, int), str)])
c = C()
print([check(c) for _ in range(5)])
C.__bases__ = (B,)
print(check(c), check(c, B))


class D:
    pass


d = D()
print([check(d) for _ in range(5)])
D.__getattribute__ = lambda self, name: A if name == "__class__" else 0
print(check(d), check(d, D))
del D.__getattribute__
print(check(d), check(d, D))
d.__class__ = B
print(check(d))
answers = []
for n in range(40):
    cls = type("Made", (A,) if n % 2 else (), {})
    answers.append(check(cls()))
    answers.append(check(cls(), cls))
    del cls
    if n % 8 == 0:
        gc.collect()
print(answers)


class Meta(type):
    def __instancecheck__(cls, x):
        return "yes" if x else ""


class M(metaclass=Meta):
    pass


print([check(x, M) for x in (1, 0, A(), M())], [check(x, A) for x in (1, M())])
try:
    check(1, 2)
except TypeError as e:
    print(e)


section("keywords")


def f(a, b=2, *, c=3, d=4):
    return "f", a, b, c, d


def g(d, c, b, a):
    return "g", a, b, c, d


def h(**rest):
    return "h", sorted(rest.items())


def only(a, /, b=0, c=0, d=0):
    return "only", a, b, c, d


class K:
    def f(self, a, b=7, *, c=8, d=9):
        return "K.f", a, b, c, d

    def __call__(self, a, b, c, d):
        return "call", a, b, c, d


def call(function, *, x=0):
    return function(a=1, b=2, c=3, d=4)


for function in [f, g, h, K().f, K(), f, f, g, h, K().f]:
    print(call(function))
try:
    call(only)
except TypeError as e:
    print(e)
for function in [lambda a, b, c: 0, lambda a, b, c, d, e: 0, lambda x, *, a, b, c, d: 0, len]:
    for _ in range(2):
        try:
            print(call(function))
        except TypeError as e:
            print(e)


def some(function):
    return function(1, d=5)


print([some(x) for x in (f, f, K().f, f)])
f.__defaults__ = (20,)
print(some(f))
f.__kwdefaults__ = {"c": 30, "d": 40}
print(some(f))
f.__kwdefaults__ = {"d": 40, "c": 31}
print(some(f))
f.__defaults__ = None
try:
    some(f)
except TypeError as e:
    print(e)
f.__defaults__ = (1, 2)
print(some(f))
f.__kwdefaults__ = None
try:
    some(f)
except TypeError as e:
    print(e)
f.__code__ = K.f.__code__
f.__defaults__ = (1, 2)
f.__kwdefaults__ = {"c": "c", "d": "d"}
print(some(f), f(0, a=1, d=3))
for n in range(30):
    space = {}
    parameters = ["a", "b=1", "c=2", "d=3"] if n % 2 else ["d", "a=1", "c=2"]
    if n % 3 == 0:
        parameters.insert(1, "*")
    exec(f"def f({', '.join(parameters)}): return list(locals().items())", space)
    try:
        print(some(space["f"]), end=" ")
    except TypeError as e:
        print(e, end=" ")
    del space
print()
many = {f"p{k}": k for k in range(20)}
exec(f"def wide({', '.join(f'{k}=0' for k in many)}): return sum(locals().values())")
for _ in range(4):
    print(wide(**many), wide(p19=1, p0=2, p7=3), wide(5, p1=1, p2=2, p3=3, p4=4, p5=5, p6=6, p7=7, p8=8, p9=9, p10=10, p11=11, p12=12, p13=13, p14=14, p15=15, p16=16, p17=17, p18=18))
print(sys.getrefcount(many) < 5)
