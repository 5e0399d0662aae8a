//! The system: names, limits, random bytes, environment, terminal.

use super::constants;
use super::dir::path_result;
use super::path::or_fd;
use super::table as sig;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, audit, bytes, codec, int, intern, module, raise, str,
    structseq, tuple, typeobject,
};

static TERMINAL_SIZE: TypeCell = TypeCell::new();
static UNAME_RESULT: TypeCell = TypeCell::new();
static TIMES_RESULT: TypeCell = TypeCell::new();

pub(super) fn add_types(m: Value) -> PyResult<()> {
    let t = structseq::new_type(
        "os.terminal_size",
        "A pair of columns and lines.",
        &[
            ("columns", "width of the terminal in characters"),
            ("lines", "height of the terminal in characters"),
        ],
        2,
    )?;
    TERMINAL_SIZE.set(t);
    module::add(m, "terminal_size", t.to_ref());
    let t = structseq::new_type(
        "posix.uname_result",
        "Result of uname.",
        &[
            ("sysname", "operating system name"),
            (
                "nodename",
                "name of machine on network (implementation-defined)",
            ),
            ("release", "operating system release"),
            ("version", "operating system version"),
            ("machine", "hardware identifier"),
        ],
        5,
    )?;
    UNAME_RESULT.set(t);
    module::add(m, "uname_result", t.to_ref());
    let t = structseq::new_type(
        "posix.times_result",
        "Result of times.",
        &[
            ("user", "user time"),
            ("system", "system time"),
            ("children_user", "user time of children"),
            ("children_system", "system time of children"),
            (
                "elapsed",
                "elapsed time since an arbitrary point in the past",
            ),
        ],
        5,
    )?;
    TIMES_RESULT.set(t);
    module::add(m, "times_result", t.to_ref());
    Ok(())
}

/// `os.fspath`.
pub fn fspath_of(v: Value) -> PyResult {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) || bytes::is_bytes(v) {
        return Ok(Ref::new(v));
    }
    match typeobject::lookup_special(v, intern!("__fspath__"))? {
        Some(f) => {
            let r = f.call(&[])?;
            path_result(r.value(), v.ty())
        }
        None => Err(raise!(
            TypeError,
            "expected str, bytes or os.PathLike object, not {}",
            v.ty().message_name()
        )),
    }
}
pub(super) fn fspath(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::FSPATH)?;
    fspath_of(path)
}

fn c_field(field: &[std::ffi::c_char]) -> Ref {
    let text: Vec<u8> = field
        .iter()
        .map(|c| *c as u8)
        .take_while(|c| *c != 0)
        .collect();
    codec::decode_fs(&text)
}
pub(super) fn uname(_: Value) -> PyResult {
    // SAFETY: all-zero is valid; filled by the call.
    let mut u: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: room for the result.
    none_or_errno(unsafe { libc::uname(&mut u) })?;
    let fields = vec![
        c_field(&u.sysname),
        c_field(&u.nodename),
        c_field(&u.release),
        c_field(&u.version),
        c_field(&u.machine),
    ];
    Ok(structseq::new(UNAME_RESULT.get(), fields))
}
pub(super) fn times(_: Value) -> PyResult {
    // SAFETY: all-zero is valid; filled by the call.
    let (t, elapsed, ticks) = unsafe {
        let mut t: libc::tms = std::mem::zeroed();
        let elapsed = libc::times(&mut t);
        (t, elapsed, libc::sysconf(libc::_SC_CLK_TCK) as f64)
    };
    let fields = [
        t.tms_utime,
        t.tms_stime,
        t.tms_cutime,
        t.tms_cstime,
        elapsed,
    ];
    Ok(structseq::new(
        TIMES_RESULT.get(),
        fields
            .iter()
            .map(|n| Ref::float(*n as f64 / ticks))
            .collect(),
    ))
}
pub(super) fn get_terminal_size(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::GET_TERMINAL_SIZE)?;
    let fd = c_int_or(fd, libc::STDOUT_FILENO)?;
    // SAFETY: all-zero is valid; filled by the call.
    let w = unsafe {
        let mut w: libc::winsize = std::mem::zeroed();
        none_or_errno(libc::ioctl(fd, libc::TIOCGWINSZ, &mut w))?;
        w
    };
    Ok(structseq::new(
        TERMINAL_SIZE.get(),
        vec![Ref::int(i64::from(w.ws_col)), Ref::int(i64::from(w.ws_row))],
    ))
}
pub(super) fn getlogin(_: Value) -> PyResult {
    // SAFETY: the result is read at once under the GIL.
    unsafe {
        let name = libc::getlogin();
        if name.is_null() {
            return Err(os_error(errno()));
        }
        Ok(codec::decode_fs(std::ffi::CStr::from_ptr(name).to_bytes()))
    }
}
pub(super) fn ctermid(_: Value) -> PyResult {
    Ok(str::new("/dev/tty"))
}
pub(super) fn getloadavg(_: Value) -> PyResult {
    let mut load = [0f64; 3];
    // SAFETY: room for three numbers.
    if unsafe { libc::getloadavg(load.as_mut_ptr(), 3) } != 3 {
        return Err(raise!(OSError, "Load averages are unobtainable"));
    }
    Ok(tuple::from_vec(
        load.iter().map(|x| Ref::float(*x)).collect(),
    ))
}
pub(super) fn strerror(_: Value, code: Value) -> PyResult {
    Ok(str::new(&pyrs_object::errors::strerror(c_int(code)?)))
}
pub(super) fn cpu_count(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    let n = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    Ok(if n >= 1 { Ref::int(n) } else { Ref::none() })
}

