//! Line ends: where a line stops under each `newline` setting, and `IncrementalNewlineDecoder`.

use pyrs_object::layout::*;
use pyrs_object::str::StrView;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, getset, heap, int, intern,
    methods, ops, py_type, raise, str, tuple, ty,
};

/// A unit of a str's storage.
pub(super) trait Unit: Copy {
    fn code(self) -> u32;
}
impl Unit for u8 {
    fn code(self) -> u32 {
        u32::from(self)
    }
}
impl Unit for u16 {
    fn code(self) -> u32 {
        u32::from(self)
    }
}
impl Unit for u32 {
    fn code(self) -> u32 {
        self
    }
}

/// How lines end.
#[derive(Clone, Copy)]
pub(super) struct LineEnds<'a> {
    /// Only "\n": the text is translated already.
    pub(super) translated: bool,
    /// "\n", "\r" and "\r\n".
    pub(super) universal: bool,
    /// Else this text.
    pub(super) newline: &'a str,
}

/// Index of the character `c`.
pub(super) fn find_char<U: Unit>(s: &[U], c: u8) -> Option<usize> {
    if size_of::<U>() == 1 {
        // SAFETY: one byte per unit.
        let p = unsafe { libc::memchr(s.as_ptr().cast(), i32::from(c), s.len()) };
        return if p.is_null() {
            None
        } else {
            Some(p as usize - s.as_ptr() as usize)
        };
    }
    s.iter().position(|u| u.code() == u32::from(c))
}

/// The end of the first line in `s` (behind its newline), or how much of `s` certainly holds no line end.
pub(super) fn line_end<U: Unit>(s: &[U], ends: LineEnds<'_>) -> Result<usize, usize> {
    if ends.translated {
        return find_char(s, b'\n').map(|i| i + 1).ok_or(s.len());
    }
    if ends.universal {
        let Some(i) = s.iter().position(|u| matches!(u.code(), 10 | 13)) else {
            return Err(s.len());
        };
        let pair = s[i].code() == 13 && s.get(i + 1).is_some_and(|u| u.code() == 10);
        return Ok(if pair { i + 2 } else { i + 1 });
    }
    let nl = ends.newline.as_bytes();
    match nl {
        [] => Err(s.len()),
        [c] => find_char(s, *c).map(|i| i + 1).ok_or(s.len()),
        [first, second, ..] => {
            let mut from = 0;
            while let Some(i) = find_char(&s[from..], *first) {
                let at = from + i;
                match s.get(at + 1) {
                    None => return Err(at),
                    Some(u) if u.code() == u32::from(*second) => return Ok(at + 2),
                    _ => from = at + 1,
                }
            }
            Err(s.len())
        }
    }
}
/// [`line_end`] in a str from character `start`; the results are counted from there.
pub(super) fn line_end_in(
    v: Value,
    start: usize,
    stop: usize,
    ends: LineEnds<'_>,
) -> Result<usize, usize> {
    match str::view(v) {
        StrView::Latin1(s) => line_end(&s[start..stop], ends),
        StrView::Ucs2(s) => line_end(&s[start..stop], ends),
        StrView::Ucs4(s) => line_end(&s[start..stop], ends),
    }
}

/// The `newline` argument: `None`, or one of "", "\n", "\r", "\r\n". `quoted` says whether an error shows others by their `repr`.
pub(super) fn check_newline(v: Value, quoted: bool) -> PyResult<Option<&'static str>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "newline must be str or None, not {}",
            v.ty().message_name()
        ));
    }
    for known in ["", "\n", "\r", "\r\n"] {
        if str::eq_str(v, known) {
            return Ok(Some(known));
        }
    }
    let text = if quoted { ops::repr(v)? } else { Ref::new(v) };
    Err(raise!(
        ValueError,
        "illegal newline value: {}",
        str::display(text.value())
    ))
}

pub(super) const SEEN_CR: u8 = 1;
pub(super) const SEEN_LF: u8 = 2;
pub(super) const SEEN_CRLF: u8 = 4;

/// Translates a chunk; also what `IncrementalNewlineDecoder` keeps between chunks.
#[derive(Clone, Copy, Default)]
pub(super) struct Newlines {
    pub(super) pending_cr: bool,
    pub(super) translate: bool,
    pub(super) seen: u8,
}

