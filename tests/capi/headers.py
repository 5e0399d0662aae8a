# Functions of the C API that few extensions call.
import os, sys, threading, token, types, warnings
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_headers as m

print(m.ordered())
d = {'__builtins__': __builtins__}
print(m.run('file', 'x = 5\ndef f(): return x + 1\n', d), d['f'](), d['f'].__code__.co_filename, m.run('eval', 'x * 2', d), m.run('compile', '(x, f())', d))
for how, source in ('file', 'x = = 1'), ('file', '1 / 0'), ('eval', 'x = 1'):
    try: m.run(how, source, d)
    except Exception as e: print(type(e).__name__, e)
own = __file__
del __file__
print(m.run('simple', 'print(__file__, __name__)\nfrom_simple = 3\n', d), '__file__' in globals(), from_simple)
__file__ = own
print(m.run('any', 'print(__file__ == own)\nfrom_any = 4\n', d), from_any, m.run('interactive', '', d))
sys.stdout.flush()
print(m.run('one', 'a = 1\nb = a + 1\nc = 3\n', d), a, b, 'c' in globals())
print(m.run('loop', '"shown"\nfor i in range(2):\n    print(i)\n\nclass A:\n  x = 1\n\nA.x\nlast = 9', d), last)
for n in 3, 5, 90: print(m.lines('one\ntwo\r\nthree\rfour\r', n))

def f():
    x = y = 1
    cell = 2
    def g(): return cell
    print(m.locals_set(sys._getframe(), 'x', [5], 0), x, y)
    m.locals_set(sys._getframe(), 'cell', 'new', 1)
    print(cell, g(), x, y)
f()
def outer():
    a = 1
    def inner(): return a
    return inner
one, two = outer(), outer
r = m.closure(one, (types.CellType(7),)); print(r[0], type(r[1]), one())
for bad in [1], 5:
    try: m.closure(one, bad)
    except Exception as e: print(type(e).__name__, e)
for row in m.config(): print(row)
print(m.pickle_buffer(b'abc'), m.pickle_buffer(bytearray(b'')))
try: m.pickle_buffer(5)
except Exception as e: print(type(e).__name__, e)
print(all(m.token(s) == n for s, n in token.EXACT_TOKEN_TYPES.items()), m.token('$'), m.token('<>'), m.token('++'), m.token('a'))
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    print(m.warn('hello', {}), *[(x.category.__name__, str(x.message), x.filename, x.lineno) for x in w])
with warnings.catch_warnings():
    warnings.simplefilter('error')
    try: m.warn('hello', {})
    except UserWarning as e: print(e)
for a, b in (7, 2), (5, 2), (-7, 2), (7, -2), (10**40, 3), (-(10**40), 7), (0, 5), (2**70 + 1, 2**69), ((1 << 54) - 1, 1), ((1 << 60) + 129, 3):
    print(m.numbers(a, b))
for bad in (1.5, 2), (1, 0):
    try: m.numbers(*bad)
    except Exception as e: print(type(e).__name__, e)
print(m.times())
called = []
os.register_at_fork(before=lambda: called.append('before'), after_in_child=lambda: called.append('in child'), after_in_parent=lambda: called.append('in parent'))
sys.stdout.flush(); status = m.fork_now(); print(status, called)
print(m.threads())
go, ready = threading.Event(), threading.Event()
t = threading.Thread(target=lambda: (ready.set(), go.wait())); t.start(); ready.wait()
print(m.threads()); go.set(); t.join()
for ranged in True, False:
    try: m.syntax(ranged)
    except SyntaxError as e: print(e.msg, e.filename, e.lineno, e.offset, e.end_lineno, e.end_offset)
r = m.various({1}, f); print(r[:5], *map(repr, r[5:6]), r[6](3), r[7] is f.__code__, r[8:])
code = compile('1', 'f', 'eval')
print(m.extra(code, 5), m.extra(code, 6)); del code
code = compile('2', 'f', 'eval'); print(m.extra(code, 0))
try: m.extra('no code', 1)
except SystemError as e: print('SystemError')
p = m.printer(1); sys.stdout.flush()
print(p.write('written\n'), p.fileno(), p.mode, p.encoding, p.closed, p.close(), p.flush(), type(p), repr(p)[:28])
try: m.printer(7)
except SystemError as e: print('SystemError')
for f in lambda: p.write(b'x'), type(p):
    try: f()
    except TypeError as e: print(e)
w = m.wrapper(); print(w.__name__, w.__doc__, w([1, 2]), type(w).__name__)
b = bytearray(8)
for s in slice(1, 1), slice(3, 1), slice(8, 8), slice(100, 200), slice(5, 5, -1), slice(None, None, -1), slice(7, None, -3), slice(2, 2, 2):
    print(m.address(memoryview(b)[s]) - m.address(b), end=' ')
print()
d, t = m.unready(); print(sorted(d), t, t.__doc__, t.__mro__, hasattr(t, 'x'))
limit = sys.getrecursionlimit(); sys.setrecursionlimit(300)
print(m.nest(200))
try: m.nest(400)
except RecursionError as e: print(e)
sys.setrecursionlimit(limit); print(m.nest(400))
