//! Python objects to trees, with the checks that CPython makes before it compiles a tree.

use super::{attribute, class_named, is_enumeration};
use pyrs_layout::tpflags;
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, bytes, complex, errors, exceptions, float, int, list,
    ops, raise, set, singletons, str, tuple, ty,
};
use pyrs_syntax::Mode;
use pyrs_syntax::ast::{
    ASDL_TYPES, AsdlType, Constant, FieldInfo, FieldType, Ident, Mod, NodeClass, Quantifier,
    Reflect, Source, Span,
};

pub(super) fn from_object(tree: Value, mode: Mode) -> PyResult<Mod> {
    let wanted = match mode {
        Mode::Eval => "Expression",
        Mode::Single => "Interactive",
        Mode::FuncType => "FunctionType",
        _ => "Module",
    };
    if !ops::is_instance(tree, class_named(wanted)?.class.value())? {
        return Err(raise!(
            TypeError,
            "expected {wanted} node, got {}",
            tree.ty().message_name()
        ));
    }
    let class = &Mod::ASDL.constructors[0];
    let mut objects = Objects {
        absent: Absent::Missing,
        deferred: None,
        depth: Vec::new(),
    };
    let module = Mod::read(
        &mut objects,
        Some(Ref::new(tree)),
        (class, &class.fields[0]),
    )?;
    match objects.deferred {
        None => {
            super::validate::module(&module)?;
            Ok(module)
        }
        Some(error) => Err(errors::set(error)),
    }
}

/// Why a value is not there.
#[derive(Clone, Copy)]
enum Absent {
    Missing,
    /// The attribute is None.
    None,
    /// An item of a list is None.
    Item,
}

struct Objects {
    absent: Absent,
    /// What validation would refuse: raised only when the whole tree could be converted, as CPython validates later.
    deferred: Option<Ref>,
    /// A guard of the recursion limit for each field on the way here.
    depth: Vec<pyrs_object::NativeGuard>,
}

fn is_enumeration_name(name: &str) -> bool {
    ASDL_TYPES
        .iter()
        .any(|t| t.name == name && is_enumeration(t))
}

impl Objects {
    fn defer(&mut self, _: Raised) {
        let error = errors::take();
        self.deferred.get_or_insert(error);
    }
    fn location(&self, v: Value, name: &str, t: &AsdlType) -> PyResult<Option<i64>> {
        let required = !name.starts_with("end_");
        match attribute(v, name)? {
            Some(n) if required || !n.value().is_none() => integer(n.value()).map(Some),
            None if required => Err(raise!(
                TypeError,
                "required field \"{name}\" missing from {}",
                t.name
            )),
            _ => Ok(None),
        }
    }
}

fn integer(v: Value) -> PyResult<i64> {
    if !int::is_int_instance(v) {
        return Err(raise!(
            ValueError,
            "invalid integer value: {}",
            crate::util::repr_text(v)?
        ));
    }
    match int::to_i64(v).and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(i64::from(n)),
        None => Err(raise!(
            OverflowError,
            "Python int too large to convert to C int"
        )),
    }
}

impl Source for Objects {
    type Value = Ref;
    type Error = Raised;

    fn constructor(&mut self, value: &Ref, asdl_type: &'static AsdlType) -> PyResult<usize> {
        let v = value.value();
        let located = asdl_type.located;
        if located {
            self.span(value, asdl_type)?;
        }
        if asdl_type.product && asdl_type.name != "excepthandler" && asdl_type.name != "type_ignore"
        {
            return Ok(0);
        }
        for (i, class) in asdl_type.constructors.iter().enumerate() {
            if ops::is_instance(v, class_named(class.name)?.class.value())? {
                return Ok(i);
            }
        }
        Err(raise!(
            TypeError,
            "expected some sort of {}, but got {}",
            asdl_type.name,
            crate::util::repr_text(v)?
        ))
    }

