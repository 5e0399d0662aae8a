//! `re.Pattern`.

use super::matched;
use super::object;
use super::scanner;
use super::subject::{Text, clamp};
use super::substitute;
use pyrs_layout::{PyObject, PyVarObject, membertype};
use pyrs_object::{
    Args, CmpOp, PyResult, Raised, Ref, Signature, Value, ValueExt, bytes, errors, gc,
    genericalias, getset, heap, intern, iterobject, list, mappingproxy, members, methods, ops,
    py_type, raise, singletons, str, thread, tuple, ty,
};
use pyrs_sre::{Context, Error, Mode, Scanner, State, opcodes};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// The translated program with working memory that the next run takes over.
pub(super) struct Program {
    pub(super) code: pyrs_sre::Pattern,
    spare: Option<Box<State>>,
    /// The template of the last substitution and what it was parsed to: texts and numbers.
    template: Option<(Ref, Ref)>,
}

#[repr(C)]
pub(super) struct PatternObject {
    ob_base: PyVarObject,
    groups: isize,
    pub(super) groupindex: *mut PyObject,
    pub(super) indexgroup: *mut PyObject,
    pattern: *mut PyObject,
    flags: i32,
    weakreflist: *mut PyObject,
    /// 1 for bytes, 0 for str, -1 for a pattern without source (any subject).
    pub(super) is_bytes: i32,
    pub(super) program: *mut Program,
}

methods! { static METHODS = [
    "match" KW pattern_match, "match($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\nMatches zero or more characters at the beginning of the string.";
    "fullmatch" KW fullmatch, "fullmatch($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\nMatches against all of the string.";
    "search" KW search, "search($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\nScans through string looking for a match, and return a corresponding match object instance.\n\nReturn None if no position in the string matches.";
    "sub" KW sub, "sub($self, /, repl, string, count=0)\n--\n\nReplaces the leftmost non-overlapping occurrences of the pattern in string by repl.";
    "subn" KW subn, "subn($self, /, repl, string, count=0)\n--\n\nThe tuple (new_string, number_of_subs_made) of sub().";
    "findall" KW findall, "findall($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\nA list of all non-overlapping matches of pattern in string.";
    "split" KW split, "split($self, /, string, maxsplit=0)\n--\n\nSplits string by the occurrences of pattern.";
    "finditer" KW finditer, "finditer($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\nAn iterator over all non-overlapping matches in the string.";
    "scanner" KW scanner_method, "scanner($self, /, string, pos=0, endpos=sys.maxsize)\n--\n\n";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, memo, /)\n--\n\n";
    "__class_getitem__" O | CLASS class_getitem, "See PEP 585";
] }
members! { static MEMBERS = [
    "pattern" OBJECT, offset_of!(PatternObject, pattern), membertype::READONLY, "The pattern string from which the RE object was compiled.";
    "flags" INT, offset_of!(PatternObject, flags), membertype::READONLY, "The regex matching flags.";
    "groups" PYSSIZET, offset_of!(PatternObject, groups), membertype::READONLY, "The number of capturing groups in the pattern.";
] }
getset! { static GETSET = [
    "groupindex" get_groupindex, None, "A dictionary mapping group names to group numbers.";
] }
py_type! {
    /// `re.Pattern`.
    pub(super) static SrePattern_Type: PatternObject = "re.Pattern" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        fields { tp_itemsize: 4, tp_weaklistoffset: offset_of!(PatternObject, weakreflist) as isize }
        doc: "Compiled regular expression object.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_repr: repr, tp_hash: hash, tp_richcompare: richcompare }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}

pub(super) fn new(
    source: Value,
    flags: i32,
    code: pyrs_sre::Pattern,
    groupindex: Value,
    indexgroup: Value,
) -> PyResult {
    let is_bytes = if source.is_none() {
        -1
    } else {
        i32::from(!Text::of(source)?.is_str())
    };
    let o = heap::alloc_zeroed(ty!(SrePattern_Type), size_of::<PatternObject>());
    // SAFETY: a new object; each field gets a count of its own.
    unsafe {
        let p = o.cast::<PatternObject>();
        (*p).groups = code.groups() as isize;
        (*p).groupindex = Ref::new(groupindex).into_ptr();
        (*p).indexgroup = Ref::new(indexgroup).into_ptr();
        (*p).pattern = Ref::new(source).into_ptr();
        (*p).flags = flags;
        (*p).is_bytes = is_bytes;
        (*p).program = Box::into_raw(Box::new(Program {
            code,
            spare: None,
            template: None,
        }));
        gc::track(o);
        Ok(Ref::from_owned_ptr(o))
    }
}

unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead pattern owns its fields and its program.
    unsafe {
        gc::untrack(o);
        let p = o.cast::<PatternObject>();
        if !(*p).weakreflist.is_null() {
            pyrs_object::weakref::clear_refs(o);
        }
        clear(o);
        let program = std::mem::replace(&mut (*p).program, std::ptr::null_mut());
        if !program.is_null() {
            drop(Box::from_raw(program));
        }
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let p = o.cast::<PatternObject>();
    // SAFETY: called by the collector for a live pattern.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*p).groupindex),
            Value::from_object((*p).indexgroup),
            Value::from_object((*p).pattern)
        )
    }
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    let p = o.cast::<PatternObject>();
    // SAFETY: each field owns what it holds.
    unsafe {
        heap::clear_field(&raw mut (*p).groupindex);
        heap::clear_field(&raw mut (*p).indexgroup);
        heap::clear_field(&raw mut (*p).pattern);
    }
    0
}

