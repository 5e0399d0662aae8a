//! Tests on real string objects: `str` needs no readied type to be made and dropped.

use super::*;
use crate::codec;
use std::sync::MutexGuard;

/// Objects are only touched by one thread at a time, as under the GIL.
fn gil() -> MutexGuard<'static, ()> {
    let guard = crate::test_gil();
    set_hash_secret(pyrs_numeric::hash::HashSecret::from_seed(0));
    guard
}
fn text(r: PyResult) -> String {
    r.map_or_else(|_| "<raised>".into(), |r| to_string_lossy(r.value()))
}

#[test]
fn objects_have_canonical_width() {
    let _gil = gil();
    for (s, kind, ascii) in [
        ("", 1, true),
        ("abc", 1, true),
        ("é!", 1, false),
        ("a€", 2, false),
        ("a😀", 4, false),
    ] {
        let r = new(s);
        assert_eq!(
            (state(r.value()).kind(), state(r.value()).is_ascii()),
            (kind, ascii),
            "{s}"
        );
        assert_eq!(to_string_lossy(r.value()), s);
        assert_eq!(as_utf8(r.value()).ok(), Some(s));
        assert!(eq_str(r.value(), s) && eq(r.value(), new(s).value()));
    }
    let wide = new("ab€");
    let narrow = substring(wide.value(), 0, 2);
    assert!(state(narrow.value()).is_ascii() && eq(narrow.value(), new("ab").value()));
}

#[test]
fn hashes_are_cpythons() {
    let _gil = gil();
    // PYTHONHASHSEED=0 python3.11 -c "print(hash('abc'), hash('é'), hash('a€'), hash(''))"
    for (s, h) in [
        ("abc", -4594863902769663758),
        ("é", 6047309291227476195),
        ("a€", 5181483246891551849),
        ("", 0),
    ] {
        assert_eq!(hash(new(s).value()), h, "{s}");
    }
}

#[test]
fn interning_finds_equal_strings() {
    let _gil = gil();
    let a = intern("some name");
    assert_eq!(a.value(), intern("some name").value());
    assert_eq!(intern_value(new("some name")).value(), a.value());
    drop(a);
    let b = intern("some name");
    assert!(is_interned(b.value()));
    assert_eq!(intern_immortal("x y").bits(), intern("x y").value().bits());
    for i in 0..3000 {
        let r = intern(&format!("name {i}"));
        assert!(eq_str(r.value(), &format!("name {i}")));
    }
}

#[test]
fn appends_in_place_only_when_unshared() {
    let _gil = gil();
    let mut s = new("start");
    for _ in 0..100 {
        s = append(s, new("-é").value()).unwrap_or_else(|_| empty());
    }
    assert_eq!(len(s.value()), 205);
    let shared = s.clone();
    let longer = append(s, new("€").value()).unwrap_or_else(|_| empty());
    assert_eq!((len(shared.value()), len(longer.value())), (205, 206));
    let parts = ["a", "€", "c"].map(new);
    assert_eq!(text(join(new(", ").value(), &parts)), "a, €, c");
    assert_eq!(text(repeat(new("ab€").value(), 3)), "ab€ab€ab€");
}

#[test]
fn utf7_is_cpythons() {
    let _gil = gil();
    for (s, e) in [
        ("Hi Mom -\u{263a}-!", &b"Hi Mom -+Jjo--!"[..]),
        ("A\u{2262}\u{391}.", b"A+ImIDkQ."),
        ("+", b"+-"),
        ("a+b", b"a+-b"),
        ("\u{65e5}\u{672c}\u{8a9e}", b"+ZeVnLIqe-"),
        ("a\u{20ac}-b", b"a+IKw--b"),
        ("\u{e9}a", b"+AOk-a"),
        ("\u{1F600}x", b"+2D3eAA-x"),
    ] {
        assert_eq!(codec::utf7_encode(new(s).value()), e, "{s}");
        assert_eq!(text(codec::utf7_decode(e, "strict", true).map(|r| r.0)), s);
    }
}

