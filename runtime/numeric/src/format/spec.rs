//! Parsing of a format specification.

use super::FormatError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
    Center,
    /// `=`: padding between sign and digits.
    AfterSign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// None was given; acts as [`Sign::Minus`].
    Default,
    Minus,
    Plus,
    Space,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    None,
    Comma,
    Underscore,
}

/// A parsed specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The fill's code point; `None` pads with spaces (complex tells "0" given from padding by default).
    pub fill: Option<u32>,
    pub align: Align,
    pub sign: Sign,
    pub no_negative_zero: bool,
    pub alternate: bool,
    pub width: Option<usize>,
    pub grouping: Grouping,
    pub precision: Option<usize>,
    /// The presentation type's code point; the default given to [`Spec::parse`] if there was none.
    pub code: u32,
}

fn align_of(point: Option<&u32>) -> Option<Align> {
    match char::from_u32(*point?)? {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

/// A code point as error messages show it.
fn show_code(code: u32) -> String {
    match char::from_u32(code) {
        Some(c @ '\x21'..='\x7f') => c.to_string(),
        _ => format!("\\x{code:x}"),
    }
}

struct Reader<'a> {
    points: &'a [u32],
    at: usize,
}

impl Reader<'_> {
    fn accept(&mut self, c: char) -> bool {
        let found = self.points.get(self.at) == Some(&u32::from(c));
        self.at += usize::from(found);
        found
    }

    fn number(&mut self) -> Result<Option<usize>, FormatError> {
        let mut value = None;
        while let Some(digit) = self
            .points
            .get(self.at)
            .and_then(|&p| char::from_u32(p)?.to_digit(10))
        {
            let next = value
                .unwrap_or(0usize)
                .checked_mul(10)
                .and_then(|v| v.checked_add(digit as usize));
            match next {
                Some(next) if next <= isize::MAX as usize => value = Some(next),
                _ => {
                    return Err(FormatError::value(
                        "Too many decimal digits in format string",
                    ));
                }
            }
            self.at += 1;
        }
        Ok(value)
    }
}

impl Spec {
    /// Parses code points for a type with the given default presentation type ('\0' for none) and alignment.
    pub fn parse(
        points: &[u32],
        default_code: char,
        default_align: Align,
        type_name: &str,
    ) -> Result<Spec, FormatError> {
        let mut reader = Reader { points, at: 0 };
        let mut spec = Spec {
            fill: None,
            align: default_align,
            sign: Sign::Default,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: Grouping::None,
            precision: None,
            code: u32::from(default_code),
        };
        let mut align_given = true;
        if let Some(align) = align_of(points.get(1)) {
            spec.fill = Some(points[0]);
            spec.align = align;
            reader.at = 2;
        } else if let Some(align) = align_of(points.first()) {
            spec.align = align;
            reader.at = 1;
        } else {
            align_given = false;
        }
        spec.sign = if reader.accept('+') {
            Sign::Plus
        } else if reader.accept('-') {
            Sign::Minus
        } else if reader.accept(' ') {
            Sign::Space
        } else {
            Sign::Default
        };
        spec.no_negative_zero = reader.accept('z');
        spec.alternate = reader.accept('#');
        if spec.fill.is_none() && reader.accept('0') {
            spec.fill = Some(u32::from('0'));
            if !align_given && default_align == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = reader.number()?;
        let both = || Err(FormatError::value("Cannot specify both ',' and '_'."));
        if reader.accept(',') {
            spec.grouping = Grouping::Comma;
        }
        if reader.accept('_') {
            if spec.grouping != Grouping::None {
                return both();
            }
            spec.grouping = Grouping::Underscore;
        }
        if spec.grouping == Grouping::Underscore && reader.accept(',') {
            return both();
        }
        if reader.accept('.') {
            spec.precision = reader.number()?;
            if spec.precision.is_none() {
                return Err(FormatError::value("Format specifier missing precision"));
            }
        }
        match &points[reader.at..] {
            [] => {}
            [code] => spec.code = *code,
            _ => {
                let text: String = points
                    .iter()
                    .map(|&p| char::from_u32(p).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect();
                let message =
                    format!("Invalid format specifier '{text}' for object of type '{type_name}'");
                return Err(FormatError::value(message));
            }
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Result<(), FormatError> {
        let separator = match self.grouping {
            Grouping::None => return Ok(()),
            Grouping::Comma => ',',
            Grouping::Underscore => '_',
        };
        match char::from_u32(self.code) {
            Some('d' | 'e' | 'f' | 'g' | 'E' | 'F' | 'G' | '%' | '\0') => Ok(()),
            Some('b' | 'o' | 'x' | 'X') if self.grouping == Grouping::Underscore => Ok(()),
            _ => Err(FormatError::value(format!(
                "Cannot specify '{separator}' with '{}'.",
                show_code(self.code)
            ))),
        }
    }

    pub(crate) fn unknown_code(&self, type_name: &str) -> FormatError {
        let code = show_code(self.code);
        FormatError::value(format!(
            "Unknown format code '{code}' for object of type '{type_name}'"
        ))
    }

    pub fn fill_or_space(&self) -> u32 {
        self.fill.unwrap_or(u32::from(' '))
    }

    /// Padding left and right of `length` characters.
    pub(crate) fn split_padding(&self, length: usize) -> (usize, usize) {
        let padding = self.width.unwrap_or(0).saturating_sub(length);
        match self.align {
            Align::Left => (0, padding),
            Align::Right | Align::AfterSign => (padding, 0),
            Align::Center => (padding / 2, padding - padding / 2),
        }
    }
}
