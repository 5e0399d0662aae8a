//! `str.format`: the markup scanner, field names, and the formatter. `_string` exposes the first two.

use super::*;
use std::ops::Range;

/// A scanner over `{}` markup.
pub struct Markup {
    text: Ref,
    pos: usize,
    end: usize,
}

/// A replacement field's parts.
pub struct FieldMarkup {
    pub name: Range<usize>,
    pub spec: Range<usize>,
    pub conversion: Option<u32>,
    /// The spec contains fields itself.
    pub nested: bool,
}

/// Literal text and the field that follows it.
pub struct FormatPiece {
    pub literal: Range<usize>,
    pub field: Option<FieldMarkup>,
}

type Parsed<T> = Result<T, &'static str>;

/// One step of the scanner: `None` at the end.
pub fn parse_markup(s: StrView<'_>, pos: &mut usize, end: usize) -> Parsed<Option<FormatPiece>> {
    let start = *pos;
    if start >= end {
        return Ok(None);
    }
    let brace = each_width!(s, s => s[start..end].iter().position(|&c| matches!(u32::from(c), 0x7B | 0x7D)));
    let Some(at) = brace.map(|n| start + n) else {
        *pos = end;
        return Ok(Some(FormatPiece {
            literal: start..end,
            field: None,
        }));
    };
    let c = s.get(at);
    *pos = at + 1;
    let doubled = *pos < end && s.get(*pos) == c;
    if c == 0x7D && !doubled {
        return Err("Single '}' encountered in format string");
    }
    if *pos >= end {
        return Err("Single '{' encountered in format string");
    }
    if doubled {
        *pos += 1;
        return Ok(Some(FormatPiece {
            literal: start..at + 1,
            field: None,
        }));
    }
    let field = parse_field(s, pos, end)?;
    Ok(Some(FormatPiece {
        literal: start..at,
        field: Some(field),
    }))
}

fn parse_field(s: StrView<'_>, pos: &mut usize, end: usize) -> Parsed<FieldMarkup> {
    let name_start = *pos;
    let mut c = 0;
    while *pos < end {
        c = s.get(*pos);
        *pos += 1;
        match c {
            0x7B => return Err("unexpected '{' in field name"),
            0x5B => {
                while *pos < end && s.get(*pos) != 0x5D {
                    *pos += 1;
                }
            }
            0x7D | 0x3A | 0x21 => break,
            _ => {}
        }
    }
    if !matches!(c, 0x7D | 0x3A | 0x21) {
        return Err("expected '}' before end of string");
    }
    let mut field = FieldMarkup {
        name: name_start..*pos - 1,
        spec: *pos..*pos,
        conversion: None,
        nested: false,
    };
    if c == 0x7D {
        return Ok(field);
    }
    if c == 0x21 {
        if *pos >= end {
            return Err("end of string while looking for conversion specifier");
        }
        field.conversion = Some(s.get(*pos));
        *pos += 1;
        if *pos < end {
            let c = s.get(*pos);
            *pos += 1;
            if c == 0x7D {
                return Ok(field);
            }
            if c != 0x3A {
                return Err("expected ':' after conversion specifier");
            }
        }
    }
    let spec_start = *pos;
    let mut depth = 1;
    while *pos < end {
        let c = s.get(*pos);
        *pos += 1;
        if c == 0x7B {
            field.nested = true;
            depth += 1;
        } else if c == 0x7D {
            depth -= 1;
            if depth == 0 {
                field.spec = spec_start..*pos - 1;
                return Ok(field);
            }
        }
    }
    Err("unmatched '{' in format spec")
}

impl Markup {
    pub fn new(text: Ref) -> Markup {
        let end = len(text.value());
        Markup { text, pos: 0, end }
    }
    /// The next piece; ranges are into [`text`](Self::text).
    pub fn next_piece(&mut self) -> PyResult<Option<FormatPiece>> {
        parse_markup(view(self.text.value()), &mut self.pos, self.end)
            .map_err(|m| raise!(ValueError, "{m}"))
    }
    pub fn text(&self, range: Range<usize>) -> Ref {
        substring(self.text.value(), range.start, range.end)
    }
}

/// A name or a number in a field.
pub enum Field {
    Index(usize),
    Name(Range<usize>),
}

/// What follows the first part of a field name.
pub struct FieldPath {
    pos: usize,
    end: usize,
}

