"""Sorting texts and tuples: what is compared in line gives the order of `<`."""
import itertools
import random

rng = random.Random(7)
letters = "abcxyz\0\x7f\xe9\u0394\U0001f600"


def check(items, **options):
    """Against a sort that only knows `<`."""

    class Key:
        def __init__(self, v):
            self.v = v

        def __lt__(self, other):
            return self.v < other.v

    got = sorted(items, **options)
    wanted = sorted(items, key=Key, **options)
    assert got == wanted, (got, wanted)
    assert [id(v) for v in got] == [id(v) for v in wanted] or not any(isinstance(v, (str, tuple)) for v in got)
    return got[:3] + got[-2:]


for alphabet in ("ab", "abc\0", letters[:9], letters[:10], letters):
    words = ["".join(rng.choice(alphabet) for _ in range(rng.randrange(14))) for _ in range(300)]
    print(check(words), check(words, reverse=True))
    print(sorted(words, key=len)[-1] in words, sorted(words, key=str.upper)[:2])
print(sorted(["a", "a\0", "", "a\0\0\0\0\0\0\0", "a\0\0\0\0\0\0\0b", "a" * 8, "a" * 9, "a" * 8 + "\0", "\0"]))


class Text(str):
    def __lt__(self, other):
        return str.__gt__(self, other)


print(sorted(map(Text, "bca")), sorted(["b", Text("c"), "a"]))
kinds = [
    lambda: rng.randrange(-3, 3),
    lambda: rng.choice([0.0, -0.0, 1.5, -2.5, 2.0]),
    lambda: rng.choice(["", "a", "b", "ab", "\u0394"]),
    lambda: rng.choice([2**70, -(2**70), 2**64]),
    lambda: (rng.randrange(2), rng.randrange(2)),
    lambda: rng.random() < 0.5,
]
for picked in itertools.product(range(6), repeat=2):
    rows = [tuple(kinds[k]() for k in picked[: rng.randrange(3)]) for _ in range(80)]
    print(picked, check(rows))
for rows in ([(1, 2.5), (1.0, 2)], [(1, "a"), ("a", 1)], [(None, 1), (None, 0)], [(None, 1), (None, "x")], [(1, None), (1, None)],
             [(True, 2), (1, 1)], [(0.0, "b"), (-0.0, "a")], [([1], 2), ([1], 1)], [(1,), (1, 2), ()]):
    try:
        print(sorted(rows))
    except TypeError as e:
        print(e)
nan = float("nan")
print(sorted([(nan, 2), (nan, 1)]), sorted([(1, nan), (1, nan)]))


class Row(tuple):
    def __lt__(self, other):
        return tuple.__gt__(self, other)


print(sorted([Row((1, 2)), Row((2, 1))]), sorted([(1, 2), Row((0, 1)), (3,)]))
