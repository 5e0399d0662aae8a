//! Reads `rules.txt` into tables, once, when the first error is to be reported.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::token::Tok;

pub(super) enum Item {
    Tok(Tok),
    /// A name spelt so.
    Soft(&'static str),
    /// A name that is a soft keyword.
    AnySoft,
    Rule(usize),
    Optional(Box<Item>),
    Star(Box<Item>),
    Plus(Box<Item>),
    /// Separator, element.
    Gather(Box<Item>, Box<Item>),
    And(Box<Item>),
    Not(Box<Item>),
    Cut,
    Forced(Tok),
}

pub(super) enum Action {
    /// The only value, or a list of all.
    Default,
    Pick(usize),
    Node(&'static str),
    At(usize, String),
    Range(usize, usize, String),
    From(usize, String),
    Last(String),
    Indent(usize, String),
    Do(&'static str),
}

pub(super) struct Alternative {
    pub items: Vec<Item>,
    pub action: Action,
    /// Consists of one `invalid_` rule: tried in the second pass only.
    pub invalid: bool,
}

#[derive(Default)]
pub(super) struct Rule {
    pub alternatives: Vec<Alternative>,
    pub memo: bool,
    pub left_recursive: bool,
    pub without_invalid: bool,
}

pub(super) struct Grammar {
    pub rules: Vec<Rule>,
    names: HashMap<&'static str, usize>,
}

impl Grammar {
    pub(super) fn rule(&self, name: &str) -> usize {
        self.names.get(name).copied().unwrap_or(0)
    }
}

/// The grammar; the text is part of the program, so a mistake in it is a bug that the unit test finds.
pub(super) fn grammar() -> &'static Grammar {
    static GRAMMAR: OnceLock<Grammar> = OnceLock::new();
    GRAMMAR.get_or_init(|| read(include_str!("rules.txt")).expect("rules.txt is well formed"))
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Word {
    Quoted(&'static str),
    Soft(&'static str),
    Name(&'static str),
    Action(&'static str),
    Mark(char),
    Force,
}

/// Cuts a rule's body into words.
fn words(text: &'static str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let mut length = 1;
        match c {
            '\'' | '"' => {
                let end = rest[1..].find(c)?;
                let inner = &rest[1..1 + end];
                words.push(if c == '"' {
                    Word::Soft(inner)
                } else {
                    Word::Quoted(inner)
                });
                length = end + 2;
            }
            '{' => {
                let end = rest.find('}')?;
                words.push(Word::Action(&rest[1..end]));
                length = end + 1;
            }
            '&' if rest.starts_with("&&") => {
                words.push(Word::Force);
                length = 2;
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                length = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len());
                words.push(Word::Name(&rest[..length]));
            }
            c => words.push(Word::Mark(c)),
        }
        rest = rest[length..].trim_start();
    }
    Some(words)
}

struct Reader {
    rules: Vec<Rule>,
    names: HashMap<&'static str, usize>,
    words: Vec<Word>,
    at: usize,
}

fn read(text: &'static str) -> Option<Grammar> {
    // A definition is a line and the indented lines below it; its text is contiguous.
    let mut definitions: Vec<(&'static str, &'static str)> = Vec::new();
    let mut start = None;
    let mut offset = 0;
    let mut bounds = Vec::new();
    for line in text.split_inclusive('\n') {
        let continues = line.starts_with(' ');
        if !continues {
            if let Some(start) = start.take() {
                bounds.push((start, offset));
            }
            if !line.trim().is_empty() && !line.starts_with('#') {
                start = Some(offset);
            }
        }
        offset += line.len();
    }
    if let Some(start) = start {
        bounds.push((start, offset));
    }
    for (start, end) in bounds {
        let (head, body) = text[start..end].split_once(':')?;
        definitions.push((head, body));
    }
    let mut reader = Reader {
        rules: Vec::new(),
        names: HashMap::new(),
        words: Vec::new(),
        at: 0,
    };
    for (head, _) in &definitions {
        let name = head.trim_start_matches(['*', '<', '-']);
        let rule = Rule {
            memo: head.starts_with('*'),
            left_recursive: head.starts_with('<'),
            without_invalid: head.starts_with('-'),
            ..Rule::default()
        };
        reader.names.insert(name, reader.rules.len());
        reader.rules.push(rule);
    }
    for (i, (_, body)) in definitions.iter().enumerate() {
        reader.words = words(body)?;
        reader.at = 0;
        let alternatives = reader.alternatives()?;
        if reader.at != reader.words.len() {
            return None;
        }
        reader.rules[i].alternatives = alternatives;
    }
    Some(Grammar {
        rules: reader.rules,
        names: reader.names,
    })
}

impl Reader {
    fn peek(&self) -> Option<Word> {
        self.words.get(self.at).copied()
    }

    fn mark(&mut self, c: char) -> bool {
        let found = self.peek() == Some(Word::Mark(c));
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Option<Vec<Alternative>> {
        let mut alternatives = vec![self.alternative()?];
        while self.mark('|') {
            alternatives.push(self.alternative()?);
        }
        Some(alternatives)
    }

    fn alternative(&mut self) -> Option<Alternative> {
        let mut items = Vec::new();
        let mut action = Action::Default;
        let first = self.peek();
        loop {
            match self.peek() {
                None | Some(Word::Mark('|' | ')' | ']')) => break,
                Some(Word::Action(text)) => {
                    self.at += 1;
                    action = read_action(text)?;
                    break;
                }
                Some(_) => items.push(self.item()?),
            }
        }
        let invalid = items.len() == 1
            && matches!(first, Some(Word::Name(name)) if name.starts_with("invalid_"));
        Some(Alternative {
            items,
            action,
            invalid,
        })
    }

    fn item(&mut self) -> Option<Item> {
        if self.mark('&') {
            return Some(Item::And(Box::new(self.atom()?)));
        }
        if self.mark('!') {
            return Some(Item::Not(Box::new(self.atom()?)));
        }
        if self.mark('~') {
            return Some(Item::Cut);
        }
        if self.peek() == Some(Word::Force) {
            self.at += 1;
            let Some(Word::Quoted(text)) = self.peek() else {
                return None;
            };
            self.at += 1;
            return Some(Item::Forced(Tok::from_text(text)?));
        }
        let atom = self.atom()?;
        if self.mark('?') {
            return Some(Item::Optional(Box::new(atom)));
        }
        if self.mark('*') {
            return Some(Item::Star(Box::new(atom)));
        }
        if self.mark('+') {
            return Some(Item::Plus(Box::new(atom)));
        }
        if self.mark('.') {
            let element = self.atom()?;
            return self
                .mark('+')
                .then(|| Item::Gather(Box::new(atom), Box::new(element)));
        }
        Some(atom)
    }

    fn atom(&mut self) -> Option<Item> {
        let word = self.peek()?;
        self.at += 1;
        Some(match word {
            Word::Quoted(text) => Item::Tok(Tok::from_text(text)?),
            Word::Soft(text) => Item::Soft(text),
            Word::Name(name) => match name {
                "NAME" => Item::Tok(Tok::Name),
                "NUMBER" => Item::Tok(Tok::Number),
                "STRING" => Item::Tok(Tok::String),
                "NEWLINE" => Item::Tok(Tok::Newline),
                "INDENT" => Item::Tok(Tok::Indent),
                "DEDENT" => Item::Tok(Tok::Dedent),
                "ENDMARKER" => Item::Tok(Tok::EndMarker),
                "SOFT_KEYWORD" => Item::AnySoft,
                _ => Item::Rule(*self.names.get(name)?),
            },
            Word::Mark(open @ ('(' | '[')) => {
                let alternatives = self.alternatives()?;
                if !self.mark(if open == '(' { ')' } else { ']' }) {
                    return None;
                }
                self.rules.push(Rule {
                    alternatives,
                    ..Rule::default()
                });
                let group = Item::Rule(self.rules.len() - 1);
                if open == '(' {
                    group
                } else {
                    Item::Optional(Box::new(group))
                }
            }
            _ => return None,
        })
    }
}

fn read_action(text: &'static str) -> Option<Action> {
    if let Some(index) = text.strip_prefix('#') {
        return Some(Action::Pick(index.parse().ok()?));
    }
    let (head, message) = match text.split_once('"') {
        Some((head, message)) => (head, message.strip_suffix('"')?.replace("\\\"", "\"")),
        None => (text, String::new()),
    };
    let mut parts = head.split_whitespace();
    let kind = parts.next()?;
    let first = parts.next();
    let index = || first?.parse::<usize>().ok();
    Some(match kind {
        "at" => Action::At(index()?, message),
        "range" => Action::Range(index()?, parts.next()?.parse().ok()?, message),
        "from" => Action::From(index()?, message),
        "last" => Action::Last(message),
        "indent" => Action::Indent(index()?, message),
        "do" => Action::Do(first?),
        kind => Action::Node(kind),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_well_formed() {
        let grammar = read(include_str!("rules.txt"));
        assert!(grammar.is_some_and(|grammar| grammar.rules.len() > 300));
    }
}
