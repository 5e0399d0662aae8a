//! `sysmodule.h` and `osmodule.h`.

use crate::*;
use pyrs_object::{ValueExt, bytes, dict, errors, intern, ops, str, typeobject};

/// Writes to `sys.stdout`/`sys.stderr`; the pending error survives, the writing's own is dropped.
pub(crate) fn write(err: bool, s: Ref) {
    let saved = errors::occurred().then(errors::take);
    let f =
        pyrs_vm::import::sys_attr(if err { "stderr" } else { "stdout" }).filter(|f| !f.is_none());
    let done =
        f.is_some_and(|f| ops::call_method(f.value(), intern!("write"), &[s.value()]).is_ok());
    if !done {
        errors::clear();
        let t = str::to_string_lossy(s.value());
        if err { eprint!("{t}") } else { print!("{t}") }
    }
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
}
fn fspath(v: Value) -> PyResult {
    if str::is_str(v) || bytes::is_bytes(v) {
        return Ok(Ref::new(v));
    }
    let Some(f) = typeobject::lookup_special(v, intern!("__fspath__"))? else {
        return Err(raise!(
            TypeError,
            "expected str, bytes or os.PathLike object, not {}",
            v.ty().message_name()
        ));
    };
    let r = f.call(&[])?;
    if str::is_str(r.value()) || bytes::is_bytes(r.value()) {
        return Ok(r);
    }
    Err(raise!(
        TypeError,
        "expected {}.__fspath__() to return str or bytes, not {}",
        v.ty().message_name(),
        r.ty().message_name()
    ))
}

capi! {
    fn PySys_GetObject(s: *const c_char) -> O {
        let r = dict::borrow_for_c(pyrs_vm::import::sys_dict(), Ref::str(&text(s)).value());
        r.ok().flatten().unwrap_or(NULL)
    }
    fn PySys_SetObject(s: *const c_char, v: O) -> c_int {
        let d = pyrs_vm::import::sys_dict();
        if v.is_null() { return status(dict::del_item(d, name(s).value()).map(drop)); }
        status(dict::set_item(d, name(s).value(), val(v)))
    }
    fn PySys_Audit(_event: *const c_char, _format: *const c_char) -> c_int { 0 }
    fn PyOS_FSPath(o: O) -> O { ret(fspath(val(o))) }
}
