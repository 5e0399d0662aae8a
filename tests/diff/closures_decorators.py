def counter():
    n = 0
    def inc(k=1):
        nonlocal n
        n += k
        return n
    return inc, lambda: n
inc, get = counter(); inc(); inc(5); print(get(), inc.__closure__[0].cell_contents, inc.__code__.co_freevars, counter.__code__.co_cellvars)
def deco(tag):
    def wrap(f):
        def inner(*a, **k): return f"{tag}({f(*a, **k)})"
        inner.__name__ = f.__name__; return inner
    return wrap
@deco("a")
@deco("b")
def hello(x, y=2): return f"{x}-{y}"
print(hello(1), hello(1, y=5), hello.__name__)
fs = [lambda: i for i in range(3)]; gs = [lambda i=i: i for i in range(3)]; print([f() for f in fs], [g() for g in gs])
def unbound():
    def g(): return v
    try: return g()
    except NameError as e: print(e)
    v = 1; print(g()); del v
    try: g()
    except NameError as e: print(e)
unbound()
def loc():
    try: print(z)
    except UnboundLocalError as e: print(e)
    z = 1; del z
    try: del z
    except UnboundLocalError as e: print(e)
loc()
for src in ("nonlocal x", "def f():\n nonlocal zz", "def f(a):\n global a", "def f():\n x = 1\n global x", "def f(a, a): pass", "return 1", "yield 1", "break", "def f(a=1, b): pass", "f(a=1, 2)", "f(**a, *b)", "f(a=1, a=2)", "await x", "x = *a", "del f()", "1 = x", "(a, b) += 1", "None = 1", "class C:\n return 1"):
    try: exec(compile(src, "s", "exec")); print("ok", src)
    except (SyntaxError, NameError) as e: print(repr(src), type(e).__name__, e)
def outer():
    x = "o"
    class C:
        y = x
        x = "c"
        def m(self): return x
        z = x
    return C.y if hasattr(C, "y") else None, C().m(), C.z
try: print(outer())
except NameError as e: print(e)
def compose(*fs):
    def run(v):
        for f in fs: v = f(v)
        return v
    return run
acc = 0
h = compose(lambda v: v + 1, lambda v: v * 2, str, len)
for i in range(500): acc += h(i)
print(acc)
