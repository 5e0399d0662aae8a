//! The gamma function and its logarithm, which CPython computes itself by Lanczos' approximation.

use core::f64::consts::PI;

use super::{MathError, MathResult, libm};

#[expect(
    clippy::excessive_precision,
    reason = "the published digits of the approximation"
)]
const LANCZOS_G: f64 = 6.024_680_040_776_729_583_740_234_375;
#[expect(
    clippy::excessive_precision,
    reason = "the published digits of the approximation"
)]
const LANCZOS_G_MINUS_HALF: f64 = 5.524_680_040_776_729_583_740_234_375;
const LOG_PI: f64 = 1.144_729_885_849_400_174_143_427_351_353_058_711_647;

/// Coefficients of the rational function for g = 6.0246..., lowest power first (N = 13).
#[expect(
    clippy::excessive_precision,
    reason = "the published digits of the approximation"
)]
const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_759_688_572_007_674_451_636_754_734_846_804_940,
    42_919_803_642.649_098_768_957_899_047_001_988_850_926_355_848_959,
    35_711_959_237.355_668_049_440_185_451_547_166_705_960_488_635_843,
    17_921_034_426.037_209_699_919_755_754_458_931_112_671_403_265_390,
    6_039_542_586.352_028_005_064_291_644_307_297_921_069_938_842_070_8,
    1_439_720_407.311_721_673_663_223_072_794_912_393_971_548_578_637_2,
    248_874_557.862_054_156_511_460_386_413_229_423_216_321_251_278_01,
    31_426_415.585_400_194_380_614_231_628_318_205_362_874_684_987_640,
    2_876_370.628_935_372_441_225_409_051_620_849_613_599_114_537_876_8,
    186_056.265_395_223_495_040_294_989_716_045_699_282_207_842_363_28,
    8_071.672_002_365_816_210_638_002_902_272_250_613_821_851_632_502_4,
    210.824_277_751_579_345_872_509_733_920_713_362_711_669_695_802_91,
    2.506_628_274_631_000_270_164_908_177_133_837_338_626_431_079_340_8,
];
const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

fn lanczos_sum(x: f64) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    if x < 5.0 {
        for (&n, &d) in NUMERATOR.iter().zip(&DENOMINATOR).rev() {
            numerator = numerator * x + n;
            denominator = denominator * x + d;
        }
    } else {
        // In powers of 1/x, so that large x does not overflow.
        for (&n, &d) in NUMERATOR.iter().zip(&DENOMINATOR) {
            numerator = numerator / x + n;
            denominator = denominator / x + d;
        }
    }
    numerator / denominator
}

/// `sin(pi * x)` for finite x, accurate near its zeros.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let result = match (2.0 * y).round() as i32 {
        0 => libm::sin(PI * y),
        1 => libm::cos(PI * (y - 0.5)),
        2 => libm::sin(PI * (1.0 - y)),
        3 => -libm::cos(PI * (y - 1.5)),
        _ => libm::sin(PI * (y - 2.0)),
    };
    1f64.copysign(x) * result
}

/// `math.gamma`
pub fn gamma(x: f64) -> MathResult {
    if !x.is_finite() {
        return if x == f64::NEG_INFINITY {
            Err(MathError::Domain)
        } else {
            Ok(x)
        };
    }
    if x == x.floor() {
        if x <= 0.0 {
            return Err(MathError::Domain);
        }
        if x <= 23.0 {
            // 22! is the last factorial a double holds exactly.
            return Ok((2..x as u64).map(|k| k as f64).product());
        }
    }
    let size = x.abs();
    if size < 1e-20 {
        let result = 1.0 / x;
        return if result.is_infinite() {
            Err(MathError::Range)
        } else {
            Ok(result)
        };
    }
    if size > 200.0 {
        return if x < 0.0 {
            Ok(0.0 / sin_pi(x))
        } else {
            Err(MathError::Range)
        };
    }
    let y = size + LANCZOS_G_MINUS_HALF;
    // The rounding error of y, so that the power below can be corrected for it.
    let error = if size > LANCZOS_G_MINUS_HALF {
        (y - size) - LANCZOS_G_MINUS_HALF
    } else {
        (y - LANCZOS_G_MINUS_HALF) - size
    };
    let z = error * LANCZOS_G / y;
    let half_power = || libm::pow(y, size / 2.0 - 0.25);
    let mut result;
    if x < 0.0 {
        result = -PI / sin_pi(size) / size * libm::exp(y) / lanczos_sum(size);
        result -= z * result;
        if size < 140.0 {
            result /= libm::pow(y, size - 0.5);
        } else {
            // The whole power would overflow.
            result /= half_power();
            result /= half_power();
        }
    } else {
        result = lanczos_sum(size) / libm::exp(y);
        result += z * result;
        if size < 140.0 {
            result *= libm::pow(y, size - 0.5);
        } else {
            result *= half_power();
            result *= half_power();
        }
    }
    if result.is_infinite() {
        Err(MathError::Range)
    } else {
        Ok(result)
    }
}

/// `math.lgamma`
pub fn lgamma(x: f64) -> MathResult {
    if !x.is_finite() {
        return Ok(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 {
            Err(MathError::Domain)
        } else {
            Ok(0.0)
        };
    }
    let size = x.abs();
    if size < 1e-20 {
        return Ok(-libm::log(size));
    }
    let mut result = libm::log(lanczos_sum(size)) - LANCZOS_G;
    result += (size - 0.5) * (libm::log(size + LANCZOS_G - 0.5) - 1.0);
    if x < 0.0 {
        result = LOG_PI - libm::log(sin_pi(size).abs()) - libm::log(size) - result;
    }
    if result.is_infinite() {
        Err(MathError::Range)
    } else {
        Ok(result)
    }
}
