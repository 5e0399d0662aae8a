//! `_blake2`: BLAKE2b and BLAKE2s (RFC 7693) with keys, salts, personalisation and the parameters of tree hashing.

use crate::digests::{feed, hex};
use crate::util::{alloc, as_c_int};
use pyrs_layout::PyObject;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, dict, getset, int, memory,
    methods, module, ops, py_type, raise, ty,
};

const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// What the two functions differ in.
macro_rules! variant {
    ($module:ident $word:ty, $wide:ty, $rounds:literal, [$($r:literal),*], [$($iv:literal),*]) => {
        mod $module {
            const IV: [$word; 8] = [$($iv),*];
            const WORD: usize = size_of::<$word>();
            pub(super) const BLOCK: usize = 16 * WORD;
            const R: [u32; 4] = [$($r),*];

            #[derive(Clone)]
            pub(super) struct Hash {
                h: [$word; 8],
                count: $wide,
                buffer: Vec<u8>,
                last_node: bool,
            }
            impl Hash {
                /// The parameter block is xored into the initial values.
                pub(super) fn new(parameters: &[u8], last_node: bool) -> Hash {
                    let mut h = IV;
                    for (h, p) in h.iter_mut().zip(parameters.chunks_exact(WORD)) {
                        let mut b = [0; WORD];
                        b.copy_from_slice(p);
                        *h ^= <$word>::from_le_bytes(b);
                    }
                    Hash { h, count: 0, buffer: Vec::with_capacity(BLOCK), last_node }
                }
                fn compress(&mut self, block: &[u8], last: bool) {
                    let mut m: [$word; 16] = [0; 16];
                    for (m, b) in m.iter_mut().zip(block.chunks_exact(WORD)) {
                        let mut a = [0; WORD];
                        a.copy_from_slice(b);
                        *m = <$word>::from_le_bytes(a);
                    }
                    let mut v: [$word; 16] = [0; 16];
                    v[..8].copy_from_slice(&self.h);
                    v[8..].copy_from_slice(&IV);
                    v[12] ^= self.count as $word;
                    v[13] ^= (self.count >> <$word>::BITS) as $word;
                    if last {
                        v[14] = !v[14];
                        if self.last_node {
                            v[15] = !v[15];
                        }
                    }
                    let mix = |v: &mut [$word; 16], a: usize, b: usize, c: usize, d: usize, x: $word, y: $word| {
                        v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
                        v[d] = (v[d] ^ v[a]).rotate_right(R[0]);
                        v[c] = v[c].wrapping_add(v[d]);
                        v[b] = (v[b] ^ v[c]).rotate_right(R[1]);
                        v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
                        v[d] = (v[d] ^ v[a]).rotate_right(R[2]);
                        v[c] = v[c].wrapping_add(v[d]);
                        v[b] = (v[b] ^ v[c]).rotate_right(R[3]);
                    };
                    for round in 0..$rounds {
                        let s = &super::SIGMA[round % 10];
                        for i in 0..4 {
                            mix(&mut v, i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
                        }
                        for i in 0..4 {
                            let (b, c, d) = (4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
                            mix(&mut v, i, b, c, d, m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
                        }
                    }
                    for i in 0..8 {
                        self.h[i] ^= v[i] ^ v[i + 8];
                    }
                }
                pub(super) fn update(&mut self, mut data: &[u8]) {
                    while !data.is_empty() {
                        // The last block is compressed differently, so a full buffer waits for more.
                        if self.buffer.len() == BLOCK {
                            let block = std::mem::take(&mut self.buffer);
                            self.count = self.count.wrapping_add(BLOCK as $wide);
                            self.compress(&block, false);
                            self.buffer = block;
                            self.buffer.clear();
                        }
                        let n = data.len().min(BLOCK - self.buffer.len());
                        self.buffer.extend_from_slice(&data[..n]);
                        data = &data[n..];
                    }
                }
                pub(super) fn digest(&self, size: usize) -> Vec<u8> {
                    let mut last = self.clone();
                    last.count = last.count.wrapping_add(last.buffer.len() as $wide);
                    let mut block = std::mem::take(&mut last.buffer);
                    block.resize(BLOCK, 0);
                    last.compress(&block, true);
                    let mut out: Vec<u8> = last.h.iter().flat_map(|w| w.to_le_bytes()).collect();
                    out.truncate(size);
                    out
                }
            }
        }
    };
}
variant!(b u64, u128, 12, [32, 24, 16, 63], [
    0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b, 0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1, 0x9b05_688c_2b3e_6c1f, 0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179
]);
variant!(s u32, u64, 10, [16, 12, 8, 7], [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19
]);

#[derive(Clone)]
enum Hash {
    B(b::Hash),
    S(s::Hash),
}
#[derive(Clone)]
struct State {
    hash: Hash,
    size: usize,
}
impl State {
    fn update(&mut self, data: &[u8]) {
        match &mut self.hash {
            Hash::B(h) => h.update(data),
            Hash::S(h) => h.update(data),
        }
    }
    fn digest(&self) -> Vec<u8> {
        match &self.hash {
            Hash::B(h) => h.digest(self.size),
            Hash::S(h) => h.digest(self.size),
        }
    }
}

#[repr(C)]
struct BlakeObject {
    ob_base: PyObject,
    state: Option<Box<State>>,
}
py_type! {
    static Blake2b_Type: BlakeObject = "_blake2.blake2b" {
        flags: BASETYPE;
        doc: "blake2b(data=b'', /, *, digest_size=64, key=b'', salt=b'', person=b'',\n        fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0,\n        inner_size=0, last_node=False, usedforsecurity=True)\n--\n\nReturn a new BLAKE2b hash object.";
        raw { tp_dealloc: dealloc }
        slots { tp_new: new_b }
        methods: B_METHODS;
        getset: B_GETSET;
    }
}
py_type! {
    static Blake2s_Type: BlakeObject = "_blake2.blake2s" {
        flags: BASETYPE;
        doc: "blake2s(data=b'', /, *, digest_size=32, key=b'', salt=b'', person=b'',\n        fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0,\n        inner_size=0, last_node=False, usedforsecurity=True)\n--\n\nReturn a new BLAKE2s hash object.";
        raw { tp_dealloc: dealloc }
        slots { tp_new: new_s }
        methods: S_METHODS;
        getset: S_GETSET;
    }
}
macro_rules! tables {
    ($($methods:ident $getset:ident;)*) => {$(
        methods! { static $methods = [
            "copy" NOARGS copy, "copy($self, /)\n--\n\nReturn a copy of the hash object.";
            "digest" NOARGS digest, "digest($self, /)\n--\n\nReturn the digest value as a bytes object.";
            "hexdigest" NOARGS hexdigest, "hexdigest($self, /)\n--\n\nReturn the digest value as a string of hexadecimal digits.";
            "update" O update, "update($self, data, /)\n--\n\nUpdate this hash object's state with the provided bytes-like object.";
        ] }
        getset! { static $getset = [
            "name" name, None, "";
            "block_size" block_size, None, "";
            "digest_size" digest_size, None, "";
        ] }
    )*};
}
tables! { B_METHODS B_GETSET; S_METHODS S_GETSET; }

fn object(v: Value) -> *mut BlakeObject {
    v.as_ptr().cast()
}
fn state<'a>(v: Value) -> PyResult<&'a mut State> {
    // SAFETY: a live instance; no Python code runs while its state is borrowed.
    unsafe { (*object(v)).state.as_deref_mut() }
        .ok_or_else(|| raise!(ValueError, "the hash object is not initialised"))
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance owns its state.
    unsafe {
        drop((*o.cast::<BlakeObject>()).state.take());
        pyrs_object::heap::finish_dealloc(o);
    }
}
fn make(t: Type, state: State) -> PyResult {
    let v = alloc(t)?;
    // SAFETY: a new instance, zeroed: no state.
    unsafe { (*object(v.value())).state = Some(Box::new(state)) };
    Ok(v)
}

/// Sizes of one function: digest, key, salt and person; and the width of a node offset in the parameter block.
struct Limits {
    name: &'static str,
    out: usize,
    salt: usize,
    offset_bytes: usize,
}
const B: Limits = Limits {
    name: "blake2b",
    out: 64,
    salt: 16,
    offset_bytes: 8,
};
const S: Limits = Limits {
    name: "blake2s",
    out: 32,
    salt: 8,
    offset_bytes: 6,
};

fn new_b(t: Type, args: Args<'_>) -> PyResult {
    new(t, args, &B)
}
fn new_s(t: Type, args: Args<'_>) -> PyResult {
    new(t, args, &S)
}
fn small(v: Value, default: u8, min: i32, what: &str) -> PyResult<u8> {
    if v.is_empty() {
        return Ok(default);
    }
    let n = as_c_int(v)?;
    match u8::try_from(n) {
        Ok(b) if n >= min => Ok(b),
        _ => Err(raise!(ValueError, "{what} must be between {min} and 255")),
    }
}
/// An unsigned number of at most `bytes` bytes.
fn unsigned(v: Value, bytes: usize, what: &str) -> PyResult<u64> {
    if v.is_empty() {
        return Ok(0);
    }
    let n = ops::index(v)?;
    if int::is_negative(n.value()) {
        return Err(raise!(ValueError, "value must be positive"));
    }
    let Some(n) = int::to_u64(n.value()) else {
        return Err(raise!(OverflowError, "int too big to convert"));
    };
    if bytes < 8 && n >> (8 * bytes) != 0 {
        return Err(raise!(OverflowError, "{what} is too large"));
    }
    Ok(n)
}
/// A short bytes-like argument.
fn piece(v: Value, max: usize, what: &str) -> PyResult<Vec<u8>> {
    if v.is_empty() {
        return Ok(Vec::new());
    }
    let data = memory::bytes_like(v)?.to_vec();
    if data.len() > max {
        return Err(raise!(ValueError, "maximum {what} length is {max} bytes"));
    }
    Ok(data)
}
fn new(t: Type, args: Args<'_>, limits: &Limits) -> PyResult {
    let signature = Signature::<13> {
        name: limits.name,
        params: [
            "",
            "digest_size",
            "key",
            "salt",
            "person",
            "fanout",
            "depth",
            "leaf_size",
            "node_offset",
            "node_depth",
            "inner_size",
            "last_node",
            "usedforsecurity",
        ],
        posonly: 1,
        positional: 1,
        required: 0,
    };
    let [
        data,
        digest_size,
        key,
        salt,
        person,
        fanout,
        depth,
        leaf_size,
        node_offset,
        node_depth,
        inner_size,
        last_node,
        security,
    ] = args.bind(&signature)?;
    let size = if digest_size.is_empty() {
        limits.out as i32
    } else {
        as_c_int(digest_size)?
    };
    let last_node = !last_node.is_empty() && ops::is_true(last_node)?;
    if !security.is_empty() {
        ops::is_true(security)?;
    }
    if size < 1 || size as usize > limits.out {
        return Err(raise!(
            ValueError,
            "digest_size must be between 1 and {} bytes",
            limits.out
        ));
    }
    let salt = piece(salt, limits.salt, "salt")?;
    let person = piece(person, limits.salt, "person")?;
    let fanout = small(fanout, 1, 0, "fanout")?;
    let depth = small(depth, 1, 1, "depth")?;
    let leaf_size = unsigned(leaf_size, 4, "leaf_size")?;
    let node_offset = unsigned(node_offset, limits.offset_bytes, "node_offset")?;
    let node_depth = small(node_depth, 0, 0, "node_depth")?;
    let inner_size = if inner_size.is_empty() {
        0
    } else {
        as_c_int(inner_size)?
    };
    if inner_size < 0 || inner_size as usize > limits.out {
        return Err(raise!(
            ValueError,
            "inner_size must be between 0 and is {}",
            limits.out
        ));
    }
    let key = piece(key, limits.out, "key")?;
    let mut block = vec![size as u8, key.len() as u8, fanout, depth];
    block.extend_from_slice(&(leaf_size as u32).to_le_bytes());
    block.extend_from_slice(&node_offset.to_le_bytes()[..limits.offset_bytes]);
    block.extend_from_slice(&[node_depth, inner_size as u8]);
    // Salt and personalisation end the block; what is between is reserved.
    block.resize(limits.out - 2 * limits.salt, 0);
    for mut part in [salt, person] {
        part.resize(limits.salt, 0);
        block.extend_from_slice(&part);
    }
    let (hash, width) = if limits.out == B.out {
        (Hash::B(b::Hash::new(&block, last_node)), b::BLOCK)
    } else {
        (Hash::S(s::Hash::new(&block, last_node)), s::BLOCK)
    };
    let mut state = State {
        hash,
        size: size as usize,
    };
    if !key.is_empty() {
        let mut first = key;
        first.resize(width, 0);
        state.update(&first);
    }
    if !data.is_empty() {
        feed(data, |d| state.update(d))?;
    }
    make(t, state)
}
fn copy(v: Value) -> PyResult {
    let copy = state(v)?.clone();
    make(v.ty(), copy)
}
fn digest(v: Value) -> PyResult {
    Ok(bytes::new(&state(v)?.digest()))
}
fn hexdigest(v: Value) -> PyResult {
    Ok(hex(&state(v)?.digest()))
}
fn update(v: Value, data: Value) -> PyResult {
    let state = state(v)?;
    feed(data, |d| state.update(d))?;
    Ok(Ref::none())
}
fn name(v: Value) -> PyResult {
    Ok(Ref::str(match state(v)?.hash {
        Hash::B(_) => B.name,
        Hash::S(_) => S.name,
    }))
}
fn block_size(v: Value) -> PyResult {
    Ok(Ref::int(match state(v)?.hash {
        Hash::B(_) => b::BLOCK,
        Hash::S(_) => s::BLOCK,
    } as i64))
}
fn digest_size(v: Value) -> PyResult {
    Ok(Ref::int(state(v)?.size as i64))
}

pub fn init() -> PyResult {
    let m = module::new("_blake2");
    for (t, limits, prefix) in [
        (ty!(Blake2b_Type), B, "BLAKE2B"),
        (ty!(Blake2s_Type), S, "BLAKE2S"),
    ] {
        module::add_type(m.value(), t)?;
        let d = Value::from_object(t.tp_dict);
        for (name, n) in [
            ("SALT_SIZE", limits.salt),
            ("PERSON_SIZE", limits.salt),
            ("MAX_KEY_SIZE", limits.out),
            ("MAX_DIGEST_SIZE", limits.out),
        ] {
            let n = Ref::int(n as i64);
            dict::set_str(d, name, n.value());
            module::add(m.value(), &format!("{prefix}_{name}"), n);
        }
    }
    Ok(m)
}
