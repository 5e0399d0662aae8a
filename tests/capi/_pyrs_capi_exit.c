/* An extension module with a thread that its destructor waits for, as thread pools of C++ libraries do. The thread gives up
   a reference when the program has ended. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <unistd.h>

static pthread_t thread;
static volatile int started, asked, careful;
static PyObject *held;

static void *work(void *unused) {
    while (!asked) usleep(1000);
    if (careful && !Py_IsInitialized()) { puts("too late"); fflush(stdout); return NULL; }
    PyGILState_STATE s = PyGILState_Ensure();
    Py_CLEAR(held);
    PyGILState_Release(s);
    puts("given up");
    fflush(stdout);
    return NULL;
}
static PyObject *start(PyObject *m, PyObject *args) {
    int c;
    if (!PyArg_ParseTuple(args, "Oi:start", &held, &c)) return NULL;
    Py_INCREF(held);
    careful = c;
    started = pthread_create(&thread, NULL, work, NULL) == 0;
    return PyBool_FromLong(started);
}
__attribute__((destructor)) static void wait_for_it(void) {
    if (!started) return;
    asked = 1;
    pthread_join(thread, NULL);
    puts("joined");
    fflush(stdout);
}

static PyMethodDef methods[] = {{"start", start, METH_VARARGS, NULL}, {NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_exit", NULL, 0, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_exit(void) { return PyModuleDef_Init(&module_def); }
