//! Source positions of instruction words: a byte table of runs with variable-length numbers.
//!
//! Each run covers a number of words: `words`, then a presence byte, then the line as a signed difference from
//! the line before, the end line as a difference from the line, columns as they are. Tracebacks read it rarely, so
//! it is scanned, not indexed.

/// Where an instruction comes from. `line` 0 means none (artificial code); a column of `None` likewise.
/// Columns are byte offsets into the UTF-8 line, as CPython's are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    pub line: u32,
    pub end_line: u32,
    pub column: Option<u32>,
    pub end_column: Option<u32>,
}

/// See the module text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PositionTable {
    pub bytes: Vec<u8>,
}

/// Builds a table; words are added in order.
#[derive(Default)]
pub struct PositionWriter {
    bytes: Vec<u8>,
    pending: Option<(u32, Position)>,
    last_line: u32,
}

impl PositionWriter {
    pub fn new() -> Self {
        Self::default()
    }
    /// The next `words` words come from `position`.
    pub fn add(&mut self, words: u32, position: Position) {
        match &mut self.pending {
            Some((n, p)) if *p == position => *n += words,
            _ => {
                self.flush();
                self.pending = Some((words, position));
            }
        }
    }
    fn flush(&mut self) {
        let Some((words, p)) = self.pending.take() else {
            return;
        };
        if words == 0 {
            return;
        }
        write_varint(&mut self.bytes, u64::from(words));
        let kind = u8::from(p.line != 0)
            | u8::from(p.column.is_some()) << 1
            | u8::from(p.end_column.is_some()) << 2;
        self.bytes.push(kind);
        if p.line != 0 {
            write_varint(
                &mut self.bytes,
                zigzag(i64::from(p.line) - i64::from(self.last_line)),
            );
            write_varint(
                &mut self.bytes,
                zigzag(i64::from(p.end_line) - i64::from(p.line)),
            );
            self.last_line = p.line;
        }
        for column in [p.column, p.end_column].into_iter().flatten() {
            write_varint(&mut self.bytes, u64::from(column));
        }
    }
    pub fn finish(mut self) -> PositionTable {
        self.flush();
        PositionTable { bytes: self.bytes }
    }
}

impl PositionTable {
    pub fn view(&self) -> Positions<'_> {
        Positions::new(&self.bytes)
    }
    /// See [`Positions::lookup`].
    pub fn lookup(&self, index: u32) -> Option<Position> {
        self.view().lookup(index)
    }
}

/// A table that lies elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Positions<'a> {
    bytes: &'a [u8],
}

impl<'a> Positions<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Positions { bytes }
    }
    /// The runs in order: (number of words, position). Stops at damage.
    pub fn runs(&self) -> Runs<'a> {
        Runs {
            bytes: self.bytes,
            line: 0,
        }
    }
    /// The position of the word at `index`.
    pub fn lookup(&self, index: u32) -> Option<Position> {
        let mut end = 0u64;
        for (words, position) in self.runs() {
            end += u64::from(words);
            if u64::from(index) < end {
                return Some(position);
            }
        }
        None
    }
    /// Number of words that the table covers, or `None` if it is damaged.
    pub fn covered(&self) -> Option<u64> {
        let mut runs = self.runs();
        let total = runs.by_ref().map(|(n, _)| u64::from(n)).sum();
        runs.bytes.is_empty().then_some(total)
    }
}

/// Iterator of [`Positions::runs`].
pub struct Runs<'a> {
    bytes: &'a [u8],
    line: u32,
}

impl Iterator for Runs<'_> {
    type Item = (u32, Position);

    fn next(&mut self) -> Option<(u32, Position)> {
        let mut rest = self.bytes;
        let words = u32::try_from(read_varint(&mut rest)?).ok()?;
        let (&kind, tail) = rest.split_first()?;
        rest = tail;
        let mut p = Position::default();
        if kind & 1 != 0 {
            p.line = apply(self.line, read_varint(&mut rest)?)?;
            p.end_line = apply(p.line, read_varint(&mut rest)?)?;
        }
        if kind & 2 != 0 {
            p.column = Some(u32::try_from(read_varint(&mut rest)?).ok()?);
        }
        if kind & 4 != 0 {
            p.end_column = Some(u32::try_from(read_varint(&mut rest)?).ok()?);
        }
        if p.line != 0 {
            self.line = p.line;
        }
        self.bytes = rest;
        Some((words, p))
    }
}

fn apply(base: u32, difference: u64) -> Option<u32> {
    u32::try_from(i64::from(base).checked_add(unzigzag(difference))?).ok()
}
pub(crate) fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}
pub(crate) fn unzigzag(n: u64) -> i64 {
    ((n >> 1) as i64) ^ -((n & 1) as i64)
}
pub(crate) fn write_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}
pub(crate) fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if shift == 63 && byte > 1 {
            return None;
        }
        n |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back() {
        let p = |line, column| Position {
            line,
            end_line: line + 1,
            column: Some(column),
            end_column: None,
        };
        let mut w = PositionWriter::new();
        w.add(2, p(10, 4));
        w.add(1, p(10, 4));
        w.add(5, Position::default());
        w.add(1, p(3, 0));
        let table = w.finish();
        let t = table.view();
        assert_eq!(
            t.runs().collect::<Vec<_>>(),
            [(3, p(10, 4)), (5, Position::default()), (1, p(3, 0))]
        );
        assert_eq!(t.lookup(2), Some(p(10, 4)));
        assert_eq!(t.lookup(8), Some(p(3, 0)));
        assert_eq!(t.lookup(9), None);
        assert_eq!(t.covered(), Some(9));
        assert_eq!(Positions::new(&[0xFF, 0xFF]).covered(), None);
    }
}
