//! Binary form of a code unit, for the code cache: versioned, checked on the way in.
//!
//! An image is read piece by piece. Each unit in it has a header, which is all that a function object needs, and a body,
//! which is read when the code first runs: most functions of a module never do. Strings lie in one table, so that a
//! reader makes each name once.
//!
//! ```text
//! image   magic, version, table hash, checksum of what follows
//!         string count, end of each string (u32), the strings; filename; the outermost unit
//! unit    length (u32), header, body
//! ```

use crate::positions::{Positions, read_varint, unzigzag, write_varint, zigzag};
use crate::validate::{ConstKind, Facts};
use crate::{CodeUnit, Const, ExceptionEntry, Instr, Invalid, Op, PositionTable};
use std::collections::HashMap;
use std::fmt;

/// Changes whenever the format or the meaning of an instruction does.
pub const FORMAT_VERSION: u32 = 4;
const MAGIC: [u8; 4] = *b"pyrc";
/// Magic, version, table hash and checksum.
const PRELUDE: usize = 20;
/// Nesting of code and tuples beyond this is taken for damage; the compiler's own limits are lower.
const MAX_DEPTH: u32 = 400;

/// Why bytes are not a code unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// Another program's or version's file.
    Version,
    /// Cut off or damaged.
    Corrupt,
    /// Well formed, but the code is not valid.
    Invalid(Invalid),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Version => f.write_str("compiled code of another version"),
            DecodeError::Corrupt => f.write_str("compiled code is damaged"),
            DecodeError::Invalid(e) => e.fmt(f),
        }
    }
}
impl std::error::Error for DecodeError {}

/// A number that differs between opcode tables, so that a cache of an older table is refused.
pub fn table_hash() -> u32 {
    static HASH: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *HASH.get_or_init(|| {
        let mut hash = 0x811C_9DC5u32;
        for op in Op::ALL {
            for &b in op
                .name()
                .as_bytes()
                .iter()
                .chain(&[op.info().extra, op.info().flags])
            {
                hash = (hash ^ u32::from(b)).wrapping_mul(0x0100_0193);
            }
        }
        hash
    })
}

/// Tells bytes from others that are not made to have the same number: damaged images, changed sources. A word at a time,
/// as imports wait for it.
pub fn checksum(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |h: u64, word: u64| (h.rotate_left(29) ^ word).wrapping_mul(K);
    let (words, tail) = bytes.as_chunks::<8>();
    let mut lanes = [bytes.len() as u64, K, !K, 1];
    let (blocks, rest) = words.as_chunks::<4>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block) {
            *lane = mix(*lane, u64::from_le_bytes(*word));
        }
    }
    for word in rest {
        lanes[0] = mix(lanes[0], u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    lanes[0] = mix(lanes[0], u64::from_le_bytes(last));
    lanes
        .into_iter()
        .fold(0, |h, lane| mix(h, lane ^ lane >> 32))
}

/// Words that follow an instruction; none if it is not one.
fn extra_words(instr: u64) -> usize {
    Instr(instr).op().map_or(0, Op::extra)
}
/// More than any instruction takes, itself included.
const MOST_WORDS: usize = 16;

// Writing.

#[derive(Default)]
struct Writer<'a> {
    strings: Vec<&'a [u8]>,
    index: HashMap<&'a [u8], u32>,
    out: Vec<u8>,
}

/// The bytes of `unit`.
pub fn encode(unit: &CodeUnit) -> Vec<u8> {
    let mut w = Writer::default();
    w.string(unit.filename.as_bytes());
    w.unit(unit);
    let mut out = MAGIC.to_vec();
    out.extend(FORMAT_VERSION.to_le_bytes());
    out.extend(table_hash().to_le_bytes());
    out.extend([0; 8]);
    out.extend((w.strings.len() as u32).to_le_bytes());
    let mut end = 0u32;
    for s in &w.strings {
        end += s.len() as u32;
        out.extend(end.to_le_bytes());
    }
    for s in &w.strings {
        out.extend(*s);
    }
    out.extend(&w.out);
    let sum = checksum(&out[PRELUDE..]);
    out[PRELUDE - 8..PRELUDE].copy_from_slice(&sum.to_le_bytes());
    out
}

