//! From bytes to normalised UTF-8: byte order mark, coding cookie (PEP 263), line ends.

use crate::Options;
use crate::error::{ErrorKind, SyntaxError};

/// The text the lexer works on.
pub(crate) struct Source {
    /// UTF-8 (checked only where a token needs it), `\n` line ends.
    pub(crate) text: Vec<u8>,
    /// The declared encoding, normalised; `None` if the source does not say.
    pub(crate) encoding: Option<String>,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decodes a source given as bytes.
pub(crate) fn decode(
    bytes: &[u8],
    add_newline: bool,
    options: &Options<'_>,
) -> Result<Source, SyntaxError> {
    if options.file.is_none() {
        check_nulls(bytes)?;
    }
    let (body, has_bom) = match bytes.strip_prefix(BOM) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let cookie = find_cookie(body);
    let mut encoding = has_bom.then(|| "utf-8".to_string());
    let mut text = normalise(body, add_newline);
    if let Some(name) = cookie {
        if has_bom && name != "utf-8" {
            return Err(SyntaxError::unlocated(
                ErrorKind::Syntax,
                format!("encoding problem: {name} with BOM"),
            ));
        }
        if name != "utf-8" {
            // Line ends are normalised before decoding: positions in decoding errors show it.
            text = transcode(&text, &name, options)
                .map_err(|e| match options.file {
                    Some(_) => SyntaxError::unlocated(
                        ErrorKind::Encoding,
                        format!("encoding problem: {name}"),
                    ),
                    None => e,
                })?
                .into_bytes();
            if add_newline && text.last() != Some(&b'\n') {
                text.push(b'\n');
            }
        }
        encoding = Some(name);
    }
    if let Some(file) = options.file {
        check_utf8(&text, file)?;
        check_nulls(&text)?;
    }
    Ok(Source { text, encoding })
}

/// A file must be UTF-8 as a whole; in a string only the tokens that are decoded must be.
fn check_utf8(text: &[u8], file: &str) -> Result<(), SyntaxError> {
    let Err(e) = std::str::from_utf8(text) else {
        return Ok(());
    };
    let at = e.valid_up_to();
    let line = 1 + memchr::memchr_iter(b'\n', &text[..at]).count();
    Err(SyntaxError::unlocated(
        ErrorKind::Encoding,
        format!(
            "Non-UTF-8 code starting with '\\x{:02x}' in file {file} on line {line}, but no encoding declared; \
             see https://peps.python.org/pep-0263/ for details",
            text[at]
        ),
    ))
}

/// A source that is text already: cookies do not count.
pub(crate) fn from_text(text: &str, add_newline: bool) -> Result<Source, SyntaxError> {
    check_nulls(text.as_bytes())?;
    Ok(Source {
        text: normalise(text.as_bytes(), add_newline),
        encoding: Some("utf-8".to_string()),
    })
}

/// The encoding that a cookie in the first two lines names.
pub fn declared_encoding(bytes: &[u8]) -> Option<String> {
    find_cookie(bytes.strip_prefix(BOM).unwrap_or(bytes))
}

fn check_nulls(bytes: &[u8]) -> Result<(), SyntaxError> {
    if memchr::memchr(0, bytes).is_some() {
        return Err(SyntaxError::unlocated(
            ErrorKind::Value,
            "source code string cannot contain null bytes",
        ));
    }
    Ok(())
}

fn normalise(bytes: &[u8], add_newline: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + 1);
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\r', rest) {
        text.extend_from_slice(&rest[..at]);
        text.push(b'\n');
        rest = &rest[at + 1..];
        if let [b'\n', tail @ ..] = rest {
            rest = tail;
        }
    }
    text.extend_from_slice(rest);
    // CPython adds a newline behind a final "\r\n" too, which shows in line numbers at the end.
    if add_newline && (text.last() != Some(&b'\n') || bytes.ends_with(b"\r\n")) {
        text.push(b'\n');
    }
    text
}

/// The encoding named by a comment on the first line, or on the second if the first has nothing but a comment.
fn find_cookie(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    for _ in 0..2 {
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        let indent = line
            .iter()
            .take_while(|c| matches!(c, b' ' | b'\t' | 0x0c))
            .count();
        match line.get(indent) {
            Some(b'#') => {
                if let Some(name) = cookie_in(&line[indent..]) {
                    return Some(name);
                }
            }
            None => {}
            Some(_) => return None,
        }
        let skip = if rest[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = rest.get(end + skip..)?;
    }
    None
}

fn cookie_in(comment: &[u8]) -> Option<String> {
    let mut from = 0;
    while let Some(at) = comment[from..]
        .windows(6)
        .position(|window| window == b"coding")
    {
        let rest = &comment[from + at + 6..];
        from += at + 6;
        let Some((b':' | b'=', rest)) = rest.split_first() else {
            continue;
        };
        let blanks = rest
            .iter()
            .take_while(|c| matches!(c, b' ' | b'\t'))
            .count();
        let name: Vec<u8> = rest[blanks..]
            .iter()
            .copied()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
            .collect();
        if !name.is_empty() {
            return Some(normal_name(&String::from_utf8_lossy(&name)));
        }
    }
    None
}

/// Common spellings of UTF-8 and Latin-1 under one name each; other names unchanged.
fn normal_name(name: &str) -> String {
    let lowered: String = name
        .chars()
        .take(12)
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    let is = |base: &str| {
        lowered == base
            || lowered
                .strip_prefix(base)
                .is_some_and(|rest| rest.starts_with('-'))
    };
    if is("utf-8") {
        "utf-8".to_string()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".to_string()
    } else {
        name.to_string()
    }
}

fn transcode(bytes: &[u8], encoding: &str, options: &Options<'_>) -> Result<String, SyntaxError> {
    let lowered: String = encoding
        .chars()
        .map(|c| {
            if c == '_' {
                '-'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    match lowered.as_str() {
        "iso-8859-1" | "latin1" | "l1" | "iso8859-1" => {
            return Ok(bytes.iter().map(|&byte| char::from(byte)).collect());
        }
        "ascii" | "us-ascii" | "646" => {
            if let Some(at) = bytes.iter().position(|byte| !byte.is_ascii()) {
                return Err(SyntaxError::unlocated(
                    ErrorKind::Syntax,
                    format!(
                        "'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)",
                        bytes[at]
                    ),
                ));
            }
            return Ok(bytes.iter().map(|&byte| char::from(byte)).collect());
        }
        "utf8" => {
            return match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_string()),
                Err(_) => Err(SyntaxError::unlocated(
                    ErrorKind::Syntax,
                    crate::lexer::utf8_error(bytes),
                )),
            };
        }
        _ => {}
    }
    let unknown = || format!("unknown encoding: {encoding}");
    let text = match options.decode {
        Some(decode) => decode(encoding, bytes),
        None => Err(unknown()),
    };
    let text = text.map_err(|message| SyntaxError::unlocated(ErrorKind::Syntax, message))?;
    check_nulls(text.as_bytes())?;
    Ok(text)
}
