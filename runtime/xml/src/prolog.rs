//! Prolog, document type declaration and epilog.
//!
//! Tokens are those of expat, because a default handler sees each one. What they mean where is a state machine: [`Stage`].

use crate::chars::{Char, char_at, is_public_id_char, is_space};
use crate::content::normalize_newlines;
use crate::dtd::{AttributeDecl, Entity};
use crate::scan::{Scan, Scanner, Stop, Token};
use crate::*;

#[derive(Clone, PartialEq, Debug)]
enum Tok {
    Space,
    Comment,
    Pi((usize, usize), (usize, usize)),
    XmlDecl,
    DeclOpen,
    DeclClose,
    InstanceStart,
    Literal,
    OpenBracket,
    CloseBracket,
    CondOpen,
    CondClose,
    OpenParen,
    /// With what stands behind it.
    CloseParen(u8),
    Or,
    Comma,
    Percent,
    ParamRef,
    PoundName,
    Name(u8),
    Nmtoken,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Stage {
    #[default]
    Misc,
    DoctypeName,
    DoctypeRest,
    DoctypeSystem,
    DoctypePublic,
    DoctypePublicSystem,
    DoctypeAfterId,
    DoctypeEnd,
    /// Between declarations, in the internal subset or an external one.
    Subset,
    EntityName,
    ParamEntityName,
    EntityValue,
    EntitySystem,
    EntityPublic,
    EntityPublicSystem,
    EntityAfterId,
    EntityNotation,
    EntityEnd,
    NotationName,
    NotationRest,
    NotationSystem,
    NotationPublic,
    NotationAfterPublic,
    NotationEnd,
    AttlistElement,
    AttlistName,
    AttlistType,
    AttlistNotation,
    AttlistItem,
    AttlistItemSep,
    AttlistDefault,
    AttlistFixed,
    ElementName,
    ElementRest,
    ElementFirst,
    ElementItem,
    ElementSep,
    ElementMixed,
    ElementMixedItem,
    ElementEnd,
    /// `<![` of an external subset: INCLUDE or IGNORE, then `[`.
    Conditional,
    ConditionalOpen,
}

/// What has been read of the present declaration.
#[derive(Default)]
pub(crate) struct Prolog {
    stage: Stage,
    /// The document type: seen at all, and its parts.
    seen: bool,
    name: String,
    system: Option<String>,
    public: Option<String>,
    subset: bool,
    decl_name: String,
    decl_param: bool,
    decl_system: Option<String>,
    decl_public: Option<String>,
    decl_value: Option<String>,
    attribute: String,
    kind: String,
    model: Vec<Model>,
    separators: Vec<u8>,
    ignore: bool,
    includes: usize,
}
impl Prolog {
    pub(crate) fn start_subset(&mut self) {
        self.stage = Stage::Subset;
        self.subset = true;
    }
    pub(crate) fn between_declarations(&self) -> bool {
        matches!(self.stage, Stage::Subset | Stage::Misc) && self.includes == 0
    }
}

fn quantifier(b: u8) -> u8 {
    match b {
        b'?' => 1,
        b'*' => 2,
        b'+' => 3,
        _ => 0,
    }
}

impl Scanner<'_> {
    fn prolog(&self, last: bool) -> Scan<(Tok, usize)> {
        let s = self.s;
        let more = Stop::More { partial: false };
        let at = |i: usize| s.get(i).copied().ok_or(more);
        match at(0)? {
            b if is_space(b) => {
                let n = self.spaces(0);
                Ok((Tok::Space, n))
            }
            b'<' => match at(1)? {
                b'!' => match at(2)? {
                    b'-' => self.comment(0).map(|(_, n)| (Tok::Comment, n)),
                    b'[' => Ok((Tok::CondOpen, 3)),
                    b if b.is_ascii_alphabetic() => {
                        let end = self.name(2)?;
                        if is_space(s[end]) || s[end] == b'%' {
                            Ok((Tok::DeclOpen, end))
                        } else {
                            Err(Stop::Invalid(end))
                        }
                    }
                    _ => Err(Stop::Invalid(2)),
                },
                b'?' => Ok(match self.pi(0)? {
                    (Token::Pi { target, data }, n) => (Tok::Pi(target, data), n),
                    (_, n) => (Tok::XmlDecl, n),
                }),
                _ => {
                    let (c, _) = self.char(1)?;
                    if crate::chars::is_name_start(c) || c == ':' {
                        Ok((Tok::InstanceStart, 0))
                    } else {
                        Err(Stop::Invalid(1))
                    }
                }
            },
            b'"' | b'\'' => {
                let n = self.literal(0)?;
                match s.get(n) {
                    Some(b) if is_space(*b) || matches!(b, b'>' | b'%' | b'[') => {}
                    None if !last => return Err(more),
                    None => {}
                    Some(_) => return Err(Stop::Invalid(n)),
                }
                Ok((Tok::Literal, n))
            }
            b'%' => match char_at(s, 1) {
                Char::End { .. } if !last => Err(more),
                Char::Is(c, _) if crate::chars::is_name_start(c) => {
                    let end = self.name(1)?;
                    if s[end] == b';' {
                        Ok((Tok::ParamRef, end + 1))
                    } else {
                        Err(Stop::Invalid(end))
                    }
                }
                Char::Is(c, _) if c == '%' || (c as u32) < 128 && is_space(c as u8) => {
                    Ok((Tok::Percent, 1))
                }
                _ => Err(Stop::Invalid(1)),
            },
            b'>' => Ok((Tok::DeclClose, 1)),
            b'[' => Ok((Tok::OpenBracket, 1)),
            b']' => {
                if s.starts_with(b"]]>") {
                    return Ok((Tok::CondClose, 3));
                }
                if !last && matches!(s, b"]" | b"]]") {
                    return Err(more);
                }
                Ok((Tok::CloseBracket, 1))
            }
            b'(' => Ok((Tok::OpenParen, 1)),
            b')' => {
                let b = at(1)?;
                Ok(match quantifier(b) {
                    0 => (Tok::CloseParen(0), 1),
                    _ => (Tok::CloseParen(b), 2),
                })
            }
            b'|' => Ok((Tok::Or, 1)),
            b',' => Ok((Tok::Comma, 1)),
            b'#' => {
                let end = self.name(1)?;
                Ok((Tok::PoundName, end))
            }
            _ => {
                let (c, _) = self.char(0)?;
                let is_name = crate::chars::is_name_start(c) || c == ':';
                let end = if is_name {
                    (Scanner { s, ns: false }).nmtoken(0)?
                } else if crate::chars::is_name_char(c) {
                    self.nmtoken(0)?
                } else {
                    return Err(Stop::Invalid(0));
                };
                match s[end] {
                    b if is_space(b) || matches!(b, b'>' | b')' | b',' | b'|' | b'[' | b'%') => {
                        let tok = if is_name { Tok::Name(0) } else { Tok::Nmtoken };
                        Ok((tok, end))
                    }
                    b if is_name && quantifier(b) > 0 => Ok((Tok::Name(b), end + 1)),
                    _ => Err(Stop::Invalid(end)),
                }
            }
        }
    }
}

