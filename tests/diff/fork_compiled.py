# Forked children run and compile code of their own.
import os, sys
def f(n):
    s=0
    for i in range(n): s+=i*i%7
    return s
def g(x):
    return x*2+1
def run():
    t=0
    for k in range(3000):
        t+=g(k)
    return t+f(60000)
want=run()
for r in range(6):
    pid=os.fork()
    if pid==0:
        ok = run()==want
        def h(n):
            s=0
            for i in range(n):
                s+=g(i)^r
            return s
        a=h(20000); b=sum((g(i)^r) for i in range(20000))
        os._exit(0 if ok and a==b else 1)
    assert run()==want
    def h2(n):
        s=0
        for i in range(n): s+=g(i)+r
        return s
    h2(20000)
    _,st=os.waitpid(pid,0)
    assert st==0, st
print("ok")
