//! CPython's command line, and pyrs' own options in long form.

mod options;
mod run;

pub(crate) use run::show_exception;

/// Runs the command line; gives the exit code.
pub(crate) fn run() -> i32 {
    // A broken pipe is an error to report, as in CPython, not a signal to die of.
    // SAFETY: setting a disposition has no preconditions.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    match options::parse(std::env::args_os().collect()) {
        Ok(options::Parsed::Run(options)) => {
            let code = run::run(*options);
            run::die_if_interrupted();
            code
        }
        Ok(options::Parsed::Print(text)) => {
            print!("{text}");
            0
        }
        Ok(options::Parsed::Fatal(text)) => {
            eprint!("{text}");
            1
        }
        Err(text) => {
            eprint!("{text}");
            2
        }
    }
}
