//! `_collections`: `deque`, `defaultdict`, `OrderedDict` (which is `pyrs_object`'s), the getters of namedtuples, and `Counter`'s counting loop.

mod defaultdict;
mod deque;
mod tuplegetter;

pub use defaultdict::PyDefaultDict_Type;
pub use deque::{PyDeque_Type, PyDequeIter_Type, PyDequeRevIter_Type};
pub use tuplegetter::PyTupleGetter_Type;

use pyrs_object::{
    PyResult, Ref, Value, check_positional, dict, intern, methods, module, ops, ty, typeobject,
};

/// Whether the mapping stores and finds as dict does.
fn counts_like_dict(mapping: Value) -> bool {
    if !dict::is_dict(mapping) {
        return false;
    }
    let d = ty!(dict::PyDict_Type);
    let t = pyrs_object::Type::of(mapping);
    t == d
        || (typeobject::lookup(t, intern!("get")) == typeobject::lookup(d, intern!("get"))
            && typeobject::lookup(t, intern!("__setitem__"))
                == typeobject::lookup(d, intern!("__setitem__")))
}

fn count_elements(_: Value, args: &[Value]) -> PyResult {
    check_positional("_count_elements", args.len(), 2, 2)?;
    let (mapping, one) = (args[0], Value::int_unchecked(1));
    let it = ops::iter(args[1])?;
    if counts_like_dict(mapping) {
        while let Some(key) = ops::next(it.value())? {
            let hash = dict::hash_key(key.value())?;
            let count = match dict::get_hashed(mapping, key.value(), hash)? {
                None => Ref::int(1),
                Some(n) => match n.as_int() {
                    Some(n) => Ref::int(n + 1),
                    None => ops::add(n.value(), one)?,
                },
            };
            dict::set_hashed(mapping, key, hash, count)?;
        }
        return Ok(Ref::none());
    }
    let get = ops::getattr(mapping, intern!("get"))?;
    while let Some(key) = ops::next(it.value())? {
        let n = ops::call(get.value(), &[key.value(), Value::int_unchecked(0)])?;
        let n = ops::add(n.value(), one)?;
        ops::setitem(mapping, key.value(), n.value())?;
    }
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "_count_elements" FAST count_elements, "_count_elements($module, mapping, iterable, /)\n--\n\nCount elements in the iterable, updating the mapping";
] }

pub fn init() -> PyResult {
    let m = module::new("_collections");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(PyDeque_Type))?;
    defaultdict::init()?;
    module::add_type(m.value(), ty!(PyDefaultDict_Type))?;
    module::add_type(m.value(), ty!(dict::PyODict_Type))?;
    module::add_type(m.value(), ty!(PyDequeIter_Type))?;
    module::add_type(m.value(), ty!(PyDequeRevIter_Type))?;
    module::add_type(m.value(), ty!(PyTupleGetter_Type))?;
    Ok(m)
}
