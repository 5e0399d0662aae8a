//! The checks that CPython makes on a tree before it compiles it: what the grammar rules out, but objects can express.

use pyrs_object::{PyResult, raise};
use pyrs_syntax::ast::*;

pub(super) fn module(m: &Mod) -> PyResult<()> {
    match m {
        Mod::Module { body, .. } | Mod::Interactive { body } => stmts(body),
        Mod::Expression { body } => expr(body, ExprContext::Load),
        Mod::FunctionType { argtypes, returns } => {
            loads(argtypes)?;
            load(returns)
        }
    }
}

fn not_empty<T>(items: &[T], field: &str, class: &str) -> PyResult<()> {
    if items.is_empty() {
        return Err(raise!(ValueError, "empty {field} on {class}"));
    }
    Ok(())
}
fn stmts(body: &[Stmt]) -> PyResult<()> {
    body.iter().try_for_each(stmt)
}
fn body(items: &[Stmt], class: &str) -> PyResult<()> {
    not_empty(items, "body", class)?;
    stmts(items)
}
fn load(e: &Expr) -> PyResult<()> {
    expr(e, ExprContext::Load)
}
fn loads(all: &[Expr]) -> PyResult<()> {
    all.iter().try_for_each(load)
}
fn maybe(e: &Option<P<Expr>>) -> PyResult<()> {
    e.as_ref().map_or(Ok(()), |e| load(e))
}
fn targets(all: &[Expr], context: ExprContext, class: &str) -> PyResult<()> {
    not_empty(all, "targets", class)?;
    all.iter().try_for_each(|e| expr(e, context))
}
fn keywords(all: &[Keyword]) -> PyResult<()> {
    all.iter().try_for_each(|k| load(&k.value))
}
fn name(id: &str) -> PyResult<()> {
    if matches!(id, "None" | "True" | "False") {
        return Err(raise!(
            ValueError,
            "identifier field can't represent '{id}' constant"
        ));
    }
    Ok(())
}

fn arguments(a: &Arguments) -> PyResult<()> {
    let annotation = |arg: &Arg| maybe(&arg.annotation);
    a.posonlyargs.iter().try_for_each(annotation)?;
    a.args.iter().try_for_each(annotation)?;
    if let Some(arg) = &a.vararg {
        annotation(arg)?;
    }
    a.kwonlyargs.iter().try_for_each(annotation)?;
    if let Some(arg) = &a.kwarg {
        annotation(arg)?;
    }
    if a.defaults.len() > a.posonlyargs.len() + a.args.len() {
        return Err(raise!(
            ValueError,
            "more positional defaults than args on arguments"
        ));
    }
    if a.kw_defaults.len() != a.kwonlyargs.len() {
        return Err(raise!(
            ValueError,
            "length of kwonlyargs is not the same as kw_defaults on arguments"
        ));
    }
    loads(&a.defaults)?;
    a.kw_defaults.iter().flatten().try_for_each(load)
}

