//! The functions of `posix` with their signatures: the table that makes the module.

use super::*;
use pyrs_object::{Signature, methods};

pub(super) const WEXITSTATUS: Signature<1> = Signature {
    name: "WEXITSTATUS",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WIFCONTINUED: Signature<1> = Signature {
    name: "WIFCONTINUED",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WIFEXITED: Signature<1> = Signature {
    name: "WIFEXITED",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WIFSIGNALED: Signature<1> = Signature {
    name: "WIFSIGNALED",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WIFSTOPPED: Signature<1> = Signature {
    name: "WIFSTOPPED",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WSTOPSIG: Signature<1> = Signature {
    name: "WSTOPSIG",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WTERMSIG: Signature<1> = Signature {
    name: "WTERMSIG",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const EXIT: Signature<1> = Signature {
    name: "_exit",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const PATH_NORMPATH: Signature<1> = Signature {
    name: "_path_normpath",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const ACCESS: Signature<5> = Signature {
    name: "access",
    params: ["path", "mode", "dir_fd", "effective_ids", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const CHDIR: Signature<1> = Signature {
    name: "chdir",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const CHMOD: Signature<4> = Signature {
    name: "chmod",
    params: ["path", "mode", "dir_fd", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const CHOWN: Signature<5> = Signature {
    name: "chown",
    params: ["path", "uid", "gid", "dir_fd", "follow_symlinks"],
    posonly: 0,
    positional: 3,
    required: 3,
};
pub(super) const CHROOT: Signature<1> = Signature {
    name: "chroot",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const CLOSE: Signature<1> = Signature {
    name: "close",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const CLOSERANGE: Signature<2> = Signature {
    name: "closerange",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const COPY_FILE_RANGE: Signature<5> = Signature {
    name: "copy_file_range",
    params: ["src", "dst", "count", "offset_src", "offset_dst"],
    posonly: 0,
    positional: 5,
    required: 3,
};
pub(super) const DEVICE_ENCODING: Signature<1> = Signature {
    name: "device_encoding",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const DUP2: Signature<3> = Signature {
    name: "dup2",
    params: ["fd", "fd2", "inheritable"],
    posonly: 0,
    positional: 3,
    required: 2,
};
pub(super) const EVENTFD: Signature<2> = Signature {
    name: "eventfd",
    params: ["initval", "flags"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const EVENTFD_READ: Signature<1> = Signature {
    name: "eventfd_read",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const EVENTFD_WRITE: Signature<2> = Signature {
    name: "eventfd_write",
    params: ["fd", "value"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const EXECV: Signature<2> = Signature {
    name: "execv",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const EXECVE: Signature<3> = Signature {
    name: "execve",
    params: ["path", "argv", "env"],
    posonly: 0,
    positional: 3,
    required: 3,
};
pub(super) const FCHDIR: Signature<1> = Signature {
    name: "fchdir",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const FCHMOD: Signature<2> = Signature {
    name: "fchmod",
    params: ["fd", "mode"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const FCHOWN: Signature<3> = Signature {
    name: "fchown",
    params: ["fd", "uid", "gid"],
    posonly: 0,
    positional: 3,
    required: 3,
};
pub(super) const FDATASYNC: Signature<1> = Signature {
    name: "fdatasync",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const FPATHCONF: Signature<2> = Signature {
    name: "fpathconf",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const FSPATH: Signature<1> = Signature {
    name: "fspath",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const FSTAT: Signature<1> = Signature {
    name: "fstat",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const FSYNC: Signature<1> = Signature {
    name: "fsync",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const FTRUNCATE: Signature<2> = Signature {
    name: "ftruncate",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const GET_TERMINAL_SIZE: Signature<1> = Signature {
    name: "get_terminal_size",
    params: [""],
    posonly: 1,
    positional: 1,
    required: 0,
};
pub(super) const GETGROUPLIST: Signature<2> = Signature {
    name: "getgrouplist",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const GETPGID: Signature<1> = Signature {
    name: "getpgid",
    params: ["pid"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const GETPRIORITY: Signature<2> = Signature {
    name: "getpriority",
    params: ["which", "who"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const GETRANDOM: Signature<2> = Signature {
    name: "getrandom",
    params: ["size", "flags"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const GETXATTR: Signature<3> = Signature {
    name: "getxattr",
    params: ["path", "attribute", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const INITGROUPS: Signature<2> = Signature {
    name: "initgroups",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const KILL: Signature<2> = Signature {
    name: "kill",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const KILLPG: Signature<2> = Signature {
    name: "killpg",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const LCHOWN: Signature<3> = Signature {
    name: "lchown",
    params: ["path", "uid", "gid"],
    posonly: 0,
    positional: 3,
    required: 3,
};
pub(super) const LINK: Signature<5> = Signature {
    name: "link",
    params: ["src", "dst", "src_dir_fd", "dst_dir_fd", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const LISTDIR: Signature<1> = Signature {
    name: "listdir",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 0,
};
pub(super) const LISTXATTR: Signature<2> = Signature {
    name: "listxattr",
    params: ["path", "follow_symlinks"],
    posonly: 0,
    positional: 1,
    required: 0,
};
pub(super) const LOCKF: Signature<3> = Signature {
    name: "lockf",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const LSEEK: Signature<3> = Signature {
    name: "lseek",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const LSTAT: Signature<2> = Signature {
    name: "lstat",
    params: ["path", "dir_fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const MAKEDEV: Signature<2> = Signature {
    name: "makedev",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const MEMFD_CREATE: Signature<2> = Signature {
    name: "memfd_create",
    params: ["name", "flags"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const MKDIR: Signature<3> = Signature {
    name: "mkdir",
    params: ["path", "mode", "dir_fd"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const MKFIFO: Signature<3> = Signature {
    name: "mkfifo",
    params: ["path", "mode", "dir_fd"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const MKNOD: Signature<4> = Signature {
    name: "mknod",
    params: ["path", "mode", "device", "dir_fd"],
    posonly: 0,
    positional: 3,
    required: 1,
};
pub(super) const OPEN: Signature<4> = Signature {
    name: "open",
    params: ["path", "flags", "mode", "dir_fd"],
    posonly: 0,
    positional: 3,
    required: 2,
};
pub(super) const PATHCONF: Signature<2> = Signature {
    name: "pathconf",
    params: ["path", "name"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const PIDFD_OPEN: Signature<2> = Signature {
    name: "pidfd_open",
    params: ["pid", "flags"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const POSIX_FADVISE: Signature<4> = Signature {
    name: "posix_fadvise",
    params: ["", "", "", ""],
    posonly: 4,
    positional: 4,
    required: 4,
};
pub(super) const POSIX_FALLOCATE: Signature<3> = Signature {
    name: "posix_fallocate",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const POSIX_SPAWN: Signature<10> = Signature {
    name: "posix_spawn",
    params: [
        "",
        "",
        "",
        "file_actions",
        "setpgroup",
        "resetids",
        "setsid",
        "setsigmask",
        "setsigdef",
        "scheduler",
    ],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const POSIX_SPAWNP: Signature<10> = Signature {
    name: "posix_spawnp",
    params: [
        "",
        "",
        "",
        "file_actions",
        "setpgroup",
        "resetids",
        "setsid",
        "setsigmask",
        "setsigdef",
        "scheduler",
    ],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const PREAD: Signature<3> = Signature {
    name: "pread",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const PREADV: Signature<4> = Signature {
    name: "preadv",
    params: ["", "", "", ""],
    posonly: 4,
    positional: 4,
    required: 3,
};
pub(super) const PUTENV: Signature<2> = Signature {
    name: "putenv",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const PWRITE: Signature<3> = Signature {
    name: "pwrite",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const PWRITEV: Signature<4> = Signature {
    name: "pwritev",
    params: ["", "", "", ""],
    posonly: 4,
    positional: 4,
    required: 3,
};
pub(super) const READ: Signature<2> = Signature {
    name: "read",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const READLINK: Signature<2> = Signature {
    name: "readlink",
    params: ["path", "dir_fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const READV: Signature<2> = Signature {
    name: "readv",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const REGISTER_AT_FORK: Signature<3> = Signature {
    name: "register_at_fork",
    params: ["before", "after_in_child", "after_in_parent"],
    posonly: 0,
    positional: 0,
    required: 0,
};
pub(super) const REMOVE: Signature<2> = Signature {
    name: "remove",
    params: ["path", "dir_fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const REMOVEXATTR: Signature<3> = Signature {
    name: "removexattr",
    params: ["path", "attribute", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const RENAME: Signature<4> = Signature {
    name: "rename",
    params: ["src", "dst", "src_dir_fd", "dst_dir_fd"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const REPLACE: Signature<4> = Signature {
    name: "replace",
    params: ["src", "dst", "src_dir_fd", "dst_dir_fd"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const RMDIR: Signature<2> = Signature {
    name: "rmdir",
    params: ["path", "dir_fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const SCANDIR: Signature<1> = Signature {
    name: "scandir",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 0,
};
pub(super) const SCHED_GET_PRIORITY_MAX: Signature<1> = Signature {
    name: "sched_get_priority_max",
    params: ["policy"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const SCHED_GET_PRIORITY_MIN: Signature<1> = Signature {
    name: "sched_get_priority_min",
    params: ["policy"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const SCHED_SETAFFINITY: Signature<2> = Signature {
    name: "sched_setaffinity",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SCHED_SETPARAM: Signature<2> = Signature {
    name: "sched_setparam",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SCHED_SETSCHEDULER: Signature<3> = Signature {
    name: "sched_setscheduler",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const SENDFILE: Signature<4> = Signature {
    name: "sendfile",
    params: ["out_fd", "in_fd", "offset", "count"],
    posonly: 0,
    positional: 4,
    required: 4,
};
pub(super) const SET_BLOCKING: Signature<2> = Signature {
    name: "set_blocking",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SET_INHERITABLE: Signature<2> = Signature {
    name: "set_inheritable",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SETPGID: Signature<2> = Signature {
    name: "setpgid",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SETPRIORITY: Signature<3> = Signature {
    name: "setpriority",
    params: ["which", "who", "priority"],
    posonly: 0,
    positional: 3,
    required: 3,
};
pub(super) const SETREGID: Signature<2> = Signature {
    name: "setregid",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SETRESGID: Signature<3> = Signature {
    name: "setresgid",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const SETRESUID: Signature<3> = Signature {
    name: "setresuid",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const SETREUID: Signature<2> = Signature {
    name: "setreuid",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const SETXATTR: Signature<5> = Signature {
    name: "setxattr",
    params: ["path", "attribute", "value", "flags", "follow_symlinks"],
    posonly: 0,
    positional: 4,
    required: 3,
};
pub(super) const SPLICE: Signature<6> = Signature {
    name: "splice",
    params: ["src", "dst", "count", "offset_src", "offset_dst", "flags"],
    posonly: 0,
    positional: 6,
    required: 3,
};
pub(super) const STAT: Signature<3> = Signature {
    name: "stat",
    params: ["path", "dir_fd", "follow_symlinks"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const STATVFS: Signature<1> = Signature {
    name: "statvfs",
    params: ["path"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const SYMLINK: Signature<4> = Signature {
    name: "symlink",
    params: ["src", "dst", "target_is_directory", "dir_fd"],
    posonly: 0,
    positional: 3,
    required: 2,
};
pub(super) const SYSTEM: Signature<1> = Signature {
    name: "system",
    params: ["command"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const TCSETPGRP: Signature<2> = Signature {
    name: "tcsetpgrp",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const TRUNCATE: Signature<2> = Signature {
    name: "truncate",
    params: ["path", "length"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const UNLINK: Signature<2> = Signature {
    name: "unlink",
    params: ["path", "dir_fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const UTIME: Signature<5> = Signature {
    name: "utime",
    params: ["path", "times", "ns", "dir_fd", "follow_symlinks"],
    posonly: 0,
    positional: 2,
    required: 1,
};
pub(super) const WAIT3: Signature<1> = Signature {
    name: "wait3",
    params: ["options"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WAIT4: Signature<2> = Signature {
    name: "wait4",
    params: ["pid", "options"],
    posonly: 0,
    positional: 2,
    required: 2,
};
pub(super) const WAITID: Signature<3> = Signature {
    name: "waitid",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 3,
};
pub(super) const WAITPID: Signature<2> = Signature {
    name: "waitpid",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const WAITSTATUS_TO_EXITCODE: Signature<1> = Signature {
    name: "waitstatus_to_exitcode",
    params: ["status"],
    posonly: 0,
    positional: 1,
    required: 1,
};
pub(super) const WRITE: Signature<2> = Signature {
    name: "write",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
pub(super) const WRITEV: Signature<2> = Signature {
    name: "writev",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};

methods! {
    pub(super) static FUNCTIONS = [
        "WCOREDUMP" O wcoredump, "WCOREDUMP($module, status, /)\n--\n\nThe operating system's WCOREDUMP.";
        "WEXITSTATUS" KW wexitstatus, "WEXITSTATUS($module, /, status)\n--\n\nThe operating system's WEXITSTATUS.";
        "WIFCONTINUED" KW wifcontinued, "WIFCONTINUED($module, /, status)\n--\n\nThe operating system's WIFCONTINUED.";
        "WIFEXITED" KW wifexited, "WIFEXITED($module, /, status)\n--\n\nThe operating system's WIFEXITED.";
        "WIFSIGNALED" KW wifsignaled, "WIFSIGNALED($module, /, status)\n--\n\nThe operating system's WIFSIGNALED.";
        "WIFSTOPPED" KW wifstopped, "WIFSTOPPED($module, /, status)\n--\n\nThe operating system's WIFSTOPPED.";
        "WSTOPSIG" KW wstopsig, "WSTOPSIG($module, /, status)\n--\n\nThe operating system's WSTOPSIG.";
        "WTERMSIG" KW wtermsig, "WTERMSIG($module, /, status)\n--\n\nThe operating system's WTERMSIG.";
        "_exit" KW exit, "_exit($module, /, status)\n--\n\nThe operating system's _exit.";
        "_path_normpath" KW path_normpath, "_path_normpath($module, /, path)\n--\n\nThe operating system's _path_normpath.";
        "abort" NOARGS abort, "abort($module, /)\n--\n\nThe operating system's abort.";
        "access" KW access, "access($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)\n--\n\nThe operating system's access.";
        "chdir" KW chdir, "chdir($module, /, path)\n--\n\nThe operating system's chdir.";
        "chmod" KW chmod, "chmod($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)\n--\n\nThe operating system's chmod.";
        "chown" KW chown, "chown($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)\n--\n\nThe operating system's chown.";
        "chroot" KW chroot, "chroot($module, /, path)\n--\n\nThe operating system's chroot.";
        "close" KW posix_close, "close($module, /, fd)\n--\n\nThe operating system's close.";
        "closerange" KW closerange, "closerange($module, fd_low, fd_high, /)\n--\n\nThe operating system's closerange.";
        "confstr" O confstr, "confstr($module, name, /)\n--\n\nThe operating system's confstr.";
        "copy_file_range" KW copy_file_range, "copy_file_range($module, /, src, dst, count, offset_src=None, offset_dst=None)\n--\n\nThe operating system's copy_file_range.";
        "cpu_count" NOARGS cpu_count, "cpu_count($module, /)\n--\n\nThe operating system's cpu_count.";
        "ctermid" NOARGS ctermid, "ctermid($module, /)\n--\n\nThe operating system's ctermid.";
        "device_encoding" KW device_encoding, "device_encoding($module, /, fd)\n--\n\nThe operating system's device_encoding.";
        "dup" O dup, "dup($module, fd, /)\n--\n\nThe operating system's dup.";
        "dup2" KW dup2, "dup2($module, /, fd, fd2, inheritable=True)\n--\n\nThe operating system's dup2.";
        "eventfd" KW eventfd, "eventfd($module, /, initval, flags=EFD_CLOEXEC)\n--\n\nThe operating system's eventfd.";
        "eventfd_read" KW eventfd_read, "eventfd_read($module, /, fd)\n--\n\nThe operating system's eventfd_read.";
        "eventfd_write" KW eventfd_write, "eventfd_write($module, /, fd, value)\n--\n\nThe operating system's eventfd_write.";
        "execv" KW execv, "execv($module, path, argv, /)\n--\n\nThe operating system's execv.";
        "execve" KW execve, "execve($module, /, path, argv, env)\n--\n\nThe operating system's execve.";
        "fchdir" KW fchdir, "fchdir($module, /, fd)\n--\n\nThe operating system's fchdir.";
        "fchmod" KW fchmod, "fchmod($module, /, fd, mode)\n--\n\nThe operating system's fchmod.";
        "fchown" KW fchown, "fchown($module, /, fd, uid, gid)\n--\n\nThe operating system's fchown.";
        "fdatasync" KW fdatasync, "fdatasync($module, /, fd)\n--\n\nThe operating system's fdatasync.";
        "fork" NOARGS posix_fork, "fork($module, /)\n--\n\nThe operating system's fork.";
        "forkpty" NOARGS forkpty, "forkpty($module, /)\n--\n\nThe operating system's forkpty.";
        "fpathconf" KW fpathconf, "fpathconf($module, fd, name, /)\n--\n\nThe operating system's fpathconf.";
        "fspath" KW fspath, "fspath($module, /, path)\n--\n\nThe operating system's fspath.";
        "fstat" KW fstat, "fstat($module, /, fd)\n--\n\nThe operating system's fstat.";
        "fstatvfs" O fstatvfs, "fstatvfs($module, fd, /)\n--\n\nThe operating system's fstatvfs.";
        "fsync" KW fsync, "fsync($module, /, fd)\n--\n\nThe operating system's fsync.";
        "ftruncate" KW ftruncate, "ftruncate($module, fd, length, /)\n--\n\nThe operating system's ftruncate.";
        "get_blocking" O get_blocking, "get_blocking($module, fd, /)\n--\n\nThe operating system's get_blocking.";
        "get_inheritable" O get_inheritable, "get_inheritable($module, fd, /)\n--\n\nThe operating system's get_inheritable.";
        "get_terminal_size" KW get_terminal_size, "get_terminal_size($module, fd=..., /)\n--\n\nThe operating system's get_terminal_size.";
        "getcwd" NOARGS getcwd, "getcwd($module, /)\n--\n\nThe operating system's getcwd.";
        "getcwdb" NOARGS getcwdb, "getcwdb($module, /)\n--\n\nThe operating system's getcwdb.";
        "getegid" NOARGS getegid, "getegid($module, /)\n--\n\nThe operating system's getegid.";
        "geteuid" NOARGS geteuid, "geteuid($module, /)\n--\n\nThe operating system's geteuid.";
        "getgid" NOARGS getgid, "getgid($module, /)\n--\n\nThe operating system's getgid.";
        "getgrouplist" KW getgrouplist, "getgrouplist($module, user, group, /)\n--\n\nThe operating system's getgrouplist.";
        "getgroups" NOARGS getgroups, "getgroups($module, /)\n--\n\nThe operating system's getgroups.";
        "getloadavg" NOARGS getloadavg, "getloadavg($module, /)\n--\n\nThe operating system's getloadavg.";
        "getlogin" NOARGS getlogin, "getlogin($module, /)\n--\n\nThe operating system's getlogin.";
        "getpgid" KW getpgid, "getpgid($module, /, pid)\n--\n\nThe operating system's getpgid.";
        "getpgrp" NOARGS getpgrp, "getpgrp($module, /)\n--\n\nThe operating system's getpgrp.";
        "getpid" NOARGS getpid, "getpid($module, /)\n--\n\nThe operating system's getpid.";
        "getppid" NOARGS getppid, "getppid($module, /)\n--\n\nThe operating system's getppid.";
        "getpriority" KW getpriority, "getpriority($module, /, which, who)\n--\n\nThe operating system's getpriority.";
        "getrandom" KW getrandom, "getrandom($module, /, size, flags=0)\n--\n\nThe operating system's getrandom.";
        "getresgid" NOARGS getresgid, "getresgid($module, /)\n--\n\nThe operating system's getresgid.";
        "getresuid" NOARGS getresuid, "getresuid($module, /)\n--\n\nThe operating system's getresuid.";
        "getsid" O getsid, "getsid($module, pid, /)\n--\n\nThe operating system's getsid.";
        "getuid" NOARGS getuid, "getuid($module, /)\n--\n\nThe operating system's getuid.";
        "getxattr" KW getxattr, "getxattr($module, /, path, attribute, *, follow_symlinks=True)\n--\n\nThe operating system's getxattr.";
        "initgroups" KW initgroups, "initgroups($module, username, gid, /)\n--\n\nThe operating system's initgroups.";
        "isatty" O isatty, "isatty($module, fd, /)\n--\n\nThe operating system's isatty.";
        "kill" KW kill, "kill($module, pid, signal, /)\n--\n\nThe operating system's kill.";
        "killpg" KW killpg, "killpg($module, pgid, signal, /)\n--\n\nThe operating system's killpg.";
        "lchown" KW lchown, "lchown($module, /, path, uid, gid)\n--\n\nThe operating system's lchown.";
        "link" KW link, "link($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)\n--\n\nThe operating system's link.";
        "listdir" KW listdir, "listdir($module, /, path=None)\n--\n\nThe operating system's listdir.";
        "listxattr" KW listxattr, "listxattr($module, /, path=None, *, follow_symlinks=True)\n--\n\nThe operating system's listxattr.";
        "lockf" KW lockf, "lockf($module, fd, command, length, /)\n--\n\nThe operating system's lockf.";
        "login_tty" O login_tty, "login_tty($module, fd, /)\n--\n\nThe operating system's login_tty.";
        "lseek" KW lseek, "lseek($module, fd, position, whence, /)\n--\n\nThe operating system's lseek.";
        "lstat" KW lstat, "lstat($module, /, path, *, dir_fd=None)\n--\n\nThe operating system's lstat.";
        "major" O major, "major($module, device, /)\n--\n\nThe operating system's major.";
        "makedev" KW makedev, "makedev($module, major, minor, /)\n--\n\nThe operating system's makedev.";
        "memfd_create" KW memfd_create, "memfd_create($module, /, name, flags=MFD_CLOEXEC)\n--\n\nThe operating system's memfd_create.";
        "minor" O minor, "minor($module, device, /)\n--\n\nThe operating system's minor.";
        "mkdir" KW mkdir, "mkdir($module, /, path, mode=511, *, dir_fd=None)\n--\n\nThe operating system's mkdir.";
        "mkfifo" KW mkfifo, "mkfifo($module, /, path, mode=438, *, dir_fd=None)\n--\n\nThe operating system's mkfifo.";
        "mknod" KW mknod, "mknod($module, /, path, mode=384, device=0, *, dir_fd=None)\n--\n\nThe operating system's mknod.";
        "nice" O nice, "nice($module, increment, /)\n--\n\nThe operating system's nice.";
        "open" KW posix_open, "open($module, /, path, flags, mode=511, *, dir_fd=None)\n--\n\nThe operating system's open.";
        "openpty" NOARGS openpty, "openpty($module, /)\n--\n\nThe operating system's openpty.";
        "pathconf" KW pathconf, "pathconf($module, /, path, name)\n--\n\nThe operating system's pathconf.";
        "pidfd_open" KW pidfd_open, "pidfd_open($module, /, pid, flags=0)\n--\n\nThe operating system's pidfd_open.";
        "pipe" NOARGS pipe, "pipe($module, /)\n--\n\nThe operating system's pipe.";
        "pipe2" O pipe2, "pipe2($module, flags, /)\n--\n\nThe operating system's pipe2.";
        "posix_fadvise" KW posix_fadvise, "posix_fadvise($module, fd, offset, length, advice, /)\n--\n\nThe operating system's posix_fadvise.";
        "posix_fallocate" KW posix_fallocate, "posix_fallocate($module, fd, offset, length, /)\n--\n\nThe operating system's posix_fallocate.";
        "posix_spawn" KW posix_spawn, "posix_spawn($module, path, argv, env, /, *, file_actions=(), setpgroup=..., resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=...)\n--\n\nThe operating system's posix_spawn.";
        "posix_spawnp" KW posix_spawnp, "posix_spawnp($module, path, argv, env, /, *, file_actions=(), setpgroup=..., resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=...)\n--\n\nThe operating system's posix_spawnp.";
        "pread" KW pread, "pread($module, fd, length, offset, /)\n--\n\nThe operating system's pread.";
        "preadv" KW preadv, "preadv($module, fd, buffers, offset, flags=0, /)\n--\n\nThe operating system's preadv.";
        "putenv" KW putenv, "putenv($module, name, value, /)\n--\n\nThe operating system's putenv.";
        "pwrite" KW pwrite, "pwrite($module, fd, buffer, offset, /)\n--\n\nThe operating system's pwrite.";
        "pwritev" KW pwritev, "pwritev($module, fd, buffers, offset, flags=0, /)\n--\n\nThe operating system's pwritev.";
        "read" KW posix_read, "read($module, fd, length, /)\n--\n\nThe operating system's read.";
        "readlink" KW readlink, "readlink($module, /, path, *, dir_fd=None)\n--\n\nThe operating system's readlink.";
        "readv" KW readv, "readv($module, fd, buffers, /)\n--\n\nThe operating system's readv.";
        "register_at_fork" KW register_at_fork, "register_at_fork($module, /, *, before=..., after_in_child=..., after_in_parent=...)\n--\n\nThe operating system's register_at_fork.";
        "remove" KW remove, "remove($module, /, path, *, dir_fd=None)\n--\n\nThe operating system's remove.";
        "removexattr" KW removexattr, "removexattr($module, /, path, attribute, *, follow_symlinks=True)\n--\n\nThe operating system's removexattr.";
        "rename" KW rename, "rename($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)\n--\n\nThe operating system's rename.";
        "replace" KW replace, "replace($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)\n--\n\nThe operating system's replace.";
        "rmdir" KW rmdir, "rmdir($module, /, path, *, dir_fd=None)\n--\n\nThe operating system's rmdir.";
        "scandir" KW scandir, "scandir($module, /, path=None)\n--\n\nThe operating system's scandir.";
        "sched_get_priority_max" KW sched_get_priority_max, "sched_get_priority_max($module, /, policy)\n--\n\nThe operating system's sched_get_priority_max.";
        "sched_get_priority_min" KW sched_get_priority_min, "sched_get_priority_min($module, /, policy)\n--\n\nThe operating system's sched_get_priority_min.";
        "sched_getaffinity" O sched_getaffinity, "sched_getaffinity($module, pid, /)\n--\n\nThe operating system's sched_getaffinity.";
        "sched_getparam" O sched_getparam, "sched_getparam($module, pid, /)\n--\n\nThe operating system's sched_getparam.";
        "sched_getscheduler" O sched_getscheduler, "sched_getscheduler($module, pid, /)\n--\n\nThe operating system's sched_getscheduler.";
        "sched_rr_get_interval" O sched_rr_get_interval, "sched_rr_get_interval($module, pid, /)\n--\n\nThe operating system's sched_rr_get_interval.";
        "sched_setaffinity" KW sched_setaffinity, "sched_setaffinity($module, pid, mask, /)\n--\n\nThe operating system's sched_setaffinity.";
        "sched_setparam" KW sched_setparam, "sched_setparam($module, pid, param, /)\n--\n\nThe operating system's sched_setparam.";
        "sched_setscheduler" KW sched_setscheduler, "sched_setscheduler($module, pid, policy, param, /)\n--\n\nThe operating system's sched_setscheduler.";
        "sched_yield" NOARGS sched_yield, "sched_yield($module, /)\n--\n\nThe operating system's sched_yield.";
        "sendfile" KW sendfile, "sendfile($module, /, out_fd, in_fd, offset, count)\n--\n\nThe operating system's sendfile.";
        "set_blocking" KW set_blocking, "set_blocking($module, fd, blocking, /)\n--\n\nThe operating system's set_blocking.";
        "set_inheritable" KW set_inheritable, "set_inheritable($module, fd, inheritable, /)\n--\n\nThe operating system's set_inheritable.";
        "setegid" O setegid, "setegid($module, egid, /)\n--\n\nThe operating system's setegid.";
        "seteuid" O seteuid, "seteuid($module, euid, /)\n--\n\nThe operating system's seteuid.";
        "setgid" O setgid, "setgid($module, gid, /)\n--\n\nThe operating system's setgid.";
        "setgroups" O setgroups, "setgroups($module, groups, /)\n--\n\nThe operating system's setgroups.";
        "setpgid" KW setpgid, "setpgid($module, pid, pgrp, /)\n--\n\nThe operating system's setpgid.";
        "setpgrp" NOARGS setpgrp, "setpgrp($module, /)\n--\n\nThe operating system's setpgrp.";
        "setpriority" KW setpriority, "setpriority($module, /, which, who, priority)\n--\n\nThe operating system's setpriority.";
        "setregid" KW setregid, "setregid($module, rgid, egid, /)\n--\n\nThe operating system's setregid.";
        "setresgid" KW setresgid, "setresgid($module, rgid, egid, sgid, /)\n--\n\nThe operating system's setresgid.";
        "setresuid" KW setresuid, "setresuid($module, ruid, euid, suid, /)\n--\n\nThe operating system's setresuid.";
        "setreuid" KW setreuid, "setreuid($module, ruid, euid, /)\n--\n\nThe operating system's setreuid.";
        "setsid" NOARGS setsid, "setsid($module, /)\n--\n\nThe operating system's setsid.";
        "setuid" O setuid, "setuid($module, uid, /)\n--\n\nThe operating system's setuid.";
        "setxattr" KW setxattr, "setxattr($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)\n--\n\nThe operating system's setxattr.";
        "splice" KW splice, "splice($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)\n--\n\nThe operating system's splice.";
        "stat" KW stat, "stat($module, /, path, *, dir_fd=None, follow_symlinks=True)\n--\n\nThe operating system's stat.";
        "statvfs" KW statvfs, "statvfs($module, /, path)\n--\n\nThe operating system's statvfs.";
        "strerror" O strerror, "strerror($module, code, /)\n--\n\nThe operating system's strerror.";
        "symlink" KW symlink, "symlink($module, /, src, dst, target_is_directory=False, *, dir_fd=None)\n--\n\nThe operating system's symlink.";
        "sync" NOARGS sync, "sync($module, /)\n--\n\nThe operating system's sync.";
        "sysconf" O sysconf, "sysconf($module, name, /)\n--\n\nThe operating system's sysconf.";
        "system" KW system, "system($module, /, command)\n--\n\nThe operating system's system.";
        "tcgetpgrp" O tcgetpgrp, "tcgetpgrp($module, fd, /)\n--\n\nThe operating system's tcgetpgrp.";
        "tcsetpgrp" KW tcsetpgrp, "tcsetpgrp($module, fd, pgid, /)\n--\n\nThe operating system's tcsetpgrp.";
        "times" NOARGS times, "times($module, /)\n--\n\nThe operating system's times.";
        "truncate" KW truncate, "truncate($module, /, path, length)\n--\n\nThe operating system's truncate.";
        "ttyname" O ttyname, "ttyname($module, fd, /)\n--\n\nThe operating system's ttyname.";
        "umask" O umask, "umask($module, mask, /)\n--\n\nThe operating system's umask.";
        "uname" NOARGS uname, "uname($module, /)\n--\n\nThe operating system's uname.";
        "unlink" KW unlink, "unlink($module, /, path, *, dir_fd=None)\n--\n\nThe operating system's unlink.";
        "unsetenv" O unsetenv, "unsetenv($module, name, /)\n--\n\nThe operating system's unsetenv.";
        "urandom" O urandom, "urandom($module, size, /)\n--\n\nThe operating system's urandom.";
        "utime" KW utime, "utime($module, /, path, times=None, *, ns=..., dir_fd=None, follow_symlinks=True)\n--\n\nThe operating system's utime.";
        "wait" NOARGS wait, "wait($module, /)\n--\n\nThe operating system's wait.";
        "wait3" KW wait3, "wait3($module, /, options)\n--\n\nThe operating system's wait3.";
        "wait4" KW wait4, "wait4($module, /, pid, options)\n--\n\nThe operating system's wait4.";
        "waitid" KW waitid, "waitid($module, idtype, id, options, /)\n--\n\nThe operating system's waitid.";
        "waitpid" KW waitpid, "waitpid($module, pid, options, /)\n--\n\nThe operating system's waitpid.";
        "waitstatus_to_exitcode" KW waitstatus_to_exitcode, "waitstatus_to_exitcode($module, /, status)\n--\n\nThe operating system's waitstatus_to_exitcode.";
        "write" KW posix_write, "write($module, fd, data, /)\n--\n\nThe operating system's write.";
        "writev" KW writev, "writev($module, fd, buffers, /)\n--\n\nThe operating system's writev.";
    ]
}
