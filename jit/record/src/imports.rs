//! `import` statements of modules that are loaded: the module is what `sys.modules` holds, as long as that dict, the
//! builtin `__import__` and what is imported from are as they were. Everything else is left to the interpreter.

use crate::{Next, Recorder, Res, Stop};
use pyrs_bytecode::Instr;
use pyrs_object::dict::PyDict_Type;
use pyrs_object::layout::Frame;
use pyrs_object::{Value, ValueExt, dict, intern, module, ty};
use pyrs_vm::import;

impl Recorder<'_> {
    pub(crate) fn import_name(&mut self, i: Instr) -> Res<Next> {
        if self.extra(0) != 0 {
            return Err(Stop::Unsupported("a relative import"));
        }
        let (name, fromlist) = (self.name(i.c()), self.value(i.b()));
        let builtins = self.builtins();
        let sys = import::sys_dict();
        let usual = import::default_import();
        let known = |d: Value, key: Value, v: Value| {
            d.is_exact(ty!(PyDict_Type))
                .then(|| dict::find_index(d, key))
                .flatten()
                // SAFETY: the index was just found.
                .filter(|at| unsafe { dict::value_at(d, *at) } == v)
        };
        let modules = import::modules().map_err(|_| Stop::Abort("no sys.modules"))?;
        let modules = modules.value();
        let (Some(import_at), Some(modules_at)) = (
            known(builtins, intern!("__import__"), usual),
            known(sys, intern!("modules"), modules),
        ) else {
            return Err(Stop::Unsupported("an unusual import"));
        };
        let loaded = import::loaded(modules, name, fromlist);
        let Some((m, at)) = loaded.and_then(|m| Some((m, known(modules, name, m)?))) else {
            return Err(Stop::Unsupported("an import of more than a module"));
        };
        for (d, at, v) in [
            (builtins, import_at, usual),
            (sys, modules_at, modules),
            (modules, at, m),
        ] {
            let id = self.dict_value(d, at)?;
            self.guard_is(id, v)?;
        }
        // What is imported from it stays in its dict.
        self.dict_entries(module::dict(m))?;
        let id = self.const_value(m);
        self.kill(i);
        self.set(i.a(), id);
        Ok(Next::Fall)
    }
    pub(crate) fn import_from(&mut self, i: Instr) -> Res<Next> {
        let (m, name) = (self.value(i.b()), self.name(i.c()));
        if !m.is_exact(ty!(module::PyModule_Type)) {
            return Err(Stop::Unsupported("an import from something else"));
        }
        let d = module::dict(m);
        let Some(at) = dict::find_index(d, name) else {
            return Err(Stop::Unsupported("an import of a submodule"));
        };
        let id = self.operand(i.b())?;
        self.guard_is(id, m)?;
        let found = self.dict_value(d, at)?;
        self.set(i.a(), found);
        Ok(Next::Fall)
    }
    /// The builtins of the running frame, guarded to be those of the recording.
    fn builtins(&mut self) -> Value {
        // SAFETY: the running frame.
        let builtins = unsafe { Value::from_object((*self.frame()).builtins) };
        if self.b.depth() == 1 && !self.function {
            self.guard_header(std::mem::offset_of!(Frame, builtins), builtins);
        }
        builtins
    }
}