fn integer(s: StrView<'_>, range: &Range<usize>) -> Parsed<Option<usize>> {
    if range.is_empty() {
        return Ok(None);
    }
    let mut n = 0usize;
    for i in range.clone() {
        let Some(d) = pyrs_ucd::decimal_value(s.get(i)) else {
            return Ok(None);
        };
        n = n
            .checked_mul(10)
            .and_then(|n| n.checked_add(d as usize))
            .filter(|&n| n <= isize::MAX as usize)
            .ok_or("Too many decimal digits in format string")?;
    }
    Ok(Some(n))
}

/// Splits `a.b[c]` into its first part and the path behind it.
pub fn field_name_split(s: StrView<'_>, name: Range<usize>) -> Parsed<(Field, FieldPath)> {
    let stop = name
        .clone()
        .find(|&i| matches!(s.get(i), 0x2E | 0x5B))
        .unwrap_or(name.end);
    let first = name.start..stop;
    let field = match integer(s, &first)? {
        Some(n) => Field::Index(n),
        None => Field::Name(first),
    };
    Ok((
        field,
        FieldPath {
            pos: stop,
            end: name.end,
        },
    ))
}

impl FieldPath {
    /// The next step: whether it is an attribute, and its name or index.
    pub fn step(&mut self, s: StrView<'_>) -> Parsed<Option<(bool, Field)>> {
        if self.pos >= self.end {
            return Ok(None);
        }
        let c = s.get(self.pos);
        self.pos += 1;
        let start = self.pos;
        let field = match c {
            0x2E => {
                while self.pos < self.end && !matches!(s.get(self.pos), 0x2E | 0x5B) {
                    self.pos += 1;
                }
                Field::Name(start..self.pos)
            }
            0x5B => {
                while self.pos < self.end && s.get(self.pos) != 0x5D {
                    self.pos += 1;
                }
                if self.pos >= self.end {
                    return Err("Missing ']' in format string");
                }
                let name = start..self.pos;
                self.pos += 1;
                match integer(s, &name)? {
                    Some(n) => Field::Index(n),
                    None => Field::Name(name),
                }
            }
            _ => return Err("Only '.' or '[' may follow ']' in format field specifier"),
        };
        if matches!(&field, Field::Name(r) if r.is_empty()) {
            return Err("Empty attribute in format string");
        }
        Ok(Some((c == 0x2E, field)))
    }
}

/// How fields have been numbered so far.
#[derive(PartialEq)]
enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

/// Where fields get their values: positional arguments (`None` for `format_map`) and a lookup by name.
struct Formatter<'a> {
    text: Value,
    args: Option<&'a [Value]>,
    named: &'a dyn Fn(Value) -> PyResult,
    numbering: Numbering,
}

/// `text.format(*args, **named)`.
pub fn format_with(
    text: Value,
    args: Option<&[Value]>,
    named: &dyn Fn(Value) -> PyResult,
) -> PyResult {
    let mut f = Formatter {
        text,
        args,
        named,
        numbering: Numbering::Unknown,
    };
    f.build(0..len(text), 2)?.finish()
}

fn value_error(m: &'static str) -> crate::Raised {
    raise!(ValueError, "{m}")
}

