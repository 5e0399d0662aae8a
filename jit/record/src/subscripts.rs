//! Subscripts: what they check, and the items of bytes, bytearrays and arrays, which are machine numbers.

use crate::helpers::{out, status, truth_out, v};
use crate::{Kind, Next, Recorder, Res, Stop, mem, objects::is_exposed};
use pyrs_bytecode::Instr;
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, Mem, MemType, ValueId};
use pyrs_object::layout::PyVarObject;
use pyrs_object::machine_items::{self, Item, Place};
use pyrs_object::tuple::{self, PyTuple_Type};
use pyrs_object::{Ref, Value, ValueExt, boundary, dict, errors, heap, ops, set, str, ty};

/// The items of a sequence of machine numbers.
pub(crate) struct MachineItems {
    pub(crate) base: ValueId,
    pub(crate) mem: Mem,
    item: Item,
}

/// The alias tag of the size and the item pointer.
pub(crate) fn header_alias(layout: &machine_items::Layout) -> Alias {
    if layout.mutable {
        Alias::LIST
    } else {
        Alias::IMMUTABLE
    }
}

impl Recorder<'_> {
    pub(crate) fn guard_unexposed(&mut self, p: ValueId, v: Value, alias: Alias) -> Res {
        if v.is_exact(ty!(PyTuple_Type)) && tuple::len(v) == 0 {
            // There is one.
            return self.guard_is(p, v);
        }
        if is_exposed(v) {
            return Err(Stop::Unsupported("a container that C has seen"));
        }
        let flags = self.b.load(
            p,
            Mem {
                offset: -8,
                ty: MemType::I64,
                alias,
            },
        );
        let bit = self.b.int_const(heap::gcflags::EXPOSED as i64);
        let flags = self.b.op(Op::IAnd, &[flags, bit]);
        self.b.guard(Op::GuardIEq, &[flags], Imm::Int(0));
        Ok(())
    }
    /// Guards that C has not seen the container, if it has not: then its items are as they are. `true` if it has: they may be
    /// boxes.
    pub(crate) fn may_hold_boxes(&mut self, p: ValueId, v: Value) -> Res<bool> {
        let seen = is_exposed(v);
        if !seen {
            self.guard_unexposed(p, v, Alias::LIST)?;
        }
        Ok(seen)
    }
    /// An item that was loaded, as a canonical value.
    pub(crate) fn item(&mut self, loaded: ValueId, boxes: bool) -> Res<ValueId> {
        if !boxes {
            return Ok(loaded);
        }
        let canonical = self.b.call(self.env.h.canonical, &[loaded]);
        canonical.ok_or(Stop::Abort("no result"))
    }
    /// The index into a sequence of `size` items, in bounds.
    pub(crate) fn index(&mut self, field: u16, size: ValueId) -> Res<ValueId> {
        let n = self.int(field)?;
        let negative = self.value(field).as_int().is_none_or(|n| n < 0);
        let at = if negative {
            self.b.op(Op::IAdd, &[n, size])
        } else {
            n
        };
        self.b.guard(Op::GuardBounds, &[at, size], Imm::None);
        Ok(at)
    }
    /// Where the items of a sequence of machine numbers are, and how many, if it is one and the key is in bounds; its
    /// class and the kind of its items are guarded.
    pub(crate) fn machine_items(
        &mut self,
        container: u16,
        key: u16,
        store: bool,
    ) -> Res<Option<(MachineItems, ValueId)>> {
        let (c, k) = (self.value(container), self.value(key));
        let Some(layout) = machine_items::of(c).filter(|l| l.mutable || !store) else {
            return Ok(None);
        };
        let Some(item) = (layout.item)(c) else {
            return Ok(None);
        };
        // SAFETY: sequences of machine numbers have an `ob_size`.
        let n = unsafe { (*c.as_ptr().cast::<PyVarObject>()).ob_size } as i64;
        let inside = k.as_int().is_some_and(|k| k >= -n && k < n);
        if !inside || self.kind(key)? != Kind::Int {
            return Ok(None);
        }
        let p = self.object(container)?;
        if let Some(offset) = layout.decided_by {
            // SAFETY: a word of the object.
            let now = unsafe { *c.as_ptr().cast::<u8>().add(offset).cast::<u64>() };
            let word = self.b.load(p, mem(offset, MemType::I64, Alias::IMMUTABLE));
            self.b.guard(Op::GuardIEq, &[word], Imm::Int(now));
        }
        let header = header_alias(&layout);
        let items = if layout.mutable {
            Alias::BUFFER
        } else {
            Alias::IMMUTABLE
        };
        let size = self.b.load(p, mem(16, MemType::Size, header));
        let ty = match item {
            Item::I8 => MemType::I8,
            Item::U8 => MemType::U8,
            Item::I16 => MemType::I16,
            Item::U16 => MemType::U16,
            Item::I32 => MemType::I32,
            Item::U32 => MemType::U32,
            Item::I64 => MemType::I64,
            Item::F64 => MemType::F64,
        };
        let place = match layout.place {
            Place::Inside(offset) => MachineItems {
                base: p,
                mem: mem(offset, ty, items),
                item,
            },
            Place::Behind(offset) => MachineItems {
                base: self.b.load(p, mem(offset, MemType::I64, header)),
                mem: mem(0, ty, items),
                item,
            },
        };
        Ok(Some((place, size)))
    }
    /// `STORE_SUBSCR` of a number that the item can hold.
    pub(crate) fn store_machine_item(&mut self, i: Instr) -> Res<Option<Next>> {
        let v = self.value(i.c());
        let kind = self.kind(i.c())?;
        let fits = |item: Item| match item.bounds() {
            Some((low, high)) => {
                kind == Kind::Int && v.as_int().is_some_and(|n| n >= low && n <= high)
            }
            None => matches!(kind, Kind::Int | Kind::Float),
        };
        let c = self.value(i.a());
        if !machine_items::of(c)
            .and_then(|l| (l.item)(c))
            .is_some_and(fits)
        {
            return Ok(None);
        }
        let Some((place, size)) = self.machine_items(i.a(), i.b(), true)? else {
            return Ok(None);
        };
        let at = self.index(i.b(), size)?;
        let number = match place.item.bounds() {
            None if kind == Kind::Float => self.float(i.c())?,
            None => {
                let n = self.int(i.c())?;
                self.b.op(Op::I2F, &[n])
            }
            Some((low, high)) => {
                let n = self.int(i.c())?;
                if place.item != Item::I64 {
                    let (low, count) = (self.b.int_const(low), self.b.int_const(high - low + 1));
                    let above = self.b.op(Op::ISub, &[n, low]);
                    self.b.guard(Op::GuardBounds, &[above, count], Imm::None);
                }
                n
            }
        };
        let pc = self.pc();
        self.b
            .emit(Op::StoreIdx, &[place.base, at, number], Imm::Mem(place.mem));
        self.kill(i);
        self.b.set_pc(pc + 2);
        Ok(Some(Next::Fall))
    }
}

