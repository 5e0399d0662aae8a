//! Integer ranges: overflow checks, boxing checks and bounds checks that cannot fail are removed.
//!
//! Intervals by value, refined by the comparisons that dominate a block; loop parameters are widened to the end of the
//! type in the direction they move, which the dominating comparison of a counted loop then cuts down again. Without
//! such a comparison, what moves in small steps ends short of the end of the type: nobody waits that long.

use crate::analysis::Cfg;
use crate::encoding as enc;
use crate::ops::{Op, Type};
use crate::region::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

type Range = (i64, i64);
const ALL: Range = (i64::MIN, i64::MAX);

#[derive(Clone, Default)]
struct Scope {
    refined: HashMap<ValueId, Range>,
    /// Proven `a < b`.
    less: HashSet<(ValueId, ValueId)>,
}

/// Runs the pass.
pub fn run(region: &mut Region) {
    let cfg = Cfg::new(region);
    let mut base: HashMap<ValueId, Range> = HashMap::default();
    // Rounds: plain joins first, then widening, then two that narrow.
    let params: Vec<ValueId> = cfg
        .order
        .iter()
        .flat_map(|b| region.block(*b).params.clone())
        .filter(|p| region.ty(*p) == Type::I64)
        .collect();
    let mut bottom: HashSet<ValueId> = params.iter().copied().collect();
    let mut stable = false;
    for round in 0..12 {
        let (incoming, _) = walk(region, &cfg, &base, &bottom, None);
        stable = true;
        for p in &params {
            let Some(&new) = incoming.get(p) else {
                continue;
            };
            let old = base.get(p).copied();
            let was_bottom = bottom.remove(p);
            let next = match old {
                Some(o) if !was_bottom => {
                    let hull = (o.0.min(new.0), o.1.max(new.1));
                    if round < 2 {
                        hull
                    } else {
                        (
                            if hull.0 < o.0 { i64::MIN } else { o.0 },
                            if hull.1 > o.1 { i64::MAX } else { o.1 },
                        )
                    }
                }
                _ => new,
            };
            if old != Some(next) || was_bottom {
                stable = false;
                base.insert(*p, next);
            }
        }
        if stable {
            break;
        }
    }
    if !stable {
        for p in &params {
            base.insert(*p, ALL);
        }
    }
    slow_movers(region, &cfg, &params, &mut base);
    // Narrowing is sound from a fixed point: what comes in under a valid assumption is valid again.
    for _ in 0..2 {
        let (incoming, _) = walk(region, &cfg, &base, &HashSet::default(), None);
        for p in &params {
            if let (Some(n), Some(o)) = (incoming.get(p), base.get(p).copied()) {
                base.insert(*p, (o.0.max(n.0), o.1.min(n.1)));
            }
        }
    }
    let mut edits = Vec::new();
    walk(region, &cfg, &base, &HashSet::default(), Some(&mut edits));
    apply(region, edits);
}

/// The largest step of a slow mover.
const STEP: i64 = 1 << 8;
/// Where a slow mover starts at most, either way.
const START: i64 = 1 << 50;
/// Where it never gets: 2^54 steps, at four in a nanosecond, take 50 days, in a loop that nothing interrupts (each poll
/// that does sends the values back to the interpreter, whose ints have no end).
const NEVER: i64 = 1 << 62;

