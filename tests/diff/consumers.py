"""Builtins that consume a generator: what they give, what is seen of them, and what happens on the way."""
import sys
import traceback
import warnings


def numbers(n, log=None):
    for i in range(n):
        if log is not None:
            log.append(i)
        yield i


def hot():
    total = 0
    for k in range(400):
        total += sum(x * k for x in range(7))
        total += sum((x for x in (1, 2, 3)), 10)
        total += any(x > 3 for x in range(k % 6)) + 2 * all(x < 4 for x in range(k % 6))
        total += min(x ^ k for x in range(1, 5)) + max(x ^ k for x in range(1, 5))
        total += len(list(x for x in range(k % 4))) + len(tuple(x for x in range(k % 3)))
        total += len(set(x % 3 for x in range(9))) + len(frozenset(x % 2 for x in range(9)))
        total += len(",".join(str(x) for x in range(k % 5)))
        total += sorted(-x for x in range(5))[0]
        items = [k]
        items.extend(x for x in range(k % 3))
        total += len(items)
        seen = {k}
        seen.update(x for x in range(3))
        total += len(seen)
    return total


print(hot(), hot())


def polymorphic(values):
    return [f(v) for v in values for f in (sum, any, list, tuple)]


for _ in range(30):
    r = polymorphic([[1, 2], (3, 4), range(3)]), [f(x for x in (1, 2)) for f in (sum, all, list, set, max)]
print(r)

# What is left in a generator that was not used up.
for _ in range(50):
    log = []
    g = numbers(5, log)
    print(any(x == 2 for x in g), log, list(g), log, end=" ") if _ == 49 else (any(x == 2 for x in g), list(g))
print()


def shown(f):
    try:
        return f()
    except Exception as e:
        lines = traceback.format_exception(e)
        return [line.split("line ")[-1].strip() for line in lines if "File" in line] + [repr(e)]


def boom():
    yield 1
    raise KeyError("boom")


def partly():
    items = [0]
    try:
        items.extend(boom())
    except KeyError:
        items.append("stopped")
    seen = {0}
    try:
        seen.update(boom())
    except KeyError:
        seen.add("stopped")
    return items, sorted(map(str, seen))


for k in range(40):
    results = [
        shown(lambda: sum(boom())),
        shown(lambda: sum((x for x in "ab"), 1)),
        shown(lambda: sum((x for x in "ab"), "")),
        shown(lambda: sum((x for x in ([1], [2])), [])),
        shown(lambda: sum(x for x in "ab")),
        shown(lambda: min(x for x in ())),
        shown(lambda: max(x for x in ())),
        shown(lambda: max(x for x in (1, "a"))),
        shown(lambda: sorted(x for x in (1, "a"))),
        shown(lambda: set(x for x in ([], 1))),
        shown(lambda: "".join(x for x in ("a", 1))),
        shown(lambda: ",".join(boom())),
        shown(lambda: any(1 / x for x in (0,))),
        shown(lambda: all(boom())),
        shown(lambda: tuple(boom())),
        shown(lambda: list(numbers("a"))),
        shown(lambda: sum((x for x in ()), 2.5)),
        shown(lambda: any((x for x in ()), 1)),
        shown(lambda: list((x for x in ()), 1)),
        shown(lambda: [].extend(x for x in ())),
        partly(),
    ]
for r in results:
    print(r)


class Odd:
    def __init__(self, n):
        self.n = n

    def __bool__(self):
        if self.n == 3:
            raise ValueError("three")
        return False

    def __lt__(self, other):
        return self.n < other.n

    def __gt__(self, other):
        return self.n > other.n

    def __radd__(self, other):
        return other + self.n

    def __repr__(self):
        return f"Odd({self.n})"


for k in range(40):
    odd = [
        shown(lambda: any(Odd(x) for x in range(3))),
        shown(lambda: any(Odd(x) for x in range(5))),
        shown(lambda: max(Odd(x % 4) for x in range(9))),
        shown(lambda: min(Odd(x % 4) for x in range(9))),
        shown(lambda: sum(Odd(x) for x in range(5))),
        shown(lambda: sorted(Odd(-x) for x in range(5))),
    ]
print(odd)


# Frames.
def depth():
    f, names = sys._getframe(), []
    while f is not None:
        names.append(f.f_code.co_name)
        f = f.f_back
    return names


def look():
    yield depth()
    f = sys._getframe(1)
    yield f.f_code.co_name, f.f_lineno - f.f_code.co_firstlineno


def frames():
    return list(look()), tuple(look()), [x for x in look()]


for _ in range(40):
    seen = frames()
print(seen)


def warned():
    with warnings.catch_warnings(record=True) as w:
        warnings.simplefilter("always")

        def gen():
            warnings.warn("one", stacklevel=2)
            yield 1

        sum(gen())
    return [(x.lineno - warned.__code__.co_firstlineno, str(x.message)) for x in w]


for _ in range(30):
    w = warned()
print(w)


# A generator that runs already.
def own():
    try:
        yield sum(me)
    except ValueError as e:
        yield str(e)


for _ in range(30):
    me = own()
    text = next(me)
print(text)


# Nested deeply.
def nested(n):
    return 0 if n == 0 else 1 + sum(nested(n - 1) for _ in range(1))


print(nested(150))
try:
    nested(100000)
except RecursionError as e:
    print(type(e))

# Tracing and profiling see the builtins.
events = []


def profiler(frame, event, arg):
    name = getattr(arg, "__name__", None) if event.startswith("c_") else frame.f_code.co_name
    events.append((event, name))


def profiled():
    return any(x > 5 for x in range(3)), sum(x for x in range(2))


sys.setprofile(profiler)
profiled()
sys.setprofile(None)
print(events)


def tracing():
    for i in range(3):
        if i == 1:
            sys.settrace(lambda f, e, a: events.append((e, f.f_code.co_name)))
        yield i
    sys.settrace(None)


events.clear()
print(sum(tracing()), sum(tracing()))

# The builtins are looked up like any name.
sum_of = sum
for k in range(30):
    if k == 20:
        sum = lambda it: "mine"  # noqa
    r = sum(x for x in range(3)), sum_of(x for x in range(3))
print(r)


class Text(str):
    def join(self, it):
        return "mine"


class Items(list):
    pass


for _ in range(30):
    items = Items()
    items.extend(x for x in range(3))
    r = Text(",").join(x for x in "ab"), str.join(Text(","), (x for x in "ab")), items, Items(x for x in range(2))
print(r)


# A bound method's first argument is not its object.
def bound():
    s, other, items = {0}, {1}, [0]
    update, extend, join = s.update, items.extend, ",".join
    for _ in range(50):
        update(other, (x for x in (5, 6)))
        extend(x for x in (1, 2))
        text = join(x for x in "ab")
    return s, other, len(items), text


print(bound())
