# Edges of the built-in types and functions that CPython's own tests look at.
import ast, collections, io, pickle, sys, gc


def show(f, *args, **kwargs):
    try:
        print(repr(f(*args, **kwargs)))
    except BaseException as e:
        print(type(e).__name__, e)


# eval strips blanks in front; a byte order mark does not hide them
show(eval, " 1+1\n")
show(eval, " \t 2*3")
show(eval, b"  4")

# a doubled percent sign stands for itself only with nothing between
for args in [1, (1,), (), {"a": 1}, (1, 2)]:
    for f in ["% %s", "%5%", "%.3%", "%%%s", "%(a)%", b"%5%"]:
        show(lambda: f % args)


# keyword arguments of subclasses
class F(float):
    pass


class L(list):
    def __new__(cls, seq, newarg=None):
        self = super().__new__(cls, seq)
        self.newarg = newarg
        return self


show(F, x=1)
show(list, sequence=())
print(L([1, 2], newarg=3).newarg)


# comparisons that change what they compare
class X:
    def __eq__(self, other):
        list2.clear()
        return NotImplemented


class Y:
    def __eq__(self, other):
        list1.clear()
        return NotImplemented


list1, list2 = [X()], [Y()]
print(list1 == list2)

# a range iterator knows its position
it = iter(range(2**32 + 2))
it.__setstate__(2**32 + 1)
print(it.__reduce__()[1:], next(pickle.loads(pickle.dumps(it))))
it = iter(range(3, 20, 4))
next(it), next(it)
print(it.__reduce__()[1:], it.__length_hint__())
it.__setstate__(-5)
print(list(it))


# the hashes of a dict's keys are used again
class H(int):
    n = 0

    def __hash__(self):
        H.n += 1
        return int.__hash__(self)


d = dict.fromkeys(map(H, range(10)))
s = set(d)
s.difference(d)
s.symmetric_difference_update(d)
dict.fromkeys(set(d))
dict.fromkeys(d)
print(H.n, len(s))

# memoryview: a hash is kept, a slice survives
m = memoryview(b"abcdef")
h = hash(m)
m.release()
print(hash(m) == h)


class Index:
    def __index__(self):
        m.release()
        return 4


m = memoryview(bytearray(b"\xff" * 8))
print(list(m[: Index()]))
m = memoryview(bytearray(b"\xff" * 8))
show(m.__setitem__, slice(Index()), b"spam")


# bytearray: slots travel with a copy, an iterator sees what has arrived
class B(bytearray):
    __slots__ = ("x", "y", "__dict__")


b = B(b"abcd")
b.x, b.z = 10, 11
c = pickle.loads(pickle.dumps(b))
print(c, c.x, c.z, hasattr(c, "y"))
b = bytearray()


def g():
    for i in range(3):
        yield i
        print(list(b), b.__alloc__() > len(b))


b.__init__(g())

# classes: the namespace's own order, docstrings, properties
od = collections.OrderedDict([("a", 1), ("b", 2)])
od.move_to_end("a")
print(list(type("C", (), od).__dict__.items())[:2])
show(type, "C", (), {"__doc__": "x\udcdcy"})


class P(property):
    pass


class Q(property):
    __slots__ = ()


def doc(self):
    "doc"


print(P(doc, doc="x").__doc__, vars(P(doc, doc="x")), vars(P(doc)), vars(P(lambda s: 1)))
show(Q, doc)

# input() reads although nothing can be flushed
saved = sys.stdin, sys.stdout
sys.stdin, sys.stdout = io.StringIO("line\n"), type("Sink", (), {"write": lambda self, s: None})()
try:
    line = input("?")
finally:
    sys.stdin, sys.stdout = saved
print(repr(line))

# top-level await: in a module's code only
for source in ["await x", "def f(): await x", "async def f(): await x", "[y async for y in x]", "class C: await x"]:
    show(lambda: bool(compile(source, "?", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).co_flags & 128))
