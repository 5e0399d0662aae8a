//! CPython's hash functions: the modulus of numbers, SipHash-1-3 of strings, tuples, frozen sets and pointers.

/// Bits of the numeric hash modulus.
pub const HASH_BITS: u32 = 61;
/// `sys.hash_info.modulus`.
pub const HASH_MODULUS: u64 = (1 << HASH_BITS) - 1;
/// `sys.hash_info.inf`.
pub const HASH_INF: i64 = 314_159;
/// `sys.hash_info.imag`.
pub const HASH_IMAG: u64 = 1_000_003;

/// -1 is the error return of `tp_hash`, so no value hashes to it.
const fn avoid_error(hash: u64) -> i64 {
    if hash == u64::MAX { -2 } else { hash as i64 }
}

/// The key of the string hash, CPython's `_Py_HashSecret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashSecret {
    pub k0: u64,
    pub k1: u64,
    /// What C finds behind the key, for other algorithms and for expat.
    pub rest: u64,
}

impl HashSecret {
    /// Bytes CPython fills.
    pub const SIZE: usize = 24;

    /// The secret that `PYTHONHASHSEED=seed` gives; 0 switches randomization off.
    pub fn from_seed(seed: u32) -> HashSecret {
        let mut bytes = [0; Self::SIZE];
        if seed != 0 {
            lcg_urandom(seed, &mut bytes);
        }
        HashSecret::from_bytes(&bytes)
    }

    /// The secret from random bytes.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> HashSecret {
        let word = |at: usize| {
            (0..8)
                .rev()
                .fold(0, |acc, i| acc << 8 | u64::from(bytes[at + i]))
        };
        HashSecret {
            k0: word(0),
            k1: word(8),
            rest: word(16),
        }
    }

    /// `_Py_HashBytes`: the hash of `bytes`, and of the character data of `str`.
    pub fn hash_bytes(&self, bytes: &[u8]) -> i64 {
        if bytes.is_empty() {
            0
        } else {
            avoid_error(siphash13(self.k0, self.k1, bytes))
        }
    }
}

/// The linear congruential generator that stretches `PYTHONHASHSEED`.
pub fn lcg_urandom(seed: u32, out: &mut [u8]) {
    let mut x = seed;
    for slot in out {
        x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
        *slot = (x >> 16) as u8;
    }
}

/// SipHash with one compression and three finalization rounds.
pub fn siphash13(k0: u64, k1: u64, bytes: &[u8]) -> u64 {
    #[inline(always)]
    fn round(v: &mut [u64; 4]) {
        v[0] = v[0].wrapping_add(v[1]);
        v[2] = v[2].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[1]);
        v[0] = v[0].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].rotate_left(32);
    }
    let mut v = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let last =
        tail.iter().rev().fold(0, |acc, &b| acc << 8 | u64::from(b)) | (bytes.len() as u64) << 56;
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

/// The hash of a tuple from its items' hashes, fed one at a time (xxHash's 64-bit mixing).
#[derive(Clone, Copy, Debug)]
pub struct TupleHasher {
    acc: u64,
    len: u64,
}

impl TupleHasher {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;

    pub const fn new() -> TupleHasher {
        TupleHasher {
            acc: Self::PRIME_5,
            len: 0,
        }
    }

    pub const fn push(&mut self, item_hash: i64) {
        let mixed = self
            .acc
            .wrapping_add((item_hash as u64).wrapping_mul(Self::PRIME_2));
        self.acc = mixed.rotate_left(31).wrapping_mul(Self::PRIME_1);
        self.len += 1;
    }

    pub const fn finish(self) -> i64 {
        let acc = self
            .acc
            .wrapping_add(self.len ^ (Self::PRIME_5 ^ 3_527_539));
        if acc == u64::MAX {
            1_546_275_796
        } else {
            acc as i64
        }
    }
}

impl Default for TupleHasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash of a tuple whose items have these hashes.
pub fn hash_tuple(item_hashes: &[i64]) -> i64 {
    let mut hasher = TupleHasher::new();
    item_hashes.iter().for_each(|&h| hasher.push(h));
    hasher.finish()
}

/// The hash of a frozen set, independent of the order of its elements (`collections.abc.Set._hash` differs).
pub fn hash_frozenset(element_hashes: impl IntoIterator<Item = i64>) -> i64 {
    let (mut hash, mut count) = (0u64, 0u64);
    for element in element_hashes {
        let h = element as u64;
        // Nearby hashes must not cancel each other.
        hash ^= ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
        count += 1;
    }
    hash ^= count.wrapping_add(1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
    if hash == u64::MAX {
        590_923_713
    } else {
        hash as i64
    }
}

/// The hash of an object by its address, whose low bits are always zero.
pub const fn hash_pointer(address: usize) -> i64 {
    avoid_error((address as u64).rotate_right(4))
}

/// The hash of a double, `None` for NaN (which hashes by address).
pub fn hash_f64(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { HASH_INF } else { -HASH_INF });
    }
    let (mantissa, exponent) = crate::int::decompose(value);
    if mantissa == 0 {
        return Some(0);
    }
    // mantissa * 2^exponent modulo 2^61 - 1: the power of two is a rotation.
    let shift = exponent.rem_euclid(HASH_BITS as i32) as u32;
    let reduced = mantissa % HASH_MODULUS;
    let rotated = (reduced << shift & HASH_MODULUS) | reduced >> (HASH_BITS - shift);
    let hash = if value < 0.0 {
        -(rotated as i64)
    } else {
        rotated as i64
    };
    Some(if hash == -1 { -2 } else { hash })
}

/// The hash of a complex number from the hashes of its parts.
pub const fn hash_complex(real_hash: i64, imag_hash: i64) -> i64 {
    avoid_error((real_hash as u64).wrapping_add(HASH_IMAG.wrapping_mul(imag_hash as u64)))
}
