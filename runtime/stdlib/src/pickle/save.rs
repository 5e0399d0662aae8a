//! What `Pickler` writes for each kind of object.

use super::buffer::{is_contiguous, is_pickle_buffer, view};
use super::opcodes::*;
use super::pickler::{Core, call_hook};
use super::{ErrorKind, error, globals, state};
use crate::util::repr_text;
use pyrs_object::boundary::canonical;
use pyrs_object::{
    PyResult, Ref, Type, Value, ValueExt, bytearray, bytes, codec, dict, exceptions, float, hooks,
    int, intern, list, ops, raise, set, singletons, str, tuple, ty, typeobject,
};

/// How many items stand between a mark and its opcode.
const BATCH: usize = 1000;
/// Containers in fast mode are watched for cycles below this depth.
const FAST_NESTING: usize = 50;

fn pickling(message: &str) -> pyrs_object::Raised {
    error(ErrorKind::Pickling, message)
}

impl Core {
    /// Writes `v`. `persistent` says that `v` is itself a persistent id.
    pub(super) fn save(&self, owner: Value, v: Value, persistent: bool) -> PyResult<()> {
        self.boundary()?;
        if !persistent && self.save_persistent(owner, v)? {
            return Ok(());
        }
        if v.is_int() {
            self.save_small_int(v.as_int_unchecked());
            return Ok(());
        }
        if let Some(x) = v.as_float() {
            self.save_float(x);
            return Ok(());
        }
        if v.is_none() {
            self.op(NONE);
            return Ok(());
        }
        if v.is_true_const() || v.is_false_const() {
            self.save_bool(v.is_true_const());
            return Ok(());
        }
        let t = v.ty();
        if t == ty!(int::PyLong_Type) {
            return self.save_int(v);
        }
        if t == ty!(float::PyFloat_Type) {
            self.save_float(float::value(v));
            return Ok(());
        }
        if let Some(index) = self.memo_find(v) {
            self.memo_get(index);
            return Ok(());
        }
        if t == ty!(str::PyUnicode_Type) {
            return self.save_str(v);
        }
        if t == ty!(bytes::PyBytes_Type) {
            return self.save_bytes(owner, v);
        }
        let _guard = hooks().enter_counted(" while pickling an object")?;
        if t == ty!(dict::PyDict_Type) {
            self.save_dict(owner, v)
        } else if t == ty!(list::PyList_Type) {
            self.save_list(owner, v)
        } else if t == ty!(tuple::PyTuple_Type) {
            self.save_tuple(owner, v)
        } else if t == ty!(set::PySet_Type) {
            self.save_set(owner, v)
        } else if t == ty!(set::PyFrozenSet_Type) {
            self.save_frozenset(owner, v)
        } else if t == ty!(bytearray::PyByteArray_Type) {
            self.save_bytearray(owner, v)
        } else if is_pickle_buffer(v) {
            self.save_pickle_buffer(v)
        } else {
            self.save_object(owner, v, t)
        }
    }

    fn save_persistent(&self, owner: Value, v: Value) -> PyResult<bool> {
        let hook = match &*self.persistent.borrow() {
            Some(h) => h.target(owner),
            None => return Ok(false),
        };
        let id = call_hook(&hook, v)?;
        if id.value().is_none() {
            return Ok(false);
        }
        if self.bin.get() {
            self.save(owner, id.value(), true)?;
            self.op(BINPERSID);
        } else {
            let text = ops::str_of(id.value())?;
            let Some(ascii) = str::ascii_bytes(text.value()) else {
                return Err(pickling(
                    "persistent IDs in protocol 0 must be ASCII strings",
                ));
            };
            self.op(PERSID);
            self.put(ascii);
            self.op(b'\n');
        }
        Ok(true)
    }

    // ---- Atoms --------------------------------------------------------------------------------------------

