//! `%` formatting, for `str` and for `bytes`: one scanner, one number formatter, two kinds of target.

use super::*;
use pyrs_numeric::float::{FloatCode, FloatStyle};

/// Where `%` formatting writes, and how it turns objects into text.
pub(crate) trait Target {
    const BYTES: bool;
    fn put(&mut self, s: StrView<'_>);
    fn fill(&mut self, c: u8, n: usize);
    /// The text of an object for a conversion that is not numeric; `None` if the conversion does not exist.
    fn object(&mut self, conversion: u32, v: Value) -> PyResult<Option<Text>>;
}

/// Text made for a conversion.
pub(crate) enum Text {
    Str(Ref),
    Bytes(Vec<u8>),
}
impl Text {
    fn view(&self) -> StrView<'_> {
        match self {
            Text::Str(r) => view(r.value()),
            Text::Bytes(b) => StrView::Latin1(b),
        }
    }
}

impl Target for Builder {
    const BYTES: bool = false;
    fn put(&mut self, s: StrView<'_>) {
        self.push_view(s);
    }
    fn fill(&mut self, c: u8, n: usize) {
        self.push_n(c as u32, n);
    }
    fn object(&mut self, conversion: u32, v: Value) -> PyResult<Option<Text>> {
        let r = match u8::try_from(conversion).unwrap_or(0) {
            b's' => crate::ops::str_of(v)?,
            b'r' => crate::ops::repr(v)?,
            b'a' => crate::ops::ascii(v)?,
            b'c' => from_char(char_arg(v)?),
            _ => return Ok(None),
        };
        Ok(Some(Text::Str(r)))
    }
}

fn char_arg(v: Value) -> PyResult<u32> {
    if is_str(v) {
        if len(v) == 1 {
            return Ok(char_at(v, 0));
        }
        return Err(raise!(TypeError, "%c requires int or char"));
    }
    let n = if crate::int::is_int_instance(v) {
        Ref::new(v)
    } else if crate::ops::has_index(v) {
        crate::ops::index(v)?
    } else {
        return Err(raise!(TypeError, "%c requires int or char"));
    };
    match crate::int::to_i64(n.value()) {
        Some(c @ 0..=0x10FFFF) => Ok(c as u32),
        Some(_) => Err(raise!(OverflowError, "%c arg not in range(0x110000)")),
        None => Err(raise!(
            OverflowError,
            "Python int too large to convert to C long"
        )),
    }
}

/// `format % args`
pub fn percent(format: Value, args: Value) -> PyResult {
    let mut out = Builder::with_capacity(len(format) + 16);
    each_width!(view(format), s => run(s, args, &mut out))?;
    out.finish()
}

#[derive(Default)]
struct Spec {
    left: bool,
    plus: bool,
    blank: bool,
    alt: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    conversion: u32,
    /// Where the conversion character is.
    at: usize,
}

/// Where the arguments come from.
struct Arguments {
    args: Ref,
    /// Next of a tuple's items; for anything else 0 until it is used.
    next: usize,
    is_tuple: bool,
    mapping: Option<Value>,
}

impl Arguments {
    fn take(&mut self) -> PyResult {
        let n = if self.is_tuple {
            crate::tuple::len(self.args.value())
        } else {
            1
        };
        if self.next >= n {
            return Err(raise!(TypeError, "not enough arguments for format string"));
        }
        self.next += 1;
        Ok(if self.is_tuple {
            Ref::new(crate::tuple::get(self.args.value(), self.next - 1))
        } else {
            self.args.clone()
        })
    }
    fn left_over(&self) -> bool {
        self.next
            < if self.is_tuple {
                crate::tuple::len(self.args.value())
            } else {
                1
            }
    }
}

