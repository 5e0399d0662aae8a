//! The builtins that look at frames, compile, import or build classes; added to the module of `pyrs_builtins`.

use crate::caches;
use crate::frameobject;
use crate::frames;
use crate::interp;
use crate::source;
use pyrs_object::layout::*;
use pyrs_object::thread;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, audit, cell, check_positional,
    dict, errors, intern, methods, module, ops, raise, str, tuple, ty, typeobject,
};
use pyrs_syntax::Mode;

/// The innermost Python frame.
fn current_frame() -> PyResult<*mut Frame> {
    // SAFETY: the current thread state is valid.
    let frame = unsafe { (*thread::current()).c.frame };
    if frame.is_null() {
        Err(raise!(SystemError, "frame does not exist"))
    } else {
        Ok(frame)
    }
}
/// The globals of the innermost Python frame.
pub fn current_globals() -> PyResult {
    // SAFETY: a live frame.
    Ok(unsafe { Ref::new(Value::from_object((*current_frame()?).globals)) })
}
/// The locals of the innermost Python frame.
pub fn current_locals() -> PyResult {
    frameobject::locals(current_frame()?)
}

fn globals(_: Value) -> PyResult {
    current_globals()
}
fn locals(_: Value) -> PyResult {
    current_locals()
}
fn vars(_: Value, args: &[Value]) -> PyResult {
    check_positional("vars", args.len(), 0, 1)?;
    match args {
        [v] => pyrs_builtins::vars_of(*v),
        _ => current_locals(),
    }
}
fn dir(_: Value, args: &[Value]) -> PyResult {
    check_positional("dir", args.len(), 0, 1)?;
    match args {
        [v] => pyrs_builtins::dir_of(*v),
        _ => {
            let l = current_locals()?;
            let keys = ops::call_method_str(l.value(), "keys", &[])?;
            let names = ops::to_list(keys.value())?;
            pyrs_object::list::sort(names.value(), pyrs_object::singletons::none(), false)?;
            Ok(names)
        }
    }
}

/// Compiler flags of the calling code that `compile`, `eval` and `exec` inherit.
fn inherited_flags() -> u32 {
    let Ok(frame) = current_frame() else {
        errors::clear();
        return 0;
    };
    // SAFETY: a live frame.
    let flags = unsafe { (*frames::code_object(frame)).co_flags } as u32;
    flags & source::FUTURE_MASK
}

