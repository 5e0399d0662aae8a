"""Items of arrays, bytes and bytearrays in hot loops, and Python's `__setitem__`: numbers at the edges of what an item
holds, errors, and containers that change under a loop."""
import ctypes
from array import array


def kinds():
    out = []
    for code in "bBhHiIlLqQfdu":
        try:
            a = array(code, [1, 2, 3] if code != "u" else "abc")
        except TypeError as e:
            out.append(str(e))
            continue
        total = 0 if code != "u" else ""
        for k in range(60):
            total += a[k % 3] + (a[-1] if code != "u" else "z")
            a[k % 3] = a[(k + 1) % 3]
        out.append((code, total, a.tolist()))
    return out


print(kinds())


def fill(a, values):
    problems = []
    for k, v in enumerate(values):
        try:
            a[k % len(a)] = v
        except (OverflowError, TypeError, IndexError, ValueError) as e:
            problems.append((k, type(e).__name__, str(e)))
    return a, problems


for code, low, high in [("b", -128, 127), ("B", 0, 255), ("h", -32768, 32767), ("H", 0, 65535),
                        ("i", -2**31, 2**31 - 1), ("I", 0, 2**32 - 1), ("l", -2**63, 2**63 - 1),
                        ("q", -2**63, 2**63 - 1), ("Q", 0, 2**64 - 1)]:
    values = [low, high, 0, 1] * 12 + [low - 1, high + 1, 1.5, True, None, high, low]
    a, problems = fill(array(code, [0]) * 4, values)
    print(a, problems, [x for x in a], sum(a[k % 4] & 0xFFFF for k in range(40)))

print(fill(array("d", [0]) * 3, [1, 2.5, -0.0, 2**53 + 1, 2**62 - 1, True, None, "x", 1e308, float("inf")] * 6))
print(fill(array("f", [0]) * 3, [1, 2.5, 0.1, 2**24 + 1, 1e300] * 9))
print(fill(bytearray(4), [0, 255, 256, -1, True, 1.0, "a", 7] * 8))


def nan_items():
    a = array("d", [float("nan"), float("-nan"), 0.0, -0.0])
    b = array("q", [0x7FF8_0000_0000_0001, -1, 0xFFF8 << 47, 2**62, -2**62]) + array("q", [2**63 - 1, -2**63])
    seen = []
    for k in range(70):
        x, n = a[k % 4], b[k % 7]
        seen.append((x == x, str(x), n, n + 1))
    return seen[-8:]


print(nan_items())


def bytes_items(s, t):
    h = 0
    for k in range(200):
        h = (h * 31 + s[k % len(s)] + t[-1 - k % len(t)]) & 0xFFFFFF
        t[k % len(t)] = h & 255
    return h, t


print(bytes_items(b"hello\xff", bytearray(b"world\x80")), bytes_items(b"x", bytearray(1)))


def out_of_bounds(a, n):
    got = []
    for k in range(n):
        try:
            got.append(a[k])
        except IndexError as e:
            return len(got), str(e)
    return got


for c in (array("i", range(50)), b"a" * 50, bytearray(50), array("d", [0.5]) * 50):
    print(out_of_bounds(c, 49)[-1], out_of_bounds(c, 60))


def changing():
    a = array("i", range(30))
    seen, k = [], 0
    while k < len(a):
        seen.append(a[k])
        if k == 10:
            a.append(99)
        if k == 15:
            del a[20:]
        k += 1
    view = memoryview(a)
    for k in range(40):
        view[k % len(a)] = k
        seen.append(a[k % len(a)])
    try:
        a.append(1)
    except BufferError as e:
        seen.append(str(e))
    return seen


print(changing())


class Grid:
    def __init__(self, w, h, kind):
        self.w = w
        self.data = array(kind, [0]) * (w * h) if kind else [0] * (w * h)
        self.stores = 0

    def __getitem__(self, at):
        x, y = at
        return self.data[y * self.w + x]

    def __setitem__(self, at, v):
        x, y = at
        if v == 13:
            raise ValueError("unlucky")
        self.stores += 1
        self.data[y * self.w + x] = v
        return "nobody sees this"


class Del:
    log = []

    def __init__(self, n):
        self.n = n

    def __repr__(self):
        return f"Del({self.n})"

    def __del__(self):
        Del.log.append(self.n)


class Sink:
    def __setitem__(self, key, v):
        self.key = key
        return Del(key)


def grids():
    out = []
    for kind in ("d", "i", None):
        g = Grid(5, 4, kind)
        caught = 0
        for k in range(100):
            try:
                g[k % 5, k % 4] = g[(k + 1) % 5, k % 4] + k % 17
            except ValueError:
                caught += 1
        out.append((list(g.data), g.stores, caught))
    s = Sink()
    for k in range(40):
        s[k] = k
        s[Del(-k)] = None
    del s
    return out, Del.log


print(grids())


class Slow:
    def __setitem__(self, k, v):
        self.last = yield_of(v)


def yield_of(v):
    return [x for x in range(v)]


def mixed():
    targets = [Slow(), {}, [0] * 7, bytearray(7), array("h", [0] * 7), Grid(7, 1, "i")]
    for k in range(120):
        t = targets[k % 6]
        t[(k % 7, 0) if k % 6 == 5 else k % 7] = k % 7
    return [getattr(t, "last", None) or getattr(t, "data", t) for t in targets]


print(mixed())

# Views on what ctypes calls its items.
d = ctypes.c_double(0.5)
m = memoryview(d)
print(m.format, m.cast("B").tolist() == list(bytes(d)), m.cast("b").nbytes, m.cast("c")[0])
for format in ("d", "<B", "x", "BB", ""):
    try:
        print(m.cast(format))
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
