/* What a call of C costs: functions of every calling convention and a type, called from Python; and loops over functions
   of the C API, called from C. `boundary.py` times them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* ---- functions that Python calls ---- */
static PyObject *noargs(PyObject *m, PyObject *unused) { Py_RETURN_NONE; }
static PyObject *one(PyObject *m, PyObject *o) {
    long n = PyLong_AsLong(o);
    if (n == -1 && PyErr_Occurred()) return NULL;
    return PyLong_FromLong(n + 1);
}
static PyObject *same(PyObject *m, PyObject *o) { return Py_NewRef(o); }
static PyObject *fast(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    if (n != 2) { PyErr_SetString(PyExc_TypeError, "two"); return NULL; }
    long a = PyLong_AsLong(args[0]), b = PyLong_AsLong(args[1]);
    if ((a == -1 || b == -1) && PyErr_Occurred()) return NULL;
    return PyLong_FromLong(a + b);
}
static PyObject *fastkw(PyObject *m, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    return PyLong_FromSsize_t(n + (names ? PyTuple_GET_SIZE(names) : 0));
}
static PyObject *varargs(PyObject *m, PyObject *args) {
    int a, b;
    if (!PyArg_ParseTuple(args, "ii", &a, &b)) return NULL;
    return PyLong_FromLong(a + b);
}
static PyObject *keywords(PyObject *m, PyObject *args, PyObject *kw) {
    static char *names[] = {"a", "b", NULL};
    int a, b = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kw, "i|i", names, &a, &b)) return NULL;
    return PyLong_FromLong(a + b);
}
static PyObject *add_floats(PyObject *m, PyObject *const *args, Py_ssize_t n) {
    double a = PyFloat_AsDouble(args[0]), b = PyFloat_AsDouble(args[1]);
    if ((a == -1 || b == -1) && PyErr_Occurred()) return NULL;
    return PyFloat_FromDouble(a + b);
}

/* ---- a type ---- */
typedef struct { PyObject_HEAD long n; PyObject *o; } Thing;
static PyTypeObject ThingType;
static PyObject *thing_new(PyTypeObject *t, PyObject *args, PyObject *kw) {
    long n = 0;
    if (!PyArg_ParseTuple(args, "|l", &n)) return NULL;
    Thing *self = (Thing *)t->tp_alloc(t, 0);
    if (self) { self->n = n; self->o = Py_NewRef(Py_None); }
    return (PyObject *)self;
}
static void thing_dealloc(Thing *self) { Py_XDECREF(self->o); Py_TYPE(self)->tp_free(self); }
static PyObject *thing_get(Thing *self, PyObject *unused) { return PyLong_FromLong(self->n); }
static PyObject *thing_plus(Thing *self, PyObject *o) {
    long n = PyLong_AsLong(o);
    if (n == -1 && PyErr_Occurred()) return NULL;
    return PyLong_FromLong(self->n + n);
}
static PyObject *thing_two(Thing *self, PyObject *const *args, Py_ssize_t n) { return Py_NewRef(args[0]); }
static PyObject *thing_n(Thing *self, void *unused) { return PyLong_FromLong(self->n); }
static int thing_set_n(Thing *self, PyObject *v, void *unused) {
    long n = PyLong_AsLong(v);
    if (n == -1 && PyErr_Occurred()) return -1;
    self->n = n;
    return 0;
}
static PyObject *thing_add(PyObject *a, PyObject *b) {
    if (!PyObject_TypeCheck(a, &ThingType) || !PyObject_TypeCheck(b, &ThingType)) Py_RETURN_NOTIMPLEMENTED;
    Thing *r = (Thing *)ThingType.tp_alloc(&ThingType, 0);
    if (r) { r->n = ((Thing *)a)->n + ((Thing *)b)->n; r->o = Py_NewRef(Py_None); }
    return (PyObject *)r;
}
static Py_ssize_t thing_len(Thing *self) { return self->n; }
static PyObject *thing_item(Thing *self, Py_ssize_t i) {
    if (i < 0 || i >= self->n) { PyErr_SetString(PyExc_IndexError, "thing"); return NULL; }
    return PyLong_FromSsize_t(i);
}
static PyObject *thing_subscript(Thing *self, PyObject *key) {
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) return NULL;
    return thing_item(self, i);
}
static int thing_ass_subscript(Thing *self, PyObject *key, PyObject *v) {
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) return -1;
    Py_INCREF(v);
    Py_SETREF(self->o, v);
    return 0;
}
static PyObject *thing_compare(Thing *a, PyObject *b, int op) {
    if (!PyObject_TypeCheck(b, &ThingType)) Py_RETURN_NOTIMPLEMENTED;
    Py_RETURN_RICHCOMPARE(a->n, ((Thing *)b)->n, op);
}
static PyObject *thing_call(Thing *self, PyObject *args, PyObject *kw) { return Py_NewRef(PyTuple_GET_ITEM(args, 0)); }
static Py_hash_t thing_hash(Thing *self) { return self->n; }
static int thing_bool(Thing *self) { return self->n != 0; }
static PyMethodDef thing_methods[] = {
    {"get", (PyCFunction)thing_get, METH_NOARGS}, {"plus", (PyCFunction)thing_plus, METH_O},
    {"two", (PyCFunction)(void *)thing_two, METH_FASTCALL}, {NULL}};
