//! What a loop asks of the rows it walks down (`b[k][j]` for each `k`) is asked once for all of them.
//!
//! The loop around it comes back to the same rows with another `j`: that they are lists, and how long the shortest of
//! them is, stays as it is, unless something is stored over one of them. So the loop around remembers for which places
//! it has been asked, and the companion is entered without the checks where that covers it. The first walk asks nothing
//! in advance: a second one has to show that it is worth it. What is remembered cannot be seen: nothing leaves from here.

use super::bounds::{Limit, View, put};
use super::clobbers;
use super::unroll::{Counted, Emit, Round, Step};
use crate::analysis::{Cfg, Loop};
use crate::fold;
use crate::ops::{Effect, Op, Type};
use crate::region::*;
use crate::ssa::Variable;
use rustc_hash::FxHashSet as HashSet;

/// What is asked of the rows.
pub(super) struct Rows {
    /// The instructions that find and check them, in order.
    program: Vec<Inst>,
    /// Places of those checks in the round.
    checks: HashSet<usize>,
    /// What must be less than the length of each row.
    indices: Vec<ValueId>,
    /// The lists that the rows are items of: what is stored to others does not matter.
    lists: Vec<ValueId>,
    /// The loop around the walk that comes back to the same rows.
    around: Loop,
    /// What the place counts up to.
    limit: ValueId,
    counter: usize,
    /// The parameter that counts.
    place: ValueId,
}

/// What is remembered: of the places from the first on and below the second it is known that the rows are what they
/// should be, and at least as long as the third says. If that is 0, either nothing has been looked at yet or not all
/// rows are like that.
#[derive(Clone, Copy)]
pub(super) struct Known {
    from: ValueId,
    to: ValueId,
    least: ValueId,
}

/// Of no place it is known how long the rows are.
const NONE: u64 = 0;
/// Longer than any row.
const ANY: u64 = i64::MAX as u64;

impl Rows {
    pub(super) fn new(
        region: &Region,
        cfg: &Cfg,
        view: &View,
        l: &Loop,
        round: &Round,
        counted: &Counted,
    ) -> Option<Rows> {
        let Limit::Below(limit) = counted.limit else {
            return None;
        };
        if counted.step != 1 {
            return None;
        }
        let mut rows = Rows {
            program: Vec::new(),
            checks: HashSet::default(),
            indices: Vec::new(),
            lists: Vec::new(),
            around: l.clone(),
            limit,
            counter: counted.param,
            place: region.block(l.header).params[counted.param],
        };
        let bases = rows.find(view, round, counted)?;
        let defs = region.defs();
        // Objects that the rows are items of, lists or not.
        let mut holders = Vec::new();
        for (items, alias) in bases {
            let holder = if alias == Alias::IMMUTABLE {
                items
            } else {
                list_of(region, &defs, items)?
            };
            let holder = named(region, &defs, holder);
            holders.push(holder);
            if alias != Alias::IMMUTABLE && !rows.lists.contains(&holder) {
                rows.lists.push(holder);
            }
        }
        let mut loops = cfg.loops().into_iter();
        let fits = |o: &Loop| {
            o.header != l.header
                && o.body.contains(&l.header)
                && rows.stay(region, cfg, &defs, o, &holders)
        };
        rows.around = loops.rfind(fits)?;
        Some(rows)
    }

