//! `list.sort`: a stable adaptive merge sort (natural runs, binary insertion, balanced merges) that asks only `<`.
//!
//! Keys that are all ints, all floats or all exact strs are ordered without a Python-visible comparison; a stable sort by a
//! total order has exactly one result, so the standard library's sort gives the same list.

use super::common::*;
use crate::boundary::{canonical, is_exposed};
use crate::layout::*;
use crate::{PyResult, Ref, Value, ValueExt, raise, ty};
use std::cmp::Ordering;

/// One thing to be ordered: the key and the slot of the list that goes with it.
#[derive(Clone, Copy)]
struct Item {
    key: Value,
    slot: Value,
}

pub(super) fn sort(list: Value, key: Value, reverse: bool) -> PyResult<()> {
    let l: *mut PyListObject = list.as_ptr().cast();
    // SAFETY: `list` is a live list. Its items are taken out for the time of the sort, so that code run by comparisons
    // sees an empty list; `allocated` of -1 tells whether anybody stored something there.
    unsafe {
        let n = (*l).ob_base.ob_size as usize;
        let was_exposed = is_exposed(list.as_ptr());
        let saved_items = (*l).ob_item;
        let saved_allocated = (*l).allocated;
        (*l).ob_base.ob_size = 0;
        (*l).ob_item = std::ptr::null_mut();
        (*l).allocated = -1;
        let slots: &mut [Value] = if n == 0 {
            &mut []
        } else {
            std::slice::from_raw_parts_mut(saved_items.cast::<Value>(), n)
        };
        let mut result = sort_slots(slots, key, reverse);
        let (grown, grown_n) = ((*l).ob_item, (*l).ob_base.ob_size.max(0) as usize);
        if (*l).allocated != -1 && result.is_ok() {
            result = Err(raise!(ValueError, "list modified during sort"));
        }
        (*l).ob_item = saved_items;
        (*l).ob_base.ob_size = n as isize;
        (*l).allocated = saved_allocated;
        if !grown.is_null() {
            for i in 0..grown_n {
                crate::heap::decref(*grown.cast::<Value>().add(i));
            }
            crate::heap::free(grown.cast());
        }
        // Code run meanwhile may have shown the list to C, which then saw no items to box.
        if is_exposed(list.as_ptr()) && !was_exposed {
            (*crate::heap::gc_head(list.as_ptr())).prev &= !crate::heap::gcflags::EXPOSED;
            crate::boundary::expose(list);
        }
        result
    }
}

/// Sorts ints that lie close together by counting them; `false` if they do not, or are few, or in order already.
fn count_numbers(slots: &mut [Value]) -> bool {
    let (mut low, mut high, mut last, mut ordered) = (i64::MAX, i64::MIN, i64::MIN, true);
    for s in slots.iter() {
        let n = s.as_int_unchecked();
        (low, high) = (low.min(n), high.max(n));
        ordered &= last <= n;
        last = n;
    }
    let n = slots.len();
    if !(COUNTED..=u32::MAX as usize).contains(&n) || ordered || (high - low) / 2 >= n as i64 {
        return false;
    }
    let mut counts = vec![0u32; (high - low) as usize + 1];
    for s in slots.iter() {
        counts[(s.as_int_unchecked() - low) as usize] += 1;
    }
    let mut at = 0;
    for (number, count) in (low..).zip(counts) {
        // Written over by the next number if there is none of this one: no branch for the usual counts.
        let Some(slot) = slots.get_mut(at) else {
            break;
        };
        let number = Value::int_unchecked(number);
        *slot = number;
        let end = at + count as usize;
        if count > 1 {
            slots[at..end].fill(number);
        }
        at = end;
    }
    true
}

/// Numbers from which on counting pays.
const COUNTED: usize = 64;

