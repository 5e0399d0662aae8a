//! Source lines of traceback entries and the marks under them (PEP 657).

use pyrs_object::{Value, codec, errors, list, str};
use pyrs_syntax::ast::{ExprKind, Mod, StmtKind};
use pyrs_syntax::{Mode, Options};
use pyrs_vm::import;

/// Columns in bytes of the UTF-8 line.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) multiline: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The text of a file, by its name or by its last part in a folder of `sys.path`.
fn read(filename: Value) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    let name = str::to_wtf8(filename);
    if name.starts_with(b"<") && name.ends_with(b">") {
        return None;
    }
    let raw = codec::encode_fs(filename).ok().or_else(|| {
        errors::clear();
        None
    })?;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(&raw));
    if let Ok(text) = std::fs::read(path) {
        return Some(text);
    }
    let tail = path.file_name()?;
    let folders = import::sys_attr("path").filter(|p| list::is_list(p.value()))?;
    for folder in list::items(folders.value()) {
        if !str::is_str(*folder) {
            continue;
        }
        let Ok(raw) = codec::encode_fs(*folder) else {
            errors::clear();
            continue;
        };
        let folder = std::path::Path::new(std::ffi::OsStr::from_bytes(&raw));
        if let Ok(text) = std::fs::read(folder.join(tail)) {
            return Some(text);
        }
    }
    None
}

/// The encoding a coding comment in the first two lines declares.
fn declared_encoding(text: &[u8]) -> Option<String> {
    for line in text.split(|b| *b == b'\n').take(2) {
        let blank = line
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t' | 0x0c))
            .count();
        let rest = &line[blank..];
        if rest.first() != Some(&b'#') {
            if !rest.is_empty() && rest != b"\r" {
                return None;
            }
            continue;
        }
        let found = memchr::memmem::find_iter(rest, "coding").find_map(|at| {
            let tail = &rest[at + 6..];
            let tail = tail
                .strip_prefix(b":")
                .or_else(|| tail.strip_prefix(b"="))?;
            let skip = tail
                .iter()
                .take_while(|b| matches!(b, b' ' | b'\t'))
                .count();
            let name = &tail[skip..];
            let n = name
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
                .count();
            (n > 0).then(|| String::from_utf8_lossy(&name[..n]).into_owned())
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Line `number` (from 1) of a file without its end; `None` if it cannot be read.
pub(super) fn line(filename: Value, number: i32) -> Option<String> {
    let wanted = usize::try_from(number).ok()?.checked_sub(1)?;
    let raw = read(filename)?;
    let (raw, encoding) = match raw.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest.to_vec(), String::from("utf-8")),
        None => {
            let encoding = declared_encoding(&raw).unwrap_or_else(|| String::from("utf-8"));
            (raw, encoding)
        }
    };
    let text = match String::from_utf8(raw) {
        Ok(text) if encoding.eq_ignore_ascii_case("utf-8") => text,
        other => {
            let raw = other.map_or_else(std::string::FromUtf8Error::into_bytes, String::into_bytes);
            match codec::decode(&raw, &encoding, "strict") {
                Ok(text) => str::to_string_lossy(text.value()),
                Err(_) => {
                    errors::clear();
                    return None;
                }
            }
        }
    };
    let mut rest = text.as_str();
    for _ in 0..wanted {
        rest = &rest[line_end(rest)?.1..];
    }
    if rest.is_empty() {
        return None;
    }
    let end = line_end(rest).map_or(rest.len(), |(end, _)| end);
    Some(rest[..end].to_string())
}

/// Where the first line ends and where the next one starts.
fn line_end(text: &str) -> Option<(usize, usize)> {
    let at = memchr::memchr2(b'\n', b'\r', text.as_bytes())?;
    let wide = text.as_bytes()[at] == b'\r' && text.as_bytes().get(at + 1) == Some(&b'\n');
    Some((at, at + 1 + usize::from(wide)))
}

/// Characters in the first `bytes` bytes of a line; a cut character counts as one.
fn characters(text: &str, bytes: usize) -> usize {
    text.char_indices()
        .take_while(|(at, _)| *at < bytes)
        .count()
}

/// The marks under a line shown with 4 blanks in place of its first `cut` bytes; `None` if they would mark all of it.
pub(super) fn carets(line: &str, cut: usize, span: Span) -> Option<String> {
    let length = line.chars().count();
    let start = characters(line, span.start);
    let mut end = characters(line, span.end);
    let mut operator = None;
    if span.multiline {
        end = line.trim_end_matches([' ', '\t', '\x0c']).chars().count();
    } else {
        operator = anchors(line, start, end);
    }
    // Indentation is ASCII: bytes are characters.
    if operator.is_none() && end.saturating_sub(start) == length - cut {
        return None;
    }
    let mut marks = String::from("    ");
    for at in cut..end {
        marks.push(match operator {
            _ if at < start => ' ',
            None => '^',
            Some((left, right)) if left <= at && at < right => '^',
            Some(_) => '~',
        });
    }
    Some(marks)
}

/// The character columns of the operator (or the brackets) that deserves the `^` marks.
fn anchors(line: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let segment: String = line
        .chars()
        .skip(start)
        .take(end.saturating_sub(start))
        .collect();
    let parsed = pyrs_syntax::parse(segment.as_bytes(), Mode::Exec, &Options::default()).ok()?;
    let Mod::Module { body, .. } = &parsed.module else {
        return None;
    };
    let [statement] = &body[..] else { return None };
    let StmtKind::Expr { value } = &statement.kind else {
        return None;
    };
    let bytes = segment.as_bytes();
    let blank = |b: u8| matches!(b, b' ' | b'\t' | 0x0c);
    let (left, right) = match &value.kind {
        ExprKind::BinOp { left, right, .. } => {
            let limit = right.span.col_offset as usize;
            let mut found = None;
            for at in left.span.end_col_offset as usize..limit.min(bytes.len()) {
                if blank(bytes[at]) {
                    continue;
                }
                let two = at + 1 < limit && !blank(bytes[at + 1]);
                found = Some((at, at + 1 + usize::from(two)));
                break;
            }
            found?
        }
        ExprKind::Subscript { value, slice, .. } => (
            value.span.end_col_offset as usize,
            slice.span.end_col_offset as usize + 1,
        ),
        _ => return None,
    };
    Some((
        start + characters(&segment, left),
        start + characters(&segment, right),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        let span = |start, end| Span {
            multiline: false,
            start,
            end,
        };
        assert_eq!(
            // The mark under the parenthesis is what CPython 3.11.2 shows: it looks behind the inner operand.
            carets("  return (a + 1) / b", 2, span(9, 20)).as_deref(),
            Some("           ~~~~~~^~~~~")
        );
        assert_eq!(
            carets("x = a[1]", 0, span(4, 8)).as_deref(),
            Some("        ~^^^")
        );
        assert_eq!(carets("  f(1)", 2, span(2, 6)), None);
        assert_eq!(
            carets("é = f(1)", 0, span(5, 9)).as_deref(),
            Some("        ^^^^")
        );
    }

    #[test]
    fn cookies() {
        assert_eq!(
            declared_encoding(b"#!x\n# -*- coding: latin-1 -*-\n").as_deref(),
            Some("latin-1")
        );
        assert_eq!(declared_encoding(b"x = 1\n# coding: latin-1\n"), None);
    }
}