    /// Looks for the rows and what is asked of them; gives what they are loaded from.
    fn find(
        &mut self,
        view: &View,
        round: &Round,
        counted: &Counted,
    ) -> Option<Vec<(ValueId, Alias)>> {
        let insts = || {
            round.steps.iter().enumerate().filter_map(|(n, s)| match s {
                Step::Inst(i) => Some((n, i)),
                _ => None,
            })
        };
        let pointers: HashSet<ValueId> = insts()
            .filter(|(_, i)| i.op == Op::GuardPtr)
            .map(|(_, i)| i.args[0])
            .collect();
        let mut places: HashSet<ValueId> = HashSet::default();
        places.insert(self.place);
        // Rows, their pointers and words in them.
        let mut of_rows: HashSet<ValueId> = HashSet::default();
        let mut bases = Vec::new();
        let is_const = |v: &ValueId| view.constant(*v).is_some();
        for (n, s) in round.steps.iter().enumerate() {
            let i = match s {
                Step::Inst(i) => i,
                Step::Test(c, _) if *c == counted.condition => continue,
                // What is loaded behind it may rely on it.
                Step::Test(..) => break,
                Step::Bind(..) => continue,
            };
            let of_row = |k: usize| of_rows.contains(&i.args[k]);
            let (asked, found) = match i.op {
                Op::INarrow => (false, places.contains(&i.args[0])),
                Op::IAdd | Op::ISub => (false, places.contains(&i.args[0]) && is_const(&i.args[1])),
                Op::LoadIdx => {
                    let m = i.imm.mem()?;
                    let row = i.result.is_some_and(|r| pointers.contains(&r))
                        && matches!(m.alias, Alias::LIST_ITEM | Alias::IMMUTABLE)
                        && view.is_invariant(i.args[0])
                        && places.contains(&i.args[1]);
                    if row {
                        bases.push((i.args[0], m.alias));
                    }
                    (false, row)
                }
                Op::AsPtr | Op::Load => (false, of_row(0)),
                Op::IAnd => (false, of_row(0) && is_const(&i.args[1])),
                Op::GuardPtr | Op::GuardType | Op::GuardIEq if of_row(0) => (true, true),
                Op::GuardBounds if of_row(1) && view.is_invariant(i.args[0]) => {
                    if !self.indices.contains(&i.args[0]) {
                        self.indices.push(i.args[0]);
                    }
                    (true, true)
                }
                Op::GuardTrue | Op::GuardFalse if i.args[0] == counted.condition => continue,
                Op::GuardInt | Op::GuardFloat | Op::Poll => (false, false),
                _ if i.op.effect() == Effect::Guard => break,
                _ => (false, false),
            };
            if !found {
                continue;
            }
            if asked {
                self.checks.insert(n);
            }
            let of = if matches!(i.op, Op::INarrow | Op::IAdd | Op::ISub) && !of_row(0) {
                &mut places
            } else {
                &mut of_rows
            };
            of.extend(i.result);
            self.program.push(i.clone());
        }
        let mut needed: HashSet<ValueId> = HashSet::default();
        let mut program = Vec::new();
        for i in self.program.drain(..).rev() {
            if i.exit.is_some() || i.result.is_some_and(|r| needed.contains(&r)) {
                needed.extend(i.args.iter().copied());
                program.push(i);
            }
        }
        program.reverse();
        self.program = program;
        (!bases.is_empty() && !self.indices.is_empty()).then_some(bases)
    }

    /// Tags of what the checks read.
    fn reads(&self) -> u32 {
        let of = |i: &Inst| match i.imm {
            Imm::Mem(m) => m.alias.bit(),
            _ if i.op == Op::GuardType => Alias::OBJECT_TYPE.bit(),
            _ => 0,
        };
        self.program.iter().fold(0, |all, i| all | of(i))
    }

    /// Whether the rows are the same all along the loop, but for what can be seen to be stored elsewhere.
    fn stay(
        &self,
        region: &Region,
        cfg: &Cfg,
        defs: &[Def],
        o: &Loop,
        holders: &[ValueId],
    ) -> bool {
        let outside = |v: &ValueId| match defs[v.index()] {
            Def::Param(b, _) | Def::Inst(b, _) => {
                !o.body.contains(&b) && cfg.dominates(b, o.header)
            }
            Def::None => false,
        };
        let insts = |b: &BlockId| region.block(*b).insts.iter();
        let hot = o.body.iter().filter(|b| !region.block(**b).cold);
        holders.iter().all(outside)
            && hot.flat_map(insts).all(|i| {
                clobbers(region, i) & self.reads() == 0 || stored_to(region, defs, i).is_some()
            })
    }

    /// The steps of a round that are left.
    pub(super) fn without_checks(&self, round: &Round) -> Round {
        let steps = round.steps.iter().enumerate();
        let left = steps.filter(|(n, _)| !self.checks.contains(n));
        Round {
            steps: left.map(|(_, s)| s.clone()).collect(),
            next: round.next.clone(),
            poll: round.poll,
        }
    }

