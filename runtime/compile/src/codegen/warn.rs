//! Warnings about code that compiles but cannot be meant.

use super::*;
use crate::error::WarningCategory;

impl<'a> Compiler<'a> {
    pub(super) fn warn(&mut self, message: String) {
        let p = self.u().position;
        self.warnings.push(SyntaxWarning {
            category: WarningCategory::SyntaxWarning,
            message,
            span: Span {
                lineno: p.line,
                col_offset: p.column.unwrap_or(0),
                end_lineno: p.end_line,
                end_col_offset: p.end_column.unwrap_or(0),
            },
        });
    }

    /// `is` with a literal.
    pub(super) fn check_compare(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr]) {
        if !ops.iter().any(|op| matches!(op, CmpOp::Is | CmpOp::IsNot)) {
            return;
        }
        let fine = |c: &Self, e: &Expr| {
            c.fold(e).is_none_or(|k| {
                matches!(
                    k,
                    Const::None | Const::True | Const::False | Const::Ellipsis
                )
            })
        };
        let mut left_fine = fine(self, left);
        for (op, right) in ops.iter().zip(comparators) {
            let right_fine = fine(self, right);
            if !left_fine || !right_fine {
                match op {
                    CmpOp::Is => self.warn("\"is\" with a literal. Did you mean \"==\"?".into()),
                    CmpOp::IsNot => {
                        self.warn("\"is not\" with a literal. Did you mean \"!=\"?".into())
                    }
                    _ => {
                        left_fine = right_fine;
                        continue;
                    }
                }
                return;
            }
            left_fine = right_fine;
        }
    }

    /// A literal that is called.
    pub(super) fn check_caller(&mut self, func: &Expr) {
        let callable = !matches!(
            func.kind,
            ExprKind::Constant { .. }
                | ExprKind::Tuple { .. }
                | ExprKind::List { .. }
                | ExprKind::ListComp { .. }
                | ExprKind::Dict { .. }
                | ExprKind::DictComp { .. }
                | ExprKind::Set { .. }
                | ExprKind::SetComp { .. }
                | ExprKind::GeneratorExp { .. }
                | ExprKind::JoinedStr { .. }
                | ExprKind::FormattedValue { .. }
        );
        if !callable {
            let name = self.type_name(func);
            self.warn(format!(
                "'{name}' object is not callable; perhaps you missed a comma?"
            ));
        }
    }

    /// A literal that has no items, or an index of the wrong kind.
    pub(super) fn check_subscript(&mut self, value: &Expr, slice: &Expr) {
        let not_subscriptable = match &value.kind {
            ExprKind::Constant { value, .. } => {
                matches!(
                    value,
                    Constant::None
                        | Constant::Ellipsis
                        | Constant::True
                        | Constant::False
                        | Constant::Int(_)
                        | Constant::BigInt(_)
                        | Constant::Float(_)
                        | Constant::Complex(_)
                )
            }
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::Lambda { .. } => true,
            _ => false,
        };
        if not_subscriptable {
            let name = self.type_name(value);
            self.warn(format!(
                "'{name}' object is not subscriptable; perhaps you missed a comma?"
            ));
        }
        let indexed = match &value.kind {
            ExprKind::Constant { value, .. } => {
                matches!(value, Constant::Str(_) | Constant::Bytes(_))
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        if !indexed {
            return;
        }
        let bad_index = match self.fold(slice) {
            Some(Const::Int(_) | Const::BigInt(_) | Const::True | Const::False) => false,
            Some(_) => true,
            None => matches!(
                slice.kind,
                ExprKind::Tuple { .. }
                    | ExprKind::List { .. }
                    | ExprKind::ListComp { .. }
                    | ExprKind::Dict { .. }
                    | ExprKind::DictComp { .. }
                    | ExprKind::Set { .. }
                    | ExprKind::SetComp { .. }
                    | ExprKind::GeneratorExp { .. }
                    | ExprKind::JoinedStr { .. }
                    | ExprKind::FormattedValue { .. }
                    | ExprKind::Lambda { .. }
            ),
        };
        if bad_index {
            let (name, index) = (self.type_name(value), self.type_name(slice));
            self.warn(format!(
                "{name} indices must be integers or slices, not {index}; perhaps you missed a comma?"
            ));
        }
    }

    fn type_name(&self, e: &Expr) -> &'static str {
        match &e.kind {
            ExprKind::Tuple { .. } => "tuple",
            ExprKind::List { .. } | ExprKind::ListComp { .. } => "list",
            ExprKind::Dict { .. } | ExprKind::DictComp { .. } => "dict",
            ExprKind::Set { .. } | ExprKind::SetComp { .. } => "set",
            ExprKind::GeneratorExp { .. } => "generator",
            ExprKind::Lambda { .. } => "function",
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => "str",
            _ => match self.fold(e) {
                Some(Const::None) => "NoneType",
                Some(Const::True | Const::False) => "bool",
                Some(Const::Ellipsis) => "ellipsis",
                Some(Const::Int(_) | Const::BigInt(_)) => "int",
                Some(Const::Float(_)) => "float",
                Some(Const::Complex(..)) => "complex",
                Some(Const::Str(_)) => "str",
                Some(Const::Bytes(_)) => "bytes",
                Some(Const::Tuple(_)) => "tuple",
                Some(Const::FrozenSet(_)) => "frozenset",
                _ => "object",
            },
        }
    }
}
