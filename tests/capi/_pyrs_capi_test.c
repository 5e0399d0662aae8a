/* An extension module that uses the C API the way real ones do: every calling convention, a type with all kinds of
   slots, containers read with the headers' inlined macros, callbacks, capsules and buffers. Multi-phase. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <unistd.h>
#include <structmember.h>

typedef struct { PyObject *error; int counter; } State;
static struct PyModuleDef module_def;

/* ---- calling conventions ---- */
static PyObject *noargs(PyObject *m, PyObject *unused) { return PyUnicode_FromString("noargs"); }
static PyObject *one(PyObject *m, PyObject *o) { return PyUnicode_FromFormat("one:%R:%s", o, Py_TYPE(o)->tp_name); }
static PyObject *varargs(PyObject *m, PyObject *args) {
    int i; double d; const char *s; PyObject *o = Py_None;
    if (!PyArg_ParseTuple(args, "ids|O:varargs", &i, &d, &s, &o)) return NULL;
    return Py_BuildValue("(idsO)", i, d, s, o);
}
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kw) {
    static char *names[] = {"a", "b", "c", NULL};
    int a, c = 7; PyObject *b = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kw, "i|O$i:keywords", names, &a, &b, &c)) return NULL;
    return Py_BuildValue("{s:i,s:O,s:i}", "a", a, "b", b ? b : Py_None, "c", c);
}
static PyObject *fastcall(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    PyObject *l = PyList_New(n);
    for (Py_ssize_t i = 0; i < n; i++) { Py_INCREF(args[i]); PyList_SET_ITEM(l, i, args[i]); }
    return l;
}
static PyObject *fastkw(PyObject *m, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    PyObject *d = PyDict_New();
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++)
        if (PyDict_SetItem(d, PyTuple_GET_ITEM(names, i), args[n + i]) < 0) { Py_DECREF(d); return NULL; }
    return Py_BuildValue("nN", n, d);
}

/* Groups: what is borrowed from them lives as long as the argument. */
static PyObject *nested(PyObject *m, PyObject *args) {
    int i, j; PyObject *a, *b, *c, *d = Py_None; double x; const char *s; Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "i(OO!(di)s#)O|(O):nested", &i, &a, &PyDict_Type, &b, &x, &j, &s, &n, &c, &d)) return NULL;
    return Py_BuildValue("iOOdis#OO", i, a, b, x, j, s, n, c, d);
}
/* ---- reference counts that C sees: variables and the caller's stack ---- */
static PyObject *refs(PyObject *m, PyObject *o) { return PyLong_FromSsize_t(Py_REFCNT(o)); }
static PyObject *refs_fast(PyObject *m, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    PyObject *l = PyList_New(0);
    for (Py_ssize_t i = 0; i < n + (names ? PyTuple_GET_SIZE(names) : 0); i++) {
        PyObject *c = PyLong_FromSsize_t(Py_REFCNT(args[i])); PyList_Append(l, c); Py_DECREF(c);
    }
    return l;
}