static PyGetSetDef thing_getset[] = {{"n", (getter)thing_n, (setter)thing_set_n}, {NULL}};
static PyMemberDef thing_members[] = {
    {"o", T_OBJECT, offsetof(Thing, o)}, {"m", T_LONG, offsetof(Thing, n)}, {NULL}};
static PyNumberMethods thing_number = {.nb_add = thing_add, .nb_bool = (inquiry)thing_bool};
static PySequenceMethods thing_sequence = {.sq_length = (lenfunc)thing_len, .sq_item = (ssizeargfunc)thing_item};
static PyMappingMethods thing_mapping = {.mp_length = (lenfunc)thing_len, .mp_subscript = (binaryfunc)thing_subscript,
    .mp_ass_subscript = (objobjargproc)thing_ass_subscript};
static PyTypeObject ThingType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_boundary.Thing", .tp_basicsize = sizeof(Thing),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_new = thing_new, .tp_dealloc = (destructor)thing_dealloc,
    .tp_methods = thing_methods, .tp_getset = thing_getset, .tp_members = thing_members, .tp_as_number = &thing_number,
    .tp_as_sequence = &thing_sequence, .tp_as_mapping = &thing_mapping, .tp_richcompare = (richcmpfunc)thing_compare,
    .tp_call = (ternaryfunc)thing_call, .tp_hash = (hashfunc)thing_hash};
/* ---- a collected type ---- */
typedef struct { PyObject_HEAD PyObject *o; } Node;
static int node_traverse(Node *self, visitproc visit, void *arg) { Py_VISIT(self->o); return 0; }
static int node_clear(Node *self) { Py_CLEAR(self->o); return 0; }
static void node_dealloc(Node *self) { PyObject_GC_UnTrack(self); Py_XDECREF(self->o); PyObject_GC_Del(self); }
static PyTypeObject NodeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_boundary.Node", .tp_basicsize = sizeof(Node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .tp_dealloc = (destructor)node_dealloc,
    .tp_traverse = (traverseproc)node_traverse, .tp_clear = (inquiry)node_clear, .tp_new = PyType_GenericNew};

/* ---- loops over the C API: name(objects..., rounds) ---- */
#define LOOP(NAME, ...) \
    static PyObject *NAME(PyObject *m, PyObject *const *a, Py_ssize_t argc) { \
        Py_ssize_t n = PyLong_AsSsize_t(a[argc - 1]); \
        for (Py_ssize_t i = 0; i < n; i++) { __VA_ARGS__ } \
        Py_RETURN_NONE; \
    }
#define OWN(E) { PyObject *r = (E); if (!r) return NULL; Py_DECREF(r); }
#define LENT(E) { PyObject *r = (E); if (!r) return NULL; }
#define INT(E) { if ((E) < 0) return NULL; }
static volatile long sink;

