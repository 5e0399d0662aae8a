//! What compilation reports: errors with CPython's texts and places, and warnings that the caller issues.

use pyrs_syntax::ast::Span;

/// Which exception an error becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    SyntaxError,
    /// A limit of the bytecode (registers, names, jumps) that the source exceeds.
    OverflowError,
    /// An ill-formed tree that no parser makes.
    ValueError,
    SystemError,
}

/// `offset` and `end_offset` count from 1, in bytes, as CPython's compiler reports them; an end offset of 0 means
/// that there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    pub kind: ErrorKind,
    pub message: String,
    pub lineno: u32,
    pub offset: u32,
    pub end_lineno: u32,
    pub end_offset: u32,
    /// Found before code is generated: CPython then puts the place in attributes of the exception, not in its `args`.
    pub early: bool,
}

impl CompileError {
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Box<CompileError> {
        Box::new(CompileError {
            kind: ErrorKind::SyntaxError,
            message: message.into(),
            lineno: span.lineno,
            offset: span.col_offset.saturating_add(1),
            end_lineno: span.end_lineno,
            end_offset: span.end_col_offset.saturating_add(1),
            early: false,
        })
    }
    /// The error of a pass that comes before the code generator.
    pub(crate) fn early(mut self: Box<Self>) -> Box<CompileError> {
        self.early = true;
        self
    }
    pub(crate) fn limit(message: impl Into<String>) -> Box<CompileError> {
        let mut error = Self::at(Span::default(), message);
        error.kind = ErrorKind::OverflowError;
        error
    }
    pub(crate) fn value(message: impl Into<String>) -> Box<CompileError> {
        let mut error = Self::at(Span::default(), message);
        error.kind = ErrorKind::ValueError;
        error
    }
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (line {})", self.message, self.lineno)
    }
}
impl std::error::Error for CompileError {}

/// Category of a warning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WarningCategory {
    SyntaxWarning,
    DeprecationWarning,
}

/// The caller issues it for (filename, lineno); if the filters make it an error, that is a `SyntaxError` with this
/// message at this place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxWarning {
    pub category: WarningCategory,
    pub message: String,
    pub span: Span,
}

pub(crate) type Result<T> = std::result::Result<T, Box<CompileError>>;
