# OrderedDict: its order, its views and iterators, subclasses, and what dict's own methods do to it.
import collections, copy, functools, gc, json, pickle, sys, weakref
from collections import OrderedDict

def attempt(f, *args, **kw):
    try:
        r = f(*args, **kw)
    except BaseException as e:
        print(type(e).__name__, e.args)
    else:
        print(r)

print(sorted(vars(OrderedDict)), OrderedDict.__basicsize__, OrderedDict.__dictoffset__, OrderedDict.__weakrefoffset__)
od = OrderedDict(a=1, b=2, c=3)
od.x = [1]
print(od, vars(od), vars(od.copy()), vars(copy.copy(od)), od == {'c': 3, 'b': 2, 'a': 1}, {'a': 1, 'b': 2, 'c': 3} != od)
print(od == OrderedDict(b=2, a=1, c=3), od != OrderedDict(b=2, a=1, c=3), od == OrderedDict(od.items()), od == 3, hash is None)
for args in (1, 2), (1,), ([1],), ([()],), ([(1,)],), ([(1, 2, 3)],), (['ab', [3, 4]],), ({5: 6},), (od,):
    attempt(OrderedDict, *args)
    attempt(lambda: OrderedDict().update(*args))
attempt(od.pop); attempt(od.pop, 'zz'); attempt(od.pop, 'zz', default=4); attempt(od.pop, 1, 2, 3); attempt(od.pop, [])
attempt(OrderedDict().popitem); attempt(OrderedDict(a=1, b=2).popitem, last=False); attempt(OrderedDict(a=1, b=2).popitem, 1)
attempt(od.move_to_end, 'q'); attempt(od.move_to_end); attempt(OrderedDict().move_to_end, []); attempt(od.move_to_end, [])
attempt(OrderedDict.fromkeys); attempt(OrderedDict.fromkeys, 'ab', value=3); attempt(OrderedDict.fromkeys, iterable='ba')
attempt(od.setdefault); attempt(od.setdefault, key='k', default=3); attempt(od.setdefault, 'a', 9); attempt(od.setdefault, [])
attempt(lambda: od | 1); attempt(lambda: od | {3: 4}); attempt(lambda: {3: 4} | od); attempt(od.__ior__, [(3, 3)]); attempt(lambda: [] | od)
attempt(od.__delitem__, 'no'); attempt(lambda: od['no']); attempt(od.__setitem__, [], 1)

od = OrderedDict.fromkeys('abcde', 0)
od.move_to_end('b'); od.move_to_end('d', last=False); od.move_to_end('b'); od['a'] = 5; del od['c']; od['c'] = 1
print(list(od), list(reversed(od)), list(od.keys()), list(reversed(od.values())), list(od.items()), list(reversed(od.items())))
print(od.keys(), od.values(), od.items(), od.keys().mapping, od.keys() & {'a', 'z'}, sorted(od.items() - {('a', 5)}), 'a' in od.keys(), ('a', 5) in od.items())
print(*map(type, (od.keys(), od.values(), od.items(), iter(od), reversed(od))), type(od.keys()).__mro__)
attempt(type(iter(od))); attempt(type(od.keys()))
print(dict(od), {**od}, dict(**od), json.dumps(od), json.dumps(od, indent=1), [*od], collections.Counter(od), (lambda **kw: kw)(**od))
d = {'z': 0}; d.update(od); print(d, {}.__class__(od), dict.copy(od), sorted(od), len(od), str.format('{a}', **od))

for name in 'keys', 'values', 'items':
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        it = iter(getattr(od, name)()); next(it)
        assert list(pickle.loads(pickle.dumps(it, protocol))) == list(copy.copy(it)) == list(it)
it = reversed(od.items()); next(it); print(it.__reduce__(), list(it), it.__reduce__())
od.self = od; od['self'] = od; print(od)
again = pickle.loads(pickle.dumps(od)); print(again['self'] is again, again.self is again, copy.deepcopy(od)['self'] is not od)
print(od.__reduce__()[:4])

def mutate(change, kind='keys'):
    od = OrderedDict.fromkeys('abc', 1)
    it = iter(getattr(od, kind)()); next(it)
    change(od)
    attempt(next, it); attempt(next, it); attempt(list, it)
for change in (lambda od: od.move_to_end('a'), lambda od: od.__setitem__('q', 1), lambda od: od.__delitem__('b'), lambda od: od.clear(),
               lambda od: od.popitem(), lambda od: od.__setitem__('b', 2), lambda od: dict.__setitem__(od, 'r', 1),
               lambda od: dict.__delitem__(od, 'b'), lambda od: (dict.__delitem__(od, 'b'), dict.__setitem__(od, 'w', 1)), lambda od: od.update(od)):
    for kind in 'keys', 'values', 'items':
        mutate(change, kind)
