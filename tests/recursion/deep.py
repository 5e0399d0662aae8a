"""Recursion through everything that can run Python code: deep.py [--times] DEPTH [CASE...]

Each case recurses that deep and comes back, once with a result and once with an exception that unwinds all of it;
then it runs into the default recursion limit. Prints what went wrong, and how many cases there were; with --times also
the seconds that each took and the process's peak memory by then.
"""
import contextlib
import functools
import operator
import re
import resource
import sys
import time
import types

TIMES = sys.argv[1] == "--times" and bool(sys.argv.pop(1))
DEPTH = int(sys.argv[1])
ONLY = sys.argv[2:]
DEFAULT_LIMIT = sys.getrecursionlimit()
CASES = {}


class Stop(Exception):
    pass


raising = False


def bottom():
    if raising:
        raise Stop
    return 0


def case(f):
    CASES[f.__name__] = f
    return f


# Calls: each gets the depth and gives what `bottom` gave.

@case
def positional(n):
    def f(n, a): return a + f(n - 1, a) if n else bottom()
    return f(n, 0)

@case
def default_arguments(n):
    def f(n, a=0): return a + f(n - 1) if n else bottom()
    return f(n)

@case
def keyword_only(n):
    def f(n, *, a): return a + f(n=n - 1, a=a) if n else bottom()
    return f(n, a=0)

@case
def star_args(n):
    def f(*args): return f(args[0] - 1, 0) if args[0] else bottom()
    return f(n)

@case
def star_kwargs(n):
    def f(**kw): return f(n=kw["n"] - 1) if kw["n"] else bottom()
    return f(n=n)

@case
def unpacked(n):
    def f(*args, **kw): return f(*(args[0] - 1,), **kw) if args[0] else bottom()
    return f(n, a=1)

@case
def all_kinds(n):
    def f(n, /, b=1, *c, d=0, **e): return f(n - 1, 2, 3, d=4, q=5) if n else bottom()
    return f(n)

@case
def closure(n):
    def outer(k):
        def f(n): return f(n - 1) + k if n else bottom()
        return f
    return outer(0)(n)

@case
def method(n):
    class A:
        def f(self, n): return self.f(n - 1) if n else bottom()
    return A().f(n)

@case
def bound_method(n):
    class A:
        def f(self, n):
            g = self.f
            return g(n - 1) if n else bottom()
    return A().f(n)

@case
def class_method(n):
    class A:
        @classmethod
        def f(cls, n): return cls.f(n - 1) if n else bottom()
    return A.f(n)