impl<'a> Writer<'a> {
    fn string(&mut self, text: &'a [u8]) {
        let next = self.strings.len() as u32;
        let at = *self.index.entry(text).or_insert(next);
        if at == next {
            self.strings.push(text);
        }
        self.number(at);
    }
    fn number(&mut self, n: u32) {
        write_varint(&mut self.out, n.into());
    }
    fn length(&mut self, n: usize) {
        write_varint(&mut self.out, n as u64);
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.out.extend(bytes);
    }
    fn names(&mut self, names: &'a [String]) {
        for name in names {
            self.string(name.as_bytes());
        }
    }

    fn unit(&mut self, unit: &'a CodeUnit) {
        let start = self.out.len();
        self.out.extend([0; 4]);
        self.string(unit.name.as_bytes());
        self.string(unit.qualname.as_bytes());
        for n in [
            unit.first_line,
            unit.flags,
            unit.argcount,
            unit.posonlyargcount,
            unit.kwonlyargcount,
            unit.registers,
            unit.stack_size,
            unit.varnames.len() as u32,
            unit.own_cells().count() as u32,
            unit.cellvars.len() as u32,
            unit.freevars.len() as u32,
        ] {
            self.number(n);
        }
        match unit.consts.first() {
            Some(Const::Str(doc)) => {
                self.out.push(1);
                self.string(doc);
            }
            _ => self.out.push(0),
        }
        for names in [&unit.varnames, &unit.cellvars, &unit.freevars] {
            self.names(names);
        }
        self.length(unit.names.len());
        self.names(&unit.names);
        self.words(&unit.instructions);
        self.length(unit.exception_table.len());
        for e in &unit.exception_table {
            for n in [e.start, e.end, e.target, e.depth.into()] {
                self.number(n);
            }
        }
        self.bytes(&unit.positions.bytes);
        self.consts(&unit.consts);
        let length = (self.out.len() - start - 4) as u32;
        self.out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// The instructions, then the extra words that are not zero: nearly all of them are empty caches.
    fn words(&mut self, words: &[u64]) {
        self.length(words.len());
        let mut filled = Vec::new();
        let mut instructions = Vec::with_capacity(words.len());
        let mut rest = words;
        while let Some((instr, after)) = rest.split_first() {
            instructions.push(*instr);
            let extra = extra_words(*instr).min(after.len());
            let at = words.len() - after.len();
            filled.extend((at..at + extra).filter(|&k| words[k] != 0));
            rest = &after[extra..];
        }
        self.length(instructions.len());
        for word in instructions {
            self.out.extend(word.to_le_bytes());
        }
        self.length(filled.len());
        for k in filled {
            self.length(k);
            self.out.extend(words[k].to_le_bytes());
        }
    }

    fn consts(&mut self, consts: &'a [Const]) {
        self.length(consts.len());
        for c in consts {
            self.constant(c);
        }
    }

    fn constant(&mut self, c: &'a Const) {
        match c {
            Const::None => self.out.push(0),
            Const::True => self.out.push(1),
            Const::False => self.out.push(2),
            Const::Ellipsis => self.out.push(3),
            Const::Int(n) => {
                self.out.push(4);
                write_varint(&mut self.out, zigzag(*n));
            }
            Const::BigInt(text) => {
                self.out.push(5);
                self.bytes(text.as_bytes());
            }
            Const::Float(x) => {
                self.out.push(6);
                self.out.extend(x.to_bits().to_le_bytes());
            }
            Const::Complex(re, im) => {
                self.out.push(7);
                self.out.extend(re.to_bits().to_le_bytes());
                self.out.extend(im.to_bits().to_le_bytes());
            }
            Const::Str(s) => {
                self.out.push(8);
                self.string(s);
            }
            Const::Bytes(s) => {
                self.out.push(9);
                self.bytes(s);
            }
            Const::Tuple(items) => {
                self.out.push(10);
                self.consts(items);
            }
            Const::FrozenSet(items) => {
                self.out.push(11);
                self.consts(items);
            }
            Const::Code(unit) => {
                self.out.push(12);
                self.unit(unit);
            }
        }
    }
}

// Reading.

/// An image that has passed its checksum: where things lie in the bytes, which the caller keeps.
#[derive(Clone, Copy, Debug)]
pub struct Image {
    strings: u32,
    /// Where the first string begins.
    text: u32,
    /// String index of the file name.
    pub filename: u32,
    /// Where the outermost unit lies.
    pub root: u32,
}

/// Index into an image's string table.
pub type StringIndex = u32;

/// What the header of a unit says: enough to make code and function objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct UnitHeader {
    pub name: StringIndex,
    pub qualname: StringIndex,
    pub first_line: u32,
    pub flags: u32,
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub registers: u32,
    pub stack_size: u32,
    pub varnames: u32,
    /// Cells that are not parameters.
    pub own_cells: u32,
    pub cellvars: u32,
    pub freevars: u32,
    /// The first constant if it is a string.
    pub doc: Option<StringIndex>,
    /// Where the body begins.
    body: u32,
}

