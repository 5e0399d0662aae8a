//! `FOR_ITER`: ranges, lists and tuples, and `enumerate`, `zip` and `map` over them, step in line; Python `__next__` and the
//! functions of `map` are inlined; other builtin iterators step by a call.

use crate::{Next, Recorder, Res, Stop, class_of, helpers::MAX_ARGS, mem};
use pyrs_bytecode::Instr;
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::enumobject::{EnumerateObject, MapObject, PyEnum_Type, PyZip_Type, ZipObject};
use pyrs_object::layout::*;
use pyrs_object::list::{ListIter, PyListIter_Type};
use pyrs_object::range::{PyRangeIter_Type, RangeIter};
use pyrs_object::tuple::{PyTupleIter_Type, TupleIter};
use pyrs_object::{Value, ValueExt, ty};
use std::mem::offset_of;

/// Instructions of a callee that are executed one by one while its caller is recorded.
const MAX_FOREIGN_STEPS: usize = 20_000;

const fn number(offset: usize, alias: Alias) -> pyrs_jit_ir::region::Mem {
    mem(offset, MemType::I64, alias)
}

/// An iterator that steps in line.
pub(crate) struct Source {
    iterator: ValueId,
    /// Whether there is another item.
    pub(crate) more: ValueId,
    /// Whether there is one now.
    pub(crate) has_more: bool,
    items: Items,
    /// C has seen the sequence: items may be boxes.
    boxes: bool,
}
pub(crate) enum Items {
    List { list: ValueId, index: ValueId },
    Tuple { tuple: ValueId, index: ValueId },
    Range { left: ValueId },
}

/// What is made of the items.
enum Whole {
    /// The only one.
    Item,
    /// A pair with the counter of this `enumerate`.
    Counted(ValueId),
    /// A tuple.
    Zipped,
    /// What this function, which is in the register, makes of them.
    Mapped(Value, ValueId),
}