LOOP(c_empty, sink = i;)
LOOP(c_call_object, OWN(PyObject_CallObject(a[0], a[1])))
LOOP(c_call, OWN(PyObject_Call(a[0], a[1], NULL)))
LOOP(c_call_kw, OWN(PyObject_Call(a[0], a[1], a[2])))
LOOP(c_call_one, OWN(PyObject_CallOneArg(a[0], a[1])))
LOOP(c_call_noargs, OWN(PyObject_CallNoArgs(a[0])))
LOOP(c_vectorcall, OWN(PyObject_Vectorcall(a[0], a + 1, 2, NULL)))
LOOP(c_call_objargs, OWN(PyObject_CallFunctionObjArgs(a[0], a[1], a[2], NULL)))
LOOP(c_call_function, OWN(PyObject_CallFunction(a[0], "OO", a[1], a[2])))
LOOP(c_call_method, OWN(PyObject_CallMethod(a[0], "method", "O", a[1])))
LOOP(c_call_method_obj, OWN(PyObject_CallMethodObjArgs(a[0], a[1], a[2], NULL)))
LOOP(c_vectorcall_method, OWN(PyObject_VectorcallMethod(a[1], (PyObject *[]){a[0], a[2]}, 2, NULL)))
LOOP(c_getattr, OWN(PyObject_GetAttr(a[0], a[1])))
LOOP(c_getattr_string, OWN(PyObject_GetAttrString(a[0], "method")))
LOOP(c_lookup_attr, PyObject *r; INT(_PyObject_LookupAttr(a[0], a[1], &r)) Py_XDECREF(r);)
LOOP(c_hasattr, sink = PyObject_HasAttr(a[0], a[1]);)
LOOP(c_hasattr_string, sink = PyObject_HasAttrString(a[0], "missing");)
LOOP(c_setattr, INT(PyObject_SetAttr(a[0], a[1], a[2])))
LOOP(c_getitem, OWN(PyObject_GetItem(a[0], a[1])))
LOOP(c_setitem, INT(PyObject_SetItem(a[0], a[1], a[2])))
LOOP(c_seq_getitem, OWN(PySequence_GetItem(a[0], 1)))
LOOP(c_size, sink = PyObject_Size(a[0]);)
LOOP(c_istrue, INT(PyObject_IsTrue(a[0])))
LOOP(c_isinstance, INT(PyObject_IsInstance(a[0], a[1])))
LOOP(c_issubtype, sink = PyType_IsSubtype(Py_TYPE(a[0]), (PyTypeObject *)a[1]);)
LOOP(c_type_lookup, sink = _PyType_Lookup(Py_TYPE(a[0]), a[1]) != NULL;)
LOOP(c_hash, sink = PyObject_Hash(a[0]);)
LOOP(c_richcompare, OWN(PyObject_RichCompare(a[0], a[1], Py_EQ)))
LOOP(c_richcompare_bool, INT(PyObject_RichCompareBool(a[0], a[1], Py_LT)))
LOOP(c_number_add, OWN(PyNumber_Add(a[0], a[1])))
LOOP(c_number_index, OWN(PyNumber_Index(a[0])))
LOOP(c_number_float, OWN(PyNumber_Float(a[0])))
LOOP(c_as_ssize_t, sink = PyNumber_AsSsize_t(a[0], PyExc_IndexError);)
LOOP(c_repr, OWN(PyObject_Repr(a[0])))
LOOP(c_str, OWN(PyObject_Str(a[0])))
LOOP(c_iterate, PyObject *it = PyObject_GetIter(a[0]), *x; if (!it) return NULL;
    while ((x = PyIter_Next(it))) Py_DECREF(x);
    Py_DECREF(it);)
LOOP(c_sequence_fast, OWN(PySequence_Fast(a[0], "no")))