pub(crate) fn run<U: Unit, T: Target>(format: &[U], args: Value, out: &mut T) -> PyResult<()> {
    let is_tuple = crate::tuple::is_tuple(args);
    let texty = is_str(args)
        || T::BYTES && (crate::bytes::is_bytes(args) || crate::bytearray::is_bytearray(args));
    let mapping = (!is_tuple && !texty && crate::ops::is_mapping(args)).then_some(args);
    let mut arguments = Arguments {
        args: Ref::new(args),
        next: 0,
        is_tuple,
        mapping,
    };
    let percent = U::fit(b'%' as u32).unwrap_or_default();
    let mut pos = 0;
    while pos < format.len() {
        let Some(n) = U::find_char(&format[pos..], percent) else {
            put(out, &format[pos..]);
            break;
        };
        put(out, &format[pos..pos + n]);
        pos += n + 1;
        // Only a doubled sign stands for itself: with anything between, it is a conversion that does not exist.
        if format.get(pos) == Some(&percent) {
            out.fill(b'%', 1);
            pos += 1;
            continue;
        }
        if !T::BYTES
            && format
                .get(pos)
                .is_some_and(|c| (*c).into() == u32::from(b's'))
        {
            pos += 1;
            let v = arguments.take()?;
            if is_exact(v.value()) {
                out.put(view(v.value()));
            } else {
                out.put(view(crate::ops::str_of(v.value())?.value()));
            }
            continue;
        }
        let spec = parse::<U, T>(format, &mut pos, &mut arguments)?;
        let v = arguments.take()?;
        convert(&spec, v.value(), out)?;
    }
    if arguments.left_over() && arguments.mapping.is_none() {
        return Err(raise!(
            TypeError,
            "not all arguments converted during {} formatting",
            if T::BYTES { "bytes" } else { "string" }
        ));
    }
    Ok(())
}

fn put<U: Unit, T: Target>(out: &mut T, s: &[U]) {
    // SAFETY: a slice of units is a slice of the integer type of that size.
    unsafe {
        out.put(match size_of::<U>() {
            1 => StrView::Latin1(std::slice::from_raw_parts(s.as_ptr().cast(), s.len())),
            2 => StrView::Ucs2(std::slice::from_raw_parts(s.as_ptr().cast(), s.len())),
            _ => StrView::Ucs4(std::slice::from_raw_parts(s.as_ptr().cast(), s.len())),
        });
    }
}

