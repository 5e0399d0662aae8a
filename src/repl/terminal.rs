//! Lines from a terminal, edited with `rustyline`: history in `~/.pyrs_history`, completion of names by `rlcompleter`.

use super::{Line, Reader};
use pyrs_object::{Value, errors, intern, module, ops, str};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::path::PathBuf;

pub(super) struct Terminal {
    editor: Editor<Names, FileHistory>,
    history: Option<PathBuf>,
    /// The rest of a recalled statement of several lines.
    pending: std::collections::VecDeque<String>,
}
impl Terminal {
    /// `None` where the terminal cannot be driven.
    pub(super) fn new(main: Value) -> Option<Terminal> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .bracketed_paste(true)
            .build();
        let mut editor = Editor::with_config(config).ok()?;
        editor.set_helper(Some(Names { main }));
        let history = std::env::var_os("HOME")
            .filter(|h| !h.is_empty())
            .map(|h| PathBuf::from(h).join(".pyrs_history"));
        if let Some(file) = &history {
            // There is none at the first start.
            let _ = editor.load_history(file);
        }
        Some(Terminal {
            editor,
            history,
            pending: std::collections::VecDeque::new(),
        })
    }
}
impl Reader for Terminal {
    fn read(&mut self, prompt: &str) -> Line {
        if let Some(line) = self.pending.pop_front() {
            return Line::Text(line);
        }
        // Other threads run meanwhile; completion takes the GIL back.
        match pyrs_vm::threads::without_gil(|| self.editor.readline(prompt)) {
            Ok(text) => {
                let mut lines = text.split('\n').map(str::to_owned);
                let first = lines.next().unwrap_or_default();
                self.pending.extend(lines);
                if !self.pending.is_empty() {
                    // An empty line ends a block.
                    self.pending.push_back(String::new());
                }
                Line::Text(first)
            }
            Err(ReadlineError::Interrupted) => {
                self.pending.clear();
                Line::Interrupted
            }
            Err(_) => Line::End,
        }
    }
    fn remember(&mut self, statement: &str) {
        let text = statement.trim_end();
        if text.is_empty() {
            return;
        }
        let added = self.editor.add_history_entry(text).unwrap_or(false);
        if let Some(file) = self.history.as_ref().filter(|_| added) {
            // A history that cannot be kept is no error.
            let _ = self.editor.save_history(file);
        }
    }
}

/// Completes names of `__main__`.
struct Names {
    main: Value,
}
impl Helper for Names {}
impl Hinter for Names {
    type Hint = String;
}
impl Highlighter for Names {}
impl Validator for Names {}
impl Completer for Names {
    type Candidate = String;
    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let start = line[..pos]
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .map_or(0, |i| {
                i + line[i..].chars().next().map_or(1, char::len_utf8)
            });
        let word = &line[start..pos];
        if word.is_empty() {
            return Ok((pos, vec!["    ".to_owned()]));
        }
        Ok((
            start,
            pyrs_vm::threads::with_gil(|| candidates(self.main, word)),
        ))
    }
}
/// The words that `rlcompleter` finds for the one begun.
fn candidates(main: Value, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let completer = pyrs_vm::import::import_absolute("rlcompleter")
        .and_then(|m| ops::getattr(m.value(), intern!("Completer")))
        .and_then(|c| ops::call(c.value(), &[module::dict(main)]));
    if let Ok(completer) = completer {
        let word = str::new(word);
        for i in 0..500 {
            let n = Value::int_unchecked(i);
            let Ok(w) = ops::call_method_str(completer.value(), "complete", &[word.value(), n])
            else {
                break;
            };
            if !str::is_str(w.value()) {
                break;
            }
            found.push(str::to_string_lossy(w.value()));
        }
    }
    errors::clear();
    found
}
