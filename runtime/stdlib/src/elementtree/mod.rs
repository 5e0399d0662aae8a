//! `_elementtree`: elements, their iterators, the tree builder and the XML parser of `xml.etree.ElementTree`.

mod builder;
mod element;
mod iter;
mod parser;

use crate::util::ErrorClass;
use element::Element_Type;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Type, Value, ValueExt, dict, intern, methods, module, ops, raise,
    tuple, ty, typeobject,
};
use pyrs_vm::import;
use std::sync::atomic::{AtomicU64, Ordering};

static PARSE_ERROR: ErrorClass = ErrorClass::new();

/// An object that the module holds for good.
struct Held(AtomicU64);
impl Held {
    const fn new() -> Held {
        Held(AtomicU64::new(0))
    }
    fn get(&self) -> Option<Value> {
        Value::from_bits(self.0.load(Ordering::Relaxed)).non_empty()
    }
    /// The object that was held before (`None` if there was none).
    fn replace(&self, new: Option<Ref>) -> Ref {
        let bits = new.map_or(0, |r| r.into_value().bits());
        let old = Value::from_bits(self.0.swap(bits, Ordering::Relaxed));
        if old.is_empty() {
            return Ref::none();
        }
        // SAFETY: the place owned its object.
        unsafe { Ref::from_owned(old) }
    }
}
static DEEPCOPY: Held = Held::new();
static ELEMENT_PATH: Held = Held::new();
static COMMENT_FACTORY: Held = Held::new();
static PI_FACTORY: Held = Held::new();

fn held(what: &Held) -> PyResult<Value> {
    what.get()
        .ok_or_else(pyrs_object::errors::bad_internal_call)
}

/// "f() takes at least 1 argument (0 given)", as functions say that take a tuple apart.
fn check_count(name: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    let (how, n) = if given < min {
        ("at least", min)
    } else if given > max {
        ("at most", max)
    } else {
        return Ok(());
    };
    let plural = if n == 1 { "" } else { "s" };
    Err(raise!(
        TypeError,
        "{name}() takes {how} {n} argument{plural} ({given} given)"
    ))
}
/// "f() argument 1 must be T, not U".
#[cold]
fn bad_argument(name: &str, position: usize, wanted: &str, v: Value) -> Raised {
    raise!(
        TypeError,
        "{name}() argument {position} must be {wanted}, not {}",
        v.ty().message_name()
    )
}
/// The attributes of `Element(tag, attrib, **extra)`, behind `given` positional arguments.
fn attributes_from(name: &str, position: usize, args: &Args<'_>) -> PyResult<Option<Ref>> {
    let given = args.positional().get(position - 1).copied();
    if let Some(d) = given
        && !dict::is_dict(d)
    {
        return Err(bad_argument(name, position, "dict", d));
    }
    if args.n_keywords() == 0 {
        return Ok(given.map(dict::copy));
    }
    let mut attrib = given.map(dict::copy);
    if attrib.is_none() {
        let named = args.keyword("attrib");
        if let Some(d) = named
            && !dict::is_dict(d)
        {
            return Err(raise!(
                TypeError,
                "attrib must be dict, not {}",
                d.ty().message_name()
            ));
        }
        attrib = named.map(dict::copy);
    }
    let keep_name = given.is_some();
    let attrib = attrib.unwrap_or_else(dict::new);
    for (k, v) in args.keywords() {
        if keep_name || !pyrs_object::str::eq_str(k, "attrib") {
            dict::set_item(attrib.value(), k, v)?;
        }
    }
    Ok(Some(attrib))
}

fn sub_element(_: Value, args: Args<'_>) -> PyResult {
    let given = args.positional();
    check_count("SubElement", given.len(), 2, 3)?;
    let (parent, tag) = (given[0], given[1]);
    if !element::is_element(parent) {
        return Err(bad_argument("SubElement", 1, element::NAME, parent));
    }
    let attrib = attributes_from("SubElement", 3, &args)?;
    let new = element::new(Ref::new(tag), attrib);
    element::push_child(parent, new.clone());
    Ok(new)
}
fn set_factories(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("_set_factories", args.len(), 2, 2)?;
    for (f, what) in [(args[0], "Comment"), (args[1], "PI")] {
        if !f.is_none() && !ops::is_callable(f) {
            return Err(raise!(
                TypeError,
                "{what} factory must be callable, not {}",
                f.ty().message_name()
            ));
        }
    }
    let some = |v: Value| (!v.is_none()).then(|| Ref::new(v));
    Ok(tuple::pair(
        COMMENT_FACTORY.replace(some(args[0])),
        PI_FACTORY.replace(some(args[1])),
    ))
}

methods! { static FUNCTIONS = [
    "SubElement" KW sub_element, "";
    "_set_factories" FAST set_factories, "_set_factories($module, comment_factory, pi_factory, /)\n--\n\nChange the factories used to create comments and processing instructions.\n\nFor internal use only.";
] }

pub fn init() -> PyResult {
    let m = module::new("_elementtree");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let copy = import::import_absolute("copy")?;
    DEEPCOPY.replace(Some(ops::getattr(copy.value(), intern!("deepcopy"))?));
    ELEMENT_PATH.replace(Some(import::import_absolute("xml.etree.ElementPath")?));
    let types: [(&str, Type); 3] = [
        ("Element", ty!(Element_Type)),
        ("TreeBuilder", ty!(builder::TreeBuilder_Type)),
        ("XMLParser", ty!(parser::XMLParser_Type)),
    ];
    typeobject::ready(ty!(iter::ElementIter_Type))?;
    for (name, t) in types {
        typeobject::ready(t)?;
        module::add(m.value(), name, t.to_ref());
    }
    let error = PARSE_ERROR.make(
        "xml.etree.ElementTree",
        "ParseError",
        pyrs_object::exceptions::SyntaxError,
    )?;
    module::add(m.value(), "ParseError", error);
    Ok(m)
}
