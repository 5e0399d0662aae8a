//! Lexer, recursive-descent parser and AST of Python 3.11.
//!
//! Valid code takes the fast way: [`lexer`] makes a vector of tokens, [`parser`] builds the tree with one token of
//! lookahead and converts expressions to targets or patterns afterwards. When that fails for whatever reason,
//! [`diagnose`] parses the same tokens again the way CPython's PEG parser does, alternative by alternative, because
//! message and position of its errors follow from the order in which it tries them.
#![forbid(unsafe_code)]

pub mod ast;
mod diagnose;
mod error;
mod lexer;
mod parser;
pub mod reflect;
mod source;
#[cfg(test)]
mod tests;
mod token;
pub mod tokenize;
mod tree;

pub use error::{ErrorKind, SyntaxError, Warning, WarningCategory};
pub use source::declared_encoding;

/// What is being parsed: the start rule of the grammar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A module (`exec`).
    Exec,
    /// One expression (`eval`).
    Eval,
    /// One interactive statement (`single`).
    Single,
    /// A signature type comment (`func_type`).
    FuncType,
}

/// Decodes a source in an encoding this crate does not know. `Err`: what is wrong with the encoding or the bytes.
pub type DecodeSource<'a> = &'a dyn Fn(&str, &[u8]) -> Result<String, String>;

/// The code point of a Unicode character name, for `\N{...}`.
pub type UnicodeName<'a> = &'a dyn Fn(&str) -> Option<u32>;

#[derive(Clone, Copy)]
pub struct Options<'a> {
    pub decode: Option<DecodeSource<'a>>,
    pub unicode_name: Option<UnicodeName<'a>>,
    /// `from __future__ import barry_as_FLUFL`: `<>` instead of `!=`.
    pub barry_as_flufl: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`: say "incomplete input" if the source merely ends too early.
    pub allow_incomplete: bool,
    /// `PyCF_DONT_IMPLY_DEDENT`: interactive blocks are closed by an empty line only.
    pub dont_imply_dedent: bool,
    /// `sys.get_int_max_str_digits()`; 0 means no limit.
    pub int_max_str_digits: usize,
    /// The source is what this file holds (and not a string): CPython has other messages for wrong encodings then.
    pub file: Option<&'a str>,
    /// What the source of a whole module is called: if that is a file, errors show its lines.
    pub filename: Option<&'a str>,
    /// `PyCF_TYPE_COMMENTS`: type comments are part of the grammar and end up in the tree.
    pub type_comments: bool,
    /// The minor version of Python 3 whose grammar counts; newer syntax is refused.
    pub feature_version: u8,
}

/// The grammar this crate knows.
pub const FEATURE_VERSION: u8 = 11;

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            decode: None,
            unicode_name: None,
            barry_as_flufl: false,
            allow_incomplete: false,
            dont_imply_dedent: false,
            int_max_str_digits: 4300,
            file: None,
            filename: None,
            type_comments: false,
            feature_version: FEATURE_VERSION,
        }
    }
}

#[derive(Debug)]
pub struct Parsed {
    pub module: ast::Mod,
    pub warnings: Vec<Warning>,
    /// The encoding the source declares (`utf-8` for text); `None` if it does not.
    pub encoding: Option<String>,
}

/// Parses bytes: a file's content, or the argument of `compile` if it is bytes.
pub fn parse(source: &[u8], mode: Mode, options: &Options<'_>) -> Result<Parsed, SyntaxError> {
    let source = source::decode(source, mode == Mode::Exec, options)?;
    parse_source(source, mode, options)
}

/// Parses text; coding cookies are ignored.
pub fn parse_str(source: &str, mode: Mode, options: &Options<'_>) -> Result<Parsed, SyntaxError> {
    let source = source::from_text(source, mode == Mode::Exec)?;
    parse_source(source, mode, options)
}

fn parse_source(
    source: source::Source,
    mode: Mode,
    options: &Options<'_>,
) -> Result<Parsed, SyntaxError> {
    if source.text.len() >= i32::MAX as usize {
        return Err(SyntaxError::unlocated(
            ErrorKind::Value,
            "source code is too long",
        ));
    }
    let lexed = lexer::lex(
        &source.text,
        lexer::LexOptions {
            first_line: 1,
            first_column: 0,
            single: mode == Mode::Single,
            dont_imply_dedent: options.dont_imply_dedent,
            byte_columns: source.encoding.is_none(),
            type_comments: options.type_comments,
            async_is_name: options.feature_version < 7,
        },
    );
    let unit = parser::Unit {
        src: &source.text,
        lexed: &lexed,
        options,
        byte_columns: source.encoding.is_none(),
        fstring: None,
    };
    let mut parser = parser::Parser::new(&unit);
    match parser.parse_mode(mode) {
        Ok(module) => {
            let mut warnings = parser.into_warnings();
            warnings.extend(lexed.warnings.iter().cloned());
            warnings.sort_by_key(|warning| warning.lineno);
            Ok(Parsed {
                module,
                warnings,
                encoding: source.encoding,
            })
        }
        Err(stop) => {
            if let Some(error) = parser.raised.take() {
                return Err(*error);
            }
            let start = parser.statement_start();
            Err(diagnose::diagnose(&unit, mode, start, stop))
        }
    }
}