    fn span(&mut self, value: &Ref, asdl_type: &'static AsdlType) -> PyResult<Span> {
        let v = value.value();
        let lineno = self.location(v, "lineno", asdl_type)?.unwrap_or(0);
        let col_offset = self.location(v, "col_offset", asdl_type)?.unwrap_or(0);
        let end_lineno = self.location(v, "end_lineno", asdl_type)?.unwrap_or(lineno);
        let end_col_offset = self
            .location(v, "end_col_offset", asdl_type)?
            .unwrap_or(col_offset);
        if lineno > end_lineno {
            let e = raise!(
                ValueError,
                "AST node line range ({lineno}, {end_lineno}) is not valid"
            );
            self.defer(e);
        } else if (lineno < 0 && end_lineno != lineno)
            || (col_offset < 0 && col_offset != end_col_offset)
        {
            let e = raise!(
                ValueError,
                "AST node column range ({col_offset}, {end_col_offset}) for line range ({lineno}, {end_lineno}) is not valid"
            );
            self.defer(e);
        } else if lineno == end_lineno && col_offset > end_col_offset {
            let e = raise!(
                ValueError,
                "line {lineno}, column {col_offset}-{end_col_offset} is not a valid range"
            );
            self.defer(e);
        }
        let at = |n: i64| u32::try_from(n).unwrap_or(0);
        Ok(Span {
            lineno: at(lineno),
            col_offset: at(col_offset),
            end_lineno: at(end_lineno),
            end_col_offset: at(end_col_offset),
        })
    }

    fn field(
        &mut self,
        value: &Ref,
        class: &'static NodeClass,
        field: &'static FieldInfo,
    ) -> PyResult<Option<Ref>> {
        self.absent = Absent::Missing;
        let found = attribute(value.value(), field.name)?;
        let Some(found) = found else {
            return match field.quantifier {
                Quantifier::Optional => Ok(None),
                _ => Err(self.missing(class, field)),
            };
        };
        let node = match field.field_type {
            FieldType::Node(name) => Some(name),
            _ => None,
        };
        let kept = field.quantifier == Quantifier::Sequence
            || field.field_type == FieldType::Constant
            || node.is_some_and(is_enumeration_name);
        if found.value().is_none() && !kept {
            self.absent = Absent::None;
            return Ok(None);
        }
        Ok(Some(found))
    }

    fn list(
        &mut self,
        value: Ref,
        class: &'static NodeClass,
        field: &'static FieldInfo,
    ) -> PyResult<Vec<Option<Ref>>> {
        let v = value.value();
        if !v.has_flag(tpflags::LIST_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "{} field \"{}\" must be a list, not a {}",
                class.name,
                field.name,
                v.ty().message_name()
            ));
        }
        let n = list::len(v);
        let item = |i| list::get(v, i).filter(|item| !item.value().is_none());
        Ok((0..n).map(item).collect())
    }

    fn at_item(&mut self) {
        self.absent = Absent::Item;
    }

    fn missing(&mut self, class: &'static NodeClass, field: &'static FieldInfo) -> Raised {
        let (class, name) = (class.name, field.name);
        match self.absent {
            Absent::Missing => raise!(TypeError, "required field \"{name}\" missing from {class}"),
            Absent::None => raise!(ValueError, "field '{name}' is required for {class}"),
            Absent::Item => {
                let what = if field.field_type == FieldType::Node("stmt") {
                    "statement"
                } else {
                    "expression"
                };
                raise!(ValueError, "None disallowed in {what} list")
            }
        }
    }

    fn identifier(&mut self, value: Ref) -> PyResult<Ident> {
        if !str::is_exact(value.value()) {
            return Err(raise!(TypeError, "AST identifier must be of type str"));
        }
        let text = str::as_utf8(value.value())?;
        Ok(Ident::from(text))
    }

    fn int(&mut self, value: Ref) -> PyResult<i64> {
        integer(value.value())
    }

    fn string(&mut self, value: Ref) -> PyResult<Box<str>> {
        let v = value.value();
        if bytes::is_exact(v) {
            return Ok(String::from_utf8_lossy(bytes::data(v)).into());
        }
        if !str::is_exact(v) {
            return Err(raise!(TypeError, "AST string must be of type str"));
        }
        Ok(str::as_utf8(v)?.into())
    }

    fn enter(&mut self, class: &'static NodeClass) -> PyResult<()> {
        match pyrs_object::hooks().enter_native() {
            Ok(guard) => {
                self.depth.push(guard);
                Ok(())
            }
            Err(_) => {
                let defines = |t: &&&AsdlType| t.constructors.iter().any(|c| c.name == class.name);
                Err(raise!(
                    RecursionError,
                    "maximum recursion depth exceeded while traversing '{}' node",
                    ASDL_TYPES
                        .iter()
                        .find(defines)
                        .map_or(class.name, |t| t.name)
                ))
            }
        }
    }
    fn leave(&mut self) {
        self.depth.pop();
    }

    fn constant(&mut self, value: Ref) -> PyResult<Constant> {
        match constant(value.value()) {
            Err(e) if errors::matches(exceptions::TypeError) => {
                self.defer(e);
                Ok(Constant::None)
            }
            other => other,
        }
    }
}

