//! Actions that give a caller the same on the same resource.

use super::siblings::{Sibling, is_action};
use crate::ask::{AskError, Estate, Settings};
use crate::question::{Quantifier, Requests, Selector, Undecided, Verdict};
use serde::Deserialize;
use std::sync::LazyLock;

/// A group of such actions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equivalents {
    /// What each gives.
    gives: String,
    /// Where AWS says so.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers of the file; a test requires it"))]
    source: String,
    /// `service:Action`.
    actions: Vec<String>,
}

/// The groups; none where the file that is part of the program could not be read, which a test rules out.
static GROUPS: LazyLock<Vec<Equivalents>> =
    LazyLock::new(|| serde_saphyr::from_str(include_str!("equivalents.yaml")).unwrap_or_default());

/// Of a gap's actions, the groups that hold some and not all of them: what they give, and the others.
fn others(gap: &Requests) -> impl Iterator<Item = (&'static str, Vec<String>)> + '_ {
    GROUPS.iter().filter_map(|group| {
        let (within, beyond): (Vec<_>, Vec<_>) =
            group.actions.iter().partition(|action| gap.actions.iter().any(|glob| is_action(glob, action)));
        (!within.is_empty() && !beyond.is_empty())
            .then(|| (group.gives.as_str(), beyond.into_iter().cloned().collect()))
    })
}

/// The requests of other actions by which these principals still come to what the gap's actions gave them.
///
/// # Errors
/// Where a selector names nothing.
pub(super) fn equivalents(
    new: &Estate,
    who: &[Selector],
    gap: &Requests,
    settings: &Settings,
) -> Result<(Vec<Sibling>, Option<Undecided>), AskError> {
    let mut found = Vec::new();
    let mut undecided = None;
    for (gives, actions) in others(gap) {
        let requests = Requests { actions, access: Vec::new(), ..gap.clone() };
        let answer = new.can(who, &requests, Quantifier::Some, settings)?;
        for (principal, answer) in answer.principals {
            let Some(witness) = answer.witness.filter(|_| answer.verdict == Verdict::Reachable) else {
                undecided = undecided.or(answer.undecided);
                continue;
            };
            found.push(Sibling {
                principal,
                gives: gives.to_owned(),
                before: gap.actions.join(", "),
                technique: witness.steps.first().map(|step| step.action.clone()).unwrap_or_default(),
                requests: witness.steps,
                assumptions: answer.assumptions.to_vec(),
            });
        }
    }
    Ok((found, undecided))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use gateproof_model::catalogue::Catalogue;

    #[test]
    fn the_groups_are_of_actions_that_there_are() {
        let groups: Vec<Equivalents> = serde_saphyr::from_str(include_str!("equivalents.yaml")).unwrap();
        assert!(groups.len() >= 15);
        for group in &groups {
            assert!(group.actions.len() >= 2 && !group.source.is_empty(), "{}", group.gives);
            for action in &group.actions {
                assert!(Catalogue::embedded().find_action(action).is_some(), "{action}");
            }
        }
    }

    #[test]
    fn others_are_asked_about_where_only_some_are_meant() {
        let of = |action: &str| Requests { actions: vec![action.to_owned()], ..Requests::default() };
        assert_eq!(others(&of("s3:getobject")).next().unwrap().1, ["s3:GetObjectVersion"]);
        assert!(others(&of("s3:GetObject*")).next().is_none());
    }
}
