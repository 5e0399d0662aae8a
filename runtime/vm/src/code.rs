//! `Code`: the executable body behind a code object.
//!
//! A `PyCodeObject` keeps CPython's public fields; what the interpreter runs hangs off its private `_co_linearray`
//! field. The instruction words are writable: quickening rewrites op bytes and inline caches in place.
//!
//! Code comes from images (`pyrs_bytecode::Image`). A code object starts with its header only, and a tagged pointer in
//! `_co_linearray` to where its body lies; [`body`] makes the body when somebody asks, which for most functions of a
//! module is never.

use crate::code_from_c::Given;
use pyrs_bytecode::{
    CodeUnit, Const, ExceptionEntry, Image, Instr, PositionTable, Positions, RawConst, StringIndex,
    UnitHeader,
};
use pyrs_object::layout::*;
use pyrs_object::str as py_str;
use pyrs_object::{PyResult, Ref, Type, Value, ValueExt, heap, raise, tracemalloc, ty};
use std::borrow::Cow;
use std::cell::Cell;
use std::ptr;
use std::rc::Rc;

/// The executable body. Shared by all functions made from the code object.
#[repr(C)]
pub struct Code {
    pub instructions: *mut u64,
    /// One past the constants, which lie in reverse order: operand field `-k-1` is `constants_end[-k-1]`.
    pub constants_end: *const Value,
    pub registers: u32,
    /// Registers below are locals and cells; only these hold objects when a frame returns.
    pub first_temp: u32,
    pub argcount: u32,
    pub kwonly: u32,
    pub posonly: u32,
    pub flags: i32,
    /// Where the closure's cells go.
    pub first_free: u32,
    pub free_count: u32,
    /// Calls until the JIT is asked (counts down).
    pub entry_counter: u32,
    /// Index of the compiled function region + 1, or 0.
    pub entry_region: u32,
    /// When the JIT began to count these calls, by its clock; 0 before it did.
    pub entry_since: u32,
    pub object: *mut PyCodeObject,
    /// The body takes exactly `argcount` positional parameters and nothing else, and is no generator.
    pub simple: bool,
    /// Like `simple`, but there may be a closure, and calling it may make a generator.
    pub positional: bool,
    /// Its frames are not shown to programs ([`crate::consume`]).
    pub hidden: bool,
    pub names: Box<[Value]>,
    pub exception_table: Box<[ExceptionEntry]>,
    pub word_count: u32,
    /// Names of the registers below `first_temp`, for messages and `f_locals`.
    pub local_names: Box<[Value]>,
    /// All cells, parameters that are cells included.
    pub cellvars: Box<[Value]>,
    /// Registers that are plain locals (parameters that are cells included).
    pub varname_count: u32,
    pub first_line: u32,
    source: Rc<Source>,
    /// Where the positions lie in the image.
    positions: std::ops::Range<usize>,
    /// (end of run, line) decoded from `positions` when a line is first asked for.
    lines: std::cell::OnceCell<Box<[(u32, i32)]>>,
    constants: Box<[Value]>,
    words: Box<[u64]>,
}

