//! Heap, cycle collector, types, slots, attributes and the core types.
//!
//! Start with `pyrs_layout::Value` (what a register holds), then [`refs`] (who owns), [`native`] (how a type
//! is declared), [`ops`] (the abstract operations). Each core type has a file or folder of its own. Everything here
//! runs under the GIL; there is one set of static types per process.

pub use pyrs_layout as layout;
pub use pyrs_layout::{CmpOp, Value};

mod args;
pub mod audit;
pub mod boundary;
pub mod errors;
pub mod gc;
pub mod heap;
mod hooks;
#[macro_use]
pub mod native;
pub mod ops;
pub mod pages;
mod refs;
pub mod runtime;
pub mod shape;
pub mod singletons;
pub mod statics;
pub mod thread;
mod typ;

pub use args::{Args, Signature, check_positional};
pub use hooks::{Hooks, NativeGuard, hooks, install_hooks};
pub use refs::{PyResult, Raised, Ref};
pub use typ::{Type, ValueExt};

// The core types.
pub mod bool;
pub mod bytearray;
pub mod bytes;
pub mod capsule;
pub mod cell;
pub mod cfunction;
pub mod codec;
pub mod complex;
pub mod descr;
pub mod dict;
pub mod enumobject;
pub mod events;
pub mod exceptions;
pub mod float;
pub mod function;
pub mod genericalias;
pub mod int;
pub mod iterobject;
pub mod list;
pub mod machine_items;
pub mod mappingproxy;
pub mod memory;
pub mod method;
pub mod module;
pub mod namespace;
pub mod none;
pub mod range;
pub mod set;
pub mod slice;
pub mod str;
pub mod structseq;
pub mod superobject;
pub mod traceback;
pub mod tracemalloc;
pub mod tuple;
pub mod typeobject;
pub mod union;
pub mod weakref;

/// An immortal interned str for a literal, made once: `intern!("__init__")` is a [`Value`].
#[macro_export]
macro_rules! intern {
    ($text:literal) => {{
        static CACHE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let bits = CACHE.load(std::sync::atomic::Ordering::Relaxed);
        if bits != 0 {
            $crate::Value::from_bits(bits)
        } else {
            let v = $crate::str::intern_immortal($text);
            CACHE.store(v.bits(), std::sync::atomic::Ordering::Relaxed);
            v
        }
    }};
}

/// Holds what the GIL holds elsewhere: tests of one process run in threads, and objects, tables and shapes belong to one at a time.
#[cfg(test)]
pub(crate) fn test_gil() -> std::sync::MutexGuard<'static, ()> {
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    LOCK.lock().unwrap_or_else(|e| e.into_inner())
}
