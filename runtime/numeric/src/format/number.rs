//! Rendering of int, float and complex.

use super::{Align, FormatError, Grouping, Padded, Sign, Spec};
use crate::complex::Complex;
use crate::float::{FloatCode, FloatStyle, format};
use crate::int::IntRef;

/// What the `n` type takes from the C locale (`localeconv()`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locale {
    pub decimal_point: String,
    pub thousands_separator: String,
    /// Sizes of groups from the right as in C: the end or 0 repeats the last size, 127 (`CHAR_MAX`) ends grouping.
    pub grouping: Vec<u8>,
}

impl Locale {
    /// The locale that groups nothing.
    pub fn c() -> Locale {
        Locale {
            decimal_point: String::from("."),
            thousands_separator: String::new(),
            grouping: Vec::new(),
        }
    }

    fn of(grouping: Grouping, size: u8) -> Locale {
        let separator = match grouping {
            Grouping::None => return Locale::c(),
            Grouping::Comma => ",",
            Grouping::Underscore => "_",
        };
        Locale {
            decimal_point: String::from("."),
            thousands_separator: String::from(separator),
            grouping: vec![size],
        }
    }
}

/// Puts separators between groups of `digits`, after zeros have widened them so that the result has at least
/// `min_width` characters. A zero that would only carry a separator in front of it is kept: "0,001" for width 4.
fn group_digits(digits: &str, locale: &Locale, min_width: usize) -> Result<String, FormatError> {
    let separator: Vec<char> = locale.thousands_separator.chars().rev().collect();
    // Built from the right.
    let mut out: Vec<char> = Vec::new();
    out.try_reserve(min_width)
        .map_err(|_| FormatError::memory())?;
    let mut source = digits.chars().rev();
    let mut left = digits.chars().count();
    let (mut next, mut last_size) = (0, 0);
    loop {
        // As in C, the end of the list repeats the last size.
        let size = match locale.grouping.get(next) {
            None | Some(0) => last_size,
            Some(127) => 0,
            Some(&size) => {
                next += 1;
                last_size = usize::from(size);
                last_size
            }
        };
        // At least one digit follows a separator, which itself counts toward the width.
        let wanted = left.max(min_width.saturating_sub(out.len())).max(1);
        let take = if size == 0 { wanted } else { wanted.min(size) };
        for _ in 0..take {
            out.push(source.next().unwrap_or('0'));
        }
        left = left.saturating_sub(take);
        if left == 0 && out.len() >= min_width {
            break;
        }
        out.extend(&separator);
    }
    Ok(out.iter().rev().collect())
}

fn sign_text(sign: Sign, negative: bool) -> &'static str {
    match (negative, sign) {
        (true, _) => "-",
        (false, Sign::Plus) => "+",
        (false, Sign::Space) => " ",
        _ => "",
    }
}

/// Joins sign, prefix, grouped digits and the rest, and pads them.
fn assemble(
    spec: &Spec,
    sign: &str,
    prefix: &str,
    digits: &str,
    rest: &str,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    let head = [sign, prefix].concat();
    let fill = spec.fill_or_space();
    let others = head.chars().count() + rest.chars().count();
    // Zeros that fill after the sign take part in grouping.
    let min_width = if fill == u32::from('0') && spec.align == Align::AfterSign {
        spec.width.unwrap_or(0).saturating_sub(others)
    } else {
        0
    };
    let mut body = if digits.is_empty() {
        String::new()
    } else {
        let grouped = !locale.thousands_separator.is_empty() && !locale.grouping.is_empty();
        if grouped {
            group_digits(digits, locale, min_width)?
        } else {
            // Zeros alone are padding like any other.
            digits.to_owned()
        }
    };
    body.push_str(rest);
    let length = head.chars().count() + body.chars().count();
    let (left, right) = spec.split_padding(length);
    if spec.align == Align::AfterSign {
        return Ok(Padded {
            fill,
            left: 0,
            head,
            middle: left,
            body,
            right: 0,
        });
    }
    Ok(Padded {
        fill,
        left,
        head,
        middle: 0,
        body,
        right,
    })
}

