//! `PyArg_*`: parsing argument tuples by format strings, with CPython's messages.

use crate::va::{List, Va};
use crate::*;
use pyrs_object::{ValueExt, bytearray, bytes, dict, errors, heap, int, memory, ops, str, tuple};
use std::borrow::Cow;

/// Why an argument was not accepted; empty when an exception is set already.
type Refused = String;

struct Parser<'f> {
    f: &'f [u8],
    at: usize,
    list: List,
    size_t: bool,
    /// What to give back when a later argument is refused: buffers and memory handed out.
    cleanup: Vec<Cleanup>,
}
enum Cleanup {
    Buffer(*mut Py_buffer),
    Memory(*mut *mut c_char),
}

/// What stands after the arguments in a format.
struct Tail<'f> {
    function: Option<Cow<'f, str>>,
    message: Option<Cow<'f, str>>,
}
fn tail(f: &[u8]) -> Tail<'_> {
    let text = String::from_utf8_lossy;
    let mut t = Tail {
        function: None,
        message: None,
    };
    if let Some(i) = f.iter().position(|c| *c == b':' || *c == b';') {
        if f[i] == b':' {
            t.function = Some(text(&f[i + 1..]));
        } else {
            t.message = Some(text(&f[i + 1..]));
        }
    }
    t
}

fn must_be(expected: &str, v: Value) -> Refused {
    format!(
        "must be {expected}, not {:.50}",
        if v.is_none() {
            "None"
        } else {
            v.ty().message_name()
        }
    )
}
fn set_error(index: usize, message: &str, levels: &[usize], tail: &Tail<'_>) {
    if errors::occurred() {
        return;
    }
    let shown = match &tail.message {
        Some(m) => m.to_string(),
        None => {
            let mut s = String::new();
            if let Some(f) = &tail.function {
                s.push_str(&format!("{f:.200}() "));
            }
            if index != 0 {
                s.push_str(&format!("argument {index}"));
                for l in levels {
                    s.push_str(&format!(", item {}", l - 1));
                }
            } else {
                s.push_str("argument");
            }
            s.push_str(&format!(" {message:.256}"));
            s
        }
    };
    let _ = if message.starts_with('(') {
        raise!(SystemError, "{shown}")
    } else {
        raise!(TypeError, "{shown}")
    };
}

