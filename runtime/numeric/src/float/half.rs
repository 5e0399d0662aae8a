//! IEEE 754 half precision, for the `e` format of `struct`.

/// The nearest half, ties to even; `None` is `OverflowError("float too large to pack with e format")`.
pub fn pack(x: f64) -> Option<u16> {
    let sign = u16::from(x.is_sign_negative()) << 15;
    if x.is_nan() {
        return Some(sign | 0x7E00);
    }
    let size = x.abs();
    if size.is_infinite() {
        return Some(sign | 0x7C00);
    }
    // Halfway between the largest half and the next power of two.
    if size >= 65_520.0 {
        return None;
    }
    let bits = if size < 1.0 / 16_384.0 {
        // Subnormal: a multiple of 2^-24.
        (size * 16_777_216.0).round_ties_even() as u16
    } else {
        let exponent = (size.to_bits() >> 52) as i32 - 1023;
        let mantissa = (size * 2f64.powi(10 - exponent)).round_ties_even() as u16;
        // The implicit bit of the mantissa adds one to the exponent field.
        (((exponent + 14) as u16) << 10) + mantissa
    };
    Some(sign | bits)
}

/// The double with the value of a half.
pub fn unpack(bits: u16) -> f64 {
    let field = i32::from(bits >> 10 & 0x1F);
    let fraction = f64::from(bits & 0x3FF);
    let size = match field {
        0 => fraction / 16_777_216.0,
        0x1F if fraction == 0.0 => f64::INFINITY,
        0x1F => f64::NAN,
        _ => (fraction + 1024.0) * 2f64.powi(field - 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}