LOOP(c_long_from, OWN(PyLong_FromLong(1000 + i)))
LOOP(c_long_small, OWN(PyLong_FromLong(i & 127)))
LOOP(c_long_ssize, OWN(PyLong_FromSsize_t(1000 + i)))
LOOP(c_long_ulonglong, OWN(PyLong_FromUnsignedLongLong(1000 + i)))
LOOP(c_long_as, sink = PyLong_AsLong(a[0]);)
LOOP(c_long_as_ssize, sink = PyLong_AsSsize_t(a[0]);)
LOOP(c_long_as_longlong, sink = PyLong_AsLongLong(a[0]);)
LOOP(c_long_overflow, int o; sink = PyLong_AsLongAndOverflow(a[0], &o);)
LOOP(c_float_from, OWN(PyFloat_FromDouble(i + 0.5)))
LOOP(c_float_as, sink = (long)PyFloat_AsDouble(a[0]);)
LOOP(c_bool_from, OWN(PyBool_FromLong(i & 1)))
LOOP(c_complex, OWN(PyComplex_FromDoubles(i, 1)))

LOOP(c_tuple_new, PyObject *t = PyTuple_New(2); if (!t) return NULL;
    PyTuple_SET_ITEM(t, 0, Py_NewRef(a[0])); PyTuple_SET_ITEM(t, 1, Py_NewRef(a[0])); Py_DECREF(t);)
LOOP(c_tuple_pack, OWN(PyTuple_Pack(2, a[0], a[1])))
LOOP(c_tuple_getitem, LENT(PyTuple_GetItem(a[0], 1)))
LOOP(c_tuple_size, sink = PyTuple_Size(a[0]);)
LOOP(c_build_value, OWN(Py_BuildValue("(Oi)", a[0], 5)))
LOOP(c_list_new, PyObject *t = PyList_New(2); if (!t) return NULL;
    PyList_SET_ITEM(t, 0, Py_NewRef(a[0])); PyList_SET_ITEM(t, 1, Py_NewRef(a[0])); Py_DECREF(t);)
LOOP(c_list_append, PyObject *t = PyList_New(0); if (!t) return NULL;
    for (int k = 0; k < 8; k++) INT(PyList_Append(t, a[0])) Py_DECREF(t);)
LOOP(c_list_getitem, LENT(PyList_GetItem(a[0], 1)))
LOOP(c_list_setitem, INT(PyList_SetItem(a[0], 1, Py_NewRef(a[1]))))
LOOP(c_dict_new, OWN(PyDict_New()))
LOOP(c_dict_getitem, LENT(PyDict_GetItem(a[0], a[1])))
LOOP(c_dict_missing, sink = PyDict_GetItem(a[0], a[1]) != NULL;)
LOOP(c_dict_witherror, LENT(PyDict_GetItemWithError(a[0], a[1])))
LOOP(c_dict_string, LENT(PyDict_GetItemString(a[0], "method")))
LOOP(c_dict_setitem, INT(PyDict_SetItem(a[0], a[1], a[2])))
LOOP(c_dict_setstring, INT(PyDict_SetItemString(a[0], "method", a[1])))
LOOP(c_dict_contains, INT(PyDict_Contains(a[0], a[1])))
LOOP(c_dict_next, PyObject *k; PyObject *v; Py_ssize_t at = 0; while (PyDict_Next(a[0], &at, &k, &v)) sink = at;)
LOOP(c_dict_build, PyObject *t = PyDict_New(); if (!t) return NULL;
    INT(PyDict_SetItem(t, a[0], a[1])) INT(PyDict_SetItem(t, a[1], a[0])) Py_DECREF(t);)
LOOP(c_set_contains, INT(PySet_Contains(a[0], a[1])))
LOOP(c_slice_new, OWN(PySlice_New(a[0], a[0], NULL)))

LOOP(c_str_from, OWN(PyUnicode_FromString("a short text")))
LOOP(c_str_size, OWN(PyUnicode_FromStringAndSize("a short text", 12)))
LOOP(c_str_intern, OWN(PyUnicode_InternFromString("method")))
LOOP(c_str_utf8, LENT((PyObject *)PyUnicode_AsUTF8(a[0])))
LOOP(c_str_utf8_size, Py_ssize_t l; LENT((PyObject *)PyUnicode_AsUTF8AndSize(a[0], &l)))
LOOP(c_str_compare, sink = PyUnicode_Compare(a[0], a[1]);)
LOOP(c_str_ascii, sink = PyUnicode_CompareWithASCIIString(a[0], "method");)
LOOP(c_str_richcompare, OWN(PyUnicode_RichCompare(a[0], a[1], Py_EQ)))
LOOP(c_str_concat, OWN(PyUnicode_Concat(a[0], a[1])))
LOOP(c_str_substring, OWN(PyUnicode_Substring(a[0], 1, 4)))
LOOP(c_str_format, OWN(PyUnicode_FromFormat("%s: %d", "text", 5)))
LOOP(c_bytes_from, OWN(PyBytes_FromStringAndSize("a short text", 12)))

