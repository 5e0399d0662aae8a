//! `TreeBuilder`: makes a tree of a stream of starts, data and ends.

use super::element::{self, put};
use super::{COMMENT_FACTORY, PARSE_ERROR, PI_FACTORY, bad_argument};
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_exact, alloc_instance};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, dict, gc, heap,
    intern, list, methods, ops, py_type, raise, str, tuple, ty,
};
use std::ffi::{c_int, c_void};

/// What a parser may report to a queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Start,
    End,
    StartNs,
    EndNs,
    Comment,
    Pi,
}
impl Event {
    pub(super) fn named(name: &str) -> Option<Event> {
        Some(match name {
            "start" => Event::Start,
            "end" => Event::End,
            "start-ns" => Event::StartNs,
            "end-ns" => Event::EndNs,
            "comment" => Event::Comment,
            "pi" => Event::Pi,
            _ => return None,
        })
    }
}

/// Fields that hold an object own it; those that may be missing are empty then.
#[repr(C)]
pub(super) struct TreeBuilder {
    pub ob_base: PyObject,
    root: Value,
    /// The open element, or None.
    this: Value,
    /// The element that was opened or closed last, or None.
    last: Value,
    /// Whose tail the data is; without it, it is the text of `last`.
    last_for_tail: Value,
    /// One piece of data, or a list of several.
    data: Value,
    element_factory: Value,
    comment_factory: Value,
    pi_factory: Value,
    /// `append` of the queue of events, and how they are called there.
    append: Value,
    events: [Value; 6],
    insert_comments: bool,
    insert_pis: bool,
    /// The elements around `this`.
    stack: Vec<Ref>,
}
py_type! {
    pub(super) static TreeBuilder_Type: TreeBuilder = "xml.etree.ElementTree.TreeBuilder" {
        flags: HAVE_GC | BASETYPE;
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_init: init, tp_new: tp_new }
        methods: METHODS;
    }
}
methods! { static METHODS = [
    "data" O data, "data($self, data, /)\n--\n\n";
    "start" FAST start_method, "start($self, tag, attrs, /)\n--\n\n";
    "end" O end_method, "end($self, tag, /)\n--\n\n";
    "comment" O comment, "comment($self, text, /)\n--\n\n";
    "pi" FAST pi_method, "pi($self, target, text=None, /)\n--\n\n";
    "close" NOARGS close, "close($self, /)\n--\n\n";
] }

