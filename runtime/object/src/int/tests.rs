//! Tests of the storage: what needs no other type.

use super::*;
use crate::ops::BinOp;

fn big(text: &str) -> Ref {
    parse(text, 10).unwrap_or_else(|| panic!("{text}"))
}
fn text(v: &Ref) -> String {
    to_text(v.value(), 10).unwrap_or_default()
}

#[test]
fn results_are_immediate_exactly_when_they_fit() {
    let _gil = crate::test_gil();
    let limit = 1i64 << 48;
    for (n, fits) in [
        (limit - 1, true),
        (limit, false),
        (-limit, true),
        (-limit - 1, false),
        (i64::MIN, false),
        (i64::MAX, false),
    ] {
        let r = from_i128(i128::from(n));
        assert_eq!(r.value().is_int(), fits, "{n}");
        assert_eq!(to_i64(r.value()), Some(n));
        assert_eq!(text(&r), n.to_string());
    }
    let a = big("100000000000000000000");
    let b = big("99999999999999999999");
    let one = big_binary(BinOp::Sub, a.value(), b.value()).map(|r| r.value().as_int());
    assert_eq!(one, Ok(Some(1)));
}

#[test]
fn arithmetic_of_big_ints() {
    let _gil = crate::test_gil();
    let a = big(
        "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    );
    let b = Ref::int(-987_654_321);
    let check = |op, expected: &str| {
        let r = big_binary(op, a.value(), b.value()).map(|r| text(&r));
        assert_eq!(r.as_deref(), Ok(expected), "{op:?}");
    };
    check(
        BinOp::Add,
        "123456789012345678901234567890123456789012345678901234567890123456789012345678900246913569",
    );
    check(BinOp::Mod, "-614987298");
    let shifted = big_binary(BinOp::LShift, a.value(), Value::int_unchecked(300));
    let back =
        shifted.and_then(|s| big_binary(BinOp::RShift, s.value(), Value::int_unchecked(300)));
    assert_eq!(back.map(|r| text(&r)), Ok(text(&a)));
}

#[test]
fn boxes_of_small_ints_are_cached() {
    let _gil = crate::test_gil();
    assert_eq!(box_int(256), box_int(256));
    assert_eq!(box_int(-5), box_int(-5));
    assert_ne!(box_int(257), box_int(257));
    for n in [-5, -1, 0, 1, 256, 257, -6, INT_MAX, INT_MIN] {
        // SAFETY: a live box.
        assert_eq!(unsafe { canonical(box_int(n)) }.as_int(), Some(n));
    }
}

#[test]
fn hashes_are_reduced() {
    let _gil = crate::test_gil();
    assert_eq!(hash_i64(-1), -2);
    assert_eq!(hash_i64((1 << 61) - 1), 0);
    assert_eq!(hash(big("-2305843009213693952").value()), -2);
    assert_eq!(
        hash(big("100000000000000000000000000").value()),
        2_073_921_728_355_352_214
    );
}
