//! Walks down the rows of a list: what is asked once for all rows holds for as long as nothing is stored over one of them.

use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::interp::{MapHost, Outcome, run};
use pyrs_jit_ir::passes::run_one;
use pyrs_jit_ir::region::{Alias, MemType, Region, Statics};
use pyrs_jit_ir::tables::{Append, Effects, Helper, Param, Raises, Tables};
use pyrs_jit_ir::testing::{Random, observe, tables};
use pyrs_jit_ir::text::{parse, print};
use pyrs_jit_ir::validate::validate;
use pyrs_jit_ir::{interp::Host, ops::Type};
use std::sync::Arc;

/// Adds up a column of the rows of a list for each j, with another first and last row each time, and stores something.
const WALK: &str = "region walk
b0:
  v0: i64 = iconst 0
  v1: i64 = iconst 1
  v2: i64 = iconst COLUMNS
  v3: i64 = iconst LIMIT
  v4: i64 = iconst 4
  v5: i64 = iconst FIRST
  v6: i64 = iconst MORE
  v7: ptr = pconst 0x10000
  v8: i64 = load v7 +24.i64.a3
  v9: ptr = pconst OUT
  v60: boxed = vconst OUT
  v61: boxed = vconst STORED
  jump b1(v0, v5, v3, v0)
b1(v10: i64, v11: i64, v12: i64, v13: i64): loop
  v14: bool = ilt v10, v2
  guard_true v14 !x0
  jump b2(v11, v13)
b2(v20: i64, v21: i64): loop
  v22: bool = ilt v20, v12
  br v22, b3, b4
b3:
  v23: boxed = load_idx v8, v20 +0.boxed.a4
  guard_ptr v23 0 !x1
  v24: ptr = as_ptr v23
  guard_type v24 0x7000 !x2
  v25: i64 = load v24 -8.i64.a3
  v26: i64 = iand v25, v4
  guard_ieq v26 0 !x3
  v27: i64 = load v24 +16.size.a3
  guard_bounds v10, v27 !x4
  v28: i64 = load v24 +24.i64.a3
  v29: boxed = load_idx v28, v10 +0.boxed.a4
  guard_int v29 0 !x5
  v30: i64 = unbox_int v29
  v31: i64 = imul_ovf v30, v4 !x6
  v32: i64 = iadd_ovf v21, v31 !x7
  v33: i64 = iadd v20, v1
  poll 128 !x8
  jump b2(v33, v32)
b4:
  v40: i64 = load v9 +24.i64.a3
EFFECT
  v41: i64 = iadd v10, v1
  v42: i64 = iadd v12, v6
  v43: i64 = isub v11, v6
  v44: bool = ilt v43, v0
  v45: i64 = iselect v44, v0, v43
  jump b1(v41, v45, v42, v21)
x0: [code 7 pc 1 ret 0 kind 0 {0: v10, 1: v13}]
x1: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v23}]
x2: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v23}]
x3: [code 7 pc 4 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v23}]
x4: [code 7 pc 5 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v23}]
x5: [code 7 pc 6 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v29}]
x6: [code 7 pc 7 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v30}]
x7: [code 7 pc 8 ret 0 kind 0 {0: v10, 1: v20, 2: v21, 3: v31}]
x8: [code 7 pc 9 ret 0 kind 0 {0: v10, 1: v33, 2: v32}]
";

const STORE: &str = "  store_idx v40, v10, v61 +0.boxed.a4";
const APPEND: &str = "  call list_append v60, v61";

fn list_tables() -> Arc<Tables> {
    let mut t = Tables::clone(&tables());
    let param = |steals| Param {
        ty: Type::Boxed,
        steals,
    };
    let helper = t.add_helper(Helper {
        name: "list_append".into(),
        address: 0,
        takes_context: false,
        params: vec![param(false), param(true)],
        ret: None,
        effects: Effects::heap(!0, Alias::LIST.bit() | Alias::LIST_ITEM.bit()),
        raises: Raises::Never,
    });
    t.append = Some(Append {
        helper,
        size: 16,
        room: 32,
        items: 24,
        flags: -8,
        special: 4,
    });
    Arc::new(t)
}

const LIST: u64 = 0x7000;
const ROWS: u64 = 0x10000;
const fn row(k: u64) -> u64 {
    0x20000 + 0x1000 * k
}

fn list(host: &mut MapHost, at: u64, class: u64, flags: u64, items: &[u64]) {
    host.store(at - 8, MemType::I64, flags);
    host.store(at + enc::TYPE_OFFSET as u64, MemType::I64, class);
    host.store(at + 16, MemType::I64, items.len() as u64);
    host.store(at + 24, MemType::I64, at + 0x100);
    for (n, i) in items.iter().enumerate() {
        host.store(at + 0x100 + 8 * n as u64, MemType::Boxed, *i);
    }
}

