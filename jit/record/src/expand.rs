//! `f(*args, **kwargs)`: what arguments a call has is known while recording where the tuple's length is guarded and the
//! dict is empty or the one that a call with keywords has just made. Wrappers then cost nothing: neither is made.
//!
//! The dict of a `**kwargs` parameter can be virtual: its size is a field at its place; the names and values are fields at
//! offsets that no other access uses.

use crate::helpers::{MAX_ARGS, MAX_KEYWORDS};
use crate::{FrameKind, Next, Recorder, Res, Stop, mem};
use pyrs_bytecode::{CALL_EX_KWARGS, CALL_METHOD_FLAG, Instr, Op as B};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::{Ref, Value, ValueExt, boundary, dict, errors, list, ops, tuple, ty};
use pyrs_vm::frames::Continuation;

const CHANGED: Stop = Stop::Unsupported("keyword arguments that may have changed");

/// A dict's value for a key that is a str.
fn value_of(d: Value, name: Value) -> Option<Value> {
    // The dict keeps it.
    dict::get(d, name).ok().flatten().map(|v| v.value())
}

/// Makes the dict of keyword arguments from a tuple of names and the values, whose references it takes over.
fn keyword_dict(names: u64, values: &[u64]) -> u64 {
    let names = tuple::items(Value::from_bits(names));
    let d = dict::with_capacity(values.len());
    for (name, v) in names.iter().zip(values) {
        // SAFETY: the compiled code gives the reference up.
        let v = unsafe { Ref::from_owned(Value::from_bits(*v)) };
        // The names are strs that differ; without memory the dict stays short, as there is no way to say so here.
        if dict::set_item(d.value(), *name, v.value()).is_err() {
            errors::clear();
        }
    }
    d.into_value().bits()
}

macro_rules! keyword_functions {
    ($($name:ident($($v:ident)*);)*) => {
        $(extern "C" fn $name(_used: u64, names: u64 $(, $v: u64)*) -> u64 {
            keyword_dict(names, &[$($v),*])
        })*
        /// By number of keywords: words are the number, the tuple of names, the values.
        pub(crate) fn keyword_functions() -> [u64; MAX_KEYWORDS + 1] {
            [$($name as *const () as u64),*]
        }
    };
}
keyword_functions! {
    keywords0();
    keywords1(a);
    keywords2(a b);
    keywords3(a b c);
    keywords4(a b c d);
}

