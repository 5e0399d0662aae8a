"""Generator of random, deterministic, always terminating Python programs.

`program(seed)` returns source text. Loops are bounded, values stay printable, and every statement that may raise is
inside a handler that prints the exception, so a program's output says what happened. The programs use integers across the
immediate range, floats, strings, lists, dicts, tuples, classes with changing attributes, closures, generators,
exceptions and calls: what the tiers of the runtime treat differently.
"""
import random

INTS = ["0", "1", "-1", "2", "7", "255", "2**31", "2**47", "-2**47", "2**48-1", "2**48", "2**63", "10**25"]
FLOATS = ["0.0", "-0.5", "1.5", "1e10", "3.25", "float('inf')"]
STRINGS = ["''", "'a'", "'bc'", "'\\u00e9'", "'xyz'"]
BINARY = ["+", "-", "*", "//", "%", "/", "&", "|", "^", "<", "<=", "==", "!=", ">", ">="]

PRELUDE = '''\
def show(tag, v):
    try:
        s = repr(v)
    except Exception as e:
        s = type(e).__name__
    print(tag, s[:200])

def big(v):
    return isinstance(v, int) and abs(v) > 10**60

class Box:
    kind = "box"
    def __init__(self, v):
        self.v = v
    def get(self):
        return self.v
    def __add__(self, o):
        return Box((self.v, o.v if isinstance(o, Box) else o)) if len(repr(self.v)) < 100 else self
    def __eq__(self, o):
        return isinstance(o, Box) and self.v == o.v
    def __repr__(self):
        return f"{type(self).__name__}({self.v!r})"

class Sub(Box):
    kind = "sub"
    def get(self):
        return super().get()
    @property
    def double(self):
        return [self.v, self.v]

'''


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines = []
        self.functions = []
        self.names = 0

    def emit(self, depth, text):
        self.lines.append("    " * depth + text)

    def fresh(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def expression(self, scope, depth=0):
        r = self.r
        k = r.random()
        if depth > 2 or k < 0.35:
            if scope and r.random() < 0.7:
                return r.choice(scope)
            return r.choice(INTS * 2 + FLOATS + STRINGS + ["None", "True", "[1, 2]", "(3, 'x')", "{'k': 1}", "Box(1)", "Sub(2)"])
        e = lambda: self.expression(scope, depth + 1)
        if k < 0.62:
            return f"({e()} {r.choice(BINARY)} {e()})"
        if k < 0.70:
            return f"({e()} if {e()} else {e()})"
        if k < 0.76 and self.functions:
            name, count = r.choice(self.functions)
            return f"{name}({', '.join(e() for _ in range(count))})"
        return r.choice([
            f"[{e()}, {e()}]", f"({e()}, {e()})", f"{{'k': {e()}}}", f"Box({e()})", f"Sub({e()}).get()", f"len({e()})",
            f"str({e()})[:20]", f"({e()}).get()", f"({e()}).v", f"({e()})[{r.randint(-2, 2)}]", f"({e()} and {e()})", f"(not {e()})",
            f"[q for q in range({r.randint(0, 5)})]", f"sum(q for q in range({r.randint(0, 9)}))", f"isinstance({e()}, {r.choice(['int', 'Box', 'str'])})",
            f"abs({e()})", f"f'{{{r.choice(scope) if scope else 1}!r:.20}}'", f"(lambda q: q)({e()})", f"({e()}).double",
        ])

    def block(self, depth, scope, budget, loops, kind):
        scope = list(scope)
        for _ in range(self.r.randint(1, max(1, budget))):
            self.statement(depth, scope, budget - 1, loops, kind)
        return scope

    def statement(self, depth, scope, budget, loops, kind):
        r = self.r
        k = r.random()
        e = lambda: self.expression(scope)
        if k < 0.3 or budget <= 0:
            name = r.choice(scope) if scope and r.random() < 0.6 else self.fresh("v")
            self.emit(depth, f"{name} = {e()}")
            self.emit(depth, f"if big({name}): {name} = {name} % 1000003")
            self.emit(depth, f"if isinstance({name}, (str, list, tuple)) and len(repr({name})) > 200: {name} = {name}[:1]")
            if name not in scope:
                scope.append(name)
        elif k < 0.42:
            self.emit(depth, "try:")
            self.block(depth + 1, scope, budget - 1, loops, kind)
            self.emit(depth, f"except {r.choice(['Exception', '(TypeError, ValueError)', 'ZeroDivisionError', 'AttributeError'])} as exc:")
            self.emit(depth + 1, "show('exc', (type(exc).__name__, str(exc)))")
            if r.random() < 0.3:
                self.emit(depth, "finally:")
                self.emit(depth + 1, "show('finally', 0)")
        elif k < 0.55:
            self.emit(depth, f"if {e()}:")
            self.block(depth + 1, scope, budget - 1, loops, kind)
            self.emit(depth, "else:")
            self.block(depth + 1, scope, budget - 1, loops, kind)
        elif k < 0.75 and loops < 2:
            i = self.fresh("i")
            n = r.choice([3, 12, 40]) if loops == 0 else r.choice([2, 5])
            source = r.choice([f"range({n})", f"range({n}, 0, -1)", f"[1, 2.5, 'a', {n}] * 3", f"enumerate('abc' * {n // 2})", f"gen({n})"])
            self.emit(depth, f"for {i} in {source}:")
            self.block(depth + 1, scope + [i], budget - 1, loops + 1, kind)
            if r.random() < 0.3:
                self.emit(depth + 1, f"if {i} == {r.randint(0, 12)}: {r.choice(['break', 'continue'])}")
        elif k < 0.8 and loops < 2:
            i = self.fresh("w")
            self.emit(depth, f"{i} = {r.choice([4, 20])}")
            self.emit(depth, f"while {i} > 0:")
            self.emit(depth + 1, f"{i} -= 1")
            self.block(depth + 1, scope + [i], budget - 1, loops + 1, kind)
        elif k < 0.85 and kind == "function":
            self.emit(depth, f"return {e()}")
        elif k < 0.9:
            self.emit(depth, f"raise {r.choice(['ValueError', 'KeyError', 'TypeError'])}({e()})" if r.random() < 0.3 else f"show('s', {e()})")
        elif k < 0.95:
            b = self.fresh("b")
            self.emit(depth, f"{b} = {r.choice(['Box', 'Sub'])}({e()})")
            self.emit(depth, f"{b}.{r.choice(['v', 'extra', 'kind'])} = {e()}")
            self.emit(depth, f"show('b', ({b}, {b}.kind, getattr({b}, 'extra', None)))")
        else:
            self.emit(depth, f"show('e', {e()})")

    def build(self):
        r = self.r
        self.emit(0, "def gen(n):")
        self.emit(1, "for q in range(n):")
        self.emit(2, f"yield {r.choice(['q', 'q * 2', 'q / 2', 'str(q)', '(q, -q)', 'q if q % 3 else None'])}")
        for _ in range(r.randint(1, 4)):
            name = self.fresh("f")
            parameters = [self.fresh("p") for _ in range(r.randint(0, 3))]
            self.emit(0, f"def {name}({', '.join(parameters)}):")
            self.block(1, parameters, 4, 1, "function")
            self.emit(1, f"return {self.expression(parameters)}")
            self.functions.append((name, len(parameters)))
        self.emit(0, "def main():")
        self.emit(1, "acc = 0")
        scope = ["acc"]
        for _ in range(r.randint(3, 6)):
            self.emit(1, "try:")
            self.block(2, scope, 4, 0, "main")
            self.emit(1, "except Exception as exc:")
            self.emit(2, "show('out', (type(exc).__name__, str(exc)))")
        self.emit(1, "show('acc', acc)")
        self.emit(0, "main()")
        return PRELUDE + "\n".join(self.lines) + "\n"


def program(seed):
    return Generator(seed).build()


if __name__ == "__main__":
    import sys

    print(program(int(sys.argv[1]) if len(sys.argv) > 1 else 0), end="")