impl Parser {
    pub(crate) fn prolog_step(&mut self) -> Result<bool, Error> {
        self.input.mark_event();
        if self.input.rest().is_empty() {
            if self.input.in_entity() {
                self.leave_param_entity();
                return Ok(true);
            }
            if !self.input.is_last() {
                return Ok(false);
            }
            return self.end();
        }
        if self.prolog.ignore {
            return self.skip_ignored();
        }
        let last = self.input.ends_here();
        let ns = self.separator.is_some();
        let rest = self.input.rest();
        let (tok, n) = match (Scanner { s: rest, ns }).prolog(last) {
            Ok(found) => found,
            Err(Stop::More { partial: false }) if last => {
                let open = matches!(rest[0], b'<' | b'"' | b'\'');
                self.input.mark_error(0);
                return Err(if open {
                    Error::UnclosedToken
                } else if self.state == State::Epilog {
                    Error::JunkAfterDocElement
                } else if self.input.in_entity()
                    || self.kind == Kind::Subset
                    || self.prolog.stage == Stage::Misc
                {
                    Error::Syntax
                } else {
                    Error::NoElements
                });
            }
            Err(stop) => return self.stopped(stop),
        };
        let text = String::from_utf8_lossy(&rest[..n]).into_owned();
        self.token(tok, &text, n)?;
        Ok(true)
    }
    fn misplaced(&self, tok: &Tok) -> Error {
        match tok {
            _ if self.state == State::Epilog => Error::JunkAfterDocElement,
            Tok::ParamRef => Error::ParamEntityRef,
            Tok::XmlDecl => Error::MisplacedXmlPi,
            _ => Error::Syntax,
        }
    }
    /// Reports a token that means nothing by itself.
    fn other(&mut self, gate: Gate, n: usize) {
        let raw = self.raw(n);
        self.push(Event::Other, gate, raw);
        self.input.advance(n);
    }
    /// Reports a declaration at the token of `n` bytes that completes it.
    fn report(&mut self, event: Event, gate: Gate, n: usize) {
        let raw = self.raw(n);
        self.push(event, gate, raw);
        self.input.advance(n);
    }
    fn gate(&self) -> Gate {
        match self.prolog.stage {
            Stage::Misc | Stage::Subset | Stage::Conditional | Stage::ConditionalOpen => Gate::None,
            Stage::DoctypeName
            | Stage::DoctypeRest
            | Stage::DoctypeSystem
            | Stage::DoctypePublic
            | Stage::DoctypePublicSystem
            | Stage::DoctypeAfterId
            | Stage::DoctypeEnd => Gate::StartDoctype,
            Stage::EntityName
            | Stage::ParamEntityName
            | Stage::EntityValue
            | Stage::EntitySystem
            | Stage::EntityPublic
            | Stage::EntityPublicSystem
            | Stage::EntityAfterId
            | Stage::EntityNotation
            | Stage::EntityEnd => Gate::EntityDecl,
            Stage::NotationName
            | Stage::NotationRest
            | Stage::NotationSystem
            | Stage::NotationPublic
            | Stage::NotationAfterPublic
            | Stage::NotationEnd => Gate::NotationDecl,
            Stage::AttlistElement
            | Stage::AttlistName
            | Stage::AttlistType
            | Stage::AttlistNotation
            | Stage::AttlistItem
            | Stage::AttlistItemSep
            | Stage::AttlistDefault
            | Stage::AttlistFixed => Gate::AttlistDecl,
            _ => Gate::ElementDecl,
        }
    }
    fn token(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match (&tok, self.prolog.stage) {
            (Tok::Space, stage) => {
                let gate = if stage == Stage::Misc || stage == Stage::Subset {
                    Gate::None
                } else {
                    self.gate()
                };
                self.other(gate, n);
                return Ok(());
            }
            (Tok::Comment, Stage::Misc | Stage::Subset | Stage::DoctypeEnd) => {
                let event = Event::Comment(normalize_newlines(&text[4..n - 3]));
                self.emit(event, n);
                return Ok(());
            }
            (Tok::Pi(target, data), Stage::Misc | Stage::Subset | Stage::DoctypeEnd) => {
                let event = Event::Pi(
                    text[target.0..target.1].to_owned(),
                    normalize_newlines(&text[data.0..data.1]),
                );
                self.emit(event, n);
                return Ok(());
            }
            (Tok::ParamRef, Stage::Subset) => return self.param_reference(text, n),
            // Inside a declaration parameter entities may stand in what is not the document itself.
            (Tok::ParamRef, stage)
                if stage != Stage::Misc
                    && (self.kind == Kind::Subset || self.input.in_entity()) =>
            {
                return self.inner_reference(text, n);
            }
            _ => {}
        }
        match self.prolog.stage {
            Stage::Misc => self.misc(tok, text, n),
            Stage::Subset | Stage::Conditional | Stage::ConditionalOpen => {
                self.in_subset(tok, text, n)
            }
            Stage::DoctypeName
            | Stage::DoctypeRest
            | Stage::DoctypeSystem
            | Stage::DoctypePublic
            | Stage::DoctypePublicSystem
            | Stage::DoctypeAfterId
            | Stage::DoctypeEnd => self.doctype(tok, text, n),
            Stage::EntityName
            | Stage::ParamEntityName
            | Stage::EntityValue
            | Stage::EntitySystem
            | Stage::EntityPublic
            | Stage::EntityPublicSystem
            | Stage::EntityAfterId
            | Stage::EntityNotation
            | Stage::EntityEnd => self.entity_decl(tok, text, n),
            Stage::NotationName
            | Stage::NotationRest
            | Stage::NotationSystem
            | Stage::NotationPublic
            | Stage::NotationAfterPublic
            | Stage::NotationEnd => self.notation_decl(tok, text, n),
            Stage::AttlistElement
            | Stage::AttlistName
            | Stage::AttlistType
            | Stage::AttlistNotation
            | Stage::AttlistItem
            | Stage::AttlistItemSep
            | Stage::AttlistDefault
            | Stage::AttlistFixed => self.attlist_decl(tok, text, n),
            _ => self.element_decl(tok, text, n),
        }
    }
    fn to(&mut self, stage: Stage, n: usize) -> Result<(), Error> {
        let gate = self.gate();
        self.prolog.stage = stage;
        self.other(gate, n);
        Ok(())
    }
    fn misc(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match tok {
            Tok::DeclOpen
                if text == "<!DOCTYPE" && !self.prolog.seen && self.state == State::Prolog =>
            {
                self.prolog.seen = true;
                self.prolog.stage = Stage::DoctypeName;
                self.other(Gate::StartDoctype, n);
                Ok(())
            }
            Tok::InstanceStart if self.state == State::Prolog => {
                if self.foreign_dtd && !self.prolog.seen {
                    self.foreign_dtd = false;
                    self.external_subset(None, None, false);
                }
                self.state = State::Content;
                Ok(())
            }
            tok => Err(self.misplaced(&tok)),
        }
    }

