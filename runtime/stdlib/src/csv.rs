//! `_csv`: reader, writer and dialects.

use crate::util::{ErrorClass, alloc, is_str};
use pyrs_layout::{PyObject, membertype};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Type, Value, ValueExt, check_positional, dict, each_width, errors,
    exceptions, float, gc, getset, heap, int, intern, list, members, methods, module, ops, py_type,
    raise, str, ty, typeobject,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

static ERROR: ErrorClass = ErrorClass::new();
macro_rules! fail {
    ($($arg:tt)*) => { ERROR.raise(format_args!($($arg)*)) };
}

static FIELD_LIMIT: AtomicI64 = AtomicI64::new(128 * 1024);
/// The registry of dialects: a dict that lives for ever.
static DIALECTS: AtomicU64 = AtomicU64::new(0);
fn dialects() -> Value {
    Value::from_bits(DIALECTS.load(Ordering::Relaxed))
}

const QUOTE_MINIMAL: i64 = 0;
const QUOTE_ALL: i64 = 1;
const QUOTE_NONNUMERIC: i64 = 2;
const QUOTE_NONE: i64 = 3;
/// No character.
const NOT_SET: u32 = u32::MAX;
/// What ends a line for the parser.
const EOL: u32 = u32::MAX - 1;
const CR: u32 = b'\r' as u32;
const LF: u32 = b'\n' as u32;

#[repr(C)]
struct DialectObject {
    ob_base: PyObject,
    doublequote: u8,
    skipinitialspace: u8,
    strict: u8,
    quoting: i64,
    delimiter: u32,
    quotechar: u32,
    escapechar: u32,
    lineterminator: *mut PyObject,
}

members! { static DIALECT_MEMBERS = [
    "skipinitialspace" BOOL, offset_of!(DialectObject, skipinitialspace), membertype::READONLY, "";
    "doublequote" BOOL, offset_of!(DialectObject, doublequote), membertype::READONLY, "";
    "strict" BOOL, offset_of!(DialectObject, strict), membertype::READONLY, "";
] }
getset! { static DIALECT_GETSET = [
    "delimiter" get_delimiter, None, "";
    "escapechar" get_escapechar, None, "";
    "lineterminator" get_lineterminator, None, "";
    "quotechar" get_quotechar, None, "";
    "quoting" get_quoting, None, "";
] }
methods! { static DIALECT_METHODS = [
    "__reduce__" FAST dialect_reduce, "raises an exception to avoid pickling";
    "__reduce_ex__" FAST dialect_reduce, "raises an exception to avoid pickling";
] }
py_type! {
    static CsvDialect_Type: DialectObject = "_csv.Dialect" {
        flags: BASETYPE;
        doc: "CSV dialect\n\nThe Dialect type records CSV dialect options.";
        raw { tp_dealloc: dialect_dealloc }
        slots { tp_new: dialect_new }
        methods: DIALECT_METHODS;
        getset: DIALECT_GETSET;
        members: DIALECT_MEMBERS;
    }
}
unsafe extern "C" fn dialect_dealloc(o: *mut PyObject) {
    // SAFETY: a dead dialect owns its terminator.
    unsafe {
        heap::clear_field(&raw mut (*o.cast::<DialectObject>()).lineterminator);
        heap::finish_dealloc(o);
    }
}
fn dialect<'a>(v: Value) -> &'a DialectObject {
    // SAFETY: called with dialects only, which do not change once made.
    unsafe { &*v.as_ptr().cast() }
}
fn char_or_none(c: u32) -> PyResult {
    Ok(if c == NOT_SET {
        Ref::none()
    } else {
        str::from_char(c)
    })
}
fn get_delimiter(v: Value) -> PyResult {
    char_or_none(dialect(v).delimiter)
}
fn get_escapechar(v: Value) -> PyResult {
    char_or_none(dialect(v).escapechar)
}
fn get_quotechar(v: Value) -> PyResult {
    char_or_none(dialect(v).quotechar)
}
fn get_lineterminator(v: Value) -> PyResult {
    let t = dialect(v).lineterminator;
    Ok(if t.is_null() {
        Ref::none()
    } else {
        Ref::new(Value::from_object(t))
    })
}
fn get_quoting(v: Value) -> PyResult {
    Ok(Ref::int(dialect(v).quoting))
}
fn dialect_reduce(v: Value, _: &[Value]) -> PyResult {
    Err(raise!(
        TypeError,
        "cannot pickle '{}' instances",
        v.ty().message_name()
    ))
}

