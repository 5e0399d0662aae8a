"""Generator of random, deterministic, always terminating Python programs.

`program(seed)` returns source text. Loops are bounded, values stay printable, and every statement that may raise is
inside a handler that prints the exception, so a program's output says what happened. The programs use integers across the
immediate range, floats, strings, lists, dicts, tuples, classes with changing attributes, closures, generators,
exceptions and calls: what the tiers of the runtime treat differently. Pieces of `STATEMENTS` add slots, slices, matching,
`with`, mutation during iteration, changes of types, classes and globals in the middle of loops, and finalizers.
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
    @property
    def level(self):
        return self.__dict__.get("_level", 0)
    @level.setter
    def level(self, n):
        if n == 3:
            raise ValueError("level")
        self._level = n

class Slotted:
    __slots__ = ("a", "b")
    made = 0
    def __init__(self, a, *rest, b=None):
        self.a = a
        if b is not None:
            self.b = b
        Slotted.made += 1
    def __getitem__(self, k):
        if isinstance(k, slice):
            return ("slice", k.start, k.stop, k.step)
        if isinstance(k, int) and k > 4:
            raise IndexError(k)
        return (self.a, k)
    def __len__(self):
        return 3 if self.a else 0
    def __call__(self, *args, **kw):
        return (self.a, args, sorted(kw.items()))
    def __lt__(self, o):
        return NotImplemented if not isinstance(o, Slotted) else repr(self.a) < repr(o.a)
    def __hash__(self):
        return 7
    def __eq__(self, o):
        return isinstance(o, Slotted) and self.a == o.a
    def __contains__(self, x):
        return x == self.a
    def __repr__(self):
        return f"Slotted({self.a!r}, {getattr(self, 'b', '-')!r})"

class Deep(Sub, metaclass=type("M", (type,), {"__call__": lambda c, *a: type.__call__(c, *a)})):
    kind = "deep"
    def __init__(self, *a, **kw):
        super().__init__(*a, **kw)
        self.extra = self.kind
    def get(self):
        return [super().get()]
    def __getattr__(self, name):
        if name.startswith("m_"):
            return name * 2
        raise AttributeError(name)
    def __bool__(self):
        return self.v != 0
    def __radd__(self, o):
        return ("radd", o if not isinstance(o, Box) else 0)
    def __iter__(self):
        yield self.v
        yield from (1, 2)

class Managed:
    def __init__(self, name, swallow=()):
        self.name, self.swallow = name, swallow
    def __enter__(self):
        show("enter", self.name)
        return self.name
    def __exit__(self, t, e, tb):
        show("exit", (self.name, t and t.__name__, str(e)[:40]))
        return t is not None and issubclass(t, self.swallow)

class Finalized:
    alive = 0
    def __init__(self):
        Finalized.alive += 1
    def __del__(self):
        Finalized.alive -= 1

def counter(start):
    n = start
    def step(by=1):
        nonlocal n
        n += by
        return n
    def peek():
        return n
    return step, peek

def star(a, /, b=2, *args, c=3, **kw):
    return (a, b, args, c, sorted(kw.items()))

def talk(n):
    got = []
    try:
        for i in range(n):
            try:
                x = yield i
                got.append(x)
            except ValueError as e:
                got.append(("caught", str(e)))
    finally:
        got.append("closed")
        show("talk", got)
    return got

def through(n):
    r = yield from talk(n)
    yield ("end", len(r))

def classify(v):
    match v:
        case bool(): return "bool"
        case int() | float() if v == v and -10 < v < 10: return "small"
        case int(n): return ("int", n % 7)
        case float(): return "float"
        case "": return "empty"
        case str() as s if len(s) == 1: return ("char", s)
        case [x, *rest]: return ("list", classify(x), len(rest))
        case {"k": w, **more}: return ("dict", classify(w), len(more))
        case Slotted(a=q): return ("slotted", classify(q))
        case Box(v=q): return ("box", classify(q))
        case None: return "none"
        case _: return "other"

G1 = 0
G2 = "g"

def bump(k):
    global G1, G2
    G1 += k if isinstance(k, int) and abs(k) < 10**9 else 1
    if G1 % 11 == 0:
        G2 = (G2, G1) if len(repr(G2)) < 60 else "g"
    return G1

def mixed(n, kinds):
    """A loop whose values change their type on the way."""
    acc = 0
    for i in range(n):
        v = kinds[(i // 7) % len(kinds)]
        try:
            acc = acc + v
        except TypeError:
            acc = v
        if isinstance(acc, (str, list, tuple)) and len(acc) > 30:
            acc = 0
        elif big(acc):
            acc = acc % 1000003
    return acc

def recursive(n, f):
    return f(n) if n <= 0 else [recursive(n - 1, f), n] if n % 3 else recursive(n - 2, f)

'''

# Statements as text: each `{e}` becomes an expression, `{n}` a small number, `{v}` a new name, `{s}` a slice.
STATEMENTS = [
    "show('star', star({e}, *({e}, {e})[:{n} % 3], **{{'c': {e}, 'k{n}': {n}}}))",
    "show('star', star(b={e}, *[{e}]))",
    "show('star', star({e}, {e}, {e}, {e}, c=1, z={n}))",
    "show('match', classify({e}))\nshow('match', [classify(q) for q in ({e}, [{e}, 1], {{'k': {e}}}, Box({e}), Slotted({e}))])",
    "{v} = [{e}, {e}, 3, 4, 'five', 6.5]\n{v}[{s}] = [{e}] * ({n} % 3)\nshow('set', {v})\ndel {v}[{s}]\nshow('del', {v})",
    "{v} = list(range({n} * 3))\n{v}[{s}] = 'abcdefghijk'[{s}]\nshow('slice', ({v}, {v}[{s}], tuple({v})[{s}], 'hello world'[{s}], b'bytes'[{s}], range(20)[{s}]))",
    "show('slices', (Slotted({e})[{s}], Slotted(1)[{n}]))",
    "{v} = {{q: q * q for q in range({n})}}\nfor q in {v}:\n    if q == {n} % 4: {v}[q + 100] = 1",
    "{v} = set(range({n}))\nfor q in {v}:\n    if q % 5 == {n} % 5: {v}.add(q + 50)",
    "{v} = [1, 2, 3]\nfor q in {v}:\n    if len({v}) < 30: {v}.append({e})\nshow('grown', len({v}))",
    "{v} = {{}}\nfor q in range({n} * 5):\n    {v}[q % 7] = {v}.get(q % 5, 0) + q\n    if q % 9 == 8: {v}.pop(q % 7, None)\nshow('dict', {v})",
    "{v} = {{}}\nfor q in range({n} * 20):\n    {v}.setdefault(str(q % {n}1), []).append(q)\nshow('dict', {{k: sum(w) for k, w in {v}.items()}})",
    "show('comp', [(x, y) for x in range({n} % 5) for y in ({e}, x) if x != 1])",
    "show('comp', {{x: [z for z in range(x) if z % 2] for x in range({n})}})",
    "show('comp', sorted({{repr(x)[:5] for x in [{e}, {e}, {n}]}}))",
    "show('comp', list(x for x in (y * 2 for y in range({n})) if x % 3))",
    "show('comp', [(lambda: x)() for x in range({n} % 6)])\nshow('late', [f() for f in [lambda: x for x in range({n} % 6)]])",
    "show('walrus', [q for w in range({n}) if (q := w * {n}) % 4])",
    "{v}, {v}p = counter({n})\nfor q in range({n} * 8):\n    {v}(q if q % 6 else -q)\nshow('closure', {v}p())",
    "{v} = talk({n} % 5 + 1)\nshow('send', [next({v}), {v}.send({e})])\nshow('throw', {v}.throw(ValueError({n})))\n{v}.close()",
    "{v} = through({n} % 4)\nshow('from', list({v}))",
    "{v} = through(3)\nshow('from', next({v}))\nshow('from', {v}.throw(ValueError('x')))\nshow('from', {v}.throw(KeyError('y')))",
    "with Managed('a', (ValueError, ZeroDivisionError)), Managed({n}) as {v}:\n    show('with', {e})\n    show('with', {e} / {n})",
    "with Managed('b', TypeError):\n    show('with', {e} + {e})",
    "for q in range({n}):\n    try:\n        if q % 3 == 1: continue\n        if q == {n} - 2: break\n        show('q', q)\n    finally:\n        show('fin', q)\nelse:\n    show('else', 0)",
    "for q in range({n} * 4):\n    try:\n        try:\n            {v} = 10 // (q % 4)\n        except ZeroDivisionError as e:\n            raise KeyError(q) from e\n        finally:\n            bump(q)\n    except KeyError as e:\n        {v} = (type(e.__cause__).__name__, type(e.__context__).__name__, e.args)\nshow('chained', {v})",
    "try:\n    raise ExceptionGroup('g', [ValueError({n}), TypeError('t'), ExceptionGroup('h', [KeyError({n})])])\nexcept* (ValueError, KeyError) as {v}:\n    show('eg', {v}.exceptions)\nexcept* TypeError as {v}:\n    show('eg', len({v}.exceptions))",
    "for q in range({n} * 30):\n    bump(q)\nshow('globals', (G1, G2))",
    "show('mixed', mixed({n} * 12, [{e}, {e}]))",
    "show('mixed', mixed({n} * 12, [1, 2.5]))\nshow('mixed', mixed({n} * 12, [2**46, 2**40, -1]))\nshow('mixed', mixed(90, [{e}, 1, 'a']))",
    "{v} = 1\nfor q in range({n} * 6):\n    {v} = {v} * 3 + q if q % 40 != 39 else {v} >> 30\nshow('big', ({v}, {v} % 97, {v} // 12345, divmod(-{v}, 1009), {v}.bit_length(), hex({v}), -{v} >> 7, {v} & 0xffff))",
    "show('big', (pow({n}, 50), pow({n}, -1, 101), pow(3, {n} * 10, 2**61 - 1), {n} << 70, (1 << 70) >> {n}, int(str(7**{n} * 10**20)), (2**70).to_bytes(9, 'big')))",
    "show('int', [(a // b, a % b, divmod(a, b)) for a in (2**47 - 1, -2**47, 2**62, -7, {n}) for b in (1, -1, 3, -{n}, 2**31) if b])",
    "show('float', [(a // b, a % b, round(a, 1), int(a)) for a in (1.5, -2.25, 1e15, {n}.5) for b in (0.5, -3.0, 2)])",
    "show('str', ('a,b,,c'.split(',', {n} % 4), ' x{n} '.strip(), 'abc'.find('c', {n} % 4), 'x'.join(str(q) for q in range({n})), 'aXbX'.replace('X', str({n}), {n} % 3), 'ab'.center({n}, '*'), 'A{n}b'.swapcase(), 'ab12'.isalnum(), 'a-b'.partition('-'), '%05d|%-5s|%r' % ({n}, 'x', 'q')))",
    "{v} = ''\nfor q in range({n} * 9):\n    {v} += chr(97 + q % 26) if q % 5 else '\u00e9' if q % 10 else '\u4e2d'\nshow('text', ({v}[{s}], {v}.count('a'), {v}.upper()[:9], {v}.encode()[-5:], {v} < 'm', hash({v}) == hash({v} + '')))",
    "show('fmt', f'{{{n}:>6}}|{{{n}.5:.3f}}|{{{e}!r:.30}}|{{{n}:#x}}|{{{n}:+,}}|{{1e10:g}}')",
    "{v} = [Slotted(q % 4, b=q) for q in range({n} * 3)]\n{v}.sort()\nshow('sorted', ({v}[:4], Slotted.made > 0, max({v}), {v}[0] in {v}, {v}.index(Slotted(1)) if Slotted(1) in {v} else -1))",
    "{v} = Slotted({e})\nshow('slot', {v})\n{v}.b = {e}\nshow('slot', {v}.b)\ndel {v}.b\nshow('slot', {v}.b)",
    "show('calls', (Slotted({e})({e}, k={n}), Slotted({n})(*'ab', **{{'z': 1}})))",
    "{v} = Deep({e})\nshow('deep', ({v}.get(), {v}.m_{n}, {v}.extra, list({v}), bool({v}), {n} + {v}))\nshow('deep', {v}.missing)",
    "{v} = Sub({n})\nfor q in range(5):\n    try:\n        {v}.level = q\n    except ValueError:\n        pass\nshow('level', {v}.level)",
    "Sub.extra{n} = {e}\nshow('class', [Deep(q).extra{n} for q in range(3)])\ndel Sub.extra{n}\nshow('class', Deep(1).extra{n})",
    "for q in range({n} * 10):\n    b = (Box, Sub, Deep)[q // ({n} * 4)](q)\n    {v} = b.get()\n    if q == {n} * 7: Box.get = lambda self: ('patched', self.v)\nshow('patched', {v})\nBox.get = lambda self: self.v",
    "{v} = [Finalized() for q in range({n})]\nshow('alive', Finalized.alive)\n{v} = None\nshow('alive', Finalized.alive)",
    "def {v}(a):\n    for b in [Finalized() for q in range(a)]:\n        for c in (1, 2, 3):\n            if c == a % 4: return [b]\nfor q in range(60): {v}(q % {n}5)\nshow('alive', Finalized.alive)",
    "{v} = []\nfor q in range({n} * 15):\n    {v}.append(q if q % 3 else [q])\n    if len({v}) > 6: {v}.pop(0 if q % 2 else -1)\n    if q % 11 == 10: {v}.insert(2, 'i'); {v}.reverse()\nshow('list', {v})",
    "{v} = recursive({n}, lambda k: k * {n})\nshow('rec', {v})",
    "show('zip', ([a + b for a, b in zip(range({n}), range({n}, 0, -1))], list(enumerate('ab', {n})), list(map(lambda a, b: (b, a), 'ab', range({n}))), [*filter(None, [{e}, 0, 1])], sum([q / 2 for q in range({n})]), any(q > 3 for q in range({n})), all([]), list(reversed([1, {n}]))))",
    "a, *b, c = [{e}, {n}, {e}, 4]\nshow('unpack', (a, b, c))\n(a, b), [c, *d] = (1, {n}), 'xyz'\nshow('unpack', (a, b, c, d))\na, b = {e}, {e}\na, b = b, a\nshow('swap', (a, b))",
    "{v} = {n}\nwhile True:\n    {v} += 1\n    if {v} % 13 == 0: break\n    if {v} % 2: continue\n    {v} += bump(1) % 2\nshow('while', {v})",
    "{v} = bytearray(range({n}))\n{v}[{s}] = b'zz'\nshow('bytes', ({v}, bytes({v}).hex(), {v}[::-1], memoryview({v})[0:1].tolist()))",
    "{v} = {{1, 2, {n}}}\n{v} |= {{3, {n} + 1}}\n{v} -= {{2}}\nshow('set', (sorted({v}), {v} & {{1, 3}}, {v} >= {{1}}, frozenset({v}) == {v}, len({v} ^ {{1}})))",
    "show('iter', (list(iter(lambda c=iter(range({n} + 5)): next(c), {n})), next(iter([]), 'd'), min({n}, 3, key=lambda q: -q), max([{n}], default=0)))",
    "assert {e}, 'm{n}'\nshow('assert', 1)",
    "for q in range(3):\n    for w in range({n} * 5):\n        if w == q * {n} + 2: break\n    else:\n        show('else', q)\n    show('at', (q, w))",
    "exec('z{n} = 5\\nfor zz in range(4): z{n} += zz')\nshow('exec', eval('[q * {n} for q in range(3)]'))",
    "import functools\n{v} = functools.lru_cache(lambda q: q * 2 if q < 3 else {v}(q - 1) + {v}(q - 2))\nshow('cache', ({v}({n}), functools.reduce(lambda a, b: a * 3 + b, range({n}), 1), functools.partial(star, 1, c=2)({n}, x=1)))",
]
SLICES = ["1:3", ":-1", "::2", "::-1", "-3:", "2:100", "5:1", "-1::-2", "0:0", ":"]


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
            f"classify({e()})", f"Slotted({e()})", f"Deep({e()})", f"star({e()})[0]", f"bump({r.randint(0, 9)})", f"(G1 % 5)", f"({e()})[{r.choice(SLICES)}]",
            f"({e()} is None)", f"({e()} in ({e()}, 1))", f"(-({e()}))", f"(~({e()}))", f"({e()} ** 2)", f"({e()} << 3)", f"({e()} >> 2)", f"(1 < {e()} < 10)",
            f"int({e()})", f"float({e()})", f"bool({e()})", f"round({e()})", f"max({e()}, {e()})", f"min({e()}, {e()})", f"hash({r.choice(INTS)})",
            f"[*({e()}, {e()})]", f"{{**{{'k': {e()}}}, 'j': 1}}", f"type({e()}).__name__", f"repr({e()})[:30]", f"tuple([{e()}])", f"({e()} or {e()})",
            f"abs({e()})", f"f'{{{r.choice(scope) if scope else 1}!r:.20}}'", f"(lambda q: q)({e()})", f"({e()}).double",
        ])

    def block(self, depth, scope, budget, loops, kind):
        scope = list(scope)
        for _ in range(self.r.randint(1, max(1, budget))):
            self.statement(depth, scope, budget - 1, loops, kind)
        return scope

    def feature(self, depth, scope):
        """One of `STATEMENTS`, with the lines after the first in their places."""
        r = self.r
        name = self.fresh("x")
        number = str(r.randint(1, 9))
        text = r.choice(STATEMENTS)
        out = []
        rest = text
        while rest:
            for mark, fill in (("{e}", lambda: self.expression(scope)), ("{n}", lambda: number), ("{v}", lambda: name), ("{s}", lambda: r.choice(SLICES))):
                if rest.startswith(mark):
                    out.append(fill())
                    rest = rest[3:]
                    break
            else:
                if rest.startswith(("{{", "}}")):
                    out.append(rest[0])
                    rest = rest[2:]
                else:
                    out.append(rest[0])
                    rest = rest[1:]
        guarded = r.random() < 0.8
        if guarded:
            self.emit(depth, "try:")
        for line in "".join(out).split("\n"):
            self.emit(depth + guarded, line)
        if guarded:
            self.emit(depth, "except Exception as exc:")
            self.emit(depth + 1, "show('feature', (type(exc).__name__, str(exc)))")

    def statement(self, depth, scope, budget, loops, kind):
        r = self.r
        k = r.random()
        if r.random() < 0.3 and (budget > 0 or loops < 2):
            return self.feature(depth, scope)
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
        for _ in range(r.randint(4, 8)):
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
