//! The images of the modules that start-up needs, made of the installed library and cached in one mapped file.
//!
//! The file lies beside the user's other caches, keyed by library, bytecode format and `-O` level; each row
//! remembers size and time of its source, and one that does not match makes the whole file anew.

use crate::paths::Layout;
use pyrs_object::{PyResult, raise};
use pyrs_syntax::Mode;
use pyrs_vm::caches;
use pyrs_vm::frozen::Frozen;
use pyrs_vm::source::{self, CompileOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

struct Row {
    name: &'static str,
    file: &'static str,
    origin: &'static str,
    package: bool,
}

const fn row(name: &'static str, file: &'static str) -> Row {
    Row {
        name,
        file,
        origin: name,
        package: false,
    }
}
const fn alias(name: &'static str, file: &'static str, origin: &'static str) -> Row {
    Row {
        name,
        file,
        origin,
        package: false,
    }
}
const fn package(name: &'static str, file: &'static str, origin: &'static str) -> Row {
    Row {
        name,
        file,
        origin,
        package: true,
    }
}

/// What the import system itself is made of comes first.
const ROWS: &[Row] = &[
    alias(
        "_frozen_importlib",
        "importlib/_bootstrap.py",
        "importlib._bootstrap",
    ),
    alias(
        "_frozen_importlib_external",
        "importlib/_bootstrap_external.py",
        "importlib._bootstrap_external",
    ),
    row("zipimport", "zipimport.py"),
    row("abc", "abc.py"),
    row("codecs", "codecs.py"),
    row("io", "io.py"),
    row("_collections_abc", "_collections_abc.py"),
    row("_sitebuiltins", "_sitebuiltins.py"),
    row("genericpath", "genericpath.py"),
    row("ntpath", "ntpath.py"),
    row("posixpath", "posixpath.py"),
    alias("os.path", "posixpath.py", "posixpath"),
    row("os", "os.py"),
    row("site", "site.py"),
    row("stat", "stat.py"),
    row("importlib.util", "importlib/util.py"),
    row("importlib.machinery", "importlib/machinery.py"),
    row("runpy", "runpy.py"),
    package("encodings", "encodings/__init__.py", "encodings"),
    row("encodings.aliases", "encodings/aliases.py"),
    row("encodings.utf_8", "encodings/utf_8.py"),
    row("__hello__", "__hello__.py"),
    alias("__hello_alias__", "__hello__.py", "__hello__"),
    package("__phello_alias__", "__hello__.py", "__hello__"),
    alias("__phello_alias__.spam", "__hello__.py", "__hello__"),
    package("__phello__", "__phello__/__init__.py", "__phello__"),
    alias(
        "__phello__.__init__",
        "__phello__/__init__.py",
        "<__phello__",
    ),
    package(
        "__phello__.ham",
        "__phello__/ham/__init__.py",
        "__phello__.ham",
    ),
    alias(
        "__phello__.ham.__init__",
        "__phello__/ham/__init__.py",
        "<__phello__.ham",
    ),
    row("__phello__.ham.eggs", "__phello__/ham/eggs.py"),
    row("__phello__.spam", "__phello__/spam.py"),
];
/// How many of [`ROWS`] are needed before modules can be searched for.
const BOOTSTRAP: usize = 3;

/// Per row: size, modification time in seconds and nanoseconds of the source, offset and length of the image.
const FIELDS: usize = 5;
const ROW_BYTES: usize = FIELDS * 8;

/// Makes the frozen modules known. A missing file of a module other than the bootstrap ones is left out.
pub(crate) fn install(layout: &Layout, enabled: bool) -> PyResult<()> {
    let file = cache_file(layout);
    if let Some(map) = file.as_deref().and_then(caches::map)
        && let Some(table) = table(map, Some(layout))
    {
        pyrs_vm::frozen::install(table, enabled);
        return Ok(());
    }
    let made = make(layout)?;
    if let Some(file) = &file {
        caches::store(file, &made);
    }
    let table = table(Vec::leak(made), None)
        .ok_or_else(|| raise!(SystemError, "frozen modules cannot be read back"))?;
    pyrs_vm::frozen::install(table, enabled);
    Ok(())
}

fn cache_file(layout: &Layout) -> Option<PathBuf> {
    use std::hash::{Hash, Hasher};
    let mut h = std::collections::hash_map::DefaultHasher::new();
    (&layout.stdlib, source::default_optimize()).hash(&mut h);
    let name = format!("start-{}-{:016x}", pyrs_vm::code::format_tag(), h.finish());
    Some(caches::folder()?.join(name))
}

/// Size and time of a source; zeros if there is none.
fn stamp(path: &Path) -> [u64; 3] {
    match std::fs::metadata(path) {
        Ok(m) => [m.size(), m.mtime() as u64, m.mtime_nsec() as u64],
        Err(_) => [0; 3],
    }
}

fn make(layout: &Layout) -> PyResult<Vec<u8>> {
    let mut head = Vec::new();
    let mut images = Vec::new();
    for (at, row) in ROWS.iter().enumerate() {
        let path = layout.stdlib.join(row.file);
        let stamp = stamp(&path);
        let image = match std::fs::read(&path) {
            Ok(text) => {
                let shown = format!("<frozen {}>", row.origin.trim_start_matches('<'));
                let options = CompileOptions {
                    filename: &shown,
                    flags: 0,
                    optimize: -1,
                };
                pyrs_bytecode::encode(&source::compile_unit(&text, Mode::Exec, &options)?)
            }
            Err(e) if at < BOOTSTRAP => {
                return Err(raise!(ImportError, "cannot read {}: {e}", path.display()));
            }
            Err(_) => Vec::new(),
        };
        let offset = (ROWS.len() * ROW_BYTES + images.len()) as u64;
        for n in stamp.into_iter().chain([offset, image.len() as u64]) {
            head.extend(n.to_le_bytes());
        }
        images.extend(image);
    }
    head.extend(images);
    Ok(head)
}

/// The rows of a cache; `None` if it is damaged or (if `layout` is given) older than the library.
fn table(bytes: &'static [u8], layout: Option<&Layout>) -> Option<Vec<Frozen>> {
    let mut table = Vec::with_capacity(ROWS.len());
    for (at, row) in ROWS.iter().enumerate() {
        let fields = bytes.get(at * ROW_BYTES..(at + 1) * ROW_BYTES)?;
        let mut numbers = [0u64; FIELDS];
        for (n, raw) in numbers.iter_mut().zip(fields.as_chunks::<8>().0) {
            *n = u64::from_le_bytes(*raw);
        }
        let [size, seconds, nanoseconds, offset, length] = numbers;
        // Rows that share a file need one look.
        let repeated = at > 0 && ROWS[at - 1].file == row.file;
        if let Some(layout) = layout
            && !repeated
            && stamp(&layout.stdlib.join(row.file)) != [size, seconds, nanoseconds]
        {
            return None;
        }
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        let image = bytes.get(start..end)?;
        if !image.is_empty() {
            table.push(Frozen {
                name: row.name,
                origin: row.origin,
                package: row.package,
                bootstrap: at < BOOTSTRAP,
                image,
            });
        }
    }
    Some(table)
}
