# A repr in C that guards itself; objects whose destructor leaves the collector's list to tp_free.
import gc, sys, weakref
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_objects as m

b = m.Box([1, 2.5])
print(b, repr(b), [b], str(b))
l = [b]
l.append(m.Box(l)); c = m.Box(l); l.append(c)
print(c, l, repr(c), sep='\n')
class Bad:
    def __repr__(self): raise ValueError('no')
bad = m.Box(Bad())
for _ in range(2):
    try: repr(bad)
    except ValueError as e: print(e)

class Python(m.Loose):
    pass
class Slots(m.Loose):
    __slots__ = ('a', '__weakref__')
gc.disable()
for t in m.Loose, Python, Slots:
    before = sys.getrefcount(t)
    many = [t() for _ in range(50)]
    for i, o in enumerate(many):
        o.held.append(many[i - 1] if i % 3 else 5)
        if t is not m.Loose: o.a = [i]
    own = t(); own.held.append(own); many.append(own); del own, o
    print(sys.getrefcount(t) - before, all(map(gc.is_tracked, many)))
    many = [o for i, o in enumerate(many) if i % 2]
    gc.collect()
    print(sys.getrefcount(t) - before, sum(type(o) is t for o in gc.get_objects()))
    del many
    gc.collect(); gc.collect()
    print(sys.getrefcount(t) - before, sum(type(o) is t for o in gc.get_objects()))
o = Slots(); w = weakref.ref(o, lambda r: print('gone', r() is None)); o.a = o; del o
gc.collect()
gc.enable()
kept = [Python() for _ in range(10)]

def f(a):
    f = sys._getframe()
    def where(x, y=0): return m.place(f.f_code, f.f_lasti), x
    print(where(a), where(
        a + 1,
        y=5))
    return m.place(f.f_code, -1)
print(f(3))
