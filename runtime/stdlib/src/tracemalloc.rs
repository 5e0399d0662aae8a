//! `_tracemalloc`: what `tracemalloc` stands on. The traces themselves are `pyrs_object::tracemalloc`'s.

use crate::convert::c_int;
use pyrs_object::tracemalloc::{self, MAX_FRAMES, Traceback};
use pyrs_object::{PyResult, Ref, Value, check_positional, list, methods, module, raise, tuple};
use std::collections::HashMap;
use std::sync::Arc;

/// Starts tracing; the number of frames is the program's or the command line's.
pub fn start_with(frames: i64) -> PyResult<()> {
    match u32::try_from(frames) {
        Ok(n) if (1..=MAX_FRAMES).contains(&n) => {
            pyrs_vm::tracemalloc::start(n);
            Ok(())
        }
        _ => Err(raise!(
            ValueError,
            "the number of frames must be in range [1; {MAX_FRAMES}]"
        )),
    }
}

fn start(_: Value, args: &[Value]) -> PyResult {
    check_positional("start", args.len(), 0, 1)?;
    let frames = args.first().map_or(Ok(1), |v| c_int(*v))?;
    start_with(i64::from(frames))?;
    Ok(Ref::none())
}
fn stop(_: Value) -> PyResult {
    tracemalloc::stop();
    Ok(Ref::none())
}
fn is_tracing(_: Value) -> PyResult {
    Ok(Ref::bool(tracemalloc::is_tracing()))
}
fn clear_traces(_: Value) -> PyResult {
    tracemalloc::clear();
    Ok(Ref::none())
}
fn get_traces(_: Value) -> PyResult {
    let traces = tracemalloc::traces();
    // Equal tracebacks are one tuple, too.
    let mut tuples: HashMap<*const Traceback, Ref> = HashMap::new();
    let shown = traces.iter().map(|(domain, trace)| {
        let traceback = tuples
            .entry(Arc::as_ptr(&trace.traceback))
            .or_insert_with(|| trace.traceback.to_tuple());
        tuple::from_vec(vec![
            Ref::int(i64::from(*domain)),
            Ref::int(trace.size as i64),
            traceback.clone(),
            Ref::int(i64::from(trace.traceback.total)),
        ])
    });
    Ok(list::from_vec(shown.collect()))
}
fn get_object_traceback(_: Value, v: Value) -> PyResult {
    let traceback = tracemalloc::traceback_of_object(v);
    Ok(traceback.map_or_else(Ref::none, |t| t.to_tuple()))
}
fn get_traceback_limit(_: Value) -> PyResult {
    Ok(Ref::int(i64::from(tracemalloc::limit())))
}
fn get_tracemalloc_memory(_: Value) -> PyResult {
    Ok(Ref::int(tracemalloc::own_memory() as i64))
}
fn get_traced_memory(_: Value) -> PyResult {
    let (now, peak) = tracemalloc::traced_memory();
    Ok(tuple::pair(Ref::int(now as i64), Ref::int(peak as i64)))
}
fn reset_peak(_: Value) -> PyResult {
    tracemalloc::reset_peak();
    Ok(Ref::none())
}

methods! { static TRACEMALLOC = [
    "is_tracing" NOARGS is_tracing, "is_tracing($module, /)\n--\n\nWhether allocations are traced.";
    "clear_traces" NOARGS clear_traces, "clear_traces($module, /)\n--\n\nForgets all traces.";
    "_get_traces" NOARGS get_traces, "_get_traces($module, /)\n--\n\nAll traces: (domain, size, traceback, number of frames).";
    "_get_object_traceback" O get_object_traceback, "_get_object_traceback($module, obj, /)\n--\n\nWhere an object was allocated, or None.";
    "start" FAST start, "start($module, nframe=1, /)\n--\n\nStarts tracing; tracebacks have at most nframe frames.";
    "stop" NOARGS stop, "stop($module, /)\n--\n\nEnds tracing and forgets all traces.";
    "get_traceback_limit" NOARGS get_traceback_limit, "get_traceback_limit($module, /)\n--\n\nThe most frames that a traceback has.";
    "get_tracemalloc_memory" NOARGS get_tracemalloc_memory, "get_tracemalloc_memory($module, /)\n--\n\nBytes that the traces themselves need.";
    "get_traced_memory" NOARGS get_traced_memory, "get_traced_memory($module, /)\n--\n\nBytes that are traced, and the most there were.";
    "reset_peak" NOARGS reset_peak, "reset_peak($module, /)\n--\n\nThe most there were is what there is now.";
] }

/// `_tracemalloc`.
pub fn init() -> PyResult {
    let m = module::new("_tracemalloc");
    module::add_functions(m.value(), (&raw mut TRACEMALLOC).cast());
    Ok(m)
}
