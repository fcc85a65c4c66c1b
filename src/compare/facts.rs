//! What is known of the context keys when two documents are compared: what the caller's identity fixes, and values that
//! policy variables were bound to.

use super::binding::Bindings;
use super::standing::Standing;
use gateproof_encodings::concrete::collect_variables;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_model::catalogue::{ActionId, Catalogue};
use gateproof_model::policy::Document;
use gateproof_model::request::ContextValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) struct OpenFacts {
    catalogue: &'static Catalogue,
    /// The keys that the documents name.
    named: BTreeSet<Arc<str>>,
    /// What the caller's identity fixes.
    identity: BTreeMap<String, KeyFact>,
    /// The action whose requests carry no other keys than it supports.
    action: Option<ActionId>,
    /// What the keys of policy variables are bound to, in lower case.
    pub bindings: Bindings,
}

impl OpenFacts {
    /// The facts for the keys of these documents.
    pub fn of(
        catalogue: &'static Catalogue,
        documents: [&Document; 2],
        standing: &Standing,
        action: Option<ActionId>,
    ) -> Self {
        let mut named = BTreeSet::new();
        for document in documents {
            collect_variables(document, &mut named);
            let conditions = document.statements.iter().flat_map(|s| &s.conditions);
            named.extend(conditions.map(|c| c.key.clone()));
        }
        Self { catalogue, named, identity: standing.facts.clone(), action, bindings: BTreeMap::new() }
    }

    /// The keys that have a value of their own.
    pub fn fixed(&self) -> BTreeMap<String, ContextValue> {
        let mut fixed = BTreeMap::new();
        for (key, fact) in &self.identity {
            if let KeyFact::Fixed(value) = fact {
                fixed.insert(key.clone(), value.clone());
            }
        }
        for (key, value) in &self.bindings {
            fixed.remove(&**key);
            fixed.extend(value.iter().map(|value| (key.to_string(), ContextValue::Single(value.clone()))));
        }
        fixed
    }

    fn by_identity(&self, key: &str) -> Option<KeyFact> {
        if let Some(fact) = self.identity.get(key) {
            return Some(fact.clone());
        }
        let tag = key.starts_with("aws:principaltag/") && self.identity.contains_key("aws:principaltag/");
        tag.then_some(KeyFact::Absent)
    }
}

impl KeyFacts for OpenFacts {
    fn fact(&self, key: &str) -> KeyFact {
        match self.bindings.get(key) {
            Some(Some(value)) => return KeyFact::Fixed(ContextValue::Single(value.clone())),
            Some(None) => return KeyFact::Absent,
            None => {}
        }
        if let Some(fact) = self.by_identity(key) {
            return fact;
        }
        if self.action.is_some_and(|action| !self.catalogue.supports(action, key)) {
            return KeyFact::Absent;
        }
        KeyFact::Open { multivalued: self.catalogue.key_type(key).is_some_and(|t| t.multivalued) }
    }

    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>> {
        self.named.iter().filter(|key| key.starts_with(prefix)).cloned().collect()
    }
}
