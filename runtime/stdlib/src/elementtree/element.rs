//! `Element`.

use super::{DEEPCOPY, ELEMENT_PATH, attributes_from, bad_argument, check_count, held, iter};
use crate::util::repr_text;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_exact, alloc_instance, eq_fast, repr_enter, repr_leave};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, bytes, check_positional, dict,
    gc, getset, heap, intern, list, methods, ops, py_type, raise, slice, str, tuple, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// The type's name in messages.
pub(super) const NAME: &str = "xml.etree.ElementTree.Element";

#[repr(C)]
pub(super) struct Element {
    pub ob_base: PyObject,
    tag: Value,
    text: Value,
    tail: Value,
    /// A dict, or empty until somebody asks for one.
    attrib: Value,
    weakrefs: *mut PyObject,
    children: Vec<Ref>,
}
py_type! {
    pub(super) static Element_Type: Element = "xml.etree.ElementTree.Element" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_weaklistoffset: offset_of!(Element, weakrefs) as isize }
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: tp_clear }
        slots { tp_repr: repr, tp_init: init, tp_new: tp_new }
        sequence { sq_length: length, sq_item: item, sq_ass_item: set_item }
        mapping { mp_length: length, mp_subscript: subscript, mp_ass_subscript: set_subscript }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "clear" NOARGS clear, "clear($self, /)\n--\n\n";
    "get" KW get, "get($self, /, key, default=None)\n--\n\n";
    "set" FAST set, "set($self, key, value, /)\n--\n\n";
    "find" KW find, "find($self, /, path, namespaces=None)\n--\n\n";
    "findtext" KW findtext, "findtext($self, /, path, default=None, namespaces=None)\n--\n\n";
    "findall" KW findall, "findall($self, /, path, namespaces=None)\n--\n\n";
    "append" O append, "append($self, subelement, /)\n--\n\n";
    "extend" O extend, "extend($self, elements, /)\n--\n\n";
    "insert" FAST insert, "insert($self, index, subelement, /)\n--\n\n";
    "remove" O remove, "remove($self, subelement, /)\n--\n\n";
    "iter" KW make_iter, "iter($self, /, tag=None)\n--\n\n";
    "itertext" NOARGS itertext, "itertext($self, /)\n--\n\n";
    "iterfind" KW iterfind, "iterfind($self, /, path, namespaces=None)\n--\n\n";
    "items" NOARGS items, "items($self, /)\n--\n\n";
    "keys" NOARGS keys, "keys($self, /)\n--\n\n";
    "makeelement" FAST makeelement, "makeelement($self, tag, attrib, /)\n--\n\n";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, memo, /)\n--\n\n";
    "__getstate__" NOARGS getstate, "__getstate__($self, /)\n--\n\n";
    "__setstate__" O setstate, "__setstate__($self, state, /)\n--\n\n";
    "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\n";
] }
getset! { static GETSET = [
    "tag" get_tag, set_tag, "A string identifying what kind of data this element represents";
    "text" get_text, set_text, "A string of text directly after the start tag, or None";
    "tail" get_tail, set_tail, "A string of text directly after the end tag, or None";
    "attrib" get_attrib, set_attrib, "A dictionary containing the element's attributes";
] }

#[inline(always)]
fn raw(v: Value) -> *mut Element {
    v.as_ptr().cast()
}
#[inline(always)]
pub(super) fn is_element(v: Value) -> bool {
    v.is_exact(ty!(Element_Type)) || v.is_a(ty!(Element_Type))
}
#[inline(always)]
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(Element_Type))
}
/// The children. The reference must not outlive code that may run Python.
#[inline(always)]
unsafe fn children<'a>(v: Value) -> &'a mut Vec<Ref> {
    // SAFETY: the caller passes a live element and keeps the rule above.
    unsafe { &mut (*raw(v)).children }
}
fn count(v: Value) -> usize {
    // SAFETY: the reference ends here.
    unsafe { children(v).len() }
}
#[inline(always)]
pub(super) fn child(v: Value, i: usize) -> Option<Ref> {
    // SAFETY: as above.
    unsafe { children(v).get(i).cloned() }
}
pub(super) fn tag(v: Value) -> Ref {
    // SAFETY: a live element.
    Ref::new(unsafe { (*raw(v)).tag })
}
pub(super) fn text(v: Value) -> Ref {
    // SAFETY: a live element.
    Ref::new(unsafe { (*raw(v)).text })
}
pub(super) fn tail(v: Value) -> Ref {
    // SAFETY: a live element.
    Ref::new(unsafe { (*raw(v)).tail })
}
/// Where an element has its text (or its tail).
pub(super) fn text_place(v: Value, tail: bool) -> *mut Value {
    // SAFETY: a live element.
    unsafe {
        if tail {
            &raw mut (*raw(v)).tail
        } else {
            &raw mut (*raw(v)).text
        }
    }
}
/// Stores into a field that owns its value; the old one goes last.
///
/// # Safety
/// `place` is a field of a live object.
pub(super) unsafe fn put(place: *mut Value, v: Ref) {
    // SAFETY: by contract.
    unsafe { heap::decref(std::mem::replace(&mut *place, v.into_value())) }
}

