//! Reference counts, inserted last.
//!
//! Each reference is Uncounted (immediates), Kept (constant objects, which the region keeps alive), Borrowed (something else keeps it alive as long as it is
//! used) or Owned. An owned reference is given up exactly once on each path: to a consumer (a store, a block
//! parameter, a helper that steals, an exit's frame slot) or by a `dec` where it dies. `as_ptr`/`as_value` are other
//! names of the same reference. What a borrowed reference was read from (its support) is kept alive as long as the
//! reference is used: each use of it is a use of its support.

use super::clobbers;
use crate::analysis::{Cfg, ValueSet, for_each_term_use, for_each_use, walk_dominators};
use crate::ops::{Effect, Op};
use crate::region::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Uncounted,
    Kept,
    Borrowed,
    Owned,
}

struct Counts {
    root: Vec<ValueId>,
    kind: Vec<Kind>,
    /// What was read to get the value: the base of its load.
    support: Vec<Option<ValueId>>,
}

/// Runs the pass.
pub fn run(region: &mut Region) {
    split_edges(region);
    let cfg = Cfg::new(region);
    let mut counts = classify(region, &cfg);
    promote(region, &cfg, &mut counts);
    let live_in = liveness(region, &cfg, &counts);
    let bridge_target: Vec<Option<(BlockId, bool)>> = targets_of_bridges(region, &cfg);
    for &b in &cfg.order {
        rewrite(region, &counts, &live_in, &bridge_target, b);
    }
    name_pointers(region);
}

/// Counts change through the pointer where the value is known to be one: no test whether it is an immediate.
fn name_pointers(region: &mut Region) {
    let cfg = Cfg::new(region);
    walk_dominators::<ValueId, ValueId>(region, &cfg, |region, b, pointers| {
        for i in &mut region.block_mut(b).insts {
            match (i.op, i.result) {
                (Op::AsPtr, Some(p)) => pointers.insert(i.args[0], p),
                (Op::AsValue, Some(v)) => pointers.insert(v, i.args[0]),
                (Op::Inc | Op::Dec, _) => {
                    if let Some(p) = pointers.get(&i.args[0]) {
                        i.args[0] = *p;
                    }
                }
                _ => {}
            }
        }
    });
}

/// Edges of branches and bridges get a block of their own where their target has other predecessors or parameters, so
/// that there is a place for what happens on the edge.
fn split_edges(region: &mut Region) {
    let cfg = Cfg::new(region);
    for &b in &cfg.order {
        let mut term = region.block(b).term.clone();
        if !matches!(term, Terminator::Branch(..) | Terminator::Bridge(..)) {
            continue;
        }
        for e in term.edges_mut() {
            if cfg.preds[e.block.index()].len() > 1 || !e.args.is_empty() {
                let pad = region.new_block();
                region.block_mut(pad).cold = region.block(e.block).cold;
                region.block_mut(pad).term = Terminator::Jump(e.clone());
                *e = Edge {
                    block: pad,
                    args: vec![],
                };
            }
        }
        region.block_mut(b).term = term;
    }
}

