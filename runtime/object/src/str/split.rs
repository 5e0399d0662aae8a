//! `split`, `rsplit`, `splitlines`, `strip`, `partition` over characters of any width; the results are ranges, which the
//! callers turn into strings or bytes.

use super::search::{Finder, Unit, rfind};

type Range = std::ops::Range<usize>;

/// Splits at runs of white space, at most `limit` times.
pub(crate) fn split_space<U: Unit>(
    s: &[U],
    limit: usize,
    space: impl Fn(u32) -> bool,
    mut push: impl FnMut(Range),
) {
    let is = |i: usize| space(s[i].into());
    let (mut i, mut left) = (0, limit);
    loop {
        while i < s.len() && is(i) {
            i += 1;
        }
        if i == s.len() {
            return;
        }
        if left == 0 {
            push(i..s.len());
            return;
        }
        left -= 1;
        let start = i;
        while i < s.len() && !is(i) {
            i += 1;
        }
        push(start..i);
    }
}

/// The same from the right; pieces come last first.
pub(crate) fn rsplit_space<U: Unit>(
    s: &[U],
    limit: usize,
    space: impl Fn(u32) -> bool,
    mut push: impl FnMut(Range),
) {
    let is = |i: usize| space(s[i].into());
    let (mut i, mut left) = (s.len(), limit);
    loop {
        while i > 0 && is(i - 1) {
            i -= 1;
        }
        if i == 0 {
            return;
        }
        if left == 0 {
            push(0..i);
            return;
        }
        left -= 1;
        let end = i;
        while i > 0 && !is(i - 1) {
            i -= 1;
        }
        push(i..end);
    }
}

/// Splits at a non-empty separator.
pub(crate) fn split<U: Unit>(s: &[U], sep: &[U], limit: usize, mut push: impl FnMut(Range)) {
    let finder = Finder::new(sep);
    let (mut from, mut left) = (0, limit);
    while left > 0
        && let Some(at) = finder.find(&s[from..])
    {
        push(from..from + at);
        from += at + sep.len();
        left -= 1;
    }
    push(from..s.len());
}

/// The same from the right; pieces come last first.
pub(crate) fn rsplit<U: Unit>(s: &[U], sep: &[U], limit: usize, mut push: impl FnMut(Range)) {
    let (mut end, mut left) = (s.len(), limit);
    while left > 0
        && let Some(at) = rfind(&s[..end], sep)
    {
        push(at + sep.len()..end);
        end = at;
        left -= 1;
    }
    push(0..end);
}

/// Splits at line ends; `\r\n` is one.
pub(crate) fn splitlines<U: Unit>(
    s: &[U],
    keep: bool,
    is_break: impl Fn(u32) -> bool,
    mut push: impl FnMut(Range),
) {
    let mut i = 0;
    while i < s.len() {
        let start = i;
        while i < s.len() && !is_break(s[i].into()) {
            i += 1;
        }
        let mut end = i;
        if i < s.len() {
            let crlf = s[i].into() == 13 && s.get(i + 1).is_some_and(|&c| c.into() == 10);
            i += if crlf { 2 } else { 1 };
            if keep {
                end = i;
            }
        }
        push(start..end);
    }
}

/// The range left after stripping.
pub(crate) fn strip<U: Unit>(
    s: &[U],
    left: bool,
    right: bool,
    drop: impl Fn(u32) -> bool,
) -> Range {
    let (mut start, mut end) = (0, s.len());
    if left {
        while start < end && drop(s[start].into()) {
            start += 1;
        }
    }
    if right {
        while end > start && drop(s[end - 1].into()) {
            end -= 1;
        }
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(s: &str, f: impl Fn(&[u8], &mut dyn FnMut(Range))) -> Vec<String> {
        let mut out = Vec::new();
        f(s.as_bytes(), &mut |r| out.push(s[r].to_owned()));
        out
    }

    #[test]
    fn splits_like_python() {
        let space = |c: u32| c == 32;
        assert_eq!(
            pieces("  a  b c ", |s, p| split_space(s, usize::MAX, space, p)),
            ["a", "b", "c"]
        );
        assert_eq!(
            pieces("  a  b c ", |s, p| split_space(s, 1, space, p)),
            ["a", "b c "]
        );
        assert_eq!(
            pieces("  a  b c ", |s, p| rsplit_space(s, 1, space, p)),
            ["c", "  a  b"]
        );
        assert_eq!(
            pieces(",a,,b,", |s, p| split(s, b",", usize::MAX, p)),
            ["", "a", "", "b", ""]
        );
        assert_eq!(
            pieces("aXXbXXc", |s, p| rsplit(s, b"XX", 1, p)),
            ["c", "aXXb"]
        );
        let brk = |c: u32| c == 10 || c == 13;
        assert_eq!(
            pieces("a\r\nb\n\nc", |s, p| splitlines(s, false, brk, p)),
            ["a", "b", "", "c"]
        );
        assert_eq!(
            pieces("a\r\nb\r", |s, p| splitlines(s, true, brk, p)),
            ["a\r\n", "b\r"]
        );
    }
}