const COMPILE: Signature<7> = Signature {
    name: "compile",
    params: [
        "source",
        "filename",
        "mode",
        "flags",
        "dont_inherit",
        "optimize",
        "_feature_version",
    ],
    posonly: 0,
    positional: 6,
    required: 3,
};
fn compile(_: Value, args: Args<'_>) -> PyResult {
    let [
        src,
        filename,
        mode,
        flags,
        dont_inherit,
        optimize,
        feature_version,
    ] = args.bind(&COMPILE)?;
    let filename = source::filename_text(filename)?;
    let flags = if flags.is_empty() {
        0
    } else {
        ops::index_as_isize(flags)? as u32
    };
    let dont_inherit = !dont_inherit.is_empty() && ops::is_true(dont_inherit)?;
    let optimize = if optimize.is_empty() {
        -1
    } else {
        ops::index_as_isize(optimize)?
    };
    if flags & !source::KNOWN_FLAGS != 0 {
        return Err(raise!(ValueError, "compile(): unrecognised flags"));
    }
    if !(-1..=2).contains(&optimize) {
        return Err(raise!(ValueError, "compile(): invalid optimize value"));
    }
    if !mode.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "compile() argument 'mode' must be str, not {}",
            mode.ty().message_name()
        ));
    }
    let mode_text = str::to_string_lossy(mode);
    let mode = match mode_text.as_str() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        "func_type" if flags & source::ONLY_AST != 0 => Mode::FuncType,
        "func_type" => {
            return Err(raise!(
                ValueError,
                "compile() mode 'func_type' requires flag PyCF_ONLY_AST"
            ));
        }
        _ if flags & source::ONLY_AST != 0 => {
            return Err(raise!(
                ValueError,
                "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
            ));
        }
        _ => {
            return Err(raise!(
                ValueError,
                "compile() mode must be 'exec', 'eval' or 'single'"
            ));
        }
    };
    let inherited = if dont_inherit { 0 } else { inherited_flags() };
    let mut options = source::CompileOptions {
        filename: &filename,
        flags: flags | inherited,
        optimize: optimize as i32,
    };
    if source::is_ast(src)? {
        audit!("compile", src, Value::EMPTY)?;
        if flags & source::ONLY_AST != 0 {
            return Ok(Ref::new(src));
        }
        return source::compile_ast(src, mode, &options);
    }
    // importlib does it so.
    let imported = mode == Mode::Exec
        && options.flags == 0
        && dont_inherit
        && src.is_exact(ty!(pyrs_object::bytes::PyBytes_Type));
    let mut place = None;
    if imported {
        let text = pyrs_object::bytes::data(src);
        place = caches::place(text, &options);
        // What is kept has been looked at when it was made.
        if let Some(kept) = place.as_deref().and_then(caches::kept_code) {
            audit_compile(text, &options)?;
            return Ok(kept);
        }
    }
    let (text, implied) = source::source_bytes(src, "compile", "string, bytes or AST")?;
    options.flags |= implied;
    audit_compile(&text, &options)?;
    if flags & source::ONLY_AST != 0 {
        let version = match feature_version.non_empty() {
            Some(v) => u8::try_from(ops::index_as_isize(v)?).ok(),
            None => None,
        };
        let version = version.unwrap_or(pyrs_syntax::FEATURE_VERSION);
        return source::parse_to_ast(&text, mode, &options, version);
    }
    if imported {
        return caches::compile_imported(&text, &options, place.as_deref());
    }
    source::compile(&text, mode, &options)
}

fn audit_compile(text: &[u8], options: &source::CompileOptions<'_>) -> PyResult<()> {
    audit!("compile", pyrs_object::bytes::new(text), options.filename)
}

/// The globals and locals of an `eval`/`exec` call.
fn namespaces(globals: Value, locals: Value, name: &str) -> PyResult<(Ref, Ref)> {
    let none = |v: Value| v.is_empty() || v.is_none();
    if !none(locals) && !ops::is_mapping(locals) {
        return Err(if name == "eval" {
            raise!(TypeError, "locals must be a mapping")
        } else {
            raise!(
                TypeError,
                "exec() locals must be a mapping or None, not {}",
                locals.ty().message_name()
            )
        });
    }
    if none(globals) {
        let g = current_globals()?;
        let l = if none(locals) {
            current_locals()?
        } else {
            Ref::new(locals)
        };
        return Ok((g, l));
    }
    if !dict::is_dict(globals) {
        return Err(if name == "eval" {
            if ops::is_mapping(globals) {
                raise!(
                    TypeError,
                    "globals must be a real dict; try eval(code, {{}}, mapping)"
                )
            } else {
                raise!(TypeError, "globals must be a dict")
            }
        } else {
            raise!(
                TypeError,
                "exec() globals must be a dict, not {}",
                globals.ty().message_name()
            )
        });
    }
    let l = if none(locals) {
        Ref::new(globals)
    } else {
        Ref::new(locals)
    };
    Ok((Ref::new(globals), l))
}

fn eval(_: Value, args: &[Value]) -> PyResult {
    check_positional("eval", args.len(), 1, 3)?;
    let arg = |k: usize| args.get(k).copied().unwrap_or(Value::EMPTY);
    let (g, l) = namespaces(arg(1), arg(2), "eval")?;
    crate::ensure_builtins(g.value())?;
    if crate::code::is_code(args[0]) {
        audit!("exec", args[0])?;
        return run_code(args[0], g.value(), l.value(), Value::EMPTY, "eval");
    }
    let (text, implied) = source::source_bytes(args[0], "eval", "string, bytes or code")?;
    let trimmed = without_indent(&text);
    let options = source::CompileOptions {
        filename: "<string>",
        flags: inherited_flags() | implied,
        optimize: -1,
    };
    audit_compile(&trimmed, &options)?;
    let code = source::compile(&trimmed, Mode::Eval, &options)?;
    audit!("exec", &code)?;
    run_code(code.value(), g.value(), l.value(), Value::EMPTY, "eval")
}

