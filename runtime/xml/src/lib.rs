//! An incremental, non-validating XML parser that behaves as expat does: same events in the same pieces, same errors at the
//! same places, same treatment of entities and of what the document type declares.
//!
//! The parser is pulled: [`Parser::feed`] takes input, [`Parser::next`] gives one [`Item`] after the other until more input is
//! needed. So whoever handles an event may ask the parser anything or change how it goes on.

mod chars;
mod content;
mod dtd;
mod input;
mod prolog;
mod scan;

pub use input::Encoding;

use dtd::Dtd;
use input::Input;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::rc::Rc;

/// expat's error codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Error {
    Syntax = 2,
    NoElements = 3,
    InvalidToken = 4,
    UnclosedToken = 5,
    PartialChar = 6,
    TagMismatch = 7,
    DuplicateAttribute = 8,
    JunkAfterDocElement = 9,
    ParamEntityRef = 10,
    UndefinedEntity = 11,
    RecursiveEntityRef = 12,
    AsyncEntity = 13,
    BadCharRef = 14,
    BinaryEntityRef = 15,
    AttributeExternalEntityRef = 16,
    MisplacedXmlPi = 17,
    UnknownEncoding = 18,
    IncorrectEncoding = 19,
    UnclosedCdataSection = 20,
    ExternalEntityHandling = 21,
    NotStandalone = 22,
    EntityDeclaredInPe = 24,
    UnboundPrefix = 27,
    UndeclaringPrefix = 28,
    XmlDecl = 30,
    TextDecl = 31,
    PublicId = 32,
    Finished = 36,
    ReservedPrefixXml = 38,
    ReservedPrefixXmlns = 39,
    ReservedNamespaceUri = 40,
    AmplificationLimit = 43,
}

/// A content model of `<!ELEMENT>`.
#[derive(Debug, PartialEq)]
pub struct Model {
    pub kind: u8,
    pub quantifier: u8,
    pub name: Option<String>,
    pub children: Vec<Model>,
}
/// Not by recursion: models nest as deeply as a document says.
impl Drop for Model {
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut self.children);
        while let Some(mut m) = rest.pop() {
            rest.append(&mut m.children);
        }
    }
}

/// The name of an element or attribute: equal ones of a document are the same for as long as its parser lives.
pub type Name = Rc<str>;

#[derive(Debug)]
pub enum Event {
    StartElement {
        name: Name,
        attributes: Vec<(Name, String)>,
        /// How many attributes stand in the tag; the rest are defaults.
        specified: usize,
        empty: bool,
    },
    EndElement(Name),
    StartNamespace(Option<String>, String),
    EndNamespace(Option<String>),
    Characters(String),
    Pi(String, String),
    Comment(String),
    StartCdata,
    EndCdata,
    EndDoctype,
    SkippedEntity(String, bool),
    /// Answer with [`Parser::answer`]: false is error 22.
    NotStandalone,
    /// Answer with [`Parser::set_encoding_map`].
    UnknownEncoding(String),
    /// A reference to an external entity that nobody reads.
    UnreadEntity(String),
    Rare(Box<RareEvent>),
    /// Text that only a default handler is interested in.
    Other,
}
/// Events with much to tell: apart, so that the others are small to move.
#[derive(Debug)]
pub enum RareEvent {
    XmlDecl {
        version: Option<String>,
        encoding: Option<String>,
        standalone: i32,
    },
    StartDoctype {
        name: String,
        system: Option<String>,
        public: Option<String>,
        internal: bool,
    },
    ElementDecl(String, Model),
    AttlistDecl {
        element: String,
        attribute: String,
        kind: String,
        default: Option<String>,
        required: bool,
    },
    EntityDecl {
        name: String,
        parameter: bool,
        value: Option<String>,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
        notation: Option<String>,
    },
    NotationDecl {
        name: String,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
    UnparsedEntity {
        name: String,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
        notation: String,
    },
    /// Answer with [`Parser::answer`]: false is error 21. Without context: the external subset or a parameter entity.
    ExternalEntity {
        context: Option<String>,
        base: Option<String>,
        system: Option<String>,
        public: Option<String>,
    },
}
impl Event {
    fn rare(event: RareEvent) -> Event {
        Event::Rare(Box::new(event))
    }
    pub fn is_external_entity(&self) -> bool {
        matches!(self, Event::Rare(r) if matches!(**r, RareEvent::ExternalEntity { .. }))
    }
}

/// The handler whose presence keeps a token from the default handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    Own,
    StartDoctype,
    EndDoctype,
    ElementDecl,
    AttlistDecl,
    EntityDecl,
    NotationDecl,
    /// The default handler gets the token in any case.
    None,
}

