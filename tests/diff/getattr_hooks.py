"""Classes with a `__getattr__`: what is found is found as without it, and a getter that raises AttributeError goes on to it."""


class Frame:
    limit = 5
    names = ["a", "b"]

    def __init__(self, n):
        self.n = n
        self._data = [n] * 3

    def __getattr__(self, name):
        if name.startswith("x"):
            return (name, self.n)
        raise AttributeError(f"no {name} here")

    @property
    def size(self):
        return self.n * 2

    @property
    def broken(self):
        if self.n % 3 == 0:
            raise AttributeError("inner")
        return self.missing_thing

    @property
    def xhidden(self):
        raise AttributeError("falls through")

    @property
    def other(self):
        raise KeyError(self.n)

    def method(self, k):
        return self.n + k + self.limit

    @classmethod
    def make(cls, n):
        return cls(n)

    @staticmethod
    def plain(n):
        return -n


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a

    def __getattr__(self, name):
        return "hook " + name


class Sub(Frame):
    limit = 7

    def __getattr__(self, name):
        if name == "special":
            return 99
        return super().__getattr__(name)


class Own(Frame):
    def __getattribute__(self, name):
        if name == "n":
            return 1000
        return super().__getattribute__(name)


def run(objects):
    total = 0
    misses = []
    for i in range(1200):
        o = objects[i % len(objects)]
        total += o.n + o.size + o.method(i) + o.limit + len(o._data) + len(o.names)
        total += o.make(i).n + o.plain(3)
        total += len(o.xyz) + o.xhidden[1]
        try:
            o.broken
        except AttributeError as e:
            if i % 100 < 3:
                misses.append(str(e))
        try:
            o.other
        except KeyError as e:
            total += e.args[0]
        if i == 700:
            o.size2 = 1
        if i > 900:
            try:
                total += o.size2
            except AttributeError as e:
                if i < 905:
                    misses.append(str(e))
    return total, misses


print(run([Frame(1)]))
print(run([Frame(3), Frame(4)]))
print(run([Sub(2), Frame(5)]))
print(run([Own(2)]))
print([Sub(1).special for _ in range(600)][::200])


def slotted():
    s = Slotted(1)
    out = []
    for i in range(900):
        if i == 500:
            s.b = "set"
        if i == 700:
            del s.b
        out.append(s.b)
        out.append(s.c if i % 2 else s.a)
    return out[::150]


print(slotted())


def changed():
    f = Frame(2)
    out = []
    for i in range(1500):
        if i == 600:
            Frame.limit = 50
        if i == 800:
            f.limit = 1
        if i == 1000:
            Frame.late = property(lambda self: self.n * 100)
        if i == 1200:
            del f.limit
        out.append((f.limit, f.xlate if i < 1000 else f.late))
    return out[::100]


print(changed())
Frame.limit = 5


class Base(object):
    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        return 0


def stores():
    out = 0
    for i in range(1000):
        b = Base()
        object.__setattr__(b, "v", i)
        b.w = i
        out += b.v + b.w + b.z + len(str.upper("abc")) + list.__len__([1, 2])
    return out


print(stores())
