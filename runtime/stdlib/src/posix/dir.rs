//! Directories: `listdir`, `scandir`, `DirEntry`.

use super::path::{Path, or_fd_none};
use super::stat::stat_object;
use super::table as sig;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, audit, bytes, codec, errors, exceptions, heap, int,
    list, members, methods, module, ops, py_type, raise, str, ty, typeobject,
};
use std::ffi::CString;

/// An open directory stream.
struct Dir(*mut libc::DIR);

impl Dir {
    fn open(p: &Path) -> PyResult<Dir> {
        // SAFETY: a C string or a duplicated descriptor that the stream takes over.
        let r = pyrs_vm::threads::without_gil(|| unsafe {
            if p.is_fd {
                let fd = libc::fcntl(p.fd, libc::F_DUPFD_CLOEXEC, 0);
                if fd < 0 {
                    return Err(errno());
                }
                let d = libc::fdopendir(fd);
                if d.is_null() {
                    let code = errno();
                    libc::close(fd);
                    return Err(code);
                }
                libc::rewinddir(d);
                Ok(Dir(d))
            } else {
                let d = libc::opendir(p.ptr());
                if d.is_null() {
                    Err(errno())
                } else {
                    Ok(Dir(d))
                }
            }
        });
        r.map_err(|code| p.error(code))
    }
    /// The next entry but "." and "..": name, inode, type.
    fn next(&self) -> Result<Option<(Vec<u8>, u64, u8)>, i32> {
        loop {
            // SAFETY: the stream is open; the entry is copied before the next call.
            unsafe {
                *libc::__errno_location() = 0;
                let e = libc::readdir64(self.0);
                if e.is_null() {
                    return match errno() {
                        0 => Ok(None),
                        code => Err(code),
                    };
                }
                let name = std::ffi::CStr::from_ptr((&raw const (*e).d_name).cast()).to_bytes();
                if name != b"." && name != b".." {
                    return Ok(Some((name.to_vec(), (*e).d_ino, (*e).d_type)));
                }
            }
        }
    }
}
impl Drop for Dir {
    fn drop(&mut self) {
        // SAFETY: opened by `open`; a stream over a descriptor leaves its shared offset rewound, as CPython does.
        unsafe {
            libc::rewinddir(self.0);
            libc::closedir(self.0);
        }
    }
}

pub(super) fn listdir(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::LISTDIR)?;
    let p = or_fd_none("listdir", "path").parse(path)?;
    audit!("os.listdir", &p.object)?;
    let d = Dir::open(&p)?;
    let mut names = Vec::new();
    loop {
        match d.next() {
            Ok(Some((name, _, _))) => names.push(p.name(&name)),
            Ok(None) => return Ok(list::from_vec(names)),
            Err(code) => return Err(p.error(code)),
        }
    }
}

/// `scandir`'s iterator.
#[repr(C)]
pub(super) struct ScandirIterator {
    ob_base: PyObject,
    state: Option<Box<Scan>>,
}
struct Scan {
    dir: Dir,
    path: Path,
}

/// One entry.
#[repr(C)]
pub(super) struct DirEntry {
    ob_base: PyObject,
    name: Value,
    path: Value,
    stat: Value,
    lstat: Value,
    inode: u64,
    text: Option<CString>,
    dir_fd: i32,
    d_type: u8,
}

fn scan<'a>(v: Value) -> &'a mut ScandirIterator {
    // SAFETY: `v` is a live scandir iterator; nothing that runs Python code holds the borrow.
    unsafe { &mut *v.as_ptr().cast() }
}
fn entry<'a>(v: Value) -> &'a mut DirEntry {
    // SAFETY: as above.
    unsafe { &mut *v.as_ptr().cast() }
}

pub(super) fn scandir(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::SCANDIR)?;
    let path = or_fd_none("scandir", "path").parse(path)?;
    audit!("os.scandir", &path.object)?;
    let dir = Dir::open(&path)?;
    let t = ty!(ScandirIterator_Type);
    let object = heap::alloc_zeroed(t, size_of::<ScandirIterator>());
    // SAFETY: freshly allocated with that layout.
    unsafe {
        std::ptr::write(
            &raw mut (*object.cast::<ScandirIterator>()).state,
            Some(Box::new(Scan { dir, path })),
        );
        Ok(Ref::from_owned_ptr(object))
    }
}

