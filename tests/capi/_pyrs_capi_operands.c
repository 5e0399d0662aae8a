/* What an operator of an extension type sees of its operands: NumPy puts the result into one that has a single reference
   if the interpreter's evaluation function is on the native stack, with nothing but Python and itself in front of it. */
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <string.h>

static PyObject *seen;

static int called_by_the_interpreter(void) {
    void *frames[10];
    int n = backtrace(frames, 10);
    for (int i = 0; i < n; i++) {
        Dl_info info;
        if (dladdr(frames[i], &info) && info.dli_sname && !strcmp(info.dli_sname, "_PyEval_EvalFrameDefault")) return 1;
    }
    return 0;
}
static PyObject *note(const char *op, PyObject *a, PyObject *b);
static PyObject *add(PyObject *a, PyObject *b) { return note("+", a, b); }
static PyObject *subtract(PyObject *a, PyObject *b) { return note("-", a, b); }
static PyNumberMethods number = {.nb_add = add, .nb_subtract = subtract};
static PyTypeObject Type = {PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pyrs_capi_operands.Counted",
    .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_new = PyType_GenericNew, .tp_as_number = &number};
static int is_alone(PyObject *o) { return Py_IS_TYPE(o, &Type) && Py_REFCNT(o) == 1; }
static PyObject *note(const char *op, PyObject *a, PyObject *b) {
    PyObject *row = Py_BuildValue("(siii)", op, is_alone(a), is_alone(b), called_by_the_interpreter());
    if (!row || PyList_Append(seen, row) < 0) return NULL;
    Py_DECREF(row);
    if (PyUnicode_Check(b)) Py_RETURN_NOTIMPLEMENTED;
    return PyObject_CallNoArgs((PyObject *)&Type);
}
static PyMethodDef methods[] = {{NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_operands", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_operands(void) {
    PyObject *m = PyModule_Create(&module_def);
    seen = PyList_New(0);
    if (!m || PyType_Ready(&Type) < 0 || PyModule_AddObjectRef(m, "Counted", (PyObject *)&Type) < 0 ||
        PyModule_AddObjectRef(m, "seen", seen) < 0) return NULL;
    return m;
}
