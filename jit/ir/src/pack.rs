//! Bytes for what is kept long and read seldom: recordings between two looks at them, exits that are never taken.
//!
//! As structures these are a hundred times larger than the code they belong to, mostly because each exit repeats the frames
//! that its neighbours have. Here numbers take as many bytes as they need, addresses are entries of a table, and a part
//! that was written before is a reference to that place.

use rustc_hash::FxHashMap as HashMap;

/// What a [`Writer`] wrote.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    bytes: Box<[u8]>,
    words: Box<[u64]>,
}

impl Packed {
    /// Reads from the place that [`Writer::place`] gave.
    pub fn read_at(&self, place: u32) -> Reader<'_> {
        Reader {
            packed: self,
            at: place as usize,
        }
    }
    /// Bytes it takes.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.words.len() * 8
    }
}

/// Numbers below this are written as they are, others as entries of the table of words.
const INLINE: u64 = 1 << 14;

/// Writes numbers one after the other.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    words: Vec<u64>,
    word_at: HashMap<u64, u64>,
    parts: HashMap<Box<[u8]>, u32>,
}

impl Writer {
    /// Where what is written next begins.
    pub fn place(&self) -> u32 {
        self.bytes.len() as u32
    }
    /// A number that is mostly small: seven bits in a byte.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }
    /// As [`number`](Writer::number).
    pub fn index(&mut self, n: u32) {
        self.number(n.into());
    }
    /// As [`number`](Writer::number).
    pub fn count(&mut self, n: usize) {
        self.number(n as u64);
    }
    /// A number near `base`.
    pub fn near(&mut self, n: u32, base: u32) {
        let d = n.wrapping_sub(base) as i32;
        self.index((d << 1 ^ d >> 31) as u32);
    }
    /// A truth value.
    pub fn flag(&mut self, b: bool) {
        self.bytes.push(b.into());
    }
    /// A number that may be an address.
    pub fn word(&mut self, n: u64) {
        if n < INLINE {
            return self.number(n << 1);
        }
        let next = self.words.len() as u64;
        let at = *self.word_at.entry(n).or_insert(next);
        if at == next {
            self.words.push(n);
        }
        self.number(at << 1 | 1);
    }
    /// What `write` writes, or where the same was written before.
    pub fn part(&mut self, write: impl FnOnce(&mut Writer)) {
        let begin = self.bytes.len();
        self.bytes.push(0);
        write(self);
        let body = &self.bytes[begin + 1..];
        if let Some(place) = self.parts.get(body) {
            let place = *place;
            self.bytes.truncate(begin);
            self.index(place);
        } else {
            // A place is never 0: it lies behind its mark.
            self.parts.insert(body.into(), begin as u32 + 1);
        }
    }
    /// The end.
    pub fn finish(self) -> Packed {
        Packed {
            bytes: self.bytes.into(),
            words: self.words.into(),
        }
    }
}

/// Reads what was written, in the same order.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    packed: &'a Packed,
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let b = self.packed.bytes[self.at];
        self.at += 1;
        b
    }
    /// See [`Writer::number`].
    pub fn number(&mut self) -> u64 {
        let (mut n, mut shift) = (0, 0);
        loop {
            let b = self.byte();
            n |= u64::from(b & 0x7F) << shift;
            if b < 0x80 {
                return n;
            }
            shift += 7;
        }
    }
    /// See [`Writer::index`].
    pub fn index(&mut self) -> u32 {
        self.number() as u32
    }
    /// See [`Writer::count`].
    pub fn count(&mut self) -> usize {
        self.number() as usize
    }
    /// See [`Writer::near`].
    pub fn near(&mut self, base: u32) -> u32 {
        let z = self.index();
        base.wrapping_add(z >> 1 ^ (z & 1).wrapping_neg())
    }
    /// See [`Writer::flag`].
    pub fn flag(&mut self) -> bool {
        self.byte() != 0
    }
    /// See [`Writer::word`].
    pub fn word(&mut self) -> u64 {
        let n = self.number();
        if n & 1 == 0 {
            n >> 1
        } else {
            self.packed.words[(n >> 1) as usize]
        }
    }
    /// See [`Writer::part`].
    pub fn part<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.index();
        if place == 0 {
            return read(self);
        }
        let here = std::mem::replace(&mut self.at, place as usize);
        let value = read(self);
        self.at = here;
        value
    }
    /// As many as the count that comes first says.
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let n = self.count();
        (0..n).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written() {
        let mut w = Writer::default();
        let numbers = [0, 1, 127, 128, INLINE - 1, INLINE, u64::MAX, INLINE];
        for n in numbers {
            w.number(n);
            w.word(n);
            w.near(n as u32, 77);
        }
        let place = w.place();
        w.flag(true);
        let p = w.finish();
        let mut r = p.read_at(0);
        for n in numbers {
            assert_eq!((r.number(), r.word(), r.near(77)), (n, n, n as u32));
        }
        assert!(r.flag() && p.read_at(place).flag());
        assert_eq!(p.words.len(), 2);
    }

    #[test]
    fn equal_parts_are_written_once() {
        let mut w = Writer::default();
        let outer = |w: &mut Writer, last: u64| {
            w.part(|w| {
                w.part(|w| (0..100).for_each(|n| w.number(n)));
                w.number(last);
            });
        };
        for last in [5, 6, 5] {
            outer(&mut w, last);
        }
        w.number(9);
        let p = w.finish();
        assert!(p.size() < 120, "{}", p.size());
        let mut r = p.read_at(0);
        for last in [5, 6, 5] {
            r.part(|r| {
                assert_eq!(r.part(|r| (0..100).map(|_| r.number()).sum::<u64>()), 4950);
                assert_eq!(r.number(), last);
            });
        }
        assert_eq!(r.number(), 9);
    }
}
