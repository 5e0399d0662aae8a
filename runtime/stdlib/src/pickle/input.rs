//! What an Unpickler reads from: a buffer, or a file with `read`, `readline` and perhaps `peek`.

use super::{ErrorKind, error};
use pyrs_object::memory::{self, Buffer};
use pyrs_object::{PyResult, Raised, Ref, Value, errors, exceptions, intern, ops, raise};

/// How much is asked of `peek`.
const PREFETCH: usize = 128 * 1024;

pub(super) struct File {
    read: Ref,
    readline: Ref,
    peek: Option<Ref>,
}
impl File {
    fn new(file: Value) -> PyResult<File> {
        let peek = ops::getattr_opt(file, intern!("peek"))?;
        let read = ops::getattr_opt(file, intern!("read"))?;
        let readline = ops::getattr_opt(file, intern!("readline"))?;
        match (read, readline) {
            (Some(read), Some(readline)) => Ok(File {
                read,
                readline,
                peek,
            }),
            _ => Err(raise!(
                TypeError,
                "file must have 'read' and 'readline' attributes"
            )),
        }
    }
    pub(super) fn visit(&self, found: &mut Vec<Value>) {
        found.push(self.read.value());
        found.push(self.readline.value());
        found.extend(self.peek.iter().map(|p| p.value()));
    }
}

#[derive(Default)]
pub(super) struct Input {
    held: Option<Buffer>,
    at: usize,
    /// What `peek` gave has not been taken from the file: it is read up to here only.
    prefetched: usize,
    pub(super) file: Option<File>,
}

#[cold]
pub(super) fn truncated() -> Raised {
    error(ErrorKind::Unpickling, "pickle data was truncated")
}

impl Input {
    pub(super) fn of_bytes(v: Value) -> PyResult<Input> {
        Ok(Input {
            held: Some(memory::bytes_like(v)?),
            ..Input::default()
        })
    }
    pub(super) fn of_file(file: Value) -> PyResult<Input> {
        Ok(Input {
            file: Some(File::new(file)?),
            ..Input::default()
        })
    }
    fn data(&self) -> &[u8] {
        self.held.as_ref().map_or(&[], Buffer::bytes)
    }
    fn left(&self) -> usize {
        self.data().len() - self.at
    }
    #[inline]
    pub(super) fn byte(&mut self) -> PyResult<u8> {
        if let Some(b) = self.data().get(self.at) {
            let b = *b;
            self.at += 1;
            return Ok(b);
        }
        Ok(self.take(1)?[0])
    }
    /// The next `n` bytes.
    #[inline]
    pub(super) fn take(&mut self, n: usize) -> PyResult<&[u8]> {
        if self.left() < n {
            self.fill(n)?;
        }
        let at = self.at;
        self.at += n;
        Ok(&self.data()[at..at + n])
    }
    pub(super) fn number(&mut self, width: usize) -> PyResult<u64> {
        let mut b = [0; 8];
        b[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(b))
    }
    /// A frame's bytes come in one read.
    pub(super) fn frame(&mut self, n: usize) -> PyResult<()> {
        self.take(n)?;
        self.at -= n;
        Ok(())
    }
    #[cold]
    fn fill(&mut self, n: usize) -> PyResult<()> {
        if self.file.is_none() {
            return Err(truncated());
        }
        self.read_more(n)?;
        if self.left() < n {
            Err(truncated())
        } else {
            Ok(())
        }
    }
    fn set(&mut self, data: Value) -> PyResult<()> {
        self.held = Some(memory::bytes_like(data)?);
        self.at = 0;
        self.prefetched = self.data().len();
        Ok(())
    }
    /// Takes from the file what was only peeked at but used.
    pub(super) fn skip_consumed(&mut self) -> PyResult<()> {
        let used = self.at - self.prefetched.min(self.at);
        let Some(file) = &self.file else {
            return Ok(());
        };
        if used > 0 {
            ops::call(file.read.value(), &[Ref::int(used as i64).value()])?;
            self.prefetched = self.at;
        }
        Ok(())
    }
    fn read_more(&mut self, n: usize) -> PyResult<()> {
        self.skip_consumed()?;
        let Some(file) = &self.file else {
            return Err(truncated());
        };
        let (read, peek) = (file.read.clone(), file.peek.clone());
        if let Some(peek) = peek.filter(|_| n < PREFETCH) {
            let peeked = ops::call(peek.value(), &[Ref::int(PREFETCH as i64).value()]);
            match errors::absorb(peeked, exceptions::NotImplementedError)? {
                Some(data) => {
                    self.set(data.value())?;
                    self.prefetched = 0;
                    if self.left() >= n {
                        return Ok(());
                    }
                }
                None => {
                    if let Some(f) = &mut self.file {
                        f.peek = None;
                    }
                }
            }
        }
        let data = ops::call(read.value(), &[Ref::int(n as i64).value()])?;
        self.set(data.value())
    }
    /// A line with its newline.
    pub(super) fn line(&mut self) -> PyResult<Vec<u8>> {
        let rest = &self.data()[self.at..];
        if let Some(i) = memchr::memchr(b'\n', rest) {
            let line = rest[..=i].to_vec();
            self.at += i + 1;
            return Ok(line);
        }
        if self.file.is_none() {
            return Err(truncated());
        }
        self.skip_consumed()?;
        let Some(file) = &self.file else {
            return Err(truncated());
        };
        let readline = file.readline.clone();
        let data = ops::call(readline.value(), &[])?;
        self.set(data.value())?;
        if self.data().last() != Some(&b'\n') {
            return Err(truncated());
        }
        self.at = self.data().len();
        Ok(self.data().to_vec())
    }
}