#[test]
fn decoders_stop_at_incomplete_input() {
    let _gil = gil();
    let used = |r: PyResult<(Ref, usize)>| {
        r.map_or((String::new(), 99), |(r, n)| {
            (to_string_lossy(r.value()), n)
        })
    };
    assert_eq!(
        used(codec::utf8_decode(b"a\xe2\x82", "strict", false)),
        ("a".into(), 1)
    );
    assert_eq!(
        used(codec::utf8_decode(b"a\xe2\x82(", "replace", true)),
        ("a\u{fffd}(".into(), 4)
    );
    assert_eq!(
        used(codec::utf8_decode(
            b"\xff\xc3\xa9",
            "backslashreplace",
            true
        )),
        ("\\xffé".into(), 3)
    );
    let mut order = codec::ByteOrder::Marked;
    assert_eq!(
        used(codec::utf16_decode(
            b"\xfe\xff\x20\xac\xd8",
            "strict",
            &mut order,
            false
        )),
        ("€".into(), 4)
    );
    assert_eq!(order, codec::ByteOrder::Big);
    assert_eq!(
        used(codec::unicode_escape_decode(
            b"\\x41\\u20ac\\N{BULLET}\\n\\101\\u12",
            "strict",
            false
        )),
        ("A€•\nA".into(), 26)
    );
    assert_eq!(
        used(codec::raw_unicode_escape_decode(
            b"\\u20ac\\x",
            "strict",
            true
        )),
        ("€\\x".into(), 8)
    );
}

#[test]
fn file_names_survive_the_round_trip() {
    let _gil = gil();
    let r = codec::decode_fs(b"ok\xff\xc3\xa9");
    assert_eq!(view(r.value()).to_vec(), [0x6F, 0x6B, 0xDCFF, 0xE9]);
    assert_eq!(codec::encode_fs(r.value()), Ok(b"ok\xff\xc3\xa9".to_vec()));
    assert_eq!(to_wtf8(r.value()), b"ok\xed\xb3\xbf\xc3\xa9");
    assert!(eq(from_wtf8(&to_wtf8(r.value())).value(), r.value()));
    assert_eq!(
        codec::ascii_encode(new("é€").value(), "xmlcharrefreplace"),
        Ok(b"&#233;&#8364;".to_vec())
    );
}

#[test]
fn case_and_search_cross_widths() {
    let _gil = gil();
    assert_eq!(
        text(case::title(new("hello wORLD's").value())),
        "Hello World'S"
    );
    assert_eq!(text(case::upper(new("straße").value())), "STRASSE");
    assert_eq!(text(case::swapcase(new("aBc1").value())), "AbC1");
    assert_eq!(text(case::capitalize(new("éCOLE").value())), "École");
    let hay = new("x€yéz€");
    assert_eq!(
        methods::find_in(hay.value(), new("€").value(), 2, 6),
        Some(5)
    );
    assert_eq!(
        methods::find_in(hay.value(), new("éz").value(), 0, 6),
        Some(3)
    );
    assert_eq!(methods::find_in(hay.value(), new("😀").value(), 0, 6), None);
    assert_eq!(cmp(new("z").value(), new("€").value()), Ordering::Less);
    assert_eq!(
        text(Ok(repr_of(new("it's\u{a0}").value()))),
        "\"it's\\xa0\""
    );
    assert_eq!(
        text(Ok(escape_non_ascii(new("é€😀").value()))),
        "\\xe9\\u20ac\\U0001f600"
    );
}

#[test]
fn interned_names_that_come_and_go_leave_no_trace() {
    let _gil = gil();
    let kept = intern("a name that stays");
    let before = intern::filled();
    for _ in 0..2000 {
        drop(intern("a name that goes"));
    }
    assert_eq!(intern::filled(), before);
    assert_eq!(intern("a name that stays").value(), kept.value());
}
