# _tokenize, xxsubtype.
import _tokenize
import copy
import pickle
import xxsubtype

T = _tokenize.TokenizerIter


def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
        print(repr(r))
        return r
    except BaseException as e:
        print(type(e).__name__, e.args)


for src in (
    "def f(x):\n    # c\n    return 'a' + x  # é\n\nif 1:\n  pass\n",
    "x = é\n",
    "a\\\nb",
    "'''a\nb'''",
    "x = '''a\nb''' + 'c'; y\n",
    "(1,\n 2)",
    "[a,\n\n  # c\n b] ; c",
    "x = (",
    "'abc",
    "'''abc\nd",
    "  x\n y\n",
    "1_\n",
    "",
    "\n\n",
    "async def f(): await x\n",
    "f'{x}' rb'x'",
    "a := 3; b->c ... @= != <> // //= ** **= << <<= >>= ~ ^ | &\n",
    "\tif x:\n        y\n",
    "if x:\n  y\n z\n",
    "0777",
    "$ ? !",
    "x = 5",
    "\u20ac",
    "if 1:\n  x\n # c\n  y\nz",
    "# only\n",
    "match x:\n case 1: pass",
    "a\r\nb\rc",
    "x\f y",
    "1.5e3j 0xFF 0b1 1__0",
    "True None lambda",
    ")",
    "(]",
):
    print(repr(src))
    try:
        for t in T(src):
            print("  ", t)
    except SyntaxError as e:
        print("  ", type(e).__name__, e.args)
attempt(T)
attempt(T, 5)
attempt(T, "a", "b")
attempt(T, b"x")
attempt(T, "a\0b")
attempt(lambda: list(T(source="a")))
it = T("a")
print(iter(it) is it, next(it), next(it), next(it, None), next(it, None))

l, d = xxsubtype.spamlist([1, 2]), xxsubtype.spamdict(a=1)
print(l, d, l.state, d.state, l.getstate(), d.getstate())
for f in (l.setstate, d.setstate):
    attempt(f, 5)
    attempt(f)
    attempt(f, "x")
    attempt(f, 1 << 40)
    attempt(f, 1, 2)
    attempt(f, 1.5)
    attempt(f, state=1)
for f in (l.getstate, d.getstate):
    attempt(f)
    attempt(f, 1)
attempt(setattr, l, "state", 1)
attempt(setattr, d, "state", 1)
attempt(l.classmeth, 1, 2, a=3)
print(xxsubtype.spamlist.classmeth())
attempt(l.staticmeth, 1, b=2)
attempt(xxsubtype.spamlist.staticmeth)
print(xxsubtype.bench(l, "state", 3) >= 0)
attempt(xxsubtype.bench, l, "nope")
attempt(xxsubtype.bench, l)
attempt(xxsubtype.bench, l, 5)
attempt(xxsubtype.bench, l, "state", "x")
attempt(xxsubtype.spamlist, 1)
attempt(xxsubtype.spamlist, 1, 2)
attempt(xxsubtype.spamdict, 5)
attempt(xxsubtype.spamlist, [1], a=1)
print(type(l + [1]), l == [1, 2], xxsubtype.spamlist, xxsubtype.spamlist.state, xxsubtype.spamdict.state, xxsubtype.spamlist.__mro__)
l.setstate(9)
l.__init__([7])
d.setstate(3)
d.__init__(b=1)
print(l, l.state, d, d.state)
attempt(setattr, l, "foo", 1)
attempt(hash, l)
attempt(xxsubtype.spamlist.getstate, [])


class C(xxsubtype.spamlist):
    pass


c = C([1])
c.foo = 1
c.setstate(4)
print(c, c.foo, c.state, C.classmeth(), c.__dict__)
print(copy.copy(l), copy.deepcopy(d), pickle.dumps(l, 2))
for i in range(3000):
    c.append(i)
    c.setstate(i)
    d[i] = c.getstate()
print(len(c), c.state, len(d), d[77])


import os.path
import posix


class Path(str):
    pass


print(repr(os.path.normpath(Path("a//b/../c"))), repr(os.path.abspath(Path("/x/./y"))), type(os.path.normpath(Path("a"))))
for wrong in (b"a", None, 1):
    try:
        posix._path_normpath(wrong)
    except TypeError as e:
        print(e)


class Documented:
    pass


for name in ("__dict__", "__weakref__"):
    print(Documented.__dict__[name].__doc__)


import io
import marshal
import os

r, w = os.pipe()
values = (1, 2.5, 1j, "text", b"bytes", (None, True), [1], {"a": 2**70}, {3}, frozenset((4,)))
for v in values:
    os.write(w, marshal.dumps(v))
with open(r, "rb", buffering=0) as f:
    # The pipe is open: what is not there yet is not waited for.
    print(tuple(marshal.load(f) for _ in values) == values)
    os.close(w)
    try:
        marshal.load(f)
    except EOFError as e:
        print(e)
f = io.BytesIO(b"".join(map(marshal.dumps, values)) + b"rest")
print([marshal.load(f) for _ in values] == list(values), f.read())
code = compile("x = 6 * 7", "made", "exec")
f = io.BytesIO(marshal.dumps((code, 1)))
exec(marshal.load(f)[0])
print(x)


class TooMuch(io.BytesIO):
    def readinto(self, buffer):
        n = super().readinto(buffer)
        return n + 100 if n > 4 else n


class Text:
    def read(self, n):
        return ""


for v in (1.0, 1j, b"0123456789", "0123456789"):
    for data in (TooMuch(marshal.dumps(v)), io.BytesIO(marshal.dumps(v)[:-1])):
        try:
            marshal.load(data)
        except (ValueError, EOFError) as e:
            print(type(e).__name__, e)
try:
    marshal.load(Text())
except TypeError as e:
    print(e)
