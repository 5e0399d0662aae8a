//! How long regions live: as long as the code object they belong to.
//!
//! Compiled code keeps objects alive: code that it inlined, classes, globals, and with these mostly the function it was made
//! for. So the collector has to see those references (`pyrs_vm::codeobject`): code objects with regions are tracked, and what
//! their regions keep counts as referred to by them. When nothing else leads to such a code object, it is told to forget.
//!
//! A region of code that lives on keeps nothing alive either, or a function of a library would keep all the programs whose
//! callbacks it has inlined: it loses what it was recorded with, and is recorded again when it is hot again.

use crate::region::{Kind, Region, new_cell};
use crate::{DRIVER, Driver};
use pyrs_bytecode::{Instr, Op};
use pyrs_jit_record::Kept;
use pyrs_object::{Value, gc, heap};
use pyrs_vm::code::Code;
use std::ffi::c_int;

impl Driver {
    /// The index of a new region that belongs to `code`.
    pub(crate) fn new_region(&mut self, code: &Code, name: String, kind: Kind) -> usize {
        let index = match self.free.pop() {
            Some(index) => {
                let old = &mut self.regions[index];
                *old = Region::new(name, kind, old.generation + 1);
                index
            }
            None => {
                self.regions.push(Region::new(name, kind, 0));
                self.regions.len() - 1
            }
        };
        self.by_code
            .entry(code as *const Code as usize)
            .or_default()
            .push(index);
        pyrs_vm::code::track(code.object);
        index
    }

    /// Lets the place of a region that was forgotten be used again, once the compiler does not work for it any more.
    pub(crate) fn recycle(&mut self, index: usize) {
        if self.regions[index].forgotten && !self.regions[index].compiling {
            self.free.push(index);
        }
    }
}

/// See [`pyrs_vm::jit::VisitKept`].
///
/// # Safety
/// Called by the collector, with the GIL held.
pub(crate) unsafe fn visit_kept(code: &Code, visit: &mut dyn FnMut(Value) -> c_int) -> c_int {
    // SAFETY: by contract; the collector runs where the driver is not borrowed.
    let d = unsafe {
        if DRIVER.is_null() {
            return 0;
        }
        &*DRIVER
    };
    let weak = gc::is_weak();
    for &index in d.regions_of(code) {
        let region = &d.regions[index];
        if weak && !d.is_firm(region) {
            continue;
        }
        for v in &region.kept.objects {
            let r = visit(*v);
            if r != 0 {
                return r;
            }
        }
    }
    0
}

impl Driver {
    /// Whether a region keeps alive what it was recorded with. While compiled code runs all do: it holds some of that without
    /// counting.
    fn is_firm(&self, region: &Region) -> bool {
        self.active > 0 || self.recording || region.busy || region.firm_until > self.collections
    }
    /// Frees the code of a region, all versions, once none can be running.
    fn retire(&mut self, index: usize) {
        let of_region = self.codes.iter().enumerate();
        let of_region = of_region.filter(|(_, c)| c.as_ref().is_some_and(|c| c.region == index));
        for (number, _) in of_region {
            if !self.replaced.contains(&number) {
                self.replaced.push(number);
            }
        }
    }
    fn regions_of(&self, code: &Code) -> &[usize] {
        self.by_code
            .get(&(code as *const Code as usize))
            .map_or(&[], Vec::as_slice)
    }
}

/// Called by a full collection: regions lose what nothing else leads to.
pub(crate) fn lost() {
    // SAFETY: as `visit_kept`.
    let d = unsafe { &mut *DRIVER };
    let mut kept = Vec::new();
    for index in 0..d.regions.len() {
        let region = &d.regions[index];
        if d.is_firm(region) || !region.kept.objects.iter().any(|v| gc::is_unreachable(*v)) {
            continue;
        }
        let collections = d.collections;
        kept.push(d.regions[index].lose(collections));
        d.retire(index);
    }
    d.collections += 1;
    d.sweep();
    release(kept);
}

/// What dies with it may run anything: the driver is not borrowed.
fn release(kept: Vec<Kept>) {
    for kept in kept {
        for v in kept.objects {
            heap::decref(v);
        }
    }
}

/// Gives up the regions of a body that nothing leads to but they themselves.
///
/// # Safety
/// Called by the collector, with the GIL held.
pub(crate) unsafe fn forget(code: &mut Code) {
    // SAFETY: as `visit_kept`.
    let d = unsafe {
        if DRIVER.is_null() {
            return;
        }
        &mut *DRIVER
    };
    let address = code as *const Code as usize;
    let regions = d.by_code.get(&address).cloned().unwrap_or_default();
    if regions.iter().any(|index| d.regions[*index].busy) {
        return;
    }
    d.by_code.remove(&address);
    let mut kept = Vec::new();
    for index in regions {
        d.wake(index);
        let region = &mut d.regions[index];
        if let Kind::Loop { header } = region.kind {
            d.by_header.remove(&header);
        }
        region.discard();
        region.forgotten = true;
        if region.compiling && d.worker.as_ref().is_some_and(|w| w.cancel(index)) {
            region.compiling = false;
        }
        region.recording = None;
        region.back_edges.clear();
        // Code that called it natively may be there longer than it.
        if region.shared {
            Box::leak(std::mem::replace(&mut region.cell, new_cell()));
        }
        kept.push(std::mem::take(&mut region.kept));
        d.retire(index);
        d.recycle(index);
    }
    d.sweep();
    let site = address as u64;
    d.env
        .polymorphic
        .borrow_mut()
        .retain(|(code, _)| *code != site);
    code.entry_region = 0;
    code.entry_counter = 0;
    leave_regions(code);
    release(kept);
}

/// Back edges that enter a region become plain ones.
fn leave_regions(code: &mut Code) {
    let mut at = 0;
    while at < code.word_count as usize {
        // SAFETY: inside the body; each instruction is followed by its extra words.
        unsafe {
            let word = code.instructions.add(at);
            let i = Instr(*word);
            let Some(op) = i.op() else { return };
            if op == Op::JUMP_BACK_JIT {
                *word = i.with_op(Op::JUMP_BACK).0;
                *word.add(1) &= 0xFFFF_FFFF;
            }
            at += 1 + op.extra();
        }
    }
}