/* ---- containers through inlined macros ---- */
static double total(PyObject *o) {
    if (PyLong_CheckExact(o)) {
        Py_ssize_t n = Py_SIZE(o); double r = 0, f = 1;
        for (Py_ssize_t i = 0; i < Py_ABS(n); i++) { r += f * ((PyLongObject *)o)->ob_digit[i]; f *= 1 << 30; }
        return n < 0 ? -r : r;
    }
    if (PyFloat_CheckExact(o)) return PyFloat_AS_DOUBLE(o);
    double r = 0;
    if (PyList_Check(o)) for (Py_ssize_t i = 0; i < PyList_GET_SIZE(o); i++) r += total(PyList_GET_ITEM(o, i));
    else if (PyTuple_Check(o)) for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(o); i++) r += total(PyTuple_GET_ITEM(o, i));
    else if (PyDict_Check(o)) {
        PyObject *k, *v; Py_ssize_t at = 0;
        while (PyDict_Next(o, &at, &k, &v)) r += total(k) + total(v);
    }
    else if (PyUnicode_Check(o)) {
        int kind = PyUnicode_KIND(o); void *data = PyUnicode_DATA(o);
        for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(o); i++) r += PyUnicode_READ(kind, data, i);
    }
    else if (PyBytes_Check(o)) for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(o); i++) r += (unsigned char)PyBytes_AS_STRING(o)[i];
    return r;
}
static PyObject *sum_all(PyObject *m, PyObject *o) { return PyFloat_FromDouble(total(o)); }
static PyObject *make_nested(PyObject *m, PyObject *unused) {
    PyObject *d = PyDict_New(), *t = PyTuple_New(3), *l = PyList_New(2);
    PyTuple_SET_ITEM(t, 0, PyLong_FromLong(-5)); PyTuple_SET_ITEM(t, 1, PyFloat_FromDouble(2.5));
    PyTuple_SET_ITEM(t, 2, PyLong_FromLongLong(1LL << 62));
    PyList_SET_ITEM(l, 0, t); PyList_SET_ITEM(l, 1, PyUnicode_FromString("h\xc3\xa9"));
    PyList_Append(l, PyTuple_GET_ITEM(t, 0));
    PyDict_SetItemString(d, "list", l); Py_DECREF(l);
    PyObject *k = PyLong_FromLong(3); PyDict_SetItem(d, k, k); Py_DECREF(k);
    return d;
}
static PyObject *bound_sum(PyObject *m, PyObject *o) {
    if (PyTuple_Check(o)) o = PyTuple_GET_ITEM(o, 0);
    PyObject *l = PyMethod_Check(o) ? PyMethod_GET_SELF(o) : PyCFunction_GET_SELF(o);
    long sum = 0;
    for (Py_ssize_t i = 0; i < Py_SIZE(l); i++)
        sum += PyLong_AsLong(PyList_Check(l) ? PyList_GET_ITEM(l, i) : PyTuple_GET_ITEM(l, i));
    return PyLong_FromLong(sum);
}
static PyObject *store(PyObject *m, PyObject *args) {
    PyObject *l; Py_ssize_t i; PyObject *v;
    if (!PyArg_ParseTuple(args, "O!nO", &PyList_Type, &l, &i, &v)) return NULL;
    Py_INCREF(v);
    if (PyList_SetItem(l, i, v) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyObject *latin(PyObject *m, PyObject *unused) {
    PyObject *s = PyUnicode_New(3, 255);
    PyUnicode_WRITE(PyUnicode_KIND(s), PyUnicode_DATA(s), 0, 'a');
    PyUnicode_WRITE(PyUnicode_KIND(s), PyUnicode_DATA(s), 1, 0xe9);
    PyUnicode_WRITE(PyUnicode_KIND(s), PyUnicode_DATA(s), 2, 'z');
    return s;
}

/* ---- callbacks and errors ---- */
static PyObject *callback(PyObject *m, PyObject *args) {
    PyObject *f, *x;
    if (!PyArg_UnpackTuple(args, "callback", 2, 2, &f, &x)) return NULL;
    PyObject *a = PyObject_CallFunctionObjArgs(f, x, NULL);
    if (!a) return NULL;
    PyObject *b = PyObject_CallFunction(f, "i", 41), *c = PyObject_CallOneArg(f, x);
    PyObject *d = PyObject_CallMethod(x, "__repr__", NULL);
    return Py_BuildValue("NNNN", a, b, c, d);
}
static PyObject *raise_it(PyObject *m, PyObject *args) {
    PyObject *type; const char *text;
    if (!PyArg_ParseTuple(args, "Os", &type, &text)) return NULL;
    return PyErr_Format(type, "%s (%d, %.3s, %5d|%-4d|%05d|%x)", text, 42, "abcdef", 7, 8, 9, 255);
}
static PyObject *own_error(PyObject *m, PyObject *unused) {
    PyErr_SetString(((State *)PyModule_GetState(m))->error, "my own"); return NULL;
}
static PyObject *catch_it(PyObject *m, PyObject *f) {
    PyObject *r = PyObject_CallNoArgs(f), *t, *v, *tb;
    if (r) return r;
    if (!PyErr_ExceptionMatches(PyExc_LookupError)) return NULL;
    PyErr_Fetch(&t, &v, &tb);
    PyErr_NormalizeException(&t, &v, &tb);
    PyObject *s = PyObject_Str(v), *out = Py_BuildValue("sNO", ((PyTypeObject *)t)->tp_name, s, tb ? Py_True : Py_False);
    Py_DECREF(t); Py_DECREF(v); Py_XDECREF(tb);
    return out;
}
static PyObject *bad_null(PyObject *m, PyObject *unused) { return NULL; }
static PyObject *iterate(PyObject *m, PyObject *o) {
    PyObject *it = PyObject_GetIter(o), *x, *l; if (!it) return NULL;
    l = PyList_New(0);
    while ((x = PyIter_Next(it))) { PyList_Append(l, x); Py_DECREF(x); }
    Py_DECREF(it);
    if (PyErr_Occurred()) { Py_DECREF(l); return NULL; }
    return l;
}
static PyObject *arith(PyObject *m, PyObject *args) {
    PyObject *a, *b; if (!PyArg_ParseTuple(args, "OO", &a, &b)) return NULL;
    return Py_BuildValue("(NNNNN)", PyNumber_Add(a, b), PyNumber_Subtract(a, b), PyNumber_Multiply(a, b),
        PyObject_RichCompare(a, b, Py_LT), PyNumber_Power(a, b, Py_None));
}
static PyObject *longs(PyObject *m, PyObject *o) {
    int overflow; long long x = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (x == -1 && !overflow && PyErr_Occurred()) return NULL;
    unsigned char b[9];
    if (_PyLong_AsByteArray((PyLongObject *)o, b, 9, 1, 1) < 0) PyErr_Clear();
    PyObject *back = _PyLong_FromByteArray(b, 9, 1, 1);
    return Py_BuildValue("LiNk", x, overflow, back, PyLong_AsUnsignedLongMask(o));
}

/* ---- capsule and buffer ---- */
static int secret = 99;
static void capsule_gone(PyObject *c) { secret++; }
static PyObject *capsule_new(PyObject *m, PyObject *unused) { return PyCapsule_New(&secret, "capi.secret", capsule_gone); }
static PyObject *capsule_get(PyObject *m, PyObject *c) {
    int *p = PyCapsule_GetPointer(c, "capi.secret"); return p ? PyLong_FromLong(*p) : NULL;
}
static PyObject *secret_now(PyObject *m, PyObject *unused) { return PyLong_FromLong(secret); }
static PyObject *buffer_sum(PyObject *m, PyObject *args) {
    Py_buffer b; long r = 0;
    if (!PyArg_ParseTuple(args, "y*", &b)) return NULL;
    for (Py_ssize_t i = 0; i < b.len; i++) r += ((unsigned char *)b.buf)[i];
    PyBuffer_Release(&b);
    return PyLong_FromLong(r);
}

/* ---- a type with everything ---- */
typedef struct { PyObject_HEAD long n; double x; PyObject *any; PyObject *weak; char data[8]; } Thing;
static PyObject *thing_new(PyTypeObject *t, PyObject *args, PyObject *kw) {
    Thing *s = (Thing *)t->tp_alloc(t, 0);
    if (s) { memcpy(s->data, "abcdefgh", 8); s->any = Py_NewRef(Py_None); }
    return (PyObject *)s;
}
static int thing_init(Thing *s, PyObject *args, PyObject *kw) {
    static char *names[] = {"n", "any", NULL}; PyObject *any = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kw, "|lO", names, &s->n, &any)) return -1;
    if (any) { Py_INCREF(any); Py_XSETREF(s->any, any); }
    return 0;
}
static int thing_traverse(Thing *s, visitproc visit, void *arg) { Py_VISIT(s->any); return 0; }
static int thing_clear(Thing *s) { Py_CLEAR(s->any); return 0; }
static int alive = 0;
static void thing_dealloc(Thing *s) {
    PyObject_GC_UnTrack(s);
    if (s->weak) PyObject_ClearWeakRefs((PyObject *)s);
    thing_clear(s); alive++;
    Py_TYPE(s)->tp_free((PyObject *)s);
}
static PyObject *thing_repr(Thing *s) { return PyUnicode_FromFormat("<Thing %ld %R>", s->n, s->any); }
static PyObject *thing_add(PyObject *a, PyObject *b);
static Py_ssize_t thing_len(Thing *s) { return 3; }
static PyObject *thing_item(Thing *s, Py_ssize_t i) {
    if (i < 0 || i >= 3) { PyErr_SetString(PyExc_IndexError, "thing index"); return NULL; }
    return PyLong_FromSsize_t(s->n + i);
}
static int thing_bool(Thing *s) { return s->n != 0; }
static PyObject *thing_int(Thing *s) { return PyLong_FromLong(s->n); }
static PyObject *thing_compare(PyObject *a, PyObject *b, int op);
static Py_hash_t thing_hash(Thing *s) { return s->n + 1000; }
static PyObject *thing_call(Thing *s, PyObject *args, PyObject *kw) { return Py_BuildValue("(OO)", args, kw ? kw : Py_None); }
static PyObject *thing_refs(PyObject *s, PyObject *unused) { return PyLong_FromSsize_t(Py_REFCNT(s)); }
static PyObject *thing_refs_of(PyObject *s, PyObject *o) { return Py_BuildValue("nn", Py_REFCNT(s), Py_REFCNT(o)); }
static PyObject *thing_twice(Thing *s, PyObject *unused) { return PyLong_FromLong(2 * s->n); }
static PyObject *thing_make(PyObject *cls, PyObject *o) { return PyObject_CallFunctionObjArgs(cls, o, NULL); }
static PyObject *thing_static(PyObject *none, PyObject *o) { return Py_BuildValue("(O)", o); }
static PyObject *get_half(Thing *s, void *c) { return PyFloat_FromDouble(s->n / 2.0); }
static int set_half(Thing *s, PyObject *v, void *c) {
    if (!v) { PyErr_SetString(PyExc_TypeError, "cannot delete"); return -1; }
    double d = PyFloat_AsDouble(v); if (d == -1 && PyErr_Occurred()) return -1;
    s->n = (long)(d * 2); return 0;
}
static int thing_buffer(Thing *s, Py_buffer *b, int flags) { return PyBuffer_FillInfo(b, (PyObject *)s, s->data, 8, 0, flags); }
static PyMethodDef thing_methods[] = {
    {"twice", (PyCFunction)thing_twice, METH_NOARGS, "twice($self, /)\n--\n\nDoubles."},
    {"refs", thing_refs, METH_NOARGS, NULL}, {"refs_of", thing_refs_of, METH_O, NULL},
    {"make", thing_make, METH_O | METH_CLASS, NULL}, {"static", thing_static, METH_O | METH_STATIC, NULL}, {NULL}};
