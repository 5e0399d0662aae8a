//! Checks that share a branch.
//!
//! Two checks with nothing but pure instructions between them are one branch on the usual path: are both operands ints,
//! has neither sum overflowed. A cold block behind it makes them one after the other, so that each leaves through its own
//! exit. Branches, not instructions, are what small loops wait for.
//!
//! The product of two ints is small in most programs: one comparison says that both factors are ints, small and not
//! negative, and then nothing overflows.
//!
//! That C has not seen a list follows from an item that is a number, since the items of other lists are boxed
//! (`object::boundary`): where a read item is guarded to be one, the list is looked at in the cold block only.

use crate::lower::Lower;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, MemFlagsData, types};
use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::ops::{Effect, Op};
use pyrs_jit_ir::region::{Alias, BlockId, Inst, ValueId};

/// A check whose branch is still to come.
#[derive(Clone, Copy)]
enum Check {
    /// The value is an int.
    Int(ir::Value),
    /// The operation overflowed if this is 1.
    Overflow(ir::Value),
}

/// The check that C has not seen a list, which follows from an item that is a number.
#[derive(Clone, Copy)]
struct Unexposed {
    list: ir::Value,
    item: ValueId,
    bad: ir::Block,
    /// Whether the item is among those whose checks wait.
    seen: bool,
}

/// Products of two numbers without sign of so many bits overflow nowhere.
const SMALL_BITS: u32 = 31;

/// What became of an instruction.
pub(crate) enum Deferred {
    /// It is to be lowered as others are.
    No,
    /// Its result.
    Lowered(Option<ir::Value>),
    /// Nothing uses its result.
    Unused,
}

/// What waits for the end of a run of checks.
#[derive(Default)]
pub(crate) struct Pending {
    /// All of one kind.
    checks: Vec<(Check, ir::Block)>,
    unexposed: Option<Unexposed>,
}

impl Lower<'_, '_> {
    /// Takes the check of `inst`, which leaves to `bad`, if it can wait.
    pub(crate) fn defer(
        &mut self,
        at: (BlockId, usize),
        inst: &Inst,
        bad: Option<ir::Block>,
    ) -> Result<Deferred, String> {
        let bad = bad.filter(|_| !self.region.is_bridged(at.0, at.1));
        let overflow = |c: &(Check, ir::Block)| matches!(c.0, Check::Overflow(_));
        match (inst.op, bad) {
            (Op::GuardInt, Some(bad)) => {
                if self.pending.checks.iter().any(overflow) {
                    self.flush();
                }
                let v = self.val(inst.args[0])?;
                self.pending.checks.push((Check::Int(v), bad));
                if let Some(u) = &mut self.pending.unexposed {
                    u.seen |= u.item == inst.args[0];
                }
                Ok(Deferred::Lowered(None))
            }
            (Op::IMulOvf, Some(bad)) if self.pending.has_ints() => {
                let fast = self.factors(at, inst)?;
                let (a, b) = (self.val(inst.args[0])?, self.val(inst.args[1])?);
                match fast {
                    Some(fast) => Ok(Deferred::Lowered(Some(self.product(fast, [a, b], bad)))),
                    None => {
                        self.flush();
                        self.defer(at, inst, Some(bad))
                    }
                }
            }
            (Op::IAddOvf | Op::ISubOvf | Op::IMulOvf, Some(bad)) => {
                if !self.pending.checks.iter().all(overflow) {
                    self.flush();
                }
                let (a, b) = (self.val(inst.args[0])?, self.val(inst.args[1])?);
                let (r, o) = match inst.op {
                    Op::IAddOvf => self.b.ins().sadd_overflow(a, b),
                    Op::ISubOvf => self.b.ins().ssub_overflow(a, b),
                    _ => self.b.ins().smul_overflow(a, b),
                };
                self.pending.checks.push((Check::Overflow(o), bad));
                Ok(Deferred::Lowered(Some(r)))
            }
            (Op::GuardIEq, Some(bad)) => {
                self.flush();
                let Some((list, item)) = self.implied(at, inst) else {
                    return Ok(Deferred::No);
                };
                let list = self.val(list)?;
                let seen = false;
                self.pending.unexposed = Some(Unexposed {
                    list,
                    item,
                    bad,
                    seen,
                });
                Ok(Deferred::Lowered(None))
            }
            (Op::Load, _) if self.is_unused(at, 2) => Ok(Deferred::Unused),
            (Op::IAnd, _) if self.is_unused(at, 1) => Ok(Deferred::Unused),
            _ => {
                if inst.op.effect() != Effect::Pure {
                    self.flush();
                }
                Ok(Deferred::No)
            }
        }
    }

