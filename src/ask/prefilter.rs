//! Which actions of a question a caller's policies can allow at all, by the actions that their Allow
//! statements list. Exact in one direction: an action that is ruled out here has a formula that is false.

use super::caller::CallerEntity;
use gateproof_encodings::language::matches;
use gateproof_encodings::scope::Caller;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::policy::{Document, Effect, PatternClause};
use gateproof_model::request::PrincipalKind;
use gateproof_model::text::fold_text;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A set of actions, by their place in the question.
type Bits = Vec<u64>;

/// The actions that each document may allow.
#[derive(Debug)]
pub struct Prefilter {
    words: usize,
    count: usize,
    by_document: FxHashMap<usize, Bits>,
}

/// What a caller's policies leave of the question's actions.
#[derive(Debug)]
pub struct Allowed {
    /// By its identity policies, within boundary and SCPs.
    by_identity: Bits,
    /// By whoever grants it directly, within the SCPs.
    within_scps: Bits,
}

impl Allowed {
    /// Whether the identity side can allow the n-th action.
    pub fn by_identity(&self, n: usize) -> bool {
        has(&self.by_identity, n)
    }

    /// Whether the SCPs can let the n-th action pass.
    pub fn within_scps(&self, n: usize) -> bool {
        has(&self.within_scps, n)
    }
}

fn has(bits: &Bits, n: usize) -> bool {
    bits.get(n / 64).is_some_and(|word| word >> (n % 64) & 1 == 1)
}

impl Prefilter {
    /// Looks through the documents of the callers once.
    pub fn of<'a>(actions: &[ActionInfo<'_>], callers: impl Iterator<Item = &'a CallerEntity>) -> Self {
        let names: Vec<String> = actions.iter().map(|a| fold_text(a.name())).collect();
        let mut seen = FxHashSet::default();
        let mut documents: Vec<&Arc<Document>> = Vec::new();
        for caller in callers {
            let policies = &caller.policies;
            let all = policies.identity.iter().chain(policies.boundary.iter().flatten());
            for document in all.chain(policies.scps.iter().flatten()) {
                if seen.insert(address(document)) {
                    documents.push(document);
                }
            }
        }
        let words = names.len().div_ceil(64);
        let by_document = documents.par_iter().map(|d| (address(d), allowed_by(d, &names, words))).collect();
        Self { words, count: names.len(), by_document }
    }

    /// What the caller's policies leave.
    pub fn allowed(&self, caller: &CallerEntity) -> Allowed {
        let unlimited = match &caller.caller {
            Caller::Outsider { .. } => true,
            Caller::Known(p) => matches!(p.kind, PrincipalKind::Root),
            Caller::RoleSession { .. } => false,
        };
        let policies = &caller.policies;
        let mut identity = if unlimited { self.all() } else { self.union(&policies.identity) };
        if let (Some(boundary), false) = (&policies.boundary, unlimited) {
            intersect(&mut identity, &self.union(boundary));
        }
        let mut scps = self.all();
        let service_linked = matches!(&caller.caller, Caller::RoleSession { role, .. } if role.contains(":role/aws-service-role/"));
        for level in policies.scps.iter().filter(|_| !service_linked) {
            intersect(&mut scps, &self.union(level));
        }
        intersect(&mut identity, &scps);
        Allowed { by_identity: identity, within_scps: scps }
    }

    fn all(&self) -> Bits {
        (0..self.words)
            .map(|w| if self.count >= (w + 1) * 64 { u64::MAX } else { (1 << (self.count % 64)) - 1 })
            .collect()
    }

    fn union(&self, documents: &[Arc<Document>]) -> Bits {
        let mut union = vec![0; self.words];
        for bits in documents.iter().filter_map(|d| self.by_document.get(&address(d))) {
            union.iter_mut().zip(bits).for_each(|(a, b)| *a |= b);
        }
        union
    }
}

fn intersect(into: &mut Bits, other: &Bits) {
    into.iter_mut().zip(other).for_each(|(a, b)| *a &= b);
}

fn address(document: &Arc<Document>) -> usize {
    Arc::as_ptr(document) as usize
}

fn allowed_by(document: &Document, names: &[String], words: usize) -> Bits {
    let mut bits = vec![0; words];
    for statement in document.statements.iter().filter(|s| s.effect == Effect::Allow) {
        let mut listed = vec![0; words];
        mark(&statement.action, names, &mut listed);
        let invert = if statement.action.negated { u64::MAX } else { 0 };
        bits.iter_mut().zip(&listed).for_each(|(a, b)| *a |= b ^ invert);
    }
    bits
}

/// Marks the names (sorted) that some pattern matches.
fn mark(clause: &PatternClause, names: &[String], bits: &mut Bits) {
    for pattern in clause.patterns.iter().filter(|p| !p.text.contains([' ', ',', '\t', '\n', '\r'])) {
        let literal = pattern.text.split(['*', '?']).next().unwrap_or_default();
        let literal = literal.to_ascii_lowercase();
        let start = names.partition_point(|n| n.as_str() < literal.as_str());
        let mut ground: Option<Pattern> = None;
        for (i, name) in names.iter().enumerate().skip(start).take_while(|(_, n)| n.starts_with(&literal)) {
            let ground = ground.get_or_insert_with(|| pattern.ground().unwrap_or_default());
            let everything = matches!(ground.as_ref(), [Token::AnyRun]);
            if (everything || matches(ground, name, true))
                && let Some(word) = bits.get_mut(i / 64)
            {
                *word |= 1 << (i % 64);
            }
        }
    }
}
