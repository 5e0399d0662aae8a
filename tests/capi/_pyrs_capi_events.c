/* An extension module with audit hooks and events of its own. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

static int quiet, answer;
static int hook(const char *event, PyObject *args, void *data) {
    if (strncmp(event, "my.", 3) && strcmp(event, "sys.addaudithook") && strcmp(event, "object.__getattr__") && strcmp(event, "builtins.id")) return 0;
    if (quiet) return 0;
    PyObject *r = PyObject_Repr(args);
    printf("%s hears %s %s\n", (char *)data, event, strncmp(event, "my.", 3) ? "" : PyUnicode_AsUTF8(r));
    fflush(stdout);
    Py_XDECREF(r);
    if (answer < 0) { PyErr_SetString(answer == -2 ? PyExc_KeyError : PyExc_RuntimeError, "no"); return -1; }
    return 0;
}
static int at_end(const char *event, PyObject *args, void *data) {
    if (!strcmp(event, "cpython._PySys_ClearAuditHooks")) { printf("%s %d\n", event, (int)PyTuple_Size(args)); fflush(stdout); }
    return 0;
}
static PyObject *add(PyObject *m, PyObject *args) {
    static char *names[] = {"first", "second", "third"};
    static int n;
    int r = PySys_AddAuditHook(hook, names[n++ % 3]);
    if (r < 0 && PyErr_Occurred()) return NULL;
    return PyLong_FromLong(r);
}
static PyObject *add_end(PyObject *m, PyObject *args) { return PyLong_FromLong(PySys_AddAuditHook(at_end, NULL)); }
static PyObject *set(PyObject *m, PyObject *args) {
    if (!PyArg_ParseTuple(args, "ii", &quiet, &answer)) return NULL;
    Py_RETURN_NONE;
}
static PyObject *tell(PyObject *m, PyObject *o) {
    if (PySys_Audit("my.none", NULL) < 0) return NULL;
    if (PySys_Audit("my.empty", "") < 0) return NULL;
    if (PySys_Audit("my.one", "i", 5) < 0) return NULL;
    if (PySys_Audit("my.object", "O", o) < 0) return NULL;
    if (PySys_Audit("my.tuple", "(O)", o) < 0) return NULL;
    if (PySys_Audit("my.many", "Osisy#", o, NULL, 7, "text", "bytes", (Py_ssize_t)3) < 0) return NULL;
    PyErr_SetString(PyExc_ValueError, "set before");
    if (PySys_Audit("my.error", "i", 1) < 0) return NULL;
    if (!PyErr_ExceptionMatches(PyExc_ValueError)) return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}
typedef struct { PyObject_HEAD int x; } Watched;
static PyMemberDef members[] = {{"x", T_INT, offsetof(Watched, x), READONLY | PY_AUDIT_READ, NULL}, {NULL}};
static PyType_Slot slots[] = {{Py_tp_members, members}, {0, NULL}};
static PyType_Spec spec = {"_pyrs_capi_events.Watched", sizeof(Watched), 0, Py_TPFLAGS_DEFAULT, slots};
static PyMethodDef methods[] = {{"add", add, METH_NOARGS, NULL}, {"add_end", add_end, METH_NOARGS, NULL}, {"set", set, METH_VARARGS, NULL}, {"tell", tell, METH_O, NULL}, {NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_events", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_events(void) {
    PyObject *m = PyModule_Create(&module_def), *t = PyType_FromSpec(&spec);
    if (!m || !t || PyModule_AddType(m, (PyTypeObject *)t) < 0) return NULL;
    Py_DECREF(t);
    return m;
}