#[derive(Debug)]
pub struct Item {
    pub event: Event,
    pub gate: Gate,
    /// The token's text, if a default handler wants it.
    pub raw: Option<String>,
    /// The end of an empty element: it lies behind the tag if its start was reported.
    behind: bool,
}

/// Which handlers the parser must know of.
#[derive(Clone, Copy, Default, Debug)]
pub struct Wants {
    pub default: bool,
    /// The default handler does not keep internal entities from being expanded.
    pub expand: bool,
    pub external: bool,
    pub skipped: bool,
    pub not_standalone: bool,
    pub unparsed: bool,
    pub entity_decl: bool,
    pub start_element: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing but perhaps a declaration has been seen.
    Start,
    Prolog,
    Content,
    Cdata,
    Epilog,
    Failed,
    Finished,
}
/// What a parser reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Document,
    /// An external general entity.
    Entity,
    /// The external subset or an external parameter entity.
    Subset,
}
/// What an answer decides about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Question {
    ExternalEntity,
    /// The external subset; with the state of `has_param_refs` before it and whether it has a system identifier.
    ExternalSubset {
        had_refs: bool,
        declared: bool,
    },
    NotStandalone,
    Encoding,
}

/// A namespace prefix in scope.
#[derive(Clone, Debug)]
struct Binding {
    prefix: Option<String>,
    uri: String,
}
/// An open element.
#[derive(Clone, Debug)]
struct Open {
    /// As in the tag.
    raw_name: Name,
    /// As reported.
    name: Name,
    bindings: usize,
}

/// When parameter entities and the external subset are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ParamParsing {
    #[default]
    Never,
    UnlessStandalone,
    Always,
}

pub struct Parser {
    separator: Option<String>,
    triplets: bool,
    pub wants: Wants,
    pub base: Option<String>,
    input: Input,
    state: State,
    kind: Kind,
    dtd: Rc<RefCell<Dtd>>,
    queue: std::collections::VecDeque<Item>,
    question: Option<Question>,
    elements: Vec<Open>,
    names: FxHashSet<Name>,
    /// Keeps its room from one tag to the next.
    tag: Vec<u8>,
    bindings: Vec<Binding>,
    prolog: prolog::Prolog,
    param_parsing: ParamParsing,
    foreign_dtd: bool,
    had_input: bool,
    /// The error is at the place, not at the start of the token.
    error: Option<Error>,
    /// How much text came from entities, against amplification.
    expanded: u64,
    /// Names of internal entities being read, innermost last.
    open_entities: Vec<(String, bool)>,
}

