//! Expressions back to source text, for `from __future__ import annotations` and error messages. The text is
//! exactly what CPython's own unparser gives, because programs compare `__annotations__`.

use pyrs_bytecode::Const;
use pyrs_syntax::ast::*;

/// Binding strengths, weakest first.
mod level {
    pub(super) const TUPLE: u8 = 0;
    pub(super) const TEST: u8 = 1;
    pub(super) const OR: u8 = 2;
    pub(super) const AND: u8 = 3;
    pub(super) const NOT: u8 = 4;
    pub(super) const CMP: u8 = 5;
    pub(super) const EXPR: u8 = 6;
    pub(super) const BOR: u8 = EXPR;
    pub(super) const BXOR: u8 = 7;
    pub(super) const BAND: u8 = 8;
    pub(super) const SHIFT: u8 = 9;
    pub(super) const ARITH: u8 = 10;
    pub(super) const TERM: u8 = 11;
    pub(super) const FACTOR: u8 = 12;
    pub(super) const POWER: u8 = 13;
    pub(super) const AWAIT: u8 = 14;
    pub(super) const ATOM: u8 = 15;
}
use level::*;

/// The text of an expression, as WTF-8 (string literals may hold lone surrogates only as escapes).
pub fn unparse(e: &Expr) -> Vec<u8> {
    let mut out = Vec::new();
    expr(&mut out, e, TEST);
    out
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend(text.as_bytes());
}

fn expr(out: &mut Vec<u8>, e: &Expr, level: u8) {
    with_stack(|| expr_inner(out, e, level));
}

fn list(out: &mut Vec<u8>, elts: &[Expr], level: u8) {
    for (n, e) in elts.iter().enumerate() {
        if n > 0 {
            put(out, ", ");
        }
        expr(out, e, level);
    }
}

fn paren(out: &mut Vec<u8>, on: bool, f: impl FnOnce(&mut Vec<u8>)) {
    if on {
        put(out, "(");
    }
    f(out);
    if on {
        put(out, ")");
    }
}

