//! Items of arrays: their type codes, conversions and machine formats.

use pyrs_object::layout::tpflags;
use pyrs_object::{PyResult, Raised, Ref, Value, ValueExt, int, ops, raise, str};
use std::ffi::{CStr, c_char, c_int};

/// What compiled code (Cython's `cpython.array`) reads of an array's item type.
#[repr(C)]
pub(super) struct Descriptor {
    pub typecode: c_char,
    pub itemsize: c_int,
    unused: [usize; 3],
    pub format: *const c_char,
    is_integer: c_int,
    is_signed: c_int,
}
// SAFETY: constant data.
unsafe impl Sync for Descriptor {}

const fn descriptor(
    typecode: u8,
    itemsize: c_int,
    format: &'static CStr,
    is_integer: bool,
    is_signed: bool,
) -> Descriptor {
    Descriptor {
        typecode: typecode as c_char,
        itemsize,
        unused: [0; 3],
        format: format.as_ptr(),
        is_integer: is_integer as c_int,
        is_signed: is_signed as c_int,
    }
}

/// In the order of `array.typecodes`.
pub(super) static DESCRIPTORS: [Descriptor; 13] = [
    descriptor(b'b', 1, c"b", true, true),
    descriptor(b'B', 1, c"B", true, false),
    descriptor(b'u', 4, c"w", false, false),
    descriptor(b'h', 2, c"h", true, true),
    descriptor(b'H', 2, c"H", true, false),
    descriptor(b'i', 4, c"i", true, true),
    descriptor(b'I', 4, c"I", true, false),
    descriptor(b'l', 8, c"l", true, true),
    descriptor(b'L', 8, c"L", true, false),
    descriptor(b'q', 8, c"q", true, true),
    descriptor(b'Q', 8, c"Q", true, false),
    descriptor(b'f', 4, c"f", false, false),
    descriptor(b'd', 8, c"d", false, false),
];

impl Descriptor {
    pub(super) fn find(code: u32) -> Option<&'static Descriptor> {
        DESCRIPTORS.iter().find(|d| d.code() as u32 == code)
    }
    #[inline(always)]
    pub(super) fn code(&self) -> u8 {
        self.typecode as u8
    }
    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        self.itemsize as usize
    }
    /// The machine format of pickles on this (little-endian) machine.
    pub(super) fn machine_format(&self) -> usize {
        let little = match self.code() {
            b'B' => return 0,
            b'b' => return 1,
            b'H' => 2,
            b'h' => 4,
            b'I' => 6,
            b'i' => 8,
            b'L' | b'Q' => 10,
            b'l' | b'q' => 12,
            b'f' => 14,
            b'd' => 16,
            _ => 20,
        };
        little + usize::from(cfg!(target_endian = "big"))
    }
    /// The type code for machine integers of a size and sign; the last one of the table wins.
    pub(super) fn for_integers(size: usize, signed: bool) -> Option<&'static Descriptor> {
        DESCRIPTORS
            .iter()
            .rfind(|d| d.is_integer != 0 && d.size() == size && (d.is_signed != 0) == signed)
    }
}

#[inline(always)]
fn word<const N: usize>(s: &[u8]) -> [u8; N] {
    s.first_chunk().copied().unwrap_or([0; N])
}

/// The Python value of an item.
#[inline]
pub(super) fn unpack(d: &Descriptor, s: &[u8]) -> PyResult {
    Ok(match d.code() {
        b'b' => Ref::int(word::<1>(s)[0] as i8 as i64),
        b'B' => Ref::int(word::<1>(s)[0] as i64),
        b'h' => Ref::int(i16::from_ne_bytes(word(s)) as i64),
        b'H' => Ref::int(u16::from_ne_bytes(word(s)) as i64),
        b'i' => Ref::int(i32::from_ne_bytes(word(s)) as i64),
        b'I' => Ref::int(u32::from_ne_bytes(word(s)) as i64),
        b'l' | b'q' => Ref::int(i64::from_ne_bytes(word(s))),
        b'L' | b'Q' => int::from_u64(u64::from_ne_bytes(word(s))),
        b'f' => Ref::float(f32::from_ne_bytes(word(s)) as f64),
        b'd' => Ref::float(f64::from_ne_bytes(word(s))),
        _ => {
            let c = u32::from_ne_bytes(word(s));
            check_character(c)?;
            str::from_char(c)
        }
    })
}

/// Only what a str can hold.
pub(super) fn check_character(c: u32) -> PyResult<()> {
    if c > 0x10ffff {
        return Err(raise!(
            ValueError,
            "character U+{c:x} is not in range [U+0000; U+10ffff]"
        ));
    }
    Ok(())
}

/// An item's bytes.
pub(super) type Packed = ([u8; 8], usize);

fn packed<const N: usize>(s: [u8; N]) -> Packed {
    let mut out = [0; 8];
    out[..N].copy_from_slice(&s);
    (out, N)
}
#[cold]
fn range_error(what: &str, low: bool) -> Raised {
    let side = if low {
        "less than minimum"
    } else {
        "greater than maximum"
    };
    raise!(OverflowError, "{what} is {side}")
}
fn long(v: Value) -> PyResult<i64> {
    if let Some(n) = v.as_int() {
        return Ok(n);
    }
    int::to_i64(ops::index(v)?.value())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}
