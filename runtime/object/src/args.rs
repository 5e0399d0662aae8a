//! Arguments of native functions and their binding to parameters, with CPython's messages.

use crate::{PyResult, Raised, Ref, Value, raise};

/// A call's arguments: positional ones, then the values of the keywords that `kwnames` (a tuple of str, or empty) lists.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    pub values: &'a [Value],
    pub kwnames: Value,
}

impl<'a> Args<'a> {
    pub const NONE: Args<'static> = Args {
        values: &[],
        kwnames: Value::EMPTY,
    };

    #[inline]
    pub fn positional_only(values: &'a [Value]) -> Args<'a> {
        Args {
            values,
            kwnames: Value::EMPTY,
        }
    }
    #[inline]
    pub fn n_keywords(&self) -> usize {
        if self.kwnames.is_empty() {
            0
        } else {
            crate::tuple::items(self.kwnames).len()
        }
    }
    #[inline]
    pub fn positional(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.n_keywords()]
    }
    /// The keyword arguments in order: (name, value).
    pub fn keywords(&self) -> impl Iterator<Item = (Value, Value)> + 'a {
        let n = self.n_keywords();
        let names: &[Value] = if n == 0 {
            &[]
        } else {
            crate::tuple::items(self.kwnames)
        };
        names
            .iter()
            .copied()
            .zip(self.values[self.values.len() - n..].iter().copied())
    }
    pub fn keyword(&self, name: &str) -> Option<Value> {
        self.keywords()
            .find(|(k, _)| crate::str::eq_str(*k, name))
            .map(|(_, v)| v)
    }
    /// "f() takes no keyword arguments" unless there are none.
    pub fn no_keywords(&self, function: &str) -> PyResult<()> {
        if self.n_keywords() == 0 {
            Ok(())
        } else {
            Err(raise!(TypeError, "{function}() takes no keyword arguments"))
        }
    }
    /// The same arguments with one more in front.
    pub fn prepend(&self, first: Value) -> Vec<Value> {
        let mut all = Vec::with_capacity(self.values.len() + 1);
        all.push(first);
        all.extend_from_slice(self.values);
        all
    }
    /// As a tuple and, if there are keywords, a dict.
    pub fn to_tuple_dict(&self) -> PyResult<(Ref, Option<Ref>)> {
        let tuple = crate::tuple::from_slice(self.positional());
        Ok((tuple, self.to_dict()?))
    }
    /// [`to_tuple_dict`](Self::to_tuple_dict) for C.
    pub(crate) fn shown(&self) -> PyResult<(Ref, Option<Ref>)> {
        let tuple = crate::boundary::tuple_for_c(self.positional());
        Ok((tuple, self.to_dict()?))
    }
    fn to_dict(self) -> PyResult<Option<Ref>> {
        if self.n_keywords() == 0 {
            return Ok(None);
        }
        let dict = crate::dict::new();
        for (k, v) in self.keywords() {
            crate::dict::set_item(dict.value(), k, v)?;
        }
        Ok(Some(dict))
    }
    /// Binds to named parameters; see [`Signature`].
    #[inline]
    pub fn bind<const N: usize>(&self, signature: &Signature<N>) -> PyResult<[Value; N]> {
        signature.bind(self)
    }
}