impl UnitHeader {
    pub fn first_free(&self) -> u32 {
        self.varnames + self.own_cells
    }
    pub fn first_temp(&self) -> u32 {
        self.first_free() + self.freevars
    }
}

/// The body of a unit, not validated yet.
#[derive(Debug)]
pub struct UnitBody<'a> {
    pub varnames: Vec<StringIndex>,
    pub cellvars: Vec<StringIndex>,
    pub freevars: Vec<StringIndex>,
    pub names: Vec<StringIndex>,
    pub instructions: Box<[u64]>,
    pub exception_table: Box<[ExceptionEntry]>,
    /// Where the positions lie in the image.
    pub positions: std::ops::Range<usize>,
    pub consts: Vec<RawConst<'a>>,
}

/// A constant as it lies in an image.
#[derive(Debug)]
pub enum RawConst<'a> {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    BigInt(&'a str),
    Float(f64),
    Complex(f64, f64),
    Str(StringIndex),
    Bytes(&'a [u8]),
    Tuple(Vec<RawConst<'a>>),
    FrozenSet(Vec<RawConst<'a>>),
    /// Where the unit lies.
    Code(u32),
}

struct Cursor<'a> {
    all: &'a [u8],
    rest: &'a [u8],
    strings: u32,
}

impl Image {
    /// Checks the frame around the code, and nothing in it.
    pub fn open(bytes: &[u8]) -> Result<Image, DecodeError> {
        let Some((prelude, _)) = bytes.split_first_chunk::<PRELUDE>() else {
            return Err(DecodeError::Version);
        };
        let expected = [FORMAT_VERSION.to_le_bytes(), table_hash().to_le_bytes()].concat();
        if prelude[..4] != MAGIC || prelude[4..12] != expected[..] {
            return Err(DecodeError::Version);
        }
        if u32::try_from(bytes.len()).is_err()
            || prelude[12..] != checksum(&bytes[PRELUDE..]).to_le_bytes()
        {
            return Err(DecodeError::Corrupt);
        }
        Self::frame(bytes).ok_or(DecodeError::Corrupt)
    }

    fn frame(bytes: &[u8]) -> Option<Image> {
        let mut c = Cursor {
            all: bytes,
            rest: &bytes[PRELUDE..],
            strings: 0,
        };
        c.strings = u32::from_le_bytes(c.fixed()?);
        let ends = c.take(usize::try_from(c.strings).ok()?.checked_mul(4)?)?;
        let text = c.at();
        let mut last = 0;
        for end in ends.as_chunks::<4>().0 {
            let end = u32::from_le_bytes(*end);
            if end < last {
                return None;
            }
            last = end;
        }
        c.take(last as usize)?;
        let filename = c.string()?;
        Some(Image {
            strings: c.strings,
            text,
            filename,
            root: c.at(),
        })
    }

    pub fn string_count(&self) -> usize {
        self.strings as usize
    }

    /// String `index` of the image `bytes`. Identifiers are UTF-8, constants WTF-8.
    pub fn string<'a>(&self, bytes: &'a [u8], index: StringIndex) -> Option<&'a [u8]> {
        if index >= self.strings {
            return None;
        }
        let end_of = |k: u32| {
            let at = PRELUDE + 4 + k as usize * 4;
            let end = bytes.get(at..)?.first_chunk::<4>()?;
            Some((self.text + u32::from_le_bytes(*end)) as usize)
        };
        let start = match index.checked_sub(1) {
            Some(before) => end_of(before)?,
            None => self.text as usize,
        };
        bytes.get(start..end_of(index)?)
    }

    /// The header of the unit at `at` (from [`Image::root`] or [`RawConst::Code`]).
    pub fn header(&self, bytes: &[u8], at: u32) -> Option<UnitHeader> {
        let mut c = self.cursor(bytes, at.checked_add(4)?)?;
        let mut h = UnitHeader {
            name: c.string()?,
            qualname: c.string()?,
            ..UnitHeader::default()
        };
        for field in [
            &mut h.first_line,
            &mut h.flags,
            &mut h.argcount,
            &mut h.posonlyargcount,
            &mut h.kwonlyargcount,
            &mut h.registers,
            &mut h.stack_size,
            &mut h.varnames,
            &mut h.own_cells,
            &mut h.cellvars,
            &mut h.freevars,
        ] {
            *field = c.number()?;
        }
        h.doc = match c.fixed()? {
            [0] => None,
            _ => Some(c.string()?),
        };
        // Sums of these must not overflow.
        if [
            h.argcount,
            h.posonlyargcount,
            h.kwonlyargcount,
            h.varnames,
            h.own_cells,
            h.cellvars,
            h.freevars,
        ]
        .iter()
        .any(|&n| n > 1 << 20)
            || h.registers < h.first_temp()
        {
            return None;
        }
        h.body = c.at();
        Some(h)
    }

    /// The body behind `header`.
    pub fn body<'a>(&self, bytes: &'a [u8], header: &UnitHeader) -> Option<UnitBody<'a>> {
        let mut c = self.cursor(bytes, header.body)?;
        let varnames = c.strings(header.varnames as usize)?;
        let cellvars = c.strings(header.cellvars as usize)?;
        let freevars = c.strings(header.freevars as usize)?;
        let own = cellvars.iter().filter(|c| !varnames.contains(c)).count();
        if own != header.own_cells as usize {
            return None;
        }
        let count = c.length(1)?;
        let names = c.strings(count)?;
        let instructions = c.words()?;
        let exception_table = (0..c.length(4)?)
            .map(|_| {
                Some(ExceptionEntry {
                    start: c.number()?,
                    end: c.number()?,
                    target: c.number()?,
                    depth: u16::try_from(c.number()?).ok()?,
                })
            })
            .collect::<Option<_>>()?;
        let length = c.length(1)?;
        let start = c.at() as usize;
        c.take(length)?;
        Some(UnitBody {
            varnames,
            cellvars,
            freevars,
            names,
            instructions,
            exception_table,
            positions: start..start + length,
            consts: c.consts(0)?,
        })
    }

    /// Checks a body, so that it may be run without bounds checks. Units among its constants are not looked into.
    pub fn validate(
        &self,
        bytes: &[u8],
        header: &UnitHeader,
        body: &UnitBody<'_>,
    ) -> Result<(), Invalid> {
        let facts = Facts {
            registers: header.registers,
            first_cell: header.varnames,
            first_temp: header.first_temp(),
            argcount: header.argcount,
            posonlyargcount: header.posonlyargcount,
            parameters: crate::unit::parameter_count(
                header.flags,
                header.argcount,
                header.kwonlyargcount,
            ),
            cell_parameters: body
                .varnames
                .iter()
                .map(|v| body.cellvars.contains(v))
                .collect(),
            names: body.names.len(),
            consts: body.consts.iter().map(RawConst::kind).collect(),
            instructions: &body.instructions,
            exception_table: &body.exception_table,
            positions: Positions::new(&bytes[body.positions.clone()]),
        };
        facts.check().map_err(|(word, problem)| Invalid {
            qualname: self.text(bytes, header.qualname).unwrap_or_default(),
            word,
            problem,
        })
    }

    fn text(&self, bytes: &[u8], index: StringIndex) -> Option<String> {
        String::from_utf8(self.string(bytes, index)?.to_vec()).ok()
    }

    fn cursor<'a>(&self, bytes: &'a [u8], at: u32) -> Option<Cursor<'a>> {
        Some(Cursor {
            all: bytes,
            rest: bytes.get(at as usize..)?,
            strings: self.strings,
        })
    }
}