fn scan_next(v: Value) -> PyResult<Option<Ref>> {
    let it = scan(v);
    let Some(state) = &it.state else {
        return Ok(None);
    };
    match state.dir.next() {
        Ok(Some((name, inode, d_type))) => Ok(Some(new_entry(&state.path, &name, inode, d_type)?)),
        Ok(None) => {
            it.state = None;
            Ok(None)
        }
        Err(code) => {
            let e = state.path.error(code);
            scan(v).state = None;
            Err(e)
        }
    }
}
fn scan_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn scan_close(v: Value) -> PyResult {
    scan(v).state = None;
    Ok(Ref::none())
}
fn scan_exit(v: Value, _: &[Value]) -> PyResult {
    scan_close(v)
}
unsafe extern "C" fn scan_finalize(object: *mut PyObject) {
    let v = Value::from_object(object);
    if scan(v).state.is_none() {
        return;
    }
    let saved = errors::occurred().then(errors::take);
    let text = ops::repr(v).map(|r| {
        format!(
            "unclosed scandir iterator {}",
            str::to_string_lossy(r.value())
        )
    });
    match text {
        Ok(text) => {
            if pyrs_vm::import::warn_about(exceptions::ResourceWarning, &text, 1, v).is_err() {
                errors::write_unraisable("", v);
            }
        }
        Err(_) => errors::clear(),
    }
    scan(v).state = None;
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
}
unsafe extern "C" fn scan_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero; the object is kept alive while it is finalized.
    unsafe {
        (*object).ob_refcnt = 1;
        scan_finalize(object);
        (*object).ob_refcnt -= 1;
        if (*object).ob_refcnt > 0 {
            return;
        }
        std::ptr::drop_in_place(&raw mut (*object.cast::<ScandirIterator>()).state);
        heap::finish_dealloc(object);
    }
}

fn new_entry(p: &Path, name: &[u8], inode: u64, d_type: u8) -> PyResult {
    let name_object = p.name(name);
    let (text, path_object, dir_fd) = if p.is_fd {
        (name.to_vec(), name_object.clone(), p.fd)
    } else {
        let base = p.bytes();
        let mut joined = base.to_vec();
        if !base.is_empty() && !base.ends_with(b"/") {
            joined.push(b'/');
        }
        joined.extend_from_slice(name);
        let shown = if p.given() {
            p.name(&joined)
        } else {
            codec::decode_fs(&[b"./", name].concat())
        };
        (joined, shown, libc::AT_FDCWD)
    };
    let object = heap::alloc_zeroed(ty!(DirEntry_Type), size_of::<DirEntry>());
    // SAFETY: freshly allocated with that layout.
    unsafe {
        let e = object.cast::<DirEntry>();
        (*e).name = name_object.into_value();
        (*e).path = path_object.into_value();
        (*e).inode = inode;
        std::ptr::write(&raw mut (*e).text, CString::new(text).ok());
        (*e).dir_fd = dir_fd;
        (*e).d_type = d_type;
        Ok(Ref::from_owned_ptr(object))
    }
}
unsafe extern "C" fn entry_dealloc(object: *mut PyObject) {
    // SAFETY: the object is dead; its fields own their values.
    unsafe {
        let e = object.cast::<DirEntry>();
        heap::clear_field(&raw mut (*e).name);
        heap::clear_field(&raw mut (*e).path);
        heap::clear_field(&raw mut (*e).stat);
        heap::clear_field(&raw mut (*e).lstat);
        std::ptr::drop_in_place(&raw mut (*e).text);
        heap::finish_dealloc(object);
    }
}

