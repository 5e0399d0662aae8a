# tracemalloc: sizes, tracebacks, peaks, domains, filters; from loops that are compiled, too; what a warning says of its source.
import gc
import io
import os
import re
import subprocess
import sys
import tracemalloc
import warnings


def line():
    return sys._getframe(1).f_lineno


def lines(traceback):
    return None if traceback is None else [f.lineno for f in traceback]


def block(n):
    return bytes(n) + b"y"


print(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit(), tracemalloc.get_traced_memory())
print(tracemalloc.get_object_traceback(block(100)))
for bad in (0, -1, 65536, "x", 1.5):
    try:
        tracemalloc.start(bad)
    except Exception as e:
        print(type(e).__name__, e)
try:
    tracemalloc.take_snapshot()
except RuntimeError as e:
    print(e)
print(tracemalloc._get_traces() if hasattr(tracemalloc, "_get_traces") else "")

# Before tracing: it is not known, and its end does not count.
old = block(1000)
tracemalloc.start(3)
print(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit())
print(tracemalloc.get_object_traceback(old))
del old
print(tracemalloc.get_traced_memory()[0] < 100_000)


def make(n):
    return block(n)


first = line()
b = make(200_000)
t = tracemalloc.get_object_traceback(b)
print([n - first for n in lines(t)], t.total_nframe, [os.path.basename(f.filename) for f in t])
now, peak = tracemalloc.get_traced_memory()
print(200_000 < now < 260_000, peak >= 400_000)
del b
print(tracemalloc.get_traced_memory()[0] < 60_000)
tracemalloc.reset_peak()
print(tracemalloc.get_traced_memory()[1] < 60_000)
tracemalloc.clear_traces()
print(tracemalloc.get_traced_memory()[0] < 10_000, tracemalloc.is_tracing())


# Small objects, which free lists would give out again.
def small():
    return [[], {}, (1, line()), {1, line()}, lambda: 1, "a" * 30 + str(line()), [0.5] * 9]


for _ in range(3):
    garbage = small()
    del garbage
# CPython keeps no trace of what was freed before tracing began; a collection empties its free lists.
gc.collect()
before = line()
things = small()
for o in things:
    found = lines(tracemalloc.get_object_traceback(o))
    print(type(o).__name__, found and found[-2] - before)
print(tracemalloc.get_object_traceback(5), tracemalloc.get_object_traceback(None))


# Loops hot enough for compiled code, in which tracing begins and ends.
def hot(n, out):
    total = 0
    for i in range(n):
        total += i
        if i == n - 500:
            tracemalloc.stop()
            gc.collect()
            tracemalloc.start()
        if i > n - 400:
            out.append([i])
    return total


def run(n):
    out = []
    hot(n, out)
    at = {lines(tracemalloc.get_object_traceback(o))[0] - hot.__code__.co_firstlineno for o in out}
    print(len(out), at)


run(1000)
for _ in range(3):
    run(20_000)
tracemalloc.stop()
print(tracemalloc.get_traced_memory(), tracemalloc.get_object_traceback(things))
for _ in range(3):
    run(20_000)
tracemalloc.stop()

# Snapshots.
tracemalloc.start(2)
kept = [block(10_000) for _ in range(20)]
where = line() - 1
snapshot = tracemalloc.take_snapshot()
tracemalloc.stop()
here = snapshot.filter_traces([tracemalloc.Filter(True, __file__, lineno=block.__code__.co_firstlineno + 1)])
(stat,) = here.statistics("lineno")
print(stat.count, stat.size // 20)
(stat,) = here.statistics("traceback")
print(stat.count, [f.lineno - where for f in stat.traceback][0])
print(snapshot.traceback_limit, {t.domain for t in snapshot.traces})
print(here.compare_to(here, "filename")[0].count_diff)
print(len({id(t) for *_, t, _ in snapshot.traces._traces if t[0] == (__file__, where)}) <= 1)

# Growth in place, and elsewhere.
tracemalloc.start()
grown = bytearray(10)
grown.extend(bytes(100_000))
size = tracemalloc.get_traced_memory()[0]
print(100_000 < size < 200_000)
del grown[5:]
many = list(range(50_000))
print(400_000 < tracemalloc.get_traced_memory()[0] - size + 100_000 < 2_400_000)
many.clear()
text = io.StringIO()
del many, text
gc.collect()

# A child has the traces.
sys.stdout.flush()
child = os.fork()
if not child:
    fresh = block(1)
    ok = tracemalloc.is_tracing() and tracemalloc.get_object_traceback(fresh) is not None
    os._exit(0 if ok else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
tracemalloc.stop()


# What warnings say.
def told(code, *options):
    r = subprocess.run([sys.executable, "-W", "always", *options, "-c", code], capture_output=True, text=True)
    print(r.returncode, r.stdout, re.sub("0x[0-9a-f]+", "0x", r.stderr.rstrip()), sep="\n")


told("f = open('/dev/null')\ndel f")
told("f = open('/dev/null')\ndel f", "-X", "tracemalloc=2")
told("import os\nf = os.scandir('/')\ndel f", "-X", "tracemalloc")
told("async def c(): pass\n\nc()", "-X", "tracemalloc=4")
told("import tracemalloc as t; print(t.is_tracing(), t.get_traceback_limit())", "-X", "tracemalloc=7")
told("import tracemalloc as t; print(t.is_tracing(), t.get_traceback_limit())", "-X", "tracemalloc")
told("import tracemalloc as t; print(t.is_tracing(), t.get_traceback_limit())", "-X", "tracemalloc=0")
told("1", "-X", "tracemalloc=-1")
told("1", "-X", "tracemalloc=many")
