//! Path arguments: str, bytes, path-like or descriptor, with CPython's messages.

use crate::convert::fs_text;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, bytes, codec, errors, exceptions, hooks, int, intern,
    memory, ops, raise, typeobject,
};
use std::ffi::{CString, c_char};

/// What a path parameter accepts.
#[derive(Clone, Copy)]
pub(super) struct PathSpec {
    pub(super) function: &'static str,
    pub(super) argument: &'static str,
    pub(super) nullable: bool,
    pub(super) allow_fd: bool,
}

/// A converted path argument.
pub(super) struct Path {
    /// What errors show as the file name.
    pub(super) object: Ref,
    text: Option<CString>,
    pub(super) fd: i32,
    pub(super) is_fd: bool,
    /// The argument was bytes: results are bytes too.
    pub(super) is_bytes: bool,
    function: &'static str,
}

/// A path that must be str, bytes or path-like.
pub(super) const fn plain(function: &'static str, argument: &'static str) -> PathSpec {
    PathSpec {
        function,
        argument,
        nullable: false,
        allow_fd: false,
    }
}
/// A path that may be a descriptor.
pub(super) const fn or_fd(function: &'static str, argument: &'static str) -> PathSpec {
    PathSpec {
        function,
        argument,
        nullable: false,
        allow_fd: true,
    }
}
/// A path that may be a descriptor or absent.
pub(super) const fn or_fd_none(function: &'static str, argument: &'static str) -> PathSpec {
    PathSpec {
        function,
        argument,
        nullable: true,
        allow_fd: true,
    }
}

impl PathSpec {
    fn accepted(&self) -> &'static str {
        match (self.allow_fd, self.nullable) {
            (true, true) => "string, bytes, os.PathLike, integer or None",
            (true, false) => "string, bytes, os.PathLike or integer",
            (false, true) => "string, bytes, os.PathLike or None",
            (false, false) => "string, bytes or os.PathLike",
        }
    }
    #[cold]
    fn wrong(&self, v: Value) -> Raised {
        raise!(
            TypeError,
            "{}: {} should be {}, not {}",
            self.function,
            self.argument,
            self.accepted(),
            v.ty().message_name()
        )
    }
    fn null(&self) -> Raised {
        raise!(
            ValueError,
            "{}: embedded null character in {}",
            self.function,
            self.argument
        )
    }
    fn make(&self, object: Ref, text: CString, is_bytes: bool) -> Path {
        Path {
            object,
            text: Some(text),
            fd: -1,
            is_fd: false,
            is_bytes,
            function: self.function,
        }
    }

    pub(super) fn parse(&self, v: Value) -> PyResult<Path> {
        if v.is_empty() || v.is_none() {
            if !self.nullable {
                return Err(self.wrong(v));
            }
            return Ok(Path {
                object: Ref::none(),
                text: None,
                fd: -1,
                is_fd: false,
                is_bytes: false,
                function: self.function,
            });
        }
        if v.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Ok(self.make(Ref::new(v), fs_text(v)?, false));
        }
        if bytes::is_bytes(v) {
            let text = CString::new(bytes::data(v)).map_err(|_| self.null())?;
            return Ok(self.make(Ref::new(v), text, true));
        }
        if self.allow_fd && ops::has_index(v) {
            let n = ops::index(v)?;
            let Some(fd) = int::to_i64(n.value()).and_then(|n| i32::try_from(n).ok()) else {
                let side = if int::is_negative(n.value()) {
                    "less than minimum"
                } else {
                    "greater than maximum"
                };
                return Err(raise!(OverflowError, "fd is {side}"));
            };
            return Ok(Path {
                object: Ref::new(v),
                text: None,
                fd,
                is_fd: true,
                is_bytes: false,
                function: self.function,
            });
        }
        if memory::has_buffer(v) {
            let message = format!(
                "{}: {} should be {}, not {}",
                self.function,
                self.argument,
                self.accepted(),
                v.ty().message_name()
            );
            (hooks().warn)(exceptions::DeprecationWarning, &message, 1)?;
            let text = CString::new(memory::bytes_like(v)?.bytes()).map_err(|_| self.null())?;
            return Ok(self.make(Ref::new(v), text, true));
        }
        let Some(f) = typeobject::lookup_special(v, intern!("__fspath__"))? else {
            return Err(self.wrong(v));
        };
        let r = f.call(&[])?;
        if r.has_flag(tpflags::UNICODE_SUBCLASS) {
            let text = fs_text(r.value())?;
            return Ok(self.make(r, text, false));
        }
        if bytes::is_bytes(r.value()) {
            let text = CString::new(bytes::data(r.value())).map_err(|_| self.null())?;
            return Ok(self.make(r, text, true));
        }
        Err(raise!(
            TypeError,
            "expected {}.__fspath__() to return str or bytes, not {}",
            v.ty().message_name(),
            r.ty().message_name()
        ))
    }
}

