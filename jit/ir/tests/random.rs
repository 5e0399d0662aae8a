//! Random regions: each prefix of the pass order leaves what can be observed as it was, and counts balance.

use pyrs_jit_ir::interp::{MapHost, Outcome, run};
use pyrs_jit_ir::passes::{NAMES, ORDER, PassSet, optimize, run_one};
use pyrs_jit_ir::testing::*;
use pyrs_jit_ir::{text, validate::validate};

fn host(slots: &std::collections::BTreeMap<u32, u64>) -> MapHost {
    MapHost {
        slots: slots.clone(),
        owning: vec![pyrs_jit_ir::tables::HelperId(0)],
        ..MapHost::default()
    }
}

fn compare(seed: u64, objects: bool) {
    let mut r = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let region = random_region(&mut r, 0x5000_0000, objects);
    validate(&region).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", text::print(&region)));
    let reparsed = text::parse(&text::print(&region), region.tables.clone(), region.statics)
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(text::print(&region), text::print(&reparsed), "seed {seed}");
    let inputs: Vec<_> = (0..4).map(|_| random_slots(&mut r, objects)).collect();
    let expected: Vec<_> = inputs
        .iter()
        .map(|slots| {
            let mut h = host(slots);
            let o = run(&region, &mut h, 3000).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            (observe(&o, &h), o == Outcome::Fuel)
        })
        .collect();
    let mut now = region.clone();
    for (n, name) in ORDER.iter().enumerate() {
        let before = text::print(&now);
        run_one(&mut now, name).unwrap_or_else(|e| panic!("{e}"));
        validate(&now).unwrap_or_else(|e| {
            panic!(
                "seed {seed} pass {n} {name}: {e}\n{before}\n{}",
                text::print(&now)
            )
        });
        for (slots, (want, fuel)) in inputs.iter().zip(&expected) {
            if *fuel {
                continue;
            }
            let mut h = host(slots);
            let o = run(&now, &mut h, 100_000)
                .unwrap_or_else(|e| panic!("seed {seed} after {name}: {e}"));
            // Emptied slots are observed through the snapshots, which name them all.
            assert_eq!(
                &observe(&o, &h),
                want,
                "seed {seed} pass {n} {name}\nbefore:\n{before}\nafter:\n{}",
                text::print(&now)
            );
            if *name == "refcount" {
                check_counts(slots, &o, &h).unwrap_or_else(|e| {
                    panic!("seed {seed}: {e}\n{before}\n{}", text::print(&now))
                });
            }
        }
    }
}

#[test]
fn passes_keep_the_meaning() {
    for seed in 1..1500 {
        compare(seed, false);
    }
}

#[test]
fn passes_keep_the_meaning_with_objects() {
    for seed in 1..1500 {
        compare(seed, true);
    }
}

#[test]
fn each_pass_can_be_switched_off() {
    for name in NAMES.iter().filter(|n| **n != "refcount") {
        let set = PassSet::all().without(name).unwrap();
        for seed in 1..100 {
            let mut region = random_region(&mut Random(seed * 77 + 1), 0x5000_0000, true);
            optimize(&mut region, &set, true)
                .unwrap_or_else(|e| panic!("without {name}, seed {seed}: {e}"));
        }
    }
    assert!(PassSet::all().without("refcount").is_err());
}
