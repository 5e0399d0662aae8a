//! `Code`: the executable body behind a code object.
//!
//! A `PyCodeObject` keeps CPython's public fields; what the interpreter runs hangs off its private `_co_linearray`
//! field. The instruction words are writable: quickening rewrites op bytes and inline caches in place.

use pyrs_bytecode::{CodeUnit, Const, ExceptionEntry, Instr, PositionTable};
use pyrs_object::layout::*;
use pyrs_object::str as py_str;
use pyrs_object::{PyResult, Ref, Type, Value, ValueExt, heap, raise, ty};
use std::ptr;

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
    pub object: *mut PyCodeObject,
    /// The body takes exactly `argcount` positional parameters and nothing else, and is no generator.
    pub simple: bool,
    pub names: Box<[Value]>,
    pub exception_table: Box<[ExceptionEntry]>,
    pub positions: PositionTable,
    pub word_count: u32,
    /// Names of the registers below `first_temp`, for messages and `f_locals`.
    pub local_names: Box<[Value]>,
    pub unit: CodeUnit,
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
    pub fn line_at(&self, index: u32) -> i32 {
        let lines = self.lines.get_or_init(|| {
            let mut end = 0;
            let runs = self.positions.runs().map(|(words, p)| {
                end += words;
                (end, p.line as i32)
            });
            runs.collect()
        });
        let at = lines.partition_point(|(end, _)| *end <= index);
        lines
            .get(at)
            .map_or(self.unit.first_line as i32, |(_, line)| *line)
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
        {
            heap::decref(*v);
        }
    }
}

/// The body of a code object.
///
/// # Safety
/// `object` is a live code object made by [`from_unit`] (extension-made empty code objects have a null body).
#[inline(always)]
pub unsafe fn body(object: *mut PyObject) -> *mut Code {
    // SAFETY: by contract.
    unsafe { (*object.cast::<PyCodeObject>())._co_linearray.cast() }
}

/// The constant's object.
pub fn constant(c: &Const, filename: Value) -> PyResult {
    Ok(match c {
        Const::None => Ref::none(),
        Const::True => Ref::bool(true),
        Const::False => Ref::bool(false),
        Const::Ellipsis => Ref::new(pyrs_object::singletons::ellipsis()),
        Const::Int(n) => Ref::int(*n),
        Const::BigInt(text) => big_int(text)?,
        Const::Float(x) => Ref::float(*x),
        Const::Complex(re, im) => pyrs_object::complex::new(*re, *im),
        Const::Str(bytes) => {
            let s = pyrs_object::str::from_wtf8(bytes);
            if looks_like_name(bytes) {
                pyrs_object::str::intern_value(s)
            } else {
                s
            }
        }
        Const::Bytes(bytes) => pyrs_object::bytes::new(bytes),
        Const::Tuple(items) => {
            let items = items
                .iter()
                .map(|c| constant(c, filename))
                .collect::<PyResult<Vec<_>>>()?;
            pyrs_object::tuple::from_vec(items)
        }
        Const::FrozenSet(items) => {
            let items = items
                .iter()
                .map(|c| constant(c, filename))
                .collect::<PyResult<Vec<_>>>()?;
            pyrs_object::set::new_frozen(items)?
        }
        Const::Code(unit) => from_unit((**unit).clone(), filename)?,
    })
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

fn str_tuple<'a>(names: impl Iterator<Item = &'a str>) -> Ref {
    pyrs_object::tuple::from_vec(names.map(pyrs_object::str::intern).collect())
}

