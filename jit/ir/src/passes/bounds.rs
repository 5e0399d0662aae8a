//! Bounds checks of counted loops, made once in front of them.
//!
//! A loop that reads `a[k]`, with `k` moving in constant steps below a limit that stays the same, gets a twin: the one
//! without the checks is entered when a comparison says that none of them can fail, the twin otherwise. So nothing leaves
//! that would not have, or earlier than it would have.

use super::peel;
use crate::analysis::{Cfg, Loop};
use crate::fold;
use crate::ops::{Op, Type};
use crate::region::*;

/// Instructions in a loop beyond which a check more or less does not count.
const MAX_INSTS: usize = 60;
/// Steps and distances from the counter up to which no sum can overflow.
const SMALL: i64 = 1 << 16;

/// Runs the pass.
pub fn run(region: &mut Region) {
    let cfg = Cfg::new(region);
    for l in peel::innermost(&cfg) {
        if peel::is_tight(region, &l, MAX_INSTS) {
            twin(region, &l);
        }
    }
}

/// What a check compares: the counter and what is added to it, the length.
struct Checked {
    block: BlockId,
    at: usize,
    counter: usize,
    ahead: i64,
    length: ValueId,
    limit: Limit,
}

/// What keeps the counter of a loop low, where it is checked.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Limit {
    /// It is below this value.
    Below(ValueId),
    /// This parameter, which is above 0, goes down by one when the counter goes up by one.
    Remaining(usize),
}

/// A loop as its checks are seen: what its values are made of.
pub(super) struct View<'a> {
    region: &'a Region,
    cfg: &'a Cfg,
    l: &'a Loop,
    defs: Vec<Def>,
    /// By parameter of the header what each round adds to it.
    pub(super) steps: Vec<Option<i64>>,
}

