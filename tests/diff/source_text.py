# Encodings, type comments and old grammars of source text; what is left to do at exit.
import ast
for source in (b"# coding: latin-1\nx = '\xe9'", "# coding: latin-1\nx = '\xe9'", b"\xef\xbb\xbfx = '\xc3\xa9'", b"# coding: utf-7\nx = 1"):
    space = {}
    exec(source, space); print(ascii(space["x"]))
for source in (b"# coding: nothing\n", b"\xef\xbb\xbf# coding: latin-1\n", "\ufeffx = 1", b"x = '\xff'", b"x\x00"):
    try: compile(source, "name", "exec")
    except (SyntaxError, ValueError) as e: print(type(e).__name__, ascii(e.args))
print(eval("  \t 1 + 1"))
tree = ast.parse('''
def f(
    a,  # type: int
    *b,  # type: str
):  # type: (...) -> None
    for x in y:  # type: float
        z = 1  # type: complex
        with w:  # type: bytes
            pass  # type: ignore[this]
async def g():
    # type: () -> set
    await g()
''', type_comments=True)
print([n.type_comment for n in ast.walk(tree) if getattr(n, "type_comment", None)], [(t.lineno, t.tag) for t in tree.type_ignores])
for source in ("pass  # type: int\n", "def f():  # type: () -> int\n    # type: () -> str\n    pass", "def f(\n  *, # type: int\n  a): pass"):
    try: ast.parse(source, type_comments=True)
    except SyntaxError as e: print(e.msg)
for version, source in ((4, "async def f(): pass"), (5, "f'{a}'"), (5, "1_000"), (5, "x: int"), (7, "(a := 1)"), (7, "def f(a, /): pass"), (9, "match x:\n case 1: pass"), (10, "try: pass\nexcept* E: pass"), (4, "a @ b")):
    try: ast.parse(source, feature_version=(3, version))
    except SyntaxError as e: print(e.msg)
print(ast.dump(ast.parse("async = await", feature_version=(3, 6))))
class Last:
    def __init__(self, name): self.name = name
    def __del__(self): print("the end of", self.name)
kept = Last("a global"); cycle = Last("a cycle"); cycle.self = cycle

# What older grammars refuse, and None among nodes.
for text in ('f"{x=}"', 'f"{x = !r:>5}"', 'f"{x}"', 'f"a{y:{x=}}"'):
    for version in ((3, 7), (3, 8)):
        try:
            ast.parse(text, feature_version=version)
            print(text, version, "ok")
        except SyntaxError as e:
            print(text, version, e.msg)
load = ast.Load()
for values in ([ast.Constant(4), None], [None, ast.Constant(4)], [ast.Constant(1, kind="u"), ast.Name("x", load), None]):
    tree = ast.fix_missing_locations(ast.Expression(ast.BoolOp(ast.And(), values)))
    try:
        compile(tree, "x", "eval")
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)

# Where the parts of joined strings are said to be.
import ast
for source in ["'b' f'{x!r:>{y}}'", "f'{x!r:>{y}}' 'a'", "f'{x:>{y}}'", "('a'\n f'{x:>{y}<}')", "u'b' f'{x:a{y}c}'", "f'{x:abc}' u'd'"]:
    for node in ast.walk(ast.parse(source, mode="eval").body):
        if hasattr(node, "lineno"):
            at = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
            print(type(node).__name__, getattr(node, "value", None) if isinstance(node, ast.Constant) else "", getattr(node, "kind", None), *at)
