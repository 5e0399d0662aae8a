"""`code.replace` with other names: of parameters, of globals and attributes, of closure variables."""


def f(alpha, beta=2, *, gamma=3):
    local = alpha
    return local, beta, gamma, sorted(locals())


def joined(*names):
    return tuple("".join(list(n)) for n in names)


def made(code, closure=None):
    g = type(f)(code, globals(), "g", (2,), closure)
    g.__kwdefaults__ = {"gamma": 3}
    return g


g = made(f.__code__.replace(co_varnames=joined("first1", "beta", "gamma", "local")))
calls = (
    lambda: g(first1=1),
    lambda: g(**{"".join(["fir", "st1"]): 5, "".join(["be", "ta"]): 6}),
    lambda: g(1, alpha=2),
    lambda: g(first1=1, gamma=9),
    lambda: f(alpha=1),
)
for call in calls:
    try:
        print(call())
    except TypeError as e:
        print(e)
print(g.__code__.co_varnames, f.__code__.co_varnames)


def reads(o):
    return one, o.attr


one, two = "one", "two"


class O:
    attr = "attr"
    other = "other"


print(reads(O))
names = {"one": "two", "attr": "other"}
code = reads.__code__
changed = code.replace(co_names=tuple(names.get(n, n) for n in code.co_names))
print(sorted(changed.co_names), type(f)(changed, globals())(O))


def outer():
    free = 1

    def inner():
        return free

    return inner


inner = outer()
code = inner.__code__.replace(co_freevars=("renamed",))
print(code.co_freevars, type(f)(code, globals(), "inner", None, inner.__closure__)())
for bad in (
    {"co_varnames": ("a",)},
    {"co_varnames": ("a", "b", "c")},
    {"co_varnames": ["a"]},
    {"co_names": (1,)},
):
    try:
        f.__code__.replace(**bad)
    except (TypeError, ValueError, SystemError) as e:
        print(type(e).__name__, e)
print(f.__code__.replace(co_varnames=f.__code__.co_varnames) == f.__code__)


def ran(o):
    total = 0
    for x in o:
        total += len(x) + isinstance(x, str)
    return total, [y for y in o]


before = ran.__code__.replace()
for _ in range(5):
    ran(["a", "bc"])
print(before == ran.__code__, ran.__code__.replace() == ran.__code__, hash(before) == hash(ran.__code__))
print(ran.__code__ == f.__code__, ran.__code__.replace(co_names=("len", "str", "isinstance")) == ran.__code__)