fn classify(region: &Region, cfg: &Cfg) -> Counts {
    let n = region.values.len();
    let mut c = Counts {
        root: (0..n as u32).map(ValueId).collect(),
        kind: vec![Kind::Uncounted; n],
        support: vec![None; n],
    };
    for &b in &cfg.order {
        for p in &region.block(b).params {
            if region.ty(*p).is_ref() {
                c.kind[p.index()] = Kind::Owned;
            }
        }
        for i in &region.block(b).insts {
            if let (Op::Load | Op::LoadIdx, Some(r)) = (i.op, i.result) {
                c.support[r.index()] = Some(i.args[0]);
            }
            // An address in an object is one as long as the object lives.
            if let (Op::AddrOf | Op::IAdd | Op::Near, Some(r)) = (i.op, i.result)
                && (i.op == Op::AddrOf || c.support[i.args[0].index()].is_some())
            {
                c.support[r.index()] = Some(i.args[0]);
            }
            let Some(r) = i.result.filter(|r| region.ty(*r).is_ref()) else {
                continue;
            };
            c.kind[r.index()] = match i.op {
                Op::PConst | Op::VConst => {
                    if crate::encoding::is_ptr(i.imm.int()) {
                        Kind::Kept
                    } else {
                        Kind::Uncounted
                    }
                }
                Op::BoxInt | Op::BoxIntNc | Op::BoxFloat | Op::BoxFloatNc => Kind::Uncounted,
                Op::AsPtr | Op::AsValue => {
                    c.root[r.index()] = c.root[i.args[0].index()];
                    Kind::Uncounted
                }
                Op::SlotTake | Op::New | Op::CallRegion => Kind::Owned,
                Op::Call => match i.imm {
                    Imm::Helper(h) if region.tables.helper(h).ret.is_some_and(|r| r.owned) => {
                        Kind::Owned
                    }
                    _ => Kind::Borrowed,
                },
                Op::VSelect
                    if i.args[1..].iter().all(|a| {
                        matches!(
                            c.kind[c.root[a.index()].index()],
                            Kind::Uncounted | Kind::Kept
                        )
                    }) =>
                {
                    Kind::Kept
                }
                _ => Kind::Borrowed,
            };
        }
    }
    c
}

/// Borrowed references that may outlive their support become owned: counted right after their definition.
fn promote(region: &mut Region, cfg: &Cfg, c: &mut Counts) {
    let written: Vec<u64> = cfg
        .order
        .iter()
        .flat_map(|b| region.block(*b).insts.iter())
        .filter(|i| i.op.effect() == Effect::SlotWrite)
        .map(|i| i.imm.int())
        .collect();
    // Blocks where a root is used, and the last use in its own block.
    let uses = Uses::new(region, cfg, c);
    let mut promoted = Vec::new();
    for &b in &cfg.order {
        for (k, i) in region.block(b).insts.iter().enumerate() {
            let Some(r) = i.result.filter(|r| c.kind[r.index()] == Kind::Borrowed) else {
                continue;
            };
            let supported = match i.op {
                // The frame keeps it alive: exits change the frame only after they were taken.
                Op::SlotRead => !written.contains(&i.imm.int()),
                _ => local_and_safe(region, cfg, &uses, b, k, r),
            };
            if !supported {
                promoted.push((b, r));
            }
        }
    }
    for (b, r) in promoted {
        c.kind[r.index()] = Kind::Owned;
        let insts = &mut region.block_mut(b).insts;
        let at = insts
            .iter()
            .position(|i| i.result == Some(r))
            .map_or(insts.len(), |p| p + 1);
        insts.insert(
            at,
            Inst {
                op: Op::Inc,
                args: vec![r],
                imm: Imm::None,
                result: None,
                exit: None,
            },
        );
    }
}

/// Where the references are used that something else keeps alive.
struct Uses {
    /// By root: in blocks other than the one that defines it.
    elsewhere: Vec<Vec<BlockId>>,
    /// By root: by an edge.
    passed_on: Vec<bool>,
    /// By root: the last use in that block.
    last: Vec<usize>,
    /// By block: what may be dropped in it.
    clobbered: Vec<u32>,
}

impl Uses {
    fn new(region: &Region, cfg: &Cfg, c: &Counts) -> Uses {
        let n = region.values.len();
        let mut home: Vec<Option<BlockId>> = vec![None; n];
        let mut uses = Uses {
            elsewhere: vec![Vec::new(); n],
            passed_on: vec![false; n],
            last: vec![0; n],
            clobbered: vec![0; region.blocks.len()],
        };
        for &b in &cfg.order {
            for r in region.block(b).insts.iter().filter_map(|i| i.result) {
                home[r.index()] = Some(b);
            }
        }
        for &b in &cfg.order {
            for (k, i) in region.block(b).insts.iter().enumerate() {
                for_each_use(region, i, |v| {
                    let r = c.root[v.index()].index();
                    if home[r] == Some(b) {
                        uses.last[r] = k;
                    } else {
                        let blocks = &mut uses.elsewhere[r];
                        if blocks.last() != Some(&b) {
                            blocks.push(b);
                        }
                    }
                });
                uses.clobbered[b.index()] |= dropped_by(region, i);
            }
            for_each_term_use(region, &region.block(b).term, |v| {
                uses.passed_on[c.root[v.index()].index()] = true;
            });
        }
        uses
    }
}

