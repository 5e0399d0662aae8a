//! What the interpreter prints for an exception that nobody handles: text and order are those of CPython's C code.
//!
//! The text is collected first and written to `sys.stderr` in one call; it is WTF-8 because names and messages may hold
//! surrogates. No Python module is imported: reporting must work when importing does not.

mod source;
mod suggest;

use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, errors, exceptions, int, intern, list, ops, str, traceback,
    tuple, ty, typeobject,
};
use pyrs_vm::code::Code;
use pyrs_vm::{frameobject, frames, import};
use std::collections::HashSet;

/// Frames with the same place that are shown before the rest is counted.
const RECURSIVE_CUTOFF: i64 = 3;
const DEFAULT_LIMIT: i64 = 1000;
const MAX_GROUP_WIDTH: usize = 15;
const MAX_GROUP_DEPTH: usize = 10;
const TRACEBACK_HEADER: &str = "Traceback (most recent call last):\n";
const GROUP_HEADER: &str = "Exception Group Traceback (most recent call last):\n";
const CAUSE: &str = "The above exception was the direct cause of the following exception:\n";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:\n";

/// Prints an exception with its traceback to `sys.stderr`, as the interpreter does for one that nobody handles.
pub fn print_exception(value: Value, tb: Value) -> PyResult<()> {
    attach_traceback(value, tb);
    match import::sys_attr("stderr") {
        None => {
            let text = render(value);
            write_descriptor(&text);
        }
        Some(file) if file.is_none() => {}
        Some(file) => {
            flush("stdout");
            let text = render(value);
            write_to(file.value(), &text);
        }
    }
    Ok(())
}

/// The last resort: the same text on descriptor 2.
pub fn plain_report(value: Value) {
    let text = render(value);
    write_descriptor(&text);
}

/// `sys.unraisablehook`'s text for its argument's parts.
pub(super) fn print_unraisable(
    message: Value,
    object: Value,
    value: Value,
    tb: Value,
    exc_type: Value,
) {
    let Some(file) = import::sys_attr("stderr").filter(|f| !f.is_none()) else {
        return;
    };
    let mut p = Printer::new();
    if !object.is_none() {
        if message.is_none() {
            p.text("Exception ignored in");
        } else {
            p.str_of(message, "");
        }
        p.text(": ");
        match ops::repr(object) {
            Ok(t) => p.value(t.value()),
            Err(_) => {
                errors::clear();
                p.text("<object repr() failed>");
            }
        }
        p.text("\n");
    } else if !message.is_none() {
        p.str_of(message, "");
        p.text(":\n");
    }
    if !tb.is_none() {
        p.traceback(tb, TRACEBACK_HEADER, "");
    }
    if let Some(t) = exceptions::exception_class(exc_type) {
        p.type_name(t);
        if !value.is_none() {
            p.text(": ");
            p.str_of(value, "<exception str() failed>");
        }
        p.text("\n");
    }
    write_to(file.value(), &p.out);
}

fn attach_traceback(value: Value, tb: Value) {
    if value.has_flag(tpflags::BASE_EXC_SUBCLASS)
        && !tb.is_empty()
        && tb.is_exact(ty!(traceback::PyTraceBack_Type))
        && exceptions::traceback_of(value).is_none()
    {
        exceptions::set_traceback(value, tb);
    }
}

fn flush(name: &str) {
    if let Some(f) = import::sys_attr(name).filter(|f| !f.is_none())
        && ops::call_method(f.value(), intern!("flush"), &[]).is_err()
    {
        errors::clear();
    }
}

fn write_to(file: Value, text: &[u8]) {
    let text = str::from_wtf8(text);
    if ops::call_method(file, intern!("write"), &[text.value()]).is_err() {
        errors::clear();
    }
    if ops::call_method(file, intern!("flush"), &[]).is_err() {
        errors::clear();
    }
}

fn write_descriptor(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: writes bytes that live.
        let n = unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        if n <= 0 {
            return;
        }
        text = &text[n as usize..];
    }
}

fn render(value: Value) -> Vec<u8> {
    let mut p = Printer::new();
    p.recursive(value);
    p.out
}

fn group_items(value: Value) -> Option<Ref> {
    if !value.is_a(exceptions::BaseExceptionGroup) {
        return None;
    }
    // SAFETY: a live exception group; the field is null or an object.
    let items = unsafe { (*value.as_ptr().cast::<PyBaseExceptionGroupObject>()).excs };
    (!items.is_null()).then(|| Ref::new(Value::from_object(items)))
}

struct Printer {
    out: Vec<u8>,
    seen: HashSet<u64>,
    depth: usize,
    need_close: bool,
}

