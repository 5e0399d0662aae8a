//! Lines from something that is not a terminal, with the prompt on stderr.

use super::{Line, Reader};

#[derive(Default)]
pub(super) struct Plain;

impl Reader for Plain {
    fn read(&mut self, prompt: &str) -> Line {
        eprint!("{prompt}");
        let line = pyrs_vm::threads::without_gil(line);
        if !matches!(line, Line::Text(_)) {
            eprintln!();
        }
        line
    }
    fn remember(&mut self, _: &str) {}
}
/// One byte at a time: what is behind the line belongs to whoever reads standard input next.
fn line() -> Line {
    let mut text = Vec::new();
    loop {
        let mut byte = 0u8;
        // SAFETY: a place for one byte.
        let n = unsafe { libc::read(0, (&raw mut byte).cast(), 1) };
        match n {
            1 if byte == b'\n' => break,
            1 => text.push(byte),
            0 if text.is_empty() => return Line::End,
            0 => break,
            _ => match std::io::Error::last_os_error().kind() {
                std::io::ErrorKind::Interrupted => return Line::Interrupted,
                _ => return Line::End,
            },
        }
    }
    Line::Text(String::from_utf8_lossy(&text).into_owned())
}
