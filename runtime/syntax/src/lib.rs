//! Lexer, recursive-descent parser and AST of Python 3.11.
