//! Checks that share a branch: each leaves through its own exit, with the values of its own snapshot.

use pyrs_jit_ir::context::{JitContext, split_status};
use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::region::Statics;
use pyrs_jit_ir::tables::{Append, HelperId, Tables};
use pyrs_jit_ir::text::parse;
use pyrs_jit_ir::validate::validate;
use pyrs_jit_native::*;
use std::sync::Arc;

/// Slot 0 times the first item of a list, plus slot 1.
const TEXT: &str = "region checks
b0:
  v0: i64 = iconst 4
  v1: i64 = iconst 0
  v2: boxed = slot_read 0
  v3: boxed = slot_read 1
  v4: ptr = pconst LIST
  v5: i64 = load v4 -8.i64.a3
  v6: i64 = iand v5, v0
  guard_ieq v6 0 !x0
  v7: i64 = load v4 +16.size.a3
  guard_bounds v1, v7 !x1
  v8: i64 = load v4 +24.i64.a3
  v9: boxed = load_idx v8, v1 +0.boxed.a4
  guard_int v2 0 !x2
  v10: i64 = unbox_int v2
  guard_int v3 0 !x3
  v14: i64 = unbox_int v3
  guard_int v9 0 !x4
  v11: i64 = unbox_int v9
  v15: i64 = imul v10, v10
  v12: i64 = imul_ovf v15, v11 !x5
  v13: i64 = iadd_ovf v12, v14 !x6
  exit x7
x0: [code 7 pc 1 ret 0 kind 0 {0: v2}]
x1: [code 7 pc 1 ret 0 kind 0 {0: v2}]
x2: [code 7 pc 2 ret 0 kind 0 {0: v2, 1: v9}]
x3: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v9}]
x4: [code 7 pc 2 ret 0 kind 0 {0: v10, 1: v9}]
x5: [code 7 pc 3 ret 0 kind 0 {0: v10, 1: v11}]
x6: [code 7 pc 4 ret 0 kind 0 {0: v12}]
x7: [code 7 pc 5 ret 0 kind 0 {0: v13}]
";

struct Machine {
    code: CompiledRegion,
    context: Box<JitContext>,
    /// Flags, count, class, size, items, room.
    list: Box<[u64; 6]>,
    item: Box<u64>,
}

fn machine(text: &str) -> Machine {
    let list = Box::new([0, 1, 0, 1, 0, 1]);
    let mut tables = Tables::clone(&pyrs_jit_ir::testing::tables());
    tables.append = Some(Append {
        helper: HelperId(0),
        size: 16,
        room: 32,
        items: 24,
        flags: -8,
        special: 4,
    });
    let address = list.as_ptr() as u64 + 8;
    let text = text.replace("LIST", &format!("{address:#x}"));
    let region = parse(&text, Arc::new(tables), Statics::default()).expect("parses");
    validate(&region).expect("valid");
    let options = Options {
        verify: true,
        ..Options::default()
    };
    let mut compiler = Compiler::new(CodeMemory::default(), options).expect("a compiler");
    let arm = isa_for("aarch64-unknown-linux-gnu", true).expect("known");
    lower_for(&*arm, &region).expect("lowers");
    Machine {
        code: compiler.compile(&region).expect("compiles"),
        context: JitContext::new(10),
        list,
        item: Box::new(0),
    }
}

impl Machine {
    /// The exit and the first two words of its snapshot.
    fn run(&mut self, flags: u64, size: u64, slots: [u64; 2], item: u64) -> (u32, [u64; 2]) {
        *self.item = item;
        self.list[0] = flags;
        self.list[3] = size;
        self.list[4] = std::ptr::from_ref(&*self.item) as u64;
        let mut regs = slots;
        // SAFETY: two registers, and the list is where the code looks for it.
        let status = unsafe { self.code.entry()(regs.as_mut_ptr(), &mut *self.context) };
        let exit = split_status(status).1;
        let buffer = &self.context.exit_buffer;
        (exit, [buffer[0], buffer[1]])
    }
}

#[test]
fn each_check_has_its_exit() {
    let mut m = machine(TEXT);
    let int = enc::box_int;
    let pointer = 0x1000;
    let float = enc::box_float(1.5f64.to_bits()).expect("a float");
    let big = enc::INT_MAX;
    let wide = |n: i64| n as u64;
    let all = [int(3), int(4)];
    assert_eq!(m.run(0, 1, all, int(5)).0, 7);
    let (exit, values) = m.run(!4, 1, all, int(5));
    assert_eq!((exit, values[0]), (7, 49));
    assert_eq!(m.run(0, 0, all, int(5)).0, 1);
    // Items of a list that C has seen are boxed.
    assert_eq!(m.run(4, 1, all, pointer).0, 0);
    assert_eq!(m.run(4, 1, [float, float], pointer).0, 0);
    assert_eq!(m.run(0, 1, all, pointer), (4, [3, pointer]));
    assert_eq!(m.run(0, 1, all, float), (4, [3, float]));
    assert_eq!(m.run(0, 1, [float, int(1)], float), (2, [float, float]));
    assert_eq!(m.run(0, 1, [float, int(1)], int(1)), (2, [float, int(1)]));
    assert_eq!(
        m.run(0, 1, [int(-1), pointer], int(1)),
        (3, [wide(-1), int(1)])
    );
    assert_eq!(
        m.run(0, 1, [int(-1), pointer], float),
        (3, [wide(-1), float])
    );
    // Overflow of the product, of the sum, of both.
    assert_eq!(
        m.run(0, 1, [int(1 << 31), int(1)], int(4)),
        (5, [1 << 31, 4])
    );
    let near = [int(1 << 31), int(big)];
    assert_eq!(m.run(0, 1, near, int(1)).0, 7);
    let square = 3_037_000_499;
    let (exit, values) = m.run(0, 1, [int(square), int(big)], int(1));
    assert_eq!((exit, values[0]), (6, wide(square * square)));
    assert_eq!(m.run(0, 1, [int(big), int(big)], int(big)).0, 5);
}

#[test]
fn where_an_item_is_seen_before_it_is_checked_the_list_is_looked_at_first() {
    // The bounds check's snapshot holds the item.
    let text = TEXT.replace(
        "  guard_int v2 0 !x2\n",
        "  guard_bounds v1, v7 !x8\n  guard_int v2 0 !x2\n",
    ) + "x8: [code 7 pc 2 ret 0 kind 0 {0: v2, 1: v9}]\n";
    let mut m = machine(&text);
    let int = enc::box_int;
    assert_eq!(m.run(4, 1, [int(1), int(2)], int(3)).0, 0);
    assert_eq!(m.run(0, 1, [int(1), int(2)], int(3)).0, 7);
}
