# Calls of what is not Python's, with and without keywords, by the same instruction, in hot loops.
import functools
import itertools
import operator
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction


def keywords(n):
    out = 0
    words = ["b", "a", "C"]
    for i in range(n):
        out += len(sorted(words, key=str.lower, reverse=i % 2 == 0))
        out += int("1f", base=16) + max([i, 2], key=lambda x: -x) + min((), default=3)
        out += len("a-b-c".split("-", maxsplit=i % 3))
        out += sum([1, 2], start=i) + round(2.567, ndigits=1).is_integer()
        d = dict(a=i, b=2)
        out += d["a"] + len(list(enumerate(words, start=i)))
        out += int.from_bytes(b"\x01\x02", byteorder="little" if i % 2 else "big")
        out += len("{x}{y}".format(x=i, y=2)) + len(str(b"abc", encoding="ascii"))
        words.sort(key=len)
    return out


def objects(n):
    add3 = functools.partial(operator.add, 3)
    first = operator.itemgetter(0)
    name = operator.attrgetter("real")
    upper = operator.methodcaller("upper")
    cached = functools.lru_cache(maxsize=8)(lambda x: x % 5)
    out = 0
    for i in range(n):
        out += add3(i) + first((i, 1)) + name(i) + cached(i % 16) + len(upper("x"))
    return out, cached.cache_info().hits


def decimals(n):
    total = Decimal(0)
    cent = Decimal("0.01")
    for i in range(n):
        x = Decimal(i) / 7
        total += x.quantize(cent) * Decimal("1.1")
        if i % 3 == 0:
            total = total.quantize(cent, rounding="ROUND_DOWN").normalize()
        total = abs(total).max(Decimal(2))
    return total, Fraction(3, 4) + n


def mixed(n):
    out = []
    calls = [len, str, abs, sum, functools.partial(max, 3), lambda x: x, Decimal, tuple]
    args = [(1, 2), 5, -3, [1, 2], 4, 7, 2, "ab"]
    for i in range(n):
        out.append(calls[i % 8](args[i % 8]))
        if len(out) > 16:
            out.clear()
    return out


def containers(n):
    q = deque(maxlen=5)
    od = OrderedDict()
    for i in range(n):
        q.append(i)
        q.rotate(1)
        od[i % 7] = i
        od.move_to_end(i % 7, last=i % 2 == 0)
    return list(q), list(od.items()), list(itertools.islice(itertools.count(start=n, step=2), 3))


def errors(n):
    caught = 0
    text = ""
    for i in range(n):
        try:
            if i % 3 == 0:
                int("zz", base=10)
            elif i % 3 == 1:
                sorted([1, "a"], key=None)
            else:
                max([1], kye=2)
        except (ValueError, TypeError) as e:
            caught += 1
            text = f"{type(e).__name__}: {e}"
    return caught, text, e_line(n)


def e_line(n):
    import traceback

    for i in range(n):
        try:
            sorted([i], reversed=True)
        except TypeError as e:
            line = traceback.extract_tb(e.__traceback__)[0]
    return line.name, line.line


for _ in range(2):
    print(keywords(1500), objects(2000), decimals(1500))
    print(mixed(2000), containers(1500))
    print(errors(1201))
