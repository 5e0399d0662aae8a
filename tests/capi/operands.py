# What operators of extension types see of their operands. Each is done often enough to be compiled.
import sys
sys.path.insert(0, sys.argv[1])
from _pyrs_capi_operands import Counted, seen

class Holder: pass
holder = Holder()
holder.x, holder.y, glob, items = Counted(), Counted(), Counted(), [Counted(), Counted()]

def variables(x, y): return x + y
def twice(x, y): return x + x
def temporaries(x, y): return (x + y) - (y + x)
def left(x, y): return x + y - x
def right(x, y): return x - (x + y)
def assigned(x, y):
    x = x + y
    x = x + x
    return x
def kept(x, y):
    z = x + y
    w = z - z
    return z + w
def attributes(x, y): return holder.x + holder.y - holder.x
def globals_(x, y): return glob + glob - glob
def subscripts(x, y): return items[0] + items[1] - items[0]
def numbers(x, y): return 1 + (x + 2) - 3
def floats(x, y): return 1.5 + (x + 2.5) - 3.5
def inplace(x, y):
    x += y
    x -= 1
    return x
def walrus(x, y): return (z := x + y) - z
def conditional(x, y): return (x if x else y) + (y or x)
def called(x, y): return variables(x, y) - variables(x, y)
def cells(x, y):
    f = lambda: x + y
    return f() - x
def refused(x, y):
    try: return x + y - 'text'
    except TypeError as e: return str(e)
def generated(x, y): return [a - y for a in (b + y for b in (x, y))]

for f in (variables, twice, temporaries, left, right, assigned, kept, attributes, globals_, subscripts, numbers, floats, inplace,
          walrus, conditional, called, cells, refused, generated):
    rows = []
    for k in range(1200):
        seen.clear()
        f(Counted(), Counted())
        if seen not in rows: rows.append(seen[:])
    print(f.__name__, *rows)
