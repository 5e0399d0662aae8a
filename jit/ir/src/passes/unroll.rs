//! Small loops become several rounds long.
//!
//! A counted loop that changes nothing but its own values gets a companion in front of it, which makes four rounds under
//! one test of the counter and one poll. The companion has no exits: nothing of its four rounds can be seen before they
//! are done, so where a check fails the loop itself makes them again from their start, one by one, and leaves where it
//! must. Checks of the companion may therefore be made late and together, as long as no load relies on them.
//!
//! Other small loops without calls become two or four iterations long, of which the last one polls.

use super::bounds::{Limit, View, put};
use super::peel;
use super::rows::Rows;
use crate::analysis::{Cfg, Loop};
use crate::encoding as enc;
use crate::fold;
use crate::ops::{Effect, Op, Type};
use crate::region::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

/// Instructions in a loop up to which it becomes longer.
const MAX_INSTS: usize = 40;
/// Rounds of a companion.
const ROUNDS: i64 = 4;
/// Rounds after which a companion makes the checks that can wait: what they look at stays in registers until then.
const CHECKED: i64 = 2;
/// Products of two numbers without sign of so many bits: four of them are less than [`LOW`].
const SMALL_BITS: u32 = 30;
/// Added to the bits of an int that is not negative it gives the number.
const TURN: u64 = enc::INT_TAG.wrapping_neg();
/// What is not as far from 0 can be added to as much without an overflow.
const LOW: u64 = 1 << 62;

/// Runs the pass.
pub fn run(region: &mut Region) {
    let mut made = HashSet::default();
    // By header how often a loop may become twice as long: one whose companion wants small numbers is not all too short.
    let mut often: HashMap<BlockId, u32> = HashMap::default();
    for l in peel::innermost(&Cfg::new(region)) {
        if is_candidate(region, &l)
            && let Some(picky) = accompany(region, &l, &mut made)
        {
            often.insert(l.header, u32::from(picky));
        }
    }
    for n in 0..2 {
        for l in peel::innermost(&Cfg::new(region)) {
            let most = often.get(&l.header).copied().unwrap_or(2);
            if is_candidate(region, &l) && !made.contains(&l.header) && n < most {
                peel::lengthen(region, &l);
            }
        }
    }
}

fn is_candidate(region: &Region, l: &Loop) -> bool {
    peel::is_tight(region, l, MAX_INSTS) && !region.block(l.header).cold
}

/// A step of a round.
#[derive(Clone)]
pub(super) enum Step {
    Inst(Inst),
    /// The condition is so.
    Test(ValueId, bool),
    /// The parameter is the value.
    Bind(ValueId, ValueId),
}

/// One round.
pub(super) struct Round {
    pub(super) steps: Vec<Step>,
    /// What the parameters of the header are in the next one.
    pub(super) next: Vec<ValueId>,
    pub(super) poll: u64,
}

/// What says that there are rounds to come.
pub(super) struct Counted {
    pub(super) limit: Limit,
    /// The parameter of the header that counts, and what each round adds to it.
    pub(super) param: usize,
    pub(super) step: i64,
    /// The condition that each round asks.
    pub(super) condition: ValueId,
}

/// The way round a loop if there is only one, and nothing on it has effects.
fn round(region: &Region, l: &Loop) -> Option<Round> {
    let mut steps = Vec::new();
    let mut poll = None;
    let mut b = l.header;
    let mut blocks = 0;
    loop {
        blocks += 1;
        for i in &region.block(b).insts {
            match i.op.effect() {
                Effect::Guard if i.op == Op::Poll => poll = Some(i.imm.int()),
                Effect::Pure | Effect::Fallible | Effect::Guard | Effect::Load => {
                    steps.push(Step::Inst(i.clone()));
                }
                _ => return None,
            }
        }
        let inside = |e: &Edge| l.body.contains(&e.block);
        let edge = match &region.block(b).term {
            Terminator::Jump(e) => e,
            Terminator::Bridge(e, out) if !inside(out) => e,
            Terminator::Branch(c, yes, no) if inside(yes) != inside(no) => {
                steps.push(Step::Test(*c, inside(yes)));
                if inside(yes) { yes } else { no }
            }
            _ => return None,
        };
        if edge.block == l.header {
            let next = edge.args.clone();
            let all = blocks == l.body.len();
            return poll.filter(|_| all).map(|poll| Round { steps, next, poll });
        }
        let params = &region.block(edge.block).params;
        steps.extend(
            params
                .iter()
                .zip(&edge.args)
                .map(|(p, a)| Step::Bind(*p, *a)),
        );
        b = edge.block;
    }
}

