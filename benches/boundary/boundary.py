#!/usr/bin/env python3
"""What crossing into C costs, in nanoseconds for each operation.

    boundary.py --interp /usr/bin/python3.11 --interp "PYRS --no-jit" --interp "PYRS --jit" [--only TEXT] [--rounds 5]

builds `_boundary.c`, runs every row under each interpreter in turn and prints the best time of each, and how many times
faster than the first interpreter the others are. Rows of NumPy are left out where it is not installed.
Rows `call`, `type` and `numpy` are Python that uses C; rows `c` are loops in C over functions of the C API.
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time

# group, name, statement; the names it uses are made by SETUP.
CALLS = """
call noargs            | r = b.noargs()
call one int           | r = b.one(5)
call one int var       | r = b.one(i)
call one large int     | r = b.one(100000)
call one object        | r = b.same(obj)
call one list          | r = b.same(lst)
call fast two ints     | r = b.fast(i, 7)
call fast floats       | r = b.add_floats(x, 2.5)
call fastkw            | r = b.fastkw(i, 2)
call fastkw named      | r = b.fastkw(i, name=2)
call varargs           | r = b.varargs(i, 2)
call keywords          | r = b.keywords(i, b=2)
call keywords plain    | r = b.keywords(i, 2)
call star              | r = b.fast(*two)
call bound method      | r = bound(5)
type noargs method     | r = thing.get()
type one method        | r = thing.plus(i)
type fast method       | r = thing.two(obj, i)
type getset            | r = thing.n
type setset            | thing.n = i
type member object     | r = thing.o
type member long       | r = thing.m
type set member        | thing.m = 7
type make              | r = Thing()
type make argument     | r = Thing(5)
type add               | r = thing + thing2
type len               | r = len(thing)
type getitem           | r = thing[1]
type setitem           | thing[1] = i
type less              | r = thing < thing2
type equal             | r = thing == thing2
type call              | r = thing(5)
type hash              | r = hash(thing)
type bool              | r = 1 if thing else 2
type dict get          | r = by_thing[thing]
type isinstance        | r = isinstance(thing, Thing)
type subclass method   | r = sub.get()
type subclass make     | r = Sub(5)
numpy a[i]             | r = a[3]
numpy a[i, j]          | r = a2[1, 2]
numpy a[i] = int       | a[3] = i
numpy a[i] = float     | f[2] = 2.5
numpy a[1:3]           | r = a[1:3]
numpy a[mask]          | r = a[mask]
numpy f64 + float      | r = f64 + 1.5
numpy float + f64      | r = x + f64
numpy f64 + f64        | r = f64 + f64
numpy f64 * int        | r = f64 * 3
numpy f64 < float      | r = f64 < 2.5
numpy f64 == f64       | r = f64 == f64
numpy i64 + int        | r = i64 + 1
numpy i64 < int        | r = i64 < 3
numpy float(f64)       | r = float(f64)
numpy int(i64)         | r = int(i64)
numpy make f64         | r = np.float64(1.5)
numpy bool(b_)         | r = 1 if flag else 2
numpy add(a, b)        | r = np.add(f, f)
numpy add out          | r = np.add(f, f, out=g)
numpy a + b            | r = f + f
numpy a + 1            | r = f + 1
numpy a += 1           | g += 1
numpy a < b            | r = f < g
numpy -a               | r = -f
numpy sqrt(float)      | r = np.sqrt(2.0)
numpy a.sum()          | r = f.sum()
numpy a.max()          | r = f.max()
numpy np.sum(a)        | r = np.sum(f)
numpy a.mean()         | r = f.mean()
numpy a.any()          | r = mask.any()
numpy len(a)           | r = len(a)
numpy a.shape          | r = a.shape
numpy a.dtype          | r = a.dtype
numpy a.ndim           | r = a.ndim
numpy a.size           | r = a.size
numpy a.T              | r = a2.T
numpy a.item(i)        | r = a.item(2)
numpy a.tolist()       | r = a.tolist()
numpy a.copy()         | r = a.copy()
numpy a.reshape        | r = a2.reshape(6)
numpy a.astype         | r = a.astype(f64t)
numpy isinstance       | r = isinstance(a, np.ndarray)
numpy np.array(list)   | r = np.array(numbers)
numpy np.asarray       | r = np.asarray(a)
numpy np.zeros         | r = np.zeros(3)
numpy np.empty         | r = np.empty(3, dtype=f64t)
numpy np.arange        | r = np.arange(5)
numpy np.where         | r = np.where(mask, a, a)
numpy np.concatenate   | r = np.concatenate(pair)
numpy dtype ==         | r = a.dtype == f64t
numpy np.dtype(str)    | r = np.dtype("float64")
numpy iterate          | for r in a: pass
numpy dot              | r = f.dot(f)
numpy matmul           | r = f @ f
numpy random()         | r = rng.random()
numpy random(3)        | r = rng.random(3)
numpy big expression   | r = big * 2 + big - big / 3
"""
LOOPS = """
c_empty
c_call_object(python, args2)
c_call(python, args2)
c_call_kw(python, args1, kwargs)
c_call_one(python1, obj)
c_call_one(python1, 5)
c_call_noargs(python0)
c_vectorcall(python, obj, obj)
c_vectorcall(len2, obj, Class0)
c_call_objargs(python, obj, obj)
c_call_function(python, obj, obj)
c_call_method(holder, obj)
c_call_method_obj(holder, "method", obj)
c_vectorcall_method(holder, "method", obj)
c_call_one(len, lst)
c_call_one(Thing, 5)
c_call_one(float, 5)
c_call_one(Class1, obj)
c_call_noargs(Class0)
c_call_noargs(dict)
c_getattr(holder, "attr")
c_getattr(holder, "method")
c_getattr(holder, "prop")
c_getattr(thing, "n")
c_getattr(thing, "plus")
c_getattr(Class0, "cattr")
c_getattr(module, "sqrt")
c_getattr(lst, "append")
c_getattr_string(holder)
c_getattr_missing(holder, "missing")
c_lookup_attr(holder, "missing")
c_lookup_attr(holder, "attr")
c_lookup_attr(thing, "missing")
c_hasattr(holder, "missing")
c_hasattr(holder, "attr")
c_hasattr_string(thing)
c_setattr(holder, "attr", obj)
c_setattr(thing, "n", 5)
c_getitem(lst, 1)
c_getitem(dct, "method")
c_getitem(thing, 1)
c_getitem(custom, obj)
c_setitem(lst2, 1, obj)
c_setitem(dct2, "method", obj)
c_seq_getitem(lst)
c_seq_getitem(tup)
c_size(lst)
c_size(dct)
c_size(custom)
c_istrue(True)
c_istrue(lst)
c_istrue(obj)
c_isinstance(thing, Thing)
c_isinstance(5, int)
c_isinstance(obj, classes)
c_isinstance(obj, abstract)
c_issubtype(holder, object)
c_type_lookup(holder, "method")
c_type_lookup(holder, "missing")
c_hash("some text")
c_hash(obj)
c_hash(tup)
c_richcompare(5, 6)
c_richcompare("some", "other")
c_richcompare(obj, holder)
c_richcompare(1.5, 2.5)
c_richcompare_bool(5, 6)
c_richcompare_bool("some", "other")
c_number_add(1000, 2000)
c_number_add(1.5, 2.5)
c_number_add("some", "text")
c_number_index(1000)
c_number_float(1.5)
c_as_ssize_t(1000)
c_repr(5)
c_str("text")
c_str(1.5)
c_iterate(lst8)
c_iterate(tup)
c_iterate(dct)
c_iterate(rng8)
c_sequence_fast(lst)
c_sequence_fast(gen3)
c_long_from
c_long_small
c_long_ssize
c_long_ulonglong
c_long_as(1000)
c_long_as_ssize(1000)
c_long_as_longlong(1000)
c_long_overflow(1000)
c_float_from
c_float_as(1.5)
c_float_as(5)
c_bool_from
c_complex
c_tuple_new(obj)
c_tuple_pack(obj, obj)
c_tuple_getitem(tup)
c_tuple_size(tup)
c_build_value(obj)
c_list_new(obj)
c_list_append(obj)
c_list_getitem(lst)
c_list_setitem(lst2, obj)
c_dict_new
c_dict_getitem(dct, "method")
c_dict_getitem(dcti, 5)
c_dict_getitem(dctf, "method")
c_dict_missing(dct, "missing")
c_dict_witherror(dct, "method")
c_dict_string(dct)
c_dict_setitem(dct2, "method", obj)
c_dict_setstring(dct2, obj)
c_dict_contains(dct, "method")
c_dict_next(dct)
c_dict_build("a", "b")
c_set_contains(st, "method")
c_slice_new(5)
c_str_from
c_str_size
c_str_intern
c_str_utf8("method")
c_str_utf8_size("method")
c_str_compare("method", "methods")
c_str_ascii("method")
c_str_richcompare("method", "methods")
c_str_concat("method", "methods")
c_str_substring("method")
c_str_format
c_bytes_from
c_err_occurred
c_err_set
c_err_none
c_err_format
c_err_fetch
c_err_normalize
c_malloc
c_mem_malloc
c_raw_malloc
c_object_new
c_type_alloc
c_gc_new
c_gc_alloc
c_threads
c_gilstate
c_tstate
c_recursion
c_signals
c_buffer(byt)
c_capsule
c_parse_tuple(args_i)
c_parse_keywords(args_i, nokw)
c_parse_keywords(args_1, kwargs)
c_unpack_tuple(args2)
c_import
c_descr_get(holder, "method")
c_method_new(python, obj)
c_weakref(holder)
"""
SETUP = """
import abc, math as module
class Class0:
    cattr = 5
