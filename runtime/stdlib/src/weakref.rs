//! `_weakref`.

use pyrs_object::{
    PyResult, Ref, Value, ValueExt, check_positional, dict, list, methods, module, ops, raise, ty,
    weakref,
};

fn getweakrefcount(_: Value, v: Value) -> PyResult {
    Ok(Ref::int(weakref::count(v) as i64))
}
fn getweakrefs(_: Value, v: Value) -> PyResult {
    Ok(list::from_vec(weakref::refs(v)))
}
fn proxy(_: Value, args: &[Value]) -> PyResult {
    check_positional("proxy", args.len(), 1, 2)?;
    weakref::new_proxy(args[0], args.get(1).copied().unwrap_or(Value::EMPTY))
}
/// Removes a key from a dict if its value is a dead weak reference.
fn remove_dead(_: Value, args: &[Value]) -> PyResult {
    check_positional("_remove_dead_weakref", args.len(), 2, 2)?;
    let (d, key) = (args[0], args[1]);
    if !dict::is_dict(d) {
        return Err(raise!(
            TypeError,
            "_remove_dead_weakref() argument 1 must be dict, not {}",
            d.ty().message_name()
        ));
    }
    if let Some(v) = dict::get(d, key)? {
        if !v.is_a(ty!(weakref::_PyWeakref_RefType)) {
            return Err(raise!(TypeError, "not a weakref"));
        }
        if weakref::get(v.value()).is_none() {
            dict::del_item(d, key)?;
        }
    }
    let _ = ops::is(d, key);
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "_remove_dead_weakref" FAST remove_dead, "_remove_dead_weakref($module, dct, key, /)\n--\n\nDeletes a key whose weak reference is dead.";
    "getweakrefcount" O getweakrefcount, "getweakrefcount($module, object, /)\n--\n\n";
    "getweakrefs" O getweakrefs, "getweakrefs($module, object, /)\n--\n\n";
    "proxy" FAST proxy, "proxy($module, object, callback=None, /)\n--\n\nA proxy that refers weakly.";
] }

pub fn init() -> PyResult {
    let m = module::new("_weakref");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let reference = ty!(weakref::_PyWeakref_RefType);
    module::add(m.value(), "ref", reference.to_ref());
    module::add(m.value(), "ReferenceType", reference.to_ref());
    module::add(
        m.value(),
        "ProxyType",
        ty!(weakref::_PyWeakref_ProxyType).to_ref(),
    );
    module::add(
        m.value(),
        "CallableProxyType",
        ty!(weakref::_PyWeakref_CallableProxyType).to_ref(),
    );
    Ok(m)
}
