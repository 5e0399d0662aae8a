/* Habits of C types: a repr that guards itself, a destructor that leaves the collector's list to
   tp_free. And where code lies in its source. */
#include <Python.h>

typedef struct { PyObject_HEAD PyObject *inner; } Box;
static PyObject *box_repr(Box *b) {
    int running = Py_ReprEnter((PyObject *)b);
    if (running) return running > 0 ? PyUnicode_FromString("Box(...)") : NULL;
    PyObject *r = PyUnicode_FromFormat("Box(%R)", b->inner);
    Py_ReprLeave((PyObject *)b);
    return r;
}
static int box_init(Box *b, PyObject *args, PyObject *kw) {
    PyObject *inner;
    if (!PyArg_ParseTuple(args, "O", &inner)) return -1;
    Py_XSETREF(b->inner, Py_NewRef(inner));
    return 0;
}
static void box_dealloc(Box *b) { Py_XDECREF(b->inner); Py_TYPE(b)->tp_free(b); }
static PyTypeObject Box_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_objects.Box", .tp_basicsize = sizeof(Box), .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew, .tp_init = (initproc)box_init, .tp_repr = (reprfunc)box_repr, .tp_dealloc = (destructor)box_dealloc};

typedef struct { PyObject_HEAD PyObject *held; } Loose;
static PyObject *loose_new(PyTypeObject *t, PyObject *args, PyObject *kw) {
    Loose *o = (Loose *)t->tp_alloc(t, 0);
    if (o) o->held = PyList_New(0);
    return (PyObject *)o;
}
static int loose_traverse(Loose *o, visitproc visit, void *arg) { Py_VISIT(o->held); return 0; }
static int loose_clear(Loose *o) { Py_CLEAR(o->held); return 0; }
static void loose_dealloc(Loose *o) { Py_CLEAR(o->held); Py_TYPE(o)->tp_free(o); }
static PyObject *loose_held(Loose *o, void *unused) { return Py_NewRef(o->held); }
static PyGetSetDef loose_getset[] = {{"held", (getter)loose_held, NULL, NULL, NULL}, {NULL}};
static PyTypeObject Loose_Type = {
    PyVarObject_HEAD_INIT(NULL, 0) .tp_name = "_pyrs_capi_objects.Loose", .tp_basicsize = sizeof(Loose),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, .tp_new = loose_new, .tp_getset = loose_getset,
    .tp_traverse = (traverseproc)loose_traverse, .tp_clear = (inquiry)loose_clear, .tp_dealloc = (destructor)loose_dealloc};

static PyObject *place(PyObject *m, PyObject *args) {
    PyCodeObject *code; int at, line, column, end_line, end_column;
    if (!PyArg_ParseTuple(args, "O!i", &PyCode_Type, &code, &at)) return NULL;
    int r = PyCode_Addr2Location(code, at, &line, &column, &end_line, &end_column);
    return Py_BuildValue("iiiiii", r, PyCode_Addr2Line(code, at), line, column, end_line, end_column);
}
static PyMethodDef methods[] = {{"place", place, METH_VARARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pyrs_capi_objects", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_objects(void) {
    PyObject *m = PyModule_Create(&module);
    if (!m || PyType_Ready(&Box_Type) < 0 || PyModule_AddType(m, &Box_Type) < 0) return NULL;
    if (PyType_Ready(&Loose_Type) < 0 || PyModule_AddType(m, &Loose_Type) < 0) return NULL;
    return m;
}