fn expr_inner(out: &mut Vec<u8>, e: &Expr, level: u8) {
    match &e.kind {
        ExprKind::BoolOp { op, values } => {
            let (word, own) = if *op == BoolOperator::And {
                (" and ", AND)
            } else {
                (" or ", OR)
            };
            paren(out, level > own, |out| {
                for (n, v) in values.iter().enumerate() {
                    if n > 0 {
                        put(out, word);
                    }
                    expr(out, v, own + 1);
                }
            });
        }
        ExprKind::NamedExpr { target, value } => paren(out, level > TUPLE, |out| {
            expr(out, target, ATOM);
            put(out, " := ");
            expr(out, value, ATOM);
        }),
        ExprKind::BinOp { left, op, right } => {
            let (word, own) = match op {
                Operator::Add => (" + ", ARITH),
                Operator::Sub => (" - ", ARITH),
                Operator::Mult => (" * ", TERM),
                Operator::MatMult => (" @ ", TERM),
                Operator::Div => (" / ", TERM),
                Operator::Mod => (" % ", TERM),
                Operator::LShift => (" << ", SHIFT),
                Operator::RShift => (" >> ", SHIFT),
                Operator::BitOr => (" | ", BOR),
                Operator::BitXor => (" ^ ", BXOR),
                Operator::BitAnd => (" & ", BAND),
                Operator::FloorDiv => (" // ", TERM),
                Operator::Pow => (" ** ", POWER),
            };
            let right_first = u8::from(*op == Operator::Pow);
            paren(out, level > own, |out| {
                expr(out, left, own + right_first);
                put(out, word);
                expr(out, right, own + 1 - right_first);
            });
        }
        ExprKind::UnaryOp { op, operand } => {
            let (word, own) = match op {
                UnaryOperator::Invert => ("~", FACTOR),
                UnaryOperator::Not => ("not ", NOT),
                UnaryOperator::UAdd => ("+", FACTOR),
                UnaryOperator::USub => ("-", FACTOR),
            };
            paren(out, level > own, |out| {
                put(out, word);
                expr(out, operand, own);
            });
        }
        ExprKind::Lambda { args, body } => paren(out, level > TEST, |out| {
            put(out, "lambda");
            let before = out.len();
            put(out, " ");
            arguments(out, args);
            if out.len() == before + 1 {
                out.pop();
            }
            put(out, ": ");
            expr(out, body, TEST);
        }),
        ExprKind::IfExp { test, body, orelse } => paren(out, level > TEST, |out| {
            expr(out, body, TEST + 1);
            put(out, " if ");
            expr(out, test, TEST + 1);
            put(out, " else ");
            expr(out, orelse, TEST);
        }),
        ExprKind::Dict { keys, values } => {
            put(out, "{");
            for (n, (key, value)) in keys.iter().zip(values).enumerate() {
                if n > 0 {
                    put(out, ", ");
                }
                match key {
                    Some(key) => {
                        expr(out, key, TEST);
                        put(out, ": ");
                        expr(out, value, TEST);
                    }
                    None => {
                        put(out, "**");
                        expr(out, value, EXPR);
                    }
                }
            }
            put(out, "}");
        }
        ExprKind::Set { elts } => {
            put(out, "{");
            list(out, elts, TEST);
            put(out, "}");
        }
        ExprKind::ListComp { elt, generators } => {
            put(out, "[");
            expr(out, elt, TEST);
            comprehensions(out, generators);
            put(out, "]");
        }
        ExprKind::SetComp { elt, generators } => {
            put(out, "{");
            expr(out, elt, TEST);
            comprehensions(out, generators);
            put(out, "}");
        }
        ExprKind::DictComp {
            key,
            value,
            generators,
        } => {
            put(out, "{");
            expr(out, key, TEST);
            put(out, ": ");
            expr(out, value, TEST);
            comprehensions(out, generators);
            put(out, "}");
        }
        ExprKind::GeneratorExp { elt, generators } => {
            put(out, "(");
            expr(out, elt, TEST);
            comprehensions(out, generators);
            put(out, ")");
        }
        ExprKind::Await { value } => paren(out, level > AWAIT, |out| {
            put(out, "await ");
            expr(out, value, ATOM);
        }),
        ExprKind::Yield { value: None } => put(out, "(yield)"),
        ExprKind::Yield { value: Some(value) } => {
            put(out, "(yield ");
            expr(out, value, TEST);
            put(out, ")");
        }
        ExprKind::YieldFrom { value } => {
            put(out, "(yield from ");
            expr(out, value, TEST);
            put(out, ")");
        }
        ExprKind::Compare {
            left,
            ops,
            comparators,
        } => paren(out, level > CMP, |out| {
            expr(out, left, CMP + 1);
            for (op, right) in ops.iter().zip(comparators) {
                put(
                    out,
                    match op {
                        CmpOp::Eq => " == ",
                        CmpOp::NotEq => " != ",
                        CmpOp::Lt => " < ",
                        CmpOp::LtE => " <= ",
                        CmpOp::Gt => " > ",
                        CmpOp::GtE => " >= ",
                        CmpOp::Is => " is ",
                        CmpOp::IsNot => " is not ",
                        CmpOp::In => " in ",
                        CmpOp::NotIn => " not in ",
                    },
                );
                expr(out, right, CMP + 1);
            }
        }),
        ExprKind::Call {
            func,
            args,
            keywords,
        } => {
            expr(out, func, ATOM);
            if let ([only], []) = (&args[..], &keywords[..])
                && matches!(only.kind, ExprKind::GeneratorExp { .. })
            {
                expr(out, only, TEST);
                return;
            }
            put(out, "(");
            list(out, args, TEST);
            for (n, k) in keywords.iter().enumerate() {
                if n + args.len() > 0 {
                    put(out, ", ");
                }
                match &k.arg {
                    Some(name) => {
                        put(out, name);
                        put(out, "=");
                    }
                    None => put(out, "**"),
                }
                expr(out, &k.value, TEST);
            }
            put(out, ")");
        }
        ExprKind::FormattedValue { .. } | ExprKind::JoinedStr { .. } => {
            let mut body = Vec::new();
            fstring(&mut body, e, false);
            put(out, "f");
            put(out, &str_repr(&body));
        }
        ExprKind::Constant { value, kind } => {
            if let Some(kind) = kind {
                put(out, kind);
            }
            put(out, &constant(value));
        }
        ExprKind::Attribute { value, attr, .. } => {
            expr(out, value, ATOM);
            let integer = matches!(
                &value.kind,
                ExprKind::Constant {
                    value: Constant::Int(_) | Constant::BigInt(_),
                    ..
                }
            );
            put(out, if integer { " ." } else { "." });
            put(out, attr);
        }
        ExprKind::Subscript { value, slice, .. } => {
            expr(out, value, ATOM);
            put(out, "[");
            expr(out, slice, TUPLE);
            put(out, "]");
        }
        ExprKind::Starred { value, .. } => {
            put(out, "*");
            expr(out, value, EXPR);
        }
        ExprKind::Name { id, .. } => put(out, id),
        ExprKind::List { elts, .. } => {
            put(out, "[");
            list(out, elts, TEST);
            put(out, "]");
        }
        ExprKind::Tuple { elts, .. } => {
            if elts.is_empty() {
                return put(out, "()");
            }
            paren(out, level > TUPLE, |out| {
                list(out, elts, TEST);
                if elts.len() == 1 {
                    put(out, ",");
                }
            });
        }
        ExprKind::Slice { lower, upper, step } => {
            if let Some(e) = lower {
                expr(out, e, TEST);
            }
            put(out, ":");
            if let Some(e) = upper {
                expr(out, e, TEST);
            }
            if let Some(e) = step {
                put(out, ":");
                expr(out, e, TEST);
            }
        }
    }
}