/// An expression's source without leading blanks; the byte order mark of a str stays in front.
fn without_indent(text: &[u8]) -> Vec<u8> {
    let mark = "\u{feff}".as_bytes();
    let (mark, body) = match text.strip_prefix(mark) {
        Some(body) => (mark, body),
        None => (&[][..], text),
    };
    let start = body
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t'))
        .unwrap_or(body.len());
    [mark, &body[start..]].concat()
}

fn run_code(code: Value, globals: Value, locals: Value, closure: Value, what: &str) -> PyResult {
    let free = crate::codeobject::body_of(code).map_or(0, |c| c.free_count as usize);
    if free > 0 && closure.is_empty() {
        return Err(raise!(
            TypeError,
            "code object passed to {what}() may not contain free variables"
        ));
    }
    interp::exec_code(code, globals, locals, closure)
}

const EXEC: Signature<4> = Signature {
    name: "exec",
    params: ["", "", "", "closure"],
    posonly: 3,
    positional: 3,
    required: 1,
};
fn exec(_: Value, args: Args<'_>) -> PyResult {
    let [src, globals, locals, closure] = args.bind(&EXEC)?;
    let (g, l) = namespaces(globals, locals, "exec")?;
    crate::ensure_builtins(g.value())?;
    let closure = if closure.is_none() {
        Value::EMPTY
    } else {
        closure
    };
    if crate::code::is_code(src) {
        let free = crate::codeobject::body_of(src).map_or(0, |c| c.free_count as usize);
        if free == 0 && !closure.is_empty() {
            return Err(raise!(
                TypeError,
                "cannot use a closure with this code object"
            ));
        }
        if free > 0 {
            let ok = closure.is_exact(ty!(tuple::PyTuple_Type))
                && tuple::len(closure) == free
                && tuple::items(closure)
                    .iter()
                    .all(|c| c.is_exact(ty!(cell::PyCell_Type)));
            if !ok {
                return Err(raise!(
                    TypeError,
                    "code object requires a closure of exactly length {free}"
                ));
            }
        }
        audit!("exec", src)?;
        run_code(src, g.value(), l.value(), closure, "exec")?;
        return Ok(Ref::none());
    }
    if !closure.is_empty() {
        return Err(raise!(
            TypeError,
            "closure can only be used when source is a code object"
        ));
    }
    let (text, implied) = source::source_bytes(src, "exec", "string, bytes or code")?;
    let options = source::CompileOptions {
        filename: "<string>",
        flags: inherited_flags() | implied,
        optimize: -1,
    };
    audit_compile(&text, &options)?;
    let code = source::compile(&text, Mode::Exec, &options)?;
    audit!("exec", &code)?;
    interp::exec_code(code.value(), g.value(), l.value(), Value::EMPTY)?;
    Ok(Ref::none())
}

const IMPORT: Signature<5> = Signature {
    name: "__import__",
    params: ["name", "globals", "locals", "fromlist", "level"],
    posonly: 0,
    positional: 5,
    required: 1,
};
fn dunder_import(_: Value, args: Args<'_>) -> PyResult {
    let [name, globals, _, fromlist, level] = args.bind(&IMPORT)?;
    let level = if level.is_empty() {
        0
    } else {
        ops::index_as_isize(level)? as i64
    };
    crate::import::import_module_level(name, globals, fromlist, level)
}

