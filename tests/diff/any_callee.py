# Instructions that meet many kinds of operands: calls of whatever function, containment and formatting by Python methods.
import sys
import traceback


class Node:
    def __init__(self, kind, *parts):
        self.kind = kind
        self.parts = parts


class Walker:
    def visit(self, n):
        return getattr(self, "visit_" + n.kind)(n)

    def visit_num(self, n):
        return n.parts[0]

    def visit_add(self, n):
        return self.visit(n.parts[0]) + self.visit(n.parts[1])

    def visit_sub(self, n):
        return self.visit(n.parts[0]) - self.visit(n.parts[1])

    def visit_mul(self, n):
        return self.visit(n.parts[0]) * self.visit(n.parts[1]) % 1009

    def visit_neg(self, n):
        return -self.visit(n.parts[0])

    def visit_abs(self, n):
        return abs(self.visit(n.parts[0]))

    def visit_sq(self, n):
        x = self.visit(n.parts[0])
        return x * x % 97

    def visit_let(self, n, k=3, *rest, **more):
        return self.visit(n.parts[0]) + k + len(rest) + len(more)

    def visit_bad(self, n):
        raise ValueError(sys._getframe(1).f_code.co_name)


def build(depth, k):
    if depth == 0:
        return Node("num", k % 17)
    kind = ["add", "sub", "mul", "neg", "abs", "sq", "let"][k % 7]
    if kind in ("add", "sub", "mul"):
        return Node(kind, build(depth - 1, 2 * k + 1), build(depth - 1, 3 * k + 1))
    return Node(kind, build(depth - 1, k + 1))


def walk():
    tree = build(12, 1)
    total = 0
    for _ in range(30):
        total += Walker().visit(tree)
    print(total)
    bad = Node("neg", Node("add", Node("num", 1), Node("bad")))
    for _ in range(3):
        try:
            Walker().visit(bad)
        except ValueError as e:
            print(e, [f.lineno for f in traceback.extract_tb(e.__traceback__)])
    deep = Node("num", 1)
    for _ in range(20000):
        deep = Node("neg", deep)
    try:
        Walker().visit(deep)
    except RecursionError:
        print("RecursionError")


def f0(x):
    return x


def f1(x, y=2):
    return x + y


def f2(*a):
    return len(a)


def f3(x):
    yield x
    yield x + 1


def f4(x, **k):
    return sys._getframe(1).f_lineno - CALL_LINE


class Callable:
    def __call__(self, x):
        return x - 1

    def method(self, x):
        return x * 2

    @classmethod
    def of_class(cls, x):
        return (cls.__name__, x)

    @staticmethod
    def alone(x):
        return ~x


def f5(x):
    if x % 50 == 49:
        raise KeyError(x)
    return [x]


def calls():
    table = [f0, f1, f2, f3, f4, f5, Callable().method, Callable.of_class, Callable.alone, lambda x: x * x]
    for extra in ([], [Callable()], [abs, str, Callable(), int, [].append, list.__len__]):
        functions = table + extra
        out = []
        raised = 0
        for i in range(3000):
            f = functions[i * 7 % len(functions)]
            try:
                r = f(i)  # here
            except KeyError as e:
                raised += e.args[0]
            except TypeError as e:
                raised += 1
            else:
                out.append(list(r) if f is f3 else r)
        print(raised, out[-14:], hash(str(out)) == hash(str(out)), len(str(out)))


CALL_LINE = next(n for n, line in enumerate(open(__file__), 1) if line.endswith("# here\n"))


class Key:
    hashed = compared = 0

    def __init__(self, x):
        self.x = x

    def __hash__(self):
        Key.hashed += 1
        return self.x % 10

    def __eq__(self, other):
        Key.compared += 1
        if self.x == 77 and other.x == 7:
            raise ArithmeticError("77")
        return isinstance(other, Key) and self.x == other.x


class Plain:
    __hash__ = None

    def __init__(self, x):
        self.x = x


class Bag:
    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


class Old:
    def __getitem__(self, k):
        if k > 5:
            raise IndexError(k)
        return k * 3


def containment():
    keys = [Key(k) for k in range(12)]
    wheres = [set(keys), dict.fromkeys(keys), keys, tuple(keys), frozenset(keys[3:]), Bag(keys), Old()]
    for what in [Key(3), Key(40), Key(77), Plain(1), 9]:
        for where in wheres:
            found = errors = 0
            for i in range(120):
                try:
                    found += what in where
                    found += 10 * (what not in where)
                except (ArithmeticError, TypeError, AttributeError) as e:
                    errors += len(type(e).__name__)
            print(type(what).__name__, type(where).__name__, found, errors)
    print(Key.hashed > 0, Key.compared > 0)


class Shown:
    def __init__(self, x):
        self.x = x

    def __str__(self):
        return self.x

    def __repr__(self):
        return "<%r>" % (self.x,)

    def __format__(self, spec):
        if spec == "!":
            raise ValueError("no such format")
        return "%s:%s" % (self.x, spec)


class Text(str):
    pass


class OnlyRepr:
    def __repr__(self):
        return "only"


class Where:
    def __str__(self):
        return sys._getframe(1).f_code.co_name

    __repr__ = __str__


def formats():
    things = [Shown("a"), OnlyRepr(), Where(), [1], (2,), {3: 4}, None, Text("t"), b"x", 1.5, 10**30, Shown(5)]
    for _ in range(3):
        for x in things:
            out = set()
            for i in range(150):
                try:
                    out.add(f"{x}|{x!r}|{x!s:>6}|{x!a}")
                    out.add(str(x))
                except TypeError as e:
                    out.add(str(e))
            print(sorted(out))
    for i in range(200):
        try:
            s = f"{things[0]:!}"
        except ValueError as e:
            s = str(e)
    print(s)
    kinds = {type(str(Shown(Text("sub")))).__name__ for i in range(200)}
    print(kinds)


class Number(int):
    pass


def of_classes():
    total = 0
    made = None
    for i in range(1, 800):
        total += int.from_bytes(b"abc", "little") + Number.from_bytes(i.to_bytes(2, "big"), "big")
        made = dict.fromkeys("ab", i)
        table = str.maketrans("ab", "xy")
        total += len(bytes.fromhex("00ff")) + len("aabbc".translate(table))
    print(total, made, type(Number.from_bytes(b"a", "big")).__name__)
    errors = 0
    for i in range(600):
        try:
            int.from_bytes("x" if i % 3 else b"x", "big")
        except TypeError:
            errors += 1
    print(errors)
    for i in range(900):
        if i == 700:
            Number.from_bytes = staticmethod(lambda *a: -5)
        r = Number.from_bytes(b"a", "big")
    print(r)


walk()
calls()
containment()
formats()
of_classes()