/// A character option; with `none`, None means that there is none.
fn char_option(name: &str, v: Option<Value>, default: u32, none: bool) -> PyResult<u32> {
    let Some(v) = v else { return Ok(default) };
    if none && v.is_none() {
        return Ok(NOT_SET);
    }
    if !is_str(v) {
        let or_none = if none { " or None" } else { "" };
        return Err(raise!(
            TypeError,
            "\"{name}\" must be string{or_none}, not {}",
            v.ty().message_name()
        ));
    }
    if str::len(v) != 1 {
        return Err(raise!(TypeError, "\"{name}\" must be a 1-character string"));
    }
    Ok(str::char_at(v, 0))
}
const OPTIONS: [&str; 8] = [
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

fn dialect_new(t: Type, args: Args<'_>) -> PyResult {
    let given = args.positional();
    if given.len() > 9 {
        return Err(raise!(
            TypeError,
            "Dialect() takes at most 9 arguments ({} given)",
            given.len()
        ));
    }
    let mut base = given.first().copied();
    let mut options: [Option<Ref>; 8] = Default::default();
    for (slot, v) in options.iter_mut().zip(given.iter().skip(1)) {
        *slot = Some(Ref::new(*v));
    }
    for (key, value) in args.keywords() {
        if str::eq_str(key, "dialect") && base.is_none() {
            base = Some(value);
        } else if let Some(i) = OPTIONS.iter().position(|o| str::eq_str(key, o)) {
            options[i] = Some(Ref::new(value));
        } else {
            return Err(raise!(
                TypeError,
                "'{}' is an invalid keyword argument for this function",
                str::display(key)
            ));
        }
    }
    let base = match base {
        Some(v) if v.is_none() => None,
        Some(v) if is_str(v) => Some(registered(v)?),
        Some(v) => Some(Ref::new(v)),
        None => None,
    };
    if let Some(base) = &base {
        // A dialect with nothing to change is itself.
        if t == ty!(CsvDialect_Type) && base.value().is_a(t) && options.iter().all(Option::is_none)
        {
            return Ok(base.clone());
        }
        for (slot, name) in options.iter_mut().zip(OPTIONS) {
            if slot.is_none() {
                match ops::getattr_str(base.value(), name) {
                    Ok(v) => *slot = Some(v),
                    Err(_) => errors::clear(),
                }
            }
        }
    }
    let [
        delimiter,
        doublequote,
        escapechar,
        lineterminator,
        quotechar,
        quoting,
        skipinitialspace,
        strict,
    ] = options.each_ref().map(|o| o.as_ref().map(Ref::value));
    let truth = |v: Option<Value>, default: bool| v.map_or(Ok(default), ops::is_true);
    let delimiter = char_option("delimiter", delimiter, u32::from(b','), false)?;
    let doublequote = truth(doublequote, true)?;
    let escapechar = char_option("escapechar", escapechar, NOT_SET, true)?;
    let terminator = match lineterminator {
        None => Some(str::new("\r\n")),
        Some(v) if v.is_none() => None,
        Some(v) if is_str(v) => Some(Ref::new(v)),
        Some(_) => return Err(raise!(TypeError, "\"lineterminator\" must be a string")),
    };
    let no_quotechar = quotechar.is_some_and(|q| q.is_none());
    let quotechar = char_option("quotechar", quotechar, u32::from(b'"'), true)?;
    let no_quoting = quoting.is_none();
    let mut quoting = match quoting {
        None => QUOTE_MINIMAL,
        Some(v) if v.is_exact(ty!(int::PyLong_Type)) => int::to_i64(v).unwrap_or(-1),
        Some(_) => return Err(raise!(TypeError, "\"quoting\" must be an integer")),
    };
    let skipinitialspace = truth(skipinitialspace, false)?;
    let strict = truth(strict, false)?;
    if !(QUOTE_MINIMAL..=QUOTE_NONE).contains(&quoting) {
        return Err(raise!(TypeError, "bad \"quoting\" value"));
    }
    if no_quotechar && no_quoting {
        quoting = QUOTE_NONE;
    }
    if quoting != QUOTE_NONE && quotechar == NOT_SET {
        return Err(raise!(
            TypeError,
            "quotechar must be set if quoting enabled"
        ));
    }
    let Some(terminator) = terminator else {
        return Err(raise!(TypeError, "lineterminator must be set"));
    };
    let made = alloc(t)?;
    // SAFETY: a new dialect.
    unsafe {
        let d = made.value().as_ptr().cast::<DialectObject>();
        (*d).doublequote = doublequote.into();
        (*d).skipinitialspace = skipinitialspace.into();
        (*d).strict = strict.into();
        (*d).quoting = quoting;
        (*d).delimiter = delimiter;
        (*d).quotechar = quotechar;
        (*d).escapechar = escapechar;
        (*d).lineterminator = terminator.into_ptr();
    }
    Ok(made)
}
fn registered(name: Value) -> PyResult {
    dict::get(dialects(), name)?.ok_or_else(|| fail!("unknown dialect"))
}
/// `Dialect(dialect, **keywords)`.
fn call_dialect(base: Option<Value>, args: Args<'_>) -> PyResult {
    let mut values: Vec<Value> = base.into_iter().collect();
    values.extend(args.keywords().map(|(_, v)| v));
    ops::call_args(
        ty!(CsvDialect_Type).value(),
        Args {
            values: &values,
            kwnames: args.kwnames,
        },
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    StartRecord,
    StartField,
    Escaped,
    InField,
    InQuoted,
    EscapeInQuoted,
    QuoteInQuoted,
    EatNewline,
    AfterEscapedNewline,
}
/// The record being read.
struct Parser {
    state: State,
    field: Vec<u32>,
    numeric: bool,
    fields: Vec<Ref>,
}
#[repr(C)]
struct ReaderObject {
    ob_base: PyObject,
    input: *mut PyObject,
    dialect: *mut PyObject,
    line_num: u64,
}
members! { static READER_MEMBERS = [
    "dialect" OBJECT, offset_of!(ReaderObject, dialect), membertype::READONLY, "";
    "line_num" ULONG, offset_of!(ReaderObject, line_num), membertype::READONLY, "";
] }
py_type! {
    static CsvReader_Type: ReaderObject = "_csv.reader" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        doc: "CSV reader\n\nReader objects are responsible for reading and parsing tabular data\nin CSV format.";
        raw { tp_dealloc: reader_dealloc, tp_traverse: reader_traverse }
        slots { tp_iter: pyrs_object::iterobject::self_iter, tp_iternext: reader_next }
        members: READER_MEMBERS;
    }
}
unsafe extern "C" fn reader_dealloc(o: *mut PyObject) {
    // SAFETY: a dead reader owns its fields.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*o.cast::<ReaderObject>()).input);
        heap::clear_field(&raw mut (*o.cast::<ReaderObject>()).dialect);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn reader_traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let r = o.cast::<ReaderObject>();
    // SAFETY: called by the collector for a live reader.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*r).input),
            Value::from_object((*r).dialect)
        )
    }
}