/// `int.__format__`; `type_name` is for messages ("int", "bool").
pub fn format_int(
    spec: &[u32],
    value: IntRef<'_>,
    type_name: &str,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    let spec = Spec::parse(spec, 'd', Align::Right, type_name)?;
    let code = char::from_u32(spec.code).unwrap_or('\u{FFFD}');
    match code {
        'b' | 'c' | 'd' | 'o' | 'x' | 'X' | 'n' => format_integer(&spec, code, value, locale),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let value = value
                .to_f64()
                .map_err(|_| FormatError::overflow("int too large to convert to float"))?;
            format_double(&spec, code, value, locale)
        }
        _ => Err(spec.unknown_code(type_name)),
    }
}

fn format_integer(
    spec: &Spec,
    code: char,
    value: IntRef<'_>,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    if spec.precision.is_some() {
        return Err(FormatError::value(
            "Precision not allowed in integer format specifier",
        ));
    }
    if spec.no_negative_zero {
        return Err(FormatError::value(
            "Negative zero coercion (z) not allowed in integer format specifier",
        ));
    }
    if code == 'c' {
        if spec.sign != Sign::Default {
            return Err(FormatError::value(
                "Sign not allowed with integer format specifier 'c'",
            ));
        }
        if spec.alternate {
            return Err(FormatError::value(
                "Alternate form (#) not allowed with integer format specifier 'c'",
            ));
        }
        let value = value
            .to_i64()
            .ok_or_else(|| FormatError::overflow("Python int too large to convert to C long"))?;
        let point = u32::try_from(value).ok().filter(|&v| v < 0x11_0000);
        let Some(point) = point else {
            return Err(FormatError::overflow("%c arg not in range(0x110000)"));
        };
        return match char::from_u32(point) {
            Some(c) => assemble(spec, "", "", &c.to_string(), "", &Locale::c()),
            // A surrogate cannot be in a `String`: it is shown as a fill of width one.
            None if spec.width.unwrap_or(0) <= 1 => Ok(Padded {
                fill: point,
                left: 1,
                ..Padded::default()
            }),
            None => Err(FormatError::value(
                "padding a lone surrogate with the 'c' format is not supported",
            )),
        };
    }
    let (base, prefix) = match code {
        'b' => (2, "0b"),
        'o' => (8, "0o"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    let mut digits = value.magnitude_text(base);
    if code == 'X' {
        digits.make_ascii_uppercase();
    }
    let grouping;
    let locale = if code == 'n' {
        locale
    } else {
        grouping = Locale::of(spec.grouping, if base == 10 { 3 } else { 4 });
        &grouping
    };
    assemble(
        spec,
        sign_text(spec.sign, value.is_negative()),
        prefix,
        &digits,
        "",
        locale,
    )
}

/// `float.__format__`.
pub fn format_float(
    spec: &[u32],
    value: f64,
    type_name: &str,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    let spec = Spec::parse(spec, '\0', Align::Right, type_name)?;
    match char::from_u32(spec.code) {
        Some(code @ ('\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')) => {
            format_double(&spec, code, value, locale)
        }
        _ => Err(spec.unknown_code(type_name)),
    }
}

/// The style for a presentation type; `default_precision` replaces 6 for the one without a letter.
fn style_of(spec: &Spec, code: char) -> Result<FloatStyle, FormatError> {
    if spec.precision.is_some_and(|p| p > i32::MAX as usize) {
        return Err(FormatError::value("precision too big"));
    }
    // The digits, the text and its copy with what surrounds it are made by code that cannot fail.
    let places = spec.precision.unwrap_or(0);
    if places >= 1 << 20 {
        let mut room: Vec<u8> = Vec::new();
        let had = room.try_reserve(places * 3).is_ok();
        std::hint::black_box(&mut room);
        if !had {
            return Err(FormatError::memory());
        }
    }
    let conversion = match code {
        'e' | 'E' => FloatCode::Exponent,
        'f' | 'F' | '%' => FloatCode::Fixed,
        '\0' if spec.precision.is_none() => FloatCode::Repr,
        _ => FloatCode::General,
    };
    let mut style = FloatStyle::new(conversion, spec.precision.unwrap_or(6));
    style.upper = code.is_ascii_uppercase();
    style.alternate = spec.alternate;
    style.no_negative_zero = spec.no_negative_zero;
    Ok(style)
}

/// Splits a formatted double: is it negative, its leading digits, and what follows them with the locale's point.
fn split_number<'a>(text: &'a str, locale: &Locale) -> (bool, &'a str, String) {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let rest = match rest.strip_prefix('.') {
        Some(tail) => [&locale.decimal_point, tail].concat(),
        None => rest.to_owned(),
    };
    (negative, digits, rest)
}

