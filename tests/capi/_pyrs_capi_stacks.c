/* Coroutines with native stacks of their own, as coroutine libraries make them: beside the stack they exchange the fields of
   the thread state that belong to one. The stacks are parts of a large one, so that they lie where this thread's do. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <ucontext.h>

#define MOST 24
#define STACK (192 * 1024)

typedef struct {
    _PyCFrame *cframe;
    struct _PyInterpreterFrame *current_frame;
    _PyStackChunk *chunk;
    PyObject **top, **limit;
    int depth, trash, tracing;
    _PyErr_StackItem exc_state, *exc_info;
    PyObject *context;
} State;

static struct Coroutine {
    ucontext_t place;
    State state;
    PyObject *function;
    int started, ended;
} all[MOST];
static ucontext_t outside;
static State outer;
static int running = -1;
static PyObject *passed;
static char *area;

static void save(State *s) {
    PyThreadState *t = PyThreadState_Get();
    Py_XDECREF(PyThreadState_GetFrame(t));
    s->cframe = t->cframe;
    s->current_frame = t->cframe->current_frame;
    s->tracing = t->cframe->use_tracing;
    s->chunk = t->datastack_chunk;
    s->top = t->datastack_top;
    s->limit = t->datastack_limit;
    s->depth = t->recursion_limit - t->recursion_remaining;
    s->trash = t->trash_delete_nesting;
    s->exc_state = t->exc_state;
    s->exc_info = t->exc_info;
    s->context = t->context;
}
static void restore(const State *s) {
    PyThreadState *t = PyThreadState_Get();
    t->cframe = s->cframe;
    t->cframe->current_frame = s->current_frame;
    t->cframe->use_tracing = s->tracing;
    t->datastack_chunk = s->chunk;
    t->datastack_top = s->top;
    t->datastack_limit = s->limit;
    t->recursion_remaining = t->recursion_limit - s->depth;
    t->trash_delete_nesting = s->trash;
    t->exc_state = s->exc_state;
    t->exc_info = s->exc_info;
    t->context = s->context;
    t->context_ver++;
}
static void body(void) {
    int i = running;
    PyThreadState *t = PyThreadState_Get();
    _PyCFrame frame = *t->cframe;
    frame.current_frame = NULL;
    t->cframe = &frame;
    t->datastack_chunk = NULL;
    t->datastack_top = t->datastack_limit = NULL;
    t->trash_delete_nesting = 0;
    t->exc_state.exc_value = NULL;
    t->exc_state.previous_item = NULL;
    t->exc_info = &t->exc_state;
    t->context = NULL;
    passed = PyObject_CallNoArgs(all[i].function);
    Py_CLEAR(t->context);
    PyObjectArenaAllocator arena;
    PyObject_GetArenaAllocator(&arena);
    for (_PyStackChunk *c = t->datastack_chunk; c; ) {
        _PyStackChunk *previous = c->previous;
        arena.free(arena.ctx, c, c->size);
        c = previous;
    }
    all[i].ended = 1;
    setcontext(&outside);
}
/* Goes on with a coroutine; gives what it suspends or ends with. */
static PyObject *resume(PyObject *m, PyObject *arg) {
    long i = PyLong_AsLong(arg);
    if (i < 0 || i >= MOST || !all[i].function || all[i].ended || running >= 0)
        return PyErr_Format(PyExc_ValueError, "no suspended coroutine");
    save(&outer);
    running = (int)i;
    if (!all[i].started) {
        all[i].started = 1;
        getcontext(&all[i].place);
        all[i].place.uc_stack.ss_sp = area + i * STACK;
        all[i].place.uc_stack.ss_size = STACK;
        makecontext(&all[i].place, body, 0);
    }
    swapcontext(&outside, &all[i].place);
    running = -1;
    restore(&outer);
    return passed;
}
static PyObject *suspend(PyObject *m, PyObject *value) {
    int i = running;
    if (i < 0) return PyErr_Format(PyExc_ValueError, "no coroutine runs");
    save(&all[i].state);
    Py_INCREF(value);
    passed = value;
    swapcontext(&all[i].place, &outside);
    restore(&all[i].state);
    Py_RETURN_NONE;
}
static PyObject *make(PyObject *m, PyObject *function) {
    for (int i = 0; i < MOST; i++)
        if (!all[i].function || all[i].ended) {
            Py_INCREF(function);
            Py_XSETREF(all[i].function, function);
            all[i].started = all[i].ended = 0;
            return PyLong_FromLong(i);
        }
    return PyErr_Format(PyExc_ValueError, "too many coroutines");
}
static PyObject *ended(PyObject *m, PyObject *arg) { return PyBool_FromLong(all[PyLong_AsLong(arg)].ended); }
/* Calls a function that may use coroutines. */
static PyObject *with_stacks(PyObject *m, PyObject *function) {
    char here[MOST * STACK + 64];
    area = (char *)(((size_t)here + 63) & ~(size_t)63);
    return PyObject_CallNoArgs(function);
}

static PyMethodDef methods[] = {
    {"resume", resume, METH_O, NULL},
    {"suspend", suspend, METH_O, NULL},
    {"make", make, METH_O, NULL},
    {"ended", ended, METH_O, NULL},
    {"with_stacks", with_stacks, METH_O, NULL},
    {NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "_pyrs_capi_stacks", NULL, -1, methods};
PyMODINIT_FUNC PyInit__pyrs_capi_stacks(void) { return PyModule_Create(&module_def); }
