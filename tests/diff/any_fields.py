"""Fields that descriptors read, at one place for objects of many classes; calls of builtin classes; arguments by name."""
import collections
import datetime
import itertools


def fields(rows):
    total = 0
    for row in rows:
        total += row.score
    return total


def make(n):
    return collections.namedtuple("Row", ["name", "score"] if n % 2 else ["score", "name", "rest"], defaults=[n])


class Slotted:
    __slots__ = ("score",)

    def __init__(self, score):
        self.score = score


class Other:
    __slots__ = ("other", "score")


# A new class each time: the place meets more kinds than it has code for.
total = 0
for n in range(60):
    cls = make(n)
    total += fields([cls(i, i + n) for i in range(40)])
print(total)

for n in range(60):
    cls = type("S%d" % n, (Slotted,), {})
    total += fields([cls(i) for i in range(40)])
print(total)


def read(objects):
    out = []
    for o in objects:
        try:
            out.append(o.score)
        except AttributeError as e:
            out.append(str(e))
        except IndexError as e:
            out.append("index: %s" % e)
    return out


short = [tuple.__new__(make(n), ()) for n in (1, 2)]
mixed = [Slotted(1), Other(), make(1)(2, 3), make(2)(4, 5, 6), *short]
for n in range(30):
    mixed.append(type("T%d" % n, (Other,), {})())
    mixed.append(make(n)(n, n))
for _ in range(40):
    last = read(mixed)
print(last)
del mixed[0].score
print(read(mixed)[0])


class Loud:
    """Runs Python while it is read."""

    def __init__(self, value):
        self.value = value

    @property
    def score(self):
        self.value += 1
        return self.value


loud = Loud(0)
for _ in range(40):
    last = read([loud, *mixed])
print(last[0], loud.value)

# Builtin classes, called: good and bad arguments.
for call in (
    lambda: [float(i) for i in range(3)],
    lambda: [float(x) for x in (True, 1.5, "2.5", b"3", 10**20, -(2**48))],
    lambda: float(2**2000),
    lambda: float(1, 2),
    lambda: float(x=1),
    lambda: int("12", 8),
    lambda: int(12, 8),
    lambda: bool(1, 2),
    lambda: bytes(3),
    lambda: dict([[1, 2], (3, 4), "ab", iter("cd")]),
    lambda: dict([(1, 2), (3,)]),
    lambda: dict([(1, 2), 3]),
    lambda: dict([([], 2)]),
    lambda: object(1),
    lambda: slice(),
    lambda: range("a"),
    lambda: list(1),
    lambda: tuple(1, 2),
    lambda: set([[]]),
    lambda: str(1, 2),
    lambda: zip(1),
    lambda: map(),
    lambda: map(len),
    lambda: enumerate(),
    lambda: reversed(3),
    lambda: super(),
    lambda: property(1, 2, 3, 4, 5),
    lambda: type(1)(2.5),
    lambda: memoryview(1),
    lambda: NotImplementedError(1, 2),
    lambda: tuple.__new__(),
    lambda: tuple.__new__(1),
    lambda: tuple.__new__(list),
    lambda: object.__new__(dict),
    lambda: tuple.__new__(make(1), (1, 2)),
    lambda: datetime.datetime(2024, 1),
    lambda: datetime.datetime(2024, 1, 2, 3, 4, 5, 6, None, 0),
    lambda: datetime.datetime(2024, 1, 2, 3, 4, 5, 6, None, fold=1),
    lambda: datetime.datetime(day=4, month=3, year=2),
    lambda: datetime.datetime(2024, 1, 2, year=1),
    lambda: datetime.datetime(2024, 1, 2, years=1),
    lambda: datetime.datetime(2024, 1, 2**40),
    lambda: datetime.datetime(2024, 1, 2**80),
    lambda: datetime.datetime(2024, 1, "2"),
    lambda: datetime.date(2024, 13, 1),
    lambda: datetime.timedelta(days=1, hours=2, minute=3),
):
    try:
        print(call())
    except Exception as e:
        print(type(e).__name__, e)


class Key(list):
    """Changes the pair that it is in."""

    def __hash__(self):
        pair.clear()
        return 1


pair = [Key(), "value"]
print(list(dict([pair]).values()), pair)

# `map` gives its arguments up to what it calls.
print(list(map(max, [1, 2], [3, 1], [2, 5])))
print(list(map(float, [1, True, "3"])), list(map("{}{}{}{}{}".format, *itertools.repeat("ab", 5))))
print(list(map([10, 20, 30].__getitem__, [2, 0])), list(map(str.upper, "ab")))


class Meta(type):
    def __instancecheck__(cls, x):
        return x == 5


class Asked(metaclass=Meta):
    pass


class Claims:
    @property
    def __class__(self):
        return dict


for x in (5, 6, "a", [], {}, 1.5, True, Claims(), Slotted(1)):
    print(
        isinstance(x, (int, str)),
        isinstance(x, (Asked, list)),
        isinstance(x, (list, (str, (float, Asked)))),
        isinstance(x, dict),
        isinstance(x, (dict, set)),
        isinstance(x, int | str),
    )
try:
    isinstance(1, (str, 5))
except TypeError as e:
    print(e)
print(isinstance(1, (int, 5)))
