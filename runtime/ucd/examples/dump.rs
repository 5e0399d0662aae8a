//! Prints every property of every code point for tools/compare.py, and answers its queries.
//!
//! `dump chars` writes one line a code point; `dump text` reads lines of hexadecimal code points
//! and writes what the string functions make of them.

use std::io::{BufRead, Write};

use pyrs_ucd::{self as ucd, Form, legacy};

fn hex(text: &[u32]) -> String {
    text.iter()
        .map(|c| format!("{c:x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn number(value: Option<f64>) -> String {
    value.map_or("None".into(), |v| format!("{:016x}", v.to_bits()))
}

fn digit(value: Option<u8>) -> String {
    value.map_or("None".into(), |v| v.to_string())
}

fn chars(out: &mut impl Write) -> std::io::Result<()> {
    let tests: [fn(u32) -> bool; 15] = [
        ucd::is_alpha,
        ucd::is_decimal,
        ucd::is_digit,
        ucd::is_numeric,
        ucd::is_alnum,
        ucd::is_space,
        ucd::is_printable,
        ucd::is_upper,
        ucd::is_lower,
        ucd::is_title,
        ucd::is_cased,
        ucd::is_case_ignorable,
        ucd::is_xid_start,
        ucd::is_xid_continue,
        ucd::is_linebreak,
    ];
    for c in 0..0x11_0000 {
        let flags: String = tests
            .iter()
            .map(|test| if test(c) { '1' } else { '0' })
            .collect();
        let one = [c];
        let fields = [
            flags,
            format!("{:x}", ucd::to_lower(c)),
            hex(ucd::to_lower_full(c).as_slice()),
            hex(ucd::to_upper_full(c).as_slice()),
            hex(ucd::to_title_full(c).as_slice()),
            hex(ucd::to_casefold_full(c).as_slice()),
            hex(&ucd::swapcase_str(&one)),
            digit(ucd::decimal_value(c)),
            digit(ucd::digit_value(c)),
            number(ucd::numeric_value(c)),
            ucd::category(c).into(),
            ucd::bidirectional(c).into(),
            ucd::combining(c).to_string(),
            u8::from(ucd::mirrored(c)).to_string(),
            ucd::east_asian_width(c).into(),
            ucd::decomposition(c),
            ucd::name(c).unwrap_or_default(),
            digit(legacy::decimal_value(c)),
            digit(legacy::digit_value(c)),
            number(legacy::numeric_value(c)),
            legacy::category(c).into(),
            legacy::bidirectional(c).into(),
            legacy::combining(c).to_string(),
            u8::from(legacy::mirrored(c)).to_string(),
            legacy::east_asian_width(c).into(),
            legacy::decomposition(c),
            legacy::name(c).unwrap_or_default(),
        ];
        writeln!(out, "{}", fields.join("|"))?;
    }
    Ok(())
}

fn text(out: &mut impl Write) -> std::io::Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if let Some(name) = line.strip_prefix('?') {
            let found = match ucd::lookup(name) {
                None => String::new(),
                Some(ucd::Found::Char(c)) => hex(&[c]),
                Some(ucd::Found::Sequence(s)) => hex(&s),
            };
            writeln!(out, "{found}")?;
            continue;
        }
        let s: Vec<u32> = line
            .split(' ')
            .filter_map(|c| u32::from_str_radix(c, 16).ok())
            .collect();
        let mut fields = vec![
            hex(&ucd::lower_str(&s)),
            hex(&ucd::upper_str(&s)),
            hex(&ucd::title_str(&s)),
            hex(&ucd::capitalize_str(&s)),
            hex(&ucd::casefold_str(&s)),
            hex(&ucd::swapcase_str(&s)),
            u8::from(ucd::is_identifier(s.iter().copied())).to_string(),
        ];
        for form in [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd] {
            fields.push(hex(&ucd::normalize(form, &s)));
            fields.push(hex(&legacy::normalize(form, &s)));
            fields.push(u8::from(ucd::is_normalized(form, &s)).to_string());
            fields.push(u8::from(legacy::is_normalized(form, &s)).to_string());
        }
        writeln!(out, "{}", fields.join("|"))?;
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match std::env::args().nth(1).as_deref() {
        Some("chars") => chars(&mut out),
        Some("text") => text(&mut out),
        _ => writeln!(out, "usage: dump chars|text"),
    }
}
