//! Forcing guards to fail, deterministically: each guard is preceded by one on a word that the driver sets.

use pyrs_jit_ir::ops::{Effect, Op};
use pyrs_jit_ir::region::{Imm, Inst, Region, Terminator};

/// Which guards fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stress {
    /// None.
    #[default]
    Off,
    /// Each once.
    Exits,
    /// A different one on each entry, in turn.
    Every,
    /// Some, by a generator with this seed.
    Random(u64),
}

impl Stress {
    /// From `exits`, `every` or `random:SEED`.
    pub fn parse(s: &str) -> Option<Stress> {
        Some(match s {
            "exits" => Stress::Exits,
            "every" => Stress::Every,
            _ => Stress::Random(s.strip_prefix("random:")?.parse().ok()?),
        })
    }
    /// Whether any guard is forced.
    pub fn is_on(&self) -> bool {
        *self != Stress::Off
    }
}

/// The words.
pub(crate) struct State {
    mode: Stress,
    #[expect(clippy::vec_box, reason = "compiled code has their addresses")]
    cells: Vec<Box<u32>>,
    next: usize,
    seed: u64,
}

impl State {
    pub(crate) fn new(mode: &Stress) -> State {
        let seed = if let Stress::Random(s) = mode { *s } else { 0 };
        State {
            mode: mode.clone(),
            cells: Vec::new(),
            next: 0,
            seed: seed ^ 0x9E37_79B9_7F4A_7C15,
        }
    }
    /// Puts a forced guard before each guard of the region.
    pub(crate) fn instrument(&mut self, region: &mut Region) {
        if self.mode == Stress::Off {
            return;
        }
        for b in region.block_ids() {
            let mut at = 0;
            while at < region.block(b).insts.len() {
                let i = region.block(b).insts[at].clone();
                let bridged = matches!(region.block(b).term, Terminator::Bridge(..))
                    && at + 1 == region.block(b).insts.len();
                if i.op.effect() == Effect::Guard
                    && i.op != Op::Poll
                    && !bridged
                    && let Some(x) = i.exit
                    && !region.exits[x.index()].other_way
                {
                    let cell = Box::new(u32::from(self.mode == Stress::Exits));
                    let address = std::ptr::from_ref(&*cell) as u64;
                    self.cells.push(cell);
                    let exit = region.clone_exit(x);
                    let guard = Inst {
                        op: Op::GuardCell,
                        args: vec![],
                        imm: Imm::Int(address),
                        result: None,
                        exit: Some(exit),
                    };
                    region.block_mut(b).insts.insert(at, guard);
                    at += 1;
                }
                at += 1;
            }
        }
    }
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed
    }
    pub(crate) fn entered(&mut self) {
        let n = self.cells.len();
        if n == 0 {
            return;
        }
        match self.mode {
            Stress::Every => {
                let last = (self.next + n - 1) % n;
                *self.cells[last] = 0;
                let at = self.next % n;
                *self.cells[at] = 1;
                self.next = (at + 1) % n;
            }
            Stress::Random(_) => {
                for c in 0..n {
                    let hit = self.random().is_multiple_of(16);
                    *self.cells[c] = u32::from(hit);
                }
            }
            _ => {}
        }
    }
    pub(crate) fn left(&mut self) {
        if self.mode == Stress::Exits {
            // The first forced guard on the path has failed; it is the one to let pass from now on.
            let Some(at) = self.cells.iter().position(|c| **c != 0) else {
                return;
            };
            *self.cells[at] = 0;
        }
    }
}