/// `__build_class__(func, name, *bases, metaclass=..., **kwds)`.
fn build_class(_: Value, args: Args<'_>) -> PyResult {
    let positional = args.positional();
    if positional.len() < 2 {
        return Err(raise!(TypeError, "__build_class__: not enough arguments"));
    }
    let (func, name) = (positional[0], positional[1]);
    if !interp::is_py_function(func) {
        return Err(raise!(
            TypeError,
            "__build_class__: func must be a function"
        ));
    }
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "__build_class__: name is not a string"));
    }
    let original = tuple::from_slice(&positional[2..]);
    let bases = update_bases(original.value(), &positional[2..])?;
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut meta = None;
    for (k, v) in args.keywords() {
        if str::eq_str(k, "metaclass") {
            meta = Some(Ref::new(v));
        } else {
            names.push(Ref::new(k));
            values.push(Ref::new(v));
        }
    }
    let meta = match meta {
        Some(m) if Type::from_value(m.value()).is_none() => m,
        given => {
            let start = given.unwrap_or_else(|| {
                let items = tuple::items(bases.value());
                match items.first() {
                    Some(b) => b.ty().to_ref(),
                    None => ty!(typeobject::PyType_Type).to_ref(),
                }
            });
            match Type::from_value(start.value()) {
                Some(t) => typeobject::calculate_metaclass(t, bases.value())?.to_ref(),
                None => start,
            }
        }
    };
    let kwnames = tuple::from_vec(names);
    let has_keywords = !values.is_empty();
    let call_args = |first: &[Value]| -> (Vec<Value>, Value) {
        let mut all = first.to_vec();
        all.extend(values.iter().map(Ref::value));
        (
            all,
            if has_keywords {
                kwnames.value()
            } else {
                Value::EMPTY
            },
        )
    };
    let namespace = match ops::getattr_opt(meta.value(), intern!("__prepare__"))? {
        None => dict::new(),
        Some(prepare) => {
            let (all, kw) = call_args(&[name, bases.value()]);
            ops::call_args(
                prepare.value(),
                Args {
                    values: &all,
                    kwnames: kw,
                },
            )?
        }
    };
    if !ops::is_mapping(namespace.value()) {
        let shown = Type::from_value(meta.value()).map_or("<metaclass>", |t| t.message_name());
        return Err(raise!(
            TypeError,
            "{shown}.__prepare__() must return a mapping, not {}",
            namespace.ty().message_name()
        ));
    }
    let class_cell = interp::run_class_body(func, namespace.value())?;
    if bases.value() != original.value() {
        ops::setitem(
            namespace.value(),
            intern!("__orig_bases__"),
            original.value(),
        )?;
    }
    let (all, kw) = call_args(&[name, bases.value(), namespace.value()]);
    let class = ops::call_args(
        meta.value(),
        Args {
            values: &all,
            kwnames: kw,
        },
    )?;
    if class_cell.is_exact(ty!(cell::PyCell_Type)) && Type::from_value(class.value()).is_some() {
        let content = cell::get(class_cell.value());
        if content.is_empty() {
            return Err(raise!(
                RuntimeError,
                "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                str::display(ops::repr(name)?.value()),
                str::display(ops::repr(class.value())?.value())
            ));
        }
        if content != class.value() {
            return Err(raise!(
                TypeError,
                "__class__ set to {} defining {} as {}",
                str::display(ops::repr(content)?.value()),
                str::display(ops::repr(name)?.value()),
                str::display(ops::repr(class.value())?.value())
            ));
        }
    }
    Ok(class)
}

/// Replaces bases that are not classes by what their `__mro_entries__` says.
fn update_bases(original: Value, bases: &[Value]) -> PyResult {
    if bases.iter().all(|b| Type::from_value(*b).is_some()) {
        return Ok(Ref::new(original));
    }
    let mut out = Vec::new();
    let mut changed = false;
    for b in bases {
        if Type::from_value(*b).is_none()
            && let Some(f) = ops::getattr_opt(*b, intern!("__mro_entries__"))?
        {
            let entries = ops::call(f.value(), &[original])?;
            if !entries.has_flag(tpflags::TUPLE_SUBCLASS) {
                return Err(raise!(TypeError, "__mro_entries__ must return a tuple"));
            }
            changed = true;
            for k in 0..tuple::len(entries.value()) {
                out.push(Ref::new(tuple::get(entries.value(), k)));
            }
            continue;
        }
        out.push(Ref::new(*b));
    }
    Ok(if changed {
        tuple::from_vec(out)
    } else {
        Ref::new(original)
    })
}

