//! `min` and `max`.

use pyrs_object::{Args, CmpOp, PyResult, Ref, Signature, Value, ValueExt, ops, raise};

const KEYWORDS: Signature<2> = Signature {
    name: "max",
    params: ["key", "default"],
    posonly: 0,
    positional: 0,
    required: 0,
};
const MIN_KEYWORDS: Signature<2> = Signature {
    name: "min",
    params: ["key", "default"],
    posonly: 0,
    positional: 0,
    required: 0,
};

fn extreme(args: Args<'_>, name: &str, op: CmpOp, keywords: &Signature<2>) -> PyResult {
    let positional = args.positional();
    if positional.is_empty() {
        return Err(raise!(
            TypeError,
            "{name} expected at least 1 argument, got 0"
        ));
    }
    let (key, default) = if args.kwnames.is_empty() {
        (Value::EMPTY, Value::EMPTY)
    } else {
        let named = Args {
            values: &args.values[positional.len()..],
            kwnames: args.kwnames,
        };
        let [key, default] = named.bind(keywords)?;
        (key, default)
    };
    let key = if key.is_empty() || key.is_none() {
        Value::EMPTY
    } else {
        key
    };
    if positional.len() > 1 {
        if !default.is_empty() {
            return Err(raise!(
                TypeError,
                "Cannot specify a default for {name}() with multiple positional arguments"
            ));
        }
        let mut best = Best::new(key, op);
        for v in positional {
            best.offer(Ref::new(*v))?;
        }
        return best.finish(name, Value::EMPTY);
    }
    let mut best = Best::new(key, op);
    ops::for_each(positional[0], |v| {
        best.offer(v)?;
        Ok(true)
    })?;
    best.finish(name, default)
}

/// The best item so far with its key.
struct Best {
    key: Value,
    op: CmpOp,
    item: Option<(Ref, Ref)>,
}

impl Best {
    fn new(key: Value, op: CmpOp) -> Best {
        Best {
            key,
            op,
            item: None,
        }
    }
    fn offer(&mut self, v: Ref) -> PyResult<()> {
        let k = if self.key.is_empty() {
            v.clone()
        } else {
            ops::call(self.key, &[v.value()])?
        };
        let better = match &self.item {
            None => true,
            Some((_, best)) => {
                if let (Some(a), Some(b)) = (k.as_int(), best.as_int()) {
                    self.op.holds(a.cmp(&b))
                } else {
                    let r = ops::richcompare(k.value(), best.value(), self.op)?;
                    ops::is_true(r.value())?
                }
            }
        };
        if better {
            self.item = Some((v, k));
        }
        Ok(())
    }
    fn finish(self, name: &str, default: Value) -> PyResult {
        match self.item {
            Some((v, _)) => Ok(v),
            None if !default.is_empty() => Ok(Ref::new(default)),
            None => Err(raise!(ValueError, "{name}() arg is an empty sequence")),
        }
    }
}

pub(crate) fn builtin_max(_: Value, args: Args<'_>) -> PyResult {
    extreme(args, "max", CmpOp::Gt, &KEYWORDS)
}
pub(crate) fn builtin_min(_: Value, args: Args<'_>) -> PyResult {
    extreme(args, "min", CmpOp::Lt, &MIN_KEYWORDS)
}