impl Parser<'_> {
    fn peek(&self) -> u8 {
        self.f.get(self.at).copied().unwrap_or(0)
    }
    fn eat(&mut self, c: u8) -> bool {
        let hit = self.peek() == c;
        self.at += usize::from(hit);
        hit
    }
    fn give_back(&mut self) {
        for c in self.cleanup.drain(..) {
            // SAFETY: these were handed out by this very call.
            unsafe {
                match c {
                    Cleanup::Buffer(b) => memory::release(&mut *b),
                    Cleanup::Memory(p) => {
                        heap::free((*p).cast());
                        *p = std::ptr::null_mut();
                    }
                }
            }
        }
    }
    /// One argument, perhaps a parenthesised group.
    unsafe fn item(&mut self, o: O, levels: &mut Vec<usize>) -> Result<(), Refused> {
        // SAFETY: as `simple`.
        unsafe {
            if self.eat(b'(') {
                let r = self.group(val(o), levels);
                if r.is_ok() {
                    self.eat(b')');
                }
                return r;
            }
            if self.peek() == b'O' {
                return self.object(o);
            }
            self.simple(val(o))
        }
    }
    unsafe fn group(&mut self, v: Value, levels: &mut Vec<usize>) -> Result<(), Refused> {
        let (mut n, mut depth, mut i) = (0, 0, self.at);
        while i < self.f.len() {
            match self.f[i] {
                b'(' => {
                    if depth == 0 {
                        n += 1;
                    }
                    depth += 1;
                }
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b':' | b';' => break,
                c if depth == 0 && c.is_ascii_alphabetic() && c != b'e' => n += 1,
                _ => {}
            }
            i += 1;
        }
        if !ops::is_sequence(v) || bytes::is_bytes(v) {
            return Err(format!(
                "must be {n}-item sequence, not {:.50}",
                if v.is_none() {
                    "None"
                } else {
                    v.ty().message_name()
                }
            ));
        }
        let len = ops::len(v).unwrap_or(usize::MAX);
        if len != n {
            return Err(format!("must be sequence of length {n}, not {len}"));
        }
        for k in 0..n {
            // SAFETY: as `simple`; a list or tuple has just been found to have `n` items.
            let held = unsafe {
                match direct_item(v, k) {
                    Some(o) => Err(o),
                    None => Ok(crate::abstract_::PySequence_GetItem(v.as_ptr(), k as isize)),
                }
            };
            let o = match &held {
                Ok(o) | Err(o) => *o,
            };
            if o.is_null() {
                errors::clear();
                return Err("is not retrievable".into());
            }
            levels.push(k + 1);
            // SAFETY: as above; what a sequence has made for us is given up again, as CPython does.
            unsafe {
                let r = self.item(o, levels);
                if held.is_ok() {
                    heap::decref_ptr(o);
                }
                r?;
            }
            levels.pop();
        }
        Ok(())
    }
    fn raised<T>(&self, r: PyResult<T>) -> Result<T, Refused> {
        r.map_err(|_| String::new())
    }
    fn ranged(&self, v: Value, min: i64, max: i64, what: &str) -> Result<i64, Refused> {
        let n = self.raised(crate::longobject::as_i64(
            v,
            "Python int too large to convert to C long",
        ))?;
        if n < min {
            let _ = raise!(OverflowError, "{what} is less than minimum");
            return Err(String::new());
        }
        if n > max {
            let _ = raise!(OverflowError, "{what} is greater than maximum");
            return Err(String::new());
        }
        Ok(n)
    }
    fn mask(&self, v: Value) -> Result<u64, Refused> {
        self.raised(ops::index(v)).map(|i| int::low_u64(i.value()))
    }
    unsafe fn write_size(&self, n: usize) -> Result<(), Refused> {
        if !self.size_t {
            let _ = raise!(
                SystemError,
                "PY_SSIZE_T_CLEAN macro must be defined for '#' formats"
            );
            return Err(String::new());
        }
        // SAFETY: the format promises a place for the size.
        unsafe { *self.list.ptr::<isize>() = n as isize };
        Ok(())
    }
    /// A held contiguous buffer in the caller's structure.
    unsafe fn buffer(&mut self, v: Value, writable: bool) -> Result<(), Refused> {
        // SAFETY: the format promises a Py_buffer.
        unsafe {
            let out: *mut Py_buffer = self.list.ptr();
            let flags = if writable {
                bufflags::WRITABLE
            } else {
                bufflags::SIMPLE
            };
            // What has no buffer may be an immediate, which C must not see.
            let got = if memory::has_buffer(v) {
                crate::memoryobject::PyObject_GetBuffer(v.as_ptr(), out, flags)
            } else {
                let _ = bytes_like_required(v);
                -1
            };
            if got != 0 {
                // The exporter's own error stands, except where a buffer for writing is refused.
                if !writable {
                    return Err(String::new());
                }
                errors::clear();
                return Err(must_be("read-write bytes-like object", v));
            }
            if crate::memoryobject::PyBuffer_IsContiguous(out, b'C' as c_char) == 0 {
                memory::release(&mut *out);
                return Err(must_be("contiguous buffer", v));
            }
            self.cleanup.push(Cleanup::Buffer(out));
            Ok(())
        }
    }
    /// # Safety
    /// The list has the arguments that the format asks for.
    unsafe fn simple(&mut self, v: Value) -> Result<(), Refused> {
        let l = self.list;
        let c = self.peek();
        self.at += 1;
        // SAFETY: by contract.
        unsafe {
            match c {
                b'b' => {
                    let out: *mut u8 = l.ptr();
                    *out = self.ranged(v, 0, 255, "unsigned byte integer")? as u8;
                }
                b'B' => {
                    let out: *mut u8 = l.ptr();
                    *out = self.mask(v)? as u8;
                }
                b'h' => {
                    let out: *mut i16 = l.ptr();
                    *out =
                        self.ranged(v, i16::MIN.into(), i16::MAX.into(), "signed short integer")?
                            as i16;
                }
                b'H' => {
                    let out: *mut u16 = l.ptr();
                    *out = self.mask(v)? as u16;
                }
                b'i' => {
                    let out: *mut c_int = l.ptr();
                    *out = self.ranged(v, i32::MIN.into(), i32::MAX.into(), "signed integer")?
                        as c_int;
                }
                b'I' => {
                    let out: *mut u32 = l.ptr();
                    *out = self.mask(v)? as u32;
                }
                b'n' => {
                    let out: *mut isize = l.ptr();
                    let i = self.raised(ops::index(v))?;
                    *out = self.raised(crate::longobject::as_i64(
                        i.value(),
                        "Python int too large to convert to C ssize_t",
                    ))? as isize;
                }
                b'l' => {
                    let out: *mut i64 = l.ptr();
                    *out = self.raised(crate::longobject::as_i64(
                        v,
                        "Python int too large to convert to C long",
                    ))?;
                }
                b'L' => {
                    let out: *mut i64 = l.ptr();
                    *out = self.raised(crate::longobject::as_i64(v, "int too big to convert"))?;
                }
                b'k' | b'K' => {
                    let out: *mut u64 = l.ptr();
                    if !int::is_int_instance(v) {
                        return Err(must_be("int", v));
                    }
                    *out = int::low_u64(v);
                }
                b'f' => {
                    let out: *mut f32 = l.ptr();
                    *out = self.raised(ops::as_f64(v))? as f32;
                }
                b'd' => {
                    let out: *mut f64 = l.ptr();
                    *out = self.raised(ops::as_f64(v))?;
                }
                b'D' => {
                    let out: *mut Py_complex = l.ptr();
                    *out = crate::complexobject::PyComplex_AsCComplex(boundary::CRef::new(v).ptr());
                    if errors::occurred() {
                        return Err(String::new());
                    }
                }
                b'c' => {
                    let out: *mut u8 = l.ptr();
                    let b = if bytes::is_bytes(v) {
                        bytes::data(v)
                    } else if bytearray::is_bytearray(v) {
                        bytearray::data(v)
                    } else {
                        &[]
                    };
                    let [one] = b else {
                        return Err(must_be("a byte string of length 1", v));
                    };
                    *out = *one;
                }
                b'C' => {
                    let out: *mut c_int = l.ptr();
                    if !str::is_str(v) || str::len(v) != 1 {
                        return Err(must_be("a unicode character", v));
                    }
                    *out = str::char_at(v, 0) as c_int;
                }
                b'p' => {
                    let out: *mut c_int = l.ptr();
                    *out = self.raised(ops::is_true(v))?.into();
                }
                b'y' => {
                    if self.eat(b'*') {
                        return self.buffer(v, false);
                    }
                    let out: *mut *const u8 = l.ptr();
                    let data = read_only(v)?;
                    *out = data.as_ptr();
                    if self.eat(b'#') {
                        self.write_size(data.len())?;
                    } else if data.contains(&0) {
                        let _ = raise!(ValueError, "embedded null byte");
                        return Err(String::new());
                    }
                }
                b's' | b'z' => return self.text(v, c == b'z'),
                b'e' => return self.encoded(v),
                b'S' => {
                    let out: *mut O = l.ptr();
                    if !bytes::is_bytes(v) {
                        return Err(must_be("bytes", v));
                    }
                    *out = v.as_ptr();
                }
                b'Y' => {
                    let out: *mut O = l.ptr();
                    if !bytearray::is_bytearray(v) {
                        return Err(must_be("bytearray", v));
                    }
                    *out = v.as_ptr();
                }
                b'U' => {
                    let out: *mut O = l.ptr();
                    if !str::is_str(v) {
                        return Err(must_be("str", v));
                    }
                    *out = v.as_ptr();
                }
                b'w' => {
                    self.eat(b'*');
                    return self.buffer(v, true);
                }
                b'O' => return Err(String::from("(impossible<bad format char>)")),
                _ => return Err("(impossible<bad format char>)".into()),
            }
        }
        Ok(())
    }
    /// `O`, `O!` and `O&` need the pointer that C passed, not its canonical value.
    unsafe fn object(&mut self, o: O) -> Result<(), Refused> {
        self.at += 1;
        // SAFETY: the list has the arguments that the format asks for.
        unsafe {
            if self.eat(b'!') {
                let (t, out): (*mut PyTypeObject, *mut O) = (self.list.ptr(), self.list.ptr());
                let t = Type::from_ptr(t);
                if !Type::of_ptr(o).is_subtype(t) {
                    return Err(must_be(t.message_name(), Value::from_object(o)));
                }
                *out = o;
            } else if self.eat(b'&') {
                type Converter = unsafe extern "C" fn(O, *mut u8) -> c_int;
                let f = std::mem::transmute::<*mut u8, Converter>(self.list.ptr());
                let out: *mut u8 = self.list.ptr();
                if f(o, out) == 0 {
                    if errors::occurred() {
                        return Err(String::new());
                    }
                    return Err("(unspecified)".into());
                }
            } else {
                *self.list.ptr::<O>() = o;
            }
        }
        Ok(())
    }
    unsafe fn text(&mut self, v: Value, none: bool) -> Result<(), Refused> {
        let l = self.list;
        // SAFETY: the list has the arguments that the format asks for.
        unsafe {
            if self.eat(b'*') {
                if none && v.is_none() {
                    let out: *mut Py_buffer = l.ptr();
                    crate::memoryobject::PyBuffer_FillInfo(
                        out,
                        NULL,
                        std::ptr::null_mut(),
                        0,
                        1,
                        0,
                    );
                    return Ok(());
                }
                if str::is_str(v) {
                    let s = self.raised(str::as_utf8(v))?;
                    let out: *mut Py_buffer = l.ptr();
                    memory::fill_info(
                        out,
                        v.as_ptr(),
                        s.as_ptr().cast_mut().cast(),
                        s.len(),
                        true,
                        0,
                    );
                    self.cleanup.push(Cleanup::Buffer(out));
                    return Ok(());
                }
                return self.buffer(v, false);
            }
            let out: *mut *const u8 = l.ptr();
            if self.eat(b'#') {
                if none && v.is_none() {
                    *out = std::ptr::null();
                    return self.write_size(0);
                }
                let data = if str::is_str(v) {
                    self.raised(str::as_utf8(v))?.as_bytes()
                } else {
                    read_only(v)?
                };
                *out = data.as_ptr();
                return self.write_size(data.len());
            }
            if none && v.is_none() {
                *out = std::ptr::null();
                return Ok(());
            }
            if !str::is_str(v) {
                return Err(must_be(if none { "str or None" } else { "str" }, v));
            }
            let s = self.raised(str::as_utf8(v))?;
            if s.as_bytes().contains(&0) {
                let _ = raise!(ValueError, "embedded null character");
                return Err(String::new());
            }
            *out = s.as_ptr();
        }
        Ok(())
    }
    /// `es`, `et`, `es#`, `et#`.
    unsafe fn encoded(&mut self, v: Value) -> Result<(), Refused> {
        let recode = match self.peek() {
            b's' => true,
            b't' => false,
            _ => return Err("(unknown parser marker combination)".into()),
        };
        self.at += 1;
        // SAFETY: the list has the arguments that the format asks for.
        unsafe {
            let (encoding, out): (*const c_char, *mut *mut c_char) =
                (self.list.chars(), self.list.ptr());
            let name = if encoding.is_null() {
                "utf-8".into()
            } else {
                text(encoding)
            };
            let data: Vec<u8> = if !recode && bytes::is_bytes(v) {
                bytes::data(v).to_vec()
            } else if !recode && bytearray::is_bytearray(v) {
                bytearray::data(v).to_vec()
            } else if str::is_str(v) {
                let Ok(b) = pyrs_object::codec::encode(v, &name, "strict") else {
                    return Err("(encoding failed)".into());
                };
                bytes::data(b.value()).to_vec()
            } else {
                return Err(must_be(
                    if recode {
                        "str"
                    } else {
                        "str, bytes or bytearray"
                    },
                    v,
                ));
            };
            let sized = self.eat(b'#');
            if sized {
                if !self.size_t {
                    return self.write_size(0);
                }
                let size: *mut isize = self.list.ptr();
                if !(*out).is_null() {
                    if data.len() + 1 > *size as usize {
                        let _ = raise!(
                            ValueError,
                            "encoded string too long ({}, maximum length {})",
                            data.len(),
                            *size - 1
                        );
                        return Err(String::new());
                    }
                    std::ptr::copy_nonoverlapping(data.as_ptr(), (*out).cast(), data.len());
                    *(*out).add(data.len()) = 0;
                    *size = data.len() as isize;
                    return Ok(());
                }
                *size = data.len() as isize;
            } else if data.contains(&0) {
                let _ = raise!(ValueError, "embedded null byte");
                return Err(String::new());
            }
            let p = heap::malloc(data.len() + 1);
            std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len());
            *p.add(data.len()) = 0;
            *out = p.cast();
            self.cleanup.push(Cleanup::Memory(out));
        }
        Ok(())
    }
    unsafe fn argument(&mut self, o: O) -> Result<(), (Refused, Vec<usize>)> {
        let mut levels = Vec::new();
        // SAFETY: as `simple`.
        unsafe { self.item(o, &mut levels).map_err(|m| (m, levels)) }
    }
    /// Passes over one argument that was not given: its places in the list too.
    unsafe fn skip(&mut self) {
        let c = self.peek();
        self.at += 1;
        // SAFETY: as `simple`.
        unsafe {
            match c {
                b'(' => {
                    while self.at < self.f.len() && self.peek() != b')' {
                        self.skip();
                    }
                    self.eat(b')');
                }
                b'e' => {
                    self.at += 1;
                    self.list.ptr::<u8>();
                    self.list.ptr::<u8>();
                    if self.eat(b'#') {
                        self.list.ptr::<u8>();
                    }
                }
                b'O' => {
                    self.list.ptr::<u8>();
                    if self.eat(b'!') || self.eat(b'&') {
                        self.list.ptr::<u8>();
                    }
                }
                _ => {
                    self.list.ptr::<u8>();
                    if self.eat(b'#') {
                        self.list.ptr::<u8>();
                    } else if self.peek() == b'*' {
                        self.at += 1;
                    }
                }
            }
        }
    }
    fn at_end(&self) -> bool {
        matches!(self.peek(), 0 | b':' | b';')
    }
}

