//! The format mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
//!
//! [`Spec::parse`] reads it, the `format_*` functions render. They return a [`Padded`] text rather than a string, so
//! that the object layer can size its result first and write any fill character, a lone surrogate too.

mod number;
mod spec;

pub use number::{Locale, format_complex, format_float, format_int};
pub use spec::{Align, Grouping, Sign, Spec};

/// The exception class of a [`FormatError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatErrorKind {
    Value,
    Overflow,
    /// `MemoryError`, without a message.
    Memory,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    pub kind: FormatErrorKind,
    pub message: String,
}

impl FormatError {
    pub(crate) fn value(message: impl Into<String>) -> FormatError {
        FormatError {
            kind: FormatErrorKind::Value,
            message: message.into(),
        }
    }

    pub(crate) fn memory() -> FormatError {
        FormatError {
            kind: FormatErrorKind::Memory,
            message: String::new(),
        }
    }

    pub(crate) fn overflow(message: impl Into<String>) -> FormatError {
        FormatError {
            kind: FormatErrorKind::Overflow,
            message: message.into(),
        }
    }
}

/// `left` fills, `head`, `middle` fills, `body`, `right` fills.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Padded {
    /// A code point, which may be a lone surrogate.
    pub fill: u32,
    pub left: usize,
    /// Sign and prefix.
    pub head: String,
    pub middle: usize,
    pub body: String,
    pub right: usize,
}

impl Padded {
    /// All code points in order.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + '_ {
        let fill = |count| core::iter::repeat_n(self.fill, count);
        let chars = |text: &'_ str| text.chars().map(u32::from).collect::<Vec<_>>();
        fill(self.left)
            .chain(chars(&self.head))
            .chain(fill(self.middle))
            .chain(chars(&self.body))
            .chain(fill(self.right))
    }

    /// The text, or `None` if the fill is a surrogate or memory cannot hold the padding.
    pub fn into_string(self) -> Option<String> {
        if (self.left, self.middle, self.right) == (0, 0, 0) && self.head.is_empty() {
            return Some(self.body);
        }
        let fill = char::from_u32(self.fill)?;
        let mut out = String::new();
        let padding = self
            .left
            .checked_add(self.middle)?
            .checked_add(self.right)?;
        out.try_reserve(
            padding
                .checked_mul(fill.len_utf8())?
                .checked_add(self.head.len() + self.body.len())?,
        )
        .ok()?;
        out.extend(core::iter::repeat_n(fill, self.left));
        out.push_str(&self.head);
        out.extend(core::iter::repeat_n(fill, self.middle));
        out.push_str(&self.body);
        out.extend(core::iter::repeat_n(fill, self.right));
        Some(out)
    }
}

/// How `str.__format__` cuts and pads: `left` fills, the first `keep` characters, `right` fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrLayout {
    pub fill: u32,
    pub left: usize,
    pub keep: usize,
    pub right: usize,
}

/// Lays out a `str` of `length` characters.
pub fn format_str(spec: &[u32], length: usize, type_name: &str) -> Result<StrLayout, FormatError> {
    let spec = Spec::parse(spec, 's', Align::Left, type_name)?;
    if spec.code != u32::from('s') {
        return Err(spec.unknown_code(type_name));
    }
    match spec.sign {
        Sign::Default => {}
        Sign::Space => {
            return Err(FormatError::value(
                "Space not allowed in string format specifier",
            ));
        }
        Sign::Plus | Sign::Minus => {
            return Err(FormatError::value(
                "Sign not allowed in string format specifier",
            ));
        }
    }
    if spec.no_negative_zero {
        return Err(FormatError::value(
            "Negative zero coercion (z) not allowed in string format specifier",
        ));
    }
    if spec.alternate {
        return Err(FormatError::value(
            "Alternate form (#) not allowed in string format specifier",
        ));
    }
    if spec.align == Align::AfterSign {
        return Err(FormatError::value(
            "'=' alignment not allowed in string format specifier",
        ));
    }
    let keep = spec.precision.map_or(length, |p| p.min(length));
    let (left, right) = spec.split_padding(keep);
    Ok(StrLayout {
        fill: spec.fill_or_space(),
        left,
        keep,
        right,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::int::Int;

    fn points(spec: &str) -> Vec<u32> {
        spec.chars().map(u32::from).collect()
    }

    #[test]
    fn the_n_type_follows_the_locale() {
        let german = Locale {
            decimal_point: ",".into(),
            thousands_separator: ".".into(),
            grouping: vec![3, 3],
        };
        let indian = Locale {
            grouping: vec![3, 2],
            ..german.clone()
        };
        let once = Locale {
            grouping: vec![3, 127],
            ..german.clone()
        };
        let value = Int::from_i64(-123_456_789);
        let int = |spec, locale| {
            let padded = format_int(&points(spec), value.as_ref(), "int", locale);
            padded.ok().and_then(Padded::into_string)
        };
        assert_eq!(int("n", &german).as_deref(), Some("-123.456.789"));
        assert_eq!(int("n", &indian).as_deref(), Some("-12.34.56.789"));
        assert_eq!(int("n", &once).as_deref(), Some("-123456.789"));
        assert_eq!(int("016n", &german).as_deref(), Some("-000.123.456.789"));
        assert_eq!(int(",d", &german).as_deref(), Some("-123,456,789"));
        let float = format_float(&points(".8n"), 1234567.25, "float", &german);
        assert_eq!(
            float.ok().and_then(Padded::into_string).as_deref(),
            Some("1.234.567,2")
        );
    }

    #[test]
    fn impossible_widths_are_errors() {
        let spec = points("0=9223372036854775807,d");
        let result = format_int(&spec, Int::from_i64(7).as_ref(), "int", &Locale::c());
        assert_eq!(result.map_err(|e| e.kind), Err(FormatErrorKind::Memory));
        let plain = format_int(
            &points("9223372036854775807d"),
            Int::from_i64(7).as_ref(),
            "int",
            &Locale::c(),
        );
        assert_eq!(
            plain.map(|p| (p.left, p.into_string())),
            Ok((isize::MAX as usize - 1, None))
        );
    }

    #[test]
    fn a_surrogate_fills_as_a_code_point() {
        let padded = format_int(
            &[0xD800, u32::from('>'), u32::from('3')],
            Int::from_i64(7).as_ref(),
            "int",
            &Locale::c(),
        )
        .expect("valid");
        assert_eq!(
            padded.code_points().collect::<Vec<_>>(),
            [0xD800, 0xD800, u32::from('7')]
        );
        assert_eq!(padded.into_string(), None);
    }
}
