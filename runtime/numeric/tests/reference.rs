//! Compares every operation with CPython 3.11's answers.
//!
//! `cases.tsv` is a fixed table; if `/usr/bin/python3.11` (or `$PYRS_REFERENCE_PYTHON`) is there, `generate.py`
//! computes fresh ones. `PYRS_NUMERIC_SEED` and `PYRS_NUMERIC_ROUNDS` choose which and how many.

use std::process::Command;

use pyrs_numeric::complex::{Complex, ComplexError};
use pyrs_numeric::float::{self, FloatPow};
use pyrs_numeric::format::{self, FormatError, FormatErrorKind, Locale, Padded};
use pyrs_numeric::hash::{self, HashSecret};
use pyrs_numeric::int::{self, BytesError, Int, IntRef, ParseError, PowError};
use pyrs_numeric::math::{self, FsumError, Logarithm, MathError, integer};
use pyrs_numeric::random::MersenneTwister;

fn int_of(text: &str) -> Int {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    let values: Vec<u8> = digits
        .chars()
        .map(|c| c.to_digit(16).expect("hexadecimal") as u8)
        .collect();
    Int::from_digit_values(&values, 16).with_sign(negative)
}

fn i64_of(text: &str) -> i64 {
    int_of(text).as_ref().to_i64().expect("fits")
}

fn f64_of(text: &str) -> f64 {
    if text == "nan" {
        f64::NAN
    } else {
        f64::from_bits(u64::from_str_radix(text, 16).expect("bits"))
    }
}

fn complex_of(text: &str) -> Complex {
    let (real, imag) = text.split_once(',').expect("two parts");
    Complex::new(f64_of(real), f64_of(imag))
}

fn bytes_of(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let pair = [bytes.next().expect("digit"), bytes.next().expect("digit")];
            out.push(
                u8::from_str_radix(std::str::from_utf8(&pair).expect("ascii"), 16)
                    .expect("hexadecimal"),
            );
        } else {
            out.push(byte);
        }
    }
    out
}

fn points_of(text: &str) -> Vec<u32> {
    String::from_utf8(bytes_of(text))
        .expect("utf-8")
        .chars()
        .map(u32::from)
        .collect()
}

fn show_text(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if (33..127).contains(&b) && b != b'%' {
                char::from(b).to_string()
            } else {
                format!("%{b:02x}")
            }
        })
        .collect()
}

fn show_int(value: IntRef<'_>) -> String {
    value.to_text(16)
}

fn show_i64(value: i64) -> String {
    show_int(Int::from_i64(value).as_ref())
}

fn show_f64(value: f64) -> String {
    if value.is_nan() {
        "nan".into()
    } else {
        format!("{:016x}", value.to_bits())
    }
}

fn show_complex(value: Complex) -> String {
    format!("{},{}", show_f64(value.real), show_f64(value.imag))
}

fn show_math(result: Result<f64, MathError>) -> String {
    match result {
        Ok(value) => show_f64(value),
        Err(MathError::Domain) => "!ValueError".into(),
        Err(MathError::Range) => "!OverflowError".into(),
    }
}

fn show_complex_result(result: Result<String, ComplexError>) -> String {
    match result {
        Ok(text) => text,
        Err(ComplexError::ZeroDivision) => "!ZeroDivisionError".into(),
        Err(ComplexError::Overflow) => "!OverflowError".into(),
    }
}

fn show_pow(result: Result<Int, PowError>) -> String {
    match result {
        Ok(value) => show_int(value.as_ref()),
        Err(PowError::TooLarge) => "!OverflowError".into(),
        Err(_) => "!ValueError".into(),
    }
}

fn show_format_error(error: &FormatError) -> String {
    let class = match error.kind {
        FormatErrorKind::Value => "ValueError",
        FormatErrorKind::Overflow => "OverflowError",
    };
    format!("!{class}: {}", show_text(&error.message))
}

fn show_padded(result: Result<Padded, FormatError>) -> String {
    match result {
        Ok(padded) => {
            let points: Vec<u32> = padded.code_points().collect();
            let text = padded.into_string().expect("no surrogates");
            assert!(text.chars().map(u32::from).eq(points));
            show_text(&text)
        }
        Err(error) => show_format_error(&error),
    }
}

fn show_option(value: Option<String>, error: &str) -> String {
    value.unwrap_or_else(|| error.to_owned())
}

fn format_str(word: &str, spec: &str) -> String {
    let word: Vec<char> = String::from_utf8(bytes_of(word))
        .expect("utf-8")
        .chars()
        .collect();
    match format::format_str(&points_of(spec), word.len(), "str") {
        Ok(layout) => {
            let fill = char::from_u32(layout.fill)
                .expect("no surrogate")
                .to_string();
            let kept: String = word[..layout.keep].iter().collect();
            show_text(&[fill.repeat(layout.left), kept, fill.repeat(layout.right)].concat())
        }
        Err(error) => show_format_error(&error),
    }
}

