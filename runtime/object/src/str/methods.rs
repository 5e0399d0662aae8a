//! The methods of `str`.

use super::search::{clip, widen};
use super::*;
use crate::{Args, Signature, check_positional};

methods! {
    pub(super) static METHODS = [
        "encode" KW encode, "encode($self, /, encoding='utf-8', errors='strict')\n--\n\nThe text as bytes.";
        "replace" FAST replace, "replace($self, old, new, count=-1, /)\n--\n\nA copy with occurrences of old replaced by new.";
        "split" KW split_method, "split($self, /, sep=None, maxsplit=-1)\n--\n\nThe words, split at sep or white space.";
        "rsplit" KW rsplit_method, "rsplit($self, /, sep=None, maxsplit=-1)\n--\n\nAs split, from the right.";
        "join" O join_method, "join($self, iterable, /)\n--\n\nThe strings of iterable with self between them.";
        "capitalize" NOARGS case::capitalize, "capitalize($self, /)\n--\n\nFirst character title case, the rest lower case.";
        "casefold" NOARGS case::casefold, "casefold($self, /)\n--\n\nFor caseless comparison.";
        "title" NOARGS case::title, "title($self, /)\n--\n\nEach word title-cased.";
        "center" FAST center, "center($self, width, fillchar=' ', /)\n--\n\nCentred in width.";
        "count" FAST count, "S.count(sub[, start[, end]]) -> int\n\nNon-overlapping occurrences of sub.";
        "expandtabs" KW expandtabs, "expandtabs($self, /, tabsize=8)\n--\n\nTabs as blanks.";
        "find" FAST find, "S.find(sub[, start[, end]]) -> int\n\nLowest index of sub, or -1.";
        "partition" O partition, "partition($self, sep, /)\n--\n\nThe parts before, at and after sep.";
        "index" FAST index, "S.index(sub[, start[, end]]) -> int\n\nLowest index of sub; ValueError if absent.";
        "ljust" FAST ljust, "ljust($self, width, fillchar=' ', /)\n--\n\nLeft-justified in width.";
        "lower" NOARGS case::lower, "lower($self, /)\n--\n\nLower case.";
        "lstrip" FAST lstrip, "lstrip($self, chars=None, /)\n--\n\nWithout leading white space or chars.";
        "rfind" FAST rfind_method, "S.rfind(sub[, start[, end]]) -> int\n\nHighest index of sub, or -1.";
        "rindex" FAST rindex, "S.rindex(sub[, start[, end]]) -> int\n\nHighest index of sub; ValueError if absent.";
        "rjust" FAST rjust, "rjust($self, width, fillchar=' ', /)\n--\n\nRight-justified in width.";
        "rstrip" FAST rstrip, "rstrip($self, chars=None, /)\n--\n\nWithout trailing white space or chars.";
        "rpartition" O rpartition, "rpartition($self, sep, /)\n--\n\nAs partition, at the last sep.";
        "splitlines" KW splitlines, "splitlines($self, /, keepends=False)\n--\n\nThe lines.";
        "strip" FAST strip, "strip($self, chars=None, /)\n--\n\nWithout leading and trailing white space or chars.";
        "swapcase" NOARGS case::swapcase, "swapcase($self, /)\n--\n\nUpper case to lower and back.";
        "translate" O translate, "translate($self, table, /)\n--\n\nEach character looked up in table.";
        "upper" NOARGS case::upper, "upper($self, /)\n--\n\nUpper case.";
        "startswith" FAST startswith, "S.startswith(prefix[, start[, end]]) -> bool\n\nWhether S starts with prefix (or one of a tuple).";
        "endswith" FAST endswith, "S.endswith(suffix[, start[, end]]) -> bool\n\nWhether S ends with suffix (or one of a tuple).";
        "removeprefix" O removeprefix, "removeprefix($self, prefix, /)\n--\n\nWithout prefix if it is there.";
        "removesuffix" O removesuffix, "removesuffix($self, suffix, /)\n--\n\nWithout suffix if it is there.";
        "isascii" NOARGS case::isascii, "isascii($self, /)\n--\n\nAll characters below 128.";
        "islower" NOARGS case::islower, "islower($self, /)\n--\n\nAll cased characters lower case, at least one.";
        "isupper" NOARGS case::isupper, "isupper($self, /)\n--\n\nAll cased characters upper case, at least one.";
        "istitle" NOARGS case::istitle, "istitle($self, /)\n--\n\nTitle-cased.";
        "isspace" NOARGS case::isspace, "isspace($self, /)\n--\n\nAll white space, at least one.";
        "isdecimal" NOARGS case::isdecimal, "isdecimal($self, /)\n--\n\nAll decimal digits, at least one.";
        "isdigit" NOARGS case::isdigit, "isdigit($self, /)\n--\n\nAll digits, at least one.";
        "isnumeric" NOARGS case::isnumeric, "isnumeric($self, /)\n--\n\nAll numeric, at least one.";
        "isalpha" NOARGS case::isalpha, "isalpha($self, /)\n--\n\nAll alphabetic, at least one.";
        "isalnum" NOARGS case::isalnum, "isalnum($self, /)\n--\n\nAll alphanumeric, at least one.";
        "isidentifier" NOARGS case::isidentifier, "isidentifier($self, /)\n--\n\nA valid identifier.";
        "isprintable" NOARGS case::isprintable, "isprintable($self, /)\n--\n\nNothing that repr would escape.";
        "zfill" O zfill, "zfill($self, width, /)\n--\n\nZeros on the left, behind a sign.";
        "format" KW format, "S.format(*args, **kwargs) -> str\n\nReplacement fields filled in.";
        "format_map" O format_map, "S.format_map(mapping) -> str\n\nReplacement fields filled in from mapping.";
        "__format__" O format_spec, "__format__($self, format_spec, /)\n--\n\nFormatted by format_spec.";
        "maketrans" FAST | STATIC maketrans, "maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)\n--\n\nA table for translate.";
        "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\nBytes in memory.";
        "__getnewargs__" NOARGS getnewargs, "";
    ]
}

