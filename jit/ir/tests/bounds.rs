//! Bounds checks in front of loops: gone where they cannot fail, and the same happens for each start, limit and length.

use pyrs_jit_ir::interp::{MapHost, run};
use pyrs_jit_ir::passes::run_one;
use pyrs_jit_ir::region::{Region, Statics};
use pyrs_jit_ir::testing::{Random, observe, tables};
use pyrs_jit_ir::text::{parse, print};
use pyrs_jit_ir::validate::validate;

/// Reads from START on while there are items below LIMIT; LENGTH is at address 64.
const BELOW: &str = "region below
b0:
  v0: i64 = iconst START
  v1: i64 = iconst 1
  v2: i64 = iconst LIMIT
  v3: i64 = iconst LENGTH
  v4: ptr = pconst 64
  store v4, v3 +0.i64.a3
  v5: i64 = load v4 +0.size.a3
  v6: i64 = iconst 0
  v7: i64 = iconst AHEAD
  jump b1(v0, v6)
b1(v10: i64, v11: i64): loop
  v12: bool = ilt v10, v2
  guard_true v12 !x0
  v13: i64 = iadd v10, v7
  guard_bounds v13, v5 !x1
  v14: i64 = iadd_ovf v11, v13 !x2
  v15: i64 = iadd_ovf v10, v1 !x3
  poll 128 !x4
  jump b1(v15, v14)
x0: [code 7 pc 1 ret 0 kind 0 {0: v10, 1: v11}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v11}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v11}]
x3: [code 7 pc 4 ret 0 kind 0 {0: v10, 1: v14}]
x4: [code 7 pc 5 ret 0 kind 0 {0: v15, 1: v14}]
";

/// As an iterator over a range does: LIMIT rounds remain at the start.
const REMAINING: &str = "region remaining
b0:
  v0: i64 = iconst START
  v1: i64 = iconst 1
  v2: i64 = iconst LIMIT
  v3: i64 = iconst LENGTH
  v4: ptr = pconst 64
  store v4, v3 +0.i64.a3
  v5: i64 = load v4 +0.size.a3
  v6: i64 = iconst 0
  v7: i64 = iconst AHEAD
  jump b1(v0, v2, v6, v6)
b1(v10: i64, v9: i64, v11: i64, v8: i64): loop
  v12: bool = igt v9, v6
  guard_true v12 !x0
  bridge b2, b3
b2:
  v16: i64 = inarrow v10
  v17: i64 = isub v9, v1
  v18: i64 = iadd v16, v1
  v13: i64 = iadd v16, v7
  guard_bounds v13, v5 !x1
  v14: i64 = iadd_ovf v11, v13 !x2
  poll 128 !x4
  jump b1(v18, v17, v14, v16)
b3:
  exit x3
x0: [code 7 pc 1 ret 0 kind 0 {0: v10, 1: v11}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v11, 2: v17}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v11}]
x3: [code 7 pc 4 ret 0 kind 0 {0: v10, 1: v11, 2: v8, 3: v9}]
x4: [code 7 pc 5 ret 0 kind 0 {0: v18, 1: v14}]
";

fn region(text: &str, numbers: [i64; 4]) -> Region {
    let mut text = text.to_string();
    for (name, n) in ["START", "LIMIT", "LENGTH", "AHEAD"].iter().zip(numbers) {
        text = text.replace(name, &n.to_string());
    }
    let region = parse(&text, tables(), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    region
}

/// Runs passes; what the result does is what the region did.
fn after(text: &str, numbers: [i64; 4], passes: &[&str]) -> String {
    let mut region = region(text, numbers);
    let mut host = MapHost::default();
    let expected = run(&region, &mut host, 100_000).expect("runs");
    for name in passes {
        run_one(&mut region, name).expect("a pass");
        validate(&region).expect("valid");
    }
    let mut now = MapHost::default();
    let outcome = run(&region, &mut now, 100_000).expect("runs");
    assert_eq!(
        observe(&outcome, &now),
        observe(&expected, &host),
        "{numbers:?}\n{}",
        print(&region)
    );
    print(&region)
}

/// Checks in the loop that is not cold.
fn checks(text: &str) -> usize {
    text.split("\nb")
        .filter(|b| !b.lines().next().is_some_and(|l| l.ends_with("cold")))
        .map(|b| b.matches("guard_bounds").count())
        .sum()
}

#[test]
fn the_loop_has_no_check_and_its_twin_has() {
    for text in [BELOW, REMAINING] {
        let text = after(text, [0, 10, 10, 0], &["bounds"]);
        assert_eq!(checks(&text), 0, "{text}");
        assert_eq!(text.matches("guard_bounds").count(), 1, "{text}");
    }
}

#[test]
fn the_twin_is_not_unrolled() {
    let text = after(BELOW, [0, 10, 10, 0], &["bounds", "unroll", "simplify"]);
    assert_eq!(text.matches("guard_bounds").count(), 1, "{text}");
    assert_eq!(text.matches("ilt").count(), 5, "{text}");
}

#[test]
fn any_start_limit_and_length() {
    let all = [-2, -1, 0, 1, 2, 3, 7, 8];
    for text in [BELOW, REMAINING] {
        for start in all {
            for limit in all {
                for (length, ahead) in [(0, 0), (1, 0), (7, 0), (8, 0), (8, 1), (8, -1), (2, 3)] {
                    let numbers = [start, limit, length, ahead];
                    after(text, numbers, &["bounds", "unroll", "simplify"]);
                }
            }
        }
    }
}

#[test]
fn numbers_at_the_ends_of_the_type() {
    let mut r = Random(7);
    let ends = [0, 1, 5, i64::MAX, i64::MAX - 1, i64::MIN, i64::MIN + 1];
    for text in [BELOW, REMAINING] {
        for _ in 0..400 {
            let mut pick = || ends[r.below(ends.len() as u64) as usize];
            let (start, limit, length) = (pick(), pick(), pick());
            // What a length is read from is none below 0, and such a range is none that a loop goes through in a test.
            let rounds = if limit.saturating_sub(start.max(0)) > 1000 && length > 1000 {
                start.saturating_add(9)
            } else {
                limit
            };
            let ahead = [0, 1, -1][r.below(3) as usize];
            let numbers = [start, rounds, length.max(0), ahead];
            if text == BELOW || rounds < 1000 {
                after(text, numbers, &["bounds", "simplify"]);
            }
        }
    }
}

#[test]
fn what_does_not_stay_the_same_is_checked() {
    // The length is read again in each round.
    let text = BELOW.replace(
        "  v12: bool",
        "  v20: i64 = load v4 +0.size.a3\n  v12: bool",
    );
    let text = text.replace("guard_bounds v13, v5", "guard_bounds v13, v20");
    let text = after(&text, [0, 5, 9, 0], &["bounds"]);
    assert_eq!(checks(&text), 1, "{text}");
    // Steps of two.
    let text = BELOW.replace("iadd_ovf v10, v1", "iadd_ovf v10, v21");
    let text = text.replace("  v2:", "  v21: i64 = iconst 2\n  v2:");
    let text = after(&text, [0, 5, 9, 0], &["bounds"]);
    assert_eq!(checks(&text), 1, "{text}");
    // The limit comes after the check.
    let text = BELOW.replace("  v12: bool = ilt v10, v2\n  guard_true v12 !x0\n", "");
    let text = text.replace(
        "  poll",
        "  v12: bool = ilt v10, v2\n  guard_true v12 !x0\n  poll",
    );
    let text = after(&text, [0, 5, 9, 0], &["bounds"]);
    assert_eq!(checks(&text), 1, "{text}");
}