/// What counts the rounds.
fn counted(view: &View, round: &Round) -> Option<Counted> {
    round.steps.iter().find_map(|s| {
        let (condition, truth) = match s {
            Step::Test(c, truth) => (*c, *truth),
            Step::Inst(i) => match i.op {
                Op::GuardTrue => (i.args[0], true),
                Op::GuardFalse => (i.args[0], false),
                _ => return None,
            },
            Step::Bind(..) => return None,
        };
        let mut found = Vec::new();
        view.limit(&mut found, condition, truth, 0);
        let (of, _, limit) = found.pop()?;
        let param = match (of, limit) {
            (Some(p), _) => p,
            (None, Limit::Remaining(p)) => p,
            _ => return None,
        };
        let step = view.steps[param].filter(|s| match limit {
            Limit::Below(_) => (1..=1 << 16).contains(s),
            Limit::Remaining(_) => *s == -1,
        })?;
        Some(Counted {
            limit,
            param,
            step,
            condition,
        })
    })
}

/// Gives the loop a companion if it is one that can have one: whether that makes products of small numbers only. `made` gets
/// the headers of what is made.
fn accompany(region: &mut Region, l: &Loop, made: &mut HashSet<BlockId>) -> Option<bool> {
    let cfg = Cfg::new(region);
    let view = View::new(region, &cfg, l);
    let round = round(region, l)?;
    let counted = counted(&view, &round)?;
    let rows = Rows::new(region, &cfg, &view, l, &round, &counted);
    let gate = region.new_block();
    params_like(region, gate, l.header);
    for b in region.block_ids() {
        if !l.body.contains(&b) {
            peel::lead(region, b, l.header, gate);
        }
    }
    let args = region.block(gate).params.clone();
    region.block_mut(gate).term = Terminator::Jump(Edge {
        block: l.header,
        args,
    });
    let below = below(region, gate, &counted);
    let mut maker = Maker {
        region,
        l,
        counted: &counted,
        made,
    };
    let (unsure, picky) = maker.companion(&round, ROUNDS, below, l.header)?;
    let mut sure = None;
    if let (Some(rows), Limit::Below(limit)) = (&rows, counted.limit) {
        let round = rows.without_checks(&round);
        let rest = maker.region.new_block();
        params_like(maker.region, rest, l.header);
        let one = maker.companion(&round, 1, Some(limit), l.header);
        let one = one.map_or(l.header, |(one, _)| one);
        let few = (1, Some(limit));
        decide(maker.region, rest, &counted, few, one, l.header);
        let found = maker.companion(&round, ROUNDS, below, rest);
        sure = found.map(|(sure, _)| (rows, sure));
    }
    let inside = match sure {
        Some(_) => region.new_block(),
        None => unsure,
    };
    decide(region, gate, &counted, (ROUNDS, below), inside, l.header);
    if let (Limit::Below(limit), Terminator::Branch(enough, ..)) =
        (counted.limit, region.block(gate).term.clone())
    {
        // Otherwise the difference may have overflown.
        let zero = fold::constant(region, Type::I64, 0);
        let positive = put(region, gate, Op::IGt, &[limit, zero], Imm::None);
        let both = put(region, gate, Op::BAnd, &[positive, enough], Imm::None);
        if let Terminator::Branch(c, ..) = &mut region.block_mut(gate).term {
            *c = both;
        }
    }
    if let Some((rows, sure)) = sure {
        params_like(region, inside, l.header);
        made.insert(rows.ask(region, inside, sure, unsure, round.poll));
    }
    Some(picky)
}

