//! Companions of counted loops: whatever an item is, and wherever, the same happens as without.

use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::interp::{MapHost, run};
use pyrs_jit_ir::passes::run_one;
use pyrs_jit_ir::region::{Region, Statics};
use pyrs_jit_ir::testing::{Random, observe, tables};
use pyrs_jit_ir::text::{parse, print};
use pyrs_jit_ir::validate::validate;

/// Adds up products of items of two rows from START on.
const PRODUCTS: &str = "region products
b0:
  v0: i64 = iconst START
  v1: i64 = iconst 1
  v2: i64 = iconst LIMIT
  v3: i64 = iconst 0x10000
  v4: i64 = iconst 0x20000
  v5: i64 = iconst SUM
  jump b1(v0, v5)
b1(v10: i64, v11: i64): loop
  v12: bool = ilt v10, v2
  guard_true v12 !x0
  v13: boxed = load_idx v3, v10 +0.boxed.a4
  v14: boxed = load_idx v4, v10 +0.boxed.a4
  guard_int v13 0 !x1
  v15: i64 = unbox_int v13
  guard_int v14 0 !x2
  v16: i64 = unbox_int v14
  v17: i64 = imul_ovf v15, v16 !x3
  v18: i64 = iadd_ovf v11, v17 !x4
  v19: i64 = iadd v10, v1
  poll 128 !x5
  jump b1(v19, v18)
x0: [code 7 pc 1 ret 0 kind 0 {0: v10, 1: v11}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v11, 2: v13}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v11, 2: v14}]
x3: [code 7 pc 4 ret 0 kind 0 {0: v10, 1: v15, 2: v16}]
x4: [code 7 pc 5 ret 0 kind 0 {0: v17, 1: v11}]
x5: [code 7 pc 6 ret 0 kind 0 {0: v19, 1: v18}]
";

/// As `PRODUCTS`, but the items of one row are where those of the other say, and are taken away.
const CHAIN: &str = "region chain
b0:
  v0: i64 = iconst START
  v1: i64 = iconst 1
  v2: i64 = iconst LIMIT
  v3: i64 = iconst 0x10000
  v4: i64 = iconst 0x20000
  v5: i64 = iconst SUM
  v6: i64 = iconst 16
  jump b1(v0, v5)
b1(v10: i64, v11: i64): loop
  v12: bool = ilt v10, v2
  br v12, b2, b3
b2:
  v13: boxed = load_idx v3, v10 +0.boxed.a4
  guard_int v13 0 !x1
  v15: i64 = unbox_int v13
  guard_bounds v15, v6 !x2
  v14: boxed = load_idx v4, v15 +0.boxed.a4
  guard_int v14 0 !x3
  v16: i64 = unbox_int v14
  v18: i64 = isub_ovf v11, v16 !x4
  v19: i64 = iadd v10, v1
  poll 128 !x5
  jump b1(v19, v18)
b3:
  exit x0
x0: [code 7 pc 1 ret 0 kind 0 {0: v10, 1: v11}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v11, 2: v13}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v11, 2: v15}]
x3: [code 7 pc 4 ret 0 kind 0 {0: v10, 1: v11, 2: v14}]
x4: [code 7 pc 5 ret 0 kind 0 {0: v16, 1: v11}]
x5: [code 7 pc 6 ret 0 kind 0 {0: v19, 1: v18}]
";