/// The unit in `bytes`, all of it, validated.
pub fn decode(bytes: &[u8]) -> Result<CodeUnit, DecodeError> {
    let image = Image::open(bytes)?;
    whole(&image, bytes, image.root, 0)
}

fn whole(image: &Image, bytes: &[u8], at: u32, depth: u32) -> Result<CodeUnit, DecodeError> {
    let corrupt = || DecodeError::Corrupt;
    if depth > MAX_DEPTH {
        return Err(DecodeError::Corrupt);
    }
    let header = image.header(bytes, at).ok_or_else(corrupt)?;
    let body = image.body(bytes, &header).ok_or_else(corrupt)?;
    image
        .validate(bytes, &header, &body)
        .map_err(DecodeError::Invalid)?;
    let text = |index: StringIndex| image.text(bytes, index).ok_or_else(corrupt);
    let texts = |list: &[StringIndex]| list.iter().map(|&k| text(k)).collect::<Result<_, _>>();
    Ok(CodeUnit {
        name: text(header.name)?,
        qualname: text(header.qualname)?,
        filename: text(image.filename)?,
        first_line: header.first_line,
        flags: header.flags,
        argcount: header.argcount,
        posonlyargcount: header.posonlyargcount,
        kwonlyargcount: header.kwonlyargcount,
        varnames: texts(&body.varnames)?,
        cellvars: texts(&body.cellvars)?,
        freevars: texts(&body.freevars)?,
        names: texts(&body.names)?,
        consts: whole_consts(image, bytes, &body.consts, depth)?,
        instructions: body.instructions.into_vec(),
        registers: header.registers,
        exception_table: body.exception_table.into_vec(),
        positions: PositionTable {
            bytes: bytes[body.positions].to_vec(),
        },
        stack_size: header.stack_size,
    })
}

