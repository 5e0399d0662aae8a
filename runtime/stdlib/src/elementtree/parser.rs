//! `XMLParser`: gives what `pyrs_xml` finds in a document to a target, most often a [`TreeBuilder`](super::builder).

use super::PARSE_ERROR;
use super::builder::{self, Event, TreeBuilder_Type};
use crate::pyexpat::{encoding_map, message, text_or_none};
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, bytes, check_positional, dict,
    errors, gc, getset, heap, intern, members, memory, methods, ops, py_type, raise, str, tuple,
    ty,
};
use pyrs_vm::import;
use pyrs_xml::{Event as XmlEvent, Name, Parser, RareEvent, Wants};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::rc::Rc;

macro_rules! handlers {
    ($($handler:ident $name:literal),*) => {
        /// What a target may be asked to do.
        #[derive(Clone, Copy)]
        enum Handler { $($handler,)* }
        const NAMES: &[&str] = &[$($name),*];
    };
}
handlers! {
    StartNs "start_ns", EndNs "end_ns", Start "start", Data "data", End "end", Comment "comment", Pi "pi",
    Close "close", Doctype "doctype"
}
const N: usize = NAMES.len();
/// expat's code for a reference to what was not declared.
const UNDEFINED_ENTITY: i64 = 11;

struct State {
    parser: RefCell<Parser>,
    handlers: RefCell<[Option<Ref>; N]>,
    /// Names of the document as objects, in the notation of ElementTree; by address, because equal ones are the same.
    names: RefCell<FxHashMap<*const u8, (Name, Ref)>>,
    /// Whether the target hears of namespaces, comments and instructions.
    namespaces: Cell<bool>,
    comments: Cell<bool>,
    instructions: Cell<bool>,
}

#[repr(C)]
pub(super) struct XMLParser {
    pub ob_base: PyObject,
    entity: Value,
    target: Value,
    state: Option<Rc<State>>,
}
py_type! {
    pub(super) static XMLParser_Type: XMLParser = "xml.etree.ElementTree.XMLParser" {
        flags: HAVE_GC | BASETYPE;
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_init: init, tp_new: tp_new }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}
methods! { static METHODS = [
    "feed" O feed, "feed($self, data, /)\n--\n\n";
    "close" NOARGS close, "close($self, /)\n--\n\n";
    "_parse_whole" O parse_whole, "_parse_whole($self, file, /)\n--\n\n";
    "_setevents" FAST set_events, "_setevents($self, events_queue, events_to_report=None, /)\n--\n\n";
] }
members! { static MEMBERS = [
    "entity" OBJECT, offset_of!(XMLParser, entity), membertype::READONLY, "";
    "target" OBJECT, offset_of!(XMLParser, target), membertype::READONLY, "";
] }
getset! { static GETSET = [ "version" get_version, None, ""; ] }