class Class1:
    def __init__(self, a): self.a = a
class Holder:
    def __init__(self): self.attr = 5
    def method(self, a): return a
    @property
    def prop(self): return 5
class Custom:
    def __len__(self): return 3
    def __getitem__(self, i): return i
class Abstract(abc.ABC): pass
class Gen:
    def __iter__(self): return iter((1, 2, 3))
abstract = Abstract
Abstract.register(Class0)
Thing = b.Thing
class Sub(Thing): pass
def python(a, b): return a
def python1(a): return a
def python0(): return None
len2 = isinstance
holder, custom, obj, gen3 = Holder(), Custom(), Class0(), Gen()
thing, thing2, sub = Thing(5), Thing(6), Sub(5)
bound = thing.plus
by_thing = {thing: 5}
lst, lst2, lst8, tup = [1, 2, 3], [1, 2, 3], list(range(8)), (1, 2, 3)
dct = {"method": obj, "other": 2}
dct2, dcti, dctf, st = dict(dct), {5: 6, 7: 8}, {"method": 1.5}, {"method", "other"}
rng8 = range(8)
classes = (int, str, Class0)
args2, args1, kwargs, args_i, args_1, nokw = (obj, obj), (obj,), {"b": obj}, (5, obj), (5,), {}
byt = b"some bytes"
two = (1, 2)
x, i = 1.5, 3
"""
NUMPY = """
import numpy as np
a, f, g = np.arange(5), np.arange(3) + 0.5, np.arange(3) + 0.5
a2 = np.arange(6).reshape(2, 3)
mask = np.array([True, False, True, False, True])
f64, i64, flag, f64t = np.float64(1.5), np.int64(5), np.bool_(True), np.dtype("float64")
numbers, pair = [1, 2, 3], [a, a]
rng = np.random.default_rng(5)
big = np.arange(300000.0)
"""
REPEAT = 4


def rows():
    for line in CALLS.strip().splitlines():
        name, statement = line.split("|")
        yield name.strip(), statement.strip()
    for line in LOOPS.strip().splitlines():
        name, _, arguments = line.partition("(")
        arguments = arguments.removesuffix(")")
        yield line, f"b.{name}({arguments + ', ' if arguments else ''}n)"


def child(folder, only, seconds):
    sys.path.insert(0, folder)
    import _boundary
    names = {"b": _boundary}
    exec(SETUP, names)
    try:
        exec(NUMPY, names)
    except ImportError:
        pass
    for name, statement in rows():
        if only not in name or name.startswith("numpy") and "np" not in names:
            continue
        if name.startswith("c_"):
            body, per = f"    {statement}\n", 1
        else:
            repeat = 1 if "big" in name else REPEAT
            body = "    for _ in range(n):\n" + f"        {statement}\n" * repeat
            per = repeat
        # What the statement reads are arguments: Python functions that use C keep such things in variables.
        used = [k for k in names if not k.startswith("__")]
        source = f"def run(n, {', '.join(used)}):\n{body}"
        space = {}
        exec(source, space)
        values = [names[k] for k in used]
        run = space["run"]
        n, took = 1, 0.0
        try:
            while took < seconds / 4:
                n *= 2
                t = time.perf_counter()
                run(n, *values)
                took = time.perf_counter() - t
        except Exception as e:
            print("ROW", json.dumps([name, repr(e)]), flush=True)
            continue
        best = took
        for _ in range(4):
            t = time.perf_counter()
            run(n, *values)
            best = min(best, time.perf_counter() - t)
        print("ROW", json.dumps([name, best / n / per * 1e9]), flush=True)


def build(include):
    here = os.path.dirname(os.path.abspath(__file__))
    folder = tempfile.mkdtemp(prefix="boundary")
    target = os.path.join(folder, "_boundary.cpython-311-x86_64-linux-gnu.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-w", "-I", include, os.path.join(here, "_boundary.c"), "-o", target],
                   check=True)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interp", action="append", default=[])
    parser.add_argument("--include", default="/usr/include/python3.11")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the built module lies")
    parser.add_argument("--child", action="store_true")
    options = parser.parse_args()
    if options.child:
        return child(options.folder, options.only, options.seconds)
    folder = options.folder or build(options.include)
    best = {}
    for _ in range(options.rounds):
        for k, interp in enumerate(options.interp):
            command = [*shlex.split(interp), __file__, "--child", "--folder", folder, "--only", options.only,
                       "--seconds", str(options.seconds)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                print(f"{interp}: exit code {done.returncode}")
            for line in done.stdout.splitlines():
                if line.startswith("ROW "):
                    name, t = json.loads(line[4:])
                    old = best.setdefault(name, {}).get(k)
                    best[name][k] = t if isinstance(t, str) or not isinstance(old, float) else min(old, t)
    for name, times in best.items():
        first = times.get(0)
        shown = f"{name:38}"
        for k in range(len(options.interp)):
            t = times.get(k)
            if not isinstance(t, float):
                shown += f" {t or '-':>10}      "
            elif k and isinstance(first, float):
                shown += f" {t:10.1f} {first / t:4.2f}x"
            else:
                shown += f" {t:10.1f}"
        print(shown)


main()
