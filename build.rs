//! The executable is what extension modules link against: its C symbols, those of `cpyext/src/table.rs` and no others,
//! are in its dynamic symbol table. (Exporting everything would let a name of ours take the place of a library's own.)
use std::fmt::Write as _;

fn main() {
    let table = "cpyext/src/table.rs";
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={table}");
    let text = std::fs::read_to_string(table).expect("the table of exported symbols");
    let mut list = String::from("{\n");
    for row in text.lines().filter_map(|l| l.trim().strip_prefix('(')) {
        let name = row.split(',').next().expect("a name");
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            let _ = writeln!(list, "  {name};");
        }
    }
    list.push_str("};\n");
    let path =
        std::path::Path::new(&std::env::var("OUT_DIR").expect("OUT_DIR")).join("exports.list");
    std::fs::write(&path, list).expect("the list of exports");
    for kind in ["bins", "examples"] {
        println!(
            "cargo:rustc-link-arg-{kind}=-Wl,--dynamic-list={}",
            path.display()
        );
    }
    // A fixed address, like CPython's executable: forty thousand relocations less at each start.
    println!("cargo:rustc-link-arg-bins=-no-pie");
}
