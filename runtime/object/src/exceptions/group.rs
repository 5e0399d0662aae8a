//! Exception groups: construction, `split`, `subgroup`, and the parts of `except*`.

use super::base::{self, load};
use super::table::types as exc;
use super::{context_of, given_matches, is_exception, set_context, traceback_of};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, errors, gc, heap, intern, ops, raise, ty};
use std::mem::offset_of;

fn fields(v: Value) -> *mut PyBaseExceptionGroupObject {
    v.as_ptr().cast()
}
pub(super) fn is_group(v: Value) -> bool {
    v.is_a(exc::BaseExceptionGroup)
}
/// The tuple of the nested exceptions.
fn exceptions_of(v: Value) -> Ref {
    // SAFETY: a group.
    unsafe { load(&raw const (*fields(v)).excs) }.unwrap_or_else(crate::tuple::empty)
}
fn message_of(v: Value) -> Ref {
    // SAFETY: a group.
    unsafe { load(&raw const (*fields(v)).msg) }.unwrap_or_else(crate::str::empty)
}

/// # Safety
/// As a C slot.
pub(super) unsafe extern "C" fn dealloc_weak(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        gc::untrack(object);
        crate::weakref::clear_refs(object);
        base::exc_clear::<3>(object);
        heap::finish_dealloc(object);
    }
}

pub(super) fn new(t: Type, args: Args<'_>) -> PyResult {
    let given = args.positional();
    let [message, list] = given else {
        return Err(raise!(
            TypeError,
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            given.len()
        ));
    };
    if !message.has_flag(tpflags::UNICODE_SUBCLASS) {
        let name = if message.is_none() {
            "None"
        } else {
            message.ty().message_name()
        };
        return Err(raise!(
            TypeError,
            "BaseExceptionGroup.__new__() argument 1 must be str, not {name}"
        ));
    }
    if !ops::is_sequence(*list) {
        return Err(raise!(
            TypeError,
            "second argument (exceptions) must be a sequence"
        ));
    }
    let items = ops::to_tuple(*list)?;
    if crate::tuple::len(items.value()) == 0 {
        return Err(raise!(
            ValueError,
            "second argument (exceptions) must be a non-empty sequence"
        ));
    }
    let mut has_base = false;
    for (i, e) in crate::tuple::items(items.value()).iter().enumerate() {
        if !is_exception(*e) {
            return Err(raise!(
                ValueError,
                "Item {i} of second argument (exceptions) is not an exception"
            ));
        }
        has_base |= !e.is_a(exc::Exception);
    }
    let mut t = t;
    if t == exc::BaseExceptionGroup {
        if !has_base {
            t = exc::ExceptionGroup;
        }
    } else if t == exc::ExceptionGroup {
        if has_base {
            return Err(raise!(
                TypeError,
                "Cannot nest BaseExceptions in an ExceptionGroup"
            ));
        }
    } else if has_base && t.is_subtype(exc::Exception) {
        return Err(raise!(
            TypeError,
            "Cannot nest BaseExceptions in '{}'",
            t.message_name()
        ));
    }
    let v = base::new(t, Args::positional_only(given))?;
    // SAFETY: a fresh group.
    unsafe {
        let f = fields(v.value());
        base::store(&raw mut (*f).msg, Some(Ref::new(*message)));
        base::store(&raw mut (*f).excs, Some(items));
    }
    Ok(v)
}

pub(super) fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)
}

pub(super) fn str_of(v: Value) -> PyResult {
    let n = crate::tuple::len(exceptions_of(v).value());
    let mut b = crate::str::Builder::new();
    b.push_value(message_of(v).value());
    let plural = if n == 1 { "" } else { "s" };
    b.push_str(&format!(" ({n} sub-exception{plural})"));
    b.finish()
}

fn create(message: Value, list: Value) -> PyResult {
    ops::call(exc::BaseExceptionGroup.value(), &[message, list])
}

fn derive(v: Value, list: Value) -> PyResult {
    create(message_of(v).value(), list)
}

