//! `posix_spawn` and `posix_spawnp`.

use super::path::plain;
use super::process::{argument_list, environment};
use super::table as sig;
use crate::convert::*;
use pyrs_object::{Args, PyResult, Ref, Value, ValueExt, audit, ops, raise, tuple};
use std::ffi::CString;

/// File actions and attributes, destroyed when dropped.
struct Spawn {
    actions: libc::posix_spawn_file_actions_t,
    attributes: libc::posix_spawnattr_t,
    /// glibc keeps pointers to the names.
    _names: Vec<CString>,
}
impl Spawn {
    fn new() -> PyResult<Spawn> {
        // SAFETY: initialised by the calls below before any use.
        unsafe {
            let mut s = Spawn {
                actions: std::mem::zeroed(),
                attributes: std::mem::zeroed(),
                _names: Vec::new(),
            };
            check(libc::posix_spawn_file_actions_init(&mut s.actions))?;
            check(libc::posix_spawnattr_init(&mut s.attributes))?;
            Ok(s)
        }
    }
}
impl Drop for Spawn {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`.
        unsafe {
            libc::posix_spawn_file_actions_destroy(&mut self.actions);
            libc::posix_spawnattr_destroy(&mut self.attributes);
        }
    }
}
fn check(code: i32) -> PyResult<()> {
    if code == 0 {
        Ok(())
    } else {
        Err(os_error(code))
    }
}

/// An iterable of signal numbers as a set.
pub(crate) fn signal_set(v: Value) -> PyResult<libc::sigset_t> {
    // SAFETY: emptied before use.
    let mut set: libc::sigset_t = unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    };
    ops::for_each(v, |item| {
        let n = ops::index(item.value())?;
        let n = pyrs_object::int::to_i64(n.value()).unwrap_or(-1);
        if n <= 0 || n >= 65 {
            return Err(raise!(ValueError, "signal number {n} out of range [1; 64]"));
        }
        // SAFETY: a valid signal number or an error that is ignored as CPython ignores it (reserved ones).
        unsafe { libc::sigaddset(&mut set, n as i32) };
        Ok(true)
    })?;
    Ok(set)
}

fn add_actions(s: &mut Spawn, actions: Value) -> PyResult<()> {
    let bad = || {
        raise!(
            TypeError,
            "Each file_actions element must be a non-empty tuple"
        )
    };
    if !ops::is_sequence(actions) {
        return Err(raise!(TypeError, "file_actions must be a sequence or None"));
    }
    for action in ops::collect(actions)? {
        let a = action.value();
        if !tuple::is_tuple(a) || tuple::len(a) == 0 {
            return Err(bad());
        }
        let n = tuple::len(a);
        let wrong = |what: &str| {
            raise!(
                TypeError,
                "A {what} file_action tuple must have the right number of elements"
            )
        };
        match c_long(tuple::get(a, 0))? {
            0 => {
                if n != 5 {
                    return Err(wrong("open"));
                }
                let fd = c_int(tuple::get(a, 1))?;
                let name = fs_text(tuple::get(a, 2))?;
                let (flags, mode) = (c_int(tuple::get(a, 3))?, c_ulong(tuple::get(a, 4))?);
                // SAFETY: a C string that the structure outlives.
                check(unsafe {
                    libc::posix_spawn_file_actions_addopen(
                        &mut s.actions,
                        fd,
                        name.as_ptr(),
                        flags,
                        mode as libc::mode_t,
                    )
                })?;
                s._names.push(name);
            }
            1 => {
                if n != 2 {
                    return Err(wrong("close"));
                }
                let fd = c_int(tuple::get(a, 1))?;
                // SAFETY: plain numbers.
                check(unsafe { libc::posix_spawn_file_actions_addclose(&mut s.actions, fd) })?;
            }
            2 => {
                if n != 3 {
                    return Err(wrong("dup2"));
                }
                let (from, to) = (c_int(tuple::get(a, 1))?, c_int(tuple::get(a, 2))?);
                // SAFETY: plain numbers.
                check(unsafe { libc::posix_spawn_file_actions_adddup2(&mut s.actions, from, to) })?;
            }
            _ => return Err(raise!(TypeError, "Unknown file_actions identifier")),
        }
    }
    Ok(())
}

fn do_spawn(function: &'static str, values: [Value; 10]) -> PyResult {
    let [
        path,
        argv,
        env,
        actions,
        group,
        resetids,
        new_session,
        mask,
        defaults,
        scheduler,
    ] = values;
    let p = plain(function, "path").parse(path)?;
    let (arguments, variables) = (argv, env);
    let argv = argument_list(argv, function)?;
    let env = environment(env, function)?;
    let mut s = Spawn::new()?;
    if !actions.is_empty() && !actions.is_none() {
        add_actions(&mut s, actions)?;
    }
    let mut flags = 0i32;
    // SAFETY: initialised attributes and live arguments.
    unsafe {
        if !group.is_empty() {
            check(libc::posix_spawnattr_setpgroup(
                &mut s.attributes,
                c_int(group)?,
            ))?;
            flags |= libc::POSIX_SPAWN_SETPGROUP as i32;
        }
        if !resetids.is_empty() && c_int(resetids)? != 0 {
            flags |= libc::POSIX_SPAWN_RESETIDS as i32;
        }
        if truth(new_session, false)? {
            flags |= 0x80;
        }
        if !mask.is_empty() {
            let set = signal_set(mask)?;
            check(libc::posix_spawnattr_setsigmask(&mut s.attributes, &set))?;
            flags |= libc::POSIX_SPAWN_SETSIGMASK as i32;
        }
        if !defaults.is_empty() {
            let set = signal_set(defaults)?;
            check(libc::posix_spawnattr_setsigdefault(&mut s.attributes, &set))?;
            flags |= libc::POSIX_SPAWN_SETSIGDEF as i32;
        }
        if !scheduler.is_empty() {
            if !tuple::is_tuple(scheduler) || tuple::len(scheduler) != 2 {
                return Err(raise!(
                    TypeError,
                    "{function}: A scheduler tuple must have two elements"
                ));
            }
            let policy = tuple::get(scheduler, 0);
            if !policy.is_none() {
                check(libc::posix_spawnattr_setschedpolicy(
                    &mut s.attributes,
                    c_int(policy)?,
                ))?;
                flags |= libc::POSIX_SPAWN_SETSCHEDULER as i32;
            }
            let priority = c_int(tuple::get(tuple::get(scheduler, 1), 0))?;
            let param = libc::sched_param {
                sched_priority: priority,
            };
            check(libc::posix_spawnattr_setschedparam(
                &mut s.attributes,
                &param,
            ))?;
            flags |= libc::POSIX_SPAWN_SETSCHEDPARAM as i32;
        }
        check(libc::posix_spawnattr_setflags(
            &mut s.attributes,
            flags as i16,
        ))?;
        audit!("os.posix_spawn", &p.object, arguments, variables)?;
        let mut pid = 0;
        let spawn = if function == "posix_spawnp" {
            libc::posix_spawnp
        } else {
            libc::posix_spawn
        };
        let code = spawn(
            &mut pid,
            p.ptr(),
            &s.actions,
            &s.attributes,
            argv.ptr().cast(),
            env.ptr().cast(),
        );
        if code != 0 {
            return Err(p.error(code));
        }
        Ok(Ref::int(i64::from(pid)))
    }
}
pub(super) fn posix_spawn(_: Value, args: Args<'_>) -> PyResult {
    do_spawn("posix_spawn", args.bind(&sig::POSIX_SPAWN)?)
}
pub(super) fn posix_spawnp(_: Value, args: Args<'_>) -> PyResult {
    do_spawn("posix_spawnp", args.bind(&sig::POSIX_SPAWNP)?)
}
