//! Loops: small ones are unrolled and poll once, and what is stored to an object behind a loop does not keep it alive
//! in memory.

use pyrs_jit_ir::interp::{MapHost, run};
use pyrs_jit_ir::passes::run_one;
use pyrs_jit_ir::region::Statics;
use pyrs_jit_ir::testing::{observe, tables};
use pyrs_jit_ir::text::{parse, print};
use pyrs_jit_ir::validate::validate;

/// Runs passes; gives the text of the result, which behaves as the region did.
fn after(text: &str, passes: &[&str]) -> String {
    let mut region = parse(text, tables(), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    let mut host = MapHost::default();
    let expected = run(&region, &mut host, 10_000).expect("runs");
    for name in passes {
        run_one(&mut region, name).expect("a pass");
        validate(&region).expect("valid");
    }
    let mut now = MapHost::default();
    let outcome = run(&region, &mut now, 10_000).expect("runs");
    assert_eq!(observe(&outcome, &now), observe(&expected, &host));
    print(&region)
}

const SUM: &str = "region sum
b0:
  v0: i64 = iconst 0
  v1: i64 = iconst 1
  v2: i64 = iconst 103
  jump b1(v0, v0)
b1(v3: i64, v4: i64): loop
  v5: bool = ilt v3, v2
  guard_true v5 !x0
  v6: i64 = iadd_ovf v4, v3 !x1
  v7: i64 = iadd v3, v1
  poll 64 !x2
  jump b1(v7, v6)
x0: [code 7 pc 1 ret 0 kind 0 {0: v3, 1: v4}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v3, 1: v4}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v7, 1: v6}]
";

#[test]
fn small_loops_poll_in_each_fourth_iteration() {
    let text = after(&SUM.replace("ilt", "ine"), &["unroll", "simplify"]);
    assert_eq!(text.matches("iadd_ovf").count(), 4, "{text}");
    assert_eq!(text.matches("guard_true").count(), 4, "{text}");
    assert_eq!(text.matches("  poll").count(), 1, "{text}");
}

#[test]
fn counted_loops_have_a_companion_of_four_rounds() {
    let text = after(SUM, &["unroll", "simplify"]);
    assert_eq!(text.matches("iadd_ovf").count(), 5, "{text}");
    assert_eq!(text.matches("guard_true").count(), 1, "{text}");
    assert_eq!(text.matches("  poll").count(), 2, "{text}");
}

#[test]
fn loops_with_calls_stay_as_they_are() {
    let text = SUM.replace("  poll", "  v8: ptr = call make v3\n  poll");
    let text = after(&text, &["unroll"]);
    assert_eq!(text.matches("iadd_ovf").count(), 1, "{text}");
}

const PAIR: &str = "region pair
b0:
  v0: i64 = iconst 0
  v1: i64 = iconst 1
  v2: i64 = iconst 5
  v3: boxed = vconst 0xfffe000000000003
  v4: boxed = vconst 0xfffe000000000004
  v5: ptr = new pair v3, v3
  jump b1(v0)
b1(v6: i64): loop
  v7: i64 = iadd v6, v1
  v8: bool = ilt v7, v2
  br v8, b1(v7), b2
b2:
  store v5, v4 +24.boxed.a1
  v9: boxed = load v5 +24.boxed.a1
  exit x0
x0: [code 7 pc 1 ret 0 kind 0 {1: v9}]
";

#[test]
fn a_store_behind_a_loop_leaves_an_object_virtual() {
    let text = after(PAIR, &["virtuals"]);
    assert!(!text.contains(" = new"), "{text}");
}

#[test]
fn a_store_in_a_loop_makes_an_object_real() {
    let text = PAIR
        .replace("  v7: i64", "  store v5, v4 +24.boxed.a1\n  v7: i64")
        .replace("b2:\n  store v5, v4 +24.boxed.a1\n", "b2:\n");
    let text = after(&text, &["virtuals"]);
    assert!(text.contains(" = new"), "{text}");
}
