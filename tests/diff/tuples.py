t = (1, "a", 2.5, None, (3, 4))
print(t, len(t), t[0], t[-1], t[1:3], t[::-1], t + (5,), t * 2, (1,) * 3, (), (1,), t.index("a"), t.count(1), 2.5 in t)
print((1, 2) < (1, 3), (1,) < (1, 0), () < (1,), (1, 2) == (1.0, 2), (1, 2) == [1, 2], hash((1, 2)) == hash((1.0, 2.0)), hash(()), hash((1, 2, 3)))
for bad in (lambda: t[9], lambda: t.index("zz"), lambda: t + [1], lambda: hash(([],)), lambda: t["a"], lambda: (1,) < ("a",), lambda: t.__setitem__, lambda: tuple(5), lambda: (1, 2) * "a"):
    try:
        print(bad())
    except (IndexError, ValueError, TypeError, AttributeError) as e:
        print(type(e).__name__, e)
def unpack(v):
    try:
        a, b = v
        return a, b
    except (ValueError, TypeError) as e:
        return str(e)
for v in ((1, 2), [3, 4], "ab", {5: 6, 7: 8}, (1,), (1, 2, 3), 5, None, range(2), (x for x in range(3)), iter(())):
    print(unpack(v))
def star(v):
    try:
        a, *b, c = v
        return a, b, c
    except ValueError as e:
        return str(e)
for v in ((1, 2), "abcd", [1], range(5)):
    print(star(v))
(a, b), (c, *d) = (1, 2), "xyz"; print(a, b, c, d); a, b = b, a; print(a, b); x = y = (1, 2); print(x is y); i = 0; i, lst = 1, [0, 0]; lst[i], i = 9, 0; print(lst, i)
print(tuple("abc"), tuple([1, 2]), tuple({1: 2}), tuple(x * x for x in range(4)), *(1, 2), sep="|")
class T(tuple):
    def __new__(cls, *a):
        return super().__new__(cls, a)
    def __repr__(self):
        return "T" + super().__repr__()
u = T(1, 2); print(u, u + (3,), u[0], type(u[:]).__name__, u == (1, 2), hash(u) == hash((1, 2)), isinstance(u, tuple))
print(min((3, "a"), (3, "b")), max([(1, 2), (1, 3)]), sorted([(2, 1), (1, 2), (1, 1)]), sum([(1,), (2,)], ()), any((0, 0)), all(()), dict([(1, 2)]), (1, (2, (3, (4,)))))
for bad in ("t[0] = 1", "del t[0]", "t.x = 1"):
    try:
        exec(bad)
    except (TypeError, AttributeError) as e:
        print(e)

# Struct sequences hold numbers as tuples do, also behind their length.
import os
import pickle
import sys
import time

a = time.gmtime(0)
print(a, a[0], a.tm_year, a.tm_zone, a.tm_gmtoff, len(a), list(a), a == tuple(a), hash(a) == hash(tuple(a)))
print(time.struct_time(range(11)).tm_gmtoff, time.struct_time(range(9)).tm_gmtoff, time.struct_time((1.5,) * 9)[3])
s = os.stat_result([1 << 60, -5, 2.5, 3, 4, 5, 6, 7, 8, 9])
print(s, s.st_atime, s.st_mtime_ns, s.st_mode, s.st_dev, s[:3], s + (1,))
s = os.stat(".")
print(s.st_mtime_ns // 1_000_000_000 == int(s.st_mtime) == s[8], type(s.st_size), s == os.stat("."), s.st_blksize > 0)
for v in (a, s, sys.version_info[:2], sys.flags):
    assert pickle.loads(pickle.dumps(v)) == v if v is not sys.flags else True
    assert tuple(v) == tuple(list(v)) and v in {v: 1} and repr(v) == repr(v)
held = []
cyclic = time.struct_time([held] * 11)
held.append(cyclic)
print(cyclic.tm_gmtoff[0] is cyclic, sys.getsizeof(a) > 0)
