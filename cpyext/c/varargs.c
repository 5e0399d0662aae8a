/* The variadic functions of the C API. Stable Rust cannot define them, so each one here only starts its argument
   list and hands it on; Rust reads the list through the pyrs_va_* functions and does everything else. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

typedef struct _object PyObject;
typedef struct { va_list ap; } Va;

int pyrs_va_int(Va *v) { return va_arg(v->ap, int); }
long long pyrs_va_long(Va *v) { return va_arg(v->ap, long long); }
double pyrs_va_double(Va *v) { return va_arg(v->ap, double); }
void *pyrs_va_ptr(Va *v) { return va_arg(v->ap, void *); }

#define START(last) Va v; va_start(v.ap, last)
#define COPY(list) Va v; va_copy(v.ap, list)
#define END va_end(v.ap)
/* Arguments that are gathered here. */
enum { FEW = 8 };

/* ---- modsupport.h: parsing ---- */
int pyrs_parse(PyObject *args, const char *format, Va *v, int flags);
int pyrs_parse_keywords(PyObject *args, PyObject *kw, const char *format, char **names, Va *v, int flags);
int pyrs_parse_stack(PyObject *const *args, ptrdiff_t n, const char *format, Va *v, int flags);
int pyrs_parse_stack_keywords(PyObject *const *args, ptrdiff_t n, PyObject *names, void *parser, Va *v, int flags);
int pyrs_unpack(PyObject *args, const char *name, ptrdiff_t min, ptrdiff_t max, Va *v);
int pyrs_unpack_stack(PyObject *const *args, ptrdiff_t n, const char *name, ptrdiff_t min, ptrdiff_t max, Va *v);

enum { SIZE_T = 1, COMPAT = 2 };

int PyArg_Parse(PyObject *args, const char *format, ...) { START(format); int r = pyrs_parse(args, format, &v, COMPAT); END; return r; }
int _PyArg_Parse_SizeT(PyObject *args, const char *format, ...) { START(format); int r = pyrs_parse(args, format, &v, COMPAT | SIZE_T); END; return r; }
int PyArg_ParseTuple(PyObject *args, const char *format, ...) { START(format); int r = pyrs_parse(args, format, &v, 0); END; return r; }
int _PyArg_ParseTuple_SizeT(PyObject *args, const char *format, ...) { START(format); int r = pyrs_parse(args, format, &v, SIZE_T); END; return r; }
int PyArg_VaParse(PyObject *args, const char *format, va_list list) { COPY(list); int r = pyrs_parse(args, format, &v, 0); END; return r; }
int _PyArg_VaParse_SizeT(PyObject *args, const char *format, va_list list) { COPY(list); int r = pyrs_parse(args, format, &v, SIZE_T); END; return r; }
int _PyArg_ParseStack(PyObject *const *args, ptrdiff_t n, const char *format, ...) { START(format); int r = pyrs_parse_stack(args, n, format, &v, 0); END; return r; }
int _PyArg_ParseStack_SizeT(PyObject *const *args, ptrdiff_t n, const char *format, ...) { START(format); int r = pyrs_parse_stack(args, n, format, &v, SIZE_T); END; return r; }
int PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *kw, const char *format, char **names, ...) { START(names); int r = pyrs_parse_keywords(args, kw, format, names, &v, 0); END; return r; }
int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kw, const char *format, char **names, ...) { START(names); int r = pyrs_parse_keywords(args, kw, format, names, &v, SIZE_T); END; return r; }
int PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *kw, const char *format, char **names, va_list list) { COPY(list); int r = pyrs_parse_keywords(args, kw, format, names, &v, 0); END; return r; }
int _PyArg_VaParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kw, const char *format, char **names, va_list list) { COPY(list); int r = pyrs_parse_keywords(args, kw, format, names, &v, SIZE_T); END; return r; }
int _PyArg_ParseStackAndKeywords(PyObject *const *args, ptrdiff_t n, PyObject *names, void *parser, ...) { START(parser); int r = pyrs_parse_stack_keywords(args, n, names, parser, &v, 0); END; return r; }
int _PyArg_ParseStackAndKeywords_SizeT(PyObject *const *args, ptrdiff_t n, PyObject *names, void *parser, ...) { START(parser); int r = pyrs_parse_stack_keywords(args, n, names, parser, &v, SIZE_T); END; return r; }
PyObject *const *pyrs_tuple_items(PyObject *args, ptrdiff_t *n);
int PyArg_UnpackTuple(PyObject *args, const char *name, ptrdiff_t min, ptrdiff_t max, ...) {
    ptrdiff_t n;
    PyObject *const *items = pyrs_tuple_items(args, &n);
    int r = 1;
    START(max);
    if (items && n >= min && n <= max)
        for (ptrdiff_t i = 0; i < n; i++) *va_arg(v.ap, PyObject **) = items[i];
    else r = pyrs_unpack(args, name, min, max, &v);
    END;
    return r;
}
int _PyArg_UnpackStack(PyObject *const *args, ptrdiff_t n, const char *name, ptrdiff_t min, ptrdiff_t max, ...) { START(max); int r = pyrs_unpack_stack(args, n, name, min, max, &v); END; return r; }

