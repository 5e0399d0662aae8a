//! `marshal`: CPython's format version 4, with pyrs' own code units in place of its code objects.

use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, boundary, bytearray, bytes,
    check_positional, complex, dict, errors, exceptions, float, int, list, memory, methods, module,
    ops, raise, set, singletons, str, tuple, ty,
};

/// Nesting that `dumps` and `loads` accept.
const MAX_DEPTH: usize = 2000;
/// The format we write.
const VERSION: i64 = 4;
const FLAG_REF: u8 = 0x80;

struct Writer {
    out: Vec<u8>,
    version: i64,
    /// Objects that may come again, by identity.
    refs: std::collections::HashMap<u64, u32>,
}

impl Writer {
    fn long(&mut self, n: i32) {
        self.out.extend_from_slice(&n.to_le_bytes());
    }
    fn size(&mut self, n: usize) -> PyResult<()> {
        let n = i32::try_from(n).map_err(|_| raise!(ValueError, "unmarshallable object"))?;
        self.long(n);
        Ok(())
    }
    /// Writes a back reference if the object was written before; otherwise gives the flag for its type byte.
    fn reference(&mut self, v: Value) -> Option<u8> {
        if self.version < 3 || !v.is_object() || pyrs_object::heap::refcount(v) == 1 {
            return Some(0);
        }
        if let Some(n) = self.refs.get(&v.bits()) {
            let n = *n;
            self.out.push(b'r');
            self.long(n as i32);
            return None;
        }
        let n = self.refs.len() as u32;
        self.refs.insert(v.bits(), n);
        Some(FLAG_REF)
    }

