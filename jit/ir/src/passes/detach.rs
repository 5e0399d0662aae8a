//! The first time round a loop is taken apart from the others.
//!
//! Recording begins in an inner loop, with an iterator that the interpreter made. The outer path makes a new one each time,
//! which could stay virtual if it did not meet the first at the header. Where it would, the blocks that the object lives
//! through are copied: the copy is for the object from outside.
//!
//! Where new objects of one kind meet that nothing but exits in front knows, the object is made behind that place, of fields
//! that meet.

use super::{peel, simplify};
use crate::analysis::{Cfg, Liveness, Loop, ValueSet, for_each_term_use, for_each_use};
use crate::ops::{Effect, Op, Type};
use crate::region::*;
use crate::tables::{Field, LayoutId};
use rustc_hash::FxHashMap as HashMap;

/// Instructions up to which blocks are copied.
const MAX_INSTS: usize = 60;
/// At most so many times in one region.
const MAX_COPIES: usize = 2;

/// Runs the pass.
pub fn run(region: &mut Region) {
    for _ in 0..MAX_COPIES {
        let cfg = Cfg::new(region);
        let live = Liveness::new(region, &cfg);
        let found = cfg
            .order
            .iter()
            .find_map(|h| candidate(region, &cfg, &live, *h));
        let Some((l, others)) = found else {
            break;
        };
        peel::divide(region, &l, &others);
    }
    settle(region);
    while sink(region) {}
}

/// The `new` that a value names.
fn made<'a>(region: &'a Region, defs: &[Def], mut v: ValueId) -> Option<&'a Inst> {
    loop {
        match region.def_inst(defs, v) {
            Some(i) if i.op == Op::New => return Some(i),
            Some(i) if i.op == Op::AsValue => v = i.args[0],
            _ => return None,
        }
    }
}

/// Numbers that are stored to an object before anything else knows it are what it is made of.
fn settle(region: &mut Region) {
    for b in region.block_ids() {
        let mut at = 0;
        while at < region.block(b).insts.len() {
            if region.block(b).insts[at].op == Op::New {
                settle_one(region, b, at);
            }
            at += 1;
        }
    }
}

fn settle_one(region: &mut Region, b: BlockId, at: usize) {
    let insts = &region.block(b).insts;
    let mut new = insts[at].clone();
    let (Imm::Layout(layout), Some(object)) = (new.imm, new.result) else {
        return;
    };
    let fields = &region.tables.layout(layout).fields;
    let mut gone = Vec::new();
    for (n, i) in insts.iter().enumerate().skip(at + 1) {
        let field = i.imm.mem().and_then(|m| {
            let same = |f: &Field| (f.offset, f.ty, f.alias) == (m.offset, m.ty, m.alias);
            fields.iter().position(same)
        });
        let to_it = i.op == Op::Store && i.args[0] == object && i.args[1] != object;
        match field.filter(|f| to_it && !fields[*f].ty.ty().is_ref()) {
            Some(f) => {
                new.args[f] = i.args[1];
                gone.push(n);
            }
            None => {
                let mut used = i.op.effect() == Effect::Call;
                for_each_use(region, i, |v| used |= v == object);
                if used {
                    break;
                }
            }
        }
    }
    if let Some(last) = gone.last().copied() {
        let insts = &mut region.block_mut(b).insts;
        insts[last] = new;
        gone.pop();
        gone.push(at);
        gone.sort_unstable();
        for n in gone.into_iter().rev() {
            insts.remove(n);
        }
    }
}