    fn save_bool(&self, b: bool) {
        if self.proto >= 2 {
            self.op(if b { NEWTRUE } else { NEWFALSE });
        } else {
            self.put(if b { b"I01\n" } else { b"I00\n" });
        }
    }
    fn save_small_int(&self, n: i64) {
        match i32::try_from(n) {
            Ok(_) if !self.bin.get() => self.put(format!("I{n}\n").as_bytes()),
            Ok(_) if (0..256).contains(&n) => self.op_n(BININT1, n as u64, 1),
            Ok(_) if (0..65536).contains(&n) => self.op_n(BININT2, n as u64, 2),
            Ok(n) => self.op_n(BININT, u64::from(n as u32), 4),
            Err(_) if self.proto >= 2 => {
                let b = n.to_le_bytes();
                // As many bytes as the sign needs.
                let bits = 65
                    - if n < 0 {
                        (!n).leading_zeros()
                    } else {
                        n.leading_zeros()
                    };
                let len = bits.div_ceil(8) as usize;
                self.op_n(LONG1, len as u64, 1);
                self.put(&b[..len]);
            }
            Err(_) => self.put(format!("L{n}L\n").as_bytes()),
        }
    }
    fn save_int(&self, v: Value) -> PyResult<()> {
        if let Some(n) = int::to_i64(v) {
            self.save_small_int(n);
            return Ok(());
        }
        if self.proto < 2 {
            let text = int::to_text(v, 10)?;
            self.put(format!("L{text}L\n").as_bytes());
            return Ok(());
        }
        let data = int::with_ref(v, |n| {
            let mut out = vec![0; n.bit_length() as usize / 8 + 1];
            n.to_bytes(&mut out, true, true).map(|()| out)
        });
        let Ok(mut data) = data else {
            return Err(raise!(OverflowError, "int too large to pickle"));
        };
        let n = data.len();
        if int::is_negative(v) && n > 1 && data[n - 1] == 0xff && data[n - 2] & 0x80 != 0 {
            data.pop();
        }
        if data.len() < 256 {
            self.op_n(LONG1, data.len() as u64, 1);
        } else if data.len() <= i32::MAX as usize {
            self.op_n(LONG4, data.len() as u64, 4);
        } else {
            return Err(raise!(OverflowError, "int too large to pickle"));
        }
        self.put(&data);
        Ok(())
    }
    fn save_float(&self, x: f64) {
        if self.bin.get() {
            self.op(BINFLOAT);
            self.put(&x.to_be_bytes());
        } else {
            self.put(format!("F{}\n", float::repr_f64(x)).as_bytes());
        }
    }
    fn save_str(&self, v: Value) -> PyResult<()> {
        if !self.bin.get() {
            self.op(UNICODE);
            let mut text = Vec::new();
            let units = str::view(v);
            for i in 0..units.len() {
                let c = units.get(i);
                if c >= 0x10000 {
                    text.extend_from_slice(format!("\\U{c:08x}").as_bytes());
                } else if c >= 256 || [0x5c, 0, 0x0a, 0x0d, 0x1a].contains(&c) {
                    text.extend_from_slice(format!("\\u{c:04x}").as_bytes());
                } else {
                    text.push(c as u8);
                }
            }
            text.push(b'\n');
            self.put(&text);
            return self.memo_put(v);
        }
        match str::ascii_bytes(v) {
            Some(a) => self.put_text(a)?,
            None => self.put_text(&str::to_wtf8(v))?,
        }
        self.memo_put(v)
    }
    fn put_text(&self, data: &[u8]) -> PyResult<()> {
        let n = data.len();
        let header = if n < 256 && self.proto >= 4 {
            (SHORT_BINUNICODE, 1)
        } else if n as u64 <= u64::from(u32::MAX) {
            (BINUNICODE, 4)
        } else if self.proto >= 4 {
            (BINUNICODE8, 8)
        } else {
            return Err(raise!(
                OverflowError,
                "serializing a string larger than 4 GiB requires pickle protocol 4 or higher"
            ));
        };
        self.put_sized(header, data, Value::EMPTY)
    }
    fn put_sized(&self, (code, width): (u8, usize), data: &[u8], owner: Value) -> PyResult<()> {
        let mut head = [0; 9];
        head[0] = code;
        head[1..].copy_from_slice(&(data.len() as u64).to_le_bytes());
        self.put_payload(&head[..=width], data, owner)
    }
    fn save_bytes(&self, owner: Value, v: Value) -> PyResult<()> {
        let data = bytes::data(v);
        if self.proto < 3 {
            // Older protocols have no bytes: `codecs.encode(text, "latin1")` makes them.
            let call = if data.is_empty() {
                tuple::pair(ty!(bytes::PyBytes_Type).to_ref(), tuple::empty())
            } else {
                let text = str::from_latin1(data);
                tuple::pair(
                    state()?.codecs_encode.clone(),
                    tuple::pair(text, Ref::str("latin1")),
                )
            };
            return self.save_reduce(owner, call.value(), v);
        }
        self.put_bytes(data, v)?;
        self.memo_put(v)
    }
    fn put_bytes(&self, data: &[u8], owner: Value) -> PyResult<()> {
        let header = if data.len() < 256 {
            (SHORT_BINBYTES, 1)
        } else if data.len() as u64 <= u64::from(u32::MAX) {
            (BINBYTES, 4)
        } else if self.proto >= 4 {
            (BINBYTES8, 8)
        } else {
            return Err(raise!(
                OverflowError,
                "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher"
            ));
        };
        self.put_sized(header, data, owner)
    }
    fn save_bytearray(&self, owner: Value, v: Value) -> PyResult<()> {
        if self.proto < 5 {
            let class = ty!(bytearray::PyByteArray_Type).to_ref();
            let data = bytearray::data(v);
            let args = if data.is_empty() {
                tuple::empty()
            } else {
                tuple::from_vec(vec![bytes::new(data)])
            };
            return self.save_reduce(owner, tuple::pair(class, args).value(), v);
        }
        self.put_sized((BYTEARRAY8, 8), bytearray::data(v), v)?;
        self.memo_put(v)
    }
    fn save_pickle_buffer(&self, v: Value) -> PyResult<()> {
        if self.proto < 5 {
            return Err(pickling("PickleBuffer can only pickled with protocol >= 5"));
        }
        let b = view(v)?;
        if !is_contiguous(&b.raw) {
            return Err(pickling(
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer",
            ));
        }
        let in_band = match &self.buffer_callback {
            None => true,
            Some(f) => ops::is_true(ops::call(f.value(), &[v])?.value())?,
        };
        let readonly = b.raw.readonly != 0;
        if in_band {
            if readonly {
                self.put_bytes(b.bytes(), v)?;
            } else {
                self.put_sized((BYTEARRAY8, 8), b.bytes(), v)?;
            }
            return self.memo_put(v);
        }
        self.op(NEXT_BUFFER);
        if readonly {
            self.op(READONLY_BUFFER);
        }
        Ok(())
    }

