import sys
try:
    _load
except NameError:
    import gc, weakref, copy
    sys.path.insert(0, sys.argv[1])
    import _pyrs_capi_test as m
else:
    m = _load('_pyrs_capi_test', _path)

def show(f, *args, **kw):
    try:
        print(getattr(f, '__name__', f), '->', repr(f(*args, **kw)))
    except BaseException as e:
        print(getattr(f, '__name__', f), '!!', type(e).__name__, e)

print(m.__name__, m.__doc__, m.answer)
show(m.noargs); show(m.noargs, 1); show(m.one, 5); show(m.one, 1.5); show(m.one, [1, (2.5, 'x')]); show(m.one); show(m.one, 1, 2)
show(m.varargs, 1, 2, 's'); show(m.varargs, 1, 2.5, 's', [1]); show(m.varargs, 'x', 1, 's'); show(m.varargs, 1)
show(m.varargs, 1, 2, 's', 4, 5); show(m.varargs, 2**40, 1, 's'); show(m.varargs, 1, 'q', 's'); show(m.varargs, 1, 2, 3)
show(m.varargs, 1, 2, 'a\0b'); show(m.varargs, 1, 2, 's', a=1)
show(m.keywords, 1); show(m.keywords, 1, 2); show(m.keywords, a=1, c=3); show(m.keywords); show(m.keywords, 1, 2, 3)
show(m.keywords, 1, a=2); show(m.keywords, 1, d=2); show(m.keywords, 'x'); show(m.keywords, 1, 2, c=3, d=4)
print(m.keywords.__text_signature__, m.keywords.__doc__)
show(m.fastcall); show(m.fastcall, 1, 2.5, 'x', None); show(m.fastcall, a=1); show(m.fastkw, 1, 2, x=3, y=4.5); show(m.fastkw)
show(m.nested, 1, (2.5, {3: 4}, (5.5, 6), 'x\0y'), 7); show(m.nested, 1, [[2], {}, [5, 6], b'q'], 7, (8.5,)); show(m.nested, 1, (2, 3, (4, 5), 's'), 6)
show(m.nested, 1, (2, {}, (4,), 's'), 6); show(m.nested, 1, (2, {}), 6); show(m.nested, 1, 2, 3); show(m.nested, 1, (2, {}, (4, 'x'), 's'), 6); show(m.nested, 1, (2, {}, (4, 5), 's'))
nested = [1, 2.5, (3, [4, -5, 2**70]), {'a': 6, 7: 8.5}, 'abc', '\u20ac', b'xy']
show(m.sum_all, nested); print(nested); nested[2][1].append(100); nested.append(3); show(m.sum_all, nested)
d = m.make_nested(); print(d, type(d[3]), d['list'][0][0] is d['list'][2])
class Numbers(list):
    def total(self): return sum(self)
l = [1, 2, 3]; add = l.append; add(4); show(m.bound_sum, add); add(5); show(m.bound_sum, (l.pop,)); show(m.bound_sum, (6, 7).count)
l = Numbers([1, 2]); total = l.total; l.append(3); show(m.bound_sum, total); l.append(4); show(m.bound_sum, [(total,)][0]); print(total(), add.__self__, total.__self__)
l = [1, 2, 3]; m.store(l, 0, 1.5); m.store(l, 1, 'x'); m.store(l, 2, l[0]); print(l); l.append(4); l.sort(key=str); print(l)
show(m.store, l, 99, 1); show(m.store, (), 0, 1)
show(m.latin); print(m.latin() == 'a\xe9z', hash(m.latin()) == hash('a\xe9z'))
show(m.callback, lambda x: (x, 1), 3); show(m.callback, lambda x: [x], 'q'); show(m.callback, lambda x: 1 / 0, 1); show(m.callback, 1)
show(m.raise_it, ValueError, 'text'); show(m.raise_it, KeyError, 'k'); show(m.own_error); print(m.Error.__mro__, m.Error.__module__)
show(m.catch_it, lambda: {}['x']); show(m.catch_it, lambda: [][1]); show(m.catch_it, lambda: 1 / 0); show(m.catch_it, lambda: 5)
show(m.bad_null)
try:
    try:
        {}['k']
    except KeyError:
        m.own_error()
except ValueError as e:
    print(repr(e), repr(e.__context__))
show(m.iterate, range(4)); show(m.iterate, (x * x for x in (1.5, 2))); show(m.iterate, 5); show(m.iterate, {1: 2, 3: 4})
def bad():
    yield 1
    raise OSError('stop')
show(m.iterate, bad()); show(m.arith, 7, 3); show(m.arith, 2.5, 2); show(m.arith, 2**65, 2)
for n in (0, 1, -1, 2**31, -2**63, 2**63, 2**48, -2**49, 2**64 + 5):
    show(m.longs, n)
c = m.capsule_new(); show(m.capsule_get, c); show(m.capsule_get, 5); del c; show(m.secret_now)
show(m.buffer_sum, b'abc'); show(m.buffer_sum, bytearray(b'xyz')); show(m.buffer_sum, memoryview(b'12')); show(m.buffer_sum, 'x'); show(m.buffer_sum, 1)

T = m.Thing
t = T(5, any=[1]); print(t, t.n, t.x, t.any, t.ro, t.half, t.twice(), len(t), list(t), t[1], t[-1], bool(t), int(t), hash(t))
t.n = 8; t.x = 2.5; t.half = 10; print(t, t.x, T.twice(t), T.make(3), T.static(4), t + 2, t == T(20), t < T(1), t != 5, T(2) in [T(2)])
for f in (lambda: t[7], lambda: setattr(t, 'ro', 1), lambda: delattr(t, 'half'), lambda: t + 'x', lambda: T('x'),
          lambda: setattr(t, 'half', 'x'), lambda: t.nope, lambda: T.twice(1), lambda: t.twice(1), lambda: setattr(t, 'new', 1), lambda: T(1, 2, 3), lambda: [1, 2, 3][T(9)]):
    show(f)
