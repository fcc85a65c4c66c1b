//! Statements in words that people read: names as AWS writes them, values as policies do.

use super::part::Part;
use gateproof_encodings::actions::names_an_action;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::operand::{Point, Scalar, render_point};
use gateproof_model::operator::Comparison;
use gateproof_model::policy::{Condition, Operand};
use std::collections::BTreeSet;

/// What a statement, or what is left of one, is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Described {
    /// Whether the actions are all but those listed.
    pub not_actions: bool,
    /// The actions: names and globs.
    pub actions: Vec<String>,
    /// Whether the resources are all but those listed.
    pub not_resources: bool,
    /// The resources; empty where the policy has none, being a role's.
    pub resources: Vec<String>,
    /// The conditions; all of them hold.
    pub conditions: Vec<DescribedCondition>,
    /// Whom it is about, where that is not everybody concerned.
    pub principals: Vec<String>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DescribedCondition {
    /// The operator, as the policy writes it.
    pub operator: String,
    /// The key, as the policy writes it.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

impl Described {
    pub(super) fn of(part: &Part, catalogue: &Catalogue) -> Self {
        let Some(statement) = part.statement() else { return Self::everything() };
        let actions = statement.action.patterns.iter().map(|p| &*p.text).filter(|text| names_an_action(text));
        let named = statement.principal.iter().filter(|_| part.who != super::part::Who::Anybody);
        let principals = named.flat_map(|clause| {
            let but = if clause.negated { "not " } else { "" };
            clause.entries.iter().map(move |entry| format!("{but}{}", principal_text(entry)))
        });
        let resource = statement.resource.as_ref();
        Self {
            not_actions: statement.action.negated,
            actions: sorted(actions.map(|text| spelled(text, catalogue))),
            not_resources: resource.is_some_and(|clause| clause.negated),
            resources: sorted(resource.iter().flat_map(|c| &c.patterns).map(|p| p.text.to_string())),
            conditions: sorted(statement.conditions.iter().map(DescribedCondition::of)),
            principals: sorted(principals),
        }
    }

    fn everything() -> Self {
        let all = || vec!["*".to_owned()];
        Self {
            not_actions: false,
            actions: all(),
            not_resources: false,
            resources: all(),
            conditions: Vec::new(),
            principals: Vec::new(),
        }
    }

    /// Whether nothing but some actions are meant, on whatever resource.
    pub fn is_of_actions_only(&self) -> bool {
        !self.not_actions && self.on_anything() && self.conditions.is_empty() && self.principals.is_empty()
    }

    /// Whether nothing but some resources are meant, whatever is done with them.
    pub fn is_of_resources_only(&self) -> bool {
        let any_action = !self.not_actions && self.actions.iter().any(|a| a == "*");
        any_action && !self.not_resources && self.conditions.is_empty() && self.principals.is_empty()
    }

    /// Whether every resource is meant.
    pub fn on_anything(&self) -> bool {
        !self.not_resources && (self.resources.is_empty() || self.resources.iter().any(|r| r == "*"))
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<T>>().into_iter().collect()
}

/// Policies are read in lower case; the catalogue knows how an action is written.
fn spelled(text: &str, catalogue: &Catalogue) -> String {
    if let Some(action) = catalogue.find_action(text) {
        return action.name().to_owned();
    }
    let head = text.split(['*', '?']).next().unwrap_or_default();
    let known = catalogue.actions_matching(text).next().and_then(|a| a.name().get(..head.len()));
    match known.filter(|name| name.eq_ignore_ascii_case(head)) {
        Some(name) => format!("{name}{}", text.get(head.len()..).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn principal_text(entry: &gateproof_model::policy::PrincipalEntry) -> String {
    use gateproof_model::policy::PrincipalEntry::{
        Account, Arn, CanonicalUser, Everyone, Federated, Nobody, Service,
    };
    match entry {
        Everyone => "*".to_owned(),
        Account(text) | Arn(text) | Service(text) | Federated(text) | CanonicalUser(text) | Nobody(text) => {
            text.to_string()
        }
    }
}

impl DescribedCondition {
    fn of(condition: &Condition) -> Self {
        let scalar = match condition.operator.comparison {
            Comparison::Date(_) => Scalar::Date,
            Comparison::IpAddress => Scalar::Ip,
            _ => Scalar::Number,
        };
        let value = |operand: &Operand| match operand {
            Operand::Text(text) => text.text.to_string(),
            Operand::Point(point) => render_point(scalar, *point),
            Operand::Network(first, last) => network_text(*first, *last),
            Operand::Flag(flag) => flag.to_string(),
            Operand::Unparsable(text) => text.to_string(),
        };
        Self {
            operator: condition.operator_text.to_string(),
            key: condition.key_text.to_string(),
            values: sorted(condition.operands.iter().map(value)),
        }
    }
}

/// A range of addresses as a network.
fn network_text(first: Point, last: Point) -> String {
    let address = render_point(Scalar::Ip, first);
    let bits: u32 = if first.family == 4 { 32 } else { 128 };
    let span = first.value ^ last.value;
    let free = 128 - span.leading_zeros();
    if free == 0 { address } else { format!("{address}/{}", bits.saturating_sub(free)) }
}
