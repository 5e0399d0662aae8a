def lists(n):
    l = []
    for i in range(n):
        l.append(i * 2)
    s = 0
    for x in l:
        s += x
    for i in range(len(l)):
        l[i] = l[i] + 1
        l[-1] = i
    t = [x * x for x in l if x % 3]
    return s, sum(l), len(t), sum(t)
print(lists(1000))
def nestlist(n):
    g = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            g[i][j] = i * j
    t = 0
    for row in g:
        for v in row:
            t += v
    return t
print(nestlist(60))
def tuples(n):
    t = 0
    for i in range(n):
        a, b = i, i + 1
        a, b = b, a
        p = (a, b, t)
        t = p[0] + p[1] + p[-1] % 1000
    for a, b in [(i, i * 2) for i in range(n)]:
        t += a - b
    for i, x in enumerate(range(n)):
        t += i * x
    for x, y in zip(range(n), [1.5] * n):
        t += x * y
    return t
print(tuples(500))
def dicts(n):
    d = {}
    for i in range(n):
        d[i % 17] = d.get(i % 17, 0) + i
        d['k%d' % (i % 5)] = i
    t = 0
    for k in d:
        t += len(str(k))
    for k, v in d.items():
        t += v
    for i in range(n):
        if i in d: t += d[i]
        if 'k3' in d: t += 1
    return t
print(dicts(500))
def strs(n):
    s = ''
    c = 0
    for i in range(n):
        s += 'ab'[i % 2]
        if s[-1] == 'a': c += 1
        if s == 'ab': c += 100
        x = f'{i}-{c:03d}'
        c += len(x)
    for ch in s:
        if ch == 'b': c += 1
        c += ord(ch)
    return len(s), c, x
print(strs(500))
def gen(n):
    for i in range(n):
        yield i * 2
def gens(n):
    t = 0
    for x in gen(n):
        t += x
    t += sum(x for x in range(n) if x % 2)
    return t
print(gens(1000))
def big(n):
    x = 1
    t = 0
    for i in range(n):
        x = x * 3 + 1
        if x > 10 ** 30:
            x = 1
        t += x & 0xFF
        t ^= i << 3
        t = (t >> 1) + (i | 5) - (~i)
    return x, t
print(big(1000))
def over(n):
    a = 2 ** 47
    t = 0
    for i in range(n):
        a += 2 ** 40
        t += a
    return a, t
print(over(2000))
def shrink(n):
    l = list(range(n))
    t = 0
    for x in l:
        t += x
        if x % 10 == 0:
            l.append(1)
        if len(l) > n + 20:
            break
    while l:
        t += l.pop()
        if len(l) > 5: del l[0]
    return t
print(shrink(300))
def types(n):
    vals = [1, 2.5, 'a', None, True, 2 ** 70, (1, 2)]
    c = [0] * 7
    for i in range(n):
        v = vals[i % 7]
        if isinstance(v, int): c[0] += 1
        if isinstance(v, float): c[1] += 1
        if isinstance(v, str): c[2] += 1
        if v is None: c[3] += 1
        if v: c[4] += 1
        if v == 1: c[5] += 1
        if v is True: c[6] += 1
    return c
print(types(700))
import sys
def mn(n):
    t = 0
    for i in range(n):
        t += min(i, 50) + max(i, 20) + abs(i - 100) + abs(-1.5)
        t += max(1.0, i * 0.1)
    return t
print(mn(500))
def deadtemp(n):
    t = 0
    for i in range(n):
        try:
            if i % 10 == 3: continue
            t += 1
        finally:
            for j in range(3): t += j
    return t
print(deadtemp(300))
def fin(n):
    for i in range(n):
        try:
            if i == n - 2:
                return i * 3
        finally:
            s = 0
            for j in range(40): s += j
print(fin(50))
class Cells:
    def __init__(self, n): self.cells = [[i % 8] if i % 3 else [1, 2] for i in range(n)]
    def one(self, i): return len(self.cells[i]) == 1
def chosen(c, last=None):
    t = 0
    for v in range(4):
        if c.one(v): t += v
    which = range(len(c.cells)) if last is None else [last]
    for i in which:
        if c.one(i): t += 1
    return t
def kinds_of_arguments(n):
    c = Cells(37)
    return sum(chosen(c, None if k > n // 2 else k % 37) for k in range(n))
print(kinds_of_arguments(2000))
