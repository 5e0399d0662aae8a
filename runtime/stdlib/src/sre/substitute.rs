//! `Pattern.sub`: what replaces a match is a literal, a parsed template or the result of a function.

use super::matched;
use super::pattern::{self, PatternObject};
use super::subject::Text;
use pyrs_object::str::Builder;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, bytes, each_width, errors, int, intern, ops, raise, str, tuple,
};
use pyrs_sre::State;

enum Replacement {
    Literal(Ref),
    /// Literals with holes, and the groups that fill them.
    Template {
        literals: Vec<Option<Ref>>,
        groups: Vec<(usize, usize)>,
    },
    Call(Ref),
}

/// A template without backslash stands for itself.
fn is_literal(template: Value) -> bool {
    match Text::of(template) {
        Ok(Text::Str(v)) => {
            each_width!(str::view(v), s => s.iter().all(|&c| {
                #[allow(clippy::useless_conversion, reason = "none in the other widths")]
                let c = u32::from(c);
                c != u32::from(b'\\')
            }))
        }
        Ok(Text::Bytes(v)) => no_backslash(bytes::data(v)),
        Ok(Text::Buffer(b)) => no_backslash(b.bytes()),
        Err(_) => {
            errors::clear();
            false
        }
    }
}
fn no_backslash(data: &[u8]) -> bool {
    !data.contains(&b'\\')
}

/// A template parsed by `re`: (groups, literals). `re._subx` is what tracebacks and warnings show above the parser; what it
/// has parsed is in the cache of `re._compile_repl`.
fn parse(pattern: Value, template: Value) -> PyResult {
    let p = pattern::get(pattern);
    if let Some(parsed) = p.parsed_template(template) {
        return Ok(parsed);
    }
    let re = (pyrs_object::hooks().import)("re")?;
    ops::call_method(re.value(), intern!("_subx"), &[pattern, template])?;
    let parsed = ops::call_method(re.value(), intern!("_compile_repl"), &[template, pattern])?;
    if str::is_exact(template) || bytes::is_exact(template) {
        p.keep_template(template, parsed.clone());
    }
    Ok(parsed)
}
fn replacement(pattern: Value, template: Value) -> PyResult<Replacement> {
    if ops::is_callable(template) {
        return Ok(Replacement::Call(Ref::new(template)));
    }
    if is_literal(template) {
        return Ok(Replacement::Literal(Ref::new(template)));
    }
    let parsed = parse(pattern, template)?;
    let unexpected = || raise!(TypeError, "invalid template");
    let parts = ops::collect(parsed.value())?;
    let [groups, literals] = parts.as_slice() else {
        return Err(unexpected());
    };
    let literals: Vec<Option<Ref>> = ops::collect(literals.value())?
        .into_iter()
        .map(|l| (!l.value().is_none()).then_some(l))
        .collect();
    let mut holes = Vec::new();
    for hole in ops::collect(groups.value())? {
        let index = |i: usize| {
            tuple::is_tuple(hole.value())
                .then(|| {
                    tuple::items(hole.value())
                        .get(i)
                        .and_then(|v| int::to_i64(*v))
                })
                .flatten()
                .and_then(|n| usize::try_from(n).ok())
        };
        match (index(0), index(1)) {
            (Some(at), Some(group)) if at < literals.len() => holes.push((at, group)),
            _ => return Err(unexpected()),
        }
    }
    match literals.as_slice() {
        [Some(only)] if holes.is_empty() => Ok(Replacement::Literal(only.clone())),
        _ => Ok(Replacement::Template {
            literals,
            groups: holes,
        }),
    }
}

