//! Elements, attributes, namespaces and references to entities.

use crate::scan::{Attribute, Scanner, Token};
use crate::*;

pub(crate) const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";
/// expat's limit: output from entities above this many bytes may be at most 100 times the input.
const AMPLIFICATION_START: u64 = 8 * 1024 * 1024;

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
/// Characters that RFC 3986 allows in a URI.
fn is_uri_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

impl Parser {
    pub(crate) fn content_step(&mut self) -> Result<bool, Error> {
        self.input.mark_event();
        if self.input.rest().is_empty() {
            return self.content_end();
        }
        let last = self.input.ends_here();
        let ns = self.separator.is_some();
        let rest = self.input.rest();
        let (token, n) = match (Scanner { s: rest, ns }).content(0, last) {
            Ok(found) => found,
            Err(stop) => return self.stopped(stop),
        };
        let text = |r: (usize, usize)| owned_text(&rest[r.0..r.1]);
        match token {
            Token::Data => {
                let n = self.input.data_piece(n);
                let event = Event::Characters(text((0, n)));
                self.emit(event, n);
            }
            Token::Newline => self.emit(Event::Characters("\n".to_owned()), n),
            Token::CharRef(c) => self.emit(Event::Characters(c.to_string()), n),
            Token::BadCharRef => return Err(Error::BadCharRef),
            Token::EntityRef => {
                let name = text((1, n - 1));
                self.entity_reference(&name, n)?;
            }
            Token::StartTag {
                name,
                attributes,
                empty,
            } => {
                let mut tag = std::mem::take(&mut self.tag);
                tag.clear();
                tag.extend_from_slice(&rest[..n]);
                let done = self.start_element(&tag, name, &attributes, empty);
                self.tag = tag;
                done?;
            }
            Token::EndTag { name } => {
                let found = &rest[name.0..name.1];
                let open = self.elements.last();
                let fits = open.is_some_and(|e| e.raw_name.as_bytes() == found);
                self.end_tag(fits, name.0, n)?;
            }
            Token::Comment => {
                let event = Event::Comment(normalize_newlines(&text((4, n - 3))));
                self.emit(event, n);
            }
            Token::Pi { target, data } => {
                let event = Event::Pi(text(target), normalize_newlines(&text(data)));
                self.emit(event, n);
            }
            Token::XmlDecl => return Err(Error::MisplacedXmlPi),
            Token::CdataOpen => {
                self.emit(Event::StartCdata, n);
                self.state = State::Cdata;
            }
        }
        Ok(true)
    }
    fn content_end(&mut self) -> Result<bool, Error> {
        if self.input.in_entity() {
            if self.elements.len() != self.input.entity_depth() {
                return Err(Error::AsyncEntity);
            }
            self.leave_entity();
            return Ok(true);
        }
        if self.input.is_last() {
            self.end()
        } else {
            Ok(false)
        }
    }
    fn leave_entity(&mut self) {
        self.input.close_entity();
        if let Some((name, parameter)) = self.open_entities.pop() {
            if let Some(e) = self.dtd.borrow_mut().entity(&name, parameter) {
                e.open = false;
            }
        }
    }
    pub(crate) fn cdata_step(&mut self) -> Result<bool, Error> {
        self.input.mark_event();
        let last = self.input.ends_here();
        let rest = self.input.rest();
        if rest.is_empty() {
            return if last {
                Err(Error::UnclosedCdataSection)
            } else {
                Ok(false)
            };
        }
        match (Scanner { s: rest, ns: false }).cdata(0, last) {
            Ok((Some(Token::Newline), n)) => self.emit(Event::Characters("\n".to_owned()), n),
            Ok((Some(_), n)) => {
                let n = self.input.data_piece(n);
                let event = Event::Characters(String::from_utf8_lossy(&rest[..n]).into_owned());
                self.emit(event, n);
            }
            Ok((None, n)) => {
                self.emit(Event::EndCdata, n);
                self.state = State::Content;
            }
            Err(scan::Stop::More { .. }) if last => return Err(Error::UnclosedCdataSection),
            Err(stop) => return self.stopped(stop),
        }
        Ok(true)
    }
    /// Reports the token of `n` bytes.
    pub(crate) fn emit(&mut self, event: Event, n: usize) {
        let raw = self.raw(n);
        self.push(event, Gate::Own, raw);
        self.input.advance(n);
    }

    // ---- Entities -----------------------------------------------------------------------------------------