/// A group like `orig` with other exceptions; `None` for no exceptions.
fn subset(orig: Value, list: Vec<Ref>) -> PyResult<Option<Ref>> {
    if list.is_empty() {
        return Ok(None);
    }
    let list = crate::list::from_vec(list);
    let group = ops::call_method(orig, intern!("derive"), &[list.value()])?;
    if !is_group(group.value()) {
        return Err(raise!(
            TypeError,
            "derive must return an instance of BaseExceptionGroup"
        ));
    }
    if let Some(tb) = traceback_of(orig) {
        super::set_traceback(group.value(), tb.value());
    }
    set_context(group.value(), context_of(orig));
    super::set_cause(group.value(), super::cause_of(orig));
    let notes = intern!("__notes__");
    if let Some(n) = ops::getattr_opt(orig, notes)?
        && ops::is_sequence(n.value())
    {
        // A copy: the parts do not share the list.
        let copy = ops::to_list(n.value())?;
        ops::setattr(group.value(), notes, copy.value())?;
    }
    Ok(Some(group))
}

enum Matcher<'a> {
    Type(Value),
    Predicate(Value),
    /// Leaves by identity.
    Leaves(&'a [Value]),
}

impl Matcher<'_> {
    fn of(v: Value) -> PyResult<Matcher<'static>> {
        if v.is_a(ty!(crate::function::PyFunction_Type)) {
            return Ok(Matcher::Predicate(v));
        }
        let is_class = |v: Value| super::exception_class(v).is_some();
        let classes = is_class(v)
            || (v.has_flag(tpflags::TUPLE_SUBCLASS)
                && crate::tuple::items(v).iter().all(|c| is_class(*c)));
        if classes {
            return Ok(Matcher::Type(v));
        }
        Err(raise!(
            TypeError,
            "expected a function, exception type or tuple of exception types"
        ))
    }
    fn matches(&self, e: Value) -> PyResult<bool> {
        match self {
            Matcher::Type(t) => Ok(given_matches(e, *t)),
            Matcher::Predicate(f) => {
                let r = ops::call(*f, &[e])?;
                ops::is_true(r.value())
            }
            Matcher::Leaves(ids) => Ok(!is_group(e) && ids.contains(&e)),
        }
    }
}

struct Parts {
    matched: Option<Ref>,
    rest: Option<Ref>,
}

fn split_recursive(e: Value, matcher: &Matcher<'_>, with_rest: bool) -> PyResult<Parts> {
    if matcher.matches(e)? {
        return Ok(Parts {
            matched: Some(Ref::new(e)),
            rest: None,
        });
    }
    if !is_group(e) {
        return Ok(Parts {
            matched: None,
            rest: with_rest.then(|| Ref::new(e)),
        });
    }
    let items = exceptions_of(e);
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    for item in crate::tuple::items(items.value()) {
        let _guard = crate::hooks().enter_counted(" in exceptiongroup_split_recursive")?;
        let parts = split_recursive(*item, matcher, with_rest)?;
        matched.extend(parts.matched);
        rest.extend(parts.rest);
    }
    let matched = subset(e, matched)?;
    let rest = if with_rest { subset(e, rest)? } else { None };
    Ok(Parts { matched, rest })
}

fn split(v: Value, condition: Value) -> PyResult {
    let parts = split_recursive(v, &Matcher::of(condition)?, true)?;
    let matched = parts.matched.unwrap_or_else(Ref::none);
    let rest = parts.rest.unwrap_or_else(Ref::none);
    Ok(crate::tuple::from_vec(vec![matched, rest]))
}
fn subgroup(v: Value, condition: Value) -> PyResult {
    let parts = split_recursive(v, &Matcher::of(condition)?, false)?;
    Ok(parts.matched.unwrap_or_else(Ref::none))
}

