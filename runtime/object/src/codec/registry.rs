//! The codec registry: search functions, the cache of found codecs, and encoding through them.

use super::*;

/// Search functions and the cache, made when first needed.
struct Registry {
    search: Vec<Ref>,
    cache: Option<Ref>,
    /// `encodings` has been imported (or is being).
    loaded: bool,
}
static mut REGISTRY: Registry = Registry {
    search: Vec::new(),
    cache: None,
    loaded: false,
};

fn registry() -> &'static mut Registry {
    let registry = &raw mut REGISTRY;
    // SAFETY: under the GIL; no reference is held across a call that runs Python code.
    unsafe { &mut *registry }
}
fn cache() -> Value {
    registry()
        .cache
        .get_or_insert_with(crate::dict::new)
        .value()
}

/// Lower case, with runs of anything but letters, digits and dots as one underscore.
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.bytes() {
        if c.is_ascii_alphanumeric() || c == b'.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase() as char);
        } else {
            gap = true;
        }
    }
    out
}

/// `codecs.register`
pub fn register(search: Value) -> PyResult<()> {
    if !crate::ops::is_callable(search) {
        return Err(raise!(TypeError, "argument must be callable"));
    }
    registry().search.push(Ref::new(search));
    Ok(())
}
/// `codecs.unregister`
pub fn unregister(search: Value) {
    let r = registry();
    if let Some(i) = r.search.iter().position(|f| f.value() == search) {
        let gone = r.search.remove(i);
        let cached = r.cache.take();
        drop((gone, cached));
    }
}
/// `codecs._forget_codec`-like: the next lookup of `name` asks the search functions again.
pub fn forget_cache(name: &str) -> PyResult<bool> {
    let key = crate::str::intern(&normalize(name));
    crate::dict::del_item(cache(), key.value())
}

/// `codecs.lookup`: the codec's 4-tuple (a `CodecInfo`).
pub fn lookup(encoding: &str) -> PyResult {
    let r = registry();
    if !r.loaded {
        r.loaded = true;
        if let Err(e) = (crate::hooks().import)("encodings") {
            registry().loaded = false;
            return Err(e);
        }
    }
    let key = crate::str::intern(&normalize(encoding));
    if let Some(found) = crate::dict::get(cache(), key.value())? {
        return Ok(found);
    }
    if registry().search.is_empty() {
        return Err(raise!(
            LookupError,
            "no codec search functions registered: can't find encoding"
        ));
    }
    let mut i = 0;
    while let Some(search) = registry().search.get(i).cloned() {
        i += 1;
        let found = crate::ops::call(search.value(), &[key.value()])?;
        if found.is_none() {
            continue;
        }
        if !crate::tuple::is_tuple(found.value()) || crate::tuple::len(found.value()) != 4 {
            return Err(raise!(
                TypeError,
                "codec search functions must return 4-tuples"
            ));
        }
        crate::dict::set_item(cache(), key.value(), found.value())?;
        return Ok(found);
    }
    Err(raise!(LookupError, "unknown encoding: {encoding}"))
}

