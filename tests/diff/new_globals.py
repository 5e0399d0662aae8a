# Globals that appear while functions which use builtins are hot.
def size(x):
    return len(x) + max(1, 2)


def run(n=700):
    t = 0
    for i in range(n):
        t += size("abc")
    return t


print(run())
a = 1
print(run())
for k in range(200):
    globals()["name%d" % k] = k
print(run(), name199)


def reads():
    return name3 + name150


print(sum(reads() for _ in range(700)))
del name3
try:
    reads()
except NameError as e:
    print(e)
name3 = 1000
print(sum(reads() for _ in range(700)))
len = lambda x: 100
print(run())
del len
print(run())
exec("def max(*a): return 50")
print(run())
globals().pop("max")
print(run())
globals().update(len=lambda x: 7)
print(run())
del globals()["len"]
globals()[5] = "no name"
print(run())
min = lambda *a: "mine"


def least():
    return min(3, 4)


print({least() for _ in range(700)})
len = lambda x: 9
print(run())
del len, min, globals()[5]
print(run(), {least() for _ in range(700)})

# One body with two sets of globals, which were equal once.
source = compile("def f(x): return abs(x) + other", "<f>", "exec")
first, second = {"other": 1}, {"other": 1}
exec(source, first)
exec(source, second)
second["f"].__code__ = first["f"].__code__
for step in range(4):
    print([sum(g["f"](-2) for _ in range(600)) for g in (first, second)])
    if step == 0:
        first["x"], second["y"] = 1, 2
    elif step == 1:
        second["abs"] = lambda x: 30
        first["z"] = 3
    elif step == 2:
        first["other"] = 5
        del second["abs"]

code = compile("[abs(-1) for _ in range(600)][-1], u", "<e>", "eval")
for names in ({"u": 1}, {"v": 2, "u": 3}, {"abs": lambda x: "own", "u": 4}, {"u": 5}):
    names["w"] = 0
    print(eval(code, names))
    names["t"] = 0
    print(eval(code, names))