/// Makes an object where its makers meet; whether there was one.
fn sink(region: &mut Region) -> bool {
    let cfg = Cfg::new(region);
    let defs = region.defs();
    // Exits in the block that makes it may name it: there it is described.
    let mut uses = vec![0u32; region.values.len()];
    let mut named = vec![false; region.values.len()];
    for b in &cfg.order {
        let block = region.block(*b);
        for i in &block.insts {
            i.args.iter().for_each(|v| uses[v.index()] += 1);
            let Some(x) = i.exit else { continue };
            region.exits[x.index()].for_each_value(|v| match defs[v.index()] {
                Def::Inst(home, _) if home == *b => named[v.index()] = true,
                _ => uses[v.index()] += 1,
            });
        }
        let mut note = |v: ValueId| uses[v.index()] += 1;
        for_each_term_use(region, &block.term, &mut note);
    }
    let found = cfg.order.iter().find_map(|h| {
        let params = &region.block(*h).params;
        (0..params.len()).find_map(|k| meet(region, &cfg, &defs, &uses, *h, k).map(|m| (*h, k, m)))
    });
    let Some((header, k, (layout, makers))) = found else {
        return false;
    };
    let param = region.block(header).params[k];
    let types: Vec<Type> = {
        let fields = &region.tables.layout(layout).fields;
        fields.iter().map(|f| f.ty.ty()).collect()
    };
    let fields: Vec<ValueId> = types
        .iter()
        .map(|ty| region.add_param(header, *ty))
        .collect();
    for b in &cfg.order {
        let mut term = region.block(*b).term.clone();
        for e in term.edges_mut().into_iter().filter(|e| e.block == header) {
            let args = made(region, &defs, e.args[k]).map(|i| i.args.clone());
            e.args.extend(args.into_iter().flatten());
        }
        region.block_mut(*b).term = term;
    }
    let object = region.new_value(Type::Ptr);
    region.values[object.index()].class = region.values[makers[0].index()].class;
    let new = Inst {
        op: Op::New,
        args: fields,
        imm: Imm::Layout(layout),
        result: Some(object),
        exit: None,
    };
    let mut insts = vec![new];
    let mut now = object;
    if region.ty(param) == Type::Boxed {
        now = region.new_value(Type::Boxed);
        insts.push(Inst {
            op: Op::AsValue,
            args: vec![object],
            imm: Imm::None,
            result: Some(now),
            exit: None,
        });
    }
    region.block_mut(header).insts.splice(0..0, insts);
    simplify::remove_params(region, |v| v == param);
    let mut map = region.identity_map();
    map[param.index()] = now;
    region.replace_values(&map);
    let maker = |i: &Inst| {
        let of = if i.op == Op::AsValue {
            Some(i.args[0])
        } else {
            i.result
        };
        of.filter(|r| makers.contains(r))
    };
    let insts = cfg.order.iter().flat_map(|b| &region.block(*b).insts);
    let in_exits: Vec<ValueId> = insts
        .filter_map(|i| maker(i).filter(|_| i.result.is_some_and(|v| named[v.index()])))
        .collect();
    for b in &cfg.order {
        let gone = |i: &Inst| maker(i).is_some_and(|r| !in_exits.contains(&r));
        region.block_mut(*b).insts.retain(|i| !gone(i));
    }
    true
}

/// The layout and the results of the instructions that make what parameter `k` of `header` is, if nothing else uses them.
fn meet(
    region: &Region,
    cfg: &Cfg,
    defs: &[Def],
    uses: &[u32],
    header: BlockId,
    k: usize,
) -> Option<(LayoutId, Vec<ValueId>)> {
    let mut makers = Vec::new();
    let mut layout = None;
    for b in &cfg.preds[header.index()] {
        for e in region.block(*b).term.edges() {
            if e.block != header {
                continue;
            }
            let new = made(region, defs, e.args[k])?;
            let (Imm::Layout(l), Some(r)) = (new.imm, new.result) else {
                return None;
            };
            let mut v = e.args[k];
            let mut alone = true;
            while v != r {
                alone &= uses[v.index()] == 1;
                v = region.def_inst(defs, v)?.args[0];
            }
            if !alone || uses[r.index()] != 1 || *layout.get_or_insert(l) != l {
                return None;
            }
            if !makers.contains(&r) {
                makers.push(r);
            }
        }
    }
    let layout = layout.filter(|l| region.tables.layout(*l).class != 0)?;
    (makers.len() > 1 && !may_be_null(region, defs, &makers)).then_some((layout, makers))
}