fn whole_consts(
    image: &Image,
    bytes: &[u8],
    consts: &[RawConst<'_>],
    depth: u32,
) -> Result<Vec<Const>, DecodeError> {
    let constant = |c: &RawConst<'_>| {
        Ok(match *c {
            RawConst::None => Const::None,
            RawConst::True => Const::True,
            RawConst::False => Const::False,
            RawConst::Ellipsis => Const::Ellipsis,
            RawConst::Int(n) => Const::Int(n),
            RawConst::BigInt(text) => Const::BigInt(text.to_string()),
            RawConst::Float(x) => Const::Float(x),
            RawConst::Complex(re, im) => Const::Complex(re, im),
            RawConst::Str(k) => {
                Const::Str(image.string(bytes, k).ok_or(DecodeError::Corrupt)?.into())
            }
            RawConst::Bytes(b) => Const::Bytes(b.into()),
            RawConst::Tuple(ref items) => Const::Tuple(whole_consts(image, bytes, items, depth)?),
            RawConst::FrozenSet(ref items) => {
                Const::FrozenSet(whole_consts(image, bytes, items, depth)?)
            }
            RawConst::Code(at) => Const::Code(Box::new(whole(image, bytes, at, depth + 1)?)),
        })
    };
    consts.iter().map(constant).collect()
}

impl RawConst<'_> {
    fn kind(&self) -> ConstKind {
        match self {
            RawConst::Code(_) => ConstKind::Code,
            RawConst::Tuple(items) => ConstKind::Tuple {
                length: items.len(),
                strings: items.iter().all(|c| matches!(c, RawConst::Str(_))),
            },
            _ => ConstKind::Other,
        }
    }
}