/// Runs `$body` with haystack and needle at the haystack's width; `$wider` if the needle cannot occur.
macro_rules! pair {
    ($hay:expr, $needle:expr, $wider:expr, |$h:ident, $n:ident| $body:expr) => {
        match (view($hay), view($needle)) {
            (StrView::Latin1($h), StrView::Latin1($n)) => $body,
            (StrView::Ucs2($h), StrView::Ucs2($n)) => $body,
            (StrView::Ucs4($h), StrView::Ucs4($n)) => $body,
            (StrView::Ucs2($h), StrView::Latin1(n)) => {
                let wide: Vec<u16> = widen(n);
                let $n = &wide[..];
                $body
            }
            (StrView::Ucs4($h), n) => {
                let wide = n.to_vec();
                let $n = &wide[..];
                $body
            }
            _ => $wider,
        }
    };
}

/// Index of `needle` in `hay[start..end]`.
pub(super) fn find_in(hay: Value, needle: Value, start: usize, end: usize) -> Option<usize> {
    if start > end {
        return None;
    }
    pair!(hay, needle, None, |h, n| search::find(&h[start..end], n)
        .map(|i| i + start))
}
fn rfind_in(hay: Value, needle: Value, start: usize, end: usize) -> Option<usize> {
    if start > end {
        return None;
    }
    pair!(hay, needle, None, |h, n| search::rfind(&h[start..end], n)
        .map(|i| i + start))
}

