//! The functions that are not large enough for a file of their own.

use crate::minmax::{builtin_max, builtin_min};
use crate::print::builtin_print;
use pyrs_object::layout::tpflags;
use pyrs_object::native::SendFn;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, bytearray, bytes, check_positional,
    errors, exceptions, intern, iterobject, list, methods, ops, raise, singletons, str, typeobject,
};

fn abs(_: Value, v: Value) -> PyResult {
    ops::absolute(v)
}
fn all(_: Value, it: Value) -> PyResult {
    let mut answer = true;
    ops::for_each(it, |v| {
        answer = ops::is_true(v.value())?;
        Ok(answer)
    })?;
    Ok(Ref::bool(answer))
}
fn any(_: Value, it: Value) -> PyResult {
    let mut answer = false;
    ops::for_each(it, |v| {
        answer = ops::is_true(v.value())?;
        Ok(!answer)
    })?;
    Ok(Ref::bool(answer))
}
fn ascii(_: Value, v: Value) -> PyResult {
    ops::ascii(v)
}
fn radix(v: Value, base: u32, prefix: &str) -> PyResult {
    if let Some(text) = v.as_int().and_then(|n| str::quick::radix(n, base)) {
        return Ok(text);
    }
    let n = ops::index(v)?;
    let text = pyrs_object::int::to_text(n.value(), base)?;
    Ok(str::new(&match text.strip_prefix('-') {
        Some(digits) => format!("-{prefix}{digits}"),
        None => format!("{prefix}{text}"),
    }))
}
fn bin(_: Value, v: Value) -> PyResult {
    radix(v, 2, "0b")
}
fn hex(_: Value, v: Value) -> PyResult {
    radix(v, 16, "0x")
}
fn oct(_: Value, v: Value) -> PyResult {
    radix(v, 8, "0o")
}
fn callable(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(ops::is_callable(v)))
}
fn chr(_: Value, v: Value) -> PyResult {
    let n = ops::index(v)?;
    match pyrs_object::int::to_i64(n.value()) {
        Some(c) if (0..0x110000).contains(&c) => Ok(str::from_char(c as u32)),
        Some(c) if i32::try_from(c).is_ok() => {
            Err(raise!(ValueError, "chr() arg not in range(0x110000)"))
        }
        _ => Err(raise!(
            OverflowError,
            "Python int too large to convert to C int"
        )),
    }
}
fn delattr(_: Value, args: &[Value]) -> PyResult {
    check_positional("delattr", args.len(), 2, 2)?;
    let name = attribute_name(args[1], "delattr(): attribute name must be string")?;
    ops::setattr(args[0], name.value(), Value::EMPTY)?;
    Ok(Ref::none())
}
fn attribute_name(v: Value, _message: &str) -> PyResult {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            v.ty().message_name()
        ));
    }
    if str::is_exact(v) {
        Ok(str::intern_value(Ref::new(v)))
    } else {
        Ok(Ref::new(v))
    }
}
fn divmod(_: Value, args: &[Value]) -> PyResult {
    check_positional("divmod", args.len(), 2, 2)?;
    ops::divmod(args[0], args[1])
}
fn format(_: Value, args: &[Value]) -> PyResult {
    check_positional("format", args.len(), 1, 2)?;
    let spec = args.get(1).copied().unwrap_or(Value::EMPTY);
    if !spec.is_empty() && !spec.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "format() argument 2 must be str, not {}",
            spec.ty().message_name()
        ));
    }
    ops::format(args[0], spec)
}
fn getattr(_: Value, args: &[Value]) -> PyResult {
    check_positional("getattr", args.len(), 2, 3)?;
    if !args[1].has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            args[1].ty().message_name()
        ));
    }
    let name = attribute_name(args[1], "")?;
    if args.len() == 3 {
        return Ok(ops::getattr_opt(args[0], name.value())?.unwrap_or_else(|| Ref::new(args[2])));
    }
    ops::getattr(args[0], name.value())
}
fn hasattr(_: Value, args: &[Value]) -> PyResult {
    check_positional("hasattr", args.len(), 2, 2)?;
    let name = attribute_name(args[1], "")?;
    Ok(Ref::bool(
        ops::getattr_opt(args[0], name.value())?.is_some(),
    ))
}
fn hash(_: Value, v: Value) -> PyResult {
    ops::hash(v).map(Ref::int)
}
fn id(_: Value, v: Value) -> PyResult {
    let id = pyrs_object::int::from_u64(ops::id(v));
    audit!("builtins.id", &id)?;
    Ok(id)
}
fn isinstance(_: Value, args: &[Value]) -> PyResult {
    check_positional("isinstance", args.len(), 2, 2)?;
    ops::is_instance(args[0], args[1]).map(Ref::bool)
}
fn issubclass(_: Value, args: &[Value]) -> PyResult {
    check_positional("issubclass", args.len(), 2, 2)?;
    ops::is_subclass(args[0], args[1]).map(Ref::bool)
}
fn iter(_: Value, args: &[Value]) -> PyResult {
    check_positional("iter", args.len(), 1, 2)?;
    if args.len() == 1 {
        return ops::iter(args[0]);
    }
    if !ops::is_callable(args[0]) {
        return Err(raise!(TypeError, "iter(v, w): v must be callable"));
    }
    Ok(iterobject::new_call_iter(args[0], args[1]))
}
fn len(_: Value, v: Value) -> PyResult {
    ops::len(v).map(|n| Ref::int(n as i64))
}
fn next(_: Value, args: &[Value]) -> PyResult {
    check_positional("next", args.len(), 1, 2)?;
    let it = args[0];
    if !ops::is_iterator(it) {
        return Err(raise!(
            TypeError,
            "'{}' object is not an iterator",
            it.ty().message_name()
        ));
    }
    let t = it.ty();
    // `__next__` of a Python class or generator may carry a value in its StopIteration: let it pass.
    let send: Option<SendFn> = t.native().am_send;
    let step = if let Some(f) = send {
        match f(it, singletons::none()) {
            Ok(pyrs_object::native::Sent::Yielded(v)) => return Ok(v),
            Ok(pyrs_object::native::Sent::Returned(v)) => {
                if args.len() == 2 {
                    return Ok(Ref::new(args[1]));
                }
                if v.is_none() {
                    return Err(raise!(StopIteration));
                }
                let exc = exceptions::new_instance(exceptions::StopIteration, &[v.value()])?;
                return Err(errors::set(exc));
            }
            Err(e) => Err(e),
        }
    } else if t.is_heap() && typeobject::is_python_slot(t, pyrs_object::native::Slot::tp_iternext) {
        ops::call_method(it, intern!("__next__"), &[]).map(Some)
    } else {
        ops::step(it)
    };
    match step {
        Ok(Some(v)) => Ok(v),
        Ok(None) => match args.get(1) {
            Some(d) => Ok(Ref::new(*d)),
            None => Err(raise!(StopIteration)),
        },
        Err(e) => {
            if args.len() == 2 && errors::take_if(exceptions::StopIteration) {
                return Ok(Ref::new(args[1]));
            }
            Err(e)
        }
    }
}
fn ord(_: Value, v: Value) -> PyResult {
    let n = if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        if str::len(v) == 1 {
            return Ok(Ref::int(i64::from(str::char_at(v, 0))));
        }
        str::len(v)
    } else {
        let data = if bytes::is_bytes(v) {
            bytes::data(v)
        } else if bytearray::is_bytearray(v) {
            bytearray::data(v)
        } else {
            return Err(raise!(
                TypeError,
                "ord() expected string of length 1, but {} found",
                v.ty().message_name()
            ));
        };
        if let [b] = data {
            return Ok(Ref::int(i64::from(*b)));
        }
        data.len()
    };
    Err(raise!(
        TypeError,
        "ord() expected a character, but string of length {n} found"
    ))
}
const POW: Signature<3> = Signature {
    name: "pow",
    params: ["base", "exp", "mod"],
    posonly: 0,
    positional: 3,
    required: 2,
};
fn pow(_: Value, args: Args<'_>) -> PyResult {
    let [base, exp, modulus] = args.bind(&POW)?;
    let modulus = if modulus.is_empty() {
        singletons::none()
    } else {
        modulus
    };
    ops::power(base, exp, modulus)
}
fn repr(_: Value, v: Value) -> PyResult {
    let _guard = pyrs_object::hooks().enter_counted(" while calling a Python object")?;
    ops::repr(v)
}
const ROUND: Signature<2> = Signature {
    name: "round",
    params: ["number", "ndigits"],
    posonly: 0,
    positional: 2,
    required: 1,
};
fn round(_: Value, args: Args<'_>) -> PyResult {
    let [number, ndigits] = args.bind(&ROUND)?;
    let Some(f) = typeobject::lookup_special(number, intern!("__round__"))? else {
        return Err(raise!(
            TypeError,
            "type {} doesn't define __round__ method",
            number.ty().message_name()
        ));
    };
    if ndigits.is_empty() || ndigits.is_none() {
        f.call(&[])
    } else {
        f.call(&[ndigits])
    }
}
fn setattr(_: Value, args: &[Value]) -> PyResult {
    check_positional("setattr", args.len(), 3, 3)?;
    let name = attribute_name(args[1], "")?;
    ops::setattr(args[0], name.value(), args[2])?;
    Ok(Ref::none())
}
fn sorted(_: Value, args: Args<'_>) -> PyResult {
    let positional = args.positional();
    check_positional("sorted", positional.len(), 1, 1)?;
    let l = ops::to_list(positional[0])?;
    const SORT: Signature<2> = Signature {
        name: "sort",
        params: ["key", "reverse"],
        posonly: 0,
        positional: 0,
        required: 0,
    };
    let keywords = Args {
        values: &args.values[1..],
        kwnames: args.kwnames,
    };
    let [key, reverse] = keywords.bind(&SORT)?;
    let reverse = if reverse.is_empty() {
        false
    } else {
        ops::index_as_isize(reverse)? != 0
    };
    let key = if key.is_empty() {
        singletons::none()
    } else {
        key
    };
    list::sort(l.value(), key, reverse)?;
    Ok(l)
}
const SUM: Signature<2> = Signature {
    name: "sum",
    params: ["", "start"],
    posonly: 1,
    positional: 2,
    required: 1,
};
fn sum(_: Value, args: Args<'_>) -> PyResult {
    let [iterable, start] = args.bind(&SUM)?;
    let mut total = if start.is_empty() {
        Ref::int(0)
    } else {
        Ref::new(start)
    };
    if total.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "sum() can't sum strings [use ''.join(seq) instead]"
        ));
    }
    if bytes::is_bytes(total.value()) {
        return Err(raise!(
            TypeError,
            "sum() can't sum bytes [use b''.join(seq) instead]"
        ));
    }
    if bytearray::is_bytearray(total.value()) {
        return Err(raise!(
            TypeError,
            "sum() can't sum bytearray [use b''.join(seq) instead]"
        ));
    }
    let mut seen = 0;
    // The list may change while its items are added; that of immediates runs nothing.
    while let Some(items) = ops::exact_items(iterable) {
        let rest = items.get(seen..).unwrap_or(&[]);
        let Some(v) = rest.first() else {
            return Ok(total);
        };
        if let Some(before) = total.as_int() {
            let (sum, n) = list::common::sum_of_leading_ints(rest);
            if let Some(sum) = before.checked_add(sum).filter(|_| n > 0) {
                total = Ref::int(sum);
                seen += n;
                continue;
            }
        }
        add_to(&mut total, list::common::item_ref(*v).value())?;
        seen += 1;
    }
    ops::for_each(iterable, |v| add_to(&mut total, v.value()).map(|()| true))?;
    Ok(total)
}
fn add_to(total: &mut Ref, v: Value) -> PyResult<()> {
    *total = if let (Some(a), Some(b)) = (total.as_int(), v.as_int()) {
        Ref::int(a + b)
    } else if let (Some(a), Some(b)) = (total.as_float(), v.as_float()) {
        Ref::float(a + b)
    } else {
        ops::add(total.value(), v)?
    };
    Ok(())
}
/// `vars(object)`; without argument it is `vm`'s `locals()`.
pub fn vars_of(v: Value) -> PyResult {
    match ops::getattr_opt(v, intern!("__dict__"))? {
        Some(d) => Ok(d),
        None => Err(raise!(
            TypeError,
            "vars() argument must have __dict__ attribute"
        )),
    }
}
/// `dir(object)`: the sorted names.
pub fn dir_of(v: Value) -> PyResult {
    let Some(f) = typeobject::lookup_special(v, intern!("__dir__"))? else {
        return Err(raise!(TypeError, "object does not provide __dir__"));
    };
    let names = f.call(&[])?;
    let l = ops::to_list(names.value())?;
    list::sort(l.value(), singletons::none(), false)?;
    Ok(l)
}
fn aiter(_: Value, v: Value) -> PyResult {
    let t = v.ty();
    // SAFETY: null or a table that lives as long as the type.
    let c = unsafe { t.tp_as_async.as_ref() }.and_then(|a| a.am_aiter);
    let it = match (t.native().am_aiter, c) {
        (Some(f), _) => f(v)?,
        (None, Some(f)) => ops::c_unary(f, v)?,
        (None, None) => {
            return Err(raise!(
                TypeError,
                "'{}' object is not an async iterable",
                t.message_name()
            ));
        }
    };
    // SAFETY: as above.
    let ok = unsafe { it.ty().tp_as_async.as_ref() }.is_some_and(|a| a.am_anext.is_some());
    if !ok {
        return Err(raise!(
            TypeError,
            "aiter() returned not an async iterator of type '{}'",
            it.ty().message_name()
        ));
    }
    Ok(it)
}

