//! Searching in characters of any width, without quadratic worst cases.
//!
//! Bytes go to `memchr`'s vectorised searchers. Wider characters go there too, as bytes: a hit that does not start on a
//! character boundary is skipped.

use crate::Ref;
use memchr::memmem;

/// A character width.
pub trait Unit: Copy + Eq + Ord + Into<u32> + Default + 'static {
    /// The code point as a unit; `None` if it does not fit.
    fn fit(c: u32) -> Option<Self>;
    /// A canonical string of these characters.
    fn make(s: &[Self]) -> Ref;
    fn find_char(s: &[Self], c: Self) -> Option<usize> {
        s.iter().position(|&x| x == c)
    }
    fn rfind_char(s: &[Self], c: Self) -> Option<usize> {
        s.iter().rposition(|&x| x == c)
    }
}

impl Unit for u8 {
    fn fit(c: u32) -> Option<u8> {
        u8::try_from(c).ok()
    }
    fn make(s: &[u8]) -> Ref {
        super::from_latin1(s)
    }
    fn find_char(s: &[u8], c: u8) -> Option<usize> {
        memchr::memchr(c, s)
    }
    fn rfind_char(s: &[u8], c: u8) -> Option<usize> {
        memchr::memrchr(c, s)
    }
}
impl Unit for u16 {
    fn fit(c: u32) -> Option<u16> {
        u16::try_from(c).ok()
    }
    fn make(s: &[u16]) -> Ref {
        super::from_ucs2(s)
    }
}
impl Unit for u32 {
    fn fit(c: u32) -> Option<u32> {
        Some(c)
    }
    fn make(s: &[u32]) -> Ref {
        super::from_ucs4(s)
    }
}

/// The storage of units.
pub fn as_bytes<U: Unit>(s: &[U]) -> &[u8] {
    // SAFETY: units are plain integers without padding.
    unsafe { std::slice::from_raw_parts(s.as_ptr().cast(), size_of_val(s)) }
}

/// The first place of a non-empty needle.
pub struct Finder<'n, U: Unit> {
    needle: &'n [U],
    inner: Option<memmem::Finder<'n>>,
}