/// A long within `low..=high`; else "`what` is greater than maximum".
fn within(n: i64, low: i64, high: i64, what: &str) -> PyResult<i64> {
    if n < low || n > high {
        Err(range_error(what, n < low))
    } else {
        Ok(n)
    }
}
fn short(v: Value) -> PyResult<i64> {
    within(long(v)?, -0x8000, 0x7fff, "signed short integer")
}
fn c_int_value(v: Value) -> PyResult<i64> {
    within(long(v)?, i32::MIN.into(), i32::MAX.into(), "signed integer")
}
fn unsigned(v: Value) -> PyResult<u64> {
    let n = ops::index(v)?;
    if int::is_negative(n.value()) {
        return Err(raise!(
            OverflowError,
            "can't convert negative value to unsigned int"
        ));
    }
    int::to_u64(n.value()).ok_or_else(|| {
        raise!(
            OverflowError,
            "Python int too large to convert to C unsigned long"
        )
    })
}
fn character(v: Value) -> PyResult<u32> {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) || str::len(v) != 1 {
        return Err(raise!(TypeError, "array item must be unicode character"));
    }
    Ok(str::char_at(v, 0))
}

/// Converts a Python value; may run Python code.
#[inline]
pub(super) fn pack(d: &Descriptor, v: Value) -> PyResult<Packed> {
    Ok(match d.code() {
        b'b' => packed((within(short(v)?, -128, 127, "signed char")? as i8).to_ne_bytes()),
        b'B' => packed([within(short(v)?, 0, 255, "unsigned byte integer")? as u8]),
        b'h' => packed((short(v)? as i16).to_ne_bytes()),
        b'H' => {
            packed((within(c_int_value(v)?, 0, 0xffff, "unsigned short")? as u16).to_ne_bytes())
        }
        b'i' => packed((c_int_value(v)? as i32).to_ne_bytes()),
        b'I' => match u32::try_from(unsigned(v)?) {
            Ok(n) => packed(n.to_ne_bytes()),
            Err(_) => return Err(range_error("unsigned int", false)),
        },
        b'l' => packed(long(v)?.to_ne_bytes()),
        b'L' => packed(unsigned(v)?.to_ne_bytes()),
        b'q' => {
            let n = ops::index(v)?;
            let n = int::to_i64(n.value())
                .ok_or_else(|| raise!(OverflowError, "int too big to convert"))?;
            packed(n.to_ne_bytes())
        }
        b'Q' => packed(crate::convert::c_ulong(v)?.to_ne_bytes()),
        b'f' => packed((ops::as_f64(v)? as f32).to_ne_bytes()),
        b'd' => packed(ops::as_f64(v)?.to_ne_bytes()),
        _ => packed(character(v)?.to_ne_bytes()),
    })
}

/// Sizes of the machine formats, whether their items are signed, and whether they are big-endian, by number.
pub(super) fn format_properties(format: usize) -> Option<(usize, bool, bool)> {
    let size = match format {
        0 | 1 => 1,
        2..=5 | 18 | 19 => 2,
        6..=9 | 14 | 15 | 20 | 21 => 4,
        10..=13 | 16 | 17 => 8,
        _ => return None,
    };
    let signed = matches!(format, 1 | 4 | 5 | 8 | 9 | 12..=17);
    Some((size, signed, format >= 2 && format % 2 == 1))
}

/// The value of a pickled number.
pub(super) fn unpack_foreign(format: usize, s: &[u8]) -> Ref {
    let (size, signed, big) = format_properties(format).unwrap_or((1, false, false));
    let mut n: u64 = 0;
    for i in 0..size {
        let b = u64::from(
            s.get(if big { i } else { size - 1 - i })
                .copied()
                .unwrap_or(0),
        );
        n = n << 8 | b;
    }
    match format {
        14 | 15 => Ref::float(f32::from_bits(n as u32) as f64),
        16 | 17 => Ref::float(f64::from_bits(n)),
        _ if signed => {
            let shift = 64 - 8 * size as u32;
            Ref::int((n << shift) as i64 >> shift)
        }
        _ => int::from_u64(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_formats_agree_with_their_descriptors() {
        for d in &DESCRIPTORS {
            let (size, ..) = format_properties(d.machine_format()).unwrap_or((0, false, false));
            assert_eq!(size, d.size(), "{}", d.code() as char);
        }
        assert_eq!(
            Descriptor::for_integers(8, true).map(Descriptor::code),
            Some(b'q')
        );
        assert_eq!(format_properties(22), None);
    }
    #[test]
    fn foreign_numbers_keep_sign_and_order() {
        assert_eq!(unpack_foreign(5, &[0xff, 0xfe]).value().as_int(), Some(-2));
        assert_eq!(
            unpack_foreign(2, &[0xff, 0xfe]).value().as_int(),
            Some(0xfeff)
        );
    }
}