fn scan<U: Unit>(s: &[U], seen: u8) -> u8 {
    let mut seen = seen;
    let mut i = 0;
    while i < s.len() && seen != 7 {
        match s[i].code() {
            10 => seen |= SEEN_LF,
            13 => {
                if s.get(i + 1).is_some_and(|u| u.code() == 10) {
                    seen |= SEEN_CRLF;
                    i += 1;
                } else {
                    seen |= SEEN_CR;
                }
            }
            _ => {}
        }
        i += 1;
    }
    seen
}
fn translate<U: Unit>(s: &[U], seen: &mut u8) -> Vec<U> {
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    // "\n" as a unit comes from the text itself or from the "\r" that is replaced: found by its code.
    while i < s.len() {
        let u = s[i];
        match u.code() {
            13 => {
                if s.get(i + 1).is_some_and(|n| n.code() == 10) {
                    *seen |= SEEN_CRLF;
                    i += 1;
                    out.push(s[i]);
                } else {
                    *seen |= SEEN_CR;
                    out.push(line_feed::<U>());
                }
            }
            10 => {
                *seen |= SEEN_LF;
                out.push(u);
            }
            _ => out.push(u),
        }
        i += 1;
    }
    out
}
fn line_feed<U: Unit>() -> U {
    // SAFETY: units are plain little-endian integers of 1, 2 or 4 bytes (the trait is private).
    unsafe { std::mem::transmute_copy(&10u32) }
}

impl Newlines {
    /// Takes decoded text and gives it with line ends handled.
    pub(super) fn feed(&mut self, text: Ref, last: bool) -> PyResult {
        let mut text = text;
        let n = str::len(text.value());
        if self.pending_cr && (last || n > 0) {
            text = str::concat(intern!("\r"), text.value())?;
            self.pending_cr = false;
        }
        let n = str::len(text.value());
        // A final "\r" waits: "\n" may follow.
        if !last && n > 0 && str::char_at(text.value(), n - 1) == 13 {
            text = str::substring(text.value(), 0, n - 1);
            self.pending_cr = true;
        }
        let n = str::len(text.value());
        if n == 0 {
            return Ok(text);
        }
        let has_cr = match str::view(text.value()) {
            StrView::Latin1(s) => find_char(s, 13).is_some(),
            StrView::Ucs2(s) => find_char(s, 13).is_some(),
            StrView::Ucs4(s) => find_char(s, 13).is_some(),
        };
        if !has_cr {
            if self.seen & SEEN_LF == 0
                && line_end_in(
                    text.value(),
                    0,
                    n,
                    LineEnds {
                        translated: true,
                        universal: false,
                        newline: "",
                    },
                )
                .is_ok()
            {
                self.seen |= SEEN_LF;
            }
            return Ok(text);
        }
        if !self.translate {
            self.seen = match str::view(text.value()) {
                StrView::Latin1(s) => scan(s, self.seen),
                StrView::Ucs2(s) => scan(s, self.seen),
                StrView::Ucs4(s) => scan(s, self.seen),
            };
            return Ok(text);
        }
        Ok(match str::view(text.value()) {
            StrView::Latin1(s) => str::from_latin1(&translate(s, &mut self.seen)),
            StrView::Ucs2(s) => str::from_ucs2(&translate(s, &mut self.seen)),
            StrView::Ucs4(s) => str::from_ucs4(&translate(s, &mut self.seen)),
        })
    }
    /// The `newlines` attribute.
    pub(super) fn object(&self) -> Ref {
        let one = |bit: u8| match bit {
            SEEN_CR => str::intern("\r"),
            SEEN_LF => str::intern("\n"),
            _ => str::intern("\r\n"),
        };
        let all: Vec<Ref> = [SEEN_CR, SEEN_LF, SEEN_CRLF]
            .into_iter()
            .filter(|b| self.seen & b != 0)
            .map(one)
            .collect();
        match all.len() {
            0 => Ref::none(),
            1 => all[0].clone(),
            _ => tuple::from_vec(all),
        }
    }
}