    /// Writes the question whether the rows are known, and what finds it out: from `ask`, which has the parameters of the
    /// walk, to `sure` or `unsure`, which have them too. Gives the
    /// header of the loop that looks at the rows.
    pub(super) fn ask(
        &self,
        region: &mut Region,
        ask: BlockId,
        sure: BlockId,
        unsure: BlockId,
        poll: u64,
    ) -> BlockId {
        let args = region.block(ask).params.clone();
        let start = args[self.counter];
        let to = |block| Edge {
            block,
            args: args.clone(),
        };
        let plain = |block| Edge {
            block,
            args: vec![],
        };
        let word = |region: &mut Region| region.new_value(Type::I64);
        let known = Known {
            from: word(region),
            to: word(region),
            least: word(region),
        };
        let none = fold::constant(region, Type::I64, NONE);
        let any = fold::constant(region, Type::I64, ANY);
        let lowest = fold::constant(region, Type::I64, i64::MIN as u64);
        let one = fold::constant(region, Type::I64, 1);
        let [covered, first, look] = [(); 3].map(|()| region.new_block());
        let compare = |region: &mut Region, b, op, x, y| put(region, b, op, &[x, y], Imm::None);
        // What is known of places from the start on.
        let behind = compare(region, ask, Op::ILe, known.from, start);
        let before = compare(region, ask, Op::ILe, self.limit, known.to);
        let all = put(region, ask, Op::BAnd, &[behind, before], Imm::None);
        let lack = region.new_block();
        region.block_mut(ask).term = Terminator::Branch(all, plain(covered), plain(lack));
        self.compare(region, covered, known.least, to(sure), to(unsure));
        let blank = compare(region, lack, Op::IEq, known.least, none);
        region.block_mut(lack).term = Terminator::Branch(blank, plain(first), plain(look));
        region.block_mut(first).term = Terminator::Jump(to(unsure));
        // Where the places known end the others begin, if they are next to each other.
        let reaches = compare(region, look, Op::ILe, start, known.to);
        let more = put(region, look, Op::BAnd, &[behind, reaches], Imm::None);
        let select =
            |region: &mut Region, x, y| put(region, look, Op::ISelect, &[more, x, y], Imm::None);
        let from = select(region, known.from, start);
        let place = select(region, known.to, start);
        let least = select(region, known.least, any);
        let (scan, done, fail, stop) = (
            region.new_block(),
            region.new_block(),
            region.new_block(),
            region.new_block(),
        );
        region.block_mut(look).term = Terminator::Jump(Edge {
            block: scan,
            args: vec![place, least],
        });
        region.block_mut(scan).is_loop = true;
        let k = region.add_param(scan, Type::I64);
        let shortest = region.add_param(scan, Type::I64);
        let (last, shortest) = self.check(region, scan, fail, k, shortest);
        let next = put(region, last, Op::IAdd, &[k, one], Imm::None);
        let exit = region.new_exit(vec![]);
        region.block_mut(last).insts.push(Inst {
            op: Op::Poll,
            args: vec![],
            imm: Imm::Int(poll),
            result: None,
            exit: Some(exit),
        });
        let again = region.new_block();
        region.block_mut(last).term = Terminator::Bridge(plain(again), plain(stop));
        let rest = compare(region, again, Op::ILt, next, self.limit);
        let round = Edge {
            block: scan,
            args: vec![next, shortest],
        };
        region.block_mut(again).term = Terminator::Branch(rest, round, plain(done));
        self.compare(region, done, shortest, to(sure), to(unsure));
        for b in [fail, stop] {
            region.block_mut(b).cold = true;
            region.block_mut(b).term = Terminator::Jump(to(unsure));
        }
        let said = [
            (first, [none, none, any]),
            (done, [from, self.limit, shortest]),
            (fail, [lowest, any, none]),
        ];
        self.remember(region, ask, known, &said);
        scan
    }

    /// Goes one way if all indices are below the length, the other way otherwise.
    fn compare(&self, region: &mut Region, b: BlockId, length: ValueId, yes: Edge, no: Edge) {
        let mut within = None;
        for i in &self.indices {
            let below = put(region, b, Op::IULt, &[*i, length], Imm::None);
            within = Some(match within {
                Some(w) => put(region, b, Op::BAnd, &[w, below], Imm::None),
                None => below,
            });
        }
        region.block_mut(b).term = match within {
            Some(w) => Terminator::Branch(w, yes, no),
            None => Terminator::Jump(no),
        };
    }

    /// Checks the rows of one place. Gives the block that goes on and the shorter of the length and theirs.
    fn check(
        &self,
        region: &mut Region,
        block: BlockId,
        fail: BlockId,
        k: ValueId,
        mut shortest: ValueId,
    ) -> (BlockId, ValueId) {
        let mut lengths = HashSet::default();
        let mut out = Emit::new(region, block, fail);
        out.map.insert(self.place, k);
        for i in &self.program {
            if i.op == Op::GuardBounds {
                let length = out.now(i.args[1]);
                if lengths.insert(length) {
                    let less = out.put(Op::ILt, &[length, shortest], Imm::None);
                    shortest = out.put(Op::ISelect, &[less, length, shortest], Imm::None);
                }
            } else {
                out.copy(i);
            }
        }
        (out.block, shortest)
    }

