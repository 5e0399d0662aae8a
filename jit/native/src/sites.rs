//! Where compiled code is while it waits for a call.
//!
//! Compiled code keeps no note of what it executes: that would cost stores before each call. Its native frames have a size that is
//! known, so the address to which a call returns is found in them, and says which call it is (`pyrs_jit_driver`'s `shown`).

use cranelift_codegen::ir::SourceLoc;
use cranelift_codegen::{Final, MachBufferFinalized};
use rustc_hash::FxHashMap as HashMap;

/// A call in compiled code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// An exit with the frames that the code stands for there.
    pub exit: u32,
    /// The cell that the called region's entry was read from; `None` if it is no region that is called.
    pub cell: Option<u64>,
}

/// The calls of one region's code.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    /// Where each returns to, as distance from the start of the code, and its mark, by that place.
    places: Box<[(u32, u32)]>,
    /// Cells by mark.
    cells: HashMap<u32, u64>,
    /// Bytes from the stack pointer, as it is at all calls, to the saved frame pointer of the caller.
    pub(crate) frame_size: usize,
}

/// What an instruction is marked with that may call before exit `exit`.
pub(crate) fn mark(exit: u32, region: bool) -> SourceLoc {
    SourceLoc::new(exit << 1 | u32::from(region))
}

impl Sites {
    /// Those that were marked. `cells`: of calls of regions, by the bits of the mark.
    pub(crate) fn new(code: &MachBufferFinalized<Final>, cells: HashMap<u32, u64>) -> Sites {
        let marks = code.get_srclocs_sorted();
        let places = code.call_sites().filter_map(|call| {
            let behind = marks.partition_point(|m| m.start < call.ret_addr);
            let m = marks[..behind].last()?;
            let marked = call.ret_addr <= m.end && !m.loc.is_default();
            marked.then_some((call.ret_addr, m.loc.bits()))
        });
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        Sites {
            places: places.into(),
            cells,
            frame_size: code
                .frame_layout()
                .map_or(0, |f| f.frame_to_fp_offset as usize),
        }
    }
    /// The call that returns to this distance from the start.
    pub(crate) fn at(&self, distance: usize) -> Option<Site> {
        let wanted = u32::try_from(distance).ok()?;
        let n = self.places.binary_search_by_key(&wanted, |p| p.0).ok()?;
        let mark = self.places[n].1;
        Some(Site {
            exit: mark >> 1,
            cell: (mark & 1 != 0)
                .then(|| self.cells.get(&mark).copied())
                .flatten(),
        })
    }
    pub(crate) fn size(&self) -> usize {
        size_of_val(&*self.places)
    }
}
