import sys, gc, operator, traceback
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_layout as m

def show(f, *args):
    try:
        r = f(*args)
        print(f.__name__, '->', repr(r))
    except BaseException as e:
        print(f.__name__, '!!', type(e).__name__, e)

class P:
    "All the operators, in Python."
    def __init__(self, n=3): self.n = n
    def __add__(self, o): return ('add', self.n, o)
    def __radd__(self, o): return ('radd', o)
    def __iadd__(self, o): self.n += o; return self
    def __mul__(self, o): return NotImplemented
    def __neg__(self): return -self.n
    def __int__(self): return self.n
    def __float__(self): return self.n + .5
    def __index__(self): return self.n
    def __bool__(self): return self.n > 3
    def __len__(self): return 4
    def __getitem__(self, i): return ('item', i)
    def __setitem__(self, i, v): print('set', i, v)
    def __delitem__(self, i): print('del', i)
    def __contains__(self, x): return x == 1
    def __call__(self, *a, **k): return ('call', a, k)
    def __hash__(self): return 12345
    def __eq__(self, o): return isinstance(o, int)
    def __lt__(self, o): raise ValueError('no order')
    def __iter__(self): yield from (1, 2.5, 'x')
    def __getattr__(self, name): return 'attr ' + name
    def __repr__(self): return 'P!'
    def __get__(self, o, t): return ('get', o, t.__name__)
class L(list): pass
class I(int): pass
class Plain: pass
class Empty:
    __slots__ = ()
for which in ('add', 'radd', 'iadd', 'mul', 'neg', 'int', 'float', 'index', 'bool', 'sq_len', 'mp_len', 'sq_item', 'subscript', 'ass_subscript', 'del_subscript',
              'contains', 'call', 'hash', 'repr', 'str', 'eq', 'lt', 'iter', 'getattro', 'setattro', 'descr_get'):
    print(which, end=' '); show(m.slots, which, P(), 'q' if which == 'getattro' else 'zz' if which == 'setattro' else 2)
for which, o, x in (('add', 2, 3), ('add', 2, 2.5), ('add', 2.5, 2), ('add', 'a', 'b'), ('sq_concat', 'a', 'b'), ('sq_concat', [1], [2.5]), ('sq_concat', (1,), (2,)),
                    ('sq_item', [1, 2.5], 1), ('sq_item', (7, 8), 0), ('sq_item', 'abc', 2), ('subscript', {1: 2.5}, 1), ('subscript', {}, 1), ('subscript', [1, 2, 3], slice(1, 3)),
                    ('ass_subscript', [0, 1], 1), ('del_subscript', {1: 2, 3: 4}, 1), ('contains', (1, 2), 2), ('contains', {1.5}, 1.5), ('contains', 'abc', 'b'), ('sq_repeat', [1], 3),
                    ('call', len, 'abc'), ('call', int, '12'), ('call', P().__add__, 1), ('vectorcall', lambda x: [x], 5), ('vectorcall', len, 'abc'), ('vectorcall', [].append, 1),
                    ('vectorcall', int, '7'), ('vectorcall', str, 5), ('vectorcall', P().__add__, 1), ('vectorcall', list.copy, [1]), ('hash', 'abc', 0), ('hash', 1.5, 0), ('hash', [], 0),
                    ('hash', (1, 2), 0), ('eq', 1, 1), ('eq', 1, 1.0), ('eq', 'a', 'b'), ('lt', 1, 2), ('lt', [1], [2]), ('iter', [1, 2.5], 0), ('iter', {1: 2}, 0), ('iter', 'ab', 0),
                    ('iter', range(3), 0), ('iter', {5}, 0), ('iter', zip('a', 'b'), 0), ('iter', (x for x in (1, 2)), 0), ('getattro', 1, 'real'), ('getattro', [], 'append'),
                    ('pow', 2, 10), ('pow', 2.0, 3), ('neg', 5, 0), ('index', True, 0), ('bool', 0, 0), ('bool', 1.5, 0), ('float', 3, 0), ('int', 3.7, 0), ('repr', 1.5, 0), ('str', 'x', 0),
                    ('new', int, '5'), ('new', L, (1, 2)), ('new', P, 9), ('new', Plain, 1), ('new', list, 'ab'), ('add', L((1,)), L((2,))), ('sq_concat', L((1,)), L((2,))), ('add', I(3), 4),
                    ('descr_get', len, 1), ('descr_get', P.__add__, P()), ('descr_get', list.append, []), ('iadd', [1], [2]), ('mul', [1], 2), ('mul', 3, 4)):
    print(which, repr(o)[:10].split(' at ')[0], end=' ')
    r = None
    try: r = m.slots(which, o, x); print('->', repr(r).split(' at 0x')[0])
    except BaseException as e: print('!!', type(e).__name__, e)
