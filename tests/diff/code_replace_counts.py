import types
def g(a):
    b = a
    def h(): return b, a
    return h
def k(): return 1
def attempt(label, f):
    try:
        print(label, f())
    except BaseException as e:
        print(label, type(e).__name__, e)
for c in (g.__code__, k.__code__):
    for kw in (dict(co_nlocals=5), dict(co_nlocals=0), dict(co_argcount=5), dict(co_argcount=0), dict(co_kwonlyargcount=3), dict(co_flags=c.co_flags|4), dict(co_flags=c.co_flags|8), dict(co_flags=c.co_flags|12), dict(co_stacksize=0), dict(co_flags=0), dict(co_flags=32|c.co_flags), dict(co_flags=128|c.co_flags), dict(co_flags=512|c.co_flags)):
        try: c2 = c.replace(**kw)
        except Exception as e: print(kw, type(e).__name__, e); continue
        f = types.FunctionType(c2, {})
        for args in ((), (1,), (1,2,3,4,5)):
            attempt((kw, args), lambda: type(f(*args)).__name__)
        attempt((kw, 'kw'), lambda: type(f(a=1)).__name__)
