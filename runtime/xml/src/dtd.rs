//! What the document type declares.

use std::collections::HashMap;
use std::rc::Rc;

#[derive(Clone, Debug, Default)]
pub(crate) struct Entity {
    /// Replacement text of an internal entity.
    pub(crate) text: Option<Rc<str>>,
    pub(crate) base: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) public: Option<String>,
    pub(crate) notation: Option<String>,
    /// Declared in the internal subset, outside of parameter entities.
    pub(crate) internal: bool,
    pub(crate) open: bool,
}
#[derive(Clone, Debug)]
pub(crate) struct AttributeDecl {
    pub(crate) name: String,
    pub(crate) cdata: bool,
    pub(crate) default: Option<String>,
}
#[derive(Debug)]
pub(crate) struct Dtd {
    pub(crate) general: HashMap<String, Entity>,
    pub(crate) parameters: HashMap<String, Entity>,
    pub(crate) attributes: HashMap<String, Vec<AttributeDecl>>,
    pub(crate) has_param_refs: bool,
    pub(crate) standalone: bool,
    /// Declarations count; not so behind a parameter entity that was not read.
    pub(crate) keep_processing: bool,
    pub(crate) param_entity_read: bool,
}
impl Default for Dtd {
    fn default() -> Dtd {
        Dtd {
            general: HashMap::new(),
            parameters: HashMap::new(),
            attributes: HashMap::new(),
            has_param_refs: false,
            standalone: false,
            keep_processing: true,
            param_entity_read: false,
        }
    }
}
impl Dtd {
    pub(crate) fn entity(&mut self, name: &str, parameter: bool) -> Option<&mut Entity> {
        if parameter {
            self.parameters.get_mut(name)
        } else {
            self.general.get_mut(name)
        }
    }
}
