//! Copies of loop bodies.
//!
//! Peeling: the first iteration is copied in front of the loop. What it proves and computes dominates the loop, so that
//! guard elimination, sharing and the heap cache then do the work of loop-invariant code motion, and no guard ever
//! leaves earlier than it would have.
//!
//! A loop that is made longer polls in its last iteration only.

use crate::analysis::{Cfg, Loop, for_each_term_use, for_each_use};
use crate::ops::{Effect, Op};
use crate::region::*;
use crate::ssa::Variable;
use rustc_hash::FxHashMap as HashMap;

/// Instructions in a loop beyond which it is not copied.
const MAX_INSTS: usize = 400;

/// Runs the pass: peels each innermost loop once.
pub fn run(region: &mut Region) {
    for l in innermost(&Cfg::new(region)) {
        if size(region, &l) <= MAX_INSTS {
            double(region, &l, redirect_entries);
        }
    }
}

/// Makes a loop twice as long.
pub(super) fn lengthen(region: &mut Region, l: &Loop) {
    double(region, l, redirect_latches);
}

/// Whether the loop is one of at most so many instructions, polls and calls nothing: beside a call the rest of an iteration
/// is little.
pub(super) fn is_tight(region: &Region, l: &Loop, most: usize) -> bool {
    let insts = l.body.iter().flat_map(|b| &region.block(*b).insts);
    let calls = insts.clone().any(|i| {
        matches!(
            i.op.effect(),
            Effect::Call | Effect::Alloc | Effect::Refcount | Effect::SlotWrite
        )
    });
    let polls = insts.clone().any(|i| i.op == Op::Poll);
    polls && !calls && size(region, l) <= most
}

/// Gives the loop a cold twin. Both are entered through `front`, whose branch leads to the loop on both ways: on the second one
/// to the twin from here on.
pub(super) fn twin(region: &mut Region, l: &Loop, front: BlockId) {
    double(region, l, |region, c| {
        for b in region.block_ids() {
            if c.copies.contains(&b) {
                region.block_mut(b).cold = true;
                lead(region, b, c.header, c.first);
            } else if b != front && !c.body.contains(&b) {
                lead(region, b, c.header, front);
            }
        }
        region.block_mut(c.first).is_loop = true;
        if let Terminator::Branch(_, _, twin) = &mut region.block_mut(front).term {
            twin.block = c.first;
        }
    });
}

/// Copies blocks for the edges from `others` to the first of them.
pub(super) fn divide(region: &mut Region, l: &Loop, others: &[BlockId]) {
    double(region, l, |region, c| {
        for b in others {
            lead(region, *b, c.header, c.first);
        }
        for b in region.block_ids() {
            if c.copies.contains(&b) {
                region.block_mut(b).is_loop |= c.loops.contains(&b);
            }
        }
    });
}

pub(super) fn innermost(cfg: &Cfg) -> Vec<Loop> {
    let loops = cfg.loops();
    let is_innermost = |l: &&Loop| {
        loops
            .iter()
            .all(|o| o.header == l.header || !l.body.contains(&o.header))
    };
    loops.iter().filter(is_innermost).cloned().collect()
}

fn size(region: &Region, l: &Loop) -> usize {
    l.body.iter().map(|b| region.block(*b).insts.len()).sum()
}

/// Copies a loop's body; `redirect` puts the copy in its place.
fn double(region: &mut Region, l: &Loop, redirect: impl Fn(&mut Region, &Copied)) {
    let mut body = l.body.clone();
    pad_bridges(region, l, &mut body);
    let copied = copy(region, l.header, &body);
    redirect(region, &copied);
    merge_uses(region, &body, &copied.values);
}

/// A copy of a loop's body whose back edges lead to the loop itself.
struct Copied<'a> {
    header: BlockId,
    /// The copy of the header.
    first: BlockId,
    body: &'a [BlockId],
    copies: Vec<BlockId>,
    /// Copies of headers of loops.
    loops: Vec<BlockId>,
    /// By value its copy and the block that defines it.
    values: HashMap<ValueId, (BlockId, ValueId)>,
}

/// The loop is entered through the copy.
fn redirect_entries(region: &mut Region, c: &Copied) {
    for b in region.block_ids() {
        if !c.body.contains(&b) && !c.copies.contains(&b) {
            lead(region, b, c.header, c.first);
        }
    }
}

/// The copy follows the loop's body, and only it polls.
fn redirect_latches(region: &mut Region, c: &Copied) {
    for &b in c.body {
        lead(region, b, c.header, c.first);
        let insts = &region.block(b).insts;
        let polls = |i: &usize| insts[*i].op == Op::Poll && !region.is_bridged(b, *i);
        for i in (0..insts.len()).filter(polls).rev().collect::<Vec<_>>() {
            region.block_mut(b).insts.remove(i);
        }
    }
}

pub(super) fn lead(region: &mut Region, b: BlockId, from: BlockId, to: BlockId) {
    for e in region.block_mut(b).term.edges_mut() {
        if e.block == from {
            e.block = to;
        }
    }
}

