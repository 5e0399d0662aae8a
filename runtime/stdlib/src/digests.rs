//! `_md5`, `_sha1`, `_sha256`, `_sha512`, `_sha3`: the digests of `hashlib` without OpenSSL.

use crate::util::{alloc, is_str};
use pyrs_layout::PyObject;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, getset, memory, methods, module,
    ops, py_type, raise, str, ty,
};
use sha2::digest::{ExtendableOutput, Update, XofReader};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use sha3::{Sha3_224, Sha3_256, Sha3_384, Sha3_512, Shake128, Shake256};

macro_rules! hashers {
    ($($variant:ident($t:ty) $name:literal $digest:literal $block:literal;)*) => {
        #[derive(Clone)]
        enum Hasher {
            $($variant(Box<$t>),)*
            Shake128(Box<Shake128>),
            Shake256(Box<Shake256>),
        }
        impl Hasher {
            fn update(&mut self, data: &[u8]) {
                match self {
                    $(Hasher::$variant(h) => Update::update(h.as_mut(), data),)*
                    Hasher::Shake128(h) => Update::update(h.as_mut(), data),
                    Hasher::Shake256(h) => Update::update(h.as_mut(), data),
                }
            }
            /// `length` matters for the extendable ones only.
            fn digest(&self, length: usize) -> Vec<u8> {
                let mut out = vec![0; length];
                match self {
                    $(Hasher::$variant(h) => return <$t>::clone(h).finalize().to_vec(),)*
                    Hasher::Shake128(h) => Shake128::clone(h).finalize_xof().read(&mut out),
                    Hasher::Shake256(h) => Shake256::clone(h).finalize_xof().read(&mut out),
                }
                out
            }
            fn name(&self) -> &'static str {
                match self {
                    $(Hasher::$variant(_) => $name,)*
                    Hasher::Shake128(_) => "shake_128",
                    Hasher::Shake256(_) => "shake_256",
                }
            }
            /// Bytes of the digest (0 for the extendable ones) and of a block.
            fn sizes(&self) -> (i64, i64) {
                match self {
                    $(Hasher::$variant(_) => ($digest, $block),)*
                    Hasher::Shake128(_) => (0, 168),
                    Hasher::Shake256(_) => (0, 136),
                }
            }
        }
    };
}
hashers! {
    Md5(md5::Md5) "md5" 16 64;
    Sha1(sha1::Sha1) "sha1" 20 64;
    Sha224(Sha224) "sha224" 28 64;
    Sha256(Sha256) "sha256" 32 64;
    Sha384(Sha384) "sha384" 48 128;
    Sha512(Sha512) "sha512" 64 128;
    Sha3x224(Sha3_224) "sha3_224" 28 144;
    Sha3x256(Sha3_256) "sha3_256" 32 136;
    Sha3x384(Sha3_384) "sha3_384" 48 104;
    Sha3x512(Sha3_512) "sha3_512" 64 72;
}

#[repr(C)]
struct HashObject {
    ob_base: PyObject,
    state: *mut Hasher,
}

fn state<'a>(v: Value) -> &'a mut Hasher {
    // SAFETY: methods are only called with instances, which all have a state; no Python code runs while it is borrowed.
    unsafe { &mut *(*v.as_ptr().cast::<HashObject>()).state }
}
unsafe extern "C" fn hash_dealloc(object: *mut PyObject) {
    // SAFETY: a dead object owns its state.
    unsafe {
        let state = std::mem::replace(
            &mut (*object.cast::<HashObject>()).state,
            std::ptr::null_mut(),
        );
        if !state.is_null() {
            drop(Box::from_raw(state));
        }
        pyrs_object::heap::finish_dealloc(object);
    }
}
fn make(t: Type, hasher: Hasher) -> PyResult {
    let v = alloc(t)?;
    // SAFETY: a new instance.
    unsafe { (*v.value().as_ptr().cast::<HashObject>()).state = Box::into_raw(Box::new(hasher)) };
    Ok(v)
}

