//! Unpacking with a star, dicts that are merged or hold the arguments of a call, set displays.
//!
//! Helpers answer "no", before anything has changed, where Python code could run or an error has to be raised: a guard then
//! leaves the instruction to the interpreter.

use crate::helpers::v;
use crate::objects::is_like;
use crate::{Next, Recorder, Res, Stop, helpers::MAX_ARGS, mem};
use pyrs_bytecode::{Instr, KILL_C, Op as B};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_jit_ir::tables::{Effects, Helper, HelperId, Param, Raises, Ret, Tables};
use pyrs_object::native::Slot;
use pyrs_object::{Value, ValueExt, dict, errors, list, ops, str, tuple, ty, typeobject};

/// Arguments that are taken from the dict of an `f(**d)`.
const MAX_NAMES: usize = 8;

/// The items of an exact list or a tuple but the first and the last ones.
extern "C" fn rest_of(sequence: u64, before: u64, after: u64) -> u64 {
    let s = v(sequence);
    let items = ops::exact_items(s).unwrap_or_else(|| tuple::items(s));
    let n = items.len().saturating_sub((before + after) as usize);
    list::part(items, before as isize, 1, n).into_value().bits()
}
/// Whether the keys of an exact dict are these strs, in this order.
extern "C" fn has_names(d: u64, names: u64) -> u8 {
    let (d, names) = (v(d), tuple::items(v(names)));
    let mut at = 0;
    let same = |name: &Value, key: Value| {
        key == *name || key.is_exact(ty!(str::PyUnicode_Type)) && str::eq(key, *name)
    };
    let all = dict::len(d) == names.len()
        && names
            .iter()
            .all(|name| dict::next(d, &mut at).is_some_and(|(key, _)| same(name, key)));
    u8::from(all)
}
/// Whether exact dicts can be merged without running code of their keys.
extern "C" fn merges(d: u64, other: u64) -> u8 {
    u8::from(dict::has_only_strs(v(d)) && dict::has_only_strs(v(other)))
}
/// Whether, besides, they have no key in common.
extern "C" fn merges_apart(d: u64, other: u64) -> u8 {
    u8::from(merges(d, other) != 0 && !have_common(v(d), v(other)))
}
fn have_common(d: Value, other: Value) -> bool {
    let mut at = 0;
    while let Some((key, _)) = dict::next(other, &mut at) {
        if dict::contains(d, key).unwrap_or(true) {
            errors::clear();
            return true;
        }
    }
    false
}
/// `d.update(other)` of such dicts.
extern "C" fn merge(d: u64, other: u64) {
    if dict::merge(v(d), v(other), true).is_err() {
        errors::clear();
    }
}
/// A copy of an exact dict without some keys, all of which it has; empty if it has others than strs.
extern "C" fn without(d: u64, keys: u64) -> u64 {
    if !dict::has_only_strs(v(d)) {
        return 0;
    }
    let copy = dict::copy(v(d));
    for key in tuple::items(v(keys)) {
        if dict::del_item(copy.value(), *key).is_err() {
            errors::clear();
            return 0;
        }
    }
    copy.into_value().bits()
}
/// Whether a value's class has a flag.
extern "C" fn has_flag(value: u64, flag: u64) -> u8 {
    u8::from(v(value).has_flag(flag))
}

