# Code objects with bytecode that is not the runtime's own: their metadata is what was given.
import types


def f(a, b=1, *args, c, **kw):
    "doc"
    x = [a, b]

    def g():
        return x, a

    return g


def plain(p, q):
    return p.name + q


code = f.__code__.replace(co_code=b"\x97\x00\x09\x00")
print(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
print(code.co_nlocals, code.co_flags == f.__code__.co_flags, code.co_firstlineno == f.__code__.co_firstlineno)
print(code.co_varnames, sorted(code.co_cellvars), code.co_freevars)
print(code.co_consts[0], code.co_name, code.co_qualname, code.co_code)

other = plain.__code__.replace(co_code=b"\x09\x00", co_name="other", co_consts=("text", None), co_names=("one", "two"))
print(other.co_consts, other.co_names, other.co_name, other.co_varnames, other.co_code)
made = type(f)(other, {})
print(made.__doc__, made.__name__, made.__defaults__)

# Nobody has asked for the body before these.
codes = [plain.__code__.replace(co_code=b"\x09\x00", co_firstlineno=n) for n in range(1, 2000)]
print(len({c.co_firstlineno for c in codes}))
again = codes[10].replace(co_name="again")
print(again.co_firstlineno, again.co_name, again.co_varnames, again.co_code)
del codes
for change in [dict(co_nlocals=1), dict(co_varnames=("p",)), dict(co_code=b"\x09")]:
    try:
        plain.__code__.replace(**{"co_code": b"\x09\x00", **change})
    except (ValueError, TypeError) as e:
        print(type(e).__name__)


# Code from its parts.
NAMES = (
    "argcount posonlyargcount kwonlyargcount nlocals stacksize flags code consts names varnames filename name qualname"
    " firstlineno linetable exceptiontable freevars cellvars"
).split()


def parts(code):
    return [getattr(code, "co_" + n) for n in NAMES]


def rebuilt(f, **changes):
    given = [changes.get(n, v) for n, v in zip(NAMES, parts(f.__code__))]
    code = types.CodeType(*given)
    made = types.FunctionType(code, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    made.__kwdefaults__ = f.__kwdefaults__
    return made


def counted(n, *rest, step=2, **more):
    total = 0
    for i in range(n):
        try:
            if i % 3 == 0:
                raise ValueError(i)
            total += i * step
        except ValueError as e:
            total += e.args[0]
    return total, rest, more, [lambda: x for x in rest][-1:] and [x + n for x in rest]


def outer(a):
    def inner(b=1):
        return a + b

    return inner


def steps(n):
    for i in range(n):
        got = yield i
        if got:
            yield got, {k: v for k, v in enumerate("ab")}


again = rebuilt(counted)
print(again(20, 4, 5, z=1) == counted(20, 4, 5, z=1), again.__code__ == counted.__code__)
print(rebuilt(outer(5))(7), rebuilt(outer)(1)(2))
print(list(rebuilt(steps)(4)))
g = rebuilt(steps)(4)
print(next(g), g.send("x"))
renamed = rebuilt(counted, name="other", qualname="a.other", firstlineno=7, filename="elsewhere.py")
code = renamed.__code__
print(code.co_name, code.co_qualname, code.co_firstlineno, code.co_filename, code.co_varnames == counted.__code__.co_varnames)
doubles = lambda x: x * 2
print(rebuilt(doubles, consts=tuple(3 if c == 2 else c for c in doubles.__code__.co_consts))(5))


def fails():
    raise KeyError("line")


try:
    rebuilt(fails)()
except KeyError as e:
    print(e.__traceback__.tb_next.tb_lineno - fails.__code__.co_firstlineno)

EMPTY = (0, 0, 0, 0, 0, 0, b"", (), (), (), "f", "n", "q", 1, b"", b"")


def refused(*given, **named):
    try:
        print(types.CodeType(*given, **named))
    except (TypeError, ValueError, OverflowError) as e:
        print(type(e).__name__, e)


refused()
refused(*EMPTY[:15])
refused(*EMPTY, (), (), ())
refused(a=1)
refused(-1, *EMPTY[1:])
refused(0, -1, *EMPTY[2:])
refused(0, 0, 0, -1, *EMPTY[4:])
refused(0, 0, 0, 1, *EMPTY[4:])
refused("0", *EMPTY[1:])
for i, wrong in ((6, ""), (7, []), (8, []), (9, None), (10, 1), (12, b""), (13, "1"), (14, ""), (15, "")):
    refused(*EMPTY[:i], wrong, *EMPTY[i + 1 :])
refused(*EMPTY, 1)
refused(*EMPTY[:8], (1,), *EMPTY[9:])
