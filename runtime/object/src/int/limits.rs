//! The limit on decimal conversions (`sys.set_int_max_str_digits`) and the figures of `sys.int_info`.

use crate::{PyResult, Raised, raise};
use std::sync::atomic::{AtomicUsize, Ordering};

pub const DEFAULT_MAX_STR_DIGITS: usize = 4300;
pub const STR_DIGITS_CHECK_THRESHOLD: usize = 640;

/// `sys.int_info`: bits_per_digit, sizeof_digit, default_max_str_digits, str_digits_check_threshold.
pub const INT_INFO: [(&str, i64); 4] = [
    ("bits_per_digit", 30),
    ("sizeof_digit", 4),
    ("default_max_str_digits", DEFAULT_MAX_STR_DIGITS as i64),
    (
        "str_digits_check_threshold",
        STR_DIGITS_CHECK_THRESHOLD as i64,
    ),
];

static MAX_STR_DIGITS: AtomicUsize = AtomicUsize::new(DEFAULT_MAX_STR_DIGITS);

/// 0 is no limit.
#[inline]
pub fn max_str_digits() -> usize {
    MAX_STR_DIGITS.load(Ordering::Relaxed)
}
/// Sets the limit; see [`check_max_str_digits`] for what is allowed.
pub fn set_max_str_digits(n: usize) {
    MAX_STR_DIGITS.store(n, Ordering::Relaxed);
}
/// The argument of `sys.set_int_max_str_digits(n)`, checked.
pub fn check_max_str_digits(n: i64) -> PyResult<usize> {
    match usize::try_from(n) {
        Ok(n) if n == 0 || n >= STR_DIGITS_CHECK_THRESHOLD => Ok(n),
        _ => Err(raise!(
            ValueError,
            "maxdigits must be 0 or larger than {STR_DIGITS_CHECK_THRESHOLD}"
        )),
    }
}

#[cold]
pub(super) fn to_text_error() -> Raised {
    raise!(
        ValueError,
        "Exceeds the limit ({} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
        max_str_digits()
    )
}
#[cold]
pub(super) fn parse_error(digits: usize) -> Raised {
    raise!(
        ValueError,
        "Exceeds the limit ({} digits) for integer string conversion: value has {digits} digits; use sys.set_int_max_str_digits() to increase the limit",
        max_str_digits()
    )
}