/// Whether a pointer in what is made is null in one and an object in another: nobody asks what a pointer is before its count
/// is changed.
fn may_be_null(region: &Region, defs: &[Def], makers: &[ValueId]) -> bool {
    let made: Vec<&Inst> = makers
        .iter()
        .filter_map(|r| region.def_inst(defs, *r))
        .collect();
    let is_null = |v: ValueId| {
        let i = region.def_inst(defs, v);
        i.is_some_and(|i| i.op == Op::PConst && i.imm.int() == 0)
    };
    (0..made[0].args.len()).any(|n| {
        let nulls = made.iter().filter(|i| is_null(i.args[n])).count();
        nulls > 0 && nulls < made.len()
    })
}

/// The blocks that an object lives through that is new on some edges to `header`, and where the other edges come from.
fn candidate(
    region: &Region,
    cfg: &Cfg,
    live: &Liveness,
    header: BlockId,
) -> Option<(Loop, Vec<BlockId>)> {
    let mut preds = cfg.preds[header.index()].clone();
    preds.sort_unstable();
    preds.dedup();
    if preds.len() < 2 {
        return None;
    }
    let defs = region.defs();
    for (k, p) in region.block(header).params.iter().enumerate() {
        if !region.ty(*p).is_ref() {
            continue;
        }
        let new_on = |b: &BlockId| {
            let edges = region.block(*b).term.edges();
            let mut to = edges.into_iter().filter(|e| e.block == header);
            to.all(|e| made(region, &defs, e.args[k]).is_some())
        };
        let (new, others): (Vec<BlockId>, Vec<BlockId>) = preds.iter().partition(|b| new_on(b));
        if new.is_empty() || others.is_empty() {
            continue;
        }
        if let Some(body) = lifetime(region, cfg, live, header, *p)
            && !preds.iter().any(|b| body.contains(b))
        {
            let l = Loop {
                header,
                latches: vec![],
                body,
            };
            return Some((l, others));
        }
    }
    None
}

/// The blocks from `header` on where its parameter is needed under some name, if they have no other way in and are few.
fn lifetime(
    region: &Region,
    cfg: &Cfg,
    live: &Liveness,
    header: BlockId,
    param: ValueId,
) -> Option<Vec<BlockId>> {
    let mut names = ValueSet::new(region.values.len());
    names.insert(param);
    // By block: whether it is entered with a name as a parameter.
    let mut given: HashMap<BlockId, bool> = HashMap::default();
    given.insert(header, true);
    loop {
        let mut changed = false;
        for &b in cfg.order.iter().filter(|b| cfg.dominates(header, **b)) {
            let block = region.block(b);
            for i in &block.insts {
                if let (Op::AsPtr | Op::AsValue, Some(r)) = (i.op, i.result)
                    && names.contains(i.args[0])
                {
                    changed |= names.insert(r);
                }
            }
            for e in block.term.edges() {
                for (p, a) in region.block(e.block).params.iter().zip(&e.args) {
                    if names.contains(*a) && e.block != header {
                        changed |= names.insert(*p);
                        given.insert(e.block, true);
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let mut body: Vec<BlockId> = Vec::new();
    let mut work = vec![header];
    let mut size = 0;
    while let Some(b) = work.pop() {
        if body.contains(&b) {
            continue;
        }
        let lives =
            given.contains_key(&b) || live.live_in[b.index()].iter().any(|v| names.contains(v));
        if !lives {
            continue;
        }
        size += region.block(b).insts.len();
        if size > MAX_INSTS || !cfg.dominates(header, b) {
            return None;
        }
        body.push(b);
        work.extend(region.block(b).term.edges().into_iter().map(|e| e.block));
    }
    let inside =
        |b: &BlockId| *b == header || cfg.preds[b.index()].iter().all(|p| body.contains(p));
    if !body.iter().all(inside) {
        return None;
    }
    // A loop: elsewhere one object more makes no difference.
    let loops = body.iter().any(|b| {
        let mut edges = region.block(*b).term.edges().into_iter();
        edges.any(|e| e.block != header && body.contains(&e.block) && cfg.dominates(e.block, *b))
    });
    body.sort_by_key(|b| cfg.place[b.index()]);
    loops.then_some(body)
}
