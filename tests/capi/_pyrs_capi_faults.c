/* An extension module that breaks the rules, each function in a way of its own: what `-X audit` must find. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *held;

/* Gives up a reference that is not its own. */
static PyObject *lose(PyObject *m, PyObject *o) { Py_DECREF(o); Py_RETURN_NONE; }
/* Remembers an object without a reference, and counts it up when it may be gone. */
static PyObject *remember(PyObject *m, PyObject *o) { held = o; Py_RETURN_NONE; }
static PyObject *touch(PyObject *m, PyObject *unused) { Py_INCREF(held); Py_RETURN_NONE; }
/* Returns what may be gone. */
static PyObject *give(PyObject *m, PyObject *unused) { return held; }
/* Returns an object and an exception. */
static PyObject *both(PyObject *m, PyObject *unused) { PyErr_SetString(PyExc_ValueError, "both"); return PyLong_FromLong(1); }
/* Writes a word into a tuple that is no object. */
static PyObject *spoil(PyObject *m, PyObject *t) {
    PyTuple_SET_ITEM(t, 0, (PyObject *)0xfffe000000000001);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"lose", lose, METH_O, NULL}, {"remember", remember, METH_O, NULL}, {"touch", touch, METH_NOARGS, NULL},
    {"give", give, METH_NOARGS, NULL}, {"both", both, METH_NOARGS, NULL}, {"spoil", spoil, METH_O, NULL}, {NULL},
};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_faults", NULL, 0, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_faults(void) { return PyModuleDef_Init(&module_def); }
