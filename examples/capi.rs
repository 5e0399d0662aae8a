//! Runs a script that may load an extension module, without importlib: for work on `cpyext` alone.
use pyrs_object::*;
fn w(_: Value, v: Value) -> PyResult {
    use std::io::Write;
    let _ = std::io::stdout().write_all(str::to_string_lossy(v).as_bytes());
    Ok(Ref::none())
}
/// `_load(name, path)`: an extension module without importlib.
fn load(_: Value, args: &[Value]) -> PyResult {
    check_positional("_load", args.len(), 2, 2)?;
    let d = dict::new();
    dict::set_str(d.value(), "name", args[0]);
    dict::set_str(d.value(), "origin", args[1]);
    let spec = namespace::new(d);
    let m = pyrs_cpyext::loader::create(spec.value())?;
    pyrs_cpyext::loader::exec(m.value())?;
    dict::set_item(pyrs_vm::import::modules()?.value(), args[0], m.value())?;
    Ok(m)
}
methods! { static F = [ "_w" O w, ""; "_load" FAST load, ""; ] }
fn main() {
    let path = std::env::args().nth(1).unwrap();
    // SAFETY: first of all, on the only thread.
    unsafe {
        let ts = thread::new_state();
        pyrs_vm::threads::acquire(ts);
        pyrs_vm::install();
        pyrs_cpyext::install();
    }
    let r = (|| -> PyResult<()> {
        statics::init()?;
        exceptions::init()?;
        pyrs_vm::init_types()?;
        let sys = pyrs_stdlib::sys::init()?;
        let b = pyrs_vm::builtins::init()?;
        let modules = pyrs_vm::import::modules()?;
        dict::set_str(modules.value(), "sys", sys.value());
        dict::set_str(modules.value(), "builtins", b.value());
        module::add_functions(b.value(), (&raw mut F).cast());
        let m = module::new("__main__");
        let d = module::dict(m.value());
        pyrs_vm::ensure_builtins(d)?;
        let o = pyrs_vm::source::CompileOptions {
            filename: &path,
            flags: 0,
            optimize: -1,
        };
        let pre = b"class O:\n  def write(self, s): _w(s)\n  def flush(self): pass\nimport sys\nsys.stdout = O()\n";
        let c = pyrs_vm::source::compile(pre, pyrs_syntax::Mode::Exec, &o)?;
        pyrs_vm::interp::exec_code(c.value(), d, d, Value::EMPTY)?;
        let text = std::fs::read(&path).unwrap();
        let c = pyrs_vm::source::compile(&text, pyrs_syntax::Mode::Exec, &o)?;
        pyrs_vm::interp::exec_code(c.value(), d, d, Value::EMPTY)?;
        Ok(())
    })();
    if r.is_err() {
        let e = errors::take();
        pyrs_stdlib::sys::plain_report(e.value());
    }
}
