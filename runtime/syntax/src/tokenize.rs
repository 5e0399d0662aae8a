//! The tokens of a text as CPython's `_tokenize` shows them.

use crate::error::SyntaxError;
use crate::lexer::{self, LexOptions};
use crate::source;
use crate::token::{NO_COLUMN, Tok, Token};

/// One token.
pub struct PlainToken {
    pub text: String,
    /// Its number in `token.py`.
    pub kind: u8,
    pub lineno: u32,
    pub end_lineno: u32,
    /// Columns count bytes; -1 for what has no place of its own.
    pub column: i64,
    pub end_column: i64,
    /// The line it ends on, with the lines before that it continues.
    pub line: String,
}

/// All tokens up to the end or an error.
pub struct Tokens {
    pub tokens: Vec<PlainToken>,
    pub error: Option<SyntaxError>,
}

/// Numbers that are not those of an operator.
mod kind {
    pub(super) const NAME: u8 = 1;
    pub(super) const NUMBER: u8 = 2;
    pub(super) const STRING: u8 = 3;
    pub(super) const NEWLINE: u8 = 4;
    pub(super) const INDENT: u8 = 5;
    pub(super) const DEDENT: u8 = 6;
    pub(super) const OP: u8 = 54;
    pub(super) const AWAIT: u8 = 55;
    pub(super) const ASYNC: u8 = 56;
}
/// The operators in the order of their numbers, from [`FIRST_OPERATOR`] on.
const OPERATORS: &[Tok] = &[
    Tok::LPar,
    Tok::RPar,
    Tok::LSqb,
    Tok::RSqb,
    Tok::Colon,
    Tok::Comma,
    Tok::Semi,
    Tok::Plus,
    Tok::Minus,
    Tok::Star,
    Tok::Slash,
    Tok::VBar,
    Tok::Amper,
    Tok::Less,
    Tok::Greater,
    Tok::Equal,
    Tok::Dot,
    Tok::Percent,
    Tok::LBrace,
    Tok::RBrace,
    Tok::EqEqual,
    Tok::NotEqual,
    Tok::LessEqual,
    Tok::GreaterEqual,
    Tok::Tilde,
    Tok::Circumflex,
    Tok::LeftShift,
    Tok::RightShift,
    Tok::DoubleStar,
    Tok::PlusEqual,
    Tok::MinEqual,
    Tok::StarEqual,
    Tok::SlashEqual,
    Tok::PercentEqual,
    Tok::AmperEqual,
    Tok::VBarEqual,
    Tok::CircumflexEqual,
    Tok::LeftShiftEqual,
    Tok::RightShiftEqual,
    Tok::DoubleStarEqual,
    Tok::DoubleSlash,
    Tok::DoubleSlashEqual,
    Tok::At,
    Tok::AtEqual,
    Tok::RArrow,
    Tok::Ellipsis,
    Tok::ColonEqual,
];
const FIRST_OPERATOR: u8 = 7;

/// The number of a kind of token; `None` for the end.
fn number(tok: Tok) -> Option<u8> {
    Some(match tok {
        Tok::EndMarker | Tok::Error => return None,
        Tok::Name => kind::NAME,
        Tok::Number => kind::NUMBER,
        Tok::String => kind::STRING,
        Tok::Newline => kind::NEWLINE,
        Tok::Indent => kind::INDENT,
        Tok::Dedent => kind::DEDENT,
        Tok::Async => kind::ASYNC,
        Tok::Await => kind::AWAIT,
        Tok::Unknown | Tok::TypeComment => kind::OP,
        _ => match OPERATORS.iter().position(|op| *op == tok) {
            Some(n) => FIRST_OPERATOR + n as u8,
            None => kind::NAME,
        },
    })
}

/// The tokens of a text.
pub fn tokens(text: &str) -> Tokens {
    let source = match source::from_text(text, true) {
        Ok(source) => source.text,
        Err(error) => {
            return Tokens {
                tokens: Vec::new(),
                error: Some(error),
            };
        }
    };
    let lexed = lexer::lex(
        &source,
        LexOptions {
            first_line: 1,
            ..LexOptions::default()
        },
    );
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let line_of = |token: &Token| {
        let n = (token.end_lineno.max(1) - lexed.first_line) as usize;
        let start = lexed.buffer_starts.get(n).map_or(0, |at| *at as usize);
        let end = lexed.line_starts.get(n + 1);
        shown(&source[start..end.map_or(source.len(), |at| *at as usize)])
    };
    let column = |c: u32| {
        if c == NO_COLUMN { -1 } else { i64::from(c) }
    };
    let tokens = lexed.tokens.iter().map_while(|token| {
        Some(PlainToken {
            kind: number(token.kind)?,
            text: shown(&source[token.start as usize..token.end as usize]),
            lineno: token.lineno,
            end_lineno: token.end_lineno,
            column: column(token.col_offset),
            end_column: column(token.end_col_offset),
            line: line_of(token),
        })
    });
    Tokens {
        tokens: tokens.collect(),
        error: lexed.error.filter(|e| e.raised).map(|e| e.error),
    }
}
