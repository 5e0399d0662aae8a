import sys
def g(n):
    for i in range(n):
        yield i
def f(a):
    x = len([a])
    try:
        1/0
    except ZeroDivisionError:
        pass
    for v in g(2):
        x += v
    return x
class C:
    def m(self):
        raise KeyError(1)
out=[]
def tr(fr, ev, arg):
    out.append((fr.f_code.co_name, ev, fr.f_lineno, arg if ev=='return' else None))
    return tr
def main():
    f(1)
    try: C().m()
    except KeyError: pass
    s = [q for q in (1,2)]
    async def co(): return 1
    try: co().send(None)
    except StopIteration: pass
sys.settrace(tr)
main()
sys.settrace(None)
for o in out: print(o)
out.clear()
def pr(fr, ev, arg):
    out.append((fr.f_code.co_name, ev, fr.f_lineno, getattr(arg,'__qualname__',None)))
sys.setprofile(pr)
main()
int('3'); 'a'.upper()
sys.setprofile(None)
for o in out: print(o)
def chg():
    a = 1
    b = a
    return b
def t2(fr, ev, arg):
    if ev=='line' and fr.f_code.co_name=='chg' and 'a' in fr.f_locals: fr.f_locals['a']=7
    return t2
sys.settrace(t2); print(chg()); sys.settrace(None)
def bad(*a): raise ValueError("t")
sys.settrace(bad)
try: chg()
except ValueError as e: print(e, sys.gettrace())
def inner():
    fr = sys._getframe().f_back
    fr.f_trace = tr
    sys.settrace(tr)
def user():
    out.clear()
    inner()
    x = 1
    y = 2
    sys.settrace(None)
user()
for o in out: print(o)
