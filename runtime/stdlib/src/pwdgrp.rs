//! `pwd`, `grp` and `spwd`: the user, group and shadow password databases.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Value, ValueExt, codec, errors, exceptions, int, list,
    methods, module, ops, raise, str, structseq,
};
use std::ffi::{CStr, CString, c_char};

static PASSWD: TypeCell = TypeCell::new();
static GROUP: TypeCell = TypeCell::new();
static SHADOW: TypeCell = TypeCell::new();

fn from_c(p: *const c_char) -> Ref {
    if p.is_null() {
        return Ref::none();
    }
    // SAFETY: a C string of the database, copied at once under the GIL.
    codec::decode_fs(unsafe { CStr::from_ptr(p) }.to_bytes())
}
fn id_object(n: u32) -> Ref {
    if n == u32::MAX {
        Ref::int(-1)
    } else {
        Ref::int(i64::from(n))
    }
}
/// # Safety
/// `p` points at an entry of the database.
unsafe fn passwd_object(p: *const libc::passwd) -> Ref {
    // SAFETY: by contract.
    let p = unsafe { &*p };
    structseq::new(
        PASSWD.get(),
        vec![
            from_c(p.pw_name),
            from_c(p.pw_passwd),
            id_object(p.pw_uid),
            id_object(p.pw_gid),
            from_c(p.pw_gecos),
            from_c(p.pw_dir),
            from_c(p.pw_shell),
        ],
    )
}
/// # Safety
/// As above.
unsafe fn group_object(p: *const libc::group) -> Ref {
    // SAFETY: by contract; the member list ends with null.
    unsafe {
        let p = &*p;
        let mut members = Vec::new();
        let mut at = p.gr_mem;
        while !at.is_null() && !(*at).is_null() {
            members.push(from_c(*at));
            at = at.add(1);
        }
        structseq::new(
            GROUP.get(),
            vec![
                from_c(p.gr_name),
                from_c(p.gr_passwd),
                id_object(p.gr_gid),
                list::from_vec(members),
            ],
        )
    }
}
fn name_arg(v: Value, function: &str) -> PyResult<CString> {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        let got = if v.is_none() {
            "None"
        } else {
            v.ty().message_name()
        };
        return Err(raise!(
            TypeError,
            "{function}() argument must be str, not {got}"
        ));
    }
    fs_text(v)
}
fn missing(what: &str, v: Value) -> Raised {
    let text = ops::repr(v)
        .map(|r| str::to_string_lossy(r.value()))
        .unwrap_or_default();
    errors::clear();
    errors::key_error(str::new(&format!("{what}: {text}")).value())
}
/// An id argument; one out of range is not in the database.
fn id_arg(v: Value, what: &str, not_found: &str) -> PyResult<u32> {
    let n = ops::index(v).inspect_err(|_| {
        if errors::take_if(exceptions::TypeError) {
            let _ = raise!(
                TypeError,
                "{what} should be integer, not {}",
                v.ty().message_name()
            );
        }
    })?;
    match int::to_i64(n.value()) {
        Some(-1) => Ok(u32::MAX),
        Some(n) if (0..=i64::from(u32::MAX)).contains(&n) => Ok(n as u32),
        _ => Err(missing(not_found, v)),
    }
}
fn getpwuid(_: Value, id: Value) -> PyResult {
    let n = id_arg(id, "uid", "getpwuid(): uid not found")?;
    // SAFETY: the entry is copied at once under the GIL (so below).
    unsafe {
        let p = libc::getpwuid(n);
        if p.is_null() {
            Err(missing("getpwuid(): uid not found", id))
        } else {
            Ok(passwd_object(p))
        }
    }
}
fn getpwnam(_: Value, name: Value) -> PyResult {
    let text = name_arg(name, "getpwnam")?;
    // SAFETY: as above.
    unsafe {
        let p = libc::getpwnam(text.as_ptr());
        if p.is_null() {
            Err(missing("getpwnam(): name not found", name))
        } else {
            Ok(passwd_object(p))
        }
    }
}
fn getpwall(_: Value) -> PyResult {
    let all = list::new();
    // SAFETY: as above.
    unsafe {
        libc::setpwent();
        loop {
            let p = libc::getpwent();
            if p.is_null() {
                break;
            }
            list::append(all.value(), passwd_object(p))?;
        }
        libc::endpwent();
    }
    Ok(all)
}
const GETGRGID: Signature<1> = Signature {
    name: "getgrgid",
    params: ["id"],
    posonly: 0,
    positional: 1,
    required: 1,
};
const GETGRNAM: Signature<1> = Signature {
    name: "getgrnam",
    params: ["name"],
    posonly: 0,
    positional: 1,
    required: 1,
};
fn getgrgid(_: Value, args: Args<'_>) -> PyResult {
    let [id] = args.bind(&GETGRGID)?;
    let n = id_arg(id, "gid", "getgrgid(): gid not found")?;
    // SAFETY: as above.
    unsafe {
        let p = libc::getgrgid(n);
        if p.is_null() {
            Err(missing("getgrgid(): gid not found", id))
        } else {
            Ok(group_object(p))
        }
    }
}
fn getgrnam(_: Value, args: Args<'_>) -> PyResult {
    let [name] = args.bind(&GETGRNAM)?;
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("getgrnam", "'name'", "str", name));
    }
    let text = fs_text(name)?;
    // SAFETY: as above.
    unsafe {
        let p = libc::getgrnam(text.as_ptr());
        if p.is_null() {
            Err(missing("getgrnam(): name not found", name))
        } else {
            Ok(group_object(p))
        }
    }
}
unsafe extern "C" {
    fn setgrent();
    fn getgrent() -> *mut libc::group;
    fn endgrent();
}
fn getgrall(_: Value) -> PyResult {
    let all = list::new();
    // SAFETY: as above.
    unsafe {
        setgrent();
        loop {
            let p = getgrent();
            if p.is_null() {
                break;
            }
            list::append(all.value(), group_object(p))?;
        }
        endgrent();
    }
    Ok(all)
}
methods! {
    static PWD_FUNCTIONS = [
        "getpwuid" O getpwuid, "getpwuid($module, uidobj, /)\n--\n\nThe entry of a user id.";
        "getpwnam" O getpwnam, "getpwnam($module, name, /)\n--\n\nThe entry of a user name.";
        "getpwall" NOARGS getpwall, "getpwall($module, /)\n--\n\nAll entries.";
    ]
}
methods! {
    static GRP_FUNCTIONS = [
        "getgrgid" KW getgrgid, "getgrgid($module, /, id)\n--\n\nThe entry of a group id.";
        "getgrnam" KW getgrnam, "getgrnam($module, /, name)\n--\n\nThe entry of a group name.";
        "getgrall" NOARGS getgrall, "getgrall($module, /)\n--\n\nAll entries.";
    ]
}
pub fn init_pwd() -> PyResult {
    let m = module::new("pwd");
    module::add_functions(m.value(), (&raw mut PWD_FUNCTIONS).cast());
    let fields = [
        ("pw_name", "user name"),
        ("pw_passwd", "password"),
        ("pw_uid", "user id"),
        ("pw_gid", "group id"),
        ("pw_gecos", "real name"),
        ("pw_dir", "home directory"),
        ("pw_shell", "shell program"),
    ];
    let t = structseq::new_type(
        "pwd.struct_passwd",
        "An entry of the user database.",
        &fields,
        7,
    )?;
    PASSWD.set(t);
    module::add(m.value(), "struct_passwd", t.to_ref());
    Ok(m)
}
/// # Safety
/// As above.
unsafe fn shadow_object(p: *const libc::spwd) -> Ref {
    // SAFETY: by contract.
    let p = unsafe { &*p };
    let (name, password) = (from_c(p.sp_namp), from_c(p.sp_pwdp));
    let numbers = [
        p.sp_lstchg,
        p.sp_min,
        p.sp_max,
        p.sp_warn,
        p.sp_inact,
        p.sp_expire,
        // All bits set means "unused" and is shown as -1.
        p.sp_flag as i64,
    ];
    let mut items = vec![name.clone(), password.clone()];
    items.extend(numbers.map(Ref::int));
    items.extend([name, password]);
    structseq::new(SHADOW.get(), items)
}
fn getspnam(_: Value, name: Value) -> PyResult {
    let text = name_arg(name, "getspnam")?;
    // SAFETY: as above; errno tells why there is no entry.
    unsafe {
        *libc::__errno_location() = 0;
        let p = libc::getspnam(text.as_ptr());
        if !p.is_null() {
            return Ok(shadow_object(p));
        }
    }
    match errno() {
        0 | libc::ENOENT => Err(errors::key_error(
            str::new("getspnam(): name not found").value(),
        )),
        code => Err(os_error(code)),
    }
}
fn getspall(_: Value) -> PyResult {
    let all = list::new();
    // SAFETY: as above.
    unsafe {
        libc::setspent();
        loop {
            let p = libc::getspent();
            if p.is_null() {
                break;
            }
            list::append(all.value(), shadow_object(p))?;
        }
        libc::endspent();
    }
    Ok(all)
}
methods! {
    static SPWD_FUNCTIONS = [
        "getspnam" O getspnam, "getspnam($module, arg, /)\n--\n\nThe entry of a user name.";
        "getspall" NOARGS getspall, "getspall($module, /)\n--\n\nAll entries.";
    ]
}
pub fn init_spwd() -> PyResult {
    (pyrs_object::hooks().warn)(
        exceptions::DeprecationWarning,
        "'spwd' is deprecated and slated for removal in Python 3.13",
        7,
    )?;
    let m = module::new("spwd");
    module::add_functions(m.value(), (&raw mut SPWD_FUNCTIONS).cast());
    let fields = [
        ("sp_namp", "login name"),
        ("sp_pwdp", "encrypted password"),
        ("sp_lstchg", "date of last change"),
        ("sp_min", "min #days between changes"),
        ("sp_max", "max #days between changes"),
        ("sp_warn", "#days before pw expires to warn user about it"),
        (
            "sp_inact",
            "#days after pw expires until account is disabled",
        ),
        ("sp_expire", "#days since 1970-01-01 when account expires"),
        ("sp_flag", "reserved"),
        ("sp_nam", "login name; deprecated"),
        ("sp_pwd", "encrypted password; deprecated"),
    ];
    let t = structseq::new_type(
        "spwd.struct_spwd",
        "An entry of the shadow password database.",
        &fields,
        9,
    )?;
    SHADOW.set(t);
    module::add(m.value(), "struct_spwd", t.to_ref());
    Ok(m)
}
pub fn init_grp() -> PyResult {
    let m = module::new("grp");
    module::add_functions(m.value(), (&raw mut GRP_FUNCTIONS).cast());
    let fields = [
        ("gr_name", "group name"),
        ("gr_passwd", "password"),
        ("gr_gid", "group id"),
        ("gr_mem", "group members"),
    ];
    let t = structseq::new_type(
        "grp.struct_group",
        "An entry of the group database.",
        &fields,
        4,
    )?;
    GROUP.set(t);
    module::add(m.value(), "struct_group", t.to_ref());
    Ok(m)
}