/// An optional slice bound: `None` gives the default.
pub(crate) fn slice_bound(args: &[Value], i: usize, default: isize) -> PyResult<isize> {
    match args.get(i) {
        None => Ok(default),
        Some(v) if v.is_none() || v.is_empty() => Ok(default),
        Some(v) if v.is_int() || crate::ops::has_index(*v) => crate::ops::index_clipped(*v),
        Some(_) => Err(raise!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        )),
    }
}
/// The `[start[, end]]` window behind the first of a finder's arguments, clipped to `n`.
pub(crate) fn window(name: &str, args: &[Value], n: usize) -> PyResult<(usize, usize)> {
    if args.is_empty() || args.len() > 3 {
        let (how, bound, s) = if args.is_empty() {
            ("at least", 1, "")
        } else {
            ("at most", 3, "s")
        };
        return Err(raise!(
            TypeError,
            "{name}() takes {how} {bound} argument{s} ({} given)",
            args.len()
        ));
    }
    Ok(clip(
        slice_bound(args, 1, 0)?,
        slice_bound(args, 2, isize::MAX)?,
        n,
    ))
}
fn finder(name: &str, v: Value, args: &[Value]) -> PyResult<(usize, usize)> {
    let w = window(name, args, len(v))?;
    if is_str(args[0]) {
        Ok(w)
    } else {
        Err(must_be_str(args[0]))
    }
}
fn must_be_str(v: Value) -> crate::Raised {
    raise!(TypeError, "must be str, not {}", v.ty().message_name())
}
fn position(r: Option<usize>) -> PyResult {
    Ok(Ref::int(r.map_or(-1, |i| i as i64)))
}
fn position_or_error(r: Option<usize>) -> PyResult {
    match r {
        Some(i) => Ok(Ref::int(i as i64)),
        None => Err(raise!(ValueError, "substring not found")),
    }
}
fn find(v: Value, args: &[Value]) -> PyResult {
    let (start, end) = finder("find", v, args)?;
    position(find_in(v, args[0], start, end))
}
fn index(v: Value, args: &[Value]) -> PyResult {
    let (start, end) = finder("index", v, args)?;
    position_or_error(find_in(v, args[0], start, end))
}
fn rfind_method(v: Value, args: &[Value]) -> PyResult {
    let (start, end) = finder("rfind", v, args)?;
    position(rfind_in(v, args[0], start, end))
}
fn rindex(v: Value, args: &[Value]) -> PyResult {
    let (start, end) = finder("rindex", v, args)?;
    position_or_error(rfind_in(v, args[0], start, end))
}
fn count(v: Value, args: &[Value]) -> PyResult {
    let (start, end) = finder("count", v, args)?;
    if start > end {
        return Ok(Ref::int(0));
    }
    let n = pair!(v, args[0], 0, |h, n| search::count(
        &h[start..end],
        n,
        usize::MAX
    ));
    Ok(Ref::int(n as i64))
}

/// Whether `part` lies at the start (or end) of `v[start..end]`.
fn at_edge(v: Value, part: Value, start: usize, end: usize, tail: bool) -> bool {
    if start > end || len(part) > end - start {
        return false;
    }
    pair!(v, part, false, |h, p| {
        let h = &h[start..end];
        if tail {
            h.ends_with(p)
        } else {
            h.starts_with(p)
        }
    })
}
fn edge(name: &str, v: Value, args: &[Value], tail: bool) -> PyResult {
    let (start, end) = window(name, args, len(v))?;
    let first = args[0];
    if crate::tuple::is_tuple(first) {
        for &p in crate::tuple::items(first) {
            if !is_str(p) {
                return Err(raise!(
                    TypeError,
                    "tuple for {name} must only contain str, not {}",
                    crate::boundary::canonical(p).ty().message_name()
                ));
            }
            if at_edge(v, p, start, end, tail) {
                return Ok(Ref::bool(true));
            }
        }
        return Ok(Ref::bool(false));
    }
    if !is_str(first) {
        return Err(raise!(
            TypeError,
            "{name} first arg must be str or a tuple of str, not {}",
            first.ty().message_name()
        ));
    }
    Ok(Ref::bool(at_edge(v, first, start, end, tail)))
}
fn startswith(v: Value, args: &[Value]) -> PyResult {
    edge("startswith", v, args, false)
}
fn endswith(v: Value, args: &[Value]) -> PyResult {
    edge("endswith", v, args, true)
}
fn removeprefix(v: Value, p: Value) -> PyResult {
    expect(p, "removeprefix() argument")?;
    let start = if at_edge(v, p, 0, len(v), false) {
        len(p)
    } else {
        0
    };
    Ok(substring(v, start, len(v)))
}
fn removesuffix(v: Value, p: Value) -> PyResult {
    expect(p, "removesuffix() argument")?;
    let end = if len(p) > 0 && at_edge(v, p, 0, len(v), true) {
        len(v) - len(p)
    } else {
        len(v)
    };
    Ok(substring(v, 0, end))
}