#[inline(always)]
fn raw(v: Value) -> *mut XMLParser {
    v.as_ptr().cast()
}
fn tp_new(t: Type, _: Args<'_>) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<XMLParser>();
    // SAFETY: a fresh zeroed instance, which is a parser without state.
    Ok(unsafe { Ref::from_owned_ptr(p) })
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        clear(o);
        drop((*o.cast::<XMLParser>()).state.take());
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        let p = o.cast::<XMLParser>();
        let mut held = vec![(*p).entity, (*p).target];
        if let Some(s) = &(*p).state
            && let Ok(handlers) = s.handlers.try_borrow()
        {
            held.extend(handlers.iter().flatten().map(Ref::value));
        }
        for v in held {
            if v.is_object() {
                let code = visit(v.as_ptr(), arg);
                if code != 0 {
                    return code;
                }
            }
        }
    }
    0
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live or dying instance; each field is emptied before its object may die.
    unsafe {
        let p = o.cast::<XMLParser>();
        heap::clear_field(&raw mut (*p).entity);
        heap::clear_field(&raw mut (*p).target);
        if let Some(s) = &(*p).state {
            drop(s.handlers.replace([const { None }; N]));
        }
    }
    0
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<2> = Signature {
        name: "XMLParser",
        params: ["target", "encoding"],
        posonly: 0,
        positional: 0,
        required: 0,
    };
    let [target, encoding] = args.bind(&INIT)?;
    let encoding = text_or_none("XMLParser", "'encoding'", encoding)?;
    let target = match target.non_empty().filter(|t| !t.is_none()) {
        Some(t) => Ref::new(t),
        None => builder::new(),
    };
    let mut handlers = [const { None }; N];
    for (place, name) in handlers.iter_mut().zip(NAMES) {
        *place = ops::getattr_opt(target.value(), str::intern(name).value())?;
    }
    let has = |h: Handler| handlers[h as usize].is_some();
    let mut parser = Parser::new(encoding.as_deref(), Some("}"));
    parser.wants = Wants {
        start_element: true,
        ..Wants::default()
    };
    let state = State {
        namespaces: Cell::new(has(Handler::StartNs) || has(Handler::EndNs)),
        comments: Cell::new(has(Handler::Comment)),
        instructions: Cell::new(has(Handler::Pi)),
        parser: RefCell::new(parser),
        handlers: RefCell::new(handlers),
        names: RefCell::default(),
    };
    let p = raw(v);
    // SAFETY: a live parser; what it held before goes last.
    unsafe {
        let old = (*p).state.replace(Rc::new(state));
        super::element::put(&raw mut (*p).entity, dict::new());
        super::element::put(&raw mut (*p).target, target);
        drop(old);
    }
    Ok(())
}
/// The state and the target, owned: a handler may initialise the parser again.
fn parts(v: Value) -> PyResult<(Rc<State>, Ref)> {
    // SAFETY: a live parser.
    unsafe {
        match (&(*raw(v)).state, (*raw(v)).target.non_empty()) {
            (Some(s), Some(t)) => Ok((s.clone(), Ref::new(t))),
            _ => Err(raise!(ValueError, "XMLParser.__init__() wasn't called")),
        }
    }
}
fn get_version(_: Value) -> PyResult {
    Ok(str::new("Expat 2.5.0"))
}

// ---- Errors ------------------------------------------------------------------------------------------------

#[cold]
fn set_error(s: &State, code: i64, text: &str) -> Raised {
    let (_, line, column) = s.parser.borrow().position();
    let _ = PARSE_ERROR.raise(format_args!("{text}: line {line}, column {column}"));
    let exc = errors::take();
    let position = tuple::pair(Ref::int(line), Ref::int(column));
    for (name, x) in [("code", Ref::int(code)), ("position", position)] {
        if ops::setattr(exc.value(), str::intern(name).value(), x.value()).is_err() {
            return Raised::assume_set();
        }
    }
    errors::restore(exc)
}

// ---- Events ------------------------------------------------------------------------------------------------

impl State {
    fn handler(&self, h: Handler) -> Option<Ref> {
        self.handlers.borrow()[h as usize].clone()
    }
    /// The one object for a name; `uri}local` becomes `{uri}local`.
    fn name(&self, text: &Name) -> Ref {
        if let Some((_, known)) = self.names.borrow().get(&text.as_ptr()) {
            return known.clone();
        }
        let made = if text.contains('}') {
            str::new(&format!("{{{text}"))
        } else {
            str::new(text)
        };
        self.names
            .borrow_mut()
            .insert(text.as_ptr(), (text.clone(), made.clone()));
        made
    }
    fn attributes(&self, all: &[(Name, String)]) -> PyResult<Option<Ref>> {
        if all.is_empty() {
            return Ok(None);
        }
        let d = dict::with_capacity(all.len());
        for (k, x) in all {
            dict::set_item_owned(d.value(), self.name(k), str::new(x))?;
        }
        Ok(Some(d))
    }
    fn call(&self, h: Handler, args: &[Ref]) -> PyResult<()> {
        let Some(f) = self.handler(h) else {
            return Ok(());
        };
        let given: Vec<Value> = args.iter().map(Ref::value).collect();
        ops::call(f.value(), &given).map(drop)
    }
}