impl Parser {
    fn push(&mut self, c: u32, limit: usize) -> PyResult<()> {
        if self.field.len() >= limit {
            return Err(fail!("field larger than field limit ({limit})"));
        }
        self.field.push(c);
        Ok(())
    }
    fn save(&mut self) -> PyResult<()> {
        let text = str::from_ucs4(&self.field);
        self.field.clear();
        let field = if std::mem::take(&mut self.numeric) {
            float::from_object(text.value())?
        } else {
            text
        };
        self.fields.push(field);
        Ok(())
    }
    fn end_field(&mut self, c: u32) -> PyResult<()> {
        self.save()?;
        self.state = if c == EOL {
            State::StartRecord
        } else {
            State::EatNewline
        };
        Ok(())
    }
    fn step(&mut self, d: &DialectObject, c: u32, limit: usize) -> PyResult<()> {
        let ends = matches!(c, CR | LF | EOL);
        let quote = c == d.quotechar && d.quoting != QUOTE_NONE;
        match self.state {
            State::StartRecord if c == EOL => {}
            State::StartRecord if ends => self.state = State::EatNewline,
            State::StartRecord | State::StartField => {
                self.state = State::StartField;
                if ends {
                    self.end_field(c)?;
                } else if quote {
                    self.state = State::InQuoted;
                } else if c == d.escapechar {
                    self.state = State::Escaped;
                } else if c == u32::from(b' ') && d.skipinitialspace != 0 {
                } else if c == d.delimiter {
                    self.save()?;
                } else {
                    self.numeric = d.quoting == QUOTE_NONNUMERIC;
                    self.push(c, limit)?;
                    self.state = State::InField;
                }
            }
            State::Escaped if matches!(c, CR | LF) => {
                self.push(c, limit)?;
                self.state = State::AfterEscapedNewline;
            }
            State::Escaped => {
                self.push(if c == EOL { LF } else { c }, limit)?;
                self.state = State::InField;
            }
            State::AfterEscapedNewline if c == EOL => {}
            State::AfterEscapedNewline | State::InField => {
                if ends {
                    self.end_field(c)?;
                } else if c == d.escapechar {
                    self.state = State::Escaped;
                } else if c == d.delimiter {
                    self.save()?;
                    self.state = State::StartField;
                } else {
                    self.push(c, limit)?;
                    self.state = State::InField;
                }
            }
            State::InQuoted => {
                if c == EOL {
                } else if c == d.escapechar {
                    self.state = State::EscapeInQuoted;
                } else if quote {
                    self.state = if d.doublequote != 0 {
                        State::QuoteInQuoted
                    } else {
                        State::InField
                    };
                } else {
                    self.push(c, limit)?;
                }
            }
            State::EscapeInQuoted => {
                self.push(if c == EOL { LF } else { c }, limit)?;
                self.state = State::InQuoted;
            }
            State::QuoteInQuoted => {
                if quote {
                    self.push(c, limit)?;
                    self.state = State::InQuoted;
                } else if c == d.delimiter {
                    self.save()?;
                    self.state = State::StartField;
                } else if ends {
                    self.end_field(c)?;
                } else if d.strict == 0 {
                    self.push(c, limit)?;
                    self.state = State::InField;
                } else {
                    let show = |c: u32| char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
                    return Err(fail!(
                        "'{}' expected after '{}'",
                        show(d.delimiter),
                        show(d.quotechar)
                    ));
                }
            }
            State::EatNewline => {
                if c == EOL {
                    self.state = State::StartRecord;
                } else if !ends {
                    return Err(fail!(
                        "new-line character seen in unquoted field - do you need to open the file in universal-newline mode?"
                    ));
                }
            }
        }
        Ok(())
    }
}
fn reader_next(v: Value) -> PyResult<Option<Ref>> {
    let r = v.as_ptr().cast::<ReaderObject>();
    // SAFETY: a live reader; its fields stay until it dies.
    let (input, d) = unsafe {
        (
            Value::from_object((*r).input),
            dialect(Value::from_object((*r).dialect)),
        )
    };
    let mut parser = Parser {
        state: State::StartRecord,
        field: Vec::new(),
        numeric: false,
        fields: Vec::new(),
    };
    let limit = usize::try_from(FIELD_LIMIT.load(Ordering::Relaxed)).unwrap_or(0);
    loop {
        let Some(line) = ops::next(input)? else {
            if parser.field.is_empty() && parser.state != State::InQuoted {
                return Ok(None);
            }
            if d.strict != 0 {
                return Err(fail!("unexpected end of data"));
            }
            parser.save()?;
            break;
        };
        if !is_str(line.value()) {
            return Err(fail!(
                "iterator should return strings, not {} (the file should be opened in text mode)",
                line.value().ty().message_name()
            ));
        }
        // SAFETY: as above.
        unsafe { (*r).line_num += 1 };
        each_width!(str::view(line.value()), s => {
            for &c in s {
                #[allow(clippy::useless_conversion, reason = "none in the other widths")]
                let c = u32::from(c);
                parser.step(d, c, limit)?;
            }
        });
        parser.step(d, EOL, limit)?;
        if parser.state == State::StartRecord {
            break;
        }
    }
    Ok(Some(list::from_vec(parser.fields)))
}

