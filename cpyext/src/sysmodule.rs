//! `sysmodule.h` and `osmodule.h`.

use crate::*;
use pyrs_object::{
    ValueExt, bytes, dict, errors, events, intern, list, ops, str, tuple, typeobject,
};
use std::ffi::c_void;

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
/// A list of `sys`, if it is one.
fn sys_list(name: &str) -> Option<Ref> {
    pyrs_vm::import::sys_attr(name).filter(|l| l.has_flag(tpflags::LIST_SUBCLASS))
}
/// The characters of a wide C string.
///
/// # Safety
/// Null or 0-terminated, and it outlives the use.
pub(crate) unsafe fn wide<'a>(p: *const u32) -> &'a [u32] {
    if p.is_null() {
        return &[];
    }
    // SAFETY: by contract.
    unsafe {
        let n = (0..).find(|i| *p.add(*i) == 0).unwrap_or(0);
        std::slice::from_raw_parts(p, n)
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
    fn _PySys_GetAttr(_t: *mut PyThreadState, n: O) -> O {
        // `sys` keeps it.
        pyrs_vm::import::sys_attr(&str::to_string_lossy(val(n))).map_or(NULL, |v| v.value().as_ptr())
    }
    fn _PySys_GetSizeOf(o: O) -> usize {
        let size = pyrs_vm::import::sys_attr("getsizeof").ok_or_else(bad_call);
        match size.and_then(|f| ops::call(f.value(), &[val(o)])).and_then(|n| ops::index_as_isize(n.value())) { Ok(n) => n as usize, Err(_) => usize::MAX }
    }
    fn PySys_GetObject(s: *const c_char) -> O {
        let r = dict::borrow_for_c(pyrs_vm::import::sys_dict(), Ref::str(&text(s)).value());
        r.ok().flatten().unwrap_or(NULL)
    }
    fn PySys_SetObject(s: *const c_char, v: O) -> c_int {
        let d = pyrs_vm::import::sys_dict();
        if v.is_null() { return status(dict::del_item(d, name(s).value()).map(drop)); }
        status(dict::set_item(d, name(s).value(), val(v)))
    }
    fn pyrs_listening() -> c_int { events::listening().into() }
    fn pyrs_audit(event: *const c_char, arguments: O) -> c_int {
        let arguments = if arguments.is_null() { tuple::empty() } else { steal(arguments) };
        let arguments = if tuple::is_tuple(arguments.value()) { arguments } else { tuple::from_vec(vec![arguments]) };
        status(events::tell_objects(name(event).value(), arguments.value()))
    }
    fn PySys_AddAuditHook(hook: Option<events::CHook>, data: *mut c_void) -> c_int {
        let Some(hook) = hook else { return bad_int(); };
        status(events::add_c(hook, data).map(drop))
    }
    fn PySys_AddWarnOption(s: *const u32) { PySys_AddWarnOptionUnicode(str::from_ucs4(wide(s)).value().as_ptr()) }
    fn PySys_AddWarnOptionUnicode(option: O) {
        let added = sys_list("warnoptions").map(|l| list::append(l.value(), Ref::new(val(option))));
        if !matches!(added, Some(Ok(()))) { errors::clear(); }
    }
    fn PySys_HasWarnOptions() -> c_int { sys_list("warnoptions").is_some_and(|l| list::len(l.value()) > 0).into() }
    fn PySys_ResetWarnOptions() {
        if let Some(l) = sys_list("warnoptions") && ops::call_method_str(l.value(), "clear", &[]).is_err() { errors::clear(); }
    }
    fn PySys_AddXOption(s: *const u32) {
        let option = str::to_string_lossy(str::from_ucs4(wide(s)).value());
        let (key, v) = match option.split_once('=') { Some((k, v)) => (k, str::new(v)), None => (option.as_str(), Ref::bool(true)) };
        if let Some(d) = pyrs_vm::import::sys_attr("_xoptions").filter(|d| dict::is_dict(d.value())) { dict::set_str(d.value(), key, v.value()); }
    }
    fn PySys_GetXOptions() -> O { pyrs_vm::import::sys_attr("_xoptions").map_or(NULL, |d| d.value().as_ptr()) }
    fn PySys_SetArgv(argc: c_int, argv: *const *const u32) { PySys_SetArgvEx(argc, argv, 1) }
    fn PySys_SetArgvEx(argc: c_int, argv: *const *const u32, update_path: c_int) {
        let mut all: Vec<Ref> = (0..argc.max(0) as usize).map(|i| str::from_ucs4(wide(*argv.add(i)))).collect();
        if all.is_empty() { all.push(str::empty()); }
        let first = str::to_string_lossy(all[0].value());
        dict::set_str(pyrs_vm::import::sys_dict(), "argv", list::from_vec(all).value());
        if update_path == 0 { return; }
        // The folder of the script, links followed; the working folder is written "".
        let script = std::fs::canonicalize(&first).ok();
        let folder = script.as_deref().and_then(std::path::Path::parent).map_or_else(String::new, |p| p.to_string_lossy().into_owned());
        if let Some(path) = sys_list("path") && ops::call_method_str(path.value(), "insert", &[Ref::int(0).value(), str::new(&folder).value()]).is_err() {
            errors::clear();
        }
    }
    fn PySys_SetPath(path: *const u32) {
        let joined = str::to_string_lossy(str::from_ucs4(wide(path)).value());
        let parts = joined.split(':').map(str::new).collect();
        dict::set_str(pyrs_vm::import::sys_dict(), "path", list::from_vec(parts).value());
    }
    fn PyOS_FSPath(o: O) -> O { ret(fspath(val(o))) }
}