fn math1(name: &str, x: f64) -> String {
    if let Some((_, function)) = math::UNARY.iter().find(|(n, _)| *n == name) {
        return show_math(function(x));
    }
    show_math(match name {
        "sqrt" => math::sqrt(x),
        "log1p" => math::log1p(x),
        "gamma" => math::gamma(x),
        "lgamma" => math::lgamma(x),
        "log" => Logarithm::Natural.of(x),
        "log2" => Logarithm::Base2.of(x),
        "log10" => Logarithm::Base10.of(x),
        "ulp" => Ok(math::ulp(x)),
        _ => panic!("unknown function {name}"),
    })
}

fn math2(name: &str, x: f64, y: f64) -> String {
    show_math(match name {
        "pow" => math::pow(x, y),
        "fmod" => math::fmod(x, y),
        "remainder" => math::remainder(x, y),
        "atan2" => Ok(math::libm::atan2(x, y)),
        "nextafter" => Ok(math::libm::nextafter(x, y)),
        _ => panic!("unknown function {name}"),
    })
}

fn random(seed: &str, bits: &str) -> String {
    let mut generator = MersenneTwister::from_int(int_of(seed).as_ref());
    let first = generator.random();
    let wide = generator.bits(i64_of(bits) as usize);
    let word = generator.bits(32);
    let last = (0..700)
        .map(|_| generator.random())
        .last()
        .expect("not empty");
    format!(
        "{},{},{},{}",
        show_f64(first),
        show_int(wide.as_ref()),
        show_int(word.as_ref()),
        show_f64(last)
    )
}

fn small_word(value: IntRef<'_>) -> u16 {
    value
        .to_u64()
        .and_then(|v| u16::try_from(v).ok())
        .expect("16 bits")
}

fn run_int(op: &str, args: &[&str]) -> Option<String> {
    let zero_division = "!ZeroDivisionError";
    let values: Vec<Int> = args.iter().map(|a| int_of(a)).collect();
    let a = values[0].as_ref();
    let b = values.get(1).map_or(IntRef::ZERO, Int::as_ref);
    let small = || b.to_u64().expect("small");
    let int = |value: Int| Some(show_int(value.as_ref()));
    match op {
        "add" => int(a.add(b)),
        "sub" => int(a.sub(b)),
        "mul" if args[0] == args[1] => int(a.square()),
        "mul" => int(a.mul(b)),
        "divmod" => {
            let pair = a
                .divmod(b)
                .map(|(q, r)| format!("{},{}", show_int(q.as_ref()), show_int(r.as_ref())));
            Some(show_option(pair, zero_division))
        }
        "modulo" => Some(show_option(
            a.modulo(b).map(|r| show_int(r.as_ref())),
            zero_division,
        )),
        "and" => int(a.bit_and(b)),
        "or" => int(a.bit_or(b)),
        "xor" => int(a.bit_xor(b)),
        "invert" => int(a.invert()),
        "compare" => Some(show_i64(a.cmp(&b) as i64)),
        "shl" => int(a.shl(small()).expect("addressable")),
        "shr" => int(a.shr(small())),
        "bits" => Some(format!(
            "{},{}",
            show_i64(a.bit_length() as i64),
            show_i64(a.bit_count() as i64)
        )),
        "gcd" => int(int::gcd(a, b)),
        "lcm" => int(integer::lcm(a, b)),
        "isqrt" => int(int::isqrt(a).expect("not negative")),
        "pow" => Some(show_pow(int::pow(a, b))),
        "mod_pow" => Some(show_pow(int::mod_pow(a, b, values[2].as_ref()))),
        "int_float" => Some(a.to_f64().map_or("!OverflowError".into(), show_f64)),
        "true_divide" if b.is_zero() => Some(zero_division.into()),
        "true_divide" => Some(int::true_divide(a, b).map_or("!OverflowError".into(), show_f64)),
        "round_int" => int(a.round_to_power_of_ten(small())?),
        "unpack_half" => Some(show_f64(float::half::unpack(small_word(a)))),
        "hash_int" => Some(show_i64(a.hash())),
        "factorial" => int(integer::factorial(a.to_u64().expect("small"))),
        "comb" => int(integer::comb(a, small())),
        "perm" => int(integer::perm(a, small())),
        "log_int" => {
            let logs = [Logarithm::Natural, Logarithm::Base2, Logarithm::Base10]
                .map(|l| show_math(l.of_int(a)));
            Some(if logs[0].starts_with('!') {
                logs[0].clone()
            } else {
                logs.join(",")
            })
        }
        "to_bytes" => {
            let mut out = vec![0; small() as usize];
            Some(match a.to_bytes(&mut out, args[2] == "1", args[3] == "1") {
                Ok(()) => out
                    .iter()
                    .fold("b".to_owned(), |text, b| text + &format!("{b:02x}")),
                Err(BytesError::TooBig) => {
                    format!("!OverflowError: {}", show_text("int too big to convert"))
                }
                Err(BytesError::Negative) => {
                    format!(
                        "!OverflowError: {}",
                        show_text("can't convert negative int to unsigned")
                    )
                }
            })
        }
        "str" if args[1] == "a" => Some(a.to_decimal(0).expect("no limit")),
        "str" => Some(a.to_text(small() as u32)),
        "hash_pointer" => Some(show_i64(hash::hash_pointer(
            a.to_u64().expect("address") as usize
        ))),
        "random" => Some(random(args[0], args[1])),
        "hash_tuple" => Some(show_i64(hash::hash_tuple(
            &args.iter().map(|a| i64_of(a)).collect::<Vec<_>>(),
        ))),
        "hash_frozenset" => Some(show_i64(hash::hash_frozenset(
            args.iter().map(|a| i64_of(a)),
        ))),
        _ => None,
    }
}

