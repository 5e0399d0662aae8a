//! `_stat`: file modes.

use crate::convert::c_ulong;
use pyrs_object::{PyResult, Ref, Value, methods, module, raise, str};

fn mode(v: Value) -> PyResult<u32> {
    u32::try_from(c_ulong(v)?).map_err(|_| raise!(OverflowError, "mode out of range"))
}
/// Questions about the kind of a file: name and kind (0: never).
macro_rules! kinds {
    ($($name:ident $kind:expr;)*) => { $(
        fn $name(_: Value, v: Value) -> PyResult {
            let m = mode(v)?;
            Ok(Ref::bool($kind != 0 && m & libc::S_IFMT == $kind))
        }
    )* };
}
kinds! {
    is_dir libc::S_IFDIR;
    is_chr libc::S_IFCHR;
    is_blk libc::S_IFBLK;
    is_reg libc::S_IFREG;
    is_fifo libc::S_IFIFO;
    is_lnk libc::S_IFLNK;
    is_sock libc::S_IFSOCK;
    never 0u32;
}
fn imode(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(mode(v)? & 0o7777)))
}
fn ifmt(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(i64::from(mode(v)? & libc::S_IFMT)))
}
fn filemode(_: Value, v: Value) -> PyResult {
    let m = mode(v)?;
    let kind = match m & libc::S_IFMT {
        libc::S_IFREG => '-',
        libc::S_IFDIR => 'd',
        libc::S_IFLNK => 'l',
        libc::S_IFBLK => 'b',
        libc::S_IFCHR => 'c',
        libc::S_IFIFO => 'p',
        libc::S_IFSOCK => 's',
        _ => '?',
    };
    let mut text = String::from(kind);
    for (shift, special, set, unset) in [
        (6, libc::S_ISUID, 's', 'S'),
        (3, libc::S_ISGID, 's', 'S'),
        (0, libc::S_ISVTX, 't', 'T'),
    ] {
        text.push(if m >> shift & 4 != 0 { 'r' } else { '-' });
        text.push(if m >> shift & 2 != 0 { 'w' } else { '-' });
        text.push(match (m & special != 0, m >> shift & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(str::new(&text))
}
methods! {
    static FUNCTIONS = [
        "S_ISDIR" O is_dir, "";
        "S_ISCHR" O is_chr, "";
        "S_ISBLK" O is_blk, "";
        "S_ISREG" O is_reg, "";
        "S_ISFIFO" O is_fifo, "";
        "S_ISLNK" O is_lnk, "";
        "S_ISSOCK" O is_sock, "";
        "S_ISDOOR" O never, "";
        "S_ISPORT" O never, "";
        "S_ISWHT" O never, "";
        "S_IMODE" O imode, "";
        "S_IFMT" O ifmt, "";
        "filemode" O filemode, "";
    ]
}

/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("SF_APPEND", 262144),
    ("SF_ARCHIVED", 65536),
    ("SF_IMMUTABLE", 131072),
    ("SF_NOUNLINK", 1048576),
    ("SF_SNAPSHOT", 2097152),
    ("ST_ATIME", 7),
    ("ST_CTIME", 9),
    ("ST_DEV", 2),
    ("ST_GID", 5),
    ("ST_INO", 1),
    ("ST_MODE", 0),
    ("ST_MTIME", 8),
    ("ST_NLINK", 3),
    ("ST_SIZE", 6),
    ("ST_UID", 4),
    ("S_ENFMT", 1024),
    ("S_IEXEC", libc::S_IEXEC as i64),
    ("S_IFBLK", libc::S_IFBLK as i64),
    ("S_IFCHR", libc::S_IFCHR as i64),
    ("S_IFDIR", libc::S_IFDIR as i64),
    ("S_IFDOOR", 0),
    ("S_IFIFO", libc::S_IFIFO as i64),
    ("S_IFLNK", libc::S_IFLNK as i64),
    ("S_IFPORT", 0),
    ("S_IFREG", libc::S_IFREG as i64),
    ("S_IFSOCK", libc::S_IFSOCK as i64),
    ("S_IFWHT", 0),
    ("S_IREAD", libc::S_IREAD as i64),
    ("S_IRGRP", libc::S_IRGRP as i64),
    ("S_IROTH", libc::S_IROTH as i64),
    ("S_IRUSR", libc::S_IRUSR as i64),
    ("S_IRWXG", libc::S_IRWXG as i64),
    ("S_IRWXO", libc::S_IRWXO as i64),
    ("S_IRWXU", libc::S_IRWXU as i64),
    ("S_ISGID", libc::S_ISGID as i64),
    ("S_ISUID", libc::S_ISUID as i64),
    ("S_ISVTX", libc::S_ISVTX as i64),
    ("S_IWGRP", libc::S_IWGRP as i64),
    ("S_IWOTH", libc::S_IWOTH as i64),
    ("S_IWRITE", libc::S_IWRITE as i64),
    ("S_IWUSR", libc::S_IWUSR as i64),
    ("S_IXGRP", libc::S_IXGRP as i64),
    ("S_IXOTH", libc::S_IXOTH as i64),
    ("S_IXUSR", libc::S_IXUSR as i64),
    ("UF_APPEND", 4),
    ("UF_COMPRESSED", 32),
    ("UF_HIDDEN", 32768),
    ("UF_IMMUTABLE", 2),
    ("UF_NODUMP", 1),
    ("UF_NOUNLINK", 16),
    ("UF_OPAQUE", 8),
];

pub(crate) fn init() -> PyResult {
    let m = module::new("_stat");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    for (name, n) in CONSTANTS {
        module::add(m.value(), name, Ref::int(*n));
    }
    Ok(m)
}
