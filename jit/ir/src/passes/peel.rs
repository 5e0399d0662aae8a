//! Loop peeling: the first iteration is copied in front of the loop. What it proves and computes dominates the loop,
//! so that guard elimination, sharing and the heap cache then do the work of loop-invariant code motion, and no guard
//! ever leaves earlier than it would have.

use crate::analysis::{Cfg, Loop, for_each_term_use, for_each_use};
use crate::region::*;
use crate::ssa::Variable;
use std::collections::HashMap;

/// Instructions in a loop beyond which it is not copied.
const MAX_INSTS: usize = 400;

/// Runs the pass: peels each innermost loop once.
pub fn run(region: &mut Region) {
    let cfg = Cfg::new(region);
    let loops = cfg.loops();
    for l in &loops {
        let innermost = loops
            .iter()
            .all(|o| o.header == l.header || !l.body.contains(&o.header));
        let size: usize = l.body.iter().map(|b| region.block(*b).insts.len()).sum();
        if innermost && size <= MAX_INSTS {
            let mut body = l.body.clone();
            pad_bridges(region, l, &mut body);
            let copies = peel(region, l.header, &body);
            merge_uses(region, &body, &copies);
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
    let mut uses: HashMap<ValueId, Vec<BlockId>> = HashMap::new();
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

/// Copies the blocks in front of the loop; gives each value's copy and the block that defines it.
fn peel(
    region: &mut Region,
    header: BlockId,
    body: &[BlockId],
) -> HashMap<ValueId, (BlockId, ValueId)> {
    let mut blocks: HashMap<BlockId, BlockId> = HashMap::new();
    for b in body {
        let copy = region.new_block();
        blocks.insert(*b, copy);
    }
    let mut values: HashMap<ValueId, ValueId> = HashMap::new();
    let mut homes = HashMap::new();
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
    let copies: Vec<BlockId> = blocks.values().copied().collect();
    let first = blocks[&header];
    for b in region.block_ids() {
        if body.contains(&b) || copies.contains(&b) {
            continue;
        }
        for e in region.block_mut(b).term.edges_mut() {
            if e.block == header {
                e.block = first;
            }
        }
    }
    homes
}
