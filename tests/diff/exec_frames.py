"""Code that takes its globals or builtins away while it runs, and frames that outlive who executed them."""
import sys, gc
def churn():
    return [[str(n), (n, n, n), {n: n}, bytes(64)] for n in range(400)]
def frame(text, own=None):
    d = {}
    exec(text, {"sys": sys, "here": "globals", "__builtins__": own or __builtins__}, d)
    return d["f"]
f = frame("f = sys._getframe()")
gc.collect(); x = churn()
print(f.f_globals["here"], sorted(f.f_locals), f.f_builtins is __builtins__.__dict__)
f = frame("f = sys._getframe()", {"only": 1})
gc.collect(); x = churn()
print(sorted(f.f_globals), f.f_builtins)
def fail(text):
    try:
        exec(text, {"sys": sys, "here": "globals", "__builtins__": {"only": 1, "print": print}}, {})
    except NameError as e:
        return e.__traceback__.tb_next.tb_frame
f = fail("a = 1\nnothing")
gc.collect(); x = churn()
print(sorted(f.f_globals), sorted(f.f_builtins), f.f_locals)
try:
    exec("g = globals(); g.clear(); x = print; x('cleared')", {"__builtins__": {"print": print, "globals": globals}})
except NameError as e:
    print(repr(e))
space = {"__builtins__": {"name": "builtin", "churn": churn, "len": len}}
exec("def f(space):\n  space.clear(); churn(); return len(space), name\nx = f", space)
print(space["x"](space))
def cleared(space):
    space.clear()
    gc.collect()
    churn()
exec("cleared(space); churn(); out.append(len(out))", {"space": (s := {}), "__builtins__": {"cleared": cleared, "churn": churn, "len": len, "out": (out := [])}})
space = {"cleared": cleared, "__builtins__": {"churn": churn, "len": len, "out": out}}
space["space"] = space
exec("cleared(space); churn(); out.append(len(out))", space)
print(out)
space = {"cleared": cleared, "__builtins__": {"churn": churn, "len": len, "out": out}}
space["space"] = space
exec("class A:\n  cleared(space); churn(); out.append(len(out))", {**space, "__builtins__": {**space["__builtins__"], "__build_class__": __build_class__, "__name__": "m"}})
print(out, space)
