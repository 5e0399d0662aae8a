/* What compiled code reads, writes and calls in CPython's structures without going through a function of the API:
   slots of built-in and Python-level types, method definitions, the thread state's error fields, list storage, dict
   versions, string headers, instance dicts, hand-made heap types and types of a metatype with a longer struct. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <frameobject.h>
#define Py_BUILD_CORE 1
#include <internal/pycore_frame.h>
#undef Py_BUILD_CORE

#define FAIL(text) do { PyErr_SetString(PyExc_AssertionError, text); return NULL; } while (0)
#define CHECK(c) do { if (!(c)) FAIL(#c); } while (0)

/* ---- slots called directly ---- */
static PyObject *slots(PyObject *m, PyObject *args) {
    PyObject *o, *other; const char *which;
    if (!PyArg_ParseTuple(args, "sOO", &which, &o, &other)) return NULL;
    PyTypeObject *t = Py_TYPE(o);
#define IS(name) (strcmp(which, name) == 0)
#define NEED(slot) do { if (!(slot)) Py_RETURN_NONE; } while (0)
    PyNumberMethods *nb = t->tp_as_number; PySequenceMethods *sq = t->tp_as_sequence; PyMappingMethods *mp = t->tp_as_mapping;
    if (IS("add")) { NEED(nb && nb->nb_add); return nb->nb_add(o, other); }
    if (IS("mul")) { NEED(nb && nb->nb_multiply); return nb->nb_multiply(o, other); }
    if (IS("radd")) { NEED(nb && nb->nb_add); return nb->nb_add(other, o); }
    if (IS("iadd")) { NEED(nb && nb->nb_inplace_add); return nb->nb_inplace_add(o, other); }
    if (IS("pow")) { NEED(nb && nb->nb_power); return nb->nb_power(o, other, Py_None); }
    if (IS("neg")) { NEED(nb && nb->nb_negative); return nb->nb_negative(o); }
    if (IS("int")) { NEED(nb && nb->nb_int); return nb->nb_int(o); }
    if (IS("float")) { NEED(nb && nb->nb_float); return nb->nb_float(o); }
    if (IS("index")) { NEED(nb && nb->nb_index); return nb->nb_index(o); }
    if (IS("bool")) { NEED(nb && nb->nb_bool); int r = nb->nb_bool(o); return r < 0 ? NULL : PyBool_FromLong(r); }
    if (IS("sq_len")) { NEED(sq && sq->sq_length); Py_ssize_t n = sq->sq_length(o); return n < 0 ? NULL : PyLong_FromSsize_t(n); }
    if (IS("mp_len")) { NEED(mp && mp->mp_length); Py_ssize_t n = mp->mp_length(o); return n < 0 ? NULL : PyLong_FromSsize_t(n); }
    if (IS("sq_item")) { NEED(sq && sq->sq_item); Py_ssize_t i = PyLong_AsSsize_t(other); return sq->sq_item(o, i); }
    if (IS("sq_concat")) { NEED(sq && sq->sq_concat); return sq->sq_concat(o, other); }
    if (IS("sq_repeat")) { NEED(sq && sq->sq_repeat); return sq->sq_repeat(o, PyLong_AsSsize_t(other)); }
    if (IS("contains")) { NEED(sq && sq->sq_contains); int r = sq->sq_contains(o, other); return r < 0 ? NULL : PyBool_FromLong(r); }
    if (IS("subscript")) { NEED(mp && mp->mp_subscript); return mp->mp_subscript(o, other); }
    if (IS("ass_subscript")) { NEED(mp && mp->mp_ass_subscript); if (mp->mp_ass_subscript(o, other, Py_True) < 0) return NULL; return Py_NewRef(o); }
    if (IS("del_subscript")) { NEED(mp && mp->mp_ass_subscript); if (mp->mp_ass_subscript(o, other, NULL) < 0) return NULL; return Py_NewRef(o); }
    if (IS("call")) { NEED(t->tp_call); PyObject *a = PyTuple_Pack(1, other), *r = t->tp_call(o, a, NULL); Py_DECREF(a); return r; }
    if (IS("hash")) { NEED(t->tp_hash); Py_hash_t h = t->tp_hash(o); return h == -1 ? NULL : PyBool_FromLong(h == PyObject_Hash(o)); }
    if (IS("repr")) { NEED(t->tp_repr); return t->tp_repr(o); }
    if (IS("str")) { NEED(t->tp_str); return t->tp_str(o); }
    if (IS("eq")) { NEED(t->tp_richcompare); return t->tp_richcompare(o, other, Py_EQ); }
    if (IS("lt")) { NEED(t->tp_richcompare); return t->tp_richcompare(o, other, Py_LT); }
    if (IS("getattro")) { NEED(t->tp_getattro); return t->tp_getattro(o, other); }
    if (IS("setattro")) { NEED(t->tp_setattro); if (t->tp_setattro(o, other, Py_True) < 0) return NULL; return Py_NewRef(Py_None); }
    if (IS("descr_get")) { NEED(t->tp_descr_get); return t->tp_descr_get(o, other, (PyObject *)Py_TYPE(other)); }
    if (IS("vectorcall")) {
        NEED(t->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL);
        vectorcallfunc f = *(vectorcallfunc *)((char *)o + t->tp_vectorcall_offset);
        NEED(f);
        PyObject *a[2] = {NULL, other};
        return f(o, a + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    if (IS("iter")) {
        NEED(t->tp_iter);
        PyObject *it = t->tp_iter(o), *l = PyList_New(0), *x; if (!it) return NULL;
        while ((x = Py_TYPE(it)->tp_iternext(it))) { PyList_Append(l, x); Py_DECREF(x); }
        Py_DECREF(it);
        if (PyErr_Occurred()) { if (!PyErr_ExceptionMatches(PyExc_StopIteration)) return NULL; PyErr_Clear(); }
        return l;
    }
    if (IS("new")) { PyTypeObject *c = (PyTypeObject *)o; PyObject *a = PyTuple_Pack(1, other), *r = c->tp_new(c, a, NULL); if (r && c->tp_init && c->tp_init(r, a, NULL) < 0) Py_CLEAR(r); Py_DECREF(a); return r; }
    if (IS("alloc")) { PyTypeObject *c = (PyTypeObject *)o; return c->tp_alloc(c, 0); }
    FAIL("which?");
}
/* Which slots are filled, and those that are recognised by address. */
static PyObject *shape(PyObject *m, PyObject *o) {
    if (!PyType_Check(o)) FAIL("a type");
    PyTypeObject *t = (PyTypeObject *)o;
    PyObject *l = PyList_New(0);
#define HAS(cond, text) do { if (cond) { PyObject *s = PyUnicode_FromString(text); PyList_Append(l, s); Py_DECREF(s); } } while (0)
    HAS(t->tp_getattro == PyObject_GenericGetAttr || PyType_IsSubtype(t, (PyTypeObject *)PyExc_BaseException), "generic_getattr");
    HAS(t->tp_setattro == PyObject_GenericSetAttr || PyType_IsSubtype(t, (PyTypeObject *)PyExc_BaseException), "generic_setattr");
    HAS(t->tp_hash == PyObject_HashNotImplemented, "unhashable");
    HAS(t->tp_iter != NULL, "iter");
    HAS(t->tp_iternext == _PyObject_NextNotImplemented, "next_not_implemented");
    HAS(t->tp_iternext && t->tp_iternext != _PyObject_NextNotImplemented, "iternext");
    HAS(t->tp_call != NULL, "call");
    HAS(t->tp_new != NULL, "new"); HAS(t->tp_init != NULL, "init"); HAS(t->tp_alloc != NULL, "alloc");
    HAS(t->tp_free != NULL, "free");
    HAS(t->tp_traverse != NULL, "traverse"); HAS(t->tp_dealloc != NULL, "dealloc");
    HAS(t->tp_descr_get != NULL, "descr_get"); HAS(t->tp_descr_set != NULL, "descr_set");
    HAS(t->tp_as_number && t->tp_as_number->nb_add, "add"); HAS(t->tp_as_number && t->tp_as_number->nb_index, "index");
    HAS(t->tp_as_number && t->tp_as_number->nb_float, "float"); HAS(t->tp_as_number && t->tp_as_number->nb_bool, "bool");
    HAS(t->tp_as_sequence && t->tp_as_sequence->sq_item, "sq_item"); HAS(t->tp_as_sequence && t->tp_as_sequence->sq_length, "sq_length");
    HAS(t->tp_as_sequence && t->tp_as_sequence->sq_concat, "sq_concat"); HAS(t->tp_as_sequence && t->tp_as_sequence->sq_contains, "sq_contains");
    HAS(t->tp_as_mapping && t->tp_as_mapping->mp_subscript, "mp_subscript"); HAS(t->tp_as_mapping && t->tp_as_mapping->mp_length, "mp_length");
    HAS(t->tp_as_buffer && t->tp_as_buffer->bf_getbuffer, "getbuffer"); HAS(t->tp_as_async && t->tp_as_async->am_await, "await");
    HAS(t->tp_as_async && t->tp_as_async->am_send, "send");
    HAS(t->tp_flags & Py_TPFLAGS_HEAPTYPE, "HEAPTYPE"); HAS(t->tp_flags & Py_TPFLAGS_BASETYPE, "BASETYPE"); HAS(t->tp_flags & Py_TPFLAGS_HAVE_GC, "GC");
    HAS(t->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR, "METHOD_DESCRIPTOR"); HAS(t->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL, "VECTORCALL");
    HAS(t->tp_flags & Py_TPFLAGS_SEQUENCE, "SEQUENCE"); HAS(t->tp_flags & Py_TPFLAGS_MAPPING, "MAPPING"); HAS(t->tp_flags & Py_TPFLAGS_IS_ABSTRACT, "ABSTRACT");
    HAS(t->tp_flags & Py_TPFLAGS_LONG_SUBCLASS, "LONG"); HAS(t->tp_flags & Py_TPFLAGS_DICT_SUBCLASS, "DICT"); HAS(t->tp_flags & Py_TPFLAGS_UNICODE_SUBCLASS, "UNICODE");
    HAS(t->tp_flags & Py_TPFLAGS_BASE_EXC_SUBCLASS, "BASE_EXC"); HAS(t->tp_flags & Py_TPFLAGS_TYPE_SUBCLASS, "TYPE");
    HAS(t->tp_mro && PyTuple_GET_ITEM(t->tp_mro, 0) == o, "mro"); HAS(t->tp_bases && PyTuple_Check(t->tp_bases), "bases"); HAS(t->tp_dict && PyDict_Check(t->tp_dict), "dict");
    HAS(t->tp_weaklistoffset != 0, "weaklist");
    /* What follows the fields that compiled code knows of a generator is the runtime's own. */
    int own = t == &PyGen_Type || t == &PyCoro_Type;
    return Py_BuildValue("(Nnn)", l, own ? 0 : t->tp_basicsize, t->tp_itemsize);
}

/* ---- builtin functions and methods taken apart ---- */
static PyObject *call_def(PyMethodDef *d, PyObject *self, PyObject *arg) {
    switch (d->ml_flags & (METH_NOARGS | METH_O | METH_FASTCALL | METH_VARARGS | METH_KEYWORDS)) {
    case METH_O: return d->ml_meth(self, arg);
    case METH_NOARGS: return d->ml_meth(self, NULL);
    case METH_FASTCALL: return ((_PyCFunctionFast)(void (*)(void))d->ml_meth)(self, &arg, 1);
    case METH_FASTCALL | METH_KEYWORDS: return ((_PyCFunctionFastWithKeywords)(void (*)(void))d->ml_meth)(self, &arg, 1, NULL);
    case METH_VARARGS: { PyObject *a = PyTuple_Pack(1, arg), *r = d->ml_meth(self, a); Py_DECREF(a); return r; }
    case METH_VARARGS | METH_KEYWORDS: { PyObject *a = PyTuple_Pack(1, arg), *r = ((PyCFunctionWithKeywords)(void (*)(void))d->ml_meth)(self, a, NULL); Py_DECREF(a); return r; }
    }
    FAIL("convention");
}
static PyObject *unpacked(PyObject *m, PyObject *args) {
    PyObject *f, *self, *arg;
    if (!PyArg_ParseTuple(args, "OOO", &f, &self, &arg)) return NULL;
    if (PyCFunction_Check(f)) {
        PyCFunctionObject *c = (PyCFunctionObject *)f;
        PyObject *r = call_def(c->m_ml, c->m_self, arg);
        return r ? Py_BuildValue("sN", c->m_ml->ml_name, r) : NULL;
    }
    if (Py_IS_TYPE(f, &PyMethodDescr_Type)) {
        PyMethodDescrObject *d = (PyMethodDescrObject *)f;
        CHECK(PyObject_TypeCheck(self, PyDescr_TYPE(d)));
        PyObject *r = call_def(d->d_method, self, arg);
        return r ? Py_BuildValue("sN", d->d_method->ml_name, r) : NULL;
    }
    if (PyMethod_Check(f)) return Py_BuildValue("OO", PyMethod_GET_FUNCTION(f), PyMethod_GET_SELF(f));
    if (PyFunction_Check(f)) {
        PyFunctionObject *p = (PyFunctionObject *)f;
        PyCodeObject *c = (PyCodeObject *)p->func_code;
        return Py_BuildValue("OOiiO", c->co_name, p->func_defaults ? p->func_defaults : Py_None, c->co_argcount, c->co_flags & (CO_VARARGS | CO_VARKEYWORDS | CO_GENERATOR), p->func_globals == PyEval_GetGlobals() ? Py_True : Py_False);
    }
    FAIL("what is it?");
}

/* ---- the error indicator and the exception being handled ---- */
static PyObject *raise_by_hand(PyObject *m, PyObject *args) {
    PyObject *type, *value; PyThreadState *ts = PyThreadState_Get();
    if (!PyArg_ParseTuple(args, "OO", &type, &value)) return NULL;
    ts->curexc_type = Py_NewRef(type); ts->curexc_value = Py_NewRef(value); ts->curexc_traceback = NULL;
    return NULL;
}
static PyObject *error_fields(PyObject *m, PyObject *f) {
    PyThreadState *ts = PyThreadState_Get();
    CHECK(!ts->curexc_type);
    PyObject *r = PyObject_CallNoArgs(f);
    if (r) return r;
    PyObject *type = ts->curexc_type, *value = ts->curexc_value, *tb = ts->curexc_traceback;
    ts->curexc_type = ts->curexc_value = ts->curexc_traceback = NULL;
    PyErr_NormalizeException(&type, &value, &tb);
    PyObject *out = Py_BuildValue("OOi", type, value, tb ? ((PyTracebackObject *)tb)->tb_lineno > 0 : -1);
    Py_XDECREF(type); Py_XDECREF(value); Py_XDECREF(tb);
    return out;
}
static PyObject *handled(PyObject *m, PyObject *unused) {
    PyThreadState *ts = PyThreadState_Get();
    _PyErr_StackItem *i = ts->exc_info;
    while ((!i->exc_value || i->exc_value == Py_None) && i->previous_item) i = i->previous_item;
    return Py_NewRef(i->exc_value ? i->exc_value : Py_None);
}
/* As Cython runs a generator: its own item on the chain while it calls. */
static PyObject *with_item(PyObject *m, PyObject *args) {
    PyObject *exc, *f;
    if (!PyArg_ParseTuple(args, "OO", &exc, &f)) return NULL;
    PyThreadState *ts = PyThreadState_Get();
    _PyErr_StackItem mine = {exc == Py_None ? NULL : Py_NewRef(exc), ts->exc_info};
    ts->exc_info = &mine;
    PyObject *r = PyObject_CallNoArgs(f);
    ts->exc_info = mine.previous_item;
    Py_XDECREF(mine.exc_value);
    return r;
}
static PyObject *exception_fields(PyObject *m, PyObject *e) {
    PyBaseExceptionObject *b = (PyBaseExceptionObject *)e;
    PyObject *value = PyObject_TypeCheck(e, (PyTypeObject *)PyExc_StopIteration) ? ((PyStopIterationObject *)e)->value : Py_None;
    return Py_BuildValue("OOOO", b->args, b->traceback ? Py_True : Py_False, b->context ? b->context : Py_None, value);
}
static PyObject *add_traceback(PyObject *m, PyObject *args) {
    PyObject *f; const char *file, *name; int line;
    if (!PyArg_ParseTuple(args, "Ossi", &f, &file, &name, &line)) return NULL;
    PyObject *r = PyObject_CallNoArgs(f);
    if (r) return r;
    PyObject *t, *v, *tb, *globals = PyDict_New();
    PyErr_Fetch(&t, &v, &tb);
    PyCodeObject *code = PyCode_NewEmpty(file, name, line);
    PyFrameObject *frame = PyFrame_New(PyThreadState_Get(), code, globals, NULL);
    frame->f_lineno = line + 1;
    PyErr_Restore(t, v, tb);
    PyTraceBack_Here(frame);
    Py_DECREF(code); Py_DECREF(frame); Py_DECREF(globals);
    return NULL;
}
static PyObject *new_code(PyObject *m, PyObject *args) {
    PyObject *consts, *names, *vars, *free, *cells, *code; int argc, posonly, kwonly, flags;
    if (!PyArg_ParseTuple(args, "iiiiSO!O!O!O!O!", &argc, &posonly, &kwonly, &flags, &code, &PyTuple_Type, &consts, &PyTuple_Type, &names,
        &PyTuple_Type, &vars, &PyTuple_Type, &free, &PyTuple_Type, &cells)) return NULL;
    PyObject *file = PyUnicode_FromString("made.pyx"), *name = PyUnicode_FromString("fun"), *qual = PyUnicode_FromString("Cls.fun"), *none = PyBytes_FromString("");
    PyCodeObject *c = PyCode_NewWithPosOnlyArgs(argc, posonly, kwonly, (int)PyTuple_GET_SIZE(vars), 0, flags, code, consts, names, vars, free, cells, file, name, qual, 7, none, none);
    Py_DECREF(file); Py_DECREF(name); Py_DECREF(qual); Py_DECREF(none);
    return (PyObject *)c;
}

/* ---- lists changed in place ---- */
static PyObject *list_append(PyObject *m, PyObject *args) {
    PyListObject *l; PyObject *v;
    if (!PyArg_ParseTuple(args, "O!O", &PyList_Type, &l, &v)) return NULL;
    Py_ssize_t n = Py_SIZE(l);
    int inlined = (l->allocated > n) & (n > l->allocated / 2);
    if (inlined) { PyList_SET_ITEM((PyObject *)l, n, Py_NewRef(v)); Py_SET_SIZE(l, n + 1); }
    else if (PyList_Append((PyObject *)l, v) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyObject *list_pop(PyObject *m, PyObject *o) {
    PyListObject *l = (PyListObject *)o;
    if (Py_SIZE(l) > (l->allocated >> 1) && Py_SIZE(l) > 0) { Py_SET_SIZE(l, Py_SIZE(l) - 1); return l->ob_item[Py_SIZE(l)]; }
    return PyObject_CallMethod(o, "pop", NULL);
}
static PyObject *list_items(PyObject *m, PyObject *o) {
    PyObject **items = PySequence_Fast_ITEMS(o), *r = PyTuple_New(PySequence_Fast_GET_SIZE(o));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); i++) PyTuple_SET_ITEM(r, i, PyUnicode_FromString(Py_TYPE(items[i])->tp_name));
    return r;
}

/* ---- dict versions and instance dicts ---- */
static PyObject *version_changes(PyObject *m, PyObject *args) {
    PyObject *d, *f;
    if (!PyArg_ParseTuple(args, "OO", &d, &f)) return NULL;
    if (!PyDict_Check(d)) { PyObject **p = PyType_Check(d) ? &((PyTypeObject *)d)->tp_dict : _PyObject_GetDictPtr(d); if (!p || !*p) FAIL("no dict"); d = *p; }
    uint64_t before = ((PyDictObject *)d)->ma_version_tag; Py_ssize_t used = PyDict_GET_SIZE(d);
    PyObject *r = PyObject_CallNoArgs(f);
    if (!r) return NULL;
    Py_DECREF(r);
    return Py_BuildValue("On", before != ((PyDictObject *)d)->ma_version_tag ? Py_True : Py_False, PyDict_GET_SIZE(d) - used);
}
static PyObject *dict_ptr(PyObject *m, PyObject *args) {
    PyObject *o, *f;
    if (!PyArg_ParseTuple(args, "OO", &o, &f)) return NULL;
    PyObject **p = _PyObject_GetDictPtr(o);
    if (!p) Py_RETURN_NONE;
    PyObject *before = *p, *r = PyObject_CallNoArgs(f);
    if (!r) return NULL;
    Py_DECREF(r);
    CHECK(_PyObject_GetDictPtr(o) == p);
    CHECK(before == NULL || *p == before);
    return Py_NewRef(*p ? *p : Py_None);
}

/* ---- strings ---- */
static PyObject *str_header(PyObject *m, PyObject *o) {
    if (!PyUnicode_Check(o)) FAIL("a str");
    PyASCIIObject *a = (PyASCIIObject *)o;
    Py_hash_t h = PyObject_Hash(o);
    CHECK(a->hash == h);
    CHECK(_Py_HashBytes(PyUnicode_DATA(o), PyUnicode_GET_LENGTH(o) * PyUnicode_KIND(o)) == h || PyUnicode_GET_LENGTH(o) == 0);
    return Py_BuildValue("niiiii", a->length, a->state.kind, a->state.compact, a->state.ascii, a->state.ready, a->wstr == NULL || a->state.kind == 4);
}
/* As multidict builds its str subclass: all fields by hand, characters in a block of their own. */
static PyObject *str_by_hand(PyObject *m, PyObject *args) {
    PyTypeObject *t; const char *text; Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "O!s#", &PyType_Type, &t, &text, &n)) return NULL;
    PyObject *o = t->tp_alloc(t, 0);
    if (!o) return NULL;
    char *data = PyObject_Malloc(n + 1);
    memcpy(data, text, n + 1);
    PyUnicodeObject *u = (PyUnicodeObject *)o;
    u->_base._base.length = n; u->_base._base.hash = -1; u->_base._base.state.interned = 0; u->_base._base.state.kind = PyUnicode_1BYTE_KIND;
    u->_base._base.state.compact = 0; u->_base._base.state.ascii = 1; u->_base._base.state.ready = 1; u->_base._base.wstr = NULL;
    u->_base.utf8 = data; u->_base.utf8_length = n; u->_base.wstr_length = 0; u->data.any = data;
    return o;
}

