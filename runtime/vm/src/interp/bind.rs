//! Binding a call's arguments to a Python function's parameters, with CPython's errors.

use super::*;
use pyrs_object::Args;

/// Owned argument values at `first`: positional ones, then those named by `kwnames` (a tuple or empty). Whoever
/// consumes them leaves empties behind.
#[derive(Clone, Copy)]
pub(crate) struct CallArgs {
    pub(crate) first: *mut Value,
    pub(crate) n: usize,
    pub(crate) kwnames: Value,
}

/// Releases arguments that were not consumed.
///
/// # Safety
/// `args` points at owned or empty values.
pub(crate) unsafe fn drop_args(args: CallArgs) {
    // SAFETY: by contract.
    unsafe {
        for k in 0..args.n {
            let old = std::mem::replace(&mut *args.first.add(k), Value::EMPTY);
            heap::decref(old);
        }
    }
}

/// Pushes a frame for a Python function with any arguments. They are consumed in any case.
///
/// # Safety
/// `func` is a live function; `args` are owned.
pub(crate) unsafe fn push_general(
    ts: *mut ThreadState,
    func: Value,
    args: CallArgs,
    dst: u16,
    continuation: Continuation,
) -> PyResult<()> {
    // SAFETY: by contract; the frame is popped again if binding fails.
    unsafe {
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let code = code::body((*f).func_code);
        if code.is_null() {
            drop_args(args);
            return Err(raise!(SystemError, "function has no body"));
        }
        if (*ts).c.recursion_remaining <= 0 {
            drop_args(args);
            return Err(crate::safepoint::recursion_error(""));
        }
        (*ts).c.recursion_remaining -= 1;
        let frame = frames::push(ts, code);
        heap::incref(func);
        (*frame).prev = (*ts).c.frame;
        (*frame).func = func.as_ptr();
        (*frame).globals = (*f).func_globals;
        (*frame).builtins = (*f).func_builtins;
        (*frame).result_register = dst;
        (*frame).continuation = continuation as u8;
        (*frame).flags = FrameFlags::NONE;
        let regs = Frame::registers(frame);
        let bound = match bind_plain(regs, f, &*code, args) {
            true => Ok(()),
            false => bind_into(regs, f, &*code, args),
        };
        if let Err(e) = bound {
            drop_args(args);
            frames::release_registers(frame, 0, (*code).first_temp);
            frames::pop_memory(ts, frame);
            (*ts).c.recursion_remaining += 1;
            heap::decref(func);
            return Err(e);
        }
        if (*code).free_count != 0 {
            let closure = pyrs_object::tuple::items(Value::from_object((*f).func_closure));
            for (k, cell) in closure.iter().enumerate() {
                *regs.add((*code).first_free as usize + k) = Ref::new(*cell).into_value();
            }
        }
        if (*code).flags & coflags::OPTIMIZED == 0 {
            // A function made of a module's or a class's code.
            (*frame).locals = if (*code).flags & coflags::NEWLOCALS == 0 {
                Ref::new(Value::from_object((*f).func_globals)).into_ptr()
            } else {
                pyrs_object::dict::new().into_ptr()
            };
            (*frame).flags = FrameFlags::HAS_LOCALS;
        }
        (*ts).c.frame = frame;
        Ok(())
    }
}

/// Keywords of a call that [`bind_plain`] binds.
const PLAIN_KEYWORDS: usize = 16;