/// The data of an update, with hashlib's messages.
pub(crate) fn feed(v: Value, f: impl FnOnce(&[u8])) -> PyResult<()> {
    if is_str(v) {
        return Err(raise!(TypeError, "Strings must be encoded before hashing"));
    }
    if !memory::has_buffer(v) {
        return Err(raise!(
            TypeError,
            "object supporting the buffer API required"
        ));
    }
    let buffer = memory::bytes_like(v)?;
    f(buffer.bytes());
    Ok(())
}
fn update(v: Value, data: Value) -> PyResult {
    feed(data, |data| state(v).update(data))?;
    Ok(Ref::none())
}
pub(crate) fn hex(data: &[u8]) -> Ref {
    let mut out = String::with_capacity(data.len() * 2);
    for b in data {
        for n in [b >> 4, b & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(n)]));
        }
    }
    str::new(&out)
}
fn digest(v: Value) -> PyResult {
    Ok(bytes::new(&state(v).digest(0)))
}
fn hexdigest(v: Value) -> PyResult {
    Ok(hex(&state(v).digest(0)))
}
fn xof_length(v: Value) -> PyResult<usize> {
    let n = ops::index(v)?;
    if pyrs_object::int::is_negative(n.value()) {
        return Err(raise!(ValueError, "value must be positive"));
    }
    match pyrs_object::int::to_u64(n.value()) {
        Some(n) if n < 1 << 29 => Ok(n as usize),
        _ => Err(raise!(ValueError, "length is too large")),
    }
}
fn xof_digest(v: Value, length: Value) -> PyResult {
    let n = xof_length(length)?;
    Ok(bytes::new(&state(v).digest(n)))
}
fn xof_hexdigest(v: Value, length: Value) -> PyResult {
    let n = xof_length(length)?;
    Ok(hex(&state(v).digest(n)))
}
fn copy(v: Value) -> PyResult {
    make(v.ty(), state(v).clone())
}
fn get_name(v: Value) -> PyResult {
    Ok(str::new(state(v).name()))
}
fn get_digest_size(v: Value) -> PyResult {
    Ok(Ref::int(state(v).sizes().0))
}
fn get_block_size(v: Value) -> PyResult {
    Ok(Ref::int(state(v).sizes().1))
}
/// Rate and capacity of the sponge in bits.
fn get_rate(v: Value) -> PyResult {
    Ok(Ref::int(state(v).sizes().1 * 8))
}
fn get_capacity(v: Value) -> PyResult {
    Ok(Ref::int(1600 - state(v).sizes().1 * 8))
}
fn get_suffix(v: Value) -> PyResult {
    let xof = matches!(state(v), Hasher::Shake128(_) | Hasher::Shake256(_));
    Ok(bytes::new(if xof { b"\x1f" } else { b"\x06" }))
}

methods! { static HASH_METHODS = [
    "copy" NOARGS copy, "copy($self, /)\n--\n\nReturn a copy of the hash object.";
    "digest" NOARGS digest, "digest($self, /)\n--\n\nReturn the digest value as a bytes object.";
    "hexdigest" NOARGS hexdigest, "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits.";
    "update" O update, "update($self, obj, /)\n--\n\nUpdate this hash object's state with the provided string.";
] }
methods! { static SHAKE_METHODS = [
    "copy" NOARGS copy, "copy($self, /)\n--\n\nReturn a copy of the hash object.";
    "digest" O xof_digest, "digest($self, length, /)\n--\n\nReturn the digest value as a bytes object.";
    "hexdigest" O xof_hexdigest, "hexdigest($self, length, /)\n--\n\nReturn the digest value as a string of hexadecimal digits.";
    "update" O update, "update($self, data, /)\n--\n\nUpdate this hash object's state with the provided bytes-like object.";
] }
getset! { static HASH_GETSET = [
    "block_size" get_block_size, None, "";
    "digest_size" get_digest_size, None, "";
    "name" get_name, None, "";
] }
getset! { static SHA3_GETSET = [
    "block_size" get_block_size, None, "";
    "name" get_name, None, "";
    "digest_size" get_digest_size, None, "";
    "_capacity_bits" get_capacity, None, "";
    "_rate_bits" get_rate, None, "";
    "_suffix" get_suffix, None, "";
] }

/// Types made by a function of the module.
macro_rules! plain_types {
    ($($type:ident $path:literal $name:literal $function:ident $table:ident $hasher:expr;)*) => {$(
        py_type! {
            static $type: HashObject = $path {
                flags: DISALLOW_INSTANTIATION;
                raw { tp_dealloc: hash_dealloc }
                methods: HASH_METHODS;
                getset: HASH_GETSET;
            }
        }
        fn $function(_: Value, args: Args<'_>) -> PyResult {
            const SIGNATURE: Signature<2> =
                Signature { name: $name, params: ["string", "usedforsecurity"], posonly: 0, positional: 1, required: 0 };
            let [data, _] = args.bind(&SIGNATURE)?;
            let v = make(ty!($type), $hasher)?;
            if !data.is_empty() {
                update(v.value(), data)?;
            }
            Ok(v)
        }
        methods! { static $table = [
            $name KW $function, "";
        ] }
    )*};
}
plain_types! {
    MD5_Type "_md5.md5" "md5" new_md5 MD5_FUNCTIONS Hasher::Md5(Box::default());
    SHA1_Type "_sha1.sha1" "sha1" new_sha1 SHA1_FUNCTIONS Hasher::Sha1(Box::default());
    SHA224_Type "_sha256.sha224" "sha224" new_sha224 SHA224_FUNCTIONS Hasher::Sha224(Box::default());
    SHA256_Type "_sha256.sha256" "sha256" new_sha256 SHA256_FUNCTIONS Hasher::Sha256(Box::default());
    SHA384_Type "_sha512.sha384" "sha384" new_sha384 SHA384_FUNCTIONS Hasher::Sha384(Box::default());
    SHA512_Type "_sha512.sha512" "sha512" new_sha512 SHA512_FUNCTIONS Hasher::Sha512(Box::default());
}

