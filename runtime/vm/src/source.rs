//! From source text to code objects: parsing, compiling, warnings and errors as Python sees them.

use pyrs_compile::Options;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Raised, Ref, Type, Value, ValueExt, bytes, codec, errors, exceptions, intern, memory,
    ops, raise, str,
};
use pyrs_syntax::Mode;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};

/// `PyCF_*` flags of `compile()`.
pub const DONT_IMPLY_DEDENT: u32 = 0x200;
pub const ONLY_AST: u32 = 0x400;
pub const IGNORE_COOKIE: u32 = 0x800;
pub const TYPE_COMMENTS: u32 = 0x1000;
pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
pub const SOURCE_IS_UTF8: u32 = 0x100;
/// Internal: the source was read from the file it is named after.
pub const SOURCE_IS_FILE: u32 = 0x8000_0000;
/// Future features, by their `co_flags` bits.
pub const FUTURE_MASK: u32 = 0x1FE_0000;
/// Everything `compile()` accepts.
pub const KNOWN_FLAGS: u32 = FUTURE_MASK
    | DONT_IMPLY_DEDENT
    | ONLY_AST
    | IGNORE_COOKIE
    | TYPE_COMMENTS
    | ALLOW_TOP_LEVEL_AWAIT
    | ALLOW_INCOMPLETE_INPUT
    | SOURCE_IS_UTF8
    | 0x10;

static OPTIMIZE: AtomicI32 = AtomicI32::new(0);
/// `-O` and `-OO`.
pub fn set_default_optimize(level: i32) {
    OPTIMIZE.store(level, Ordering::Relaxed);
}
pub fn default_optimize() -> i32 {
    OPTIMIZE.load(Ordering::Relaxed)
}

static DEBUG_RANGES: AtomicBool = AtomicBool::new(true);
/// `-X no_debug_ranges`: compiled code keeps lines only.
pub fn set_debug_ranges(on: bool) {
    DEBUG_RANGES.store(on, Ordering::Relaxed);
}
/// Whether compiled code keeps columns.
pub fn debug_ranges() -> bool {
    DEBUG_RANGES.load(Ordering::Relaxed)
}

static INT_MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(4300);
/// The parser's copy of `sys.set_int_max_str_digits`.
pub fn set_int_max_str_digits(n: usize) {
    INT_MAX_STR_DIGITS.store(n, Ordering::Relaxed);
}

/// How to compile.
#[derive(Clone, Copy)]
pub struct CompileOptions<'a> {
    pub filename: &'a str,
    pub flags: u32,
    /// -1: as the interpreter was started.
    pub optimize: i32,
}

/// The `_ast` module's conversions, installed by `stdlib`.
pub struct AstHooks {
    pub is_ast: fn(Value) -> PyResult<bool>,
    pub to_object: fn(&pyrs_syntax::ast::Mod) -> PyResult,
    pub from_object: fn(Value, Mode) -> PyResult<pyrs_syntax::ast::Mod>,
}
static AST_HOOKS: std::sync::OnceLock<AstHooks> = std::sync::OnceLock::new();
pub fn install_ast(hooks: AstHooks) {
    let _ = AST_HOOKS.set(hooks);
}
fn ast_hooks() -> PyResult<&'static AstHooks> {
    AST_HOOKS
        .get()
        .ok_or_else(|| raise!(SystemError, "the _ast module is not initialised"))
}

pub fn is_ast(v: Value) -> PyResult<bool> {
    match AST_HOOKS.get() {
        Some(h) => (h.is_ast)(v),
        None => Ok(false),
    }
}

/// The file name argument as text.
pub fn filename_text(v: Value) -> PyResult<String> {
    let text = filename_characters(v)?;
    if text.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(text)
}
fn filename_characters(v: Value) -> PyResult<String> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Ok(str::to_string_lossy(v));
    }
    if !bytes::is_bytes(v) && memory::has_buffer(v) {
        crate::import::warn(
            exceptions::DeprecationWarning,
            &format!(
                "path should be string, bytes, or os.PathLike, not {}",
                v.ty().message_name()
            ),
            1,
        )?;
        let raw = memory::bytes_like(v)?;
        return Ok(String::from_utf8_lossy(raw.bytes()).into_owned());
    }
    if bytes::is_bytes(v) {
        return Ok(String::from_utf8_lossy(bytes::data(v)).into_owned());
    }
    let raw = codec::encode_fs(v)?;
    Ok(String::from_utf8_lossy(&raw).into_owned())
}

