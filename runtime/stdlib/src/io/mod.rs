//! `_io`: the streams. Layers of exactly our own types call each other natively; anything else goes through methods.

mod base;
mod buffered;
mod bytesio;
mod decoder;
mod fileio;
mod newline;
mod stringio;
mod textio;
mod textread;
mod textseek;

use crate::convert::{c_int_or, truth, wrong_type};
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, bytes, errors, exceptions, hooks, int, intern,
    methods, module, ops, raise, singletons, str, ty, typeobject,
};

/// Bytes of a buffer when nothing else is asked for.
pub const DEFAULT_BUFFER_SIZE: usize = 8192;

const OPEN: Signature<8> = Signature {
    name: "open",
    params: [
        "file",
        "mode",
        "buffering",
        "encoding",
        "errors",
        "newline",
        "closefd",
        "opener",
    ],
    posonly: 0,
    positional: 8,
    required: 1,
};

/// `EncodingWarning` for a text file without an encoding, under `-X warn_default_encoding`.
fn warn_default_encoding(stacklevel: usize) -> PyResult<()> {
    let Some(flags) = (hooks().sys_attr)("flags") else {
        return Ok(());
    };
    let on = match ops::getattr_opt(flags.value(), intern!("warn_default_encoding"))? {
        Some(v) => ops::is_true(v.value())?,
        None => false,
    };
    if on {
        (hooks().warn)(
            exceptions::EncodingWarning,
            "'encoding' argument not specified",
            stacklevel,
        )?;
    }
    Ok(())
}

fn text_param<'a>(v: Value, name: &str, default: &'a str) -> PyResult<&'a str> {
    if v.is_empty() {
        return Ok(default);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("open", &format!("'{name}'"), "str", v));
    }
    let s = str::as_utf8(v)?;
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(s)
}
fn optional_text(v: Value, name: &str) -> PyResult<Option<String>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("open", &format!("'{name}'"), "str or None", v));
    }
    let s = str::as_utf8(v)?;
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(Some(s.to_owned()))
}