    /// The loop around takes on what is said at the end of blocks, and forgets it where a row may have been replaced.
    fn remember(
        &self,
        region: &mut Region,
        ask: BlockId,
        known: Known,
        said: &[(BlockId, [ValueId; 3])],
    ) {
        let [none, nowhere] = [NONE, i64::MIN as u64].map(|n| fold::constant(region, Type::I64, n));
        let cfg = Cfg::new(region);
        let stores = self.stores(region);
        let mut map = region.identity_map();
        for (n, v) in [known.from, known.to, known.least].into_iter().enumerate() {
            let mut variable = Variable::new(&cfg, Type::I64, None);
            for p in &cfg.preds[self.around.header.index()] {
                if !self.around.body.contains(p) {
                    variable.define(*p, none);
                }
            }
            for (b, now) in said {
                variable.define(*b, now[n]);
            }
            let mut changed = Vec::new();
            for (b, at) in stores.iter().filter(|_| v == known.to) {
                let after = match at {
                    Some(at) => {
                        let after = region.new_value(Type::I64);
                        changed.push((*b, at, after));
                        after
                    }
                    None => nowhere,
                };
                variable.define(*b, after);
            }
            let now = variable.start(region, ask);
            let before: Vec<ValueId> = changed
                .iter()
                .map(|(b, ..)| variable.start(region, *b))
                .collect();
            for ((b, at, after), before) in changed.into_iter().zip(before) {
                self.forget(region, b, at, (before, nowhere, after));
            }
            map.extend((map.len()..region.values.len()).map(|v| ValueId(v as u32)));
            map[v.index()] = now;
        }
        region.replace_values(&map);
    }

    /// By block the instructions that may store over rows, or none if they cannot be told from others.
    fn stores(&self, region: &Region) -> Vec<(BlockId, Option<Vec<usize>>)> {
        let defs = region.defs();
        let mut found = Vec::new();
        for b in &self.around.body {
            let mut at = Some(Vec::new());
            for (n, i) in region.block(*b).insts.iter().enumerate() {
                if clobbers(region, i) & self.reads() == 0 {
                    continue;
                }
                at = at.filter(|_| stored_to(region, &defs, i).is_some());
                if let Some(at) = &mut at {
                    at.push(n);
                }
            }
            let matters = at
                .as_ref()
                .is_none_or(|at| !at.is_empty() && !self.lists.is_empty());
            if matters {
                found.push((*b, at));
            }
        }
        found
    }

    /// Where one of the lists is stored to, `nowhere` is what is known `after` the block, and what was known `before` it
    /// otherwise.
    fn forget(
        &self,
        region: &mut Region,
        b: BlockId,
        stores: &[usize],
        (before, nowhere, after): (ValueId, ValueId, ValueId),
    ) {
        let mut insts = Vec::new();
        let mut put = |region: &mut Region, op, args: &[ValueId], ty| {
            let result = region.new_value(ty);
            insts.push(Inst {
                op,
                args: args.to_vec(),
                imm: Imm::None,
                result: Some(result),
                exit: None,
            });
            result
        };
        let defs = region.defs();
        let mut any = None;
        for at in stores {
            let Some(to) = stored_to(region, &defs, &region.block(b).insts[*at]) else {
                continue;
            };
            for list in &self.lists {
                let same = put(region, Op::RefEq, &[to, *list], Type::Bool);
                any = Some(match any {
                    Some(a) => put(region, Op::BOr, &[a, same], Type::Bool),
                    None => same,
                });
            }
        }
        if let (Some(any), Some(last)) = (any, stores.last()) {
            insts.push(Inst {
                op: Op::ISelect,
                args: vec![any, nowhere, before],
                imm: Imm::None,
                result: Some(after),
                exit: None,
            });
            region.block_mut(b).insts.splice(*last..*last, insts);
        }
    }
}

/// The list whose items lie at an address.
fn list_of(region: &Region, defs: &[Def], items: ValueId) -> Option<ValueId> {
    let append = region.tables.append?;
    let of_list = |m: Mem| (m.alias, m.offset) == (Alias::LIST, append.items);
    let load = region.def_inst(defs, items)?;
    (load.op == Op::Load && load.imm.mem().is_some_and(of_list)).then(|| load.args[0])
}

/// The list that an instruction stores to if it does nothing else.
fn stored_to(region: &Region, defs: &[Def], i: &Inst) -> Option<ValueId> {
    match (i.op, i.imm) {
        (Op::StoreIdx, Imm::Mem(m)) if m.alias == Alias::LIST_ITEM => {
            list_of(region, defs, i.args[0])
        }
        (Op::Call, Imm::Helper(h)) if Some(h) == region.tables.append.map(|a| a.helper) => {
            Some(i.args[0])
        }
        _ => None,
    }
}

/// The reference that a value is another name of.
fn named(region: &Region, defs: &[Def], mut v: ValueId) -> ValueId {
    while let Some(i) = region.def_inst(defs, v) {
        if !matches!(i.op, Op::AsPtr | Op::AsValue) {
            break;
        }
        v = i.args[0];
    }
    v
}