/// The source argument of `compile`/`eval`/`exec` as UTF-8 text or encoded bytes, and the flags that follow from its type.
pub fn source_bytes(v: Value, function: &str, expected: &str) -> PyResult<(Vec<u8>, u32)> {
    let mut flags = 0;
    let data = if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        flags = IGNORE_COOKIE;
        str::as_utf8(v)?.as_bytes().to_vec()
    } else if bytes::is_bytes(v) {
        bytes::data(v).to_vec()
    } else if memory::has_buffer(v) {
        memory::bytes_like(v)?.bytes().to_vec()
    } else {
        return Err(raise!(
            TypeError,
            "{function}() arg 1 must be a {expected} object"
        ));
    };
    if data.contains(&0) {
        return Err(raise!(
            ValueError,
            "source code string cannot contain null bytes"
        ));
    }
    Ok((data, flags))
}

fn unicode_name(name: &str) -> Option<u32> {
    match pyrs_ucd::lookup(name)? {
        pyrs_ucd::Found::Char(c) => Some(c),
        _ => None,
    }
}
fn decode_source(encoding: &str, data: &[u8]) -> Result<String, String> {
    if let Ok(text) = codec::decode(data, encoding, "strict") {
        return Ok(str::to_string_lossy(text.value()));
    }
    let why = ops::str_of(errors::take().value()).map(|s| str::to_string_lossy(s.value()));
    errors::clear();
    Err(why.unwrap_or_else(|_| format!("unknown encoding: {encoding}")))
}

fn parse(
    source: &[u8],
    mode: Mode,
    options: &CompileOptions<'_>,
    feature_version: u8,
) -> PyResult<pyrs_syntax::Parsed> {
    let syntax = pyrs_syntax::Options {
        decode: Some(&decode_source),
        unicode_name: Some(&unicode_name),
        barry_as_flufl: options.flags & coflags::FUTURE_BARRY_AS_BDFL as u32 != 0,
        allow_incomplete: options.flags & ALLOW_INCOMPLETE_INPUT != 0,
        dont_imply_dedent: options.flags & DONT_IMPLY_DEDENT != 0,
        int_max_str_digits: INT_MAX_STR_DIGITS.load(Ordering::Relaxed),
        file: (options.flags & SOURCE_IS_FILE != 0).then_some(options.filename),
        filename: (mode == Mode::Exec).then_some(options.filename),
        type_comments: options.flags & TYPE_COMMENTS != 0,
        feature_version,
    };
    let text = if options.flags & IGNORE_COOKIE != 0 {
        std::str::from_utf8(source).ok()
    } else {
        None
    };
    let parsed = match text {
        Some(text) => pyrs_syntax::parse_str(text, mode, &syntax),
        None => pyrs_syntax::parse(source, mode, &syntax),
    };
    let parsed = parsed.map_err(|e| syntax_error(&e, options.filename))?;
    for w in &parsed.warnings {
        let category = match w.category {
            pyrs_syntax::WarningCategory::Deprecation => exceptions::DeprecationWarning,
            pyrs_syntax::WarningCategory::Syntax => exceptions::SyntaxWarning,
        };
        if let Err(e) = warn_explicit(category, &w.message, options.filename, w.lineno) {
            if errors::take_if(category) {
                let error = pyrs_syntax::SyntaxError {
                    kind: pyrs_syntax::ErrorKind::Syntax,
                    message: w.message.clone(),
                    lineno: i64::from(w.lineno),
                    offset: 1,
                    end_lineno: i64::from(w.lineno),
                    end_offset: 1,
                    text: line_of(source, w.lineno),
                };
                return Err(syntax_error(&error, options.filename));
            }
            return Err(e);
        }
    }
    Ok(parsed)
}