/// Bounds loop parameters that start small and change by small steps only.
fn slow_movers(region: &Region, cfg: &Cfg, params: &[ValueId], base: &mut HashMap<ValueId, Range>) {
    if params.is_empty() {
        return;
    }
    let (_, values) = walk(region, cfg, base, &HashSet::default(), None);
    let within = |v: ValueId, n: i64| {
        let (lo, hi) = values.get(&v).copied().unwrap_or(ALL);
        -n <= lo && hi <= n
    };
    let defs = region.defs();
    let mut slow: HashSet<ValueId> = params.iter().copied().collect();
    // A value is fine if it is small or some steps away from a slow mover.
    let fine = |slow: &HashSet<ValueId>, mut v: ValueId| {
        loop {
            if slow.contains(&v) || within(v, START) {
                return true;
            }
            let Some(i) = region.def_inst(&defs, v) else {
                return false;
            };
            v = match i.op {
                Op::IAdd | Op::IAddOvf if within(i.args[1], STEP) => i.args[0],
                Op::IAdd | Op::IAddOvf if within(i.args[0], STEP) => i.args[1],
                Op::ISub | Op::ISubOvf if within(i.args[1], STEP) => i.args[0],
                _ => return false,
            };
        }
    };
    let mut changed = true;
    while changed {
        changed = false;
        for b in &cfg.order {
            for e in region.block(*b).term.edges() {
                for (p, a) in region.block(e.block).params.iter().zip(&e.args) {
                    if slow.contains(p) && !fine(&slow, *a) {
                        slow.remove(p);
                        changed = true;
                    }
                }
            }
        }
    }
    for p in slow {
        let r = base.entry(p).or_insert(ALL);
        *r = (r.0.max(-NEVER), r.1.min(NEVER));
    }
}

enum Edit {
    Unchecked(BlockId, usize),
    Remove(BlockId, usize),
    True(BlockId, usize, bool),
}

fn apply(region: &mut Region, edits: Vec<Edit>) {
    let mut removed: HashMap<BlockId, HashSet<usize>> = HashMap::default();
    for e in edits {
        match e {
            Edit::Unchecked(b, i) => {
                let inst = &mut region.block_mut(b).insts[i];
                if let Some(op) = inst.op.unchecked() {
                    inst.op = op;
                    inst.exit = None;
                }
            }
            Edit::True(b, i, value) => {
                let inst = &mut region.block_mut(b).insts[i];
                *inst = Inst {
                    op: Op::BConst,
                    args: vec![],
                    imm: Imm::Int(u64::from(value)),
                    result: inst.result,
                    exit: None,
                };
            }
            Edit::Remove(b, i) => {
                removed.entry(b).or_default().insert(i);
            }
        }
    }
    for (b, gone) in removed {
        let mut i = 0;
        region.block_mut(b).insts.retain(|_| {
            i += 1;
            !gone.contains(&(i - 1))
        });
    }
}

