/* What few extensions call: one function here for each header, in the order of their names. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>
#include <sys/wait.h>
#include <unistd.h>

static PyObject *ordered(PyObject *m, PyObject *unused) {
    PyObject *od = PyODict_New(), *plain = PyDict_New(), *key = PyUnicode_FromString("k"), *n = PyLong_FromLong(1L << 60);
    for (int i = 0; i < 4; i++) {
        PyObject *v = PyLong_FromLong(i * 1000);
        PyODict_SetItem(od, v, v);
        Py_DECREF(v);
    }
    PyODict_SetItem(od, key, n);
    int same = PyDict_GetItem(od, key) == n;
    PyObject *thousand = PyLong_FromLong(1000);
    int gone = PyODict_DelItem(od, thousand);
    int missing = PyODict_DelItem(od, thousand);
    PyErr_Clear();
    PyObject *r = Py_BuildValue("(Niiiiis s s s)", od, same, gone, missing, PyODict_CheckExact(od), PyODict_Check(plain),
        PyODict_Type.tp_name, PyODictIter_Type.tp_name, PyODictKeys_Type.tp_name, PyODictItems_Type.tp_name);
    Py_DECREF(plain); Py_DECREF(key); Py_DECREF(n); Py_DECREF(thousand);
    return r;
}

static FILE *text(const char *source) {
    FILE *f = tmpfile();
    fputs(source, f);
    rewind(f);
    return f;
}
static PyObject *run(PyObject *m, PyObject *args) {
    const char *source, *how;
    PyObject *d;
    if (!PyArg_ParseTuple(args, "ssO", &how, &source, &d)) return NULL;
    FILE *f = text(source);
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    int r = -9;
    fflush(stdout);
    if (!strcmp(how, "file")) return PyRun_FileExFlags(f, "prog.py", Py_file_input, d, d, 1, &flags);
    if (!strcmp(how, "eval")) return PyRun_File(f, "prog.py", Py_eval_input, d, d);
    if (!strcmp(how, "simple")) r = PyRun_SimpleFileEx(f, "simple.py", 1);
    if (!strcmp(how, "any")) r = PyRun_AnyFileExFlags(f, "any.py", 1, NULL);
    if (!strcmp(how, "one")) r = PyRun_InteractiveOneFlags(f, "one.py", &flags) * 10 + PyRun_InteractiveOne(f, "one.py");
    if (!strcmp(how, "loop")) r = PyRun_InteractiveLoop(f, "loop.py");
    if (!strcmp(how, "interactive")) r = Py_FdIsInteractive(f, "<stdin>");
    if (!strcmp(how, "compile")) {
        PyObject *name = PyUnicode_FromString("c.py"), *code = Py_CompileStringObject(source, name, Py_eval_input, &flags, -1);
        Py_DECREF(name);
        if (!code) return NULL;
        PyObject *v = PyEval_EvalCode(code, d, d);
        Py_DECREF(code);
        return v;
    }
    if (PyErr_Occurred()) return NULL;
    return PyLong_FromLong(r);
}
static PyObject *lines(PyObject *m, PyObject *args) {
    const char *source;
    int n;
    char buffer[100];
    if (!PyArg_ParseTuple(args, "si", &source, &n)) return NULL;
    FILE *f = text(source);
    PyObject *all = PyList_New(0);
    while (Py_UniversalNewlineFgets(buffer, n, f, NULL)) {
        PyObject *s = PyUnicode_FromString(buffer);
        PyList_Append(all, s);
        Py_DECREF(s);
    }
    fclose(f);
    return all;
}

static PyObject *locals_set(PyObject *m, PyObject *args) {
    PyFrameObject *f;
    PyObject *name, *value;
    int clear;
    if (!PyArg_ParseTuple(args, "OOOi", &f, &name, &value, &clear)) return NULL;
    PyFrame_FastToLocals(f);
    int r = PyFrame_FastToLocalsWithError(f);
    PyObject *locals = PyFrame_GetLocals(f);
    if (value == Py_None) PyObject_DelItem(locals, name); else PyObject_SetItem(locals, name, value);
    PyFrame_LocalsToFast(f, clear);
    Py_DECREF(locals);
    return PyLong_FromLong(r);
}
static PyObject *closure(PyObject *m, PyObject *args) {
    PyObject *f, *cells;
    if (!PyArg_ParseTuple(args, "OO", &f, &cells)) return NULL;
    int r = PyFunction_SetClosure(f, cells);
    if (r < 0) return NULL;
    return Py_BuildValue("iO", r, PyFunction_GetClosure(f) ? PyFunction_GetClosure(f) : Py_None);
}

#define INTS(c) (c).isolated, (c).use_environment, (c).dev_mode, (c).install_signal_handlers, (c).use_hash_seed, (c).faulthandler, \
    (c).tracemalloc, (c).code_debug_ranges, (c).parse_argv, (c).site_import, (c).bytes_warning, (c).inspect, (c).optimization_level, \
    (c).write_bytecode, (c).user_site_directory, (c).configure_c_stdio, (c).buffered_stdio, (c).safe_path, (c).pathconfig_warnings
static PyObject *status(PyStatus s) {
    return Py_BuildValue("iiizzi", PyStatus_IsError(s), PyStatus_IsExit(s), PyStatus_Exception(s), s.func, s.err_msg, s.exitcode);
}
static PyObject *config(PyObject *m, PyObject *unused) {
    PyConfig c;
    PyPreConfig p;
    PyObject *all = PyList_New(0), *o;
#define ADD(v) o = (v); PyList_Append(all, o); Py_DECREF(o)
    for (int isolated = 0; isolated < 2; isolated++) {
        if (isolated) PyPreConfig_InitIsolatedConfig(&p); else PyPreConfig_InitPythonConfig(&p);
        ADD(Py_BuildValue("iiiiii", p.parse_argv, p.isolated, p.use_environment, p.configure_locale, p.dev_mode, p.allocator));
        if (isolated) PyConfig_InitIsolatedConfig(&c); else PyConfig_InitPythonConfig(&c);
        ADD(Py_BuildValue("iiiiiiiiiiiiiiiiiii", INTS(c)));
        PyConfig_SetString(&c, &c.program_name, L"first");
        PyConfig_SetString(&c, &c.program_name, L"na\u00efve");
        PyConfig_SetBytesString(&c, &c.run_command, "print(1)");
        char *argv[] = {"a", "b c", "d"};
        PyConfig_SetBytesArgv(&c, 3, argv);
        PyWideStringList_Append(&c.argv, L"last");
        PyWideStringList_Insert(&c.argv, 0, L"zero");
        PyWideStringList_Insert(&c.argv, 100, L"end");
        ADD(status(PyWideStringList_Insert(&c.argv, -1, L"no")));
        PyObject *names = PyList_New(0);
        for (Py_ssize_t i = 0; i < c.argv.length; i++) {
            PyObject *s = PyUnicode_FromWideChar(c.argv.items[i], -1);
            PyList_Append(names, s);
            Py_DECREF(s);
        }
        ADD(names);
        Py_INCREF(Py_None);
        ADD(Py_BuildValue("uu", c.program_name, c.run_command));
        wchar_t *two[] = {L"x", L"y"};
        PyConfig_SetWideStringList(&c, &c.xoptions, 2, two);
        PyConfig_SetArgv(&c, 1, two + 1);
        ADD(Py_BuildValue("nnuu", c.xoptions.length, c.argv.length, c.xoptions.items[1], c.argv.items[0]));
        PyConfig_SetString(&c, &c.program_name, NULL);
        ADD(PyBool_FromLong(c.program_name == NULL));
        PyConfig_Clear(&c);
        ADD(Py_BuildValue("nni", c.xoptions.length, c.argv.length, c.run_command == NULL));
    }
    ADD(status(PyStatus_Ok()));
    ADD(status(PyStatus_Error("broken")));
    ADD(status(PyStatus_NoMemory()));
    ADD(status(PyStatus_Exit(3)));
    ADD(PyLong_FromLong(Py_SetStandardStreamEncoding("utf-8", NULL)));
    return all;
}

static PyObject *pickle_buffer(PyObject *m, PyObject *o) {
    PyObject *b = PyPickleBuffer_FromObject(o);
    if (!b) return NULL;
    const Py_buffer *view = PyPickleBuffer_GetBuffer(b);
    PyObject *r = Py_BuildValue("iny#", PyPickleBuffer_Check(b), view->len, view->buf, view->len);
    PyObject *first = PyLong_FromLong(PyPickleBuffer_Release(b) * 10 + PyPickleBuffer_Release(b));
    if (PyPickleBuffer_GetBuffer(b)) Py_RETURN_NONE;
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyErr_NormalizeException(&type, &value, &tb);
    PyPickleBuffer_GetBuffer(Py_None);
    PyObject *type2, *value2, *tb2;
    PyErr_Fetch(&type2, &value2, &tb2);
    PyErr_NormalizeException(&type2, &value2, &tb2);
    Py_DECREF(b);
    return Py_BuildValue("NNNNNN", r, first, type, value, type2, value2);
}

static PyObject *token(PyObject *m, PyObject *args) {
    const char *s;
    if (!PyArg_ParseTuple(args, "s", &s)) return NULL;
    return PyLong_FromLong(!s[1] ? PyToken_OneChar(s[0]) : !s[2] ? PyToken_TwoChars(s[0], s[1]) : PyToken_ThreeChars(s[0], s[1], s[2]));
}

static PyObject *warn(PyObject *m, PyObject *args) {
    PyObject *message, *registry;
    if (!PyArg_ParseTuple(args, "OO", &message, &registry)) return NULL;
    PyObject *file = PyUnicode_FromString("file.c"), *module = PyUnicode_FromString("mod");
    int r = PyErr_WarnExplicitObject(PyExc_UserWarning, message, file, 17, module, registry);
    if (!r) r = PyErr_WarnExplicitFormat(PyExc_DeprecationWarning, "other.c", 3, "mod", NULL, "%d and %R", 5, message);
    if (!r) r = PyErr_WarnExplicit(NULL, "plain", "third.c", 4, NULL, NULL);
    Py_DECREF(file); Py_DECREF(module);
    return r < 0 ? NULL : PyLong_FromLong(r);
}

static PyObject *numbers(PyObject *m, PyObject *args) {
    PyObject *a, *b;
    if (!PyArg_ParseTuple(args, "OO", &a, &b)) return NULL;
    PyObject *near = _PyLong_DivmodNear(a, b);
    if (!near) return NULL;
    Py_ssize_t e;
    double x = _PyLong_Frexp((PyLongObject *)a, &e);
    return Py_BuildValue("NdnNNN", near, x, e, _PyLong_Lshift(a, 70), _PyLong_Rshift(a, 3), _PyLong_FromBytes("-ff", 3, 16));
}
static PyObject *times(PyObject *m, PyObject *unused) {
    struct timespec ts = {5, 7};
    struct timeval tv = {-3, 250000};
    _PyTime_t a, b, now;
    time_t s;
    int us;
    struct tm tm;
    _Py_clock_info_t info;
    _PyTime_FromTimespec(&a, &ts);
    _PyTime_FromTimeval(&b, &tv);
    _PyTime_AsTimevalTime_t(b, &s, &us, _PyTime_ROUND_FLOOR);
    _PyTime_gmtime(86400, &tm);
    _PyTime_GetMonotonicClockWithInfo(&now, &info);
    return Py_BuildValue("LLLLniisiid", (long long)a, (long long)b, (long long)_PyTime_MulDiv(1LL << 60, 1000000000, 1 << 30),
        (long long)a + b, (Py_ssize_t)s, us, tm.tm_mday, info.implementation, info.monotonic, info.adjustable, info.resolution);
}
static PyObject *fork_now(PyObject *m, PyObject *unused) {
    PyOS_BeforeFork();
    fflush(stdout);
    int pid = fork(), status;
    if (!pid) {
        PyOS_AfterFork_Child();
        PyRun_SimpleString("import sys; print('child', called); sys.stdout.flush()");
        _exit(3);
    }
    PyOS_AfterFork_Parent();
    waitpid(pid, &status, 0);
    return PyLong_FromLong(WEXITSTATUS(status));
}
static PyObject *threads(PyObject *m, PyObject *unused) {
    int n = 0, here = 0;
    for (PyThreadState *t = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); t; t = PyThreadState_Next(t)) {
        n++;
        here += t == PyThreadState_Get();
    }
    return Py_BuildValue("ii", n, here);
}
static PyObject *syntax(PyObject *m, PyObject *ranged) {
    PyObject *file = PyUnicode_FromString("no such file");
    PyErr_SetString(PyExc_SyntaxError, "odd");
    if (PyObject_IsTrue(ranged)) PyErr_RangedSyntaxLocationObject(file, 3, 4, 5, 6);
    else PyErr_SyntaxLocationObject(file, 3, 4);
    Py_DECREF(file);
    return NULL;
}
static PyObject *various(PyObject *m, PyObject *args) {
    PyObject *o, *f;
    if (!PyArg_ParseTuple(args, "OO", &o, &f)) return NULL;
    Py_ssize_t size;
    PyHash_FuncDef *h = PyHash_GetFuncDef();
    PyObject *name = PyUnicode_FromString("123 \u0664\u00a0\u0663");
    PyObject *wrapper = PyObject_GetAttrString((PyObject *)&PyLong_Type, "__add__");
    PyObject *code = PyFunction_GetCode(f);
    return Py_BuildValue("iisiiNNNNniii", PyType_SUPPORTS_WEAKREFS(Py_TYPE(o)), PyType_SUPPORTS_WEAKREFS(&PyLong_Type), h->name, h->hash_bits,
        h->seed_bits, _PyUnicode_TransformDecimalAndSpaceToASCII(name), PyWrapper_New(wrapper, PyLong_FromLong(5)),
        PyCode_Optimize(code, NULL, NULL, NULL), _PyObject_FunctionStr(f), _PyUnicode_ScanIdentifier(PyUnicode_FromString("ab1-c")),
        PyCompile_OpcodeStackEffect(100, 0), PyCompile_OpcodeStackEffectWithJump(93, 0, 1), _PyOS_IsMainThread());
}

static Py_ssize_t extra_index = -1;
static int freed;
static void free_extra(void *p) { freed += (int)(Py_ssize_t)p; }
static PyObject *extra(PyObject *m, PyObject *args) {
    PyObject *code;
    Py_ssize_t n, other;
    void *before = NULL, *after = NULL;
    if (!PyArg_ParseTuple(args, "On", &code, &n)) return NULL;
    if (extra_index < 0) extra_index = _PyEval_RequestCodeExtraIndex(free_extra);
    other = _PyEval_RequestCodeExtraIndex(NULL) - extra_index;
    if (_PyCode_GetExtra(code, extra_index, &before) < 0 || _PyCode_SetExtra(code, extra_index, (void *)n) < 0) return NULL;
    _PyCode_GetExtra(code, extra_index, &after);
    return Py_BuildValue("nnni", other > 0 ? (Py_ssize_t)1 : other, (Py_ssize_t)before, (Py_ssize_t)after, freed);
}
static PyObject *printer(PyObject *m, PyObject *fd) { return PyFile_NewStdPrinter(PyLong_AsLong(fd)); }
static PyObject *wrapper(PyObject *m, PyObject *unused) {
    static struct wrapperbase copy;
    PyObject *len = PyDict_GetItemString(PyList_Type.tp_dict, "__len__");
    copy = *((PyWrapperDescrObject *)len)->d_base;
    copy.doc = "how many";
    return PyDescr_NewWrapper(&PyList_Type, &copy, ((PyWrapperDescrObject *)len)->d_wrapped);
}

static PyObject *address(PyObject *m, PyObject *o) {
    Py_buffer b;
    if (PyObject_GetBuffer(o, &b, PyBUF_FULL_RO) < 0) return NULL;
    PyObject *r = PyLong_FromVoidPtr(b.buf);
    PyBuffer_Release(&b);
    return r;
}
/* Made known to Python without PyType_Ready. */
static PyTypeObject Unready = {PyVarObject_HEAD_INIT(&PyType_Type, 0) .tp_name = "m.Unready", .tp_basicsize = sizeof(PyObject), .tp_doc = "late"};
static PyObject *unready(PyObject *m, PyObject *unused) {
    PyObject *d = PyObject_GetAttrString((PyObject *)&Unready, "__dict__");
    return d ? Py_BuildValue("NO", d, &Unready) : NULL;
}