impl Code {
    /// The value of constant `k`.
    #[inline(always)]
    pub fn constant(&self, k: usize) -> Value {
        // SAFETY: the validator has checked constant indices.
        unsafe { *self.constants_end.sub(k + 1) }
    }
    #[inline(always)]
    pub fn name(&self, index: u16) -> Value {
        // SAFETY: the validator has checked name indices.
        unsafe { *self.names.get_unchecked(index as usize) }
    }
    /// All constants, in no particular order.
    pub(crate) fn all_constants(&self) -> &[Value] {
        &self.constants
    }
    /// Index of the instruction word at `pc`.
    #[inline]
    pub fn index_of(&self, pc: *const u64) -> u32 {
        ((pc as usize - self.instructions as usize) / 8) as u32
    }
    /// The handler that covers the word at `index`.
    pub fn handler(&self, index: u32) -> Option<&ExceptionEntry> {
        let n = self.exception_table.partition_point(|e| e.end <= index);
        self.exception_table.get(n).filter(|e| e.start <= index)
    }
    /// The line of the word at `index`; 0 where the compiler put code that no line stands for.
    pub fn line_at(&self, index: u32) -> i32 {
        let lines = self.lines();
        let at = lines.partition_point(|(end, _)| *end <= index);
        lines
            .get(at)
            .map_or(self.first_line as i32, |(_, line)| *line)
    }
    /// [`line_at`](Self::line_at) for `f_lineno` and tracebacks: code without a line shows the line before it.
    pub fn shown_line(&self, index: u32) -> i32 {
        let lines = self.lines();
        let at = lines.partition_point(|(end, _)| *end <= index);
        let before = lines[..lines.len().min(at + 1)].iter().rev();
        let mut known = before.map(|(_, line)| *line).filter(|line| *line != 0);
        known.next().unwrap_or(self.first_line as i32)
    }
    /// (end of run, line) of all runs.
    fn lines(&self) -> &[(u32, i32)] {
        let decode = || {
            let mut end = 0;
            let runs = self.positions().runs().map(|(words, p)| {
                end += words;
                (end, p.line as i32)
            });
            runs.collect()
        };
        // Tracing the allocation would ask for the line.
        self.lines.get_or_init(|| tracemalloc::untraced(decode))
    }
    pub fn positions(&self) -> Positions<'_> {
        Positions::new(&self.source.bytes[self.positions.clone()])
    }
    /// Names of the plain locals; those of the parameters come first.
    pub fn varnames(&self) -> &[Value] {
        &self.local_names[..self.varname_count as usize]
    }
    pub fn freevars(&self) -> &[Value] {
        &self.local_names[self.first_free as usize..]
    }
    /// Whether a register below `first_temp` holds a cell (of its own, a parameter's, or a closure's).
    pub fn is_cell_register(&self, register: usize) -> bool {
        // All names are interned.
        register >= self.varname_count as usize
            || self
                .local_names
                .get(register)
                .is_some_and(|n| self.cellvars.contains(n))
    }
    pub fn is_generator_like(&self) -> bool {
        self.flags & (coflags::GENERATOR | coflags::COROUTINE | coflags::ASYNC_GENERATOR) != 0
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        for v in self
            .constants
            .iter()
            .chain(self.names.iter())
            .chain(self.local_names.iter())
            .chain(self.cellvars.iter())
        {
            heap::decref(*v);
        }
    }
}

/// An image and the strings made of it so far. All code objects of the image share it.
struct Source {
    bytes: Cow<'static, [u8]>,
    image: Image,
    strings: Box<[Cell<Value>]>,
    /// Made by this build for itself: bodies need no check.
    trusted: bool,
    /// The bytes object that the image is a part of, if it is.
    _owner: Option<Ref>,
}

impl Drop for Source {
    fn drop(&mut self) {
        for v in &self.strings {
            heap::decref(v.get());
        }
    }
}

impl Source {
    fn open(
        bytes: Cow<'static, [u8]>,
        trusted: bool,
        owner: Option<Ref>,
    ) -> Result<Rc<Source>, pyrs_bytecode::DecodeError> {
        let image = Image::open(&bytes)?;
        let strings = (0..image.string_count())
            .map(|_| Cell::new(Value::EMPTY))
            .collect();
        Ok(Rc::new(Source {
            bytes,
            image,
            strings,
            trusted,
            _owner: owner,
        }))
    }
    /// A string constant; those that look like identifiers are interned, as CPython does.
    fn string(&self, index: StringIndex) -> Option<Ref> {
        let slot = self.strings.get(index as usize)?;
        if slot.get().is_empty() {
            let bytes = self.image.string(&self.bytes, index)?;
            let name = looks_like_name(bytes)
                .then(|| std::str::from_utf8(bytes).ok())
                .flatten();
            let s = name.map_or_else(|| py_str::from_wtf8(bytes), py_str::intern);
            slot.set(s.into_value());
        }
        Some(Ref::new(slot.get()))
    }
    /// A name: always interned.
    fn name(&self, index: StringIndex) -> Option<Value> {
        let slot = self.strings.get(index as usize)?;
        if slot.get().is_empty() {
            let text = std::str::from_utf8(self.image.string(&self.bytes, index)?).ok()?;
            slot.set(py_str::intern(text).into_value());
        }
        let s = self.string(index)?;
        if py_str::is_interned(s.value()) {
            return Some(s.into_value());
        }
        let s = py_str::intern_value(s);
        let old = self.strings[index as usize].replace(s.clone().into_value());
        heap::decref(old);
        Some(s.into_value())
    }
    fn names(&self, list: &[StringIndex]) -> Option<Vec<Value>> {
        let mut names = Vec::with_capacity(list.len());
        for &k in list {
            names.push(self.name(k)?);
        }
        Some(names)
    }
}

