//! The pickle machine: a stack of objects, marks in it, and the memo.

use super::input::truncated;
use super::opcodes::*;
use super::pickler::call_hook;
use super::unpickler::Core;
use super::{ErrorKind, error, state};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Type, Value, ValueExt, bytearray, bytes, codec, dict, errors,
    exceptions, float, int, intern, list, memory, ops, raise, set, str, tuple, ty,
};

pub(super) struct Machine<'c> {
    core: &'c Core,
    /// The Unpickler, or empty for the module's functions.
    owner: Value,
    stack: Vec<Ref>,
    marks: Vec<usize>,
    /// What lies below belongs to an open mark.
    fence: usize,
}

fn unpickling(message: &str) -> Raised {
    error(ErrorKind::Unpickling, message)
}
fn too_large(what: &str) -> Raised {
    raise!(
        OverflowError,
        "{what} exceeds system's maximum size of {} bytes",
        isize::MAX
    )
}
fn invalid_key(code: u8) -> Raised {
    if (b' '..=b'~').contains(&code) && code != b'\'' && code != b'\\' {
        unpickling(&format!("invalid load key, '{}'.", code as char))
    } else {
        unpickling(&format!("invalid load key, '\\x{code:02x}'."))
    }
}
/// A decimal (or prefixed) number in a line, without its newline.
fn parse_int(line: &[u8], base: u32) -> PyResult {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.split(|b| *b == 0).next().unwrap_or(text);
    match int::parse_limited(text, base)? {
        Some(n) => Ok(n),
        None => Err(raise!(
            ValueError,
            "invalid literal for int() with base {base}: {}",
            crate::util::repr_text(str::from_wtf8(text).value())?
        )),
    }
}