/// The value below which the counter must be for [`ROUNDS`] more.
fn below(region: &mut Region, block: BlockId, counted: &Counted) -> Option<ValueId> {
    let Limit::Below(limit) = counted.limit else {
        return None;
    };
    let ahead = (ROUNDS - 1) * counted.step;
    let ahead = fold::constant(region, Type::I64, ahead as u64);
    // Does not overflow where the limit is above 0.
    Some(put(region, block, Op::ISub, &[limit, ahead], Imm::None))
}

/// The end of a block whose parameters are those of the loop: one way if there are so many rounds to come, and the other.
fn decide(
    region: &mut Region,
    block: BlockId,
    counted: &Counted,
    (rounds, below): (i64, Option<ValueId>),
    yes: BlockId,
    no: BlockId,
) {
    let args = region.block(block).params.clone();
    let now = args[counted.param];
    let enough = match below {
        Some(below) => put(region, block, Op::ILt, &[now, below], Imm::None),
        None => {
            let more = fold::constant(region, Type::I64, (rounds - 1) as u64);
            put(region, block, Op::IGt, &[now, more], Imm::None)
        }
    };
    let to = |block| Edge {
        block,
        args: args.clone(),
    };
    region.block_mut(block).term = Terminator::Branch(enough, to(yes), to(no));
}

/// Makes companions of a loop.
struct Maker<'a> {
    region: &'a mut Region,
    l: &'a Loop,
    counted: &'a Counted,
    /// Headers of what was made.
    made: &'a mut HashSet<BlockId>,
}

impl Maker<'_> {
    /// A companion that goes round as long as the counter is below a value, and on to `rest` then. Gives the block that it is
    /// entered by, and whether it makes products of small numbers only.
    fn companion(
        &mut self,
        round: &Round,
        rounds: i64,
        below: Option<ValueId>,
        rest: BlockId,
    ) -> Option<(BlockId, bool)> {
        let region = &mut *self.region;
        let first = region.new_block();
        params_like(region, first, self.l.header);
        let start = region.block(first).params.clone();
        let (mut program, next) = rename(region, self.l, round, rounds, self.counted, &start);
        let Some(plan) = Plan::new(region, &program, &start) else {
            region.block_mut(first).live = false;
            return None;
        };
        plan.drop_unneeded(&mut program, &next);
        let mut outer = outer(region, &program, &start);
        if !plan.small.is_empty() {
            outer.push(fold::constant(region, Type::I64, TURN));
        }
        let entry = region.new_block();
        params_like(region, entry, self.l.header);
        let args = region.block(entry).params.clone();
        region.block_mut(entry).term = Terminator::Jump(Edge { block: first, args });
        let mut near = |v: ValueId| put(region, entry, Op::Near, &[v], Imm::None);
        let below = below.map(&mut near);
        let near = outer.into_iter().map(|v| (v, near(v))).collect();
        let bail = region.new_block();
        region.block_mut(bail).cold = true;
        region.block_mut(bail).term = Terminator::Jump(Edge {
            block: self.l.header,
            args: start,
        });
        let mut out = Emit::new(region, first, bail);
        out.map = near;
        out.rounds(&program, &plan);
        let (last, next) = (out.block, next.iter().map(|v| out.now(*v)).collect());
        let end = End {
            header: self.l.header,
            first,
            last,
            next,
            rest,
        };
        go_round(region, end, round.poll, self.counted, (rounds, below));
        region.block_mut(first).is_loop = true;
        self.made.insert(first);
        Some((entry, !plan.small.is_empty()))
    }
}

fn params_like(region: &mut Region, block: BlockId, like: BlockId) {
    for p in region.block(like).params.clone() {
        let q = region.add_param(block, region.ty(p));
        region.values[q.index()].class = region.values[p.index()].class;
    }
}

