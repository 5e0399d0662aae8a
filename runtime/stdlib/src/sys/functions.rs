//! The functions of `sys`.

use super::report;
use pyrs_object::layout::*;
use pyrs_object::thread::ThreadState;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, audit, check_positional, dict, errors, events,
    exceptions, heap, intern, methods, module, ops, raise, singletons, str, thread, tuple,
};
use pyrs_vm::{frames, import, threads};

fn getrefcount(_: Value, v: Value) -> PyResult {
    // CPython's answer counts the argument's own reference.
    // Natives give these away without counting, so that their counts say nothing.
    let uncounted =
        v.is_none() || v.is_true_const() || v.is_false_const() || v.is_not_implemented();
    Ok(Ref::int(if uncounted {
        IMMORTAL_REFCNT as i64
    } else {
        heap::refcount(v) as i64
    }))
}
fn getrecursionlimit(_: Value) -> PyResult {
    // SAFETY: the current thread state is valid.
    Ok(Ref::int(i64::from(unsafe {
        (*thread::current()).c.recursion_limit
    })))
}
fn setrecursionlimit(_: Value, v: Value) -> PyResult {
    let n = ops::index_as_isize(v)?;
    if n < 1 {
        return Err(raise!(
            ValueError,
            "recursion limit must be greater or equal than 1"
        ));
    }
    let n = i32::try_from(n)
        .map_err(|_| raise!(OverflowError, "Python int too large to convert to C int"))?;
    // SAFETY: the current thread state is valid.
    unsafe {
        let ts = thread::current();
        let depth = thread::depth(ts);
        if depth >= n {
            return Err(raise!(
                RecursionError,
                "cannot set the recursion limit to {n} at the recursion depth {depth}: the limit is too low"
            ));
        }
        thread::set_recursion_limit(ts, n);
    }
    Ok(Ref::none())
}
fn intern_str(_: Value, v: Value) -> PyResult {
    if !str::is_exact(v) {
        if v.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(TypeError, "can't intern {}", v.ty().message_name()));
        }
        return Err(raise!(
            TypeError,
            "intern() argument must be str, not {}",
            v.ty().message_name()
        ));
    }
    Ok(str::intern_value(Ref::new(v)))
}

