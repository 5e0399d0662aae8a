//! Where the allocator's memory lies and how large its pages are.
//!
//! Huge pages make large heaps fast: few faults, few TLB misses. But the allocator keeps each size class on pages of its
//! own, so a small heap is spread over several times its size, and huge pages would make all of that resident. What the
//! allocator hands out first therefore has small pages, except for the very beginning, which each start fills.

use libmimalloc_sys::mi_option_t;

/// `mi_option_purge_delay`, in milliseconds.
const PURGE_DELAY: mi_option_t = 15;
/// What the allocator gives each thread at a time, aligned to its size.
const SEGMENT: usize = 32 << 20;

/// Sets the allocators up: freed pages are kept for a second before they go back to the system, because programs
/// that drop a large structure usually build the next one at once. Called at start.
///
/// The C library's, which extensions take their arrays from, has little else here: whatever is freed lies at the end of its
/// heap, would be given back each time and faulted in again for the next array. It keeps as much as it would after it had
/// seen large blocks come and go.
pub fn configure() {
    // SAFETY: setting an option before other threads exist.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 1000) }
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGE: std::ffi::c_int = 32 << 20;
        // SAFETY: as above.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * LARGE);
        }
    }
}

/// Gives the allocator its first memory. Without this it maps the same amount itself and wants huge pages for all of it.
#[cfg(target_os = "linux")]
mod first {
    use super::SEGMENT;
    use std::ffi::{c_int, c_void};
    use std::ptr;

    const SIZE: usize = 1 << 30;
    /// Bringing a runtime up fills these at the beginning of the first segment.
    const START: usize = 2 << 20;
    /// The rest of the first segment up to here is what small programs spread over.
    const SMALL_HEAP: usize = 16 << 20;

    /// Before the program's first allocation, but after the allocator's own constructor, which has a higher priority.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static RESERVE: extern "C" fn() = reserve;

    extern "C" fn reserve() {
        // SAFETY: a mapping that nobody else knows, which the allocator then owns; advice does not change what lies there.
        // Where the mapping fails the allocator finds memory itself.
        unsafe {
            let p = libc::mmap(
                ptr::null_mut(),
                SIZE + SEGMENT,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            );
            if p == libc::MAP_FAILED {
                return;
            }
            let start = p.map_addr(|a| a.next_multiple_of(SEGMENT));
            let advise = |from: usize, to: usize, advice: c_int| {
                libc::madvise(start.byte_add(from), to - from, advice);
            };
            advise(0, START, libc::MADV_HUGEPAGE);
            advise(START, SMALL_HEAP, libc::MADV_NOHUGEPAGE);
            advise(SMALL_HEAP, SEGMENT, libc::MADV_HUGEPAGE);
            // The compiler's thread is usually the next one that asks.
            advise(SEGMENT, 2 * SEGMENT, libc::MADV_NOHUGEPAGE);
            advise(2 * SEGMENT, SIZE, libc::MADV_HUGEPAGE);
            let start: *const c_void = start;
            let any_node = -1;
            libmimalloc_sys::mi_manage_os_memory_ex(
                start,
                SIZE,
                true,
                false,
                true,
                any_node,
                false,
                ptr::null_mut(),
            );
        }
    }
}

/// Takes small pages for the calling thread's memory: a thread that needs little of each size class would touch many
/// huge ones. Called when the thread starts.
pub fn use_small_pages() {
    let p = crate::heap::malloc(1);
    // SAFETY: the block lies in the thread's first segment; what is advised about more than that does no harm.
    unsafe {
        let segment = p.map_addr(|a| a & !(SEGMENT - 1));
        libc::madvise(segment.cast(), SEGMENT, libc::MADV_NOHUGEPAGE);
        crate::heap::free(p);
    }
}

/// The program is ending: what the allocator gives up from now on stays where it is, as the system takes all of it back.
pub fn keep_all() {
    // SAFETY: setting an option.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}

/// Gives pages that the calling thread has free back to the system.
pub fn give_back() {
    // SAFETY: no preconditions.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