fn bytes_like_required(v: Value) -> Raised {
    raise!(
        TypeError,
        "a bytes-like object is required, not '{}'",
        v.ty().message_name()
    )
}
/// The item of a list or tuple as the container holds it: it lives as long as the container does.
unsafe fn direct_item(v: Value, k: usize) -> Option<O> {
    if !v.is_object() {
        return None;
    }
    boundary::expose(v);
    // SAFETY: callers have checked the length; exposed containers hold objects only.
    unsafe {
        let o = v.as_ptr();
        if v.has_flag(tpflags::TUPLE_SUBCLASS) {
            Some(
                *(&raw mut (*o.cast::<PyTupleObject>()).ob_item)
                    .cast::<O>()
                    .add(k),
            )
        } else if v.has_flag(tpflags::LIST_SUBCLASS) {
            Some(*(*o.cast::<PyListObject>()).ob_item.cast::<O>().add(k))
        } else {
            None
        }
    }
}
/// The bytes of a read-only exporter: pointers into it stay valid without holding a buffer.
fn read_only<'a>(v: Value) -> Result<&'a [u8], Refused> {
    if bytes::is_bytes(v) {
        return Ok(bytes::data(v));
    }
    // SAFETY: null or a table that lives as long as the type.
    let slots = unsafe { v.ty().tp_as_buffer.as_ref() };
    if slots.is_some_and(|b| b.bf_releasebuffer.is_some()) {
        return Err(must_be("read-only bytes-like object", v));
    }
    if !memory::has_buffer(v) {
        let _ = bytes_like_required(v);
        return Err(String::new());
    }
    match memory::bytes_like(v) {
        Ok(b) => {
            // SAFETY: an exporter without bf_releasebuffer keeps its memory as long as it lives.
            Ok(unsafe { std::slice::from_raw_parts(b.raw.buf.cast(), b.raw.len.max(0) as usize) })
        }
        Err(_) => Err(String::new()),
    }
}

