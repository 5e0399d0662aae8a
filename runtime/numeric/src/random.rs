//! MT19937 as CPython's `_random.Random` uses it.

use crate::int::{Digit, Int, IntRef, SHIFT};

const N: usize = 624;
const M: usize = 397;

/// The generator's state; [`MersenneTwister::state`] is what `Random.getstate()` shows.
#[derive(Clone, Debug)]
pub struct MersenneTwister {
    index: usize,
    state: [u32; N],
}

impl MersenneTwister {
    /// Seeds with one word.
    pub fn from_word(seed: u32) -> MersenneTwister {
        let mut state = [seed; N];
        for i in 1..N {
            let previous = state[i - 1];
            state[i] = 1_812_433_253u32
                .wrapping_mul(previous ^ previous >> 30)
                .wrapping_add(i as u32);
        }
        MersenneTwister { index: N, state }
    }

    /// Seeds with an array of words (`init_by_array`); an empty key counts as one zero word.
    pub fn from_key(key: &[u32]) -> MersenneTwister {
        let key = if key.is_empty() { &[0] } else { key };
        let mut generator = MersenneTwister::from_word(19_650_218);
        let state = &mut generator.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            let previous = state[i - 1];
            state[i] = (state[i] ^ (previous ^ previous >> 30).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            i += 1;
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
            j = (j + 1) % key.len();
        }
        for _ in 0..N - 1 {
            let previous = state[i - 1];
            state[i] = (state[i] ^ (previous ^ previous >> 30).wrapping_mul(1_566_083_941))
                .wrapping_sub(i as u32);
            i += 1;
            if i == N {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        generator
    }

    /// `Random.seed(n)`: the magnitude of `n` in 32-bit words is the key.
    pub fn from_int(seed: IntRef<'_>) -> MersenneTwister {
        let mut key = Vec::with_capacity(seed.digits().len() + 1);
        let (mut acc, mut held) = (0u64, 0);
        for &digit in seed.digits() {
            acc |= u64::from(digit) << held;
            held += SHIFT;
            if held >= 32 {
                key.push(acc as u32);
                acc >>= 32;
                held -= 32;
            }
        }
        if acc != 0 {
            key.push(acc as u32);
        }
        MersenneTwister::from_key(&key)
    }

    /// Restores `setstate()`'s words; `None` if the index is out of range.
    pub fn from_state(words: &[u32; N], index: usize) -> Option<MersenneTwister> {
        (index <= N).then_some(MersenneTwister {
            index,
            state: *words,
        })
    }

    /// The state words and the index of the next one.
    pub fn state(&self) -> (&[u32; N], usize) {
        (&self.state, self.index)
    }

    fn refill(&mut self) {
        for i in 0..N {
            let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
            let twist = if y & 1 == 0 { 0 } else { 0x9908_b0df };
            self.state[i] = self.state[(i + M) % N] ^ y >> 1 ^ twist;
        }
        self.index = 0;
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.index >= N {
            self.refill();
        }
        let mut y = self.state[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// `random()`: 53 bits in `[0, 1)`.
    pub fn random(&mut self) -> f64 {
        let a = f64::from(self.next_u32() >> 5);
        let b = f64::from(self.next_u32() >> 6);
        (a * 67_108_864.0 + b) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `getrandbits(bits)`.
    pub fn bits(&mut self, bits: usize) -> Int {
        let mut digits: Vec<Digit> = Vec::with_capacity(bits / SHIFT as usize + 2);
        let (mut acc, mut held) = (0u64, 0);
        let mut left = bits;
        while left > 0 {
            let mut word = self.next_u32();
            if left < 32 {
                word >>= 32 - left;
            }
            acc |= u64::from(word) << held;
            held += 32;
            while held >= SHIFT {
                digits.push(acc as Digit & crate::int::MASK);
                acc >>= SHIFT;
                held -= SHIFT;
            }
            left = left.saturating_sub(32);
        }
        digits.push(acc as Digit);
        Int::new(false, digits)
    }
}
