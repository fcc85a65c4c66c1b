//! Statements of a change that do nothing, each with the reason.
//!
//! They are why a fix looks right and isn't: a condition on a key that the action never carries, a Deny of an action that does
//! not exist, a trust in a role that is gone.

use super::difference::ChangedStatement;
use crate::ask::Estate;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::{ActionInfo, Catalogue, is_identity_provider_key};
use gateproof_model::pattern::PatternText;
use gateproof_model::policy::{Condition, PrincipalEntry, Statement};
use gateproof_model::text::fold_text;

/// Why a statement does less than it says; none: nothing of it is without effect by its form alone.
pub(super) fn idle_parts(changed: &ChangedStatement, estate: &Estate) -> Vec<String> {
    let statement = &changed.statement;
    let catalogue = estate.catalogue;
    let mut reasons: Vec<String> = unknown_actions(statement, catalogue).collect();
    let actions: Vec<ActionInfo<'_>> = catalogue.actions().filter(|a| is_about(statement, a)).collect();
    if !actions.is_empty() {
        reasons.extend(statement.conditions.iter().filter_map(|c| never_carried(c, &actions, catalogue)));
        reasons.extend(no_such_resource(statement, &actions));
    }
    reasons.extend(absent_principals(statement, estate));
    reasons
}

/// Action patterns that match nothing in the catalogue.
fn unknown_actions<'s>(
    statement: &'s Statement,
    catalogue: &'s Catalogue,
) -> impl Iterator<Item = String> + 's {
    let unknown = |pattern: &&PatternText| catalogue.actions_matching(&pattern.text).next().is_none();
    let patterns = statement.action.patterns.iter();
    patterns.filter(unknown).map(|pattern| format!("`{}` matches no action of the catalogue", pattern.text))
}

fn is_about(statement: &Statement, action: &ActionInfo<'_>) -> bool {
    let name = action.name().to_ascii_lowercase();
    let matches = |pattern: &PatternText| crate::ask::glob_matches(&pattern.text, &name);
    statement.action.patterns.iter().any(matches) != statement.action.negated
}

/// A condition on a key that none of the actions carries.
///
/// Service Authorization Reference, "Condition keys": a key is in the context of the actions only that list it.
fn never_carried(condition: &Condition, actions: &[ActionInfo<'_>], catalogue: &Catalogue) -> Option<String> {
    let key = fold_text(&condition.key_text);
    let (name, operator) = (&condition.key_text, &condition.operator_text);
    if catalogue.key_type(&key).is_none() && !is_identity_provider_key(&key) {
        return Some(format!("`{operator}` on `{name}`: no service is known to have such a condition key"));
    }
    if actions.iter().any(|action| action.support(&key).is_possible()) {
        return None;
    }
    Some(format!("`{operator}` on `{name}`: none of the statement's actions carries this key"))
}

/// Resource patterns that no action of the statement has a resource for.
fn no_such_resource(statement: &Statement, actions: &[ActionInfo<'_>]) -> Vec<String> {
    let Some(clause) = &statement.resource else { return Vec::new() };
    let fits = |pattern: &PatternText| {
        let text = &*pattern.text;
        text.contains('*')
            || text.contains("${")
            || actions.iter().any(|action| action.resource_types().any(|of| of.resource_type.fits(text)))
    };
    let misfits = clause.patterns.iter().filter(|pattern| !fits(pattern));
    misfits
        .map(|pattern| format!("`{}` is no resource that its actions are checked against", pattern.text))
        .collect()
}

/// Principals that are named and not there.
fn absent_principals(statement: &Statement, estate: &Estate) -> Vec<String> {
    let Some(clause) = &statement.principal else { return Vec::new() };
    let named = clause.entries.iter().filter_map(|entry| match entry {
        PrincipalEntry::Arn(arn) if is_absent(arn, estate) => Some(format!("there is no principal `{arn}`")),
        PrincipalEntry::Nobody(text) => Some(format!("`{text}` stands for nobody")),
        _ => None,
    });
    named.collect()
}

fn is_absent(arn: &str, estate: &Estate) -> bool {
    let Some(parsed) = Arn::parse(arn) else { return false };
    let lives_here = |account: &str| estate.snapshot.principals().iter().any(|p| &*p.account == account);
    if !parsed.account_id().is_some_and(lives_here) {
        return false;
    }
    match parsed.resource.strip_prefix("assumed-role/") {
        Some(session) => {
            let role = session.split('/').next().unwrap_or_default();
            let of = |p: &gateproof_model::account::PrincipalEntity| {
                p.name.as_ref() == role && Some(p.account.as_ref()) == parsed.account_id()
            };
            !estate.snapshot.principals().iter().any(of)
        }
        None if parsed.resource.starts_with("user/") || parsed.resource.starts_with("role/") => {
            estate.snapshot.principal(arn).is_none()
        }
        None => false,
    }
}
