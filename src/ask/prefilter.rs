//! Which actions of a question a caller's policies can allow at all, by the actions that their Allow
//! statements list. Exact in one direction: an action that is ruled out here has a formula that is false.

use super::caller::CallerEntity;
use super::target::Resources;
use gateproof_encodings::language::matches;
use gateproof_encodings::scope::Caller;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::PatternText;
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
    /// The actions that need no permission (CONFORMANCE 1.8, 3.4).
    free: Bits,
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
    pub fn of<'a>(
        actions: &[ActionInfo<'_>],
        resources: &Resources,
        callers: impl Iterator<Item = &'a CallerEntity>,
    ) -> Self {
        let names: Vec<String> = actions.iter().map(|a| fold_text(a.name())).collect();
        let asked: Vec<String> = if resources.is_all() {
            Vec::new()
        } else {
            resources.globs.iter().map(|g| literal_head(g).to_owned()).collect()
        };
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
        let mut free = vec![0; words];
        for (n, name) in names.iter().enumerate() {
            if matches!(name.as_str(), "sts:getcalleridentity" | "sts:getsessiontoken")
                && let Some(word) = free.get_mut(n / 64)
            {
                *word |= 1 << (n % 64);
            }
        }
        let by_document =
            documents.par_iter().map(|d| (address(d), allowed_by(d, &names, &asked, words))).collect();
        Self { words, count: names.len(), by_document, free }
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
        for bits in [&mut identity, &mut scps] {
            bits.iter_mut().zip(&self.free).for_each(|(a, b)| *a |= b);
        }
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

fn allowed_by(document: &Document, names: &[String], asked: &[String], words: usize) -> Bits {
    let mut bits = vec![0; words];
    for statement in document.statements.iter().filter(|s| s.effect == Effect::Allow) {
        if !statement.resource.as_ref().is_none_or(|clause| may_touch(clause, asked)) {
            continue;
        }
        if statement.action.negated {
            let mut listed = vec![0; words];
            mark(&statement.action, names, &mut listed);
            bits.iter_mut().zip(&listed).for_each(|(a, b)| *a |= !b);
        } else {
            mark(&statement.action, names, &mut bits);
        }
    }
    bits
}

/// Whether the statement's resources can meet what is asked about (literal heads; empty: everything).
/// A policy variable may stand for anything.
fn may_touch(clause: &PatternClause, asked: &[String]) -> bool {
    clause.negated
        || asked.is_empty()
        || clause.patterns.iter().any(|p| {
            let head = literal_head(&p.text);
            asked.iter().any(|a| head.starts_with(a.as_str()) || a.starts_with(head))
        })
}

/// The text before the first wildcard or variable.
pub(crate) fn literal_head(pattern: &str) -> &str {
    pattern.split(['*', '?', '$']).next().unwrap_or_default()
}

/// Marks the names (sorted, in lower case) that some pattern (in lower case) matches.
fn mark(clause: &PatternClause, names: &[String], bits: &mut Bits) {
    for pattern in &clause.patterns {
        let literal = pattern.text.split(['*', '?']).next().unwrap_or_default();
        let start = if names.len() < 8 { 0 } else { names.partition_point(|n| n.as_str() < literal) };
        for (i, name) in names.iter().enumerate().skip(start) {
            if !name.starts_with(literal) {
                if names.len() < 8 { continue } else { break }
            }
            let exact = literal.len() == pattern.text.len();
            let everything = pattern.text.len() == literal.len() + 1 && pattern.text.ends_with('*');
            let hit = if exact { name == literal } else { everything || matches_name(pattern, name) };
            if hit && let Some(word) = bits.get_mut(i / 64) {
                *word |= 1 << (i % 64);
            }
        }
    }
}

fn matches_name(pattern: &PatternText, name: &str) -> bool {
    pattern.ground().is_some_and(|p| matches(&p, name, true))
}