    // ---- Containers ---------------------------------------------------------------------------------------

    /// Runs `f` inside one more container; in fast mode, where nothing is memoized, deep cycles are an error.
    fn in_container(&self, v: Value, f: impl FnOnce() -> PyResult<()>) -> PyResult<()> {
        if !self.fast.get() {
            return f();
        }
        let depth = self.fast_depth.get() + 1;
        self.fast_depth.set(depth);
        let watched = depth >= FAST_NESTING;
        if watched {
            let mut open = self.fast_open.borrow_mut();
            if open.contains(&v.bits()) {
                return Err(raise!(
                    ValueError,
                    "fast mode: can't pickle cyclic objects including object type {} at {:#x}",
                    v.ty().message_name(),
                    v.bits()
                ));
            }
            open.push(v.bits());
        }
        f()?;
        self.fast_depth.set(self.fast_depth.get().saturating_sub(1));
        if watched {
            self.fast_open.borrow_mut().pop();
        }
        Ok(())
    }
    fn save_list(&self, owner: Value, v: Value) -> PyResult<()> {
        self.in_container(v, || {
            if self.bin.get() {
                self.op(EMPTY_LIST);
            } else {
                self.put(&[MARK, LIST]);
            }
            self.memo_put(v)?;
            if list::len(v) == 0 {
                return Ok(());
            }
            if self.proto == 0 {
                let it = ops::iter(v)?;
                return self.batch_list(owner, it.value());
            }
            if list::len(v) == 1 {
                if let Some(item) = list::get(v, 0) {
                    self.save(owner, item.value(), false)?;
                    self.op(APPEND);
                }
                return Ok(());
            }
            let mut i = 0;
            loop {
                self.op(MARK);
                let end = i + BATCH;
                while i < end {
                    let Some(item) = list::get(v, i) else { break };
                    self.save(owner, item.value(), false)?;
                    i += 1;
                }
                self.op(APPENDS);
                if i >= list::len(v) {
                    return Ok(());
                }
            }
        })
    }
    /// Items of an iterator for the list below them.
    fn batch_list(&self, owner: Value, it: Value) -> PyResult<()> {
        if self.proto == 0 {
            while let Some(item) = ops::next(it)? {
                self.save(owner, item.value(), false)?;
                self.op(APPEND);
            }
            return Ok(());
        }
        loop {
            let Some(first) = ops::next(it)? else {
                return Ok(());
            };
            let Some(mut item) = ops::next(it)? else {
                self.save(owner, first.value(), false)?;
                self.op(APPEND);
                return Ok(());
            };
            self.op(MARK);
            self.save(owner, first.value(), false)?;
            let mut n = 1;
            loop {
                self.save(owner, item.value(), false)?;
                n += 1;
                if n == BATCH {
                    break;
                }
                match ops::next(it)? {
                    Some(next) => item = next,
                    None => break,
                }
            }
            self.op(APPENDS);
            if n != BATCH {
                return Ok(());
            }
        }
    }
    fn save_dict(&self, owner: Value, v: Value) -> PyResult<()> {
        self.in_container(v, || {
            if self.bin.get() {
                self.op(EMPTY_DICT);
            } else {
                self.put(&[MARK, DICT]);
            }
            self.memo_put(v)?;
            if dict::len(v) == 0 {
                return Ok(());
            }
            if self.proto == 0 {
                let items = ops::call_method(v, intern!("items"), &[])?;
                let it = ops::iter(items.value())?;
                return self.batch_dict(owner, it.value());
            }
            self.batch_exact_dict(owner, v)
        })
    }
    fn batch_exact_dict(&self, owner: Value, v: Value) -> PyResult<()> {
        let size = dict::len(v);
        let mut at = 0;
        let next = |at: &mut usize| dict::next(v, at).map(|(k, x)| (Ref::new(k), Ref::new(x)));
        if size == 1 {
            if let Some((k, x)) = next(&mut at) {
                self.save(owner, k.value(), false)?;
                self.save(owner, x.value(), false)?;
                self.op(SETITEM);
            }
            return Ok(());
        }
        loop {
            let mut n = 0;
            self.op(MARK);
            while let Some((k, x)) = next(&mut at) {
                self.save(owner, k.value(), false)?;
                self.save(owner, x.value(), false)?;
                n += 1;
                if n == BATCH {
                    break;
                }
            }
            self.op(SETITEMS);
            if dict::len(v) != size {
                return Err(raise!(
                    RuntimeError,
                    "dictionary changed size during iteration"
                ));
            }
            if n != BATCH {
                return Ok(());
            }
        }
    }
    fn save_pair(&self, owner: Value, pair: Value) -> PyResult<()> {
        if !tuple::is_tuple(pair) || tuple::len(pair) != 2 {
            return Err(raise!(
                TypeError,
                "dict items iterator must return 2-tuples"
            ));
        }
        self.save(owner, tuple::get(pair, 0), false)?;
        self.save(owner, tuple::get(pair, 1), false)
    }
    /// Pairs of an iterator for the dict below them.
    fn batch_dict(&self, owner: Value, it: Value) -> PyResult<()> {
        if self.proto == 0 {
            while let Some(pair) = ops::next(it)? {
                self.save_pair(owner, pair.value())?;
                self.op(SETITEM);
            }
            return Ok(());
        }
        loop {
            let Some(first) = ops::next(it)? else {
                return Ok(());
            };
            let Some(mut pair) = ops::next(it)? else {
                self.save_pair(owner, first.value())?;
                self.op(SETITEM);
                return Ok(());
            };
            self.op(MARK);
            self.save_pair(owner, first.value())?;
            let mut n = 1;
            loop {
                self.save_pair(owner, pair.value())?;
                n += 1;
                if n == BATCH {
                    break;
                }
                match ops::next(it)? {
                    Some(next) => pair = next,
                    None => break,
                }
            }
            self.op(SETITEMS);
            if n != BATCH {
                return Ok(());
            }
        }
    }
    fn save_tuple(&self, owner: Value, v: Value) -> PyResult<()> {
        let n = tuple::len(v);
        if n == 0 {
            self.put(if self.proto > 0 {
                &[EMPTY_TUPLE]
            } else {
                &[MARK, TUPLE]
            });
            return Ok(());
        }
        let short = n <= 3 && self.proto >= 2;
        if !short {
            self.op(MARK);
        }
        for i in 0..n {
            self.save(owner, canonical(tuple::get(v, i)), false)?;
        }
        // In the memo by now: a recursive tuple. What was put on the stack goes away again.
        if let Some(index) = self.memo_find(v) {
            if short {
                self.put(&vec![POP; n]);
            } else if self.bin.get() {
                self.op(POP_MARK);
            } else {
                self.put(&vec![POP; n + 1]);
            }
            self.memo_get(index);
            return Ok(());
        }
        self.op(if short {
            [TUPLE1, TUPLE2, TUPLE3][n - 1]
        } else {
            TUPLE
        });
        self.memo_put(v)
    }
    fn save_set(&self, owner: Value, v: Value) -> PyResult<()> {
        if self.proto < 4 {
            let items = ops::to_list(v)?;
            let call = tuple::pair(ty!(set::PySet_Type).to_ref(), tuple::from_vec(vec![items]));
            return self.save_reduce(owner, call.value(), v);
        }
        self.op(EMPTY_SET);
        self.memo_put(v)?;
        let size = set::len(v);
        if size == 0 {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let mut n = 0;
            self.op(MARK);
            while let Some(item) = set::next(v, &mut at).map(Ref::new) {
                self.save(owner, item.value(), false)?;
                n += 1;
                if n == BATCH {
                    break;
                }
            }
            self.op(ADDITEMS);
            if set::len(v) != size {
                return Err(raise!(RuntimeError, "set changed size during iteration"));
            }
            if n != BATCH {
                return Ok(());
            }
        }
    }
    fn save_frozenset(&self, owner: Value, v: Value) -> PyResult<()> {
        if self.proto < 4 {
            let items = ops::to_list(v)?;
            let class = ty!(set::PyFrozenSet_Type).to_ref();
            let call = tuple::pair(class, tuple::from_vec(vec![items]));
            return self.save_reduce(owner, call.value(), v);
        }
        self.op(MARK);
        for item in ops::collect(v)? {
            self.save(owner, item.value(), false)?;
        }
        if let Some(index) = self.memo_find(v) {
            self.op(POP_MARK);
            self.memo_get(index);
            return Ok(());
        }
        self.op(FROZENSET);
        self.memo_put(v)
    }

