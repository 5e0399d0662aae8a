/* What C reads of how the interpreter was started. */
#include <Python.h>

static PyObject *flags(PyObject *m, PyObject *unused) {
    return Py_BuildValue("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i}",
        "bytes_warning", Py_BytesWarningFlag, "debug", Py_DebugFlag, "dont_write_bytecode", Py_DontWriteBytecodeFlag,
        "hash_randomization", Py_HashRandomizationFlag, "ignore_environment", Py_IgnoreEnvironmentFlag,
        "inspect", Py_InspectFlag, "interactive", Py_InteractiveFlag, "isolated", Py_IsolatedFlag,
        "no_site", Py_NoSiteFlag, "no_user_site", Py_NoUserSiteDirectory, "optimize", Py_OptimizeFlag,
        "quiet", Py_QuietFlag, "verbose", Py_VerboseFlag);
}
extern const PyConfig *_PyInterpreterState_GetConfig(PyInterpreterState *);
static PyObject *strings(const PyWideStringList *list) {
    PyObject *all = PyList_New(0);
    for (Py_ssize_t i = 0; all && i < list->length; i++) {
        PyObject *s = PyUnicode_FromWideChar(list->items[i], -1);
        if (!s || PyList_Append(all, s) < 0) Py_CLEAR(all);
        Py_XDECREF(s);
    }
    return all;
}
static PyObject *config(PyObject *m, PyObject *unused) {
    const PyConfig *c = _PyInterpreterState_GetConfig(PyInterpreterState_Get());
    return Py_BuildValue("{s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:u,s:u,s:u,s:u,s:u,s:N,s:N,s:N,s:N}",
        "isolated", c->isolated, "use_environment", c->use_environment, "site_import", c->site_import,
        "optimization_level", c->optimization_level, "write_bytecode", c->write_bytecode, "verbose", c->verbose,
        "user_site_directory", c->user_site_directory, "bytes_warning", c->bytes_warning, "inspect", c->inspect,
        "executable", c->executable, "prefix", c->prefix, "exec_prefix", c->exec_prefix, "platlibdir", c->platlibdir,
        "filesystem_encoding", c->filesystem_encoding,
        "argv", strings(&c->argv), "warnoptions", strings(&c->warnoptions), "xoptions", strings(&c->xoptions),
        "orig_argv", strings(&c->orig_argv));
}
extern _Py_HashSecret_t _Py_HashSecret;
static PyObject *secret(PyObject *m, PyObject *unused) {
    return PyBytes_FromStringAndSize((const char *)&_Py_HashSecret, sizeof _Py_HashSecret);
}

static PyMethodDef methods[] = {
    {"flags", flags, METH_NOARGS, NULL}, {"config", config, METH_NOARGS, NULL}, {"secret", secret, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_pyrs_capi_config", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_config(void) {
    return PyModule_Create(&module);
}
