# Functions of modules and static methods are called without a receiver, in loops that are entered where an old number lies in
# the register a receiver would have.
import heapq, bisect, random


class BTree:
    class Node:
        __slots__=('keys','kids')
        def __init__(self,keys=None,kids=None): self.keys=keys or []; self.kids=kids or []
    def __init__(self,t=3): self.t=t; self.root=self.Node(); self.n=0
    def __contains__(self,k):
        x=self.root
        while True:
            i=bisect.bisect_left(x.keys,k)
            if i<len(x.keys) and x.keys[i]==k: return True
            if not x.kids: return False
            x=x.kids[i]
    def add(self,k):
        if k in self: return False
        r=self.root
        if len(r.keys)==2*self.t-1:
            s=self.Node(kids=[r]); self.split(s,0); self.root=s
        x=self.root
        while x.kids:
            i=bisect.bisect_left(x.keys,k)
            if len(x.kids[i].keys)==2*self.t-1:
                self.split(x,i)
                if k>x.keys[i]: i+=1
            x=x.kids[i]
        bisect.insort(x.keys,k); self.n+=1; return True
    def split(self,p,i):
        t=self.t; y=p.kids[i]
        z=self.Node(y.keys[t:],y.kids[t:]); m=y.keys[t-1]
        y.keys=y.keys[:t-1]; y.kids=y.kids[:t]
        p.keys.insert(i,m); p.kids.insert(i+1,z)
    def __len__(self): return self.n
rnd=random.Random(5); bt=BTree(); s=set()
for i in range(100):
    k=rnd.randrange(2000); assert bt.add(k)==(k not in s); s.add(k)
print(len(s), sorted(s)[:10])
