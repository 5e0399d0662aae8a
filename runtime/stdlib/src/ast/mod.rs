//! `_ast`: the node classes, made from the syntax crate's table, and the conversion of trees both ways.

mod read;
mod validate;
mod write;

use pyrs_layout::PyObject;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, dict, errors, exceptions, gc, heap, intern,
    methods, module, ops, py_type, raise, str, tuple, ty, typeobject,
};
use pyrs_syntax::ast::{ASDL_TYPES, AsdlType, FieldType, NodeClass, Quantifier};
use pyrs_vm::source;
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::OnceLock;

#[repr(C)]
struct AstObject {
    ob_base: PyObject,
    dict: *mut PyObject,
}

methods! { static METHODS = [
    "__reduce__" NOARGS reduce, "";
] }
pyrs_object::getset! { static GETSET = [
    "__dict__" get_dict, set_dict, "";
] }
py_type! {
    /// `ast.AST`.
    static Ast_Type: AstObject = "ast.AST" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_dictoffset: offset_of!(AstObject, dict) as isize }
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_init: init_node, tp_new: new_node, tp_getattro: typeobject::generic_getattr, tp_setattro: typeobject::generic_setattr }
        methods: METHODS;
        getset: GETSET;
    }
}

fn get_dict(v: Value) -> PyResult {
    crate::util::get_dict(v)
}
fn set_dict(v: Value, d: Value) -> PyResult<()> {
    crate::util::set_dict(v, d)
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead node owns its dict.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*o.cast::<AstObject>()).dict);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live node.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*o.cast::<AstObject>()).dict)
        )
    }
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: the field owns its dict.
    unsafe { heap::clear_field(&raw mut (*o.cast::<AstObject>()).dict) };
    0
}

fn new_node(t: Type, _: Args<'_>) -> PyResult {
    crate::util::alloc(t)
}
fn init_node(v: Value, args: Args<'_>) -> PyResult<()> {
    let class = v.ty();
    let fields = ops::getattr_opt(class.value(), intern!("_fields"))?;
    let names = match &fields {
        Some(f) => ops::collect(f.value())?,
        None => Vec::new(),
    };
    let given = args.positional();
    if given.len() > names.len() {
        let (n, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
        return Err(raise!(
            TypeError,
            "{} constructor takes at most {n} positional argument{plural}",
            class.name()
        ));
    }
    for (name, value) in names.iter().zip(given) {
        ops::setattr(v, name.value(), *value)?;
    }
    for (key, value) in args.keywords() {
        for name in &names[..given.len()] {
            if ops::eq(name.value(), key)? {
                return Err(raise!(
                    TypeError,
                    "{} got multiple values for argument '{}'",
                    class.name(),
                    str::display(key)
                ));
            }
        }
        ops::setattr(v, key, value)?;
    }
    Ok(())
}
fn reduce(v: Value) -> PyResult {
    let class = v.ty().to_ref();
    let mut items = vec![class, tuple::empty()];
    items.extend(ops::getattr_opt(v, intern!("__dict__"))?);
    Ok(tuple::from_vec(items))
}

/// The Python class of one ASDL type or constructor.
struct Class {
    class: Type,
    /// The only instance that the parser uses, of a class without fields (`Load`, `Add`...).
    singleton: Option<Value>,
}
/// Classes by name; made once and never freed, because native code refers to them.
static CLASSES: OnceLock<HashMap<&'static str, Class>> = OnceLock::new();
// SAFETY: handles of immortal objects; whoever follows them holds the GIL.
unsafe impl Send for Class {}
// SAFETY: as above.
unsafe impl Sync for Class {}

fn class_named(name: &str) -> PyResult<&'static Class> {
    if CLASSES.get().is_none() {
        make_classes()?;
    }
    CLASSES
        .get()
        .and_then(|c| c.get(name))
        .ok_or_else(|| raise!(SystemError, "no AST class named {name}"))
}

fn field_text(class: &NodeClass) -> String {
    if class.fields.is_empty() {
        return class.name.to_owned();
    }
    let fields: Vec<String> = class
        .fields
        .iter()
        .map(|f| {
            let kind = match f.field_type {
                FieldType::Identifier => "identifier",
                FieldType::Int => "int",
                FieldType::String => "string",
                FieldType::Constant => "constant",
                FieldType::Node(name) => name,
            };
            let mark = match f.quantifier {
                Quantifier::One => "",
                Quantifier::Optional => "?",
                Quantifier::Sequence => "*",
            };
            format!("{kind}{mark} {}", f.name)
        })
        .collect();
    format!("{}({})", class.name, fields.join(", "))
}
fn sum_text(t: &AsdlType) -> String {
    let parts: Vec<String> = t.constructors.iter().map(field_text).collect();
    let plain = t.constructors.iter().all(|c| c.fields.is_empty());
    let separator = if plain {
        " | ".to_owned()
    } else {
        format!("\n{:1$}| ", "", t.name.len() + 1)
    };
    format!("{} = {}", t.name, parts.join(&separator))
}

const LOCATION: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

