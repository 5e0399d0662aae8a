"""Runs programs many times in one process and says whether its memory keeps growing: growth.py RUNS PROGRAM...

Each run compiles the program anew, as `runpy` does. Resident memory after a tenth, a half, three quarters and all of the runs
is shown, and what the second half adds is judged: what is loaded, compiled or cached once is not growth.
"""
import gc
import io
import os
import sys
import types

COUNT = int(sys.argv[1])
RUNS = (max(COUNT // 10, 1), COUNT // 2, COUNT * 3 // 4, COUNT)
# What the second half may add: memory that is free again is not always given back, and big heaps have huge pages.
ALLOWED_KB = 3072


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def repeat(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    namespace = main.__dict__
    at = []
    out = sys.stdout
    for n in range(1, RUNS[-1] + 1):
        namespace.clear()
        namespace.update(__name__="__main__", __file__=path, __builtins__=__builtins__)
        sys.stdout = io.StringIO()
        try:
            exec(compile(text, path, "exec"), namespace)
        except SystemExit:
            pass
        finally:
            sys.stdout = out
        # What is dead is not growth. Code that only machine code refers to lives for some full collections more.
        namespace.clear()
        gc.collect()
        if n in RUNS:
            at.append(resident())
    return at


failed = 0
for path in sys.argv[2:]:
    os.chdir(os.path.dirname(os.path.abspath(path)))
    name = os.path.basename(path)
    at = repeat(name)
    grown = at[-1] - at[-3]
    bad = grown > ALLOWED_KB
    failed |= bad
    print(f"{name:28}", *(f"{kb:8}" for kb in at), f"{grown:+7} KB", "GROWS" if bad else "", flush=True)
sys.exit(failed)