od = OrderedDict(a=1)
for k in od: od['b'] = 2
print(od)

# dict's own methods know nothing of the order.
od = OrderedDict(a=1, b=2); dict.__setitem__(od, 'c', 3); print(od, len(od), list(od)); del od['c']; print(od, len(od))
od = OrderedDict(a=1, b=2); dict.pop(od, 'a'); attempt(repr, od); attempt(list, od); attempt(od.move_to_end, 'a'); attempt(od.popitem, False)
od['a'] = 7; attempt(od.popitem); attempt(od.popitem)
od = OrderedDict(a=1); dict.clear(od); print(od, len(od)); od['n'] = 1; attempt(od.move_to_end, 'n'); attempt(od.pop, 'n')
od = OrderedDict(a=1, b=2); dict.popitem(od); od['c'] = 3; od['b'] = 4; print(len(od), dict.__repr__(od))
od = OrderedDict(); dict.update(od, [('x', 1)]); dict.setdefault(od, 'y', 2); od['x'] = 5; print(od, len(od)); od.clear(); print(od, len(od))

class Key:
    def __init__(self, n): self.n = n
    def __hash__(self): return self.n % 3
    def __eq__(self, other): return self.n == other.n
    def __repr__(self): return f'K{self.n}'
od = OrderedDict((Key(i), i) for i in range(12)); od.move_to_end(Key(4)); del od[Key(7)]; print(od, od[Key(4)], od.pop(Key(0)), od.popitem(last=False))
class Wild:
    n = 0
    def __hash__(self): Wild.n += 1; return Wild.n
od = OrderedDict((Wild(), i) for i in range(300))
for f in list, lambda od: list(od.values()), repr, lambda od: od.copy(), dict: 
    try: f(od); print('ran')
    except KeyError: print('KeyError')
class Meddler:
    def __init__(self, od): self.od = od
    def __hash__(self): return 1
    def __eq__(self, other): self.od.clear(); return self is other
od = OrderedDict(); m = Meddler(od); od[m] = 1
try: od[Meddler(od)] = 2
except BaseException as e: print(type(e))
print(len(od))

class Sub(OrderedDict):
    __slots__ = ('s',)
    def __setitem__(self, k, v): print('set', k); super().__setitem__(k, v)
    def __delitem__(self, k): print('del', k); super().__delitem__(k)
    def __missing__(self, k): return 'missing ' + str(k)
s = Sub([('a', 1)], b=2); s.update(c=3); s |= {'d': 4}; s.setdefault('e', 5); s.s = 1
print(s, s['zz'], s.pop('zz', 3), s.pop('a'), s.popitem(), s.copy(), s | {'f': 6}, vars(s), s.__reduce__()[:4])
del s['b']; attempt(s.pop, 'none')
class Iter(OrderedDict):
    def __iter__(self): yield 'own'
    def keys(self): return ['k']
    def __getitem__(self, k): return 'item ' + k
i = Iter(a=1); print(i, dict(i), OrderedDict(i), {**i}, list(i), i == {'a': 1})

class LRU(OrderedDict):
    def __init__(self, size): super().__init__(); self.size = size
    def __getitem__(self, key):
        value = super().__getitem__(key); self.move_to_end(key); return value
    def __setitem__(self, key, value):
        if key in self: self.move_to_end(key)
        super().__setitem__(key, value)
        if len(self) > self.size: self.popitem(last=False)
cache = LRU(50); hits = 0
for n in range(5000):
    key = n * n % 97
    try: cache[key]; hits += 1
    except KeyError: cache[key] = str(key)
print(hits, len(cache), list(cache)[:5], list(cache.values())[-3:])
od = OrderedDict()
for n in range(3000):
    od[n % 37] = n
    if n % 5 == 0: od.popitem(last=n % 2)
    if n % 7 == 0 and od: od.move_to_end(next(iter(od)), last=n % 3)
print(od)

w = weakref.ref(od, lambda r: print('gone')); od['me'] = od; del od; gc.collect(); print(w())
od = OrderedDict(); od.x = od; w = weakref.ref(od); del od; gc.collect(); print(w())
class C: od = OrderedDict()
C.od[C] = None; w = weakref.ref(C); del C; gc.collect(); print(w())
od = OrderedDict([((), OrderedDict())])
for _ in range(3000): od = OrderedDict([('a', od)])
del od
size = lambda od: od.__sizeof__()
od = OrderedDict(); sizes = [size(od)]
for n in range(12): od[n] = n; sizes.append(size(od))
print(sizes, size(iter(od)), size(od.keys()))
print(OrderedDict.__doc__, OrderedDict.fromkeys.__text_signature__, OrderedDict.move_to_end.__text_signature__, OrderedDict.pop.__text_signature__)
match OrderedDict(a=1, b=2):
    case {'a': x, **rest}: print(x, rest)
