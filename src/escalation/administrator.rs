//! Administrative access: a session whose identity policies, and permissions boundary if there is one, refuse nothing.
//!
//! Of each document only two sorts of statement count: Allows of every action on every resource, and Denies, each taken to
//! deny everything. A request that is allowed by these has keys under which no action on any resource is refused. What service
//! and resource control policies forbid binds everybody in the account, so they are left out; `docs/escalation.md` says why
//! this is the definition.

use super::session::Holder;
use super::target::{Asked, Gains, Way};
use crate::ask::CallerEntity;
use crate::question::Requests;
use gateproof_model::catalogue::{Catalogue, KeyOwner};
use gateproof_model::policy::{Document, Effect, PatternClause, Statement};
use gateproof_model::policy_set::PolicySet;
use std::borrow::Cow;
use std::sync::Arc;

/// A call that has neither resource nor keys of its own, and that no resource policy has a say about.
const PROBE: &str = "iam:UpdateAccountPasswordPolicy";

/// The way in which the session is one of an administrator; `None` where no statement allows everything.
pub(super) fn over_everything<'h>(account: &Arc<str>, holder: &'h Holder) -> Option<Way<'h>> {
    let gains = Gains::Administration(account.clone());
    let entity = &holder.entity;
    // The root user holds no policies, and none are needed.
    if entity.id.ends_with(":root") {
        return Some(Way { gains, ..Way::default() });
    }
    let policies = &entity.policies;
    let sweeping = PolicySet {
        identity: sweeping(&policies.identity),
        boundary: policies.boundary.as_deref().map(sweeping),
        ..PolicySet::default()
    };
    let may = |documents: &[Arc<Document>]| documents.iter().flat_map(|d| &d.statements).any(allows);
    if !may(&sweeping.identity) || !sweeping.boundary.as_deref().is_none_or(may) {
        return None;
    }
    let requests =
        Requests { actions: vec![PROBE.to_owned()], when: holder.when.clone(), ..Requests::default() };
    let entity: CallerEntity = entity.with_policies(sweeping);
    let asks =
        vec![Asked { entity: Cow::Owned(entity), requests, part: ", as far as it goes for everything" }];
    Some(Way { asks, gains, ..Way::default() })
}

/// The documents with the statements only that are about everything.
fn sweeping(documents: &[Arc<Document>]) -> Vec<Arc<Document>> {
    let each = |document: &Arc<Document>| {
        let mut sweeping = Document::clone(document);
        sweeping.statements.retain(|s| s.effect == Effect::Deny || allows(s));
        for deny in sweeping.statements.iter_mut().filter(|s| s.effect == Effect::Deny) {
            deny.action = everything();
            deny.resource = Some(everything());
            // Some resource is such that the condition holds.
            deny.conditions.retain(|c| !hangs_on_resource(&c.key));
        }
        Arc::new(sweeping)
    };
    documents.iter().map(each).collect()
}

/// Whether the statement allows every action on every resource.
fn allows(statement: &Statement) -> bool {
    let all = |clause: &PatternClause| match clause.negated {
        true => clause.patterns.is_empty(),
        // `*`, and of actions `*:*`.
        false => {
            clause.patterns.iter().any(|p| p.text.contains('*') && p.text.chars().all(|c| "*:".contains(c)))
        }
    };
    statement.effect == Effect::Allow
        && all(&statement.action)
        && statement.resource.as_ref().is_some_and(all)
        && !statement.conditions.iter().any(|c| hangs_on_resource(&c.key))
}

/// Whether a key tells resources of an account apart.
fn hangs_on_resource(key: &str) -> bool {
    let of_account = key.eq_ignore_ascii_case("aws:ResourceAccount");
    !of_account && Catalogue::embedded().who_fixes(key) == KeyOwner::Resource
}

/// Nothing is left out of it.
fn everything() -> PatternClause {
    PatternClause { negated: true, patterns: Vec::new() }
}