fn fetch_stat(v: Value, follow: bool) -> PyResult {
    let e = entry(v);
    let mut st = std::mem::MaybeUninit::<libc::stat>::uninit();
    let text = e.text.as_ref().map_or(c"".as_ptr(), |t| t.as_ptr());
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    // SAFETY: a C string and room for the result.
    if unsafe { libc::fstatat(e.dir_fd, text, st.as_mut_ptr(), flags) } != 0 {
        return Err(os_error_for(errno(), e.path));
    }
    // SAFETY: filled by the successful call.
    Ok(stat_object(unsafe { st.assume_init_ref() }))
}
fn lstat_cached(v: Value) -> PyResult {
    if entry(v).lstat.is_empty() {
        let r = fetch_stat(v, false)?;
        entry(v).lstat = r.clone().into_value();
        return Ok(r);
    }
    Ok(Ref::new(entry(v).lstat))
}
fn stat_cached(v: Value, follow: bool) -> PyResult {
    if !follow {
        return lstat_cached(v);
    }
    if entry(v).stat.is_empty() {
        let r = if is_symlink(v)? {
            fetch_stat(v, true)?
        } else {
            lstat_cached(v)?
        };
        entry(v).stat = r.clone().into_value();
        return Ok(r);
    }
    Ok(Ref::new(entry(v).stat))
}
fn mode_of(st: Value) -> PyResult<u32> {
    Ok(c_long(pyrs_object::tuple::get(st, 0))? as u32 & libc::S_IFMT)
}
fn is_symlink(v: Value) -> PyResult<bool> {
    match entry(v).d_type {
        libc::DT_UNKNOWN => test_mode(v, false, libc::S_IFLNK),
        t => Ok(t == libc::DT_LNK),
    }
}
fn test_mode(v: Value, follow: bool, wanted: u32) -> PyResult<bool> {
    let d_type = entry(v).d_type;
    let symlink = d_type == libc::DT_LNK;
    if d_type == libc::DT_UNKNOWN || (follow && symlink) {
        return match errors::absorb(stat_cached(v, follow), exceptions::FileNotFoundError)? {
            // A dangling link or a file that is gone is of no kind.
            None => Ok(false),
            Some(st) => Ok(mode_of(st.value())? == wanted),
        };
    }
    if symlink {
        return Ok(wanted == libc::S_IFLNK);
    }
    Ok(match wanted {
        libc::S_IFDIR => d_type == libc::DT_DIR,
        libc::S_IFREG => d_type == libc::DT_REG,
        _ => false,
    })
}
const fn follow_only(name: &'static str) -> pyrs_object::Signature<1> {
    pyrs_object::Signature {
        name,
        params: ["follow_symlinks"],
        posonly: 0,
        positional: 0,
        required: 0,
    }
}
fn entry_is_dir(v: Value, args: Args<'_>) -> PyResult {
    let [follow] = args.bind(&follow_only("is_dir"))?;
    Ok(Ref::bool(test_mode(
        v,
        truth(follow, true)?,
        libc::S_IFDIR,
    )?))
}
fn entry_is_file(v: Value, args: Args<'_>) -> PyResult {
    let [follow] = args.bind(&follow_only("is_file"))?;
    Ok(Ref::bool(test_mode(
        v,
        truth(follow, true)?,
        libc::S_IFREG,
    )?))
}
fn entry_is_symlink(v: Value) -> PyResult {
    Ok(Ref::bool(is_symlink(v)?))
}
fn entry_stat(v: Value, args: Args<'_>) -> PyResult {
    let [follow] = args.bind(&follow_only("stat"))?;
    stat_cached(v, truth(follow, true)?)
}
fn entry_inode(v: Value) -> PyResult {
    Ok(int::from_u64(entry(v).inode))
}
fn entry_fspath(v: Value) -> PyResult {
    Ok(Ref::new(entry(v).path))
}
fn entry_repr(v: Value) -> PyResult {
    let name = ops::repr(entry(v).name)?;
    Ok(str::new(&format!(
        "<DirEntry {}>",
        str::display(name.value())
    )))
}

methods! {
    static ENTRY_METHODS = [
        "is_dir" KW entry_is_dir, "is_dir($self, /, *, follow_symlinks=True)\n--\n\nWhether the entry is a directory.";
        "is_file" KW entry_is_file, "is_file($self, /, *, follow_symlinks=True)\n--\n\nWhether the entry is a file.";
        "is_symlink" NOARGS entry_is_symlink, "is_symlink($self, /)\n--\n\nWhether the entry is a symbolic link.";
        "stat" KW entry_stat, "stat($self, /, *, follow_symlinks=True)\n--\n\nThe entry's status, cached.";
        "inode" NOARGS entry_inode, "inode($self, /)\n--\n\nThe entry's inode number.";
        "__fspath__" NOARGS entry_fspath, "__fspath__($self, /)\n--\n\nThe entry's path.";
        "__class_getitem__" O|CLASS pyrs_object::list::common::class_getitem, "See PEP 585";
    ]
}
members! {
    static ENTRY_MEMBERS = [
        "name" OBJECT_EX, std::mem::offset_of!(DirEntry, name), 1, "the entry's base filename, relative to scandir() \"path\" argument";
        "path" OBJECT_EX, std::mem::offset_of!(DirEntry, path), 1, "the entry's full path name";
    ]
}
py_type! {
    /// `os.DirEntry`
    pub static DirEntry_Type: DirEntry = "posix.DirEntry" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: entry_dealloc }
        slots { tp_repr: entry_repr }
        methods: ENTRY_METHODS;
        members: ENTRY_MEMBERS;
    }
}
methods! {
    static SCAN_METHODS = [
        "__enter__" NOARGS scan_iter, "";
        "__exit__" FAST scan_exit, "";
        "close" NOARGS scan_close, "";
    ]
}
py_type! {
    /// What `os.scandir` gives.
    pub static ScandirIterator_Type: ScandirIterator = "posix.ScandirIterator" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: scan_dealloc, tp_finalize: scan_finalize }
        slots { tp_iter: scan_iter, tp_iternext: scan_next }
        methods: SCAN_METHODS;
    }
}

pub(super) fn add_types(m: Value) -> PyResult<()> {
    typeobject::ready(ty!(ScandirIterator_Type))?;
    module::add_type(m, ty!(DirEntry_Type))
}

/// The bytes of a str or bytes result of `__fspath__`.
pub(super) fn path_result(v: Value, of: Type) -> PyResult<Ref> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) || bytes::is_bytes(v) {
        return Ok(Ref::new(v));
    }
    Err(raise!(
        TypeError,
        "expected {}.__fspath__() to return str or bytes, not {}",
        of.message_name(),
        v.ty().message_name()
    ))
}