/* ---- modsupport.h: building ---- */
PyObject *pyrs_build(const char *format, Va *v, int flags);
PyObject *Py_BuildValue(const char *format, ...) { START(format); PyObject *r = pyrs_build(format, &v, 0); END; return r; }
PyObject *_Py_BuildValue_SizeT(const char *format, ...) { START(format); PyObject *r = pyrs_build(format, &v, SIZE_T); END; return r; }
PyObject *Py_VaBuildValue(const char *format, va_list list) { COPY(list); PyObject *r = pyrs_build(format, &v, 0); END; return r; }
PyObject *_Py_VaBuildValue_SizeT(const char *format, va_list list) { COPY(list); PyObject *r = pyrs_build(format, &v, SIZE_T); END; return r; }

/* ---- abstract.h: calls ---- */
PyObject *pyrs_call_format(PyObject *f, const char *format, Va *v, int flags);
PyObject *pyrs_call_method_format(PyObject *o, const char *name, const char *format, Va *v, int flags);
PyObject *pyrs_call_method_object_format(PyObject *o, PyObject *name, const char *format, Va *v, int flags);
PyObject *pyrs_call_objects(PyObject *f, Va *v);
PyObject *pyrs_call_method_objects(PyObject *o, PyObject *name, Va *v);
PyObject *PyObject_CallFunction(PyObject *f, const char *format, ...) { START(format); PyObject *r = pyrs_call_format(f, format, &v, 0); END; return r; }
PyObject *_PyObject_CallFunction_SizeT(PyObject *f, const char *format, ...) { START(format); PyObject *r = pyrs_call_format(f, format, &v, SIZE_T); END; return r; }
PyObject *_PyObject_CallMethod(PyObject *o, PyObject *name, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_object_format(o, name, format, &v, 0); END; return r; }
PyObject *PyEval_CallFunction(PyObject *f, const char *format, ...) { START(format); PyObject *r = pyrs_call_format(f, format, &v, 0); END; return r; }
PyObject *PyObject_CallMethod(PyObject *o, const char *name, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_format(o, name, format, &v, 0); END; return r; }
PyObject *_PyObject_CallMethod_SizeT(PyObject *o, const char *name, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_format(o, name, format, &v, SIZE_T); END; return r; }
PyObject *PyEval_CallMethod(PyObject *o, const char *name, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_format(o, name, format, &v, 0); END; return r; }
PyObject *PyObject_Vectorcall(PyObject *f, PyObject *const *args, size_t n, PyObject *names);
PyObject *PyObject_CallFunctionObjArgs(PyObject *f, ...) {
    PyObject *args[FEW + 1];
    size_t n = 0;
    if (f) {
        START(f);
        while (n < FEW && (args[n + 1] = va_arg(v.ap, PyObject *))) n++;
        END;
        if (n < FEW) return PyObject_Vectorcall(f, args + 1, n | ((size_t)1 << 63), NULL);
    }
    START(f);
    PyObject *r = pyrs_call_objects(f, &v);
    END;
    return r;
}
PyObject *PyObject_VectorcallMethod(PyObject *name, PyObject *const *args, size_t n, PyObject *names);
PyObject *PyObject_CallMethodObjArgs(PyObject *o, PyObject *name, ...) {
    PyObject *args[FEW + 2];
    size_t n = 1;
    args[1] = o;
    if (o && name) {
        START(name);
        while (n <= FEW && (args[n + 1] = va_arg(v.ap, PyObject *))) n++;
        END;
        if (n <= FEW) return PyObject_VectorcallMethod(name, args + 1, n | ((size_t)1 << 63), NULL);
    }
    START(name);
    PyObject *r = pyrs_call_method_objects(o, name, &v);
    END;
    return r;
}
PyObject *pyrs_call_method_id_format(PyObject *o, void *id, const char *format, Va *v, int flags);
PyObject *pyrs_call_method_id_objects(PyObject *o, void *id, Va *v);
PyObject *_PyObject_CallMethodId(PyObject *o, void *id, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_id_format(o, id, format, &v, 0); END; return r; }
PyObject *_PyObject_CallMethodId_SizeT(PyObject *o, void *id, const char *format, ...) { START(format); PyObject *r = pyrs_call_method_id_format(o, id, format, &v, SIZE_T); END; return r; }
PyObject *_PyObject_CallMethodIdObjArgs(PyObject *o, void *id, ...) { START(id); PyObject *r = pyrs_call_method_id_objects(o, id, &v); END; return r; }
PyObject *pyrs_tuple_of(ptrdiff_t n, PyObject **items);
PyObject *pyrs_tuple_pack(ptrdiff_t n, Va *v);
PyObject *PyTuple_Pack(ptrdiff_t n, ...) {
    PyObject *items[FEW];
    START(n);
    PyObject *r;
    if (n >= 0 && n <= FEW) {
        for (ptrdiff_t i = 0; i < n; i++) items[i] = va_arg(v.ap, PyObject *);
        r = pyrs_tuple_of(n, items);
    } else r = pyrs_tuple_pack(n, &v);
    END;
    return r;
}