fn region(text: &str, start: i64, limit: i64, sum: i64) -> Region {
    let text = text
        .replace("START", &start.to_string())
        .replace("LIMIT", &limit.to_string())
        .replace("SUM", &sum.to_string());
    let region = parse(&text, tables(), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    region
}

fn host(rows: &[Vec<u64>; 2]) -> MapHost {
    let mut host = MapHost::default();
    for (row, at) in rows.iter().zip([0x10000u64, 0x20000]) {
        for (i, item) in row.iter().enumerate() {
            for (n, byte) in item.to_le_bytes().into_iter().enumerate() {
                host.memory.insert(at + 8 * i as u64 + n as u64, byte);
            }
        }
    }
    host
}

fn compare(text: &str, rows: &[Vec<u64>; 2], start: i64, sum: i64) {
    let mut now = region(text, start, rows[0].len() as i64, sum);
    let mut before = host(rows);
    let expected = run(&now, &mut before, 10_000).expect("runs");
    for name in ["unroll", "simplify", "refcount"] {
        run_one(&mut now, name).expect("a pass");
        validate(&now).unwrap_or_else(|e| panic!("{e}\n{}", print(&now)));
    }
    let mut after = host(rows);
    let outcome = run(&now, &mut after, 10_000).expect("runs");
    assert_eq!(
        observe(&outcome, &after),
        observe(&expected, &before),
        "{rows:x?}\n{}",
        print(&now)
    );
}

#[test]
fn rows_of_all_kinds() {
    let ints = [
        0,
        1,
        7,
        -1,
        -9,
        (1 << 30) - 1,
        1 << 30,
        1 << 31,
        enc::INT_MAX,
        enc::INT_MIN,
    ];
    let sums = [
        0,
        -5,
        1 << 61,
        i64::MAX,
        i64::MAX - (1 << 60),
        i64::MIN,
        i64::MIN + 20,
    ];
    let mut r = Random(5);
    for _ in 0..4000 {
        let n = r.below(14) as usize;
        let odd = r.below(4);
        let mut item = |index: bool| match r.below(12) {
            0 if odd == 0 => 0x1234_5678,
            1 if odd == 0 => enc::box_float(1.5f64.to_bits()).unwrap_or(0),
            2 if odd < 3 => enc::box_int(ints[r.below(10) as usize]),
            _ if index => enc::box_int(r.below(16) as i64),
            _ => enc::box_int(r.below(1 << 30) as i64),
        };
        let first: Vec<u64> = (0..n).map(|_| item(odd > 1)).collect();
        let second: Vec<u64> = (0..n.max(16)).map(|_| item(false)).collect();
        let rows = [first, second];
        let sum = sums[r.below(sums.len() as u64) as usize];
        let start = r.below(3) as i64;
        compare(PRODUCTS, &rows, start, sum);
        compare(CHAIN, &rows, start, sum);
    }
}

#[test]
fn a_companion_makes_four_rounds_without_exits() {
    let mut region = region(PRODUCTS, 0, 40, 0);
    run_one(&mut region, "unroll").expect("a pass");
    let text = print(&region);
    assert_eq!(text.matches(" = imul v").count(), 4, "{text}");
    assert_eq!(text.matches("guard_int").count(), 4, "{text}");
}

/// Goes round with a pair that is made in one of two places, and starts with one from outside.
const MEET: &str = "region meet
b0:
  v0: i64 = iconst 0
  v1: i64 = iconst 1
  v2: i64 = iconst ROUNDS
  v3: boxed = vconst 0xfffe000000000003
  v4: i64 = iconst 0
  v5: boxed = slot_take 4
  jump b1(v0, v5)
b1(v6: i64, v7: boxed): loop
  jump b2(v6, v7, v0)
b2(v8: i64, v9: boxed, v10: i64): loop
  guard_ptr v9 0 !x0
  v11: ptr = as_ptr v9
  v12: i64 = iadd v10, v1
  v13: bool = ilt v12, v2
  br v13, b2(v8, v9, v12), b3
b3:
  release v9 0
  v14: i64 = iadd v8, v1
  v15: bool = ilt v14, v2
  br v15, b4, b7
b4:
  v16: i64 = iand v14, v1
  v17: bool = ieq v16, v0
  v18: boxed = box_int_nc v14
  br v17, b5, b6
b5:
  v19: ptr = new pair v18, v3
  v20: boxed = as_value v19
  jump b1(v14, v20)
b6:
  v21: ptr = new pair v3, v18
  v22: boxed = as_value v21
  jump b1(v14, v22)
b7:
  exit x1
x0: [code 7 pc 1 ret 0 kind 0 {0: v8, 1: v10, 4: v9}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v14, 4: v3}]
";

#[test]
fn objects_that_meet_at_a_header_are_not_made() {
    let named = MEET.replace(
        "  jump b1(v14, v20)\n",
        "  guard_true v17 !x2\n  jump b1(v14, v20)\n",
    ) + "x2: [code 7 pc 3 ret 0 kind 0 {0: v14, 4: v20}]\n";
    for text in [MEET, &named] {
        not_made(text);
    }
}

fn not_made(meet: &str) {
    for rounds in 1..6 {
        for outside in [0x2000_0000, enc::box_int(1)] {
            let text = meet.replace("ROUNDS", &rounds.to_string());
            let mut region = parse(&text, tables(), Statics::default()).expect("parses");
            validate(&region).expect("valid");
            let host = || MapHost {
                slots: [(4, outside)].into_iter().collect(),
                ..MapHost::default()
            };
            let mut before = host();
            let expected = run(&region, &mut before, 10_000).expect("runs");
            for name in ["detach", "simplify", "virtuals", "simplify", "refcount"] {
                run_one(&mut region, name).expect("a pass");
                validate(&region).unwrap_or_else(|e| panic!("{name}: {e}\n{}", print(&region)));
            }
            let mut after = host();
            let outcome = run(&region, &mut after, 10_000).expect("runs");
            assert_eq!(observe(&outcome, &after), observe(&expected, &before));
            let text = print(&region);
            assert!(!text.contains(" = new"), "{text}");
        }
    }
}
