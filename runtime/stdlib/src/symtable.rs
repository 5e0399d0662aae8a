//! `_symtable`: the compiler's scopes as objects.

use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, audit, check_positional, dict, list, members, methods, module,
    py_type, raise, str, ty, typeobject,
};
use pyrs_syntax::Mode;
use pyrs_vm::source::{self, SymbolTable, symtable};
use std::ffi::c_int;
use std::mem::offset_of;

/// What one scope declares.
#[repr(C)]
struct EntryObject {
    ob_base: PyObject,
    id: Value,
    name: Value,
    symbols: Value,
    varnames: Value,
    children: Value,
    kind: c_int,
    nested: c_int,
    lineno: c_int,
}
py_type! {
    static PySTEntry_Type: EntryObject = "symtable entry" {
        flags: HAVE_GC;
        raw { tp_dealloc: entry_dealloc, tp_traverse: entry_traverse, tp_clear: entry_clear }
        slots { tp_repr: entry_repr }
        members: MEMBERS;
    }
}
owning_fields!(EntryObject entry_dealloc entry_traverse entry_clear; id name symbols varnames children);
members! { static MEMBERS = [
    "id" OBJECT, offset_of!(EntryObject, id), membertype::READONLY, "";
    "name" OBJECT, offset_of!(EntryObject, name), membertype::READONLY, "";
    "symbols" OBJECT, offset_of!(EntryObject, symbols), membertype::READONLY, "";
    "varnames" OBJECT, offset_of!(EntryObject, varnames), membertype::READONLY, "";
    "children" OBJECT, offset_of!(EntryObject, children), membertype::READONLY, "";
    "nested" INT, offset_of!(EntryObject, nested), membertype::READONLY, "";
    "type" INT, offset_of!(EntryObject, kind), membertype::READONLY, "";
    "lineno" INT, offset_of!(EntryObject, lineno), membertype::READONLY, "";
] }

fn entry_repr(v: Value) -> PyResult {
    // SAFETY: a live entry.
    let e = unsafe { &*v.as_ptr().cast::<EntryObject>() };
    Ok(str::new(&format!(
        "<symtable entry {}({}), line {}>",
        str::display(e.name),
        crate::util::repr_text(e.id)?,
        e.lineno
    )))
}

fn entry(table: &SymbolTable, id: symtable::BlockId) -> PyResult {
    let _guard = pyrs_object::hooks().enter_native()?;
    let block = table.block(id);
    let symbols = dict::new();
    for (name, flags) in block.symbols.iter() {
        let (name, flags) = (str::intern(name), Ref::int(i64::from(flags)));
        dict::set_item(symbols.value(), name.value(), flags.value())?;
    }
    let varnames = block.varnames.iter().map(|n| str::intern(n)).collect();
    let children = block
        .children
        .iter()
        .map(|child| entry(table, *child))
        .collect::<PyResult<Vec<Ref>>>()?;
    let p = alloc_instance(ty!(PySTEntry_Type), 0)?.cast::<EntryObject>();
    // SAFETY: a fresh zeroed instance; its fields own what they get.
    unsafe {
        // Entries of one table must differ, and those of two tables that are alive should.
        (*p).id = pyrs_object::int::from_u64(p.addr() as u64).into_value();
        (*p).name = str::intern(&block.name).into_value();
        (*p).symbols = symbols.into_value();
        (*p).varnames = list::from_vec(varnames).into_value();
        (*p).children = list::from_vec(children).into_value();
        (*p).kind = block.block_type as c_int;
        (*p).nested = c_int::from(block.nested);
        (*p).lineno = block.span.lineno as c_int;
        Ok(Ref::from_owned_ptr(p))
    }
}

fn symtable_of(_: Value, args: &[Value]) -> PyResult {
    check_positional("symtable", args.len(), 3, 3)?;
    let filename = source::filename_text(args[1])?;
    let (text, implied) = source::source_bytes(args[0], "symtable", "string or bytes")?;
    if !str::is_str(args[2]) {
        return Err(raise!(
            TypeError,
            "symtable() argument 3 must be str, not {}",
            args[2].ty().message_name()
        ));
    }
    let mode = match str::to_string_lossy(args[2]).as_str() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => {
            return Err(raise!(
                ValueError,
                "symtable() arg 3 must be 'exec' or 'eval' or 'single'"
            ));
        }
    };
    let options = source::CompileOptions {
        filename: &filename,
        flags: implied,
        optimize: -1,
    };
    audit!("compile", pyrs_object::bytes::new(&text), options.filename)?;
    let table = source::symbol_table(&text, mode, &options)?;
    entry(&table, table.top())
}

methods! { static FUNCTIONS = [
    "symtable" FAST symtable_of, "symtable($module, source, filename, startstr, /)\n--\n\nThe scopes of a piece of source, the outermost one.";
] }

pub fn init() -> PyResult {
    use symtable::{BlockType, Scope, def};
    typeobject::ready(ty!(PySTEntry_Type))?;
    let m = module::new("_symtable");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let constants = [
        ("USE", def::USE),
        ("DEF_GLOBAL", def::GLOBAL),
        ("DEF_NONLOCAL", def::NONLOCAL),
        ("DEF_LOCAL", def::LOCAL),
        ("DEF_PARAM", def::PARAM),
        ("DEF_FREE", def::FREE),
        ("DEF_FREE_CLASS", def::FREE_CLASS),
        ("DEF_IMPORT", def::IMPORT),
        ("DEF_BOUND", def::BOUND),
        ("DEF_ANNOT", def::ANNOT),
        ("TYPE_FUNCTION", BlockType::Function as u32),
        ("TYPE_CLASS", BlockType::Class as u32),
        ("TYPE_MODULE", BlockType::Module as u32),
        ("LOCAL", Scope::Local as u32),
        ("GLOBAL_EXPLICIT", Scope::GlobalExplicit as u32),
        ("GLOBAL_IMPLICIT", Scope::GlobalImplicit as u32),
        ("FREE", Scope::Free as u32),
        ("CELL", Scope::Cell as u32),
        ("SCOPE_OFF", def::SCOPE_OFFSET),
        ("SCOPE_MASK", def::SCOPE_MASK),
    ];
    for (name, n) in constants {
        module::add(m.value(), name, Ref::int(i64::from(n)));
    }
    Ok(m)
}