/// Binds what most calls are: there is no `*args` and no `**kwargs`, keywords are the parameters' interned names, nothing is
/// missing. False: no argument has been moved, and the long way does it or says what is wrong.
///
/// # Safety
/// `regs` are the empty registers of a frame of `code`, which is that of `f`; `args` are owned.
#[inline(always)]
unsafe fn bind_plain(
    regs: *mut Value,
    f: *mut PyFunctionObject,
    code: &Code,
    args: CallArgs,
) -> bool {
    // SAFETY: `regs` has room for all parameters; `args` are owned and moved.
    unsafe {
        let positional = code.argcount as usize;
        let total = positional + code.kwonly as usize;
        let names = match args.kwnames.is_empty() {
            true => &[][..],
            false => pyrs_object::tuple::items(args.kwnames),
        };
        let given = args.n - names.len();
        if code.flags & (coflags::VARARGS | coflags::VARKEYWORDS) != 0
            || total >= 64
            || given > positional
            || names.len() > PLAIN_KEYWORDS
        {
            return false;
        }
        let below = |n: usize| (1u64 << n) - 1;
        let parameters = &code.local_names[..total];
        // Which parameters have a value, and where each keyword goes.
        let mut bound = below(given);
        let mut places = [0u8; PLAIN_KEYWORDS];
        let mut near = given;
        for (k, &name) in names.iter().enumerate() {
            // Callers name arguments in the order of the parameters.
            let mut p = near;
            if parameters.get(p) != Some(&name) {
                let from = code.posonly as usize;
                match (from..total).find(|p| parameters[*p] == name) {
                    Some(found) => p = found,
                    None => return false,
                }
            }
            if p < code.posonly as usize || bound >> p & 1 != 0 {
                return false;
            }
            bound |= 1 << p;
            places[k] = p as u8;
            near = p + 1;
        }
        let wanted = !bound & below(positional);
        let mut defaults: &[Value] = &[];
        if wanted != 0 {
            let all = Value::from_object((*f).func_defaults);
            if all.is_empty() || all.is_none() {
                return false;
            }
            defaults = pyrs_object::tuple::items(all);
            if wanted & below(positional.saturating_sub(defaults.len())) != 0 {
                return false;
            }
        }
        if !bound & below(total) & !below(positional) != 0
            && !default_keywords(regs, f, code, bound)
        {
            return false;
        }
        for k in 0..given {
            *regs.add(k) = std::mem::replace(&mut *args.first.add(k), Value::EMPTY);
        }
        for (k, p) in places[..names.len()].iter().enumerate() {
            let place = regs.add(*p as usize);
            *place = std::mem::replace(&mut *args.first.add(given + k), Value::EMPTY);
        }
        let mut left = wanted;
        while left != 0 {
            let p = left.trailing_zeros() as usize;
            left &= left - 1;
            // Counted from the end: the last parameter has the last default.
            let v = defaults[p + defaults.len() - positional];
            *regs.add(p) = Ref::new(pyrs_object::boundary::canonical(v)).into_value();
        }
        true
    }
}

/// Gives those keyword-only parameters that are not `bound` their defaults, if the dict has them in the order of the
/// parameters, as it has unless someone has changed it.
///
/// # Safety
/// As [`bind_plain`]; parameters that are not bound are below 64 and their registers empty.
unsafe fn default_keywords(
    regs: *mut Value,
    f: *mut PyFunctionObject,
    code: &Code,
    bound: u64,
) -> bool {
    // SAFETY: `regs` has room for all parameters, and those that are not bound are empty.
    unsafe {
        let defaults = Value::from_object((*f).func_kwdefaults);
        if defaults.is_empty() || defaults.is_none() {
            return false;
        }
        let first = code.argcount as usize;
        let mut position = 0;
        for p in first..first + code.kwonly as usize {
            match pyrs_object::dict::next(defaults, &mut position) {
                Some((key, v)) if key == code.local_names[p] => {
                    if bound >> p & 1 == 0 {
                        *regs.add(p) = Ref::new(v).into_value();
                    }
                }
                _ => return false,
            }
        }
        true
    }
}

