//! Slices of lists: parts copied out, parts replaced. Both happen in one pass over the words.

use super::*;
use smallvec::SmallVec;

/// A new list of `count` items of a list or tuple from `start` on, `step` apart, all in range.
pub fn part(items: &[Value], start: isize, step: isize, count: usize) -> Ref {
    let list = with_capacity(count);
    // SAFETY: room for `count` words; each gets a count of its own.
    unsafe {
        let l = raw(list.value());
        let w = words(l);
        let put = |k: usize, word: Value| {
            let item = canonical(word);
            heap::incref(item);
            w.add(k).write(item);
        };
        if step == 1 {
            let from = start.max(0) as usize;
            let items = &items[from..from + count];
            let plain = common::leading_immediates(items);
            std::ptr::copy_nonoverlapping(items.as_ptr(), w, plain);
            for (k, word) in items.iter().enumerate().skip(plain) {
                put(k, *word);
            }
        } else {
            for k in 0..count {
                put(k, items[(start + k as isize * step) as usize]);
            }
        }
        (*l).ob_base.ob_size = count as isize;
    }
    list
}

/// `list[start..stop] = value`, the bounds in range.
pub fn assign_part(list: Value, start: usize, stop: usize, value: Value) -> PyResult<()> {
    let stop = stop.max(start);
    let same = value != list
        && crate::ops::exact_items(value).is_some_and(|items| items.len() == stop - start);
    if !same {
        let with = slots::assigned_items(value, "can only assign an iterable")?;
        return splice(list, start, stop, with);
    }
    let fresh = crate::ops::exact_items(value).unwrap_or(&[]);
    if fresh.is_empty() {
        return Ok(());
    }
    // Dropped when the list is whole: that may run code.
    let mut old: SmallVec<[Value; 16]> = SmallVec::new();
    // SAFETY: the bounds are in range; nothing runs in between, and the other container is not this one.
    unsafe {
        let w = words(raw(list)).add(start);
        for (k, word) in fresh.iter().enumerate() {
            let item = stored(list, common::item_ref(*word));
            let before = std::mem::replace(&mut *w.add(k), item);
            if before.is_object() {
                // Only the last reference can make something run.
                let count = &raw mut (*before.as_ptr()).ob_refcnt;
                if *count > 1 {
                    *count -= 1;
                } else {
                    old.push(before);
                }
            }
        }
        for v in old.into_iter().rev() {
            heap::decref(v);
        }
    }
    Ok(())
}