/// The text under construction. Str pieces go straight into one builder.
enum Output {
    Str(Builder),
    Bytes(Vec<u8>),
}
impl Output {
    fn push_span(&mut self, text: &Text, start: usize, end: usize) -> PyResult<()> {
        let end = end.min(text.len());
        let start = start.min(end);
        match (self, text) {
            (Output::Str(out), Text::Str(v)) => {
                each_width!(str::view(*v), s => out.push_units(&s[start..end]));
                out.check()
            }
            (Output::Bytes(out), Text::Bytes(v)) => extend(out, &bytes::data(*v)[start..end]),
            (Output::Bytes(out), Text::Buffer(b)) => extend(out, &b.bytes()[start..end]),
            _ => Ok(()),
        }
    }
    /// A replacement; `i` is its place among the pieces, for the message of `join`.
    fn push(&mut self, v: Value, i: usize) -> PyResult<()> {
        match self {
            Output::Str(out) if str::is_str(v) => {
                out.push_value(v);
                out.check()?;
            }
            Output::Str(_) => {
                let name = v.ty().message_name();
                return Err(raise!(
                    TypeError,
                    "sequence item {i}: expected str instance, {name} found"
                ));
            }
            Output::Bytes(out) if bytes::is_exact(v) => extend(out, bytes::data(v))?,
            Output::Bytes(out) => match pyrs_object::memory::bytes_like(v) {
                Ok(buffer) => extend(out, buffer.bytes())?,
                Err(_) => {
                    errors::clear();
                    let name = v.ty().message_name();
                    return Err(raise!(
                        TypeError,
                        "sequence item {i}: expected a bytes-like object, {name} found"
                    ));
                }
            },
        }
        Ok(())
    }
    fn finish(self) -> PyResult {
        match self {
            Output::Str(out) => out.finish(),
            Output::Bytes(out) => {
                errors::check_room(out.len(), 1)?;
                Ok(bytes::new(&out))
            }
        }
    }
}
fn extend(out: &mut Vec<u8>, more: &[u8]) -> PyResult<()> {
    if out.try_reserve(more.len()).is_err() {
        return Err(errors::no_memory());
    }
    out.extend_from_slice(more);
    Ok(())
}

/// The new text and the number of replacements.
pub(super) fn substitute(
    pattern: Value,
    template: Value,
    string: Value,
    count: isize,
) -> PyResult<(Ref, usize)> {
    let p: &PatternObject = pattern::get(pattern);
    let replacement = replacement(pattern, template)?;
    let text = Text::for_pattern(string, p)?;
    let len = text.len();
    let mut out = if text.is_str() {
        Output::Str(Builder::new())
    } else {
        Output::Bytes(Vec::new())
    };
    let (mut last, mut n, mut pieces) = (0, 0usize, 0usize);
    if count >= 0 {
        let limit = count as usize;
        pattern::each_match(p, &text, 0, len, |state: &State| {
            if last < state.start() {
                out.push_span(&text, last, state.start())?;
                pieces += 1;
            }
            match &replacement {
                Replacement::Literal(v) => {
                    out.push(v.value(), pieces)?;
                    pieces += 1;
                }
                Replacement::Template { literals, groups } => {
                    let mut holes = groups.iter();
                    let mut hole = holes.next();
                    for (i, literal) in literals.iter().enumerate() {
                        match (literal, hole) {
                            (_, Some(&(at, group))) if at == i => {
                                if let Some((start, end)) = state.span(group) {
                                    out.push_span(&text, start, end)?;
                                }
                                hole = holes.next();
                            }
                            (Some(literal), _) => out.push(literal.value(), i)?,
                            _ => {}
                        }
                    }
                    pieces += 1;
                }
                Replacement::Call(f) => {
                    let m = matched::new(pattern, string, state, 0, len);
                    let item = ops::call(f.value(), &[m.value()])?;
                    if !item.value().is_none() {
                        out.push(item.value(), pieces)?;
                        pieces += 1;
                    }
                }
            }
            last = state.end();
            n += 1;
            Ok(limit == 0 || n < limit)
        })?;
    }
    if n == 0 {
        return Ok((text.slice(0, len), 0));
    }
    out.push_span(&text, last, len)?;
    Ok((out.finish()?, n))
}
