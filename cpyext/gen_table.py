"""Writes src/table.rs: the rows of for_each_capi! from the functions declared here and in pyrs-object/pyrs-vm, with the
header (and whether the limited API declares it) from CPython's own headers."""
import re, subprocess, glob, collections, os
here = os.path.dirname(os.path.abspath(__file__))
def pre(*flags):
    out = subprocess.run(["gcc", "-E", "-I/usr/include/python3.11", *flags, "-x", "c", "-"],
        input="#include <Python.h>\n#include <structmember.h>\n#include <frameobject.h>\n#include <structseq.h>\n", capture_output=True, text=True).stdout
    where, cur = {}, ""
    for line in out.splitlines():
        m = re.match(r'# \d+ "(.*?)"', line)
        if m: cur = m.group(1); continue
        if "python3.11" in cur:
            for w in re.findall(r"\b_?Py\w+", line):
                where.setdefault(w, cur.split("python3.11/")[1])
    return where
full, limited = pre(), pre("-DPy_LIMITED_API=0x030b0000")
tsv = {}
for line in open("/work/shared/data/capi-311.tsv").read().splitlines()[1:]:
    f = line.split("\t"); tsv[f[0]] = f[5].split(" ")[0] if len(f) > 5 else ""
STEALS = "PyList_SetItem PyTuple_SetItem PyModule_AddObject PyErr_Restore PyException_SetCause PyException_SetContext PyStructSequence_SetItem PyErr_SetExcInfo PyBytes_ConcatAndDel PyUnicode_AppendAndDel PyUnicode_InternInPlace _PyErr_ChainExceptions _PyErr_Restore".split()
BORROWS = "PyList_GetItem PyTuple_GetItem PyDict_GetItem PyDict_GetItemWithError PyDict_GetItemString _PyDict_GetItem_KnownHash _PyDict_GetItemStringWithError PyDict_SetDefault PyDict_Next _PyDict_Next PyErr_Occurred PyEval_GetBuiltins PyEval_GetGlobals PyEval_GetLocals PyEval_GetFrame PyImport_AddModule PyImport_AddModuleObject PyImport_GetModuleDict PyModule_GetDict PyState_FindModule PySys_GetObject PyThreadState_GetDict PyWeakref_GetObject PyCFunction_GetSelf PyMethod_Function PyMethod_Self PyFunction_GetCode PyFunction_GetGlobals PyFunction_GetModule PyFunction_GetDefaults PyFunction_GetClosure PyStructSequence_GetItem PyType_GetModule PyType_GetModuleByDef _PyType_Lookup _PySet_NextEntry PyInterpreterState_GetDict PyInstanceMethod_Function".split()
rows = {}
for p in sorted(glob.glob(here + "/src/*.rs")):
    s = open(p).read()
    for blk in re.findall(r"^capi! \{(.*?)^\}", s, re.S | re.M) + re.findall(r"^binary_ops! \{(.*?)^\}", s, re.S | re.M):
        for n in re.findall(r"^    fn (\w+)\(", blk, re.M): rows[n] = "func"
        for a, b in re.findall(r"^    (PyNumber_\w+) (PyNumber_\w+) \w+;", blk, re.M): rows[a] = rows[b] = "func"
    for n in re.findall(r"^pub static (?:mut )?(_?Py\w+):", s, re.M) + re.findall(r'^    (Py_\w+) "\w+";$', s, re.M): rows[n] = "data"
for n in re.findall(r"^(?:int|PyObject \*|void)\s*(_?Py\w+)\(", open(here + "/c/varargs.c").read(), re.M): rows[n] = "func"
for p in glob.glob(here + "/../runtime/object/src/**/*.rs", recursive=True) + glob.glob(here + "/../runtime/vm/src/**/*.rs", recursive=True) + glob.glob(here + "/../runtime/stdlib/src/**/*.rs", recursive=True):
    s = open(p).read()
    for n in re.findall(r"pub static (Py\w+Type|_Py\w+Type): ", s): rows[n] = "data"
    for n in re.findall(r"_type!\((_PyWeakref_\w+)|^    (PyDict\w+_Type) \"", s, re.M): rows[n[0] or n[1]] = "data"
    for n in re.findall(r"pub static mut (_Py_\w+|PyExc_\w+|_PyRuntime):", s): rows[n] = "data"
    for n in re.findall(r"no_mangle\)\]\s*pub unsafe extern \"C\" fn (_?Py\w+)", s): rows[n] = "func"
    if p.endswith("table.rs") and "exceptions" in p:
        for n in re.findall(r"\b(PyExc_\w+):", s): rows[n] = "data"
# What CPython does not export is ours alone: another library may have a symbol of the same name.
nm = subprocess.run(["nm", "-D", "--defined-only", "/usr/bin/python3.11"], capture_output=True, text=True, check=True).stdout
cpython = {line.split()[-1].split("@")[0] for line in nm.splitlines()}
rows = {n: k for n, k in rows.items() if n in cpython or n in tsv}
out = ["//! The table of everything that is exported to C. Written by `gen_table.py`; a test compares it with the executable's",
 "//! dynamic symbols. Rows: symbol, kind, header, stable ABI or private, what is done with references.", "",
 "/// Calls `$m!` with every exported symbol: `(symbol, func|data, \"header\", stable|private, new|steals|borrows)`.",
 "#[macro_export]", "macro_rules! for_each_capi {", "    ($m:ident) => {", "        $m! {"]
for n in sorted(rows):
    h = full.get(n) or tsv.get(n) or "internal"
    st = "stable" if n in limited else "private"
    r = "steals" if n in STEALS else "borrows" if n in BORROWS else "new"
    out.append(f'            ({n}, {rows[n]}, "{h}", {st}, {r})')
out += ["        }", "    };", "}", ""]
open(here + "/src/table.rs", "w").write("\n".join(out))
print(len(rows), "symbols;", "missing of measured:", len([n for n in tsv if n not in rows]))
print(" ".join(n for n in tsv if n not in rows))