/// The pattern behind `v`, kept alive by the caller of the method.
pub(super) fn get<'a>(v: Value) -> &'a PatternObject {
    // SAFETY: methods are called with instances only.
    unsafe { &*object(v) }
}
impl PatternObject {
    pub(super) fn program(&self) -> &pyrs_sre::Pattern {
        // SAFETY: set at creation, freed with the object.
        unsafe { &(*self.program).code }
    }
    pub(super) fn indexgroup(&self) -> Value {
        Value::from_object(self.indexgroup)
    }
    pub(super) fn groupindex(&self) -> Value {
        Value::from_object(self.groupindex)
    }
    /// Working memory for one operation; given back by [`give_state`](Self::give_state). A nested operation on the
    /// same pattern finds none and makes its own.
    pub(super) fn take_state(&self) -> Box<State> {
        // SAFETY: under the GIL; nobody else holds a reference to `spare`.
        unsafe { (*self.program).spare.take() }.unwrap_or_default()
    }
    pub(super) fn give_state(&self, state: Box<State>) {
        // SAFETY: as above.
        unsafe { (*self.program).spare = Some(state) }
    }
    /// What `template` was parsed to, if it is the last one.
    pub(super) fn parsed_template(&self, template: Value) -> Option<Ref> {
        // SAFETY: under the GIL; the reference does not outlive the function, which runs no code.
        let last = unsafe { (*self.program).template.as_ref()? };
        (last.0.value() == template).then(|| last.1.clone())
    }
    /// `template` never changes.
    pub(super) fn keep_template(&self, template: Value, parsed: Ref) {
        let kept = Some((Ref::new(template), parsed));
        // SAFETY: under the GIL; the old value dies when the field has its new one.
        drop(unsafe { std::mem::replace(&mut (*self.program).template, kept) });
    }
}

