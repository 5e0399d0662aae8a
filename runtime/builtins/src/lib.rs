//! The `builtins` module: functions that need no interpreter. `vm` adds those that look at frames or compile.

mod functions;
mod minmax;
mod print;

pub use functions::{dir_of, vars_of};
use pyrs_object::{PyResult, Ref, Type, Value, exceptions, module, singletons};

/// The built-in types by their names.
fn types() -> Vec<(&'static str, Type)> {
    use pyrs_object::*;
    vec![
        ("object", ty!(typeobject::PyBaseObject_Type)),
        ("type", ty!(typeobject::PyType_Type)),
        ("int", ty!(int::PyLong_Type)),
        ("bool", ty!(bool::PyBool_Type)),
        ("float", ty!(float::PyFloat_Type)),
        ("complex", ty!(complex::PyComplex_Type)),
        ("str", ty!(str::PyUnicode_Type)),
        ("bytes", ty!(bytes::PyBytes_Type)),
        ("bytearray", ty!(bytearray::PyByteArray_Type)),
        ("memoryview", ty!(memory::PyMemoryView_Type)),
        ("list", ty!(list::PyList_Type)),
        ("tuple", ty!(tuple::PyTuple_Type)),
        ("dict", ty!(dict::PyDict_Type)),
        ("set", ty!(set::PySet_Type)),
        ("frozenset", ty!(set::PyFrozenSet_Type)),
        ("slice", ty!(slice::PySlice_Type)),
        ("range", ty!(range::PyRange_Type)),
        ("enumerate", ty!(enumobject::PyEnum_Type)),
        ("reversed", ty!(enumobject::PyReversed_Type)),
        ("zip", ty!(enumobject::PyZip_Type)),
        ("map", ty!(enumobject::PyMap_Type)),
        ("filter", ty!(enumobject::PyFilter_Type)),
        ("property", ty!(descr::PyProperty_Type)),
        ("classmethod", ty!(descr::PyClassMethod_Type)),
        ("staticmethod", ty!(descr::PyStaticMethod_Type)),
        ("super", ty!(superobject::PySuper_Type)),
    ]
}

/// Makes the module. Exceptions, types and constants included.
pub fn init() -> PyResult {
    let m = module::new("builtins");
    let set = |name: &str, v: Value| module::add(m.value(), name, Ref::new(v));
    module::add_functions(m.value(), (&raw mut functions::FUNCTIONS).cast());
    for (name, t) in types() {
        set(name, t.value());
    }
    for t in exceptions::TYPES {
        set(t.name(), t.value());
    }
    set("EnvironmentError", exceptions::OSError.value());
    set("IOError", exceptions::OSError.value());
    set("None", singletons::none());
    set("Ellipsis", singletons::ellipsis());
    set("NotImplemented", singletons::not_implemented());
    set("True", singletons::bool_value(true));
    set("False", singletons::bool_value(false));
    Ok(m)
}