/// Evaluates all blocks down the dominator tree; gives the hull of what each parameter receives, and of all values.
fn walk(
    region: &Region,
    cfg: &Cfg,
    base: &HashMap<ValueId, Range>,
    bottom: &HashSet<ValueId>,
    mut edits: Option<&mut Vec<Edit>>,
) -> (HashMap<ValueId, Range>, HashMap<ValueId, Range>) {
    let defs = region.defs();
    let children = cfg.dom_children();
    let mut values: HashMap<ValueId, Range> = base.clone();
    let mut incoming: HashMap<ValueId, Range> = HashMap::default();
    let mut work = vec![(region.entry(), Scope::default())];
    while let Some((b, mut scope)) = work.pop() {
        if let [pred] = cfg.preds[b.index()][..] {
            match &region.block(pred).term {
                Terminator::Branch(c, yes, no) if yes.block != no.block => {
                    condition(region, &defs, &values, &mut scope, *c, yes.block == b);
                }
                _ => {}
            }
        }
        for (i, inst) in region.block(b).insts.iter().enumerate() {
            let bridged = region.is_bridged(b, i);
            let r = |k: usize| range(&values, &scope, inst.args[k]);
            if let Some(edits) = edits.as_deref_mut().filter(|_| !bridged) {
                match inst.op {
                    Op::IAddOvf | Op::ISubOvf | Op::IMulOvf
                        if exact(inst.op, r(0), r(1)).is_some() =>
                    {
                        edits.push(Edit::Unchecked(b, i))
                    }
                    Op::BoxInt if r(0).0 >= enc::INT_MIN && r(0).1 <= enc::INT_MAX => {
                        edits.push(Edit::Unchecked(b, i))
                    }
                    Op::GuardBounds
                        if r(0).0 >= 0
                            && (r(0).1 < r(1).0
                                || scope.less.contains(&(inst.args[0], inst.args[1]))) =>
                    {
                        edits.push(Edit::Remove(b, i));
                    }
                    Op::ILt | Op::ILe | Op::IGt | Op::IGe => {
                        if let Some(v) = decided(inst.op, r(0), r(1)) {
                            edits.push(Edit::True(b, i, v));
                        }
                    }
                    _ => {}
                }
            }
            if let Some(res) = inst.result.filter(|v| region.ty(*v) == Type::I64) {
                let v = result(inst, r);
                values.insert(res, v);
            }
            if !bridged {
                match inst.op {
                    Op::GuardTrue => {
                        condition(region, &defs, &values, &mut scope, inst.args[0], true)
                    }
                    Op::GuardFalse => {
                        condition(region, &defs, &values, &mut scope, inst.args[0], false)
                    }
                    Op::GuardIEq => {
                        let n = inst.imm.int() as i64;
                        scope.refined.insert(inst.args[0], (n, n));
                    }
                    Op::GuardBounds => {
                        let (i, n) = (inst.args[0], inst.args[1]);
                        let (ri, rn) = (range(&values, &scope, i), range(&values, &scope, n));
                        if rn.0 < 0 {
                            continue;
                        }
                        scope
                            .refined
                            .insert(i, (ri.0.max(0), ri.1.min(rn.1.saturating_sub(1))));
                        scope.refined.insert(n, (rn.0.max(1), rn.1));
                        scope.less.insert((i, n));
                    }
                    Op::BoxInt => {
                        let x = range(&values, &scope, inst.args[0]);
                        scope
                            .refined
                            .insert(inst.args[0], (x.0.max(enc::INT_MIN), x.1.min(enc::INT_MAX)));
                    }
                    _ => {}
                }
            }
        }
        for e in region.block(b).term.edges() {
            // What the edge's own condition says about the arguments counts too.
            let mut s = scope.clone();
            if let Terminator::Branch(c, yes, no) = &region.block(b).term
                && yes.block != no.block
            {
                condition(region, &defs, &values, &mut s, *c, std::ptr::eq(e, yes));
            }
            for (p, a) in region.block(e.block).params.iter().zip(&e.args) {
                if region.ty(*p) != Type::I64 || bottom.contains(a) {
                    continue;
                }
                let r = range(&values, &s, *a);
                let hull = incoming.get(p).map_or(r, |o| (o.0.min(r.0), o.1.max(r.1)));
                incoming.insert(*p, hull);
            }
        }
        for &c in children[b.index()].iter().rev() {
            work.push((c, scope.clone()));
        }
    }
    (incoming, values)
}

fn range(values: &HashMap<ValueId, Range>, scope: &Scope, v: ValueId) -> Range {
    let a = values.get(&v).copied().unwrap_or(ALL);
    let b = scope.refined.get(&v).copied().unwrap_or(ALL);
    let r = (a.0.max(b.0), a.1.min(b.1));
    if r.0 <= r.1 { r } else { a }
}

/// The exact result range, if no pair of operands overflows.
fn exact(op: Op, a: Range, b: Range) -> Option<Range> {
    match op {
        Op::IAddOvf | Op::IAdd => Some((a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)),
        Op::ISubOvf | Op::ISub => Some((a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)),
        Op::IMulOvf | Op::IMul => {
            let all = [
                a.0.checked_mul(b.0)?,
                a.0.checked_mul(b.1)?,
                a.1.checked_mul(b.0)?,
                a.1.checked_mul(b.1)?,
            ];
            Some((*all.iter().min()?, *all.iter().max()?))
        }
        _ => None,
    }
}