fn replace(v: Value, args: &[Value]) -> PyResult {
    check_positional("replace", args.len(), 2, 3)?;
    expect(args[0], "replace() argument 1")?;
    expect(args[1], "replace() argument 2")?;
    let limit = match args.get(2) {
        Some(n) => crate::ops::index_as_isize(*n)?,
        None => -1,
    };
    let limit = if limit < 0 {
        usize::MAX
    } else {
        limit as usize
    };
    replace_all(v, args[0], args[1], limit)
}
fn replace_all(v: Value, old: Value, new: Value, limit: usize) -> PyResult {
    let unchanged = || Ok(exact(v));
    if limit == 0 || len(old) > len(v) || state(old).kind() > state(v).kind() || eq(old, new) {
        return unchanged();
    }
    let k = pair!(v, old, 0, |h, o| if len(new) > len(old) {
        search::count(h, o, limit)
    } else {
        0
    });
    if k.checked_mul(len(new))
        .is_none_or(|n| n > isize::MAX as usize - len(v))
    {
        return Err(raise!(OverflowError, "replace string is too long"));
    }
    crate::errors::check_room(k.saturating_mul(len(new)), 1)?;
    if state(new).kind() <= state(v).kind() {
        let r = pair!(v, old, None, |h, o| {
            let n: Vec<_> = each_width!(view(new), n => widen(n));
            search::replace(h, o, &n, limit).map(|out| Unit::make(&out))
        });
        return r.map_or_else(unchanged, Ok);
    }
    let (h, o, n) = (view(v).to_vec(), view(old).to_vec(), view(new).to_vec());
    search::replace(&h, &o, &n, limit).map_or_else(unchanged, |out| Ok(from_ucs4(&out)))
}

const SPLIT: Signature<2> = Signature {
    name: "split",
    params: ["sep", "maxsplit"],
    posonly: 0,
    positional: 2,
    required: 0,
};
const RSPLIT: Signature<2> = Signature {
    name: "rsplit",
    params: ["sep", "maxsplit"],
    posonly: 0,
    positional: 2,
    required: 0,
};

fn limit_arg(v: Value) -> PyResult<usize> {
    if v.is_empty() {
        return Ok(usize::MAX);
    }
    let n = crate::ops::index_as_isize(v)?;
    Ok(if n < 0 { usize::MAX } else { n as usize })
}
fn split_method(v: Value, args: Args<'_>) -> PyResult {
    let [sep, limit] = args.bind(&SPLIT)?;
    split_text(v, sep, limit_arg(limit)?, false)
}
fn rsplit_method(v: Value, args: Args<'_>) -> PyResult {
    let [sep, limit] = args.bind(&RSPLIT)?;
    split_text(v, sep, limit_arg(limit)?, true)
}
fn is_space_latin1(c: u32) -> bool {
    matches!(c, 9..=13 | 28..=32 | 0x85 | 0xA0)
}
fn split_text(v: Value, sep: Value, limit: usize, right: bool) -> PyResult {
    let mut out: Vec<Ref> = Vec::new();
    if sep.is_empty() || sep.is_none() {
        match view(v) {
            StrView::Latin1(s) => {
                let ascii = state(v).is_ascii();
                let push = |r| {
                    out.push(if ascii {
                        from_ascii(&s[r])
                    } else {
                        from_latin1(&s[r])
                    })
                };
                if right {
                    split::rsplit_space(s, limit, is_space_latin1, push);
                } else {
                    split::split_space(s, limit, is_space_latin1, push);
                }
            }
            w => each_width!(w, s => {
                let push = |r: std::ops::Range<usize>| out.push(Unit::make(&s[r]));
                if right {
                    split::rsplit_space(s, limit, pyrs_ucd::is_space, push);
                } else {
                    split::split_space(s, limit, pyrs_ucd::is_space, push);
                }
            }),
        }
    } else if !is_str(sep) {
        return Err(raise!(
            TypeError,
            "must be str or None, not {}",
            sep.ty().message_name()
        ));
    } else if len(sep) == 0 {
        return Err(raise!(ValueError, "empty separator"));
    } else {
        if let (Some(s), Some(p), false) = (ascii_bytes(v), ascii_bytes(sep), right) {
            split::split(s, p, limit, |r| {
                out.push(if r.len() == s.len() {
                    exact(v)
                } else {
                    from_ascii(&s[r])
                });
            });
            return Ok(crate::list::from_vec(out));
        }
        pair!(v, sep, out.push(exact(v)), |s, p| {
            let push = |r: std::ops::Range<usize>| {
                out.push(if r.len() == s.len() {
                    exact(v)
                } else {
                    Unit::make(&s[r])
                })
            };
            if right {
                split::rsplit(s, p, limit, push);
            } else {
                split::split(s, p, limit, push);
            }
        });
    }
    if right {
        out.reverse();
    }
    Ok(crate::list::from_vec(out))
}

