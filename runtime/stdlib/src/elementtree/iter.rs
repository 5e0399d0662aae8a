//! `Element.iter` and `Element.itertext`: a walk in document order.

use super::element;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_exact, eq_fast};
use pyrs_object::{PyResult, Ref, Value, ValueExt, gc, heap, iterobject, ops, py_type, ty};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub(super) struct ElementIter {
    pub ob_base: PyObject,
    /// Where the walk starts; empty once it has.
    root: Value,
    tag: Value,
    text: bool,
    /// The open elements and how many children of each were visited.
    parents: Vec<(Ref, usize)>,
}
py_type! {
    pub(super) static ElementIter_Type: ElementIter = "_elementtree._element_iterator" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_iter: iterobject::self_iter, tp_iternext: next }
    }
}

/// A walk over `root` and what is below it: the elements with `tag` (all if that is None), or their inner text.
pub(super) fn new(root: Value, tag: Value, text: bool) -> Ref {
    let p = alloc_exact::<ElementIter>(ty!(ElementIter_Type));
    // SAFETY: a fresh instance, all of whose fields are written.
    unsafe {
        (*p).root = Ref::new(root).into_value();
        (*p).tag = Ref::new(tag).into_value();
        (*p).text = text;
        (&raw mut (*p).parents).write(Vec::with_capacity(8));
        gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        clear(o);
        std::ptr::drop_in_place(&raw mut (*o.cast::<ElementIter>()).parents);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        let it = o.cast::<ElementIter>();
        let parents = &(*it).parents;
        for v in [(*it).root, (*it).tag]
            .into_iter()
            .chain(parents.iter().map(|p| p.0.value()))
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
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live or dying instance; the fields are empty before their objects may die.
    unsafe {
        let it = o.cast::<ElementIter>();
        heap::clear_field(&raw mut (*it).root);
        heap::clear_field(&raw mut (*it).tag);
        drop(std::mem::take(&mut (*it).parents));
    }
    0
}

/// The next element of the walk with the end of an element's text behind it: `(element, left)`.
fn advance(it: *mut ElementIter) -> Option<(Ref, bool)> {
    // SAFETY: a live iterator; no Python code runs while its stack is borrowed.
    unsafe {
        let parents = &mut (*it).parents;
        if let Some((parent, visited)) = parents.last_mut() {
            if let Some(child) = element::child(parent.value(), *visited) {
                *visited += 1;
                parents.push((child.clone(), 0));
                return Some((child, false));
            }
            return parents.pop().map(|(parent, _)| (parent, true));
        }
        let root = std::mem::replace(&mut (*it).root, Value::EMPTY);
        root.non_empty().map(|root| {
            let root = Ref::from_owned(root);
            parents.push((root.clone(), 0));
            (root, false)
        })
    }
}
fn next(v: Value) -> PyResult<Option<Ref>> {
    let it = v.as_ptr().cast::<ElementIter>();
    while let Some((found, left)) = advance(it) {
        // SAFETY: a live iterator.
        let (want_text, tag, inner) = unsafe { ((*it).text, (*it).tag, !(*it).parents.is_empty()) };
        if want_text {
            // The tail of the element that the walk started from is not its inner text.
            let text = if !left {
                element::text(found.value())
            } else if inner {
                element::tail(found.value())
            } else {
                continue;
            };
            if !text.is_none() && ops::is_true(text.value())? {
                return Ok(Some(text));
            }
        } else if !left {
            if tag.is_none() {
                return Ok(Some(found));
            }
            let (tag, own) = (Ref::new(tag), element::tag(found.value()));
            if eq_fast(own.value(), tag.value())? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}
