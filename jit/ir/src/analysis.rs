//! Control flow facts passes share: predecessors, order, dominators, natural loops, liveness.

use crate::region::{BlockId, Inst, Region, Terminator, ValueId};
use std::collections::HashMap;
use std::hash::Hash;

/// A set of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueSet(Vec<u64>);

impl ValueSet {
    /// An empty set for `n` values.
    pub fn new(n: usize) -> ValueSet {
        ValueSet(vec![0; n.div_ceil(64)])
    }
    /// Adds; whether it was new.
    pub fn insert(&mut self, v: ValueId) -> bool {
        let (w, b) = (v.index() / 64, 1u64 << (v.index() % 64));
        let new = self.0[w] & b == 0;
        self.0[w] |= b;
        new
    }
    /// Removes.
    pub fn remove(&mut self, v: ValueId) {
        self.0[v.index() / 64] &= !(1u64 << (v.index() % 64));
    }
    /// Membership.
    pub fn contains(&self, v: ValueId) -> bool {
        self.0[v.index() / 64] & (1u64 << (v.index() % 64)) != 0
    }
    /// Adds all of `o`; whether something was new.
    pub fn union(&mut self, o: &ValueSet) -> bool {
        let mut changed = false;
        for (a, b) in self.0.iter_mut().zip(&o.0) {
            changed |= *b & !*a != 0;
            *a |= *b;
        }
        changed
    }
    /// Members in order.
    pub fn iter(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.0.iter().enumerate().flat_map(|(w, &bits)| {
            (0..64)
                .filter(move |b| bits >> b & 1 != 0)
                .map(move |b| ValueId((w * 64 + b) as u32))
        })
    }
}

/// The control flow graph.
#[derive(Clone, Debug)]
pub struct Cfg {
    /// Predecessors (a block twice when two edges lead from it).
    pub preds: Vec<Vec<BlockId>>,
    /// Reachable blocks in reverse postorder.
    pub order: Vec<BlockId>,
    /// Place in `order`; `u32::MAX` when unreachable.
    pub place: Vec<u32>,
    /// Immediate dominator (the entry's is itself).
    pub idom: Vec<BlockId>,
}

impl Cfg {
    /// Computes it.
    pub fn new(region: &Region) -> Cfg {
        let n = region.blocks.len();
        let mut order = Vec::new();
        let mut seen = vec![false; n];
        let mut stack = vec![(region.entry(), 0usize)];
        seen[0] = true;
        while let Some((b, i)) = stack.pop() {
            let edges = region.block(b).term.edges();
            // The first successor is visited last so that it follows its block in the order.
            if let Some(e) = edges.len().checked_sub(i + 1).and_then(|k| edges.get(k)) {
                let t = e.block;
                stack.push((b, i + 1));
                if !seen[t.index()] {
                    seen[t.index()] = true;
                    stack.push((t, 0));
                }
            } else {
                order.push(b);
            }
        }
        order.reverse();
        let mut place = vec![u32::MAX; n];
        for (i, b) in order.iter().enumerate() {
            place[b.index()] = i as u32;
        }
        let mut preds = vec![Vec::new(); n];
        for &b in &order {
            for e in region.block(b).term.edges() {
                preds[e.block.index()].push(b);
            }
        }
        let none = BlockId(u32::MAX);
        let mut idom = vec![none; n];
        idom[0] = region.entry();
        let mut changed = true;
        while changed {
            changed = false;
            for &b in order.iter().skip(1) {
                let mut new = none;
                for &p in &preds[b.index()] {
                    if idom[p.index()] == none {
                        continue;
                    }
                    new = if new == none {
                        p
                    } else {
                        Self::intersect(&idom, &place, p, new)
                    };
                }
                if new != idom[b.index()] {
                    idom[b.index()] = new;
                    changed = true;
                }
            }
        }
        Cfg {
            preds,
            order,
            place,
            idom,
        }
    }

    fn intersect(idom: &[BlockId], place: &[u32], mut a: BlockId, mut b: BlockId) -> BlockId {
        while a != b {
            while place[a.index()] > place[b.index()] {
                a = idom[a.index()];
            }
            while place[b.index()] > place[a.index()] {
                b = idom[b.index()];
            }
        }
        a
    }

    /// Whether the block can be reached.
    pub fn reachable(&self, b: BlockId) -> bool {
        self.place.get(b.index()).is_some_and(|&p| p != u32::MAX)
    }

    /// Whether `a` dominates `b`.
    pub fn dominates(&self, a: BlockId, mut b: BlockId) -> bool {
        if !self.reachable(a) || !self.reachable(b) {
            return false;
        }
        loop {
            if a == b {
                return true;
            }
            let up = self.idom[b.index()];
            if up == b {
                return false;
            }
            b = up;
        }
    }

    /// Children in the dominator tree.
    pub fn dom_children(&self) -> Vec<Vec<BlockId>> {
        let mut children = vec![Vec::new(); self.preds.len()];
        for &b in self.order.iter().skip(1) {
            children[self.idom[b.index()].index()].push(b);
        }
        children
    }

