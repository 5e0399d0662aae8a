//! One variable with several definitions gets its block parameters: for passes that copy blocks or turn memory into
//! registers.

use crate::analysis::Cfg;
use crate::ops::Type;
use crate::region::{BlockId, Region, ValueId};
use rustc_hash::FxHashMap as HashMap;

/// The variable's value at the start and the end of blocks, found on demand: where paths with different values meet,
/// a parameter is made.
pub(crate) struct Variable<'a> {
    cfg: &'a Cfg,
    ty: Type,
    class: Option<u64>,
    at_start: HashMap<BlockId, ValueId>,
    at_end: HashMap<BlockId, ValueId>,
}

impl<'a> Variable<'a> {
    /// A variable without definitions. `cfg` must stay true: callers add parameters and arguments only.
    pub(crate) fn new(cfg: &'a Cfg, ty: Type, class: Option<u64>) -> Variable<'a> {
        Variable {
            cfg,
            ty,
            class,
            at_start: HashMap::default(),
            at_end: HashMap::default(),
        }
    }
    /// Its value when `b` ends.
    pub(crate) fn define(&mut self, b: BlockId, v: ValueId) {
        self.at_end.insert(b, v);
    }
    /// Its value at the end of a block. Every path to it must define the variable.
    pub(crate) fn end(&mut self, region: &mut Region, b: BlockId) -> ValueId {
        match self.at_end.get(&b) {
            Some(v) => *v,
            None => self.start(region, b),
        }
    }
    /// Its value at the start of a block.
    pub(crate) fn start(&mut self, region: &mut Region, b: BlockId) -> ValueId {
        if let Some(v) = self.at_start.get(&b) {
            return *v;
        }
        // Blocks with one way in are walked up in a loop: chains of them are long.
        let mut chain = vec![b];
        let mut top = b;
        let v = loop {
            let [p] = self.cfg.preds[top.index()][..] else {
                break self.merged(region, top);
            };
            if let Some(v) = self.at_end.get(&p).or_else(|| self.at_start.get(&p)) {
                break *v;
            }
            chain.push(p);
            top = p;
        };
        for c in chain {
            self.at_start.insert(c, v);
        }
        v
    }

    fn merged(&mut self, region: &mut Region, b: BlockId) -> ValueId {
        let p = region.add_param(b, self.ty);
        region.values[p.index()].class = self.class;
        self.at_start.insert(b, p);
        let mut preds = self.cfg.preds[b.index()].clone();
        preds.sort_unstable();
        preds.dedup();
        for pred in preds {
            let v = self.end(region, pred);
            for e in region.block_mut(pred).term.edges_mut() {
                if e.block == b {
                    e.args.push(v);
                }
            }
        }
        p
    }
}
