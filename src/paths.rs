//! Where the standard library is: CPython 3.11's library is found at run time, never shipped.

use std::path::{Path, PathBuf};

/// A found installation.
#[derive(Clone, Debug)]
pub struct Layout {
    /// `sys.prefix`: the virtual environment if one is active, else `base_prefix`.
    pub prefix: PathBuf,
    pub base_prefix: PathBuf,
    /// The folder with `os.py`.
    pub stdlib: PathBuf,
    /// The folder with CPython's own extension modules, if there is one.
    pub dynload: Option<PathBuf>,
}

/// What to say when there is no library.
pub const NOT_FOUND: &str = "pyrs: no CPython 3.11 standard library found. Install one (Debian: apt-get install python3.11) or set \
PYRS_HOME to the prefix of an installation, the folder that has lib/python3.11/os.py.";

fn library_under(prefix: &Path) -> Option<PathBuf> {
    let lib = prefix.join("lib/python3.11");
    if lib.join("os.py").is_file() {
        Some(lib)
    } else {
        None
    }
}

/// The `home` of a `pyvenv.cfg`.
fn venv_home(root: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(root.join("pyvenv.cfg")).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "home").then(|| PathBuf::from(value.trim()))
    })
}

/// Finds the library. `environment` is false under `-E` and `-I`.
pub fn find(executable: &Path, environment: bool) -> Option<Layout> {
    let var = |name: &str| {
        if environment {
            std::env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        } else {
            None
        }
    };
    let mut venv = var("VIRTUAL_ENV").filter(|v| v.join("pyvenv.cfg").is_file());
    // The program may go to another folder.
    venv = venv.map(|v| std::path::absolute(&v).unwrap_or(v));
    if venv.is_none()
        && let Some(bin) = executable.parent()
    {
        venv = [Some(bin), bin.parent()]
            .into_iter()
            .flatten()
            .find(|d| d.join("pyvenv.cfg").is_file())
            .map(Path::to_path_buf);
    }
    let mut candidates: Vec<PathBuf> = Vec::new();
    candidates.extend(var("PYRS_HOME"));
    if let Some(home) = var("PYTHONHOME") {
        let text = home.to_string_lossy().into_owned();
        candidates.push(PathBuf::from(text.split(':').next().unwrap_or("")));
    }
    if let Some(home) = venv.as_deref().and_then(venv_home) {
        candidates.extend(home.parent().map(Path::to_path_buf));
    }
    let mut dir = executable.parent();
    while let Some(d) = dir.filter(|d| d.parent().is_some()) {
        candidates.push(d.to_path_buf());
        dir = d.parent();
    }
    candidates.extend(["/usr/local", "/usr", "/opt/python3.11", "/opt/python"].map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        for d in std::env::split_paths(&path) {
            if d.join("python3.11").is_file() {
                candidates.extend(d.parent().map(Path::to_path_buf));
                if let Ok(real) = d.join("python3.11").canonicalize() {
                    candidates.extend(real.parent().and_then(Path::parent).map(Path::to_path_buf));
                }
            }
        }
    }
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from)
        && let Ok(versions) = std::fs::read_dir(home.join(".pyenv/versions"))
    {
        let mut found: Vec<PathBuf> = versions.flatten().map(|e| e.path()).collect();
        found.sort();
        candidates.extend(found.into_iter().rev());
    }
    let (base_prefix, stdlib) = candidates
        .into_iter()
        .find_map(|p| library_under(&p).map(|lib| (p, lib)))?;
    let dynload = Some(stdlib.join("lib-dynload")).filter(|d| d.is_dir());
    Some(Layout {
        prefix: venv.unwrap_or_else(|| base_prefix.clone()),
        base_prefix,
        stdlib,
        dynload,
    })
}