/// What a `SyntaxError` says of its place.
struct Place {
    message: Ref,
    filename: Ref,
    lineno: i64,
    offset: i64,
    end_lineno: i64,
    end_offset: i64,
    text: Ref,
}

impl Printer {
    fn new() -> Self {
        Printer {
            out: Vec::new(),
            seen: HashSet::new(),
            depth: 0,
            need_close: false,
        }
    }
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }
    fn value(&mut self, v: Value) {
        self.out.extend_from_slice(&str::to_wtf8(v));
    }
    fn str_of(&mut self, v: Value, failed: &str) {
        match ops::str_of(v) {
            Ok(t) => self.value(t.value()),
            Err(_) => {
                errors::clear();
                self.text(failed);
            }
        }
    }
    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(b' ', 2 * self.depth));
    }
    /// The indentation and the bar of an exception group's contents.
    fn margin(&mut self) {
        self.indent();
        if self.depth > 0 {
            self.text("| ");
        }
    }

    fn recursive(&mut self, value: Value) {
        if pyrs_object::hooks().enter_native().is_err() {
            errors::clear();
            return;
        }
        if value.has_flag(tpflags::BASE_EXC_SUBCLASS) {
            self.chain(value);
        }
        match group_items(value) {
            Some(items) => self.group(value, items.value()),
            None => self.exception(value),
        }
    }

    fn chain(&mut self, value: Value) {
        self.seen.insert(ops::id(value));
        let (before, message) = match exceptions::cause_of(value).filter(|c| !c.is_none()) {
            Some(cause) => (cause, CAUSE),
            None => {
                // SAFETY: a live exception.
                if unsafe { (*value.as_ptr().cast::<PyBaseExceptionObject>()).suppress_context }
                    != 0
                {
                    return;
                }
                let Some(context) = exceptions::context_of(value).filter(|c| !c.is_none()) else {
                    return;
                };
                (context, CONTEXT)
            }
        };
        if self.seen.contains(&ops::id(before.value())) {
            return;
        }
        let need_close = std::mem::replace(&mut self.need_close, false);
        self.recursive(before.value());
        self.need_close = need_close;
        self.margin();
        self.text("\n");
        self.margin();
        self.text(message);
        self.margin();
        self.text("\n");
    }

    fn group(&mut self, value: Value, items: Value) {
        if self.depth > MAX_GROUP_DEPTH {
            self.margin();
            self.text(&format!("... (max_group_depth is {MAX_GROUP_DEPTH})\n"));
            return;
        }
        if self.depth == 0 {
            self.depth = 1;
        }
        self.exception(value);
        let count = tuple::len(items);
        let shown = if count <= MAX_GROUP_WIDTH {
            count
        } else {
            MAX_GROUP_WIDTH + 1
        };
        self.need_close = false;
        for i in 0..shown {
            let last = i + 1 == shown;
            if last {
                // The closing frame may be added in a recursive call.
                self.need_close = true;
            }
            let truncated = i >= MAX_GROUP_WIDTH;
            self.indent();
            self.text(if i == 0 { "+-" } else { "  " });
            let title = if truncated {
                String::from("...")
            } else {
                (i + 1).to_string()
            };
            self.text(&format!("+---------------- {title} ----------------\n"));
            self.depth += 1;
            if truncated {
                let rest = count - MAX_GROUP_WIDTH;
                self.margin();
                self.text(&format!(
                    "and {rest} more exception{}\n",
                    if rest > 1 { "s" } else { "" }
                ));
            } else {
                self.recursive(Ref::new(tuple::get(items, i)).value());
            }
            if last && self.need_close {
                self.indent();
                self.text("+------------------------------------\n");
                self.need_close = false;
            }
            self.depth -= 1;
        }
        if self.depth == 1 {
            self.depth = 0;
        }
    }

    fn exception(&mut self, value: Value) {
        if !value.has_flag(tpflags::BASE_EXC_SUBCLASS) {
            self.margin();
            self.text("TypeError: print_exception(): Exception expected for value, ");
            self.text(value.ty().full_name());
            self.text(" found\n");
            return;
        }
        if let Some(tb) = exceptions::traceback_of(value) {
            let is_group = value.is_a(exceptions::BaseExceptionGroup);
            let header = if is_group {
                GROUP_HEADER
            } else {
                TRACEBACK_HEADER
            };
            let mark = match self.depth {
                0 => "",
                1 if is_group => "+ ",
                _ => "| ",
            };
            self.traceback(tb.value(), header, mark);
        }
        let notes = match ops::getattr_opt(value, intern!("__notes__")) {
            Ok(notes) => notes,
            Err(_) => {
                errors::clear();
                None
            }
        };
        let place = self.place(value);
        let shown = place.unwrap_or_else(|| Ref::new(value));
        self.margin();
        self.type_name(value.ty());
        if !shown.is_none() {
            match ops::str_of(shown.value()) {
                Ok(t) if str::len(t.value()) == 0 => {}
                Ok(t) => {
                    self.text(": ");
                    self.value(t.value());
                }
                Err(_) => {
                    errors::clear();
                    self.text(": <exception str() failed>");
                }
            }
        }
        if let Some(name) = suggest::for_exception(shown.value()) {
            self.text(". Did you mean: '");
            self.value(name.value());
            self.text("'?");
        }
        self.text("\n");
        if let Some(notes) = notes {
            self.notes(notes.value());
        }
    }

    fn type_name(&mut self, t: pyrs_object::Type) {
        match ops::getattr_str(t.value(), "__module__") {
            Ok(m) if str::is_str(m.value()) => {
                if !str::eq_str(m.value(), "builtins") && !str::eq_str(m.value(), "__main__") {
                    self.value(m.value());
                    self.text(".");
                }
            }
            _ => {
                errors::clear();
                self.text("<unknown>.");
            }
        }
        self.value(typeobject::qualname(t).value());
    }

    fn notes(&mut self, notes: Value) {
        let texts =
            ops::is_sequence(notes) && !str::is_str(notes) && !pyrs_object::bytes::is_bytes(notes);
        if !texts {
            self.margin();
            match ops::repr(notes) {
                Ok(t) => self.value(t.value()),
                Err(_) => {
                    errors::clear();
                    self.text("<__notes__ repr() failed>");
                }
            }
            return;
        }
        let Ok(count) = ops::len(notes) else {
            errors::clear();
            return;
        };
        for i in 0..count {
            let Ok(note) = ops::sequence_item(notes, i as isize) else {
                errors::clear();
                return;
            };
            let lines = ops::str_of(note.value()).and_then(|t| {
                ops::call_method_str(t.value(), "splitlines", &[Ref::bool(true).value()])
            });
            match lines {
                Ok(lines) => {
                    for line in list::items(lines.value()) {
                        self.margin();
                        self.value(*line);
                    }
                }
                Err(_) => {
                    errors::clear();
                    self.margin();
                    self.text("<note str() failed>");
                }
            }
            self.text("\n");
        }
    }

    /// File, line and text of a syntax error; gives the message that stands for the exception.
    fn place(&mut self, value: Value) -> Option<Ref> {
        match ops::getattr_opt(value, intern!("print_file_and_line")) {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(_) => {
                errors::clear();
                return None;
            }
        }
        let Ok(place) = parse_place(value) else {
            errors::clear();
            return None;
        };
        self.margin();
        self.text("  File \"");
        self.str_of(place.filename.value(), "");
        self.text(&format!("\", line {}\n", place.lineno));
        if !place.text.is_none() && str::is_str(place.text.value()) {
            let text = str::to_wtf8(place.text.value());
            let end = if place.end_lineno > place.lineno {
                text.len() as i64
            } else {
                // Not past the end of the text.
                let chars = str::len(place.text.value()) as i64;
                place.end_offset.min(chars + 1)
            };
            self.error_text(&text, place.offset, end);
        }
        Some(place.message)
    }

    fn error_text(&mut self, text: &[u8], offset: i64, end: i64) {
        let carets = if end > 0 && end > offset {
            end - offset
        } else {
            1
        };
        let mut offset = offset - 1;
        let mut text = text;
        while let [b' ' | b'\t' | 0x0c, rest @ ..] = text {
            text = rest;
            offset -= 1;
        }
        let mut len = text.len() as i64;
        if text.last() == Some(&b'\n') {
            len -= 1;
        }
        offset = offset.min(len);
        // Skip past newlines embedded in the text.
        while let Some(at) = text.iter().position(|b| *b == b'\n') {
            if at as i64 >= offset {
                break;
            }
            let skip = at + 1;
            text = &text[skip..];
            len -= skip as i64;
            offset -= skip as i64;
        }
        self.margin();
        self.text("    ");
        self.out.extend_from_slice(text);
        if text.get(len.max(0) as usize) != Some(&b'\n') {
            self.text("\n");
        }
        if offset < 0 {
            return;
        }
        self.margin();
        self.text("    ");
        self.out.extend(std::iter::repeat_n(b' ', offset as usize));
        self.out.extend(std::iter::repeat_n(b'^', carets as usize));
        self.text("\n");
    }

    fn traceback(&mut self, tb: Value, header: &str, mark: &str) {
        let mut limit = DEFAULT_LIMIT;
        if let Some(l) = import::sys_attr("tracebacklimit")
            && l.has_flag(tpflags::LONG_SUBCLASS)
        {
            limit = int::to_i64(l.value()).unwrap_or_else(|| {
                let negative = int::to_text(l.value(), 10).is_ok_and(|t| t.starts_with('-'));
                if negative { 0 } else { i64::MAX }
            });
            errors::clear();
            if limit <= 0 {
                return;
            }
        }
        self.indent();
        self.text(mark);
        self.text(header);
        let mut depth = 0;
        let mut at = Some(Ref::new(tb));
        while let Some(t) = at {
            depth += 1;
            at = traceback::next_of(t.value());
        }
        let mut at = Some(Ref::new(tb));
        while depth > limit {
            depth -= 1;
            at = at.and_then(|t| traceback::next_of(t.value()));
        }
        let mut last: Option<(u64, i32, u64)> = None;
        let mut repeated = 0;
        while let Some(t) = at {
            if let Some(entry) = Entry::of(t.value()) {
                let place = (entry.filename.bits(), entry.line, entry.name.bits());
                if last != Some(place) {
                    self.repeated(repeated);
                    last = Some(place);
                    repeated = 0;
                }
                repeated += 1;
                if repeated <= RECURSIVE_CUTOFF {
                    self.entry(&entry);
                }
            }
            at = traceback::next_of(t.value());
        }
        self.repeated(repeated);
    }

    fn repeated(&mut self, count: i64) {
        if count > RECURSIVE_CUTOFF {
            let more = count - RECURSIVE_CUTOFF;
            self.text(&format!(
                "  [Previous line repeated {more} more time{}]\n",
                if more > 1 { "s" } else { "" }
            ));
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.margin();
        self.text("  File \"");
        self.value(entry.filename);
        self.text(&format!("\", line {}, in ", entry.line));
        self.value(entry.name);
        self.text("\n");
        let Some(line) = source::line(entry.filename, entry.line) else {
            return;
        };
        let stripped = line.trim_start_matches([' ', '\t', '\x0c']);
        self.margin();
        self.text("    ");
        self.text(stripped);
        self.text("\n");
        let Some(p) = entry.position else { return };
        let cut = line.len() - stripped.len();
        if let Some(carets) = source::carets(&line, cut, p) {
            self.margin();
            self.text(&carets);
            self.text("\n");
        }
    }
}