impl Parser {
    pub fn new(encoding: Option<&str>, separator: Option<&str>) -> Parser {
        let mut bindings = Vec::new();
        if separator.is_some() {
            bindings.push(Binding {
                prefix: Some("xml".to_owned()),
                uri: content::XML_URI.to_owned(),
            });
        }
        Parser {
            separator: separator.map(str::to_owned),
            triplets: false,
            wants: Wants::default(),
            base: None,
            input: Input::new(encoding.map(str::to_owned)),
            state: State::Start,
            kind: Kind::Document,
            dtd: Rc::default(),
            queue: std::collections::VecDeque::new(),
            question: None,
            elements: Vec::new(),
            names: FxHashSet::default(),
            tag: Vec::new(),
            bindings,
            prolog: prolog::Prolog::default(),
            param_parsing: ParamParsing::Never,
            foreign_dtd: false,
            had_input: false,
            error: None,
            expanded: 0,
            open_entities: Vec::new(),
        }
    }
    /// A parser for an external entity; without context for the external subset or a parameter entity.
    pub fn external(&self, context: Option<&str>, encoding: Option<&str>) -> Parser {
        let mut p = Parser::new(encoding, self.separator.as_deref());
        p.triplets = self.triplets;
        p.base.clone_from(&self.base);
        p.dtd = self.dtd.clone();
        p.param_parsing = self.param_parsing;
        match context {
            None => {
                p.kind = Kind::Subset;
                p.prolog.start_subset();
                p.dtd.borrow_mut().param_entity_read = true;
            }
            Some(context) => {
                p.kind = Kind::Entity;
                p.apply_context(context);
            }
        }
        p
    }
    /// `prefix=uri` for namespaces and names of open entities, separated by form feeds.
    fn context(&self, entity: &str) -> String {
        let mut parts = Vec::new();
        for b in &self.bindings {
            let shadowed = self.bindings.iter().rev().find(|o| o.prefix == b.prefix);
            if shadowed.is_some_and(|s| !std::ptr::eq(s, b)) || b.uri.is_empty() {
                continue;
            }
            parts.push(format!("{}={}", b.prefix.as_deref().unwrap_or(""), b.uri));
        }
        parts.extend(
            self.open_entities
                .iter()
                .filter(|e| !e.1)
                .map(|e| e.0.clone()),
        );
        parts.push(entity.to_owned());
        parts.join("\x0c")
    }
    fn apply_context(&mut self, context: &str) {
        for part in context.split('\x0c') {
            match part.split_once('=') {
                Some((prefix, uri)) => {
                    if prefix != "xml" {
                        self.bindings.push(Binding {
                            prefix: (!prefix.is_empty()).then(|| prefix.to_owned()),
                            uri: uri.to_owned(),
                        });
                    }
                }
                None => self.open_entities.push((part.to_owned(), false)),
            }
        }
    }
    pub fn set_triplets(&mut self, on: bool) {
        self.triplets = on;
    }
    /// False once parsing has begun.
    pub fn set_param_parsing(&mut self, how: ParamParsing) -> bool {
        if self.had_input {
            return false;
        }
        self.param_parsing = how;
        true
    }
    pub fn use_foreign_dtd(&mut self, on: bool) -> bool {
        if self.had_input {
            return false;
        }
        self.foreign_dtd = on;
        true
    }
    pub fn set_encoding(&mut self, encoding: &str) {
        if !self.had_input {
            self.input.set_protocol_encoding(encoding);
        }
    }
    /// Byte, line (from 1) and column of the current event or error.
    pub fn position(&self) -> (i64, i64, i64) {
        self.input.position()
    }
    pub fn has_begun(&self) -> bool {
        self.had_input
    }
    /// The recent input and how far into it the current event is.
    pub fn input_context(&self) -> Option<Vec<u8>> {
        self.had_input.then(|| self.input.context())
    }
    pub fn error(&self) -> Option<Error> {
        self.error
    }
    fn standalone(&self) -> bool {
        self.dtd.borrow().standalone
    }
    /// Whether parameter entities are to be read here.
    fn reads_params(&self) -> bool {
        match self.param_parsing {
            ParamParsing::Never => false,
            ParamParsing::Always => true,
            ParamParsing::UnlessStandalone => !self.standalone(),
        }
    }
    pub fn feed(&mut self, data: &[u8], last: bool) -> Result<(), Error> {
        match self.state {
            State::Failed | State::Finished => return self.fail(Error::Finished),
            _ => {}
        }
        self.had_input = true;
        self.input.feed(data, last);
        Ok(())
    }
    fn fail<T>(&mut self, e: Error) -> Result<T, Error> {
        self.state = State::Failed;
        self.error = Some(e);
        Err(e)
    }
    /// Stops for good, because a handler failed.
    pub fn abort(&mut self) {
        self.state = State::Failed;
        self.queue.clear();
    }
    /// The handler's answer to the last event that asks.
    pub fn answer(&mut self, yes: bool) -> Result<(), Error> {
        match self.question.take() {
            Some(Question::NotStandalone) if !yes => self.fail(Error::NotStandalone),
            Some(Question::ExternalEntity) if !yes => self.fail(Error::ExternalEntityHandling),
            Some(Question::ExternalSubset { .. }) if !yes => {
                self.fail(Error::ExternalEntityHandling)
            }
            Some(Question::ExternalSubset { had_refs, declared }) => {
                let read = self.dtd.borrow().param_entity_read;
                if read {
                    self.ask_not_standalone();
                } else if !declared {
                    self.dtd.borrow_mut().has_param_refs = had_refs;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
    /// What the 256 bytes of an unknown encoding mean; `None`: it stays unknown.
    pub fn set_encoding_map(&mut self, map: Option<Box<[Option<char>; 256]>>) -> Result<(), Error> {
        self.question = None;
        match map {
            // Markup must be what it is in ASCII.
            Some(map)
                if (0..0x80)
                    .all(|b| !chars::is_markup(b) || map[usize::from(b)] == Some(b.into())) =>
            {
                self.input.switch(Encoding::Map(map));
                Ok(())
            }
            _ => {
                self.input.mark_name();
                self.fail(Error::UnknownEncoding)
            }
        }
    }
    fn ask_not_standalone(&mut self) {
        if self.wants.not_standalone && !self.standalone() {
            self.push(Event::NotStandalone, Gate::None, None);
        }
    }
    fn push(&mut self, event: Event, gate: Gate, raw: Option<String>) {
        self.queue.push_back(Item {
            event,
            gate,
            raw,
            behind: false,
        });
    }

    /// The next event; `None` when all input is used (or the document has ended).
    pub fn next_item(&mut self) -> Result<Option<Item>, Error> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                if item.behind && self.wants.start_element {
                    self.input.mark_event();
                }
                self.question = match &item.event {
                    Event::NotStandalone => Some(Question::NotStandalone),
                    Event::UnknownEncoding(_) => Some(Question::Encoding),
                    event if event.is_external_entity() => {
                        Some(self.question.unwrap_or(Question::ExternalEntity))
                    }
                    _ => self.question,
                };
                return Ok(Some(item));
            }
            let more = match self.state {
                State::Failed => return Err(self.error.unwrap_or(Error::Finished)),
                State::Finished => return Ok(None),
                _ => self.step(),
            };
            match more {
                Ok(true) => {}
                Ok(false) if self.queue.is_empty() => return Ok(None),
                Ok(false) => {}
                Err(e) => {
                    self.state = State::Failed;
                    self.error = Some(e);
                    // What was found before the error is reported first.
                    if self.queue.is_empty() {
                        return Err(e);
                    }
                }
            }
        }
    }
    fn step(&mut self) -> Result<bool, Error> {
        if !self.input.decide_encoding() {
            if self.input.is_last() && self.input.is_empty() {
                return self.end();
            }
            return Ok(false);
        }
        if let Some(name) = self.input.take_unknown() {
            self.push(Event::UnknownEncoding(name), Gate::None, None);
            return Ok(true);
        }
        match self.state {
            State::Start => self.start(),
            State::Prolog | State::Epilog => self.prolog_step(),
            State::Content => self.content_step(),
            State::Cdata => self.cdata_step(),
            State::Failed | State::Finished => Ok(false),
        }
    }
    /// At the very start: perhaps an XML or text declaration.
    fn start(&mut self) -> Result<bool, Error> {
        let next = if self.kind == Kind::Entity {
            State::Content
        } else {
            State::Prolog
        };
        let rest = self.input.rest();
        let declaration = b"<?xml";
        if rest.len() < 6 && declaration.starts_with(&rest[..rest.len().min(5)]) {
            if !self.input.is_last() {
                return Ok(false);
            }
        } else if rest.starts_with(declaration) && chars::is_space(rest[5]) {
            let scanner = scan::Scanner { s: rest, ns: false };
            match scanner.pi(0) {
                Ok((_, end)) => {
                    self.state = next;
                    self.declaration(end)?;
                    return Ok(true);
                }
                Err(stop) => return self.stopped(stop),
            }
        }
        self.state = next;
        Ok(true)
    }
    /// `<?xml ...?>` of `end` bytes.
    fn declaration(&mut self, end: usize) -> Result<(), Error> {
        let text = self.kind != Kind::Document;
        let bad = if text {
            Error::TextDecl
        } else {
            Error::XmlDecl
        };
        let rest = self.input.rest().to_vec();
        let scanner = scan::Scanner {
            s: &rest,
            ns: false,
        };
        let pairs = match scanner.pseudo_attributes((5, end - 2)) {
            Ok(p) => p,
            Err(scan::Stop::Invalid(at)) => {
                self.input.mark_error(at);
                return Err(bad);
            }
            Err(_) => return Err(bad),
        };
        let piece = |r: (usize, usize)| String::from_utf8_lossy(&rest[r.0..r.1]).into_owned();
        let (mut version, mut encoding, mut standalone) = (None, None, -1);
        let mut stage = 0;
        for (name, value) in pairs {
            let (key, v) = (piece(name), piece(value));
            let ok = match key.as_str() {
                "version" if stage == 0 => {
                    version = Some(v);
                    stage = 1;
                    true
                }
                "encoding" if stage == 1 || stage == 0 && text => {
                    let start = v.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
                    encoding = Some(v);
                    stage = 2;
                    start
                }
                "standalone" if !text && (stage == 1 || stage == 2) => {
                    standalone = match v.as_str() {
                        "yes" => 1,
                        "no" => 0,
                        _ => -2,
                    };
                    stage = 3;
                    standalone != -2
                }
                _ => false,
            };
            if !ok {
                self.input.mark_error(if stage == 0 {
                    name.0
                } else {
                    value.0.min(name.0)
                });
                return Err(bad);
            }
        }
        if !text && version.is_none() || text && encoding.is_none() {
            self.input.mark_error(end - 2);
            return Err(bad);
        }
        if !text && standalone == 1 {
            self.dtd.borrow_mut().standalone = true;
        }
        let raw = self.raw(end);
        let declared = encoding.clone();
        self.push(
            Event::rare(RareEvent::XmlDecl {
                version,
                encoding,
                standalone,
            }),
            Gate::Own,
            raw,
        );
        if let Some(name) = declared.as_ref().filter(|n| self.input.contradicts(n)) {
            let at = encoding_at(&rest[..end], name);
            self.input.mark_error(at);
            return Err(Error::IncorrectEncoding);
        }
        if let Some(name) = &declared {
            self.input.note_name(encoding_at(&rest[..end], name));
        }
        self.input.advance(end);
        if let Some(name) = declared {
            self.input.declared(&name);
        }
        Ok(())
    }
    /// The text of the next `n` bytes, for the default handler.
    fn raw(&self, n: usize) -> Option<String> {
        self.wants
            .default
            .then(|| String::from_utf8_lossy(&self.input.rest()[..n]).into_owned())
    }
    /// No token can be made: an error, or more input is needed.
    fn stopped(&mut self, stop: scan::Stop) -> Result<bool, Error> {
        match stop {
            scan::Stop::Invalid(at) => {
                self.input.mark_error(at);
                Err(Error::InvalidToken)
            }
            scan::Stop::More { partial } => {
                if !self.input.ends_here() {
                    return Ok(false);
                }
                self.input.mark_error(0);
                Err(if partial {
                    Error::PartialChar
                } else {
                    Error::UnclosedToken
                })
            }
        }
    }
    /// The end of the input was reached in an orderly place.
    fn end(&mut self) -> Result<bool, Error> {
        self.input.mark_error(0);
        if self.input.has_partial() {
            return Err(Error::UnclosedToken);
        }
        match (self.kind, self.state) {
            (Kind::Document, State::Epilog) | (Kind::Subset, _) => {
                if self.kind == Kind::Subset && !self.prolog.between_declarations() {
                    return Err(Error::Syntax);
                }
            }
            (Kind::Document, _) => return Err(Error::NoElements),
            (Kind::Entity, _) => {
                if !self.elements.is_empty() {
                    return Err(Error::AsyncEntity);
                }
            }
        }
        self.state = State::Finished;
        Ok(false)
    }
}

/// Where the encoding's name lies in a declaration.
fn encoding_at(declaration: &[u8], name: &str) -> usize {
    let text = String::from_utf8_lossy(declaration);
    let from = text.find("encoding").unwrap_or(0);
    text[from..].find(name).map_or(0, |i| from + i)
}