const SPLITLINES: Signature<1> = Signature {
    name: "splitlines",
    params: ["keepends"],
    posonly: 0,
    positional: 1,
    required: 0,
};
fn splitlines(v: Value, args: Args<'_>) -> PyResult {
    let [keep] = args.bind(&SPLITLINES)?;
    let keep = !keep.is_empty() && crate::ops::index_as_isize(keep)? != 0;
    let mut out: Vec<Ref> = Vec::new();
    each_width!(view(v), s => split::splitlines(s, keep, pyrs_ucd::is_linebreak, |r| out.push(Unit::make(&s[r]))));
    Ok(crate::list::from_vec(out))
}

fn partition_at(v: Value, sep: Value, right: bool) -> PyResult {
    if !is_str(sep) {
        return Err(must_be_str(sep));
    }
    if len(sep) == 0 {
        return Err(raise!(ValueError, "empty separator"));
    }
    let at = if right {
        rfind_in(v, sep, 0, len(v))
    } else {
        find_in(v, sep, 0, len(v))
    };
    let parts = match (at, right) {
        (Some(i), _) => vec![
            substring(v, 0, i),
            Ref::new(sep),
            substring(v, i + len(sep), len(v)),
        ],
        (None, false) => vec![exact(v), empty(), empty()],
        (None, true) => vec![empty(), empty(), exact(v)],
    };
    Ok(crate::tuple::from_vec(parts))
}
fn partition(v: Value, sep: Value) -> PyResult {
    partition_at(v, sep, false)
}
fn rpartition(v: Value, sep: Value) -> PyResult {
    partition_at(v, sep, true)
}

fn strip_text(name: &str, v: Value, args: &[Value], left: bool, right: bool) -> PyResult {
    check_positional(name, args.len(), 0, 1)?;
    let chars = args.first().copied().unwrap_or(Value::EMPTY);
    let range = if chars.is_empty() || chars.is_none() {
        match view(v) {
            StrView::Latin1(s) => split::strip(s, left, right, is_space_latin1),
            w => each_width!(w, s => split::strip(s, left, right, pyrs_ucd::is_space)),
        }
    } else if is_str(chars) {
        let set = view(chars);
        each_width!(view(v), s => split::strip(s, left, right, |c| {
            each_width!(set, set => Unit::fit(c).is_some_and(|c| Unit::find_char(set, c).is_some()))
        }))
    } else {
        return Err(raise!(TypeError, "{name} arg must be None or str"));
    };
    Ok(substring(v, range.start, range.end))
}
fn strip(v: Value, args: &[Value]) -> PyResult {
    strip_text("strip", v, args, true, true)
}
fn lstrip(v: Value, args: &[Value]) -> PyResult {
    strip_text("lstrip", v, args, true, false)
}
fn rstrip(v: Value, args: &[Value]) -> PyResult {
    strip_text("rstrip", v, args, false, true)
}