fn stmt(s: &Stmt) -> PyResult<()> {
    match &s.kind {
        StmtKind::FunctionDef {
            args,
            body: b,
            decorator_list,
            returns,
            ..
        } => function("FunctionDef", args, b, decorator_list, returns),
        StmtKind::AsyncFunctionDef {
            args,
            body: b,
            decorator_list,
            returns,
            ..
        } => function("AsyncFunctionDef", args, b, decorator_list, returns),
        StmtKind::ClassDef {
            bases,
            keywords: k,
            body: b,
            decorator_list,
            ..
        } => {
            body(b, "ClassDef")?;
            loads(bases)?;
            keywords(k)?;
            loads(decorator_list)
        }
        StmtKind::Return { value } => maybe(value),
        StmtKind::Delete { targets: t } => targets(t, ExprContext::Del, "Delete"),
        StmtKind::Assign {
            targets: t, value, ..
        } => {
            targets(t, ExprContext::Store, "Assign")?;
            load(value)
        }
        StmtKind::AugAssign { target, value, .. } => {
            expr(target, ExprContext::Store)?;
            load(value)
        }
        StmtKind::AnnAssign {
            target,
            annotation,
            value,
            simple,
        } => {
            if *simple != 0 && !matches!(target.kind, ExprKind::Name { .. }) {
                return Err(raise!(TypeError, "AnnAssign with simple non-Name target"));
            }
            expr(target, ExprContext::Store)?;
            maybe(value)?;
            load(annotation)
        }
        StmtKind::For {
            target,
            iter,
            body: b,
            orelse,
            ..
        } => for_loop("For", target, iter, b, orelse),
        StmtKind::AsyncFor {
            target,
            iter,
            body: b,
            orelse,
            ..
        } => for_loop("AsyncFor", target, iter, b, orelse),
        StmtKind::While {
            test,
            body: b,
            orelse,
        } => {
            load(test)?;
            body(b, "While")?;
            stmts(orelse)
        }
        StmtKind::If {
            test,
            body: b,
            orelse,
        } => {
            load(test)?;
            body(b, "If")?;
            stmts(orelse)
        }
        StmtKind::With { items, body: b, .. } => with("With", items, b),
        StmtKind::AsyncWith { items, body: b, .. } => with("AsyncWith", items, b),
        StmtKind::Match { subject, cases } => {
            load(subject)?;
            not_empty(cases, "cases", "Match")?;
            cases.iter().try_for_each(|case| {
                pattern(&case.pattern, false)?;
                maybe(&case.guard)?;
                body(&case.body, "match_case")
            })
        }
        StmtKind::Raise { exc, cause } => {
            if exc.is_none() && cause.is_some() {
                return Err(raise!(ValueError, "Raise with cause but no exception"));
            }
            maybe(exc)?;
            maybe(cause)
        }
        StmtKind::Try {
            body: b,
            handlers,
            orelse,
            finalbody,
        } => try_stmt("Try", b, handlers, orelse, finalbody),
        StmtKind::TryStar {
            body: b,
            handlers,
            orelse,
            finalbody,
        } => try_stmt("TryStar", b, handlers, orelse, finalbody),
        StmtKind::Assert { test, msg } => {
            load(test)?;
            maybe(msg)
        }
        StmtKind::Import { names } => not_empty(names, "names", "Import"),
        StmtKind::ImportFrom { names, level, .. } => {
            if level.is_some_and(|l| l < 0) {
                return Err(raise!(ValueError, "Negative ImportFrom level"));
            }
            not_empty(names, "names", "ImportFrom")
        }
        StmtKind::Global { names } => not_empty(names, "names", "Global"),
        StmtKind::Nonlocal { names } => not_empty(names, "names", "Nonlocal"),
        StmtKind::Expr { value } => load(value),
        StmtKind::Pass {} | StmtKind::Break {} | StmtKind::Continue {} => Ok(()),
    }
}
fn function(
    class: &str,
    args: &Arguments,
    b: &[Stmt],
    decorators: &[Expr],
    returns: &Option<P<Expr>>,
) -> PyResult<()> {
    body(b, class)?;
    arguments(args)?;
    loads(decorators)?;
    maybe(returns)
}
fn for_loop(class: &str, target: &Expr, iter: &Expr, b: &[Stmt], orelse: &[Stmt]) -> PyResult<()> {
    expr(target, ExprContext::Store)?;
    load(iter)?;
    body(b, class)?;
    stmts(orelse)
}
fn with(class: &str, items: &[WithItem], b: &[Stmt]) -> PyResult<()> {
    not_empty(items, "items", class)?;
    for item in items {
        load(&item.context_expr)?;
        if let Some(target) = &item.optional_vars {
            expr(target, ExprContext::Store)?;
        }
    }
    body(b, class)
}
fn try_stmt(
    class: &str,
    b: &[Stmt],
    handlers: &[ExceptHandler],
    orelse: &[Stmt],
    finalbody: &[Stmt],
) -> PyResult<()> {
    body(b, class)?;
    if handlers.is_empty() && finalbody.is_empty() {
        return Err(raise!(
            ValueError,
            "{class} has neither except handlers nor finalbody"
        ));
    }
    if handlers.is_empty() && !orelse.is_empty() {
        return Err(raise!(
            ValueError,
            "{class} has orelse but no except handlers"
        ));
    }
    for handler in handlers {
        maybe(&handler.type_)?;
        body(&handler.body, "ExceptHandler")?;
    }
    stmts(finalbody)?;
    stmts(orelse)
}

