//! Memory for machine code: one memfd mapped twice, so that no page is ever writable and executable.
//!
//! Code is written through the first mapping and runs in the second. Regions are freed one by one. A forked child gets
//! files of its own at the same addresses.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard};

const CHUNK: usize = 4 << 20;
const ALIGN: usize = 32;

#[derive(Debug)]
struct Chunk {
    write: *mut u8,
    run: *mut u8,
    len: usize,
    /// Free ranges, sorted, never adjacent.
    free: Vec<(usize, usize)>,
    /// End of what has ever been used.
    used: usize,
}

// SAFETY: the mappings are owned by the chunk and only written under the arena's lock.
unsafe impl Send for Chunk {}

/// A file in memory of this size.
fn file(len: usize) -> io::Result<OwnedFd> {
    // SAFETY: plain system calls; the descriptor is owned from here on.
    let fd = unsafe {
        let fd = libc::memfd_create(c"pyrs-jit".as_ptr(), libc::MFD_CLOEXEC);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(fd)
    };
    // SAFETY: as above.
    if unsafe { libc::ftruncate(fd.as_raw_fd(), len as libc::off_t) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(fd)
}

impl Chunk {
    fn new(len: usize) -> io::Result<Chunk> {
        let fd = file(len)?;
        // SAFETY: plain system calls on a descriptor that is ours; results are checked.
        unsafe {
            let map = |prot| {
                let fd = fd.as_raw_fd();
                libc::mmap(std::ptr::null_mut(), len, prot, libc::MAP_SHARED, fd, 0)
            };
            let write = map(libc::PROT_READ | libc::PROT_WRITE);
            let run = map(libc::PROT_READ | libc::PROT_EXEC);
            let error = io::Error::last_os_error();
            if write == libc::MAP_FAILED || run == libc::MAP_FAILED {
                for p in [write, run] {
                    if p != libc::MAP_FAILED {
                        libc::munmap(p, len);
                    }
                }
                return Err(error);
            }
            Ok(Chunk {
                write: write.cast(),
                run: run.cast(),
                len,
                free: vec![(0, len)],
                used: 0,
            })
        }
    }

    fn take(&mut self, len: usize) -> Option<usize> {
        let i = self.free.iter().position(|(_, l)| *l >= len)?;
        let (at, l) = self.free[i];
        if l == len {
            self.free.remove(i);
        } else {
            self.free[i] = (at + len, l - len);
        }
        self.used = self.used.max(at + len);
        Some(at)
    }

    /// Takes the pages of a range that was written out of the first mapping, or all code would count as resident twice. They
    /// stay in the file.
    fn leave(&self, at: usize, len: usize) {
        // SAFETY: asks for the size of a page.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(CHUNK);
        let from = at - at % page;
        // SAFETY: whole pages inside the chunk's own mapping, which starts at one; a shared file keeps what was written.
        unsafe {
            libc::madvise(
                self.write.add(from).cast(),
                at + len - from,
                libc::MADV_DONTNEED,
            );
        }
    }

    fn give(&mut self, at: usize, len: usize) {
        let i = self.free.partition_point(|(a, _)| *a < at);
        self.free.insert(i, (at, len));
        if i + 1 < self.free.len() && self.free[i].0 + self.free[i].1 == self.free[i + 1].0 {
            self.free[i].1 += self.free.remove(i + 1).1;
        }
        if i > 0 && self.free[i - 1].0 + self.free[i - 1].1 == self.free[i].0 {
            self.free[i - 1].1 += self.free.remove(i).1;
        }
    }
}

impl Chunk {
    /// A copy of the code in a file of its own.
    fn copy(&self) -> io::Result<OwnedFd> {
        let fd = file(self.len)?;
        let mut file = std::fs::File::from(fd);
        // SAFETY: the mapping is readable and as long as that; the arena's lock is held.
        let code = unsafe { std::slice::from_raw_parts(self.run, self.used) };
        file.write_all(code)?;
        Ok(file.into())
    }
    /// Puts the file in the place of the chunk's.
    fn remap(&self, copy: &OwnedFd) {
        let protections = [
            (self.write, libc::PROT_READ | libc::PROT_WRITE),
            (self.run, libc::PROT_READ | libc::PROT_EXEC),
        ];
        for (at, protection) in protections {
            let flags = libc::MAP_SHARED | libc::MAP_FIXED;
            // SAFETY: replaces the chunk's own mapping by one of the same length and content.
            unsafe {
                libc::mmap(at.cast(), self.len, protection, flags, copy.as_raw_fd(), 0);
            }
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: both mappings were made by `new` with this length and nothing uses them any more.
        unsafe {
            libc::munmap(self.write.cast(), self.len);
            libc::munmap(self.run.cast(), self.len);
        }
    }
}

/// All code of a runtime.
#[derive(Debug, Default, Clone)]
pub struct CodeMemory {
    chunks: Arc<Mutex<Vec<Chunk>>>,
}

/// A piece of executable memory; freed when dropped.
#[derive(Debug)]
pub struct CodeBlock {
    memory: CodeMemory,
    chunk: usize,
    at: usize,
    len: usize,
    run: *const u8,
}

// SAFETY: the block is immutable after it was written.
unsafe impl Send for CodeBlock {}
// SAFETY: as above.
unsafe impl Sync for CodeBlock {}

/// The memory while the process forks: nobody can change it. The child's must be its own: what one process writes to a
/// shared mapping the other would run.
pub struct ForkGuard {
    chunks: OwnedGuard,
    copies: Vec<Option<OwnedFd>>,
}

/// The lock's guard, with what it borrows from.
struct OwnedGuard {
    guard: Option<MutexGuard<'static, Vec<Chunk>>>,
    _arena: Arc<Mutex<Vec<Chunk>>>,
}

impl Drop for OwnedGuard {
    fn drop(&mut self) {
        self.guard = None;
    }
}

impl ForkGuard {
    /// In the child: makes the memory its own. What could not be copied is not written any more.
    pub fn in_child(&mut self) {
        let Some(chunks) = &mut self.chunks.guard else {
            return;
        };
        for (chunk, copy) in chunks.iter_mut().zip(&self.copies) {
            match copy {
                Some(copy) => chunk.remap(copy),
                None => chunk.free.clear(),
            }
        }
    }
}

impl CodeMemory {
    /// Before the process forks.
    pub fn before_fork(&self) -> ForkGuard {
        let arena = self.chunks.clone();
        let guard = arena.lock().unwrap_or_else(|e| e.into_inner());
        let copies = guard.iter().map(|c| c.copy().ok()).collect();
        // SAFETY: the guard is dropped before the mutex it borrows, which `_arena` keeps.
        let guard = unsafe {
            std::mem::transmute::<MutexGuard<'_, Vec<Chunk>>, MutexGuard<'static, Vec<Chunk>>>(
                guard,
            )
        };
        let chunks = OwnedGuard {
            guard: Some(guard),
            _arena: arena,
        };
        ForkGuard { chunks, copies }
    }
    /// Copies `code` to executable memory.
    pub fn add(&self, code: &[u8]) -> io::Result<CodeBlock> {
        let len = code.len().max(1).next_multiple_of(ALIGN);
        let mut chunks = self.chunks.lock().unwrap_or_else(|e| e.into_inner());
        let mut found = None;
        for (i, c) in chunks.iter_mut().enumerate() {
            if let Some(at) = c.take(len) {
                found = Some((i, at));
                break;
            }
        }
        let (chunk, at) = match found {
            Some(f) => f,
            None => {
                let mut c = Chunk::new(len.max(CHUNK).next_multiple_of(CHUNK))?;
                let at = c.take(len).unwrap_or(0);
                chunks.push(c);
                (chunks.len() - 1, at)
            }
        };
        let c = &chunks[chunk];
        // SAFETY: `take` gave this range to us alone and it lies inside both mappings.
        let run = unsafe {
            std::ptr::copy_nonoverlapping(code.as_ptr(), c.write.add(at), code.len());
            c.leave(at, code.len());
            c.run.add(at)
        };
        flush_icache(run, code.len());
        Ok(CodeBlock {
            memory: self.clone(),
            chunk,
            at,
            len,
            run,
        })
    }
}

#[cfg(target_arch = "aarch64")]
fn flush_icache(start: *const u8, len: usize) {
    unsafe extern "C" {
        fn __clear_cache(start: *const u8, end: *const u8);
    }
    // SAFETY: the range was just written.
    unsafe { __clear_cache(start, start.add(len)) }
}

#[cfg(not(target_arch = "aarch64"))]
fn flush_icache(_start: *const u8, _len: usize) {}

impl CodeBlock {
    /// Start of the code.
    pub fn address(&self) -> *const u8 {
        self.run
    }
}

impl Drop for CodeBlock {
    fn drop(&mut self) {
        let mut chunks = self.memory.chunks.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(c) = chunks.get_mut(self.chunk) {
            c.give(self.at, self.len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_code_is_reused_and_merged() {
        let m = CodeMemory::default();
        let a = m.add(&[0x90; 40]).unwrap();
        let b = m.add(&[0x90; 40]).unwrap();
        let start = a.address();
        drop(a);
        drop(b);
        let c = m.add(&[0xC3; 120]).unwrap();
        assert_eq!(c.address(), start);
        // SAFETY: reads code that was just written.
        assert_eq!(unsafe { *c.address() }, 0xC3);
    }
}
