//! `_heapq`: heaps in lists. Comparisons may run Python code, so the list's length is checked after each.

use pyrs_object::layout::*;
use pyrs_object::list::{self, common::item_ref};
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, check_positional, methods, module, ops, raise,
};

/// `a < b`, or `b < a` for a heap with the largest in front.
#[inline]
fn before(a: Value, b: Value, largest: bool) -> PyResult<bool> {
    let (a, b) = if largest { (b, a) } else { (a, b) };
    if a.is_int() && b.is_int() {
        return Ok(a.as_int_unchecked() < b.as_int_unchecked());
    }
    if a.is_float() && b.is_float() {
        return Ok(a.as_float_unchecked() < b.as_float_unchecked());
    }
    let r = ops::richcompare(a, b, CmpOp::Lt)?;
    ops::is_true(r.value())
}
fn changed() -> Raised {
    raise!(RuntimeError, "list changed size during iteration")
}
fn out_of_range() -> Raised {
    raise!(IndexError, "index out of range")
}
fn swap(heap: Value, i: usize, j: usize) {
    let items = list::items(heap).as_ptr().cast_mut();
    // SAFETY: callers have checked both indices against the current length; ownership only changes places.
    unsafe { std::ptr::swap(items.add(i), items.add(j)) }
}
fn item(heap: Value, i: usize) -> PyResult {
    list::items(heap)
        .get(i)
        .map(|v| item_ref(*v))
        .ok_or_else(changed)
}

fn sift_down(heap: Value, start: usize, mut at: usize, largest: bool) -> PyResult<()> {
    let n = list::len(heap);
    if at >= n {
        return Err(out_of_range());
    }
    while at > start {
        let parent = (at - 1) / 2;
        let (new, above) = (item(heap, at)?, item(heap, parent)?);
        let less = before(new.value(), above.value(), largest)?;
        if list::len(heap) != n {
            return Err(changed());
        }
        if !less {
            break;
        }
        swap(heap, at, parent);
        at = parent;
    }
    Ok(())
}
fn sift_up(heap: Value, mut at: usize, largest: bool) -> PyResult<()> {
    let n = list::len(heap);
    let start = at;
    if at >= n {
        return Err(out_of_range());
    }
    while at < n / 2 {
        let mut child = 2 * at + 1;
        if child + 1 < n {
            let (a, b) = (item(heap, child)?, item(heap, child + 1)?);
            let left = before(a.value(), b.value(), largest)?;
            if list::len(heap) != n {
                return Err(changed());
            }
            if !left {
                child += 1;
            }
        }
        swap(heap, at, child);
        at = child;
    }
    sift_down(heap, start, at, largest)
}

fn check(name: &str, args: &[Value], n: usize) -> PyResult<()> {
    check_positional(name, args.len(), n, n)?;
    check_list(name, args[0])
}
fn check_list(name: &str, v: Value) -> PyResult<()> {
    if list::is_list(v) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "{name}() argument 1 must be list, not {}",
            v.ty().message_name()
        ))
    }
}
fn pop(heap: Value, largest: bool) -> PyResult {
    let n = list::len(heap);
    if n == 0 {
        return Err(out_of_range());
    }
    let last = list::remove_at(heap, n - 1);
    if n == 1 {
        return Ok(last);
    }
    let first = item(heap, 0)?;
    list::set(heap, 0, last);
    sift_up(heap, 0, largest)?;
    Ok(first)
}
fn replace(heap: Value, new: Value, largest: bool) -> PyResult {
    if list::len(heap) == 0 {
        return Err(out_of_range());
    }
    let first = item(heap, 0)?;
    list::set(heap, 0, Ref::new(new));
    sift_up(heap, 0, largest)?;
    Ok(first)
}
fn heapify_with(heap: Value, largest: bool) -> PyResult {
    let n = list::len(heap);
    for i in (0..n / 2).rev() {
        sift_up(heap, i, largest)?;
    }
    Ok(Ref::none())
}

fn heappush(_: Value, args: &[Value]) -> PyResult {
    check("heappush", args, 2)?;
    list::append(args[0], Ref::new(args[1]))?;
    sift_down(args[0], 0, list::len(args[0]) - 1, false)?;
    Ok(Ref::none())
}
fn heappushpop(_: Value, args: &[Value]) -> PyResult {
    check("heappushpop", args, 2)?;
    let (heap, new) = (args[0], args[1]);
    if list::len(heap) == 0 {
        return Ok(Ref::new(new));
    }
    let first = item(heap, 0)?;
    if !before(first.value(), new, false)? {
        return Ok(Ref::new(new));
    }
    drop(first);
    replace(heap, new, false)
}
fn heappop(_: Value, heap: Value) -> PyResult {
    check_list("heappop", heap)?;
    pop(heap, false)
}
fn heapreplace(_: Value, args: &[Value]) -> PyResult {
    check("heapreplace", args, 2)?;
    replace(args[0], args[1], false)
}
fn heapify(_: Value, heap: Value) -> PyResult {
    check_list("heapify", heap)?;
    heapify_with(heap, false)
}
fn heappop_max(_: Value, heap: Value) -> PyResult {
    check_list("_heappop_max", heap)?;
    pop(heap, true)
}
fn heapreplace_max(_: Value, args: &[Value]) -> PyResult {
    check("_heapreplace_max", args, 2)?;
    replace(args[0], args[1], true)
}
fn heapify_max(_: Value, heap: Value) -> PyResult {
    check_list("_heapify_max", heap)?;
    heapify_with(heap, true)
}

methods! { static FUNCTIONS = [
    "heappush" FAST heappush, "heappush($module, heap, item, /)\n--\n\nPush item onto heap, maintaining the heap invariant.";
    "heappushpop" FAST heappushpop, "heappushpop($module, heap, item, /)\n--\n\nPush item on the heap, then pop and return the smallest item from the heap.";
    "heappop" O heappop, "heappop($module, heap, /)\n--\n\nPop the smallest item off the heap, maintaining the heap invariant.";
    "heapreplace" FAST heapreplace, "heapreplace($module, heap, item, /)\n--\n\nPop and return the current smallest value, and add the new item.";
    "heapify" O heapify, "heapify($module, heap, /)\n--\n\nTransform list into a heap, in-place, in O(len(heap)) time.";
    "_heappop_max" O heappop_max, "_heappop_max($module, heap, /)\n--\n\nMaxheap variant of heappop.";
    "_heapreplace_max" FAST heapreplace_max, "_heapreplace_max($module, heap, item, /)\n--\n\nMaxheap variant of heapreplace.";
    "_heapify_max" O heapify_max, "_heapify_max($module, heap, /)\n--\n\nMaxheap variant of heapify.";
] }

pub fn init() -> PyResult {
    let m = module::new("_heapq");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(
        m.value(),
        "__about__",
        Ref::str("Heaps: arrays for which a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for all k."),
    );
    Ok(m)
}
