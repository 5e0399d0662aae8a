//! `from __future__ import ...`: found before anything else, because it changes how the rest is compiled.

use crate::error::{CompileError, Result};
use pyrs_bytecode::code_flags;
use pyrs_syntax::ast::*;

/// Compiler flags: `co_flags` bits of the future features and the top-level-await bit of `compile()`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Future {
    pub flags: u32,
    /// Line of the last future import (0: none); used to place later ones' errors.
    pub lineno: u32,
}

/// `ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`.
pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
/// All `CO_FUTURE_*` bits (and what `compile()` accepts besides): they become part of `co_flags`.
pub const FUTURE_MASK: u32 = code_flags::FUTURE_DIVISION
    | code_flags::FUTURE_ABSOLUTE_IMPORT
    | code_flags::FUTURE_WITH_STATEMENT
    | code_flags::FUTURE_PRINT_FUNCTION
    | code_flags::FUTURE_UNICODE_LITERALS
    | code_flags::FUTURE_BARRY_AS_BDFL
    | code_flags::FUTURE_GENERATOR_STOP
    | code_flags::FUTURE_ANNOTATIONS;

impl Future {
    pub fn annotations(self) -> bool {
        self.flags & code_flags::FUTURE_ANNOTATIONS != 0
    }
    pub fn top_level_await(self) -> bool {
        self.flags & ALLOW_TOP_LEVEL_AWAIT != 0
    }
}

/// The features that a module asks for.
pub fn future_features(module: &Mod) -> std::result::Result<Future, Box<CompileError>> {
    find(module).map_err(CompileError::early)
}

fn find(module: &Mod) -> std::result::Result<Future, Box<CompileError>> {
    let mut future = Future::default();
    let (Mod::Module { body, .. } | Mod::Interactive { body }) = module else {
        return Ok(future);
    };
    let mut done = false;
    let mut prev_line = 0;
    let start = usize::from(
        matches!(body.first().map(|s| &s.kind), Some(StmtKind::Expr { value })
        if matches!(value.kind, ExprKind::Constant { value: Constant::Str(_), .. })),
    );
    for s in body.iter().skip(start) {
        if done && s.span.lineno > prev_line {
            return Ok(future);
        }
        prev_line = s.span.lineno;
        match &s.kind {
            StmtKind::ImportFrom {
                module: Some(module),
                names,
                level,
            } if &**module == "__future__" && level.unwrap_or(0) == 0 => {
                if done {
                    return Err(late(s.span));
                }
                for alias in names {
                    future.flags |= feature(&alias.name, s.span)?;
                }
                future.lineno = s.span.lineno;
            }
            _ => done = true,
        }
    }
    Ok(future)
}

fn late(span: Span) -> Box<CompileError> {
    let mut error = start_only(
        span,
        "from __future__ imports must occur at the beginning of the file",
    );
    error.offset = span.col_offset;
    error
}

/// CPython gives these errors no end.
fn start_only(span: Span, message: impl Into<String>) -> Box<CompileError> {
    let mut error = CompileError::at(span, message);
    error.end_lineno = error.lineno;
    error.end_offset = 0;
    error
}

fn feature(name: &str, span: Span) -> Result<u32> {
    Ok(match name {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement"
        | "print_function" | "unicode_literals" | "generator_stop" => 0,
        "barry_as_FLUFL" => code_flags::FUTURE_BARRY_AS_BDFL,
        "annotations" => code_flags::FUTURE_ANNOTATIONS,
        "braces" => return Err(start_only(span, "not a chance")),
        _ => {
            return Err(start_only(
                span,
                format!("future feature {name} is not defined"),
            ));
        }
    })
}