/// Binds any call, or says what is wrong with it.
///
/// # Safety
/// As [`bind_plain`], but keyword-only parameters may have their defaults already.
#[inline(never)]
unsafe fn bind_into(
    regs: *mut Value,
    f: *mut PyFunctionObject,
    code: &Code,
    args: CallArgs,
) -> PyResult<()> {
    // SAFETY: `regs` has room for all parameters; `args` are owned and moved.
    unsafe {
        let positional_params = code.argcount as usize;
        let total = positional_params + code.kwonly as usize;
        let has_varargs = code.flags & coflags::VARARGS != 0;
        let has_varkw = code.flags & coflags::VARKEYWORDS != 0;
        let names = if args.kwnames.is_empty() {
            &[][..]
        } else {
            pyrs_object::tuple::items(args.kwnames)
        };
        let given = args.n - names.len();
        let take = |k: usize| std::mem::replace(&mut *args.first.add(k), Value::EMPTY);

        let direct = given.min(positional_params);
        for k in 0..direct {
            *regs.add(k) = take(k);
        }
        if has_varargs {
            let rest = if given > positional_params {
                let (from, count) = (args.first.add(positional_params), given - positional_params);
                let rest = pyrs_object::tuple::from_owned(from, count);
                for k in 0..count {
                    *from.add(k) = Value::EMPTY;
                }
                rest
            } else {
                pyrs_object::tuple::empty()
            };
            *regs.add(total) = rest.into_value();
        }
        let mut kwdict = None;
        if has_varkw {
            let d = pyrs_object::dict::new();
            kwdict = Some(d.value());
            *regs.add(total + usize::from(has_varargs)) = d.into_value();
        }
        let mut near = given;
        for (k, name) in names.iter().enumerate() {
            let at = given + k;
            let name = pyrs_object::boundary::canonical(*name);
            match find_parameter(code, name, total, near)? {
                Some(p) => {
                    near = p + 1;
                    if !(*regs.add(p)).is_empty() {
                        return Err(raise!(
                            TypeError,
                            "{}() got multiple values for argument '{}'",
                            function_name(f),
                            pyrs_object::str::display(name)
                        ));
                    }
                    *regs.add(p) = take(at);
                }
                None => match kwdict {
                    Some(d) => {
                        let v = Ref::from_owned(take(at));
                        pyrs_object::dict::set_item_owned(d, Ref::new(name), v)?;
                    }
                    None => return Err(unexpected_keyword(f, code, name, names)),
                },
            }
        }
        if given > positional_params && !has_varargs {
            return Err(too_many(regs, f, code, given));
        }
        if given < positional_params {
            let defaults = Value::from_object((*f).func_defaults);
            let defaults = if defaults.is_empty() || defaults.is_none() {
                &[][..]
            } else {
                pyrs_object::tuple::items(defaults)
            };
            let first_default = positional_params.saturating_sub(defaults.len());
            let mut missing = Vec::new();
            for p in given..first_default {
                if (*regs.add(p)).is_empty() {
                    missing.push(code.local_names[p]);
                }
            }
            if !missing.is_empty() {
                return Err(missing_arguments(f, "positional", &missing));
            }
            let skip = defaults.len().saturating_sub(positional_params);
            for p in first_default.max(given)..positional_params {
                if (*regs.add(p)).is_empty() {
                    let v = pyrs_object::boundary::canonical(defaults[skip + p - first_default]);
                    *regs.add(p) = Ref::new(v).into_value();
                }
            }
        }
        if code.kwonly != 0 {
            let kwdefaults = Value::from_object((*f).func_kwdefaults);
            let mut missing = Vec::new();
            let none = kwdefaults.is_empty() || kwdefaults.is_none();
            let mut position = 0;
            for p in positional_params..total {
                let name = code.local_names[p];
                // The dict has the order of the parameters unless someone has changed it.
                let mut after = position;
                let next = match none {
                    true => None,
                    false => pyrs_object::dict::next(kwdefaults, &mut after)
                        .filter(|(key, _)| *key == name),
                };
                if next.is_some() {
                    position = after;
                }
                if !(*regs.add(p)).is_empty() {
                    continue;
                }
                let default = match next {
                    Some((_, v)) => Some(Ref::new(v)),
                    None if none => None,
                    None => pyrs_object::dict::get(kwdefaults, name)?,
                };
                match default {
                    Some(v) => *regs.add(p) = v.into_value(),
                    None => missing.push(code.local_names[p]),
                }
            }
            if !missing.is_empty() {
                return Err(missing_arguments(f, "keyword-only", &missing));
            }
        }
        Ok(())
    }
}

