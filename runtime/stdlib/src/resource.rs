//! `resource`: limits and usage of processes.

use crate::convert::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, audit, exceptions, int, methods, module, ops,
    raise, structseq, tuple,
};

static RUSAGE: TypeCell = TypeCell::new();

/// `struct_rusage` from the system's structure.
pub fn usage_object(t: Type, u: &libc::rusage) -> Ref {
    let seconds = |t: &libc::timeval| Ref::float(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6);
    let numbers = [
        u.ru_maxrss,
        u.ru_ixrss,
        u.ru_idrss,
        u.ru_isrss,
        u.ru_minflt,
        u.ru_majflt,
        u.ru_nswap,
        u.ru_inblock,
        u.ru_oublock,
        u.ru_msgsnd,
        u.ru_msgrcv,
        u.ru_nsignals,
        u.ru_nvcsw,
        u.ru_nivcsw,
    ];
    let mut fields = vec![seconds(&u.ru_utime), seconds(&u.ru_stime)];
    fields.extend(numbers.iter().map(|n| Ref::int(*n)));
    structseq::new(t, fields)
}

const FIELDS: &[(&str, &str)] = &[
    ("ru_utime", "user time used"),
    ("ru_stime", "system time used"),
    ("ru_maxrss", "max. resident set size"),
    ("ru_ixrss", "shared memory size"),
    ("ru_idrss", "unshared data size"),
    ("ru_isrss", "unshared stack size"),
    ("ru_minflt", "page faults not requiring I/O"),
    ("ru_majflt", "page faults requiring I/O"),
    ("ru_nswap", "number of swap outs"),
    ("ru_inblock", "block input operations"),
    ("ru_oublock", "block output operations"),
    ("ru_msgsnd", "IPC messages sent"),
    ("ru_msgrcv", "IPC messages received"),
    ("ru_nsignals", "signals received"),
    ("ru_nvcsw", "voluntary context switches"),
    ("ru_nivcsw", "involuntary context switches"),
];

fn getrusage(_: Value, who: Value) -> PyResult {
    let who = c_int(who)?;
    // SAFETY: all-zero is valid; filled by the call.
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: room for the result.
    if unsafe { libc::getrusage(who, &mut u) } != 0 {
        if errno() == libc::EINVAL {
            return Err(raise!(ValueError, "invalid who parameter"));
        }
        return Err(os_error(errno()));
    }
    Ok(usage_object(RUSAGE.get(), &u))
}
fn limit(v: Value) -> PyResult<libc::rlim_t> {
    let n = ops::index(v)?;
    match int::to_i64(n.value()) {
        Some(n) => Ok(n as libc::rlim_t),
        None => {
            int::to_u64(n.value()).ok_or_else(|| raise!(OverflowError, "int too big to convert"))
        }
    }
}
fn limits(v: Value) -> PyResult<libc::rlimit> {
    let pair = ops::to_tuple(v)?;
    if tuple::len(pair.value()) != 2 {
        return Err(raise!(ValueError, "expected a tuple of 2 integers"));
    }
    Ok(libc::rlimit {
        rlim_cur: limit(tuple::get(pair.value(), 0))?,
        rlim_max: limit(tuple::get(pair.value(), 1))?,
    })
}
fn limits_object(l: &libc::rlimit) -> Ref {
    let one = |n: libc::rlim_t| {
        if n == libc::RLIM_INFINITY {
            Ref::int(-1)
        } else {
            int::from_u64(n)
        }
    };
    tuple::from_vec(vec![one(l.rlim_cur), one(l.rlim_max)])
}
fn resource_arg(v: Value) -> PyResult<i32> {
    let n = c_int(v)?;
    if !(0..16).contains(&n) {
        return Err(raise!(ValueError, "invalid resource specified"));
    }
    Ok(n)
}
fn getrlimit(_: Value, resource: Value) -> PyResult {
    let r = resource_arg(resource)?;
    let mut l = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: room for the result.
    none_or_errno(unsafe { libc::getrlimit(r as _, &mut l) })?;
    Ok(limits_object(&l))
}
fn set_error(code: i32) -> pyrs_object::Raised {
    match code {
        libc::EINVAL => raise!(ValueError, "current limit exceeds maximum limit"),
        libc::EPERM => raise!(ValueError, "not allowed to raise maximum limit"),
        code => os_error(code),
    }
}
const SETRLIMIT: Signature<2> = Signature {
    name: "setrlimit",
    params: ["", ""],
    posonly: 2,
    positional: 2,
    required: 2,
};
fn setrlimit(_: Value, args: Args<'_>) -> PyResult {
    let [resource, new] = args.bind(&SETRLIMIT)?;
    audit!("resource.setrlimit", resource, new)?;
    let (r, l) = (resource_arg(resource)?, limits(new)?);
    // SAFETY: a live structure.
    if unsafe { libc::setrlimit(r as _, &l) } != 0 {
        Err(set_error(errno()))
    } else {
        Ok(Ref::none())
    }
}
const PRLIMIT: Signature<3> = Signature {
    name: "prlimit",
    params: ["", "", ""],
    posonly: 3,
    positional: 3,
    required: 2,
};
fn prlimit(_: Value, args: Args<'_>) -> PyResult {
    let [pid, resource, new] = args.bind(&PRLIMIT)?;
    let (pid, r) = (c_int(pid)?, resource_arg(resource)?);
    audit!("resource.prlimit", pid, resource, new)?;
    let new = if new.is_empty() || new == pyrs_object::singletons::none() {
        None
    } else {
        Some(limits(new)?)
    };
    let mut old = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: a live structure or null, and room for the result.
    if unsafe {
        libc::prlimit(
            pid,
            r as _,
            new.as_ref().map_or(std::ptr::null(), |l| l),
            &mut old,
        )
    } != 0
    {
        return Err(set_error(errno()));
    }
    Ok(limits_object(&old))
}
fn getpagesize(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    Ok(Ref::int(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }))
}