/// All uses are in the defining block, or behind it on the only way there, with nothing between that could drop the
/// support.
fn local_and_safe(
    region: &Region,
    cfg: &Cfg,
    uses: &Uses,
    b: BlockId,
    k: usize,
    r: ValueId,
) -> bool {
    if uses.passed_on[r.index()] {
        return false;
    }
    let elsewhere = &uses.elsewhere[r.index()];
    let insts = &region.block(b).insts;
    // The last use itself counts if it may drop things while it still uses the value (calls, stores).
    let support = match insts[k].imm {
        Imm::Mem(m) => m.alias.bit(),
        _ => !0,
    };
    let last = if elsewhere.is_empty() {
        uses.last[r.index()].max(k).min(insts.len() - 1)
    } else {
        insts.len() - 1
    };
    let safe = |x: u32| x & support == 0 && x != !0;
    let reaches = |mut to: BlockId| {
        while to != b {
            let [pred] = cfg.preds[to.index()][..] else {
                return false;
            };
            if !safe(uses.clobbered[to.index()]) {
                return false;
            }
            to = pred;
        }
        true
    };
    insts[k + 1..=last]
        .iter()
        .all(|i| safe(dropped_by(region, i)))
        && elsewhere.iter().all(|u| reaches(*u))
}

/// What the instruction may change or drop, all bits for anything.
fn dropped_by(region: &Region, i: &Inst) -> u32 {
    if consumes_any(region, i) {
        !0
    } else {
        clobbers(region, i)
    }
}

fn consumes_any(region: &Region, i: &Inst) -> bool {
    (0..i.args.len()).any(|k| consumes(region, i, k))
}

/// Whether the instruction takes over the reference of operand `k`.
fn consumes(region: &Region, i: &Inst, k: usize) -> bool {
    if !region.ty(i.args[k]).is_ref() {
        return false;
    }
    match i.op {
        Op::SlotWrite | Op::SlotInit | Op::New => true,
        Op::Store => k == 1,
        Op::StoreIdx => k == 2,
        Op::Call => {
            matches!(i.imm, Imm::Helper(h) if region.tables.helper(h).params.get(k).is_some_and(|p| p.steals))
        }
        _ => false,
    }
}

fn owned(c: &Counts, v: ValueId) -> Option<ValueId> {
    let r = c.root[v.index()];
    (c.kind[r.index()] == Kind::Owned).then_some(r)
}

fn uses(region: &Region, c: &Counts, i: &Inst) -> Vec<ValueId> {
    let mut all = Vec::new();
    for_each_use(region, i, |v| {
        if region.ty(v).is_ref() {
            supporters(c, v, &mut all);
        }
    });
    // A number is an address only where memory is reached through it.
    if matches!(i.op, Op::Load | Op::LoadIdx | Op::Store | Op::StoreIdx) {
        supporters(c, i.args[0], &mut all);
    }
    all
}

/// The owned references that keep what `v` names alive.
fn supporters(c: &Counts, v: ValueId, all: &mut Vec<ValueId>) {
    let mut at = Some(v);
    while let Some(v) = at {
        let root = c.root[v.index()];
        if c.kind[root.index()] == Kind::Owned {
            all.push(root);
            return;
        }
        at = c.support[root.index()];
    }
}

