"""Generators that compiled code has suspended, where something may look at them: no step is done twice, none is left out."""


class Noisy:
    gone = 0

    def __init__(self, n):
        self.n = n

    def __del__(self):
        Noisy.gone += 1


def numbers(n, step=1):
    i = 0
    while i < n:
        yield i
        i += step


# ---- numbers without immediate form ------------------------------------------------------------------------
def large(n):
    i = (1 << 48) - 20
    x = 1e300
    while n:
        yield i
        i += 1
        x *= 10.0
        y = x - x
        yield y
        n -= 1


def wide(k):
    seen = []
    for n in range(k):
        thing = None
        last = []
        for v in large(60):
            thing = Noisy(n)
            last.append(v if v == v else "nan")
            if len(last) > 4:
                last.pop(0)
        seen.append(last)
    return seen[0], seen[-1], all(s == seen[0] for s in seen), Noisy.gone


print(wide(60))


def stack(k):
    out = []
    for x in large(k):
        out.append(Noisy(x))
        kept = out.pop()
        if len(out) < 5:
            out.append(kept)
    return len(out), [type(o.n).__name__ for o in out]


print(stack(300), Noisy.gone)


# ---- handlers around what raises in the loop ---------------------------------------------------------------
def handled(k):
    table = {n: n for n in range(0, 20, 3)}
    row = [1, 2, 3]
    r = e = 0
    for x in numbers(k):
        try:
            r += table[x % 20]
        except KeyError as error:
            e += error.args[0]
        try:
            r += row[x % 5]
        except IndexError:
            e += 1
        try:
            r += int("12x4"[x % 4])
        except ValueError:
            e += 1
    return r, e


print(handled(5000))


def handled_large(k):
    row = [1, 2, 3]
    r = e = 0
    last = None
    for v in large(k):
        try:
            r += row[r % 4]
        except IndexError:
            e += 1
            r += 1
            last = v
    return r, e, last == last, str(last)[:4]


print(handled_large(400))


# ---- delegation to lists, tuples and ranges ----------------------------------------------------------------
def items(seq):
    r = yield from seq
    yield r


def several(n):
    yield from [n, n + 1, n + 2]
    yield from (n, "t")
    yield from range(n)
    yield from "ab"
    yield from {n: 1}
    return n


def through(n):
    r = yield from several(n)
    yield ("returned", r)


def delegated(k):
    r = 0
    names = []
    for n in range(k):
        for v in through(n % 7):
            if type(v) is int:
                r += v
            elif n > k - 3:
                names.append(v)
        for v in items([n, 2, 3]):
            r += v or 10
        for v in items(range(3)):
            r += v or 5
        for v in items((1.5, n)):
            r += v or 1
    return r, names


print(delegated(700))


def growing(k):
    total = 0
    for n in range(k):
        row = [1, 2, 3]
        for v in items(row):
            if v is None:
                break
            total += v
            if len(row) < 9:
                row.append(v + n % 3)
        it = iter(row)
        g = items(it)
        for v in g:
            total += v
            if v == 3:
                total += next(it, 0) * 100 + next(g)
                break
    return total


print(growing(600))


def sent_to_items(k):
    r = []
    for n in range(k):
        g = items([1, 2, 3])
        for v in g:
            if v == 2:
                try:
                    g.send("x")
                except AttributeError as e:
                    r.append(str(e))
                break
    return len(r), r[-1]


print(sent_to_items(300))


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


class Odd:
    def __iter__(self):
        return 5


class List(list):
    def __iter__(self):
        for x in list.__iter__(self):
            yield x * 2


def tree(a, b):
    m = (a + b) // 2
    return Tree(tree(a, m), m, tree(m + 1, b)) if a < b else None


t = tree(0, 60)
print(sum(sum(t) for _ in range(50)), sum(sum(items(List([1, 2, n])) if False else list(items(List([1, 2, n])))[:3]) for n in range(400)))
for what in Odd(), 5, None:
    try:
        list(items(what))
    except TypeError as e:
        print(e)
