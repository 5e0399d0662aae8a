//! Conversion of expressions to targets: in place, by changing contexts.

use super::{Parser, R, Stop};
use crate::ast::{Expr, ExprContext, ExprKind};
use crate::token::Tok;

/// Makes `expr` a target of assignment, `for`, `with`.
pub(super) fn store(expr: &mut Expr) -> R<()> {
    match &mut expr.kind {
        ExprKind::Name { ctx, .. }
        | ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. } => {
            *ctx = ExprContext::Store;
            Ok(())
        }
        ExprKind::Starred { value, ctx } => {
            *ctx = ExprContext::Store;
            if matches!(value.kind, ExprKind::Starred { .. }) {
                return Err(Stop::Invalid);
            }
            store(value)
        }
        ExprKind::Tuple { elts, ctx } | ExprKind::List { elts, ctx } => {
            *ctx = ExprContext::Store;
            elts.iter_mut()
                .try_for_each(|element| crate::tree::with_stack(|| store(element)))
        }
        _ => Err(Stop::Invalid),
    }
}

/// Makes `expr` a target of `del`.
pub(super) fn delete(expr: &mut Expr) -> R<()> {
    match &mut expr.kind {
        ExprKind::Name { ctx, .. }
        | ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. } => {
            *ctx = ExprContext::Del;
            Ok(())
        }
        ExprKind::Tuple { elts, ctx } | ExprKind::List { elts, ctx } => {
            *ctx = ExprContext::Del;
            elts.iter_mut()
                .try_for_each(|element| crate::tree::with_stack(|| delete(element)))
        }
        _ => Err(Stop::Invalid),
    }
}

/// Makes `expr` the target of an augmented or annotated assignment.
pub(super) fn single(expr: &mut Expr) -> R<()> {
    match &expr.kind {
        ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
            store(expr)
        }
        _ => Err(Stop::Invalid),
    }
}

impl Parser<'_> {
    /// One target: `star_target`.
    pub(super) fn star_target(&mut self) -> R<Expr> {
        let start = self.start();
        let starred = self.eat(Tok::Star);
        let mut target = self.bitwise_or()?;
        if starred {
            let value = crate::ast::P::new(target);
            target = Expr::new(
                self.span(start),
                ExprKind::Starred {
                    value,
                    ctx: ExprContext::Store,
                },
            );
        }
        store(&mut target)?;
        Ok(target)
    }

    /// `star_targets`, before `in`.
    pub(super) fn star_targets(&mut self) -> R<Expr> {
        let start = self.start();
        let first = self.star_target()?;
        if self.kind() != Tok::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(Tok::Comma) {
            if !(self.at_expression() || self.kind() == Tok::Star) {
                break;
            }
            elts.push(self.star_target()?);
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::Tuple {
                elts,
                ctx: ExprContext::Store,
            },
        ))
    }
}