impl Recorder<'_> {
    pub(crate) fn for_iter(&mut self, i: Instr) -> Res<Next> {
        let it = self.reg_value(u32::from(i.a()));
        let pc = self.pc();
        let a = u32::from(i.a());
        let (item, done) = (pc + 3, pc + 2);
        if it.is_exact(ty!(PyRangeIter_Type)) {
            let p = self.object(i.a())?;
            // SAFETY: exactly a range iterator, which lives as long as its register.
            let by_one = unsafe { (*it.as_ptr().cast::<RangeIter>()).step } == 1;
            let f = |offset, alias| mem(offset, MemType::I64, alias);
            let left = self
                .b
                .load(p, f(offset_of!(RangeIter, remaining), Alias::ITER));
            let zero = self.b.int_const(0);
            let more = self.b.op(Op::IGt, &[left, zero]);
            let frame = self.frame();
            // The interpreter goes first: which way it went decides the guard.
            let held = self.b.save(a);
            self.step()?;
            if self.frame() != frame {
                return Err(Stop::Abort("control went elsewhere"));
            }
            let at = self.pc();
            if at == pc {
                // The instruction was only specialised.
                self.merged_at = self.pc_ptr();
                return Ok(Next::Done);
            }
            if at == done {
                self.b.set_pc(pc);
                self.b.guard(Op::GuardFalse, &[more], Imm::None);
                self.moved(a);
                self.b.set_pc(done);
                return Ok(Next::Done);
            }
            if at != item {
                return Err(Stop::Abort("a loop went elsewhere"));
            }
            self.moved(a);
            self.b.set_pc(done);
            self.b.guard_branch(Op::GuardTrue, more);
            self.b.restore(a, held);
            self.b.set_pc(pc);
            let next = self.b.load(p, f(offset_of!(RangeIter, next), Alias::ITER));
            let next = self.b.op(Op::INarrow, &[next]);
            let mut step = self
                .b
                .load(p, f(offset_of!(RangeIter, step), Alias::IMMUTABLE));
            if by_one {
                self.b.guard(Op::GuardIEq, &[step], Imm::Int(1));
                step = self.b.int_const(1);
            }
            let one = self.b.int_const(1);
            let left = self.b.op(Op::ISub, &[left, one]);
            self.b
                .store(p, left, f(offset_of!(RangeIter, remaining), Alias::ITER));
            let after = self.b.op(Op::IAdd, &[next, step]);
            self.b
                .store(p, after, f(offset_of!(RangeIter, next), Alias::ITER));
            self.b.set(u32::from(i.b()), next);
            self.b.set_pc(item);
            return Ok(Next::Done);
        }
        if let Some(next) = self.for_sources(i, it)? {
            return Ok(next);
        }
        if it.is_object()
            && it.ty().is_heap()
            && let Some(next) = pyrs_vm::interp::next_method_of(it)
        {
            let slf = self.object(i.a())?;
            self.guard_version(it.ty());
            self.keep(next);
            let p = self.b.ptr_const(next.bits());
            match self.enter_for_item(i, next, p, &[slf], |_| ()) {
                Err(Stop::Unsupported(crate::calls::DEEP)) => {}
                next => return next,
            }
        }
        if it.is_exact(pyrs_vm::generator::generator_type()) {
            match self.for_generator(i) {
                Err(Stop::Unsupported(crate::calls::DEEP)) => {}
                next => return next,
            }
        }
        if !it.is_object() {
            return Err(Stop::Unsupported("iteration over a number"));
        }
        // Any builtin iterator: an item, or 0 for the end (or an error, which is pending then).
        let p = self.object(i.a())?;
        let p = self.b.as_value(p);
        let held = self.b.save(a);
        self.moved(a);
        self.b.set_pc(done);
        let frame = self.frame();
        let id = self
            .b
            .call(self.env.h.iter_next, &[p])
            .ok_or(Stop::Abort("no result"))?;
        self.b.restore(a, held);
        self.step()?;
        self.come_back(frame)?;
        if self.frame() == frame && self.pc() == item {
            self.b.set(u32::from(i.b()), id);
            self.b.set_pc(item);
            return Ok(Next::Done);
        }
        if self.frame() != frame || self.pc() != done {
            return Err(Stop::Abort("a loop went elsewhere"));
        }
        let b = u32::from(i.b());
        self.b.follow_failure(|builder| {
            builder.restore(a, held);
            builder.set(b, id);
            builder.set_pc(item);
        });
        self.moved(a);
        self.check_error(false);
        Ok(Next::Done)
    }

    /// Iterators over sequences and ranges that step in line, alone or below `enumerate` or `zip`.
    fn for_sources(&mut self, i: Instr, it: Value) -> Res<Option<Next>> {
        let steps_in_line = |v: &Value| {
            [
                ty!(PyListIter_Type),
                ty!(PyTupleIter_Type),
                ty!(PyRangeIter_Type),
            ]
            .iter()
            .any(|t| v.is_exact(*t))
        };
        let (inner, whole) = if it.is_exact(ty!(PyEnum_Type)) {
            // SAFETY: exactly an enumerate.
            let (inner, big) = unsafe {
                let e = it.as_ptr().cast::<EnumerateObject>();
                ((*e).it, (*e).big_index)
            };
            if !big.is_empty() {
                return Ok(None);
            }
            (vec![inner], 1)
        } else if it.is_exact(ty!(PyZip_Type)) {
            // SAFETY: exactly a zip, which has a tuple of iterators.
            let (iterators, strict) = unsafe {
                let z = it.as_ptr().cast::<ZipObject>();
                ((*z).iterators, (*z).strict)
            };
            let inner = pyrs_object::tuple::items(iterators).to_vec();
            if strict != 0 || inner.is_empty() || inner.len() > MAX_ARGS || has_twice(&inner) {
                return Ok(None);
            }
            (inner, 2)
        } else if let Some((func, inner)) = pyrs_vm::interp::mapping(it) {
            // What cannot be inlined is called by the builtin.
            if inner.is_empty() || has_twice(inner) || self.inlinable(func).is_err() {
                return Ok(None);
            }
            (inner.to_vec(), 3)
        } else if it.is_exact(ty!(PyListIter_Type)) || it.is_exact(ty!(PyTupleIter_Type)) {
            (vec![it], 0)
        } else {
            return Ok(None);
        };
        if !inner.iter().all(steps_in_line) {
            return Ok(None);
        }
        let pc = self.pc();
        let a = u32::from(i.a());
        let p = self.object(i.a())?;
        let (sources, whole) = match whole {
            0 => (vec![self.source(p, it)?], Whole::Item),
            1 => {
                let field = |offset, alias| mem(offset, MemType::Boxed, alias);
                let big = offset_of!(EnumerateObject, big_index);
                let big = self.b.load(p, field(big, Alias::ITER));
                self.b.guard(Op::GuardValue, &[big], Imm::Int(0));
                let at = offset_of!(EnumerateObject, it);
                let id = self.b.load(p, field(at, Alias::IMMUTABLE));
                let id = self.object_of(id, class_of(inner[0]))?;
                (vec![self.source(id, inner[0])?], Whole::Counted(p))
            }
            3 => {
                let field = |offset, ty| mem(offset, ty, Alias::IMMUTABLE);
                // SAFETY: exactly a map.
                let func = unsafe { (*it.as_ptr().cast::<MapObject>()).func };
                let id = offset_of!(MapObject, func);
                let id = self.b.load(p, field(id, MemType::Boxed));
                let id = self.object_of(id, class_of(func))?;
                let id = self.function(id, func)?;
                let at = offset_of!(MapObject, iterators);
                let sources = self.tuple_sources(p, at, &inner)?;
                (sources, Whole::Mapped(func, id))
            }
            _ => {
                let strict = offset_of!(ZipObject, strict);
                let strict = self.b.load(p, number(strict, Alias::IMMUTABLE));
                self.b.guard(Op::GuardIEq, &[strict], Imm::Int(0));
                let at = offset_of!(ZipObject, iterators);
                (self.tuple_sources(p, at, &inner)?, Whole::Zipped)
            }
        };
        let ends = sources.iter().position(|s| !s.has_more);
        if let (Whole::Mapped(func, id), None) = (&whole, ends) {
            for s in &sources {
                self.b.guard(Op::GuardTrue, &[s.more], Imm::None);
            }
            let mut items = Vec::new();
            for s in &sources {
                items.push(self.take(s)?);
            }
            let advance = |r: &mut Self| sources.iter().for_each(|s| r.advance(s));
            return self
                .enter_for_item(i, *func, *id, &items, advance)
                .map(Some);
        }
        let frame = self.frame();
        self.step()?;
        if self.frame() == frame && self.pc() == pc {
            // The instruction was only specialised.
            self.step()?;
        }
        if self.frame() != frame {
            return Err(Stop::Abort("control went elsewhere"));
        }
        let at = self.pc();
        if at != if ends.is_some() { pc + 2 } else { pc + 3 } {
            return Err(Stop::Abort("a loop went elsewhere"));
        }
        for s in &sources[..ends.unwrap_or(sources.len())] {
            self.b.guard(Op::GuardTrue, &[s.more], Imm::None);
        }
        if let Some(end) = ends {
            let more = sources[end].more;
            self.b.guard(Op::GuardFalse, &[more], Imm::None);
            // It takes items of those before, and forgets what is exhausted.
            let it = self.b.as_value(p);
            self.b.call(self.env.h.iter_finish, &[it]);
            self.moved(a);
            self.b.set_pc(pc + 2);
            return Ok(Some(Next::Done));
        }
        let mut items = Vec::new();
        for s in &sources {
            items.push(self.take(s)?);
        }
        let result = match whole {
            Whole::Item => items[0],
            Whole::Counted(e) => {
                let place = number(offset_of!(EnumerateObject, index), Alias::ITER);
                let n = self.b.load(e, place);
                // The exit for what is no immediate comes before anything has moved.
                let counter = self.b.as_value(n);
                items.insert(0, counter);
                let pair = self.tuple_of(&items);
                let one = self.b.int_const(1);
                let next = self.b.op(Op::IAdd, &[n, one]);
                self.b.store(e, next, place);
                pair
            }
            Whole::Mapped(..) => return Err(Stop::Abort("a call went elsewhere")),
            Whole::Zipped => {
                self.drop_last(p);
                self.tuple_of(&items)
            }
        };
        for s in &sources {
            self.advance(s);
        }
        // The register has its new content already: what it held is dropped without notice.
        self.b.set(u32::from(i.b()), result);
        self.b.set_pc(pc + 3);
        Ok(Some(Next::Done))
    }
    /// The iterators in the tuple at `offset` of `p`, which step in line.
    fn tuple_sources(&mut self, p: ValueId, offset: usize, inner: &[Value]) -> Res<Vec<Source>> {
        let all = self.b.load(p, mem(offset, MemType::Ptr, Alias::IMMUTABLE));
        let size = self.b.load(all, number(16, Alias::IMMUTABLE));
        self.b
            .guard(Op::GuardIEq, &[size], Imm::Int(inner.len() as u64));
        let mut iterators = Vec::new();
        for (k, v) in inner.iter().enumerate() {
            let m = mem(24 + 8 * k, MemType::Boxed, Alias::IMMUTABLE);
            let id = self.b.load(all, m);
            iterators.push(self.object_of(id, class_of(*v))?);
        }
        for k in 1..iterators.len() {
            for other in 0..k {
                let (x, y) = (
                    self.b.as_value(iterators[other]),
                    self.b.as_value(iterators[k]),
                );
                let same = self.b.op(Op::RefEq, &[x, y]);
                self.b.guard(Op::GuardFalse, &[same], Imm::None);
            }
        }
        let mut sources = Vec::new();
        for (id, v) in iterators.into_iter().zip(inner) {
            sources.push(self.source(id, *v)?);
        }
        Ok(sources)
    }
    /// A `zip` gives up the tuple that it gave to the interpreter last: it has not the one that is given now.
    fn drop_last(&mut self, zip: ValueId) {
        let place = mem(offset_of!(ZipObject, result), MemType::Boxed, Alias::ITER);
        let last = self.b.load(zip, place);
        let empty = self.b.value_const(0);
        self.b.store(zip, empty, place);
        self.b.emit(Op::Dec, &[last], Imm::None);
    }
    fn tuple_of(&mut self, items: &[ValueId]) -> ValueId {
        let items: Vec<ValueId> = items.iter().map(|v| self.b.as_value(*v)).collect();
        let t = self.b.allocate(self.env.h.build_tuple[items.len()], &items);
        self.tuples.insert(t, items.len());
        t
    }

    /// The iterator `p`, whose class is guarded and which is `it` now.
    pub(crate) fn source(&mut self, p: ValueId, it: Value) -> Res<Source> {
        const ODD: Stop = Stop::Unsupported("an unusual iterator");
        if it.is_exact(ty!(PyRangeIter_Type)) {
            let left = number(offset_of!(RangeIter, remaining), Alias::ITER);
            let left = self.b.load(p, left);
            let zero = self.b.int_const(0);
            // SAFETY: exactly a range iterator.
            let has_more = unsafe { (*it.as_ptr().cast::<RangeIter>()).remaining } > 0;
            return Ok(Source {
                iterator: p,
                more: self.b.op(Op::IGt, &[left, zero]),
                has_more,
                items: Items::Range { left },
                boxes: false,
            });
        }
        let list = it.is_exact(ty!(PyListIter_Type));
        let (index_at, seq_at) = places(list);
        // SAFETY: exactly an iterator of that layout.
        let (seq, at) = unsafe {
            let base = it.as_ptr().cast::<u8>();
            (
                *base.add(seq_at).cast::<Value>(),
                *base.add(index_at).cast::<isize>(),
            )
        };
        // Iterators read the items themselves, those of subclasses too.
        let flag = if list {
            tpflags::LIST_SUBCLASS
        } else {
            tpflags::TUPLE_SUBCLASS
        };
        if seq.is_empty() || !seq.has_flag(flag) || at < 0 {
            return Err(ODD);
        }
        let s = self.b.load(p, mem(seq_at, MemType::Boxed, Alias::ITER));
        let s = self.object_of(s, class_of(seq))?;
        let boxes = self.may_hold_boxes(s, seq)?;
        let index = self.b.load(p, number(index_at, Alias::ITER));
        let alias = if list { Alias::LIST } else { Alias::IMMUTABLE };
        let size = self.b.load(s, mem(16, MemType::Size, alias));
        // SAFETY: a list or a tuple.
        let n = unsafe { (*seq.as_ptr().cast::<PyVarObject>()).ob_size };
        Ok(Source {
            iterator: p,
            more: self.b.op(Op::IULt, &[index, size]),
            has_more: at < n,
            items: if list {
                Items::List { list: s, index }
            } else {
                Items::Tuple { tuple: s, index }
            },
            boxes,
        })
    }
    /// The next item, which there is.
    pub(crate) fn take(&mut self, s: &Source) -> Res<ValueId> {
        let (base, index, m) = match s.items {
            Items::List { list, index } => (
                self.list_items(list),
                index,
                mem(0, MemType::Boxed, Alias::LIST_ITEM),
            ),
            Items::Tuple { tuple, index } => {
                (tuple, index, mem(24, MemType::Boxed, Alias::IMMUTABLE))
            }
            Items::Range { .. } => {
                let next = number(offset_of!(RangeIter, next), Alias::ITER);
                let next = self.b.load(s.iterator, next);
                return Ok(self.b.op(Op::INarrow, &[next]));
            }
        };
        let id = self.b.emit(Op::LoadIdx, &[base, index], Imm::Mem(m));
        self.item(id.ok_or(Stop::Abort("no result"))?, s.boxes)
    }
    /// Moves the iterator behind the item.
    pub(crate) fn advance(&mut self, s: &Source) {
        let one = self.b.int_const(1);
        match s.items {
            Items::List { index, .. } | Items::Tuple { index, .. } => {
                let list = matches!(s.items, Items::List { .. });
                let next = self.b.op(Op::IAdd, &[index, one]);
                let place = number(places(list).0, Alias::ITER);
                self.b.store(s.iterator, next, place);
            }
            Items::Range { left } => {
                let p = s.iterator;
                let place = number(offset_of!(RangeIter, next), Alias::ITER);
                let next = self.b.load(p, place);
                let step = number(offset_of!(RangeIter, step), Alias::IMMUTABLE);
                let step = self.b.load(p, step);
                let after = self.b.op(Op::IAdd, &[next, step]);
                self.b.store(p, after, place);
                let left = self.b.op(Op::ISub, &[left, one]);
                let place = number(offset_of!(RangeIter, remaining), Alias::ITER);
                self.b.store(p, left, place);
            }
        }
    }
    /// Lets the interpreter run the generator or `__next__` that was entered until `frame` runs again.
    fn come_back(&mut self, frame: *mut Frame) -> Res {
        for _ in 0..MAX_FOREIGN_STEPS {
            if self.frame() == frame {
                return Ok(());
            }
            self.step()?;
        }
        Err(Stop::Abort("a long callee"))
    }
}

/// One that occurs twice is behind its first step at the second.
fn has_twice(iterators: &[Value]) -> bool {
    (1..iterators.len()).any(|k| iterators[..k].contains(&iterators[k]))
}

/// Where an iterator over a list, or a tuple, keeps its index and its sequence.
fn places(list: bool) -> (usize, usize) {
    if list {
        (offset_of!(ListIter, index), offset_of!(ListIter, seq))
    } else {
        (offset_of!(TupleIter, index), offset_of!(TupleIter, seq))
    }
}
