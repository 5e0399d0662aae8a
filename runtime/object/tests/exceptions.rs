//! Exceptions, weak references, the collector, aliases and unions on the real types. One test function: the types
//! are shared by the process and need the GIL, which nobody hands on here.

use pyrs_object::exceptions as exc;
use pyrs_object::{
    CmpOp, PyResult, Ref, Value, ValueExt, errors, gc, genericalias, heap, ops, singletons,
    statics, structseq, thread, tuple, ty, union, weakref,
};

fn text(v: PyResult) -> String {
    match v {
        Ok(v) => pyrs_object::str::to_string_lossy(v.value()),
        Err(_) => {
            let e = errors::take();
            let message = ops::str_of(e.value()).map_or_else(
                |_| "?".to_string(),
                |m| pyrs_object::str::to_string_lossy(m.value()),
            );
            format!("{}: {message}", e.ty().name())
        }
    }
}
fn s(t: &str) -> Ref {
    pyrs_object::str::new(t)
}
fn int(n: i64) -> Value {
    Value::int_unchecked(n)
}

fn check_exceptions() {
    let e = exc::new_instance(exc::ValueError, &[s("a").value(), int(1)]).expect("made");
    assert_eq!(text(ops::repr(e.value())), "ValueError('a', 1)");
    assert_eq!(text(ops::str_of(e.value())), "('a', 1)");
    assert_eq!(heap::refcount(e.value()), 1);
    let k = exc::new_instance(exc::KeyError, &[s("").value()]).expect("made");
    assert_eq!(text(ops::str_of(k.value())), "''");
    let o = ops::call(
        exc::OSError.value(),
        &[int(2), s("gone").value(), s("f").value()],
    )
    .expect("made");
    assert!(o.is_exact(exc::FileNotFoundError));
    assert_eq!(text(ops::str_of(o.value())), "[Errno 2] gone: 'f'");
    assert_eq!(text(ops::repr(o.value())), "FileNotFoundError(2, 'gone')");
    let place = tuple::from_slice(&[s("/x/f.py").value(), int(3), int(1), s("x").value()]);
    let e = ops::call(exc::SyntaxError.value(), &[s("bad").value(), place.value()]);
    assert_eq!(
        text(ops::str_of(e.expect("made").value())),
        "bad (f.py, line 3)"
    );
    let u = ops::call(
        exc::UnicodeEncodeError.value(),
        &[
            s("ascii").value(),
            s("a\u{e9}").value(),
            int(1),
            int(2),
            s("no").value(),
        ],
    );
    assert_eq!(
        text(ops::str_of(u.expect("made").value())),
        "'ascii' codec can't encode character '\\xe9' in position 1: no"
    );
    assert_eq!(
        text(ops::call(exc::UnicodeDecodeError.value(), &[])),
        "TypeError: function takes exactly 5 arguments (0 given)"
    );
    let stop = exc::new_instance(exc::StopIteration, &[int(7)]).expect("made");
    assert_eq!(exc::stop_iteration_value(stop).value(), int(7));
    let either = tuple::from_slice(&[exc::KeyError.value(), exc::LookupError.value()]);
    assert!(exc::given_matches(exc::IndexError.value(), either.value()));
    assert!(!exc::given_matches(exc::TypeError.value(), either.value()));
}

fn check_groups() {
    let v = exc::new_instance(exc::ValueError, &[int(1)]).expect("made");
    let t = exc::new_instance(exc::TypeError, &[int(2)]).expect("made");
    let list = pyrs_object::list::from_vec(vec![v.clone(), t.clone()]);
    let g = ops::call(
        exc::BaseExceptionGroup.value(),
        &[s("m").value(), list.value()],
    )
    .expect("made");
    assert!(g.is_exact(exc::ExceptionGroup) && g.is_a(exc::Exception));
    assert_eq!(text(ops::str_of(g.value())), "m (2 sub-exceptions)");
    let (matched, rest) = exc::group_match(g.value(), exc::ValueError.value()).expect("split");
    assert_eq!(
        text(ops::repr(matched.expect("some").value())),
        "ExceptionGroup('m', [ValueError(1)])"
    );
    assert_eq!(
        text(ops::repr(rest.expect("some").value())),
        "ExceptionGroup('m', [TypeError(2)])"
    );
    let bad = ops::call(exc::ExceptionGroup.value(), &[s("m").value(), int(3)]);
    assert_eq!(
        text(bad),
        "TypeError: second argument (exceptions) must be a sequence"
    );
}

fn check_weakrefs_and_collector() {
    let list = pyrs_object::list::new();
    let set = pyrs_object::set::new();
    let r = weakref::new_ref(set.value(), Value::EMPTY).expect("made");
    let again = weakref::new_ref(set.value(), singletons::none()).expect("made");
    assert_eq!(r.value(), again.value());
    assert_eq!(weakref::count(set.value()), 1);
    assert!(weakref::get(r.value()).is_some());
    // A cycle that only the collector can break: list -> list.
    gc::collect(2);
    pyrs_object::list::append(list.value(), list.clone()).expect("room");
    pyrs_object::list::append(list.value(), set).expect("room");
    assert!(weakref::get(r.value()).is_some());
    assert_eq!(gc::collect(2), 0);
    drop(list);
    assert_eq!(gc::collect(2), 2);
    assert!(weakref::get(r.value()).is_none());
    assert_eq!(
        text(weakref::new_ref(int(3), Value::EMPTY)),
        "TypeError: cannot create weak reference to 'int' object"
    );
}

fn check_aliases() {
    let list = ty!(pyrs_object::list::PyList_Type).value();
    let int_type = ty!(pyrs_object::int::PyLong_Type).value();
    let a = genericalias::new(list, int_type).expect("made");
    assert_eq!(text(ops::repr(a.value())), "list[int]");
    assert_eq!(
        text(ops::getitem(a.value(), int_type)),
        "TypeError: list[int] is not a generic class"
    );
    let u = union::or(a.value(), singletons::none()).expect("made");
    assert_eq!(text(ops::repr(u.value())), "list[int] | None");
    let b = union::or(singletons::none(), a.value()).expect("made");
    assert!(ops::compare_bool(u.value(), b.value(), CmpOp::Eq).expect("compared"));
    assert_eq!(ops::hash(u.value()), ops::hash(b.value()));
    let same = union::or(u.value(), a.value()).expect("made");
    assert_eq!(tuple::len(union::args(same.value())), 2);
}

fn check_structseq() {
    let t = structseq::new_type("m.point", "", &[("x", ""), ("y", ""), ("hidden", "")], 2)
        .expect("made");
    let p = structseq::new(t, vec![Ref::int(1), Ref::int(2), Ref::int(3)]);
    assert_eq!(text(ops::repr(p.value())), "m.point(x=1, y=2)");
    assert_eq!(tuple::len(p.value()), 2);
    assert_eq!(
        ops::getattr_str(p.value(), "hidden")
            .expect("field")
            .value(),
        int(3)
    );
    let short = tuple::from_slice(&[int(1)]);
    assert_eq!(
        text(ops::call(t.value(), &[short.value()])),
        "TypeError: m.point() takes an at least 2-sequence (1-sequence given)"
    );
}

#[test]
fn on_real_types() {
    // SAFETY: the only thread that uses the runtime in this process.
    unsafe { thread::make_current(thread::new_state()) };
    statics::init().expect("types");
    exc::init().expect("exceptions");
    check_exceptions();
    check_groups();
    check_weakrefs_and_collector();
    check_aliases();
    check_structseq();
    assert!(!errors::occurred());
}