methods! {
    static FUNCTIONS = [
        "getrusage" O getrusage, "getrusage($module, who, /)\n--\n\nResource usage of a process.";
        "getrlimit" O getrlimit, "getrlimit($module, resource, /)\n--\n\nThe soft and hard limits of a resource.";
        "setrlimit" KW setrlimit, "setrlimit($module, resource, limits, /)\n--\n\nSets the limits of a resource.";
        "prlimit" KW prlimit, "prlimit(pid, resource, [limits])";
        "getpagesize" NOARGS getpagesize, "getpagesize($module, /)\n--\n\nBytes of a memory page.";
    ]
}

pub fn init() -> PyResult {
    let m = module::new("resource");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "error", exceptions::OSError.to_ref());
    let t = structseq::new_type(
        "resource.struct_rusage",
        "Usage of a process, as by getrusage.",
        FIELDS,
        16,
    )?;
    RUSAGE.set(t);
    module::add(m.value(), "struct_rusage", t.to_ref());
    for (name, n) in [
        ("RLIMIT_CPU", i64::from(libc::RLIMIT_CPU)),
        ("RLIMIT_FSIZE", i64::from(libc::RLIMIT_FSIZE)),
        ("RLIMIT_DATA", i64::from(libc::RLIMIT_DATA)),
        ("RLIMIT_STACK", i64::from(libc::RLIMIT_STACK)),
        ("RLIMIT_CORE", i64::from(libc::RLIMIT_CORE)),
        ("RLIMIT_NOFILE", i64::from(libc::RLIMIT_NOFILE)),
        ("RLIMIT_OFILE", i64::from(libc::RLIMIT_NOFILE)),
        ("RLIMIT_AS", i64::from(libc::RLIMIT_AS)),
        ("RLIMIT_RSS", i64::from(libc::RLIMIT_RSS)),
        ("RLIMIT_NPROC", i64::from(libc::RLIMIT_NPROC)),
        ("RLIMIT_MEMLOCK", i64::from(libc::RLIMIT_MEMLOCK)),
        ("RLIMIT_MSGQUEUE", i64::from(libc::RLIMIT_MSGQUEUE)),
        ("RLIMIT_NICE", i64::from(libc::RLIMIT_NICE)),
        ("RLIMIT_RTPRIO", i64::from(libc::RLIMIT_RTPRIO)),
        ("RLIMIT_RTTIME", i64::from(libc::RLIMIT_RTTIME)),
        ("RLIMIT_SIGPENDING", i64::from(libc::RLIMIT_SIGPENDING)),
        ("RUSAGE_SELF", i64::from(libc::RUSAGE_SELF)),
        ("RUSAGE_CHILDREN", i64::from(libc::RUSAGE_CHILDREN)),
        ("RUSAGE_THREAD", i64::from(libc::RUSAGE_THREAD)),
        ("RLIM_INFINITY", -1),
    ] {
        module::add(m.value(), name, Ref::int(n));
    }
    Ok(m)
}