fn parse<U: Unit, T: Target>(f: &[U], pos: &mut usize, args: &mut Arguments) -> PyResult<Spec> {
    let mut spec = Spec::default();
    let code = |p: usize| -> u32 { f.get(p).map_or(u32::MAX, |&c| c.into()) };
    if code(*pos) == b'(' as u32 {
        let Some(mapping) = args.mapping else {
            return Err(raise!(TypeError, "format requires a mapping"));
        };
        *pos += 1;
        let (start, mut depth) = (*pos, 1);
        while *pos < f.len() {
            match code(*pos) {
                0x28 => depth += 1,
                0x29 => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            *pos += 1;
        }
        if depth > 0 {
            return Err(raise!(ValueError, "incomplete format key"));
        }
        let key = &f[start..*pos];
        *pos += 1;
        let key = if T::BYTES {
            crate::bytes::new(search::as_bytes(key))
        } else {
            U::make(key)
        };
        args.args = crate::ops::getitem(mapping, key.value())?;
        (args.is_tuple, args.next) = (false, 0);
    }
    loop {
        match code(*pos) {
            0x2D => spec.left = true,
            0x2B => spec.plus = true,
            0x20 => spec.blank = true,
            0x23 => spec.alt = true,
            0x30 => spec.zero = true,
            _ => break,
        }
        *pos += 1;
    }
    if code(*pos) == b'*' as u32 {
        *pos += 1;
        let n = star(args)?;
        let n = crate::ops::index_as_isize(n.value())?;
        spec.left |= n < 0;
        spec.width = n.unsigned_abs();
    } else {
        spec.width = digits(f, pos, isize::MAX as usize)
            .ok_or_else(|| raise!(ValueError, "width too big"))?;
    }
    if code(*pos) == b'.' as u32 {
        *pos += 1;
        let too_big = if T::BYTES {
            "prec too big"
        } else {
            "precision too big"
        };
        spec.precision = Some(if code(*pos) == b'*' as u32 {
            *pos += 1;
            let n = star(args)?;
            match crate::int::to_i64(n.value()).and_then(|n| i32::try_from(n).ok()) {
                Some(n) => n.max(0) as usize,
                None => {
                    return Err(raise!(
                        OverflowError,
                        "Python int too large to convert to C int"
                    ));
                }
            }
        } else {
            digits(f, pos, i32::MAX as usize).ok_or_else(|| raise!(ValueError, "{too_big}"))?
        });
    }
    if matches!(code(*pos), 0x68 | 0x6C | 0x4C) {
        *pos += 1;
    }
    if *pos >= f.len() {
        return Err(raise!(ValueError, "incomplete format"));
    }
    spec.conversion = code(*pos);
    spec.at = *pos;
    *pos += 1;
    Ok(spec)
}

fn star(args: &mut Arguments) -> PyResult {
    let n = args.take()?;
    if crate::int::is_int_instance(n.value()) {
        Ok(n)
    } else {
        Err(raise!(TypeError, "* wants int"))
    }
}

fn digits<U: Unit>(f: &[U], pos: &mut usize, max: usize) -> Option<usize> {
    let mut n = 0usize;
    while let Some(&c) = f.get(*pos)
        && let d @ 0x30..=0x39 = c.into()
    {
        n = n
            .checked_mul(10)?
            .checked_add(d as usize - 0x30)
            .filter(|&n| n <= max)?;
        *pos += 1;
    }
    Some(n)
}

fn convert<T: Target>(spec: &Spec, v: Value, out: &mut T) -> PyResult<()> {
    let c = u8::try_from(spec.conversion).unwrap_or(0);
    crate::errors::check_room(spec.width, 1)?;
    match c {
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' => {
            let (negative, prefix, body) = int_text(spec, c, v)?;
            number(spec, negative, prefix, &body, out);
            Ok(())
        }
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let x = if T::BYTES {
                bytes_float(v)?
            } else {
                crate::ops::as_f64(v)?
            };
            let code = match c.to_ascii_lowercase() {
                b'e' => FloatCode::Exponent,
                b'f' => FloatCode::Fixed,
                _ => FloatCode::General,
            };
            let mut style = FloatStyle::new(code, spec.precision.unwrap_or(6));
            style.upper = c.is_ascii_uppercase();
            style.alternate = spec.alt;
            // The text, and its copy among the others.
            crate::errors::check_room(spec.precision.unwrap_or(0), 2)?;
            let text = pyrs_numeric::float::format(x, &style);
            match text.strip_prefix('-') {
                Some(body) => number(spec, true, "", body, out),
                None => number(spec, false, "", &text, out),
            }
            Ok(())
        }
        _ => {
            let Some(text) = out.object(spec.conversion, v)? else {
                let shown = if (31..=126).contains(&spec.conversion) {
                    c as char
                } else {
                    '?'
                };
                return Err(raise!(
                    ValueError,
                    "unsupported format character '{shown}' (0x{:x}) at index {}",
                    spec.conversion,
                    spec.at
                ));
            };
            let s = text.view();
            let n = match spec.precision {
                Some(p) if c != b'c' => s.len().min(p),
                _ => s.len(),
            };
            let pad = spec.width.saturating_sub(n);
            crate::errors::check_room(pad, 1)?;
            // The `0` flag fills text with blanks in str and, as CPython does it, with zeros only for numbers.
            if !spec.left {
                out.fill(b' ', pad);
            }
            each_width!(s, s => put(out, &s[..n]));
            if spec.left {
                out.fill(b' ', pad);
            }
            Ok(())
        }
    }
}

fn bytes_float(v: Value) -> PyResult<f64> {
    match crate::errors::absorb(crate::ops::as_f64(v), crate::exceptions::TypeError)? {
        Some(x) => Ok(x),
        None => Err(raise!(
            TypeError,
            "float argument required, not {}",
            v.ty().message_name()
        )),
    }
}

