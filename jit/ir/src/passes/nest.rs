//! Loops inside each other that share a header are taken apart.
//!
//! A trace that goes round an outer loop comes back to the header of the inner one, where recording began. As one
//! natural loop, nothing of what the inner loop works on is invariant: the outer path brings another iterator. With a
//! header of its own for the outer path, the inner loop can be peeled and its memory kept in registers.

use crate::analysis::Cfg;
use crate::ops::Op;
use crate::region::*;

/// Headers are split at most this often in one region.
const MAX_SPLITS: usize = 8;

/// Runs the pass.
pub fn run(region: &mut Region) {
    for _ in 0..MAX_SPLITS {
        let cfg = Cfg::new(region);
        let objects = objects(region);
        let found = cfg
            .order
            .iter()
            .find_map(|h| inner_edges(region, &cfg, &objects, *h).map(|inner| (*h, inner)));
        let Some((header, inner)) = found else {
            return;
        };
        split(region, header, &inner);
    }
}

/// Values whose object is looked into: what is known of it is worth keeping.
fn objects(region: &Region) -> Vec<bool> {
    let mut used = vec![false; region.values.len()];
    for b in region.block_ids() {
        for i in &region.block(b).insts {
            if matches!(i.op, Op::AsPtr | Op::GuardPtr | Op::GuardType) {
                used[i.args[0].index()] = true;
            }
        }
    }
    used
}

/// The back edges (block and number of its edge) on which some object stays the same, if others change it.
fn inner_edges(
    region: &Region,
    cfg: &Cfg,
    objects: &[bool],
    header: BlockId,
) -> Option<Vec<(BlockId, usize)>> {
    let mut latches: Vec<BlockId> = cfg.preds[header.index()].clone();
    latches.retain(|p| cfg.dominates(header, *p));
    latches.sort_unstable();
    latches.dedup();
    let mut back = Vec::new();
    for p in latches {
        for (n, e) in region.block(p).term.edges().into_iter().enumerate() {
            if e.block == header {
                back.push((p, n, e));
            }
        }
    }
    if back.len() < 2 {
        return None;
    }
    let params = region.block(header).params.iter().enumerate();
    params
        .filter(|(_, p)| objects[p.index()])
        .filter_map(|(k, p)| {
            let same: Vec<_> = back
                .iter()
                .filter(|(.., e)| e.args[k] == *p)
                .map(|(b, n, _)| (*b, *n))
                .collect();
            (!same.is_empty() && same.len() < back.len()).then_some(same)
        })
        .min_by_key(Vec::len)
}

/// All edges to the header but the inner ones go to a new block in front of it.
fn split(region: &mut Region, header: BlockId, inner: &[(BlockId, usize)]) {
    let outer = region.new_block();
    for p in region.block(header).params.clone() {
        let q = region.add_param(outer, region.ty(p));
        region.values[q.index()].class = region.values[p.index()].class;
    }
    let args = region.block(outer).params.clone();
    for b in region.block_ids() {
        for (n, e) in region.block_mut(b).term.edges_mut().into_iter().enumerate() {
            if e.block == header && !inner.contains(&(b, n)) {
                e.block = outer;
            }
        }
    }
    let block = region.block_mut(outer);
    block.is_loop = true;
    block.term = Terminator::Jump(Edge {
        block: header,
        args,
    });
}