impl Recorder<'_> {
    pub(crate) fn call_ex(&mut self, i: Instr) -> Res<Next> {
        let base = i.a();
        let callable = self.reg_value(u32::from(base));
        if !callable.is_object() {
            return Err(Stop::Unsupported("a call of a number"));
        }
        let positional = self.reg_value(u32::from(base) + 2);
        let is_list = positional.is_exact(ty!(list::PyList_Type));
        let Some(items) = ops::exact_items(positional)
            .filter(|_| is_list || positional.is_exact(ty!(tuple::PyTuple_Type)))
        else {
            return Err(Stop::Unsupported("arguments of an iterable"));
        };
        if items.len() > MAX_ARGS {
            return Err(Stop::Unsupported("a call with many arguments"));
        }
        let canonical = |v: &Value| boundary::canonical(*v);
        let mut values: Vec<_> = items.iter().map(canonical).collect();
        let p = self.object(base + 2)?;
        let mut args = if is_list {
            self.list_as_tuple(base + 2, p, positional)?
        } else {
            self.tuple_items(p, positional)?
        };
        let mut names = Value::EMPTY;
        let mut end = u32::from(base) + 3;
        if i.d() & CALL_EX_KWARGS != 0 {
            end += 1;
            let keywords = self.keywords(base + 3)?;
            if !keywords.is_empty() {
                let t = tuple::from_slice(&keywords.iter().map(|(n, _)| *n).collect::<Vec<_>>());
                names = t.value();
                self.keep(names);
            }
            let given = self.reg_value(u32::from(base) + 3);
            for (name, id) in keywords {
                values.push(value_of(given, name).ok_or(CHANGED)?);
                args.push(id);
            }
        }
        let id = self.slot(u32::from(base))?;
        self.expanded = true;
        let next = self.call_with(i, callable, id, args, values, names, false, end);
        self.expanded = false;
        next
    }

    /// The items of a list behind a `*`, the tuple of which takes its place in the window.
    fn list_as_tuple(&mut self, r: u16, p: ValueId, list: Value) -> Res<Vec<ValueId>> {
        let items = self.list_contents(p, list)?;
        let n = items.len();
        let t = if n == 0 {
            self.const_value(tuple::empty().value())
        } else {
            let fields: Vec<_> = items.iter().map(|id| self.b.as_value(*id)).collect();
            let layout = self.env.h.build_tuple.get(n);
            let layout = *layout.ok_or(Stop::Unsupported("a call with many arguments"))?;
            let t = self.b.allocate(layout, &fields);
            self.tuples.insert(t, n);
            t
        };
        self.set(r, t);
        Ok(items)
    }

    /// What the frame of a function is pushed as: an `f(*args)` gives its window up when the function returns, other calls
    /// when they are made.
    pub(crate) fn enter_window(&mut self, base: u32, end: u32) -> FrameKind {
        if self.expanded {
            return FrameKind::new(Continuation::Finish, 0);
        }
        for s in base..end {
            if self.b.get(s).is_some() {
                self.moved(s);
            }
        }
        FrameKind::new(Continuation::Store, 0)
    }

    /// What the frame at `depth` holds in the window of the call that it is at, by register.
    pub(crate) fn window(&self, depth: usize, i: Instr) -> Vec<(u32, ValueId)> {
        let base = u32::from(i.a());
        let mut registers = vec![base];
        if i.op() == Some(B::CALL_EX) {
            let n = if i.d() & CALL_EX_KWARGS != 0 { 2 } else { 1 };
            registers.extend(base + 2..base + 2 + n);
        } else {
            let method = i.d() & CALL_METHOD_FLAG != 0;
            registers.extend(method.then_some(base + 1));
            registers.extend(base + 2..base + 2 + u32::from(i.b()));
        }
        registers
            .into_iter()
            .filter_map(|r| Some((r, self.b.get_in(depth, r)?)))
            .collect()
    }
    /// Gives up a [window](Self::window) in the frame that is the topmost one again.
    pub(crate) fn leave_window(&mut self, window: &[(u32, ValueId)], dst: u32) {
        for (r, _) in window {
            if *r != dst {
                self.moved(*r);
            }
        }
        for (_, id) in window {
            if !self.b.slots().iter().any(|(_, v)| v == id) {
                self.b.release(*id);
            }
        }
    }

    /// The names and values in the dict of a register.
    fn keywords(&mut self, field: u16) -> Res<Vec<(Value, ValueId)>> {
        let d = self.reg_value(u32::from(field));
        if !d.is_exact(ty!(dict::PyDict_Type)) {
            return Err(Stop::Unsupported("keyword arguments of a mapping"));
        }
        let p = self.object(field)?;
        if let Some(made) = self.keywords.get(&p).cloned() {
            let same =
                dict::len(d) == made.len() && made.iter().all(|(n, _)| value_of(d, *n).is_some());
            if !same || self.b.escapes(p) {
                return Err(CHANGED);
            }
            return Ok(made);
        }
        if dict::len(d) != 0 {
            return self.names_of(p, d);
        }
        let used = self.b.load(p, mem(16, MemType::Size, Alias::DICT));
        self.b.guard(Op::GuardIEq, &[used], Imm::Int(0));
        Ok(Vec::new())
    }

    /// The dict of a callee's `**kwargs`.
    pub(crate) fn keyword_dict(&mut self, given: &[(Value, ValueId)]) -> Res<ValueId> {
        if given.len() > MAX_KEYWORDS {
            return Err(Stop::Unsupported("many keyword arguments"));
        }
        let names = tuple::from_slice(&given.iter().map(|(n, _)| *n).collect::<Vec<_>>());
        self.keep(names.value());
        let mut fields = vec![
            self.b.int_const(given.len() as i64),
            self.b.int_const(names.value().bits() as i64),
        ];
        let mut values = Vec::new();
        for (name, v) in given {
            let v = self.b.as_value(*v);
            values.push((*name, v));
            fields.push(v);
        }
        let d = self
            .b
            .allocate(self.env.h.keyword_dict[given.len()], &fields);
        self.keywords.insert(d, values);
        Ok(d)
    }
}