impl Formatter<'_> {
    fn build(&mut self, range: Range<usize>, depth: u32) -> PyResult<Builder> {
        if depth == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        let s = view(self.text);
        let mut out = Builder::with_capacity(range.len());
        let mut pos = range.start;
        while let Some(piece) = parse_markup(s, &mut pos, range.end).map_err(value_error)? {
            each_width!(s, s => push_slice(&mut out, &s[piece.literal]));
            if let Some(field) = piece.field {
                self.field(&mut out, field, depth)?;
            }
        }
        Ok(out)
    }

    fn field(&mut self, out: &mut Builder, field: FieldMarkup, depth: u32) -> PyResult<()> {
        let mut v = self.lookup(field.name)?;
        match field.conversion {
            None => {}
            Some(0x72) => v = crate::ops::repr(v.value())?,
            Some(0x73) => v = crate::ops::str_of(v.value())?,
            Some(0x61) => v = crate::ops::ascii(v.value())?,
            Some(c @ 33..=126) => {
                return Err(raise!(
                    ValueError,
                    "Unknown conversion specifier {}",
                    c as u8 as char
                ));
            }
            Some(c) => return Err(raise!(ValueError, "Unknown conversion specifier \\x{c:x}")),
        }
        let spec = if field.nested {
            self.build(field.spec, depth - 1)?.finish()?
        } else {
            substring(self.text, field.spec.start, field.spec.end)
        };
        let r = crate::ops::format(v.value(), spec.value())?;
        out.push_value(r.value());
        Ok(())
    }

    fn lookup(&mut self, name: Range<usize>) -> PyResult {
        let s = view(self.text);
        let (first, mut path) = field_name_split(s, name).map_err(value_error)?;
        let mut v = match first {
            Field::Name(r) if !r.is_empty() => {
                (self.named)(substring(self.text, r.start, r.end).value())?
            }
            Field::Name(_) => {
                let n = match self.numbering {
                    Numbering::Automatic(n) => n,
                    Numbering::Unknown => 0,
                    Numbering::Manual => {
                        return Err(value_error(
                            "cannot switch from manual field specification to automatic field numbering",
                        ));
                    }
                };
                self.numbering = Numbering::Automatic(n + 1);
                self.positional(n)?
            }
            Field::Index(n) => {
                if matches!(self.numbering, Numbering::Automatic(_)) {
                    return Err(value_error(
                        "cannot switch from automatic field numbering to manual field specification",
                    ));
                }
                self.numbering = Numbering::Manual;
                self.positional(n)?
            }
        };
        while let Some((attribute, step)) = path.step(s).map_err(value_error)? {
            v = match step {
                Field::Name(r) => {
                    let name = substring(self.text, r.start, r.end);
                    if attribute {
                        crate::ops::getattr(v.value(), name.value())?
                    } else {
                        crate::ops::getitem(v.value(), name.value())?
                    }
                }
                Field::Index(n) if crate::ops::is_sequence(v.value()) => {
                    crate::ops::sequence_item(v.value(), n as isize)?
                }
                Field::Index(n) => crate::ops::getitem(v.value(), Ref::int(n as i64).value())?,
            };
        }
        Ok(v)
    }

    fn positional(&self, n: usize) -> PyResult {
        let Some(args) = self.args else {
            return Err(value_error("Format string contains positional fields"));
        };
        match args.get(n) {
            Some(v) => Ok(Ref::new(*v)),
            None => Err(raise!(
                IndexError,
                "Replacement index {n} out of range for positional args tuple"
            )),
        }
    }
}

fn push_slice<U: Unit>(out: &mut Builder, s: &[U]) {
    if size_of::<U>() == 1 {
        out.push_latin1(search::as_bytes(s));
    } else {
        out.push_units(s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(s: &str) -> Parsed<Vec<(String, Option<(String, String, Option<u32>)>)>> {
        let v = StrView::Latin1(s.as_bytes());
        let (mut pos, mut out) = (0, Vec::new());
        while let Some(p) = parse_markup(v, &mut pos, s.len())? {
            let field = p
                .field
                .map(|f| (s[f.name].to_owned(), s[f.spec].to_owned(), f.conversion));
            out.push((s[p.literal].to_owned(), field));
        }
        Ok(out)
    }

    #[test]
    fn scans_markup() {
        let field = |n: &str, f: &str, c| Some((n.to_owned(), f.to_owned(), c));
        assert_eq!(
            scan("a{{b{x!r:>{w}}c}}"),
            Ok(vec![
                ("a{".into(), None),
                ("b".into(), field("x", ">{w}", Some(0x72))),
                ("c}".into(), None),
            ])
        );
        assert_eq!(
            scan("{a[}:!]}"),
            Ok(vec![("".into(), field("a[}:!]", "", None))])
        );
        assert_eq!(scan("}"), Err("Single '}' encountered in format string"));
        assert_eq!(scan("a{"), Err("Single '{' encountered in format string"));
        assert_eq!(scan("{a"), Err("expected '}' before end of string"));
        assert_eq!(
            scan("{!"),
            Err("end of string while looking for conversion specifier")
        );
        assert_eq!(
            scan("{!rx}"),
            Err("expected ':' after conversion specifier")
        );
        assert_eq!(scan("{a:{"), Err("unmatched '{' in format spec"));
        assert_eq!(scan("{a{"), Err("unexpected '{' in field name"));
    }

    #[test]
    fn splits_field_names() {
        let v = StrView::Latin1(b"10.b[3][k]x");
        let Ok((Field::Index(10), mut path)) = field_name_split(v, 0..11) else {
            panic!()
        };
        assert!(matches!(path.step(v), Ok(Some((true, Field::Name(r)))) if r == (3..4)));
        assert!(matches!(path.step(v), Ok(Some((false, Field::Index(3))))));
        assert!(matches!(path.step(v), Ok(Some((false, Field::Name(r)))) if r == (8..9)));
        assert_eq!(
            path.step(v).err(),
            Some("Only '.' or '[' may follow ']' in format field specifier")
        );
    }
}
