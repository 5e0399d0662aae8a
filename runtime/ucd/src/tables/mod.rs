//! Generated tables; `rustfmt` would make them ten times as long.

#[rustfmt::skip]
pub(crate) mod ctype_data;
#[rustfmt::skip]
pub(crate) mod decomp_data;
#[rustfmt::skip]
pub(crate) mod legacy_data;
#[rustfmt::skip]
pub(crate) mod name_aliases;
#[rustfmt::skip]
pub(crate) mod name_phrases;
#[rustfmt::skip]
pub(crate) mod name_words;
#[rustfmt::skip]
pub(crate) mod record_data;

/// Looks `c` up in a two-level table; what lies outside Unicode gets entry 0.
macro_rules! trie_get {
    ($c:expr, $index:expr, $data:expr, $shift:expr) => {{
        let c = $c as usize;
        match $index.get(c >> $shift) {
            Some(&block) => {
                $data[((block as usize) << $shift) | (c & ((1 << $shift) - 1))] as usize
            }
            None => 0,
        }
    }};
}
pub(crate) use trie_get;