fn run_float(op: &str, args: &[&str]) -> Option<String> {
    let x = f64_of(args[0]);
    let y = || f64_of(args[1]);
    let pair = |(a, b): (f64, f64)| format!("{},{}", show_f64(a), show_f64(b));
    let not_finite = if x.is_nan() {
        "!ValueError"
    } else {
        "!OverflowError"
    };
    Some(match op {
        "repr" => show_text(&float::repr(x)),
        "hex" => show_text(&float::hex::to_hex(x)),
        "hash_float" => show_i64(hash::hash_f64(x).expect("not NaN")),
        "ratio" => show_option(
            float::as_integer_ratio(x)
                .map(|(n, d)| format!("{},{}", show_int(n.as_ref()), show_int(d.as_ref()))),
            not_finite,
        ),
        "trunc" => show_option(Int::from_f64(x).map(|i| show_int(i.as_ref())), not_finite),
        "round" => float::round(x, i64_of(args[1])).map_or("!OverflowError".into(), show_f64),
        "format_float" => show_padded(format::format_float(
            &points_of(args[1]),
            x,
            "float",
            &Locale::c(),
        )),
        "frexp" => {
            let (fraction, exponent) = math::frexp(x);
            format!("{},{}", show_f64(fraction), show_i64(i64::from(exponent)))
        }
        "modf" => pair(math::modf(x)),
        "ldexp" => show_math(math::ldexp(x, i64_of(args[1]))),
        "float_divmod" => show_option(float::divmod(x, y()).map(pair), "!ZeroDivisionError"),
        "float_mod" => show_option(float::modulo(x, y()).map(show_f64), "!ZeroDivisionError"),
        "float_pow" => match float::pow(x, y()) {
            FloatPow::Value(value) => show_f64(value),
            FloatPow::ZeroToNegative => "!ZeroDivisionError".into(),
            FloatPow::Complex => "!ValueError".into(),
            FloatPow::Overflow => "!OverflowError".into(),
        },
        _ => return None,
    })
}

fn run_complex(op: &str, args: &[&str]) -> Option<String> {
    let z = complex_of(args[0]);
    let u = || complex_of(args[1]);
    Some(match op {
        "complex_repr" => show_text(&z.repr()),
        "complex_mul" => show_complex(z.mul(u())),
        "complex_div" => show_complex_result(z.div(u()).map(show_complex)),
        "complex_pow" => show_complex_result(z.pow(u()).map(show_complex)),
        "complex_abs" => show_complex_result(z.abs().map(show_f64)),
        "complex_phase" => show_complex_result(z.phase().map(show_f64)),
        "complex_hash" => {
            let part = |x| hash::hash_f64(x).expect("not NaN");
            show_i64(hash::hash_complex(part(z.real), part(z.imag)))
        }
        "format_complex" => show_padded(format::format_complex(
            &points_of(args[1]),
            z,
            "complex",
            &Locale::c(),
        )),
        _ => return None,
    })
}

