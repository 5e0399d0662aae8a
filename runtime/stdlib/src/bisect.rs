//! `_bisect`.

use pyrs_object::layout::CmpOp;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, intern, list, methods, module, ops, raise, ty,
};

struct Search {
    list: Value,
    x: Value,
    lo: isize,
    hi: isize,
    /// Empty: none.
    key: Value,
}
fn arguments(name: &'static str, args: Args<'_>) -> PyResult<Search> {
    let signature: Signature<5> = Signature {
        name,
        params: ["a", "x", "lo", "hi", "key"],
        posonly: 0,
        positional: 4,
        required: 2,
    };
    let [list, x, lo, hi, key] = args.bind(&signature)?;
    let lo = match lo.non_empty() {
        Some(n) => ops::index_as_isize(n)?,
        None => 0,
    };
    let hi = match hi.non_empty().filter(|h| !h.is_none()) {
        Some(n) => ops::index_as_isize(n)?,
        None => -1,
    };
    let key = if !key.is_empty() && key.is_none() {
        Value::EMPTY
    } else {
        key
    };
    Ok(Search {
        list,
        x,
        lo,
        hi,
        key,
    })
}
fn less(a: Value, b: Value) -> PyResult<bool> {
    if a.is_int() && b.is_int() {
        return Ok(a.as_int_unchecked() < b.as_int_unchecked());
    }
    let r = ops::richcompare(a, b, CmpOp::Lt)?;
    ops::is_true(r.value())
}
fn find(s: &Search, x: Value, right: bool) -> PyResult<isize> {
    if s.lo < 0 {
        return Err(raise!(ValueError, "lo must be non-negative"));
    }
    let (mut lo, mut hi) = (
        s.lo,
        if s.hi == -1 {
            ops::len(s.list)? as isize
        } else {
            s.hi
        },
    );
    while lo < hi {
        let mid = ((lo as usize + hi as usize) / 2) as isize;
        let mut item = ops::sequence_item(s.list, mid)?;
        if !s.key.is_empty() {
            item = ops::call(s.key, &[item.value()])?;
        }
        if right {
            if less(x, item.value())? {
                hi = mid
            } else {
                lo = mid + 1
            }
        } else if less(item.value(), x)? {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Ok(lo)
}
fn insert(s: &Search, right: bool) -> PyResult {
    let at = if s.key.is_empty() {
        find(s, s.x, right)?
    } else {
        let x = ops::call(s.key, &[s.x])?;
        find(s, x.value(), right)?
    };
    if s.list.is_exact(ty!(list::PyList_Type)) {
        list::insert(s.list, (at as usize).min(list::len(s.list)), Ref::new(s.x))?;
    } else {
        ops::call_method(
            s.list,
            intern!("insert"),
            &[Ref::int(at as i64).value(), s.x],
        )?;
    }
    Ok(Ref::none())
}
fn bisect_right(_: Value, args: Args<'_>) -> PyResult {
    let s = arguments("bisect_right", args)?;
    Ok(Ref::int(find(&s, s.x, true)? as i64))
}
fn bisect_left(_: Value, args: Args<'_>) -> PyResult {
    let s = arguments("bisect_left", args)?;
    Ok(Ref::int(find(&s, s.x, false)? as i64))
}
fn insort_right(_: Value, args: Args<'_>) -> PyResult {
    insert(&arguments("insort_right", args)?, true)
}
fn insort_left(_: Value, args: Args<'_>) -> PyResult {
    insert(&arguments("insort_left", args)?, false)
}

methods! { static FUNCTIONS = [
    "bisect_right" KW bisect_right, "bisect_right($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\nReturn the index where to insert item x in list a, assuming a is sorted, behind equal ones.";
    "bisect_left" KW bisect_left, "bisect_left($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\nReturn the index where to insert item x in list a, assuming a is sorted, before equal ones.";
    "insort_right" KW insort_right, "insort_right($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\nInsert item x in list a, and keep it sorted assuming a is sorted.";
    "insort_left" KW insort_left, "insort_left($module, /, a, x, lo=0, hi=None, *, key=None)\n--\n\nInsert item x in list a, and keep it sorted assuming a is sorted.";
] }

pub fn init() -> PyResult {
    let m = module::new("_bisect");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