/// Width and fill character; how much is missing.
fn pad_args(name: &str, v: Value, args: &[Value]) -> PyResult<(usize, usize, u32)> {
    check_positional(name, args.len(), 1, 2)?;
    let width = crate::ops::index_as_isize(args[0])?.max(0) as usize;
    let fill = match args.get(1) {
        None => 0x20,
        Some(f) if !is_str(*f) => {
            return Err(raise!(
                TypeError,
                "The fill character must be a unicode character, not {}",
                f.ty().message_name()
            ));
        }
        Some(f) if len(*f) != 1 => {
            return Err(raise!(
                TypeError,
                "The fill character must be exactly one character long"
            ));
        }
        Some(f) => char_at(*f, 0),
    };
    Ok((width, width.saturating_sub(len(v)), fill))
}
fn center(v: Value, args: &[Value]) -> PyResult {
    let (width, missing, fill) = pad_args("center", v, args)?;
    let left = missing / 2 + (missing & width & 1);
    build::pad(v, left, missing - left, fill)
}
fn ljust(v: Value, args: &[Value]) -> PyResult {
    let (_, missing, fill) = pad_args("ljust", v, args)?;
    build::pad(v, 0, missing, fill)
}
fn rjust(v: Value, args: &[Value]) -> PyResult {
    let (_, missing, fill) = pad_args("rjust", v, args)?;
    build::pad(v, missing, 0, fill)
}
fn zfill(v: Value, width: Value) -> PyResult {
    let width = crate::ops::index_as_isize(width)?.max(0) as usize;
    let missing = width.saturating_sub(len(v));
    if missing == 0 {
        return Ok(exact(v));
    }
    if len(v) > 0 && matches!(char_at(v, 0), 0x2B | 0x2D) {
        let body = build::pad(substring(v, 1, len(v)).value(), missing, 0, 0x30)?;
        return concat(substring(v, 0, 1).value(), body.value());
    }
    build::pad(v, missing, 0, 0x30)
}