/// A body that has not been made yet.
enum Unread {
    Image(Rc<Source>, UnitHeader),
    Foreign(Given),
}
/// Tag in `_co_linearray`: an [`Unread`], not a [`Code`].
const UNREAD: usize = 1;

/// The body of a code object.
///
/// # Safety
/// `object` is a live code object made by this module (extension-made empty code objects have a null body).
#[inline(always)]
pub unsafe fn body(object: *mut PyObject) -> *mut Code {
    // SAFETY: by contract.
    unsafe {
        let p = (*object.cast::<PyCodeObject>())._co_linearray;
        if p.addr() & UNREAD != 0 {
            return read_body(object.cast());
        }
        p.cast()
    }
}

/// The body of a code object if it has been read.
///
/// # Safety
/// As [`body`].
pub(crate) unsafe fn read<'a>(object: *mut PyCodeObject) -> Option<&'a mut Code> {
    // SAFETY: by contract.
    unsafe {
        let p = (*object)._co_linearray;
        if p.addr() & UNREAD != 0 {
            return None;
        }
        p.cast::<Code>().as_mut()
    }
}

/// Has the collector look at a code object from now on.
pub fn track(object: *mut PyCodeObject) {
    pyrs_object::gc::track(object.cast());
}

/// Releases what hangs off `_co_linearray`.
///
/// # Safety
/// `object` is a dying code object.
pub(crate) unsafe fn drop_body(object: *mut PyCodeObject) {
    // SAFETY: the field owns a `Code` or, tagged, an `Unread`.
    unsafe {
        let p = std::mem::replace(&mut (*object)._co_linearray, ptr::null_mut());
        if p.addr() & UNREAD != 0 {
            drop(Box::from_raw(p.map_addr(|a| a & !UNREAD).cast::<Unread>()));
        } else if !p.is_null() {
            drop(Box::from_raw(p.cast::<Code>()));
        }
    }
}

