d = {"a": 1, "b": 2, 3: "c", (1, 2): [4], None: 5, 1.5: 6}
print(d, len(d), d["a"], d.get("z"), d.get("z", 0), "a" in d, 3.0 in d, list(d), list(d.keys()), list(d.values()), list(d.items()))
d["new"] = 1; d["a"] = 100; del d["b"]; print(d, d.pop("new"), d.pop("zz", "dflt"), d.setdefault("s", []), d.setdefault("a", 5), d.popitem(), d)
for bad in (lambda: {}["x"], lambda: {}[1.5], lambda: {}.pop(1), lambda: {}.popitem(), lambda: {[]: 1}, lambda: {}[{}], lambda: dict([1]), lambda: dict([(1, 2, 3)]), lambda: dict(5), lambda: {} < {}, lambda: {**1}, lambda: dict(**{1: 2}), lambda: {}.update(1), lambda: dict(1, 2), lambda: {} + {}):
    try:
        print(bad())
    except (KeyError, TypeError, ValueError) as e:
        print(type(e).__name__, e)
e = {"x": 1}; e.update(y=2, z=3); e.update([("w", 4)]); e.update({"x": 9}); print(e, e | {"q": 1}, {"x": 0} | e, dict(e, a=1), dict(zip("ab", [1, 2])), dict.fromkeys("ab", 0), {**e, "x": 5})
e |= [("k", 1)]; print(e, e == dict(e), e != {}, {1: 2} == {1.0: 2.0}, list(reversed(e)), sorted(e), max(e), e.copy() is e)
print({True: "t", 1: "one", 1.0: "float"}, {"a": 1, "a": 2}, {k: v for k, v in zip("abc", range(3)) if v}, {x: x ** 2 for x in range(5)})
ks, vs, items = e.keys(), e.values(), e.items()
e["late"] = 0
print(ks & {"x", "late"}, sorted(ks | {"zz"}), sorted(ks - {"x"}), sorted(ks ^ {"x", "n"}), len(vs), ("late", 0) in items, 0 in vs, ks == set(e), ks.isdisjoint({"nope"}), ks)
for make in (lambda: [e.__setitem__(k + "!", 1) for k in e], lambda: [e.pop(k) for k in e]):
    try:
        make()
    except RuntimeError as err:
        print(err, len(e))
class K:
    def __init__(self, v):
        self.v = v
    def __hash__(self):
        return self.v % 3
    def __eq__(self, o):
        return isinstance(o, K) and self.v == o.v
    def __repr__(self):
        return f"K{self.v}"
m = {K(i): i for i in range(10)}; print(m, m[K(7)], K(12) in m); del m[K(4)]; m[K(4)] = 44; print(list(m))
class Missing(dict):
    def __missing__(self, key):
        self[key] = v = f"<{key}>"
        return v
q = Missing(a=1); print(q["a"], q["b"], q, q.get("c"), "c" in q)
big = {}
for i in range(2000):
    big[i * 37 % 1009] = i
    if i % 3 == 0:
        big.pop(i * 37 % 1009 - 1, None)
print(len(big), sum(big), sum(big.values()), list(big.items())[:5])
r = {}; r["self"] = r; print(r); print(dict(a=1).items() == {"a": 1}.items(), {"a": 1}.items() <= {"a": 1, "b": 2}.items(), hash(frozenset({"a": 1}.items())) == hash(frozenset({("a", 1)})))
counts = {}
for w in "the quick the lazy the end quick".split():
    counts[w] = counts.get(w, 0) + 1
print(counts, sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))


# What stands for a mapping: all its keys are there before its first value is asked for.
class Lazy:
    def __init__(self, keys):
        self.found = dict.fromkeys(keys)

    def keys(self):
        return self.found.keys()

    def __getitem__(self, key):
        self.found[key + "!"] = 1
        return len(self.found)


class NoKeys:
    def keys(self):
        return 5


class Steps:
    def keys(self):
        for key in "abc":
            log.append("key " + key)
            yield key

    def __getitem__(self, key):
        log.append("value " + key)
        return key * 2


log = []
for use in (dict, lambda m: {**m}, lambda m: {}.update(m), lambda m: (lambda **k: k)(**m), lambda m: {"a": 0} | m):
    for m in (Lazy("abc"), NoKeys(), Steps()):
        try:
            print(use(m), log)
        except TypeError as err:
            print(err)
        log.clear()
