l = [3, 1, 4, 1, 5, 9, 2, 6]
print(l, len(l), l[0], l[-1], l[2:5], l[::-1], l[::3], l[-3:], l[10:], l[5:1:-2], l.index(1), l.count(1), 9 in l, 7 not in l)
l.append(5); l.insert(0, 0); l.insert(100, 7); l.extend(range(2)); l += (8,); l.insert(-1, "x")
print(l, l.pop(), l.pop(0), l.pop(-2), l)
l.remove(1); l.reverse(); print(l); l[1:3] = [10, 20, 30]; print(l); l[::2] = [0] * len(l[::2]); print(l)
del l[0]; del l[1:3]; del l[::2]; print(l); l *= 2; print(l); l.clear(); print(l, not l)
for bad in (lambda: [][0], lambda: [1].index(2), lambda: [].pop(), lambda: [1].pop(5), lambda: [1].remove(3), lambda: [1]["a"], lambda: [1] + (2,), lambda: [1] * 1.5, lambda: [1, "a"].sort(), lambda: [1, 2].__setitem__(slice(0, 2, 2), [1, 2, 3]), lambda: [1].__setitem__(3, 1), lambda: hash([]), lambda: [1].insert("a", 1), lambda: list(5), lambda: [1] < [None], lambda: [1].sort(lambda x: x), lambda: sorted([1], 2), lambda: [1].index(1, 1), lambda: [1][::0]):
    try:
        print(bad())
    except (IndexError, ValueError, TypeError) as e:
        print(type(e).__name__, e)
print([1, 2] < [1, 3], [1] < [1, 0], [] == [], [1, 2] == (1, 2), [1, [2, 3]] == [1, [2, 3]], [2] > [1, 9], [1.0] == [1])
print(sorted([3, 1, 2], reverse=True), sorted("bca"), sorted(["bb", "a", "ccc"], key=len), sorted([(1, "b"), (1, "a"), (0, "z")]), sorted([3, -1, 2.5, -7], key=abs))
data = [(i * 7 % 5, i) for i in range(20)]
data.sort(key=lambda t: t[0]); print(data); data.sort(key=lambda t: t[0], reverse=True); print(data)
c = [1, [2, 3]]; d = c.copy(); d[1].append(4); d.append(5); print(c, d, c[:] == c, c is c[:])
r = [1]; r.append(r); print(r, repr(r), r[1] is r)
grid = [[0] * 3 for _ in range(3)]; grid[1][2] = 5; print(grid); shared = [[0] * 2] * 2; shared[0][0] = 1; print(shared)
a, *mid, z = range(6); print(a, mid, z); [p, q], s = [1, 2], 3; print(p, q, s)
out = []
it = [1, 2, 3, 4]
for x in it:
    out.append(x)
    if x < 3 and len(it) < 8:
        it.append(x * 10)
    if x == 2:
        it.remove(1)
print(out, it)
x = [5, 3, 8]
def cmp_mutates(v):
    x.append(v)
    return v
try:
    x.sort(key=cmp_mutates)
except ValueError as e:
    print(e)
i = iter([1, 2]); print(next(i), list(i), next(i, "end"), i.__length_hint__(), list(reversed([1, 2, 3])), [*range(3), *"ab"], list(zip([1, 2], "ab")), list(map(str, [1, 2])))
big = list(range(1000)); print(sum(big), big[500:505], len(big[::7]), max(big), min(big)); big[10:990] = []; print(big)
class Idx:
    def __index__(self):
        return 1
print([1, 2, 3][Idx()], [1, 2, 3][Idx():], [0] * Idx(), list.__doc__ is not None, [].__len__(), list((1, 2)), list({"a": 1}))