    fn object(&mut self, v: Value, depth: usize) -> PyResult<()> {
        if depth >= MAX_DEPTH {
            return Err(raise!(ValueError, "object too deeply nested to marshal"));
        }
        if v.is_none() {
            self.out.push(b'N');
            return Ok(());
        }
        if v.is_true_const() || v.is_false_const() {
            self.out.push(if v.is_true_const() { b'T' } else { b'F' });
            return Ok(());
        }
        if v == singletons::ellipsis() {
            self.out.push(b'.');
            return Ok(());
        }
        if v == pyrs_object::exceptions::StopIteration.value() {
            self.out.push(b'S');
            return Ok(());
        }
        if let Some(n) = v.as_int() {
            if let Ok(n) = i32::try_from(n) {
                self.out.push(b'i');
                self.long(n);
                return Ok(());
            }
        }
        let Some(flag) = self.reference(v) else {
            return Ok(());
        };
        if v.is_exact(ty!(int::PyLong_Type)) {
            self.out.push(b'l' | flag);
            return self.big(v);
        }
        if v.is_exact(ty!(float::PyFloat_Type)) {
            let x = float::value(v);
            if self.version > 1 {
                self.out.push(b'g' | flag);
                self.out.extend_from_slice(&x.to_le_bytes());
            } else {
                self.out.push(b'f' | flag);
                self.float_text(x);
            }
            return Ok(());
        }
        if v.is_exact(ty!(complex::PyComplex_Type)) {
            let (re, im) = complex::parts(v).unwrap_or((0.0, 0.0));
            if self.version > 1 {
                self.out.push(b'y' | flag);
                self.out.extend_from_slice(&re.to_le_bytes());
                self.out.extend_from_slice(&im.to_le_bytes());
            } else {
                self.out.push(b'x' | flag);
                self.float_text(re);
                self.float_text(im);
            }
            return Ok(());
        }
        if bytes::is_bytes(v) && v.is_exact(ty!(bytes::PyBytes_Type)) {
            self.out.push(b's' | flag);
            return self.blob(bytes::data(v));
        }
        if str::is_exact(v) {
            return self.text(v, flag);
        }
        if v.is_exact(ty!(tuple::PyTuple_Type)) {
            let n = tuple::len(v);
            if n < 256 && self.version >= 4 {
                self.out.push(b')' | flag);
                self.out.push(n as u8);
            } else {
                self.out.push(b'(' | flag);
                self.size(n)?;
            }
            for k in 0..n {
                self.object(tuple::get(v, k), depth + 1)?;
            }
            return Ok(());
        }
        if v.is_exact(ty!(list::PyList_Type)) {
            self.out.push(b'[' | flag);
            let items: Vec<Ref> = list::items(v)
                .iter()
                .map(|x| Ref::new(boundary::canonical(*x)))
                .collect();
            self.size(items.len())?;
            for item in items {
                self.object(item.value(), depth + 1)?;
            }
            return Ok(());
        }
        if v.is_exact(ty!(dict::PyDict_Type)) {
            self.out.push(b'{' | flag);
            let mut position = 0;
            while let Some((k, x)) = dict::next(v, &mut position) {
                let (k, x) = (Ref::new(k), Ref::new(x));
                self.object(k.value(), depth + 1)?;
                self.object(x.value(), depth + 1)?;
            }
            self.out.push(b'0');
            return Ok(());
        }
        if set::is_exact_set(v) {
            let frozen = v.is_exact(ty!(set::PyFrozenSet_Type));
            self.out.push(if frozen { b'>' } else { b'<' } | flag);
            self.size(set::len(v))?;
            // Sorted by their own serial form, so that equal sets give equal bytes.
            let mut parts = Vec::new();
            let mut position = 0;
            while let Some(item) = set::next(v, &mut position) {
                let item = Ref::new(item);
                let mut w = Writer {
                    out: Vec::new(),
                    version: self.version,
                    refs: Default::default(),
                };
                w.object(item.value(), depth + 1)?;
                parts.push((w.out, item));
            }
            parts.sort_by(|a, b| a.0.cmp(&b.0));
            for (_, item) in parts {
                self.object(item.value(), depth + 1)?;
            }
            return Ok(());
        }
        if pyrs_vm::code::is_code(v) {
            self.out.push(b'c' | flag);
            let raw = pyrs_vm::code::serialise(v)?;
            return self.blob(&raw);
        }
        if memory::has_buffer(v) {
            self.out.push(b's' | flag);
            let data = memory::bytes_like(v)?.bytes().to_vec();
            return self.blob(&data);
        }
        self.out.push(b'?');
        Err(raise!(ValueError, "unmarshallable object"))
    }
    fn blob(&mut self, data: &[u8]) -> PyResult<()> {
        self.size(data.len())?;
        self.out.extend_from_slice(data);
        Ok(())
    }
    fn float_text(&mut self, x: f64) {
        let text = format!("{x:.17e}");
        self.out.push(text.len() as u8);
        self.out.extend_from_slice(text.as_bytes());
    }
    fn text(&mut self, v: Value, flag: u8) -> PyResult<()> {
        let raw = str::to_wtf8(v);
        let interned = str::is_interned(v);
        if self.version >= 4 && raw.is_ascii() {
            if raw.len() < 256 {
                self.out.push(if interned { b'Z' } else { b'z' } | flag);
                self.out.push(raw.len() as u8);
            } else {
                self.out.push(if interned { b'A' } else { b'a' } | flag);
                self.size(raw.len())?;
            }
            self.out.extend_from_slice(&raw);
            return Ok(());
        }
        self.out.push(
            if interned && self.version >= 3 {
                b't'
            } else {
                b'u'
            } | flag,
        );
        self.blob(&raw)
    }
    /// 15-bit digits, the count carrying the sign.
    fn big(&mut self, v: Value) -> PyResult<()> {
        let (negative, digits) = int::with_digits(v, |negative, d| (negative, d.to_vec()));
        let mut small = Vec::with_capacity(digits.len() * 2);
        for d in &digits {
            small.push((d & 0x7FFF) as u16);
            small.push((d >> 15) as u16);
        }
        while small.last() == Some(&0) {
            small.pop();
        }
        let n =
            i32::try_from(small.len()).map_err(|_| raise!(ValueError, "unmarshallable object"))?;
        self.long(if negative { -n } else { n });
        for d in small {
            self.out.extend_from_slice(&d.to_le_bytes());
        }
        Ok(())
    }
}

struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    refs: Vec<Option<Ref>>,
    /// The bytes object that the data ends with the end of, or empty.
    owner: Value,
    file: Option<File>,
}

/// What is read piece by piece: a file may go on behind the value, and it may be a pipe that has no more yet.
struct File {
    readinto: Ref,
    piece: Vec<u8>,
}

impl File {
    fn read(&mut self, n: usize) -> PyResult<()> {
        errors::check_room(n, 3)?;
        let room = bytearray::new(&vec![0; n]);
        let view = memory::new(room.value())?;
        let got = ops::call(self.readinto.value(), &[view.value()])?;
        let got = ops::index_as_isize(got.value())?;
        if got > n as isize {
            return Err(raise!(
                ValueError,
                "read() returned too much data: {n} bytes requested, {got} returned"
            ));
        }
        if got < n as isize {
            return Err(raise!(EOFError, "EOF read where not expected"));
        }
        self.piece.clear();
        self.piece.extend_from_slice(bytearray::data(room.value()));
        Ok(())
    }
}

