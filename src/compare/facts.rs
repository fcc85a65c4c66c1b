//! What is known of the context keys when two documents are compared: nothing, but for values that policy
//! variables were bound to.

use super::Bindings;
use gateproof_encodings::concrete::collect_variables;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::policy::Document;
use gateproof_model::request::ContextValue;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) struct OpenFacts {
    catalogue: &'static Catalogue,
    /// The keys that the documents name.
    named: BTreeSet<Arc<str>>,
    bindings: Bindings,
}

impl OpenFacts {
    /// The facts for the keys of these documents.
    pub fn of(catalogue: &'static Catalogue, first: &Document, second: Option<&Arc<Document>>) -> Self {
        let mut named = BTreeSet::new();
        for document in std::iter::once(first).chain(second.map(AsRef::as_ref)) {
            collect_variables(document, &mut named);
            let conditions = document.statements.iter().flat_map(|s| &s.conditions);
            named.extend(conditions.map(|c| c.key.clone()));
        }
        Self { catalogue, named, bindings: Bindings::new() }
    }

    /// Binds these keys to the values, where there are any.
    pub fn bind(&mut self, keys: &BTreeSet<Arc<str>>, value_of: impl Fn(&str) -> Option<String>) {
        self.bindings = keys.iter().filter_map(|key| Some((key.clone(), value_of(key)?))).collect();
    }

    pub fn bindings(&self) -> &Bindings {
        &self.bindings
    }
}

impl KeyFacts for OpenFacts {
    fn fact(&self, key: &str) -> KeyFact {
        match self.bindings.get(key) {
            Some(value) => KeyFact::Fixed(ContextValue::Single(value.clone())),
            None => {
                KeyFact::Open { multivalued: self.catalogue.key_type(key).is_some_and(|t| t.multivalued) }
            }
        }
    }

    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>> {
        self.named.iter().filter(|key| key.starts_with(prefix)).cloned().collect()
    }
}