#[repr(C)]
struct WriterObject {
    ob_base: PyObject,
    write: *mut PyObject,
    dialect: *mut PyObject,
}
members! { static WRITER_MEMBERS = [
    "dialect" OBJECT, offset_of!(WriterObject, dialect), membertype::READONLY, "";
] }
methods! { static WRITER_METHODS = [
    "writerow" O writerow, "writerow(iterable)\n\nConstruct and write a CSV record from an iterable of fields.  Non-string\nelements will be converted to string.";
    "writerows" O writerows, "writerows(iterable of iterables)\n\nConstruct and write a series of iterables to a csv file.  Non-string\nelements will be converted to string.";
] }
py_type! {
    static CsvWriter_Type: WriterObject = "_csv.writer" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        doc: "CSV writer\n\nWriter objects are responsible for generating tabular data\nin CSV format from sequence input.";
        raw { tp_dealloc: writer_dealloc, tp_traverse: writer_traverse }
        methods: WRITER_METHODS;
        members: WRITER_MEMBERS;
    }
}
unsafe extern "C" fn writer_dealloc(o: *mut PyObject) {
    // SAFETY: a dead writer owns its fields.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*o.cast::<WriterObject>()).write);
        heap::clear_field(&raw mut (*o.cast::<WriterObject>()).dialect);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn writer_traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let w = o.cast::<WriterObject>();
    // SAFETY: called by the collector for a live writer.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*w).write),
            Value::from_object((*w).dialect)
        )
    }
}
/// A field into the record.
fn append(
    d: &DialectObject,
    record: &mut Vec<u32>,
    text: Option<Value>,
    mut quoted: bool,
    first: bool,
) -> PyResult<()> {
    if !first {
        record.push(d.delimiter);
    }
    let start = record.len();
    let terminator = str::view(Value::from_object(d.lineterminator));
    if let Some(text) = text {
        let body: PyResult<()> = each_width!(str::view(text), s => {
            for &c in s {
                #[allow(clippy::useless_conversion, reason = "none in the other widths")]
                let c = u32::from(c);
                let special = c == d.delimiter
                    || c == d.escapechar
                    || c == d.quotechar
                    || (0..terminator.len()).any(|i| terminator.get(i) == c);
                if special {
                    let mut escape = d.quoting == QUOTE_NONE;
                    if !escape {
                        if c == d.quotechar {
                            if d.doublequote != 0 {
                                record.push(d.quotechar);
                            } else {
                                escape = true;
                            }
                        } else if c == d.escapechar {
                            escape = true;
                        }
                        quoted |= !escape;
                    }
                    if escape {
                        if d.escapechar == NOT_SET {
                            return Err(fail!("need to escape, but no escapechar set"));
                        }
                        record.push(d.escapechar);
                    }
                }
                record.push(c);
            }
            Ok(())
        });
        body?;
    }
    if quoted {
        record.insert(start, d.quotechar);
        record.push(d.quotechar);
    }
    Ok(())
}
fn writerow(v: Value, row: Value) -> PyResult {
    let w = v.as_ptr().cast::<WriterObject>();
    // SAFETY: a live writer; its fields stay until it dies.
    let (write, d) = unsafe {
        (
            Value::from_object((*w).write),
            dialect(Value::from_object((*w).dialect)),
        )
    };
    let fields = match ops::iter(row) {
        Ok(fields) => fields,
        Err(e) => {
            if !errors::take_if(exceptions::TypeError) {
                return Err(e);
            }
            return Err(fail!("iterable expected, not {}", row.ty().message_name()));
        }
    };
    let mut record = Vec::new();
    let mut n = 0usize;
    while let Some(field) = ops::next(fields.value())? {
        let f = field.value();
        let quoted = match d.quoting {
            QUOTE_NONNUMERIC => !is_number(f),
            QUOTE_ALL => true,
            _ => false,
        };
        if f.is_none() {
            append(d, &mut record, None, quoted, n == 0)?;
        } else if is_str(f) {
            append(d, &mut record, Some(f), quoted, n == 0)?;
        } else {
            let text = ops::str_of(f)?;
            append(d, &mut record, Some(text.value()), quoted, n == 0)?;
        }
        n += 1;
    }
    if n > 0 && record.is_empty() {
        if d.quoting == QUOTE_NONE {
            return Err(fail!("single empty field record must be quoted"));
        }
        append(d, &mut record, None, true, true)?;
    }
    record.extend(str::view(Value::from_object(d.lineterminator)).to_vec());
    let line = str::from_ucs4(&record);
    ops::call(write, &[line.value()])
}
/// `PyNumber_Check`.
fn is_number(v: Value) -> bool {
    v.is_int()
        || v.is_float()
        || complex_instance(v)
        || v.ty()
            .number()
            .is_some_and(|n| n.nb_index.is_some() || n.nb_int.is_some() || n.nb_float.is_some())
}
fn complex_instance(v: Value) -> bool {
    v.is_a(ty!(pyrs_object::complex::PyComplex_Type))
}
fn writerows(v: Value, rows: Value) -> PyResult {
    ops::for_each(rows, |row| writerow(v, row.value()).map(|_| true))?;
    Ok(Ref::none())
}