impl<'c> Machine<'c> {
    pub(super) fn new(core: &'c Core, owner: Value) -> Machine<'c> {
        core.proto.set(0);
        Machine {
            core,
            owner,
            stack: Vec::new(),
            marks: Vec::new(),
            fence: 0,
        }
    }

    // ---- Stack --------------------------------------------------------------------------------------------

    #[cold]
    fn underflow(&self) -> Raised {
        unpickling(if self.marks.is_empty() {
            "unpickling stack underflow"
        } else {
            "unexpected MARK found"
        })
    }
    #[inline]
    fn push(&mut self, v: Ref) {
        self.stack.push(v);
    }
    #[inline]
    fn pop(&mut self) -> PyResult {
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        self.stack.pop().ok_or_else(|| self.underflow())
    }
    #[inline]
    fn top(&self) -> PyResult<Value> {
        match self.stack.last() {
            Some(v) if self.stack.len() > self.fence => Ok(v.value()),
            _ => Err(self.underflow()),
        }
    }
    fn set_fence(&mut self) {
        self.fence = self.marks.last().copied().unwrap_or(0);
    }
    fn mark(&mut self) {
        let n = self.marks.len();
        if n >= self.core.mark_slots.get() {
            self.core.mark_slots.set(2 * n + 20);
        }
        self.marks.push(self.stack.len());
        self.fence = self.stack.len();
    }
    /// The stack's height at the last mark, which goes away.
    fn marker(&mut self) -> PyResult<usize> {
        let Some(mark) = self.marks.pop() else {
            return Err(unpickling("could not find MARK"));
        };
        self.set_fence();
        Ok(mark)
    }
    fn pop_from(&mut self, start: usize) -> PyResult<Vec<Ref>> {
        if start < self.fence || start > self.stack.len() {
            return Err(self.underflow());
        }
        Ok(self.stack.split_off(start))
    }
    fn pop_marked(&mut self) -> PyResult<Vec<Ref>> {
        let start = self.marker()?;
        self.pop_from(start)
    }

    // ---- Input --------------------------------------------------------------------------------------------

    fn byte(&self) -> PyResult<u8> {
        self.core.input.borrow_mut().byte()
    }
    fn number(&self, width: usize) -> PyResult<u64> {
        self.core.input.borrow_mut().number(width)
    }
    fn line(&self, least: usize) -> PyResult<Vec<u8>> {
        let line = self.core.input.borrow_mut().line()?;
        self.core.line_size.set(line.len());
        if line.len() < least {
            Err(truncated())
        } else {
            Ok(line)
        }
    }
    /// A length of `width` bytes.
    fn length(&self, width: usize, what: &str) -> PyResult<usize> {
        let n = self.number(width)?;
        if n > isize::MAX as u64 {
            return Err(too_large(what));
        }
        Ok(n as usize)
    }
    fn with<T>(&self, n: usize, f: impl FnOnce(&[u8]) -> T) -> PyResult<T> {
        Ok(f(self.core.input.borrow_mut().take(n)?))
    }

    // ---- The loop -----------------------------------------------------------------------------------------

    pub(super) fn run(mut self) -> PyResult {
        loop {
            let code = match self.byte() {
                Ok(b) => b,
                Err(e) => {
                    if super::is_unpickling_error() {
                        errors::clear();
                        return Err(raise!(EOFError, "Ran out of input"));
                    }
                    return Err(e);
                }
            };
            if code == STOP {
                return self.pop();
            }
            self.step(code)?;
        }
    }
    fn step(&mut self, code: u8) -> PyResult<()> {
        match code {
            BININT1 => self.small(1, |n| n as i64),
            BININT2 => self.small(2, |n| n as i64),
            BININT => self.small(4, |n| i64::from(n as u32 as i32)),
            SHORT_BINUNICODE => self.unicode(1),
            BINUNICODE => self.unicode(4),
            BINUNICODE8 => self.unicode(8),
            MEMOIZE => {
                let v = Ref::new(self.top()?);
                let n = self.core.memo.borrow().len();
                self.core.memo_put(n, v)
            }
            BINPUT => self.put(1),
            LONG_BINPUT => self.put(4),
            PUT => self.put_text(),
            BINGET => {
                let i = self.number(1)?;
                self.get(i as i64)
            }
            LONG_BINGET => {
                let i = self.number(4)?;
                self.get(i as i64)
            }
            GET => {
                let line = self.line(2)?;
                let i = parse_int(&line, 10)?;
                self.get(ops::index_as_isize(i.value())? as i64)
            }
            MARK => {
                self.mark();
                Ok(())
            }
            EMPTY_TUPLE => self.push_ok(tuple::empty()),
            TUPLE1 => self.short_tuple(1),
            TUPLE2 => self.short_tuple(2),
            TUPLE3 => self.short_tuple(3),
            TUPLE => {
                let items = self.pop_marked()?;
                self.push_ok(tuple::from_vec(items))
            }
            EMPTY_LIST => self.push_ok(list::new()),
            LIST => {
                let items = self.pop_marked()?;
                self.push_ok(list::from_vec(items))
            }
            APPEND => {
                if self.stack.len() < self.fence + 2 {
                    return Err(self.underflow());
                }
                self.append(self.stack.len() - 1)
            }
            APPENDS => {
                let start = self.marker()?;
                self.append(start)
            }
            EMPTY_DICT => self.push_ok(dict::new()),
            DICT => self.marked_dict(),
            SETITEM => {
                if self.stack.len() < 2 {
                    return Err(self.underflow());
                }
                self.set_items(self.stack.len() - 2)
            }
            SETITEMS => {
                let start = self.marker()?;
                self.set_items(start)
            }
            EMPTY_SET => self.push_ok(set::new()),
            ADDITEMS => self.add_items(),
            FROZENSET => {
                let items = self.pop_marked()?;
                let v = set::new_frozen(items)?;
                self.push_ok(v)
            }
            NONE => self.push_ok(Ref::none()),
            NEWTRUE => self.push_ok(Ref::bool(true)),
            NEWFALSE => self.push_ok(Ref::bool(false)),
            BINFLOAT => {
                let bits = self.number(8)?;
                self.push_ok(Ref::float(f64::from_bits(bits.swap_bytes())))
            }
            GLOBAL => self.global(),
            STACK_GLOBAL => self.stack_global(),
            REDUCE => {
                let args = self.pop()?;
                let f = self.pop()?;
                let v = call_with(f.value(), args.value())?;
                self.push_ok(v)
            }
            BUILD => self.build(),
            NEWOBJ => self.new_object(false),
            NEWOBJ_EX => self.new_object(true),
            FRAME => {
                let n = self.number(8)?;
                if n > isize::MAX as u64 {
                    return Err(raise!(
                        OverflowError,
                        "FRAME length exceeds system's maximum of {} bytes",
                        isize::MAX
                    ));
                }
                self.core.input.borrow_mut().frame(n as usize)
            }
            PROTO => {
                let proto = i64::from(self.byte()?);
                if proto > HIGHEST_PROTOCOL {
                    return Err(raise!(ValueError, "unsupported pickle protocol: {proto}"));
                }
                self.core.proto.set(proto);
                Ok(())
            }
            SHORT_BINBYTES => self.bytes(1),
            BINBYTES => self.bytes(4),
            BINBYTES8 => self.bytes(8),
            BYTEARRAY8 => {
                let n = self.length(8, "BYTEARRAY8")?;
                let v = self.with(n, bytearray::new)?;
                self.push_ok(v)
            }
            NEXT_BUFFER => self.next_buffer(),
            READONLY_BUFFER => self.readonly_buffer(),
            LONG1 => {
                let n = self.number(1)? as usize;
                self.binary_long(n)
            }
            LONG4 => {
                let n = self.number(4)? as u32 as i32;
                match usize::try_from(n) {
                    Ok(n) => self.binary_long(n),
                    Err(_) => Err(unpickling("LONG pickle has negative byte count")),
                }
            }
            POP => self.pop_op(),
            POP_MARK => self.pop_marked().map(drop),
            DUP => {
                let v = Ref::new(self.top()?);
                self.push_ok(v)
            }
            _ => self.rare(code),
        }
    }
    /// The opcodes of old protocols and of rare objects.
    #[cold]
    fn rare(&mut self, code: u8) -> PyResult<()> {
        match code {
            INT => self.text_int(),
            LONG => {
                let mut line = self.line(2)?;
                let n = line.len();
                if n >= 2 && line[n - 2] == b'L' {
                    line.truncate(n - 2);
                }
                let v = parse_int(&line, 0)?;
                self.push_ok(v)
            }
            FLOAT => {
                let line = self.line(2)?;
                let text = String::from_utf8_lossy(&line[..line.len() - 1]).into_owned();
                let x = float::from_object(Ref::str(&text).value());
                let Some(x) = errors::absorb(x, exceptions::ValueError)? else {
                    return Err(raise!(
                        ValueError,
                        "could not convert string to float: '{text}\n'"
                    ));
                };
                self.push_ok(x)
            }
            UNICODE => {
                let line = self.line(1)?;
                let (v, _) =
                    codec::raw_unicode_escape_decode(&line[..line.len() - 1], "strict", true)?;
                self.push_ok(v)
            }
            STRING => self.quoted_string(),
            BINSTRING => {
                let n = self.number(4)? as u32 as i32;
                match usize::try_from(n) {
                    Ok(n) => self.binary_string(n),
                    Err(_) => Err(unpickling("BINSTRING pickle has negative byte count")),
                }
            }
            SHORT_BINSTRING => {
                let n = self.number(1)? as usize;
                self.binary_string(n)
            }
            INST => self.inst(),
            OBJ => {
                let start = self.marker()?;
                if self.stack.len() <= start {
                    return Err(self.underflow());
                }
                let args = self.pop_from(start + 1)?;
                let class = self.pop()?;
                let v = instantiate(class.value(), args)?;
                self.push_ok(v)
            }
            PERSID => {
                if self.core.persistent.borrow().is_none() {
                    return self.persistent(None);
                }
                let line = self.line(1)?;
                let text = &line[..line.len() - 1];
                if !text.is_ascii() {
                    return Err(unpickling(
                        "persistent IDs in protocol 0 must be ASCII strings",
                    ));
                }
                let id = str::from_latin1(text);
                self.persistent(Some(id))
            }
            BINPERSID => {
                if self.core.persistent.borrow().is_none() {
                    return self.persistent(None);
                }
                let id = self.pop()?;
                self.persistent(Some(id))
            }
            EXT1 => self.extension(1),
            EXT2 => self.extension(2),
            EXT4 => self.extension(4),
            _ => Err(invalid_key(code)),
        }
    }
    fn push_ok(&mut self, v: Ref) -> PyResult<()> {
        self.stack.push(v);
        Ok(())
    }

    // ---- Atoms --------------------------------------------------------------------------------------------

    #[inline]
    fn small(&mut self, width: usize, f: impl FnOnce(u64) -> i64) -> PyResult<()> {
        let n = self.number(width)?;
        self.push(Ref::int(f(n)));
        Ok(())
    }
    fn text_int(&mut self) -> PyResult<()> {
        let line = self.line(2)?;
        let v = match &line[..] {
            b"00\n" => Ref::bool(false),
            b"01\n" => Ref::bool(true),
            // C's strtol takes a leading zero for octal.
            _ => {
                let t = line.strip_suffix(b"\n").unwrap_or(&line);
                let digits = t.strip_prefix(b"-").unwrap_or(t);
                let octal = digits.len() > 1
                    && digits[0] == b'0'
                    && digits.iter().all(|d| (b'0'..b'8').contains(d));
                let parsed = parse_int(&line, if octal { 8 } else { 0 });
                match errors::absorb(parsed, exceptions::ValueError)? {
                    Some(n) => n,
                    None => return Err(raise!(ValueError, "could not convert string to int")),
                }
            }
        };
        self.push_ok(v)
    }
    fn binary_long(&mut self, n: usize) -> PyResult<()> {
        let v = self.with(n, |b| {
            let mut small = [if b.last().is_some_and(|b| *b > 127) {
                255
            } else {
                0
            }; 8];
            match small.get_mut(..b.len()) {
                Some(place) => {
                    place.copy_from_slice(b);
                    Ref::int(i64::from_le_bytes(small))
                }
                None => int::from_int(&pyrs_numeric::int::Int::from_bytes(b, true, true)),
            }
        })?;
        self.push_ok(v)
    }
    #[inline]
    fn unicode(&mut self, width: usize) -> PyResult<()> {
        let n = self.length(width, "BINUNICODE")?;
        let ascii = self.with(n, |b| {
            if b.is_ascii() {
                Ok(str::from_latin1(b))
            } else {
                Err(b.to_vec())
            }
        })?;
        let v = match ascii {
            Ok(v) => v,
            Err(data) => codec::decode(&data, "utf-8", "surrogatepass")?,
        };
        self.push_ok(v)
    }
    fn bytes(&mut self, width: usize) -> PyResult<()> {
        let n = self.length(width, "BINBYTES")?;
        let v = self.with(n, bytes::new)?;
        self.push_ok(v)
    }
    /// Text of a Python 2 `str`.
    fn old_string(&mut self, data: &[u8]) -> PyResult<()> {
        let v = if self.core.encoding == "bytes" {
            bytes::new(data)
        } else {
            let held = bytes::new(data);
            str::decode_object(held.value(), &self.core.encoding, &self.core.errors)?
        };
        self.push_ok(v)
    }
    fn quoted_string(&mut self) -> PyResult<()> {
        let line = self.line(1)?;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match text {
            [q @ (b'\'' | b'"'), inner @ .., end] if q == end => {
                let data = codec::escape_decode(inner, "strict")?;
                self.old_string(&data)
            }
            _ => Err(unpickling("the STRING opcode argument must be quoted")),
        }
    }
    fn binary_string(&mut self, n: usize) -> PyResult<()> {
        let data = self.with(n, <[u8]>::to_vec)?;
        self.old_string(&data)
    }
    fn next_buffer(&mut self) -> PyResult<()> {
        let Some(buffers) = &self.core.buffers else {
            return Err(unpickling(
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        };
        match ops::next(buffers.value())? {
            Some(v) => self.push_ok(v),
            None => Err(unpickling("not enough out-of-band buffers")),
        }
    }
    fn readonly_buffer(&mut self) -> PyResult<()> {
        let v = self.top()?;
        let view = memory::new(v)?;
        let readonly = ops::getattr(view.value(), intern!("readonly"))?;
        if !ops::is_true(readonly.value())? {
            let v = ops::call_method(view.value(), intern!("toreadonly"), &[])?;
            self.pop()?;
            self.push(v);
        }
        Ok(())
    }

    // ---- Memo ---------------------------------------------------------------------------------------------

    fn put(&mut self, width: usize) -> PyResult<()> {
        let i = self.number(width)?;
        let v = Ref::new(self.top()?);
        self.core.memo_put(i as usize, v)
    }
    fn put_text(&mut self) -> PyResult<()> {
        let line = self.line(2)?;
        let v = Ref::new(self.top()?);
        let i = ops::index_as_isize(parse_int(&line, 10)?.value())?;
        match usize::try_from(i) {
            Ok(i) => self.core.memo_put(i, v),
            Err(_) => Err(raise!(ValueError, "negative PUT argument")),
        }
    }
    fn get(&mut self, i: i64) -> PyResult<()> {
        let found = usize::try_from(i)
            .ok()
            .and_then(|i| self.core.memo.borrow().get(i).cloned().flatten());
        match found {
            Some(v) => self.push_ok(v),
            None => Err(unpickling(&format!("Memo value not found at index {i}"))),
        }
    }

    // ---- Containers ---------------------------------------------------------------------------------------

    fn short_tuple(&mut self, n: usize) -> PyResult<()> {
        if self.stack.len() < self.fence + n {
            return Err(self.underflow());
        }
        let items = self.stack.split_off(self.stack.len() - n);
        self.push_ok(tuple::from_vec(items))
    }
    /// Checks that a container lies below `start`, and gives it with what lies above.
    fn above(&mut self, start: usize) -> PyResult<Option<(Ref, Vec<Ref>)>> {
        if start > self.stack.len() || start <= self.fence {
            return Err(self.underflow());
        }
        let container = self.stack[start - 1].clone();
        if start == self.stack.len() {
            return Ok(None);
        }
        Ok(Some((container, self.stack.split_off(start))))
    }
    fn append(&mut self, start: usize) -> PyResult<()> {
        let Some((target, items)) = self.above(start)? else {
            return Ok(());
        };
        let v = target.value();
        if v.is_exact(ty!(list::PyList_Type)) {
            for item in items {
                list::append(v, item)?;
            }
            return Ok(());
        }
        if let Some(extend) = ops::getattr_opt(v, intern!("extend"))? {
            ops::call(extend.value(), &[list::from_vec(items).value()])?;
            return Ok(());
        }
        let append = ops::getattr(v, intern!("append"))?;
        for item in items {
            ops::call(append.value(), &[item.value()])?;
        }
        Ok(())
    }
    fn marked_dict(&mut self) -> PyResult<()> {
        let items = self.pop_marked()?;
        if items.len() % 2 != 0 {
            return Err(unpickling("odd number of items for DICT"));
        }
        let d = dict::new();
        let mut it = items.into_iter();
        while let (Some(k), Some(v)) = (it.next(), it.next()) {
            dict::set_item_owned(d.value(), k, v)?;
        }
        self.push_ok(d)
    }
    fn set_items(&mut self, start: usize) -> PyResult<()> {
        if start <= self.stack.len()
            && start > self.fence
            && !(self.stack.len() - start).is_multiple_of(2)
        {
            return Err(unpickling("odd number of items for SETITEMS"));
        }
        let Some((target, items)) = self.above(start)? else {
            return Ok(());
        };
        let exact = target.value().is_exact(ty!(dict::PyDict_Type));
        let mut it = items.into_iter();
        while let (Some(k), Some(v)) = (it.next(), it.next()) {
            if exact {
                dict::set_item_owned(target.value(), k, v)?;
            } else {
                ops::setitem(target.value(), k.value(), v.value())?;
            }
        }
        Ok(())
    }
    fn add_items(&mut self) -> PyResult<()> {
        let start = self.marker()?;
        let Some((target, items)) = self.above(start)? else {
            return Ok(());
        };
        let v = target.value();
        if set::is_set(v) && v.ty().is_subtype(ty!(set::PySet_Type)) {
            for item in items {
                set::add(v, item.value())?;
            }
            return Ok(());
        }
        let add = ops::getattr(v, intern!("add"))?;
        for item in items {
            ops::call(add.value(), &[item.value()])?;
        }
        Ok(())
    }
    fn pop_op(&mut self) -> PyResult<()> {
        // A mark counts as an item here.
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            self.set_fence();
            return Ok(());
        }
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        self.stack.pop();
        Ok(())
    }

    // ---- Objects ------------------------------------------------------------------------------------------

    fn find_class(&self, module: Ref, name: Ref) -> PyResult {
        self.core.find_class(self.owner, module, name)
    }
    fn global(&mut self) -> PyResult<()> {
        let module = self.line(2)?;
        let module = codec::decode(&module[..module.len() - 1], "utf-8", "strict")?;
        let name = self.line(2)?;
        let name = codec::decode(&name[..name.len() - 1], "utf-8", "strict")?;
        let v = self.find_class(module, name)?;
        self.push_ok(v)
    }
    fn stack_global(&mut self) -> PyResult<()> {
        let (name, module) = (self.pop(), self.pop());
        let exact = ty!(str::PyUnicode_Type);
        let (Ok(name), Ok(module)) = (name, module) else {
            errors::clear();
            return Err(unpickling("STACK_GLOBAL requires str"));
        };
        if !name.value().is_exact(exact) || !module.value().is_exact(exact) {
            return Err(unpickling("STACK_GLOBAL requires str"));
        }
        let v = self.find_class(module, name)?;
        self.push_ok(v)
    }
    fn inst(&mut self) -> PyResult<()> {
        let start = self.marker()?;
        let module = self.line(2)?;
        let module = codec::decode(&module[..module.len() - 1], "ascii", "strict")?;
        let name = self.line(2)?;
        let name = codec::decode(&name[..name.len() - 1], "ascii", "strict")?;
        let class = self.find_class(module, name)?;
        let args = self.pop_from(start)?;
        let v = instantiate(class.value(), args)?;
        self.push_ok(v)
    }
    fn extension(&mut self, width: usize) -> PyResult<()> {
        let code = match width {
            4 => i64::from(self.number(4)? as u32 as i32),
            _ => self.number(width)? as i64,
        };
        if code <= 0 {
            return Err(unpickling("EXT specifies code <= 0"));
        }
        let s = state()?;
        let key = Ref::int(code);
        if let Some(v) = dict::get(s.extension_cache.value(), key.value())? {
            return self.push_ok(v);
        }
        let Some(pair) = dict::get(s.inverted_registry.value(), key.value())? else {
            return Err(raise!(ValueError, "unregistered extension code {code}"));
        };
        let pair = pair.value();
        if !tuple::is_tuple(pair)
            || tuple::len(pair) != 2
            || !tuple::items(pair).iter().all(|p| str::is_str(*p))
        {
            return Err(raise!(
                ValueError,
                "_inverted_registry[{code}] isn't a 2-tuple of strings"
            ));
        }
        let v = self.find_class(Ref::new(tuple::get(pair, 0)), Ref::new(tuple::get(pair, 1)))?;
        dict::set_item(s.extension_cache.value(), key.value(), v.value())?;
        self.push_ok(v)
    }
    fn persistent(&mut self, id: Option<Ref>) -> PyResult<()> {
        let hook = self
            .core
            .persistent
            .borrow()
            .as_ref()
            .map(|h| h.target(self.owner));
        let (Some(hook), Some(id)) = (hook, id) else {
            return Err(unpickling(
                "A load persistent id instruction was encountered,\nbut no persistent_load function was specified.",
            ));
        };
        let v = call_hook(&hook, id.value())?;
        self.push_ok(v)
    }
    fn new_object(&mut self, with_keywords: bool) -> PyResult<()> {
        let op = if with_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let kwargs = if with_keywords {
            Some(self.pop()?)
        } else {
            None
        };
        let args = self.pop()?;
        let class = self.pop()?;
        let Some(t) = Type::from_value(class.value()) else {
            return Err(unpickling(&format!(
                "{op} class argument must be a type, not {}",
                class.value().ty().message_name()
            )));
        };
        if t.tp_new.is_none() {
            return Err(unpickling(&format!(
                "{op} class argument '{}' doesn't have __new__",
                t.message_name()
            )));
        }
        if !tuple::is_tuple(args.value()) {
            return Err(unpickling(&format!(
                "{op} args argument must be a tuple, not {}",
                args.value().ty().message_name()
            )));
        }
        if let Some(k) = &kwargs {
            if !dict::is_dict(k.value()) {
                return Err(unpickling(&format!(
                    "{op} kwargs argument must be a dict, not {}",
                    k.value().ty().message_name()
                )));
            }
        }
        let v = new_instance(t, args.value(), kwargs.as_ref().map(|k| k.value()))?;
        self.push_ok(v)
    }
    fn build(&mut self) -> PyResult<()> {
        if self.stack.len() < self.fence + 2 {
            return Err(self.underflow());
        }
        let state = self.pop()?;
        let inst = Ref::new(self.top()?);
        if let Some(f) = ops::getattr_opt(inst.value(), intern!("__setstate__"))? {
            ops::call(f.value(), &[state.value()])?;
            return Ok(());
        }
        let (mut attributes, mut slots) = (state.value(), Value::EMPTY);
        if tuple::is_tuple(attributes) && tuple::len(attributes) == 2 {
            (attributes, slots) = (
                pyrs_object::boundary::canonical(tuple::get(state.value(), 0)),
                pyrs_object::boundary::canonical(tuple::get(state.value(), 1)),
            );
        }
        if !attributes.is_none() {
            if !dict::is_dict(attributes) {
                return Err(unpickling("state is not a dictionary"));
            }
            let d = ops::getattr(inst.value(), intern!("__dict__"))?;
            let mut at = 0;
            while let Some((k, v)) = dict::next(attributes, &mut at) {
                let (k, v) = (Ref::new(k), Ref::new(v));
                let k = if k.value().is_exact(ty!(str::PyUnicode_Type)) {
                    str::intern_value(k)
                } else {
                    k
                };
                ops::setitem(d.value(), k.value(), v.value())?;
            }
        }
        if !slots.is_empty() {
            if !dict::is_dict(slots) {
                return Err(unpickling("slot state is not a dictionary"));
            }
            let mut at = 0;
            while let Some((k, v)) = dict::next(slots, &mut at) {
                let (k, v) = (Ref::new(k), Ref::new(v));
                ops::setattr(inst.value(), k.value(), v.value())?;
            }
        }
        Ok(())
    }
}

/// `f(*args)`
fn call_with(f: Value, args: Value) -> PyResult {
    if !tuple::is_tuple(args) {
        return Err(raise!(TypeError, "argument list must be a tuple"));
    }
    let values: Vec<Value> = tuple::items(args)
        .iter()
        .map(|v| pyrs_object::boundary::canonical(*v))
        .collect();
    ops::call(f, &values)
}
/// `t.__new__(t, *args, **kwargs)`
fn new_instance(t: Type, args: Value, kwargs: Option<Value>) -> PyResult {
    let mut values: Vec<Value> = tuple::items(args)
        .iter()
        .map(|v| pyrs_object::boundary::canonical(*v))
        .collect();
    let mut names = Vec::new();
    if let Some(d) = kwargs {
        let mut at = 0;
        while let Some((k, v)) = dict::next(d, &mut at) {
            names.push(Ref::new(k));
            values.push(v);
        }
    }
    let kwnames = tuple::from_vec(names);
    let call = Args {
        values: &values,
        kwnames: if tuple::len(kwnames.value()) == 0 {
            Value::EMPTY
        } else {
            kwnames.value()
        },
    };
    match t.native().tp_new {
        Some(f) => f(t, call),
        None => match t.tp_new {
            Some(f) => pyrs_object::ops::c_new(f, t, call),
            None => Err(raise!(
                TypeError,
                "cannot create '{}' instances",
                t.message_name()
            )),
        },
    }
}
/// What INST and OBJ make: an instance without a call of `__init__` if there are no arguments.
fn instantiate(class: Value, args: Vec<Ref>) -> PyResult {
    if args.is_empty() && Type::from_value(class).is_some() {
        let init = ops::getattr_opt(class, intern!("__getinitargs__"))?;
        if init.is_none() {
            let new = ops::getattr(class, intern!("__new__"))?;
            return ops::call(new.value(), &[class]);
        }
    }
    let values: Vec<Value> = args.iter().map(|a| a.value()).collect();
    ops::call(class, &values)
}