fn eof<T>() -> PyResult<T> {
    Err(raise!(EOFError, "marshal data too short"))
}
fn bad<T>(what: &str) -> PyResult<T> {
    Err(raise!(ValueError, "bad marshal data ({what})"))
}

impl Reader<'_> {
    fn byte(&mut self) -> PyResult<u8> {
        if self.file.is_some() {
            return match self.take(1) {
                Ok(piece) => Ok(piece[0]),
                Err(_) if errors::take_if(exceptions::EOFError) => {
                    Err(raise!(EOFError, "EOF read where object expected"))
                }
                Err(e) => Err(e),
            };
        }
        match self.data.get(self.at) {
            Some(b) => {
                self.at += 1;
                Ok(*b)
            }
            None => Err(raise!(EOFError, "EOF read where object expected")),
        }
    }
    fn take(&mut self, n: usize) -> PyResult<&[u8]> {
        if let Some(file) = &mut self.file {
            if n == 0 {
                return Ok(&[]);
            }
            file.read(n)?;
            return Ok(&file.piece);
        }
        match self
            .at
            .checked_add(n)
            .and_then(|end| self.data.get(self.at..end))
        {
            Some(s) => {
                self.at += n;
                Ok(s)
            }
            None => eof(),
        }
    }
    fn long(&mut self) -> PyResult<i32> {
        let s = self.take(4)?;
        Ok(i32::from_le_bytes([s[0], s[1], s[2], s[3]]))
    }
    fn double(&mut self) -> PyResult<f64> {
        let s: [u8; 8] = self.take(8)?.try_into().unwrap_or_default();
        Ok(f64::from_le_bytes(s))
    }
    fn size(&mut self, what: &str) -> PyResult<usize> {
        let n = self.long()?;
        usize::try_from(n).or_else(|_| bad(&format!("{what} size out of range")))
    }
    fn float_text(&mut self) -> PyResult<f64> {
        let n = self.take(1)?[0] as usize;
        let raw = self.take(n)?;
        std::str::from_utf8(raw)
            .ok()
            .and_then(|t| t.parse().ok())
            .map_or_else(
                || Err(raise!(ValueError, "could not convert string to float")),
                Ok,
            )
    }
    fn remember(&mut self, flag: bool, v: Ref) -> Ref {
        if flag {
            self.refs.push(Some(v.clone()));
        }
        v
    }
    fn reserve(&mut self, flag: bool) -> Option<usize> {
        if flag {
            self.refs.push(None);
            Some(self.refs.len() - 1)
        } else {
            None
        }
    }
    fn fill(&mut self, slot: Option<usize>, v: &Ref) {
        if let Some(i) = slot {
            self.refs[i] = Some(v.clone());
        }
    }

    /// The next object; `None` is the end marker of dicts.
    fn object(&mut self, depth: usize) -> PyResult<Option<Ref>> {
        if depth > MAX_DEPTH {
            return Err(raise!(ValueError, "recursion limit exceeded"));
        }
        let code = self.byte()?;
        let flag = code & FLAG_REF != 0;
        let v = match code & !FLAG_REF {
            b'0' => return Ok(None),
            b'N' => Ref::none(),
            b'T' => Ref::bool(true),
            b'F' => Ref::bool(false),
            b'.' => Ref::new(singletons::ellipsis()),
            b'S' => pyrs_object::exceptions::StopIteration.to_ref(),
            b'i' => {
                let n = self.long()?;
                self.remember(flag, Ref::int(i64::from(n)))
            }
            // Written by old versions only.
            b'I' => {
                let s: [u8; 8] = self.take(8)?.try_into().unwrap_or_default();
                self.remember(flag, Ref::int(i64::from_le_bytes(s)))
            }
            b'l' => {
                let v = self.big()?;
                self.remember(flag, v)
            }
            b'g' => {
                let x = self.double()?;
                self.remember(flag, Ref::float(x))
            }
            b'f' => {
                let x = self.float_text()?;
                self.remember(flag, Ref::float(x))
            }
            b'y' => {
                let (re, im) = (self.double()?, self.double()?);
                self.remember(flag, complex::new(re, im))
            }
            b'x' => {
                let (re, im) = (self.float_text()?, self.float_text()?);
                self.remember(flag, complex::new(re, im))
            }
            b's' => {
                let n = self.size("bytes object")?;
                let v = bytes::new(self.take(n)?);
                self.remember(flag, v)
            }
            kind @ (b'z' | b'Z' | b'a' | b'A') => {
                let n = if matches!(kind, b'z' | b'Z') {
                    self.take(1)?[0] as usize
                } else {
                    self.size("string")?
                };
                let v = str::from_latin1(self.take(n)?);
                let v = if matches!(kind, b'Z' | b'A') {
                    str::intern_value(v)
                } else {
                    v
                };
                self.remember(flag, v)
            }
            kind @ (b'u' | b't') => {
                let n = self.size("string")?;
                let v = str::from_wtf8(self.take(n)?);
                let v = if kind == b't' {
                    str::intern_value(v)
                } else {
                    v
                };
                self.remember(flag, v)
            }
            kind @ (b'(' | b')') => {
                let n = if kind == b')' {
                    self.take(1)?[0] as usize
                } else {
                    self.size("tuple")?
                };
                let slot = self.reserve(flag);
                let v = tuple::from_vec(self.items(n, depth, "tuple")?);
                self.fill(slot, &v);
                v
            }
            b'[' => {
                let n = self.size("list")?;
                let l = list::new();
                let l = self.remember(flag, l);
                for item in self.items(n, depth, "list")? {
                    list::append(l.value(), item)?;
                }
                l
            }
            b'{' => {
                let d = dict::new();
                let d = self.remember(flag, d);
                while let Some(k) = self.object(depth + 1)? {
                    let Some(v) = self.object(depth + 1)? else {
                        break;
                    };
                    dict::set_item(d.value(), k.value(), v.value())?;
                }
                d
            }
            b'<' => {
                let n = self.size("set")?;
                let s = set::new();
                let s = self.remember(flag, s);
                for item in self.items(n, depth, "set")? {
                    set::add(s.value(), item.value())?;
                }
                s
            }
            b'>' => {
                let n = self.size("set")?;
                let slot = self.reserve(flag);
                let v = set::new_frozen(self.items(n, depth, "set")?)?;
                self.fill(slot, &v);
                v
            }
            b'c' => {
                let n = self.size("code")?;
                let slot = self.reserve(flag);
                let data = self.data;
                let piece = self.take(n)?;
                let v = if data.is_empty() {
                    pyrs_vm::code::from_image(piece.to_vec())?
                } else if !self.owner.is_empty() && n > data.len() / 2 {
                    // Files of code are not copied.
                    let end = bytes::data(self.owner).len() - (data.len() - self.at);
                    pyrs_vm::code::from_image_in(self.owner, end - n..end)?
                } else {
                    pyrs_vm::code::from_image(data[self.at - n..self.at].to_vec())?
                };
                self.fill(slot, &v);
                v
            }
            b'r' => {
                let n = self.long()?;
                match usize::try_from(n).ok().and_then(|n| self.refs.get(n)) {
                    Some(Some(v)) => v.clone(),
                    _ => return bad("invalid reference"),
                }
            }
            _ => return bad("unknown type code"),
        };
        Ok(Some(v))
    }
    fn items(&mut self, n: usize, depth: usize, what: &str) -> PyResult<Vec<Ref>> {
        errors::check_room(n, size_of::<Ref>())?;
        let mut out = Vec::with_capacity(n.min(self.data.len()));
        for _ in 0..n {
            match self.object(depth + 1)? {
                Some(v) => out.push(v),
                None => return Err(raise!(TypeError, "NULL object in marshal data for {what}")),
            }
        }
        Ok(out)
    }
    fn big(&mut self) -> PyResult {
        let n = self.long()?;
        let count = n.unsigned_abs() as usize;
        let raw = self.take(count.saturating_mul(2))?;
        let mut digits = vec![0u32; count.div_ceil(2)];
        for (k, pair) in raw.chunks_exact(2).enumerate() {
            let d = u32::from(u16::from_le_bytes([pair[0], pair[1]]));
            if d > 0x7FFF {
                return bad("digit out of range in long");
            }
            digits[k / 2] |= d << (15 * (k % 2));
        }
        if count > 0 && raw[raw.len() - 2..] == [0, 0] {
            return bad("unnormalized long data");
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Ok(int::from_digits(n < 0, &digits))
    }
}

