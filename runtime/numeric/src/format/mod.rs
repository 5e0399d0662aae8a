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

    /// The text, or `None` if the fill is a surrogate.
    pub fn into_string(self) -> Option<String> {
        if self.left + self.middle + self.right == 0 && self.head.is_empty() {
            return Some(self.body);
        }
        let fill = char::from_u32(self.fill)?;
        let mut out = String::with_capacity(
            self.head.len() + self.body.len() + self.left + self.middle + self.right,
        );
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
