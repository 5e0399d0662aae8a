//! `_sre.SRE_Scanner`: matches one after the other, behind `finditer` and `Pattern.scanner`.

use super::matched;
use super::object;
use super::pattern::{self, with_context};
use super::subject::{Text, clamp};
use pyrs_layout::{PyObject, membertype};
use pyrs_object::{PyResult, Ref, Value, gc, heap, members, methods, py_type, ty};
use pyrs_sre::{Mode, Scanner, State};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

struct Position {
    scanner: Scanner,
    text: Text,
    state: State,
    pos: usize,
    endpos: usize,
}

#[repr(C)]
pub(super) struct ScannerObject {
    ob_base: PyObject,
    pattern: *mut PyObject,
    string: *mut PyObject,
    position: *mut Position,
}

methods! { static METHODS = [
    "match" NOARGS scanner_match, "match($self, /)\n--\n\n";
    "search" NOARGS scanner_search, "search($self, /)\n--\n\n";
] }
members! { static MEMBERS = [
    "pattern" OBJECT, offset_of!(ScannerObject, pattern), membertype::READONLY, "";
] }
py_type! {
    /// `_sre.SRE_Scanner`.
    pub(super) static SreScanner_Type: ScannerObject = "_sre.SRE_Scanner" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: dealloc, tp_traverse: traverse }
        methods: METHODS;
        members: MEMBERS;
    }
}

pub(super) fn new(pattern: Value, string: Value, pos: isize, endpos: isize) -> PyResult {
    let text = Text::for_pattern(string, pattern::get(pattern))?;
    let (pos, endpos) = clamp(pos, endpos, text.len());
    let position = Position {
        scanner: Scanner::new(pos, endpos),
        text,
        state: State::new(),
        pos,
        endpos,
    };
    let o = heap::alloc_zeroed(ty!(SreScanner_Type), size_of::<ScannerObject>());
    // SAFETY: a new object; the fields get counts of their own.
    unsafe {
        let s = o.cast::<ScannerObject>();
        (*s).pattern = Ref::new(pattern).into_ptr();
        (*s).string = Ref::new(string).into_ptr();
        (*s).position = Box::into_raw(Box::new(position));
        gc::track(o);
        Ok(Ref::from_owned_ptr(o))
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead scanner owns its fields; the buffer goes before the object it belongs to.
    unsafe {
        gc::untrack(o);
        let s = o.cast::<ScannerObject>();
        let position = std::mem::replace(&mut (*s).position, std::ptr::null_mut());
        if !position.is_null() {
            drop(Box::from_raw(position));
        }
        heap::clear_field(&raw mut (*s).pattern);
        heap::clear_field(&raw mut (*s).string);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let s = o.cast::<ScannerObject>();
    // SAFETY: called by the collector for a live scanner.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*s).pattern),
            Value::from_object((*s).string)
        )
    }
}

fn next(v: Value, mode: Mode) -> PyResult {
    // SAFETY: methods are called with instances only; the fields live as long as it does.
    let (s, position) = unsafe {
        let s = &*object::<ScannerObject>(v);
        (s, s.position)
    };
    let pattern = Value::from_object(s.pattern);
    // A signal handler that runs during the match may use this scanner: it works on copies of its own.
    // SAFETY: under the GIL; the borrow ends before any Python code runs.
    let (mut scanner, mut state) =
        unsafe { ((*position).scanner, std::mem::take(&mut (*position).state)) };
    let found = with_context(|context| {
        // SAFETY: the text is never replaced while the scanner lives.
        let text = unsafe { &(*position).text };
        scanner.next(
            &mut state,
            pattern::get(pattern).program(),
            text.subject(),
            mode,
            context,
        )
    });
    // SAFETY: as above.
    unsafe {
        let p = &mut *position;
        p.scanner = scanner;
        let result = found.map(|found| {
            if found {
                matched::new(
                    pattern,
                    Value::from_object(s.string),
                    &state,
                    p.pos,
                    p.endpos,
                )
            } else {
                Ref::none()
            }
        });
        p.state = state;
        result
    }
}
fn scanner_match(v: Value) -> PyResult {
    next(v, Mode::Match)
}
fn scanner_search(v: Value) -> PyResult {
    next(v, Mode::Search)
}
