//! The rows of the table: statements by service and access level.

use super::action_set::ActionSet;
use super::document::{Line, RowEffect};
use super::{Agreement, EffectiveAction};
use gateproof_model::catalogue::Catalogue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One row.
#[derive(Debug, Clone)]
pub struct EffectiveRow {
    /// The statement's `Sid`.
    pub sid: String,
    /// What it does.
    pub effect: RowEffect,
    /// The services: one, or those of a statement about many.
    pub services: Vec<String>,
    /// The access level; none for a Deny.
    pub access: Option<&'static str>,
    /// How many actions.
    pub count: usize,
    /// The actions, whole services as `service:*`; of a Deny those that something allows.
    pub actions: Vec<String>,
    /// Whether `resources` are excluded.
    pub not_resources: bool,
    /// The resource patterns.
    pub resources: Vec<String>,
    /// The conditions, as in the document.
    pub conditions: Map<String, Value>,
    /// The statements that it rests on: layer, policy, statement.
    pub how: Vec<String>,
    /// How many of the actions have a request that shows them.
    pub confirmed: usize,
    /// Whether documents and policies agree on the actions.
    pub agreement: Agreement,
}

/// A statement about more services than this has its rows by access level alone.
const FEW_SERVICES: usize = 12;

/// The rows of the lines.
pub fn rows(
    lines: &[Line],
    actions: &BTreeMap<&str, &EffectiveAction>,
    allowed: &ActionSet,
    catalogue: &Catalogue,
) -> Vec<EffectiveRow> {
    let mut rows = Vec::new();
    for line in lines {
        let mut groups: BTreeMap<(String, Option<&'static str>), Vec<_>> = BTreeMap::new();
        let listed: Vec<_> = line.grant.actions.and(allowed).actions(catalogue).collect();
        let mut services: Vec<&str> = listed.iter().map(|a| a.service()).collect();
        services.dedup();
        let many = services.len() > FEW_SERVICES;
        for action in listed {
            let deny = line.effect == RowEffect::Deny;
            let service = if many || deny { String::new() } else { action.service().to_owned() };
            let access = (!deny).then(|| action.access_level().name());
            groups.entry((service, access)).or_default().push(action);
        }
        for ((_, access), group) in groups {
            let set = ActionSet::of(catalogue, group.iter().copied());
            let known: Vec<&EffectiveAction> =
                group.iter().filter_map(|a| actions.get(a.name()).copied()).collect();
            let mut services: Vec<String> = group.iter().map(|a| a.service().to_owned()).collect();
            services.dedup();
            rows.push(EffectiveRow {
                sid: line.sid.clone(),
                effect: line.effect,
                services,
                access,
                count: group.len(),
                actions: set.names(catalogue),
                not_resources: line.grant.resources.negated,
                resources: line.resources(),
                conditions: line.conditions(),
                how: how(line),
                confirmed: known.iter().filter(|a| a.witness.is_some()).count(),
                agreement: known.iter().map(|a| a.agreement).max().unwrap_or(Agreement::Exact),
            });
        }
    }
    rows
}

fn how(line: &Line) -> Vec<String> {
    line.grant
        .origins
        .iter()
        .map(|o| {
            let mut text = o.layer.clone();
            if !o.policy.is_empty() {
                text.push_str(&format!(": {}", o.policy));
            }
            if !o.statement.is_empty() {
                text.push_str(&format!(" ({})", o.statement));
            }
            text
        })
        .collect()
}
