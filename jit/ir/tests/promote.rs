//! Memory that loops inside each other count in is kept in registers by both; an exit of the inner loop stores once.

use pyrs_jit_ir::interp::{MapHost, run};
use pyrs_jit_ir::passes::run_one;
use pyrs_jit_ir::region::Statics;
use pyrs_jit_ir::testing::{observe, tables};
use pyrs_jit_ir::text::parse;
use pyrs_jit_ir::validate::validate;

const REGION: &str = "region nested
b0:
  v0: ptr = pconst 0x50000000
  v1: i64 = iconst 1
  v2: i64 = iconst 3
  v3: i64 = iconst 8
  v4: i64 = iconst 0
  store v0, v4 +0.i64.a8
  jump b1(v4)
b1(v5: i64): loop
  v6: i64 = load v0 +0.i64.a8
  v7: i64 = iadd v6, v1
  store v0, v7 +0.i64.a8
  jump b2(v4)
b2(v8: i64): loop
  v9: i64 = load v0 +0.i64.a8
  v10: i64 = iadd v9, v1
  store v0, v10 +0.i64.a8
  v11: bool = ilt v10, v3
  guard_true v11 !x0
  v12: i64 = iadd v8, v1
  v13: bool = ilt v12, v2
  br v13, b2(v12), b3
b3:
  v14: i64 = iadd v5, v1
  jump b1(v14)
x0: [code 7 pc 1 ret 0 kind 0 {0: v5, 1: v8}]
";

#[test]
fn nested_loops_store_once() {
    let mut region = parse(REGION, tables(), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    let mut before = MapHost::default();
    let expected = run(&region, &mut before, 1000).expect("runs");
    run_one(&mut region, "promote").expect("a pass");
    validate(&region).expect("valid");
    let mut after = MapHost::default();
    let outcome = run(&region, &mut after, 1000).expect("runs");
    assert_eq!(observe(&outcome, &after), observe(&expected, &before));
    assert_eq!(region.exits[0].stores.len(), 1);
}
