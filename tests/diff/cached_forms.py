"""What quickened instructions must still notice: class methods that change, slices whose parts die, powers, unpacking."""


class A:
    @classmethod
    def m(cls):
        return "A.m", cls.__name__


class B(A):
    pass


def call(x):
    return x.m()


for x in (A(), A(), B(), B, A, B, A()):
    print(call(x))
a = A()
a.m = lambda: "own"
print(call(a))
del a.m
print(call(a), call(A))
A.m = classmethod(lambda cls: ("changed", cls.__name__))
print(call(a), call(A), call(B))
cm = A.__dict__["m"]
cm.__init__(lambda cls: ("init", cls.__name__))
print(call(a), call(A), call(B()))
A.m = staticmethod(lambda: "static")
print(call(a), call(A))


class Meta(type):
    @property
    def m(cls):
        return lambda: ("meta", cls.__name__)


class C(metaclass=Meta):
    @classmethod
    def m(cls):
        return "hidden by the metaclass"


print(call(C), call(C()))


class Loud:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name, len(shared))

    def __repr__(self):
        return self.name


shared = [Loud("a"), Loud("b"), Loud("c"), 4]
shared[:2] = shared[2::-1][:2]
print(shared)
shared[1:3] = [1, 2]
print(shared)
shared[:] = shared[::-1]
shared[0:0] = (5, 6)
shared[2:2] = shared
print(shared)


def cut(v, i, j):
    v[i:j]
    return v[i:j], v[j::-1], v[:], v[i:]


for v in ([1, 2, 3, 4], (1, 2, 3), "abcd", b"abcd", range(5)):
    for i, j in ((0, 2), (-2, 9), (3, 1), (None, None)):
        print(cut(v, i, j))


def power(x, y):
    return x**y


for x in (0, 1, -2, 3, 10, 2.0, 0.0, -1.5, 0.5, True, 1e200):
    for y in (0, 1, 2, 15, 47, 63, -1, 0.5, 2.0, -0.5):
        try:
            print(x, y, repr(power(x, y)))
        except Exception as e:
            print(x, y, type(e).__name__, e)
print(2**48, (-2) ** 47, 3**40, 7**63)


def pairs(it):
    out = []
    for a, b in it:
        out.append((b, a))
    return out


print(pairs(zip("ab", "cd")), pairs({1: 2}.items()), pairs(enumerate("xy")), pairs(["pq"]))
for bad in ([(1, 2, 3)], [(1,)], [3]):
    try:
        pairs(bad)
    except Exception as e:
        print(type(e).__name__, e)
t = (1, (2, 3))
t, (u, t) = t
print(t, u)


class Claims:
    @property
    def __class__(self):
        return int


class Dynamic:
    def __getattribute__(self, name):
        return str if name == "__class__" else object.__getattribute__(self, name)


for v in (Claims(), Dynamic(), 1, "s", None, A(), A):
    print([isinstance(v, t) for t in (int, str, tuple, type, A, (str, int))])
print("%s %s %%%s" % (1, "x", None), "%s" % "y", "%(a)s" % {"a": 2}, "%5s|%-3s|" % ("a", "b"))
for bad in (("%s %s", 1), ("%s", (1, 2)), ("%", 1), ("x", 1)):
    try:
        print(bad[0] % bad[1])
    except Exception as e:
        print(type(e).__name__, e)


def fib(n):
    if n > 1:
        yield from fib(n - 1)
    for i in range(n):
        got = yield i
        if got:
            yield ("got", got)


print(list(fib(4)), sum(x for x in fib(5)), any(x > 2 for x in fib(9)))
g = fib(3)
print([next(g), g.send("s"), next(g)], [x for x in g])
g = (x for x in [1])
print([x for x in g], [x for x in g])