fn data(s: &State, target: Value, building: bool, text: Ref) -> PyResult<()> {
    if building {
        return builder::data(target, text.value()).map(drop);
    }
    s.call(Handler::Data, &[text])
}
/// A reference to what the document does not declare: `parser.entity` may know it.
fn entity(v: Value, s: &State, target: Value, building: bool, name: &str) -> PyResult<()> {
    // SAFETY: a live parser.
    let known = unsafe { (*raw(v)).entity };
    let found = match known.non_empty() {
        Some(d) => dict::get(d, str::new(name).value())?,
        None => None,
    };
    match found {
        Some(text) => data(s, target, building, text),
        None => {
            let shown: String = name.chars().take(98).collect();
            let text = format!("undefined entity &{shown};");
            Err(set_error(s, UNDEFINED_ENTITY, &text))
        }
    }
}
fn doctype(
    v: Value,
    s: &State,
    name: &str,
    public: &Option<String>,
    system: &Option<String>,
) -> PyResult<()> {
    let part = |t: &Option<String>| t.as_ref().map_or_else(Ref::none, |t| str::new(t));
    if s.handler(Handler::Doctype).is_some() {
        let args = [str::new(name), part(public), part(system)];
        return s.call(Handler::Doctype, &args);
    }
    if ops::getattr_opt(v, intern!("doctype"))?.is_some() {
        return import::warn(
            pyrs_object::exceptions::RuntimeWarning,
            "The doctype() method of XMLParser is ignored.  Define doctype() method on the TreeBuilder target.",
            1,
        );
    }
    Ok(())
}
fn dispatch(v: Value, s: &State, target: Value, event: XmlEvent) -> PyResult<()> {
    let building = target.is_exact(ty!(TreeBuilder_Type));
    match event {
        XmlEvent::StartElement {
            name, attributes, ..
        } => {
            if building {
                let attrib = s.attributes(&attributes)?;
                return builder::start(target, s.name(&name), attrib).map(drop);
            }
            if s.handler(Handler::Start).is_none() {
                return Ok(());
            }
            let attrib = s.attributes(&attributes)?.unwrap_or_else(dict::new);
            s.call(Handler::Start, &[s.name(&name), attrib])
        }
        XmlEvent::EndElement(_) if building => builder::end(target).map(drop),
        XmlEvent::EndElement(name) => s.call(Handler::End, &[s.name(&name)]),
        XmlEvent::Characters(text) => data(s, target, building, str::new(&text)),
        XmlEvent::Comment(text) if s.comments.get() => {
            let text = str::new(&text);
            if building {
                return builder::comment(target, text.value()).map(drop);
            }
            s.call(Handler::Comment, &[text])
        }
        XmlEvent::Pi(name, text) if s.instructions.get() => {
            let (name, text) = (str::new(&name), str::new(&text));
            if !building {
                return s.call(Handler::Pi, &[name, text]);
            }
            if builder::wants_pi(target) {
                builder::pi(target, name.value(), text.value())?;
            }
            Ok(())
        }
        XmlEvent::StartNamespace(prefix, uri) if s.namespaces.get() => {
            let (prefix, uri) = (str::new(prefix.as_deref().unwrap_or("")), str::new(&uri));
            if building {
                return builder::start_ns(target, prefix, uri);
            }
            s.call(Handler::StartNs, &[prefix, uri])
        }
        XmlEvent::EndNamespace(prefix) if s.namespaces.get() => {
            if building {
                return builder::end_ns(target);
            }
            let prefix = str::new(prefix.as_deref().unwrap_or(""));
            s.call(Handler::EndNs, &[prefix])
        }
        XmlEvent::Rare(rare) => match *rare {
            RareEvent::StartDoctype {
                name,
                system,
                public,
                ..
            } => doctype(v, s, &name, &public, &system),
            _ => Ok(()),
        },
        XmlEvent::SkippedEntity(name, false) | XmlEvent::UnreadEntity(name) => {
            entity(v, s, target, building, &name)
        }
        _ => Ok(()),
    }
}
/// Parses one piece. Errors of the target go before those of the document.
fn parse(v: Value, data: &[u8], last: bool) -> PyResult<()> {
    let (s, target) = parts(v)?;
    let keep = Ref::new(v);
    let mut failed: Option<Ref> = None;
    let mut outcome = s.parser.borrow_mut().feed(data, last);
    while outcome.is_ok() {
        let next = s.parser.borrow_mut().next_item();
        let event = match next {
            Ok(Some(item)) => item.event,
            Ok(None) => break,
            Err(e) => {
                outcome = Err(e);
                break;
            }
        };
        let handled = match event {
            XmlEvent::UnknownEncoding(name) => {
                let map = match &failed {
                    Some(_) => Ok(None),
                    None => encoding_map(&name),
                };
                let known = map.as_ref().map_or(None, Clone::clone);
                outcome = s.parser.borrow_mut().set_encoding_map(known);
                map.map(drop)
            }
            // Nobody is called any more, as in CPython.
            _ if failed.is_some() => Ok(()),
            event => dispatch(v, &s, target.value(), event),
        };
        if handled.is_err() {
            failed = Some(errors::take());
        }
    }
    drop(keep);
    if let Some(exc) = failed {
        return Err(errors::restore(exc));
    }
    outcome.map_err(|e| set_error(&s, e as i64, message(e as i64).unwrap_or("unknown error")))
}