/// The frame `depth` levels above the caller.
fn frame_at(depth: isize) -> PyResult<*mut Frame> {
    // SAFETY: the frame chain is live.
    unsafe {
        let mut frame = frames::current(thread::current());
        let mut left = depth;
        while left > 0 && !frame.is_null() {
            frame = frames::back(frame);
            left -= 1;
        }
        if frame.is_null() {
            Err(raise!(ValueError, "call stack is not deep enough"))
        } else {
            Ok(frame)
        }
    }
}
fn getframe(_: Value, args: &[Value]) -> PyResult {
    check_positional("_getframe", args.len(), 0, 1)?;
    let depth = match args {
        [n] => ops::index_as_isize(*n)?,
        _ => 0,
    };
    // SAFETY: a live frame.
    let frame = unsafe {
        Ref::new(Value::from_object(
            frames::frame_object(frame_at(depth)?).cast(),
        ))
    };
    audit!("sys._getframe", &frame)?;
    Ok(frame)
}
/// A dict from the ids of all threads that run Python to what `value` makes of their states.
fn by_thread(value: impl Fn(*mut ThreadState) -> Option<Ref>) -> PyResult {
    let d = dict::new();
    for ts in crate::thread::states() {
        // SAFETY: states are only removed under the GIL, which is held.
        let id = unsafe { pyrs_object::int::from_u64((*ts).c.thread_id as u64) };
        if let Some(v) = value(ts) {
            dict::set_item(d.value(), id.value(), v.value())?;
        }
    }
    Ok(d)
}
fn current_frames(_: Value) -> PyResult {
    audit!("sys._current_frames")?;
    by_thread(|ts| {
        // SAFETY: the frames of a thread that waits for the GIL lie still.
        unsafe {
            let frame = frames::current(ts);
            (!frame.is_null())
                .then(|| Ref::new(Value::from_object(frames::frame_object(frame).cast())))
        }
    })
}
fn current_exceptions(_: Value) -> PyResult {
    audit!("sys._current_exceptions")?;
    by_thread(|ts| {
        // SAFETY: as in `current_frames`.
        unsafe {
            if (*ts).c.frame.is_null() {
                return None;
            }
            Some(info_of(exceptions::handled_by(&raw mut (*ts).c)))
        }
    })
}
/// Type, value and traceback of an exception; three times `None` for none.
fn info_of(exc: Option<Ref>) -> Ref {
    match exc {
        None => tuple::from_vec(vec![Ref::none(), Ref::none(), Ref::none()]),
        Some(exc) => {
            let tb = exceptions::traceback_of(exc.value()).unwrap_or_else(Ref::none);
            tuple::from_vec(vec![exc.ty().to_ref(), exc, tb])
        }
    }
}
fn exc_info(_: Value) -> PyResult {
    Ok(info_of(exceptions::handled()))
}
fn exception(_: Value) -> PyResult {
    Ok(exceptions::handled().unwrap_or_else(Ref::none))
}
fn exit(_: Value, args: &[Value]) -> PyResult {
    check_positional("exit", args.len(), 0, 1)?;
    // A tuple is the exception's arguments, as wherever a value is raised for a class.
    let items = args.first().filter(|v| tuple::is_tuple(**v));
    let items = items.map_or(args, |v| tuple::items(*v));
    let exc = exceptions::new_instance(exceptions::SystemExit, items)?;
    Err(errors::set(exc))
}
fn getdefaultencoding(_: Value) -> PyResult {
    Ok(str::new("utf-8"))
}
fn getfilesystemencoding(_: Value) -> PyResult {
    Ok(str::new("utf-8"))
}
fn getfilesystemencodeerrors(_: Value) -> PyResult {
    Ok(str::new("surrogateescape"))
}
fn getsizeof(_: Value, args: &[Value]) -> PyResult {
    check_positional("getsizeof", args.len(), 1, 2)?;
    let v = args[0];
    let size = match pyrs_object::typeobject::lookup_special(v, intern!("__sizeof__"))? {
        Some(f) => f.call(&[])?,
        None => {
            if let Some(d) = args.get(1) {
                return Ok(Ref::new(*d));
            }
            return Err(raise!(
                TypeError,
                "Type {} doesn't define __sizeof__",
                v.ty().message_name()
            ));
        }
    };
    let n = ops::index_as_isize(size.value())?;
    if n < 0 {
        return Err(raise!(ValueError, "__sizeof__() should return >= 0"));
    }
    let head = if v.ty().has(tpflags::HAVE_GC) { 16 } else { 0 };
    Ok(Ref::int(n as i64 + head))
}
fn displayhook(_: Value, v: Value) -> PyResult {
    if v.is_none() {
        return Ok(Ref::none());
    }
    let builtins = pyrs_vm::builtins_dict();
    dict::set_item(builtins, intern!("_"), singletons::none())?;
    let Some(out) = import::sys_attr("stdout").filter(|f| !f.is_none()) else {
        return Err(raise!(RuntimeError, "lost sys.stdout"));
    };
    let text = ops::repr(v)?;
    let written = ops::call_method(out.value(), intern!("write"), &[text.value()]);
    if written.is_err() {
        if !errors::take_if(exceptions::UnicodeEncodeError) {
            return written;
        }
        let encoding = ops::getattr_str(out.value(), "encoding")?;
        let raw = pyrs_object::codec::encode(
            text.value(),
            &str::to_string_lossy(encoding.value()),
            "backslashreplace",
        )?;
        let escaped = pyrs_object::codec::decode(
            pyrs_object::bytes::data(raw.value()),
            &str::to_string_lossy(encoding.value()),
            "strict",
        )?;
        ops::call_method(out.value(), intern!("write"), &[escaped.value()])?;
    }
    let newline = str::new("\n");
    ops::call_method(out.value(), intern!("write"), &[newline.value()])?;
    dict::set_item(builtins, intern!("_"), v)?;
    Ok(Ref::none())
}

/// `sys.excepthook`.
fn excepthook(_: Value, args: &[Value]) -> PyResult {
    check_positional("excepthook", args.len(), 3, 3)?;
    if let Err(e) = report::print_exception(args[1], args[2]) {
        let _ = e;
        errors::clear();
    }
    Ok(Ref::none())
}