static long down(long n) {
    if (!n) return 0;
    if (Py_EnterRecursiveCall(" on the way down")) return -1;
    long r = down(n - 1);
    Py_LeaveRecursiveCall();
    return r < 0 ? r : r + 1;
}
static PyObject *nest(PyObject *m, PyObject *n) {
    long r = down(PyLong_AsLong(n));
    return r < 0 ? NULL : PyLong_FromLong(r);
}

static PyMethodDef methods[] = {
    {"ordered", ordered, METH_NOARGS}, {"run", run, METH_VARARGS}, {"lines", lines, METH_VARARGS}, {"locals_set", locals_set, METH_VARARGS},
    {"closure", closure, METH_VARARGS}, {"config", config, METH_NOARGS}, {"pickle_buffer", pickle_buffer, METH_O}, {"token", token, METH_VARARGS},
    {"warn", warn, METH_VARARGS}, {"numbers", numbers, METH_VARARGS}, {"times", times, METH_NOARGS}, {"fork_now", fork_now, METH_NOARGS},
    {"threads", threads, METH_NOARGS}, {"syntax", syntax, METH_O}, {"various", various, METH_VARARGS}, {"extra", extra, METH_VARARGS},
    {"nest", nest, METH_O}, {"address", address, METH_O}, {"unready", unready, METH_NOARGS}, {"printer", printer, METH_O}, {"wrapper", wrapper, METH_NOARGS}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pyrs_capi_headers", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_headers(void) { return PyModule_Create(&module); }
