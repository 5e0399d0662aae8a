//! Allocation removal: an object that is only read, written and named in snapshots is never made; exits describe it.

use crate::analysis::{Cfg, for_each_term_use};
use crate::ops::Op;
use crate::region::*;
use crate::tables::LayoutId;
use std::collections::{HashMap, HashSet};

/// Runs the pass, one object at a time.
pub fn run(region: &mut Region) {
    let mut tried = HashSet::new();
    loop {
        let cfg = Cfg::new(region);
        let next = cfg.order.iter().find_map(|b| {
            region
                .block(*b)
                .insts
                .iter()
                .find_map(|i| match (i.op, i.result, i.imm) {
                    (Op::New, Some(r), Imm::Layout(l)) if !tried.contains(&r) => Some((*b, r, l)),
                    _ => None,
                })
        });
        let Some((b, object, layout)) = next else {
            return;
        };
        tried.insert(object);
        if let Some(plan) = escapes_not(region, &cfg, b, object, layout) {
            remove(region, &cfg, b, object, layout, &plan);
        }
    }
}

/// Other names of the object; `None` if it escapes.
fn escapes_not(
    region: &Region,
    cfg: &Cfg,
    home: BlockId,
    object: ValueId,
    layout: LayoutId,
) -> Option<HashSet<ValueId>> {
    let fields = &region.tables.layout(layout).fields;
    let mut names = HashSet::from([object]);
    let mut stores = false;
    for &b in &cfg.order {
        let block = region.block(b);
        for (k, i) in block.insts.iter().enumerate() {
            let named: Vec<usize> = (0..i.args.len())
                .filter(|a| names.contains(&i.args[*a]))
                .collect();
            if named.is_empty() {
                continue;
            }
            let field = i
                .imm
                .mem()
                .is_some_and(|m| fields.iter().any(|f| f.offset == m.offset && f.ty == m.ty));
            match i.op {
                Op::Load if field => {}
                Op::Store if field && named == [0] => stores = true,
                Op::AsValue | Op::AsPtr => names.extend(i.result),
                Op::Release => {}
                _ => return None,
            }
            if region.is_bridged(b, k) {
                return None;
            }
        }
        let mut in_edge = false;
        if !matches!(block.term, Terminator::Exit(_)) {
            for_each_term_use(region, &block.term, |v| in_edge |= names.contains(&v));
        }
        if in_edge {
            return None;
        }
    }
    if stores {
        // Field values then differ by path: only where each block the object reaches has one way in.
        for &b in &cfg.order {
            if b != home && cfg.dominates(home, b) && cfg.preds[b.index()].len() > 1 {
                return None;
            }
        }
    }
    Some(names)
}

fn remove(
    region: &mut Region,
    cfg: &Cfg,
    home: BlockId,
    object: ValueId,
    layout: LayoutId,
    names: &HashSet<ValueId>,
) {
    let children = cfg.dom_children();
    let fields = region.tables.layout(layout).fields.clone();
    let at = |m: Mem| {
        fields
            .iter()
            .position(|f| f.offset == m.offset && f.ty == m.ty)
    };
    let mut map: HashMap<ValueId, ValueId> = HashMap::new();
    let mut work: Vec<(BlockId, Vec<ValueId>)> = vec![(home, Vec::new())];
    while let Some((b, mut now)) = work.pop() {
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let mut kept = Vec::with_capacity(insts.len());
        for i in insts {
            if let Some(x) = i.exit {
                describe(region, x, object, layout, names, &now);
            }
            if i.result == Some(object) {
                now = i.args.clone();
                continue;
            }
            let named = i.args.first().is_some_and(|a| names.contains(a));
            match (i.op, i.imm.mem().and_then(at)) {
                (Op::Load, Some(f)) if named => {
                    if let Some(r) = i.result {
                        map.insert(r, now[f]);
                    }
                }
                (Op::Store, Some(f)) if named => now[f] = i.args[1],
                (Op::AsValue | Op::AsPtr | Op::Release, _) if named => {}
                _ => kept.push(i),
            }
        }
        region.block_mut(b).insts = kept;
        if let Terminator::Exit(x) = region.block(b).term {
            describe(region, x, object, layout, names, &now);
        }
        for &ch in &children[b.index()] {
            work.push((ch, now.clone()));
        }
    }
    let mut all = region.identity_map();
    for (from, to) in map {
        all[from.index()] = to;
    }
    region.replace_values(&all);
}

/// Adds the object to an exit that names it.
fn describe(
    region: &mut Region,
    x: ExitId,
    object: ValueId,
    layout: LayoutId,
    names: &HashSet<ValueId>,
    now: &[ValueId],
) {
    let exit = &mut region.exits[x.index()];
    let mut found = false;
    for v in exit
        .frames
        .iter_mut()
        .flat_map(|f| f.slots.iter_mut().map(|s| &mut s.value))
        .chain(
            exit.virtuals
                .iter_mut()
                .flat_map(|d| d.fields.iter_mut().map(|(v, _)| v)),
        )
    {
        if names.contains(v) {
            *v = object;
            found = true;
        }
    }
    if found && !exit.virtuals.iter().any(|d| d.value == object) {
        let fields = now.iter().map(|v| (*v, Ownership::Borrowed)).collect();
        exit.virtuals.push(SnapVirtual {
            value: object,
            layout,
            fields,
        });
    }
}