impl<'n, U: Unit> Finder<'n, U> {
    pub fn new(needle: &'n [U]) -> Finder<'n, U> {
        let inner = (needle.len() > 1).then(|| memmem::Finder::new(as_bytes(needle)));
        Finder { needle, inner }
    }
    /// The position relative to `hay`. An empty needle is found at once.
    pub fn find(&self, hay: &[U]) -> Option<usize> {
        let Some(finder) = &self.inner else {
            return match self.needle {
                [] => Some(0),
                [c, ..] => U::find_char(hay, *c),
            };
        };
        let (bytes, width) = (as_bytes(hay), size_of::<U>());
        let mut from = 0;
        loop {
            let at = from + finder.find(&bytes[from..])?;
            if at.is_multiple_of(width) {
                return Some(at / width);
            }
            from = at + 1;
        }
    }
}

pub fn find<U: Unit>(hay: &[U], needle: &[U]) -> Option<usize> {
    if needle.len() > hay.len() {
        return None;
    }
    Finder::new(needle).find(hay)
}

pub fn rfind<U: Unit>(hay: &[U], needle: &[U]) -> Option<usize> {
    match needle {
        [] => Some(hay.len()),
        _ if needle.len() > hay.len() => None,
        [c] => U::rfind_char(hay, *c),
        _ => {
            let finder = memmem::FinderRev::new(as_bytes(needle));
            let (bytes, width) = (as_bytes(hay), size_of::<U>());
            let mut end = bytes.len();
            loop {
                let at = finder.rfind(&bytes[..end])?;
                if at.is_multiple_of(width) {
                    return Some(at / width);
                }
                end = at + size_of_val(needle) - 1;
            }
        }
    }
}

/// Non-overlapping occurrences; an empty needle is between all characters.
pub fn count<U: Unit>(hay: &[U], needle: &[U], limit: usize) -> usize {
    if needle.is_empty() {
        return (hay.len() + 1).min(limit);
    }
    let finder = Finder::new(needle);
    let (mut n, mut from) = (0, 0);
    while n < limit
        && let Some(at) = finder.find(&hay[from..])
    {
        n += 1;
        from += at + needle.len();
    }
    n
}

/// `hay` with the first `limit` occurrences replaced; `None` if there are none.
pub fn replace<U: Unit>(hay: &[U], old: &[U], new: &[U], limit: usize) -> Option<Vec<U>> {
    if limit == 0 || old.len() > hay.len() {
        return None;
    }
    let mut out = Vec::new();
    if old.is_empty() {
        let n = (hay.len() + 1).min(limit);
        out.reserve(
            hay.len()
                .saturating_add(n.saturating_mul(new.len()))
                .min(isize::MAX as usize / 8),
        );
        for i in 0..n {
            out.extend_from_slice(new);
            out.extend(hay.get(i));
        }
        out.extend_from_slice(hay.get(n..).unwrap_or(&[]));
        return Some(out);
    }
    let finder = Finder::new(old);
    let (mut from, mut left) = (0, limit);
    while left > 0
        && let Some(at) = finder.find(&hay[from..])
    {
        if from == 0 && left == limit {
            out.reserve(hay.len());
        }
        out.extend_from_slice(&hay[from..from + at]);
        out.extend_from_slice(new);
        from += at + old.len();
        left -= 1;
    }
    if left == limit {
        return None;
    }
    out.extend_from_slice(&hay[from..]);
    Some(out)
}

/// The same characters at a wider (or equal) width.
pub fn widen<A: Unit, B: Unit>(s: &[A]) -> Vec<B> {
    s.iter()
        .map(|&c| B::fit(c.into()).unwrap_or_default())
        .collect()
}

/// Python's clipping of optional `start`/`end` to `0..=len`; `None` if the window is empty because `start > len`.
pub fn clip(start: isize, end: isize, len: usize) -> (usize, usize) {
    let n = len as isize;
    let end = if end > n {
        n
    } else if end < 0 {
        (end + n).max(0)
    } else {
        end
    };
    let start = if start < 0 { (start + n).max(0) } else { start };
    (start as usize, end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_only_on_character_boundaries() {
        // The bytes of 0x0101 0x0201 contain 0x0101 at an odd offset: 01 01 01 02.
        let hay: [u16; 4] = [0x0201, 0x0101, 0x0102, 0x0101];
        assert_eq!(find(&hay, &[0x0101, 0x0102]), Some(1));
        assert_eq!(find(&[0x0100u16, 0x0201, 0x0302], &[0x0101, 0x0202]), None);
        assert_eq!(rfind(&hay, &[0x0101]), Some(3));
        assert_eq!(rfind(&[1u32, 2, 1, 2, 3], &[1, 2]), Some(2));
    }

    #[test]
    fn counts_and_replaces_like_python() {
        assert_eq!(count(b"aaaa", b"aa", usize::MAX), 2);
        assert_eq!(count(b"abc", b"", usize::MAX), 4);
        assert_eq!(
            replace(b"abc", b"", b"-", usize::MAX),
            Some(b"-a-b-c-".to_vec())
        );
        assert_eq!(replace(b"abc", b"", b"-", 2), Some(b"-a-bc".to_vec()));
        assert_eq!(replace(b"", b"", b"-", 5), Some(b"-".to_vec()));
        assert_eq!(replace(b"aXbXc", b"X", b"", 1), Some(b"abXc".to_vec()));
        assert_eq!(replace(b"abc", b"x", b"y", 9), None);
    }

    #[test]
    fn clips_windows() {
        assert_eq!(clip(-2, isize::MAX, 5), (3, 5));
        assert_eq!(clip(0, -10, 5), (0, 0));
        assert_eq!(clip(7, 9, 5), (7, 5));
        assert_eq!(clip(isize::MIN, isize::MIN, 5), (0, 0));
    }
}
