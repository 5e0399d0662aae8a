//! `& | ^ ~` with the semantics of infinite two's complement on sign-magnitude digits.

use super::{Digit, Int, IntRef, MASK, SHIFT, Written, normalized_len, ops};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOp {
    And,
    Or,
    Xor,
}

/// Digits that [`bit_op_into`] may write.
pub fn bit_op_size(a: IntRef<'_>, b: IntRef<'_>) -> usize {
    a.digits.len().max(b.digits.len()) + 1
}

/// Two's complement digits of a sign-magnitude number, one at a time from the lowest.
struct Complement<'a> {
    value: IntRef<'a>,
    index: usize,
    carry: Digit,
}

impl<'a> Complement<'a> {
    fn new(value: IntRef<'a>) -> Self {
        Complement {
            value,
            index: 0,
            carry: 1,
        }
    }

    fn next(&mut self) -> Digit {
        let digit = self.value.digits.get(self.index).copied().unwrap_or(0);
        self.index += 1;
        if !self.value.negative {
            return digit;
        }
        let flipped = (digit ^ MASK) + self.carry;
        self.carry = flipped >> SHIFT;
        flipped & MASK
    }
}

/// `a op b`; `out` has at least [`bit_op_size`] digits.
pub fn bit_op_into(op: BitOp, a: IntRef<'_>, b: IntRef<'_>, out: &mut [Digit]) -> Written {
    let apply = |x: Digit, y: Digit| match op {
        BitOp::And => x & y,
        BitOp::Or => x | y,
        BitOp::Xor => x ^ y,
    };
    let negative = apply(Digit::from(a.negative), Digit::from(b.negative)) == 1;
    // A non-negative operand bounds an `and`: nothing above its digits survives.
    let size = match (op, a.negative, b.negative) {
        (BitOp::And, false, false) => a.digits.len().min(b.digits.len()),
        (BitOp::And, false, true) => a.digits.len(),
        (BitOp::And, true, false) => b.digits.len(),
        _ => a.digits.len().max(b.digits.len()) + usize::from(negative),
    };
    let out = &mut out[..size];
    let (mut x, mut y) = (Complement::new(a), Complement::new(b));
    let mut carry = 1;
    for slot in out.iter_mut() {
        let digit = apply(x.next(), y.next());
        *slot = if negative {
            let flipped = (digit ^ MASK) + carry;
            carry = flipped >> SHIFT;
            flipped & MASK
        } else {
            digit
        };
    }
    let len = normalized_len(out);
    Written {
        len,
        negative: negative && len != 0,
    }
}

impl IntRef<'_> {
    fn bit_op(self, op: BitOp, other: IntRef<'_>) -> Int {
        ops::owned(bit_op_size(self, other), |out| {
            bit_op_into(op, self, other, out)
        })
    }

    pub fn bit_and(self, other: IntRef<'_>) -> Int {
        self.bit_op(BitOp::And, other)
    }

    pub fn bit_or(self, other: IntRef<'_>) -> Int {
        self.bit_op(BitOp::Or, other)
    }

    pub fn bit_xor(self, other: IntRef<'_>) -> Int {
        self.bit_op(BitOp::Xor, other)
    }

    /// `~self`, which is `-(self + 1)`.
    pub fn invert(self) -> Int {
        let next = self.add(IntRef::ONE);
        let negative = !next.is_negative();
        next.with_sign(negative)
    }
}
