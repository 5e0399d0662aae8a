# Code objects taken apart and put together again, as `cloudpickle` does to send functions to other processes, and the names
# that `dis` finds in them.
import dis
import types

base = 10


def parts(code):
    return (
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_nlocals,
        code.co_stacksize,
        code.co_flags,
        code.co_code,
        tuple(parts(c) if isinstance(c, types.CodeType) else c for c in code.co_consts),
        code.co_names,
        code.co_varnames,
        code.co_filename,
        code.co_name,
        code.co_qualname,
        code.co_firstlineno,
        code.co_linetable,
        code.co_exceptiontable,
        code.co_freevars,
        code.co_cellvars,
    )


def is_code(c):
    return isinstance(c, tuple) and len(c) == 18 and isinstance(c[6], bytes)


def build(given):
    given = list(given)
    given[7] = tuple(build(c) if is_code(c) else c for c in given[7])
    return types.CodeType(*given)


def rebuilt(f, names=None):
    code = build(parts(f.__code__))
    assert code == f.__code__ and hash(code) == hash(f.__code__)
    return types.FunctionType(code, names or globals(), f.__name__, f.__defaults__, f.__closure__)


def plain(a, /, b=2, *rest, c=3, **more):
    "doc"
    return a, b, rest, c, sorted(more), base


f = rebuilt(plain)
f.__kwdefaults__ = plain.__kwdefaults__
print(f(1), f(1, 5, 6, 7, c=8, d=9), f.__doc__)
print(rebuilt(plain, {"base": 11, "sorted": list})(1, c=3))


def outer(n):
    total = 0

    def inner(k):
        nonlocal total
        total += k * n
        return total

    return inner


inner = rebuilt(outer)(3)
print(inner(2), inner(5), rebuilt(inner)(1), inner(0))


def numbers(n):
    try:
        for i in range(n):
            yield i * i
        raise KeyError("end")
    except KeyError as e:
        yield e.args
    finally:
        yield "finally"


print(list(rebuilt(numbers)(4)), sum(x for x in rebuilt(numbers)(400) if isinstance(x, int)))


def fails():
    x = 1
    raise ValueError(x)


try:
    rebuilt(fails)()
except ValueError as e:
    t = e.__traceback__.tb_next
    print(t.tb_lineno - fails.__code__.co_firstlineno, t.tb_frame.f_code.co_name, e)

g = rebuilt(lambda x: {i: [j for j in range(i)] for i in range(x)})
print(g(3))
changed = list(parts(plain.__code__))
changed[11], changed[12], changed[13] = "other", "a.other", 77
code = build(changed)
print(code.co_name, code.co_qualname, code.co_firstlineno, code == plain.__code__)

good = parts(plain.__code__)
for place, wrong in [(0, "x"), (1, -1), (3, -5), (6, "text"), (7, []), (8, None), (10, 1), (13, 1.5), (14, ""), (16, "")]:
    bad = list(good)
    bad[place] = wrong
    try:
        types.CodeType(*bad)
    except (TypeError, ValueError) as e:
        print(place, type(e).__name__, e)
for given in [(), good[:15], good + (1,)]:
    try:
        types.CodeType(*given)
    except TypeError as e:
        print(e)

# Bytecode that is not the runtime's is kept as it is.
strange = types.CodeType(0, 0, 0, 0, 1, 3, b"\x09\x00", (None,), ("n",), (), "file", "name", "q.name", 5, b"\x80", b"")
print(strange.co_code, strange.co_names, strange.co_filename, strange.co_qualname, strange.co_firstlineno, strange.co_freevars)


# The names of global variables.
def uses(o):
    global made, other
    made = len(o.first)
    if made < base:
        del other
    import math as m

    return m.pi, o.method(made, base, sorted, base, types)


def named(f):
    operations = {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL"}
    return sorted({i.argval for i in dis.get_instructions(f) if i.opname in operations})


print(named(uses))
for n in 3, 130, 600:
    text = "def many():\n" + "".join(f" v{i}; x.a{i}; f(v{i}, w, v{max(i - 1, 0)})\n" for i in range(n)) + " return v0\n"
    names = {}
    exec(text, names)
    print(named(names["many"]) == sorted({f"v{i}" for i in range(n)} | {"x", "f", "w"}))
