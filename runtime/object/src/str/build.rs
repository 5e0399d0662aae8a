//! Making strings: [`Builder`] for text of unknown width, `join` and `repeat` with exact presizing.

use super::*;

/// Collects characters at the narrowest width seen so far.
pub struct Builder {
    buf: Buf,
}
enum Buf {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    /// There was no memory for what was added; it is gone.
    Lost,
}

/// Whether `b` has room for `more` items now.
#[inline(always)]
fn has_room<T>(b: &mut Vec<T>, more: usize) -> bool {
    #[cold]
    #[inline(never)]
    fn grow<T>(b: &mut Vec<T>, more: usize) -> bool {
        b.try_reserve(more).is_ok()
    }
    b.capacity() - b.len() >= more || grow(b, more)
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

/// Builds a str of unknown width piece by piece.
impl Builder {
    pub fn new() -> Builder {
        Builder {
            buf: Buf::One(Vec::new()),
        }
    }
    pub fn with_capacity(n: usize) -> Builder {
        let mut b = Vec::new();
        let buf = if has_room(&mut b, n) {
            Buf::One(b)
        } else {
            Buf::Lost
        };
        Builder { buf }
    }
    pub fn len(&self) -> usize {
        match &self.buf {
            Buf::One(b) => b.len(),
            Buf::Two(b) => b.len(),
            Buf::Four(b) => b.len(),
            Buf::Lost => 0,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    #[cold]
    fn lose(&mut self) {
        self.buf = Buf::Lost;
    }
    /// Raises `MemoryError` if what was added so far is lost: asked now and then where a program's input decides how much comes.
    #[inline]
    pub fn check(&self) -> PyResult<()> {
        match self.buf {
            Buf::Lost => Err(crate::errors::no_memory()),
            _ => Ok(()),
        }
    }
    #[inline]
    pub fn push(&mut self, c: u32) {
        match &mut self.buf {
            Buf::One(b) if c < 256 => {
                if has_room(b, 1) {
                    return b.push(c as u8);
                }
            }
            Buf::Two(b) if c < 0x10000 => {
                if has_room(b, 1) {
                    return b.push(c as u16);
                }
            }
            Buf::Four(b) => {
                if has_room(b, 1) {
                    return b.push(c);
                }
            }
            Buf::Lost => return,
            _ => {
                self.widen_for(c);
                return self.push(c);
            }
        }
        self.lose();
    }
    #[cold]
    fn widen_for(&mut self, c: u32) {
        let wider = match &self.buf {
            Buf::One(b) if c < 0x10000 => widened(b, b.iter().map(|&c| u16::from(c))).map(Buf::Two),
            Buf::One(b) => widened(b, b.iter().map(|&c| u32::from(c))).map(Buf::Four),
            Buf::Two(b) => widened(b, b.iter().map(|&c| u32::from(c))).map(Buf::Four),
            Buf::Four(_) | Buf::Lost => return,
        };
        self.buf = wider.unwrap_or(Buf::Lost);
    }
    pub fn push_n(&mut self, c: u32, n: usize) {
        if n == 0 {
            return;
        }
        self.push(c);
        let n = n - 1;
        if self.reserve(n) {
            match &mut self.buf {
                Buf::One(b) => b.resize(b.len() + n, c as u8),
                Buf::Two(b) => b.resize(b.len() + n, c as u16),
                Buf::Four(b) => b.resize(b.len() + n, c),
                Buf::Lost => {}
            }
        }
    }
    /// Makes room for so many characters of the width that there is.
    #[inline]
    fn reserve(&mut self, n: usize) -> bool {
        let had = match &mut self.buf {
            Buf::One(b) => has_room(b, n),
            Buf::Two(b) => has_room(b, n),
            Buf::Four(b) => has_room(b, n),
            Buf::Lost => false,
        };
        if !had {
            self.lose();
        }
        had
    }
    pub fn push_str(&mut self, s: &str) {
        if s.is_ascii() {
            self.push_latin1(s.as_bytes());
        } else {
            s.chars().for_each(|c| self.push(c as u32));
        }
    }
    pub fn push_latin1(&mut self, s: &[u8]) {
        if self.reserve(s.len()) {
            match &mut self.buf {
                Buf::One(b) => b.extend_from_slice(s),
                Buf::Two(b) => b.extend(s.iter().map(|&c| u16::from(c))),
                Buf::Four(b) => b.extend(s.iter().map(|&c| u32::from(c))),
                Buf::Lost => {}
            }
        }
    }
    pub fn push_units<U: Unit>(&mut self, s: &[U]) {
        if size_of::<U>() == 1 {
            return self.push_latin1(search::as_bytes(s));
        }
        s.iter().for_each(|&c| self.push(c.into()));
    }
    pub fn push_view(&mut self, v: StrView<'_>) {
        if !self.reserve(v.len()) {
            return;
        }
        match (&mut self.buf, v) {
            (_, StrView::Latin1(s)) => self.push_latin1(s),
            (Buf::Two(b), StrView::Ucs2(s)) => b.extend_from_slice(s),
            (Buf::Four(b), StrView::Ucs4(s)) => b.extend_from_slice(s),
            (_, v) => each_width!(v, s => self.push_units(s)),
        }
    }
    pub fn push_value(&mut self, v: Value) {
        self.push_view(view(v));
    }
    pub fn view(&self) -> StrView<'_> {
        match &self.buf {
            Buf::One(b) => StrView::Latin1(b),
            Buf::Two(b) => StrView::Ucs2(b),
            Buf::Four(b) => StrView::Ucs4(b),
            Buf::Lost => StrView::Latin1(&[]),
        }
    }
    /// `MemoryError` if there was no room for all of it.
    pub fn finish(self) -> PyResult {
        self.check()?;
        let size = match self.buf {
            Buf::Four(_) => 4,
            Buf::Two(_) => 2,
            _ => 1,
        };
        crate::errors::check_room(self.len(), size)?;
        Ok(self.view().slice(0, self.len()))
    }
    /// [`finish`](Builder::finish) for text that is not much longer than what is there already: without memory the process ends.
    pub fn finish_short(self) -> Ref {
        assert!(!matches!(self.buf, Buf::Lost), "out of memory");
        self.view().slice(0, self.len())
    }
}

fn widened<A, B>(old: &Vec<A>, items: impl Iterator<Item = B>) -> Option<Vec<B>> {
    let mut out = Vec::new();
    has_room(&mut out, old.capacity() + 1).then(|| {
        out.extend(items);
        out
    })
}
pub fn join(separator: Value, parts: &[Ref]) -> PyResult {
    join_values(separator, parts.len(), |i| parts[i].value())
}

/// `join` over items found by index; they are kept alive by the caller.
pub(crate) fn join_values<'a>(
    separator: Value,
    n: usize,
    item: impl Fn(usize) -> Value + 'a,
) -> PyResult {
    if n == 0 {
        return Ok(empty());
    }
    let (mut kind, mut ascii, mut total) = (1, true, 0usize);
    let m = len(separator);
    if n > 1 && m > 0 {
        kind = state(separator).kind();
        ascii = state(separator).is_ascii();
        total = m.saturating_mul(n - 1);
    }
    for i in 0..n {
        let v = item(i);
        if !is_str(v) {
            return Err(raise!(
                TypeError,
                "sequence item {i}: expected str instance, {} found",
                v.ty().message_name()
            ));
        }
        kind = kind.max(state(v).kind());
        ascii &= state(v).is_ascii();
        total = total.saturating_add(len(v));
    }
    if n == 1 && is_exact(item(0)) {
        return Ok(Ref::new(item(0)));
    }
    if total == 0 {
        return Ok(empty());
    }
    if total > isize::MAX as usize {
        return Err(raise!(
            OverflowError,
            "join() result is too long for a Python string"
        ));
    }
    let kind = kind as usize;
    let (r, mut p) = try_alloc(total, kind, ascii)?;
    for i in 0..n {
        // SAFETY: the sizes were summed above and no Python code ran since.
        unsafe {
            if i > 0 && m > 0 {
                write_chars(separator, p, kind);
                p = p.add(m * kind);
            }
            write_chars(item(i), p, kind);
            p = p.add(len(item(i)) * kind);
        }
    }
    Ok(r)
}

/// `v * n`
pub fn repeat(v: Value, n: isize) -> PyResult {
    let m = len(v);
    if n < 1 || m == 0 {
        return Ok(empty());
    }
    if n == 1 {
        return Ok(exact(v));
    }
    let Some(total) = m
        .checked_mul(n as usize)
        .filter(|&t| t <= isize::MAX as usize)
    else {
        return Err(raise!(OverflowError, "repeated string is too long"));
    };
    let s = storage(v);
    let (r, p) = try_alloc(total, state(v).kind() as usize, state(v).is_ascii())?;
    // SAFETY: `total` characters fit; each step copies what is already there.
    unsafe {
        if let [c] = s {
            std::ptr::write_bytes(p, *c, total);
            return Ok(r);
        }
        let bytes = s.len() * n as usize;
        std::ptr::copy_nonoverlapping(s.as_ptr(), p, s.len());
        let mut done = s.len();
        while done < bytes {
            let step = done.min(bytes - done);
            std::ptr::copy_nonoverlapping(p, p.add(done), step);
            done += step;
        }
    }
    Ok(r)
}

/// `left` fills, the characters of `v`, `right` fills.
pub(crate) fn pad(v: Value, left: usize, right: usize, fill: u32) -> PyResult {
    if left == 0 && right == 0 {
        return Ok(exact(v));
    }
    let fill_kind = if fill < 256 {
        1
    } else if fill < 0x10000 {
        2
    } else {
        4
    };
    let kind = (state(v).kind() as usize).max(fill_kind);
    let Some(total) = len(v)
        .checked_add(left)
        .and_then(|t| t.checked_add(right))
        .filter(|&t| t <= isize::MAX as usize)
    else {
        return Err(raise!(OverflowError, "padded string is too long"));
    };
    let (r, p) = try_alloc(total, kind, state(v).is_ascii() && fill < 128)?;
    // SAFETY: room for all.
    unsafe {
        fill_chars(p, kind, left, fill);
        write_chars(v, p.add(left * kind), kind);
        fill_chars(p.add((left + len(v)) * kind), kind, right, fill);
    }
    Ok(r)
}

/// # Safety
/// `p` has room for `n` characters of `kind`.
unsafe fn fill_chars(p: *mut u8, kind: usize, n: usize, c: u32) {
    // SAFETY: by contract.
    unsafe {
        match kind {
            1 => std::ptr::write_bytes(p, c as u8, n),
            2 => (0..n).for_each(|i| *p.cast::<u16>().add(i) = c as u16),
            _ => (0..n).for_each(|i| *p.cast::<u32>().add(i) = c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builder_widens_as_needed() {
        let mut b = Builder::new();
        b.push_str("ab");
        assert!(matches!(b.view(), StrView::Latin1(b"ab")));
        b.push(0x20AC);
        assert!(matches!(b.view(), StrView::Ucs2(&[0x61, 0x62, 0x20AC])));
        b.push_n(0x1F600, 2);
        b.push_latin1(b"z");
        assert_eq!(
            b.view().to_vec(),
            [0x61, 0x62, 0x20AC, 0x1F600, 0x1F600, 0x7A]
        );
    }
}