static PyMemberDef thing_members[] = {
    {"n", T_LONG, offsetof(Thing, n), 0, "number"}, {"x", T_DOUBLE, offsetof(Thing, x), 0, NULL},
    {"any", T_OBJECT, offsetof(Thing, any), 0, NULL}, {"ro", T_LONG, offsetof(Thing, n), READONLY, NULL}, {NULL}};
static PyGetSetDef thing_getset[] = {{"half", (getter)get_half, (setter)set_half, "half of n", NULL}, {NULL}};
static PyNumberMethods thing_number = {.nb_add = thing_add, .nb_bool = (inquiry)thing_bool, .nb_int = (unaryfunc)thing_int, .nb_index = (unaryfunc)thing_int};
static PySequenceMethods thing_sequence = {.sq_length = (lenfunc)thing_len, .sq_item = (ssizeargfunc)thing_item};
static PyBufferProcs thing_as_buffer = {.bf_getbuffer = (getbufferproc)thing_buffer};
static PyTypeObject Thing_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_test.Thing", .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .tp_doc = "Thing(n=0)\n--\n\nA thing.",
    .tp_new = thing_new, .tp_init = (initproc)thing_init, .tp_dealloc = (destructor)thing_dealloc,
    .tp_traverse = (traverseproc)thing_traverse, .tp_clear = (inquiry)thing_clear, .tp_repr = (reprfunc)thing_repr,
    .tp_as_number = &thing_number, .tp_as_sequence = &thing_sequence, .tp_as_buffer = &thing_as_buffer,
    .tp_richcompare = thing_compare, .tp_hash = (hashfunc)thing_hash, .tp_call = (ternaryfunc)thing_call,
    .tp_methods = thing_methods, .tp_members = thing_members, .tp_getset = thing_getset, .tp_weaklistoffset = offsetof(Thing, weak)};
