//! Compiles the one C file: variadic functions cannot be defined in stable Rust.
fn main() {
    println!("cargo:rerun-if-changed=c/varargs.c");
    cc::Build::new()
        .file("c/varargs.c")
        .warnings(true)
        .compile("pyrs_varargs");
}
