//! Names of classes and functions: where an object is found, and what Python 2 called it.

use super::state;
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, audit, dict, intern, ops, raise, str, tuple,
};

/// The parts of a qualified name; what is local to a function cannot be found again. `object` is what is searched, or empty.
pub(super) fn dotted_path(object: Value, name: Value) -> PyResult<Vec<Ref>> {
    let text = str::to_string_lossy(name);
    let path: Vec<Ref> = text.split('.').map(str::intern).collect();
    if !text.split('.').any(|p| p == "<locals>") {
        return Ok(path);
    }
    let shown = crate::util::repr_text(name)?;
    Err(if object.is_empty() {
        raise!(AttributeError, "Can't pickle local object {shown}")
    } else {
        raise!(
            AttributeError,
            "Can't pickle local attribute {shown} on {}",
            crate::util::repr_text(object)?
        )
    })
}
/// The object at a path and what it is an attribute of.
pub(super) fn deep_attribute(object: Value, path: &[Ref]) -> PyResult<Option<(Ref, Ref)>> {
    let (mut parent, mut found) = (Ref::new(object), Ref::new(object));
    for name in path {
        let Some(next) = ops::getattr_opt(found.value(), name.value())? else {
            return Ok(None);
        };
        parent = std::mem::replace(&mut found, next);
    }
    Ok(Some((parent, found)))
}
/// `getattr(object, name)` along dots.
pub(super) fn get_attribute(object: Value, name: Value, qualified: bool) -> PyResult {
    let found = if qualified {
        deep_attribute(object, &dotted_path(object, name)?)?.map(|(_, f)| f)
    } else {
        ops::getattr_opt(object, name)?
    };
    match found {
        Some(f) => Ok(f),
        None => Err(raise!(
            AttributeError,
            "Can't get attribute {} on {}",
            crate::util::repr_text(name)?,
            crate::util::repr_text(object)?
        )),
    }
}
/// The name of the module that `v` is found in.
pub(super) fn which_module(v: Value, path: &[Ref]) -> PyResult {
    if let Some(name) = ops::getattr_opt(v, intern!("__module__"))? {
        if !name.value().is_none() {
            return Ok(name);
        }
    }
    let Some(modules) = pyrs_vm::import::sys_attr("modules") else {
        return Err(super::error(
            super::ErrorKind::Pickling,
            "unable to get sys.modules",
        ));
    };
    let pairs = if dict::is_dict(modules.value()) {
        let copy = dict::copy(modules.value());
        ops::call_method(copy.value(), intern!("items"), &[])?
    } else {
        ops::call_method(modules.value(), intern!("items"), &[])?
    };
    for pair in ops::collect(pairs.value())? {
        let (name, module) = (tuple::get(pair.value(), 0), tuple::get(pair.value(), 1));
        if module.is_none() || str::is_str(name) && str::eq_str(name, "__main__") {
            continue;
        }
        if let Some((_, found)) = deep_attribute(module, path)? {
            if found.value() == v {
                return Ok(Ref::new(name));
            }
        }
    }
    Ok(Ref::str("__main__"))
}

fn bad_mapping(name: &str, what: &str, v: Value) -> Raised {
    raise!(
        RuntimeError,
        "_compat_pickle.{name} values should be {what}, not {}",
        v.ty().message_name()
    )
}
/// Renames by a table of `(module, name)` pairs and one of modules.
fn renamed(
    module: Ref,
    name: Ref,
    names: (&str, &Ref),
    imports: (&str, &Ref),
) -> PyResult<(Ref, Ref)> {
    let key = tuple::pair(module.clone(), name.clone());
    if let Some(pair) = dict::get(names.1.value(), key.value())? {
        let pair = pair.value();
        if !tuple::is_tuple(pair) || tuple::len(pair) != 2 {
            return Err(bad_mapping(names.0, "2-tuples", pair));
        }
        let (m, n) = (tuple::get(pair, 0), tuple::get(pair, 1));
        if !str::is_str(m) || !str::is_str(n) {
            return Err(raise!(
                RuntimeError,
                "_compat_pickle.{} values should be pairs of str, not ({}, {})",
                names.0,
                m.ty().message_name(),
                n.ty().message_name()
            ));
        }
        return Ok((Ref::new(m), Ref::new(n)));
    }
    if let Some(m) = dict::get(imports.1.value(), module.value())? {
        if !str::is_str(m.value()) {
            return Err(bad_mapping(imports.0, "strings", m.value()));
        }
        return Ok((m, name));
    }
    Ok((module, name))
}
pub(super) fn fix_for_python2(module: Ref, name: Ref) -> PyResult<(Ref, Ref)> {
    let s = state()?;
    renamed(
        module,
        name,
        ("REVERSE_NAME_MAPPING", &s.names_3to2),
        ("REVERSE_IMPORT_MAPPING", &s.imports_3to2),
    )
}
pub(super) fn fix_from_python2(module: Ref, name: Ref) -> PyResult<(Ref, Ref)> {
    let s = state()?;
    renamed(
        module,
        name,
        ("NAME_MAPPING", &s.names_2to3),
        ("IMPORT_MAPPING", &s.imports_2to3),
    )
}
/// The module of that name, imported if need be.
pub(super) fn import(name: Value) -> PyResult {
    if !str::is_str(name) {
        return Err(raise!(TypeError, "module name must be a string"));
    }
    pyrs_vm::import::import_absolute(str::as_utf8(name)?)
}
/// `Unpickler.find_class`.
pub(super) fn find_class(module: Ref, name: Ref, proto: i64, fix_imports: bool) -> PyResult {
    audit!("pickle.find_class", &module, &name)?;
    let (module, name) = if proto < 3 && fix_imports {
        fix_from_python2(module, name)?
    } else {
        (module, name)
    };
    let found = import(module.value())?;
    get_attribute(found.value(), name.value(), proto >= 4)
}