fn names(list: impl Iterator<Item = &'static str>) -> Ref {
    tuple::from_vec(list.map(str::intern).collect())
}
/// A class; `attributes` is for those that declare `_attributes`: `Some(located)`.
fn make_class(
    name: &str,
    base: Type,
    class: Option<&'static NodeClass>,
    doc: &str,
    attributes: Option<bool>,
) -> PyResult<Type> {
    let d = dict::new();
    let fields = names(class.map_or(&[][..], |c| c.fields).iter().map(|f| f.name));
    dict::set_str(d.value(), "_fields", fields.value());
    dict::set_str(d.value(), "__match_args__", fields.value());
    dict::set_str(d.value(), "__module__", str::intern("ast").value());
    dict::set_str(d.value(), "__doc__", str::new(doc).value());
    let none = pyrs_object::singletons::none();
    if let Some(located) = attributes {
        let list = names(LOCATION.into_iter().filter(|_| located));
        dict::set_str(d.value(), "_attributes", list.value());
    }
    for f in class.map_or(&[][..], |c| c.fields) {
        if f.quantifier == Quantifier::Optional {
            dict::set_str(d.value(), f.name, none);
        }
    }
    if attributes == Some(true) {
        dict::set_str(d.value(), "end_lineno", none);
        dict::set_str(d.value(), "end_col_offset", none);
    }
    let bases = tuple::from_slice(&[base.value()]);
    let made = ops::call(
        ty!(typeobject::PyType_Type).value(),
        &[str::intern(name).value(), bases.value(), d.value()],
    )?;
    let class = Type::from_value(made.value()).ok_or_else(|| raise!(SystemError, "not a class"))?;
    std::mem::forget(made);
    Ok(class)
}

fn make_classes() -> PyResult<()> {
    let root = ty!(Ast_Type);
    typeobject::ready(root)?;
    let empty = tuple::empty();
    for name in [
        intern!("_fields"),
        intern!("__match_args__"),
        intern!("_attributes"),
    ] {
        let own = Value::from_object(root.tp_dict);
        dict::set_item(own, name, empty.value())?;
    }
    dict::set_item(
        Value::from_object(root.tp_dict),
        intern!("__module__"),
        intern!("ast"),
    )?;
    typeobject::modified(root);
    let mut classes = HashMap::new();
    let mut add = |name: &'static str, class: Type| {
        classes.insert(
            name,
            Class {
                class,
                singleton: None,
            },
        );
    };
    let mut plain = Vec::new();
    for t in ASDL_TYPES {
        // The table has these two as products of one class; ASDL has them as sums.
        let sum = match t.name {
            "excepthandler" | "type_ignore" => true,
            _ => !t.product,
        };
        if !sum {
            let Some(c) = t.constructors.first() else {
                continue;
            };
            let class = make_class(t.name, root, Some(c), &field_text(c), Some(t.located))?;
            add(t.name, class);
            continue;
        }
        let base = make_class(t.name, root, None, &sum_text(t), Some(t.located))?;
        add(t.name, base);
        for c in t.constructors {
            let class = make_class(c.name, base, Some(c), &field_text(c), None)?;
            add(c.name, class);
            if is_enumeration(t) {
                plain.push(c.name);
            }
        }
    }
    for name in plain {
        if let Some(entry) = classes.get_mut(name) {
            let one = ops::call(entry.class.value(), &[])?;
            entry.singleton = Some(one.into_value());
        }
    }
    let _ = CLASSES.set(classes);
    Ok(())
}
/// Operators and contexts: a choice among classes without fields.
fn is_enumeration(t: &AsdlType) -> bool {
    t.constructors.iter().all(|c| c.fields.is_empty())
}

/// Installs the conversions, so that `compile()` can be called before anybody imports `ast`.
pub fn install() {
    source::install_ast(source::AstHooks {
        is_ast,
        to_object: write::to_object,
        from_object: read::from_object,
    });
}

pub fn init() -> PyResult {
    install();
    let m = module::new("_ast");
    let v = m.value();
    class_named("mod")?;
    module::add(v, "AST", ty!(Ast_Type).to_ref());
    for t in ASDL_TYPES {
        module::add(v, t.name, class_named(t.name)?.class.to_ref());
        for c in t.constructors {
            module::add(v, c.name, class_named(c.name)?.class.to_ref());
        }
    }
    for (name, flag) in [
        ("PyCF_ALLOW_TOP_LEVEL_AWAIT", source::ALLOW_TOP_LEVEL_AWAIT),
        ("PyCF_ONLY_AST", source::ONLY_AST),
        ("PyCF_TYPE_COMMENTS", source::TYPE_COMMENTS),
    ] {
        module::add(v, name, Ref::int(i64::from(flag)));
    }
    Ok(m)
}

fn is_ast(v: Value) -> PyResult<bool> {
    class_named("mod")?;
    Ok(v.is_a(ty!(Ast_Type)))
}

/// An attribute, `None` when there is none.
fn attribute(v: Value, name: &str) -> PyResult<Option<Ref>> {
    let name = str::intern(name);
    errors::absorb(ops::getattr(v, name.value()), exceptions::AttributeError)
}