/// What can be observed at the end of both, memory too.
fn compare(text: &str, host: &MapHost) -> Region {
    let region = parse(text, list_tables(), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    let mut before = host.clone();
    let expected = run(&region, &mut before, 100_000).expect("runs");
    assert_ne!(expected, Outcome::Fuel);
    let mut now = region;
    for name in ["unroll", "simplify", "refcount"] {
        run_one(&mut now, name).expect("a pass");
        validate(&now).unwrap_or_else(|e| panic!("{e}\n{}", print(&now)));
    }
    let mut after = host.clone();
    let outcome = run(&now, &mut after, 100_000).expect("runs");
    assert_eq!(
        (observe(&outcome, &after), &after.memory),
        (observe(&expected, &before), &before.memory),
        "{text}\n{}",
        print(&now)
    );
    now
}

fn walk(
    effect: &str,
    columns: u64,
    (first, limit, more): (u64, u64, u64),
    out: u64,
    stored: u64,
) -> String {
    let number = |t: String, name: &str, n: u64| t.replace(name, &format!("{n:#x}"));
    let mut t = WALK.replace("EFFECT", effect);
    for (name, n) in [
        ("COLUMNS", columns),
        ("LIMIT", limit),
        ("FIRST", first),
        ("MORE", more),
        ("OUT", out),
        ("STORED", stored),
    ] {
        t = number(t, name, n);
    }
    t
}

#[test]
fn rows_of_all_kinds() {
    let mut r = Random(9);
    for _ in 0..600 {
        let mut host = MapHost::default();
        let columns = 2 + r.below(8);
        let more = r.below(2);
        let (first, limit) = (r.below(4), 4 + r.below(9));
        let rows = limit + more * columns;
        let odd = r.below(3) == 0;
        for k in 0..rows + 2 {
            let short = if odd { r.below(40) } else { 1 };
            let length = if short == 0 {
                r.below(columns)
            } else {
                columns + r.below(3)
            };
            let class = if odd && r.below(40) == 0 {
                0x7100
            } else {
                LIST
            };
            // What C has seen holds no immediates.
            let flags = if odd && r.below(40) == 0 { 4 } else { 0 };
            let items: Vec<u64> = (0..length)
                .map(|_| match if odd { r.below(60) } else { 1 } {
                    0 => 0x1234_5678,
                    _ if flags != 0 => 0x1234_5678,
                    _ => enc::box_int(r.below(1000) as i64),
                })
                .collect();
            list(&mut host, row(k), class, flags, &items);
        }
        let all: Vec<u64> = (0..rows)
            .map(|k| match if odd { r.below(60) } else { 1 } {
                0 => enc::box_int(3),
                _ => row(k),
            })
            .collect();
        list(&mut host, ROWS, LIST, 0, &all);
        list(&mut host, 0x8000, LIST, 0, &[enc::box_int(1); 20]);
        let out = match r.below(4) {
            0 => ROWS,
            1 => row(r.below(rows)),
            _ => 0x8000,
        };
        // A row of another kind, or an item.
        list(&mut host, 0xA000, LIST, 0, &[enc::box_int(5)]);
        list(&mut host, 0xB000, 0x7100, 0, &[enc::box_int(5); 30]);
        let stored = [enc::box_int(7), 0xA000, 0xB000, row(0)][r.below(4) as usize];
        let effect = [STORE, APPEND, ""][r.below(3) as usize];
        compare(
            &walk(effect, columns, (first, limit, more), out, stored),
            &host,
        );
    }
}

#[test]
fn rows_are_asked_once() {
    for effect in [STORE, APPEND] {
        let mut host = MapHost::default();
        for k in 0..40 {
            list(&mut host, row(k), LIST, 0, &[enc::box_int(k as i64); 40]);
        }
        let rows: Vec<u64> = (0..40).map(row).collect();
        list(&mut host, ROWS, LIST, 0, &rows);
        list(&mut host, 0x8000, LIST, 0, &[enc::box_int(1); 40]);
        let text = walk(effect, 40, (0, 40, 0), 0x8000, enc::box_int(7));
        let now = print(&compare(&text, &host));
        // The loop and its copies, a companion, the one that looks at the rows; two more companions without.
        let checks = now.matches("guard_type").count();
        let products = now.matches(" = imul v").count();
        assert!(
            products >= 9 && checks < products,
            "{checks} {products} {now}"
        );
    }
}