#[inline(always)]
fn raw(v: Value) -> *mut TreeBuilder {
    v.as_ptr().cast()
}
fn owned(o: *mut TreeBuilder) -> [*mut Value; 15] {
    // SAFETY: only addresses of fields are taken.
    unsafe {
        let e = (&raw mut (*o).events).cast::<Value>();
        [
            &raw mut (*o).root,
            &raw mut (*o).this,
            &raw mut (*o).last,
            &raw mut (*o).last_for_tail,
            &raw mut (*o).data,
            &raw mut (*o).element_factory,
            &raw mut (*o).comment_factory,
            &raw mut (*o).pi_factory,
            &raw mut (*o).append,
            e,
            e.add(1),
            e.add(2),
            e.add(3),
            e.add(4),
            e.add(5),
        ]
    }
}
/// Writes the fields that are not zero in a new builder.
unsafe fn set_up(p: *mut TreeBuilder) -> Ref {
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).this = Ref::none().into_value();
        (*p).last = Ref::none().into_value();
        (&raw mut (*p).stack).write(Vec::new());
        Ref::from_owned_ptr(p)
    }
}
/// A builder without factories, as parsers use.
pub(super) fn new() -> Ref {
    let p = alloc_exact::<TreeBuilder>(ty!(TreeBuilder_Type));
    // SAFETY: zeroed behind its header; all zero fields are valid.
    unsafe {
        let body = p.cast::<u8>().add(size_of::<PyObject>());
        std::ptr::write_bytes(body, 0, size_of::<TreeBuilder>() - size_of::<PyObject>());
        let made = set_up(p);
        gc::track(p.cast());
        made
    }
}
fn tp_new(t: Type, _: Args<'_>) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<TreeBuilder>();
    // SAFETY: as above.
    Ok(unsafe { set_up(p) })
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        for place in owned(o.cast()) {
            heap::clear_field(place);
        }
        std::ptr::drop_in_place(&raw mut (*o.cast::<TreeBuilder>()).stack);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        let b = o.cast::<TreeBuilder>();
        let stack = &(*b).stack;
        let fields = owned(b).map(|place| *place);
        for v in fields.into_iter().chain(stack.iter().map(Ref::value)) {
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
    // SAFETY: a live or dying instance; `this` and `last` stay objects because a cleared builder may still be called.
    unsafe {
        let b = o.cast::<TreeBuilder>();
        drop(std::mem::take(&mut (*b).stack));
        for place in owned(b) {
            heap::clear_field(place);
        }
        (*b).this = Ref::none().into_value();
        (*b).last = Ref::none().into_value();
    }
    0
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<5> = Signature {
        name: "TreeBuilder",
        params: [
            "element_factory",
            "comment_factory",
            "pi_factory",
            "insert_comments",
            "insert_pis",
        ],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [element, comment, pi, comments, pis] = args.bind(&INIT)?;
    let flag = |v: Value| v.non_empty().map_or(Ok(false), ops::is_true);
    let (comments, pis) = (flag(comments)?, flag(pis)?);
    let given = |v: Value| v.non_empty().filter(|f| !f.is_none());
    let comment = given(comment).or_else(|| COMMENT_FACTORY.get());
    let pi = given(pi).or_else(|| PI_FACTORY.get());
    let b = raw(v);
    // SAFETY: a live builder.
    unsafe {
        for (place, f) in [
            (&raw mut (*b).element_factory, given(element)),
            (&raw mut (*b).comment_factory, comment),
            (&raw mut (*b).pi_factory, pi),
        ] {
            heap::clear_field(place);
            if let Some(f) = f {
                *place = Ref::new(f).into_value();
            }
        }
        (*b).insert_comments = comments && comment.is_some();
        (*b).insert_pis = pis && pi.is_some();
    }
    Ok(())
}

/// Gives the collected data to the element it belongs to.
fn flush(v: Value) -> PyResult<()> {
    let b = raw(v);
    // SAFETY: a live builder; the element is held while its setters run.
    unsafe {
        let Some(data) = std::mem::replace(&mut (*b).data, Value::EMPTY).non_empty() else {
            return Ok(());
        };
        let data = Ref::from_owned(data);
        let joined = if data.is_exact(ty!(list::PyList_Type)) {
            str::join(str::empty().value(), &ops::collect(data.value())?)?
        } else {
            data
        };
        let tail = !(*b).last_for_tail.is_empty();
        let target = Ref::new(if tail { (*b).last_for_tail } else { (*b).last });
        if element::is_exact(target.value()) {
            let place = element::text_place(target.value(), tail);
            if (*place).is_none() {
                put(place, joined);
                return Ok(());
            }
        }
        let name = if tail {
            intern!("tail")
        } else {
            intern!("text")
        };
        let previous = ops::getattr(target.value(), name)?;
        let joined = if previous.is_none() {
            joined
        } else {
            ops::add(previous.value(), joined.value())?
        };
        ops::setattr(target.value(), name, joined.value())
    }
}
fn add_child(parent: Value, child: Value) -> PyResult<()> {
    if element::is_exact(parent) {
        return element::add_child(parent, child);
    }
    ops::call_method(parent, intern!("append"), &[child]).map(drop)
}
/// Whether events of that kind go to a queue.
pub(super) fn reports(v: Value, event: Event) -> bool {
    // SAFETY: a live builder.
    unsafe { !(*raw(v)).append.is_empty() && !(*raw(v)).events[event as usize].is_empty() }
}
fn report(v: Value, event: Event, what: Ref) -> PyResult<()> {
    if !reports(v, event) {
        return Ok(());
    }
    // SAFETY: a live builder.
    let (append, name) = unsafe {
        let b = raw(v);
        (Ref::new((*b).append), Ref::new((*b).events[event as usize]))
    };
    let pair = tuple::pair(name, what);
    ops::call(append.value(), &[pair.value()]).map(drop)
}
/// From now on no event goes to the queue whose `append` this is.
pub(super) fn set_queue(v: Value, append: Ref) {
    // SAFETY: a live builder.
    unsafe {
        put(&raw mut (*raw(v)).append, append);
        for place in &mut (*raw(v)).events {
            heap::clear_field(place);
        }
    }
}
pub(super) fn report_as(v: Value, event: Event, name: Ref) {
    // SAFETY: a live builder.
    unsafe { put(&raw mut (*raw(v)).events[event as usize], name) }
}

pub(super) fn start(v: Value, tag: Ref, attrib: Option<Ref>) -> PyResult {
    flush(v)?;
    let b = raw(v);
    // SAFETY: a live builder; what its fields held goes when they have their new values.
    unsafe {
        let node = match (*b).element_factory.non_empty() {
            None => element::new(tag, attrib),
            Some(f) => {
                let f = Ref::new(f);
                let attrib = attrib.unwrap_or_else(dict::new);
                ops::call(f.value(), &[tag.value(), attrib.value()])?
            }
        };
        heap::clear_field(&raw mut (*b).last_for_tail);
        let this = Ref::new((*b).this);
        if !this.is_none() {
            add_child(this.value(), node.value())?;
        } else if (*b).root.is_empty() {
            (*b).root = node.clone().into_value();
        } else {
            return Err(PARSE_ERROR.raise(format_args!("multiple elements on top level")));
        }
        (*b).stack.push(this);
        put(&raw mut (*b).this, node.clone());
        put(&raw mut (*b).last, node.clone());
        report(v, Event::Start, node.clone())?;
        Ok(node)
    }
}
pub(super) fn data(v: Value, piece: Value) -> PyResult {
    let b = raw(v);
    // SAFETY: a live builder.
    unsafe {
        match (*b).data.non_empty() {
            // What comes before the first element is ignored.
            None if (*b).last.is_none() => {}
            None => (*b).data = Ref::new(piece).into_value(),
            Some(l) if l.is_exact(ty!(list::PyList_Type)) => list::append(l, Ref::new(piece))?,
            Some(first) => {
                let both = list::from_vec(vec![Ref::from_owned(first), Ref::new(piece)]);
                (*b).data = both.into_value();
            }
        }
    }
    Ok(Ref::none())
}
pub(super) fn end(v: Value) -> PyResult {
    flush(v)?;
    let b = raw(v);
    // SAFETY: as in `start`.
    unsafe {
        let Some(outer) = (*b).stack.pop() else {
            return Err(raise!(IndexError, "pop from empty stack"));
        };
        let closed = Ref::from_owned(std::mem::replace(&mut (*b).this, outer.into_value()));
        put(&raw mut (*b).last, closed.clone());
        put(&raw mut (*b).last_for_tail, closed.clone());
        report(v, Event::End, closed.clone())?;
        Ok(closed)
    }
}
/// Puts a comment or processing instruction into the tree.
fn insert_single(v: Value, node: &Ref) -> PyResult<()> {
    let b = raw(v);
    // SAFETY: a live builder.
    unsafe {
        let this = Ref::new((*b).this);
        if !this.is_none() {
            add_child(this.value(), node.value())?;
            put(&raw mut (*b).last_for_tail, node.clone());
        }
    }
    Ok(())
}
pub(super) fn comment(v: Value, text: Value) -> PyResult {
    flush(v)?;
    // SAFETY: a live builder.
    let (factory, insert) = unsafe { ((*raw(v)).comment_factory, (*raw(v)).insert_comments) };
    let made = match factory.non_empty() {
        None => Ref::new(text),
        Some(f) => {
            let f = Ref::new(f);
            let made = ops::call(f.value(), &[text])?;
            if insert {
                insert_single(v, &made)?;
            }
            made
        }
    };
    report(v, Event::Comment, made.clone())?;
    Ok(made)
}
/// Whether a parser must tell of processing instructions.
pub(super) fn wants_pi(v: Value) -> bool {
    // SAFETY: a live builder.
    reports(v, Event::Pi) || unsafe { (*raw(v)).insert_pis }
}
pub(super) fn pi(v: Value, target: Value, text: Value) -> PyResult {
    flush(v)?;
    // SAFETY: a live builder.
    let (factory, insert) = unsafe { ((*raw(v)).pi_factory, (*raw(v)).insert_pis) };
    let made = match factory.non_empty() {
        None => tuple::pair(Ref::new(target), Ref::new(text)),
        Some(f) => {
            let f = Ref::new(f);
            let made = ops::call(f.value(), &[target, text])?;
            if insert {
                insert_single(v, &made)?;
            }
            made
        }
    };
    report(v, Event::Pi, made.clone())?;
    Ok(made)
}
pub(super) fn start_ns(v: Value, prefix: Ref, uri: Ref) -> PyResult<()> {
    report(v, Event::StartNs, tuple::pair(prefix, uri))
}
pub(super) fn end_ns(v: Value) -> PyResult<()> {
    report(v, Event::EndNs, Ref::none())
}
pub(super) fn close(v: Value) -> PyResult {
    // SAFETY: a live builder.
    let root = unsafe { (*raw(v)).root };
    Ok(root.non_empty().map_or_else(Ref::none, Ref::new))
}

fn start_method(v: Value, args: &[Value]) -> PyResult {
    check_positional("start", args.len(), 2, 2)?;
    if !dict::is_dict(args[1]) {
        return Err(bad_argument("start", 2, "dict", args[1]));
    }
    start(v, Ref::new(args[0]), Some(Ref::new(args[1])))
}
fn end_method(v: Value, _tag: Value) -> PyResult {
    end(v)
}
fn pi_method(v: Value, args: &[Value]) -> PyResult {
    check_positional("pi", args.len(), 1, 2)?;
    let text = args.get(1).map_or_else(Ref::none, |t| Ref::new(*t));
    pi(v, args[0], text.value())
}
