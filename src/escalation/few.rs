//! Of the ways of steps a few, among which a chain is looked for where all are too many to look at.
//!
//! There are many ways where many managed policies can be given to somebody, told apart only by conditions of some of them. Few of these lead
//! further: kept are the account's own, the one that allows everything and, of the lists of AWS's that a session can give somebody, the
//! longest. What is found among them is a chain; where none is found, others may be left.

use super::attachable::allows_everything;
use super::fact::Fact;
use super::step::Instance;
use gateproof_model::arn::Arn;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The places of the few.
pub(super) fn few(instances: &[Instance]) -> Vec<usize> {
    let mut longest: FxHashMap<Group<'_>, usize> = FxHashMap::default();
    for instance in instances {
        if let Some((group, length)) = list_given(instance) {
            let known = longest.entry(group).or_default();
            *known = length.max(*known);
        }
    }
    let is_kept = |instance: &Instance| match list_given(instance) {
        Some((group, length)) => longest.get(&group) == Some(&length),
        None => true,
    };
    instances.iter().enumerate().filter(|(_, instance)| is_kept(instance)).map(|(n, _)| n).collect()
}

/// A kind of step, by whom, and to whom it gives a policy.
type Group<'i> = (usize, &'i str, &'i str);

/// Of how many policies of AWS's, but for the one that allows everything, a step gives somebody one.
fn list_given(instance: &Instance) -> Option<(Group<'_>, usize)> {
    let given = instance.facts.iter().find_map(|fact| match fact {
        Fact::Attached { policies, to } => Some((policies, to)),
        Fact::Bounded { policies, of } => Some((policies, of)),
        _ => None,
    });
    let (policies, to) = given?;
    let is_one = |policy: &Arc<str>| {
        !allows_everything(policy) && Arn::parse(policy).is_some_and(|a| a.account == "aws")
    };
    let group = (instance.primitive, &*instance.session.principal, &**to);
    policies.iter().all(is_one).then_some((group, policies.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::escalation::fact::{Held, Session};
    use crate::escalation::step::Evidence;

    fn giving(policies: &[&str], to: &str) -> Instance {
        let policies: Vec<Arc<str>> = policies.iter().map(|p| Arc::from(*p)).collect();
        Instance {
            primitive: 0,
            session: Session {
                principal: "arn:aws:iam::111122223333:user/alice".into(),
                held: Held::Start(0),
            },
            binding: Vec::new(),
            facts: vec![Fact::Attached { policies: policies.into(), to: to.into() }],
            device: false,
            evidence: Evidence::default(),
        }
    }

    #[test]
    fn of_the_lists_of_policies_the_longest_is_kept() {
        let instances = [
            giving(&["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"], "bob"),
            giving(&["arn:aws:iam::aws:policy/C"], "bob"),
            giving(&["arn:aws:iam::aws:policy/AdministratorAccess"], "bob"),
            giving(&["arn:aws:iam::111122223333:policy/own"], "bob"),
            giving(&["arn:aws:iam::aws:policy/C"], "carol"),
        ];
        assert_eq!(few(&instances), [0, 2, 3, 4]);
    }
}