/// One traceback entry; the traceback keeps the values alive.
struct Entry {
    filename: Value,
    name: Value,
    line: i32,
    position: Option<source::Span>,
}

impl Entry {
    fn of(tb: Value) -> Option<Entry> {
        let frame = traceback::frame_of(tb);
        if !frameobject::is_frame(frame.value()) || frameobject::frame_of(frame.value()).is_null() {
            return None;
        }
        // SAFETY: the frame object keeps its frame and that its code; the traceback keeps the frame object.
        unsafe {
            let raw = frameobject::frame_of(frame.value());
            let object = frames::code_object(raw);
            let code = &*(*raw).code.cast::<Code>();
            let index = u32::try_from(traceback::lasti_of(tb) / 2).ok();
            let position = index
                .filter(|_| pyrs_vm::source::debug_ranges())
                .and_then(|i| code.positions().lookup(i))
                .and_then(|p| {
                    Some(source::Span {
                        multiline: p.line != p.end_line,
                        start: p.column? as usize,
                        end: p.end_column? as usize,
                    })
                    .filter(|_| p.line != 0)
                });
            Some(Entry {
                filename: Value::from_object((*object).co_filename),
                name: Value::from_object((*object).co_name),
                line: traceback::lineno_of(tb),
                position,
            })
        }
    }
}

fn parse_place(value: Value) -> PyResult<Place> {
    let number = |name: &str, none: i64| -> PyResult<i64> {
        let v = ops::getattr_str(value, name)?;
        if v.is_none() {
            Ok(none)
        } else {
            Ok(ops::index_as_isize(v.value())? as i64)
        }
    };
    let message = ops::getattr_str(value, "msg")?;
    let filename = ops::getattr_str(value, "filename")?;
    let filename = if filename.is_none() {
        str::new("<string>")
    } else {
        filename
    };
    let lineno = ops::getattr_str(value, "lineno")?;
    let lineno = ops::index_as_isize(lineno.value())? as i64;
    let optional = |name: &str, none: i64| match number(name, none) {
        Ok(n) => n,
        Err(_) => {
            errors::clear();
            none
        }
    };
    Ok(Place {
        message,
        filename,
        lineno,
        offset: number("offset", -1)?,
        end_lineno: optional("end_lineno", lineno),
        end_offset: optional("end_offset", -1),
        text: ops::getattr_str(value, "text")?,
    })
}
