//! Functions of floats that compiled code calls directly: powers and those of `math`.
//!
//! They take and give raw doubles. What the interpreter would raise for is a NaN here, and a result that is not finite makes
//! the code leave: the interpreter then does the whole instruction and raises what CPython does.

use crate::{Kind, Recorder, Res, Stop};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_numeric::math::{self, Logarithm};
use pyrs_object::Value;

macro_rules! functions {
    ($unary:ident: $($name:literal $f:expr;)*) => {
        /// Functions of one float: name, address, and the function itself.
        pub(crate) static $unary: &[(&str, extern "C" fn(f64) -> f64)] = &[$(($name, {
            extern "C" fn call(x: f64) -> f64 {
                ($f)(x).unwrap_or(f64::NAN)
            }
            call
        }),)*];
    };
}
functions! { UNARY:
    "acos" math::acos; "asin" math::asin; "atan" math::atan; "cos" math::cos; "cosh" math::cosh; "exp" math::exp;
    "expm1" math::expm1; "log" |x| Logarithm::Natural.of(x); "log10" |x| Logarithm::Base10.of(x);
    "log2" |x| Logarithm::Base2.of(x); "sin" math::sin; "sinh" math::sinh; "tan" math::tan; "tanh" math::tanh;
}

/// Functions of two floats: name and function. The first is the operator.
pub(crate) static BINARY: &[(&str, extern "C" fn(f64, f64) -> f64)] = &[
    ("**", power),
    ("pow", math_pow),
    ("fmod", math_fmod),
    ("atan2", math_atan2),
];

extern "C" fn power(x: f64, y: f64) -> f64 {
    match pyrs_numeric::float::pow(x, y) {
        pyrs_numeric::float::FloatPow::Value(r) => r,
        _ => f64::NAN,
    }
}
extern "C" fn math_pow(x: f64, y: f64) -> f64 {
    math::pow(x, y).unwrap_or(f64::NAN)
}
extern "C" fn math_fmod(x: f64, y: f64) -> f64 {
    math::fmod(x, y).unwrap_or(f64::NAN)
}

extern "C" fn math_atan2(y: f64, x: f64) -> f64 {
    math::libm::atan2(y, x)
}

fn number(v: Value) -> Option<f64> {
    v.as_float().or_else(|| v.as_int().map(|n| n as f64))
}

impl Recorder<'_> {
    /// A function of `math` whose arguments are numbers and whose result is finite now.
    pub(crate) fn math_function(
        &mut self,
        name: &str,
        args: &[ValueId],
        values: &[Value],
    ) -> Res<Option<ValueId>> {
        let (helper, now) = match *values {
            [x] => {
                let Some(n) = UNARY.iter().position(|(f, _)| *f == name) else {
                    return Ok(None);
                };
                (self.env.h.float_unary[n], number(x).map(|x| UNARY[n].1(x)))
            }
            [x, y] => {
                let Some(n) = BINARY.iter().position(|(f, _)| *f == name) else {
                    return Ok(None);
                };
                let both = number(x).zip(number(y));
                (
                    self.env.h.float_binary[n],
                    both.map(|(x, y)| BINARY[n].1(x, y)),
                )
            }
            _ => return Ok(None),
        };
        if !now.is_some_and(f64::is_finite) {
            return Ok(None);
        }
        let mut raw = Vec::new();
        for (a, v) in args.iter().zip(values) {
            raw.push(match self.kind_of(*a, *v) {
                Kind::Float => self.b.as_float(*a),
                Kind::Int => {
                    let n = self.b.as_int(*a);
                    self.b.op(Op::I2F, &[n])
                }
                _ => return Ok(None),
            });
        }
        self.finite(helper, &raw).map(Some)
    }
    /// `x ** y` of floats, if that is finite now; they are `now`.
    pub(crate) fn float_power(
        &mut self,
        x: ValueId,
        y: ValueId,
        now: (Value, Value),
    ) -> Res<Option<ValueId>> {
        let both = number(now.0).zip(number(now.1));
        if !both.is_some_and(|(x, y)| power(x, y).is_finite()) {
            return Ok(None);
        }
        self.finite(self.env.h.float_binary[0], &[x, y]).map(Some)
    }
    fn finite(&mut self, helper: pyrs_jit_ir::tables::HelperId, args: &[ValueId]) -> Res<ValueId> {
        let r = self.b.call(helper, args).ok_or(Stop::Abort("no result"))?;
        let nothing = self.b.op(Op::FSub, &[r, r]);
        let zero = self.b.float_const(0.0);
        let finite = self.b.op(Op::FEq, &[nothing, zero]);
        self.b.guard(Op::GuardTrue, &[finite], Imm::None);
        Ok(r)
    }
}