fn unraisablehook(_: Value, arg: Value) -> PyResult {
    if !arg.is_exact(import::unraisable_type()) {
        return Err(raise!(
            TypeError,
            "sys.unraisablehook argument type must be UnraisableHookArgs"
        ));
    }
    let part = |name: &str| ops::getattr_str(arg, name);
    let (exc_type, value, tb) = (
        part("exc_type")?,
        part("exc_value")?,
        part("exc_traceback")?,
    );
    let (message, object) = (part("err_msg")?, part("object")?);
    report::print_unraisable(
        message.value(),
        object.value(),
        value.value(),
        tb.value(),
        exc_type.value(),
    );
    Ok(Ref::none())
}
fn breakpointhook(_: Value, args: Args<'_>) -> PyResult {
    let name = std::env::var("PYTHONBREAKPOINT").unwrap_or_default();
    if name == "0" {
        return Ok(Ref::none());
    }
    let name = if name.is_empty() {
        String::from("pdb.set_trace")
    } else {
        name
    };
    let (module_name, attribute) = match name.rfind('.') {
        Some(dot) => (name[..dot].to_string(), name[dot + 1..].to_string()),
        None => (String::from("builtins"), name.clone()),
    };
    let found =
        import::import_absolute(&module_name).and_then(|m| ops::getattr_str(m.value(), &attribute));
    match found {
        Ok(f) => ops::call_args(f.value(), args),
        Err(_) => {
            errors::clear();
            import::warn(
                exceptions::RuntimeWarning,
                &format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{name}\""),
                1,
            )?;
            Ok(Ref::none())
        }
    }
}
fn getswitchinterval(_: Value) -> PyResult {
    Ok(Ref::float(threads::switch_interval()))
}
fn setswitchinterval(_: Value, v: Value) -> PyResult {
    let x = ops::as_f64(v)?;
    if x <= 0.0 || x.is_nan() {
        return Err(raise!(
            ValueError,
            "switch interval must be strictly positive"
        ));
    }
    threads::set_switch_interval(x);
    Ok(Ref::none())
}
fn is_finalizing(_: Value) -> PyResult {
    Ok(Ref::bool(threads::is_finalizing()))
}
fn call_tracing(_: Value, args: &[Value]) -> PyResult {
    check_positional("call_tracing", args.len(), 2, 2)?;
    if !tuple::is_tuple(args[1]) {
        return Err(raise!(
            TypeError,
            "call_tracing() argument 2 must be tuple, not {}",
            args[1].ty().message_name()
        ));
    }
    pyrs_vm::trace::call_tracing(args[0], tuple::items(args[1]))
}
fn settrace(_: Value, v: Value) -> PyResult {
    audit!("sys.settrace")?;
    pyrs_vm::trace::set_trace(v)?;
    Ok(Ref::none())
}
fn gettrace(_: Value) -> PyResult {
    Ok(pyrs_vm::trace::get_trace())
}
fn setprofile(_: Value, v: Value) -> PyResult {
    audit!("sys.setprofile")?;
    pyrs_vm::trace::set_profile(v)?;
    Ok(Ref::none())
}
fn getprofile(_: Value) -> PyResult {
    Ok(pyrs_vm::trace::get_profile())
}
fn audit(_: Value, args: &[Value]) -> PyResult {
    let Some((event, arguments)) = args.split_first() else {
        return Err(raise!(
            TypeError,
            "audit() missing 1 required positional argument: 'event'"
        ));
    };
    if !events::listening() {
        return Ok(Ref::none());
    }
    if !event.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "expected str for argument 'event', not {}",
            event.ty().message_name()
        ));
    }
    let arguments = tuple::from_vec(arguments.iter().map(|v| Ref::new(*v)).collect());
    events::tell_objects(*event, arguments.value())?;
    Ok(Ref::none())
}
fn addaudithook(_: Value, args: Args<'_>) -> PyResult {
    const ADDAUDITHOOK: pyrs_object::Signature<1> = pyrs_object::Signature {
        name: "addaudithook",
        params: ["hook"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [hook] = args.bind(&ADDAUDITHOOK)?;
    events::add(Ref::new(hook))?;
    Ok(Ref::none())
}
fn get_int_max_str_digits(_: Value) -> PyResult {
    Ok(Ref::int(pyrs_object::int::max_str_digits() as i64))
}
fn set_int_max_str_digits(_: Value, v: Value) -> PyResult {
    let n = ops::index_as_isize(v)?;
    if n != 0 && n < 640 {
        return Err(raise!(ValueError, "maxdigits must be 0 or larger than 640"));
    }
    pyrs_object::int::set_max_str_digits(n as usize);
    pyrs_vm::source::set_int_max_str_digits(n as usize);
    Ok(Ref::none())
}
fn get_coroutine_origin_tracking_depth(_: Value) -> PyResult {
    // SAFETY: the current thread state is valid.
    Ok(Ref::int(i64::from(unsafe {
        (*thread::current()).c.coroutine_origin_tracking_depth
    })))
}
fn set_coroutine_origin_tracking_depth(_: Value, v: Value) -> PyResult {
    let n = ops::index_as_isize(v)?;
    if n < 0 {
        return Err(raise!(ValueError, "depth must be >= 0"));
    }
    // SAFETY: the current thread state is valid.
    unsafe { (*thread::current()).c.coroutine_origin_tracking_depth = n as i32 };
    Ok(Ref::none())
}
fn hook_value(p: *mut PyObject) -> Ref {
    if p.is_null() {
        Ref::none()
    } else {
        Ref::new(Value::from_object(p))
    }
}
fn get_asyncgen_hooks(_: Value) -> PyResult {
    // SAFETY: the current thread state is valid.
    let (first, fin) = unsafe {
        let c = &(*thread::current()).c;
        (c.async_gen_firstiter, c.async_gen_finalizer)
    };
    use std::sync::OnceLock;
    static TYPE: OnceLock<Type> = OnceLock::new();
    let t = match TYPE.get() {
        Some(t) => *t,
        None => {
            let t = pyrs_object::structseq::new_type(
                "asyncgen_hooks",
                "",
                &[("firstiter", ""), ("finalizer", "")],
                2,
            )?;
            *TYPE.get_or_init(|| t)
        }
    };
    Ok(pyrs_object::structseq::new(
        t,
        vec![hook_value(first), hook_value(fin)],
    ))
}
fn set_asyncgen_hooks(_: Value, args: Args<'_>) -> PyResult {
    const HOOKS: pyrs_object::Signature<2> = pyrs_object::Signature {
        name: "set_asyncgen_hooks",
        params: ["firstiter", "finalizer"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [first, fin] = args.bind(&HOOKS)?;
    for (v, what) in [(first, "firstiter"), (fin, "finalizer")] {
        if !v.is_empty() && !v.is_none() && !ops::is_callable(v) {
            return Err(raise!(
                TypeError,
                "callable {what} expected, got {}",
                v.ty().message_name()
            ));
        }
    }
    // SAFETY: the fields own their objects.
    unsafe {
        let c = &raw mut (*thread::current()).c;
        for (v, field, event) in [
            (
                fin,
                &raw mut (*c).async_gen_finalizer,
                "sys.set_asyncgen_hook_finalizer",
            ),
            (
                first,
                &raw mut (*c).async_gen_firstiter,
                "sys.set_asyncgen_hook_firstiter",
            ),
        ] {
            if v.is_empty() {
                continue;
            }
            audit!(event)?;
            let new = if v.is_none() {
                std::ptr::null_mut()
            } else {
                Ref::new(v).into_ptr()
            };
            let old = std::mem::replace(&mut *field, new);
            heap::xdecref_ptr(old);
        }
    }
    Ok(Ref::none())
}
fn getallocatedblocks(_: Value) -> PyResult {
    // The allocator keeps no count of blocks; tracked objects are what leak checks look at.
    Ok(Ref::int(
        pyrs_object::list::len(pyrs_object::gc::objects(None).value()) as i64,
    ))
}
fn clear_type_cache(_: Value) -> PyResult {
    pyrs_object::typeobject::clear_method_cache();
    Ok(Ref::none())
}

methods! { pub(super) static FUNCTIONS = [
    "_clear_type_cache" NOARGS clear_type_cache, "_clear_type_cache($module, /)\n--\n\nEmpties the method cache.";
    "_current_exceptions" NOARGS current_exceptions, "_current_exceptions($module, /)\n--\n\nThreads to the exceptions they handle.";
    "_current_frames" NOARGS current_frames, "_current_frames($module, /)\n--\n\nThreads to their topmost frames.";
    "_getframe" FAST getframe, "_getframe($module, depth=0, /)\n--\n\nA frame of the call stack.";
    "addaudithook" KW addaudithook, "addaudithook($module, /, hook)\n--\n\nAdds a hook that is told of all audit events.";
    "audit" FAST audit, "audit(event, *args)\n\n";
    "breakpointhook" KW breakpointhook, "breakpointhook(*args, **kws)\n\n";
    "call_tracing" FAST call_tracing, "call_tracing($module, func, args, /)\n--\n\n";
    "displayhook" O displayhook, "displayhook($module, object, /)\n--\n\nPrints an object to sys.stdout and saves it in builtins._";
    "exc_info" NOARGS exc_info, "exc_info($module, /)\n--\n\nThe exception being handled.";
    "exception" NOARGS exception, "exception($module, /)\n--\n\nThe exception being handled.";
    "excepthook" FAST excepthook, "excepthook($module, exctype, value, traceback, /)\n--\n\nPrints an unhandled exception.";
    "exit" FAST exit, "exit($module, status=None, /)\n--\n\nRaises SystemExit(status).";
    "get_asyncgen_hooks" NOARGS get_asyncgen_hooks, "get_asyncgen_hooks($module, /)\n--\n\n";
    "get_coroutine_origin_tracking_depth" NOARGS get_coroutine_origin_tracking_depth, "get_coroutine_origin_tracking_depth($module, /)\n--\n\n";
    "get_int_max_str_digits" NOARGS get_int_max_str_digits, "get_int_max_str_digits($module, /)\n--\n\n";
    "getallocatedblocks" NOARGS getallocatedblocks, "getallocatedblocks($module, /)\n--\n\n";
    "getdefaultencoding" NOARGS getdefaultencoding, "getdefaultencoding($module, /)\n--\n\n";
    "getfilesystemencodeerrors" NOARGS getfilesystemencodeerrors, "getfilesystemencodeerrors($module, /)\n--\n\n";
    "getfilesystemencoding" NOARGS getfilesystemencoding, "getfilesystemencoding($module, /)\n--\n\n";
    "getprofile" NOARGS getprofile, "getprofile($module, /)\n--\n\n";
    "getrecursionlimit" NOARGS getrecursionlimit, "getrecursionlimit($module, /)\n--\n\n";
    "getrefcount" O getrefcount, "getrefcount($module, object, /)\n--\n\n";
    "getsizeof" FAST getsizeof, "getsizeof(object [, default]) -> int\n\n";
    "getswitchinterval" NOARGS getswitchinterval, "getswitchinterval($module, /)\n--\n\n";
    "gettrace" NOARGS gettrace, "gettrace($module, /)\n--\n\n";
    "intern" O intern_str, "intern($module, string, /)\n--\n\nThe interned string of that text.";
    "is_finalizing" NOARGS is_finalizing, "is_finalizing($module, /)\n--\n\n";
    "set_asyncgen_hooks" KW set_asyncgen_hooks, "set_asyncgen_hooks(* [, firstiter] [, finalizer])\n\n";
    "set_coroutine_origin_tracking_depth" O set_coroutine_origin_tracking_depth, "set_coroutine_origin_tracking_depth($module, /, depth)\n--\n\n";
    "set_int_max_str_digits" O set_int_max_str_digits, "set_int_max_str_digits($module, /, maxdigits)\n--\n\n";
    "setprofile" O setprofile, "setprofile(function)\n\n";
    "setrecursionlimit" O setrecursionlimit, "setrecursionlimit($module, limit, /)\n--\n\n";
    "setswitchinterval" O setswitchinterval, "setswitchinterval($module, interval, /)\n--\n\n";
    "settrace" O settrace, "settrace(function)\n\n";
    "unraisablehook" O unraisablehook, "unraisablehook($module, unraisable, /)\n--\n\n";
] }

/// `__displayhook__` and friends: the originals.
pub(super) fn add_hook_originals(m: Value) {
    for name in [
        "displayhook",
        "excepthook",
        "breakpointhook",
        "unraisablehook",
    ] {
        if let Some(f) = dict::get_str(module::dict(m), name) {
            module::add(m, &format!("__{name}__"), f);
        }
    }
}