    fn entity_reference(&mut self, name: &str, n: usize) -> Result<(), Error> {
        if let Some(c) = predefined(name) {
            self.emit(Event::Characters(c.to_string()), n);
            return Ok(());
        }
        let (entity, strict) = {
            let d = self.dtd.borrow();
            (
                d.general.get(name).cloned(),
                !d.has_param_refs || d.standalone,
            )
        };
        let Some(entity) = entity else {
            if strict {
                return Err(Error::UndefinedEntity);
            }
            self.emit(Event::SkippedEntity(name.to_owned(), false), n);
            return Ok(());
        };
        if strict && !entity.internal {
            return Err(Error::EntityDeclaredInPe);
        }
        if entity.open || self.open_entities.iter().any(|e| e.0 == name && !e.1) {
            return Err(Error::RecursiveEntityRef);
        }
        if entity.notation.is_some() {
            return Err(Error::BinaryEntityRef);
        }
        match entity.text {
            Some(text) => {
                if self.wants.default && !self.wants.expand {
                    self.emit(Event::SkippedEntity(name.to_owned(), false), n);
                    return Ok(());
                }
                self.count_expansion(text.len())?;
                self.input.advance(n);
                self.enter_entity(name, false, text);
            }
            None if self.wants.external => {
                let context = Some(self.context(name));
                let event = Event::rare(RareEvent::ExternalEntity {
                    context,
                    base: entity.base,
                    system: entity.system,
                    public: entity.public,
                });
                self.emit(event, n);
            }
            None => self.emit(Event::UnreadEntity(name.to_owned()), n),
        }
        Ok(())
    }
    pub(crate) fn enter_entity(&mut self, name: &str, parameter: bool, text: std::rc::Rc<str>) {
        if let Some(e) = self.dtd.borrow_mut().entity(name, parameter) {
            e.open = true;
        }
        self.open_entities.push((name.to_owned(), parameter));
        self.input.open_entity(text, self.elements.len());
    }
    pub(crate) fn leave_param_entity(&mut self) {
        self.leave_entity();
    }
    fn count_expansion(&mut self, n: usize) -> Result<(), Error> {
        self.expanded += n as u64;
        let direct = self.input.position().0.max(1) as u64;
        let total = self.expanded + direct;
        if total >= AMPLIFICATION_START && total / direct > 100 {
            return Err(Error::AmplificationLimit);
        }
        Ok(())
    }

    // ---- Elements -----------------------------------------------------------------------------------------

