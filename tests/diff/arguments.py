def f(a, b=2, /, c=3, *args, d, e=5, **kw): return a, b, c, args, d, e, kw
def g(a, b): return a, b
def h(a, /, *, b): return a, b
def z(): pass
print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, x=7), f(*[1, 2], **{"d": 3, "a": 9}), g(b=1, a=2), g(*"ab"), h(1, b=2))
class C:
    def m(self, x): return x
for call in ("f()", "f(1)", "g(1)", "g()", "g(1, 2, 3)", "g(1, a=2)", "g(1, 2, c=3)", "g(1, q=2)", "h(1, 2)", "h(a=1, b=2)", "h(1)", "h()", "z(1)", "z(1, 2)", "z(x=1)", "C().m()", "C().m(1, 2)", "C.m()", "g(*5)", "g(**5)", "g(**{1: 2})", "g(1, **{'a': 1})", "g(*[1], **{'b': 1}, **{'b': 2})", "len()", "len(1, 2)", "len(x=1)", "int('1', base=99)", "sorted()", "print(q=1)", "(lambda x: x)()", "C(1)", "C(a=1)", "5()", "'a'()", "None()", "isinstance(1)", "abs(1, 2)", "range()", "range(1, 2, 3, 4)", "dict(1, 2, 3)", "str(1, 2, 3, 4)", "max()", "max(1)", "max([])", "sum('ab')", "chr(-1)", "ord('ab')", "pow(2)", "divmod(1)", "iter(5)", "next(5)", "enumerate()", "zip(1)", "reversed(5)", "round('a')", "getattr(1)", "hash([])", "open()", "type(1, 2)", "zip([1], [1, 2], strict=True).__class__", "list(zip([1], [1, 2], strict=True))"):
    try: print(call, "->", eval(call))
    except Exception as e: print(call, type(e).__name__, e)
def mutable(x, acc=[]): acc.append(x); return acc
print(mutable(1), mutable(2), mutable.__defaults__, f.__kwdefaults__, f.__code__.co_varnames, f.__code__.co_argcount, f.__code__.co_posonlyargcount, f.__code__.co_kwonlyargcount)
g.__defaults__ = (9,); print(g(1)); g.__defaults__ = None
print([*range(3), *(), *"a"], {**{"a": 1}, "b": 2}, (*[1], 2), {*[1], 1})
def order(x): print("eval", x); return x
f(order(1), order(2), *[order(3)], d=order(4), **{"k": order(5)})
# Keyword arguments from mappings: order, duplicates, and what is no mapping.
import collections
od = collections.OrderedDict([("a", 1), ("b", 2)]); od.move_to_end("a")
def kw(**kw): return list(kw)
print(kw(**od))
class Multi:
    def __init__(self, *names): self.names = names
    def keys(self): return self.names
    def __getitem__(self, i): return i
for call in (lambda: kw(**Multi("x", "x")), lambda: kw(a=3, **Multi("x", "x")), lambda: kw(**{1: 3}, **{1: 5}), lambda: kw(**{1: 2}), lambda: kw(**3)):
    try: print(call())
    except TypeError as e: print(e)