/// Smallest and largest number of arguments, by the top level of a format.
fn counts(f: &[u8]) -> (usize, usize) {
    let (mut n, mut min, mut depth) = (0, None, 0);
    for c in f {
        match c {
            b'(' => {
                if depth == 0 {
                    n += 1;
                }
                depth += 1;
            }
            b')' => depth -= 1,
            b':' | b';' => break,
            b'|' if depth == 0 => min = Some(n),
            // `es` and `et` are one argument in two letters.
            c if depth == 0 && c.is_ascii_alphabetic() && *c != b'e' => n += 1,
            _ => {}
        }
    }
    (min.unwrap_or(n), n)
}
/// Whether `n` arguments are taken just as they are, and are enough: formats like `O|OO:name`.
fn plain_objects(f: &[u8], n: usize) -> bool {
    let mut rest = f;
    let mut optional = false;
    for _ in 0..n {
        if let [b'|', tail @ ..] = rest {
            (rest, optional) = (tail, true);
        }
        match rest {
            [b'O', b'!' | b'&', ..] => return false,
            [b'O', tail @ ..] => rest = tail,
            _ => return false,
        }
    }
    match rest {
        [] | [b'|' | b':' | b';', ..] => true,
        [b'O', ..] => optional,
        _ => false,
    }
}

