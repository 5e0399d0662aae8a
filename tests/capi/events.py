# Audit hooks in C, and events that C tells.
import sys
sys.path.insert(0, sys.argv[1])
import _pyrs_capi_events as m

def attempt(f, *args):
    try:
        print('->', f(*args), flush=True)
    except BaseException as e:
        print('->', repr(e), flush=True)

attempt(m.tell, [1, 2.5])
attempt(m.add)
attempt(m.tell, [1, 2.5])
attempt(m.tell, (1, (2,)))
attempt(m.add)
attempt(sys.audit, 'my.own', 1, None, {2: 3.5})
sys.addaudithook(lambda e, a: print('python hears', e, a, flush=True) if e.startswith('my.') else None)
attempt(sys.audit, 'my.own')
attempt(m.tell, None)
w = m.Watched()
print(w.x, flush=True)
m.set(0, -1)
attempt(sys.audit, 'my.own')
attempt(m.tell, 1)
attempt(id, 1)
attempt(getattr, w, 'x')
attempt(m.add)
attempt(sys.addaudithook, print)
m.set(0, -2)
attempt(m.add)
attempt(sys.addaudithook, print)
m.set(1, 0)
attempt(m.add)
m.set(0, 0)
attempt(sys.audit, 'my.last')
m.set(1, 0)
attempt(m.add_end)