LOOP(c_err_occurred, sink = PyErr_Occurred() != NULL;)
LOOP(c_err_set, PyErr_SetString(PyExc_ValueError, "wrong"); PyErr_Clear();)
LOOP(c_err_none, PyErr_SetNone(PyExc_StopIteration); sink = PyErr_ExceptionMatches(PyExc_StopIteration); PyErr_Clear();)
LOOP(c_err_format, PyErr_Format(PyExc_ValueError, "wrong %d", 5); PyErr_Clear();)
LOOP(c_err_fetch, PyErr_SetString(PyExc_ValueError, "wrong"); PyObject *t; PyObject *v; PyObject *tb;
    PyErr_Fetch(&t, &v, &tb); PyErr_Restore(t, v, tb); PyErr_Clear();)
LOOP(c_err_normalize, PyErr_SetString(PyExc_ValueError, "wrong"); PyObject *t; PyObject *v; PyObject *tb;
    PyErr_Fetch(&t, &v, &tb); PyErr_NormalizeException(&t, &v, &tb); Py_XDECREF(t); Py_XDECREF(v); Py_XDECREF(tb);)
LOOP(c_getattr_missing, PyObject *r = PyObject_GetAttr(a[0], a[1]); if (!r) PyErr_Clear(); else Py_DECREF(r);)

LOOP(c_malloc, void *p = PyObject_Malloc(48); sink = (long)p; PyObject_Free(p);)
LOOP(c_mem_malloc, void *p = PyMem_Malloc(48); sink = (long)p; PyMem_Free(p);)
LOOP(c_raw_malloc, void *p = PyMem_RawMalloc(48); sink = (long)p; PyMem_RawFree(p);)
LOOP(c_object_new, Thing *t = PyObject_New(Thing, &ThingType); if (!t) return NULL; t->o = NULL; Py_DECREF(t);)
LOOP(c_type_alloc, OWN(ThingType.tp_alloc(&ThingType, 0)))
LOOP(c_gc_new, Node *t = PyObject_GC_New(Node, &NodeType); if (!t) return NULL; t->o = NULL; PyObject_GC_Track(t); Py_DECREF(t);)
LOOP(c_gc_alloc, OWN(NodeType.tp_alloc(&NodeType, 0)))
LOOP(c_threads, Py_BEGIN_ALLOW_THREADS sink = i; Py_END_ALLOW_THREADS)
LOOP(c_gilstate, PyGILState_STATE s = PyGILState_Ensure(); sink = i; PyGILState_Release(s);)
LOOP(c_tstate, sink = PyThreadState_Get() != NULL;)
LOOP(c_recursion, if (Py_EnterRecursiveCall(" x")) return NULL; sink = i; Py_LeaveRecursiveCall();)
LOOP(c_signals, INT(PyErr_CheckSignals()))
LOOP(c_buffer, Py_buffer b; INT(PyObject_GetBuffer(a[0], &b, PyBUF_SIMPLE)) PyBuffer_Release(&b);)
LOOP(c_capsule, OWN(PyCapsule_New((void *)a, "name", NULL)))
LOOP(c_parse_tuple, int x; PyObject *o; if (!PyArg_ParseTuple(a[0], "iO", &x, &o)) return NULL;)
LOOP(c_parse_keywords, static char *names[] = {"a", "b", NULL}; int x; PyObject *o = NULL;
    if (!PyArg_ParseTupleAndKeywords(a[0], a[1], "i|O", names, &x, &o)) return NULL;)