/// The docstring of a code object: its first constant if that is a string, else None.
pub(crate) fn docstring(object: Value) -> Ref {
    // SAFETY: a live code object.
    unsafe {
        let p = (*object.as_ptr().cast::<PyCodeObject>())._co_linearray;
        if p.addr() & UNREAD != 0 {
            let unread = &*p.map_addr(|a| a & !UNREAD).cast::<Unread>();
            if let Unread::Image(source, header) = unread {
                let doc = header.doc.and_then(|doc| source.string(doc));
                return doc.unwrap_or_else(Ref::none);
            }
            read_body(object.as_ptr().cast());
        }
        let consts = Value::from_object((*object.as_ptr().cast::<PyCodeObject>()).co_consts);
        if consts.is_empty() || pyrs_object::tuple::len(consts) == 0 {
            return Ref::none();
        }
        let first = pyrs_object::tuple::get(consts, 0);
        if first.has_flag(tpflags::UNICODE_SUBCLASS) {
            Ref::new(first)
        } else {
            Ref::none()
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn read_body(object: *mut PyCodeObject) -> *mut Code {
    // SAFETY: the field holds a tagged `Unread`, which is freed when the body has taken its place.
    unsafe {
        let p = (*object)._co_linearray;
        let unread = p.map_addr(|a| a & !UNREAD).cast::<Unread>();
        let made = || match &*unread {
            Unread::Image(source, header) => make_body(object, &source.clone(), header),
            Unread::Foreign(given) => make_foreign(object, given),
        };
        let make = || made().or_else(|| make_damaged(object));
        // A program that looks for its allocations does not mean those of calling a function for the first time.
        let made = tracemalloc::untraced(make).unwrap_or_else(|| std::process::abort());
        // Making constants may run nothing that asks for this body, so nobody else has made it meanwhile.
        (*object)._co_linearray = Box::into_raw(made).cast();
        drop(Box::from_raw(unread));
        let code = (*object)._co_linearray.cast::<Code>();
        // What the inner code's compiled code refers to may lead back here.
        if crate::jit::enabled() && (*code).constants.iter().any(|v| is_code(*v)) {
            track(object);
        }
        code
    }
}

/// The body of code that is not valid though its checksum is right: it takes any arguments and raises.
fn make_damaged(object: *mut PyCodeObject) -> Option<Box<Code>> {
    pyrs_object::errors::clear();
    let text = b"def damaged(*args, **kwargs): raise SystemError('compiled code is damaged')";
    let options = crate::source::CompileOptions {
        filename: "<damaged>",
        flags: 0,
        optimize: -1,
    };
    let module = crate::source::compile_unit(text, pyrs_syntax::Mode::Exec, &options).ok()?;
    let function = module.consts.into_iter().find_map(|c| match c {
        Const::Code(unit) => Some(unit),
        _ => None,
    })?;
    make_unit(object, &function)
}

fn make_unit(object: *mut PyCodeObject, unit: &CodeUnit) -> Option<Box<Code>> {
    let source = Source::open(pyrs_bytecode::encode(unit).into(), true, None).ok()?;
    let header = source.image.header(&source.bytes, source.image.root)?;
    make_body(object, &source, &header)
}

fn make_foreign(object: *mut PyCodeObject, given: &Given) -> Option<Box<Code>> {
    let code = make_unit(object, &given.unit(object).ok()?)?;
    given.show(object);
    Some(code)
}

/// Reads, checks and makes a body, and fills the fields of `object` that come from it.
fn make_body(
    object: *mut PyCodeObject,
    source: &Rc<Source>,
    header: &UnitHeader,
) -> Option<Box<Code>> {
    let raw = source.image.body(&source.bytes, header)?;
    if !source.trusted || cfg!(debug_assertions) {
        source.image.validate(&source.bytes, header, &raw).ok()?;
    }
    // SAFETY: a live code object.
    let filename = unsafe { Value::from_object((*object).co_filename) };
    let mut constants = Vec::with_capacity(raw.consts.len());
    for c in &raw.consts {
        constants.push(constant(c, source, filename).ok()?);
    }
    let consts_tuple =
        pyrs_object::tuple::from_slice(&constants.iter().map(Ref::value).collect::<Vec<_>>());
    let reversed: Box<[Value]> = constants.into_iter().rev().map(Ref::into_value).collect();
    let names = source.names(&raw.names)?;
    let mut locals = Vec::with_capacity(header.first_temp() as usize);
    let own = raw.cellvars.iter().filter(|c| !raw.varnames.contains(c));
    for &k in raw.varnames.iter().chain(own).chain(&raw.freevars) {
        locals.push(source.name(k)?);
    }
    let cellvars = source.names(&raw.cellvars)?;
    let flags = header.flags as i32;
    let generator = coflags::GENERATOR | coflags::COROUTINE | coflags::ASYNC_GENERATOR;
    let special = coflags::VARARGS | coflags::VARKEYWORDS | generator;
    let mut words = raw.instructions;
    let mut code = Box::new(Code {
        instructions: words.as_mut_ptr(),
        constants_end: ptr::null(),
        registers: header.registers,
        first_temp: header.first_temp(),
        argcount: header.argcount,
        kwonly: header.kwonlyargcount,
        posonly: header.posonlyargcount,
        flags,
        first_free: header.first_free(),
        free_count: header.freevars,
        entry_counter: crate::jit::first_look(),
        entry_region: 0,
        entry_since: 0,
        object,
        // A function of a module's code needs locals besides its registers.
        simple: flags & special == 0
            && flags & coflags::OPTIMIZED != 0
            && header.kwonlyargcount == 0
            && header.freevars == 0,
        positional: flags & (coflags::VARARGS | coflags::VARKEYWORDS) == 0
            && header.kwonlyargcount == 0
            && flags & coflags::OPTIMIZED != 0,
        hidden: false,
        names: names.into(),
        exception_table: raw.exception_table,
        word_count: words.len() as u32,
        local_names: locals.into(),
        cellvars: cellvars.into(),
        varname_count: header.varnames,
        first_line: header.first_line,
        source: source.clone(),
        positions: raw.positions,
        lines: std::cell::OnceCell::new(),
        constants: reversed,
        words,
    });
    code.constants_end = code.constants.as_ptr_range().end;
    // SAFETY: fields of a live code object that have been null so far; each gets an owned reference.
    unsafe {
        (*object).co_consts = consts_tuple.into_ptr();
        (*object).co_names = pyrs_object::tuple::from_slice(&code.names).into_ptr();
        (*object).co_localsplusnames = pyrs_object::tuple::from_slice(&code.local_names).into_ptr();
        for field in [
            &raw mut (*object).co_exceptiontable,
            &raw mut (*object).co_localspluskinds,
            &raw mut (*object).co_linetable,
        ] {
            *field = pyrs_object::bytes::new(&[]).into_ptr();
        }
    }
    Some(code)
}

/// The constant's object.
fn constant(c: &RawConst<'_>, source: &Rc<Source>, filename: Value) -> PyResult {
    let all = |items: &[RawConst<'_>]| {
        items
            .iter()
            .map(|c| constant(c, source, filename))
            .collect::<PyResult<Vec<_>>>()
    };
    let damaged = || raise!(SystemError, "compiled code is damaged");
    Ok(match *c {
        RawConst::None => Ref::none(),
        RawConst::True => Ref::bool(true),
        RawConst::False => Ref::bool(false),
        RawConst::Ellipsis => Ref::new(pyrs_object::singletons::ellipsis()),
        RawConst::Int(n) => Ref::int(n),
        RawConst::BigInt(text) => big_int(text)?,
        RawConst::Float(x) => Ref::float(x),
        RawConst::Complex(re, im) => pyrs_object::complex::new(re, im),
        RawConst::Str(k) => source.string(k).ok_or_else(damaged)?,
        RawConst::Bytes(bytes) => pyrs_object::bytes::new(bytes),
        RawConst::Tuple(ref items) => pyrs_object::tuple::from_vec(all(items)?),
        RawConst::FrozenSet(ref items) => pyrs_object::set::new_frozen(all(items)?)?,
        RawConst::Code(at) => make_object(source, at, filename).ok_or_else(damaged)?,
    })
}

/// The code object of the unit at `at`, its body unread.
fn make_object(source: &Rc<Source>, at: u32, filename: Value) -> Option<Ref> {
    let header = source.image.header(&source.bytes, at)?;
    let (name, qualname) = (source.name(header.name)?, source.name(header.qualname)?);
    let object = heap::alloc_zeroed(
        ty!(crate::codeobject::PyCode_Type),
        size_of::<PyCodeObject>(),
    );
    // SAFETY: a fresh zeroed PyCodeObject; every owning field gets an owned reference.
    unsafe {
        let co = object.cast::<PyCodeObject>();
        (*co).co_flags = header.flags as i32;
        (*co).co_argcount = header.argcount as i32;
        (*co).co_posonlyargcount = header.posonlyargcount as i32;
        (*co).co_kwonlyargcount = header.kwonlyargcount as i32;
        (*co).co_stacksize = header.stack_size as i32;
        (*co).co_firstlineno = header.first_line as i32;
        (*co).co_nlocalsplus = header.first_temp() as i32;
        (*co).co_nlocals = header.varnames as i32;
        (*co).co_ncellvars = header.cellvars as i32;
        (*co).co_nplaincellvars = header.own_cells as i32;
        (*co).co_nfreevars = header.freevars as i32;
        (*co).co_filename = Ref::new(filename).into_ptr();
        (*co).co_name = name.as_ptr();
        (*co).co_qualname = qualname.as_ptr();
        leave_unread(co, Unread::Image(source.clone(), header));
        Some(Ref::from_owned_ptr(object))
    }
}

/// # Safety
/// `object` is a fresh code object.
unsafe fn leave_unread(object: *mut PyCodeObject, unread: Unread) {
    let unread = Box::into_raw(Box::new(unread));
    // SAFETY: by contract; `read_body` or `drop_body` frees it.
    unsafe { (*object)._co_linearray = unread.map_addr(|a| a | UNREAD).cast() };
}

/// A code object that an extension makes, with CPython's bytecode.
pub(crate) fn from_c(
    bytecode: Ref,
    filename: Value,
    name: Value,
    qualname: Value,
    given: Given,
) -> Ref {
    let object = heap::alloc_zeroed(
        ty!(crate::codeobject::PyCode_Type),
        size_of::<PyCodeObject>(),
    );
    // SAFETY: a fresh zeroed PyCodeObject; every owning field gets an owned reference.
    unsafe {
        let co = object.cast::<PyCodeObject>();
        given.fill(co);
        (*co)._co_code = bytecode.into_ptr();
        (*co).co_filename = Ref::new(filename).into_ptr();
        (*co).co_name = Ref::new(name).into_ptr();
        (*co).co_qualname = Ref::new(qualname).into_ptr();
        leave_unread(co, Unread::Foreign(given));
        Ref::from_owned_ptr(object)
    }
}

fn big_int(text: &str) -> PyResult {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let base = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    let digits = if base == 10 { digits } else { &digits[2..] };
    let n = pyrs_object::int::parse(digits, base)
        .ok_or_else(|| raise!(SystemError, "invalid integer constant in code"))?;
    if negative {
        pyrs_object::ops::negative(n.value())
    } else {
        Ok(n)
    }
}

/// CPython interns the string constants that look like identifiers.
fn looks_like_name(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Makes the code object of a compiled body. `filename` is used for it and all nested bodies.
pub fn from_unit(unit: &CodeUnit, filename: Value) -> PyResult {
    outermost(
        pyrs_bytecode::encode(unit).into(),
        true,
        Some(filename),
        None,
    )
}

/// The code object of an image that may hold anything.
pub fn from_image(bytes: Vec<u8>) -> PyResult {
    outermost(bytes.into(), false, None, None)
}
/// [`from_image`] of a part of a bytes object, which lives as long as the code does then.
///
/// What an import reads is not validated: who can write its file can have any code run. The checksum has shown that the
/// file is not damaged, and its name that this format's compiler has made it.
pub fn from_image_in(owner: Value, part: std::ops::Range<usize>) -> PyResult {
    let part = &pyrs_object::bytes::data(owner)[part];
    // SAFETY: bytes objects do not change, and the source keeps this one.
    let part = unsafe { std::mem::transmute::<&[u8], &'static [u8]>(part) };
    let trusted = crate::import::in_progress();
    outermost(part.into(), trusted, None, Some(Ref::new(owner)))
}

/// The code object of an image that this build has made and kept where only the user can write.
pub fn from_own_image(bytes: &'static [u8]) -> PyResult {
    outermost(bytes.into(), true, None, None)
}

fn outermost(
    bytes: Cow<'static, [u8]>,
    trusted: bool,
    filename: Option<Value>,
    owner: Option<Ref>,
) -> PyResult {
    let bad = |e| raise!(ValueError, "bad marshal data ({e})");
    let source = Source::open(bytes, trusted, owner).map_err(bad)?;
    let filename = match filename {
        Some(given) => Some(Ref::new(given)),
        None => source.string(source.image.filename),
    };
    filename
        .and_then(|f| make_object(&source, source.image.root, f.value()))
        .ok_or_else(|| bad(pyrs_bytecode::DecodeError::Corrupt))
}

/// Names the format of images: caches carry it in their file names.
pub fn format_tag() -> String {
    format!(
        "{}{:08x}",
        pyrs_bytecode::FORMAT_VERSION,
        pyrs_bytecode::table_hash()
    )
}

/// Whether `v` is a code object.
pub fn is_code(v: Value) -> bool {
    v.is_exact(ty!(crate::codeobject::PyCode_Type))
}

/// The running instruction of a word pointer.
///
/// # Safety
/// `pc` points at an instruction word of a live body.
#[inline(always)]
pub unsafe fn instr(pc: *const u64) -> Instr {
    // SAFETY: by contract.
    Instr(unsafe { *pc })
}

/// The type of code objects, for callers outside.
pub fn code_type() -> Type {
    ty!(crate::codeobject::PyCode_Type)
}

/// Replaces the constants of a fresh code object (same number, `code.replace(co_consts=...)`).
pub fn set_constants(object: Value, consts: Value) -> PyResult<()> {
    if !pyrs_object::tuple::is_tuple(consts) {
        return Err(raise!(
            TypeError,
            "replace() argument 'co_consts' must be tuple"
        ));
    }
    let items: Vec<Ref> = (0..pyrs_object::tuple::len(consts))
        .map(|k| Ref::new(pyrs_object::tuple::get(consts, k)))
        .collect();
    // SAFETY: a live code object with a body that does not run yet.
    unsafe {
        let co = object.as_ptr().cast::<PyCodeObject>();
        let code = &mut *body(object.as_ptr());
        let needed = code.unit_constant_count().max(items.len());
        if items.len() < needed && !code.constants.is_empty() {
            return Err(raise!(ValueError, "code: co_consts is too small"));
        }
        let reversed: Box<[Value]> = items.into_iter().rev().map(Ref::into_value).collect();
        let old = std::mem::replace(&mut code.constants, reversed);
        code.constants_end = code.constants.as_ptr_range().end;
        for v in old {
            heap::decref(v);
        }
        let new = Ref::new(consts).into_ptr();
        let previous = std::mem::replace(&mut (*co).co_consts, new);
        heap::xdecref_ptr(previous);
    }
    Ok(())
}

impl Code {
    /// Constants the instructions may refer to.
    fn unit_constant_count(&self) -> usize {
        self.constants.len()
    }
}

/// The bytes of a code object (its unit with constants), for `marshal` and the code cache.
pub fn serialise(object: Value) -> PyResult<Vec<u8>> {
    Ok(pyrs_bytecode::encode(&to_unit(object)?))
}

/// [`serialise`] for a body whose constants come from elsewhere.
pub(crate) fn bare_image(object: Value) -> PyResult<Vec<u8>> {
    let unit = unit_with(object, stand_ins(constants(object).value()))?;
    Ok(pyrs_bytecode::encode(&unit))
}

/// Constants for an image, `None` for those that no image can hold (`code.replace` accepts any object).
pub(crate) fn stand_ins(consts: Value) -> Vec<Const> {
    let one = |k| {
        to_const(pyrs_object::tuple::get(consts, k)).unwrap_or_else(|_| {
            pyrs_object::errors::clear();
            Const::None
        })
    };
    (0..pyrs_object::tuple::len(consts)).map(one).collect()
}

/// The unit behind a code object, unquickened.
fn to_unit(object: Value) -> PyResult<CodeUnit> {
    let consts = constants(object);
    let consts = (0..pyrs_object::tuple::len(consts.value()))
        .map(|k| to_const(pyrs_object::tuple::get(consts.value(), k)))
        .collect::<PyResult<_>>()?;
    unit_with(object, consts)
}

/// A copy of a code object whose unit `change` has altered (not the constants).
pub(crate) fn copy_with(
    object: Value,
    filename: Value,
    change: impl FnOnce(&mut CodeUnit),
) -> PyResult {
    // Constants that no image can hold are put in place afterwards.
    let consts = constants(object);
    let mut unit = unit_with(object, stand_ins(consts.value()))?;
    change(&mut unit);
    let copy = from_unit(&unit, filename)?;
    set_constants(copy.value(), consts.value())?;
    Ok(copy)
}

/// `co_consts`.
pub(crate) fn constants(object: Value) -> Ref {
    // SAFETY: a live code object; asking for the body fills the field.
    unsafe {
        body(object.as_ptr());
        let consts = Value::from_object((*object.as_ptr().cast::<PyCodeObject>()).co_consts);
        consts
            .non_empty()
            .map_or_else(pyrs_object::tuple::empty, Ref::new)
    }
}

fn unit_with(object: Value, consts: Vec<Const>) -> PyResult<CodeUnit> {
    let Some(code) = crate::codeobject::body_of(object) else {
        return Err(raise!(ValueError, "code object has no body"));
    };
    let text = |v: &Value| py_str::to_string_lossy(*v);
    let texts = |names: &[Value]| names.iter().map(text).collect::<Vec<_>>();
    // SAFETY: a live code object; its fields hold strings.
    unsafe {
        let co = object.as_ptr().cast::<PyCodeObject>();
        let field = |p: *mut PyObject| py_str::to_string_lossy(Value::from_object(p));
        Ok(CodeUnit {
            name: field((*co).co_name),
            qualname: field((*co).co_qualname),
            filename: field((*co).co_filename),
            first_line: code.first_line,
            flags: code.flags as u32,
            argcount: code.argcount,
            posonlyargcount: code.posonly,
            kwonlyargcount: code.kwonly,
            varnames: texts(code.varnames()),
            cellvars: texts(&code.cellvars),
            freevars: texts(code.freevars()),
            names: texts(&code.names),
            consts,
            instructions: crate::codeobject::pristine_words(code),
            registers: code.registers,
            exception_table: code.exception_table.to_vec(),
            positions: PositionTable {
                bytes: code.source.bytes[code.positions.clone()].to_vec(),
            },
            stack_size: (*co).co_stacksize as u32,
        })
    }
}

fn to_const(v: Value) -> PyResult<Const> {
    Ok(if v.is_none() {
        Const::None
    } else if v.is_true_const() {
        Const::True
    } else if v.is_false_const() {
        Const::False
    } else if v == pyrs_object::singletons::ellipsis() {
        Const::Ellipsis
    } else if let Some(n) = v.as_int() {
        Const::Int(n)
    } else if v.is_exact(ty!(pyrs_object::int::PyLong_Type)) {
        let text = pyrs_object::int::to_text(v, 16)?;
        Const::BigInt(match text.strip_prefix('-') {
            Some(digits) => format!("-0x{digits}"),
            None => format!("0x{text}"),
        })
    } else if v.is_exact(ty!(pyrs_object::float::PyFloat_Type)) {
        Const::Float(pyrs_object::float::value(v))
    } else if let Some((re, im)) = pyrs_object::complex::parts(v) {
        Const::Complex(re, im)
    } else if py_str::is_exact(v) {
        Const::Str(py_str::to_wtf8(v).into())
    } else if pyrs_object::bytes::is_bytes(v) {
        Const::Bytes(pyrs_object::bytes::data(v).into())
    } else if is_code(v) {
        Const::Code(Box::new(to_unit(v)?))
    } else if pyrs_object::tuple::is_tuple(v) {
        Const::Tuple(
            (0..pyrs_object::tuple::len(v))
                .map(|k| to_const(pyrs_object::tuple::get(v, k)))
                .collect::<PyResult<_>>()?,
        )
    } else if pyrs_object::set::is_set(v) {
        let mut items = Vec::new();
        let mut position = 0;
        while let Some(item) = pyrs_object::set::next(v, &mut position) {
            items.push(to_const(item)?);
        }
        Const::FrozenSet(items)
    } else {
        return Err(raise!(ValueError, "unmarshallable object"));
    })
}

/// Sets `co_filename` of a code object and of those among its constants.
pub fn set_filename(object: Value, filename: Value) {
    if !is_code(object) {
        return;
    }
    // SAFETY: a live code object; the field owns its object.
    unsafe {
        let co = object.as_ptr().cast::<PyCodeObject>();
        let old = Ref::from_owned_ptr(std::mem::replace(
            &mut (*co).co_filename,
            Ref::new(filename).into_ptr(),
        ));
        // A body that is unread takes the new name when it is read.
        let consts = Value::from_object((*co).co_consts);
        if consts.is_empty() {
            return;
        }
        for item in pyrs_object::tuple::items(consts) {
            // Code from elsewhere among the constants keeps its own.
            if is_code(*item)
                && py_str::eq(
                    Value::from_object((*item.as_ptr().cast::<PyCodeObject>()).co_filename),
                    old.value(),
                )
            {
                set_filename(*item, filename);
            }
        }
    }
}
