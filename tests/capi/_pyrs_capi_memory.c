/* An extension module that allocates in all of C's domains, and has blocks of its own traced. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

extern PyObject *_PyTraceMalloc_GetTraceback(unsigned int domain, uintptr_t ptr);

static void *take(int domain, size_t n) {
    return domain == 0 ? PyMem_RawMalloc(n) : domain == 1 ? PyMem_Malloc(n) : domain == 2 ? PyObject_Malloc(n) : domain == 3 ? PyMem_Calloc(n, 1) : domain == 4 ? PyMem_RawCalloc(n, 1) : PyObject_Calloc(1, n);
}
static void *change(int domain, void *p, size_t n) {
    return domain % 4 == 0 ? PyMem_RawRealloc(p, n) : domain % 2 == 1 && domain < 5 ? PyMem_Realloc(p, n) : PyObject_Realloc(p, n);
}
static void give(int domain, void *p) {
    if (domain % 4 == 0) PyMem_RawFree(p); else if (domain % 2 == 1 && domain < 5) PyMem_Free(p); else PyObject_Free(p);
}
static PyObject *allocate(PyObject *m, PyObject *args) {
    int domain; Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "in", &domain, &n)) return NULL;
    return PyLong_FromVoidPtr(take(domain, n));
}
static PyObject *resize(PyObject *m, PyObject *args) {
    int domain; Py_ssize_t n; unsigned long long p;
    if (!PyArg_ParseTuple(args, "iKn", &domain, &p, &n)) return NULL;
    return PyLong_FromVoidPtr(change(domain, (void *)p, n));
}
static PyObject *release(PyObject *m, PyObject *args) {
    int domain; unsigned long long p;
    if (!PyArg_ParseTuple(args, "iK", &domain, &p)) return NULL;
    give(domain, (void *)p);
    Py_RETURN_NONE;
}
static PyObject *track(PyObject *m, PyObject *args) {
    unsigned int domain; unsigned long long p; Py_ssize_t n; int unlocked = 0, r;
    if (!PyArg_ParseTuple(args, "IKn|p", &domain, &p, &n, &unlocked)) return NULL;
    if (unlocked) { Py_BEGIN_ALLOW_THREADS r = PyTraceMalloc_Track(domain, p, n); Py_END_ALLOW_THREADS }
    else r = PyTraceMalloc_Track(domain, p, n);
    return PyLong_FromLong(r);
}
static PyObject *untrack(PyObject *m, PyObject *args) {
    unsigned int domain; unsigned long long p;
    if (!PyArg_ParseTuple(args, "IK", &domain, &p)) return NULL;
    return PyLong_FromLong(PyTraceMalloc_Untrack(domain, p));
}
static PyObject *traceback(PyObject *m, PyObject *args) {
    unsigned int domain; unsigned long long p;
    if (!PyArg_ParseTuple(args, "IK", &domain, &p)) return NULL;
    return _PyTraceMalloc_GetTraceback(domain, p);
}
static void *work(void *arg) {
    int r = PyTraceMalloc_Track(9, 0x900, 90);
    return (void *)(intptr_t)r;
}
/* From a thread that Python does not know. */
static PyObject *track_in_thread(PyObject *m, PyObject *unused) {
    pthread_t t; void *r = NULL;
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&t, NULL, work, NULL);
    pthread_join(t, &r);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong((intptr_t)r);
}
static PyObject *warn(PyObject *m, PyObject *source) {
    if (PyErr_ResourceWarning(source, 1, "%s left open", Py_TYPE(source)->tp_name) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyMethodDef methods[] = {{"allocate", allocate, METH_VARARGS, NULL}, {"resize", resize, METH_VARARGS, NULL}, {"release", release, METH_VARARGS, NULL},
    {"track", track, METH_VARARGS, NULL}, {"untrack", untrack, METH_VARARGS, NULL}, {"traceback", traceback, METH_VARARGS, NULL},
    {"track_in_thread", track_in_thread, METH_NOARGS, NULL}, {"warn", warn, METH_O, NULL}, {NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_memory", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_memory(void) { return PyModule_Create(&module_def); }