/// Sign, prefix and padding around the digits of a number.
fn number<T: Target>(spec: &Spec, negative: bool, prefix: &str, body: &str, out: &mut T) {
    let sign = if negative {
        "-"
    } else if spec.plus {
        "+"
    } else if spec.blank {
        " "
    } else {
        ""
    };
    let pad = spec
        .width
        .saturating_sub(sign.len() + prefix.len() + body.len());
    if !spec.left && !spec.zero {
        out.fill(b' ', pad);
    }
    out.put(StrView::Latin1(sign.as_bytes()));
    out.put(StrView::Latin1(prefix.as_bytes()));
    if !spec.left && spec.zero {
        out.fill(b'0', pad);
    }
    out.put(StrView::Latin1(body.as_bytes()));
    if spec.left {
        out.fill(b' ', pad);
    }
}

fn int_text(spec: &Spec, c: u8, v: Value) -> PyResult<(bool, &'static str, String)> {
    let n = int_arg(c, v)?;
    let (base, prefix) = match c {
        b'x' => (16, "0x"),
        b'X' => (16, "0X"),
        b'o' => (8, "0o"),
        _ => (10, ""),
    };
    let (negative, mut body) = if let Some(i) = n.as_int() {
        let m = i.unsigned_abs();
        let text = match base {
            16 => format!("{m:x}"),
            8 => format!("{m:o}"),
            _ => m.to_string(),
        };
        (i < 0, text)
    } else if base == 10 {
        let text = crate::int::to_text(n.value(), 10)?;
        match text.strip_prefix('-') {
            Some(body) => (true, body.to_owned()),
            None => (false, text),
        }
    } else {
        crate::int::with_digits(n.value(), |negative, digits| {
            (
                negative,
                pyrs_numeric::int::IntRef::new(negative, digits).magnitude_text(base),
            )
        })
    };
    if c == b'X' {
        body.make_ascii_uppercase();
    }
    if let Some(p) = spec.precision
        && p > body.len()
    {
        if p > i32::MAX as usize - 3 {
            return Err(raise!(OverflowError, "precision too large"));
        }
        crate::errors::check_room(p, 1)?;
        body.insert_str(0, &"0".repeat(p - body.len()));
    }
    Ok((negative, if spec.alt { prefix } else { "" }, body))
}

fn int_arg(c: u8, v: Value) -> PyResult {
    if crate::int::is_int_instance(v) {
        return Ok(Ref::new(v));
    }
    let index_only = matches!(c, b'x' | b'X' | b'o');
    let number = crate::ops::has_index(v)
        || v.ty()
            .number()
            .is_some_and(|n| n.nb_int.is_some() || n.nb_float.is_some())
        || crate::complex::parts(v).is_some();
    if number {
        let r = if index_only {
            crate::ops::index(v)
        } else {
            crate::int::from_object(v)
        };
        if let Some(n) = crate::errors::absorb(r, crate::exceptions::TypeError)? {
            return Ok(n);
        }
    }
    let what = if index_only {
        "an integer"
    } else {
        "a real number"
    };
    Err(raise!(
        TypeError,
        "%{} format: {what} is required, not {}",
        c as char,
        v.ty().message_name()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spec: &Spec, negative: bool, prefix: &str, body: &str) -> Vec<u8> {
        let mut out = Builder::new();
        number(spec, negative, prefix, body, &mut out);
        match out.view() {
            StrView::Latin1(s) => s.to_vec(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn lays_numbers_out() {
        let spec = |width, left, zero, plus| Spec {
            width,
            left,
            zero,
            plus,
            ..Spec::default()
        };
        assert_eq!(
            text(&spec(6, false, true, false), true, "", "42"),
            b"-00042"
        );
        assert_eq!(
            text(&spec(6, false, false, true), false, "", "42"),
            b"   +42"
        );
        assert_eq!(
            text(&spec(8, false, true, false), false, "0x", "ff"),
            b"0x0000ff"
        );
        assert_eq!(
            text(&spec(6, true, true, false), true, "0x", "f"),
            b"-0xf  "
        );
    }
}