fn format_double(
    spec: &Spec,
    code: char,
    value: f64,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    let mut style = style_of(spec, code)?;
    style.add_dot_0 = code == '\0';
    let value = if code == '%' { value * 100.0 } else { value };
    let text = format(value, &style);
    let grouping;
    let locale = if code == 'n' {
        locale
    } else {
        grouping = Locale::of(spec.grouping, 3);
        &grouping
    };
    let (negative, digits, mut rest) = split_number(&text, locale);
    if code == '%' {
        rest.push('%');
    }
    assemble(
        spec,
        sign_text(spec.sign, negative),
        "",
        digits,
        &rest,
        locale,
    )
}

/// `complex.__format__`.
pub fn format_complex(
    spec: &[u32],
    value: Complex,
    type_name: &str,
    locale: &Locale,
) -> Result<Padded, FormatError> {
    let spec = Spec::parse(spec, '\0', Align::Right, type_name)?;
    let code = match char::from_u32(spec.code) {
        Some(code @ ('\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n')) => code,
        _ => return Err(spec.unknown_code(type_name)),
    };
    let style = style_of(&spec, code)?;
    if spec.fill == Some(u32::from('0')) {
        return Err(FormatError::value(
            "Zero padding is not allowed in complex format specifier",
        ));
    }
    if spec.align == Align::AfterSign {
        return Err(FormatError::value(
            "'=' alignment flag is not allowed in complex format specifier",
        ));
    }
    let grouping;
    let locale = if code == 'n' {
        locale
    } else {
        grouping = Locale::of(spec.grouping, 3);
        &grouping
    };
    let skip_real = code == '\0' && value.real == 0.0 && value.real.is_sign_positive();
    let parentheses = code == '\0' && !skip_real;
    // The parts are not padded; the imaginary one always shows its sign unless it stands alone.
    let part_spec = Spec {
        width: None,
        fill: None,
        align: Align::Left,
        ..spec
    };
    let part = |number: f64, sign: Sign| -> Result<String, FormatError> {
        let text = format(number, &style);
        let (negative, digits, rest) = split_number(&text, locale);
        let padded = assemble(
            &part_spec,
            sign_text(sign, negative),
            "",
            digits,
            &rest,
            locale,
        )?;
        Ok(padded.head + &padded.body)
    };
    let mut body = String::new();
    if parentheses {
        body.push('(');
    }
    if !skip_real {
        body.push_str(&part(value.real, spec.sign)?);
    }
    body.push_str(&part(
        value.imag,
        if skip_real { spec.sign } else { Sign::Plus },
    )?);
    body.push('j');
    if parentheses {
        body.push(')');
    }
    let (left, right) = spec.split_padding(body.chars().count());
    Ok(Padded {
        fill: spec.fill_or_space(),
        left,
        head: String::new(),
        middle: 0,
        body,
        right,
    })
}