print(type(m.slots('alloc', Plain, 0)) is Plain, m.slots('alloc', L, 0), m.slots('alloc', Empty, 0).__class__)
for t in (object, int, float, str, bytes, list, tuple, dict, set, type, bool, complex, slice, range, BaseException, KeyError, type(lambda: 0), type(len), type(list.append), type((x for x in ())), type(iter([])),
          type(iter(())), property, classmethod, memoryview, bytearray, P, L, I, Plain, Empty, m.Base, m.Child, type(None), type(NotImplemented)):
    print(t.__name__, *m.shape(t))
async def co(): pass
c = co(); print('coroutine', m.shape(type(c))); c.close()

for f, s, a in ((list.append, [1], 5), (list.pop, [1, 2.5], 0), (dict.get, {1: 2.5}, 1), (dict.get, {}, 1), (str.join, '-', ['a', 'b']), (str.split, 'a b', ' '), (list.index, [1, 2], 2),
                (dict.keys, {1: 2}, 0), (set.add, {1}, 2), (bytes.join, b'.', [b'a', b'b']), (len, 0, [1, 2]), ([1].append, 0, 3), ({1: 2}.get, 0, 1), ('a'.join, 0, 'xy'), (repr, 0, 1.5),
                (dict.pop, {1: 2}, 1), (list.extend, [1], (2, 3)), (int.bit_length, 255, 0), (str.upper, 'abc', 0), (str.encode, 'abc', 'utf-8'), (list.sort, [3, 1], 0)):
    print(getattr(f, '__name__', f), end=' '); show(m.unpacked, f, s, a)

def gen0(): pass
def fun(a, b=2, *c, **d): pass
p = P(); print(m.unpacked(p.__add__, 0, 0) == (P.__add__, p)); show(m.unpacked, fun, 0, 0)

show(m.raise_by_hand, ValueError, 'text'); show(m.raise_by_hand, KeyError, (1, 2)); show(m.raise_by_hand, OSError, OSError(2, 'made'))
show(m.error_fields, lambda: 1 / 0); show(m.error_fields, lambda: {}['k']); show(m.error_fields, lambda: 5); show(m.error_fields, lambda: int('x')); show(m.error_fields, lambda: next(iter(())))
print(m.handled())
try: 1 / 0
except ZeroDivisionError:
    print(repr(m.handled()))
    try: [][1]
    except IndexError: print(repr(m.handled()))
    print(repr(m.handled()))
    def g():
        yield m.handled()
        try: {}[1]
        except KeyError: yield m.handled()
        yield m.handled()
    print([repr(x) for x in g()])
    print(repr(m.with_item(None, m.handled)), repr(m.with_item(OSError('mine'), m.handled)), repr(m.with_item(None, sys.exc_info)[1]))
print(m.handled(), repr(m.with_item(OSError('mine'), sys.exc_info)[1]))
def reraise():
    try: raise
    except BaseException as e: return repr(e)
