# Iterators over ranges at the edges of what fits a machine word and an immediate.
import operator
import pickle


def total(r):
    s = 0
    for i in r:
        s += i
    return s


def nested(rows, n):
    out = []
    for i in range(n):
        s = 0
        for j in range(n):
            s += rows[i][j] * j
        out.append(s)
    return out


def counts(n):
    # Steps that are not one, changing from round to round.
    s = 0
    for k in range(n):
        for i in range(0, 10, 1 + k % 3):
            s += i * k
        for i in range(10, -10, -(1 + k % 4)):
            s -= i
    return s


def outer_and_inner(n):
    # The inner loop's values are used behind it, and by the outer loop's next round.
    last = best = None
    a, b, i = 0, 1, 0
    while i < n:
        for j in range(i % 7):
            last = (i, j)
            if j == 3:
                best = j + i
                break
        else:
            best = i
        a, b = b, (a + b) % 1000003
        i += 1
    return last, best, a, b, i


def growing(n):
    x = 1
    for i in range(n):
        for j in range(3):
            x = x * 3 + j
    return x


def while_in_for(items):
    found = []
    for x in items:
        n = 0
        while x:
            x >>= 1
            n += 1
        found.append(n)
    return found


print(total(range(2000)), total(range(2**48 - 3, 2**48 + 4)), total(range(-(2**48) - 3, -(2**48) + 4)))
print(total(range(2**63 - 3, 2**63 + 4)), total(range(-(2**63) - 3, -(2**63) + 4, 2)))
for r in (
    range(2**48 - 2, 2**48 + 2),
    range(2**50, 2**50 + 3),
    range(2**62, 2**63 - 1, 2**61),
    range(2**63, 2**63 + 3),
    range(2**48, 2**48 - 3, -1),
    range(0, 2**48 + 1, 2**48),
    range(2**64, 0, 1),
):
    print(list(r), list(reversed(r)), operator.length_hint(iter(r)), type(iter(r)).__name__)
    it = iter(r)
    next(it, None)
    print(list(pickle.loads(pickle.dumps(it))))
rows = [[i * j % 11 for j in range(40)] for i in range(40)]
for _ in range(60):
    result = nested(rows, 40)
print(result)
print(counts(900))
print(outer_and_inner(4000))
print(growing(60))
print(while_in_for(range(3000))[-5:], sum(while_in_for(range(3000))))