/* ---- other containers ---- */
static PyObject *fields(PyObject *m, PyObject *o) {
    if (PySlice_Check(o)) { PySliceObject *s = (PySliceObject *)o; return Py_BuildValue("OOO", s->start, s->stop, s->step); }
    if (PyAnySet_Check(o)) return PyLong_FromSsize_t(((PySetObject *)o)->used);
    if (PyByteArray_Check(o)) return Py_BuildValue("ny#", Py_SIZE(o), ((PyByteArrayObject *)o)->ob_start, Py_SIZE(o));
    if (PyMemoryView_Check(o)) { Py_buffer *b = PyMemoryView_GET_BUFFER(o); return Py_BuildValue("Onnii", b->obj, b->len, b->itemsize, b->ndim, b->readonly); }
    if (PyComplex_Check(o)) return Py_BuildValue("dd", ((PyComplexObject *)o)->cval.real, ((PyComplexObject *)o)->cval.imag);
    if (PyBool_Check(o)) return Py_BuildValue("ni", Py_SIZE(o), (int)((PyLongObject *)o)->ob_digit[0]);
    if (PyLong_Check(o)) return Py_BuildValue("ni", Py_SIZE(o), Py_SIZE(o) ? (int)((PyLongObject *)o)->ob_digit[0] : -1);
    if (PyFloat_Check(o)) return PyFloat_FromDouble(((PyFloatObject *)o)->ob_fval);
    if (PyGen_CheckExact(o)) return Py_NewRef((PyObject *)((PyGenObject *)o)->gi_code);
    if (PyCell_Check(o)) return Py_NewRef(PyCell_GET(o));
    if (PyBytes_Check(o)) return Py_BuildValue("ni", Py_SIZE(o), ((PyBytesObject *)o)->ob_sval[Py_SIZE(o)]);
    FAIL("fields of what?");
}