/// Stores the arguments if the format takes them just as they are.
fn store_plain(args: &[O], f: &[u8], list: &List) -> bool {
    let plain = plain_objects(f, args.len());
    if plain {
        for o in args {
            // SAFETY: the caller's list has a place for each argument of the format.
            unsafe { *list.ptr::<O>() = *o };
        }
    }
    plain
}

unsafe fn parse(args: &[O], f: &[u8], list: List, size_t: bool, single: bool) -> c_int {
    if store_plain(args, f, &list) {
        return 1;
    }
    let t = std::cell::LazyCell::new(|| tail(f));
    let (min, max) = counts(f);
    if !single && (args.len() < min || args.len() > max) {
        let bound = if args.len() < min { min } else { max };
        let _ = match &t.message {
            Some(m) => raise!(TypeError, "{m}"),
            None => raise!(
                TypeError,
                "{:.150}{} takes {} {bound} argument{} ({} given)",
                t.function.as_deref().unwrap_or("function"),
                if t.function.is_some() { "()" } else { "" },
                if min == max {
                    "exactly"
                } else if args.len() < min {
                    "at least"
                } else {
                    "at most"
                },
                if bound == 1 { "" } else { "s" },
                args.len()
            ),
        };
        return 0;
    }
    let mut p = Parser {
        f,
        at: 0,
        list,
        size_t,
        cleanup: Vec::new(),
    };
    for (i, o) in args.iter().enumerate() {
        p.eat(b'|');
        // SAFETY: by the C API's contract.
        if let Err((message, levels)) = unsafe { p.argument(*o) } {
            set_error(if single { 0 } else { i + 1 }, &message, &levels, &t);
            p.give_back();
            return 0;
        }
    }
    p.eat(b'|');
    1
}

