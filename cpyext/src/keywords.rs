//! `cpython/modsupport.h`: the argument binding of functions that Argument Clinic declared.

use crate::*;
use pyrs_object::{dict, ops, str, tuple};

/// `struct _PyArg_Parser`; only the words that are read here keep their meaning.
#[repr(C)]
pub struct ArgParser {
    pub(crate) format: *const c_char,
    pub(crate) keywords: *const *const c_char,
    fname: *const c_char,
    custom_msg: *const c_char,
    pos: c_int,
    min: c_int,
    max: c_int,
    kwtuple: O,
    next: *mut ArgParser,
}

impl ArgParser {
    /// The function's name and the parentheses behind it in messages.
    unsafe fn shown(&self, anonymous: &str) -> String {
        if self.fname.is_null() {
            return anonymous.to_owned();
        }
        // SAFETY: a static C string.
        format!("{:.200}()", unsafe { text(self.fname) })
    }
    /// Counts the nameless parameters and makes the tuple of the others' names, once.
    unsafe fn initialize(&mut self) {
        if !self.kwtuple.is_null() {
            return;
        }
        // SAFETY: the list of names ends with null; the parser is static, so the tuple lives for good.
        unsafe {
            let mut p = self.keywords;
            let (mut positional, mut names) = (0, Vec::new());
            while !(*p).is_null() {
                let text = c_bytes(*p);
                if text.is_empty() {
                    positional += 1;
                } else {
                    names.push(str::intern(&String::from_utf8_lossy(text)));
                }
                p = p.add(1);
            }
            self.pos = positional;
            self.kwtuple = boundary::to_c(tuple::from_vec(names));
        }
    }
}

