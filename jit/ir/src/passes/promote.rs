//! Memory that a loop counts in (an iterator's index) is kept in a register: loaded before the loop, a parameter in
//! it, stored where the loop is left.

use super::clobbers;
use crate::analysis::{Cfg, Loop};
use crate::ops::{Effect, Op, Type};
use crate::region::*;
use rustc_hash::FxHashMap as HashMap;

/// Runs the pass, one place at a time.
pub fn run(region: &mut Region) {
    for _ in 0..16 {
        let cfg = Cfg::new(region);
        let found = cfg
            .loops()
            .into_iter()
            .find_map(|l| candidate(region, &l).map(|c| (l, c)));
        let Some((l, (base, mem))) = found else {
            return;
        };
        pad_ways_out(region, &cfg, &l);
        promote(region, &Cfg::new(region), &l, base, mem);
    }
}

fn candidate(region: &Region, l: &Loop) -> Option<(ValueId, Mem)> {
    if l.body
        .iter()
        .any(|b| matches!(region.block(*b).term, Terminator::Return(_)))
    {
        return None;
    }
    let defs = region.defs();
    let outside = |v: ValueId| match defs[v.index()] {
        Def::Param(b, _) | Def::Inst(b, _) => !l.body.contains(&b),
        Def::None => false,
    };
    let insts = || l.body.iter().flat_map(|b| region.block(*b).insts.iter());
    insts().find_map(|s| {
        let mem = s
            .imm
            .mem()
            .filter(|m| s.op == Op::Store && matches!(m.ty, MemType::I64 | MemType::F64))?;
        let base = s.args[0];
        let alone = insts().all(|i| match (i.op.effect(), i.imm) {
            (Effect::Load | Effect::Store, Imm::Mem(m)) if m.alias == mem.alias => {
                let apart =
                    m.offset + m.ty.size() as i32 <= mem.offset || mem.offset + 8 <= m.offset;
                matches!(i.op, Op::Load | Op::Store) && i.args[0] == base && (m == mem || apart)
            }
            (Effect::Load | Effect::Store, _) => true,
            (Effect::Call, Imm::Helper(h)) => {
                let e = region.tables.helper(h).effects;
                !e.calls_python && (e.reads | e.writes) & mem.alias.bit() == 0
            }
            (Effect::Call, _) => false,
            _ => clobbers(region, i) == 0,
        });
        // What is still asked in the loop was not known before it: the memory may be another object's.
        let known = !insts().any(|i| {
            matches!(i.op, Op::GuardType | Op::GuardIs | Op::GuardPtr) && i.args[0] == base
        });
        (outside(base) && known && alone).then_some((base, mem))
    })
}

/// Where the loop is left by an edge there must be a place for the store: a block nobody else enters.
fn pad_ways_out(region: &mut Region, cfg: &Cfg, l: &Loop) {
    for b in &l.body {
        let mut term = region.block(*b).term.clone();
        for e in term.edges_mut() {
            if !l.body.contains(&e.block) && cfg.preds[e.block.index()].len() > 1 {
                let pad = region.new_block();
                region.block_mut(pad).term = Terminator::Jump(e.clone());
                *e = Edge {
                    block: pad,
                    args: vec![],
                };
            }
        }
        region.block_mut(*b).term = term;
    }
}

/// An exit of an inner loop that keeps the same memory in a register stores that one's value.
fn store_at_exit(region: &mut Region, x: ExitId, base: ValueId, mem: Mem, value: ValueId) {
    let stores = &mut region.exits[x.index()].stores;
    if !stores.iter().any(|s| s.base == base && s.mem == mem) {
        stores.push(PendingStore { base, mem, value });
    }
}

fn promote(region: &mut Region, cfg: &Cfg, l: &Loop, base: ValueId, mem: Mem) {
    let ty: Type = mem.ty.ty();
    for &p in &cfg.preds[l.header.index()] {
        if !l.body.contains(&p) {
            let v = region.new_value(ty);
            let load = Inst {
                op: Op::Load,
                args: vec![base],
                imm: Imm::Mem(mem),
                result: Some(v),
                exit: None,
            };
            let bridge = matches!(region.block(p).term, Terminator::Bridge(..));
            let at = region.block(p).insts.len() - usize::from(bridge);
            region.block_mut(p).insts.insert(at, load);
            for e in region
                .block_mut(p)
                .term
                .edges_mut()
                .into_iter()
                .filter(|e| e.block == l.header)
            {
                e.args.push(v);
            }
        }
    }
    let param = region.add_param(l.header, ty);
    // Where paths meet inside there is a parameter; superfluous ones are removed later.
    let merges: HashMap<BlockId, ValueId> = l
        .body
        .iter()
        .filter(|b| **b != l.header && cfg.preds[b.index()].len() > 1)
        .map(|b| (*b, region.add_param(*b, ty)))
        .collect();
    let mut at_end: HashMap<BlockId, ValueId> = HashMap::default();
    let mut map: HashMap<ValueId, ValueId> = HashMap::default();
    for b in &l.body {
        let mut now = if *b == l.header {
            param
        } else if let Some(p) = merges.get(b) {
            *p
        } else {
            at_end[&cfg.preds[b.index()][0]]
        };
        let insts = std::mem::take(&mut region.block_mut(*b).insts);
        let mut kept = Vec::with_capacity(insts.len());
        for i in insts {
            if i.op == Op::Store && i.imm == Imm::Mem(mem) && i.args[0] == base {
                now = i.args[1];
                continue;
            }
            if i.op == Op::Load && i.imm == Imm::Mem(mem) && i.args[0] == base {
                if let Some(r) = i.result {
                    map.insert(r, now);
                }
                continue;
            }
            if let Some(x) = i.exit {
                store_at_exit(region, x, base, mem, now);
            }
            kept.push(i);
        }
        region.block_mut(*b).insts = kept;
        if let Terminator::Exit(x) = region.block(*b).term {
            store_at_exit(region, x, base, mem, now);
        }
        at_end.insert(*b, now);
        let mut term = region.block(*b).term.clone();
        for e in term.edges_mut() {
            if e.block == l.header || merges.contains_key(&e.block) {
                e.args.push(now);
            } else if !l.body.contains(&e.block) {
                let store = Inst {
                    op: Op::Store,
                    args: vec![base, now],
                    imm: Imm::Mem(mem),
                    result: None,
                    exit: None,
                };
                region.block_mut(e.block).insts.insert(0, store);
            }
        }
        region.block_mut(*b).term = term;
    }
    let mut all = region.identity_map();
    for (from, to) in map {
        all[from.index()] = to;
    }
    region.replace_values(&all);
}