unsafe fn parse_keywords(
    args: &[O],
    kw: O,
    f: &[u8],
    names: *const *const c_char,
    list: List,
    size_t: bool,
) -> PyResult<()> {
    if kw.is_null() && store_plain(args, f, &list) {
        return Ok(());
    }
    let t = tail(f);
    let function = t.function.as_deref().unwrap_or("function");
    let call = if t.function.is_some() { "()" } else { "" };
    // SAFETY: the array of names ends with null; empty names are positional-only.
    let names: smallvec::SmallVec<[*const c_char; 8]> = unsafe {
        (0..)
            .map(|i| *names.add(i))
            .take_while(|p| !p.is_null())
            .collect()
    };
    // SAFETY: C strings that outlive the call.
    let name_of = |i: usize| unsafe { text(names[i]) };
    // SAFETY: as above.
    let pos_only = names.iter().take_while(|n| unsafe { ***n == 0 }).count();
    let given_kw = if kw.is_null() {
        0
    } else {
        // SAFETY: a live dict.
        unsafe { dict::len(val(kw)) }
    };
    let total = args.len() + given_kw;
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if total > names.len() {
        return Err(raise!(
            TypeError,
            "{function:.200}{call} takes {} {} {}argument{} ({total} given)",
            "at most",
            names.len(),
            if args.is_empty() { "keyword " } else { "" },
            plural(names.len())
        ));
    }
    let (mut min, mut max) = (usize::MAX, usize::MAX);
    let mut p = Parser {
        f,
        at: 0,
        list,
        size_t,
        cleanup: Vec::new(),
    };
    let mut used = 0;
    let mut missing_after = false;
    for i in 0..names.len() {
        if p.eat(b'|') {
            min = i;
        }
        if p.eat(b'$') {
            max = i;
            if max < args.len() {
                p.give_back();
                return Err(if max == 0 {
                    raise!(
                        TypeError,
                        "{function:.200}{call} takes no positional arguments"
                    )
                } else {
                    raise!(
                        TypeError,
                        "{function:.200}{call} takes {} {max} positional argument{} ({} given)",
                        if min < max { "at most" } else { "exactly" },
                        plural(max),
                        args.len()
                    )
                });
            }
        }
        if p.at_end() {
            return Err(raise!(
                SystemError,
                "More keyword list entries ({}) than format specifiers ({i})",
                names.len()
            ));
        }
        let held;
        let current = if i < args.len() {
            Some(args[i])
        } else if used < given_kw && i >= pos_only {
            // SAFETY: a live dict.
            match named(unsafe { val(kw) }, &name_of(i))? {
                Some(o) => {
                    used += 1;
                    held = o;
                    Some(held)
                }
                None => None,
            }
        } else {
            None
        };
        match current {
            Some(o) => {
                // SAFETY: by the C API's contract.
                if let Err((message, levels)) = unsafe { p.argument(o) } {
                    set_error(i + 1, &message, &levels, &t);
                    p.give_back();
                    return Err(Raised::assume_set());
                }
            }
            None => {
                if i < min && min == usize::MAX && !p.f[..p.at].contains(&b'|') {
                    if i < pos_only {
                        missing_after = true;
                    } else {
                        p.give_back();
                        return Err(if let Some(m) = &t.message {
                            raise!(TypeError, "{m}")
                        } else {
                            raise!(
                                TypeError,
                                "{function:.200}{call} missing required argument '{}' (pos {})",
                                name_of(i),
                                i + 1
                            )
                        });
                    }
                }
                if missing_after {
                    let need = pos_only.min(counts(f).0);
                    p.give_back();
                    return Err(raise!(
                        TypeError,
                        "{function:.200}{call} takes {} {need} positional argument{} ({} given)",
                        if need < names.len() {
                            "at least"
                        } else {
                            "exactly"
                        },
                        plural(need),
                        args.len()
                    ));
                }
                // SAFETY: by the C API's contract.
                unsafe { p.skip() };
            }
        }
    }
    if used < given_kw {
        // SAFETY: a live dict.
        let d = unsafe { val(kw) };
        for i in pos_only..args.len().min(names.len()) {
            if dict::contains(d, str::intern(&name_of(i)).value())? {
                p.give_back();
                return Err(raise!(
                    TypeError,
                    "argument for {function:.200}{call} given by name ('{}') and position ({})",
                    name_of(i),
                    i + 1
                ));
            }
        }
        let mut at = 0;
        while let Some((k, _)) = dict::next(d, &mut at) {
            if !str::is_str(k) {
                p.give_back();
                return Err(raise!(TypeError, "keywords must be strings"));
            }
            let key = str::to_string_lossy(k);
            if !(pos_only..names.len()).any(|i| name_of(i) == key) {
                p.give_back();
                return Err(raise!(
                    TypeError,
                    "'{key}' is an invalid keyword argument for {}{call}",
                    t.function.as_deref().unwrap_or("this function")
                ));
            }
        }
    }
    let _ = max;
    Ok(())
}