pub(crate) struct Ids {
    rest_of: HelperId,
    has_names: HelperId,
    merges: HelperId,
    merges_apart: HelperId,
    merge: HelperId,
    without: HelperId,
    pub(crate) has_flag: HelperId,
}
impl Ids {
    pub(crate) fn declare(t: &mut Tables) -> Ids {
        let (bx, i) = (T::Boxed, T::I64);
        let mut add = |name: &str, address: u64, params: &[T], ret, effects| {
            let param = |ty: &T| Param {
                ty: *ty,
                steals: false,
            };
            t.add_helper(Helper {
                name: name.to_string(),
                address,
                takes_context: false,
                params: params.iter().map(param).collect(),
                ret,
                effects,
                raises: Raises::Never,
            })
        };
        let ret = |ty, owned, class| Some(Ret { ty, owned, class });
        let answer = ret(T::Bool, false, None);
        let list_class = &raw const list::PyList_Type as u64;
        let reads = Effects::heap(!0, 0);
        Ids {
            rest_of: add(
                "rest_of",
                rest_of as *const () as u64,
                &[bx, i, i],
                ret(bx, true, Some(list_class)),
                reads,
            ),
            has_names: add(
                "has_names",
                has_names as *const () as u64,
                &[bx, bx],
                answer,
                reads,
            ),
            merges: add(
                "merges",
                merges as *const () as u64,
                &[bx, bx],
                answer,
                reads,
            ),
            merges_apart: add(
                "merges_apart",
                merges_apart as *const () as u64,
                &[bx, bx],
                answer,
                reads,
            ),
            merge: add(
                "merge",
                merge as *const () as u64,
                &[bx, bx],
                None,
                Effects::heap(!0, Alias::DICT.bit() | Alias::GLOBAL.bit()),
            ),
            without: add(
                "without",
                without as *const () as u64,
                &[bx, bx],
                ret(bx, true, None),
                reads,
            ),
            has_flag: add(
                "has_flag",
                has_flag as *const () as u64,
                &[bx, i],
                answer,
                reads,
            ),
        }
    }
}