/// The rounds one after the other, with values of their own and without the test of the counter; and what the parameters
/// are behind them.
fn rename(
    region: &mut Region,
    l: &Loop,
    round: &Round,
    rounds: i64,
    counted: &Counted,
    start: &[ValueId],
) -> (Vec<(i64, Step)>, Vec<ValueId>) {
    let mut program = Vec::new();
    let mut now = start.to_vec();
    for n in 0..rounds {
        let params = region.block(l.header).params.clone();
        let mut map: HashMap<ValueId, ValueId> = params.into_iter().zip(now).collect();
        for s in &round.steps {
            let at = |v: &ValueId| map.get(v).copied().unwrap_or(*v);
            match s {
                Step::Bind(p, a) => {
                    let a = at(a);
                    map.insert(*p, a);
                }
                Step::Test(c, _) if *c == counted.condition => {}
                Step::Inst(i)
                    if matches!(i.op, Op::GuardTrue | Op::GuardFalse)
                        && i.args[0] == counted.condition => {}
                Step::Test(c, truth) => program.push((n, Step::Test(at(c), *truth))),
                Step::Inst(i) => {
                    let mut i = i.clone();
                    i.args.iter_mut().for_each(|a| *a = at(a));
                    if let Some(r) = i.result {
                        let v = region.new_value(region.ty(r));
                        region.values[v.index()].class = region.values[r.index()].class;
                        map.insert(r, v);
                        i.result = Some(v);
                    }
                    program.push((n, Step::Inst(i)));
                }
            }
        }
        now = round
            .next
            .iter()
            .map(|v| map.get(v).copied().unwrap_or(*v))
            .collect();
    }
    (program, now)
}

/// A sum of at most one parameter and numbers.
#[derive(Clone, Copy)]
struct Far {
    base: Option<ValueId>,
    /// How much the numbers are at most.
    most: u64,
    /// Whether none is below 0.
    rises: bool,
}

/// Which checks of the rounds are made how.
#[derive(Default)]
struct Plan {
    /// Values that are guarded to be ints, where nothing is read that relies on it.
    late: HashSet<ValueId>,
    /// Those among them that are to be small and not negative, as factors are.
    small: HashSet<ValueId>,
    /// Products of such numbers, and their factors that are numbers from outside.
    products: HashMap<ValueId, Vec<ValueId>>,
    /// Sums of a parameter and what is small beside it.
    sums: HashMap<ValueId, Option<ValueId>>,
    /// Parameters whose sums do not overflow if they are at most [`LOW`] from 0.
    low: Vec<ValueId>,
    /// Those that nothing below 0 is added to: an overflow makes them less.
    rising: Vec<ValueId>,
    /// Words of lists (results of masking) that say nothing an item of the list does not say.
    implied: HashSet<ValueId>,
}

impl Plan {
    fn new(region: &Region, program: &[(i64, Step)], start: &[ValueId]) -> Option<Plan> {
        let insts = || {
            program.iter().filter_map(|(_, s)| match s {
                Step::Inst(i) => Some(i),
                _ => None,
            })
        };
        let mut defs: HashMap<ValueId, &Inst> = HashMap::default();
        // By value the loads that it is made of, as bits.
        let mut made_of: HashMap<ValueId, u128> = HashMap::default();
        let of = |made_of: &HashMap<ValueId, u128>, args: &[ValueId]| {
            let all = args.iter().filter_map(|a| made_of.get(a));
            all.fold(0, |a, b| a | b)
        };
        let mut loads = 0;
        for i in insts() {
            let mut bits = of(&made_of, &i.args);
            if i.op.effect() == Effect::Load {
                bits |= 1u128.checked_shl(loads)?;
                loads += 1;
            }
            if let Some(r) = i.result {
                made_of.insert(r, bits);
                defs.insert(r, i);
            }
        }
        let mut plan = Plan::default();
        let mut early = HashSet::default();
        let mut relied_on = 0;
        for i in insts().collect::<Vec<_>>().into_iter().rev() {
            let bits = of(&made_of, &i.args);
            match i.op {
                Op::GuardInt if bits != 0 && bits & relied_on == 0 => {
                    plan.late.insert(i.args[0]);
                }
                Op::GuardInt => {
                    early.insert(i.args[0]);
                }
                _ if i.op.effect() == Effect::Load => relied_on |= bits,
                _ => {}
            }
        }
        plan.late.retain(|v| !early.contains(v));
        plan.factors(region, start, &defs, insts());
        plan.lists(region, &defs, insts());
        plan.bounds(region, start, insts());
        Some(plan)
    }