fn context_name(context: ExprContext) -> &'static str {
    match context {
        ExprContext::Load => "Load",
        ExprContext::Store => "Store",
        ExprContext::Del => "Del",
    }
}
/// An expression that is read, assigned to or deleted, as its place asks for.
fn expr(e: &Expr, context: ExprContext) -> PyResult<()> {
    let own = match &e.kind {
        ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. }
        | ExprKind::Starred { ctx, .. }
        | ExprKind::List { ctx, .. }
        | ExprKind::Tuple { ctx, .. } => Some(*ctx),
        ExprKind::Name { id, ctx } => {
            name(id)?;
            Some(*ctx)
        }
        _ => None,
    };
    match own {
        None if context != ExprContext::Load => {
            return Err(raise!(
                ValueError,
                "expression which can't be assigned to in {} context",
                context_name(context)
            ));
        }
        Some(own) if own != context => {
            return Err(raise!(
                ValueError,
                "expression must have {} context but has {} instead",
                context_name(context),
                context_name(own)
            ));
        }
        _ => {}
    }
    match &e.kind {
        ExprKind::BoolOp { values, .. } => {
            if values.len() < 2 {
                return Err(raise!(ValueError, "BoolOp with less than 2 values"));
            }
            loads(values)
        }
        ExprKind::NamedExpr { target, value } => {
            if !matches!(target.kind, ExprKind::Name { .. }) {
                return Err(raise!(TypeError, "NamedExpr target must be a Name"));
            }
            load(value)
        }
        ExprKind::BinOp { left, right, .. } => {
            load(left)?;
            load(right)
        }
        ExprKind::UnaryOp { operand, .. } => load(operand),
        ExprKind::Lambda { args, body } => {
            arguments(args)?;
            load(body)
        }
        ExprKind::IfExp { test, body, orelse } => {
            load(test)?;
            load(body)?;
            load(orelse)
        }
        ExprKind::Dict { keys, values } => {
            if keys.len() != values.len() {
                return Err(raise!(
                    ValueError,
                    "Dict doesn't have the same number of keys as values"
                ));
            }
            keys.iter().flatten().try_for_each(load)?;
            loads(values)
        }
        ExprKind::Set { elts } => loads(elts),
        ExprKind::ListComp { elt, generators }
        | ExprKind::SetComp { elt, generators }
        | ExprKind::GeneratorExp { elt, generators } => {
            comprehension(generators)?;
            load(elt)
        }
        ExprKind::DictComp {
            key,
            value,
            generators,
        } => {
            comprehension(generators)?;
            load(key)?;
            load(value)
        }
        ExprKind::Yield { value } => maybe(value),
        ExprKind::Await { value } | ExprKind::YieldFrom { value } => load(value),
        ExprKind::Compare {
            left,
            ops,
            comparators,
        } => {
            if comparators.is_empty() {
                return Err(raise!(ValueError, "Compare with no comparators"));
            }
            if comparators.len() != ops.len() {
                return Err(raise!(
                    ValueError,
                    "Compare has a different number of comparators and operands"
                ));
            }
            loads(comparators)?;
            load(left)
        }
        ExprKind::Call {
            func,
            args,
            keywords: k,
        } => {
            load(func)?;
            loads(args)?;
            keywords(k)
        }
        ExprKind::FormattedValue {
            value, format_spec, ..
        } => {
            load(value)?;
            maybe(format_spec)
        }
        ExprKind::JoinedStr { values } => loads(values),
        ExprKind::Constant { .. } | ExprKind::Name { .. } => Ok(()),
        ExprKind::Attribute { value, .. } => load(value),
        ExprKind::Subscript { value, slice, .. } => {
            load(slice)?;
            load(value)
        }
        ExprKind::Starred { value, ctx } => expr(value, *ctx),
        ExprKind::List { elts, ctx } | ExprKind::Tuple { elts, ctx } => {
            elts.iter().try_for_each(|e| expr(e, *ctx))
        }
        ExprKind::Slice { lower, upper, step } => {
            maybe(lower)?;
            maybe(upper)?;
            maybe(step)
        }
    }
}
fn comprehension(generators: &[Comprehension]) -> PyResult<()> {
    if generators.is_empty() {
        return Err(raise!(ValueError, "comprehension with no generators"));
    }
    for g in generators {
        expr(&g.target, ExprContext::Store)?;
        load(&g.iter)?;
        loads(&g.ifs)?;
    }
    Ok(())
}