static PyObject *thing_add(PyObject *a, PyObject *b) {
    if (!PyObject_TypeCheck(a, &Thing_Type) || !PyLong_Check(b)) Py_RETURN_NOTIMPLEMENTED;
    return PyObject_CallFunction((PyObject *)&Thing_Type, "l", ((Thing *)a)->n + PyLong_AsLong(b));
}
static PyObject *thing_compare(PyObject *a, PyObject *b, int op) {
    if (!PyObject_TypeCheck(b, &Thing_Type)) Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(((Thing *)a)->n, ((Thing *)b)->n, op);
}
static PyObject *died(PyObject *m, PyObject *unused) { return PyLong_FromLong(alive); }

/* ---- a heap type from a spec, with iteration ---- */
typedef struct { PyObject_HEAD long at, end; } Counter;
static int counter_init(Counter *s, PyObject *args, PyObject *kw) { return PyArg_ParseTuple(args, "l:Counter", &s->end) ? 0 : -1; }
static PyObject *counter_next(Counter *s) { return s->at < s->end ? PyLong_FromLong(s->at++) : NULL; }
static void counter_dealloc(Counter *s) { PyTypeObject *t = Py_TYPE(s); t->tp_free(s); Py_DECREF(t); }
static PyObject *counter_class(PyObject *s, PyTypeObject *cls, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    State *st = PyType_GetModuleState(cls); return PyLong_FromLong(++st->counter);
}
static PyMethodDef counter_methods[] = {{"count", (PyCFunction)(void (*)(void))counter_class, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, NULL}, {NULL}};
static PyType_Slot counter_slots[] = {
    {Py_tp_init, counter_init}, {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, counter_next}, {Py_tp_dealloc, counter_dealloc},
    {Py_tp_methods, counter_methods}, {Py_tp_doc, "counts"}, {0, NULL}};
