//! Loop peeling: the first iteration is copied in front of the loop. What it proves and computes dominates the loop,
//! so that guard elimination, sharing and the heap cache then do the work of loop-invariant code motion, and no guard
//! ever leaves earlier than it would have.

use crate::analysis::{Cfg, Loop, for_each_term_use, for_each_use};
use crate::region::*;
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
        if innermost && size <= MAX_INSTS && closed(region, &cfg, l) {
            peel(region, l);
        }
    }
}

/// No value of the loop is used outside it (its copy would have to be merged with it there).
fn closed(region: &Region, cfg: &Cfg, l: &Loop) -> bool {
    let defs = region.defs();
    let inside = |v: ValueId| match defs[v.index()] {
        Def::Param(b, _) | Def::Inst(b, _) => l.body.contains(&b),
        Def::None => false,
    };
    let mut ok = true;
    for b in cfg.order.iter().filter(|b| !l.body.contains(b)) {
        for i in &region.block(*b).insts {
            for_each_use(region, i, |v| ok &= !inside(v));
        }
        for_each_term_use(region, &region.block(*b).term, |v| ok &= !inside(v));
    }
    // The succeeding edge of a bridge must stay the only one to its block: it must not leave the loop.
    for b in &l.body {
        if let Terminator::Bridge(e, _) = &region.block(*b).term {
            ok &= l.body.contains(&e.block) && e.block != l.header;
        }
    }
    ok
}

fn peel(region: &mut Region, l: &Loop) {
    let mut blocks: HashMap<BlockId, BlockId> = HashMap::new();
    for b in &l.body {
        let copy = region.new_block();
        blocks.insert(*b, copy);
    }
    let mut values: HashMap<ValueId, ValueId> = HashMap::new();
    for b in &l.body {
        let block = region.block(*b).clone();
        let results = block.insts.iter().filter_map(|i| i.result);
        for v in block.params.iter().copied().chain(results) {
            let copy = region.new_value(region.ty(v));
            region.values[copy.index()].class = region.values[v.index()].class;
            values.insert(v, copy);
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
    for b in &l.body {
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
            if e.block != l.header
                && let Some(n) = blocks.get(&e.block)
            {
                e.block = *n;
            }
        }
        *region.block_mut(blocks[b]) = block;
    }
    let copies: Vec<BlockId> = blocks.values().copied().collect();
    let first = blocks[&l.header];
    for b in region.block_ids() {
        if l.body.contains(&b) || copies.contains(&b) {
            continue;
        }
        for e in region.block_mut(b).term.edges_mut() {
            if e.block == l.header {
                e.block = first;
            }
        }
    }
}