fn patterns(all: &[Pattern], star_allowed: bool) -> PyResult<()> {
    all.iter().try_for_each(|p| pattern(p, star_allowed))
}
fn capture(id: &str) -> PyResult<()> {
    if id == "_" {
        return Err(raise!(ValueError, "can't capture name '_' in patterns"));
    }
    name(id)
}
fn pattern(p: &Pattern, star_allowed: bool) -> PyResult<()> {
    match &p.kind {
        PatternKind::MatchValue { value } => matched_value(value),
        PatternKind::MatchSingleton { value } => match value {
            Constant::None | Constant::True | Constant::False => Ok(()),
            _ => Err(raise!(
                ValueError,
                "MatchSingleton can only contain True, False and None"
            )),
        },
        PatternKind::MatchSequence { patterns: p } => patterns(p, true),
        PatternKind::MatchMapping {
            keys,
            patterns: p,
            rest,
        } => {
            if keys.len() != p.len() {
                return Err(raise!(
                    ValueError,
                    "MatchMapping doesn't have the same number of keys as patterns"
                ));
            }
            if let Some(rest) = rest {
                capture(rest)?;
            }
            for key in keys {
                let singleton = matches!(
                    &key.kind,
                    ExprKind::Constant {
                        value: Constant::None | Constant::True | Constant::False,
                        ..
                    }
                );
                if !singleton {
                    matched_value(key)?;
                }
            }
            patterns(p, false)
        }
        PatternKind::MatchClass {
            cls,
            patterns: p,
            kwd_attrs,
            kwd_patterns,
        } => {
            if kwd_attrs.len() != kwd_patterns.len() {
                return Err(raise!(
                    ValueError,
                    "MatchClass doesn't have the same number of keyword attributes as patterns"
                ));
            }
            load(cls)?;
            let mut class: &Expr = cls;
            while let ExprKind::Attribute { value, .. } = &class.kind {
                class = value;
            }
            if !matches!(class.kind, ExprKind::Name { .. }) {
                return Err(raise!(
                    ValueError,
                    "MatchClass cls field can only contain Name or Attribute nodes."
                ));
            }
            kwd_attrs.iter().try_for_each(|id| name(id))?;
            patterns(p, false)?;
            patterns(kwd_patterns, false)
        }
        PatternKind::MatchStar { name: id } => {
            if !star_allowed {
                return Err(raise!(ValueError, "can't use MatchStar here"));
            }
            id.as_ref().map_or(Ok(()), |id| capture(id))
        }
        PatternKind::MatchAs {
            pattern: p,
            name: id,
        } => {
            if let Some(id) = id {
                capture(id)?;
            }
            match p {
                None => Ok(()),
                Some(_) if id.is_none() => Err(raise!(
                    ValueError,
                    "MatchAs must specify a target name if a pattern is given"
                )),
                Some(p) => pattern(p, false),
            }
        }
        PatternKind::MatchOr { patterns: p } => {
            if p.len() < 2 {
                return Err(raise!(ValueError, "MatchOr requires at least 2 patterns"));
            }
            patterns(p, false)
        }
    }
}
/// A literal or a dotted name.
fn matched_value(e: &Expr) -> PyResult<()> {
    load(e)?;
    let allowed = match &e.kind {
        ExprKind::Constant { value, .. } => {
            if is_number(value, true, true)
                || matches!(value, Constant::Str(_) | Constant::Bytes(_))
            {
                return Ok(());
            }
            return Err(raise!(
                ValueError,
                "unexpected constant inside of a literal pattern"
            ));
        }
        ExprKind::Attribute { .. } | ExprKind::JoinedStr { .. } => true,
        ExprKind::UnaryOp { .. } => is_negative(e, true),
        ExprKind::BinOp { left, op, right } => {
            let real = match &left.kind {
                ExprKind::Constant { value, .. } => is_number(value, true, false),
                _ => is_negative(left, false),
            };
            let imaginary = match &right.kind {
                ExprKind::Constant { value, .. } => is_number(value, false, true),
                _ => false,
            };
            matches!(op, Operator::Add | Operator::Sub) && real && imaginary
        }
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    Err(raise!(
        ValueError,
        "patterns may only match literals and attribute lookups"
    ))
}
fn is_number(value: &Constant, real: bool, imaginary: bool) -> bool {
    match value {
        Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) => real,
        Constant::Complex(_) => imaginary,
        _ => false,
    }
}
fn is_negative(e: &Expr, imaginary: bool) -> bool {
    match &e.kind {
        ExprKind::UnaryOp {
            op: UnaryOperator::USub,
            operand,
        } => {
            matches!(&operand.kind, ExprKind::Constant { value, .. } if is_number(value, true, imaginary))
        }
        _ => false,
    }
}