    // ---- Other objects ------------------------------------------------------------------------------------

    fn save_object(&self, owner: Value, v: Value, t: Type) -> PyResult<()> {
        let hook = self.reducer_override.borrow().clone();
        if let Some(hook) = hook {
            let reduced = ops::call(hook.value(), &[v])?;
            if !reduced.value().is_not_implemented() {
                return self.save_reduced(owner, reduced.value(), v);
            }
        }
        if t == ty!(typeobject::PyType_Type) {
            return self.save_type(owner, v);
        }
        if t == ty!(pyrs_object::function::PyFunction_Type) {
            return self.save_global(owner, v, None);
        }
        let reducer = {
            let table = self.dispatch_table.borrow().clone();
            match table {
                None => dict::get(state()?.dispatch_table.value(), t.value())?,
                Some(table) => {
                    let found = ops::getitem(table.value(), t.value());
                    pyrs_object::errors::absorb(found, exceptions::KeyError)?
                }
            }
        };
        let reduced = if let Some(f) = reducer {
            ops::call(f.value(), &[v])?
        } else if t.is_subtype(ty!(typeobject::PyType_Type)) {
            return self.save_global(owner, v, None);
        } else if let Some(f) = ops::getattr_opt(v, intern!("__reduce_ex__"))? {
            ops::call(f.value(), &[Value::int_unchecked(self.proto)])?
        } else if let Some(f) = ops::getattr_opt(v, intern!("__reduce__"))? {
            ops::call(f.value(), &[])?
        } else {
            return Err(pickling(&format!(
                "can't pickle '{}' object: {}",
                t.message_name(),
                repr_text(v)?
            )));
        };
        self.save_reduced(owner, reduced.value(), v)
    }
    /// What a reducer answered: a global's name or a tuple.
    fn save_reduced(&self, owner: Value, reduced: Value, v: Value) -> PyResult<()> {
        if str::is_str(reduced) {
            return self.save_global(owner, v, Some(reduced));
        }
        if !tuple::is_tuple(reduced) {
            return Err(pickling("__reduce__ must return a string or tuple"));
        }
        self.save_reduce(owner, reduced, v)
    }
    fn save_type(&self, owner: Value, v: Value) -> PyResult<()> {
        for value in [
            singletons::none(),
            singletons::ellipsis(),
            singletons::not_implemented(),
        ] {
            if v == value.ty().value() {
                let class = ty!(typeobject::PyType_Type).to_ref();
                let call = tuple::pair(class, tuple::from_slice(&[value]));
                return self.save_reduce(owner, call.value(), v);
            }
        }
        self.save_global(owner, v, None)
    }
    /// The tuple of a reducer: callable, arguments, state, list items, dict items, state setter. `v` is what it makes, or empty.
    fn save_reduce(&self, owner: Value, reduced: Value, v: Value) -> PyResult<()> {
        let n = tuple::len(reduced);
        if !(2..=6).contains(&n) {
            return Err(pickling(
                "tuple returned by __reduce__ must contain 2 through 6 elements",
            ));
        }
        let part = |i: usize| {
            let p = if i < n {
                canonical(tuple::get(reduced, i))
            } else {
                Value::EMPTY
            };
            if p.is_empty() || p.is_none() {
                None
            } else {
                Some(p)
            }
        };
        let callable = canonical(tuple::get(reduced, 0));
        let args = canonical(tuple::get(reduced, 1));
        if !ops::is_callable(callable) {
            return Err(pickling(
                "first item of the tuple returned by __reduce__ must be callable",
            ));
        }
        if !tuple::is_tuple(args) {
            return Err(pickling(
                "second item of the tuple returned by __reduce__ must be a tuple",
            ));
        }
        let (object_state, items, pairs, setter) = (part(2), part(3), part(4), part(5));
        let wrong = |which: &str, what: &str, v: Value| {
            pickling(&format!(
                "{which} element of the tuple returned by __reduce__ must be {what}, not {}",
                v.ty().message_name()
            ))
        };
        if let Some(x) = items.filter(|x| !ops::is_iterator(*x)) {
            return Err(wrong("fourth", "an iterator", x));
        }
        if let Some(x) = pairs.filter(|x| !ops::is_iterator(*x)) {
            return Err(wrong("fifth", "an iterator", x));
        }
        if let Some(x) = setter.filter(|x| !ops::is_callable(*x)) {
            return Err(wrong("sixth", "a function", x));
        }
        self.save_construction(owner, callable, args, v)?;
        if !v.is_empty() {
            // In the memo already: a recursive object. What was built goes away again.
            if let Some(index) = self.memo_find(v) {
                self.op(POP);
                self.memo_get(index);
                return Ok(());
            }
            self.memo_put(v)?;
        }
        if let Some(it) = items {
            self.batch_list(owner, it)?;
        }
        if let Some(it) = pairs {
            self.batch_dict(owner, it)?;
        }
        match (object_state, setter) {
            (None, _) => {}
            (Some(s), None) => {
                self.save(owner, s, false)?;
                self.op(BUILD);
            }
            (Some(s), Some(f)) => {
                self.save(owner, f, false)?;
                self.save(owner, v, false)?;
                self.save(owner, s, false)?;
                self.put(&[TUPLE2, REDUCE, POP]);
            }
        }
        Ok(())
    }
    /// `callable(*args)`, with the short forms for `copyreg.__newobj__` and `copyreg.__newobj_ex__`.
    fn save_construction(
        &self,
        owner: Value,
        callable: Value,
        args: Value,
        v: Value,
    ) -> PyResult<()> {
        let name = if self.proto >= 2 {
            ops::getattr_opt(callable, intern!("__name__"))?.filter(|n| str::is_str(n.value()))
        } else {
            None
        };
        let is_named = |text| name.as_ref().is_some_and(|n| str::eq_str(n.value(), text));
        if is_named("__newobj_ex__") {
            return self.save_new_ex(owner, args);
        }
        if is_named("__newobj__") {
            if tuple::len(args) < 1 {
                return Err(pickling("__newobj__ arglist is empty"));
            }
            let class = canonical(tuple::get(args, 0));
            if Type::from_value(class).is_none() {
                return Err(pickling("args[0] from __newobj__ args is not a type"));
            }
            if !v.is_empty() {
                let own = match ops::getattr_opt(v, intern!("__class__"))? {
                    Some(c) => c,
                    None => v.ty().to_ref(),
                };
                if own.value() != class {
                    return Err(pickling("args[0] from __newobj__ args has the wrong class"));
                }
            }
            self.save(owner, class, false)?;
            let rest = tuple::from_slice(&tuple::items(args)[1..]);
            self.save(owner, rest.value(), false)?;
            self.op(NEWOBJ);
            return Ok(());
        }
        self.save(owner, callable, false)?;
        self.save(owner, args, false)?;
        self.op(REDUCE);
        Ok(())
    }
    fn save_new_ex(&self, owner: Value, args: Value) -> PyResult<()> {
        if tuple::len(args) != 3 {
            return Err(pickling(&format!(
                "length of the NEWOBJ_EX argument tuple must be exactly 3, not {}",
                tuple::len(args)
            )));
        }
        let [class, new_args, kwargs] = [0, 1, 2].map(|i| canonical(tuple::get(args, i)));
        let wrong = |which: &str, what: &str, v: Value| {
            pickling(&format!(
                "{which} item from NEWOBJ_EX argument tuple must be a {what}, not {}",
                v.ty().message_name()
            ))
        };
        if Type::from_value(class).is_none() {
            return Err(wrong("first", "class", class));
        }
        if !tuple::is_tuple(new_args) {
            return Err(wrong("second", "tuple", new_args));
        }
        if !dict::is_dict(kwargs) {
            return Err(wrong("third", "dict", kwargs));
        }
        if self.proto >= 4 {
            for x in [class, new_args, kwargs] {
                self.save(owner, x, false)?;
            }
            self.op(NEWOBJ_EX);
            return Ok(());
        }
        // partial(cls.__new__, cls, *args, **kwargs)()
        let new = ops::getattr(class, intern!("__new__"))?;
        let mut values = vec![new.value(), class];
        values.extend(tuple::items(new_args).iter().map(|v| canonical(*v)));
        let (mut names, mut at) = (Vec::new(), 0);
        while let Some((k, x)) = dict::next(kwargs, &mut at) {
            names.push(Ref::new(k));
            values.push(x);
        }
        let kwnames = tuple::from_vec(names);
        let call = pyrs_object::Args {
            values: &values,
            kwnames: kwnames.value(),
        };
        let partial = ops::call_args(state()?.partial.value(), call)?;
        self.save(owner, partial.value(), false)?;
        self.save(owner, tuple::empty().value(), false)?;
        self.op(REDUCE);
        Ok(())
    }

