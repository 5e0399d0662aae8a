//! `modsupport.h`: `Py_BuildValue` and adding things to modules.

use crate::va::{List, Va};
use crate::*;
use pyrs_object::{bytes, complex, dict, errors, heap, int, module, str, tuple, ty};
use std::ffi::c_long;

struct Builder<'f> {
    f: &'f [u8],
    at: usize,
    list: List,
    size_t: bool,
}

impl Builder<'_> {
    fn peek(&self) -> u8 {
        self.f.get(self.at).copied().unwrap_or(0)
    }
    fn eat(&mut self, c: u8) -> bool {
        let hit = self.peek() == c;
        self.at += usize::from(hit);
        hit
    }
    fn skip_blanks(&mut self) {
        while matches!(self.peek(), b',' | b':' | b' ' | b'\t') {
            self.at += 1;
        }
    }
    /// Values up to `end` (0: the end of the format).
    unsafe fn items(&mut self, end: u8) -> PyResult<Vec<Ref>> {
        let (mut out, mut error) = (Vec::new(), None);
        loop {
            self.skip_blanks();
            let c = self.peek();
            if c == end {
                self.at += usize::from(end != 0);
                return match error {
                    Some(e) => Err(e),
                    None => Ok(out),
                };
            }
            if c == 0 {
                return Err(raise!(SystemError, "unmatched paren in format"));
            }
            // SAFETY: the list has the arguments that the format asks for. After an error the rest is still walked, so
            // that references given by `N` are taken over.
            match unsafe { self.value() } {
                Ok(v) => out.push(v),
                Err(e) => error = Some(e),
            }
        }
    }
    unsafe fn sized(&mut self) -> PyResult<Option<usize>> {
        if !self.eat(b'#') {
            return Ok(None);
        }
        if !self.size_t {
            return Err(raise!(
                SystemError,
                "PY_SSIZE_T_CLEAN macro must be defined for '#' formats"
            ));
        }
        // SAFETY: as `items`.
        let n = unsafe { self.list.long() };
        Ok(if n < 0 { None } else { Some(n as usize) })
    }
    unsafe fn value(&mut self) -> PyResult {
        let l = self.list;
        let c = self.peek();
        self.at += 1;
        // SAFETY: the list has the arguments that the format asks for.
        unsafe {
            Ok(match c {
                b'(' => tuple::from_vec(self.items(b')')?),
                b'[' => pyrs_object::list::from_vec(self.items(b']')?),
                b'{' => {
                    let items = self.items(b'}')?;
                    if items.len() % 2 != 0 {
                        return Err(raise!(SystemError, "Bad dict format"));
                    }
                    let d = dict::new();
                    for pair in items.chunks_exact(2) {
                        dict::set_item(d.value(), pair[0].value(), pair[1].value())?;
                    }
                    d
                }
                b'b' | b'B' | b'h' | b'i' => Ref::int(l.int().into()),
                b'H' => Ref::int((l.int() as u32).into()),
                b'I' => Ref::int((l.int() as u32).into()),
                b'n' | b'l' | b'L' => Ref::int(l.long()),
                b'k' | b'K' => int::from_u64(l.long() as u64),
                b'f' | b'd' => Ref::float(l.double()),
                b'D' => {
                    let c = *l.ptr::<Py_complex>();
                    complex::new(c.real, c.imag)
                }
                b'c' => bytes::new(&[l.int() as u8]),
                b'C' => {
                    let c = l.int();
                    if !(0..=0x10FFFF).contains(&c) {
                        return Err(raise!(ValueError, "chr() arg not in range(0x110000)"));
                    }
                    str::from_char(c as u32)
                }
                b's' | b'z' | b'U' | b'y' => {
                    let p = l.chars();
                    let n = self.sized()?;
                    if p.is_null() {
                        Ref::none()
                    } else {
                        let data = match n {
                            Some(n) => std::slice::from_raw_parts(p.cast::<u8>(), n),
                            None => c_bytes(p),
                        };
                        if c == b'y' {
                            bytes::new(data)
                        } else {
                            pyrs_object::codec::decode(data, "utf-8", "strict")?
                        }
                    }
                }
                b'u' => {
                    let p: *mut u32 = l.ptr();
                    let n = self.sized()?;
                    if p.is_null() {
                        Ref::none()
                    } else {
                        let n = n.unwrap_or_else(|| (0..).take_while(|i| *p.add(*i) != 0).count());
                        if n == 0 {
                            str::empty()
                        } else {
                            str::from_ucs4(std::slice::from_raw_parts(p, n))
                        }
                    }
                }
                b'O' if self.eat(b'&') => {
                    type Converter = unsafe extern "C" fn(*mut u8) -> O;
                    let f = std::mem::transmute::<*mut u8, Converter>(l.ptr());
                    let arg: *mut u8 = l.ptr();
                    boundary::from_c_owned(f(arg))?
                }
                b'O' | b'S' | b'N' => {
                    let o = l.object();
                    if o.is_null() {
                        if !errors::occurred() {
                            return Err(raise!(SystemError, "NULL object passed to Py_BuildValue"));
                        }
                        return Err(Raised::assume_set());
                    }
                    if c == b'N' {
                        steal(o)
                    } else {
                        Ref::new(val(o))
                    }
                }
                _ => {
                    return Err(raise!(
                        SystemError,
                        "bad format char passed to Py_BuildValue"
                    ));
                }
            })
        }
    }
}