fn sort_slots(slots: &mut [Value], key: Value, reverse: bool) -> PyResult<()> {
    let has_key = !key.is_empty() && !key.is_none();
    let mut keys: Vec<Ref> = Vec::new();
    if has_key {
        keys.reserve_exact(slots.len());
        for slot in slots.iter() {
            keys.push(crate::ops::call(key, &[canonical(*slot)])?);
        }
    }
    if slots.len() < 2 {
        return Ok(());
    }
    if !has_key && slots.iter().all(|s| s.is_int()) {
        // Equal immediates are the same: no order of theirs can be told from another.
        if !count_numbers(slots) {
            let mut numbers: Vec<i64> = slots.iter().map(|s| s.as_int_unchecked()).collect();
            numbers.sort_unstable();
            for (slot, n) in slots.iter_mut().zip(numbers) {
                *slot = Value::int_unchecked(n);
            }
        }
        if reverse {
            slots.reverse();
        }
        return Ok(());
    }
    let key_at = |i: usize, slot: Value| {
        if has_key {
            keys[i].value()
        } else {
            canonical(slot)
        }
    };
    let mut items: Vec<Item> = slots
        .iter()
        .enumerate()
        .map(|(i, slot)| Item {
            key: key_at(i, *slot),
            slot: *slot,
        })
        .collect();
    // Reversing before and after keeps equal items in their order.
    if reverse {
        items.reverse();
    }
    let result = sort_items(&mut items);
    if reverse {
        items.reverse();
    }
    for (slot, item) in slots.iter_mut().zip(&items) {
        *slot = item.slot;
    }
    // `keys` drops here, after the slots are a permutation again.
    result
}

fn sort_items(items: &mut [Item]) -> PyResult<()> {
    if items.iter().all(|x| x.key.is_int()) {
        items.sort_by_key(|x| x.key.as_int_unchecked());
        return Ok(());
    }
    if items.iter().all(|x| x.key.is_float()) {
        items.sort_by(|a, b| {
            let (a, b) = (a.key.as_float_unchecked(), b.key.as_float_unchecked());
            a.partial_cmp(&b).unwrap_or(Ordering::Equal)
        });
        return Ok(());
    }
    if items.iter().all(|x| is_exact_str(x.key)) {
        sort_by_text(items);
        return Ok(());
    }
    merge_sort(items, &mut |a: &Item, b: &Item| less(a.key, b.key))
}

/// By their first bytes, which lie in order in memory, where these differ: the texts themselves lie anywhere.
fn sort_by_text(items: &mut [Item]) {
    let begins = |text: &[u8]| {
        let mut first = [0; 8];
        let n = text.len().min(8);
        first[..n].copy_from_slice(&text[..n]);
        u64::from_be_bytes(first)
    };
    let mut narrow = Vec::with_capacity(items.len());
    for item in items.iter() {
        let crate::str::StrView::Latin1(text) = crate::str::view(item.key) else {
            return items.sort_by(|a, b| crate::str::cmp(a.key, b.key));
        };
        narrow.push((begins(text), *item));
    }
    narrow.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| crate::str::cmp(x.key, y.key)));
    for (place, (_, item)) in items.iter_mut().zip(narrow) {
        *place = item;
    }
}

/// `a < b` of tuples if the first items that differ are ints, floats or texts.
fn tuple_less(a: Value, b: Value) -> Option<bool> {
    let (a, b) = (crate::tuple::items(a), crate::tuple::items(b));
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (canonical(*x), canonical(*y));
        if x == y {
            continue;
        }
        if x.is_int() && y.is_int() {
            return Some(x.as_int_unchecked() < y.as_int_unchecked());
        }
        if x.is_float() && y.is_float() {
            let (x, y) = (x.as_float_unchecked(), y.as_float_unchecked());
            // Zeros of both signs are equal.
            if x == y {
                continue;
            }
            return Some(x < y);
        }
        if !is_exact_str(x) || !is_exact_str(y) {
            return None;
        }
        match crate::str::cmp(x, y) {
            Ordering::Equal => {}
            order => return Some(order == Ordering::Less),
        }
    }
    Some(a.len() < b.len())
}

/// `a < b` as a truth value.
fn less(a: Value, b: Value) -> PyResult<bool> {
    if a.is_int() && b.is_int() {
        return Ok(a.as_int_unchecked() < b.as_int_unchecked());
    }
    if is_exact_str(a) && is_exact_str(b) {
        return Ok(crate::str::cmp(a, b) == Ordering::Less);
    }
    let tuple = ty!(crate::tuple::PyTuple_Type);
    if a.is_exact(tuple)
        && b.is_exact(tuple)
        && let Some(less) = tuple_less(a, b)
    {
        return Ok(less);
    }
    let r = crate::ops::richcompare(a, b, CmpOp::Lt)?;
    crate::ops::is_true(r.value())
}

/// A run waiting to be merged, with its node power.
struct Run {
    start: usize,
    len: usize,
    power: u32,
}

