import operator
def attempt(label, f):
    try: print(label, f())
    except BaseException as e: print(label, type(e).__name__, e)
class K:
    def __init__(s, n, act=None, r=False): s.n, s.act, s.r = n, act, r
    def __hash__(s):
        if s.act and s.act[0] == 'h': s.act[1]()
        return 1
    def __eq__(s, o):
        for x in (s, o):
            if isinstance(x, K) and x.act and x.act[0] == 'e': x.act[1]()
        return s.r or getattr(o, 'r', False)
    def __repr__(s): return f'K{s.n}'
ops = [('or', operator.or_), ('and', operator.and_), ('sub', operator.sub), ('xor', operator.xor), ('ior', operator.ior), ('iand', operator.iand), ('isub', operator.isub), ('ixor', operator.ixor), ('le', operator.le), ('eq', operator.eq), ('lt', operator.lt)] + [(n, (lambda n: lambda a, b: getattr(a, n)(b))(n)) for n in ('union', 'intersection', 'difference', 'symmetric_difference', 'update', 'intersection_update', 'difference_update', 'symmetric_difference_update', 'isdisjoint', 'issubset', 'issuperset')]
for name, op in ops:
    for which in 'ab':
        for kind in 'eh':
            for what in ('clear', 'grow', 'pop'):
                a, b = set(), set()
                target = a if which == 'a' else b
                def act():
                    if not armed[0]: return
                    armed[0] = False
                    if what == 'clear': target.clear()
                    elif what == 'grow': target.update(range(100, 300))
                    else: target.pop()
                armed = [False]
                a.update([K(1, (kind, act)), 10, 11]); b.update([K(2, (kind, act)), K(3), 10, 12])
                armed[0] = True
                try: r = op(a, b)
                except BaseException as e: print(name, which, kind, what, type(e).__name__, e)
                else: print(name, which, kind, what, type(r).__name__, len(a), len(b), len(r) if hasattr(r, '__len__') else r)
for name, op in (('or', operator.or_), ('and', operator.and_), ('sub', operator.sub), ('xor', operator.xor), ('le', operator.le), ('eq', operator.eq)):
    for view in ('keys', 'items')[: 1 if name == 'xor' else 2]:
        for what in ('clear', 'grow'):
            a, b = {}, {}
            def act():
                if not armed[0]: return
                armed[0] = False
                if what == 'clear': a.clear()
                else: a.update(dict.fromkeys(range(100, 300)))
            armed = [False]
            a[K(1, ('e', act))] = 1; a[5] = 6; b[K(2, ('e', act))] = 2; b[7] = 8
            armed[0] = True
            try: r = op(getattr(a, view)(), getattr(b, view)())
            except BaseException as e: print(name, view, what, type(e).__name__, e)
            else: print(name, view, what, len(r) if hasattr(r, '__len__') else r, len(a))
for name in ('get', 'pop', 'setdefault', '__contains__', '__getitem__', '__delitem__'):
    for what in ('clear', 'grow', 'del'):
        d = {}
        def act():
            if not armed[0]: return
            armed[0] = False
            if what == 'clear': d.clear()
            elif what == 'grow': d.update(dict.fromkeys(range(300)))
            else: d.pop(5, None)
        armed = [False]
        d[K(1, ('e', act))] = 1; d[5] = 6
        armed[0] = True
        attempt((name, what), lambda: getattr(d, name)(K(2))); print(len(d))
for what in ('update', 'ior', 'or', 'eq', 'init', 'copy'):
    d, e = {}, {}
    def act():
        if armed[0]: armed[0] = False; e.clear(); d.clear()
    armed = [False]
    d[K(1, ('e', act))] = 1; d[5] = 6; e[K(2)] = 3; e[7] = 8; e[9] = 1
    armed[0] = True
    attempt(what, lambda: {'update': lambda: d.update(e), 'ior': lambda: operator.ior(d, e), 'or': lambda: len(d | e), 'eq': lambda: d == {K(3): 1, 5: 6}, 'init': lambda: d.__init__(e), 'copy': lambda: len(d.copy())}[what]() and None)
    print(len(d), len(e))
b = bytearray(b'0123456789'); m = memoryview(b)
class I:
    def __init__(s, f, n=1): s.f, s.n = f, n
    def __index__(s): s.f(); return s.n
attempt('mv', lambda: operator.setitem(m, I(m.release), 5))
m = memoryview(b); attempt('mv', lambda: operator.setitem(m, 1, I(m.release)))
m = memoryview(b); attempt('mv', lambda: operator.getitem(m, I(m.release)))
m = memoryview(b); attempt('mv', lambda: operator.setitem(m, slice(I(m.release), 3), b'ab'))
m = memoryview(b); attempt('mv', lambda: len(operator.getitem(m, slice(I(m.release), 3))))
m = memoryview(b); attempt('mv', lambda: type(m.cast('B', (I(m.release, 10),))))
m = memoryview(b); attempt('mv', lambda: m.hex('-', I(m.release)))
m = memoryview(b).cast('d') if len(b) % 8 == 0 else memoryview(bytearray(16)).cast('d')
class F:
    def __float__(s): m.release(); return 1.0
attempt('mv', lambda: operator.setitem(m, 0, F()))
m = memoryview(bytearray(4)).cast('?')
class T:
    def __bool__(s): m.release(); return True
attempt('mv', lambda: operator.setitem(m, 0, T()))
for f in (lambda b, i: operator.setitem(b, i, 1), lambda b, i: operator.setitem(b, 1, i), lambda b, i: b.insert(i, 1), lambda b, i: b.insert(1, i), lambda b, i: b.append(i), lambda b, i: b.pop(i), lambda b, i: b.extend([1, i, 3]), lambda b, i: operator.setitem(b, slice(i, 5), b'xyz'), lambda b, i: operator.delitem(b, i), lambda b, i: b.find(b'5', i), lambda b, i: b.ljust(i), lambda b, i: b * i, lambda b, i: operator.setitem(b, slice(0, 5), [1, i, 2]), lambda b, i: b.split(None, i), lambda b, i: b.replace(b'1', b'2', i), lambda b, i: b.hex('-', i), lambda b, i: i in b, lambda b, i: b.remove(i), lambda b, i: b.startswith(b'0', i)):
    b = bytearray(b'0123456789')
    attempt('ba', lambda: f(b, I(b.clear, 3))); print(b)
