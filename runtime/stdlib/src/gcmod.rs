//! `gc`: the collector's controls.

use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, dict, gc, list, methods, module, ops,
    raise, tuple,
};

fn enable(_: Value) -> PyResult {
    gc::enable();
    Ok(Ref::none())
}
fn disable(_: Value) -> PyResult {
    gc::disable();
    Ok(Ref::none())
}
fn isenabled(_: Value) -> PyResult {
    Ok(Ref::bool(gc::is_enabled()))
}
fn collect(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> = Signature {
        name: "collect",
        params: ["generation"],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [generation] = args.bind(&SIGNATURE)?;
    let generation = match generation.non_empty() {
        Some(g) => ops::index_as_isize(g)?,
        None => 2,
    };
    if !(0..gc::GENERATIONS as isize).contains(&generation) {
        return Err(raise!(ValueError, "invalid generation"));
    }
    Ok(Ref::int(gc::collect(generation as usize) as i64))
}
fn get_debug(_: Value) -> PyResult {
    Ok(Ref::int(i64::from(gc::debug_flags())))
}
fn set_debug(_: Value, flags: Value) -> PyResult {
    gc::set_debug_flags(ops::index_as_isize(flags)? as i32);
    Ok(Ref::none())
}
fn triple(n: [i32; gc::GENERATIONS]) -> Ref {
    tuple::from_vec(n.iter().map(|n| Ref::int(i64::from(*n))).collect())
}
fn get_threshold(_: Value) -> PyResult {
    Ok(triple(gc::thresholds()))
}
fn set_threshold(_: Value, args: &[Value]) -> PyResult {
    if args.is_empty() {
        return Err(raise!(
            TypeError,
            "set_threshold() takes at least 1 argument (0 given)"
        ));
    }
    if args.len() > 3 {
        return Err(raise!(
            TypeError,
            "set_threshold() takes at most 3 arguments ({} given)",
            args.len()
        ));
    }
    let mut thresholds = gc::thresholds();
    for (t, v) in thresholds.iter_mut().zip(args) {
        *t = i32::try_from(ops::index_as_isize(*v)?)
            .map_err(|_| raise!(OverflowError, "signed integer is greater than maximum"))?;
    }
    gc::set_thresholds(thresholds);
    Ok(Ref::none())
}
fn get_count(_: Value) -> PyResult {
    Ok(triple(gc::counts()))
}
fn get_stats(_: Value) -> PyResult {
    let all = gc::stats().into_iter().map(|s| {
        let d = dict::new();
        dict::set_str(
            d.value(),
            "collections",
            Ref::int(s.collections as i64).value(),
        );
        dict::set_str(d.value(), "collected", Ref::int(s.collected as i64).value());
        dict::set_str(
            d.value(),
            "uncollectable",
            Ref::int(s.uncollectable as i64).value(),
        );
        d
    });
    Ok(list::from_vec(all.collect()))
}
fn is_tracked(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(gc::is_tracked_value(v)))
}
fn is_finalized(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(gc::is_finalized(v)))
}
fn get_objects(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> = Signature {
        name: "get_objects",
        params: ["generation"],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [generation] = args.bind(&SIGNATURE)?;
    let generation = match generation.non_empty().filter(|g| !g.is_none()) {
        None => None,
        Some(g) => {
            let n = ops::index_as_isize(g)?;
            if n >= gc::GENERATIONS as isize {
                return Err(raise!(
                    ValueError,
                    "generation parameter must be less than the number of available generations (3)"
                ));
            }
            if n < 0 {
                return Err(raise!(
                    ValueError,
                    "generation parameter cannot be negative"
                ));
            }
            Some(n as usize)
        }
    };
    audit!("gc.get_objects", generation.map_or(-1, |n| n as i64))?;
    Ok(gc::objects(generation))
}
fn arguments(args: &[Value]) -> Ref {
    tuple::from_vec(args.iter().map(|v| Ref::new(*v)).collect())
}
fn get_referrers(_: Value, args: &[Value]) -> PyResult {
    audit!("gc.get_referrers", arguments(args))?;
    Ok(gc::referrers(args))
}
fn get_referents(_: Value, args: &[Value]) -> PyResult {
    audit!("gc.get_referents", arguments(args))?;
    gc::referents(args)
}
fn freeze(_: Value) -> PyResult {
    gc::freeze();
    Ok(Ref::none())
}
fn unfreeze(_: Value) -> PyResult {
    gc::unfreeze();
    Ok(Ref::none())
}
fn get_freeze_count(_: Value) -> PyResult {
    Ok(Ref::int(gc::freeze_count() as i64))
}

methods! { static FUNCTIONS = [
    "enable" NOARGS enable, "enable($module, /)\n--\n\nEnable automatic garbage collection.";
    "disable" NOARGS disable, "disable($module, /)\n--\n\nDisable automatic garbage collection.";
    "isenabled" NOARGS isenabled, "isenabled($module, /)\n--\n\nReturns true if automatic garbage collection is enabled.";
    "set_debug" O set_debug, "set_debug($module, flags, /)\n--\n\nSet the garbage collection debugging flags.";
    "get_debug" NOARGS get_debug, "get_debug($module, /)\n--\n\nGet the garbage collection debugging flags.";
    "get_count" NOARGS get_count, "get_count($module, /)\n--\n\nReturn a three-tuple of the current collection counts.";
    "set_threshold" FAST set_threshold, "set_threshold(threshold0, [threshold1, threshold2]) -> None\n\nSets the collection thresholds.  Setting threshold0 to zero disables collection.\n";
    "get_threshold" NOARGS get_threshold, "get_threshold($module, /)\n--\n\nReturn the current collection thresholds.";
    "collect" KW collect, "collect($module, /, generation=2)\n--\n\nRun the garbage collector and return the number of unreachable objects.";
    "get_objects" KW get_objects, "get_objects($module, /, generation=None)\n--\n\nReturn a list of objects tracked by the collector (excluding the list returned).";
    "get_stats" NOARGS get_stats, "get_stats($module, /)\n--\n\nReturn a list of dictionaries containing per-generation statistics.";
    "is_tracked" O is_tracked, "is_tracked($module, obj, /)\n--\n\nReturns true if the object is tracked by the garbage collector.";
    "is_finalized" O is_finalized, "is_finalized($module, obj, /)\n--\n\nReturns true if the object has been already finalized by the GC.";
    "get_referrers" FAST get_referrers, "get_referrers(*objs) -> list\nReturn the list of objects that directly refer to any of objs.";
    "get_referents" FAST get_referents, "get_referents(*objs) -> list\nReturn the list of objects that are directly referred to by objs.";
    "freeze" NOARGS freeze, "freeze($module, /)\n--\n\nFreeze all current tracked objects and ignore them for future collections.";
    "unfreeze" NOARGS unfreeze, "unfreeze($module, /)\n--\n\nUnfreeze all objects in the permanent generation.";
    "get_freeze_count" NOARGS get_freeze_count, "get_freeze_count($module, /)\n--\n\nReturn the number of objects in the permanent generation.";
] }

pub fn init() -> PyResult {
    let m = module::new("gc");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "garbage", Ref::new(gc::garbage()));
    module::add(m.value(), "callbacks", Ref::new(gc::callbacks()));
    for (name, flag) in [
        ("DEBUG_STATS", gc::debug::STATS),
        ("DEBUG_COLLECTABLE", gc::debug::COLLECTABLE),
        ("DEBUG_UNCOLLECTABLE", gc::debug::UNCOLLECTABLE),
        ("DEBUG_SAVEALL", gc::debug::SAVEALL),
        ("DEBUG_LEAK", gc::debug::LEAK),
    ] {
        module::add(m.value(), name, Ref::int(i64::from(flag)));
    }
    Ok(m)
}