fn comprehensions(out: &mut Vec<u8>, generators: &[Comprehension]) {
    for g in generators {
        put(
            out,
            if g.is_async != 0 {
                " async for "
            } else {
                " for "
            },
        );
        expr(out, &g.target, TUPLE);
        put(out, " in ");
        expr(out, &g.iter, TEST + 1);
        for test in &g.ifs {
            put(out, " if ");
            expr(out, test, TEST + 1);
        }
    }
}

fn arguments(out: &mut Vec<u8>, args: &Arguments) {
    let mut first = true;
    let mut comma = |out: &mut Vec<u8>| {
        if !std::mem::replace(&mut first, false) {
            put(out, ", ");
        }
    };
    let one = |out: &mut Vec<u8>, arg: &Arg| {
        put(out, &arg.arg);
        if let Some(annotation) = &arg.annotation {
            put(out, ": ");
            expr(out, annotation, TEST);
        }
    };
    let positional = args.posonlyargs.len() + args.args.len();
    let without_default = positional.saturating_sub(args.defaults.len());
    for (n, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
        comma(out);
        one(out, arg);
        if let Some(default) = n
            .checked_sub(without_default)
            .and_then(|d| args.defaults.get(d))
        {
            put(out, "=");
            expr(out, default, TEST);
        }
        if n + 1 == args.posonlyargs.len() {
            put(out, ", /");
        }
    }
    if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
        comma(out);
        put(out, "*");
        if let Some(arg) = &args.vararg {
            one(out, arg);
        }
    }
    for (n, arg) in args.kwonlyargs.iter().enumerate() {
        comma(out);
        one(out, arg);
        if let Some(Some(default)) = args.kw_defaults.get(n) {
            put(out, "=");
            expr(out, default, TEST);
        }
    }
    if let Some(arg) = &args.kwarg {
        comma(out);
        put(out, "**");
        one(out, arg);
    }
}

/// The inside of an f-string before quoting.
fn fstring(out: &mut Vec<u8>, e: &Expr, is_spec: bool) {
    match &e.kind {
        ExprKind::Constant {
            value: Constant::Str(text),
            ..
        } => {
            for &b in text.iter() {
                out.push(b);
                if matches!(b, b'{' | b'}') {
                    out.push(b);
                }
            }
        }
        ExprKind::JoinedStr { values } => {
            let _ = is_spec;
            values
                .iter()
                .for_each(|v| with_stack(|| fstring(out, v, is_spec)));
        }
        ExprKind::FormattedValue {
            value,
            conversion,
            format_spec,
        } => {
            let mut text = Vec::new();
            expr(&mut text, value, TEST + 1);
            put(
                out,
                if text.first() == Some(&b'{') {
                    "{ "
                } else {
                    "{"
                },
            );
            out.extend(text);
            if let Some(c) = u32::try_from(*conversion).ok().and_then(char::from_u32) {
                put(out, "!");
                put(out, c.encode_utf8(&mut [0; 4]));
            }
            if let Some(spec) = format_spec {
                put(out, ":");
                fstring(out, spec, true);
            }
            put(out, "}");
        }
        _ => expr(out, e, TEST),
    }
}

fn constant(value: &Constant) -> String {
    // An infinite literal is written as one that overflows.
    match value {
        Constant::Ellipsis => "...".into(),
        Constant::Float(x) if x.is_infinite() => if *x < 0.0 { "-1e309" } else { "1e309" }.into(),
        Constant::Complex(x) if x.is_infinite() => "1e309j".into(),
        other => const_repr(&crate::fold::literal(other)),
    }
}