/// Owned roots live at the start of each block, parameters included.
fn liveness(region: &Region, cfg: &Cfg, c: &Counts) -> Vec<ValueSet> {
    let n = region.values.len();
    let mut live_in = vec![ValueSet::new(n); region.blocks.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for &b in cfg.order.iter().rev() {
            let mut live = live_at_end(region, c, &live_in, b);
            for i in region.block(b).insts.iter().rev() {
                if let Some(r) = i.result {
                    live.remove(r);
                }
                // The count right after a promoted definition is no use.
                if i.op != Op::Inc {
                    for v in uses(region, c, i) {
                        live.insert(v);
                    }
                }
            }
            for p in &region.block(b).params {
                live.remove(*p);
            }
            changed |= live_in[b.index()].union(&live);
        }
    }
    live_in
}

fn live_at_end(region: &Region, c: &Counts, live_in: &[ValueSet], b: BlockId) -> ValueSet {
    let mut live = ValueSet::new(region.values.len());
    for e in region.block(b).term.edges() {
        live.union(&live_in[e.block.index()]);
    }
    for_each_term_use(region, &region.block(b).term, |v| {
        if let Some(r) = owned(c, v) {
            live.insert(r);
        }
    });
    live
}

/// For blocks that a branch or bridge leads to: where from, and whether along the succeeding edge of a bridge.
fn targets_of_bridges(region: &Region, cfg: &Cfg) -> Vec<Option<(BlockId, bool)>> {
    let mut t = vec![None; region.blocks.len()];
    for &b in &cfg.order {
        match &region.block(b).term {
            Terminator::Branch(_, x, y) => {
                t[x.block.index()] = Some((b, false));
                t[y.block.index()] = Some((b, false));
            }
            Terminator::Bridge(x, y) => {
                t[x.block.index()] = Some((b, true));
                t[y.block.index()] = Some((b, false));
            }
            _ => {}
        }
    }
    t
}

fn inc(v: ValueId) -> Inst {
    Inst {
        op: Op::Inc,
        args: vec![v],
        imm: Imm::None,
        result: None,
        exit: None,
    }
}
fn dec(v: ValueId) -> Inst {
    Inst {
        op: Op::Dec,
        args: vec![v],
        imm: Imm::None,
        result: None,
        exit: None,
    }
}

