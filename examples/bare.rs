use pyrs_object::*;
fn w(_: Value, v: Value) -> PyResult {
    use std::io::Write;
    let _ = std::io::stdout().write_all(str::to_string_lossy(v).as_bytes());
    Ok(Ref::none())
}
methods! { static F = [ "_w" O w, ""; ] }
fn main() {
    let path = std::env::args().nth(1).unwrap();
    // SAFETY: first of all, on the only thread.
    unsafe {
        let ts = thread::new_state();
        pyrs_vm::threads::acquire(ts);
        pyrs_vm::install();
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
        if let Ok(text) = std::env::var("PYRS_JIT") {
            let mut o = pyrs_jit_driver::Options::default();
            for word in text.split(',') {
                match word.split_once('=') {
                    Some(("threshold", n)) => o.threshold = n.parse().ok(),
                    Some(("stress", m)) => o.stress = pyrs_jit_driver::Stress::parse(m).unwrap(),
                    _ => match word {
                        "stats" => o.stats = true,
                        "ir" => o.dump_ir = true,
                        "asm" => o.dump_asm = true,
                        _ => {}
                    },
                }
            }
            // SAFETY: once, before Python code runs.
            unsafe { pyrs_jit_driver::install(o).unwrap() };
        }
        let text = std::fs::read(&path).unwrap();
        let c = pyrs_vm::source::compile(&text, pyrs_syntax::Mode::Exec, &o)?;
        pyrs_vm::interp::exec_code(c.value(), d, d, Value::EMPTY)?;
        Ok(())
    })();
    if let Some(t) = pyrs_jit_driver::report() {
        eprint!("{t}");
    }
    if r.is_err() {
        let e = errors::take();
        pyrs_stdlib::sys::plain_report(e.value());
    }
}