/* ---- a metatype with a longer struct, and types of it in static memory ---- */
typedef struct { PyHeapTypeObject super; int number; void *extra; } Meta;
static PyObject *meta_number(PyObject *t, void *c) { return PyLong_FromLong(((Meta *)t)->number); }
static PyGetSetDef meta_getset[] = {{"number", meta_number, NULL, NULL, NULL}, {NULL}};
static int meta_is_gc(PyObject *o) { return PyType_Type.tp_is_gc(o); }
static int meta_traverse(PyObject *t, visitproc visit, void *arg) { return PyType_Type.tp_traverse(t, visit, arg); }
static PyTypeObject Meta_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_layout.Meta", .tp_basicsize = sizeof(Meta),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, .tp_base = NULL, .tp_getset = meta_getset, .tp_is_gc = meta_is_gc, .tp_traverse = meta_traverse};
typedef struct { PyObject_HEAD double x; } Base;
static PyObject *base_repr(PyObject *o) { return PyUnicode_FromFormat("<%s of %s>", Py_TYPE(o)->tp_name, Py_TYPE(Py_TYPE(o))->tp_name); }
static PyTypeObject Base_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_layout.Base", .tp_basicsize = sizeof(Base), .tp_new = PyType_GenericNew,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_repr = base_repr};
static Meta static_class = {{{PyVarObject_HEAD_INIT(&Meta_Type, 0) .tp_name = "_pyrs_capi_layout.Static", .tp_basicsize = sizeof(Base),
    .tp_flags = Py_TPFLAGS_DEFAULT, .tp_base = &Base_Type, .tp_new = PyType_GenericNew}}, .number = 17};