    /// Whether the instruction is a part of what the guard that comes so far behind it asks, and that guard need not ask.
    fn is_unused(&self, (block, at): (BlockId, usize), behind: usize) -> bool {
        let insts = &self.region.block(block).insts;
        let Some(run) = insts.get(at..=at + behind) else {
            return false;
        };
        run[behind].op == Op::GuardIEq
            && run
                .windows(2)
                .all(|w| w[0].result.is_some() && w[0].result.as_ref() == w[1].args.first())
            && run[..behind]
                .iter()
                .all(|i| i.result.is_some_and(|r| self.uses[r.index()] == 1))
            && self.implied((block, at + behind), &run[behind]).is_some()
    }

    /// If `inst` guards that C has not seen a list: the list, and an item of it that is guarded to be a number before
    /// anything uses it.
    fn implied(&self, (block, at): (BlockId, usize), inst: &Inst) -> Option<(ValueId, ValueId)> {
        let append = self.region.tables.append?;
        let insts = &self.region.block(block).insts;
        let def = |v: ValueId| insts[..at].iter().rev().find(|i| i.result == Some(v));
        let masked = def(inst.args[0]).filter(|i| i.op == Op::IAnd && inst.imm.int() == 0)?;
        if self.consts.get(&masked.args[1]) != Some(&append.special) {
            return None;
        }
        let flags = def(masked.args[0]).filter(|i| i.op == Op::Load)?;
        let m = flags.imm.mem()?;
        if (m.alias, m.offset) != (Alias::LIST, append.flags) {
            return None;
        }
        let list = flags.args[0];
        let (mut items, mut item) = (None, None);
        for (n, i) in insts.iter().enumerate().skip(at + 1) {
            if self.region.is_bridged(block, n) {
                return None;
            }
            match i.op {
                Op::GuardInt if Some(i.args[0]) == item => return item.map(|item| (list, item)),
                Op::GuardInt => continue,
                Op::Load if i.args[0] == list && is_load(i, Alias::LIST, append.items) => {
                    items = i.result;
                }
                Op::LoadIdx if Some(i.args[0]) == items && item.is_none() => item = i.result,
                _ if matches!(i.op.effect(), Effect::Pure | Effect::Load) => {}
                Op::GuardBounds => {}
                _ => return None,
            }
            // Where something else leaves, the item must be known to be as it is.
            let exit = i.exit.map(|x| &self.region.exits[x.index()]);
            let mut uses = false;
            if let Some(x) = exit {
                x.for_each_value(|v| uses |= Some(v) == item);
            }
            if uses {
                return None;
            }
        }
        None
    }

    /// Branches on the checks that wait.
    pub(crate) fn flush(&mut self) {
        let checks = std::mem::take(&mut self.pending.checks);
        let Some(&(first, mut bad)) = checks.first() else {
            return;
        };
        let unexposed = self.unexposed();
        let slow = checks.len() > 1 || unexposed.is_some();
        if slow {
            bad = self.b.create_block();
            self.b.set_cold_block(bad);
        }
        match first {
            Check::Int(_) => {
                let all = checks.iter().map(|c| c.0.value());
                let all = all.reduce(|a, b| self.b.ins().band(a, b));
                let ok = all.map(|v| self.is_int(v));
                ok.into_iter().for_each(|ok| self.check(ok, bad));
            }
            Check::Overflow(_) => {
                let any = checks.iter().map(|c| c.0.value());
                let any = any.reduce(|a, b| self.b.ins().bor(a, b));
                any.into_iter().for_each(|o| self.check_not(o, bad));
            }
        }
        if slow {
            let back = self.b.current_block();
            self.b.switch_to_block(bad);
            self.one_by_one(unexposed, &checks);
            back.into_iter().for_each(|b| self.b.switch_to_block(b));
        }
    }

    /// The list to look at if one of the checks that wait fails.
    fn unexposed(&mut self) -> Option<Unexposed> {
        let u = self.pending.unexposed;
        self.pending.unexposed = u.filter(|u| !u.seen);
        u
    }