fn line_of(source: &[u8], lineno: u32) -> Option<String> {
    let line = source
        .split(|b| *b == b'\n')
        .nth(lineno.checked_sub(1)? as usize)?;
    Some(
        String::from_utf8_lossy(line)
            .trim_start_matches('\u{feff}')
            .to_string()
            + "\n",
    )
}

static WARNINGS: AtomicU32 = AtomicU32::new(0);
/// How many warnings sources have given so far.
pub(crate) fn warnings_shown() -> u32 {
    WARNINGS.load(Ordering::Relaxed)
}

fn warn_explicit(category: Type, message: &str, filename: &str, lineno: u32) -> PyResult<()> {
    WARNINGS.fetch_add(1, Ordering::Relaxed);
    let Ok(modules) = crate::import::modules() else {
        errors::clear();
        return Ok(());
    };
    let Some(warnings) = errors::absorb(
        ops::getitem(modules.value(), intern!("_warnings")),
        exceptions::KeyError,
    )?
    else {
        return Ok(());
    };
    let f = ops::getattr(warnings.value(), intern!("warn_explicit"))?;
    let (message, filename) = (str::new(message), str::new(filename));
    ops::call(
        f.value(),
        &[
            message.value(),
            category.value(),
            filename.value(),
            Value::int_unchecked(i64::from(lineno)),
        ],
    )
    .map(drop)
}

/// Raises the Python exception of a parse error.
pub fn syntax_error(e: &pyrs_syntax::SyntaxError, filename: &str) -> Raised {
    use pyrs_syntax::ErrorKind::*;
    let t = match e.kind {
        Syntax => exceptions::SyntaxError,
        Indentation => exceptions::IndentationError,
        Tab => exceptions::TabError,
        Value => return raise!(ValueError, "{}", e.message),
        Encoding => return raise!(SyntaxError, "{}", e.message),
        RecursionLimit => return raise!(MemoryError, "{}", e.message),
    };
    raise_syntax(
        t,
        &e.message,
        filename,
        [e.lineno, e.offset, e.end_lineno, e.end_offset],
        e.text.as_deref(),
    )
}

fn raise_syntax(
    t: Type,
    message: &str,
    filename: &str,
    at: [i64; 4],
    text: Option<&str>,
) -> Raised {
    let mut details = vec![
        str::new(filename),
        Ref::int(at[0]),
        Ref::int(at[1]),
        text.map_or_else(Ref::none, str::new),
    ];
    // A source that could not even be read has no end.
    if at[0] != 0 {
        details.extend([Ref::int(at[2]), Ref::int(at[3])]);
    }
    let details = pyrs_object::tuple::from_vec(details);
    let message = str::new(message);
    match exceptions::new_instance(t, &[message.value(), details.value()]) {
        Ok(exc) => errors::set(exc),
        Err(e) => e,
    }
}

/// `SyntaxError(message)` with the place in its attributes.
fn raise_early(message: &str, filename: &str, at: [i64; 4], text: Option<&str>) -> Raised {
    let number = |n: i64| if n > 0 { Ref::int(n) } else { Ref::none() };
    let message = str::new(message);
    let exc = match exceptions::new_instance(exceptions::SyntaxError, &[message.value()]) {
        Ok(exc) => exc,
        Err(e) => return e,
    };
    let attributes = [
        ("filename", str::new(filename)),
        ("lineno", number(at[0])),
        ("offset", number(at[1])),
        ("end_lineno", number(at[2])),
        ("end_offset", number(at[3])),
        ("text", text.map_or_else(Ref::none, str::new)),
    ];
    for (name, v) in attributes {
        if let Err(e) = ops::setattr(exc.value(), str::intern(name).value(), v.value()) {
            return e;
        }
    }
    errors::set(exc)
}

