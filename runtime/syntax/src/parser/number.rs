//! Number tokens to constants.

use super::{Parser, R, Stop};
use crate::ast::{Constant, Expr, ExprKind};
use crate::token::Token;

/// Digits CPython counts against the limit, or `None` if the literal is no decimal integer.
fn decimal_digits(text: &[u8]) -> Option<usize> {
    if text.iter().all(|c| c.is_ascii_digit() || *c == b'_') {
        Some(text.iter().filter(|c| **c != b'_').count())
    } else {
        None
    }
}

/// The number of digits of an integer literal that is beyond the limit.
pub(crate) fn too_many_digits(text: &[u8], limit: usize) -> Option<usize> {
    if limit == 0 || text.len() <= limit {
        return None;
    }
    decimal_digits(text).filter(|&digits| digits > limit)
}

pub(crate) fn parse_number(text: &[u8]) -> Option<Constant> {
    let clean: String = text
        .iter()
        .filter(|c| **c != b'_')
        .map(|&c| char::from(c.to_ascii_lowercase()))
        .collect();
    if let Some(rest) = clean.strip_prefix('0') {
        let radix = match rest.as_bytes().first() {
            Some(b'x') => 16,
            Some(b'o') => 8,
            Some(b'b') => 2,
            _ => 0,
        };
        if radix != 0 {
            return Some(match i64::from_str_radix(&rest[1..], radix) {
                Ok(value) => Constant::Int(value),
                Err(_) => Constant::BigInt(clean.into_boxed_str()),
            });
        }
    }
    if let Some(imaginary) = clean.strip_suffix('j') {
        return imaginary.parse().ok().map(Constant::Complex);
    }
    if clean.bytes().all(|c| c.is_ascii_digit()) {
        return Some(match clean.parse() {
            Ok(value) => Constant::Int(value),
            Err(_) => Constant::BigInt(clean.into_boxed_str()),
        });
    }
    clean.parse().ok().map(Constant::Float)
}

impl Parser<'_> {
    pub(super) fn number(&mut self) -> R<Expr> {
        let token: &Token = self.token();
        let text = self.text(token);
        let value = match text {
            [digit @ b'0'..=b'9'] => Constant::Int(i64::from(digit - b'0')),
            _ => {
                if too_many_digits(text, self.unit.options.int_max_str_digits).is_some() {
                    return Err(Stop::Invalid);
                }
                if text.contains(&b'_') {
                    self.since(6, "Underscores in numeric literals are")?;
                }
                parse_number(text).ok_or(Stop::Invalid)?
            }
        };
        let span = token.span();
        self.advance();
        Ok(Expr::new(span, ExprKind::Constant { value, kind: None }))
    }
}
