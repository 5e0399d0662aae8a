"""`__index__` of an argument takes away what the method works on; sizes that no memory holds; fields set to plain numbers."""
import array
import collections
import io
import itertools
import json
import pickle
import sys


class Act:
    def __init__(self, act, value=5):
        self.act = act
        self.value = value

    def __index__(self):
        self.act()
        return self.value


def churn():
    """Uses memory that was given back."""
    return [[str(n), (n, n, n), bytes(64)] for n in range(40)]


def tried(f):
    try:
        return f()
    except Exception as e:
        return type(e).__name__, str(e)


def bytearrays():
    out = []
    uses = (
        lambda b, a: b[a], lambda b, a: b[a:8], lambda b, a: b[a::2], lambda b, a: b[2:a], lambda b, a: b[::a],
        lambda b, a: b.hex(":", a), lambda b, a: b.count(a),
        lambda b, a: b.split(b"o", a), lambda b, a: b.center(a), lambda b, a: b.zfill(a), lambda b, a: b.expandtabs(a),
        lambda b, a: b.replace(b"o", b"xyz", a), lambda b, a: b.startswith(b"hell", a), lambda b, a: b.pop(a),
        lambda b, a: b.insert(a, 1), lambda b, a: b.insert(1, a), lambda b, a: b.append(a), lambda b, a: b.remove(a),
        lambda b, a: b.__setitem__(a, 1), lambda b, a: b.__setitem__(1, a), lambda b, a: b.__delitem__(a),
        lambda b, a: b.__setitem__(slice(a, 8), b"xyz"), lambda b, a: b.__setitem__(slice(a, 8), b""),
        lambda b, a: b.__delitem__(slice(a, 30)), lambda b, a: b * a,
        lambda b, a: b.__imul__(a), lambda b, a: b.extend([1, a, 3]), lambda b, a: a in b,
    )
    for use in uses:
        content = bytearray(b"hello world" * 10)

        def act():
            content.clear()
            churn()

        result = tried(lambda: use(content, Act(act)))
        out.append((bytes(result) if isinstance(result, bytearray) else result, bytes(content)))
    return out


def grows():
    b = bytearray(b"ab")
    first = b[Act(lambda: b.extend(b"cdefgh"), 1) :]
    return first, b


def views():
    out = []
    for use in (lambda m, a: m.hex(":", a), lambda m, a: m[a:], lambda m, a: m[a], lambda m, a: m.__setitem__(a, 1)):
        m = memoryview(bytearray(b"hello world"))
        result = tried(lambda: use(m, Act(m.release)))
        out.append(result if isinstance(result, tuple) else bytes(result))
    return out[0], out[2:]


def deques():
    class Item:
        def __eq__(self, other):
            d.clear()
            churn()
            return False

    d = collections.deque([Item(), 2, 3])
    return tried(lambda: d.remove(7)), len(d)


class Hint:
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration

    def __length_hint__(self):
        return self.size


def no_memory():
    many = 2**44
    return [
        tried(f)
        for f in (
            lambda: list(range(many)), lambda: [*range(many)], lambda: tuple(range(many)), lambda: sorted(range(many)),
            lambda: [].extend(range(many)), lambda: [1].extend(Hint(2**60)), lambda: list(Hint(2**60)),
            lambda: tuple(Hint(2**60)), lambda: list(itertools.repeat(1, many)), lambda: b"a".ljust(many),
            lambda: bytearray(b"a").center(many), lambda: b"a".zfill(many), lambda: "a".ljust(many),
            lambda: b"a" * 2**20 * 0 + b"".join([b"a" * 2**20] * 2**24), lambda: bytearray(b"ab").replace(b"", b"b" * 0),
            lambda: itertools.combinations_with_replacement([1], many), lambda: itertools.permutations([1], many),
            lambda: itertools.product([1, 2], repeat=many),
            lambda: [0] * many, lambda: (0,) * many, lambda: "a" * many,
            lambda: setattr(pickle.Unpickler(io.BytesIO()), "memo", {many: 1}),
        )
    ]


def odd_items():
    out = []
    for odd in (5, None, [1], ["ab"], [(1, 2, 3)]):
        class Odd(dict):
            def items(self):
                return odd

        out.append(tried(lambda: json.dumps(Odd(a=1))))
    out.append(tried(lambda: itertools.cycle([1]).__setstate__((1, 2))))
    return out


def code_parts():
    def f(a, b=1):
        x = a
        return x

    out = []
    for name in (
        "co_argcount", "co_posonlyargcount", "co_nlocals", "co_stacksize", "co_flags", "co_firstlineno", "co_code",
        "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_filename", "co_name", "co_qualname",
        "co_linetable", "co_exceptiontable",
    ):
        for value in (5.5, -1, 2**40, None):
            out.append((name, tried(lambda: f.__code__.replace(**{name: value}))))
    return out


def frame_fields():
    def frame():
        return sys._getframe()

    def called():
        x = 1
        return x

    out = []
    for value in (5, 1.5, True, None):
        f = frame()
        f.f_trace = value
        out.append(f.f_trace)
        del f.f_trace
        out.append(f.f_trace)
    for gives in (5, 2.5):
        def trace(frame, event, arg):
            return gives

        sys.settrace(trace)
        try:
            out.append(called())
        except TypeError as e:
            out.append(str(e))
        sys.settrace(None)
        out.append(sys.gettrace())
    for install in (sys.settrace, sys.setprofile):
        try:
            install(5)
            called()
        except TypeError as e:
            out.append(str(e))
        install(None)
    return out


for n in range(20):
    results = [f() for f in (bytearrays, grows, views, deques, odd_items, code_parts, frame_fields)]
    if n in (0, 19):
        for r in results:
            print(*r if isinstance(r, list) else [r], sep="\n")
print(*no_memory(), sep="\n")
