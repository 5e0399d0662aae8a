//! What pyrs keeps between runs for itself: the images of the modules that start-up needs (`frozen.rs` of the program) and code
//! of imported files that may not have a `.pyc` file.
//!
//! Where `PYTHONDONTWRITEBYTECODE` or `-B` forbids those, or the folder cannot be written, CPython reads the files that pip
//! has left there. They are of no use to pyrs, which would compile all of a large package at each start. So code that was
//! compiled then is kept in the user's cache folder, found by what the source says: it cannot be out of date.

use crate::source::{self, CompileOptions};
use crate::{code, import};
use pyrs_object::{PyResult, Ref, ValueExt, errors, ops};
use pyrs_syntax::Mode;
use std::collections::VecDeque;
use std::fs::{DirBuilder, File, FileTimes, Metadata};
use std::hash::Hasher;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Code that nobody has asked for so long is removed.
const KEPT: Duration = Duration::from_secs(60 * DAY.as_secs());
/// How old code is when being asked for makes it young again.
const RENEWED: Duration = Duration::from_secs(20 * DAY.as_secs());
/// One new file in so many looks for old ones.
const SWEEP_EVERY: u64 = 256;

/// The folder: `PYRS_CACHE`, or `pyrs` in `XDG_CACHE_HOME` or `~/.cache`. None if `PYRS_CACHE` is 0 or there is no home.
pub fn folder() -> Option<PathBuf> {
    match std::env::var_os("PYRS_CACHE").filter(|v| !v.is_empty()) {
        Some(v) if v == "0" => return None,
        Some(v) => return Some(v.into()),
        None => {}
    }
    let of_user = std::env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty());
    let dir = of_user.map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME").filter(|v| !v.is_empty())?;
        Some(PathBuf::from(home).join(".cache"))
    })?;
    Some(dir.join("pyrs"))
}

/// Maps a file of this user for the rest of the process's life. Caches are replaced by renaming, never written to.
pub fn map(path: &Path) -> Option<&'static [u8]> {
    let file = File::open(path).ok()?;
    mapped(&file, &file.metadata().ok()?)
}

fn mapped(file: &File, about: &Metadata) -> Option<&'static [u8]> {
    let size = usize::try_from(about.len()).ok()?;
    // SAFETY: no preconditions.
    if size == 0 || about.uid() != unsafe { libc::geteuid() } {
        return None;
    }
    // SAFETY: a new private mapping of an open file, never unmapped.
    unsafe {
        let p = libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_READ,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        );
        if p == libc::MAP_FAILED {
            return None;
        }
        Some(std::slice::from_raw_parts(p.cast(), size))
    }
}

/// A cache that cannot be written is no error: the next start does the work again.
pub fn store(file: &Path, bytes: &[u8]) {
    let Some(dir) = file.parent() else { return };
    if DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .is_ok()
    {
        let temporary = file.with_extension(format!("{}.tmp", std::process::id()));
        if std::fs::write(&temporary, bytes).is_ok() {
            let _ = std::fs::rename(&temporary, file);
        }
    }
}

/// The code that an earlier run has kept at a place.
pub(crate) fn kept_code(place: &Path) -> Option<Ref> {
    let image = kept(place)?;
    match code::from_own_image(image) {
        Ok(found) => {
            rest(image);
            Some(found)
        }
        // Damaged: it is made again.
        Err(_) => {
            errors::clear();
            None
        }
    }
}

/// Gives the pages of the image that was found a few modules ago back to the system, now that its module has run. Most of
/// its functions are never called; those that are get their pages from the system's cache again.
fn rest(image: &'static [u8]) {
    static AWAKE: Mutex<VecDeque<&'static [u8]>> = Mutex::new(VecDeque::new());
    const MOST_AWAKE: usize = 8;
    let mut awake = AWAKE.lock().unwrap_or_else(|e| e.into_inner());
    awake.push_back(image);
    if awake.len() > MOST_AWAKE
        && let Some(old) = awake.pop_front()
    {
        // SAFETY: a private mapping of a file that is never written to keeps what it shows.
        unsafe {
            libc::madvise(
                old.as_ptr().cast_mut().cast(),
                old.len(),
                libc::MADV_DONTNEED,
            )
        };
    }
}

