"""An object that only an attribute is read from dies with the reading, also where its class has hooks."""


class Hooked:
    log = []

    def __init__(self, n):
        self.n = n

    def __getattr__(self, name):
        if name == "gone":
            raise AttributeError(name)
        return name

    @property
    def size(self):
        return self.n * 2

    @property
    def falls(self):
        raise AttributeError("on to the hook")

    def __del__(self):
        self.log.append(self.n)


class Own(Hooked):
    def __getattribute__(self, name):
        return super().__getattribute__(name)


def read(cls, n, log, none):
    size = cls(n).size
    a = log + none
    falls = cls(n + 1).falls
    b = log + none
    other = cls(n + 2).other
    c = log + none
    plain = cls(n + 3).n
    d = log + none
    log.clear()
    return size, a, falls, b, other, c, plain, d


for cls in (Hooked, Own):
    print(read(cls, 10, cls.log, []))
    results = [read(cls, i, cls.log, []) for i in range(700)]
    print(all(r == (2 * i, [i], "falls", [i, i + 1], "other", [i, i + 1, i + 2], i + 3, [i, i + 1, i + 2, i + 3]) for i, r in enumerate(results)))