fn compile_error(e: &pyrs_compile::CompileError, filename: &str) -> Raised {
    use pyrs_compile::ErrorKind::*;
    match e.kind {
        SyntaxError => {
            // CPython's compiler has no source any more: it reads the file, and counts bytes.
            let text = std::fs::read(filename)
                .ok()
                .and_then(|s| line_of(&s, e.lineno));
            let at = [
                i64::from(e.lineno),
                i64::from(e.offset),
                i64::from(e.end_lineno),
                i64::from(e.end_offset),
            ];
            if e.early {
                return raise_early(&e.message, filename, at, text.as_deref());
            }
            raise_syntax(
                exceptions::SyntaxError,
                &e.message,
                filename,
                at,
                text.as_deref(),
            )
        }
        OverflowError => raise!(OverflowError, "{}", e.message),
        ValueError => raise!(ValueError, "{}", e.message),
        SystemError => raise!(SystemError, "{}", e.message),
    }
}

fn compile_tree(
    module: &pyrs_syntax::ast::Mod,
    options: &CompileOptions<'_>,
) -> PyResult<pyrs_bytecode::CodeUnit> {
    let optimize = if options.optimize < 0 {
        default_optimize()
    } else {
        options.optimize
    };
    let compile_options = Options {
        filename: options.filename.to_string(),
        optimize: optimize.clamp(0, 2) as u8,
        flags: options.flags & (FUTURE_MASK | ALLOW_TOP_LEVEL_AWAIT),
        columns: debug_ranges(),
    };
    let compiled = pyrs_compile::compile(module, &compile_options)
        .map_err(|e| compile_error(&e, options.filename))?;
    for w in &compiled.warnings {
        let category = match w.category {
            pyrs_compile::WarningCategory::SyntaxWarning => exceptions::SyntaxWarning,
            pyrs_compile::WarningCategory::DeprecationWarning => exceptions::DeprecationWarning,
        };
        if let Err(e) = warn_explicit(category, &w.message, options.filename, w.span.lineno) {
            if errors::take_if(category) {
                let error = pyrs_compile::CompileError {
                    kind: pyrs_compile::ErrorKind::SyntaxError,
                    message: w.message.clone(),
                    lineno: w.span.lineno,
                    offset: w.span.col_offset + 1,
                    end_lineno: w.span.end_lineno,
                    end_offset: w.span.end_col_offset + 1,
                    early: false,
                };
                return Err(compile_error(&error, options.filename));
            }
            return Err(e);
        }
    }
    Ok(compiled.unit)
}

pub use pyrs_compile::{SymbolTable, symtable};

/// The scopes of a piece of source (the `_symtable` module).
pub fn symbol_table(
    source: &[u8],
    mode: Mode,
    options: &CompileOptions<'_>,
) -> PyResult<SymbolTable> {
    let parsed = parse(source, mode, options, pyrs_syntax::FEATURE_VERSION)?;
    let table = || {
        let mut future = pyrs_compile::future_features(&parsed.module)?;
        future.flags |= options.flags & FUTURE_MASK;
        pyrs_compile::build_symbol_table(&parsed.module, future)
    };
    table().map_err(|e| compile_error(&e, options.filename))
}

/// Compiles source to a unit (what the code cache stores).
pub fn compile_unit(
    source: &[u8],
    mode: Mode,
    options: &CompileOptions<'_>,
) -> PyResult<pyrs_bytecode::CodeUnit> {
    let parsed = parse(source, mode, options, pyrs_syntax::FEATURE_VERSION)?;
    compile_tree(&parsed.module, options)
}

/// Compiles source to a code object.
pub fn compile(source: &[u8], mode: Mode, options: &CompileOptions<'_>) -> PyResult {
    let unit = compile_unit(source, mode, options)?;
    let filename = str::new(options.filename);
    crate::code::from_unit(&unit, filename.value())
}

/// Compiles an `ast` tree.
pub fn compile_ast(tree: Value, mode: Mode, options: &CompileOptions<'_>) -> PyResult {
    let module = (ast_hooks()?.from_object)(tree, mode)?;
    let unit = compile_tree(&module, options)?;
    let filename = str::new(options.filename);
    crate::code::from_unit(&unit, filename.value())
}

/// Parses source to an `ast` tree, by the grammar of Python 3.`feature_version`.
pub fn parse_to_ast(
    source: &[u8],
    mode: Mode,
    options: &CompileOptions<'_>,
    feature_version: u8,
) -> PyResult {
    let parsed = parse(source, mode, options, feature_version)?;
    (ast_hooks()?.to_object)(&parsed.module)
}