import types

co = compile("a = 5", "?", "exec")
scope = {}
types.FunctionType(co, scope)()
print(scope["a"])

# a tree that contains itself
e = ast.UnaryOp(op=ast.Not(), lineno=0, col_offset=0)
e.operand = e
show(compile, ast.Expression(e), "<test>", "eval")

# examples in docstrings
import doctest

for f in [bin, hex, oct, int, zip, float.hex, float.fromhex, int.bit_count, bytes.hex, memoryview.hex]:
    finder = doctest.DocTestFinder()
    for test in finder.find(f, "f"):
        if test.examples:
            print(doctest.DocTestRunner().run(test).failed)


# chains of containers with finalizers that collect
class Ouch:
    n = 0

    def __del__(self):
        Ouch.n += 1
        if Ouch.n % 17 == 0:
            gc.collect()


for count in range(2):
    t, v = [], {}
    for i in range(80):
        t = [t, Ouch()]
        v = {1: v, 2: Ouch()}
del t, v
print(Ouch.n)


# a bare raise does not lengthen the traceback
import traceback


def reraise():
    try:
        1 / 0
    except ZeroDivisionError:
        raise


try:
    reraise()
except ZeroDivisionError as e:
    print([f.lineno - reraise.__code__.co_firstlineno for f in traceback.extract_tb(e.__traceback__)][1:])

# errors of codecs name the codec
import codecs

for f in [lambda: b"a".decode("hex"), lambda: codecs.decode(b"a", "hex"), lambda: codecs.encode("é", "rot13x")]:
    show(f)
print(codecs.getincrementaldecoder("utf-8")("surrogatepass").decode(b"\xed\xa0"))
show("テ".encode, "euc_jp")
show(b"\xa5\xc6".decode, "shift_jis")

# exits and threads
show(sys.exit, (42,))
import _thread

print(_thread.get_ident() in sys._current_frames(), list(sys._current_exceptions().values()))

# what a container refers to
print(sorted(gc.get_referents([1, 3.5], (7,), {2: 4})), gc.is_tracked(type("S", (int,), {"__slots__": ()})()))

# scopes
import symtable

top = symtable.symtable("def f(a, *b):\n    global c\n    return [a for d in b]\nclass K: x = f", "?", "exec")
print(top.get_name(), sorted(top.get_identifiers()), [t.get_name() for t in top.get_children()])
f = top.get_children()[0]
print(f.get_parameters(), f.get_globals(), f.lookup("a").is_parameter(), f.get_lineno())
show(symtable.symtable, "x = (", "?", "exec")

# trees that no source makes
num = ast.Constant(1)
for e in [
    ast.BoolOp(ast.And(), [num]),
    ast.Compare(num, [], []),
    ast.Dict([num], []),
    ast.ListComp(num, []),
    ast.NamedExpr(num, num),
    ast.Tuple([ast.Name("x", ast.Store())], ast.Load()),
    ast.Name("None", ast.Load()),
]:
    show(compile, ast.fix_missing_locations(ast.Expression(e)), "?", "eval")
for s in [
    ast.Raise(None, num),
    ast.Try([ast.Pass()], [], [], []),
    ast.Global([]),
    ast.Match(num, [ast.match_case(ast.MatchStar("x"), None, [ast.Pass()])]),
    ast.Match(num, [ast.match_case(ast.MatchOr([ast.MatchAs()]), None, [ast.Pass()])]),
]:
    show(compile, ast.fix_missing_locations(ast.Module([s], [])), "?", "exec")
# deletion of items: sequences' words for it where an index reaches them
class Nothing:
    pass


for o in [(1, 2), "a", b"a", types.MappingProxyType({}), 5, {}.keys(), Nothing(), iter([]), range(3), frozenset(), None]:
    for k in (0, "a", slice(1)):
        try:
            del o[k]
        except TypeError as e:
            print(e)