impl<'a> Cursor<'a> {
    fn at(&self) -> u32 {
        (self.all.len() - self.rest.len()) as u32
    }
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(bytes)
    }
    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }
    fn number(&mut self) -> Option<u32> {
        u32::try_from(read_varint(&mut self.rest)?).ok()
    }
    /// A length, checked against what is left at `size` bytes an item, so that damage cannot ask for much memory.
    fn length(&mut self, size: usize) -> Option<usize> {
        let n = usize::try_from(read_varint(&mut self.rest)?).ok()?;
        (n.checked_mul(size)? <= self.rest.len()).then_some(n)
    }
    fn string(&mut self) -> Option<StringIndex> {
        self.number().filter(|&k| k < self.strings)
    }
    fn strings(&mut self, n: usize) -> Option<Vec<StringIndex>> {
        if n > self.rest.len() {
            return None;
        }
        (0..n).map(|_| self.string()).collect()
    }
    fn words(&mut self) -> Option<Box<[u64]>> {
        let total = usize::try_from(read_varint(&mut self.rest)?).ok()?;
        let count = self.length(8)?;
        if total > count * MOST_WORDS {
            return None;
        }
        let mut words = vec![0; total].into_boxed_slice();
        let mut at = 0;
        for raw in self.take(count * 8)?.as_chunks::<8>().0 {
            let instr = u64::from_le_bytes(*raw);
            *words.get_mut(at)? = instr;
            at += 1 + extra_words(instr);
        }
        if at < total {
            return None;
        }
        for _ in 0..self.length(9)? {
            let at = usize::try_from(read_varint(&mut self.rest)?).ok()?;
            *words.get_mut(at)? = u64::from_le_bytes(self.fixed()?);
        }
        Some(words)
    }
    fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = self.length(1)?;
        self.take(n)
    }
    fn consts(&mut self, depth: u32) -> Option<Vec<RawConst<'a>>> {
        (0..self.length(1)?)
            .map(|_| self.constant(depth + 1))
            .collect()
    }

    fn constant(&mut self, depth: u32) -> Option<RawConst<'a>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let float = |raw: [u8; 8]| f64::from_bits(u64::from_le_bytes(raw));
        Some(match self.fixed::<1>()? {
            [0] => RawConst::None,
            [1] => RawConst::True,
            [2] => RawConst::False,
            [3] => RawConst::Ellipsis,
            [4] => RawConst::Int(unzigzag(read_varint(&mut self.rest)?)),
            [5] => {
                let text = std::str::from_utf8(self.bytes()?).ok()?;
                let digits = text.strip_prefix('-').unwrap_or(text);
                let ok = match digits.strip_prefix("0x") {
                    Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
                    None => !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()),
                };
                return ok.then_some(RawConst::BigInt(text));
            }
            [6] => RawConst::Float(float(self.fixed()?)),
            [7] => RawConst::Complex(float(self.fixed()?), float(self.fixed()?)),
            [8] => RawConst::Str(self.string()?),
            [9] => RawConst::Bytes(self.bytes()?),
            [10] => RawConst::Tuple(self.consts(depth)?),
            [11] => RawConst::FrozenSet(self.consts(depth)?),
            [12] => {
                let at = self.at();
                let length = u32::from_le_bytes(self.fixed()?);
                self.take(length as usize)?;
                RawConst::Code(at)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Operand, Position, PositionWriter, disassemble, validate};

    fn sample() -> CodeUnit {
        let k = Operand::Constant(0).encode().unwrap_or(0);
        let instructions = vec![
            Instr::new(Op::ADD, 0, 1, 0, k).0,
            0,
            Instr::new(Op::RETURN, crate::KILL_A, 1, 0, 0).0,
        ];
        let mut positions = PositionWriter::new();
        positions.add(
            3,
            Position {
                line: 1,
                end_line: 1,
                column: Some(0),
                end_column: Some(4),
            },
        );
        CodeUnit {
            name: "f".into(),
            qualname: "f".into(),
            argcount: 1,
            varnames: vec!["x".into()],
            registers: 2,
            consts: vec![
                Const::Int(-3),
                Const::Tuple(vec![
                    Const::Float(-0.0),
                    Const::BigInt("-99999999999999999999".into()),
                ]),
            ],
            instructions,
            positions: positions.finish(),
            ..CodeUnit::default()
        }
    }

    #[test]
    fn round_trip() {
        let mut outer = sample();
        outer.instructions[1] = 1 << 40;
        outer.consts.push(Const::Code(Box::new(sample())));
        assert_eq!(decode(&encode(&outer)), Ok(outer));
    }

    #[test]
    fn damage_gives_errors_not_panics() {
        let bytes = encode(&sample());
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n]).is_err());
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[n] ^= 1 << bit;
                if let Ok(unit) = decode(&damaged) {
                    disassemble(&unit);
                }
            }
        }
    }

    #[test]
    fn validator_refuses_what_would_run_wild() {
        let check = |change: fn(&mut CodeUnit)| {
            let mut unit = sample();
            change(&mut unit);
            validate(&unit, true).err().map(|e| e.problem)
        };
        assert_eq!(check(|_| {}), None);
        assert_eq!(check(|u| u.registers = 1), Some("register"));
        assert_eq!(check(|u| u.consts.clear()), Some("constant index"));
        assert_eq!(
            check(|u| u.instructions.truncate(2)),
            Some("control falls off the end")
        );
        assert_eq!(
            check(|u| u.instructions.truncate(1)),
            Some("extra words missing")
        );
        assert_eq!(
            check(|u| u.instructions[2] = Instr::new_wide(Op::JUMP, 0, 0, -2i32 as u32).0),
            Some("jump target")
        );
        assert_eq!(check(|u| u.instructions[2] = 255), Some("opcode"));
    }
}
