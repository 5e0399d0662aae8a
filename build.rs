//! The executable is what extension modules link against: its C symbols must be in its dynamic symbol table.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=-rdynamic");
    println!("cargo:rustc-link-arg-examples=-rdynamic");
    // A fixed address, like CPython's executable: forty thousand relocations less at each start.
    println!("cargo:rustc-link-arg-bins=-no-pie");
}
