//! What is made of [`for_each_capi!`]: the rows as data, and references that keep every symbol in the executable.

/// One row of the table.
pub struct Entry {
    pub symbol: &'static str,
    pub kind: &'static str,
    pub header: &'static str,
    /// Part of the stable ABI.
    pub stable: bool,
    pub references: &'static str,
}

macro_rules! entries {
    ($(($symbol:ident, $kind:ident, $header:literal, $stable:ident, $refs:ident))*) => {
        /// All rows.
        pub static ENTRIES: &[Entry] = &[$(Entry {
            symbol: stringify!($symbol),
            kind: stringify!($kind),
            header: $header,
            stable: matches!(stringify!($stable).as_bytes(), b"stable"),
            references: stringify!($refs),
        },)*];
        // Refers to every symbol, so that the linker takes all of them into the executable. In assembly, because a
        // declaration in Rust would be a second symbol of the same name in this crate.
        std::arch::global_asm!(
            ".pushsection .data.rel.ro.pyrs_capi,\"aw\",@progbits",
            ".balign 8",
            ".globl pyrs_capi_symbols",
            ".hidden pyrs_capi_symbols",
            "pyrs_capi_symbols:",
            $(concat!(".quad ", stringify!($symbol)),)*
            ".popsection",
        );
    };
}
crate::for_each_capi!(entries);

unsafe extern "C" {
    static pyrs_capi_symbols: u8;
}

/// Makes the executable refer to the table.
pub(crate) fn keep() {
    std::hint::black_box(&raw const pyrs_capi_symbols);
}
