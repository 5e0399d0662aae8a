//! `pyexpat`: `pyrs_xml`'s parser with handlers. Events are pulled and dispatched one by one, so a handler may do anything
//! with its parser.

mod parser;
mod tables;

pub use parser::XmlParser_Type;
pub(crate) use parser::encoding_map;

use crate::util::ErrorClass;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, dict, list, methods, module, ops, raise, str,
    tuple, ty, typeobject,
};
use pyrs_vm::import;

static EXPAT_ERROR: ErrorClass = ErrorClass::new();

/// What an error code means.
pub(crate) fn message(code: i64) -> Option<&'static str> {
    let i = usize::try_from(code - 1).ok()?;
    tables::ERRORS.get(i).map(|e| e.1)
}
/// An argument that is a str, or `None` where that is allowed (or absent).
pub(crate) fn text_or_none(function: &str, name: &str, v: Value) -> PyResult<Option<String>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if !str::is_str(v) {
        return Err(raise!(
            TypeError,
            "{function}() argument {name} must be str or None, not {}",
            v.ty().message_name()
        ));
    }
    let text = str::as_utf8(v)?;
    if text.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(Some(text.to_owned()))
}

fn parser_create(_: Value, args: Args<'_>) -> PyResult {
    const CREATE: Signature<3> = Signature {
        name: "ParserCreate",
        params: ["encoding", "namespace_separator", "intern"],
        posonly: 0,
        positional: 3,
        required: 0,
    };
    let [encoding, separator, intern] = args.bind(&CREATE)?;
    let encoding = text_or_none("ParserCreate", "'encoding'", encoding)?;
    let separator = text_or_none("ParserCreate", "'namespace_separator'", separator)?;
    if separator.as_ref().is_some_and(|s| s.len() > 1) {
        return Err(raise!(
            ValueError,
            "namespace_separator must be at most one character, omitted, or None"
        ));
    }
    let intern = if intern.is_empty() {
        Some(dict::new())
    } else if intern.is_none() {
        None
    } else if dict::is_dict(intern) {
        Some(Ref::new(intern))
    } else {
        return Err(raise!(TypeError, "intern must be a dictionary"));
    };
    let p = pyrs_xml::Parser::new(encoding.as_deref(), separator.as_deref());
    parser::new_parser(p, intern)
}
fn error_string(_: Value, code: Value) -> PyResult {
    let code = ops::index_as_isize(code)? as i64;
    Ok(message(code).map_or_else(Ref::none, Ref::str))
}

methods! { static FUNCTIONS = [
    "ParserCreate" KW parser_create, "ParserCreate($module, /, encoding=None, namespace_separator=None,\n             intern=<unrepresentable>)\n--\n\nReturn a new XML parser object.";
    "ErrorString" O error_string, "ErrorString($module, code, /)\n--\n\nReturns string error for given number.";
] }

/// A module `pyexpat.name` with a doc, put into `sys.modules`.
fn submodule(m: &Ref, name: &str, doc: &str) -> PyResult {
    let full = format!("pyexpat.{name}");
    let sub = module::new(&full);
    module::add(sub.value(), "__doc__", Ref::str(doc));
    let modules = import::modules()?;
    ops::setitem(modules.value(), Ref::str(&full).value(), sub.value())?;
    module::add(m.value(), name, sub.clone());
    Ok(sub)
}

pub fn init() -> PyResult {
    let m = module::new("pyexpat");
    module::add(
        m.value(),
        "__doc__",
        Ref::str("Python wrapper for Expat parser."),
    );
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let t = ty!(XmlParser_Type);
    typeobject::ready(t)?;
    module::add(m.value(), "XMLParserType", t.to_ref());
    let error = EXPAT_ERROR.make(
        "xml.parsers.expat",
        "ExpatError",
        pyrs_object::exceptions::Exception,
    )?;
    module::add(m.value(), "error", error.clone());
    module::add(m.value(), "ExpatError", error);
    // The version of expat whose behaviour this is.
    module::add(m.value(), "EXPAT_VERSION", Ref::str("expat_2.5.0"));
    let version = [2, 5, 0].map(Ref::int).into();
    module::add(m.value(), "version_info", tuple::from_vec(version));
    module::add(m.value(), "native_encoding", Ref::str("UTF-8"));
    let features = [
        ("sizeof(XML_Char)", 1),
        ("sizeof(XML_LChar)", 1),
        ("XML_DTD", 0),
        ("XML_CONTEXT_BYTES", 1024),
        ("XML_NS", 0),
        ("XML_BLAP_MAX_AMP", 100),
        ("XML_BLAP_ACT_THRES", 8_388_608),
    ];
    let features = features.map(|(n, x)| tuple::pair(Ref::str(n), Ref::int(x)));
    module::add(m.value(), "features", list::from_vec(features.into()));
    let errors = submodule(&m, "errors", "Constants used to describe error conditions.")?;
    let (codes, messages) = (dict::new(), dict::new());
    for (i, (name, text)) in tables::ERRORS.iter().enumerate() {
        let (code, text) = (Ref::int(i as i64 + 1), Ref::str(text));
        module::add(errors.value(), name, text.clone());
        dict::set_item(codes.value(), text.value(), code.value())?;
        dict::set_item(messages.value(), code.value(), text.value())?;
    }
    module::add(errors.value(), "codes", codes);
    module::add(errors.value(), "messages", messages);
    let model = submodule(
        &m,
        "model",
        "Constants used to interpret content model information.",
    )?;
    for (name, n) in tables::MODEL {
        module::add(model.value(), name, Ref::int(*n));
    }
    for (name, n) in [
        ("XML_PARAM_ENTITY_PARSING_NEVER", 0),
        ("XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE", 1),
        ("XML_PARAM_ENTITY_PARSING_ALWAYS", 2),
    ] {
        module::add(m.value(), name, Ref::int(n));
    }
    Ok(m)
}