// ---- what compiled code calls -------------------------------------------------------------------------------

pub(crate) extern "C" fn getitem(a: u64, b: u64) -> u64 {
    if v(a).is_exact(ty!(dict::PyDict_Type)) {
        return match dict::get(v(a), v(b)) {
            Ok(Some(r)) => r.into_value().bits(),
            Ok(None) => {
                let _ = errors::key_error(v(b));
                0
            }
            Err(_) => 0,
        };
    }
    out(ops::getitem(v(a), v(b)))
}
/// [`getitem`] of a builtin container by a key that runs nothing. Where a key of the dict would, the answer is an error
/// without an exception: the interpreter executes the instruction.
pub(crate) extern "C" fn getitem_builtin(a: u64, b: u64) -> u64 {
    if !v(a).is_exact(ty!(dict::PyDict_Type)) {
        return out(ops::getitem(v(a), v(b)));
    }
    match dict::get_quietly(v(a), v(b)) {
        Ok(Some(r)) => r.into_value().bits(),
        Ok(None) => {
            let _ = errors::key_error(v(b));
            0
        }
        Err(_) => 0,
    }
}
/// What a dict, of whatever class, has under a key that runs nothing; empty if there is nothing, or it cannot say.
pub(crate) extern "C" fn item_of_dict(a: u64, b: u64) -> u64 {
    match dict::get_quietly(v(a), v(b)) {
        Ok(found) => found.map_or(0, |r| r.into_value().bits()),
        Err(_) => {
            errors::clear();
            0
        }
    }
}
/// Whether a dict, of whatever class, has such a key, or cannot say.
pub(crate) extern "C" fn has_item(a: u64, b: u64) -> u8 {
    u8::from(dict::contains_quietly(v(a), v(b)).unwrap_or_else(|_| {
        errors::clear();
        true
    }))
}
pub(crate) extern "C" fn contains_any(container: u64, item: u64) -> u8 {
    truth_out(ops::contains(v(container), v(item)))
}
/// Whether a str, dict or set has an item whose hash and comparison run nothing; an error without an exception where those of
/// what it holds would: the interpreter executes the instruction.
pub(crate) extern "C" fn contains(container: u64, item: u64) -> u8 {
    let (container, item) = (v(container), v(item));
    truth_out(if container.is_a(ty!(dict::PyDict_Type)) {
        dict::contains_quietly(container, item)
    } else if set::is_set(container) {
        set::contains_quietly(container, item)
    } else {
        ops::contains(container, item)
    })
}
pub(crate) extern "C" fn set_add(set: u64, item: u64) -> u64 {
    status(set::add_quietly(v(set), v(item)).map(drop))
}
pub(crate) extern "C" fn set_add_any(set: u64, item: u64) -> u64 {
    status(set::add(v(set), v(item)).map(drop))
}
/// Sets an item of a dict, of whatever class, by a key that runs nothing, in the way of [`getitem_builtin`].
pub(crate) extern "C" fn map_add(a: u64, b: u64, c: u64) -> u64 {
    status(dict::set_item_quietly(v(a), v(b), v(c)))
}
pub(crate) extern "C" fn map_add_any(a: u64, b: u64, c: u64) -> u64 {
    status(dict::set_item(v(a), v(b), v(c)))
}
pub(crate) extern "C" fn setitem(a: u64, b: u64, c: u64) -> u64 {
    if v(a).is_exact(ty!(dict::PyDict_Type)) {
        return status(dict::set_item(v(a), v(b), v(c)));
    }
    status(ops::setitem(v(a), v(b), v(c)))
}
pub(crate) extern "C" fn delitem(a: u64, b: u64) -> u64 {
    status(ops::setitem(v(a), v(b), Value::EMPTY))
}
pub(crate) extern "C" fn canonical(a: u64) -> u64 {
    Ref::new(boundary::canonical(v(a))).into_value().bits()
}
pub(crate) extern "C" fn str_item(a: u64, i: u64) -> u64 {
    str::from_char(str::char_at(v(a), i as usize))
        .into_value()
        .bits()
}