/// The succeeding edge of a bridge must stay the only one to its block: where it leaves the loop or closes it, a block
/// that is copied with the loop comes between.
fn pad_bridges(region: &mut Region, l: &Loop, body: &mut Vec<BlockId>) {
    for b in &l.body {
        if let Terminator::Bridge(e, _) = &region.block(*b).term
            && (e.block == l.header || !l.body.contains(&e.block))
        {
            let onward = e.clone();
            let pad = region.new_block();
            region.block_mut(pad).term = Terminator::Jump(onward);
            if let Terminator::Bridge(e, _) = &mut region.block_mut(*b).term {
                *e = Edge {
                    block: pad,
                    args: vec![],
                };
            }
            body.push(pad);
        }
    }
}

/// Values of the loop that are used behind it have two definitions now: they are merged where the ways out meet.
fn merge_uses(
    region: &mut Region,
    body: &[BlockId],
    copies: &HashMap<ValueId, (BlockId, ValueId)>,
) {
    let cfg = Cfg::new(region);
    let defs = region.defs();
    let mut uses: HashMap<ValueId, Vec<BlockId>> = HashMap::default();
    for &b in cfg.order.iter().filter(|b| !body.contains(b)) {
        let mut note = |v: ValueId| {
            if copies.contains_key(&v) {
                let blocks = uses.entry(v).or_default();
                if blocks.last() != Some(&b) {
                    blocks.push(b);
                }
            }
        };
        for i in &region.block(b).insts {
            for_each_use(region, i, &mut note);
        }
        for_each_term_use(region, &region.block(b).term, &mut note);
    }
    let mut order: Vec<ValueId> = uses.keys().copied().collect();
    order.sort_unstable();
    for v in order {
        let (home, copy) = copies[&v];
        let (Def::Param(first, _) | Def::Inst(first, _)) = defs[v.index()] else {
            continue;
        };
        let mut variable = Variable::new(&cfg, region.ty(v), region.values[v.index()].class);
        variable.define(first, v);
        variable.define(home, copy);
        for b in &uses[&v] {
            let now = variable.start(region, *b);
            let at = |u: &mut ValueId| {
                if *u == v {
                    *u = now;
                }
            };
            let mut block = std::mem::replace(
                region.block_mut(*b),
                Block {
                    params: vec![],
                    insts: vec![],
                    term: Terminator::Open,
                    is_loop: false,
                    cold: false,
                    live: true,
                },
            );
            for i in &mut block.insts {
                i.args.iter_mut().for_each(at);
                if let Some(x) = i.exit {
                    region.exits[x.index()].for_each_value_mut(at);
                }
            }
            match &mut block.term {
                Terminator::Branch(c, ..) | Terminator::Return(c) => at(c),
                Terminator::Exit(x) => region.exits[x.index()].for_each_value_mut(at),
                _ => {}
            }
            for e in block.term.edges_mut() {
                e.args.iter_mut().for_each(at);
            }
            *region.block_mut(*b) = block;
        }
    }
}

fn copy<'a>(region: &mut Region, header: BlockId, body: &'a [BlockId]) -> Copied<'a> {
    let mut blocks: HashMap<BlockId, BlockId> = HashMap::default();
    for b in body {
        let copy = region.new_block();
        blocks.insert(*b, copy);
    }
    let mut values: HashMap<ValueId, ValueId> = HashMap::default();
    let mut homes = HashMap::default();
    for b in body {
        let block = region.block(*b).clone();
        let results = block.insts.iter().filter_map(|i| i.result);
        for v in block.params.iter().copied().chain(results) {
            let copy = region.new_value(region.ty(v));
            region.values[copy.index()].class = region.values[v.index()].class;
            values.insert(v, copy);
            homes.insert(v, (blocks[b], copy));
        }
    }
    let at = |v: &mut ValueId| {
        if let Some(n) = values.get(v) {
            *v = *n;
        }
    };
    let copy_exit = |region: &mut Region, x: ExitId| {
        let n = region.clone_exit(x);
        region.exits[n.index()].for_each_value_mut(at);
        n
    };
    for b in body {
        let mut block = region.block(*b).clone();
        block.is_loop = false;
        block.params.iter_mut().for_each(at);
        for i in &mut block.insts {
            i.args.iter_mut().for_each(at);
            if let Some(r) = &mut i.result {
                at(r);
            }
            i.exit = i.exit.map(|x| copy_exit(region, x));
        }
        match &mut block.term {
            Terminator::Branch(v, ..) | Terminator::Return(v) => at(v),
            Terminator::Exit(x) => *x = copy_exit(region, *x),
            _ => {}
        }
        for e in block.term.edges_mut() {
            e.args.iter_mut().for_each(at);
            // Back edges of the copy lead to the loop itself.
            if e.block != header
                && let Some(n) = blocks.get(&e.block)
            {
                e.block = *n;
            }
        }
        *region.block_mut(blocks[b]) = block;
    }
    let is_loop = |b: &&BlockId| region.block(**b).is_loop;
    let inner = body.iter().filter(|b| **b != header);
    let loops = inner.filter(is_loop).map(|b| blocks[b]).collect();
    Copied {
        header,
        loops,
        first: blocks[&header],
        body,
        copies: blocks.values().copied().collect(),
        values: homes,
    }
}
