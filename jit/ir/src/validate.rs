//! The validator: types, operand counts, exits, edges and dominance. Runs after each pass in tests.

use crate::analysis::{Cfg, for_each_term_use, for_each_use};
use crate::ops::{ExitUse, ImmKind, Op, Type};
use crate::region::{BlockId, Def, Imm, Inst, Region, Terminator, ValueId};
use crate::tables::Raises;

/// Checks a region; the error names the place.
pub fn validate(region: &Region) -> Result<(), String> {
    let cfg = Cfg::new(region);
    let mut defs = vec![Def::None; region.values.len()];
    for &b in &cfg.order {
        let block = region.block(b);
        let found = block.params.iter().map(|p| (*p, Def::Param(b, 0))).chain(
            block
                .insts
                .iter()
                .enumerate()
                .filter_map(|(i, inst)| inst.result.map(|r| (r, Def::Inst(b, i as u32)))),
        );
        for (v, d) in found {
            let place = defs
                .get_mut(v.index())
                .ok_or_else(|| format!("{b}: {v} does not exist"))?;
            if *place != Def::None {
                return Err(format!("{b}: {v} is defined twice"));
            }
            *place = d;
        }
    }
    if !region.block(region.entry()).params.is_empty() {
        return Err("the entry block has parameters".into());
    }
    for &b in &cfg.order {
        let block = region.block(b);
        for (i, inst) in block.insts.iter().enumerate() {
            check_inst(region, inst).map_err(|e| format!("{b} #{i} {}: {e}", inst.op))?;
            let mut bad = None;
            for_each_use(region, inst, |v| {
                if !available(region, &cfg, &defs, v, b, i) {
                    bad = Some(v);
                }
            });
            if let Some(v) = bad {
                return Err(format!("{b} #{i} {}: {v} is not available here", inst.op));
            }
        }
        let mut bad = None;
        for_each_term_use(region, &block.term, |v| {
            if !available(region, &cfg, &defs, v, b, block.insts.len()) {
                bad = Some(v);
            }
        });
        if let Some(v) = bad {
            return Err(format!("{b} end: {v} is not available here"));
        }
        check_term(region, b).map_err(|e| format!("{b} end: {e}"))?;
    }
    Ok(())
}

fn available(
    region: &Region,
    cfg: &Cfg,
    defs: &[Def],
    v: ValueId,
    at: BlockId,
    index: usize,
) -> bool {
    match defs.get(v.index()) {
        Some(Def::Param(b, _)) => cfg.dominates(*b, at),
        Some(Def::Inst(b, i)) => {
            if region.is_bridged(*b, *i as usize) {
                // Only what the succeeding edge leads to has the result.
                return match &region.block(*b).term {
                    Terminator::Bridge(ok, _) if *b == at => {
                        index > *i as usize && ok.args.contains(&v)
                    }
                    Terminator::Bridge(ok, _) => cfg.dominates(ok.block, at),
                    _ => false,
                };
            }
            if *b == at {
                (*i as usize) < index
            } else {
                cfg.dominates(*b, at)
            }
        }
        _ => false,
    }
}

fn check_inst(region: &Region, inst: &Inst) -> Result<(), String> {
    if inst.imm.kind() != inst.op.imm_kind() {
        return Err(format!(
            "immediate is {:?}, not {:?}",
            inst.imm.kind(),
            inst.op.imm_kind()
        ));
    }
    let types: Vec<Type> = inst.args.iter().map(|a| region.ty(*a)).collect();
    if let Some(operands) = inst.op.operands() {
        if operands.len() != types.len() {
            return Err(format!("{} operands, not {}", types.len(), operands.len()));
        }
        for (o, t) in operands.iter().zip(&types) {
            if !o.accepts(*t) {
                return Err(format!("operand of type {t} where {o:?} is wanted"));
            }
        }
    }
    let mut exit_wanted = match inst.op.exit_use() {
        ExitUse::Yes => Some(true),
        ExitUse::No => Some(false),
        ExitUse::Maybe => None,
    };
    match inst.imm {
        Imm::Helper(h) => {
            let h = region
                .tables
                .helpers
                .get(h.0 as usize)
                .ok_or("unknown helper")?;
            if !h.params.iter().map(|p| p.ty).eq(types.iter().copied()) {
                return Err(format!("wrong argument types for {}", h.name));
            }
            exit_wanted = Some(h.raises != Raises::Never);
        }
        Imm::Layout(l) => {
            let l = region
                .tables
                .layouts
                .get(l.0 as usize)
                .ok_or("unknown layout")?;
            if !l.fields.iter().map(|f| f.ty.ty()).eq(types.iter().copied()) {
                return Err(format!("wrong field types for {}", l.name));
            }
        }
        Imm::Mem(m) if matches!(inst.op, Op::Store | Op::StoreIdx) => {
            if types.last() != Some(&m.ty.ty()) {
                return Err("stored type differs from the memory type".into());
            }
        }
        _ => {}
    }
    debug_assert!(inst.op.imm_kind() != ImmKind::Helper || matches!(inst.imm, Imm::Helper(_)));
    if exit_wanted.is_some_and(|w| w != inst.exit.is_some()) {
        return Err("exit missing or not wanted".into());
    }
    if inst.exit.is_some_and(|x| x.index() >= region.exits.len()) {
        return Err("exit does not exist".into());
    }
    let want = region.result_type(inst.op, inst.imm);
    if want != inst.result.map(|r| region.ty(r)) {
        return Err(format!("result should be {want:?}"));
    }
    Ok(())
}

fn check_term(region: &Region, b: BlockId) -> Result<(), String> {
    let block = region.block(b);
    match &block.term {
        Terminator::Open => return Err("block is not finished".into()),
        Terminator::Branch(c, ..) if region.ty(*c) != Type::Bool => {
            return Err("condition is not bool".into());
        }
        Terminator::Return(v) if region.ty(*v) != Type::Boxed => {
            return Err("result is not boxed".into());
        }
        Terminator::Bridge(ok, _) => {
            let last = block.insts.last().ok_or("bridge of an empty block")?;
            if last.exit.is_none() {
                return Err("bridge of an instruction that cannot leave".into());
            }
            let edges: usize = region
                .block_ids()
                .flat_map(|p| {
                    region
                        .block(p)
                        .term
                        .edges()
                        .into_iter()
                        .map(|e| e.block)
                        .collect::<Vec<_>>()
                })
                .filter(|t| *t == ok.block)
                .count();
            if edges != 1 {
                return Err("succeeding edge of a bridge must be the only one to its block".into());
            }
        }
        _ => {}
    }
    for e in block.term.edges() {
        let target = region
            .blocks
            .get(e.block.index())
            .filter(|t| t.live)
            .ok_or("edge to no block")?;
        let want: Vec<_> = target.params.iter().map(|p| region.ty(*p)).collect();
        let have: Vec<_> = e.args.iter().map(|a| region.ty(*a)).collect();
        if want != have {
            return Err(format!(
                "edge to {} passes {have:?}, wanted {want:?}",
                e.block
            ));
        }
        if e.block == region.entry() {
            return Err("edge to the entry block".into());
        }
    }
    Ok(())
}