fn constant(v: Value) -> PyResult<Constant> {
    if v.is_none() {
        return Ok(Constant::None);
    }
    if v.is_true_const() {
        return Ok(Constant::True);
    }
    if v.is_false_const() {
        return Ok(Constant::False);
    }
    if v == singletons::ellipsis() {
        return Ok(Constant::Ellipsis);
    }
    if v.is_exact(ty!(int::PyLong_Type)) {
        return Ok(match int::to_i64(v) {
            Some(n) => Constant::Int(n),
            None => {
                let mut text = String::from_utf8_lossy(&int_hex(v)?).into_owned();
                text.make_ascii_lowercase();
                Constant::BigInt(text.into())
            }
        });
    }
    if v.is_exact(ty!(float::PyFloat_Type)) {
        return Ok(Constant::Float(float::value(v)));
    }
    if v.is_exact(ty!(complex::PyComplex_Type)) {
        return match complex::parts(v) {
            Some((re, im)) if re.to_bits() == 0 => Ok(Constant::Complex(im)),
            _ => Err(raise!(
                ValueError,
                "complex constants with a real part are not supported in AST trees"
            )),
        };
    }
    if str::is_exact(v) {
        return Ok(Constant::Str(str::to_wtf8(v).into()));
    }
    if bytes::is_exact(v) {
        return Ok(Constant::Bytes(bytes::data(v).into()));
    }
    if v.is_exact(ty!(tuple::PyTuple_Type)) {
        let _guard = pyrs_object::hooks().enter_native()?;
        let items = ops::collect(v)?;
        return Ok(Constant::Tuple(
            items
                .iter()
                .map(|i| constant(i.value()))
                .collect::<PyResult<_>>()?,
        ));
    }
    if v.is_exact(ty!(set::PyFrozenSet_Type)) {
        let _guard = pyrs_object::hooks().enter_native()?;
        let items = ops::collect(v)?;
        return Ok(Constant::FrozenSet(
            items
                .iter()
                .map(|i| constant(i.value()))
                .collect::<PyResult<_>>()?,
        ));
    }
    Err(raise!(
        TypeError,
        "got an invalid type in Constant: {}",
        v.ty().message_name()
    ))
}
/// `0x...` of an int; a negative one cannot come from source, but trees may hold it.
fn int_hex(v: Value) -> PyResult<Vec<u8>> {
    let text = int::to_text(v, 16)?;
    Ok(match text.strip_prefix('-') {
        Some(rest) => format!("-0x{}", rest.trim_start_matches("0x")).into_bytes(),
        None => format!("0x{}", text.trim_start_matches("0x")).into_bytes(),
    })
}
