//! The `pyrs` command.

mod cli;
mod repl;

fn main() {
    std::process::exit(cli::run());
}