print(m.with_item(KeyError('again'), reraise))
def context():
    try: raise ValueError('new')
    except ValueError as e: return repr(e.__context__)
print(m.with_item(KeyError('old'), context))
try:
    try: 1 / 0
    except ZeroDivisionError: raise StopIteration(5)
except StopIteration as e: print(m.exception_fields(e))
print(m.exception_fields(ValueError(1, 2.5)))
try: m.add_traceback(lambda: 1 / 0, 'some/file.pyx', 'module.function', 41)
except ZeroDivisionError as e:
    print([(x.name, x.lineno, x.filename.rpartition('/')[2]) for x in traceback.extract_tb(e.__traceback__)])
    tb = e.__traceback__
    while tb.tb_next and tb.tb_frame.f_code.co_name != 'module.function': tb = tb.tb_next
    f = tb.tb_frame; c = f.f_code
    print(f.f_lineno, c.co_name, c.co_firstlineno, c.co_filename, c.co_consts, c.co_names, c.co_varnames, f.f_globals == {} or sorted(f.f_globals), f.f_locals, f.f_back)
c = m.new_code(2, 1, 1, 3, b'', ('doc', 2.5), ('n1', 'n2'), ('a', 'b', 'k', 'loc'), ('fr',), ('ce', 'a'))
print(c.co_argcount, c.co_posonlyargcount, c.co_kwonlyargcount, c.co_nlocals, c.co_flags & 0xF, c.co_consts, c.co_names, c.co_varnames, c.co_freevars, c.co_cellvars, c.co_filename, c.co_name,
      c.co_qualname, c.co_firstlineno, c.co_code, c.co_linetable, c.co_exceptiontable)
d = c.replace(co_code=b'', co_name='other', co_consts=(1,), co_varnames=('a', 'b', 'k', 'x'), co_firstlineno=9)
print(d.co_name, d.co_qualname, d.co_consts, d.co_varnames, d.co_firstlineno, d.co_argcount, d.co_names, d.co_cellvars, d == c, c == c.replace())
d = gen0.__code__.replace(co_code=b'', co_argcount=1, co_nlocals=1, co_varnames=('q',), co_linetable=b'', co_exceptiontable=b''); print(d.co_varnames, d.co_name, d.co_code, d.co_filename == __file__)
show(m.new_code, 1, 0, 0, 0xF, b'', (), (), (), (), ()); show(m.new_code, 0, 0, 0, 0, b'abc', (), (), (), (), ()); 
try: m.new_code(0, 1, 0, 0, b'', (), (), ('a',), (), ())
except SystemError as e: print('bad argument to internal function' in str(e))

l = []
for i in range(40): m.list_append(l, i if i % 2 else i + .5)
l.append(1); m.list_append(l, [2]); l += [3, 4.5]; m.list_append(l, 'end')
print(l, len(l), sum(x for x in l if type(x) in (int, float)))
while len(l) > 3: m.list_pop(l)
print(l); l.append(9); l.insert(0, 8.5); print(l, m.list_items(l), m.list_items((1, 2.5, 'x', [1]))); l.clear(); m.list_append(l, 1); print(l)

d = {1: 2}; g = globals(); o = Plain(); o.a = 1
def put(d, k, v):
    def f(): d[k] = v
    return f
def attr(o, k, v):
    def f(): setattr(o, k, v)
    return f
for where, f in ((d, put(d, 1, 3)), (d, put(d, 2, 3)), (d, lambda: d.pop(2)), (d, lambda: d.get(1)), (d, lambda: d.update(x=1)), (d, d.clear), (d, lambda: d.setdefault('q', 1)),
                 (d, lambda: d.setdefault('q', 2)), (g, put(g, 'new_global', 1)), (g, put(g, 'new_global', 2.5)), (Plain, attr(Plain, 'x', 1)), (Plain, attr(Plain, 'x', 2.5)), (Plain, lambda: delattr(Plain, 'x')),
                 (o, attr(o, 'a', 5)), (o, attr(o, 'b', 5)), (o, lambda: delattr(o, 'b')), (o, lambda: o.a)):
    show(m.version_changes, where, f)