/// A codec that `str.encode` and `bytes.decode` may use.
fn lookup_text(encoding: &str, alternative: &str) -> PyResult {
    let codec = lookup(encoding)?;
    if !codec.is_exact(crate::ty!(crate::tuple::PyTuple_Type))
        && let Some(flag) =
            crate::ops::getattr_opt(codec.value(), crate::intern!("_is_text_encoding"))?
        && !crate::ops::is_true(flag.value())?
    {
        return Err(raise!(
            LookupError,
            "'{encoding}' is not a text encoding; use {alternative} to handle arbitrary codecs"
        ));
    }
    Ok(codec)
}
/// Names the codec in an error of its function: a new exception of the same class with the old one as its cause,
/// if the class is made of a message only.
fn name_codec(encoding: &str, which: usize) -> crate::Raised {
    let exc = crate::errors::take();
    let t = exc.ty();
    let base = crate::exceptions::BaseException;
    let words = |t: crate::Type| (t.tp_init.map(|f| f as usize), t.tp_new.map(|f| f as usize));
    let extra = t.tp_basicsize - base.tp_basicsize;
    let weak = if t.tp_weaklistoffset != 0 { 8 } else { 0 };
    let args = crate::exceptions::args_of(exc.value());
    let plain_args = match crate::tuple::items(args.value()) {
        [] => true,
        [text] => crate::str::is_exact(*text),
        _ => false,
    };
    let no_dict = match crate::typeobject::instance_dict(exc.value()) {
        Ok(Some(d)) => crate::dict::len(d.value()) == 0,
        Ok(None) => true,
        Err(_) => {
            crate::errors::clear();
            false
        }
    };
    let plain = words(t) == words(base) && (extra == 0 || extra == weak) && plain_args && no_dict;
    let text = if plain {
        crate::ops::str_of(exc.value())
    } else {
        return crate::errors::set(exc);
    };
    let Ok(text) = text else {
        crate::errors::clear();
        return crate::errors::set(exc);
    };
    let operation = if which == 0 { "encoding" } else { "decoding" };
    let message = Ref::str(&format!(
        "{operation} with '{encoding}' codec failed ({}: {})",
        t.name(),
        crate::str::display(text.value())
    ));
    match crate::exceptions::new_instance(t, &[message.value()]) {
        Ok(named) => {
            crate::exceptions::set_cause(named.value(), Some(exc.clone()));
            crate::exceptions::set_context(named.value(), Some(exc));
            crate::errors::set(named)
        }
        Err(e) => e,
    }
}
fn run(codec: &Ref, which: usize, v: Value, encoding: &str, errors: &str, what: &str) -> PyResult {
    let f = Ref::new(crate::tuple::get(codec.value(), which));
    let errors = Ref::str(errors);
    let r = crate::ops::call(f.value(), &[v, errors.value()])
        .map_err(|_| name_codec(encoding, which))?;
    if !crate::tuple::is_tuple(r.value()) || crate::tuple::len(r.value()) != 2 {
        return Err(raise!(
            TypeError,
            "{what} must return a tuple (object,integer)"
        ));
    }
    Ok(Ref::new(crate::tuple::get(r.value(), 0)))
}

/// `codecs.encode`
pub fn encode_any(v: Value, encoding: &str, errors: &str) -> PyResult {
    run(&lookup(encoding)?, 0, v, encoding, errors, "encoder")
}
/// `codecs.decode`
pub fn decode_any(v: Value, encoding: &str, errors: &str) -> PyResult {
    run(&lookup(encoding)?, 1, v, encoding, errors, "decoder")
}

pub(super) fn encode_text(v: Value, encoding: &str, errors: &str) -> PyResult {
    let codec = lookup_text(encoding, "codecs.encode()")?;
    let r = run(&codec, 0, v, encoding, errors, "encoder")?;
    if crate::bytes::is_bytes(r.value()) {
        return Ok(r);
    }
    if crate::bytearray::is_bytearray(r.value()) {
        (crate::hooks().warn)(
            crate::exceptions::RuntimeWarning,
            &format!(
                "encoder {encoding} returned bytearray instead of bytes; use codecs.encode() to encode to arbitrary types"
            ),
            1,
        )?;
        return Ok(crate::bytes::new(crate::bytearray::data(r.value())));
    }
    Err(raise!(
        TypeError,
        "'{encoding}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        r.ty().message_name()
    ))
}
pub(super) fn decode_text(data: &[u8], encoding: &str, errors: &str) -> PyResult {
    let codec = lookup_text(encoding, "codecs.decode()")?;
    let bytes = crate::bytes::new(data);
    let input = crate::memory::new(bytes.value())?;
    let r = run(&codec, 1, input.value(), encoding, errors, "decoder")?;
    if crate::str::is_str(r.value()) {
        return Ok(r);
    }
    Err(raise!(
        TypeError,
        "'{encoding}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
        r.ty().message_name()
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn normalizes_names() {
        assert_eq!(super::normalize("ISO 8859--15"), "iso_8859_15");
        assert_eq!(super::normalize("-utf-8-"), "utf_8");
        assert_eq!(super::normalize("x.Y"), "x.y");
    }
}