    // ---- Globals ------------------------------------------------------------------------------------------

    fn save_global(&self, owner: Value, v: Value, name: Option<Value>) -> PyResult<()> {
        let name = match name {
            Some(n) => Ref::new(n),
            None => match ops::getattr_opt(v, intern!("__qualname__"))? {
                Some(n) => n,
                None => ops::getattr(v, intern!("__name__"))?,
            },
        };
        let path = globals::dotted_path(Value::EMPTY, name.value())?;
        let module_name = globals::which_module(v, &path)?;
        let module_text = str::display(module_name.value());
        let module = globals::import(module_name.value());
        let Ok(module) = module else {
            pyrs_object::errors::clear();
            return Err(pickling(&format!(
                "Can't pickle {}: import of module {} failed",
                repr_text(v)?,
                repr_text(module_name.value())?
            )));
        };
        let Some((parent, found)) = globals::deep_attribute(module.value(), &path)? else {
            return Err(pickling(&format!(
                "Can't pickle {}: attribute lookup {} on {module_text} failed",
                repr_text(v)?,
                str::display(name.value())
            )));
        };
        if found.value() != v {
            return Err(pickling(&format!(
                "Can't pickle {}: it's not the same object as {module_text}.{}",
                repr_text(v)?,
                str::display(name.value())
            )));
        }
        // A path that leads back to the module is as good as its last name.
        let name = match path.last() {
            Some(last) if parent.value() == module.value() => last.clone(),
            _ => name,
        };
        if self.proto >= 2 && self.save_extension(v, &module_name, &name)? {
            return Ok(());
        }
        if self.proto >= 4 {
            self.save(owner, module_name.value(), false)?;
            self.save(owner, name.value(), false)?;
            self.op(STACK_GLOBAL);
        } else if parent.value() != module.value() {
            // A nested name: getattr(getattr(module, a), b).
            let last = match path.last() {
                Some(p) => p.clone(),
                None => name.clone(),
            };
            let call = tuple::pair(state()?.getattr.clone(), tuple::pair(parent, last));
            self.save_reduce(owner, call.value(), Value::EMPTY)?;
        } else {
            self.put_global(module_name, name)?;
        }
        self.memo_put(v)
    }
    fn put_global(&self, module: Ref, name: Ref) -> PyResult<()> {
        let (module, name) = if self.fix_imports {
            globals::fix_for_python2(module, name)?
        } else {
            (module, name)
        };
        self.op(GLOBAL);
        for (what, text) in [("module", module), ("global", name)] {
            let encoding = if self.proto == 3 { "utf-8" } else { "ascii" };
            let encoded = codec::encode(text.value(), encoding, "strict");
            match pyrs_object::errors::absorb(encoded, exceptions::UnicodeEncodeError)? {
                Some(b) => self.put(bytes::data(b.value())),
                None => {
                    return Err(pickling(&format!(
                        "can't pickle {what} identifier '{}' using pickle protocol {}",
                        str::display(text.value()),
                        self.proto
                    )));
                }
            }
            self.op(b'\n');
        }
        Ok(())
    }
    /// A code of the extension registry (`copyreg.add_extension`) instead of a name.
    fn save_extension(&self, v: Value, module: &Ref, name: &Ref) -> PyResult<bool> {
        let key = tuple::pair(module.clone(), name.clone());
        let Some(code) = dict::get(state()?.extension_registry.value(), key.value())? else {
            return Ok(false);
        };
        if !int::is_int_instance(code.value()) {
            return Err(pickling(&format!(
                "Can't pickle {}: extension code {} isn't an integer",
                repr_text(v)?,
                repr_text(code.value())?
            )));
        }
        match int::to_i64(code.value()) {
            Some(n) if n > 0 && n <= 0x7fff_ffff => {
                let n = n as u64;
                if n < 0x100 {
                    self.op_n(EXT1, n, 1);
                } else if n < 0x10000 {
                    self.op_n(EXT2, n, 2);
                } else {
                    self.op_n(EXT4, n, 4);
                }
                Ok(true)
            }
            _ => Err(raise!(
                RuntimeError,
                "Can't pickle {}: extension code {} is out of range",
                repr_text(v)?,
                repr_text(code.value())?
            )),
        }
    }
}