/// The keyword arguments of a call in either of C's two forms.
struct Given {
    dict: O,
    names: O,
    values: *const O,
}
impl Given {
    unsafe fn len(&self) -> usize {
        // SAFETY: null, a dict, or a tuple.
        unsafe {
            if !self.dict.is_null() {
                dict::len(val(self.dict))
            } else if !self.names.is_null() {
                tuple::len(val(self.names))
            } else {
                0
            }
        }
    }
    unsafe fn find(&self, key: Value) -> PyResult<O> {
        // SAFETY: as above; values stand behind the positional arguments in the order of the names.
        unsafe {
            if !self.dict.is_null() {
                return Ok(dict::borrow_for_c(val(self.dict), key)?.unwrap_or(NULL));
            }
            for (i, name) in tuple::items(val(self.names)).iter().enumerate() {
                if *name == key || str::is_str(*name) && str::eq(*name, key) {
                    return Ok(*self.values.add(i));
                }
            }
            Ok(NULL)
        }
    }
    unsafe fn keys(&self) -> Vec<Ref> {
        // SAFETY: as above.
        unsafe {
            if self.dict.is_null() {
                return tuple::items(val(self.names))
                    .iter()
                    .map(|k| Ref::new(*k))
                    .collect();
            }
            let (mut keys, mut at) = (Vec::new(), 0);
            while let Some((k, _)) = dict::next(val(self.dict), &mut at) {
                keys.push(Ref::new(k));
            }
            keys
        }
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

struct Limits {
    minpos: usize,
    maxpos: usize,
    minkw: usize,
}

/// Binds `args` and `given` to the parser's parameters: the arguments in order, null for those that are absent.
unsafe fn bind(
    args: &[O],
    given: &Given,
    parser: *mut ArgParser,
    limits: &Limits,
    varargs: bool,
    buf: *mut O,
) -> PyResult<()> {
    // SAFETY: by the C API's contract: a static parser and a buffer with a place for each parameter.
    unsafe {
        (*parser).initialize();
        let parser = &*parser;
        let names = tuple::items(val(parser.kwtuple));
        let positional_only = parser.pos as usize;
        let all = positional_only + names.len();
        let required = if limits.minkw > 0 {
            limits.maxpos + limits.minkw
        } else {
            limits.minpos
        };
        let function = || parser.shown("function");
        let (n, mut left) = (args.len(), given.len());
        if !varargs && n + left > all {
            let how = if required < all { "at most" } else { "exactly" };
            return Err(raise!(
                TypeError,
                "{} takes {how} {all} {}argument{} ({} given)",
                function(),
                if n == 0 { "keyword " } else { "" },
                plural(all),
                n + left
            ));
        }
        if !varargs && n > limits.maxpos {
            return Err(if limits.maxpos == 0 {
                raise!(TypeError, "{} takes no positional arguments", function())
            } else {
                raise!(
                    TypeError,
                    "{} takes {} {} positional argument{} ({n} given)",
                    function(),
                    if limits.minpos < limits.maxpos {
                        "at most"
                    } else {
                        "exactly"
                    },
                    limits.maxpos,
                    plural(limits.maxpos)
                )
            });
        }
        let least = if varargs {
            positional_only.min(limits.minpos)
        } else {
            limits.minpos.min(positional_only)
        };
        if n < least {
            return Err(raise!(
                TypeError,
                "{} takes {} {least} positional argument{} ({n} given)",
                function(),
                if varargs || least < limits.maxpos {
                    "at least"
                } else {
                    "exactly"
                },
                plural(least)
            ));
        }
        let taken = n.min(limits.maxpos);
        for i in 0..all {
            *buf.add(i) = args[..taken].get(i).copied().unwrap_or(NULL);
        }
        for i in taken.max(positional_only)..all {
            let name = names[i - positional_only];
            let found = if left > 0 { given.find(name)? } else { NULL };
            *buf.add(i) = found;
            if !found.is_null() {
                left -= 1;
            } else if i < limits.minpos || limits.maxpos <= i && i < required {
                return Err(raise!(
                    TypeError,
                    "{} missing required argument '{}' (pos {})",
                    function(),
                    str::display(name),
                    i + 1
                ));
            }
        }
        if left == 0 {
            return Ok(());
        }
        for i in positional_only..taken {
            let name = names[i - positional_only];
            if !given.find(name)?.is_null() {
                return Err(raise!(
                    TypeError,
                    "argument for {} given by name ('{}') and position ({})",
                    function(),
                    str::display(name),
                    i + 1
                ));
            }
        }
        for key in given.keys() {
            if !str::is_str(key.value()) {
                return Err(raise!(TypeError, "keywords must be strings"));
            }
            if !names.iter().any(|n| str::eq(*n, key.value())) {
                return Err(raise!(
                    TypeError,
                    "'{}' is an invalid keyword argument for {}",
                    str::display(key.value()),
                    parser.shown("this function")
                ));
            }
        }
        Ok(())
    }
}

unsafe fn call_parts<'a>(args: *const O, n: isize, kwargs: O, kwnames: O) -> (&'a [O], Given) {
    // SAFETY: `n` positional arguments, the values of the names behind them.
    unsafe {
        let list = if args.is_null() || n <= 0 {
            &[]
        } else {
            std::slice::from_raw_parts(args, n as usize)
        };
        let given = Given {
            dict: kwargs,
            names: kwnames,
            values: if args.is_null() {
                args
            } else {
                args.add(n.max(0) as usize)
            },
        };
        (list, given)
    }
}

/// Positional arguments of a vectorcall with its keywords as a dict.
pub(crate) unsafe fn keywords_as_dict(args: *const O, n: isize, names: O) -> PyResult<Option<Ref>> {
    // SAFETY: null or a tuple of names whose values stand behind the positional arguments.
    unsafe {
        if names.is_null() || tuple::len(val(names)) == 0 {
            return Ok(None);
        }
        let d = dict::new();
        for (i, name) in tuple::items(val(names)).iter().enumerate() {
            ops::setitem(d.value(), *name, val(*args.add(n as usize + i)))?;
        }
        Ok(Some(d))
    }
}

capi! {
    fn _PyArg_UnpackKeywords(args: *const O, n: isize, kwargs: O, kwnames: O, parser: *mut ArgParser, minpos: c_int, maxpos: c_int, minkw: c_int, buf: *mut O) -> *const O {
        let args = if args.is_null() && n == 0 { buf.cast_const() } else { args };
        let (list, given) = call_parts(args, n, kwargs, kwnames);
        let limits = Limits { minpos: minpos as usize, maxpos: maxpos as usize, minkw: minkw as usize };
        match bind(list, &given, parser, &limits, false, buf) { Ok(()) => buf, Err(_) => std::ptr::null() }
    }
    fn _PyArg_UnpackKeywordsWithVararg(args: *const O, n: isize, kwargs: O, kwnames: O, parser: *mut ArgParser, minpos: c_int, maxpos: c_int, minkw: c_int, vararg: c_int, buf: *mut O) -> *const O {
        let (list, given) = call_parts(args, n, kwargs, kwnames);
        let limits = Limits { minpos: minpos as usize, maxpos: maxpos as usize, minkw: minkw as usize };
        if bind(list, &given, parser, &limits, true, buf).is_err() { return std::ptr::null(); }
        // The rest of the positional arguments is one tuple; the parameters behind it move up.
        let all = (*parser).pos as usize + tuple::len(val((*parser).kwtuple));
        let at = vararg as usize;
        let rest: Vec<Ref> = list.get(at..).unwrap_or(&[]).iter().map(|o| Ref::new(val(*o))).collect();
        for i in (at..all).rev() { *buf.add(i + 1) = *buf.add(i); }
        *buf.add(at) = boundary::to_c(tuple::from_vec(rest));
        buf
    }
}