/// The argument of that name, borrowed from the dict.
fn named(d: Value, name: &str) -> PyResult<Option<O>> {
    let mut at = 0;
    while let Some((k, _)) = dict::next(d, &mut at) {
        if str::is_str(k) && str::eq_str(k, name) {
            return dict::borrow_for_c(d, k);
        }
    }
    Ok(None)
}

/// The items of an argument tuple; real objects, because C has made or seen the tuple.
unsafe fn tuple_items<'a>(args: O) -> &'a [O] {
    // SAFETY: a live exposed tuple.
    unsafe {
        boundary::expose(Value::from_object(args));
        let t = args.cast::<PyTupleObject>();
        std::slice::from_raw_parts(
            (&raw const (*t).ob_item).cast(),
            (*t).ob_base.ob_size as usize,
        )
    }
}
unsafe fn unpack(args: &[O], function: *const c_char, min: isize, max: isize, list: List) -> c_int {
    let n = args.len() as isize;
    if n < min || n > max {
        let (bound, how) = if n < min {
            (min, if min == max { "" } else { "at least " })
        } else {
            (max, if min == max { "" } else { "at most " })
        };
        let plural = if bound == 1 { "" } else { "s" };
        // SAFETY: null or a C string.
        let f = unsafe { text(function) };
        let _ = if function.is_null() {
            raise!(
                TypeError,
                "unpacked tuple should have {how}{bound} element{plural}, but has {n}"
            )
        } else {
            raise!(
                TypeError,
                "{f:.200} expected {how}{bound} argument{plural}, got {n}"
            )
        };
        return 0;
    }
    for a in args {
        // SAFETY: the list has a place for each.
        unsafe { *list.ptr::<O>() = *a };
    }
    1
}