/// Reads a line from the terminal after a prompt, with its end if it has one; `None` if there is nothing better than
/// the stream.
pub type LineReader = fn(&[u8]) -> Option<PyResult<Vec<u8>>>;

static LINE_READER: std::sync::OnceLock<LineReader> = std::sync::OnceLock::new();

/// Says who reads lines from terminals for `input()`. The first to say it stays.
pub fn set_line_reader(reader: LineReader) {
    LINE_READER.get_or_init(|| reader);
}

/// The exception after Ctrl-C in a line reader: what the signal's handler raised, or `KeyboardInterrupt`.
pub fn interrupted() -> Raised {
    match crate::safepoint::poll(thread::current()) {
        Err(raised) => raised,
        Ok(()) => errors::raise_none(pyrs_object::exceptions::KeyboardInterrupt),
    }
}

/// Whether a stream is the process's own with that number, and a terminal.
fn is_terminal(stream: Value, number: i32) -> bool {
    let own = match ops::call_method_str(stream, "fileno", &[]) {
        Ok(n) => n.as_int() == Some(number.into()),
        Err(_) => {
            errors::clear();
            false
        }
    };
    // SAFETY: any number may be asked for.
    own && unsafe { libc::isatty(number) } == 1
}

/// A line from the terminal through the line reader, if both streams are the terminal and there is one.
fn line_from_terminal(stdin: Value, stdout: Value, prompt: Option<Value>) -> PyResult<Option<Ref>> {
    let Some(read) = LINE_READER.get() else {
        return Ok(None);
    };
    if !is_terminal(stdin, 0) || !is_terminal(stdout, 1) {
        return Ok(None);
    }
    let codec = |stream: Value, f: &dyn Fn(&str, &str) -> PyResult| -> PyResult {
        let encoding = ops::getattr_str(stream, "encoding")?;
        let errors = ops::getattr_str(stream, "errors")?;
        f(
            &str::to_string_lossy(ops::str_of(encoding.value())?.value()),
            &str::to_string_lossy(ops::str_of(errors.value())?.value()),
        )
    };
    let prompt = match prompt {
        Some(p) => {
            let text = ops::str_of(p)?;
            let bytes = codec(stdout, &|e, errors| {
                pyrs_object::codec::encode(text.value(), e, errors)
            })?;
            pyrs_object::bytes::data(bytes.value()).to_vec()
        }
        None => Vec::new(),
    };
    let Some(line) = read(&prompt) else {
        return Ok(None);
    };
    let mut line = line?;
    if line.is_empty() {
        return Err(errors::raise_none(pyrs_object::exceptions::EOFError));
    }
    line.pop_if(|c| *c == b'\n');
    codec(stdin, &|e, errors| {
        pyrs_object::codec::decode(&line, e, errors)
    })
    .map(Some)
}

