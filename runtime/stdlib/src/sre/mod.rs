//! `_sre`: compiled patterns, matches and scanners over the matcher of `pyrs-sre`.
//!
//! `re` (Python) parses and compiles to code words; [`pattern`] holds the translated program and its reusable
//! working memory, [`matched`] a result as bare positions, [`subject`] what is searched, without copying it.

mod matched;
mod pattern;
mod scanner;
mod subject;
mod substitute;

use pyrs_layout::tpflags;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, dict, int, list, methods, module, ops, raise,
    tuple, ty,
};
use pyrs_sre::opcodes;

methods! { static FUNCTIONS = [
    "compile" KW compile, "compile($module, /, pattern, flags, code, groups, groupindex,\n        indexgroup)\n--\n\nMakes a Pattern of the code words of re._compiler.";
    "getcodesize" NOARGS getcodesize, "getcodesize($module, /)\n--\n\nBytes of a code word.";
    "ascii_iscased" O ascii_iscased, "ascii_iscased($module, character, /)\n--\n\nWhether an ASCII character has case.";
    "unicode_iscased" O unicode_iscased, "unicode_iscased($module, character, /)\n--\n\nWhether a character has case.";
    "ascii_tolower" O ascii_tolower, "ascii_tolower($module, character, /)\n--\n\nThe lower case of an ASCII character.";
    "unicode_tolower" O unicode_tolower, "unicode_tolower($module, character, /)\n--\n\nThe simple lower case of a character.";
] }

/// The version of the code words that `re._compiler` of 3.11 makes.
const MAGIC: i64 = 20_220_615;
/// Most groups a pattern may have.
const MAXGROUPS: i64 = i32::MAX as i64 / 2;

pub fn init() -> PyResult {
    let m = module::new("_sre");
    let v = m.value();
    module::add_functions(v, (&raw mut FUNCTIONS).cast());
    pyrs_object::typeobject::ready(ty!(pattern::SrePattern_Type))?;
    pyrs_object::typeobject::ready(ty!(matched::SreMatch_Type))?;
    pyrs_object::typeobject::ready(ty!(scanner::SreScanner_Type))?;
    module::add(v, "MAGIC", Ref::int(MAGIC));
    module::add(v, "CODESIZE", Ref::int(size_of::<u32>() as i64));
    module::add(v, "MAXREPEAT", Ref::int(i64::from(opcodes::MAXREPEAT)));
    module::add(v, "MAXGROUPS", Ref::int(MAXGROUPS));
    let copyright = " SRE 2.2.2 Copyright (c) 1997-2002 by Secret Labs AB ";
    module::add(v, "copyright", Ref::str(copyright));
    Ok(m)
}

fn getcodesize(_: Value) -> PyResult {
    Ok(Ref::int(size_of::<u32>() as i64))
}
/// A character argument: any C int.
fn character(v: Value) -> PyResult<u32> {
    crate::util::as_c_int(v).map(|c| c as u32)
}
fn ascii_iscased(_: Value, c: Value) -> PyResult {
    Ok(Ref::bool(pyrs_sre::ascii_iscased(character(c)?)))
}
fn unicode_iscased(_: Value, c: Value) -> PyResult {
    Ok(Ref::bool(pyrs_sre::unicode_iscased(character(c)?)))
}
fn ascii_tolower(_: Value, c: Value) -> PyResult {
    Ok(Ref::int(i64::from(pyrs_sre::ascii_tolower(character(c)?))))
}
fn unicode_tolower(_: Value, c: Value) -> PyResult {
    Ok(Ref::int(i64::from(pyrs_sre::unicode_tolower(character(
        c,
    )?))))
}

fn compile(_: Value, args: Args<'_>) -> PyResult {
    const COMPILE: Signature<6> = Signature {
        name: "compile",
        params: [
            "pattern",
            "flags",
            "code",
            "groups",
            "groupindex",
            "indexgroup",
        ],
        posonly: 0,
        positional: 6,
        required: 6,
    };
    let [source, flags, code, groups, groupindex, indexgroup] = args.bind(&COMPILE)?;
    let wrong = |i: &str, want: &str, v: Value| {
        raise!(
            TypeError,
            "compile() argument '{i}' must be {want}, not {}",
            v.ty().message_name()
        )
    };
    let flags = crate::util::as_c_int(flags)?;
    if !list::is_list(code) {
        return Err(wrong("code", "list", code));
    }
    let groups = ops::index_as_isize(groups)?;
    if !dict::is_dict(groupindex) {
        return Err(wrong("groupindex", "dict", groupindex));
    }
    if !indexgroup.has_flag(tpflags::TUPLE_SUBCLASS) {
        return Err(wrong("indexgroup", "tuple", indexgroup));
    }
    let mut words = Vec::with_capacity(list::len(code));
    for i in 0..list::len(code) {
        let Some(word) = list::get(code, i) else {
            break;
        };
        if !int::is_int_instance(word.value()) {
            return Err(raise!(TypeError, "an integer is required"));
        }
        match int::to_u64(word.value()).map(u32::try_from) {
            Some(Ok(word)) => words.push(word),
            _ => {
                return Err(raise!(
                    OverflowError,
                    "regular expression code size limit exceeded"
                ));
            }
        }
    }
    let Ok(groups) = usize::try_from(groups) else {
        return Err(invalid());
    };
    let compiled = pyrs_sre::Pattern::new(words, groups).map_err(|_| invalid())?;
    if tuple::len(indexgroup) > groups + 1 {
        return Err(invalid());
    }
    pattern::new(source, flags, compiled, groupindex, indexgroup)
}
#[cold]
fn invalid() -> pyrs_object::Raised {
    raise!(RuntimeError, "invalid SRE code")
}

/// The native object behind a value of one of this module's types.
fn object<T>(v: Value) -> *mut T {
    v.as_ptr().cast()
}