/// Stable sort with a comparison that may fail; on failure `v` is some permutation of what it was.
pub(crate) fn merge_sort<T: Copy, E>(
    v: &mut [T],
    lt: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let n = v.len();
    let min_run = min_run(n);
    let mut stack: Vec<Run> = Vec::new();
    let mut scratch: Vec<T> = Vec::new();
    let mut start = 0;
    while start < n {
        let mut len = count_run(&mut v[start..], lt)?;
        if len < min_run {
            let forced = min_run.min(n - start);
            insert_sort(&mut v[start..start + forced], len, lt)?;
            len = forced;
        }
        if let Some(top) = stack.last() {
            let power = node_power(top.start, top.len, len, n);
            while stack.len() > 1 && stack[stack.len() - 2].power > power {
                merge_top(v, &mut stack, &mut scratch, lt)?;
            }
            if let Some(top) = stack.last_mut() {
                top.power = power;
            }
        }
        stack.push(Run {
            start,
            len,
            power: 0,
        });
        start += len;
    }
    while stack.len() > 1 {
        merge_top(v, &mut stack, &mut scratch, lt)?;
    }
    Ok(())
}

fn min_run(mut n: usize) -> usize {
    let mut r = 0;
    while n >= 64 {
        r |= n & 1;
        n >>= 1;
    }
    n + r
}