/// Compiles the source of a module that is being imported, and keeps the code at its place.
pub(crate) fn compile_imported(
    text: &[u8],
    options: &CompileOptions<'_>,
    place: Option<&Path>,
) -> PyResult {
    let Some(place) = place else {
        return source::compile(text, Mode::Exec, options);
    };
    let warnings = source::warnings_shown();
    let made = source::compile(text, Mode::Exec, options)?;
    // What warns does so each time.
    if warnings == source::warnings_shown() {
        match code::serialise(made.value()) {
            Ok(image) => store(place, &image),
            Err(_) => errors::clear(),
        }
        if place
            .as_os_str()
            .as_bytes()
            .iter()
            .map(|b| u64::from(*b))
            .sum::<u64>()
            % SWEEP_EVERY
            == 0
        {
            sweep(place);
        }
    }
    Ok(made)
}

/// Where the code of a source is kept, if it is.
pub(crate) fn place(text: &[u8], options: &CompileOptions<'_>) -> Option<PathBuf> {
    let path = Path::new(options.filename);
    if !path.is_absolute() || !import::in_progress() || has_file_of_its_own(path) {
        return None;
    }
    let mut hash = std::hash::DefaultHasher::new();
    hash.write(options.filename.as_bytes());
    hash.write_u8(0);
    hash.write_i32(match options.optimize {
        -1 => source::default_optimize(),
        level => level,
    });
    hash.write_u64(pyrs_bytecode::checksum(text));
    let name = format!("{:016x}-{:x}", hash.finish(), text.len());
    let folder = folder()?.join(format!("code-{}", code::format_tag()));
    Some(folder.join(name))
}

/// Whether importlib may write a `.pyc` file for the source.
fn has_file_of_its_own(path: &Path) -> bool {
    let forbidden = import::sys_attr("dont_write_bytecode");
    if forbidden.is_some_and(|v| ops::is_true(v.value()).unwrap_or(false)) {
        return false;
    }
    if import::sys_attr("pycache_prefix").is_some_and(|v| !v.is_none()) {
        return true;
    }
    let Some(dir) = path.parent() else {
        return true;
    };
    let beside = dir.join("__pycache__");
    let dir = if beside.is_dir() { &*beside } else { dir };
    let Ok(dir) = std::ffi::CString::new(dir.as_os_str().as_bytes()) else {
        return true;
    };
    // SAFETY: a terminated path.
    unsafe { libc::access(dir.as_ptr(), libc::W_OK) == 0 }
}

/// The image at a place, which has been asked for now.
fn kept(place: &Path) -> Option<&'static [u8]> {
    let file = File::open(place).ok()?;
    let about = file.metadata().ok()?;
    let age = about.modified().ok()?.elapsed();
    if age.is_ok_and(|age| age > RENEWED) {
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
    }
    mapped(&file, &about)
}

/// Removes what is old, that of other versions of pyrs included.
fn sweep(place: &Path) {
    let Some(root) = place.parent().and_then(Path::parent) else {
        return;
    };
    for folder in std::fs::read_dir(root).into_iter().flatten().flatten() {
        if !folder.file_name().as_bytes().starts_with(b"code-") {
            continue;
        }
        for file in std::fs::read_dir(folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let time = file.metadata().and_then(|m| m.modified());
            if time.is_ok_and(|t| t.elapsed().is_ok_and(|age| age > KEPT)) {
                let _ = std::fs::remove_file(file.path());
            }
        }
        // Only an empty one goes.
        let _ = std::fs::remove_dir(folder.path());
    }
}