impl<'a> View<'a> {
    pub(super) fn new(region: &'a Region, cfg: &'a Cfg, l: &'a Loop) -> View<'a> {
        let mut view = View {
            region,
            cfg,
            l,
            defs: region.defs(),
            steps: Vec::new(),
        };
        let params = region.block(l.header).params.len();
        view.steps = (0..params).map(|p| view.step(p)).collect();
        view
    }

    pub(super) fn is_invariant(&self, v: ValueId) -> bool {
        match self.defs[v.index()] {
            Def::Param(b, _) | Def::Inst(b, _) => {
                !self.l.body.contains(&b) && self.cfg.dominates(b, self.l.header)
            }
            Def::None => false,
        }
    }
    pub(super) fn constant(&self, v: ValueId) -> Option<i64> {
        let i = self.region.def_inst(&self.defs, v)?;
        (i.op == Op::IConst).then(|| i.imm.int() as i64)
    }
    /// The value as a parameter of the header and a small number.
    fn counter(&self, mut v: ValueId) -> Option<(usize, i64)> {
        let mut sum = 0i64;
        loop {
            let (block, i) = match self.defs[v.index()] {
                Def::Param(b, n) => return (b == self.l.header).then_some((n as usize, sum)),
                Def::Inst(b, _) => (b, self.region.def_inst(&self.defs, v)?),
                Def::None => return None,
            };
            if !self.l.body.contains(&block) {
                return None;
            }
            let (rest, n) = match i.op {
                Op::INarrow => (i.args[0], 0),
                Op::IAdd | Op::IAddOvf => match self.constant(i.args[1]) {
                    Some(n) => (i.args[0], n),
                    None => (i.args[1], self.constant(i.args[0])?),
                },
                Op::ISub | Op::ISubOvf => (i.args[0], self.constant(i.args[1])?.checked_neg()?),
                _ => return None,
            };
            sum = sum
                .checked_add(n)
                .filter(|s| (-SMALL..=SMALL).contains(s))?;
            v = rest;
        }
    }
    fn step(&self, param: usize) -> Option<i64> {
        let mut step = None;
        for b in &self.l.latches {
            for e in self.region.block(*b).term.edges() {
                if e.block != self.l.header {
                    continue;
                }
                let (p, n) = self.counter(e.args[param])?;
                if p != param || step.is_some_and(|s| s != n) {
                    return None;
                }
                step = Some(n);
            }
        }
        step
    }
    /// How much more than the counter the parameter is in all rounds but the first, if it is what the counter was.
    fn lag(&self, param: usize, counter: usize) -> Option<i64> {
        let mut lag = None;
        for b in &self.l.latches {
            for e in self.region.block(*b).term.edges() {
                if e.block != self.l.header {
                    continue;
                }
                let (p, n) = self.counter(e.args[param])?;
                if p != counter || param == counter || lag.is_some_and(|l| l != n) {
                    return None;
                }
                lag = Some(n);
            }
        }
        Some(lag? - self.steps[counter]?)
    }
    fn is_length(&self, v: ValueId) -> bool {
        let i = self.region.def_inst(&self.defs, v);
        self.is_invariant(v)
            && i.is_some_and(|i| match i.imm {
                Imm::Mem(m) => m.ty == MemType::Size,
                _ => false,
            })
    }

    /// The checks that need not be made if one in front of the loop holds.
    fn checks(&self) -> Vec<Checked> {
        let mut found = Vec::new();
        for &block in &self.l.body {
            let mut limits = None;
            for (at, i) in self.region.block(block).insts.iter().enumerate() {
                if i.op != Op::GuardBounds || self.region.is_bridged(block, at) {
                    continue;
                }
                let Some((counter, ahead)) = self.counter(i.args[0]) else {
                    continue;
                };
                // A counter that goes up by one and is below some length cannot overflow.
                if self.steps[counter] != Some(1) || !self.is_length(i.args[1]) {
                    continue;
                }
                let limits: &Vec<_> = limits.get_or_insert_with(|| self.limits(block));
                let limit = limits.iter().find_map(|(of, from, limit)| {
                    let known = of.is_none_or(|p| p == counter) && *from <= at;
                    known.then_some(*limit)
                });
                if let Some(limit) = limit {
                    found.push(Checked {
                        block,
                        at,
                        counter,
                        ahead,
                        length: i.args[1],
                        limit,
                    });
                }
            }
        }
        found
    }

    /// What is known to be small in a block: of which counter (`None`: of all that go up by one), from which of its
    /// instructions on.
    fn limits(&self, block: BlockId) -> Vec<(Option<usize>, usize, Limit)> {
        let mut found = Vec::new();
        let mut b = block;
        loop {
            for (n, i) in self.region.block(b).insts.iter().enumerate() {
                if self.region.is_bridged(b, n) {
                    break;
                }
                let from = if b == block { n } else { 0 };
                match i.op {
                    Op::GuardTrue => self.limit(&mut found, i.args[0], true, from),
                    Op::GuardFalse => self.limit(&mut found, i.args[0], false, from),
                    _ => {}
                }
            }
            if b == self.l.header {
                return found;
            }
            if let [pred] = self.cfg.preds[b.index()][..] {
                let p = self.region.block(pred);
                match (&p.term, p.insts.last()) {
                    (Terminator::Branch(c, yes, no), _) if yes.block != no.block => {
                        self.limit(&mut found, *c, yes.block == b, 0);
                    }
                    (Terminator::Bridge(ok, fail), Some(i)) if ok.block != fail.block => {
                        match (i.op, ok.block == b) {
                            (Op::GuardTrue, t) => self.limit(&mut found, i.args[0], t, 0),
                            (Op::GuardFalse, t) => self.limit(&mut found, i.args[0], !t, 0),
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
            b = self.cfg.idom[b.index()];
        }
    }

    /// Where the loop asks whether something that its checks rely on remains: a number that is above 0 exactly where the
    /// counter is below its sum with it, as the two do not overflow together.
    fn tests(&self, counter: usize, checks: &[Checked]) -> Vec<(BlockId, usize)> {
        let relied = |p: usize| {
            let mut of = checks.iter().filter(|c| c.counter == counter);
            of.any(|c| c.limit == Limit::Remaining(p))
        };
        let mut found = Vec::new();
        for &b in &self.l.body {
            for (at, i) in self.region.block(b).insts.iter().enumerate() {
                if i.op == Op::IGt
                    && self.constant(i.args[1]) == Some(0)
                    && let Def::Param(h, p) = self.defs[i.args[0].index()]
                    && h == self.l.header
                    && relied(p as usize)
                {
                    found.push((b, at));
                }
            }
        }
        found
    }

    pub(super) fn limit(
        &self,
        found: &mut Vec<(Option<usize>, usize, Limit)>,
        condition: ValueId,
        truth: bool,
        from: usize,
    ) {
        let Some(i) = self.region.def_inst(&self.defs, condition) else {
            return;
        };
        let (low, high) = match (i.op, truth) {
            (Op::ILt, true) | (Op::IGe, false) => (i.args[0], i.args[1]),
            (Op::IGt, true) | (Op::ILe, false) => (i.args[1], i.args[0]),
            _ => return,
        };
        if self.constant(low) == Some(0)
            && let Some((p, 0)) = self.counter(high)
            && self.steps[p] == Some(-1)
        {
            found.push((None, from, Limit::Remaining(p)));
        } else if let Some((p, 0)) = self.counter(low)
            && self.is_invariant(high)
        {
            found.push((Some(p), from, Limit::Below(high)));
        }
    }
}

fn twin(region: &mut Region, l: &Loop) {
    let cfg = Cfg::new(region);
    let mut view = View::new(region, &cfg, l);
    let checks = view.checks();
    if checks.is_empty() {
        return;
    }
    let counter = checks[0].counter;
    let lags: Vec<_> = (0..view.steps.len())
        .map(|p| view.lag(p, counter))
        .collect();
    let steps = std::mem::take(&mut view.steps);
    let tests = view.tests(counter, &checks);
    let mut gone: Vec<(BlockId, usize)> = checks.iter().map(|c| (c.block, c.at)).collect();
    let front = front(region, l, &checks, &lags);
    peel::twin(region, l, front);
    let made = count_once(region, l.header, front, counter, (&steps, &lags), &tests);
    gone.sort_unstable();
    for (b, at) in gone.into_iter().rev() {
        let more = if b == l.header { made } else { 0 };
        region.block_mut(b).insts.remove(at + more);
    }
}

/// A block that decides, from what the loop is entered with, whether the checks hold in every round and what lags behind the
/// counter does so from the first on. Its branch leads to the loop either way.
fn front(region: &mut Region, l: &Loop, checks: &[Checked], lags: &[Option<i64>]) -> BlockId {
    let front = region.new_block();
    let mut start = Vec::new();
    for p in region.block(l.header).params.clone() {
        let q = region.add_param(front, region.ty(p));
        region.values[q.index()].class = region.values[p.index()].class;
        start.push(q);
    }
    let mut all = None;
    let mut made: Vec<(usize, i64, ValueId, Limit)> = Vec::new();
    for c in checks {
        let key = (c.counter, c.ahead, c.length, c.limit);
        if made.contains(&key) {
            continue;
        }
        made.push(key);
        let first = start[c.counter];
        let int =
            |region: &mut Region, n: i64| put(region, front, Op::IConst, &[], Imm::Int(n as u64));
        let compare = |region: &mut Region, op, a, b| put(region, front, op, &[a, b], Imm::None);
        let lowest = int(region, (-c.ahead).max(0));
        let mut holds = vec![compare(region, Op::IGe, first, lowest)];
        let ahead = int(region, c.ahead.max(0));
        // Not below -SMALL, as a length is not below 0.
        let room = put(region, front, Op::ISub, &[c.length, ahead], Imm::None);
        match c.limit {
            Limit::Below(limit) => holds.push(compare(region, Op::ILe, limit, room)),
            Limit::Remaining(p) => {
                // Where the first is no more than there is room for, the difference does not overflow.
                holds.push(compare(region, Op::ILe, first, room));
                let rest = put(region, front, Op::ISub, &[room, first], Imm::None);
                holds.push(compare(region, Op::ILe, start[p], rest));
            }
        }
        for h in holds {
            all = Some(match all {
                Some(a) => put(region, front, Op::BAnd, &[a, h], Imm::None),
                None => h,
            });
        }
    }
    for (p, lag) in lags.iter().enumerate() {
        let Some(lag) = lag else { continue };
        let lag = put(region, front, Op::IConst, &[], Imm::Int(*lag as u64));
        let expected = put(
            region,
            front,
            Op::IAdd,
            &[start[checks[0].counter], lag],
            Imm::None,
        );
        let holds = put(region, front, Op::IEq, &[start[p], expected], Imm::None);
        all = all.map(|a| put(region, front, Op::BAnd, &[a, holds], Imm::None));
    }
    let edge = Edge {
        block: l.header,
        args: start,
    };
    if let Some(all) = all {
        region.block_mut(front).term = Terminator::Branch(all, edge.clone(), edge);
    }
    front
}

/// Parameters that move with the counter are made from it and what they differ by when the loop is entered: each needs a
/// register otherwise. `tests` ask whether what remains is above 0. Gives how many instructions the header starts with now.
fn count_once(
    region: &mut Region,
    header: BlockId,
    front: BlockId,
    counter: usize,
    (steps, lags): (&[Option<i64>], &[Option<i64>]),
    tests: &[(BlockId, usize)],
) -> usize {
    let params = region.block(header).params.clone();
    let start = region.block(front).params.clone();
    let (p, p0) = (params[counter], start[counter]);
    let mut map = region.identity_map();
    let mut gone = Vec::new();
    for (n, step) in steps.iter().enumerate().filter(|(n, _)| *n != counter) {
        let (make, op) = match (step, lags[n]) {
            (Some(1), _) => (Op::ISub, Op::IAdd),
            (Some(-1), _) => (Op::IAdd, Op::ISub),
            (_, Some(_)) => (Op::ISub, Op::IAdd),
            _ => continue,
        };
        let fixed = match lags[n] {
            Some(lag) => fold::constant(region, Type::I64, lag as u64),
            None => put(region, front, make, &[start[n], p0], Imm::None),
        };
        for &(b, at) in tests {
            let i = &mut region.block_mut(b).insts[at];
            if i.args.contains(&params[n]) {
                (i.op, i.args) = (Op::ILt, vec![p, fixed]);
            }
        }
        let made = put(region, header, op, &[fixed, p], Imm::None);
        map.extend((map.len()..=made.index()).map(|v| ValueId(v as u32)));
        map[fixed.index()] = fixed;
        map[params[n].index()] = made;
        gone.push(n);
    }
    for n in gone.iter().rev() {
        region.block_mut(header).params.remove(*n);
        for b in region.block_ids() {
            for e in region.block_mut(b).term.edges_mut() {
                if e.block == header {
                    e.args.remove(*n);
                }
            }
        }
        // At the start of the block, where the parameter was.
        region.block_mut(header).insts.rotate_right(1);
    }
    region.replace_values(&map);
    gone.len()
}

/// Appends an instruction with a result to a block.
pub(super) fn put(
    region: &mut Region,
    block: BlockId,
    op: Op,
    args: &[ValueId],
    imm: Imm,
) -> ValueId {
    let ty = region.result_type(op, imm).unwrap_or(Type::I64);
    let result = region.new_value(ty);
    region.block_mut(block).insts.push(Inst {
        op,
        args: args.to_vec(),
        imm,
        result: Some(result),
        exit: None,
    });
    result
}