@case
def super_method(n):
    class A:
        def f(self, n): return self.f(n - 1) if n else bottom()
    class B(A):
        def f(self, n): return super().f(n)
    return B().f(n // 2)

@case
def init(n):
    class A:
        def __init__(self, n):
            A(n - 1) if n else bottom()
    A(n)
    return 0

@case
def super_init(n):
    class A:
        def __init__(self, n):
            B(n - 1) if n else bottom()
    class B(A):
        def __init__(self, n): super().__init__(n)
    B(n // 2)
    return 0

@case
def new(n):
    class A:
        def __new__(cls, n):
            A(n - 1) if n else bottom()
            return object.__new__(cls)
    A(n)
    return 0

@case
def metaclass_call(n):
    class M(type):
        def __call__(cls, n): return super().__call__(n)
    class A(metaclass=M):
        def __init__(self, n):
            A(n - 1) if n else bottom()
    A(n // 2)
    return 0

@case
def decorated(n):
    def deco(g):
        @functools.wraps(g)
        def w(*a, **k): return g(*a, **k)
        return w
    @deco
    def f(n): return f(n - 1) if n else bottom()
    return f(n // 2)

@case
def descriptor(n):
    class D:
        def __get__(self, obj, cls):
            obj.n -= 1
            return obj.d if obj.n else bottom()
    class A: d = D()
    a = A()
    a.n = n
    return a.d

@case
def property_getter(n):
    class A:
        @property
        def p(self):
            self.n -= 1
            return self.p if self.n else bottom()
    a = A()
    a.n = n
    return a.p

@case
def property_setter(n):
    class A:
        @property
        def p(self): return 0
        @p.setter
        def p(self, n):
            if n: self.p = n - 1
            else: bottom()
    A().p = n
    return 0

@case
def try_finally(n):
    def f(n):
        try: return f(n - 1) if n else bottom()
        finally: n = None
    return f(n)

@case
def with_block(n):
    class A:
        def __enter__(self): return self
        def __exit__(self, *a): return False
    def f(n):
        with A(): return f(n - 1) if n else bottom()
    return f(n)

@case
def context_manager(n):
    @contextlib.contextmanager
    def manager(): yield
    def f(n):
        with manager(): return f(n - 1) if n else bottom()
    return f(n // 10)

# Generators and coroutines.

@case
def yield_from(n):
    def g(n):
        if n: yield from g(n - 1)
        else: yield bottom()
    return sum(g(n))

@case
def generator_for(n):
    def g(n):
        if n:
            for x in g(n - 1): yield x
        else: yield bottom()
    for x in g(n): return x

@case
def generator_next(n):
    def g(n):
        if n: yield next(g(n - 1))
        else: yield bottom()
    return next(g(n))

def drive(coroutine):
    try:
        while True: coroutine.send(None)
    except StopIteration as e:
        return e.value

@case
def awaits(n):
    async def f(n): return await f(n - 1) if n else bottom()
    return drive(f(n))

@case
def awaits_suspended(n):
    @types.coroutine
    def pause(): yield
    async def f(n):
        if n: return await f(n - 1)
        await pause()
        return bottom()
    return drive(f(n))

@case
def await_method(n):
    class A:
        def __init__(self, n): self.n = n
        def __await__(self): return f(self.n).__await__()
    async def f(n): return await A(n - 1) if n else bottom()
    return drive(f(n // 2))

@case
def async_with(n):
    class A:
        async def __aenter__(self): return self
        async def __aexit__(self, *a): return False
    async def f(n):
        async with A(): return await f(n - 1) if n else bottom()
    return drive(f(n // 2))

@case
def async_for(n):
    async def g(n):
        if n:
            async for x in g(n - 1): yield x
        else: yield bottom()
    async def f(n):
        async for x in g(n): return x
    return drive(f(n))

@case
def async_for_to_the_end(n):
    async def g(n):
        if n:
            async for x in g(n - 1): pass
            yield x
        else: yield bottom()
    async def f(n):
        async for x in g(n): pass
        return x
    return drive(f(n))

@case
def generator_for_to_the_end(n):
    def g(n):
        if n:
            for x in g(n - 1): pass
            yield x
        else: yield bottom()
    for x in g(n): pass
    return x

@case
def async_comprehension(n):
    async def once(): yield 1
    async def f(n): return [await f(n - 1) async for _ in once()][0] if n else bottom()
    return drive(f(n // 2))

@case
def handled_in_generators(n):
    def g(n):
        try: raise KeyError
        except KeyError: pass
        yield next(g(n - 1)) if n else bottom()
        try: raise KeyError
        except KeyError: pass
    for x in g(n): pass
    return x

@case
def list_comprehension(n):
    def f(n): return [f(n - 1) for _ in (1,)][0] if n else bottom()
    return f(n // 2)

@case
def set_comprehension(n):
    def f(n): return len({f(n - 1) for _ in (1,)}) - 1 if n else bottom()
    return f(n // 2)

@case
def dict_comprehension(n):
    def f(n): return {1: f(n - 1) for _ in (1,)}[1] if n else bottom()
    return f(n // 2)

@case
def generator_expression(n):
    def f(n): return sum(f(n - 1) for _ in (1,)) if n else bottom()
    return f(n // 2)

# Built-ins that call back.

@case
def lru_cache(n):
    @functools.lru_cache(maxsize=None)
    def f(n): return f(n - 1) if n else bottom()
    return f(n)

@case
def lru_cache_bounded(n):
    @functools.lru_cache
    def f(n): return f(n - 1) if n else bottom()
    return f(n)

@case
def cached_property(n):
    class A:
        def __init__(self, n): self.n = n
        @functools.cached_property
        def p(self): return A(self.n - 1).p if self.n else bottom()
    return A(n // 2).p

@case
def single_dispatch(n):
    @functools.singledispatch
    def f(n): return 0
    @f.register
    def _(n: int): return f(n - 1) if n else bottom()
    return f(n // 2)

@case
def partial(n):
    def f(n): return functools.partial(f, n - 1)() if n else bottom()
    return f(n)

@case
def method_caller(n):
    class A:
        def __init__(self, n): self.n = n
        def f(self): return operator.methodcaller("f")(A(self.n - 1)) if self.n else bottom()
    return A(n // 2).f()

@case
def maps(n):
    def f(n): return list(map(f, (n - 1,)))[0] if n else bottom()
    return f(n)

@case
def filters(n):
    def f(n): return len(list(filter(f, (n - 1,)))) if n else bottom()
    return f(n)

@case
def reduces(n):
    def f(n, m=0): return functools.reduce(f, (n - 1, 0)) if n else bottom()
    return f(n)

@case
def max_with_key(n):
    def f(n): return max((n - 1,), key=f) and 0 if n else bottom()
    return f(n)

@case
def sorted_with_key(n):
    def f(n): return sorted((n - 1,), key=f)[0] and 0 if n else bottom()
    return f(n)

@case
def sort_with_key(n):
    def f(n): return [n - 1].sort(key=f) or 0 if n else bottom()
    return f(n)

@case
def any_of(n):
    def f(n): return any(f(n - 1) for _ in (1,)) + 0 if n else bottom()
    return f(n // 2)

@case
def iter_with_sentinel(n):
    def f(n): return next(iter(lambda: f(n - 1), object())) if n else bottom()
    return f(n // 2)

@case
def regular_expression(n):
    r = re.compile("a")
    def f(n): return r.sub(lambda m: str(f(n - 1)), "a") if n else str(bottom())
    return int(f(n // 2))

@case
def evaluated(n):
    code = compile("f(n - 1)", "", "eval")
    def f(n): return eval(code, {"f": f, "n": n}) if n else bottom()
    return f(n // 2)

@case
def class_body(n):
    def f(n):
        if not n: return bottom()
        class A: r = f(n - 1)
        return A.r
    return f(n // 20)

@case
def init_subclass(n):
    left = n // 20
    class A:
        def __init_subclass__(cls):
            nonlocal left
            left -= 1
            if left > 0:
                class B(A): pass
            else: bottom()
    class C(A): pass
    return 0

# Special methods: name, parameters, what calls it again, what it returns.
SPECIAL = [
    ("getattr", "self, name", "self.missing", "0"),
    ("getattribute", "self, name", "self.missing", "0"),
    ("setattr", "self, name, v", "self.x = 1", "0"),
    ("delattr", "self, name", "del self.x", "0"),
    ("getitem", "self, i", "self[0]", "0"),
    ("setitem", "self, i, v", "self[0] = 1", "0"),
    ("delitem", "self, i", "del self[0]", "0"),
    ("contains", "self, x", "0 in self", "True"),
    ("call", "self, x", "self(0)", "0"),
    ("bool", "self", "not self", "True"),
    ("bool", "self", "1 if self else 2", "True"),
    ("bool", "self", "bool(self)", "True"),
    ("bool", "self", "any([self])", "True"),
    ("len", "self", "len(self)", "1"),
    ("len", "self", "not self", "1"),
    ("iter", "self", "iter(self)", "iter(())"),
    ("iter", "self", "[*self]", "iter(())"),
    ("iter", "self", "[x for x in self]", "iter(())"),
    ("iter", "self", "for x in self: pass", "iter(())"),
    ("iter", "self", "tuple(self)", "iter(())"),
    ("iter", "self", "a, b = self", "iter((1, 2))"),
    ("next", "self", "next(self)", "0"),
    ("repr", "self", "repr(self)", "'r'"),
    ("repr", "self", "repr([self])", "'r'"),
    ("repr", "self", "str((self,))", "'r'"),
    ("repr", "self", "'%r' % self", "'r'"),
    ("repr", "self", "f'{self!r}'", "'r'"),
    ("str", "self", "str(self)", "'s'"),
    ("str", "self", "f'{self}'", "'s'"),
    ("format", "self, spec", "format(self)", "'f'"),
    ("format", "self, spec", "f'{self:x}'", "'f'"),
    ("format", "self, spec", "'{}'.format(self)", "'f'"),
    ("hash", "self", "hash(self)", "1"),
    ("hash", "self", "{self: 1}", "1"),
    ("hash", "self", "{self}", "1"),
    ("hash", "self", "hash((self,))", "1"),
    ("eq", "self, o", "self == o", "True"),
    ("eq", "self, o", "[self] == [o]", "True"),
    ("eq", "self, o", "o in [self]", "True"),
    ("ne", "self, o", "self != o", "True"),
    ("lt", "self, o", "self < o", "True"),
    ("lt", "self, o", "sorted([o, self])", "True"),
    ("lt", "self, o", "min(o, self)", "True"),
    ("add", "self, o", "self + o", "0"),
    ("radd", "self, o", "o + self", "0"),
    ("radd", "self, o", "sum([self])", "0"),
    ("iadd", "self, o", "x = self; x += o", "0"),
    ("sub", "self, o", "self - o", "0"),
    ("mul", "self, o", "self * o", "0"),
    ("rmul", "self, o", "o * self", "0"),
    ("matmul", "self, o", "self @ o", "0"),
    ("pow", "self, o", "self ** o", "0"),
    ("truediv", "self, o", "self / o", "0"),
    ("and", "self, o", "self & o", "0"),
    ("neg", "self", "-self", "0"),
    ("invert", "self", "~self", "0"),
    ("abs", "self", "abs(self)", "0"),
    ("int", "self", "int(self)", "0"),
    ("float", "self", "float(self)", "0.0"),
    ("index", "self", "[0][self]", "0"),
    ("round", "self", "round(self)", "0"),
    ("divmod", "self, o", "divmod(self, 1)", "0"),
    ("reversed", "self", "reversed(self)", "0"),
    ("instancecheck", "self, o", "isinstance(1, self)", "True"),
    ("enter", "self", "with self: pass", "0"),
    ("exit", "self, *a", "with self: pass", "0"),
]
ALSO = {
    "enter": "def __exit__(self, *a): pass",
    "exit": "def __enter__(self): pass",
    "next": "def __iter__(self): return self",
    "hash": "def __eq__(self, o): return self is o",
}
TEMPLATE = """
def special(n):
    o = 1
    class A:
        def __{name}__({parameters}):
            nonlocal n
            n -= 1
            if n > 0:
                {action}
            else:
                bottom()
            return {result}
        {also}
    self = A()
    {action}
    return 0
"""
for name, parameters, action, result in SPECIAL:
    namespace = {"bottom": bottom}
    exec(TEMPLATE.format(name=name, parameters=parameters, action=action, result=result, also=ALSO.get(name, "")), namespace)
    CASES[f"__{name}__ by {action}"] = namespace["special"]

failures = 0


def check(name, f, depth, expected):
    global failures
    try:
        got = repr(f(depth))
    except Exception as e:
        got = type(e).__name__
    if got != expected:
        failures += 1
        print(f"{name}: {got} instead of {expected}")


count = 0
for name, f in CASES.items():
    if ONLY and name not in ONLY:
        continue
    count += 1
    began = time.perf_counter()
    sys.setrecursionlimit(5 * DEPTH + 1000)
    raising = False
    check(name, f, DEPTH, "0")
    raising = True
    check(name, f, DEPTH, "Stop")
    raising = False
    sys.setrecursionlimit(DEFAULT_LIMIT)
    if "class" not in name and name != "init_subclass":
        check(name, f, 20 * DEFAULT_LIMIT, "RecursionError")
    if TIMES:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{time.perf_counter() - began:8.2f} s {peak / 1024:8.0f} MB  {name}", flush=True)
print(f"{count} cases")
sys.exit(failures > 0)