// ---- Methods -----------------------------------------------------------------------------------------------

fn feed(v: Value, data: Value) -> PyResult {
    let (s, _) = parts(v)?;
    if str::is_str(data) {
        let text = str::as_utf8(data)?;
        s.parser.borrow_mut().set_encoding("utf-8");
        parse(v, text.as_bytes(), false)?;
    } else {
        let buffer = memory::bytes_like(data)?;
        parse(v, buffer.bytes(), false)?;
    }
    Ok(Ref::none())
}
fn close(v: Value) -> PyResult {
    let (s, target) = parts(v)?;
    parse(v, b"", true)?;
    if target.is_exact(ty!(TreeBuilder_Type)) {
        return builder::close(target.value());
    }
    match s.handler(Handler::Close) {
        Some(f) => ops::call(f.value(), &[]),
        None => Ok(Ref::none()),
    }
}
fn parse_whole(v: Value, file: Value) -> PyResult {
    const SIZE: i64 = 64 * 1024;
    let (_, target) = parts(v)?;
    let read = ops::getattr(file, intern!("read"))?;
    loop {
        let chunk = ops::call(read.value(), &[Ref::int(SIZE).value()])?;
        let c = chunk.value();
        if str::is_exact(c) {
            if str::len(c) == 0 {
                break;
            }
            parse(v, &str::to_wtf8(c), false)?;
        } else if c.is_exact(ty!(bytes::PyBytes_Type)) && !bytes::data(c).is_empty() {
            parse(v, bytes::data(c), false)?;
        } else {
            break;
        }
    }
    parse(v, b"", true)?;
    if target.is_exact(ty!(TreeBuilder_Type)) {
        return builder::close(target.value());
    }
    Ok(Ref::none())
}
fn set_events(v: Value, args: &[Value]) -> PyResult {
    check_positional("_setevents", args.len(), 1, 2)?;
    let (s, target) = parts(v)?;
    let target = target.value();
    if !target.is_exact(ty!(TreeBuilder_Type)) {
        return Err(raise!(
            TypeError,
            "event handling only supported for ElementTree.TreeBuilder targets"
        ));
    }
    builder::set_queue(target, ops::getattr(args[0], intern!("append"))?);
    let Some(wanted) = args.get(1).filter(|w| !w.is_none()) else {
        builder::report_as(target, Event::End, str::new("end"));
        return Ok(Ref::none());
    };
    if wanted.ty().tp_iter.is_none() && !ops::is_sequence(*wanted) {
        return Err(raise!(TypeError, "events must be a sequence"));
    }
    for name in ops::collect(*wanted)? {
        let n = name.value();
        let text = if str::is_str(n) {
            str::as_utf8(n)?.to_owned()
        } else if bytes::is_bytes(n) {
            String::from_utf8_lossy(bytes::data(n)).into_owned()
        } else {
            return Err(raise!(ValueError, "invalid events sequence"));
        };
        let Some(event) = Event::named(&text) else {
            return Err(raise!(ValueError, "unknown event '{text}'"));
        };
        match event {
            Event::StartNs | Event::EndNs => s.namespaces.set(true),
            Event::Comment => s.comments.set(true),
            Event::Pi => s.instructions.set(true),
            Event::Start | Event::End => {}
        }
        builder::report_as(target, event, name);
    }
    Ok(Ref::none())
}
