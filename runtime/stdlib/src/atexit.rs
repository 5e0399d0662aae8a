//! `atexit`.

use pyrs_object::boundary::CArgs;
use pyrs_object::{Args, PyResult, Ref, Value, dict, errors, methods, module, ops, raise, tuple};
use std::sync::{Mutex, MutexGuard};

struct Callback {
    function: Ref,
    args: Ref,
    kwargs: Option<Ref>,
}
static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());

fn callbacks() -> MutexGuard<'static, Vec<Callback>> {
    CALLBACKS.lock().unwrap_or_else(|e| e.into_inner())
}

fn register(_: Value, args: Args<'_>) -> PyResult {
    let Some((function, rest)) = args.positional().split_first() else {
        return Err(raise!(TypeError, "register() takes at least 1 argument (0 given)"));
    };
    if !ops::is_callable(*function) {
        return Err(raise!(TypeError, "the first argument must be callable"));
    }
    let kwargs = if args.n_keywords() > 0 { Some(dict::from_keywords(args)?) } else { None };
    let new = Callback { function: Ref::new(*function), args: tuple::from_slice(rest), kwargs };
    callbacks().push(new);
    Ok(Ref::new(*function))
}

/// Runs all callbacks, the last registered first; errors are reported and do not stop the others.
pub fn run() {
    // Taken one by one: a callback may register and unregister others.
    let mut left = callbacks().len();
    while left > 0 {
        left -= 1;
        let next = {
            let mut all = callbacks();
            if left < all.len() { Some(all.remove(left)) } else { None }
        };
        let Some(c) = next else { continue };
        let kw = c.kwargs.as_ref().map_or(std::ptr::null_mut(), |d| d.as_ptr());
        // SAFETY: a tuple and a dict or null, alive for the call.
        let result = unsafe { CArgs::from_tuple_dict(c.args.as_ptr(), kw) }
            .and_then(|a| ops::call_args(c.function.value(), a.args()).map(drop));
        if result.is_err() {
            errors::write_unraisable("Exception ignored in atexit callback", c.function.value());
        }
    }
    let rest = std::mem::take(&mut *callbacks());
    drop(rest);
}
fn run_exitfuncs(_: Value) -> PyResult {
    run();
    Ok(Ref::none())
}
fn clear(_: Value) -> PyResult {
    let old = std::mem::take(&mut *callbacks());
    drop(old);
    Ok(Ref::none())
}
fn unregister(_: Value, function: Value) -> PyResult {
    let mut i = 0;
    loop {
        let Some(candidate) = callbacks().get(i).map(|c| c.function.clone()) else { break };
        if ops::eq(candidate.value(), function)? {
            let removed = {
                let mut all = callbacks();
                // The comparison may have changed the list.
                match all.get(i) {
                    Some(c) if c.function.value() == candidate.value() => Some(all.remove(i)),
                    _ => None,
                }
            };
            if removed.is_some() {
                continue;
            }
        }
        i += 1;
    }
    Ok(Ref::none())
}
fn ncallbacks(_: Value) -> PyResult {
    Ok(Ref::int(callbacks().len() as i64))
}

methods! { static FUNCTIONS = [
    "register" KW register, "register(func, *args, **kwargs) -> func\n\nRegister a function to be executed upon normal program termination.";
    "_clear" NOARGS clear, "_clear() -> None\n\nClear the list of previously registered exit functions.";
    "unregister" O unregister, "unregister(func) -> None\n\nUnregister an exit function which was previously registered using\natexit.register";
    "_run_exitfuncs" NOARGS run_exitfuncs, "_run_exitfuncs() -> None\n\nRun all registered exit functions.";
    "_ncallbacks" NOARGS ncallbacks, "_ncallbacks() -> int\n\nReturn the number of registered exit functions.";
] }

pub fn init() -> PyResult {
    let m = module::new("atexit");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
