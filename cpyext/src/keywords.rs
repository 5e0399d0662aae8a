//! `_PyArg_UnpackKeywords` (`cpython/modsupport.h`): what code made by Argument Clinic calls to sort its arguments.

use crate::*;
use pyrs_object::{Raised, dict, raise, str, tuple};
use std::ffi::c_int;

/// `struct _PyArg_Parser`; the fields that CPython fills in lazily are not used.
#[repr(C)]
pub struct ArgParser {
    format: *const c_char,
    keywords: *const *const c_char,
    fname: *const c_char,
    custom_msg: *const c_char,
    pos: c_int,
    min: c_int,
    max: c_int,
    kwtuple: O,
    next: *mut ArgParser,
}

/// Where the keyword arguments are.
enum Keywords<'a> {
    None,
    Dict(Value),
    /// Names, and the values behind the positional arguments.
    Vector(Value, &'a [O]),
}

impl Keywords<'_> {
    fn len(&self) -> usize {
        match self {
            Keywords::None => 0,
            Keywords::Dict(d) => dict::len(*d),
            Keywords::Vector(names, _) => tuple::len(*names),
        }
    }
    /// The borrowed value of a name, or null.
    fn find(&self, name: &str) -> O {
        match self {
            Keywords::None => NULL,
            Keywords::Dict(d) => match dict::borrow_for_c(*d, Ref::str(name).value()) {
                Ok(found) => found.unwrap_or(NULL),
                Err(_) => {
                    pyrs_object::errors::clear();
                    NULL
                }
            },
            Keywords::Vector(names, values) => (0..tuple::len(*names))
                .find(|&i| str::eq_str(tuple::get(*names, i), name))
                .and_then(|i| values.get(i).copied())
                .unwrap_or(NULL),
        }
    }
    fn names(&self) -> Vec<Value> {
        match self {
            Keywords::None => Vec::new(),
            Keywords::Dict(d) => {
                let (mut at, mut all) = (0, Vec::new());
                while let Some((k, _)) = dict::next(*d, &mut at) {
                    all.push(k);
                }
                all
            }
            Keywords::Vector(names, _) => (0..tuple::len(*names))
                .map(|i| tuple::get(*names, i))
                .collect(),
        }
    }
}

struct Limits {
    min_positional: usize,
    max_positional: usize,
    min_keywords: usize,
}

fn unpack(
    args: &[O],
    keywords: &Keywords<'_>,
    names: &[&str],
    function: Option<&str>,
    limits: &Limits,
    out: &mut [O],
) -> Result<(), Raised> {
    let shown = function.map_or_else(|| String::from("function"), |f| format!("{f}()"));
    let n = args.len();
    let posonly = names.iter().take_while(|k| k.is_empty()).count();
    let (min, max) = (limits.min_positional, limits.max_positional);
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    if n + keywords.len() > names.len() && n <= max {
        let what = if n == 0 { "keyword " } else { "" };
        let how = if min == max { "exactly" } else { "at most" };
        return Err(raise!(
            TypeError,
            "{shown} takes {how} {} {what}argument{} ({} given)",
            names.len(),
            plural(names.len()),
            n + keywords.len()
        ));
    }
    if n > max {
        if max == 0 {
            return Err(raise!(TypeError, "{shown} takes no positional arguments"));
        }
        let how = if min < max { "at most" } else { "exactly" };
        return Err(raise!(
            TypeError,
            "{shown} takes {how} {max} positional argument{} ({n} given)",
            plural(max)
        ));
    }
    let required_posonly = posonly.min(min);
    if n < required_posonly {
        let how = if required_posonly < max {
            "at least"
        } else {
            "exactly"
        };
        return Err(raise!(
            TypeError,
            "{shown} takes {how} {required_posonly} positional argument{} ({n} given)",
            plural(required_posonly)
        ));
    }
    out[..n].copy_from_slice(args);
    let required = match limits.min_keywords {
        0 => min,
        more => max + more,
    };
    let mut left = keywords.len();
    for (i, name) in names.iter().enumerate().skip(n) {
        let found = if left > 0 && i >= posonly {
            keywords.find(name)
        } else {
            NULL
        };
        out[i] = found;
        if !found.is_null() {
            left -= 1;
        } else if i < required && i >= posonly {
            return Err(raise!(
                TypeError,
                "{shown} missing required argument '{name}' (pos {})",
                i + 1
            ));
        }
    }
    if left == 0 {
        return Ok(());
    }
    let shown = function.map_or_else(|| String::from("this function"), |f| format!("{f}()"));
    for (i, name) in names.iter().enumerate().take(n).skip(posonly) {
        if !keywords.find(name).is_null() {
            return Err(raise!(
                TypeError,
                "argument for {} given by name ('{name}') and position ({})",
                function.map_or_else(|| String::from("function"), |f| format!("{f}()")),
                i + 1
            ));
        }
    }
    for key in keywords.names() {
        if !str::is_str(key) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
        if !names[posonly..].iter().any(|name| str::eq_str(key, name)) {
            return Err(raise!(
                TypeError,
                "'{}' is an invalid keyword argument for {shown}",
                str::display(key)
            ));
        }
    }
    Ok(())
}

capi! {
    fn _PyArg_UnpackKeywords(
        args: *const O,
        n: isize,
        kwargs: O,
        kwnames: O,
        parser: *mut ArgParser,
        min_positional: c_int,
        max_positional: c_int,
        min_keywords: c_int,
        out: *mut O,
    ) -> *const O {
        let given: &[O] = if n == 0 { &[] } else { std::slice::from_raw_parts(args, n as usize) };
        let keywords = if !kwnames.is_null() {
            let names = val(kwnames);
            let count = tuple::len(names);
            let values: &[O] = if count == 0 { &[] } else { std::slice::from_raw_parts(args.add(n as usize), count) };
            Keywords::Vector(names, values)
        } else if kwargs.is_null() {
            Keywords::None
        } else {
            Keywords::Dict(val(kwargs))
        };
        let count = |n: c_int| n.max(0) as usize;
        let limits = Limits {
            min_positional: count(min_positional),
            max_positional: count(max_positional),
            min_keywords: count(min_keywords),
        };
        if keywords.len() == 0 && limits.min_keywords == 0 && (limits.min_positional..=limits.max_positional).contains(&given.len()) && !args.is_null() {
            return args;
        }
        let mut texts = Vec::new();
        let mut at = (*parser).keywords;
        while !(*at).is_null() {
            texts.push(text(*at));
            at = at.add(1);
        }
        let names: Vec<&str> = texts.iter().map(|t| t.as_ref()).collect();
        let function = (!(*parser).fname.is_null()).then(|| text((*parser).fname));
        let out = std::slice::from_raw_parts_mut(out, names.len());
        match unpack(given, &keywords, &names, function.as_deref(), &limits, out) {
            Ok(()) => out.as_ptr(),
            Err(_) => std::ptr::null(),
        }
    }
}