/// The parts of `exc` that an `except* class` clause takes and leaves; a naked exception that matches is wrapped.
pub fn group_match(e: Value, class: Value) -> PyResult<(Option<Ref>, Option<Ref>)> {
    if e.is_none() {
        return Ok((None, None));
    }
    if given_matches(e, class) {
        if is_group(e) {
            return Ok((Some(Ref::new(e)), None));
        }
        let one = crate::tuple::from_slice(&[e]);
        let wrapped = create(crate::str::empty().value(), one.value())?;
        return Ok((Some(wrapped), None));
    }
    if !is_group(e) {
        return Ok((None, Some(Ref::new(e))));
    }
    let pair = ops::call_method(e, intern!("split"), &[class])?;
    let name = e.ty().message_name();
    if !crate::tuple::is_tuple(pair.value()) {
        return Err(raise!(
            TypeError,
            "{name}.split must return a tuple, not {}",
            pair.ty().message_name()
        ));
    }
    let n = crate::tuple::len(pair.value());
    if n < 2 {
        return Err(raise!(
            TypeError,
            "{name}.split must return a 2-tuple, got tuple of size {n}"
        ));
    }
    let part = |i| {
        let v = crate::tuple::get(pair.value(), i);
        (!v.is_none()).then(|| Ref::new(v))
    };
    Ok((part(0), part(1)))
}

fn collect_leaves(e: Value, into: &mut Vec<Value>, keep: &mut Vec<Ref>) -> PyResult<()> {
    if e.is_none() {
        return Ok(());
    }
    if !is_group(e) {
        into.push(e);
        return Ok(());
    }
    let _guard = crate::hooks().enter_counted(" in collect_exception_group_leaf_ids")?;
    let items = exceptions_of(e);
    for item in crate::tuple::items(items.value()) {
        collect_leaves(*item, into, keep)?;
    }
    keep.push(items);
    Ok(())
}

/// Whether a clause has re-raised a part of `b` rather than raised something new.
fn same_metadata(a: Value, b: Value) -> bool {
    let (a, b) = (base::fields(a), base::fields(b));
    // SAFETY: two exceptions.
    unsafe {
        (*a).notes == (*b).notes
            && (*a).traceback == (*b).traceback
            && (*a).cause == (*b).cause
            && (*a).context == (*b).context
    }
}

/// What a `try`-`except*` statement raises at its end, or `None`: `list` has the results of its clauses.
pub fn prep_reraise_star(orig: Value, list: Value) -> PyResult {
    let results: Vec<Ref> = ops::collect(list)?;
    let Some(first) = results.first() else {
        return Ok(Ref::none());
    };
    if !is_group(orig) {
        // A naked exception was wrapped: only one clause can have run.
        return Ok(first.clone());
    }
    let (mut raised, mut reraised) = (Vec::new(), Vec::new());
    for e in &results {
        if e.is_none() {
            continue;
        }
        if !is_exception(e.value()) {
            return Err(errors::bad_internal_call());
        }
        if same_metadata(e.value(), orig) {
            reraised.push(e.clone());
        } else {
            raised.push(e.clone());
        }
    }
    let (mut leaves, mut keep) = (Vec::new(), Vec::new());
    for e in &reraised {
        collect_leaves(e.value(), &mut leaves, &mut keep)?;
    }
    let kept = split_recursive(orig, &Matcher::Leaves(&leaves), false)?.matched;
    if raised.is_empty() {
        return Ok(kept.unwrap_or_else(Ref::none));
    }
    raised.extend(kept);
    let all = crate::list::from_vec(raised);
    create(crate::str::empty().value(), all.value())
}

fn class_getitem(cls: Value, item: Value) -> PyResult {
    crate::genericalias::new(cls, item)
}

crate::methods! {
    pub(super) static METHODS = [
        "__class_getitem__" O | CLASS class_getitem, "__class_getitem__($type, item, /)\n--\n\nSee PEP 585";
        "derive" O derive, "derive($self, excs, /)\n--\n\nA group with the same message and other exceptions.";
        "split" O split, "split($self, condition, /)\n--\n\nThe parts that match and do not match.";
        "subgroup" O subgroup, "subgroup($self, condition, /)\n--\n\nThe part that matches.";
    ]
}
crate::members! {
    pub(super) static MEMBERS = [
        "message" OBJECT, offset_of!(PyBaseExceptionGroupObject, msg), membertype::READONLY, "exception message";
        "exceptions" OBJECT, offset_of!(PyBaseExceptionGroupObject, excs), membertype::READONLY, "nested exceptions";
    ]
}
