//! The list of static types, readied in order at start.

use crate::{PyResult, Type, ty};

/// Readies all static types of this crate. Called once, first of all.
pub fn init() -> PyResult<()> {
    // Types must answer `Type::of` before the first object of theirs exists, so bases and metaclasses come first.
    for &t in TYPES {
        // SAFETY: start-up: nobody else uses the types yet.
        unsafe { crate::typeobject::set_base_and_meta(t.as_ptr()) };
    }
    for &t in TYPES {
        crate::typeobject::ready(t)?;
    }
    Ok(())
}

/// Every `py_type!` of the crate: the root types, then what readying needs, then the rest by module. Exception types
/// are readied by `exceptions`.
static TYPES: &[Type] = &[
    ty!(crate::typeobject::PyBaseObject_Type),
    ty!(crate::typeobject::PyType_Type),
    ty!(crate::str::PyUnicodeIter_Type),
    ty!(crate::str::PyUnicode_Type),
    ty!(crate::int::PyLong_Type),
    ty!(crate::bool::PyBool_Type),
    ty!(crate::tuple::PyTupleIter_Type),
    ty!(crate::tuple::PyTuple_Type),
    ty!(crate::dict::PyDict_Type),
    ty!(crate::none::PyEllipsis_Type),
    ty!(crate::none::_PyNone_Type),
    ty!(crate::none::_PyNotImplemented_Type),
    ty!(crate::descr::PyClassMethodDescr_Type),
    ty!(crate::descr::PyClassMethod_Type),
    ty!(crate::descr::PyGetSetDescr_Type),
    ty!(crate::descr::PyMemberDescr_Type),
    ty!(crate::descr::PyMethodDescr_Type),
    ty!(crate::descr::PyProperty_Type),
    ty!(crate::descr::PyStaticMethod_Type),
    ty!(crate::descr::PyWrapperDescr_Type),
    ty!(crate::descr::_PyMethodWrapper_Type),
    ty!(crate::cfunction::PyCFunction_Type),
    ty!(crate::cfunction::PyCMethod_Type),
    ty!(crate::list::PyListIter_Type),
    ty!(crate::list::PyList_Type),
    ty!(crate::bytearray::PyByteArray_Type),
    ty!(crate::bytes::PyBytes_Type),
    ty!(crate::capsule::PyCapsule_Type),
    ty!(crate::cell::PyCell_Type),
    ty!(crate::complex::PyComplex_Type),
    ty!(crate::enumobject::PyEnum_Type),
    ty!(crate::enumobject::PyFilter_Type),
    ty!(crate::enumobject::PyMap_Type),
    ty!(crate::enumobject::PyReversed_Type),
    ty!(crate::enumobject::PyZip_Type),
    ty!(crate::float::PyFloat_Type),
    ty!(crate::function::PyFunction_Type),
    ty!(crate::genericalias::Py_GenericAliasType),
    ty!(crate::genericalias::_Py_GenericAliasIterType),
    ty!(crate::iterobject::PyCallIter_Type),
    ty!(crate::iterobject::PySeqIter_Type),
    ty!(crate::mappingproxy::PyDictProxy_Type),
    ty!(crate::memory::PyMemoryView_Type),
    ty!(crate::method::PyInstanceMethod_Type),
    ty!(crate::method::PyMethod_Type),
    ty!(crate::module::PyModule_Type),
    ty!(crate::namespace::_PyNamespace_Type),
    ty!(crate::range::PyRangeIter_Type),
    ty!(crate::range::PyRange_Type),
    ty!(crate::set::PyFrozenSet_Type),
    ty!(crate::set::PySet_Type),
    ty!(crate::slice::PySlice_Type),
    ty!(crate::superobject::PySuper_Type),
    ty!(crate::traceback::PyTraceBack_Type),
    ty!(crate::union::_PyUnion_Type),
    ty!(crate::weakref::_PyWeakref_RefType),
    ty!(crate::range::PyLongRangeIter_Type),
    ty!(crate::range::WideRangeIter_Type),
    ty!(crate::list::PyListRevIter_Type),
    ty!(crate::dict::PyDictKeys_Type),
    ty!(crate::dict::PyDictItems_Type),
    ty!(crate::dict::PyDictValues_Type),
    ty!(crate::dict::PyODict_Type),
    ty!(crate::dict::PyODictItems_Type),
    ty!(crate::dict::PyODictIter_Type),
    ty!(crate::dict::PyODictKeys_Type),
    ty!(crate::dict::PyODictValues_Type),
    ty!(crate::set::PySetIter_Type),
    ty!(crate::bytes::PyBytesIter_Type),
    ty!(crate::bytes::PyByteArrayIter_Type),
    ty!(crate::memory::_PyManagedBuffer_Type),
    ty!(crate::dict::PyDictIterKey_Type),
    ty!(crate::dict::PyDictIterValue_Type),
    ty!(crate::dict::PyDictIterItem_Type),
    ty!(crate::dict::PyDictRevIterKey_Type),
    ty!(crate::dict::PyDictRevIterValue_Type),
    ty!(crate::dict::PyDictRevIterItem_Type),
    ty!(crate::weakref::_PyWeakref_ProxyType),
    ty!(crate::weakref::_PyWeakref_CallableProxyType),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn sources(dir: &Path, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).expect("sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, out);
            } else if !["native.rs", "statics.rs"]
                .iter()
                .any(|f| path.ends_with(f))
            {
                out.push(std::fs::read_to_string(&path).expect("source"));
            }
        }
    }

    /// A type that nobody readies has no dict, no MRO and no metaclass.
    #[test]
    fn every_declared_type_is_in_the_list() {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&src, &mut files);
        let list = std::fs::read_to_string(src.join("statics.rs")).expect("source");
        let mut missing = Vec::new();
        for text in &files {
            for part in text.split("py_type! {").skip(1) {
                let Some((_, rest)) = part.split_once("static ") else {
                    continue;
                };
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if name.ends_with("Type") && !list.contains(&format!("::{name})")) {
                    missing.push(name);
                }
            }
        }
        assert!(missing.is_empty(), "not in TYPES: {missing:?}");
    }
}