/// The depth in the ideal merge tree of the boundary between two neighbouring runs (powersort).
fn node_power(s1: usize, n1: usize, n2: usize, n: usize) -> u32 {
    let mut a = 2 * s1 + n1;
    let mut b = a + n1 + n2;
    let mut result = 0;
    loop {
        result += 1;
        if a >= n {
            a -= n;
            b -= n;
        } else if b >= n {
            return result;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// The length of the run at the start, which is made ascending.
fn count_run<T: Copy, E>(
    v: &mut [T],
    lt: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<usize, E> {
    if v.len() < 2 {
        return Ok(v.len());
    }
    let mut n = 2;
    if lt(&v[1], &v[0])? {
        while n < v.len() && lt(&v[n], &v[n - 1])? {
            n += 1;
        }
        v[..n].reverse();
    } else {
        while n < v.len() && !lt(&v[n], &v[n - 1])? {
            n += 1;
        }
    }
    Ok(n)
}

/// Binary insertion sort; the first `sorted` items are in order.
fn insert_sort<T: Copy, E>(
    v: &mut [T],
    sorted: usize,
    lt: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    for i in sorted.max(1)..v.len() {
        let pivot = v[i];
        let (mut lo, mut hi) = (0, i);
        while lo < hi {
            let mid = (lo + hi) / 2;
            if lt(&pivot, &v[mid])? {
                hi = mid;
            } else {
                lo = mid + 1;
            }
        }
        v.copy_within(lo..i, lo + 1);
        v[lo] = pivot;
    }
    Ok(())
}

/// How many leading items of `v` satisfy `before`, which is true up to some point: exponential, then binary search.
fn gallop<T, E>(v: &[T], before: &mut dyn FnMut(&T) -> Result<bool, E>) -> Result<usize, E> {
    let mut step = 1;
    let mut lo = 0;
    while lo + step <= v.len() && before(&v[lo + step - 1])? {
        lo += step;
        step *= 2;
    }
    let mut hi = (lo + step - 1).min(v.len());
    while lo < hi {
        let mid = (lo + hi) / 2;
        if before(&v[mid])? {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Ok(lo)
}

/// Wins in a row after which a merge jumps instead of stepping.
const GALLOP: usize = 7;

fn merge_top<T: Copy, E>(
    v: &mut [T],
    stack: &mut Vec<Run>,
    scratch: &mut Vec<T>,
    lt: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    let (Some(right), Some(left)) = (stack.pop(), stack.last_mut()) else {
        return Ok(());
    };
    let (start, mid, end) = (left.start, right.start, right.start + right.len);
    left.len += right.len;
    // Items of the left run that already are in place.
    let first = v[mid];
    let skip = gallop(&v[start..mid], &mut |x| lt(&first, x).map(|less| !less))?;
    merge(&mut v[start + skip..end], mid - start - skip, scratch, lt)
}

/// Merges `v[..mid]` with `v[mid..]`, the left part through `scratch`.
fn merge<T: Copy, E>(
    v: &mut [T],
    mid: usize,
    scratch: &mut Vec<T>,
    lt: &mut impl FnMut(&T, &T) -> Result<bool, E>,
) -> Result<(), E> {
    if mid == 0 {
        return Ok(());
    }
    scratch.clear();
    scratch.extend_from_slice(&v[..mid]);
    let (mut a, mut b, mut out) = (0, mid, 0);
    let (mut wins_a, mut wins_b) = (0, 0);
    let result = loop {
        if a == scratch.len() || b == v.len() {
            break Ok(());
        }
        if wins_a >= GALLOP {
            let pivot = v[b];
            let taken = match gallop(&scratch[a..], &mut |x| lt(&pivot, x).map(|less| !less)) {
                Ok(n) => n,
                Err(e) => break Err(e),
            };
            v[out..out + taken].copy_from_slice(&scratch[a..a + taken]);
            (a, out, wins_a) = (a + taken, out + taken, 0);
            continue;
        }
        if wins_b >= GALLOP {
            let pivot = scratch[a];
            let taken = match gallop(&v[b..], &mut |x| lt(x, &pivot)) {
                Ok(n) => n,
                Err(e) => break Err(e),
            };
            v.copy_within(b..b + taken, out);
            (b, out, wins_b) = (b + taken, out + taken, 0);
            continue;
        }
        match lt(&v[b], &scratch[a]) {
            Ok(true) => {
                v[out] = v[b];
                (b, wins_a, wins_b) = (b + 1, 0, wins_b + 1);
            }
            Ok(false) => {
                v[out] = scratch[a];
                (a, wins_a, wins_b) = (a + 1, wins_a + 1, 0);
            }
            Err(e) => break Err(e),
        }
        out += 1;
    };
    // The hole between `out` and `b` has exactly the length of what is left in the scratch.
    v[out..b].copy_from_slice(&scratch[a..]);
    result
}

/// `list.sort(*, key=None, reverse=False)`.
pub(super) fn list_sort(list: Value, args: crate::Args<'_>) -> PyResult {
    const SORT: crate::Signature<2> = crate::Signature {
        name: "sort",
        params: ["key", "reverse"],
        posonly: 0,
        positional: 0,
        required: 0,
    };
    let [key, reverse] = args.bind(&SORT)?;
    let reverse = match reverse.non_empty() {
        Some(v) if v == crate::singletons::bool_value(true) => true,
        Some(v) if v == crate::singletons::bool_value(false) => false,
        Some(v) => match crate::int::is_int_instance(v) {
            true => crate::ops::is_true(v)?,
            false => crate::ops::index_as_isize(v)? != 0,
        },
        None => false,
    };
    sort(list, key, reverse)?;
    Ok(Ref::none())
}

#[cfg(test)]
mod tests {
    use super::merge_sort;

    fn noise(n: usize, modulus: u64) -> Vec<(u64, usize)> {
        let mut x = 88_172_645_463_325_252u64;
        (0..n)
            .map(|i| {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                (x % modulus, i)
            })
            .collect()
    }

    #[test]
    fn sorts_stably_whatever_the_input() {
        for n in [0, 1, 2, 3, 31, 63, 64, 65, 100, 1000, 5000] {
            for modulus in [1, 3, 50, u64::MAX] {
                let mut v = noise(n, modulus);
                if n % 2 == 1 {
                    v.sort_by_key(|x| std::cmp::Reverse(x.0 / 2));
                }
                let mut want = v.clone();
                want.sort_by_key(|x| x.0);
                merge_sort::<_, ()>(&mut v, &mut |a, b| Ok(a.0 < b.0)).unwrap();
                assert_eq!(v, want, "n={n} modulus={modulus}");
            }
        }
    }

    #[test]
    fn an_ordered_list_costs_n_minus_one_comparisons() {
        let mut v: Vec<u32> = (0..1000).collect();
        let mut count = 0;
        merge_sort::<_, ()>(&mut v, &mut |a, b| {
            count += 1;
            Ok(a < b)
        })
        .unwrap();
        assert_eq!(count, 999);
    }

    #[test]
    fn a_failing_comparison_leaves_a_permutation() {
        for fail_at in [1, 10, 100, 700, 2000, 5000] {
            let mut v = noise(1000, 1 << 40);
            let mut want = v.clone();
            let mut count = 0;
            let r = merge_sort(&mut v, &mut |a: &(u64, usize), b: &(u64, usize)| {
                count += 1;
                if count == fail_at {
                    Err(())
                } else {
                    Ok(a.0 < b.0)
                }
            });
            assert!(r.is_err());
            v.sort();
            want.sort();
            assert_eq!(v, want);
        }
    }
}
