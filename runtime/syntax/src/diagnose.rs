//! stub
use crate::parser::{Stop, Unit};
use crate::error::{ErrorKind, SyntaxError};
pub fn diagnose(_unit: &Unit<'_>, _mode: crate::Mode, _start: usize, _stop: Stop) -> SyntaxError {
    SyntaxError::unlocated(ErrorKind::Syntax, "invalid syntax")
}
pub fn diagnose_fstring(_unit: &Unit<'_>, _stop: Stop) -> SyntaxError {
    SyntaxError::unlocated(ErrorKind::Syntax, "invalid syntax")
}