impl Path {
    /// The C string; "." when there is none.
    pub(super) fn ptr(&self) -> *const c_char {
        self.text.as_ref().map_or(c".".as_ptr(), |t| t.as_ptr())
    }
    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_ref().map_or(b".", |t| t.as_bytes())
    }
    pub(super) fn given(&self) -> bool {
        self.text.is_some() || self.is_fd
    }
    #[cold]
    pub(super) fn error(&self, code: i32) -> Raised {
        if self.object.is_none() {
            return errors::os_error_code(code, Value::EMPTY, Value::EMPTY);
        }
        errors::os_error_code(code, self.object.value(), Value::EMPTY)
    }
    /// The same with a second name.
    #[cold]
    pub(super) fn error2(&self, code: i32, second: &Path) -> Raised {
        errors::os_error_code(code, self.object.value(), second.object.value())
    }
    /// `None` or the error in `code`.
    pub(super) fn none_or(&self, r: Result<i32, i32>) -> PyResult {
        match r {
            Ok(_) => Ok(Ref::none()),
            Err(code) => Err(self.error(code)),
        }
    }
    /// A name found below this path, of the argument's kind.
    pub(super) fn name(&self, name: &[u8]) -> Ref {
        if self.is_bytes {
            bytes::new(name)
        } else {
            codec::decode_fs(name)
        }
    }
    /// Refuses `dir_fd` together with a descriptor path.
    pub(super) fn check_dir_fd(&self, dir_fd: i32) -> PyResult<()> {
        if self.is_fd && dir_fd != libc::AT_FDCWD {
            return Err(raise!(
                ValueError,
                "{}: can't specify dir_fd without matching path",
                self.function
            ));
        }
        Ok(())
    }
    /// Refuses `follow_symlinks=False` together with a descriptor path.
    pub(super) fn check_follow(&self, follow: bool) -> PyResult<()> {
        if self.is_fd && !follow {
            return Err(raise!(
                ValueError,
                "{}: cannot use fd and follow_symlinks together",
                self.function
            ));
        }
        Ok(())
    }
}

/// A `dir_fd` argument.
/// A folder's descriptor as events have it.
pub(super) fn shown_dir(dir: i32) -> i32 {
    if dir == libc::AT_FDCWD { -1 } else { dir }
}
pub(super) fn dir_fd(v: Value) -> PyResult<i32> {
    if v.is_empty() || v.is_none() {
        return Ok(libc::AT_FDCWD);
    }
    if !ops::has_index(v) {
        return Err(raise!(
            TypeError,
            "argument should be integer or None, not {}",
            v.ty().message_name()
        ));
    }
    let n = ops::index(v)?;
    int::to_i64(n.value())
        .and_then(|n| i32::try_from(n).ok())
        .ok_or_else(|| {
            let side = if int::is_negative(n.value()) {
                "less than minimum"
            } else {
                "greater than maximum"
            };
            raise!(OverflowError, "fd is {side}")
        })
}

/// A user or group id; -1 stands for "unchanged".
pub(super) fn id(v: Value, what: &str) -> PyResult<u32> {
    if !ops::has_index(v) {
        return Err(raise!(
            TypeError,
            "{what} should be integer, not {}",
            v.ty().message_name()
        ));
    }
    let n = ops::index(v)?;
    match int::to_i64(n.value()) {
        Some(-1) => Ok(u32::MAX),
        Some(n) if n >= 0 && n <= i64::from(u32::MAX) => Ok(n as u32),
        Some(n) if n > i64::from(u32::MAX) => {
            Err(raise!(OverflowError, "{what} is greater than maximum"))
        }
        None if !int::is_negative(n.value()) => {
            Err(raise!(OverflowError, "{what} is greater than maximum"))
        }
        _ => Err(raise!(OverflowError, "{what} is less than minimum")),
    }
}