LOOP(c_unpack_tuple, PyObject *o; PyObject *p; if (!PyArg_UnpackTuple(a[0], "f", 2, 2, &o, &p)) return NULL;)
LOOP(c_import, OWN(PyImport_ImportModule("math")))
LOOP(c_descr_get, PyObject *d = _PyType_Lookup(Py_TYPE(a[0]), a[1]); OWN(Py_TYPE(d)->tp_descr_get(d, a[0], (PyObject *)Py_TYPE(a[0]))))
LOOP(c_method_new, OWN(PyMethod_New(a[0], a[1])))
LOOP(c_weakref, OWN(PyWeakref_NewRef(a[0], NULL)))

#define F(NAME) {#NAME, (PyCFunction)(void *)NAME, METH_FASTCALL}
static PyMethodDef functions[] = {
    {"noargs", noargs, METH_NOARGS}, {"one", one, METH_O}, {"same", same, METH_O}, F(fast), F(add_floats),
    {"fastkw", (PyCFunction)(void *)fastkw, METH_FASTCALL | METH_KEYWORDS}, {"varargs", varargs, METH_VARARGS},
    {"keywords", (PyCFunction)(void *)keywords, METH_VARARGS | METH_KEYWORDS},
    F(c_empty), F(c_call_object), F(c_call), F(c_call_kw), F(c_call_one), F(c_call_noargs), F(c_vectorcall),
    F(c_call_objargs), F(c_call_function), F(c_call_method), F(c_call_method_obj), F(c_vectorcall_method), F(c_getattr),
    F(c_getattr_string), F(c_lookup_attr), F(c_hasattr), F(c_hasattr_string), F(c_setattr), F(c_getitem), F(c_setitem),
    F(c_seq_getitem), F(c_size), F(c_istrue), F(c_isinstance), F(c_issubtype), F(c_type_lookup), F(c_hash),
    F(c_richcompare), F(c_richcompare_bool), F(c_number_add), F(c_number_index), F(c_number_float), F(c_as_ssize_t),
    F(c_repr), F(c_str), F(c_iterate), F(c_sequence_fast), F(c_long_from), F(c_long_small), F(c_long_ssize),
    F(c_long_ulonglong), F(c_long_as), F(c_long_as_ssize), F(c_long_as_longlong), F(c_long_overflow), F(c_float_from),
    F(c_float_as), F(c_bool_from), F(c_complex), F(c_tuple_new), F(c_tuple_pack), F(c_tuple_getitem), F(c_tuple_size),
    F(c_build_value), F(c_list_new), F(c_list_append), F(c_list_getitem), F(c_list_setitem), F(c_dict_new),
    F(c_dict_getitem), F(c_dict_missing), F(c_dict_witherror), F(c_dict_string), F(c_dict_setitem), F(c_dict_setstring),
    F(c_dict_contains), F(c_dict_next), F(c_dict_build), F(c_set_contains), F(c_slice_new), F(c_str_from), F(c_str_size),
    F(c_str_intern), F(c_str_utf8), F(c_str_utf8_size), F(c_str_compare), F(c_str_ascii), F(c_str_richcompare),
    F(c_str_concat), F(c_str_substring), F(c_str_format), F(c_bytes_from), F(c_err_occurred), F(c_err_set), F(c_err_none),
    F(c_err_format), F(c_err_fetch), F(c_err_normalize), F(c_getattr_missing), F(c_malloc), F(c_mem_malloc),
    F(c_raw_malloc), F(c_object_new), F(c_type_alloc), F(c_gc_new), F(c_gc_alloc), F(c_threads), F(c_gilstate),
    F(c_tstate), F(c_recursion), F(c_signals), F(c_buffer), F(c_capsule), F(c_parse_tuple), F(c_parse_keywords),
    F(c_unpack_tuple), F(c_import), F(c_descr_get), F(c_method_new), F(c_weakref), {NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_boundary", NULL, -1, functions};
PyMODINIT_FUNC PyInit__boundary(void) {
    if (PyType_Ready(&ThingType) < 0 || PyType_Ready(&NodeType) < 0) return NULL;
    PyObject *m = PyModule_Create(&module_def);
    if (!m || PyModule_AddObjectRef(m, "Thing", (PyObject *)&ThingType) < 0 ||
        PyModule_AddObjectRef(m, "Node", (PyObject *)&NodeType) < 0) return NULL;
    return m;
}
