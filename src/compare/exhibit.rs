//! Requests that a document allows, an action each, found when first asked for: the quick way to show that a
//! document is wider than another, without a formula for the pair.

use super::{Comparer, Comparison};
use gateproof_model::catalogue::{ActionId, Catalogue};
use gateproof_model::policy::{Document, Effect};
use gateproof_model::request::Request;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many actions that only one side lists are tried, and how many that both list.
const ONLY_TRIES: usize = 8;
const BOTH_TRIES: usize = 24;

/// A document, the catalogue's actions that its Allow statements list, and a request for each one tried so far.
pub struct Exhibits {
    document: Arc<Document>,
    /// One bit an action.
    listed: Box<[u64]>,
    found: Mutex<FxHashMap<ActionId, Option<Arc<Request>>>>,
}

impl Exhibits {
    /// The exhibits of a document, none of them found yet.
    pub fn of(document: Arc<Document>) -> Self {
        let catalogue = Catalogue::embedded();
        let mut listed = vec![0u64; catalogue.action_count().div_ceil(64)];
        for statement in document.statements.iter().filter(|s| s.effect == Effect::Allow) {
            let clause = &statement.action;
            let mut own = vec![if clause.negated { u64::MAX } else { 0 }; listed.len()];
            for pattern in &clause.patterns {
                for action in catalogue.actions_matching(&pattern.text) {
                    if let Some(word) = own.get_mut(action.id().index() / 64) {
                        let bit = 1u64 << (action.id().index() % 64);
                        if clause.negated { *word &= !bit } else { *word |= bit }
                    }
                }
            }
            listed.iter_mut().zip(own).for_each(|(all, own)| *all |= own);
        }
        Self { document, listed: listed.into(), found: Mutex::default() }
    }

    /// The document.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// A request that this document allows and the other, by the evaluator's word, doesn't. That none is found
    /// means nothing.
    pub fn beyond(&self, other: &Self, comparer: &Comparer) -> Option<Arc<Request>> {
        let only = self.actions(other, comparer, |own, other| own & !other).take(ONLY_TRIES);
        let both = self.actions(other, comparer, |own, other| own & other).take(BOTH_TRIES);
        only.chain(both)
            .filter_map(|action| self.exhibit(action, comparer))
            .find(|request| !comparer.allows(&other.document, request))
    }

    fn actions<'a>(
        &'a self,
        other: &'a Self,
        comparer: &'a Comparer,
        keep: impl Fn(u64, u64) -> u64 + 'a,
    ) -> impl Iterator<Item = ActionId> + 'a {
        let words = self.listed.iter().zip(&other.listed).enumerate();
        words.flat_map(move |(at, (own, other))| {
            let kept = keep(*own, *other);
            let set = (0..64).filter(move |bit| kept >> bit & 1 == 1);
            set.filter_map(move |bit| comparer.actions.get(at * 64 + bit).copied())
        })
    }

    fn exhibit(&self, action: ActionId, comparer: &Comparer) -> Option<Arc<Request>> {
        if let Some(known) = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&action) {
            return known.clone();
        }
        let name = Catalogue::embedded().action_info(action)?.name();
        let found = match comparer.exhibit(&self.document, Some(name)) {
            Comparison::Wider(request) => Some(request),
            Comparison::NotWider(_) | Comparison::Undecided(_) => None,
        };
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(action, found.clone());
        found
    }
}