/// `marshal.loads(data)`.
pub fn load(data: &[u8]) -> PyResult {
    load_prefix(data).map(|(v, _)| v)
}
/// The value at the start of `data`, and how many bytes it took.
pub fn load_prefix(data: &[u8]) -> PyResult<(Ref, usize)> {
    load_owned(data, Value::EMPTY)
}
fn load_owned(data: &[u8], owner: Value) -> PyResult<(Ref, usize)> {
    let mut r = Reader {
        data,
        at: 0,
        refs: Vec::new(),
        owner,
        file: None,
    };
    Ok((r.whole()?, r.at))
}
impl Reader<'_> {
    fn whole(&mut self) -> PyResult {
        match self.object(0)? {
            Some(v) => Ok(v),
            None => Err(raise!(TypeError, "NULL object in marshal data for object")),
        }
    }
}
/// `marshal.dumps(value, version)`.
pub fn dump(v: Value, version: i64) -> PyResult<Vec<u8>> {
    let mut w = Writer {
        out: Vec::new(),
        version,
        refs: Default::default(),
    };
    w.object(v, 0)?;
    Ok(w.out)
}

fn version_arg(v: Option<&Value>) -> PyResult<i64> {
    v.map_or(Ok(VERSION), |v| ops::index_as_isize(*v).map(|n| n as i64))
}
fn dumps(_: Value, args: &[Value]) -> PyResult {
    check_positional("dumps", args.len(), 1, 2)?;
    let version = version_arg(args.get(1))?;
    audit!("marshal.dumps", args[0], version)?;
    Ok(bytes::new(&dump(args[0], version)?))
}
fn dump_to(_: Value, args: &[Value]) -> PyResult {
    check_positional("dump", args.len(), 2, 3)?;
    let version = version_arg(args.get(2))?;
    audit!("marshal.dumps", args[0], version)?;
    let raw = bytes::new(&dump(args[0], version)?);
    ops::call_method_str(args[1], "write", &[raw.value()])
}
fn loads(_: Value, args: Args<'_>) -> PyResult {
    const LOADS: Signature<1> = Signature {
        name: "loads",
        params: [""],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [data] = args.bind(&LOADS)?;
    let buffer = memory::bytes_like(data)?;
    audit!("marshal.loads", bytes::new(buffer.bytes()))?;
    let whole = owner_of(data)?;
    let owner = whole.as_ref().map_or(Value::EMPTY, Ref::value);
    let ends_there = |owner: Value| {
        bytes::data(owner).as_ptr_range().end == buffer.bytes().as_ptr_range().end
            && buffer.bytes().len() <= bytes::data(owner).len()
    };
    let owner = if !owner.is_empty() && ends_there(owner) {
        owner
    } else {
        Value::EMPTY
    };
    load_owned(buffer.bytes(), owner).map(|(v, _)| v)
}
/// The bytes object whose contents `data` shows.
fn owner_of(data: Value) -> PyResult<Option<Ref>> {
    if bytes::is_exact(data) {
        return Ok(Some(Ref::new(data)));
    }
    let seen = match memory::is_memoryview(data) {
        true => ops::getattr(data, pyrs_object::intern!("obj"))?,
        false => return Ok(None),
    };
    Ok(Some(seen).filter(|o| bytes::is_exact(o.value())))
}
fn load_from(_: Value, file: Value) -> PyResult {
    audit!("marshal.load")?;
    let nothing = ops::call_method_str(file, "read", &[Value::int_unchecked(0)])?;
    if !bytes::is_bytes(nothing.value()) {
        return Err(raise!(
            TypeError,
            "file.read() returned not bytes but {}",
            nothing.ty().message_name()
        ));
    }
    let mut r = Reader {
        data: &[],
        at: 0,
        refs: Vec::new(),
        owner: Value::EMPTY,
        file: Some(File {
            readinto: ops::getattr_str(file, "readinto")?,
            piece: Vec::new(),
        }),
    };
    r.whole()
}

methods! { static FUNCTIONS = [
    "dump" FAST dump_to, "dump($module, value, file, version=version, /)\n--\n\nWrites a value to a binary file.";
    "dumps" FAST dumps, "dumps($module, value, version=version, /)\n--\n\nThe bytes of a value.";
    "load" O load_from, "load($module, file, /)\n--\n\nReads one value from a binary file.";
    "loads" KW loads, "loads($module, bytes, /)\n--\n\nThe value of bytes.";
] }

pub fn init() -> PyResult {
    let m = module::new("marshal");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "version", Ref::int(VERSION));
    Ok(m)
}