fn input(_: Value, args: &[Value]) -> PyResult {
    check_positional("input", args.len(), 0, 1)?;
    let stream = |name: &str| -> PyResult {
        match crate::import::sys_attr(name) {
            Some(f) if !f.is_none() => Ok(f),
            _ => Err(raise!(RuntimeError, "input(): lost sys.{name}")),
        }
    };
    let (stdin, stdout, stderr) = (stream("stdin")?, stream("stdout")?, stream("stderr")?);
    let prompt = args.first().copied();
    audit!("builtins.input", prompt.unwrap_or(Value::EMPTY))?;
    // A stream that cannot be flushed is no reason not to read.
    let flush = |stream: &Ref| {
        if ops::call_method(stream.value(), intern!("flush"), &[]).is_err() {
            errors::clear();
        }
    };
    flush(&stderr);
    if let Some(line) = line_from_terminal(stdin.value(), stdout.value(), prompt)? {
        audit!("builtins.input/result", &line)?;
        return Ok(line);
    }
    if let Some(prompt) = prompt {
        let text = ops::str_of(prompt)?;
        ops::call_method(stdout.value(), intern!("write"), &[text.value()])?;
    }
    flush(&stdout);
    let line = ops::call_method_str(stdin.value(), "readline", &[])?;
    if !line.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "object.readline() returned non-string"));
    }
    let n = str::len(line.value());
    if n == 0 {
        return Err(raise!(EOFError, "EOF when reading a line"));
    }
    let end = if str::char_at(line.value(), n - 1) == u32::from(b'\n') {
        n - 1
    } else {
        n
    };
    Ok(str::substring(line.value(), 0, end))
}

fn breakpoint(_: Value, args: Args<'_>) -> PyResult {
    match crate::import::sys_attr("breakpointhook") {
        Some(hook) => {
            audit!("builtins.breakpoint", &hook)?;
            ops::call_args(hook.value(), args)
        }
        None => Err(raise!(RuntimeError, "lost sys.breakpointhook")),
    }
}

fn anext(_: Value, args: &[Value]) -> PyResult {
    check_positional("anext", args.len(), 1, 2)?;
    let it = args[0];
    let t = it.ty();
    // SAFETY: null or a table that lives as long as the type.
    let c = unsafe { t.tp_as_async.as_ref() }.and_then(|a| a.am_anext);
    let awaitable = match (t.native().am_anext, c) {
        (Some(f), _) => f(it)?,
        (None, Some(f)) => ops::c_unary(f, it)?,
        (None, None) => {
            return Err(raise!(
                TypeError,
                "'{}' object is not an async iterator",
                t.message_name()
            ));
        }
    };
    match args.get(1) {
        None => Ok(awaitable),
        Some(default) => crate::generator::anext_default(awaitable, *default),
    }
}

methods! { static FUNCTIONS = [
    "__build_class__" KW build_class, "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class\n\n";
    "__import__" KW dunder_import, "__import__($module, /, name, globals=None, locals=None, fromlist=(), level=0)\n--\n\nImports a module.";
    "anext" FAST anext, "anext($module, aiterator, default=<unrepresentable>, /)\n--\n\nNext item of an async iterator.";
    "breakpoint" KW breakpoint, "breakpoint(*args, **kws)\n\nCalls sys.breakpointhook.";
    "compile" KW compile, "compile($module, /, source, filename, mode, flags=0,\n        dont_inherit=False, optimize=-1, *, _feature_version=-1)\n--\n\nCompiles source to a code object.";
    "dir" FAST dir, "dir([object]) -> list of strings\n\n";
    "eval" FAST eval, "eval($module, source, globals=None, locals=None, /)\n--\n\nEvaluates an expression.";
    "exec" KW exec, "exec($module, source, globals=None, locals=None, /, *, closure=None)\n--\n\nExecutes statements.";
    "globals" NOARGS globals, "globals($module, /)\n--\n\nThe dictionary of the current module.";
    "input" FAST input, "input($module, prompt='', /)\n--\n\nReads a line from standard input.";
    "locals" NOARGS locals, "locals($module, /)\n--\n\nThe current local variables.";
    "vars" FAST vars, "vars([object]) -> dictionary\n\n";
] }

/// Makes the complete module and declares it as the builtins of all code.
pub fn init() -> PyResult {
    let m = pyrs_builtins::init()?;
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    crate::set_builtins(&m);
    let import = dict::get(module::dict(m.value()), intern!("__import__"))?;
    if let Some(f) = import {
        crate::import::set_default_import(&f);
    }
    let debug = Ref::bool(source::default_optimize() == 0);
    module::add(m.value(), "__debug__", debug);
    Ok(m)
}
