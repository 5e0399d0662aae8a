//! `itertools`.
//!
//! Each iterator is a struct of owned values; what a nested call may clear meanwhile is counted around the call.

mod combinatoric;
mod group;
mod select;
mod sequence;
mod tee;

pub use combinatoric::*;
pub use group::*;
pub use select::*;
pub use sequence::*;
pub use tee::*;

use pyrs_object::list::common::same_init;
use pyrs_object::{Args, PyResult, Ref, Type, Value, check_positional, methods, module, raise, tuple, ty};

/// No keywords, for the exact type or a subclass with the inherited `__init__`.
fn no_keywords(t: Type, base: Type, args: &Args<'_>) -> PyResult<()> {
    if t == base || same_init(t, base) { args.no_keywords(base.name()) } else { Ok(()) }
}
/// Two positional arguments without keywords.
fn two(t: Type, base: Type, args: Args<'_>) -> PyResult<(Value, Value)> {
    no_keywords(t, base, &args)?;
    let given = args.positional();
    check_positional(base.name(), given.len(), 2, 2)?;
    Ok((given[0], given[1]))
}
/// The items of a state tuple of `n` items.
fn state_tuple<'a>(state: Value, min: usize, max: usize) -> PyResult<&'a [Value]> {
    if !tuple::is_tuple(state) {
        return Err(raise!(TypeError, "state is not a tuple"));
    }
    let items = tuple::items(state);
    if items.len() < min || items.len() > max {
        let (how, n) = if items.len() < min { ("least", min) } else { ("most", max) };
        let how = if min == max { String::from("exactly") } else { format!("at {how}") };
        let plural = if n == 1 { "" } else { "s" };
        return Err(raise!(TypeError, "function takes {how} {n} argument{plural} ({} given)", items.len()));
    }
    Ok(items)
}
/// `(type, args)`.
fn reduced(t: Type, args: Vec<Ref>) -> PyResult {
    Ok(tuple::pair(t.to_ref(), tuple::from_vec(args)))
}
/// `(type, args, state)`.
fn reduced_state(t: Type, args: Vec<Ref>, state: Ref) -> PyResult {
    Ok(tuple::from_vec(vec![t.to_ref(), tuple::from_vec(args), state]))
}
/// A field of an instance: the value or `None`.
fn or_none(v: Value) -> Ref {
    if v.is_empty() { Ref::none() } else { Ref::new(v) }
}
/// Puts a new value into an owning field and gives the old one back afterwards.
///
/// # Safety
/// `field` belongs to a live instance.
unsafe fn put(field: *mut Value, new: Ref) {
    // SAFETY: by contract.
    let old = unsafe { std::mem::replace(&mut *field, new.into_value()) };
    pyrs_object::heap::decref(old);
}

methods! { static FUNCTIONS = [
    "tee" FAST tee::tee, "tee($module, iterable, n=2, /)\n--\n\nReturns a tuple of n independent iterators.";
] }

pub fn init() -> PyResult {
    let m = module::new("itertools");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let types: &[Type] = &[
        ty!(PyAccumulate_Type),
        ty!(PyChain_Type),
        ty!(PyCombinations_Type),
        ty!(PyCombinationsWithReplacement_Type),
        ty!(PyCompress_Type),
        ty!(PyCount_Type),
        ty!(PyCycle_Type),
        ty!(PyDropWhile_Type),
        ty!(PyFilterFalse_Type),
        ty!(PyGroupBy_Type),
        ty!(PyGrouper_Type),
        ty!(PyISlice_Type),
        ty!(PyPairwise_Type),
        ty!(PyPermutations_Type),
        ty!(PyProduct_Type),
        ty!(PyRepeat_Type),
        ty!(PyStarMap_Type),
        ty!(PyTakeWhile_Type),
        ty!(PyTee_Type),
        ty!(PyTeeData_Type),
        ty!(PyZipLongest_Type),
    ];
    for t in types {
        module::add_type(m.value(), *t)?;
    }
    Ok(m)
}