    /// What the factors of a product are as small numbers without sign, if the ints whose checks wait are among them: what
    /// is no such int has bits above.
    fn factors(
        &mut self,
        (block, at): (BlockId, usize),
        inst: &Inst,
    ) -> Result<Option<[ir::Value; 2]>, String> {
        let region = self.region;
        let insts = &region.block(block).insts[..at];
        let mut factors = [None; 2];
        let mut boxed = Vec::new();
        for (f, v) in factors.iter_mut().zip(&inst.args) {
            let number = self.consts.get(v).copied();
            if number.is_some_and(|n| n >> SMALL_BITS != 0) {
                return Ok(None);
            }
            let def = insts.iter().rev().find(|i| i.result == Some(*v));
            *f = Some(match def.filter(|i| i.op == Op::UnboxInt) {
                Some(i) => {
                    let v = self.val(i.args[0])?;
                    boxed.push(v);
                    let tag = self.iconst(enc::INT_TAG);
                    self.b.ins().bxor(v, tag)
                }
                None => self.val(*v)?,
            });
        }
        let all = self.pending.checks.iter();
        let covered = all.into_iter().all(|c| boxed.contains(&c.0.value()));
        Ok(match factors {
            [Some(a), Some(b)] if covered => Some([a, b]),
            _ => None,
        })
    }

    /// A product: of small factors behind one branch, of others with all checks.
    fn product(&mut self, small: [ir::Value; 2], any: [ir::Value; 2], bad: ir::Block) -> ir::Value {
        let (cold, done) = (self.b.create_block(), self.next_block());
        self.b.set_cold_block(cold);
        let result = self.b.append_block_param(done, types::I64);
        let bits = self.b.ins().bor(small[0], small[1]);
        let high = self.iconst(!0 << SMALL_BITS);
        let high = self.b.ins().band(bits, high);
        self.check_not(high, cold);
        let product = self.b.ins().imul(small[0], small[1]);
        self.b.ins().jump(done, &[BlockArg::Value(product)]);
        self.b.switch_to_block(cold);
        let unexposed = self.unexposed();
        self.look(unexposed);
        for (check, bad) in std::mem::take(&mut self.pending.checks) {
            self.one(check, bad);
        }
        let (product, o) = self.b.ins().smul_overflow(any[0], any[1]);
        self.cold_check(o, true, bad);
        self.b.ins().jump(done, &[BlockArg::Value(product)]);
        self.b.switch_to_block(done);
        result
    }

    /// Leaves through the exit of the first check that fails: one does.
    fn one_by_one(&mut self, unexposed: Option<Unexposed>, checks: &[(Check, ir::Block)]) {
        self.look(unexposed);
        if let Some(((_, last), others)) = checks.split_last() {
            for (check, bad) in others {
                self.one(*check, *bad);
            }
            self.b.ins().jump(*last, &[]);
        }
    }

    /// Leaves if C has seen the list.
    fn look(&mut self, unexposed: Option<Unexposed>) {
        if let (Some(u), Some(f)) = (unexposed, self.region.tables.append) {
            let flags = MemFlagsData::trusted();
            let word = self.b.ins().load(types::I64, flags, u.list, f.flags);
            let bit = self.iconst(f.special);
            let seen = self.b.ins().band(word, bit);
            self.cold_check(seen, true, u.bad);
        }
    }

    fn one(&mut self, check: Check, bad: ir::Block) {
        match check {
            Check::Int(v) => {
                let ok = self.is_int(v);
                self.cold_check(ok, false, bad);
            }
            Check::Overflow(o) => self.cold_check(o, true, bad),
        }
    }

    /// Leaves to `bad` if the condition is `wrong`.
    fn cold_check(&mut self, condition: ir::Value, wrong: bool, bad: ir::Block) {
        let go_on = self.b.create_block();
        self.b.set_cold_block(go_on);
        let (yes, no) = if wrong { (bad, go_on) } else { (go_on, bad) };
        self.b.ins().brif(condition, yes, &[], no, &[]);
        self.b.switch_to_block(go_on);
    }

    pub(crate) fn is_int(&mut self, v: ir::Value) -> ir::Value {
        self.icmp(IntCC::UnsignedGreaterThanOrEqual, v, enc::INT_TAG)
    }
}

impl Pending {
    fn has_ints(&self) -> bool {
        let mut all = self.checks.iter();
        all.any(|c| matches!(c.0, Check::Int(_)))
    }
}

impl Check {
    fn value(self) -> ir::Value {
        match self {
            Check::Int(v) | Check::Overflow(v) => v,
        }
    }
}

fn is_load(i: &Inst, alias: Alias, offset: i32) -> bool {
    let m = i.imm.mem();
    i.op == Op::Load && m.is_some_and(|m| (m.alias, m.offset) == (alias, offset))
}
