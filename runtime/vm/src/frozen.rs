//! Frozen modules: those that start-up needs, so that they come without a search of `sys.path`.
//!
//! CPython has their code in its binary. pyrs has no copy of the library; the executable's start-up code makes images of the
//! installed files, caches them in one file, and installs them here. `_imp` shows them to `importlib`.

use pyrs_object::{PyResult, raise};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// A frozen module.
pub struct Frozen {
    pub name: &'static str,
    /// The name of the module whose file it is; a leading `<` marks the `__init__` of a package.
    pub origin: &'static str,
    pub package: bool,
    /// Needed before modules can be searched for, so that `-X frozen_modules=off` does not hide it.
    pub bootstrap: bool,
    /// What `pyrs_bytecode::encode` gave.
    pub image: &'static [u8],
}

static TABLE: OnceLock<Vec<Frozen>> = OnceLock::new();
/// `-X frozen_modules`: whether modules beside the bootstrap ones are shown.
static ENABLED: AtomicI32 = AtomicI32::new(1);
/// `_imp._override_frozen_modules_for_tests`: positive and negative win over [`ENABLED`].
static OVERRIDE: AtomicI32 = AtomicI32::new(0);

/// Installs the table; later calls are ignored.
pub fn install(table: Vec<Frozen>, enabled: bool) {
    let _ = TABLE.set(table);
    ENABLED.store(i32::from(enabled), Ordering::Relaxed);
}
pub fn set_override(n: i32) {
    OVERRIDE.store(n, Ordering::Relaxed);
}

pub fn all() -> &'static [Frozen] {
    TABLE.get().map_or(&[], Vec::as_slice)
}

/// The module, unless frozen modules are switched off.
pub fn find(name: &str) -> Option<&'static Frozen> {
    let shown = match OVERRIDE.load(Ordering::Relaxed) {
        0 => ENABLED.load(Ordering::Relaxed) != 0,
        n => n > 0,
    };
    all()
        .iter()
        .find(|f| f.name == name && (shown || f.bootstrap))
}

/// Its code object.
pub fn code(f: &Frozen) -> PyResult {
    crate::code::from_own_image(f.image)
}

/// The code object of an image that somebody else brings.
pub fn code_of(image: &[u8]) -> PyResult {
    if image.is_empty() {
        return Err(raise!(ValueError, "bad marshal data (no code)"));
    }
    crate::code::from_image(image.to_vec())
}
