s = {3, 1, 2}; t = frozenset([2, 3, 4])
print(sorted(s | t), sorted(s & t), sorted(s - t), sorted(s ^ t), s <= t, {2} < t, s >= {1}, s.isdisjoint({9}), len(s), 2 in s, type(s & t), type(t & s))
s.add(5); s.discard(99); s.remove(1); s.update([7, 8], "a"); print(sorted(map(str, s)), s == {2, 3, 5, 7, 8, "a"})
s -= {"a"}; s |= {10}; s &= set(range(9)); s ^= {2, 20}; print(sorted(s)); s.difference_update([3], [5]); s.intersection_update(range(21)); s.symmetric_difference_update([20, 21]); print(sorted(s))
for bad in (lambda: {[]}, lambda: {1}.remove(2), lambda: set().pop(), lambda: {1} | [2], lambda: {1} < [1], lambda: hash({1}), lambda: set(5), lambda: t.add(1), lambda: {1}.__ior__(3) and 1, lambda: {1}[0], lambda: {1} + {2}, lambda: set(1, 2)):
    try:
        print(bad())
    except (TypeError, KeyError, AttributeError) as e:
        print(type(e).__name__, e)
print({1, 1.0, True}, set("hello") == set("olleh"), {frozenset({1}), frozenset({1})} == {frozenset([1])}, {1} in [{1}], frozenset({1}) in {frozenset({1}): 1}, {1} in {frozenset({1})})
print(set(), frozenset(), {0}, frozenset("a"), repr({"x"}), set([1]).copy(), sorted({x % 7 for x in range(50)}), bool(set()), {*range(3), *"a"} == {0, 1, 2, "a"})
print({1, 2}.union([3], (4,)) == {1, 2, 3, 4}, {1, 2, 3}.intersection([2, 3], [3]), {1, 2}.difference([1]), {1}.issubset([1, 2]), {1, 2}.issuperset([1]), hash(frozenset([1, 2])) == hash(frozenset([2, 1])))
try:
    u = {1, 2, 3}
    for x in u:
        u.add(x + 10)
except RuntimeError as e:
    print(e)
primes = set(range(2, 100))
for p in range(2, 10):
    primes -= set(range(p * p, 100, p))
print(sorted(primes))
class E:
    def __init__(self, n):
        self.n = n
    def __eq__(self, o):
        return self.n == o.n
    def __hash__(self):
        return hash(self.n // 2)
print(len({E(i % 5) for i in range(20)}), E(3) in {E(3)}, E(2) in {E(3)})
class NoHash:
    def __eq__(self, o):
        return True
try:
    {NoHash()}
except TypeError as e:
    print(e)
class S(set):
    pass
x = S([1, 2]); print(type(x | {3}).__name__, x == {1, 2}, repr(S([1])), type(x.copy()).__name__)
