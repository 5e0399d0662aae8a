# Parts of lists copied and replaced, hot and cold, with destructors that look at the list.
class Noisy:
    def __init__(self, n, where):
        self.n, self.where = n, where

    def __del__(self):
        gone.append((self.n, len(self.where)))
        if self.n == 3:
            self.where.append("late")


gone = []


def flips(perm, rounds):
    total = 0
    for r in range(rounds):
        p = perm[:]
        k = p[0]
        while k:
            p[: k + 1] = p[k::-1]
            total += k
            k = p[0]
        perm.append(perm.pop(0))
    return total, perm


def parts(n):
    out = []
    base = [i * 0.5 if i % 3 else str(i) for i in range(20)]
    for i in range(n):
        a, b = i % 23 - 2, i % 19 - 3
        x = base[a:b]
        y = base[b:a:-1]
        z = base[:: 1 + i % 4]
        x[1:3] = y[:2]
        z[2:4] = (i, i + 1)
        z[a:b] = z
        y[len(y) :] = [i]
        out = (len(x), len(y), len(z), x[:3], y[-2:], z[1:5])
    return out


items = []
items.extend(Noisy(n, items) for n in range(6))
items[1:4] = [1, 2, 3]
print(items[1:4], items[6:], gone)
items[0:1] = items[4:5]
del items[2:4]
print(len(items), gone)
items[:] = []
print(items, gone)

same = [1, 2, 3]
same[0:3] = same
same[1:2] = same
print(same)
for bad in (5, None, object):
    try:
        same[0:1] = bad
    except TypeError as e:
        print(e)
try:
    same[::0] = []
except ValueError as e:
    print(e)
print(flips(list(range(7)), 3000)[0], flips([3, 1, 2, 0, 4, 6, 5], 2000))
print(parts(3000))
big = [10**20 + i for i in range(6)]
big[1:4] = [1.5, None, big[0]]
print(big, sorted([5, -3, 2**47, -(2**48), 7, 7], reverse=True), sorted([3, 1, 2]), [2**48 - 1, 5].index(5))
many = list(range(100)) + [1.0, "x", 200.0]
print(many.index(99), 200 in many, 201 in many, 7.0 in many, "x" in many, many.count(1), (many * 2).index(200, 50))

# Parts are exchanged in place: the last references go when the list is whole.
class Told:
    def __init__(self, n, l=None):
        self.n, self.l = n, l

    def __del__(self):
        told.append((self.n, self.l and len(self.l)))


told, l = [], []
l += [Told(i, l) for i in range(6)]
kept = l[2]
l[:] = l[3:4] + l[0:3] + l[4:]
print([t.n for t in l], told)
l[1:3] = [kept, kept]
print([t.n for t in l], told, kept is l[1] is l[2])
l[:] = range(6)
print(l, told)
del kept
print(told)
l[::2], l[1::2] = l[1::2], l[::2]
print(l)