/// `open`.
pub fn open(_: Value, args: Args<'_>) -> PyResult {
    let [
        file,
        mode,
        buffering,
        encoding,
        errors_arg,
        newline,
        closefd,
        opener,
    ] = args.bind(&OPEN)?;
    let mode = text_param(mode, "mode", "r")?;
    let buffering = c_int_or(buffering, -1)?;
    let encoding = optional_text(encoding, "encoding")?;
    let errors_text = optional_text(errors_arg, "errors")?;
    if !newline.is_empty() && !newline.is_none() && !newline.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("open", "'newline'", "str or None", newline));
    }
    let closefd = truth(closefd, true)?;
    let path = if int::is_int_instance(file) {
        Ref::new(file)
    } else {
        fspath(file)?
    };
    if !int::is_int_instance(path.value())
        && !path.has_flag(tpflags::UNICODE_SUBCLASS)
        && !bytes::is_bytes(path.value())
    {
        let text = ops::repr(file)?;
        return Err(raise!(
            TypeError,
            "invalid file: {}",
            str::display(text.value())
        ));
    }
    let (mut creating, mut reading, mut writing, mut appending) = (false, false, false, false);
    let (mut updating, mut text, mut binary) = (false, false, false);
    let invalid = || raise!(ValueError, "invalid mode: '{mode}'");
    for (i, c) in mode.bytes().enumerate() {
        let flag = match c {
            b'x' => &mut creating,
            b'r' => &mut reading,
            b'w' => &mut writing,
            b'a' => &mut appending,
            b'+' => &mut updating,
            b't' => &mut text,
            b'b' => &mut binary,
            _ => return Err(invalid()),
        };
        *flag = true;
        if mode.as_bytes()[i + 1..].contains(&c) {
            return Err(invalid());
        }
    }
    let mut raw_mode = std::string::String::new();
    for (on, c) in [
        (creating, 'x'),
        (reading, 'r'),
        (writing, 'w'),
        (appending, 'a'),
        (updating, '+'),
    ] {
        if on {
            raw_mode.push(c);
        }
    }
    if text && binary {
        return Err(raise!(
            ValueError,
            "can't have text and binary mode at once"
        ));
    }
    if u8::from(creating) + u8::from(reading) + u8::from(writing) + u8::from(appending) > 1 {
        return Err(raise!(
            ValueError,
            "must have exactly one of create/read/write/append mode"
        ));
    }
    if binary {
        if encoding.is_some() {
            return Err(raise!(
                ValueError,
                "binary mode doesn't take an encoding argument"
            ));
        }
        if errors_text.is_some() {
            return Err(raise!(
                ValueError,
                "binary mode doesn't take an errors argument"
            ));
        }
        if !newline.is_empty() && !newline.is_none() {
            return Err(raise!(
                ValueError,
                "binary mode doesn't take a newline argument"
            ));
        }
        if buffering == 1 {
            (hooks().warn)(
                exceptions::RuntimeWarning,
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used",
                1,
            )?;
        }
    }
    let raw = fileio::open(path.value(), &raw_mode, closefd, opener)?;
    let mut result = raw.clone();
    let finished = (|| -> PyResult {
        let mut buffering = buffering;
        let isatty = buffering < 0 && fileio::isatty(raw.value())?;
        let line_buffering = buffering == 1 || isatty;
        if line_buffering {
            buffering = -1;
        }
        if buffering < 0 {
            buffering = fileio::block_size(raw.value()).min(i32::MAX as u32) as i32;
        }
        if buffering < 0 {
            return Err(raise!(ValueError, "invalid buffering size"));
        }
        if buffering == 0 {
            if !binary {
                return Err(raise!(ValueError, "can't have unbuffered text I/O"));
            }
            return Ok(raw.clone());
        }
        let kind = if updating {
            buffered::Kind::Random
        } else if creating || writing || appending {
            buffered::Kind::Writer
        } else if reading {
            buffered::Kind::Reader
        } else {
            return Err(raise!(ValueError, "unknown mode: '{mode}'"));
        };
        let buffer = buffered::make(kind, raw.value(), buffering as isize)?;
        result = buffer.clone();
        if binary {
            return Ok(buffer);
        }
        let newline = newline::check_newline(newline, false)?;
        let wrapper = textio::make(
            buffer.value(),
            encoding,
            errors_arg,
            newline,
            line_buffering,
        )?;
        result = wrapper.clone();
        ops::setattr(wrapper.value(), intern!("mode"), str::new(mode).value())?;
        Ok(wrapper)
    })();
    if finished.is_err() {
        let e = errors::take();
        if ops::call_method(result.value(), intern!("close"), &[]).is_err() {
            let second = errors::take();
            exceptions::set_context(second.value(), Some(e));
            return Err(errors::restore(second));
        }
        return Err(errors::restore(e));
    }
    finished
}
/// `os.fspath`, with `open`'s message for other types.
fn fspath(v: Value) -> PyResult {
    crate::posix::fspath_of(v)
}

const OPEN_CODE: Signature<1> = Signature {
    name: "open_code",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
fn open_code(m: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&OPEN_CODE)?;
    if !path.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("open_code", "'path'", "str", path));
    }
    open(m, Args::positional_only(&[path, intern!("rb")]))
}
fn text_encoding(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("text_encoding", args.len(), 1, 2)?;
    let stacklevel = c_int_or(args.get(1).copied().unwrap_or(Value::EMPTY), 2)?;
    if !args[0].is_none() {
        return Ok(Ref::new(args[0]));
    }
    warn_default_encoding(stacklevel.max(0) as usize)?;
    let utf8 = match (hooks().sys_attr)("flags") {
        Some(flags) => match ops::getattr_opt(flags.value(), intern!("utf8_mode"))? {
            Some(v) => ops::is_true(v.value())?,
            None => false,
        },
        None => false,
    };
    Ok(str::intern(if utf8 { "utf-8" } else { "locale" }))
}