static PyType_Spec counter_spec = {"_pyrs_capi_test.Counter", sizeof(Counter), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, counter_slots};

/* Objects that only a container holds any more are used on. */
static PyObject *borrowed(PyObject *m, PyObject *unused) {
    PyObject *d = PyDict_New(), *l = PyList_New(1), *k = PyUnicode_FromString("k"), *v;
    double total = 0;
    v = PyLong_FromLong(123456); PyDict_SetItem(d, k, v); Py_DECREF(v); total += PyLong_AsLong(v) + (PyDict_GetItem(d, k) == v);
    v = PyFloat_FromDouble(2.5); PyDict_SetItemString(d, "f", v); Py_DECREF(v); total += PyFloat_AS_DOUBLE(v) + (PyDict_GetItemString(d, "f") == v);
    v = PyLong_FromLong(7777); PyDict_SetDefault(d, Py_None, v); Py_DECREF(v); total += PyLong_AsLong(v) + (PyDict_GetItem(d, Py_None) == v);
    v = PyLong_FromLong(99999); PyList_SetItem(l, 0, v); total += PyLong_AsLong(v);
    v = PyLong_FromLong(88888); PyList_Append(l, v); Py_DECREF(v); total += PyLong_AsLong(v) + (PyList_GET_ITEM(l, 1) == v);
    v = PyFloat_FromDouble(0.25); PyModule_AddObject(m, "quarter", v); total += PyFloat_AS_DOUBLE(v);
    v = PyLong_FromLong(654321); PyObject_SetItem(d, Py_True, v); Py_DECREF(v); total += PyLong_AsLong(v);
    Py_DECREF(k);
    return Py_BuildValue("dNN", total, d, l);
}
/* A heap type with slots, and one from a spec that only names it as its base. */
static Py_ssize_t bag_len(PyObject *o) { return 7; }
static PyObject *bag_get(PyObject *o, PyObject *k) { return Py_BuildValue("(sO)", "got", k); }
static int bag_set(PyObject *o, PyObject *k, PyObject *v) { return 0; }
static int bag_contains(PyObject *o, PyObject *k) { return k == Py_None; }
static PyObject *bag_add(PyObject *a, PyObject *b) { return PyUnicode_FromString("bag_add"); }
static PyObject *bag_iter(PyObject *o) { PyObject *t = PyTuple_Pack(1, Py_True), *it = PyObject_GetIter(t); Py_DECREF(t); return it; }
static int old_setattr(PyObject *o, char *name, PyObject *v) { PyErr_Format(PyExc_AttributeError, "%s %s", v ? "set" : "delete", name); return -1; }
static PyObject *old_getattr(PyObject *o, char *name) { return PyUnicode_FromFormat("attribute %s", name); }
static PyTypeObject Old_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_test.Old", .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew, .tp_getattr = old_getattr, .tp_setattr = old_setattr};
static PyType_Slot bag_slots[] = {{Py_mp_length, bag_len}, {Py_mp_subscript, bag_get}, {Py_mp_ass_subscript, bag_set}, {Py_sq_contains, bag_contains}, {Py_nb_add, bag_add}, {Py_tp_iter, bag_iter}, {0, NULL}};
static PyType_Spec bag_spec = {"_pyrs_capi_test.Bag", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_MAPPING, bag_slots};
typedef struct { PyObject_HEAD PyObject *module; } Modular;
static PyMemberDef modular_members[] = {{"__module__", T_OBJECT, offsetof(Modular, module), 0, NULL}, {NULL}};
static PyType_Slot modular_slots[] = {{Py_tp_members, modular_members}, {0, NULL}};
static PyType_Spec modular_spec = {"_shared.Modular", sizeof(Modular), 0, Py_TPFLAGS_DEFAULT, modular_slots};
static PyType_Slot sub_slots[] = {{Py_tp_doc, "a bag"}, {0, NULL}};
static PyType_Spec sub_spec = {"_pyrs_capi_test.SubBag", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, sub_slots};
/* A type that nobody makes ready, as f2py's: only its own slots are used. */
static PyTypeObject Raw_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "raw", .tp_basicsize = sizeof(PyObject), .tp_getattr = old_getattr, .tp_setattr = old_setattr, .tp_dealloc = (destructor)PyObject_Free};
static PyObject *raw(PyObject *m, PyObject *unused) { Py_SET_TYPE(&Raw_Type, &PyType_Type); return PyObject_New(PyObject, &Raw_Type); }
/* As Cython gives slot wrappers docstrings. */
static struct wrapperbase own_base;
static PyObject *redocument(PyObject *m, PyObject *w) {
    if (!Py_IS_TYPE(w, &PyWrapperDescr_Type)) { PyErr_SetString(PyExc_TypeError, "no slot wrapper"); return NULL; }
    own_base = *((PyWrapperDescrObject *)w)->d_base; own_base.doc = "A docstring of its own.";
    PyObject *old = Py_BuildValue("sO", own_base.name, own_base.name_strobj);
    ((PyWrapperDescrObject *)w)->d_base = &own_base;
    return old;
}