    /// Sums of one parameter and numbers that are small beside it.
    fn bounds<'a>(
        &mut self,
        region: &Region,
        start: &[ValueId],
        insts: impl Iterator<Item = &'a Inst>,
    ) {
        let consts = constants(region);
        let mut far: HashMap<ValueId, Far> = HashMap::default();
        let mut falling = HashSet::default();
        let mut last: HashMap<ValueId, ValueId> = HashMap::default();
        for i in insts {
            let Some(r) = i.result else { continue };
            let alone = |most: u64, rises| Far {
                base: None,
                most,
                rises,
            };
            let of = |v: &ValueId| match consts.get(v) {
                Some(n) => Some(alone((*n as i64).unsigned_abs(), *n as i64 >= 0)),
                None if start.contains(v) => Some(Far {
                    base: Some(*v),
                    ..alone(0, true)
                }),
                None => far.get(v).copied(),
            };
            let found = match i.op {
                Op::UnboxInt => {
                    let small = self.small.contains(&i.args[0]);
                    Some(alone(enc::INT_MIN.unsigned_abs(), small))
                }
                Op::IMulOvf if self.products.contains_key(&r) => {
                    Some(alone(1 << (2 * SMALL_BITS), true))
                }
                Op::IAddOvf | Op::ISubOvf | Op::IAdd | Op::ISub => {
                    let up = matches!(i.op, Op::IAdd | Op::IAddOvf);
                    match (of(&i.args[0]), of(&i.args[1])) {
                        (Some(a), Some(b)) if b.base.is_none() || (up && a.base.is_none()) => {
                            Some(Far {
                                base: a.base.or(b.base),
                                most: a.most.saturating_add(b.most),
                                rises: up && a.rises && b.rises,
                            })
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            let Some(found) = found.filter(|f| f.most <= LOW) else {
                continue;
            };
            far.insert(r, found);
            if matches!(i.op, Op::IAddOvf | Op::ISubOvf) {
                self.sums.insert(r, found.base);
                if let Some(p) = found.base {
                    // Only the last of a chain is looked at.
                    let before = last.insert(p, r).unwrap_or(p);
                    if !found.rises || !i.args.contains(&before) {
                        falling.insert(p);
                    }
                }
            }
        }
        let mut bases: Vec<ValueId> = self.sums.values().filter_map(|b| *b).collect();
        bases.sort_unstable();
        bases.dedup();
        (self.low, self.rising) = bases.iter().partition(|b| falling.contains(b));
    }

    fn factors<'a>(
        &mut self,
        region: &Region,
        start: &[ValueId],
        defs: &HashMap<ValueId, &Inst>,
        insts: impl Iterator<Item = &'a Inst>,
    ) {
        let consts = constants(region);
        for i in insts.filter(|i| i.op == Op::IMulOvf) {
            let (mut boxed, mut outer) = (Vec::new(), Vec::new());
            let mut fine = true;
            for a in &i.args {
                match defs.get(a) {
                    Some(d) if d.op == Op::UnboxInt && self.late.contains(&d.args[0]) => {
                        boxed.push(d.args[0]);
                    }
                    Some(_) => fine = false,
                    None => match consts.get(a) {
                        Some(n) => fine &= n >> SMALL_BITS == 0,
                        None => {
                            fine &= !start.contains(a);
                            outer.push(*a);
                        }
                    },
                }
            }
            if let (true, false, Some(r)) = (fine, boxed.is_empty(), i.result) {
                self.small.extend(boxed);
                self.products.insert(r, outer);
            }
        }
    }

    /// Removes what only the checks looked at that are not made.
    fn drop_unneeded(&self, program: &mut Vec<(i64, Step)>, next: &[ValueId]) {
        let mut needed: HashSet<ValueId> = next.iter().copied().collect();
        let mut kept = Vec::with_capacity(program.len());
        for (n, s) in program.drain(..).rev() {
            match &s {
                Step::Test(c, _) => needed.extend([*c]),
                Step::Inst(i) => {
                    let implied = i.op == Op::GuardIEq && self.implied.contains(&i.args[0]);
                    let used = i.result.is_some_and(|r| needed.contains(&r));
                    if implied || !(used || i.exit.is_some()) {
                        continue;
                    }
                    needed.extend(i.args.iter().copied());
                }
                Step::Bind(..) => {}
            }
            kept.push((n, s));
        }
        kept.reverse();
        *program = kept;
    }

    /// That C has not seen a list follows from an item that is a number, since the items of other lists are boxed.
    fn lists<'a>(
        &mut self,
        region: &Region,
        defs: &HashMap<ValueId, &Inst>,
        insts: impl Iterator<Item = &'a Inst> + Clone,
    ) {
        let Some(append) = region.tables.append else {
            return;
        };
        let of_list = |v: ValueId, offset: i32| {
            let i = defs.get(&v).filter(|i| i.op == Op::Load)?;
            let m = i.imm.mem()?;
            ((m.alias, m.offset) == (Alias::LIST, offset)).then_some(i.args[0])
        };
        let ints: HashSet<ValueId> = insts
            .clone()
            .filter(|i| i.op == Op::GuardInt)
            .map(|i| i.args[0])
            .collect();
        let seen: HashSet<ValueId> = ints
            .iter()
            .filter_map(|v| defs.get(v).filter(|i| i.op == Op::LoadIdx))
            .filter_map(|i| of_list(i.args[0], append.items))
            .collect();
        let consts = constants(region);
        for i in insts.filter(|i| i.op == Op::GuardIEq && i.imm.int() == 0) {
            let masked = defs.get(&i.args[0]).filter(|d| d.op == Op::IAnd);
            if let Some(m) = masked.filter(|m| consts.get(&m.args[1]) == Some(&append.special))
                && of_list(m.args[0], append.flags).is_some_and(|list| seen.contains(&list))
            {
                self.implied.insert(i.args[0]);
            }
        }
    }
}

/// The numbers among the constants, which stand in the entry block.
fn constants(region: &Region) -> HashMap<ValueId, u64> {
    let insts = region.block(region.entry()).insts.iter();
    let numbers = insts.filter(|i| i.op == Op::IConst);
    numbers
        .filter_map(|i| i.result.map(|r| (r, i.imm.int())))
        .collect()
}

/// Writes a companion.
pub(super) struct Emit<'a> {
    region: &'a mut Region,
    pub(super) block: BlockId,
    /// Where the loop takes over.
    bail: BlockId,
    /// Values that have another form here.
    pub(super) map: HashMap<ValueId, ValueId>,
}