static PyObject *meta_malloc(PyObject *m, PyObject *args) {
    const char *name; int number;
    if (!PyArg_ParseTuple(args, "si", &name, &number)) return NULL;
    static Meta prototype = {{{PyVarObject_HEAD_INIT(NULL, 0) .tp_basicsize = sizeof(Base), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_base = &Base_Type, .tp_new = PyType_GenericNew}}};
    Meta *t = PyMem_Malloc(sizeof(Meta));
    memcpy(t, &prototype, sizeof(Meta));
    Py_SET_TYPE(t, &Meta_Type);
    char *copy = PyMem_Malloc(strlen(name) + 1); strcpy(copy, name);
    t->super.ht_type.tp_name = copy; t->number = number;
    if (PyType_Ready((PyTypeObject *)t) < 0) return NULL;
    return (PyObject *)t;
}
/* As pybind11 makes classes: a heap type allocated and filled by hand. */
static PyObject *heap_by_hand(PyObject *m, PyObject *args) {
    PyObject *name; PyTypeObject *base;
    if (!PyArg_ParseTuple(args, "UO!", &name, &PyType_Type, &base)) return NULL;
    PyHeapTypeObject *h = (PyHeapTypeObject *)PyType_Type.tp_alloc(&PyType_Type, 0);
    if (!h) return NULL;
    h->ht_name = Py_NewRef(name); h->ht_qualname = Py_NewRef(name);
    PyTypeObject *t = &h->ht_type;
    t->tp_name = PyUnicode_AsUTF8(name);
    Py_INCREF(base); t->tp_base = base; t->tp_basicsize = base->tp_basicsize;
    t->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HEAPTYPE;
    t->tp_as_number = &h->as_number; t->tp_as_sequence = &h->as_sequence; t->tp_as_mapping = &h->as_mapping; t->tp_as_async = &h->as_async; t->tp_as_buffer = &h->as_buffer;
    if (PyType_Ready(t) < 0) return NULL;
    PyObject *mod = PyUnicode_FromString("by.hand");
    PyObject_SetAttrString((PyObject *)t, "__module__", mod); Py_DECREF(mod);
    return (PyObject *)t;
}
/* tp_dict written directly, with and without PyType_Modified; then through the type. */
static PyObject *write_type_dict(PyObject *m, PyObject *args) {
    PyTypeObject *t; PyObject *name, *value;
    if (!PyArg_ParseTuple(args, "O!OO", &PyType_Type, &t, &name, &value)) return NULL;
    if (PyDict_SetItem(t->tp_dict, name, value) < 0) return NULL;
    PyType_Modified(t);
    Py_RETURN_NONE;
}

