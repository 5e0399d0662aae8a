//! `_statistics`: the inverse of the normal distribution (Wichura's algorithm AS241).

use pyrs_object::{PyResult, Ref, Value, check_positional, methods, module, ops, raise};

/// Horner's rule, highest coefficient first.
fn polynomial(x: f64, coefficients: [f64; 8]) -> f64 {
    coefficients[1..]
        .iter()
        .fold(coefficients[0], |acc, c| acc * x + c)
}

fn inv_cdf(p: f64, mu: f64, sigma: f64) -> Option<f64> {
    if p <= 0.0 || p >= 1.0 || sigma <= 0.0 {
        return None;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let num = polynomial(
            r,
            [
                2.509_080_928_730_122_672_7e+3,
                3.343_057_558_358_812_810_5e+4,
                6.726_577_092_700_870_085_3e+4,
                4.592_195_393_154_987_145_7e+4,
                1.373_169_376_550_946_112_5e+4,
                1.971_590_950_306_551_442_7e+3,
                1.331_416_678_917_843_774_5e+2,
                3.387_132_872_796_366_608_0e+0,
            ],
        ) * q;
        let den = polynomial(
            r,
            [
                5.226_495_278_852_854_561_0e+3,
                2.872_908_573_572_194_267_4e+4,
                3.930_789_580_009_271_061_0e+4,
                2.121_379_430_158_659_586_7e+4,
                5.394_196_021_424_751_107_7e+3,
                6.871_870_074_920_579_083_0e+2,
                4.231_333_070_160_091_125_2e+1,
                1.0,
            ],
        );
        return Some(mu + num / den * sigma);
    }
    let r = (-pyrs_numeric::math::libm::log(if q <= 0.0 { p } else { 1.0 - p })).sqrt();
    let x = if r <= 5.0 {
        let r = r - 1.6;
        polynomial(
            r,
            [
                7.745_450_142_783_414_076_40e-4,
                2.272_384_498_926_918_458_33e-2,
                2.417_807_251_774_506_117_70e-1,
                1.270_458_252_452_368_382_58e+0,
                3.647_848_324_763_204_605_04e+0,
                5.769_497_221_460_691_405_50e+0,
                4.630_337_846_156_545_295_90e+0,
                1.423_437_110_749_683_577_34e+0,
            ],
        ) / polynomial(
            r,
            [
                1.050_750_071_644_416_843_24e-9,
                5.475_938_084_995_344_946_00e-4,
                1.519_866_656_361_645_719_66e-2,
                1.481_039_764_274_800_745_90e-1,
                6.897_673_349_851_000_045_50e-1,
                1.676_384_830_183_803_849_40e+0,
                2.053_191_626_637_758_821_87e+0,
                1.0,
            ],
        )
    } else {
        let r = r - 5.0;
        polynomial(
            r,
            [
                2.010_334_399_292_288_132_65e-7,
                2.711_555_568_743_487_578_15e-5,
                1.242_660_947_388_078_438_60e-3,
                2.653_218_952_657_612_309_30e-2,
                2.965_605_718_285_048_912_30e-1,
                1.784_826_539_917_291_335_80e+0,
                5.463_784_911_164_114_369_90e+0,
                6.657_904_643_501_103_777_20e+0,
            ],
        ) / polynomial(
            r,
            [
                2.044_263_103_389_939_785_64e-15,
                1.421_511_758_316_445_888_70e-7,
                1.846_318_317_510_054_681_80e-5,
                7.868_691_311_456_132_591_00e-4,
                1.487_536_129_085_061_485_25e-2,
                1.369_298_809_227_358_053_10e-1,
                5.998_322_065_558_879_376_90e-1,
                1.0,
            ],
        )
    };
    let x = if q < 0.0 { -x } else { x };
    Some(mu + x * sigma)
}

fn normal_dist_inv_cdf(_: Value, args: &[Value]) -> PyResult {
    check_positional("_normal_dist_inv_cdf", args.len(), 3, 3)?;
    let (p, mu, sigma) = (
        ops::as_f64(args[0])?,
        ops::as_f64(args[1])?,
        ops::as_f64(args[2])?,
    );
    match inv_cdf(p, mu, sigma) {
        Some(x) => Ok(Ref::float(x)),
        None => Err(raise!(ValueError, "inv_cdf undefined for these parameters")),
    }
}

methods! { static FUNCTIONS = [
    "_normal_dist_inv_cdf" FAST normal_dist_inv_cdf, "_normal_dist_inv_cdf($module, p, mu, sigma, /)\n--\n\n";
] }

pub fn init() -> PyResult {
    let m = module::new("_statistics");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}

#[cfg(test)]
mod tests {
    use super::inv_cdf;

    #[test]
    fn agrees_with_cpython() {
        for (p, expected) in [
            (0.3, -0.524_400_512_708_040_7),
            (0.001, -3.090_232_306_167_813),
            (1e-20, -9.262_340_089_798_405),
            (0.975, 1.959_963_984_540_053_6),
        ] {
            assert_eq!(inv_cdf(p, 0.0, 1.0), Some(expected), "{p}");
        }
        assert_eq!(inv_cdf(0.0, 0.0, 1.0), None);
    }
}