impl<'a> Emit<'a> {
    pub(super) fn new(region: &'a mut Region, block: BlockId, bail: BlockId) -> Emit<'a> {
        Emit {
            region,
            block,
            bail,
            map: HashMap::default(),
        }
    }
    pub(super) fn put(&mut self, op: Op, args: &[ValueId], imm: Imm) -> ValueId {
        put(self.region, self.block, op, args, imm)
    }
    fn int(&mut self, n: u64) -> ValueId {
        fold::constant(self.region, Type::I64, n)
    }
    fn to(block: BlockId) -> Edge {
        Edge {
            block,
            args: vec![],
        }
    }
    /// Goes on if the condition is so.
    fn test(&mut self, condition: ValueId, truth: bool) {
        let condition = self.now(condition);
        let next = self.region.new_block();
        let (on, off) = (Self::to(next), Self::to(self.bail));
        let (yes, no) = if truth { (on, off) } else { (off, on) };
        self.region.block_mut(self.block).term = Terminator::Branch(condition, yes, no);
        self.block = next;
    }
    /// Goes on if the instruction does not leave.
    fn bridge(&mut self, i: &Inst) {
        let mut i = self.mapped(i);
        let next = self.region.new_block();
        i.exit = Some(self.region.new_exit(vec![]));
        let block = self.region.block_mut(self.block);
        block.insts.push(i);
        block.term = Terminator::Bridge(Self::to(next), Self::to(self.bail));
        self.block = next;
    }

    /// Adds an instruction, with a result of its own.
    pub(super) fn copy(&mut self, i: &Inst) {
        if i.exit.is_some() {
            return self.bridge(i);
        }
        let mut copy = self.mapped(i);
        if let Some(r) = i.result {
            let v = self.region.new_value(self.region.ty(r));
            self.region.values[v.index()].class = self.region.values[r.index()].class;
            self.map.insert(r, v);
            copy.result = Some(v);
        }
        self.region.block_mut(self.block).insts.push(copy);
    }

    fn rounds(&mut self, program: &[(i64, Step)], plan: &Plan) {
        let (mut ints, mut small) = (Vec::new(), Vec::new());
        let mut rising = HashMap::default();
        let mut bits: HashMap<ValueId, ValueId> = HashMap::default();
        let mut round = 0;
        for p in &plan.low {
            let (low, end) = (self.int(LOW), self.int(LOW << 1));
            let up = self.put(Op::IAdd, &[*p, low], Imm::None);
            let fine = self.put(Op::IULt, &[up, end], Imm::None);
            self.test(fine, true);
        }
        for (n, s) in program {
            if *n != round && *n % CHECKED == 0 {
                self.late(&mut ints, &mut small, &mut rising);
            }
            round = *n;
            let i = match s {
                Step::Test(c, truth) => {
                    self.test(*c, *truth);
                    continue;
                }
                Step::Bind(..) => continue,
                Step::Inst(i) => i,
            };
            let product = i.result.and_then(|r| plan.products.get(&r));
            match i.op {
                Op::GuardInt if plan.late.contains(&i.args[0]) => {
                    let word = self.put(Op::Bits, &i.args, Imm::None);
                    if plan.small.contains(&i.args[0]) {
                        let turn = self.int(TURN);
                        let turn = self.now(turn);
                        let number = self.put(Op::IAdd, &[word, turn], Imm::None);
                        bits.insert(i.args[0], number);
                        small.push(number);
                    } else {
                        ints.push(word);
                    }
                }
                // What is as small as the check says needs no more.
                Op::UnboxInt if bits.contains_key(&i.args[0]) => {
                    if let Some(r) = i.result {
                        self.map.insert(r, bits[&i.args[0]]);
                    }
                }
                Op::IMulOvf if product.is_some() => {
                    let factors = product.into_iter().flatten();
                    small.extend(factors.map(|v| self.map.get(v).copied().unwrap_or(*v)));
                    let mut i = self.mapped(i);
                    (i.op, i.exit) = (Op::IMul, None);
                    self.region.block_mut(self.block).insts.push(i);
                }
                Op::IAddOvf | Op::ISubOvf
                    if i.result.is_some_and(|r| plan.sums.contains_key(&r)) =>
                {
                    let base = i.result.and_then(|r| plan.sums[&r]);
                    if let Some(p) = base.filter(|p| plan.rising.contains(p)) {
                        rising.entry(p).or_insert((p, p)).1 = i.result.unwrap_or(p);
                    }
                    let mut i = self.mapped(i);
                    i.op = i.op.unchecked().unwrap_or(i.op);
                    i.exit = None;
                    self.region.block_mut(self.block).insts.push(i);
                }
                _ if i.exit.is_some() => self.bridge(i),
                _ => {
                    let i = self.mapped(i);
                    self.region.block_mut(self.block).insts.push(i);
                }
            }
        }
        self.late(&mut ints, &mut small, &mut rising);
    }

    pub(super) fn now(&self, v: ValueId) -> ValueId {
        self.map.get(&v).copied().unwrap_or(v)
    }
    fn mapped(&self, i: &Inst) -> Inst {
        let mut i = i.clone();
        i.args.iter_mut().for_each(|a| *a = self.now(*a));
        i
    }

    /// The checks that have waited.
    fn late(
        &mut self,
        ints: &mut Vec<ValueId>,
        small: &mut Vec<ValueId>,
        rising: &mut HashMap<ValueId, (ValueId, ValueId)>,
    ) {
        let reduce = |c: &mut Self, all: &mut Vec<ValueId>, op| {
            all.dedup();
            let all = all.drain(..);
            all.reduce(|a, b| c.put(op, &[a, b], Imm::None))
        };
        if let Some(any) = reduce(self, small, Op::IOr) {
            let end = self.int(1 << SMALL_BITS);
            let fine = self.put(Op::IULt, &[any, end], Imm::None);
            self.test(fine, true);
        }
        if let Some(all) = reduce(self, ints, Op::IAnd) {
            let tag = self.int(enc::INT_TAG);
            let wrong = self.put(Op::IULt, &[all, tag], Imm::None);
            self.test(wrong, false);
        }
        let mut sums: Vec<_> = rising.values_mut().collect();
        sums.sort_unstable();
        for (before, now) in sums {
            if before != now {
                let less = self.put(Op::ILt, &[*now, *before], Imm::None);
                self.test(less, false);
                *before = *now;
            }
        }
    }
}

/// Numbers from outside that the rounds work with.
fn outer(region: &Region, program: &[(i64, Step)], start: &[ValueId]) -> Vec<ValueId> {
    let mut known: HashSet<ValueId> = start.iter().copied().collect();
    known.extend(constants(region).keys());
    let mut found = Vec::new();
    for (_, s) in program {
        if let Step::Inst(i) = s {
            for a in &i.args {
                if region.ty(*a) == Type::I64 && known.insert(*a) {
                    found.push(*a);
                }
            }
            known.extend(i.result);
        }
    }
    found
}

/// The end of a companion.
struct End {
    /// The loop.
    header: BlockId,
    first: BlockId,
    last: BlockId,
    next: Vec<ValueId>,
    /// Where it goes on if there are not as many rounds left.
    rest: BlockId,
}

/// Behind the last round: a poll, and the next ones if there are so many.
fn go_round(
    region: &mut Region,
    end: End,
    poll: u64,
    counted: &Counted,
    (rounds, below): (i64, Option<ValueId>),
) {
    let (again, off) = (region.new_block(), region.new_block());
    let exit = region.new_exit(vec![]);
    let last = region.block_mut(end.last);
    last.insts.push(Inst {
        op: Op::Poll,
        args: vec![],
        imm: Imm::Int(poll),
        result: None,
        exit: Some(exit),
    });
    last.term = Terminator::Bridge(Emit::to(again), Emit::to(off));
    let to = |block| Edge {
        block,
        args: end.next.clone(),
    };
    region.block_mut(off).cold = true;
    region.block_mut(off).term = Terminator::Jump(to(end.header));
    let now = end.next[counted.param];
    let enough = match below {
        Some(below) => put(region, again, Op::ILt, &[now, below], Imm::None),
        None => {
            let more = fold::constant(region, Type::I64, (rounds - 1) as u64);
            put(region, again, Op::IGt, &[now, more], Imm::None)
        }
    };
    region.block_mut(again).term = Terminator::Branch(enough, to(end.first), to(end.rest));
}