    fn start_element(
        &mut self,
        tag: &[u8],
        name: (usize, usize),
        attributes: &[Attribute],
        empty: bool,
    ) -> Result<(), Error> {
        let raw_name = self.name_of(&tag[name.0..name.1]);
        let declared = self
            .dtd
            .borrow()
            .attributes
            .get(&*raw_name)
            .cloned()
            .unwrap_or_default();
        let ns = self.separator.is_some();
        let scope = self.bindings.len();
        let mut found: Vec<(Name, String)> = Vec::with_capacity(attributes.len());
        let mut namespaces = Vec::new();
        let mut seen: Vec<Name> = Vec::with_capacity(attributes.len());
        for a in attributes {
            let key = self.name_of(&tag[a.name.0..a.name.1]);
            if seen.contains(&key) {
                self.input.mark_error(a.name.0);
                return Err(Error::DuplicateAttribute);
            }
            let cdata = declared
                .iter()
                .find(|d| *d.name == *key)
                .is_none_or(|d| d.cdata);
            let value = self.attribute_value(&tag[a.value.0..a.value.1], cdata, Some(a.value.0))?;
            seen.push(key.clone());
            match key.strip_prefix("xmlns") {
                Some("") if ns => namespaces.push((None, value)),
                Some(p) if ns && p.starts_with(':') => {
                    namespaces.push((Some(p[1..].to_owned()), value));
                }
                _ => found.push((key, value)),
            }
        }
        let specified = found.len();
        for d in &declared {
            let Some(value) = &d.default else { continue };
            if seen.iter().any(|s| **s == *d.name) {
                continue;
            }
            match d.name.strip_prefix("xmlns") {
                Some("") if ns => namespaces.push((None, value.clone())),
                Some(p) if ns && p.starts_with(':') => {
                    namespaces.push((Some(p[1..].to_owned()), value.clone()));
                }
                _ => found.push((self.known(&d.name), value.clone())),
            }
        }
        for (prefix, uri) in namespaces {
            self.bind(prefix, uri)?;
        }
        let mut expanded = raw_name.clone();
        if ns {
            let mut names: Vec<String> = Vec::new();
            for (key, _) in &mut found {
                if key.contains(':') {
                    let full = self.expand(key, false)?;
                    let full = self.known(&full);
                    let identity = self.identity(key);
                    if names.contains(&identity) {
                        return Err(Error::DuplicateAttribute);
                    }
                    names.push(identity);
                    *key = full;
                }
            }
            if raw_name.contains(':') || self.uri_of(None).is_some() {
                let full = self.expand(&raw_name, true)?;
                expanded = self.known(&full);
            }
        }
        let raw = self.raw(tag.len());
        self.push(
            Event::StartElement {
                name: expanded.clone(),
                attributes: found,
                specified,
                empty,
            },
            Gate::Own,
            raw,
        );
        self.input.advance(tag.len());
        self.elements.push(Open {
            raw_name,
            name: expanded,
            bindings: scope,
        });
        if empty {
            let at = self.queue.len();
            self.close_element(None);
            self.queue[at].behind = true;
        }
        Ok(())
    }
    /// The one name of these bytes of the document.
    fn name_of(&mut self, bytes: &[u8]) -> Name {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.known(text),
            Err(_) => self.known(&owned_text(bytes)),
        }
    }
    fn known(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }
    /// `fits`: it has the name of the innermost open element.
    fn end_tag(&mut self, fits: bool, name_at: usize, n: usize) -> Result<(), Error> {
        if self.elements.len() == self.input.entity_depth() {
            return Err(Error::AsyncEntity);
        }
        if !fits {
            self.input.mark_error(name_at);
            return Err(Error::TagMismatch);
        }
        let raw = self.raw(n);
        self.input.advance(n);
        self.close_element(raw);
        Ok(())
    }
    fn close_element(&mut self, raw: Option<String>) {
        let Some(open) = self.elements.pop() else {
            return;
        };
        self.push(Event::EndElement(open.name), Gate::Own, raw);
        for b in self.bindings.split_off(open.bindings).into_iter().rev() {
            self.push(Event::EndNamespace(b.prefix), Gate::Own, None);
        }
        if self.elements.is_empty() && self.kind == Kind::Document && !self.input.in_entity() {
            self.state = State::Epilog;
        }
    }
    fn bind(&mut self, prefix: Option<String>, uri: String) -> Result<(), Error> {
        if prefix.is_some() && uri.is_empty() {
            return Err(Error::UndeclaringPrefix);
        }
        match prefix.as_deref() {
            Some("xmlns") => return Err(Error::ReservedPrefixXmlns),
            Some("xml") if uri != XML_URI => return Err(Error::ReservedPrefixXml),
            Some("xml") => {}
            _ if uri == XML_URI || uri == XMLNS_URI => return Err(Error::ReservedNamespaceUri),
            _ => {}
        }
        if let Some(separator) = self.separator.as_deref().and_then(|s| s.chars().next()) {
            if !is_uri_char(separator) && uri.contains(separator) {
                return Err(Error::Syntax);
            }
        }
        self.bindings.push(Binding {
            prefix: prefix.clone(),
            uri: uri.clone(),
        });
        self.push(Event::StartNamespace(prefix, uri), Gate::Own, None);
        Ok(())
    }
    fn uri_of(&self, prefix: Option<&str>) -> Option<&str> {
        self.bindings
            .iter()
            .rev()
            .find(|b| b.prefix.as_deref() == prefix)
            .map(|b| b.uri.as_str())
            .filter(|u| !u.is_empty())
    }
    fn expand(&self, name: &str, element: bool) -> Result<String, Error> {
        let separator = self.separator.as_deref().unwrap_or("");
        match name.split_once(':') {
            Some((prefix, local)) => {
                let Some(uri) = self.uri_of(Some(prefix)) else {
                    return Err(Error::UnboundPrefix);
                };
                Ok(if self.triplets {
                    format!("{uri}{separator}{local}{separator}{prefix}")
                } else {
                    format!("{uri}{separator}{local}")
                })
            }
            None if element => Ok(match self.uri_of(None) {
                Some(uri) => format!("{uri}{separator}{name}"),
                None => name.to_owned(),
            }),
            None => Ok(name.to_owned()),
        }
    }
    /// What makes two attributes the same: the namespace and the local name.
    fn identity(&self, name: &str) -> String {
        match name.split_once(':') {
            Some((prefix, local)) => {
                format!("{}\n{local}", self.uri_of(Some(prefix)).unwrap_or(""))
            }
            None => name.to_owned(),
        }
    }

    // ---- Attribute values ---------------------------------------------------------------------------------

    /// The value of an attribute from its text: references replaced, white space as its type says.
    /// `base` is where the text lies in the token.
    pub(crate) fn attribute_value(
        &mut self,
        text: &[u8],
        cdata: bool,
        base: Option<usize>,
    ) -> Result<String, Error> {
        let mut out = String::with_capacity(text.len());
        self.append_value(text, cdata, base, &mut out)?;
        if !cdata && out.ends_with(' ') {
            out.pop();
        }
        Ok(out)
    }
    fn append_value(
        &mut self,
        text: &[u8],
        cdata: bool,
        base: Option<usize>,
        out: &mut String,
    ) -> Result<(), Error> {
        let scanner = Scanner { s: text, ns: false };
        let mut at = 0;
        let put = |out: &mut String, c: char| {
            if cdata || c != ' ' || !(out.is_empty() || out.ends_with(' ')) {
                out.push(c);
            }
        };
        while at < text.len() {
            match text[at] {
                b'&' => match scanner.reference(at) {
                    Ok((Token::CharRef(c), end)) => {
                        put(out, c);
                        at = end;
                    }
                    Ok((Token::EntityRef, end)) => {
                        let name = String::from_utf8_lossy(&text[at + 1..end - 1]).into_owned();
                        if let Err(e) = self.append_entity(&name, cdata, out) {
                            if e != Error::UndefinedEntity {
                                self.mark_in_value(base, at);
                            }
                            return Err(e);
                        }
                        at = end;
                    }
                    Ok(_) => {
                        self.mark_in_value(base, at);
                        return Err(Error::BadCharRef);
                    }
                    Err(_) => return Err(Error::InvalidToken),
                },
                b'<' => return Err(Error::InvalidToken),
                b' '..=b'~' if cdata => {
                    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'&' | b'<');
                    let n = text[at..].iter().take_while(|b| plain(b)).count();
                    out.push_str(std::str::from_utf8(&text[at..at + n]).unwrap_or_default());
                    at += n;
                }
                b'\r' if text.get(at + 1) == Some(&b'\n') => at += 1,
                b'\r' | b'\n' | b'\t' => {
                    put(out, ' ');
                    at += 1;
                }
                _ => match scanner.char(at) {
                    Ok((c, n)) => {
                        put(out, c);
                        at += n;
                    }
                    Err(_) => return Err(Error::InvalidToken),
                },
            }
        }
        Ok(())
    }
    fn mark_in_value(&mut self, base: Option<usize>, at: usize) {
        if let Some(base) = base {
            self.input.mark_error(base + at);
        }
    }
    fn append_entity(&mut self, name: &str, cdata: bool, out: &mut String) -> Result<(), Error> {
        if let Some(c) = predefined(name) {
            out.push(c);
            return Ok(());
        }
        let (entity, strict) = {
            let d = self.dtd.borrow();
            (
                d.general.get(name).cloned(),
                !d.has_param_refs || d.standalone,
            )
        };
        let Some(entity) = entity else {
            return if strict {
                Err(Error::UndefinedEntity)
            } else {
                Ok(())
            };
        };
        if strict && !entity.internal {
            return Err(Error::EntityDeclaredInPe);
        }
        if entity.open {
            return Err(Error::RecursiveEntityRef);
        }
        if entity.notation.is_some() {
            return Err(Error::BinaryEntityRef);
        }
        let Some(text) = entity.text else {
            return Err(Error::AttributeExternalEntityRef);
        };
        self.count_expansion(text.len())?;
        let set_open = |p: &Parser, open: bool| {
            if let Some(e) = p.dtd.borrow_mut().general.get_mut(name) {
                e.open = open;
            }
        };
        set_open(self, true);
        let result = self.append_value(text.as_bytes(), cdata, None, out);
        set_open(self, false);
        result
    }
}

/// Text of a document: scanning has found it to be UTF-8, so that looking for errors one by one is not worth while.
fn owned_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
pub(crate) fn normalize_newlines(s: &str) -> String {
    if s.contains('\r') {
        s.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        s.to_owned()
    }
}