/// An element of the exact type; an empty dict of attributes is made when it is asked for.
pub(super) fn new(tag: Ref, attrib: Option<Ref>) -> Ref {
    let p = alloc_exact::<Element>(ty!(Element_Type));
    let attrib = attrib
        .filter(|d| !(d.is_exact(ty!(dict::PyDict_Type)) && dict::len(d.value()) == 0))
        .map_or(Value::EMPTY, Ref::into_value);
    // SAFETY: a fresh instance, all of whose fields are written.
    unsafe {
        (*p).tag = tag.into_value();
        (*p).text = Ref::none().into_value();
        (*p).tail = Ref::none().into_value();
        (*p).attrib = attrib;
        (*p).weakrefs = std::ptr::null_mut();
        (&raw mut (*p).children).write(Vec::new());
        gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
fn tp_new(t: Type, _: Args<'_>) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<Element>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).tag = Ref::none().into_value();
        (*p).text = Ref::none().into_value();
        (*p).tail = Ref::none().into_value();
        (&raw mut (*p).children).write(Vec::new());
        Ok(Ref::from_owned_ptr(p))
    }
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional();
    check_count("Element", given.len(), 1, 2)?;
    let attrib = attributes_from("Element", 2, &args)?;
    // SAFETY: a live element.
    unsafe {
        if let Some(d) = attrib.filter(|d| dict::len(d.value()) != 0) {
            put(&raw mut (*raw(v)).attrib, d);
        }
        put(&raw mut (*raw(v)).tag, Ref::new(given[0]));
        put(&raw mut (*raw(v)).text, Ref::none());
        put(&raw mut (*raw(v)).tail, Ref::none());
    }
    Ok(())
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        pyrs_object::weakref::clear_refs(o);
        let e = o.cast::<Element>();
        for place in [
            &raw mut (*e).tag,
            &raw mut (*e).text,
            &raw mut (*e).tail,
            &raw mut (*e).attrib,
        ] {
            heap::clear_field(place);
        }
        std::ptr::drop_in_place(&raw mut (*e).children);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        let e = o.cast::<Element>();
        let all = &(*e).children;
        for v in [(*e).tag, (*e).text, (*e).tail, (*e).attrib]
            .into_iter()
            .chain(all.iter().map(Ref::value))
        {
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
unsafe extern "C" fn tp_clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live or dying instance; each field is emptied before its object may die. Cleared elements may still be
    // looked at, so that the fields hold None afterwards.
    unsafe {
        let e = o.cast::<Element>();
        heap::clear_field(&raw mut (*e).attrib);
        let old = std::mem::take(&mut (*e).children);
        for place in [&raw mut (*e).tag, &raw mut (*e).text, &raw mut (*e).tail] {
            put(place, Ref::none());
        }
        drop(old);
    }
    0
}

#[cold]
pub(super) fn not_an_element(v: Value) -> Raised {
    raise!(
        TypeError,
        "expected an Element, not \"{}\"",
        v.ty().message_name()
    )
}
fn check_element(name: &str, position: Option<usize>, v: Value) -> PyResult<()> {
    if is_element(v) {
        return Ok(());
    }
    Err(match position {
        Some(n) => bad_argument(name, n, NAME, v),
        None => raise!(
            TypeError,
            "{name}() argument must be {NAME}, not {}",
            v.ty().message_name()
        ),
    })
}
pub(super) fn push_child(v: Value, child: Ref) {
    // SAFETY: pushing runs no Python code.
    unsafe { children(v).push(child) }
}
/// Appends what must be an element.
pub(super) fn add_child(v: Value, child: Value) -> PyResult<()> {
    if !is_element(child) {
        return Err(not_an_element(child));
    }
    push_child(v, Ref::new(child));
    Ok(())
}

// ---- Attributes --------------------------------------------------------------------------------------------

fn get_tag(v: Value) -> PyResult {
    Ok(tag(v))
}
fn get_text(v: Value) -> PyResult {
    Ok(text(v))
}
fn get_tail(v: Value) -> PyResult {
    Ok(tail(v))
}
/// The dict of attributes, made if there is none (borrowed).
fn attributes(v: Value) -> Value {
    // SAFETY: a live element.
    unsafe {
        if (*raw(v)).attrib.is_empty() {
            (*raw(v)).attrib = dict::new().into_value();
        }
        (*raw(v)).attrib
    }
}
fn get_attrib(v: Value) -> PyResult {
    Ok(Ref::new(attributes(v)))
}
fn not_deleted(v: Value) -> PyResult<Ref> {
    if v.is_empty() {
        return Err(raise!(AttributeError, "can't delete element attribute"));
    }
    Ok(Ref::new(v))
}
fn set_tag(v: Value, new: Value) -> PyResult<()> {
    let new = not_deleted(new)?;
    // SAFETY: a live element.
    unsafe { put(&raw mut (*raw(v)).tag, new) };
    Ok(())
}
fn set_text(v: Value, new: Value) -> PyResult<()> {
    let new = not_deleted(new)?;
    // SAFETY: a live element.
    unsafe { put(&raw mut (*raw(v)).text, new) };
    Ok(())
}
fn set_tail(v: Value, new: Value) -> PyResult<()> {
    let new = not_deleted(new)?;
    // SAFETY: a live element.
    unsafe { put(&raw mut (*raw(v)).tail, new) };
    Ok(())
}
fn set_attrib(v: Value, new: Value) -> PyResult<()> {
    let new = not_deleted(new)?;
    if !dict::is_dict(new.value()) {
        return Err(raise!(
            TypeError,
            "attrib must be dict, not {}",
            new.ty().message_name()
        ));
    }
    // SAFETY: a live element.
    unsafe { put(&raw mut (*raw(v)).attrib, new) };
    Ok(())
}
fn get(v: Value, args: Args<'_>) -> PyResult {
    const GET: Signature<2> = Signature {
        name: "get",
        params: ["key", "default"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [key, default] = args.bind(&GET)?;
    // The key's hash may drop the dict. SAFETY: a live element.
    let attrib = unsafe { (*raw(v)).attrib }.non_empty().map(Ref::new);
    let found = match attrib {
        Some(d) => dict::get(d.value(), key)?,
        None => None,
    };
    Ok(found.unwrap_or_else(|| default.non_empty().map_or_else(Ref::none, Ref::new)))
}
fn set(v: Value, args: &[Value]) -> PyResult {
    check_positional("set", args.len(), 2, 2)?;
    let attrib = Ref::new(attributes(v));
    dict::set_item(attrib.value(), args[0], args[1])?;
    Ok(Ref::none())
}
fn items(v: Value) -> PyResult {
    // SAFETY: a live element.
    match unsafe { (*raw(v)).attrib }.non_empty() {
        Some(d) => {
            let mut all = Vec::with_capacity(dict::len(d));
            dict::for_each(d, |k, x| all.push(tuple::pair(Ref::new(k), Ref::new(x))));
            Ok(list::from_vec(all))
        }
        None => Ok(list::new()),
    }
}
fn keys(v: Value) -> PyResult {
    // SAFETY: a live element.
    match unsafe { (*raw(v)).attrib }.non_empty() {
        Some(d) => {
            let mut all = Vec::with_capacity(dict::len(d));
            dict::for_each(d, |k, _| all.push(Ref::new(k)));
            Ok(list::from_vec(all))
        }
        None => Ok(list::new()),
    }
}
fn clear(v: Value) -> PyResult {
    // SAFETY: a live element; its children go when it has none any more.
    unsafe {
        heap::clear_field(&raw mut (*raw(v)).attrib);
        let old = std::mem::take(children(v));
        put(&raw mut (*raw(v)).text, Ref::none());
        put(&raw mut (*raw(v)).tail, Ref::none());
        drop(old);
    }
    Ok(Ref::none())
}

// ---- Children ----------------------------------------------------------------------------------------------

fn append(v: Value, new: Value) -> PyResult {
    check_element("append", None, new)?;
    push_child(v, Ref::new(new));
    Ok(Ref::none())
}
/// The items of a sequence (or any iterable).
fn sequence(v: Value) -> PyResult<Vec<Ref>> {
    if ops::exact_items(v).is_none() && v.ty().tp_iter.is_none() && !ops::is_sequence(v) {
        return Err(raise!(
            TypeError,
            "expected sequence, not \"{}\"",
            v.ty().message_name()
        ));
    }
    ops::collect(v)
}
fn extend(v: Value, elements: Value) -> PyResult {
    for e in sequence(elements)? {
        add_child(v, e.value())?;
    }
    Ok(Ref::none())
}
fn insert(v: Value, args: &[Value]) -> PyResult {
    check_positional("insert", args.len(), 2, 2)?;
    let i = ops::index_as_isize(args[0])?;
    check_element("insert", Some(2), args[1])?;
    let n = count(v) as isize;
    let i = if i < 0 { (i + n).max(0) } else { i.min(n) };
    // SAFETY: inserting runs no Python code.
    unsafe { children(v).insert(i as usize, Ref::new(args[1])) };
    Ok(Ref::none())
}
fn remove(v: Value, wanted: Value) -> PyResult {
    check_element("remove", None, wanted)?;
    // SAFETY: comparing identities runs no Python code.
    let mut at = unsafe { children(v).iter().position(|c| c.value() == wanted) };
    let mut i = 0;
    while at.is_none() {
        let Some(c) = child(v, i) else { break };
        if eq_fast(c.value(), wanted)? {
            at = Some(i);
        }
        i += 1;
    }
    match at {
        Some(i) if i < count(v) => {
            // SAFETY: the reference ends before the child may die.
            let old = unsafe { children(v).remove(i) };
            drop(old);
            Ok(Ref::none())
        }
        _ => Err(raise!(ValueError, "list.remove(x): x not in list")),
    }
}
fn length(v: Value) -> PyResult<usize> {
    Ok(count(v))
}
fn item(v: Value, i: isize) -> PyResult {
    usize::try_from(i)
        .ok()
        .and_then(|i| child(v, i))
        .ok_or_else(|| raise!(IndexError, "child index out of range"))
}
fn set_item(v: Value, i: isize, new: Value) -> PyResult<()> {
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < count(v)) else {
        return Err(raise!(IndexError, "child assignment index out of range"));
    };
    // SAFETY: the old child dies after the reference has ended.
    let old = unsafe {
        if new.is_empty() {
            children(v).remove(i)
        } else {
            if !is_element(new) {
                return Err(not_an_element(new));
            }
            std::mem::replace(&mut children(v)[i], Ref::new(new))
        }
    };
    drop(old);
    Ok(())
}
/// An index key counted from the start; `None` for a slice.
fn position(v: Value, key: Value) -> PyResult<Option<isize>> {
    if ops::has_index(key) {
        let i = ops::index_as_isize_clipped_error(key, pyrs_object::exceptions::IndexError)?;
        return Ok(Some(if i < 0 { i + count(v) as isize } else { i }));
    }
    if slice::is_slice(key) {
        return Ok(None);
    }
    Err(raise!(TypeError, "element indices must be integers"))
}
fn subscript(v: Value, key: Value) -> PyResult {
    if let Some(i) = position(v, key)? {
        return item(v, i);
    }
    let (start, _, step, n) = slice::indices_of(key, || count(v))?;
    let picked = (0..n as isize).filter_map(|k| child(v, (start + k * step) as usize));
    Ok(list::from_vec(picked.collect()))
}
fn set_subscript(v: Value, key: Value, new: Value) -> PyResult<()> {
    if let Some(i) = position(v, key)? {
        return set_item(v, i, new);
    }
    if new.is_empty() {
        let (start, _, step, n) = slice::indices_of(key, || count(v))?;
        let mut at: Vec<usize> = (0..n as isize)
            .map(|k| (start + k * step) as usize)
            .collect();
        at.sort_unstable();
        // SAFETY: no Python code runs while the children are sorted out; the removed ones die afterwards.
        let removed: Vec<Ref> = unsafe {
            let all = children(v);
            let mut next = at.iter().peekable();
            let (mut kept, mut removed) =
                (Vec::with_capacity(all.len() - n), Vec::with_capacity(n));
            for (i, c) in std::mem::take(all).into_iter().enumerate() {
                if next.next_if(|k| **k == i).is_some() {
                    removed.push(c);
                } else {
                    kept.push(c);
                }
            }
            *all = kept;
            removed
        };
        drop(removed);
        return Ok(());
    }
    let with = sequence(new)?;
    if let Some(bad) = with.iter().find(|e| !is_element(e.value())) {
        return Err(not_an_element(bad.value()));
    }
    let (start, _, step, n) = slice::indices_of(key, || count(v))?;
    // SAFETY: no Python code runs while the children are replaced; the old ones die afterwards.
    let old: Vec<Ref> = unsafe {
        let all = children(v);
        if step == 1 {
            let start = start as usize;
            all.splice(start..start + n, with).collect()
        } else if with.len() != n {
            return Err(raise!(
                ValueError,
                "attempt to assign sequence of size {} to extended slice of size {n}",
                with.len()
            ));
        } else {
            let places = (0..n as isize).map(|k| (start + k * step) as usize);
            places
                .zip(with)
                .map(|(i, c)| std::mem::replace(&mut all[i], c))
                .collect()
        }
    };
    drop(old);
    Ok(())
}

// ---- Search ------------------------------------------------------------------------------------------------

/// Whether a tag may be more than a name: wildcards and what else `ElementPath` understands.
fn is_path(tag: Value) -> bool {
    fn has(text: impl Iterator<Item = u32> + Clone) -> bool {
        let mut first = text.clone();
        if first.next() == Some('{' as u32) {
            let second = first.next();
            let third = first.next();
            if third.is_some()
                && (second == Some('}' as u32)
                    || second == Some('*' as u32) && third == Some('}' as u32))
            {
                return true;
            }
        }
        let mut outside = true;
        for c in text {
            match char::from_u32(c) {
                Some('{') => outside = false,
                Some('}') => outside = true,
                Some('/' | '*' | '[' | '@' | '.') if outside => return true,
                _ => {}
            }
        }
        false
    }
    if str::is_str(tag) {
        return match str::ascii_bytes(tag) {
            Some(b) => has(b.iter().map(|c| u32::from(*c))),
            None => has((0..str::len(tag)).map(|i| str::char_at(tag, i))),
        };
    }
    if bytes::is_bytes(tag) {
        return has(bytes::data(tag).iter().map(|c| u32::from(*c)));
    }
    true
}
/// The arguments `path` and `namespaces` of a search.
fn search_arguments(name: &'static str, args: &Args<'_>) -> PyResult<(Value, Ref)> {
    let signature = Signature::<2> {
        name,
        params: ["path", "namespaces"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [path, namespaces] = args.bind(&signature)?;
    Ok((path, given_or_none(namespaces)))
}
fn given_or_none(v: Value) -> Ref {
    v.non_empty().map_or_else(Ref::none, Ref::new)
}
fn by_path(name: Value, args: &[Value]) -> PyResult {
    ops::call_method(held(&ELEMENT_PATH)?, name, args)
}
/// The first child from `i` on with this tag, and where the search goes on.
fn next_match(v: Value, path: Value, mut i: usize) -> PyResult<Option<(Ref, usize)>> {
    while let Some(c) = child(v, i) {
        i += 1;
        if eq_fast(tag(c.value()).value(), path)? {
            return Ok(Some((c, i)));
        }
    }
    Ok(None)
}
fn find(v: Value, args: Args<'_>) -> PyResult {
    let (path, namespaces) = search_arguments("find", &args)?;
    if is_path(path) || !namespaces.is_none() {
        return by_path(intern!("find"), &[v, path, namespaces.value()]);
    }
    Ok(next_match(v, path, 0)?.map_or_else(Ref::none, |m| m.0))
}
fn findtext(v: Value, args: Args<'_>) -> PyResult {
    const FINDTEXT: Signature<3> = Signature {
        name: "findtext",
        params: ["path", "default", "namespaces"],
        posonly: 0,
        positional: 3,
        required: 1,
    };
    let [path, default, namespaces] = args.bind(&FINDTEXT)?;
    let (default, namespaces) = (given_or_none(default), given_or_none(namespaces));
    if is_path(path) || !namespaces.is_none() {
        let args = [v, path, default.value(), namespaces.value()];
        return by_path(intern!("findtext"), &args);
    }
    match next_match(v, path, 0)? {
        None => Ok(default),
        Some((found, _)) => {
            let text = text(found.value());
            Ok(if text.is_none() { str::empty() } else { text })
        }
    }
}
fn findall(v: Value, args: Args<'_>) -> PyResult {
    let (path, namespaces) = search_arguments("findall", &args)?;
    if is_path(path) || !namespaces.is_none() {
        return by_path(intern!("findall"), &[v, path, namespaces.value()]);
    }
    let (mut all, mut i) = (Vec::new(), 0);
    while let Some((found, next)) = next_match(v, path, i)? {
        all.push(found);
        i = next;
    }
    Ok(list::from_vec(all))
}
fn iterfind(v: Value, args: Args<'_>) -> PyResult {
    let (path, namespaces) = search_arguments("iterfind", &args)?;
    by_path(intern!("iterfind"), &[v, path, namespaces.value()])
}
fn make_iter(v: Value, args: Args<'_>) -> PyResult {
    const ITER: Signature<1> = Signature {
        name: "iter",
        params: ["tag"],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [tag] = args.bind(&ITER)?;
    let tag = given_or_none(tag);
    let star = str::is_str(tag.value()) && str::eq_str(tag.value(), "*")
        || bytes::is_bytes(tag.value()) && bytes::data(tag.value()) == b"*";
    let tag = if star { Ref::none() } else { tag };
    Ok(iter::new(v, tag.value(), false))
}
fn itertext(v: Value) -> PyResult {
    Ok(iter::new(v, Ref::none().value(), true))
}

// ---- Copies ------------------------------------------------------------------------------------------------

fn makeelement(_: Value, args: &[Value]) -> PyResult {
    check_positional("makeelement", args.len(), 2, 2)?;
    if !dict::is_dict(args[1]) {
        return Err(bad_argument("makeelement", 2, "dict", args[1]));
    }
    Ok(new(Ref::new(args[0]), Some(dict::copy(args[1]))))
}
fn copy(v: Value) -> PyResult {
    // SAFETY: live elements; copying references runs no Python code.
    unsafe {
        let attrib = (*raw(v)).attrib.non_empty().map(Ref::new);
        let made = new(tag(v), attrib);
        let e = made.value();
        put(text_place(e, false), text(v));
        put(text_place(e, true), tail(v));
        *children(e) = children(v).clone();
        Ok(made)
    }
}
fn deepcopy_value(v: Value, memo: Value) -> PyResult {
    if v.is_none() || str::is_exact(v) {
        return Ok(Ref::new(v));
    }
    if is_exact(v) {
        return deepcopy(v, memo);
    }
    if v.is_exact(ty!(dict::PyDict_Type)) {
        let mut simple = true;
        dict::for_each(v, |k, x| simple &= str::is_exact(k) && str::is_exact(x));
        // SAFETY: a live object.
        if simple && unsafe { (*v.as_ptr()).ob_refcnt } == 1 {
            return Ok(dict::copy(v));
        }
    }
    ops::call(held(&DEEPCOPY)?, &[v, memo])
}
fn deepcopy(v: Value, memo: Value) -> PyResult {
    if !dict::is_dict(memo) {
        return Err(raise!(
            TypeError,
            "__deepcopy__() argument must be dict, not {}",
            memo.ty().message_name()
        ));
    }
    let _guard = pyrs_object::hooks().enter_native()?;
    let made_tag = deepcopy_value(tag(v).value(), memo)?;
    // SAFETY: a live element.
    let attrib = match unsafe { (*raw(v)).attrib }.non_empty().map(Ref::new) {
        Some(d) => Some(deepcopy_value(d.value(), memo)?),
        None => None,
    };
    let made = new(made_tag, attrib);
    let e = made.value();
    // SAFETY: the places belong to the new element.
    unsafe {
        put(text_place(e, false), deepcopy_value(text(v).value(), memo)?);
        put(text_place(e, true), deepcopy_value(tail(v).value(), memo)?);
    }
    let mut i = 0;
    while let Some(c) = child(v, i) {
        let copied = deepcopy_value(c.value(), memo)?;
        add_child(e, copied.value())?;
        i += 1;
    }
    let id = pyrs_object::int::from_u64(ops::id(v));
    dict::set_item(memo, id.value(), e)?;
    Ok(made)
}
fn getstate(v: Value) -> PyResult {
    let d = dict::new();
    // SAFETY: cloning the children runs no Python code.
    let all = list::from_vec(unsafe { children(v).clone() });
    // SAFETY: a live element.
    let attrib = unsafe { (*raw(v)).attrib };
    let attrib = attrib.non_empty().map_or_else(dict::new, Ref::new);
    for (name, x) in [
        ("tag", tag(v)),
        ("_children", all),
        ("attrib", attrib),
        ("text", text(v)),
        ("tail", tail(v)),
    ] {
        dict::set_str(d.value(), name, x.value());
    }
    Ok(d)
}
fn setstate(v: Value, state: Value) -> PyResult {
    if !dict::is_dict(state) {
        return Err(raise!(
            TypeError,
            "Don't know how to unpickle \"{}\" as an Element",
            repr_text(state)?
        ));
    }
    let mut unknown = None;
    dict::for_each(state, |k, _| {
        let known = ["tag", "attrib", "text", "tail", "_children"];
        if unknown.is_none() && !(str::is_str(k) && known.iter().any(|n| str::eq_str(k, n))) {
            unknown = Some(Ref::new(k));
        }
    });
    if let Some(k) = unknown {
        return Err(raise!(
            TypeError,
            "'{}' is an invalid keyword argument for this function",
            str::display(k.value())
        ));
    }
    let part = |name: &str| dict::get_str(state, name);
    let Some(tag) = part("tag") else {
        return Err(raise!(TypeError, "tag may not be NULL"));
    };
    let all = match part("_children") {
        None => Vec::new(),
        Some(l) if list::is_list(l.value()) => ops::collect(l.value())?,
        Some(_) => return Err(raise!(TypeError, "'_children' is not a list")),
    };
    if let Some(bad) = all.iter().find(|c| !is_element(c.value())) {
        return Err(not_an_element(bad.value()));
    }
    let attrib = part("attrib");
    if let Some(d) = attrib.as_ref().filter(|d| !dict::is_dict(d.value())) {
        return Err(raise!(
            TypeError,
            "attrib must be dict, not {}",
            d.ty().message_name()
        ));
    }
    // SAFETY: a live element; the old children die when they are gone from it.
    unsafe {
        put(&raw mut (*raw(v)).tag, tag);
        put(text_place(v, false), part("text").unwrap_or_else(Ref::none));
        put(text_place(v, true), part("tail").unwrap_or_else(Ref::none));
        heap::clear_field(&raw mut (*raw(v)).attrib);
        if let Some(d) = attrib {
            put(&raw mut (*raw(v)).attrib, d);
        }
        let old = std::mem::replace(children(v), all);
        drop(old);
    }
    Ok(Ref::none())
}
fn sizeof(v: Value) -> PyResult {
    // SAFETY: a live element.
    let room = unsafe { children(v).capacity() };
    Ok(Ref::int(v.ty().tp_basicsize as i64 + room as i64 * 8))
}
fn repr(v: Value) -> PyResult {
    if repr_enter(v) {
        return Err(raise!(
            RuntimeError,
            "reentrant call inside {}.__repr__",
            v.ty().message_name()
        ));
    }
    let shown = repr_text(tag(v).value());
    repr_leave(v);
    Ok(str::new(&format!(
        "<{} {} at {:#x}>",
        v.ty().name(),
        shown?,
        ops::id(v)
    )))
}
