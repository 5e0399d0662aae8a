//! The code units a subject is made of, so that the matcher is compiled once for each width.

use memchr::memmem::Finder;

/// A code unit of the subject: Latin-1 or byte, UCS-2, UCS-4.
pub trait Unit: Copy + Eq + Sealed + 'static {
    /// Whether every unit is below 256.
    const NARROW: bool;
    /// The code point.
    fn code(self) -> u32;
    /// The first place of `c`.
    fn find(text: &[Self], c: u32) -> Option<usize>;
    /// The last place of `c`.
    fn rfind(text: &[Self], c: u32) -> Option<usize>;
    /// The first place of one of two or three characters.
    fn find_any(text: &[Self], set: &[u32]) -> Option<usize>;
    /// The first place of a sequence; `bytes` searches the same one if it fits bytes.
    fn find_literal(text: &[Self], chars: &[u32], bytes: Option<&Finder<'_>>) -> Option<usize>;
}

/// Only the three widths of Python strings are units.
pub trait Sealed {}
impl Sealed for u8 {}
impl Sealed for u16 {}
impl Sealed for u32 {}

impl Unit for u8 {
    const NARROW: bool = true;

    #[inline(always)]
    fn code(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn find(text: &[u8], c: u32) -> Option<usize> {
        memchr::memchr(u8::try_from(c).ok()?, text)
    }

    #[inline]
    fn rfind(text: &[u8], c: u32) -> Option<usize> {
        memchr::memrchr(u8::try_from(c).ok()?, text)
    }

    #[inline]
    fn find_any(text: &[u8], set: &[u32]) -> Option<usize> {
        let mut bytes = [0; 3];
        let mut len = 0;
        // What does not fit a byte is not there.
        for c in set.iter().filter_map(|&c| u8::try_from(c).ok()) {
            match bytes.get_mut(len) {
                Some(slot) => *slot = c,
                None => return text.iter().position(|&x| set.contains(&x.code())),
            }
            len += 1;
        }
        let [a, b, c] = bytes;
        match len {
            0 => None,
            1 => memchr::memchr(a, text),
            2 => memchr::memchr2(a, b, text),
            _ => memchr::memchr3(a, b, c, text),
        }
    }

    #[inline]
    fn find_literal(text: &[u8], _: &[u32], bytes: Option<&Finder<'_>>) -> Option<usize> {
        bytes?.find(text)
    }
}

/// Units compared at a time: the inner loop has no exit, so it is vectorised.
const BLOCK: usize = 32;

macro_rules! wide {
    ($type:ty) => {
        impl Unit for $type {
            const NARROW: bool = false;

            #[inline(always)]
            fn code(self) -> u32 {
                self as u32
            }

            #[inline]
            fn find(text: &[$type], c: u32) -> Option<usize> {
                let c = <$type>::try_from(c).ok()?;
                let (blocks, _) = text.as_chunks::<BLOCK>();
                let start = blocks
                    .iter()
                    .position(|block| block.iter().fold(false, |found, &x| found | (x == c)))
                    .unwrap_or(blocks.len())
                    * BLOCK;
                text[start..]
                    .iter()
                    .position(|&x| x == c)
                    .map(|at| start + at)
            }

            #[inline]
            fn rfind(text: &[$type], c: u32) -> Option<usize> {
                let c = <$type>::try_from(c).ok()?;
                text.iter().rposition(|&x| x == c)
            }

            #[inline]
            fn find_any(text: &[$type], set: &[u32]) -> Option<usize> {
                match *set {
                    [a] => Self::find(text, a),
                    [a, b] => text.iter().position(|&x| x.code() == a || x.code() == b),
                    [a, b, c] => text
                        .iter()
                        .position(|&x| x.code() == a || x.code() == b || x.code() == c),
                    _ => text.iter().position(|&x| set.contains(&x.code())),
                }
            }

            #[inline]
            fn find_literal(
                text: &[$type],
                chars: &[u32],
                _: Option<&Finder<'_>>,
            ) -> Option<usize> {
                let (&first, rest) = chars.split_first()?;
                let mut from = 0;
                loop {
                    let at = from + Self::find(&text[from..], first)?;
                    let tail = text.get(at + 1..at + 1 + rest.len())?;
                    if tail.iter().zip(rest).all(|(x, &c)| x.code() == c) {
                        return Some(at);
                    }
                    from = at + 1;
                }
            }
        }
    };
}

wide!(u16);
wide!(u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_agree_across_widths() {
        let bytes: Vec<u8> = (0..200u32).map(|i| (i * 37 % 101) as u8).collect();
        let words: Vec<u16> = bytes.iter().map(|&b| b.into()).collect();
        let longs: Vec<u32> = bytes.iter().map(|&b| b.into()).collect();
        for c in [0, 5, 99, 100, 101, 300, 70_000] {
            assert_eq!(u8::find(&bytes, c), u16::find(&words, c));
            assert_eq!(u8::find(&bytes, c), u32::find(&longs, c));
            assert_eq!(u8::rfind(&bytes, c), u16::rfind(&words, c));
        }
        for i in [0, 31, 32, 33, 150, 197] {
            let finder = Finder::new(&bytes[i..i + 3]);
            let chars = &longs[i..i + 3];
            let found = u8::find_literal(&bytes, chars, Some(&finder));
            assert_eq!(found, u16::find_literal(&words, chars, None));
            assert_eq!(
                u8::find_any(&bytes, &longs[i..i + 2]),
                u32::find_any(&longs, &longs[i..i + 2])
            );
        }
    }
}