/// Runs `f` with the matcher's context: it polls for signals, and a failure to match for lack of memory is raised.
pub(super) fn with_context<T>(f: impl FnOnce(&mut Context<'_>) -> Result<T, Error>) -> PyResult<T> {
    let mut raised: Option<Raised> = None;
    let mut poll = || match pyrs_vm::safepoint::poll(thread::current()) {
        Ok(()) => false,
        Err(e) => {
            raised = Some(e);
            true
        }
    };
    let result = f(&mut Context {
        locale: None,
        poll: Some(&mut poll),
    });
    match (result, raised) {
        (_, Some(e)) => Err(e),
        (Ok(v), None) => Ok(v),
        (Err(Error::Memory), None) => Err(errors::no_memory()),
        (Err(Error::Interrupted), None) => {
            Err(raise!(RuntimeError, "maximum recursion limit exceeded"))
        }
    }
}

const fn window(name: &'static str) -> Signature<3> {
    Signature {
        name,
        params: ["string", "pos", "endpos"],
        posonly: 0,
        positional: 3,
        required: 1,
    }
}
/// The subject and its window.
fn bind_window(args: Args<'_>, signature: &Signature<3>) -> PyResult<(Value, isize, isize)> {
    if let ([string], true) = (args.values, args.kwnames.is_empty()) {
        return Ok((*string, 0, isize::MAX));
    }
    let [string, pos, endpos] = args.bind(signature)?;
    let at = |v: Value, default: isize| match v.non_empty() {
        None => Ok(default),
        Some(v) => ops::index_as_isize(v),
    };
    Ok((string, at(pos, 0)?, at(endpos, isize::MAX)?))
}

fn run(v: Value, args: Args<'_>, signature: &Signature<3>, mode: Mode) -> PyResult {
    let (string, pos, endpos) = bind_window(args, signature)?;
    let pattern = get(v);
    let text = Text::for_pattern(string, pattern)?;
    let (pos, endpos) = clamp(pos, endpos, text.len());
    let mut state = pattern.take_state();
    let found = with_context(|context| {
        text.subject().run(
            &mut state,
            pattern.program(),
            pos,
            endpos,
            mode,
            false,
            context,
        )
    });
    let result = match found {
        Ok(true) => Ok(matched::new(v, string, &state, pos, endpos)),
        Ok(false) => Ok(Ref::none()),
        Err(e) => Err(e),
    };
    pattern.give_state(state);
    result
}
fn pattern_match(v: Value, args: Args<'_>) -> PyResult {
    run(v, args, &const { window("match") }, Mode::Match)
}
fn fullmatch(v: Value, args: Args<'_>) -> PyResult {
    run(v, args, &const { window("fullmatch") }, Mode::Fullmatch)
}
fn search(v: Value, args: Args<'_>) -> PyResult {
    run(v, args, &const { window("search") }, Mode::Search)
}

/// Calls `f` for each match in turn; it says whether to go on.
pub(super) fn each_match(
    pattern: &PatternObject,
    text: &Text,
    pos: usize,
    endpos: usize,
    mut f: impl FnMut(&State) -> PyResult<bool>,
) -> PyResult<()> {
    let mut state = pattern.take_state();
    let mut scanner = Scanner::new(pos, endpos);
    let result = loop {
        let found = with_context(|context| {
            scanner.next(
                &mut state,
                pattern.program(),
                text.subject(),
                Mode::Search,
                context,
            )
        });
        match found {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(e) => break Err(e),
        }
        match f(&state) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(e) => break Err(e),
        }
    };
    pattern.give_state(state);
    result
}
/// A group of the current match, or `absent`.
fn group(text: &Text, state: &State, i: usize, absent: &Ref) -> Ref {
    match state.span(i) {
        Some((start, end)) => text.slice(start, end),
        None => absent.clone(),
    }
}