methods! { pub(crate) static FUNCTIONS = [
    "abs" O abs, "abs($module, x, /)\n--\n\nAbsolute value.";
    "aiter" O aiter, "aiter($module, async_iterable, /)\n--\n\nAsync iterator of an async iterable.";
    "all" O all, "all($module, iterable, /)\n--\n\nWhether every item is true.";
    "any" O any, "any($module, iterable, /)\n--\n\nWhether some item is true.";
    "ascii" O ascii, "ascii($module, obj, /)\n--\n\nASCII-only repr.";
    "bin" O bin, "bin($module, number, /)\n--\n\nBinary text of an integer.\n\n   >>> bin(10)\n   '0b1010'\n";
    "callable" O callable, "callable($module, obj, /)\n--\n\nWhether the object can be called.";
    "chr" O chr, "chr($module, i, /)\n--\n\nString of one character.";
    "delattr" FAST delattr, "delattr($module, obj, name, /)\n--\n\nDeletes an attribute.";
    "divmod" FAST divmod, "divmod($module, x, y, /)\n--\n\nThe tuple (x//y, x%y).";
    "format" FAST format, "format($module, value, format_spec='', /)\n--\n\nvalue.__format__(format_spec).";
    "getattr" FAST getattr, "getattr(object, name[, default]) -> value\n\nAn attribute by name.";
    "hasattr" FAST hasattr, "hasattr($module, obj, name, /)\n--\n\nWhether the object has the attribute.";
    "hash" O hash, "hash($module, obj, /)\n--\n\nHash value.";
    "hex" O hex, "hex($module, number, /)\n--\n\nHexadecimal text of an integer.\n\n   >>> hex(-255)\n   '-0xff'\n";
    "id" O id, "id($module, obj, /)\n--\n\nIdentity of an object.";
    "isinstance" FAST isinstance, "isinstance($module, obj, class_or_tuple, /)\n--\n\nWhether obj is an instance of a class.";
    "issubclass" FAST issubclass, "issubclass($module, cls, class_or_tuple, /)\n--\n\nWhether cls derives from a class.";
    "iter" FAST iter, "iter(iterable) -> iterator\niter(callable, sentinel) -> iterator\n\n";
    "len" O len, "len($module, obj, /)\n--\n\nNumber of items.";
    "max" KW builtin_max, "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value\n\n";
    "min" KW builtin_min, "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value\n\n";
    "next" FAST next, "next(iterator[, default])\n\nThe next item.";
    "oct" O oct, "oct($module, number, /)\n--\n\nOctal text of an integer.\n\n   >>> oct(8)\n   '0o10'\n";
    "ord" O ord, "ord($module, c, /)\n--\n\nCode point of a one-character string.";
    "pow" KW pow, "pow($module, /, base, exp, mod=None)\n--\n\nbase**exp, or base**exp % mod.";
    "print" KW builtin_print, "print($module, /, *args, sep=' ', end='\\n', file=None, flush=False)\n--\n\nWrites the values to a stream.";
    "repr" O repr, "repr($module, obj, /)\n--\n\nCanonical text of an object.";
    "round" KW round, "round($module, /, number, ndigits=None)\n--\n\nRounds to ndigits after the decimal point.";
    "setattr" FAST setattr, "setattr($module, obj, name, value, /)\n--\n\nSets an attribute.";
    "sorted" KW sorted, "sorted($module, iterable, /, *, key=None, reverse=False)\n--\n\nA new sorted list.";
    "sum" KW sum, "sum($module, iterable, /, start=0)\n--\n\nstart plus all items.";
] }