/// Makes the code object of a compiled body. `filename` is used for it and all nested bodies.
pub fn from_unit(unit: CodeUnit, filename: Value) -> PyResult {
    let constants: Vec<Ref> = unit
        .consts
        .iter()
        .map(|c| constant(c, filename))
        .collect::<PyResult<_>>()?;
    let consts_tuple =
        pyrs_object::tuple::from_slice(&constants.iter().map(Ref::value).collect::<Vec<_>>());
    let reversed: Box<[Value]> = constants.into_iter().rev().map(Ref::into_value).collect();
    let intern = |s: &str| pyrs_object::str::intern(s).into_value();
    let names: Box<[Value]> = unit.names.iter().map(|n| intern(n)).collect();
    let first_free = unit.first_free();
    let first_temp = unit.first_temp();
    let local_names: Box<[Value]> = (0..first_temp)
        .map(|r| intern(unit.register_name(r).unwrap_or("?")))
        .collect();
    let flags = unit.flags as i32;
    let generator = coflags::GENERATOR | coflags::COROUTINE | coflags::ASYNC_GENERATOR;
    let special = coflags::VARARGS | coflags::VARKEYWORDS | generator;
    let mut words: Box<[u64]> = unit.instructions.clone().into_boxed_slice();
    let simple = flags & special == 0 && unit.kwonlyargcount == 0 && unit.freevars.is_empty();
    let mut code = Box::new(Code {
        instructions: words.as_mut_ptr(),
        constants_end: ptr::null(),
        registers: unit.registers.max(first_temp),
        first_temp,
        argcount: unit.argcount,
        kwonly: unit.kwonlyargcount,
        posonly: unit.posonlyargcount,
        flags,
        first_free,
        free_count: unit.freevars.len() as u32,
        entry_counter: crate::jit::entry_threshold(),
        entry_region: 0,
        object: ptr::null_mut(),
        simple,
        names,
        exception_table: unit.exception_table.clone().into_boxed_slice(),
        positions: unit.positions.clone(),
        word_count: words.len() as u32,
        local_names,
        unit: CodeUnit::default(),
        lines: std::cell::OnceCell::new(),
        constants: reversed,
        words,
    });
    code.constants_end = code.constants.as_ptr_range().end;
    let object = heap::alloc_zeroed(
        ty!(crate::codeobject::PyCode_Type),
        size_of::<PyCodeObject>(),
    );
    // SAFETY: a fresh zeroed PyCodeObject; every owning field gets an owned reference.
    unsafe {
        let co = object.cast::<PyCodeObject>();
        (*co).co_consts = consts_tuple.into_ptr();
        (*co).co_names = str_tuple(unit.names.iter().map(String::as_str)).into_ptr();
        (*co).co_exceptiontable = pyrs_object::bytes::new(&[]).into_ptr();
        (*co).co_flags = flags;
        (*co).co_argcount = unit.argcount as i32;
        (*co).co_posonlyargcount = unit.posonlyargcount as i32;
        (*co).co_kwonlyargcount = unit.kwonlyargcount as i32;
        (*co).co_stacksize = unit.stack_size as i32;
        (*co).co_firstlineno = unit.first_line as i32;
        (*co).co_nlocalsplus = first_temp as i32;
        (*co).co_nlocals = unit.varnames.len() as i32;
        (*co).co_ncellvars = unit.cellvars.len() as i32;
        (*co).co_nplaincellvars = (first_free - unit.first_cell()) as i32;
        (*co).co_nfreevars = unit.freevars.len() as i32;
        (*co).co_localsplusnames = pyrs_object::tuple::from_slice(&code.local_names).into_ptr();
        (*co).co_localspluskinds = pyrs_object::bytes::new(&[]).into_ptr();
        (*co).co_filename = Ref::new(filename).into_ptr();
        (*co).co_name = pyrs_object::str::intern(&unit.name).into_ptr();
        (*co).co_qualname = pyrs_object::str::intern(&unit.qualname).into_ptr();
        (*co).co_linetable = pyrs_object::bytes::new(&[]).into_ptr();
        code.unit = CodeUnit {
            instructions: Vec::new(),
            consts: Vec::new(),
            ..unit
        };
        code.object = co;
        (*co)._co_linearray = Box::into_raw(code).cast();
        Ok(Ref::from_owned_ptr(object))
    }
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

/// The code object of [`serialise`]'s bytes.
pub fn deserialise(raw: &[u8]) -> PyResult {
    let unit =
        pyrs_bytecode::decode(raw).map_err(|e| raise!(ValueError, "bad marshal data ({e})"))?;
    let filename = py_str::new(&unit.filename);
    from_unit(unit, filename.value())
}

/// The unit behind a code object, unquickened.
fn to_unit(object: Value) -> PyResult<CodeUnit> {
    let Some(code) = crate::codeobject::body_of(object) else {
        return Err(raise!(ValueError, "code object has no body"));
    };
    let mut unit = code.unit.clone();
    unit.instructions = crate::codeobject::pristine_words(code);
    // SAFETY: a live code object.
    let (consts, filename) = unsafe {
        let co = object.as_ptr().cast::<PyCodeObject>();
        (
            Value::from_object((*co).co_consts),
            Value::from_object((*co).co_filename),
        )
    };
    unit.filename = py_str::to_string_lossy(filename);
    unit.consts = (0..pyrs_object::tuple::len(consts))
        .map(|k| to_const(pyrs_object::tuple::get(consts, k)))
        .collect::<PyResult<_>>()?;
    Ok(unit)
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
        let old = std::mem::replace(&mut (*co).co_filename, Ref::new(filename).into_ptr());
        heap::xdecref_ptr(old);
        for item in pyrs_object::tuple::items(Value::from_object((*co).co_consts)) {
            set_filename(*item, filename);
        }
    }
}