    // ---- Document type ------------------------------------------------------------------------------------

    fn doctype(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match (self.prolog.stage, &tok) {
            (Stage::DoctypeName, Tok::Name(0)) => {
                self.prolog.name = text.to_owned();
                self.to(Stage::DoctypeRest, n)
            }
            (Stage::DoctypeRest, Tok::Name(0)) if text == "SYSTEM" => {
                self.to(Stage::DoctypeSystem, n)
            }
            (Stage::DoctypeRest, Tok::Name(0)) if text == "PUBLIC" => {
                self.to(Stage::DoctypePublic, n)
            }
            (Stage::DoctypePublic, Tok::Literal) => {
                self.prolog.public = Some(self.public_id(text)?);
                self.to(Stage::DoctypePublicSystem, n)
            }
            (Stage::DoctypeSystem | Stage::DoctypePublicSystem, Tok::Literal) => {
                self.prolog.system = Some(text[1..n - 1].to_owned());
                self.foreign_dtd = false;
                self.dtd.borrow_mut().has_param_refs = true;
                self.to(Stage::DoctypeAfterId, n)?;
                if self.param_parsing == ParamParsing::Never {
                    self.ask_not_standalone();
                }
                Ok(())
            }
            (Stage::DoctypeRest | Stage::DoctypeAfterId, Tok::OpenBracket) => {
                self.start_doctype(true, n);
                self.prolog.stage = Stage::Subset;
                Ok(())
            }
            (Stage::DoctypeRest | Stage::DoctypeAfterId | Stage::DoctypeEnd, Tok::DeclClose) => {
                let started = self.prolog.stage == Stage::DoctypeEnd;
                if !started {
                    self.start_doctype(false, 0);
                }
                self.prolog.stage = Stage::Misc;
                let (system, public) = (self.prolog.system.clone(), self.prolog.public.clone());
                if system.is_some() || self.foreign_dtd {
                    let declared = system.is_some();
                    self.foreign_dtd = false;
                    self.external_subset(system, public, declared);
                }
                let raw = self.raw(n);
                self.push(Event::EndDoctype, Gate::EndDoctype, raw);
                self.input.advance(n);
                Ok(())
            }
            _ => Err(self.misplaced(&tok)),
        }
    }
    fn start_doctype(&mut self, internal: bool, n: usize) {
        let event = Event::rare(RareEvent::StartDoctype {
            name: self.prolog.name.clone(),
            system: self.prolog.system.clone(),
            public: self.prolog.public.clone(),
            internal,
        });
        let raw = if n > 0 { self.raw(n) } else { None };
        self.push(event, Gate::StartDoctype, raw);
        self.input.advance(n);
    }
    /// The external subset is to be read now, if somebody reads it.
    fn external_subset(&mut self, system: Option<String>, public: Option<String>, declared: bool) {
        let had_refs = std::mem::replace(&mut self.dtd.borrow_mut().has_param_refs, true);
        if !self.reads_params() || !self.wants.external {
            return;
        }
        self.dtd.borrow_mut().param_entity_read = false;
        let event = Event::rare(RareEvent::ExternalEntity {
            context: None,
            base: self.base.clone(),
            system,
            public,
        });
        self.question = Some(Question::ExternalSubset { had_refs, declared });
        self.push(event, Gate::None, None);
    }
    fn public_id(&mut self, text: &str) -> Result<String, Error> {
        let inner = &text[1..text.len() - 1];
        if let Some(i) = inner.bytes().position(|b| !is_public_id_char(b)) {
            self.input.mark_error(i + 1);
            return Err(Error::PublicId);
        }
        Ok(inner.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    }

    // ---- The subset ---------------------------------------------------------------------------------------

    fn in_subset(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        let external = self.kind == Kind::Subset || self.input.in_entity();
        match (self.prolog.stage, &tok) {
            (Stage::Subset, Tok::CloseBracket) if !self.prolog.subset => {
                self.prolog.stage = Stage::DoctypeEnd;
                self.other(Gate::None, n);
                Ok(())
            }
            (Stage::Subset, Tok::DeclOpen) => {
                let (stage, gate) = match &text[2..] {
                    "ENTITY" => (Stage::EntityName, Gate::EntityDecl),
                    "NOTATION" => (Stage::NotationName, Gate::NotationDecl),
                    "ATTLIST" => (Stage::AttlistElement, Gate::AttlistDecl),
                    "ELEMENT" => (Stage::ElementName, Gate::ElementDecl),
                    _ => return Err(Error::Syntax),
                };
                self.prolog.stage = stage;
                self.prolog.decl_param = false;
                self.prolog.decl_system = None;
                self.prolog.decl_public = None;
                self.prolog.decl_value = None;
                self.other(gate, n);
                Ok(())
            }
            (Stage::Subset, Tok::CondOpen) if external => {
                self.prolog.stage = Stage::Conditional;
                self.other(Gate::None, n);
                Ok(())
            }
            (Stage::Conditional, Tok::Name(0)) if text == "INCLUDE" || text == "IGNORE" => {
                self.prolog.kind = text.to_owned();
                self.prolog.stage = Stage::ConditionalOpen;
                self.other(Gate::None, n);
                Ok(())
            }
            (Stage::ConditionalOpen, Tok::OpenBracket) => {
                self.prolog.stage = Stage::Subset;
                if self.prolog.kind == "INCLUDE" {
                    self.prolog.includes += 1;
                } else {
                    self.prolog.ignore = true;
                }
                self.other(Gate::None, n);
                Ok(())
            }
            (Stage::Subset, Tok::CondClose) if self.prolog.includes > 0 => {
                self.prolog.includes -= 1;
                self.other(Gate::None, n);
                Ok(())
            }
            _ => Err(self.misplaced(&tok)),
        }
    }
    /// The rest of an IGNORE section, in which further sections may nest.
    fn skip_ignored(&mut self) -> Result<bool, Error> {
        let rest = self.input.rest();
        let (mut at, mut depth) = (0, 0);
        while at < rest.len() {
            if rest[at..].starts_with(b"<![") {
                depth += 1;
                at += 3;
            } else if rest[at..].starts_with(b"]]>") {
                at += 3;
                if depth == 0 {
                    self.prolog.ignore = false;
                    self.other(Gate::None, at);
                    return Ok(true);
                }
                depth -= 1;
            } else {
                at += 1;
            }
        }
        self.stopped(Stop::More { partial: false })
    }
    fn param_reference(&mut self, text: &str, n: usize) -> Result<(), Error> {
        let name = &text[1..n - 1];
        self.dtd.borrow_mut().has_param_refs = true;
        if self.param_parsing == ParamParsing::Never || !self.reads_params() {
            let standalone = self.standalone();
            self.dtd.borrow_mut().keep_processing = standalone;
            self.other(Gate::None, n);
            self.ask_not_standalone();
            return Ok(());
        }
        let entity = self.dtd.borrow().parameters.get(name).cloned();
        let Some(entity) = entity else {
            let standalone = self.standalone();
            self.dtd.borrow_mut().keep_processing = standalone;
            self.report(Event::SkippedEntity(name.to_owned(), true), Gate::Own, n);
            self.ask_not_standalone();
            return Ok(());
        };
        if entity.open {
            return Err(Error::RecursiveEntityRef);
        }
        if let Some(body) = entity.text {
            self.other(Gate::None, n);
            self.enter_entity(name, true, body);
            return Ok(());
        }
        if self.wants.external {
            self.dtd.borrow_mut().param_entity_read = false;
            let event = Event::rare(RareEvent::ExternalEntity {
                context: None,
                base: entity.base,
                system: entity.system,
                public: entity.public,
            });
            self.report(event, Gate::Own, n);
        } else {
            let standalone = self.standalone();
            self.dtd.borrow_mut().keep_processing = standalone;
            self.other(Gate::None, n);
        }
        self.ask_not_standalone();
        Ok(())
    }
    fn inner_reference(&mut self, text: &str, n: usize) -> Result<(), Error> {
        let name = &text[1..n - 1];
        let entity = self.dtd.borrow().parameters.get(name).cloned();
        let gate = self.gate();
        match entity {
            Some(Entity { open: true, .. }) => Err(Error::RecursiveEntityRef),
            Some(Entity {
                text: Some(body), ..
            }) => {
                self.other(gate, n);
                self.enter_entity(name, true, format!(" {body} ").into());
                Ok(())
            }
            _ => {
                self.other(gate, n);
                Ok(())
            }
        }
    }

    // ---- Entities and notations ---------------------------------------------------------------------------

    fn entity_decl(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match (self.prolog.stage, &tok) {
            (Stage::EntityName, Tok::Percent) => {
                self.prolog.decl_param = true;
                self.to(Stage::ParamEntityName, n)
            }
            (Stage::EntityName | Stage::ParamEntityName, Tok::Name(0)) => {
                self.prolog.decl_name = text.to_owned();
                self.to(Stage::EntityValue, n)
            }
            (Stage::EntityValue, Tok::Literal) => {
                let value = self.entity_value(&text[1..n - 1])?;
                self.prolog.decl_value = Some(value.clone());
                let entity = Entity {
                    text: Some(value.into()),
                    ..Entity::default()
                };
                self.declare_entity(entity);
                let event = self.entity_event(None);
                self.report(event, Gate::EntityDecl, n);
                self.prolog.stage = Stage::EntityEnd;
                Ok(())
            }
            (Stage::EntityValue, Tok::Name(0)) if text == "SYSTEM" => {
                self.to(Stage::EntitySystem, n)
            }
            (Stage::EntityValue, Tok::Name(0)) if text == "PUBLIC" => {
                self.to(Stage::EntityPublic, n)
            }
            (Stage::EntityPublic, Tok::Literal) => {
                self.prolog.decl_public = Some(self.public_id(text)?);
                self.to(Stage::EntityPublicSystem, n)
            }
            (Stage::EntitySystem | Stage::EntityPublicSystem, Tok::Literal) => {
                self.prolog.decl_system = Some(text[1..n - 1].to_owned());
                self.to(Stage::EntityAfterId, n)
            }
            (Stage::EntityAfterId, Tok::Name(0)) if text == "NDATA" && !self.prolog.decl_param => {
                self.to(Stage::EntityNotation, n)
            }
            (Stage::EntityNotation, Tok::Name(0)) => {
                let notation = text.to_owned();
                self.declare_entity(Entity {
                    notation: Some(notation.clone()),
                    ..self.external_entity()
                });
                let unparsed = Event::rare(RareEvent::UnparsedEntity {
                    name: self.prolog.decl_name.clone(),
                    base: self.base.clone(),
                    system: self.prolog.decl_system.clone(),
                    public: self.prolog.decl_public.clone(),
                    notation: notation.clone(),
                });
                // An older handler takes precedence over the one for all entities.
                let event = if self.wants.unparsed || !self.wants.entity_decl {
                    unparsed
                } else {
                    self.entity_event(Some(notation))
                };
                self.report(event, Gate::EntityDecl, n);
                self.prolog.stage = Stage::EntityEnd;
                Ok(())
            }
            (Stage::EntityAfterId, Tok::DeclClose) => {
                self.declare_entity(self.external_entity());
                let event = self.entity_event(None);
                self.report(event, Gate::EntityDecl, n);
                self.prolog.stage = Stage::Subset;
                Ok(())
            }
            (Stage::EntityEnd, Tok::DeclClose) => self.to(Stage::Subset, n),
            _ => Err(self.misplaced(&tok)),
        }
    }
    fn external_entity(&self) -> Entity {
        Entity {
            base: self.base.clone(),
            system: self.prolog.decl_system.clone(),
            public: self.prolog.decl_public.clone(),
            ..Entity::default()
        }
    }
    fn entity_event(&self, notation: Option<String>) -> Event {
        Event::rare(RareEvent::EntityDecl {
            name: self.prolog.decl_name.clone(),
            parameter: self.prolog.decl_param,
            value: self.prolog.decl_value.clone(),
            base: self.base.clone(),
            system: self.prolog.decl_system.clone(),
            public: self.prolog.decl_public.clone(),
            notation,
        })
    }
    /// The first declaration of a name counts.
    fn declare_entity(&mut self, mut entity: Entity) {
        let name = self.prolog.decl_name.clone();
        entity.internal = self.kind == Kind::Document && !self.input.in_entity();
        let mut d = self.dtd.borrow_mut();
        if !d.keep_processing {
            return;
        }
        let table = if self.prolog.decl_param {
            &mut d.parameters
        } else {
            &mut d.general
        };
        table.entry(name).or_insert(entity);
    }
    /// The replacement text from a literal: character and parameter references are replaced.
    fn entity_value(&mut self, text: &str) -> Result<String, Error> {
        let s = text.as_bytes();
        let scanner = Scanner { s, ns: false };
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < s.len() {
            match s[at] {
                b'&' => match scanner.reference(at) {
                    Ok((Token::CharRef(c), end)) => {
                        out.push(c);
                        at = end;
                    }
                    Ok((Token::EntityRef, end)) => {
                        out.push_str(&text[at..end]);
                        at = end;
                    }
                    Ok(_) => return Err(Error::BadCharRef),
                    Err(Stop::Invalid(i)) => {
                        self.input.mark_error(i + 1);
                        return Err(Error::InvalidToken);
                    }
                    Err(_) => {
                        self.input.mark_error(at + 1);
                        return Err(Error::InvalidToken);
                    }
                },
                b'%' => {
                    let Ok(end) = scanner.name(at + 1) else {
                        self.input.mark_error(at + 1);
                        return Err(Error::InvalidToken);
                    };
                    if s.get(end) != Some(&b';') {
                        return Err(Error::InvalidToken);
                    }
                    if self.kind != Kind::Subset && !self.input.in_entity() {
                        self.input.mark_error(at + 1);
                        return Err(Error::ParamEntityRef);
                    }
                    let inner = self
                        .dtd
                        .borrow()
                        .parameters
                        .get(&text[at + 1..end])
                        .cloned();
                    match inner {
                        Some(Entity { open: true, .. }) => return Err(Error::RecursiveEntityRef),
                        Some(Entity { text: Some(t), .. }) => out.push_str(&t),
                        _ => {
                            let standalone = self.standalone();
                            self.dtd.borrow_mut().keep_processing = standalone;
                        }
                    }
                    at = end + 1;
                }
                b'\r' => {
                    out.push('\n');
                    at += if s.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
                }
                _ => match scanner.char(at) {
                    Ok((c, n)) => {
                        out.push(c);
                        at += n;
                    }
                    Err(_) => return Err(Error::InvalidToken),
                },
            }
        }
        Ok(out)
    }
    fn notation_decl(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match (self.prolog.stage, &tok) {
            (Stage::NotationName, Tok::Name(0)) => {
                self.prolog.decl_name = text.to_owned();
                self.to(Stage::NotationRest, n)
            }
            (Stage::NotationRest, Tok::Name(0)) if text == "SYSTEM" => {
                self.to(Stage::NotationSystem, n)
            }
            (Stage::NotationRest, Tok::Name(0)) if text == "PUBLIC" => {
                self.to(Stage::NotationPublic, n)
            }
            (Stage::NotationPublic, Tok::Literal) => {
                self.prolog.decl_public = Some(self.public_id(text)?);
                self.to(Stage::NotationAfterPublic, n)
            }
            (Stage::NotationSystem | Stage::NotationAfterPublic, Tok::Literal) => {
                self.prolog.decl_system = Some(text[1..n - 1].to_owned());
                let event = self.notation_event();
                self.report(event, Gate::NotationDecl, n);
                self.prolog.stage = Stage::NotationEnd;
                Ok(())
            }
            (Stage::NotationAfterPublic, Tok::DeclClose) => {
                let event = self.notation_event();
                self.report(event, Gate::NotationDecl, n);
                self.prolog.stage = Stage::Subset;
                Ok(())
            }
            (Stage::NotationEnd, Tok::DeclClose) => self.to(Stage::Subset, n),
            _ => Err(self.misplaced(&tok)),
        }
    }
    fn notation_event(&self) -> Event {
        Event::rare(RareEvent::NotationDecl {
            name: self.prolog.decl_name.clone(),
            base: self.base.clone(),
            system: self.prolog.decl_system.clone(),
            public: self.prolog.decl_public.clone(),
        })
    }

    // ---- Attributes ---------------------------------------------------------------------------------------

    fn attlist_decl(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        match (self.prolog.stage, &tok) {
            (Stage::AttlistElement, Tok::Name(0)) => {
                self.prolog.decl_name = text.to_owned();
                self.to(Stage::AttlistName, n)
            }
            (Stage::AttlistName, Tok::Name(0)) => {
                self.prolog.attribute = text.to_owned();
                self.to(Stage::AttlistType, n)
            }
            (Stage::AttlistName, Tok::DeclClose) => self.to(Stage::Subset, n),
            (Stage::AttlistType, Tok::Name(0)) => {
                self.prolog.kind = text.to_owned();
                match text {
                    "NOTATION" => self.to(Stage::AttlistNotation, n),
                    "CDATA" | "ID" | "IDREF" | "IDREFS" | "ENTITY" | "ENTITIES" | "NMTOKEN"
                    | "NMTOKENS" => self.to(Stage::AttlistDefault, n),
                    _ => Err(Error::Syntax),
                }
            }
            (Stage::AttlistType, Tok::OpenParen) => {
                self.prolog.kind = "(".to_owned();
                self.to(Stage::AttlistItem, n)
            }
            (Stage::AttlistNotation, Tok::OpenParen) => {
                self.prolog.kind.push('(');
                self.to(Stage::AttlistItem, n)
            }
            (Stage::AttlistItem, Tok::Name(0) | Tok::Nmtoken) => {
                self.prolog.kind.push_str(text);
                self.to(Stage::AttlistItemSep, n)
            }
            (Stage::AttlistItemSep, Tok::Or) => {
                self.prolog.kind.push('|');
                self.to(Stage::AttlistItem, n)
            }
            (Stage::AttlistItemSep, Tok::CloseParen(0)) => {
                self.prolog.kind.push(')');
                self.to(Stage::AttlistDefault, n)
            }
            (Stage::AttlistDefault, Tok::PoundName) if text == "#FIXED" => {
                self.to(Stage::AttlistFixed, n)
            }
            (Stage::AttlistDefault, Tok::PoundName)
                if text == "#IMPLIED" || text == "#REQUIRED" =>
            {
                self.declare_attribute(None, text == "#REQUIRED", n);
                Ok(())
            }
            (Stage::AttlistDefault | Stage::AttlistFixed, Tok::Literal) => {
                let fixed = self.prolog.stage == Stage::AttlistFixed;
                let cdata = self.prolog.kind == "CDATA";
                let value = self.attribute_value(&text.as_bytes()[1..n - 1], cdata, Some(1))?;
                self.declare_attribute(Some(value), fixed, n);
                Ok(())
            }
            _ => Err(self.misplaced(&tok)),
        }
    }
    fn declare_attribute(&mut self, default: Option<String>, required: bool, n: usize) {
        let (element, attribute, kind) = (
            self.prolog.decl_name.clone(),
            self.prolog.attribute.clone(),
            self.prolog.kind.clone(),
        );
        self.prolog.stage = Stage::AttlistName;
        {
            let mut d = self.dtd.borrow_mut();
            if d.keep_processing {
                let list = d.attributes.entry(element.clone()).or_default();
                if !list.iter().any(|a| a.name == attribute) {
                    list.push(AttributeDecl {
                        name: attribute.clone(),
                        cdata: kind == "CDATA",
                        default: default.clone(),
                    });
                }
            }
        }
        let event = Event::rare(RareEvent::AttlistDecl {
            element,
            attribute,
            kind,
            default,
            required,
        });
        self.report(event, Gate::AttlistDecl, n);
    }

    // ---- Elements -----------------------------------------------------------------------------------------

    fn element_decl(&mut self, tok: Tok, text: &str, n: usize) -> Result<(), Error> {
        const EMPTY: u8 = 1;
        const ANY: u8 = 2;
        const MIXED: u8 = 3;
        const NAME: u8 = 4;
        const CHOICE: u8 = 5;
        const SEQ: u8 = 6;
        let group = |kind| Model {
            kind,
            quantifier: 0,
            name: None,
            children: Vec::new(),
        };
        let leaf = |text: &str, q: u8| Model {
            kind: NAME,
            quantifier: quantifier(q),
            name: Some(text.trim_end_matches(['?', '*', '+']).to_owned()),
            children: Vec::new(),
        };
        match (self.prolog.stage, &tok) {
            (Stage::ElementName, Tok::Name(0)) => {
                self.prolog.decl_name = text.to_owned();
                self.prolog.model.clear();
                self.prolog.separators.clear();
                self.to(Stage::ElementRest, n)
            }
            (Stage::ElementRest, Tok::Name(0)) if text == "EMPTY" || text == "ANY" => {
                let model = group(if text == "ANY" { ANY } else { EMPTY });
                self.element_done(model, n);
                Ok(())
            }
            (Stage::ElementRest, Tok::OpenParen) => {
                self.prolog.model.push(group(SEQ));
                self.prolog.separators.push(0);
                self.to(Stage::ElementFirst, n)
            }
            (Stage::ElementFirst, Tok::PoundName) if text == "#PCDATA" => {
                if let Some(m) = self.prolog.model.last_mut() {
                    m.kind = MIXED;
                }
                self.to(Stage::ElementMixed, n)
            }
            (Stage::ElementMixed, Tok::CloseParen(0 | b'*')) => {
                let starred = tok == Tok::CloseParen(b'*');
                let Some(mut m) = self.prolog.model.pop() else {
                    return Err(Error::Syntax);
                };
                if !starred && !m.children.is_empty() {
                    return Err(Error::Syntax);
                }
                m.quantifier = if starred { 2 } else { 0 };
                self.element_done(m, n);
                Ok(())
            }
            (Stage::ElementMixed, Tok::Or) => self.to(Stage::ElementMixedItem, n),
            (Stage::ElementMixedItem, Tok::Name(0)) => {
                if let Some(m) = self.prolog.model.last_mut() {
                    m.children.push(leaf(text, 0));
                }
                self.to(Stage::ElementMixed, n)
            }
            (Stage::ElementFirst | Stage::ElementItem, Tok::OpenParen) => {
                self.prolog.model.push(group(SEQ));
                self.prolog.separators.push(0);
                self.to(Stage::ElementItem, n)
            }
            (Stage::ElementFirst | Stage::ElementItem, Tok::Name(q)) => {
                if let Some(m) = self.prolog.model.last_mut() {
                    m.children.push(leaf(text, *q));
                }
                self.to(Stage::ElementSep, n)
            }
            (Stage::ElementSep, Tok::Or | Tok::Comma) => {
                let this = if tok == Tok::Or { b'|' } else { b',' };
                let Some(sep) = self.prolog.separators.last_mut() else {
                    return Err(Error::Syntax);
                };
                if *sep != 0 && *sep != this {
                    return Err(Error::Syntax);
                }
                *sep = this;
                if this == b'|' {
                    if let Some(m) = self.prolog.model.last_mut() {
                        m.kind = CHOICE;
                    }
                }
                self.to(Stage::ElementItem, n)
            }
            (Stage::ElementSep, Tok::CloseParen(q)) => {
                self.prolog.separators.pop();
                let Some(mut m) = self.prolog.model.pop() else {
                    return Err(Error::Syntax);
                };
                m.quantifier = quantifier(*q);
                match self.prolog.model.last_mut() {
                    Some(outer) => {
                        outer.children.push(m);
                        self.to(Stage::ElementSep, n)
                    }
                    None => {
                        self.element_done(m, n);
                        Ok(())
                    }
                }
            }
            (Stage::ElementEnd, Tok::DeclClose) => self.to(Stage::Subset, n),
            _ => Err(self.misplaced(&tok)),
        }
    }
    fn element_done(&mut self, model: Model, n: usize) {
        let event = Event::rare(RareEvent::ElementDecl(self.prolog.decl_name.clone(), model));
        self.report(event, Gate::ElementDecl, n);
        self.prolog.stage = Stage::ElementEnd;
    }
}