const EXPANDTABS: Signature<1> = Signature {
    name: "expandtabs",
    params: ["tabsize"],
    posonly: 0,
    positional: 1,
    required: 0,
};
fn expandtabs(v: Value, args: Args<'_>) -> PyResult {
    let [size] = args.bind(&EXPANDTABS)?;
    let size = if size.is_empty() {
        8
    } else {
        crate::ops::index_as_isize(size)?
    };
    if size > i32::MAX as isize || size < i32::MIN as isize {
        return Err(raise!(
            OverflowError,
            "Python int too large to convert to C int"
        ));
    }
    let has_tabs = match view(v) {
        StrView::Latin1(s) => memchr::memchr(b'\t', s).is_some(),
        view => each_width!(view, s => s.iter().any(|&c| u32::from(c) == 9)),
    };
    if !has_tabs {
        return Ok(exact(v));
    }
    let too_long = || raise!(OverflowError, "new string is too long");
    each_width!(view(v), s => {
        let out = expand_tabs(s, size, too_long)?;
        crate::errors::check_room(out.len(), size_of_val(s) / s.len().max(1))?;
        Ok(Unit::make(&out))
    })
}
/// The length of `s` with tabs to the next multiple of `size` columns, if that is one.
fn expanded_length<U: Unit>(s: &[U], size: isize) -> Option<usize> {
    // Of what lies before the line's last tab, and behind that.
    let (mut total, mut column) = (0isize, 0isize);
    for &c in s {
        match c.into() {
            9 if size > 0 => column = column.checked_add(size - column % size)?,
            9 => {}
            10 | 13 => {
                total = total.checked_add(column)?.checked_add(1)?;
                column = 0;
            }
            _ => column = column.checked_add(1)?,
        }
    }
    total.checked_add(column).map(|n| n as usize)
}
/// Tabs to the next multiple of `size` columns.
pub(crate) fn expand_tabs<U: Unit>(
    s: &[U],
    size: isize,
    too_long: impl Fn() -> crate::Raised,
) -> PyResult<Vec<U>> {
    let (Some(blank), Some(length)) = (U::fit(0x20), expanded_length(s, size)) else {
        return Err(too_long());
    };
    let mut out: Vec<U> = Vec::new();
    if out.try_reserve_exact(length).is_err() {
        return Err(crate::errors::no_memory());
    }
    let mut column = 0usize;
    for &c in s {
        match c.into() {
            9 => {
                if size > 0 {
                    let n = size as usize - column % size as usize;
                    out.resize(out.len() + n, blank);
                    column += n;
                }
            }
            10 | 13 => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    Ok(out)
}

fn join_method(v: Value, iterable: Value) -> PyResult {
    if let Some(items) = crate::ops::exact_items(iterable) {
        let keep = (items.len() == 1).then(|| Ref::new(crate::boundary::canonical(items[0])));
        let r = build::join_values(v, items.len(), |i| crate::boundary::canonical(items[i]));
        drop(keep);
        return r;
    }
    let parts = crate::ops::collect(crate::ops::joinable(iterable)?.value())?;
    join(v, &parts)
}

fn format(v: Value, args: Args<'_>) -> PyResult {
    let named = |key: Value| match args.keywords().find(|(k, _)| eq(*k, key)) {
        Some((_, v)) => Ok(Ref::new(v)),
        None => Err(crate::errors::key_error(key)),
    };
    format_with(v, Some(args.positional()), &named)
}
fn format_map(v: Value, mapping: Value) -> PyResult {
    format_with(v, None, &|key| crate::ops::getitem(mapping, key))
}
fn format_spec(v: Value, spec: Value) -> PyResult {
    expect(spec, "__format__() argument")?;
    if len(spec) == 0 {
        return if is_exact(v) {
            Ok(Ref::new(v))
        } else {
            crate::ops::str_of(v)
        };
    }
    use pyrs_numeric::format::{FormatErrorKind, format_str};
    match format_str(&view(spec).to_vec(), len(v), v.ty().message_name()) {
        Ok(l) => build::pad(substring(v, 0, l.keep).value(), l.left, l.right, l.fill),
        Err(e) if e.kind == FormatErrorKind::Value => Err(raise!(ValueError, "{}", e.message)),
        Err(e) => Err(raise!(OverflowError, "{}", e.message)),
    }
}

const ENCODE: Signature<2> = Signature {
    name: "encode",
    params: ["encoding", "errors"],
    posonly: 0,
    positional: 2,
    required: 0,
};
fn encode(v: Value, args: Args<'_>) -> PyResult {
    let [encoding, errors] = args.bind(&ENCODE)?;
    let encoding = object::name_arg(encoding, "encode", "'encoding'")?;
    let errors = object::name_arg(errors, "encode", "'errors'")?;
    crate::codec::encode(
        v,
        encoding.as_deref().unwrap_or("utf-8"),
        errors.as_deref().unwrap_or("strict"),
    )
}

/// A translation of one character: dropped, a character, a string; `None` if the table has no entry.
enum Mapped {
    Same,
    Drop,
    Char(u32),
    Text(Ref),
}
fn lookup(table: Value, c: u32) -> PyResult<Mapped> {
    let r = crate::ops::getitem(table, Ref::int(c as i64).value());
    let Some(r) = crate::errors::absorb(r, crate::exceptions::LookupError)? else {
        return Ok(Mapped::Same);
    };
    if r.is_none() {
        return Ok(Mapped::Drop);
    }
    if is_str(r.value()) {
        return Ok(Mapped::Text(r));
    }
    if crate::int::is_int_instance(r.value()) {
        return match crate::int::to_i64(r.value()) {
            Some(c @ 0..=0x10FFFF) => Ok(Mapped::Char(c as u32)),
            _ => Err(raise!(
                ValueError,
                "character mapping must be in range(0x110000)"
            )),
        };
    }
    Err(raise!(
        TypeError,
        "character mapping must return integer, None or str"
    ))
}
fn translate(v: Value, table: Value) -> PyResult {
    let mut out = Builder::with_capacity(len(v));
    let ascii = state(v).is_ascii();
    // Plain answers for ASCII characters are asked for once: 0xFE unknown, 0xFF dropped.
    let mut cache = [0xFEu8; 128];
    for i in 0..len(v) {
        let c = char_at(v, i);
        if ascii {
            match cache[c as usize] {
                0xFE => {}
                0xFF => continue,
                m => {
                    out.push(m as u32);
                    continue;
                }
            }
        }
        let mapped = lookup(table, c)?;
        let plain = match mapped {
            Mapped::Same => {
                out.push(c);
                Some(c)
            }
            Mapped::Drop => Some(0xFF),
            Mapped::Char(m) => {
                out.push(m);
                Some(m).filter(|&m| m < 128)
            }
            Mapped::Text(r) => {
                out.push_value(r.value());
                out.check()?;
                (len(r.value()) == 1)
                    .then(|| char_at(r.value(), 0))
                    .filter(|&m| m < 128)
            }
        };
        if ascii && let Some(m) = plain {
            cache[c as usize] = m as u8;
        }
    }
    out.finish()
}

fn maketrans(_: Value, args: &[Value]) -> PyResult {
    check_positional("maketrans", args.len(), 1, 3)?;
    let table = crate::dict::new();
    let d = table.value();
    let set = |k: u32, v: Value| crate::dict::set_item(d, Ref::int(k as i64).value(), v);
    if args.len() > 1 {
        for (i, a) in args.iter().enumerate() {
            if i > 0 {
                expect(*a, &format!("maketrans() argument {}", i + 1))?;
            }
        }
        let (x, y) = (args[0], args[1]);
        if !is_str(x) {
            return Err(raise!(
                TypeError,
                "first maketrans argument must be a string if there is a second argument"
            ));
        }
        if len(x) != len(y) {
            return Err(raise!(
                ValueError,
                "the first two maketrans arguments must have equal length"
            ));
        }
        for i in 0..len(x) {
            set(char_at(x, i), Ref::int(char_at(y, i) as i64).value())?;
        }
        if let Some(z) = args.get(2) {
            for i in 0..len(*z) {
                set(char_at(*z, i), crate::singletons::none())?;
            }
        }
        return Ok(table);
    }
    let x = args[0];
    if !x.is_exact(ty!(crate::dict::PyDict_Type)) {
        return Err(raise!(
            TypeError,
            "if you give only one argument to maketrans it must be a dict"
        ));
    }
    let mut position = 0;
    while let Some((k, v)) = crate::dict::next(x, &mut position) {
        if is_str(k) {
            if len(k) != 1 {
                return Err(raise!(
                    ValueError,
                    "string keys in translate table must be of length 1"
                ));
            }
            set(char_at(k, 0), v)?;
        } else if crate::int::is_int_instance(k) {
            crate::dict::set_item(d, k, v)?;
        } else {
            return Err(raise!(
                TypeError,
                "keys in translate table must be strings or integers"
            ));
        }
    }
    Ok(table)
}

fn sizeof(v: Value) -> PyResult {
    let s = state(v);
    let chars = (len(v) + 1) * s.kind() as usize;
    let mut n = match (s.is_compact(), s.is_ascii()) {
        (true, true) => ASCII_HEADER + chars,
        (true, false) => COMPACT_HEADER + chars,
        _ => size_of::<PyUnicodeObject>() + chars,
    };
    if !s.is_ascii() {
        // SAFETY: a non-ASCII str has the compact struct's fields.
        unsafe {
            let c = raw(v).cast::<PyCompactUnicodeObject>();
            if !(*c).utf8.is_null() {
                n += (*c).utf8_length as usize + 1;
            }
        }
    }
    Ok(Ref::int(n as i64))
}
fn getnewargs(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![view(v).slice(0, len(v))]))
}