/// Types that are called themselves.
macro_rules! sha3_types {
    ($($type:ident $path:literal $name:literal $new:ident $methods:ident $hasher:expr;)*) => {$(
        py_type! {
            static $type: HashObject = $path {
                flags: BASETYPE;
                raw { tp_dealloc: hash_dealloc }
                slots { tp_new: $new }
                methods: $methods;
                getset: SHA3_GETSET;
            }
        }
        fn $new(t: Type, args: Args<'_>) -> PyResult {
            const SIGNATURE: Signature<2> =
                Signature { name: $name, params: ["", "usedforsecurity"], posonly: 1, positional: 1, required: 0 };
            let [data, _] = args.bind(&SIGNATURE)?;
            let v = make(t, $hasher)?;
            if !data.is_empty() {
                update(v.value(), data)?;
            }
            Ok(v)
        }
    )*};
}
sha3_types! {
    SHA3_224_Type "_sha3.sha3_224" "sha3_224" new_sha3_224 HASH_METHODS Hasher::Sha3x224(Box::default());
    SHA3_256_Type "_sha3.sha3_256" "sha3_256" new_sha3_256 HASH_METHODS Hasher::Sha3x256(Box::default());
    SHA3_384_Type "_sha3.sha3_384" "sha3_384" new_sha3_384 HASH_METHODS Hasher::Sha3x384(Box::default());
    SHA3_512_Type "_sha3.sha3_512" "sha3_512" new_sha3_512 HASH_METHODS Hasher::Sha3x512(Box::default());
    SHAKE128_Type "_sha3.shake_128" "shake_128" new_shake_128 SHAKE_METHODS Hasher::Shake128(Box::default());
    SHAKE256_Type "_sha3.shake_256" "shake_256" new_shake_256 SHAKE_METHODS Hasher::Shake256(Box::default());
}

fn add_hidden(m: &Ref, t: Type, name: &str) -> PyResult<()> {
    pyrs_object::typeobject::ready(t)?;
    module::add(m.value(), name, t.to_ref());
    Ok(())
}
pub fn init_md5() -> PyResult {
    let m = module::new("_md5");
    add_hidden(&m, ty!(MD5_Type), "MD5Type")?;
    module::add_functions(m.value(), (&raw mut MD5_FUNCTIONS).cast());
    Ok(m)
}
pub fn init_sha1() -> PyResult {
    let m = module::new("_sha1");
    add_hidden(&m, ty!(SHA1_Type), "SHA1Type")?;
    module::add_functions(m.value(), (&raw mut SHA1_FUNCTIONS).cast());
    Ok(m)
}
pub fn init_sha256() -> PyResult {
    let m = module::new("_sha256");
    add_hidden(&m, ty!(SHA224_Type), "SHA224Type")?;
    add_hidden(&m, ty!(SHA256_Type), "SHA256Type")?;
    module::add_functions(m.value(), (&raw mut SHA224_FUNCTIONS).cast());
    module::add_functions(m.value(), (&raw mut SHA256_FUNCTIONS).cast());
    Ok(m)
}
pub fn init_sha512() -> PyResult {
    let m = module::new("_sha512");
    add_hidden(&m, ty!(SHA384_Type), "SHA384Type")?;
    add_hidden(&m, ty!(SHA512_Type), "SHA512Type")?;
    module::add_functions(m.value(), (&raw mut SHA384_FUNCTIONS).cast());
    module::add_functions(m.value(), (&raw mut SHA512_FUNCTIONS).cast());
    Ok(m)
}
pub fn init_sha3() -> PyResult {
    let m = module::new("_sha3");
    for t in [
        ty!(SHA3_224_Type),
        ty!(SHA3_256_Type),
        ty!(SHA3_384_Type),
        ty!(SHA3_512_Type),
        ty!(SHAKE128_Type),
        ty!(SHAKE256_Type),
    ] {
        module::add_type(m.value(), t)?;
    }
    module::add(m.value(), "keccakopt", Ref::int(0));
    module::add(m.value(), "implementation", str::new("tiny_sha3"));
    Ok(m)
}