fn rewrite(
    region: &mut Region,
    c: &Counts,
    live_in: &[ValueSet],
    from: &[Option<(BlockId, bool)>],
    b: BlockId,
) {
    // Backwards: `live` holds the owned roots needed after the point.
    let mut live = live_at_end(region, c, live_in, b);
    let mut out: Vec<Inst> = Vec::new(); // reversed
    let block = region.block(b).clone();
    match &block.term {
        Terminator::Jump(e) => {
            let target = &live_in[e.block.index()];
            let mut given = ValueSet::new(region.values.len());
            for a in e.args.iter().filter(|a| region.ty(**a).is_ref()) {
                let root = c.root[a.index()];
                if c.kind[root.index()] == Kind::Uncounted {
                    continue;
                }
                let moves = c.kind[root.index()] == Kind::Owned
                    && !target.contains(root)
                    && given.insert(root);
                if !moves {
                    out.push(inc(*a));
                }
            }
        }
        Terminator::Exit(x) => settle_exit(region, c, *x, &live),
        Terminator::Return(v) => {
            let root = c.root[v.index()];
            if matches!(c.kind[root.index()], Kind::Borrowed | Kind::Kept) {
                out.push(inc(*v));
            }
        }
        _ => {}
    }
    let bridge = matches!(block.term, Terminator::Bridge(..));
    for (k, i) in block.insts.iter().enumerate().rev() {
        let bridged = bridge && k + 1 == block.insts.len();
        let used = uses(region, c, i);
        let after = live.clone();
        if let Some(r) = i.result {
            live.remove(r);
        }
        if i.op != Op::Inc {
            for v in &used {
                live.insert(*v);
            }
        }
        let mut before_insts = Vec::new();
        let mut in_exit = ValueSet::new(region.values.len());
        if let Some(x) = i.exit {
            let mut needed = Vec::new();
            region.exits[x.index()].for_each_value(|v| {
                if region.ty(v).is_ref() {
                    supporters(c, v, &mut needed);
                }
            });
            for r in needed {
                in_exit.insert(r);
            }
        }
        let mut moved = ValueSet::new(region.values.len());
        for k in 0..i.args.len() {
            if !consumes(region, i, k) {
                continue;
            }
            let root = c.root[i.args[k].index()];
            match c.kind[root.index()] {
                Kind::Uncounted => {}
                Kind::Owned
                    if !bridged
                        && !after.contains(root)
                        && !in_exit.contains(root)
                        && moved.insert(root) => {}
                _ => before_insts.push(inc(i.args[k])),
            }
        }
        // What dies here and was not handed over. A bridged instruction's dead are dropped on its edges.
        if !bridged {
            if let Some(r) = i
                .result
                .filter(|r| c.kind[r.index()] == Kind::Owned && !after.contains(*r))
            {
                let promoted = block
                    .insts
                    .get(k + 1)
                    .is_some_and(|n| n.op == Op::Inc && n.args == [r]);
                if !promoted {
                    out.push(dec(r));
                }
            }
            let mut done = ValueSet::new(region.values.len());
            let counted_here = i.op == Op::Inc;
            // A promoted result is counted first: what it was read from may be its last holder.
            let counted_next = i.result.is_some()
                && out
                    .last()
                    .is_some_and(|n| n.op == Op::Inc && Some(n.args[0]) == i.result);
            let at = out.len() - usize::from(counted_next);
            for v in &used {
                if !after.contains(*v) && !moved.contains(*v) && done.insert(*v) {
                    out.insert(at, dec(*v));
                }
            }
            debug_assert!(!counted_here || used.len() == 1);
        }
        if let Some(x) = i.exit.filter(|_| !bridged) {
            let mut held = live.clone();
            for v in moved.iter() {
                held.remove(v);
            }
            settle_exit(region, c, x, &held);
        }
        if i.op != Op::Release {
            out.push(i.clone());
        }
        out.extend(before_insts);
    }
    // Dead on arrival: parameters nobody uses, and what only the other edge of a branch needs.
    for p in &block.params {
        if c.kind[p.index()] == Kind::Owned && !live.contains(*p) {
            out.push(dec(*p));
        }
    }
    if let Some((pred, succeeded)) = from[b.index()] {
        let mut arriving = live_at_end(region, c, live_in, pred);
        let last = region
            .block(pred)
            .insts
            .iter()
            .rev()
            .find(|i| !matches!(i.op, Op::Inc | Op::Dec))
            .cloned();
        if let (Terminator::Bridge(..), Some(i)) = (&region.block(pred).term, last) {
            for v in uses(region, c, &i) {
                arriving.insert(v);
            }
            if let Some(r) = i.result.filter(|r| c.kind[r.index()] == Kind::Owned) {
                arriving.remove(r);
                if succeeded {
                    arriving.insert(r);
                }
            }
        }
        for v in arriving.iter() {
            if !live_in[b.index()].contains(v) {
                out.push(dec(v));
            }
        }
    }
    out.reverse();
    region.block_mut(b).insts = out;
}

/// Gives each owned reference held at the exit to one snapshot slot, or to the drops.
fn settle_exit(region: &mut Region, c: &Counts, x: ExitId, held: &ValueSet) {
    let mut exit = region.exits[x.index()].clone();
    let mut left = held.clone();
    let virtuals: Vec<ValueId> = exit.virtuals.iter().map(|d| d.value).collect();
    let mut settle = |v: ValueId, o: &mut Ownership| {
        let root = c.root[v.index()];
        *o = Ownership::Borrowed;
        if !virtuals.contains(&v) && left.contains(root) {
            left.remove(root);
            *o = Ownership::Owned;
        }
    };
    for s in exit.frames.iter_mut().flat_map(|f| f.slots.iter_mut()) {
        settle(s.value, &mut s.ownership);
    }
    for (v, o) in exit.virtuals.iter_mut().flat_map(|d| d.fields.iter_mut()) {
        settle(*v, o);
    }
    exit.drops = left.iter().collect();
    region.exits[x.index()] = exit;
}