#[repr(C)]
pub(super) struct NewlineDecoder {
    ob_base: PyObject,
    pub(super) decoder: Value,
    errors: Value,
    pub(super) state: Newlines,
    ready: bool,
}
pub(super) fn nd<'a>(v: Value) -> &'a mut NewlineDecoder {
    // SAFETY: a live decoder; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyIncrementalNewlineDecoder_Type))
}
/// A decoder that wraps `decoder` (or `None`).
pub(super) fn make(decoder: Value, translate: bool) -> PyResult {
    let r = decoder_new(ty!(PyIncrementalNewlineDecoder_Type), Args::NONE)?;
    let d = nd(r.value());
    d.decoder = Ref::new(decoder).into_value();
    d.errors = intern!("strict");
    d.state.translate = translate;
    d.ready = true;
    Ok(r)
}
fn decoder_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut NewlineDecoder = super::base::alloc(t)?;
    // SAFETY: a new object.
    Ok(unsafe { Ref::from_owned_ptr(p) })
}
fn decoder_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<3> = Signature {
        name: "IncrementalNewlineDecoder",
        params: ["decoder", "translate", "errors"],
        posonly: 0,
        positional: 3,
        required: 2,
    };
    let [decoder, translate, errors] = args.bind(&INIT)?;
    let translate = crate::convert::c_int(translate)? != 0;
    let errors = if errors.is_empty() {
        intern!("strict")
    } else {
        errors
    };
    let d = nd(v);
    let old = [
        std::mem::replace(&mut d.decoder, Ref::new(decoder).into_value()),
        std::mem::replace(&mut d.errors, Ref::new(errors).into_value()),
    ];
    d.state = Newlines {
        pending_cr: false,
        translate,
        seen: 0,
    };
    d.ready = true;
    for o in old {
        heap::decref(o);
    }
    Ok(())
}
unsafe extern "C" fn decoder_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        let d = object.cast::<NewlineDecoder>();
        heap::clear_field(&raw mut (*d).decoder);
        heap::clear_field(&raw mut (*d).errors);
        heap::finish_dealloc(object);
    }
}
fn check(v: Value) -> PyResult<()> {
    if nd(v).ready {
        Ok(())
    } else {
        Err(raise!(
            ValueError,
            "IncrementalNewlineDecoder.__init__() not called"
        ))
    }
}
/// `decode(input, final)`.
pub(super) fn decode(v: Value, input: Value, last: bool) -> PyResult {
    check(v)?;
    let inner = Ref::new(nd(v).decoder);
    let text = if inner.is_none() {
        Ref::new(input)
    } else {
        super::decoder::decode_any(inner.value(), input, last)?
    };
    if !text.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "decoder should return a string result, not '{}'",
            text.ty().message_name()
        ));
    }
    let mut state = nd(v).state;
    let r = state.feed(text, last)?;
    nd(v).state = state;
    Ok(r)
}
fn decoder_decode(v: Value, args: Args<'_>) -> PyResult {
    const DECODE: Signature<2> = Signature {
        name: "decode",
        params: ["input", "final"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [input, last] = args.bind(&DECODE)?;
    let last = !last.is_empty() && ops::is_true(last)?;
    decode(v, input, last)
}
fn flag_value(v: Value) -> PyResult<u64> {
    if int::is_int_instance(v) {
        crate::convert::c_mask(v)
    } else {
        Err(raise!(TypeError, "illegal decoder state"))
    }
}
/// `getstate()` as a pair.
pub(super) fn getstate(v: Value) -> PyResult<(Ref, Ref)> {
    check(v)?;
    let inner = Ref::new(nd(v).decoder);
    let (buffer, flag) = if inner.is_none() {
        (bytes::new(b""), Ref::int(0))
    } else {
        super::decoder::getstate_any(inner.value())?
    };
    let flag = flag_value(flag.value())?.wrapping_shl(1) | u64::from(nd(v).state.pending_cr);
    Ok((buffer, int::from_u64(flag)))
}
fn decoder_getstate(v: Value) -> PyResult {
    let (buffer, flag) = getstate(v)?;
    Ok(tuple::from_vec(vec![buffer, flag]))
}
fn decoder_setstate(v: Value, state: Value) -> PyResult {
    check(v)?;
    if !tuple::is_tuple(state) {
        return Err(raise!(TypeError, "state argument must be a tuple"));
    }
    if tuple::len(state) != 2 {
        return Err(raise!(TypeError, "setstate(): illegal state argument"));
    }
    let flag = match flag_value(tuple::get(state, 1)) {
        Ok(f) => f,
        Err(_) => {
            pyrs_object::errors::clear();
            return Err(raise!(TypeError, "setstate(): illegal state argument"));
        }
    };
    nd(v).state.pending_cr = flag & 1 != 0;
    let inner = Ref::new(nd(v).decoder);
    if !inner.is_none() {
        super::decoder::setstate_any(
            inner.value(),
            tuple::get(state, 0),
            int::from_u64(flag >> 1).value(),
        )?;
    }
    Ok(Ref::none())
}
fn decoder_reset(v: Value) -> PyResult {
    check(v)?;
    nd(v).state.seen = 0;
    nd(v).state.pending_cr = false;
    let inner = Ref::new(nd(v).decoder);
    if inner.is_none() {
        Ok(Ref::none())
    } else {
        ops::call_method(inner.value(), intern!("reset"), &[])
    }
}
fn decoder_newlines(v: Value) -> PyResult {
    check(v)?;
    Ok(nd(v).state.object())
}
methods! {
    static DECODER_METHODS = [
        "decode" KW decoder_decode, "decode($self, /, input, final=False)\n--\n\nDecodes and translates.";
        "getstate" NOARGS decoder_getstate, "getstate($self, /)\n--\n\nThe decoder's state.";
        "setstate" O decoder_setstate, "setstate($self, state, /)\n--\n\nSets the decoder's state.";
        "reset" NOARGS decoder_reset, "reset($self, /)\n--\n\nForgets the state.";
    ]
}
getset! {
    static DECODER_GETSET = [ "newlines" decoder_newlines, None, ""; ]
}
py_type! {
    /// `io.IncrementalNewlineDecoder`
    pub static PyIncrementalNewlineDecoder_Type: NewlineDecoder = "_io.IncrementalNewlineDecoder" {
        flags: BASETYPE;
        doc: "IncrementalNewlineDecoder(decoder, translate, errors='strict')\n--\n\nDecodes with universal newlines.";
        raw { tp_dealloc: decoder_dealloc }
        slots { tp_init: decoder_init, tp_new: decoder_new }
        methods: DECODER_METHODS;
        getset: DECODER_GETSET;
    }
}
