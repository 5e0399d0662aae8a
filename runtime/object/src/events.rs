//! Audit events (PEP 578): what a program does is told to the hooks, which may forbid it by raising.
//!
//! [`audit!`](crate::audit!) stands where an event happens. While nobody listens it tests a flag; its arguments are made only for
//! those who do.

use crate::{PyResult, Raised, Ref, Value, ValueExt, errors, intern, ops, str, thread, tuple};
use std::cell::UnsafeCell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};

/// A hook in C: its event, its arguments (a tuple) and what it was added with.
pub type CHook =
    unsafe extern "C" fn(*const c_char, *mut pyrs_layout::PyObject, *mut c_void) -> c_int;

struct Hooks {
    c: Vec<(CHook, *mut c_void)>,
    /// Called behind those of C, in the order in which they were added. The collector does not know them.
    python: Vec<Ref>,
}
struct Cell(UnsafeCell<Hooks>);
// SAFETY: used under the GIL.
unsafe impl Sync for Cell {}
static HOOKS: Cell = Cell(UnsafeCell::new(Hooks {
    c: Vec::new(),
    python: Vec::new(),
}));
/// # Safety
/// The GIL is held, and nothing else runs while the reference lives.
unsafe fn hooks<'a>() -> &'a mut Hooks {
    // SAFETY: by contract.
    unsafe { &mut *HOOKS.0.get() }
}
static LISTENING: AtomicBool = AtomicBool::new(false);

/// Whether there are hooks.
#[inline(always)]
pub fn listening() -> bool {
    LISTENING.load(Ordering::Relaxed)
}

/// Tells the hooks of an event: `audit!("os.kill", pid, signal)?`. The arguments are [`Argument`]s.
#[macro_export]
macro_rules! audit {
    ($event:expr $(, $argument:expr)* $(,)?) => {
        if $crate::events::listening() {
            $crate::events::tell($event, vec![$($crate::events::Argument::to_object($argument)),*])
        } else {
            Ok(())
        }
    };
}

/// What an event can have as an argument.
pub trait Argument {
    fn to_object(self) -> Ref;
}
impl Argument for Ref {
    fn to_object(self) -> Ref {
        self
    }
}
impl Argument for &Ref {
    fn to_object(self) -> Ref {
        self.clone()
    }
}
/// Nothing is None.
impl Argument for Value {
    fn to_object(self) -> Ref {
        self.non_empty().map_or_else(Ref::none, Ref::new)
    }
}
impl Argument for &str {
    fn to_object(self) -> Ref {
        str::new(self)
    }
}
macro_rules! numbers {
    ($($t:ty)*) => { $(impl Argument for $t {
        fn to_object(self) -> Ref {
            Ref::int(i64::from(self))
        }
    })* };
}
numbers!(i64 i32 u32);

/// See [`audit!`](crate::audit!).
#[cold]
#[inline(never)]
pub fn tell(event: &str, arguments: Vec<Ref>) -> PyResult<()> {
    tell_objects(
        str::intern(event).value(),
        tuple::from_vec(arguments).value(),
    )
}

/// Tells the hooks of an event: a str and a tuple. An error that is set stays set unless a hook raises.
#[cold]
pub fn tell_objects(event: Value, arguments: Value) -> PyResult<()> {
    let pending = errors::occurred().then(errors::take);
    tell_c(event, arguments)?;
    tell_python(event, arguments)?;
    if let Some(e) = pending {
        let _ = errors::restore(e);
    }
    Ok(())
}

fn tell_c(event: Value, arguments: Value) -> PyResult<()> {
    let mut n = 0;
    // SAFETY: GIL; the list may grow while a hook runs, so it is not held.
    while let Some((hook, data)) = unsafe { hooks().c.get(n).copied() } {
        n += 1;
        let name = CString::new(str::to_string_lossy(event)).unwrap_or_default();
        let arguments = crate::boundary::to_c(Ref::new(arguments));
        // SAFETY: the hook's contract; the tuple is owned here meanwhile.
        let r = unsafe {
            let r = hook(name.as_ptr(), arguments, data);
            crate::heap::decref_ptr(arguments);
            r
        };
        if r < 0 {
            return Err(errors::from_c_null());
        }
    }
    Ok(())
}

/// While one exists, nothing is traced or profiled.
struct Untraced;
impl Untraced {
    fn new() -> Untraced {
        // SAFETY: the current thread state is valid.
        unsafe { thread::enter_tracing(thread::current()) }
        Untraced
    }
}
impl Drop for Untraced {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { thread::leave_tracing(thread::current()) }
    }
}

fn tell_python(event: Value, arguments: Value) -> PyResult<()> {
    let mut n = 0;
    let _untraced = Untraced::new();
    // SAFETY: as `tell_c`.
    while let Some(hook) = unsafe { hooks().python.get(n).cloned() } {
        n += 1;
        let traced = match ops::getattr_opt(hook.value(), intern!("__cantrace__"))? {
            Some(v) => ops::is_true(v.value())?,
            None => false,
        };
        let call = || ops::call(hook.value(), &[event, arguments]);
        if traced {
            // SAFETY: the current thread state is valid.
            unsafe { thread::leave_tracing(thread::current()) }
            let r = call();
            // SAFETY: as above.
            unsafe { thread::enter_tracing(thread::current()) }
            r?;
        } else {
            call()?;
        }
    }
    Ok(())
}

/// Adds a hook for good, unless one of those before raises: `Ok(false)` if that was an error of the class that means no.
pub fn add(hook: Ref) -> PyResult<bool> {
    if may_add(crate::exceptions::Exception)? {
        // SAFETY: GIL.
        unsafe { hooks().python.push(hook) }
        LISTENING.store(true, Ordering::Relaxed);
        return Ok(true);
    }
    Ok(false)
}
/// [`add`] for C, to which only a `RuntimeError` means no.
pub fn add_c(hook: CHook, data: *mut c_void) -> PyResult<bool> {
    if may_add(crate::exceptions::RuntimeError)? {
        // SAFETY: GIL.
        unsafe { hooks().c.push((hook, data)) }
        LISTENING.store(true, Ordering::Relaxed);
        return Ok(true);
    }
    Ok(false)
}
fn may_add(no: crate::Type) -> PyResult<bool> {
    let told: Result<(), Raised> = audit!("sys.addaudithook");
    match told {
        Ok(()) => Ok(true),
        Err(_) if errors::take_if(no) => Ok(false),
        Err(e) => Err(e),
    }
}

/// The end of the program: Python's hooks go, then C's.
pub fn clear() {
    if !listening() {
        return;
    }
    // SAFETY: GIL; what dies may run code, so the list is empty before.
    let python = unsafe { std::mem::take(&mut hooks().python) };
    drop(python);
    if audit!("cpython._PySys_ClearAuditHooks").is_ok() {
        // SAFETY: GIL.
        unsafe { hooks().c.clear() }
        LISTENING.store(false, Ordering::Relaxed);
    } else {
        errors::clear();
    }
}