fn two(args: Args<'_>) -> PyResult<(Value, Option<Value>)> {
    let given = args.positional();
    check_positional("", given.len(), 1, 2)?;
    Ok((given[0], given.get(1).copied()))
}
fn reader(_: Value, args: Args<'_>) -> PyResult {
    let (source, base) = two(args)?;
    let input = ops::iter(source)?;
    let dialect = call_dialect(base, args)?;
    let o = heap::alloc_zeroed(ty!(CsvReader_Type), size_of::<ReaderObject>());
    // SAFETY: a new reader takes its fields over.
    unsafe {
        let r = o.cast::<ReaderObject>();
        (*r).input = input.into_ptr();
        (*r).dialect = dialect.into_ptr();
        gc::track(o);
        Ok(Ref::from_owned_ptr(o))
    }
}
fn writer(_: Value, args: Args<'_>) -> PyResult {
    let (file, base) = two(args)?;
    let dialect = call_dialect(base, args)?;
    let write = ops::getattr_opt(file, intern!("write"))?.filter(|w| ops::is_callable(w.value()));
    let Some(write) = write else {
        return Err(raise!(TypeError, "argument 1 must have a \"write\" method"));
    };
    let o = heap::alloc_zeroed(ty!(CsvWriter_Type), size_of::<WriterObject>());
    // SAFETY: a new writer takes its fields over.
    unsafe {
        let w = o.cast::<WriterObject>();
        (*w).write = write.into_ptr();
        (*w).dialect = dialect.into_ptr();
        gc::track(o);
        Ok(Ref::from_owned_ptr(o))
    }
}
fn register_dialect(_: Value, args: Args<'_>) -> PyResult {
    let (name, base) = two(args)?;
    if !is_str(name) {
        return Err(raise!(TypeError, "dialect name must be a string"));
    }
    let dialect = call_dialect(base, args)?;
    dict::set_item(dialects(), name, dialect.value())?;
    Ok(Ref::none())
}
fn unregister_dialect(_: Value, name: Value) -> PyResult {
    if dict::del_item(dialects(), name)? {
        Ok(Ref::none())
    } else {
        Err(unknown())
    }
}
fn unknown() -> Raised {
    fail!("unknown dialect")
}
fn get_dialect(_: Value, name: Value) -> PyResult {
    registered(name)
}
fn list_dialects(_: Value) -> PyResult {
    ops::to_list(dialects())
}
fn field_size_limit(_: Value, args: &[Value]) -> PyResult {
    if args.len() > 1 {
        return Err(raise!(
            TypeError,
            "field_size_limit() takes at most 1 argument ({} given)",
            args.len()
        ));
    }
    let old = FIELD_LIMIT.load(Ordering::Relaxed);
    if let Some(limit) = args.first() {
        if !limit.is_exact(ty!(int::PyLong_Type)) {
            return Err(raise!(TypeError, "limit must be an integer"));
        }
        let Some(limit) = int::to_i64(*limit) else {
            return Err(raise!(
                OverflowError,
                "Python int too large to convert to C long"
            ));
        };
        FIELD_LIMIT.store(limit, Ordering::Relaxed);
    }
    Ok(Ref::int(old))
}

