//! What the front end reports: the error with CPython's message and position, and warnings.

/// Which exception the error becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    Syntax,
    Indentation,
    Tab,
    /// `ValueError`: null bytes in the source.
    Value,
    /// `SyntaxError` without file name and line: the encoding of a file that is read is wrong.
    Encoding,
    /// CPython's parser gives up with `MemoryError` when its own nesting limit is reached.
    RecursionLimit,
}

/// A failed parse, with the attributes of Python's `SyntaxError`.
///
/// Lines and offsets are those of the Python exception: offsets count characters from 1; 0 and -1 are what CPython
/// reports where it knows no column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    pub kind: ErrorKind,
    pub message: String,
    pub lineno: i64,
    pub offset: i64,
    pub end_lineno: i64,
    pub end_offset: i64,
    /// The source line, where one is known.
    pub text: Option<String>,
}

impl SyntaxError {
    pub(crate) fn unlocated(kind: ErrorKind, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            kind,
            message: message.into(),
            lineno: 0,
            offset: -1,
            end_lineno: 0,
            end_offset: -1,
            text: None,
        }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (line {})", self.message, self.lineno)
    }
}

impl std::error::Error for SyntaxError {}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WarningCategory {
    Deprecation,
    Syntax,
}

/// A warning of the lexer or the string parser, to be issued by the caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    pub category: WarningCategory,
    pub message: String,
    pub lineno: u32,
}

/// Characters in the first `bytes` bytes of `line`, as CPython counts them: a cut character is one, and one byte past
/// the end of the line (its terminator) is one.
pub(crate) fn char_offset(line: &[u8], bytes: i64) -> i64 {
    if bytes <= 0 {
        return 0;
    }
    let decoded = String::from_utf8_lossy(line);
    let line = decoded.as_bytes();
    let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
    let within = wanted.min(line.len());
    let count = count_chars(&line[..within]) as i64;
    if wanted > line.len() {
        count + 1
    } else {
        count
    }
}

/// Number of characters when decoding with the "replace" handler.
pub(crate) fn count_chars(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    String::from_utf8_lossy(bytes).chars().count()
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Python's `str.isprintable` for one character: `escape_debug` follows the same Unicode categories; the leading
/// letter keeps it from escaping combining characters, which are printable.
pub(crate) fn is_printable(c: char) -> bool {
    let mut text = String::with_capacity(8);
    text.push('a');
    text.push(c);
    matches!(c, '\\' | '\'' | '"') || text.escape_debug().count() == 2
}
