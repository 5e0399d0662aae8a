# Dicts of Python classes, named tuples and long displays in hot loops.
from collections import Counter, OrderedDict, defaultdict, namedtuple


class Plain(dict):
    pass


class Zero(dict):
    def __missing__(self, k):
        return 0


class Fills(dict):
    def __missing__(self, k):
        if k == 250:
            raise LookupError(k)
        self[k] = r = [k]
        return r


class Deletes(dict):
    def __delitem__(self, k):
        super().__delitem__(k)


class Sym(str):
    pass


class Odd(str):
    hashed = 0

    def __hash__(self):
        Odd.hashed += 1
        return str.__hash__(self)

    __eq__ = str.__eq__


def stores(n):
    out = []
    for d in (Plain(), Zero(), Fills(), Deletes(), OrderedDict(), Counter(), defaultdict(int)):
        for i in range(n):
            k = i % 7
            d[k] = i
            d["s"] = d[k] + 1
            if k in d and "s" in d and i not in d:
                d[k] += 1
            if i % 3 == 0:
                del d[k]
        out.append((type(d).__name__, sorted(map(repr, d.items()))))
    return out


def misses(n):
    z, f, c, p, t = Zero(), Fills(), Counter(), Plain(), 0
    caught = 0
    for i in range(n):
        t += z[i % 5]
        if i % 100 == 0:
            z[i % 5] = 1
        try:
            t += len(f[i % 300])
        except LookupError as e:
            caught += e.args[0]
        c[i % 11] += 1
        c[(i % 2, "x")] += 2
        try:
            t += p[i % 3]
        except KeyError as e:
            p[e.args[0]] = e.args[0]
    return t, caught, sorted(c.items(), key=repr), p, len(f)


def changes(n):
    class D(dict):
        pass

    d, out = D(a=1), []
    for i in range(n):
        if i == n // 2:
            D.__getitem__ = lambda self, k: "get"
        if i == n // 2 + 3:
            del D.__getitem__
            D.__missing__ = lambda self, k: "missing"
            del d["a"]
        if i == n // 2 + 6:
            D.__setitem__ = lambda self, k, v: dict.__setitem__(self, k, "set")
        if i == n // 2 + 9:
            D.__contains__ = lambda self, k: False
        r = d["a"]
        if i > n // 2 + 4:
            d["a"] = i - i
        r = r, "a" in d
        if not out or out[-1] != r:
            out.append(r)
    return out


def keys(n):
    d, t = Plain(), 0
    names = [Sym("a"), "a", Sym("b"), Odd("c"), "c", 1, 1.0, True, (1, "a"), None]
    for k in names:
        d[k] = names.index(k)
    for i in range(n):
        for k in names:
            if k in d:
                t += d[k]
    return t, Odd.hashed >= n


Pt = namedtuple("Pt", "x y")


class Iterates(tuple):
    def __iter__(self):
        return iter("ab")


def unpacks(n):
    p, t, out = Pt(1, 2.5), 0, None
    for i in range(n):
        x, y = p
        p = Pt(i, y + x % 2)
        t += x
        out = x, y
    q = Iterates((1, 2))
    for i in range(n):
        a, b = q
        if i == n // 2:
            q = Pt(a, b)
    return t, out, a, b


def displays(n):
    t = 0
    for i in range(n):
        s = f"{i}:{i + 1},{i * .5};{'é' if i % 2 else 'x'}|{i:03d}/{i!r}+{'q'}={i}"
        l = [i, i + 1, s, i + 3, i + 4, 5.5, None, i, s, t]
        t += len(s) + len(l) + l[7] + len(l[8])
    return t, s, l


def dies(n):
    class D:
        alive = 0

        def __init__(self):
            D.alive += 1

        def __del__(self):
            D.alive -= 1

    d, most = Plain(), 0
    for i in range(n):
        d["x"] = D()
        most = max(most, D.alive)
    del d["x"]
    return most, D.alive


for line in stores(600):
    print(line)
print(misses(900))
print(changes(900))
print(keys(200))
print(unpacks(600))
print(displays(600))
print(dies(600))
