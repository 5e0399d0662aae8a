//! `descrobject.h`.

use crate::*;
use pyrs_object::descr;

capi! {
    fn PyDescr_NewWrapper(t: *mut PyTypeObject, base: *mut std::ffi::c_void, wrapped: *mut std::ffi::c_void) -> O {
        match descr::wrapper_of_base(Type::from_ptr(t), base, wrapped as usize) {
            Some(new) => boundary::to_c(new),
            None => {
                let _ = raise!(SystemError, "PyDescr_NewWrapper: the wrapperbase is not that of a slot wrapper");
                NULL
            }
        }
    }
    fn PyWrapper_New(d: O, slf: O) -> O {
        let (d, slf) = (val(d), val(slf));
        ret(pyrs_object::typeobject::descr_get(d, slf, pyrs_object::ValueExt::ty(slf).value()))
    }
    fn PyDescr_NewMethod(t: *mut PyTypeObject, def: *mut PyMethodDef) -> O { boundary::to_c(descr::new_method_descr(Type::from_ptr(t), def, false)) }
    fn PyDescr_NewClassMethod(t: *mut PyTypeObject, def: *mut PyMethodDef) -> O { boundary::to_c(descr::new_class_method_descr(Type::from_ptr(t), def, false)) }
    fn PyDescr_NewMember(t: *mut PyTypeObject, def: *mut PyMemberDef) -> O { boundary::to_c(descr::new_member(Type::from_ptr(t), def)) }
    fn PyDescr_NewGetSet(t: *mut PyTypeObject, def: *mut PyGetSetDef) -> O { boundary::to_c(descr::new_getset(Type::from_ptr(t), def, false)) }
    fn PyDescr_IsData(o: O) -> c_int { (*(*o).ob_type).tp_descr_set.is_some().into() }
    fn PyMember_GetOne(base: *const c_char, m: *mut PyMemberDef) -> O {
        ret(descr::member_get(base.cast_mut().cast(), &*m, Value::from_object(base.cast_mut().cast())))
    }
    fn PyMember_SetOne(base: *mut c_char, m: *mut PyMemberDef, v: O) -> c_int { status(descr::member_set(base.cast(), &*m, val(v))) }
    fn PyClassMethod_New(f: O) -> O { boundary::to_c(descr::new_class_method(val(f))) }
    fn PyStaticMethod_New(f: O) -> O { boundary::to_c(descr::new_static_method(val(f))) }
}
