//! The Value encoding and object header offsets the IR relies on.
//!
//! One file, so that the constants can be replaced by those of `pyrs-layout` in one place.

/// No value: unbound local, hole.
pub const EMPTY: u64 = 0;
/// Added to the bits of a double to form an immediate.
pub const DOUBLE_OFFSET: u64 = 0x0002_0000_0000_0000;
/// Everything from here up is a small int.
pub const INT_TAG: u64 = 0xFFFE_0000_0000_0000;
/// Payload bits of a small int.
pub const INT_BITS: u32 = 49;
/// Mask of the payload.
pub const INT_MASK: u64 = (1 << INT_BITS) - 1;
/// Smallest immediate int.
pub const INT_MIN: i64 = -(1 << (INT_BITS - 1));
/// Largest immediate int.
pub const INT_MAX: i64 = (1 << (INT_BITS - 1)) - 1;
/// Pointers are below this.
pub const POINTER_LIMIT: u64 = 1 << 49;
/// Offset of `ob_refcnt`.
pub const REFCOUNT_OFFSET: i32 = 0;
/// Offset of `ob_type`.
pub const TYPE_OFFSET: i32 = 8;

/// Whether `v` is an immediate int.
pub const fn is_int(v: u64) -> bool {
    v >= INT_TAG
}

/// Whether `v` is a pointer.
pub const fn is_ptr(v: u64) -> bool {
    v != 0 && v < POINTER_LIMIT
}

/// Whether `v` is an immediate double.
pub const fn is_float(v: u64) -> bool {
    v >= DOUBLE_OFFSET && v < INT_TAG
}

/// Whether `n` fits an immediate.
pub const fn int_fits(n: i64) -> bool {
    n >= INT_MIN && n <= INT_MAX
}

/// The immediate of `n`, which must fit.
pub const fn box_int(n: i64) -> u64 {
    INT_TAG | (n as u64 & INT_MASK)
}

/// The int in an immediate.
pub const fn unbox_int(v: u64) -> i64 {
    ((v << (64 - INT_BITS)) as i64) >> (64 - INT_BITS)
}

/// The immediate of a double; `None` for NaN, which is never immediate.
pub fn box_float(bits: u64) -> Option<u64> {
    if f64::from_bits(bits).is_nan() {
        None
    } else {
        Some(bits.wrapping_add(DOUBLE_OFFSET))
    }
}

/// The bits of an immediate double.
pub const fn unbox_float(v: u64) -> u64 {
    v.wrapping_sub(DOUBLE_OFFSET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_disjoint() {
        for n in [0, 1, -1, INT_MIN, INT_MAX] {
            let v = box_int(n);
            assert!(is_int(v) && !is_float(v) && !is_ptr(v));
            assert_eq!(unbox_int(v), n);
        }
        for f in [
            0.0,
            -0.0,
            1.5,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
        ] {
            let v = box_float(f64::to_bits(f)).unwrap_or(0);
            assert!(is_float(v) && !is_int(v) && !is_ptr(v), "{f}");
            assert_eq!(unbox_float(v), f.to_bits());
        }
        assert_eq!(box_float(f64::NAN.to_bits()), None);
    }
}
