//! Tokens: one flat vector per source, with positions already in CPython's terms.

use crate::ast::Span;

macro_rules! tokens {
    (
        plain { $($plain:ident),* $(,)? }
        operators { $($op:ident = $op_text:literal),* $(,)? }
        keywords { $($keyword:ident = $keyword_text:literal),* $(,)? }
    ) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(crate) enum Tok {
            $($plain,)*
            $($op,)*
            $($keyword,)*
        }

        impl Tok {
            /// The kind spelt `text`: an operator or a keyword.
            pub(crate) fn from_text(text: &str) -> Option<Tok> {
                match text {
                    $($op_text => Some(Tok::$op),)*
                    $($keyword_text => Some(Tok::$keyword),)*
                    _ => None,
                }
            }

            pub(crate) fn text(self) -> &'static str {
                match self {
                    $(Tok::$plain => "",)*
                    $(Tok::$op => $op_text,)*
                    $(Tok::$keyword => $keyword_text,)*
                }
            }
        }

        /// The keyword spelt `name`, or `Tok::Name`.
        #[inline]
        pub(crate) fn keyword(name: &[u8]) -> Tok {
            if name.len() < 2 || name.len() > 8 {
                return Tok::Name;
            }
            // Most names end here: no keyword starts with these letters.
            match name[0] {
                $(first if first == $keyword_text.as_bytes()[0] => keyword_slow(name),)*
                _ => Tok::Name,
            }
        }

        fn keyword_slow(name: &[u8]) -> Tok {
            $(if name == $keyword_text.as_bytes() { return Tok::$keyword; })*
            Tok::Name
        }
    };
}

tokens! {
    plain { EndMarker, Name, Number, String, Newline, Indent, Dedent, TypeComment, Unknown, Error }
    operators {
        LPar = "(", RPar = ")", LSqb = "[", RSqb = "]", LBrace = "{", RBrace = "}",
        Colon = ":", Comma = ",", Semi = ";", Plus = "+", Minus = "-", Star = "*", Slash = "/",
        VBar = "|", Amper = "&", Less = "<", Greater = ">", Equal = "=", Dot = ".", Percent = "%",
        EqEqual = "==", NotEqual = "!=", LessEqual = "<=", GreaterEqual = ">=", Tilde = "~",
        Circumflex = "^", LeftShift = "<<", RightShift = ">>", DoubleStar = "**", PlusEqual = "+=",
        MinEqual = "-=", StarEqual = "*=", SlashEqual = "/=", PercentEqual = "%=", AmperEqual = "&=",
        VBarEqual = "|=", CircumflexEqual = "^=", LeftShiftEqual = "<<=", RightShiftEqual = ">>=",
        DoubleStarEqual = "**=", DoubleSlash = "//", DoubleSlashEqual = "//=", At = "@", AtEqual = "@=",
        RArrow = "->", Ellipsis = "...", ColonEqual = ":=",
    }
    keywords {
        And = "and", As = "as", Assert = "assert", Async = "async", Await = "await", Break = "break",
        Class = "class", Continue = "continue", Def = "def", Del = "del", Elif = "elif", Else = "else",
        Except = "except", False = "False", Finally = "finally", For = "for", From = "from",
        Global = "global", If = "if", Import = "import", In = "in", Is = "is", Lambda = "lambda",
        None = "None", Nonlocal = "nonlocal", Not = "not", Or = "or", Pass = "pass", Raise = "raise",
        Return = "return", True = "True", Try = "try", While = "while", With = "with", Yield = "yield",
    }
}

/// No column: `INDENT`, `DEDENT`, `ENDMARKER` and inserted newlines have none in CPython.
pub(crate) const NO_COLUMN: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Tok,
    /// Open brackets after this token.
    pub(crate) level: u8,
    /// Byte range in the normalised source. Tokens without text have `start == end`: where the lexer stood.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) lineno: u32,
    pub(crate) col_offset: u32,
    pub(crate) end_lineno: u32,
    pub(crate) end_col_offset: u32,
}

impl Token {
    #[inline]
    pub(crate) fn span(&self) -> Span {
        Span {
            lineno: self.lineno,
            col_offset: self.col_offset,
            end_lineno: self.end_lineno,
            end_col_offset: self.end_col_offset,
        }
    }
}