capi! {
    fn pyrs_parse(args: O, f: *const c_char, list: *mut Va, flags: c_int) -> c_int {
        let (f, size_t) = (c_bytes(f), flags & 1 != 0);
        if flags & 2 != 0 {
            let (min, max) = counts(f);
            if max == 0 {
                if args.is_null() { return 1; }
                let t = tail(f);
                let _ = raise!(TypeError, "{:.200}{} takes no arguments", t.function.as_deref().unwrap_or("function"),
                    if t.function.is_some() { "()" } else { "" });
                return 0;
            }
            if min == 1 && max == 1 { return parse(&[args], f, List(list), size_t, true); }
        }
        if args.is_null() || !tuple::is_tuple(Value::from_object(args)) {
            let _ = raise!(SystemError, "new style getargs format but argument is not a tuple");
            return 0;
        }
        parse(tuple_items(args), f, List(list), size_t, false)
    }
    fn pyrs_parse_stack(args: *const O, n: isize, f: *const c_char, list: *mut Va, flags: c_int) -> c_int {
        let args = if n == 0 { &[] } else { std::slice::from_raw_parts(args, n as usize) };
        parse(args, c_bytes(f), List(list), flags & 1 != 0, false)
    }
    fn pyrs_parse_keywords(args: O, kw: O, f: *const c_char, names: *const *const c_char, list: *mut Va, flags: c_int) -> c_int {
        if args.is_null() || !tuple::is_tuple(Value::from_object(args)) || f.is_null() || names.is_null() {
            let _ = bad_call();
            return 0;
        }
        parse_keywords(tuple_items(args), kw, c_bytes(f), names, List(list), flags & 1 != 0).is_ok().into()
    }
    fn pyrs_parse_stack_keywords(args: *const O, n: isize, names: O, parser: *const crate::keywords::ArgParser, list: *mut Va, flags: c_int) -> c_int {
        let list_args = if n == 0 { &[] } else { std::slice::from_raw_parts(args, n as usize) };
        let Ok(kw) = crate::keywords::keywords_as_dict(args, n, names) else { return 0 };
        let kw = kw.as_ref().map_or(NULL, |k| k.value().as_ptr());
        parse_keywords(list_args, kw, c_bytes((*parser).format), (*parser).keywords, List(list), flags & 1 != 0).is_ok().into()
    }
    fn pyrs_unpack(args: O, name: *const c_char, min: isize, max: isize, list: *mut Va) -> c_int {
        if !tuple::is_tuple(Value::from_object(args)) {
            let _ = raise!(SystemError, "PyArg_UnpackTuple() argument list is not a tuple");
            return 0;
        }
        unpack(tuple_items(args), name, min, max, List(list))
    }
    fn pyrs_unpack_stack(args: *const O, n: isize, name: *const c_char, min: isize, max: isize, list: *mut Va) -> c_int {
        let args = if n == 0 { &[] } else { std::slice::from_raw_parts(args, n as usize) };
        unpack(args, name, min, max, List(list))
    }
    fn PyArg_ValidateKeywordArguments(kw: O) -> c_int {
        let v = val(kw);
        if !dict::is_dict(v) { let _ = bad_call(); return 0; }
        let mut at = 0;
        while let Some((k, _)) = dict::next(v, &mut at) {
            if !str::is_str(k) { let _ = raise!(TypeError, "keywords must be strings"); return 0; }
        }
        1
    }
    fn _PyArg_NoKeywords(f: *const c_char, kw: O) -> c_int {
        if kw.is_null() || dict::len(val(kw)) == 0 { return 1; }
        let _ = raise!(TypeError, "{:.200}() takes no keyword arguments", text(f));
        0
    }
    fn _PyArg_NoPositional(f: *const c_char, args: O) -> c_int {
        if args.is_null() || tuple::len(val(args)) == 0 { return 1; }
        let _ = raise!(TypeError, "{:.200}() takes no positional arguments", text(f));
        0
    }
    fn _PyArg_NoKwnames(f: *const c_char, names: O) -> c_int {
        if names.is_null() || tuple::len(val(names)) == 0 { return 1; }
        let _ = raise!(TypeError, "{:.200}() takes no keyword arguments", text(f));
        0
    }
    fn _PyArg_CheckPositional(f: *const c_char, n: isize, min: isize, max: isize) -> c_int {
        if n >= min && n <= max { return 1; }
        let (bound, how) = if n < min { (min, if min == max { "" } else { "at least " }) } else { (max, if min == max { "" } else { "at most " }) };
        let plural = if bound == 1 { "" } else { "s" };
        let _ = if f.is_null() {
            raise!(TypeError, "unpacked tuple should have {how}{bound} element{plural}, but has {n}")
        } else {
            raise!(TypeError, "{:.200} expected {how}{bound} argument{plural}, got {n}", text(f))
        };
        0
    }
    fn _PyArg_BadArgument(f: *const c_char, shown: *const c_char, expected: *const c_char, arg: O) {
        let v = val(arg);
        let _ = raise!(TypeError, "{:.200}() {:.200} must be {:.50}, not {:.50}", text(f), text(shown), text(expected),
            if v.is_none() { "None" } else { v.ty().message_name() });
    }
}
