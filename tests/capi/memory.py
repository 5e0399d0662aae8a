# What C allocates is traced, and so is what it says it has allocated.
import io, sys, tracemalloc, warnings
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_memory as m

def lines(t):
    return t and [n - here for _, n in t]

def traced():
    return tracemalloc.get_traced_memory()[0]

print(m.track(5, 0x500, 10), m.untrack(5, 0x500), m.traceback(5, 0x500), m.track_in_thread())
early = [m.allocate(d, 5000) for d in range(6)]
tracemalloc.start(2)
for d, p in enumerate(early):
    m.release(d, p)
print(traced() < 5000)
here = sys._getframe().f_lineno
for d in range(6):
    before = traced()
    p = m.allocate(d, 100_000)
    print(d, 99_000 <= traced() - before < 110_000, lines(m.traceback(0, p)))
    p = m.resize(d, p, 300_000)
    print(299_000 <= traced() - before < 310_000, lines(m.traceback(0, p)))
    p = m.resize(d, p, 10)
    print(traced() - before < 10_000, lines(m.traceback(0, p)))
    m.release(d, p)
    print(traced() - before < 10_000, m.traceback(0, p))
before = traced()
print(m.track(5, 0x500, 1 << 40), lines(m.traceback(5, 0x500)), m.traceback(4, 0x500), m.traceback(5, 0x501))
print(traced() - before >= 1 << 39, m.track(5, 0x500, 20), -2000 <= traced() - before < 2000)
print(m.track(5, 0x600, 7, True), lines(m.traceback(5, 0x600)), m.untrack(5, 0x600), m.untrack(5, 0x600), m.traceback(5, 0x600))
print(m.track_in_thread(), m.traceback(9, 0x900))
s = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, 5), tracemalloc.DomainFilter(True, 9)])
print(sorted((t.domain, t.size) for t in s.traces))
warnings.simplefilter('always')
sys.stderr = io.StringIO()
o = bytearray(5)
m.warn(o)
tracemalloc.stop()
m.warn(o)
print(m.track(5, 0x500, 10), m.untrack(5, 0x500), m.traceback(5, 0x500), traced())
print(sys.stderr.getvalue().replace(__file__, 'memory.py'))