methods! { static FUNCTIONS = [
    "reader" KW reader, "csv_reader = reader(iterable [, dialect='excel']\n                        [optional keyword args])\n\nAn iterator over the rows of the iterable's lines.";
    "writer" KW writer, "csv_writer = csv.writer(fileobj [, dialect='excel']\n                            [optional keyword args])\n\nAn object with writerow() and writerows().";
    "list_dialects" NOARGS list_dialects, "list_dialects($module, /)\n--\n\nReturn a list of all known dialect names.";
    "register_dialect" KW register_dialect, "Create a mapping from a string name to a dialect class.\ndialect = csv.register_dialect(name[, dialect[, **fmtparams]])";
    "unregister_dialect" O unregister_dialect, "unregister_dialect($module, /, name)\n--\n\nDelete the name/dialect mapping associated with a string name.";
    "get_dialect" O get_dialect, "get_dialect($module, /, name)\n--\n\nReturn the dialect instance associated with name.";
    "field_size_limit" FAST field_size_limit, "field_size_limit($module, /, new_limit=<unrepresentable>)\n--\n\nSets an upper limit on parsed fields.";
] }

pub fn init() -> PyResult {
    let m = module::new("_csv");
    let v = m.value();
    module::add_functions(v, (&raw mut FUNCTIONS).cast());
    if dialects().is_empty() {
        DIALECTS.store(dict::new().into_value().bits(), Ordering::Relaxed);
    }
    for t in [ty!(CsvReader_Type), ty!(CsvWriter_Type)] {
        typeobject::ready(t)?;
    }
    module::add_type(v, ty!(CsvDialect_Type))?;
    module::add(v, "Reader", ty!(CsvReader_Type).to_ref());
    module::add(v, "Writer", ty!(CsvWriter_Type).to_ref());
    module::add(
        v,
        "Error",
        ERROR.make("_csv", "Error", exceptions::Exception)?,
    );
    module::add(v, "_dialects", Ref::new(dialects()));
    module::add(v, "__version__", Ref::str("1.0"));
    for (name, n) in [
        ("QUOTE_MINIMAL", QUOTE_MINIMAL),
        ("QUOTE_ALL", QUOTE_ALL),
        ("QUOTE_NONNUMERIC", QUOTE_NONNUMERIC),
        ("QUOTE_NONE", QUOTE_NONE),
    ] {
        module::add(v, name, Ref::int(n));
    }
    Ok(m)
}