def setg():
    global new_global
    new_global = 3
show(m.version_changes, g, setg)
o2 = Plain(); print(m.dict_ptr(o2, attr(o2, 'z', 1)), o2.z); o2.y = 2; print(m.dict_ptr(o2, lambda: setattr(o2, 'z', 7)), o2.__dict__, o2.z, m.dict_ptr(5, int), m.dict_ptr(Empty(), int), m.dict_ptr(fun, int))
for i in range(200):
    o2.z = i
    assert o2.z == i and o2.__dict__['z'] == i and m.dict_ptr(o2, int)['z'] == i

for s in ('', 'a', 'abc', 'h\xe9', '\u20acuro', '\U0001f600', 'x' * 100): print(m.str_header(s))
class S(str): pass
print(m.str_header(S('abc')), m.str_header(S('\u20ac')))
s = m.str_by_hand(S, 'hand made'); print(s, len(s), type(s) is S, s == 'hand made', hash(s) == hash('hand made'), s.upper(), {s: 1}['hand made'], s[2:5], s.encode(), m.str_header(s)); s.attr = 1; del s
for x in (slice(1, 2.5), slice(None), {1, 2}, frozenset('abc'), bytearray(b'xyz'), bytearray(), memoryview(b'abcd'), 1 + 2.5j, True, False, 0, 5, -7, 2**40, -2**64, 1.5, b'', b'abc'): show(m.fields, x)
def gen(): yield
print(m.fields(gen()) is gen.__code__)

print(m.Static, type(m.Static), m.Static.number, m.Static(), m.Static.__mro__, isinstance(m.Static, type), gc.is_tracked(m.Static))
T = m.meta_malloc('pkg.Made', 23); print(T, T.number, T(), T.__name__, T.__module__, T.__qualname__, type(T) is m.Meta, issubclass(T, m.Base), gc.is_tracked(T)); gc.collect()
class Sub(m.Base): v = 1
print(Sub(), Sub.__dict__['v'], m.Base.__subclasses__()[:1])
H = m.heap_by_hand('Hand', m.Base); print(H, H.__name__, H.__module__, H(), H.__mro__)
class H2(H):
    def __len__(self): return 3
    def m(self): return 'm'
print(len(H2()), H2().m(), H2.__bases__); m.write_type_dict(H2, 'm', lambda self: 'written'); print(H2().m()); m.write_type_dict(H, 'added', 42); print(H2().added, H.added)
x = H2(); x.a = 1; print(x.a, x.__dict__); del x, H2, H; gc.collect()
p, c = m.Parent(), m.Child()
print(p + 1, c + 1, c - 1, hash(c), c == 5, c != 5, m.Child.__add__ is not m.Parent.__add__, '__add__' in m.Child.__dict__, '__sub__' in m.Child.__dict__, '__hash__' in m.Child.__dict__)
show(operator.sub, p, 1)
class PC(m.Child):
    def __add__(self, o): return ('py', super().__add__(o))
    def __eq__(self, o): return super().__eq__(o) and 'eq'
print(PC() + 1, PC() - 1, PC() == 1, PC.__hash__)
D = m.Double; d = D(2.5); print(d, d + 1, d * d, repr(d), float(d), m.fields(d), D.__mro__, isinstance(d, float), hash(d) == hash(2.5), d == 2.5, 3 - d, D(3) is D(3), type(d + 1), [d, d][0] is d, max(d, 1))
class Here:
    def __setitem__(self, k, v): f = sys._getframe(1); print('subscript assignment:', f.f_code.co_code[f.f_lasti] == 60)
Here()[0] = 1; operator.setitem(Here(), 1, 2); Here().__setitem__(1, 2)
