//! What the object layer needs from layers above it (interpreter, imports, warnings), installed once at start.

use crate::{Args, PyResult, Ref, Type, Value};

/// Proof that a native recursion level was entered; leaves it when dropped.
pub struct NativeGuard(());

impl NativeGuard {
    /// For the installer of [`Hooks::enter`].
    pub fn entered() -> NativeGuard {
        NativeGuard(())
    }
}
impl Drop for NativeGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the current thread state is valid while the GIL is held.
        unsafe { (*crate::thread::current()).c.native_depth -= 1 }
    }
}

/// Proof that a level was entered that counts as a Python frame does; leaves it when dropped.
pub struct CountedGuard(());

impl Drop for CountedGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the current thread state is valid while the GIL is held.
        unsafe { (*crate::thread::current()).c.recursion_remaining += 1 }
    }
}

pub struct Hooks {
    /// Calls a Python function object.
    pub call_function: fn(Value, Args<'_>) -> PyResult,
    /// Raises `RecursionError` when native nesting has reached its limit.
    pub check_native_depth: fn() -> PyResult<()>,
    /// Does some work on a stack that has room for it.
    pub with_stack: fn(&mut dyn FnMut()),
    /// `warnings.warn(message, category, stacklevel)`.
    pub warn: fn(Type, &str, usize) -> PyResult<()>,
    /// `sys.unraisablehook`.
    pub write_unraisable: fn(Ref, &str, Value),
    /// `importlib.import_module(name)`.
    pub import: fn(&str) -> PyResult,
    /// `sys.modules`'s entry or attribute `sys.name`.
    pub sys_attr: fn(&str) -> Option<Ref>,
    /// The globals of the running Python frame (`__module__` of a new class); `None` without one.
    pub caller_globals: fn() -> Option<Ref>,
    /// What zero-argument `super()` means in the running frame: its `__class__` and first argument.
    pub super_frame_args: fn() -> PyResult<(Ref, Ref)>,
    /// The code of a frame object; no audit event is told.
    pub frame_code: fn(Value) -> PyResult,
    /// The docstring of a code object, or None.
    pub code_doc: fn(Value) -> Ref,
    /// A type that had a version tag lost it: inline caches and compiled code that rely on it are dropped.
    pub type_modified: fn(Type),
}

impl Hooks {
    /// Enters one level of native recursion (repr of nested containers, comparisons, callbacks).
    #[inline]
    pub fn enter_native(&self) -> PyResult<NativeGuard> {
        let here = 0u8;
        let here = &raw const here as usize;
        // SAFETY: the current thread state is valid while the GIL is held.
        unsafe {
            let ts = crate::thread::current();
            (*ts).c.native_depth += 1;
            let guard = NativeGuard::entered();
            let deep = (*ts).c.native_depth > (*ts).c.recursion_remaining;
            if deep || !(*ts).safe_stack.contains(&here) {
                (self.check_native_depth)()?;
            }
            Ok(guard)
        }
    }
    /// Enters one level of a nest that native code alone walks, which ends where CPython's does: `above` levels count
    /// that were not entered. `place` ends the message.
    #[inline]
    pub fn enter_nested(&self, above: i32, place: &str) -> PyResult<NativeGuard> {
        let guard = self.enter_native()?;
        // SAFETY: the current thread state is valid while the GIL is held.
        let deep = unsafe {
            let ts = crate::thread::current();
            (*ts).c.native_depth + above > (*ts).c.recursion_remaining
        };
        if deep {
            return Err(crate::raise!(
                RecursionError,
                "maximum recursion depth exceeded{place}"
            ));
        }
        Ok(guard)
    }
    /// Enters one level of what CPython counts against the recursion limit as it counts Python frames; `place` ends the
    /// message.
    #[inline]
    pub fn enter_counted(&self, place: &str) -> PyResult<CountedGuard> {
        let here = 0u8;
        let here = &raw const here as usize;
        // SAFETY: the current thread state is valid while the GIL is held.
        unsafe {
            let ts = crate::thread::current();
            if (*ts).c.recursion_remaining <= 0 {
                return Err(crate::raise!(
                    RecursionError,
                    "maximum recursion depth exceeded{place}"
                ));
            }
            (*ts).c.recursion_remaining -= 1;
            let guard = CountedGuard(());
            if !(*ts).safe_stack.contains(&here) {
                (self.check_native_depth)()?;
            }
            Ok(guard)
        }
    }
    /// Enters one level of a comparison.
    #[inline]
    pub fn enter_compare(&self) -> PyResult<CountedGuard> {
        self.enter_counted(" in comparison")
    }
    /// Does what calls itself through other native code, on more stack where that gets low. Such nests end with the objects they
    /// are made of; CPython does not count them.
    #[inline(always)]
    pub fn with_room<R>(&self, work: impl FnOnce() -> R) -> R {
        let here = 0u8;
        // SAFETY: the current thread state is valid while the GIL is held.
        let safe = unsafe { &(*crate::thread::current()).safe_stack };
        if safe.contains(&(&raw const here as usize)) {
            return work();
        }
        let (mut work, mut result) = (Some(work), None);
        (self.with_stack)(&mut || result = work.take().map(|work| work()));
        match result {
            Some(r) => r,
            None => unreachable!("the hook does the work once"),
        }
    }
}

static mut HOOKS: Hooks = Hooks {
    call_function: |_, _| Err(crate::raise!(SystemError, "no interpreter is installed")),
    check_native_depth: || Ok(()),
    with_stack: |work| work(),
    warn: |_, _, _| Ok(()),
    write_unraisable: |_, _, _| {},
    import: |name| {
        Err(crate::raise!(
            ImportError,
            "no import system is installed (importing {name})"
        ))
    },
    sys_attr: |_| None,
    caller_globals: || None,
    super_frame_args: || Err(crate::raise!(RuntimeError, "super(): no current frame")),
    frame_code: |_| Err(crate::raise!(SystemError, "no interpreter is installed")),
    code_doc: |_| Ref::none(),
    type_modified: |_| {},
};

#[inline(always)]
pub fn hooks() -> &'static Hooks {
    let hooks = &raw const HOOKS;
    // SAFETY: written once by `install_hooks` before any other use.
    unsafe { &*hooks }
}

/// # Safety
/// Called once, before Python code runs and before other threads exist.
pub unsafe fn install_hooks(hooks: Hooks) {
    // SAFETY: by contract.
    unsafe { HOOKS = hooks }
}