fn run(op: &str, args: &[&str]) -> String {
    let floats = || args.iter().map(|a| f64_of(a)).collect::<Vec<_>>();
    match op {
        "hash_str" => {
            let seed = u32::from_str_radix(args[0], 16).expect("seed");
            show_i64(HashSecret::from_seed(seed).hash_bytes(&bytes_of(args[1])))
        }
        "compare_float" => {
            let order = int_of(args[0]).as_ref().compare_f64(f64_of(args[1]));
            show_i64(order.map_or(2, |o| o as i64))
        }
        "pack_half" => match float::half::pack(f64_of(args[0])) {
            Some(word) => show_i64(i64::from(word)),
            None => "!OverflowError".into(),
        },
        "from_bytes" => {
            let raw: Vec<u8> = (1..args[0].len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&args[0][i..i + 2], 16).expect("byte"))
                .collect();
            show_int(Int::from_bytes(&raw, args[1] == "1", args[2] == "1").as_ref())
        }
        "parse_int" => match Int::parse(&bytes_of(args[0]), i64_of(args[1]) as u32, 0) {
            Ok(value) => show_int(value.as_ref()),
            Err(ParseError::Invalid | ParseError::TooManyDigits(_)) => "!ValueError".into(),
        },
        "parse_float" => show_option(
            float::parse(&bytes_of(args[0])).map(show_f64),
            "!ValueError",
        ),
        "parse_complex" => show_option(
            Complex::parse(&bytes_of(args[0])).map(show_complex),
            "!ValueError",
        ),
        "from_hex" => match float::hex::from_hex(&bytes_of(args[0])) {
            Ok(value) => show_f64(value),
            Err(float::hex::HexError::Invalid) => "!ValueError".into(),
            Err(float::hex::HexError::Overflow) => "!OverflowError".into(),
        },
        "format_int" => show_padded(format::format_int(
            &points_of(args[1]),
            int_of(args[0]).as_ref(),
            "int",
            &Locale::c(),
        )),
        "format_str" => format_str(args[0], args[1]),
        "math1" => math1(args[0], f64_of(args[1])),
        "math2" => math2(args[0], f64_of(args[1]), f64_of(args[2])),
        "hypot" => show_f64(math::hypot(&mut floats())),
        "dist" => {
            let points = floats();
            let (p, q) = points.split_at(points.len() / 2);
            show_f64(math::dist(p, q))
        }
        "fsum" => {
            let mut sum = math::Fsum::default();
            match floats()
                .into_iter()
                .try_for_each(|x| sum.push(x))
                .and_then(|()| sum.finish())
            {
                Ok(value) => show_f64(value),
                Err(FsumError::Overflow) => {
                    format!(
                        "!OverflowError: {}",
                        show_text("intermediate overflow in fsum")
                    )
                }
                Err(FsumError::OppositeInfinities) => {
                    format!("!ValueError: {}", show_text("-inf + inf in fsum"))
                }
            }
        }
        "hash_tuple" if args.is_empty() => show_i64(hash::hash_tuple(&[])),
        "hash_frozenset" if args.is_empty() => show_i64(hash::hash_frozenset([])),
        _ if op.starts_with("complex_") || op == "format_complex" => {
            run_complex(op, args).unwrap_or_else(|| panic!("unknown operation {op}"))
        }
        "repr" | "hex" | "hash_float" | "ratio" | "trunc" | "round" | "format_float" | "frexp"
        | "modf" | "ldexp" | "float_divmod" | "float_mod" | "float_pow" => {
            run_float(op, args).unwrap_or_else(|| panic!("unknown operation {op}"))
        }
        _ => run_int(op, args).unwrap_or_else(|| panic!("unknown operation {op}")),
    }
}

fn check(table: &str) {
    let mut failures = Vec::new();
    let mut count = 0;
    for line in table.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (Some((op, rest)), Some(expected)) = (fields.split_first(), fields.last()) else {
            continue;
        };
        let args = &rest[..rest.len() - 1];
        let got = run(op, args);
        count += 1;
        if got != *expected {
            failures.push(format!(
                "{op} {}\n   got {got}\n  want {expected}",
                args.join(" ")
            ));
        }
    }
    assert!(count > 0, "no cases");
    let shown: Vec<String> = failures
        .iter()
        .take(60)
        .map(|f| f.chars().take(600).collect())
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {count} differ:\n{}",
        failures.len(),
        shown.join("\n")
    );
}

#[test]
fn fixed_cases() {
    check(include_str!("cases.tsv"));
}

#[test]
fn fresh_cases() {
    let python =
        std::env::var("PYRS_REFERENCE_PYTHON").unwrap_or_else(|_| "/usr/bin/python3.11".into());
    let seed =
        std::env::var("PYRS_NUMERIC_SEED").unwrap_or_else(|_| std::process::id().to_string());
    let rounds = std::env::var("PYRS_NUMERIC_ROUNDS").unwrap_or_else(|_| "30".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/generate.py");
    let Ok(output) = Command::new(python).args([script, &seed, &rounds]).output() else {
        eprintln!("no reference interpreter: skipped");
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("seed {seed}");
    check(&String::from_utf8(output.stdout).expect("utf-8"));
}