fn result(inst: &Inst, r: impl Fn(usize) -> Range) -> Range {
    match inst.op {
        Op::IConst => (inst.imm.int() as i64, inst.imm.int() as i64),
        Op::IAdd | Op::ISub | Op::IMul => exact(inst.op, r(0), r(1)).unwrap_or(ALL),
        // Behind the check the result is the exact sum cut to the type.
        Op::IAddOvf => (r(0).0.saturating_add(r(1).0), r(0).1.saturating_add(r(1).1)),
        Op::ISubOvf => (r(0).0.saturating_sub(r(1).1), r(0).1.saturating_sub(r(1).0)),
        Op::IMulOvf => exact(inst.op, r(0), r(1)).unwrap_or(ALL),
        Op::IMod => {
            let d = r(1);
            if d.0 > 0 {
                (0, d.1 - 1)
            } else if d.1 < 0 && d.0 > i64::MIN {
                (d.0 + 1, 0)
            } else {
                ALL
            }
        }
        Op::IAnd => {
            let (a, b) = (r(0), r(1));
            if b.0 >= 0 {
                (0, b.1)
            } else if a.0 >= 0 {
                (0, a.1)
            } else {
                ALL
            }
        }
        Op::IShr => {
            let a = r(0);
            (a.0.min(0), a.1.max(0))
        }
        Op::UnboxInt => (enc::INT_MIN, enc::INT_MAX),
        Op::INarrow => (r(0).0.max(enc::INT_MIN), r(0).1.min(enc::INT_MAX)),
        Op::B2I => (0, 1),
        Op::Load | Op::LoadIdx => match inst.imm.mem().map(|m| m.ty) {
            Some(MemType::Size) => (0, i64::MAX),
            Some(MemType::U8) => (0, 0xFF),
            Some(MemType::I8) => (i64::from(i8::MIN), i64::from(i8::MAX)),
            Some(MemType::U16) => (0, 0xFFFF),
            Some(MemType::I16) => (i64::from(i16::MIN), i64::from(i16::MAX)),
            Some(MemType::U32) => (0, 0xFFFF_FFFF),
            Some(MemType::I32) => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => ALL,
        },
        _ => ALL,
    }
}

fn decided(op: Op, a: Range, b: Range) -> Option<bool> {
    match op {
        Op::ILt if a.1 < b.0 => Some(true),
        Op::ILt if a.0 >= b.1 => Some(false),
        Op::ILe if a.1 <= b.0 => Some(true),
        Op::ILe if a.0 > b.1 => Some(false),
        Op::IGt if a.0 > b.1 => Some(true),
        Op::IGt if a.1 <= b.0 => Some(false),
        Op::IGe if a.0 >= b.1 => Some(true),
        Op::IGe if a.1 < b.0 => Some(false),
        _ => None,
    }
}

/// Learns from a comparison that is known to be true or false.
fn condition(
    region: &Region,
    defs: &[Def],
    values: &HashMap<ValueId, Range>,
    scope: &mut Scope,
    c: ValueId,
    truth: bool,
) {
    let Some(inst) = region.def_inst(defs, c) else {
        return;
    };
    if inst.op == Op::BNot {
        return condition(region, defs, values, scope, inst.args[0], !truth);
    }
    if inst.op == Op::BAnd && truth {
        condition(region, defs, values, scope, inst.args[0], true);
        return condition(region, defs, values, scope, inst.args[1], true);
    }
    let (&[a, b], op) = (&inst.args[..], inst.op) else {
        return;
    };
    // As `low < high` or `low <= high`.
    let (low, high, strict) = match (op, truth) {
        (Op::ILt, true) => (a, b, true),
        (Op::ILt, false) => (b, a, false),
        (Op::ILe, true) => (a, b, false),
        (Op::ILe, false) => (b, a, true),
        (Op::IGt, true) => (b, a, true),
        (Op::IGt, false) => (a, b, false),
        (Op::IGe, true) => (b, a, false),
        (Op::IGe, false) => (a, b, true),
        (Op::IEq, true) | (Op::INe, false) => {
            let (x, y) = (range(values, scope, a), range(values, scope, b));
            let both = (x.0.max(y.0), x.1.min(y.1));
            if both.0 <= both.1 {
                scope.refined.insert(a, both);
                scope.refined.insert(b, both);
            }
            return;
        }
        _ => return,
    };
    let (l, h) = (range(values, scope, low), range(values, scope, high));
    let gap = i64::from(strict);
    scope
        .refined
        .insert(low, (l.0, l.1.min(h.1.saturating_sub(gap))));
    scope
        .refined
        .insert(high, (h.0.max(l.0.saturating_add(gap)), h.1));
    if strict {
        scope.less.insert((low, high));
    }
}