/// The values of a format, one by one.
///
/// # Safety
/// The list has the arguments that the format asks for.
pub(crate) unsafe fn build_many(f: &[u8], list: List, size_t: bool) -> PyResult<Vec<Ref>> {
    // SAFETY: by contract.
    unsafe {
        Builder {
            f,
            at: 0,
            list,
            size_t,
        }
        .items(0)
    }
}

/// The module's dict, or the error CPython gives.
fn module_dict(m: Value, function: &str) -> PyResult<Value> {
    if !module::is_module(m) {
        return Err(raise!(
            TypeError,
            "{function}() first argument must be a module"
        ));
    }
    Ok(module::dict(m))
}
fn given(v: O) -> Value {
    if v.is_null() {
        Value::EMPTY
    } else {
        Value::from_object(v)
    }
}
/// Puts the object itself there, box or not: callers go on with the module's reference.
unsafe fn add(m: O, key: *const c_char, v: Value) -> PyResult<()> {
    // SAFETY: by the C API's contract.
    unsafe {
        let d = module_dict(Value::from_object(m), "PyModule_AddObjectRef")?;
        if v.is_empty() {
            if !errors::occurred() {
                let _ = raise!(
                    SystemError,
                    "PyModule_AddObjectRef() must be called with an exception raised if value is NULL"
                );
            }
            return Err(Raised::assume_set());
        }
        // Some modules add static types that they never made ready; the first use must find them so.
        if let Some(t) = pyrs_object::Type::from_value(v)
            && t.ext().is_null()
        {
            pyrs_object::typeobject::ready(t)?;
        }
        dict::set_item(d, name(key).value(), v)
    }
}

capi! {
    fn pyrs_build(f: *const c_char, list: *mut Va, flags: c_int) -> O {
        let r = build_many(c_bytes(f), List(list), flags & 1 != 0);
        ret(r.map(|mut items| match items.len() {
            0 => Ref::none(),
            1 => items.remove(0),
            _ => tuple::from_vec(items),
        }))
    }
    fn PyModule_AddObjectRef(m: O, name: *const c_char, v: O) -> c_int { status(add(m, name, given(v))) }
    fn PyModule_AddObject(m: O, name: *const c_char, v: O) -> c_int {
        let r = add(m, name, given(v));
        if r.is_ok() { heap::xdecref_ptr(v); }
        status(r)
    }
    fn PyModule_AddIntConstant(m: O, name: *const c_char, n: c_long) -> c_int { status(add(m, name, Ref::int(n).value())) }
    fn PyModule_AddStringConstant(m: O, name: *const c_char, s: *const c_char) -> c_int {
        match pyrs_object::codec::decode(c_bytes(s), "utf-8", "strict") { Ok(v) => status(add(m, name, v.value())), Err(_) => -1 }
    }
    fn PyModule_AddType(m: O, t: *mut PyTypeObject) -> c_int {
        if crate::typeobject::PyType_Ready(t) < 0 { return -1; }
        add(m, crate::typeobject::_PyType_Name(t), Value::from_object(t.cast())).map_or(-1, |()| 0)
    }
    fn PyModule_AddFunctions(m: O, defs: *mut PyMethodDef) -> c_int {
        let own = match dict::get(module::dict(val(m)), pyrs_object::intern!("__name__")) { Ok(n) => n, Err(_) => return -1 };
        let own = own.as_ref().map_or(Value::EMPTY, Ref::value);
        crate::moduleobject::add_methods(val(m), own, defs)
    }
    fn PyModule_SetDocString(m: O, doc: *const c_char) -> c_int {
        let doc = if doc.is_null() { Ref::none() } else { Ref::str(&text(doc)) };
        status(pyrs_object::ops::setattr(val(m), pyrs_object::intern!("__doc__"), doc.value()))
    }
    fn PyModule_GetState(m: O) -> *mut u8 {
        if !Type::of_ptr(m).is_subtype(ty!(module::PyModule_Type)) { let _ = crate::unicodeobject::bad_argument(); return std::ptr::null_mut(); }
        (*m.cast::<PyModuleObject>()).md_state.cast()
    }
}
