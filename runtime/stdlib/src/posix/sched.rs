//! The scheduler's calls.

use super::table as sig;
use crate::convert::*;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, int, module, ops, raise, set, structseq, tuple,
};

static SCHED_PARAM: TypeCell = TypeCell::new();

pub(super) fn add_types(m: Value) -> PyResult<()> {
    let t = structseq::new_type(
        "posix.sched_param",
        "Scheduling parameters.",
        &[("sched_priority", "the scheduling priority")],
        1,
    )?;
    // `sched_param(9)` takes the priority itself, not a sequence.
    // SAFETY: the type is new; its extension is writable.
    unsafe {
        (*t.ext()).native.tp_new = Some(param_new);
        (*t.as_ptr()).tp_new = pyrs_object::c_slot!(tp_new, param_new);
    }
    SCHED_PARAM.set(t);
    module::add(m, "sched_param", t.to_ref());
    Ok(())
}
fn param_new(_: pyrs_object::Type, args: Args<'_>) -> PyResult {
    const NEW: pyrs_object::Signature<1> = pyrs_object::Signature {
        name: "sched_param",
        params: ["sched_priority"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [priority] = args.bind(&NEW)?;
    Ok(structseq::new(SCHED_PARAM.get(), vec![Ref::new(priority)]))
}
fn pid_arg(v: Value) -> PyResult<i32> {
    c_int(v)
}
fn param(v: Value) -> PyResult<libc::sched_param> {
    if !v.is_a(SCHED_PARAM.get()) {
        return Err(raise!(TypeError, "must have a sched_param object"));
    }
    let n = c_long(tuple::get(v, 0))?;
    let n = i32::try_from(n).map_err(|_| raise!(OverflowError, "sched_priority out of range"))?;
    Ok(libc::sched_param { sched_priority: n })
}

pub(super) fn sched_yield(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    none_or_errno(pyrs_vm::threads::without_gil(|| unsafe {
        libc::sched_yield()
    }))
}
pub(super) fn sched_get_priority_max(_: Value, args: Args<'_>) -> PyResult {
    let [policy] = args.bind(&sig::SCHED_GET_PRIORITY_MAX)?;
    let policy = c_int(policy)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::sched_get_priority_max(policy) }))
}
pub(super) fn sched_get_priority_min(_: Value, args: Args<'_>) -> PyResult {
    let [policy] = args.bind(&sig::SCHED_GET_PRIORITY_MIN)?;
    let policy = c_int(policy)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::sched_get_priority_min(policy) }))
}
pub(super) fn sched_getscheduler(_: Value, pid: Value) -> PyResult {
    let pid = pid_arg(pid)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::sched_getscheduler(pid) }))
}
pub(super) fn sched_setscheduler(_: Value, args: Args<'_>) -> PyResult {
    let [pid, policy, p] = args.bind(&sig::SCHED_SETSCHEDULER)?;
    let (pid, policy, p) = (pid_arg(pid)?, c_int(policy)?, param(p)?);
    // SAFETY: a live structure.
    none_or_errno(unsafe { libc::sched_setscheduler(pid, policy, &p) })
}
pub(super) fn sched_getparam(_: Value, pid: Value) -> PyResult {
    let pid = pid_arg(pid)?;
    let mut p = libc::sched_param { sched_priority: 0 };
    // SAFETY: room for the result.
    none_or_errno(unsafe { libc::sched_getparam(pid, &mut p) })?;
    Ok(structseq::new(
        SCHED_PARAM.get(),
        vec![Ref::int(i64::from(p.sched_priority))],
    ))
}
pub(super) fn sched_setparam(_: Value, args: Args<'_>) -> PyResult {
    let [pid, p] = args.bind(&sig::SCHED_SETPARAM)?;
    let (pid, p) = (pid_arg(pid)?, param(p)?);
    // SAFETY: a live structure.
    none_or_errno(unsafe { libc::sched_setparam(pid, &p) })
}
pub(super) fn sched_rr_get_interval(_: Value, pid: Value) -> PyResult {
    let pid = pid_arg(pid)?;
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the result.
    none_or_errno(unsafe { libc::sched_rr_get_interval(pid, &mut t) })?;
    Ok(Ref::float(t.tv_sec as f64 + 1e-9 * t.tv_nsec as f64))
}

/// Bytes of the CPU masks: room for 65536 CPUs.
const MASK: usize = 8192;

pub(super) fn sched_getaffinity(_: Value, pid: Value) -> PyResult {
    let pid = pid_arg(pid)?;
    let mut mask = vec![0u64; MASK / 8];
    // SAFETY: room for `MASK` bytes.
    none_or_errno(unsafe { libc::sched_getaffinity(pid, MASK, mask.as_mut_ptr().cast()) })?;
    let s = set::new();
    for cpu in 0..MASK * 8 {
        if mask[cpu / 64] >> (cpu % 64) & 1 != 0 {
            set::add(s.value(), Ref::int(cpu as i64).value())?;
        }
    }
    Ok(s)
}
pub(super) fn sched_setaffinity(_: Value, args: Args<'_>) -> PyResult {
    let [pid, cpus] = args.bind(&sig::SCHED_SETAFFINITY)?;
    let pid = pid_arg(pid)?;
    let mut mask = vec![0u64; MASK / 8];
    ops::for_each(cpus, |item| {
        if !int::is_int_instance(item.value()) {
            let t = ops::repr(item.ty().value())?;
            return Err(raise!(
                TypeError,
                "expected an iterator of ints, but iterator yielded {}",
                pyrs_object::str::display(t.value())
            ));
        }
        if int::is_negative(item.value()) {
            return Err(raise!(ValueError, "negative CPU number"));
        }
        match int::to_i64(item.value()) {
            Some(n) if (n as usize) < MASK * 8 => mask[n as usize / 64] |= 1 << (n % 64),
            _ => return Err(raise!(OverflowError, "CPU number too large")),
        }
        Ok(true)
    })?;
    // SAFETY: `MASK` bytes.
    none_or_errno(unsafe { libc::sched_setaffinity(pid, MASK, mask.as_ptr().cast()) })
}