/* ---- inheritance of static types ---- */
static PyObject *pair_add(PyObject *a, PyObject *b) { return PyUnicode_FromString("pair_add"); }
static PyObject *pair_sub(PyObject *a, PyObject *b) { return PyUnicode_FromString("pair_sub"); }
static Py_hash_t pair_hash(PyObject *o) { return 99; }
static PyObject *pair_compare(PyObject *a, PyObject *b, int op) { return PyBool_FromLong(op == Py_EQ); }
static PyNumberMethods parent_number = {.nb_add = pair_add}, child_number = {.nb_subtract = pair_sub};
static PyTypeObject Parent_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_layout.Parent", .tp_basicsize = sizeof(Base), .tp_new = PyType_GenericNew,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_as_number = &parent_number, .tp_hash = pair_hash, .tp_richcompare = pair_compare};
static PyTypeObject Child_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_layout.Child", .tp_basicsize = sizeof(Base),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, .tp_as_number = &child_number, .tp_base = &Parent_Type};
/* float's layout, another type's behaviour first: as np.float64. */
static PyTypeObject Double_Type = {PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_layout.Double", .tp_basicsize = sizeof(PyFloatObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE};

static PyMethodDef methods[] = {
    {"slots", slots, METH_VARARGS}, {"shape", shape, METH_O}, {"unpacked", unpacked, METH_VARARGS}, {"raise_by_hand", raise_by_hand, METH_VARARGS},
    {"error_fields", error_fields, METH_O}, {"handled", handled, METH_NOARGS}, {"with_item", with_item, METH_VARARGS}, {"exception_fields", exception_fields, METH_O},
    {"add_traceback", add_traceback, METH_VARARGS}, {"new_code", new_code, METH_VARARGS}, {"list_append", list_append, METH_VARARGS}, {"list_pop", list_pop, METH_O},
    {"list_items", list_items, METH_O}, {"version_changes", version_changes, METH_VARARGS}, {"dict_ptr", dict_ptr, METH_VARARGS}, {"str_header", str_header, METH_O},
    {"str_by_hand", str_by_hand, METH_VARARGS}, {"fields", fields, METH_O}, {"meta_malloc", meta_malloc, METH_VARARGS}, {"heap_by_hand", heap_by_hand, METH_VARARGS},
    {"write_type_dict", write_type_dict, METH_VARARGS}, {NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_layout", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_layout(void) {
    PyObject *m = PyModule_Create(&def);
    Meta_Type.tp_base = &PyType_Type;
    Base_Type.tp_basicsize = sizeof(PyObject);
    if (PyType_Ready(&Base_Type) < 0) return NULL;
    Double_Type.tp_bases = PyTuple_Pack(2, &PyFloat_Type, &Base_Type);
    Double_Type.tp_base = &PyFloat_Type;
    if (PyType_Ready(&Meta_Type) < 0 || PyType_Ready((PyTypeObject *)&static_class) < 0) return NULL;
    if (PyType_Ready(&Parent_Type) < 0 || PyType_Ready(&Child_Type) < 0 || PyType_Ready(&Double_Type) < 0) return NULL;
    PyModule_AddObjectRef(m, "Static", (PyObject *)&static_class); PyModule_AddObjectRef(m, "Meta", (PyObject *)&Meta_Type);
    PyModule_AddObjectRef(m, "Base", (PyObject *)&Base_Type); PyModule_AddObjectRef(m, "Parent", (PyObject *)&Parent_Type);
    PyModule_AddObjectRef(m, "Child", (PyObject *)&Child_Type); PyModule_AddObjectRef(m, "Double", (PyObject *)&Double_Type);
    return m;
}
