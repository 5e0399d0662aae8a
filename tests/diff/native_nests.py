"""Nests of objects that only native code walks: it ends with an error or a result, however deep they are."""
import collections
import itertools
import json
import pickle
import types


def nest(make, n, value=None):
    for _ in range(n):
        value = make(value)
    return value


def attempt(name, work):
    try:
        result = work()
    except RecursionError as e:
        result = f"RecursionError: {e}"
    except TypeError as e:
        result = f"TypeError: {e}"
    print(name, result)


DEEP = 50_000
# CPython walks these on its stack until that ends.
SOME = 10_000
attempt("tuple", lambda: hash(nest(lambda v: (v,), SOME, 1)) == hash(nest(lambda v: (v,), SOME, 1)))
attempt("unhashable", lambda: hash(nest(lambda v: (v,), SOME, [])))
attempt("key", lambda: {nest(lambda v: (v,), SOME, 1): 5}.get(()))
attempt("chain", lambda: next(nest(itertools.chain, DEEP, iter([1]))))
attempt("map", lambda: next(nest(lambda v: map(int, v), SOME, iter(["12"]))))
attempt("filter", lambda: next(nest(lambda v: filter(None, v), SOME, iter([0, 3]))))
attempt("zip", lambda: next(nest(zip, SOME, iter([1])))[0][0][0] is not None)
attempt("enumerate", lambda: next(nest(enumerate, SOME, iter([1])))[0])
attempt("islice", lambda: next(nest(lambda v: itertools.islice(v, 3), SOME, iter([1]))))
attempt("accumulate", lambda: [*nest(itertools.accumulate, SOME, iter([1]))])
attempt("takewhile", lambda: [*nest(lambda v: itertools.takewhile(bool, v), SOME, iter([1, 0]))])
attempt("static method", nest(staticmethod, DEEP, lambda: 5))
attempt("static methods", nest(staticmethod, 300, lambda: 5))
attempt("class method", lambda: type("K", (), {"f": nest(classmethod, DEEP, lambda c: c.__name__)}).f())
attempt("method", lambda: nest(lambda v: types.MethodType(v, 1), SOME // 10, lambda *a: len(a))())
attempt("alias", lambda: hash(nest(lambda v: list[v], SOME, int)) == hash(nest(lambda v: list[v], SOME, int)))

for name, make in {
    "lists": lambda v: [v],
    "tuples": lambda v: (v,),
    "dicts": lambda v: {"a": v},
    "aliases": lambda v: list[v],
    "slices": lambda v: slice(v),
    "namespaces": lambda v: types.SimpleNamespace(a=v),
    "proxies": lambda v: types.MappingProxyType({1: v}),
}.items():
    a, b = nest(make, DEEP, int), nest(make, DEEP, int)
    attempt(name, lambda: a == b)
    attempt(name, lambda: len(repr(a)))
deep = nest(lambda v: [v], DEEP)
attempt("in", lambda: deep in [nest(lambda v: [v], DEEP)])
attempt("order", lambda: deep < nest(lambda v: [v], DEEP))
attempt("dumps", lambda: json.dumps(deep))
attempt("dumps", lambda: json.dumps(nest(lambda v: {"a": v}, DEEP)))
attempt("loads", lambda: json.loads("[" * DEEP))
attempt("loads", lambda: json.loads('{"a":' * DEEP))
attempt("loads", lambda: json.loads("[" * 900 + "]" * 900)[0][0][0] is not None)
attempt("pickle", lambda: pickle.dumps(deep))
group = nest(lambda v: ExceptionGroup("g", [v]), DEEP, ValueError(1))
attempt("split", lambda: group.split(ValueError))
attempt("str", lambda: str(group))
attempt("instance", lambda: isinstance(1, nest(lambda v: (v,), DEEP, int)))
attempt("subclass", lambda: issubclass(str, nest(lambda v: (v,), DEEP, int)))


class Meta(type):
    def __instancecheck__(cls, other):
        return isinstance(other, cls)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls)


class Asks(metaclass=Meta):
    pass


for ask in isinstance, issubclass:
    try:
        ask(int, Asks)
    except RecursionError:
        print("RecursionError")
