//! The optimizer: passes in order, each of which can be switched off by name.

pub mod bounds;
pub mod dce;
pub mod detach;
pub mod guards;
pub mod heap;
pub mod nest;
pub mod peel;
pub mod promote;
pub mod ranges;
pub mod refcount;
pub mod represent;
mod rows;
pub mod simplify;
pub mod unroll;
pub mod virtuals;

use crate::analysis::Cfg;
use crate::ops::{Effect, Op};
use crate::region::{BlockId, Imm, Inst, Region};

/// Alias tags an instruction may change (all bits: anything, Python code included).
pub(crate) fn clobbers(region: &Region, inst: &Inst) -> u32 {
    match inst.op.effect() {
        Effect::Store => inst.imm.mem().map_or(!0, |m| m.alias.bit()),
        Effect::Call => match inst.imm {
            Imm::Helper(h) => region.tables.helper(h).effects.clobbers(),
            _ => !0,
        },
        // Dropping the last reference runs a destructor, unless the class is known to be harmless. A slot write drops
        // what the slot held.
        Effect::Refcount if inst.op == Op::Inc => 0,
        Effect::Refcount => inst.args.first().map_or(!0, |a| {
            let simple = |c| region.tables.simple_classes.contains(&c);
            if region.values[a.index()].class.is_some_and(simple) || simple(inst.imm.int()) {
                0
            } else {
                !0
            }
        }),
        Effect::SlotWrite if inst.op == Op::SlotWrite => !0,
        _ => 0,
    }
}

/// Alias tags changed on some path from the immediate dominator of `b` to `b`, `b` itself included if it is in a loop.
pub(crate) fn clobbers_between(region: &Region, cfg: &Cfg, b: BlockId) -> u32 {
    let top = cfg.idom[b.index()];
    let mut seen = vec![false; region.blocks.len()];
    let mut work: Vec<BlockId> = cfg.preds[b.index()].clone();
    let mut mask = 0;
    while let Some(p) = work.pop() {
        if p == top && p != b || std::mem::replace(&mut seen[p.index()], true) {
            continue;
        }
        for i in &region.block(p).insts {
            mask |= clobbers(region, i);
        }
        work.extend(cfg.preds[p.index()].iter().copied());
    }
    mask
}

macro_rules! declare_passes {
    ($($name:ident $run:path;)*) => {
        /// Names of all passes.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
        fn run_pass(name: &str, region: &mut Region) {
            match name {
                $(stringify!($name) => $run(region),)*
                _ => {}
            }
        }
    };
}
declare_passes! {
    simplify simplify::run;
    represent represent::run;
    guards guards::run;
    heap heap::run;
    nest nest::run;
    detach detach::run;
    peel peel::run;
    promote promote::run;
    virtuals virtuals::run;
    ranges ranges::run;
    dce dce::run;
    bounds bounds::run;
    unroll unroll::run;
    refcount refcount::run;
}

/// The order. Simplify and guards run again after passes that uncover work for them.
pub const ORDER: &[&str] = &[
    "simplify",
    "represent",
    "simplify",
    "guards",
    "heap",
    "virtuals",
    "simplify",
    "dce",
    "nest",
    "detach",
    "peel",
    "simplify",
    "guards",
    "heap",
    "represent",
    "simplify",
    "promote",
    "virtuals",
    "simplify",
    "ranges",
    "simplify",
    "dce",
    "bounds",
    "unroll",
    "simplify",
    "refcount",
];

/// Which passes run. `refcount` always does: without it regions leak.
#[derive(Clone, Debug, Default)]
pub struct PassSet {
    off: Vec<String>,
}

impl PassSet {
    /// All.
    pub fn all() -> PassSet {
        PassSet::default()
    }
    /// Switches one off; an error if there is none of that name.
    pub fn without(mut self, name: &str) -> Result<PassSet, String> {
        if name == "refcount" || !NAMES.contains(&name) {
            return Err(format!("no pass `{name}` that can be switched off"));
        }
        self.off.push(name.to_string());
        Ok(self)
    }
    /// Whether a pass runs.
    pub fn has(&self, name: &str) -> bool {
        !self.off.iter().any(|n| n == name)
    }
}

/// Runs one pass by name.
pub fn run_one(region: &mut Region, name: &str) -> Result<(), String> {
    if !NAMES.contains(&name) {
        return Err(format!("no pass `{name}`"));
    }
    run_pass(name, region);
    Ok(())
}

/// Runs the passes; with `check`, validates after each.
pub fn optimize(region: &mut Region, set: &PassSet, check: bool) -> Result<(), String> {
    for name in ORDER.iter().filter(|n| set.has(n)) {
        run_pass(name, region);
        if check {
            crate::validate::validate(region)
                .map_err(|e| format!("after {name}: {e}\n{}", crate::text::print(region)))?;
        }
    }
    Ok(())
}