impl Recorder<'_> {
    /// `UNPACK_EX` of lists and tuples that are long enough.
    pub(crate) fn unpack_ex(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let (before, after) = (usize::from(i.c() & 255), usize::from(i.c() >> 8));
        let is_tuple = is_like(v, ty!(tuple::PyTuple_Type), &[Slot::tp_iter]);
        if !is_tuple && !v.is_exact(ty!(list::PyList_Type)) {
            return Err(Stop::Unsupported("unpacking"));
        }
        let n = if is_tuple {
            tuple::len(v)
        } else {
            list::len(v)
        };
        if n < before + after {
            return Err(Stop::Unsupported("unpacking"));
        }
        let p = self.instance_of(i.b())?;
        let results = if self.tuples.get(&p) == Some(&n) && n - before - after <= MAX_ARGS {
            // Made here: it need not be made at all.
            let mut items = self.tuple_items(p, v)?;
            let last = items.split_off(n - after);
            let rest: Vec<_> = items
                .split_off(before)
                .into_iter()
                .map(|id| self.b.as_value(id))
                .collect();
            let rest = self
                .b
                .call(self.env.h.build_list[rest.len()], &rest)
                .ok_or(Stop::Abort("no result"))?;
            items.push(rest);
            items.extend(last);
            items
        } else {
            self.unpack_ends(p, v, is_tuple, before, after)?
        };
        self.kill(Instr(i.0 & !(u64::from(KILL_C) << 8)));
        for (k, id) in results.into_iter().enumerate() {
            self.set(i.a() + k as u16, id);
        }
        Ok(Next::Fall)
    }
    /// The first items, a list of the ones in the middle, the last items, whatever the length.
    fn unpack_ends(
        &mut self,
        p: ValueId,
        v: Value,
        is_tuple: bool,
        before: usize,
        after: usize,
    ) -> Res<Vec<ValueId>> {
        let boxes = self.may_hold_boxes(p, v)?;
        let alias = if is_tuple {
            Alias::IMMUTABLE
        } else {
            Alias::LIST
        };
        let size = self.b.load(p, mem(16, MemType::Size, alias));
        if before + after > 0 {
            let fewer = self.b.int_const((before + after) as i64 - 1);
            let enough = self.b.op(Op::IGt, &[size, fewer]);
            self.b.guard(Op::GuardTrue, &[enough], Imm::None);
        }
        let (base, first, items) = if is_tuple {
            (p, 24, Alias::IMMUTABLE)
        } else {
            (self.list_items(p), 0, Alias::LIST_ITEM)
        };
        let mut loaded = Vec::new();
        for k in 0..before {
            let m = mem(first + 8 * k, MemType::Boxed, items);
            loaded.push(self.b.load(base, m));
        }
        for k in 0..after {
            let back = self.b.int_const((after - k) as i64);
            let at = self.b.op(Op::ISub, &[size, back]);
            let m = Imm::Mem(mem(first, MemType::Boxed, items));
            let id = self.b.emit(Op::LoadIdx, &[base, at], m);
            loaded.push(id.ok_or(Stop::Abort("no result"))?);
        }
        let mut results = Vec::new();
        for id in loaded {
            results.push(self.item(id, boxes)?);
        }
        let sequence = self.b.as_value(p);
        let (x, y) = (
            self.b.int_const(before as i64),
            self.b.int_const(after as i64),
        );
        let rest = self
            .b
            .call(self.env.h.containers.rest_of, &[sequence, x, y])
            .ok_or(Stop::Abort("no result"))?;
        results.insert(before, rest);
        Ok(results)
    }

    /// A register that holds an exact dict; a Value.
    fn exact_dict(&mut self, field: u16) -> Res<ValueId> {
        if !self.value(field).is_exact(ty!(dict::PyDict_Type)) {
            return Err(Stop::Unsupported("a mapping"));
        }
        let p = self.object(field)?;
        Ok(self.b.as_value(p))
    }
    /// `DICT_UPDATE` and `DICT_MERGE` with a dict.
    pub(crate) fn merge_dict(&mut self, i: Instr, op: B) -> Res<Next> {
        let (d, other) = (self.exact_dict(i.a())?, self.exact_dict(i.b())?);
        let (to, from) = (self.value(i.a()), self.value(i.b()));
        let unique = op == B::DICT_MERGE;
        let quiet = dict::has_only_strs(to) && dict::has_only_strs(from);
        if !quiet || unique && have_common(to, from) {
            return Err(Stop::Unsupported("keys that run code or are in both dicts"));
        }
        let ids = &self.env.h.containers;
        let check = if unique { ids.merges_apart } else { ids.merges };
        let may = self
            .b
            .call(check, &[d, other])
            .ok_or(Stop::Abort("no result"))?;
        // An exit behind the merger would merge again.
        self.b.guard(Op::GuardTrue, &[may], Imm::None);
        self.b.call(self.env.h.containers.merge, &[d, other]);
        // `a` is the target, `c` of `DICT_MERGE` the callable: only the operand dies.
        self.kill(i);
        Ok(Next::Fall)
    }
    /// `COPY_DICT_WITHOUT_KEYS`.
    pub(crate) fn copy_without(&mut self, i: Instr) -> Res<Next> {
        let (from, keys) = (self.value(i.b()), self.value(i.c()));
        let d = self.exact_dict(i.b())?;
        self.constant_keys(i.c())?;
        if !dict::has_only_strs(from) {
            return Err(Stop::Unsupported("keys that run code"));
        }
        let keys = self.b.value_const(keys.bits());
        let copy = self
            .b
            .call(self.env.h.containers.without, &[d, keys])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[copy], Imm::None);
        self.kill_and_set(i, copy);
        Ok(Next::Fall)
    }
    /// The strs in a tuple that is a constant, all different.
    fn constant_keys(&mut self, field: u16) -> Res<Vec<Value>> {
        let keys = self.value(field);
        let id = self.operand(field)?;
        if !keys.is_exact(ty!(tuple::PyTuple_Type)) || !self.b.is_const(id) {
            return Err(Stop::Unsupported("keys that are no constants"));
        }
        let items = tuple::items(keys);
        let strings = items.iter().all(|k| k.is_exact(ty!(str::PyUnicode_Type)));
        let twice = |n: usize| items[..n].iter().any(|k| str::eq(*k, items[n]));
        if !strings || (1..items.len()).any(twice) || items.len() > MAX_ARGS {
            return Err(Stop::Unsupported("keys that are no constants"));
        }
        self.keep(keys);
        Ok(items.to_vec())
    }
    /// `MATCH_KEYS` of a dict: the tuple of what it has is virtual.
    pub(crate) fn match_keys(&mut self, i: Instr) -> Res<Next> {
        let d = self.value(i.b());
        let map = self.exact_dict(i.b())?;
        let keys = self.constant_keys(i.c())?;
        if !dict::has_only_strs(d) {
            return Err(Stop::Unsupported("keys that run code"));
        }
        let mut items = Vec::new();
        for key in &keys {
            let k = self.b.value_const(key.bits());
            let present = dict::contains(d, *key).unwrap_or(false);
            let helper = if present {
                self.env.h.item_of_dict
            } else {
                self.env.h.has_item
            };
            let id = self
                .b
                .call(helper, &[map, k])
                .ok_or(Stop::Abort("no result"))?;
            if !present {
                self.b.guard(Op::GuardFalse, &[id], Imm::None);
                break;
            }
            self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
            items.push(id);
        }
        let found = if items.len() < keys.len() {
            self.b.value_const(self.env.statics.none_object)
        } else if keys.is_empty() {
            self.const_value(tuple::empty().value())
        } else {
            let n = items.len();
            let t = self.b.allocate(self.env.h.build_tuple[n], &items);
            self.tuples.insert(t, n);
            t
        };
        self.kill_and_set(i, found);
        Ok(Next::Fall)
    }
    /// The names and values of the arguments that an `f(**d)` takes from a dict, whose keys are guarded.
    pub(crate) fn names_of(&mut self, p: ValueId, d: Value) -> Res<Vec<(Value, ValueId)>> {
        let mut names = Vec::new();
        let mut at = 0;
        while let Some((key, _)) = dict::next(d, &mut at) {
            if !key.is_exact(ty!(str::PyUnicode_Type)) || names.len() == MAX_NAMES {
                return Err(Stop::Unsupported("keyword arguments of a dict"));
            }
            names.push(key);
        }
        let all = tuple::from_slice(&names);
        self.keep(all.value());
        let map = self.b.as_value(p);
        let t = self.b.value_const(all.value().bits());
        let same = self
            .b
            .call(self.env.h.containers.has_names, &[map, t])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardTrue, &[same], Imm::None);
        let mut given = Vec::new();
        for name in names {
            let n = self.b.value_const(name.bits());
            let id = self
                .b
                .call(self.env.h.item_of_dict, &[map, n])
                .ok_or(Stop::Abort("no result"))?;
            given.push((name, id));
        }
        Ok(given)
    }
    /// `BUILD_SET` of items whose hash and comparison run no Python code.
    pub(crate) fn build_set(&mut self, i: Instr) -> Res<Next> {
        let (first, n) = (i.b(), i.c());
        let mut items = Vec::new();
        for k in 0..n {
            let item = self.reg_value(u32::from(first + k));
            if item.is_object() && item.ty().is_heap() {
                return Err(Stop::Unsupported("a set of objects"));
            }
            let quiet = self.is_quiet(item);
            let id = self.guarded(first + k)?;
            items.push((id, quiet));
        }
        let pc = self.pc();
        let set = self
            .b
            .call(self.env.h.set_new, &[])
            .ok_or(Stop::Abort("no result"))?;
        let s = self.b.as_value(set);
        for (id, quiet) in items {
            let helper = if quiet {
                self.env.h.set_add
            } else {
                self.env.h.set_add_any
            };
            self.b.call(helper, &[s, id]);
        }
        for k in 0..n {
            self.moved(u32::from(first + k));
        }
        self.set(i.a(), set);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
    /// `DELETE_ATTR` of an instance whose class has no say in it.
    pub(crate) fn delete_attr(&mut self, i: Instr) -> Res<Next> {
        const ODD: Stop = Stop::Unsupported("an unusual deletion");
        let object = self.value(i.a());
        let name = self.name(i.b());
        let t = object.ty();
        if !object.is_object() || !self.generic_set(t) || typeobject::lookup(t, name).is_some() {
            return Err(ODD);
        }
        let p = self.instance_of(i.a())?;
        let (o, n) = (self.b.as_value(p), self.const_value(name));
        let empty = self.b.value_const(0);
        let pc = self.pc();
        self.b.call(self.env.h.setattr, &[o, n, empty]);
        self.kill(i);
        self.b.set_pc(pc + self.length());
        Ok(Next::Fall)
    }
}
