//! The keys of one request in two snapshots: what the other side fixes of it is its own, what it leaves open is as on this side.

use crate::ask::facts::Facts;
use gateproof_encodings::scope::{KeyFact, KeyFacts};
use gateproof_model::request::Request;
use gateproof_model::text::fold_text;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of a request's keys on the other side.
pub(super) struct Beside<'f, 'e> {
    /// This side.
    pub here: &'f Facts<'e>,
    /// The other.
    pub there: &'f Facts<'e>,
}

impl KeyFacts for Beside<'_, '_> {
    fn fact(&self, key: &str) -> KeyFact {
        match self.there.fact(key) {
            KeyFact::Open { .. } => self.here.fact(key),
            known => known,
        }
    }

    fn mentioned(&self, prefix: &str) -> Vec<Arc<str>> {
        let all: BTreeSet<Arc<str>> =
            self.here.mentioned(prefix).into_iter().chain(self.there.mentioned(prefix)).collect();
        let there = |key: &Arc<str>| !matches!(self.fact(key), KeyFact::Absent);
        all.into_iter().filter(there).collect()
    }
}

/// Makes the context of a request what the facts say of it, where they say anything.
pub(super) fn settle(request: &mut Request, facts: &dyn KeyFacts) {
    let keys: Vec<String> = request.context.iter().map(|(key, _)| key.to_owned()).collect();
    for key in keys {
        let folded = fold_text(&key);
        match facts.fact(&folded) {
            KeyFact::Fixed(value) => {
                request.context.insert(&key, value);
            }
            KeyFact::Absent => request.context.remove(&folded),
            KeyFact::Open { .. } => {}
        }
    }
}