print([10, 20, 30][T(2)], t(1, 2, a=3), t(), range(30)[t], T.__doc__, T.twice.__doc__, T.twice.__text_signature__, T.__text_signature__, T.__module__, T.__qualname__, T.__name__)
print(bytes(memoryview(t)), memoryview(t)[2], m.buffer_sum(t)); memoryview(t)[0] = 65; print(bytes(memoryview(t)))
class S(T):
    def __init__(self, *a):
        super().__init__(*a); self.extra = a
    def twice(self): return super().twice() + 1
    def __len__(self): return 2
s = S(4); print(s, s.extra, s.twice(), len(s), s.__dict__, isinstance(s, T), s + 1, S.__mro__)
before = m.died(); r = weakref.ref(s); print(r() is s); s.any = s; del s; gc.collect(); print(r(), m.died() - before)
w = T(1); r2 = weakref.ref(w, lambda _: print('gone')); del w; print(r2())
x = T(1); y = T(2); x.any = y; y.any = [x]; before = m.died(); del x, y; gc.collect(); print(m.died() - before)
class Slots(T): __slots__ = ('q',)
z = Slots(3); z.q = 5; print(z.q, z.n)
C = m.Counter
print(list(C(4)), sum(C(5)), C(3).count(), C(3).count(), C.__doc__, C.__module__, C, [*C(2)]); show(C); show(C, 'x')
class D(C):
    def __next__(self): return super().__next__() * 10
print(list(D(3)), dict(zip(C(2), 'ab')), max(C(9)))
print(sys.getrefcount(T(1)), m.__spec__.name, m.__file__.endswith('.so'))
def gen(): 
    yield from C(3)
print(list(gen()), '{0.n} {0!r}'.format(t), f'{t!s}')
try: copy.copy(t)
except TypeError as e: print(e)

def counts():
    o, q = object(), [1]
    print(m.refs(o), m.refs(object()), m.refs(q), m.refs([]), m.refs_fast(o, o, object(), [2]), m.refs_fast(o, a=o, b=object()), m.refs_fast(*[o]) >= [2])
    t = m.Thing(1)
    print(t.refs(), m.Thing(2).refs(), t.refs_of(o), t.refs_of(t), m.Thing.refs(t), m.refs(t))
    f, g = t.refs, m.refs
    print(f() - t.refs(), g(o), [m.refs(x) for x in (o,)])
counts()

for B in (m.Bag, m.SubBag, type('PB', (m.SubBag,), {})):
    b = B(); b[1] = 2; del b[1]
    match b:
        case {}: print('mapping')
        case _: print('no mapping')
    print(B.__name__, len(b), b['k'], None in b, 1 in b, b + 1, 1 + b, list(b), B.__doc__, B.__module__, '__len__' in vars(B), B.__len__ is m.Bag.__len__)
print(m.redocument(m.Bag.__getitem__), m.Bag.__getitem__.__doc__, m.Bag.__getitem__(m.Bag(), 3), m.Bag()[4], m.Bag.__len__.__doc__, m.Bag.__getitem__, type('PG', (m.Bag,), {})()[5])
o = m.Old(); print(o.x, getattr(o, 'y')); show(setattr, o, 'x', 1); show(delattr, o, 'x')
print(m.borrowed(), m.quarter, m.quarter + 1); t, d, l = m.borrowed(); print(d['k'] + 1, sorted(d.values()), d == {'k': 123456, 'f': 2.5, None: 7777, True: 654321}, l[0] - l[1], repr(d))
r = m.raw(); print(r.x); show(setattr, r, 'y', 1); del r
o = m.Modular(); o.__module__ = 'mine'; print(o.__module__, type(vars(m.Modular)['__module__']).__name__, repr(m.Modular))

def with_parts(a: int, b=1, *, c: str = 'x', d): return a, b, c, d
def without_parts(): pass
print(m.function_parts(with_parts), m.function_parts(without_parts))
m.set_function_parts(with_parts, (4, 5), {'d': 6}, {'a': float}); show(with_parts); print(m.function_parts(with_parts))
try: with_parts()
except TypeError as e: print(e)
m.set_function_parts(with_parts, None, None, None); print(with_parts.__defaults__, with_parts.__kwdefaults__, with_parts.__annotations__)
for wrong in ([], {}, {}), ((), 1, {}), ((), {}, ()), ((), {}, {}): show(m.set_function_parts, *((with_parts,) + wrong))
for c in 'aZß\u0130ǆΣﬃ5': print(m.cases(c), end=' ')
print()

import threading, time
def wait(n, made=[]):
    made.clear(); caught = 0
    try:
        threading.Thread(target=m.add_pending, args=(made, n)).start() if n > 1 else m.add_pending(made, n)
    except KeyError: caught += 1
    end = time.monotonic() + 20
    while True:
        try:
            while len(made) < n + 1 and time.monotonic() < end: time.sleep(0.001)
            break
        except KeyError: caught += 1
    return list(made), caught
print(wait(1), wait(4))

def fill(made, stop):
    while not stop: made.append(1)
made, stop = [], []
t = threading.Thread(target=fill, args=(made, stop)); t.start()
print(m.alone(made)); stop.append(1); t.join()