/* ---- formatted text ---- */
PyObject *pyrs_format(const char *format, Va *v);
PyObject *pyrs_bytes_format(const char *format, Va *v);
PyObject *pyrs_err_format(PyObject *type, const char *format, Va *v);
PyObject *pyrs_err_format_from_cause(PyObject *type, const char *format, Va *v);
int pyrs_listening(void);
int pyrs_audit(const char *event, PyObject *arguments);
int pyrs_warn_format(PyObject *category, PyObject *source, ptrdiff_t level, const char *format, Va *v);
void pyrs_sys_write(int err, const char *text);
void pyrs_sys_format(int err, const char *format, Va *v);
PyObject *PyUnicode_FromFormat(const char *format, ...) { START(format); PyObject *r = pyrs_format(format, &v); END; return r; }
PyObject *PyUnicode_FromFormatV(const char *format, va_list list) { COPY(list); PyObject *r = pyrs_format(format, &v); END; return r; }
PyObject *PyBytes_FromFormat(const char *format, ...) { START(format); PyObject *r = pyrs_bytes_format(format, &v); END; return r; }
PyObject *PyBytes_FromFormatV(const char *format, va_list list) { COPY(list); PyObject *r = pyrs_bytes_format(format, &v); END; return r; }
PyObject *PyErr_Format(PyObject *type, const char *format, ...) { START(format); PyObject *r = pyrs_err_format(type, format, &v); END; return r; }
PyObject *PyErr_FormatV(PyObject *type, const char *format, va_list list) { COPY(list); PyObject *r = pyrs_err_format(type, format, &v); END; return r; }
PyObject *_PyErr_FormatFromCause(PyObject *type, const char *format, ...) { START(format); PyObject *r = pyrs_err_format_from_cause(type, format, &v); END; return r; }
PyObject *_PyErr_Format(void *tstate, PyObject *type, const char *format, ...) { (void)tstate; START(format); PyObject *r = pyrs_err_format(type, format, &v); END; return r; }
int PyErr_WarnFormat(PyObject *category, ptrdiff_t level, const char *format, ...) { START(format); int r = pyrs_warn_format(category, 0, level, format, &v); END; return r; }
int pyrs_warn_explicit(PyObject *category, PyObject *message, const char *file, int line, const char *module, PyObject *registry);
int PyErr_WarnExplicitFormat(PyObject *category, const char *file, int line, const char *module, PyObject *registry, const char *format, ...) { START(format); PyObject *message = pyrs_format(format, &v); END; return pyrs_warn_explicit(category, message, file, line, module, registry); }
int PyErr_ResourceWarning(PyObject *source, ptrdiff_t level, const char *format, ...) { extern PyObject *PyExc_ResourceWarning; START(format); int r = pyrs_warn_format(PyExc_ResourceWarning, source, level, format, &v); END; return r; }
int PySys_Audit(const char *event, const char *format, ...) {
    PyObject *arguments = 0;
    if (!pyrs_listening()) return 0;
    if (format && *format) {
        START(format); arguments = pyrs_build(format, &v, SIZE_T); END;
        if (!arguments) return -1;
    }
    return pyrs_audit(event, arguments);
}

int PyOS_vsnprintf(char *out, size_t size, const char *format, va_list list) {
    int n = vsnprintf(out, size, format, list);
    if (size > 0) out[size - 1] = '\0';
    return n;
}
int PyOS_snprintf(char *out, size_t size, const char *format, ...) {
    va_list list; va_start(list, format);
    int n = PyOS_vsnprintf(out, size, format, list);
    va_end(list);
    return n;
}
static void sys_write(int err, const char *format, va_list list) {
    char text[1001];
    int n = vsnprintf(text, sizeof text, format, list);
    pyrs_sys_write(err, text);
    if (n < 0 || (size_t)n >= sizeof text) pyrs_sys_write(err, "... truncated");
}
void PySys_WriteStdout(const char *format, ...) { va_list list; va_start(list, format); sys_write(0, format, list); va_end(list); }
void PySys_WriteStderr(const char *format, ...) { va_list list; va_start(list, format); sys_write(1, format, list); va_end(list); }
void PySys_FormatStdout(const char *format, ...) { START(format); pyrs_sys_format(0, format, &v); END; }
void PySys_FormatStderr(const char *format, ...) { START(format); pyrs_sys_format(1, format, &v); END; }
/* The writer's formatted form is used by no wheel measured; it goes through a str. */