/// The parameter of that name that may be given by keyword. The search begins at `near`: callers name arguments in the
/// order of the parameters.
fn find_parameter(code: &Code, name: Value, total: usize, near: usize) -> PyResult<Option<usize>> {
    let first = code.posonly as usize;
    let near = near.clamp(first, total.max(first));
    let names = &code.local_names;
    if let Some(p) = (near..total).chain(first..near).find(|p| names[*p] == name) {
        return Ok(Some(p));
    }
    if pyrs_object::str::is_interned(name) {
        // Names of parameters are interned, too.
        return Ok(None);
    }
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "keywords must be strings"));
    }
    Ok((first..total).find(|p| pyrs_object::str::eq(code.local_names[*p], name)))
}

fn function_name(f: *mut PyFunctionObject) -> String {
    // SAFETY: a live function's qualname is a str.
    pyrs_object::str::to_string_lossy(unsafe { Value::from_object((*f).func_qualname) })
}

#[cold]
fn unexpected_keyword(
    f: *mut PyFunctionObject,
    code: &Code,
    name: Value,
    names: &[Value],
) -> Raised {
    let posonly: Vec<String> = (0..code.posonly as usize)
        .filter(|p| {
            names
                .iter()
                .any(|n| pyrs_object::str::eq(*n, code.local_names[*p]))
        })
        .map(|p| pyrs_object::str::to_string_lossy(code.local_names[p]))
        .collect();
    if !posonly.is_empty() {
        return raise!(
            TypeError,
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            function_name(f),
            posonly.join(", ")
        );
    }
    raise!(
        TypeError,
        "{}() got an unexpected keyword argument '{}'",
        function_name(f),
        pyrs_object::str::display(name)
    )
}

#[cold]
fn missing_arguments(f: *mut PyFunctionObject, kind: &str, names: &[Value]) -> Raised {
    let quoted: Vec<String> = names
        .iter()
        .map(|n| format!("'{}'", pyrs_object::str::to_string_lossy(*n)))
        .collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [a, b] => format!("{a} and {b}"),
        [init @ .., last] => format!("{}, and {last}", init.join(", ")),
        [] => String::new(),
    };
    raise!(
        TypeError,
        "{}() missing {} required {kind} argument{}: {list}",
        function_name(f),
        names.len(),
        if names.len() == 1 { "" } else { "s" }
    )
}

#[cold]
unsafe fn too_many(
    regs: *mut Value,
    f: *mut PyFunctionObject,
    code: &Code,
    given: usize,
) -> Raised {
    // SAFETY: `regs` holds the parameters bound so far.
    unsafe {
        let count = code.argcount as usize;
        let mut kwonly_given = 0;
        for p in count..count + code.kwonly as usize {
            kwonly_given += usize::from(!(*regs.add(p)).is_empty());
        }
        let defaults = Value::from_object((*f).func_defaults);
        let n_defaults = if defaults.is_empty() || defaults.is_none() {
            0
        } else {
            pyrs_object::tuple::items(defaults).len()
        };
        let (takes, plural) = if n_defaults > 0 {
            (
                format!("from {} to {count}", count.saturating_sub(n_defaults)),
                true,
            )
        } else {
            (count.to_string(), count != 1)
        };
        let extra = if kwonly_given > 0 {
            format!(
                " positional argument{} (and {kwonly_given} keyword-only argument{})",
                if given == 1 { "" } else { "s" },
                if kwonly_given == 1 { "" } else { "s" }
            )
        } else {
            String::new()
        };
        raise!(
            TypeError,
            "{}() takes {takes} positional argument{} but {given}{extra} {} given",
            function_name(f),
            if plural { "s" } else { "" },
            if given == 1 && kwonly_given == 0 {
                "was"
            } else {
                "were"
            }
        )
    }
}

/// Calls a Python function whose arguments are borrowed; for callers that are native anyway.
pub fn bind_native_call(func: Value, args: &[Value]) -> PyResult {
    super::call_function(func, Args::positional_only(args))
}