fn findall(v: Value, args: Args<'_>) -> PyResult {
    let (string, pos, endpos) = bind_window(args, &const { window("findall") })?;
    let pattern = get(v);
    let text = Text::for_pattern(string, pattern)?;
    let (pos, endpos) = clamp(pos, endpos, text.len());
    let groups = pattern.program().groups();
    let empty = text.empty();
    let mut all = Vec::new();
    each_match(pattern, &text, pos, endpos, |state| {
        all.push(match groups {
            0 => text.slice(state.start(), state.end()),
            1 => group(&text, state, 1, &empty),
            n => tuple::from_vec((1..=n).map(|i| group(&text, state, i, &empty)).collect()),
        });
        Ok(true)
    })?;
    Ok(list::from_vec(all))
}
fn split(v: Value, args: Args<'_>) -> PyResult {
    const SPLIT: Signature<2> = Signature {
        name: "split",
        params: ["string", "maxsplit"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [string, maxsplit] = args.bind(&SPLIT)?;
    let maxsplit = match maxsplit.non_empty() {
        None => 0,
        Some(n) => ops::index_as_isize(n)?,
    };
    let pattern = get(v);
    let text = Text::for_pattern(string, pattern)?;
    let groups = pattern.program().groups();
    let none = Ref::none();
    let (mut parts, mut last, mut n) = (Vec::new(), 0, 0isize);
    if maxsplit >= 0 {
        each_match(pattern, &text, 0, text.len(), |state| {
            parts.push(text.slice(last, state.start()));
            parts.extend((1..=groups).map(|i| group(&text, state, i, &none)));
            last = state.end();
            n += 1;
            Ok(maxsplit == 0 || n < maxsplit)
        })?;
    }
    parts.push(text.slice(last, text.len()));
    Ok(list::from_vec(parts))
}
fn bind_sub<'a>(args: Args<'a>, signature: &Signature<3>) -> PyResult<(Value, Value, isize)> {
    let [repl, string, count] = args.bind(signature)?;
    let count = match count.non_empty() {
        None => 0,
        Some(n) => ops::index_as_isize(n)?,
    };
    Ok((repl, string, count))
}
const fn sub_signature(name: &'static str) -> Signature<3> {
    Signature {
        name,
        params: ["repl", "string", "count"],
        posonly: 0,
        positional: 3,
        required: 2,
    }
}
fn sub(v: Value, args: Args<'_>) -> PyResult {
    let (repl, string, count) = bind_sub(args, &const { sub_signature("sub") })?;
    Ok(substitute::substitute(v, repl, string, count)?.0)
}
fn subn(v: Value, args: Args<'_>) -> PyResult {
    let (repl, string, count) = bind_sub(args, &const { sub_signature("subn") })?;
    let (text, n) = substitute::substitute(v, repl, string, count)?;
    Ok(tuple::pair(text, Ref::int(n as i64)))
}
fn finditer(v: Value, args: Args<'_>) -> PyResult {
    let (string, pos, endpos) = bind_window(args, &const { window("finditer") })?;
    let scanner = scanner::new(v, string, pos, endpos)?;
    let search = ops::getattr(scanner.value(), intern!("search"))?;
    Ok(iterobject::new_call_iter(
        search.value(),
        singletons::none(),
    ))
}
fn scanner_method(v: Value, args: Args<'_>) -> PyResult {
    let (string, pos, endpos) = bind_window(args, &const { window("scanner") })?;
    scanner::new(v, string, pos, endpos)
}

fn copy(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn deepcopy(v: Value, _: Value) -> PyResult {
    Ok(Ref::new(v))
}
pub(super) fn class_getitem(cls: Value, item: Value) -> PyResult {
    genericalias::new(cls, item)
}
fn get_groupindex(v: Value) -> PyResult {
    Ok(mappingproxy::new(get(v).groupindex()))
}

const FLAG_NAMES: [(u32, &str); 9] = [
    (opcodes::FLAG_TEMPLATE, "re.TEMPLATE"),
    (opcodes::FLAG_IGNORECASE, "re.IGNORECASE"),
    (opcodes::FLAG_LOCALE, "re.LOCALE"),
    (opcodes::FLAG_MULTILINE, "re.MULTILINE"),
    (opcodes::FLAG_DOTALL, "re.DOTALL"),
    (opcodes::FLAG_UNICODE, "re.UNICODE"),
    (opcodes::FLAG_VERBOSE, "re.VERBOSE"),
    (opcodes::FLAG_DEBUG, "re.DEBUG"),
    (opcodes::FLAG_ASCII, "re.ASCII"),
];
fn repr(v: Value) -> PyResult {
    let p = get(v);
    let mut flags = p.flags as u32;
    let kinds = opcodes::FLAG_LOCALE | opcodes::FLAG_UNICODE | opcodes::FLAG_ASCII;
    // Every str pattern without another kind is a Unicode one: nothing worth saying.
    if p.is_bytes == 0 && flags & kinds == opcodes::FLAG_UNICODE {
        flags &= !opcodes::FLAG_UNICODE;
    }
    let source = ops::repr(Value::from_object(p.pattern))?;
    let mut out = str::Builder::new();
    out.push_str("re.compile(");
    let shown = str::substring(source.value(), 0, str::len(source.value()).min(200));
    out.push_value(shown.value());
    let mut separator = ", ";
    for (flag, name) in FLAG_NAMES {
        if flags & flag != 0 {
            flags &= !flag;
            out.push_str(separator);
            out.push_str(name);
            separator = "|";
        }
    }
    if flags != 0 {
        out.push_str(separator);
        out.push_str(&format!("0x{flags:x}"));
    }
    out.push_str(")");
    out.finish()
}
fn code_bytes(p: &PatternObject) -> Vec<u8> {
    p.program()
        .code()
        .iter()
        .flat_map(|w| w.to_ne_bytes())
        .collect()
}
fn hash(v: Value) -> PyResult<i64> {
    let p = get(v);
    let source = ops::hash(Value::from_object(p.pattern))?;
    let code = bytes::hash(bytes::new(&code_bytes(p)).value());
    let words = p.program().code().len() as i64;
    let hash = source ^ code ^ i64::from(p.flags) ^ i64::from(p.is_bytes) ^ words;
    Ok(if hash == -1 { -2 } else { hash })
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) || !b.is_exact(ty!(SrePattern_Type)) {
        return Ok(Ref::not_implemented());
    }
    let equal = a == b || {
        let (p, q) = (get(a), get(b));
        p.flags == q.flags
            && p.is_bytes == q.is_bytes
            && p.program().code() == q.program().code()
            && ops::eq(Value::from_object(p.pattern), Value::from_object(q.pattern))?
    };
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}