/* Calls that the main thread is to make. */
static PyObject *calls_made;
static int pending(void *what) {
    if (!what) { PyErr_SetString(PyExc_KeyError, "pending"); return -1; }
    PyObject *n = PyLong_FromVoidPtr(what);
    int r = PyList_Append(calls_made, n);
    Py_DECREF(n);
    return r;
}
static PyObject *add_pending(PyObject *m, PyObject *args) {
    int n;
    if (!PyArg_ParseTuple(args, "Oi", &calls_made, &n)) return NULL;
    Py_INCREF(calls_made);
    for (int i = n; i >= 0; i--) if (Py_AddPendingCall(pending, (void *)(size_t)i) < 0) return NULL;
    if (Py_AddPendingCall(pending, (void *)(size_t)99) < 0) return NULL;
    Py_RETURN_NONE;
}
/* Whether nobody else runs while C asks for signals. */
static PyObject *alone(PyObject *m, PyObject *list) {
    Py_ssize_t n = PyList_Size(list);
    for (int i = 0; i < 40; i++) {
        usleep(1000);
        if (PyErr_CheckSignals() < 0) return NULL;
    }
    return PyBool_FromLong(n == PyList_Size(list));
}
/* What mypyc asks of functions and characters. */
static PyObject *function_parts(PyObject *m, PyObject *f) {
    PyObject *notes = PyFunction_GetAnnotations(f), *named = PyFunction_GetKwDefaults(f);
    return Py_BuildValue("OO", notes ? notes : Py_None, named ? named : Py_None);
}
static PyObject *set_function_parts(PyObject *m, PyObject *args) {
    PyObject *f, *defaults, *named, *notes;
    if (!PyArg_ParseTuple(args, "OOOO", &f, &defaults, &named, &notes)) return NULL;
    if (PyFunction_SetDefaults(f, defaults) < 0 || PyFunction_SetKwDefaults(f, named) < 0 || PyFunction_SetAnnotations(f, notes) < 0) return NULL;
    Py_RETURN_NONE;
}
extern int _PyUnicode_ToLowerFull(Py_UCS4, Py_UCS4 *), _PyUnicode_ToTitleFull(Py_UCS4, Py_UCS4 *), _PyUnicode_ToUpperFull(Py_UCS4, Py_UCS4 *);
static PyObject *cases(PyObject *m, PyObject *c) {
    Py_UCS4 ch = PyUnicode_ReadChar(c, 0), to[9];
    int n = _PyUnicode_ToLowerFull(ch, to), k = _PyUnicode_ToTitleFull(ch, to + 3), l = _PyUnicode_ToUpperFull(ch, to + 6);
    return Py_BuildValue("NNN", PyUnicode_FromKindAndData(4, to, n), PyUnicode_FromKindAndData(4, to + 3, k), PyUnicode_FromKindAndData(4, to + 6, l));
}