/// Python's `repr` of a constant.
pub(crate) fn const_repr(c: &Const) -> String {
    let items = |items: &[Const]| items.iter().map(const_repr).collect::<Vec<_>>().join(", ");
    match c {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "Ellipsis".into(),
        Const::Int(n) => n.to_string(),
        Const::BigInt(text) => decimal(text),
        Const::Float(x) => float_repr(*x),
        Const::Complex(re, im) => {
            let im_text = float_repr(*im);
            let im_text = im_text.strip_suffix(".0").unwrap_or(&im_text).to_owned();
            if *re == 0.0 && !re.is_sign_negative() {
                return format!("{im_text}j");
            }
            let re_text = float_repr(*re);
            let re_text = re_text.strip_suffix(".0").unwrap_or(&re_text);
            let plus = if im_text.starts_with('-') { "" } else { "+" };
            format!("({re_text}{plus}{im_text}j)")
        }
        Const::Str(s) => str_repr(s),
        Const::Bytes(s) => bytes_repr(s),
        Const::Tuple(t) if t.len() == 1 => format!("({},)", items(t)),
        Const::Tuple(t) => format!("({})", items(t)),
        Const::FrozenSet(t) if t.is_empty() => "frozenset()".into(),
        Const::FrozenSet(t) => format!("frozenset({{{}}})", items(t)),
        Const::Code(unit) => format!("<code object {}>", unit.name),
    }
}

/// A big integer's text as decimal digits.
fn decimal(text: &str) -> String {
    let Some(hex) = text.strip_prefix("0x") else {
        return text.to_owned();
    };
    // Groups of nine decimal digits, least significant first.
    let mut groups: Vec<u32> = vec![0];
    for digit in hex.chars().filter_map(|c| c.to_digit(16)) {
        let mut carry = u64::from(digit);
        for group in &mut groups {
            let n = u64::from(*group) * 16 + carry;
            *group = (n % 1_000_000_000) as u32;
            carry = n / 1_000_000_000;
        }
        if carry > 0 {
            groups.push(carry as u32);
        }
    }
    let mut out = groups.last().map_or_else(String::new, u32::to_string);
    for group in groups.iter().rev().skip(1) {
        out.push_str(&format!("{group:09}"));
    }
    out
}

fn float_repr(x: f64) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    if x.is_infinite() {
        return if x < 0.0 { "-inf" } else { "inf" }.into();
    }
    let scientific = format!("{x:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{x}");
        return if plain.contains('.') {
            plain
        } else {
            format!("{plain}.0")
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

/// `repr` of WTF-8 text.
fn str_repr(s: &[u8]) -> String {
    let quote = quote_for(s.contains(&b'\''), s.contains(&b'"'));
    let mut out = String::from(quote);
    let mut rest = s;
    while !rest.is_empty() {
        let (text, tail) = match std::str::from_utf8(rest) {
            Ok(text) => (text, &rest[rest.len()..]),
            Err(e) => {
                let (good, bad) = rest.split_at(e.valid_up_to());
                (std::str::from_utf8(good).unwrap_or(""), bad)
            }
        };
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c == quote => {
                    out.push('\\');
                    out.push(c);
                }
                c if c.is_ascii() && !c.is_ascii_control() => out.push(c),
                c if (c as u32) < 0x100 && (c.is_control() || c == '\u{a0}' || c == '\u{ad}') => {
                    out.push_str(&format!("\\x{:02x}", c as u32));
                }
                c if c.is_control() || c.is_whitespace() => {
                    out.push_str(&format!("\\u{:04x}", c as u32))
                }
                c => out.push(c),
            }
        }
        rest = tail;
        if let [a, b, c, more @ ..] = rest {
            let code =
                (u32::from(*a) & 0xF) << 12 | (u32::from(*b) & 0x3F) << 6 | (u32::from(*c) & 0x3F);
            out.push_str(&format!("\\u{code:04x}"));
            rest = more;
        } else {
            break;
        }
    }
    out.push(quote);
    out
}

fn bytes_repr(s: &[u8]) -> String {
    let quote = quote_for(s.contains(&b'\''), s.contains(&b'"'));
    let mut out = format!("b{quote}");
    for &b in s {
        match b {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if char::from(b) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..0x7F => out.push(b.into()),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push(quote);
    out
}