fn configuration_name(v: Value, table: &[(&str, i32)]) -> PyResult<i32> {
    if int::is_int_instance(v) {
        return c_int(v);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "configuration names must be strings or integers"
        ));
    }
    table
        .iter()
        .find(|(name, _)| str::eq_str(v, name))
        .map(|(_, n)| *n)
        .ok_or_else(|| raise!(ValueError, "unrecognized configuration name"))
}
fn set_errno(code: i32) {
    // SAFETY: the calling thread's own errno.
    unsafe { *libc::__errno_location() = code }
}
pub(super) fn sysconf(_: Value, name: Value) -> PyResult {
    let name = configuration_name(name, constants::SYSCONF)?;
    set_errno(0);
    // SAFETY: plain numbers.
    let n = unsafe { libc::sysconf(name) };
    if n == -1 && errno() != 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::int(n))
    }
}
pub(super) fn confstr(_: Value, name: Value) -> PyResult {
    let name = configuration_name(name, constants::CONFSTR)?;
    set_errno(0);
    // SAFETY: asks for the size first, then gives that much room.
    unsafe {
        let n = libc::confstr(name, std::ptr::null_mut(), 0);
        if n == 0 {
            return if errno() != 0 {
                Err(os_error(errno()))
            } else {
                Ok(Ref::none())
            };
        }
        let mut buffer = vec![0u8; n];
        libc::confstr(name, buffer.as_mut_ptr().cast(), n);
        Ok(codec::decode_fs(&buffer[..n - 1]))
    }
}
pub(super) fn pathconf(_: Value, args: Args<'_>) -> PyResult {
    let [path, name] = args.bind(&sig::PATHCONF)?;
    let p = or_fd("pathconf", "path").parse(path)?;
    let name = configuration_name(name, constants::PATHCONF)?;
    set_errno(0);
    // SAFETY: a C string.
    let n = unsafe {
        if p.is_fd {
            libc::fpathconf(p.fd, name)
        } else {
            libc::pathconf(p.ptr(), name)
        }
    };
    match (n, errno()) {
        (-1, libc::EINVAL) => Err(os_error(libc::EINVAL)),
        (-1, code) if code != 0 => Err(p.error(code)),
        _ => Ok(Ref::int(n)),
    }
}
pub(super) fn fpathconf(_: Value, args: Args<'_>) -> PyResult {
    let [fd, name] = args.bind(&sig::FPATHCONF)?;
    let fd = fileno(fd)?;
    let name = configuration_name(name, constants::PATHCONF)?;
    set_errno(0);
    // SAFETY: plain numbers.
    let n = unsafe { libc::fpathconf(fd, name) };
    if n == -1 && errno() != 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::int(n))
    }
}

pub(super) fn urandom(_: Value, size: Value) -> PyResult {
    let n = c_ssize(size)?;
    if n < 0 {
        return Err(raise!(ValueError, "negative argument not allowed"));
    }
    let mut b = BytesMaker::new(n as usize)?;
    let (base, mut done) = (b.ptr(), 0usize);
    while done < n as usize {
        // SAFETY: the rest of the buffer.
        let r = syscall_or_raise(|| unsafe {
            libc::getrandom(base.add(done).cast(), n as usize - done, 0) as i64
        })?;
        done += r as usize;
    }
    Ok(b.finish(done))
}
pub(super) fn getrandom(_: Value, args: Args<'_>) -> PyResult {
    let [size, flags] = args.bind(&sig::GETRANDOM)?;
    let (n, flags) = (c_ssize(size)?, c_int_or(flags, 0)?);
    if n < 0 {
        return Err(os_error(libc::EINVAL));
    }
    let mut b = BytesMaker::new(n as usize)?;
    let p = b.ptr();
    // SAFETY: room for `n` bytes.
    let used =
        syscall_or_raise(|| unsafe { libc::getrandom(p.cast(), n as usize, flags as u32) as i64 })?;
    Ok(b.finish(used as usize))
}

pub(super) fn putenv(_: Value, args: Args<'_>) -> PyResult {
    let [name, value] = args.bind(&sig::PUTENV)?;
    let (name, value) = (fs_text(name)?, fs_text(value)?);
    if name.as_bytes().contains(&b'=') {
        return Err(raise!(ValueError, "illegal environment variable name"));
    }
    audit!(
        "os.putenv",
        bytes::new(name.as_bytes()),
        bytes::new(value.as_bytes())
    )?;
    // SAFETY: C strings; the environment is only touched under the GIL.
    none_or_errno(unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) })
}
pub(super) fn unsetenv(_: Value, name: Value) -> PyResult {
    let name = fs_text(name)?;
    audit!("os.unsetenv", bytes::new(name.as_bytes()))?;
    // SAFETY: as above.
    none_or_errno(unsafe { libc::unsetenv(name.as_ptr()) })
}
pub(super) fn system(_: Value, args: Args<'_>) -> PyResult {
    let [command] = args.bind(&sig::SYSTEM)?;
    let command = fs_text(command)?;
    audit!("os.system", bytes::new(command.as_bytes()))?;
    // SAFETY: a C string.
    let r = pyrs_vm::threads::without_gil(|| unsafe { libc::system(command.as_ptr()) });
    Ok(Ref::int(i64::from(r)))
}