static PyMethodDef methods[] = {
    {"alone", alone, METH_O, NULL}, {"add_pending", add_pending, METH_VARARGS, NULL}, {"function_parts", function_parts, METH_O, NULL}, {"set_function_parts", set_function_parts, METH_VARARGS, NULL}, {"cases", cases, METH_O, NULL},
    {"redocument", redocument, METH_O, NULL}, {"borrowed", borrowed, METH_NOARGS, NULL}, {"raw", raw, METH_NOARGS, NULL}, {"noargs", noargs, METH_NOARGS, NULL}, {"one", one, METH_O, NULL}, {"varargs", varargs, METH_VARARGS, NULL},
    {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, "keywords($module, a, b=None, *, c=7)\n--\n\nDoc."},
    {"nested", nested, METH_VARARGS, NULL}, {"refs", refs, METH_O, NULL}, {"refs_fast", (PyCFunction)(void (*)(void))refs_fast, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"fastcall", (PyCFunction)(void (*)(void))fastcall, METH_FASTCALL, NULL},
    {"fastkw", (PyCFunction)(void (*)(void))fastkw, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"sum_all", sum_all, METH_O, NULL}, {"make_nested", make_nested, METH_NOARGS, NULL}, {"store", store, METH_VARARGS, NULL}, {"bound_sum", bound_sum, METH_O, NULL},
    {"latin", latin, METH_NOARGS, NULL}, {"callback", callback, METH_VARARGS, NULL}, {"raise_it", raise_it, METH_VARARGS, NULL},
    {"own_error", own_error, METH_NOARGS, NULL}, {"catch_it", catch_it, METH_O, NULL}, {"bad_null", bad_null, METH_NOARGS, NULL},
    {"iterate", iterate, METH_O, NULL}, {"arith", arith, METH_VARARGS, NULL}, {"longs", longs, METH_O, NULL},
    {"capsule_new", capsule_new, METH_NOARGS, NULL}, {"capsule_get", capsule_get, METH_O, NULL}, {"secret_now", secret_now, METH_NOARGS, NULL},
    {"buffer_sum", buffer_sum, METH_VARARGS, NULL}, {"died", died, METH_NOARGS, NULL}, {NULL}};

static int exec_module(PyObject *m) {
    State *s = PyModule_GetState(m);
    s->error = PyErr_NewException("_pyrs_capi_test.Error", PyExc_ValueError, NULL);
    if (!s->error || PyModule_AddObjectRef(m, "Error", s->error) < 0) return -1;
    if (PyType_Ready(&Thing_Type) < 0 || PyModule_AddType(m, &Thing_Type) < 0) return -1;
    PyObject *t = PyType_FromModuleAndSpec(m, &counter_spec, NULL);
    if (!t || PyModule_AddType(m, (PyTypeObject *)t) < 0) return -1;
    Py_DECREF(t);
    PyObject *bag = PyType_FromModuleAndSpec(m, &bag_spec, NULL), *sub = PyType_FromModuleAndSpec(m, &sub_spec, bag);
    if (!bag || !sub || PyModule_AddType(m, (PyTypeObject *)bag) < 0 || PyModule_AddType(m, (PyTypeObject *)sub) < 0 || PyModule_AddType(m, &Old_Type) < 0) return -1;
    Py_DECREF(bag); Py_DECREF(sub);
    PyObject *modular = PyType_FromSpec(&modular_spec);
    if (!modular || PyModule_AddType(m, (PyTypeObject *)modular) < 0) return -1;
    Py_DECREF(modular);
    return PyModule_AddIntConstant(m, "answer", 42);
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, exec_module}, {0, NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_test", "Test module.", sizeof(State), methods, slots};
PyMODINIT_FUNC PyInit__pyrs_capi_test(void) { return PyModuleDef_Init(&module_def); }
