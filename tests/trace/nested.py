def nest(n, m):
    s = 0
    for i in range(n):
        for j in range(m):
            if (i + j) % 2:
                continue
            if j > i * 3 and i > 5:
                break
            s += i * j
        s -= 1
    return s
print(nest(60, 50), nest(3, 400), nest(400, 3))
def three(n):
    c = 0
    for i in range(n):
        for j in range(i):
            for k in range(j):
                if i * i + j * j == k * k + 7:
                    c += 1
                c += k & 1
    return c
print(three(40))
def w(n):
    i = 0
    t = 0
    while i < n:
        j = i
        while j > 0:
            t += j % 3
            j //= 2
        i += 1
    return t
print(w(1000))
def early(l, x):
    for i in range(len(l)):
        if l[i] == x:
            return i
    return -1
l = list(range(300))
print([early(l, x) for x in (5, 299, 1000, 0, 150)])
def sieve(n):
    p = [True] * (n + 1)
    p[0] = p[1] = False
    i = 2
    while i * i <= n:
        if p[i]:
            for j in range(i * i, n + 1, i):
                p[j] = False
        i += 1
    return sum(p)
print(sieve(5000))
total = 0
for i in range(2000):
    total += i
    if i % 7 == 0:
        total -= 3
print(total, i)
while total > 10:
    total = total // 2 + 1
    if total < 12:
        break
print(total)
def with_else(n):
    r = []
    for k in range(n):
        for j in range(2, k):
            if k % j == 0:
                break
        else:
            r.append(k)
    return r
print(with_else(120))
