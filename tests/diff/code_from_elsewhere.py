# Code objects with bytecode that is not the runtime's own: their metadata is what was given.


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