/// Parameters of a native function, as CPython's Argument Clinic declares them. Absent ones are bound to empty.
///
/// ```ignore
/// const SORT: Signature<2> = Signature { name: "sort", params: ["key", "reverse"], posonly: 0, positional: 0, required: 0 };
/// let [key, reverse] = args.bind(&SORT)?;
/// ```
pub struct Signature<const N: usize> {
    /// The function's name in messages, without parentheses.
    pub name: &'static str,
    /// Names; "" for positional-only ones.
    pub params: [&'static str; N],
    /// How many of the first are positional-only.
    pub posonly: usize,
    /// How many of the first may be given by position (the rest are keyword-only).
    pub positional: usize,
    /// How many of the first must be given.
    pub required: usize,
}

impl<const N: usize> Signature<N> {
    pub fn bind(&self, args: &Args<'_>) -> PyResult<[Value; N]> {
        let mut out = [Value::EMPTY; N];
        let given = args.positional();
        if given.len() > self.positional {
            return Err(self.too_many(given.len(), args.n_keywords()));
        }
        out[..given.len()].copy_from_slice(given);
        for (key, value) in args.keywords() {
            let Some(i) = (self.posonly..N).find(|&i| crate::str::eq_str(key, self.params[i]))
            else {
                return Err(self.unknown_keyword(key, given.len()));
            };
            if !out[i].is_empty() {
                return Err(raise!(
                    TypeError,
                    "argument for {}() given by name ('{}') and position ({})",
                    self.name,
                    self.params[i],
                    i + 1
                ));
            }
            out[i] = value;
        }
        match out[..self.required.min(N)]
            .iter()
            .position(|v| v.is_empty())
        {
            None => Ok(out),
            Some(i) => Err(self.missing(i, given.len())),
        }
    }

    #[cold]
    fn too_many(&self, given: usize, named: usize) -> Raised {
        let (name, total) = (self.name, given + named);
        if self.positional == 0 {
            return raise!(TypeError, "{name}() takes no positional arguments");
        }
        let exact = self.required >= self.positional;
        let plural = if self.positional == 1 { "" } else { "s" };
        if self.posonly == N && named == 0 {
            let how = if exact { "exactly" } else { "at most" };
            return raise!(
                TypeError,
                "{name} expected {} {} argument{plural}, got {given}",
                how.replace("exactly ", "exactly"),
                self.positional
            );
        }
        if total > N {
            let plural = if N == 1 { "" } else { "s" };
            return raise!(
                TypeError,
                "{name}() takes at most {N} argument{plural} ({total} given)"
            );
        }
        let how = if exact { "exactly" } else { "at most" };
        let kind = if self.positional < N {
            "positional "
        } else {
            ""
        };
        let count = if self.positional < N { given } else { total };
        raise!(
            TypeError,
            "{name}() takes {how} {} {kind}argument{plural} ({count} given)",
            self.positional
        )
    }
    #[cold]
    fn unknown_keyword(&self, key: Value, _given: usize) -> Raised {
        if self.posonly == N {
            return raise!(TypeError, "{}() takes no keyword arguments", self.name);
        }
        raise!(
            TypeError,
            "'{}' is an invalid keyword argument for {}()",
            crate::str::display(key),
            self.name
        )
    }
    #[cold]
    fn missing(&self, i: usize, given: usize) -> Raised {
        let name = self.name;
        if i < self.posonly {
            let at_least = self.required < self.positional;
            let plural = if self.required == 1 { "" } else { "s" };
            if self.posonly == N {
                let how = if at_least { "at least " } else { "" };
                return raise!(
                    TypeError,
                    "{name} expected {how}{} argument{plural}, got {given}",
                    self.required
                );
            }
            let how = if at_least { "at least" } else { "exactly" };
            return raise!(
                TypeError,
                "{name}() takes {how} {} positional argument{plural} ({given} given)",
                self.required.min(self.positional)
            );
        }
        raise!(
            TypeError,
            "{name}() missing required argument '{}' (pos {})",
            self.params[i],
            i + 1
        )
    }
}

/// Checks the number of positional-only arguments: "f expected at least 1 argument, got 0".
#[inline]
pub fn check_positional(name: &str, given: usize, min: usize, max: usize) -> PyResult<()> {
    if given >= min && given <= max {
        Ok(())
    } else {
        Err(wrong_count(name, given, min, max))
    }
}

#[cold]
fn wrong_count(name: &str, given: usize, min: usize, max: usize) -> Raised {
    let (bound, how) = if given < min {
        (min, if min == max { "" } else { "at least " })
    } else {
        (max, if min == max { "" } else { "at most " })
    };
    let plural = if bound == 1 { "" } else { "s" };
    raise!(
        TypeError,
        "{name} expected {how}{bound} argument{plural}, got {given}"
    )
}