    /// Natural loops: header and body (header included), inner ones first.
    pub fn loops(&self) -> Vec<Loop> {
        let mut loops = Vec::new();
        for &h in &self.order {
            let latches: Vec<_> = self.preds[h.index()]
                .iter()
                .copied()
                .filter(|&p| self.dominates(h, p))
                .collect();
            if latches.is_empty() {
                continue;
            }
            let mut body = vec![h];
            let mut work = latches.clone();
            while let Some(b) = work.pop() {
                if !body.contains(&b) {
                    body.push(b);
                    work.extend(self.preds[b.index()].iter().copied());
                }
            }
            body.sort_by_key(|b| self.place[b.index()]);
            loops.push(Loop {
                header: h,
                latches,
                body,
            });
        }
        loops.sort_by_key(|l| l.body.len());
        loops
    }
}

/// A natural loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// Header.
    pub header: BlockId,
    /// Blocks with a back edge.
    pub latches: Vec<BlockId>,
    /// All blocks, in reverse postorder.
    pub body: Vec<BlockId>,
}

/// Calls `f` for each value an instruction uses, its snapshot included.
pub fn for_each_use(region: &Region, inst: &Inst, mut f: impl FnMut(ValueId)) {
    inst.args.iter().copied().for_each(&mut f);
    if let Some(x) = inst.exit {
        region.exits[x.index()].for_each_value(f);
    }
}

/// Calls `f` for each value a terminator uses.
pub fn for_each_term_use(region: &Region, term: &Terminator, mut f: impl FnMut(ValueId)) {
    match term {
        Terminator::Branch(v, ..) | Terminator::Return(v) => f(*v),
        Terminator::Exit(x) => region.exits[x.index()].for_each_value(&mut f),
        _ => {}
    }
    for e in term.edges() {
        e.args.iter().copied().for_each(&mut f);
    }
}

/// Values live at block boundaries, uses by snapshots included.
#[derive(Clone, Debug)]
pub struct Liveness {
    /// At the start (parameters not included).
    pub live_in: Vec<ValueSet>,
    /// At the end (edge arguments are uses of the terminator, not part of it).
    pub live_out: Vec<ValueSet>,
}

impl Liveness {
    /// Computes it.
    pub fn new(region: &Region, cfg: &Cfg) -> Liveness {
        let n = region.values.len();
        let mut live_in = vec![ValueSet::new(n); region.blocks.len()];
        let mut live_out = live_in.clone();
        let mut changed = true;
        while changed {
            changed = false;
            for &b in cfg.order.iter().rev() {
                let block = region.block(b);
                let mut out = ValueSet::new(n);
                for e in block.term.edges() {
                    out.union(&live_in[e.block.index()]);
                }
                let mut live = out.clone();
                live_out[b.index()] = out;
                for_each_term_use(region, &block.term, |v| {
                    live.insert(v);
                });
                for inst in block.insts.iter().rev() {
                    if let Some(r) = inst.result {
                        live.remove(r);
                    }
                    for_each_use(region, inst, |v| {
                        live.insert(v);
                    });
                }
                for p in &block.params {
                    live.remove(*p);
                }
                changed |= live_in[b.index()].union(&live);
            }
        }
        Liveness { live_in, live_out }
    }
}

/// A table on the way down the dominator tree: what a block adds or drops is undone when its subtree is done.
pub(crate) struct Scoped<K, V> {
    map: HashMap<K, V, rustc_hash::FxBuildHasher>,
    log: Vec<(K, Option<V>)>,
}

impl<K: Clone + Eq + Hash, V: Clone> Scoped<K, V> {
    pub(crate) fn new() -> Scoped<K, V> {
        Scoped {
            map: HashMap::default(),
            log: Vec::new(),
        }
    }
    pub(crate) fn get(&self, k: &K) -> Option<&V> {
        self.map.get(k)
    }
    pub(crate) fn contains(&self, k: &K) -> bool {
        self.map.contains_key(k)
    }
    pub(crate) fn insert(&mut self, k: K, v: V) {
        let old = self.map.insert(k.clone(), v);
        self.log.push((k, old));
    }
    pub(crate) fn remove(&mut self, k: &K) {
        if let Some(old) = self.map.remove(k) {
            self.log.push((k.clone(), Some(old)));
        }
    }
    /// Drops all entries that `keep` does not want.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let log = &mut self.log;
        self.map.retain(|k, v| {
            let stays = keep(k, v);
            if !stays {
                log.push((k.clone(), Some(v.clone())));
            }
            stays
        });
    }
    fn undo(&mut self, mark: usize) {
        for (k, old) in self.log.drain(mark..).rev() {
            match old {
                Some(v) => self.map.insert(k, v),
                None => self.map.remove(&k),
            };
        }
    }
}

/// Visits the blocks in preorder of the dominator tree with a table that holds what the dominators left in it.
pub(crate) fn walk_dominators<K: Clone + Eq + Hash, V: Clone>(
    region: &mut Region,
    cfg: &Cfg,
    mut visit: impl FnMut(&mut Region, BlockId, &mut Scoped<K, V>),
) {
    enum Step {
        Enter(BlockId),
        Leave(usize),
    }
    let children = cfg.dom_children();
    let mut table = Scoped::new();
    let mut work = vec![Step::Enter(region.entry())];
    while let Some(step) = work.pop() {
        match step {
            Step::Leave(mark) => table.undo(mark),
            Step::Enter(b) => {
                work.push(Step::Leave(table.log.len()));
                visit(region, b, &mut table);
                work.extend(children[b.index()].iter().rev().map(|c| Step::Enter(*c)));
            }
        }
    }
}