methods! {
    static FUNCTIONS = [
        "open" KW open, "open($module, /, file, mode='r', buffering=-1, encoding=None,\n     errors=None, newline=None, closefd=True, opener=None)\n--\n\nOpens a file and gives a stream.";
        "text_encoding" FAST text_encoding, "text_encoding($module, encoding, stacklevel=2, /)\n--\n\nThe encoding to use for an optional encoding argument.";
        "open_code" KW open_code, "open_code($module, /, path)\n--\n\nOpens a file whose contents will be executed.";
    ]
}

pub fn init() -> PyResult {
    let m = module::new("_io");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(
        m.value(),
        "DEFAULT_BUFFER_SIZE",
        Ref::int(DEFAULT_BUFFER_SIZE as i64),
    );
    base::init(m.value())?;
    module::add(
        m.value(),
        "BlockingIOError",
        exceptions::BlockingIOError.to_ref(),
    );
    typeobject::ready(ty!(decoder::Decoder_Type))?;
    typeobject::ready(ty!(bytesio::_PyBytesIOBuffer_Type))?;
    for t in [
        ty!(fileio::PyFileIO_Type),
        ty!(bytesio::PyBytesIO_Type),
        ty!(stringio::PyStringIO_Type),
        ty!(buffered::PyBufferedReader_Type),
        ty!(buffered::PyBufferedWriter_Type),
        ty!(buffered::PyBufferedRandom_Type),
        ty!(buffered::PyBufferedRWPair_Type),
        ty!(textio::PyTextIOWrapper_Type),
        ty!(newline::PyIncrementalNewlineDecoder_Type),
    ] {
        module::add_type(m.value(), t)?;
    }
    Ok(m)
}

/// Writes `text` to a stream: natively when its class is one of ours. For `print` and the interpreter's own output.
pub fn write_text(file: Value, text: Value) -> PyResult<()> {
    if text.has_flag(tpflags::UNICODE_SUBCLASS) {
        if file.is_exact(ty!(textio::PyTextIOWrapper_Type)) {
            textio::write(file, text)?;
            return Ok(());
        }
        if stringio::is_exact(file) {
            stringio::write_str(file, text)?;
            return Ok(());
        }
    }
    ops::call_method(file, intern!("write"), &[text]).map(drop)
}

/// Makes a standard stream over a descriptor, as the start-up does: text over a buffer over a `FileIO` with that name.
pub fn standard_stream(
    fd: i32,
    name: &str,
    write: bool,
    encoding: &str,
    error_handler: &str,
    unbuffered: bool,
    line_buffering: bool,
) -> PyResult {
    // SAFETY: plain numbers.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Ok(Ref::none());
    }
    let raw = fileio::open(
        Ref::int(i64::from(fd)).value(),
        if write { "w" } else { "r" },
        false,
        singletons::none(),
    )?;
    let tty = fileio::isatty(raw.value())?;
    let buffer = if write && unbuffered {
        raw.clone()
    } else {
        let kind = if write {
            buffered::Kind::Writer
        } else {
            buffered::Kind::Reader
        };
        buffered::make(kind, raw.value(), DEFAULT_BUFFER_SIZE as isize)?
    };
    ops::setattr(raw.value(), intern!("name"), str::new(name).value())?;
    let newline = if write { Some("\n") } else { None };
    let handler = str::new(error_handler);
    let stream = textio::make_full(
        buffer.value(),
        Some(encoding.to_owned()),
        handler.value(),
        newline,
        (line_buffering || tty) && !(write && unbuffered),
        write && unbuffered,
    )?;
    ops::setattr(
        stream.value(),
        intern!("mode"),
        str::new(if write { "w" } else { "r" }).value(),
    )?;
    Ok(stream)
}
