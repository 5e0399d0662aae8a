# Copies of a whole dict take the key table as it is: no key is compared, none hashed again.
import sys
from collections import OrderedDict


class Key:
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        log.append(('hash', self.name))
        return 1

    def __eq__(self, other):
        log.append(('eq', self.name, other.name))
        return self is other

    def __repr__(self):
        return self.name


log = []


def full(n):
    return {Key(f'k{i}'): i for i in range(n)}


def into_empty(other):
    d = {}
    d.update(other)
    return d


def over_empty(other):
    d = {}
    d |= other
    return d


class Sub(dict):
    pass


def into_sub(other):
    d = Sub()
    d.update(other)
    return d


def emptied(other):
    d = {1: 2, 3: 4}
    d.clear()
    d.update(other)
    return d


def popped(other):
    d = {1: 2, 3: 4}
    del d[1], d[3]
    d.update(other)
    return d


WAYS = dict(
    dict=dict, copy=lambda d: d.copy(), star=lambda d: {**d}, update=into_empty, ior=over_empty, sub=into_sub, sub_type=Sub, emptied=emptied,
    popped=popped, union=lambda d: d | {}, union_left=lambda d: {} | d, of_sub=lambda d: dict(Sub(d)), ordered=lambda d: OrderedDict(d),
)
for n in (0, 1, 4, 5, 6, 10):
    for name, way in WAYS.items():
        d = full(n)
        log.clear()
        c = way(d)
        seen = list(log)
        print(n, name, type(c).__name__, list(c.items()), len(seen) if name != 'ordered' else '')
        assert c is not d
        # Changing one leaves the other alone.
        key = Key('new')
        c[key] = 'new'
        assert len(d) == n and len(c) == n + 1 and c[key] == 'new'
        assert [c[k] for k in d] == list(d.values())
        d.clear()
        assert len(c) == n + 1
        assert list(c) == [*list(c)[:-1], key]

# Deleted entries: a copy keeps the order, update goes key by key.
for gone in ([0], [5], [0, 1, 2], [0, 2, 4, 6, 8], [0, 1, 2, 3, 4, 5, 6, 7], list(range(9))):
    for name, way in WAYS.items():
        d = full(10)
        keys = list(d)
        for i in gone:
            del d[keys[i]]
        log.clear()
        c = way(d)
        print(gone, name, list(c.items()), (len(log) > 0) if name != 'ordered' else '')
        for k in list(d):
            assert c.pop(k) == d[k]
        assert not c
        c[keys[0]] = 1
        assert list(c) == [keys[0]]

# ints, strs and mixtures of them; sizes as CPython reports them.
for make in (lambda n: {i: -i for i in range(n)}, lambda n: {f's{i}': [i] for i in range(n)}, lambda n: {(i if i % 2 else str(i)): i for i in range(n)},
             lambda n: {float(i) + 0.5: str(i) for i in range(n)}):
    for n in (0, 1, 5, 6, 11, 50, 1000, 70000):
        d = make(n)
        for way in (dict, dict.copy, lambda d: {**d}, into_empty, over_empty):
            c = way(d)
            assert c == d and list(c) == list(d)
            for k in list(c):
                c[k] = None
            for k in list(c)[::2]:
                del c[k]
            c['more'] = 1
            assert len(d) == n and 'more' not in d
            assert d == make(n)
        if n < 1000 and len({type(k) for k in d}) < 2:
            print(n, sys.getsizeof(d.copy()), sys.getsizeof({**d}))

# popitem leaves room that is not used again.
d = {i: i for i in range(10)}
for i in range(5):
    d.popitem()
c = d.copy()
for i in range(100, 140):
    c[i] = d.get(i)
print(list(c.items()))

# Names that were looked for and not there; the copy and the original go separate ways.
def read(ns):
    return eval('x if True else y', ns)


one = {'x': 1}
print(read(one))
two = dict(one)
two['y'] = 5
one['z'] = 6
print(eval('y', two), eval('z', one))
for ns, name in ((one, 'y'), (two, 'z')):
    try:
        print(eval(name, ns))
    except NameError as e:
        print(e)


def looked(d, name):
    return d.get(name)


for i in range(3000):
    base = {'a': 1, 'b': 2}
    left, right = {**base}, base.copy()
    left['c'], right['d'] = i, i
    assert (looked(left, 'c'), looked(left, 'd'), looked(right, 'c'), looked(right, 'd')) == (i, None, None, i)


class Instance:
    pass


for i in range(100):
    o = Instance()
    o.__dict__.update({'a': 1, 'b': i})
    o.c = 3
    p = Instance()
    p.__dict__ = dict(o.__dict__)
    p.d = 4
    del p.a
    assert o.a + o.c == 4 and o.b == i and not hasattr(o, 'd') and not hasattr(p, 'a') and p.b == i
print(vars(o), vars(p))
od = OrderedDict()
dict.update(od, {})
od.update({3: 1, 1: 2})
print(od, od.copy(), dict(od), {**od})
