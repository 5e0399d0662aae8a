//! The vocabulary of the code words: operators, positions, categories and flags.
//!
//! The numbers are those of CPython 3.11's `re._constants`, version [`MAGIC`].

/// `_sre.MAGIC`
pub const MAGIC: u32 = 20220615;
/// `_sre.CODESIZE`
pub const CODESIZE: u32 = 4;
/// `_sre.MAXREPEAT`
pub const MAXREPEAT: u32 = 4294967295;
/// `_sre.MAXGROUPS`
pub const MAXGROUPS: u32 = 1073741823;

macro_rules! codes {
    ($($name:ident)*) => { codes!(@ 0; $($name)*); };
    (@ $value:expr; $name:ident $($rest:ident)*) => {
        pub const $name: u32 = $value;
        codes!(@ $value + 1; $($rest)*);
    };
    (@ $value:expr;) => {};
}

codes! {
    FAILURE
    SUCCESS
    ANY
    ANY_ALL
    ASSERT
    ASSERT_NOT
    AT
    BRANCH
    CATEGORY
    CHARSET
    BIGCHARSET
    GROUPREF
    GROUPREF_EXISTS
    IN
    INFO
    JUMP
    LITERAL
    MARK
    MAX_UNTIL
    MIN_UNTIL
    NOT_LITERAL
    NEGATE
    RANGE
    REPEAT
    REPEAT_ONE
    SUBPATTERN
    MIN_REPEAT_ONE
    ATOMIC_GROUP
    POSSESSIVE_REPEAT
    POSSESSIVE_REPEAT_ONE
    GROUPREF_IGNORE
    IN_IGNORE
    LITERAL_IGNORE
    NOT_LITERAL_IGNORE
    GROUPREF_LOC_IGNORE
    IN_LOC_IGNORE
    LITERAL_LOC_IGNORE
    NOT_LITERAL_LOC_IGNORE
    GROUPREF_UNI_IGNORE
    IN_UNI_IGNORE
    LITERAL_UNI_IGNORE
    NOT_LITERAL_UNI_IGNORE
    RANGE_UNI_IGNORE
}

codes! {
    AT_BEGINNING
    AT_BEGINNING_LINE
    AT_BEGINNING_STRING
    AT_BOUNDARY
    AT_NON_BOUNDARY
    AT_END
    AT_END_LINE
    AT_END_STRING
    AT_LOC_BOUNDARY
    AT_LOC_NON_BOUNDARY
    AT_UNI_BOUNDARY
    AT_UNI_NON_BOUNDARY
}

codes! {
    CATEGORY_DIGIT
    CATEGORY_NOT_DIGIT
    CATEGORY_SPACE
    CATEGORY_NOT_SPACE
    CATEGORY_WORD
    CATEGORY_NOT_WORD
    CATEGORY_LINEBREAK
    CATEGORY_NOT_LINEBREAK
    CATEGORY_LOC_WORD
    CATEGORY_LOC_NOT_WORD
    CATEGORY_UNI_DIGIT
    CATEGORY_UNI_NOT_DIGIT
    CATEGORY_UNI_SPACE
    CATEGORY_UNI_NOT_SPACE
    CATEGORY_UNI_WORD
    CATEGORY_UNI_NOT_WORD
    CATEGORY_UNI_LINEBREAK
    CATEGORY_UNI_NOT_LINEBREAK
}

pub const FLAG_TEMPLATE: u32 = 1;
pub const FLAG_IGNORECASE: u32 = 2;
pub const FLAG_LOCALE: u32 = 4;
pub const FLAG_MULTILINE: u32 = 8;
pub const FLAG_DOTALL: u32 = 16;
pub const FLAG_UNICODE: u32 = 32;
pub const FLAG_VERBOSE: u32 = 64;
pub const FLAG_DEBUG: u32 = 128;
pub const FLAG_ASCII: u32 = 256;
pub const INFO_PREFIX: u32 = 1;
pub const INFO_LITERAL: u32 = 2;
pub const INFO_CHARSET: u32 = 4;
