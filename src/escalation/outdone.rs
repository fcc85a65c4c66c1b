//! Facts that give one caller no more than others do, whatever else the attacker has.
//!
//! A policy of the attacker's wording allows a user everything, whether it is the user's own or a group's, and so does the managed policy
//! that allows everything; any other policy gives no more. This is so where a search asks what may be allowed at most
//! ([`super::policies::Reading::AtMost`]): there a policy that is added refuses nothing.

use super::among::Among;
use super::attachable::allows_everything;
use super::fact::Fact;
use gateproof_model::snapshot::Snapshot;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What facts give a caller, by their places.
#[derive(Default)]
struct Given<'f> {
    /// Policies that allow everything in the place of others.
    written: Vec<usize>,
    /// Policies that allow everything beside others.
    everything: Vec<usize>,
    /// Other managed policies.
    policies: FxHashMap<&'f Among, Vec<usize>>,
    /// Texts of managed policies that allow everything.
    texts: FxHashMap<&'f str, usize>,
    /// Versions of managed policies.
    versions: Vec<(&'f str, usize)>,
}

/// Of each of some facts, by its place, the others that give a principal at least as much.
pub(super) fn outdone(snapshot: &Snapshot, principal: &str, facts: &[Fact]) -> Vec<Vec<usize>> {
    let groups = snapshot.principal(principal).map_or(&[][..], |p| &p.groups);
    let holds = |holder: &Arc<str>| **holder == *principal || groups.contains(holder);
    let mut given = Given::default();
    for (n, fact) in facts.iter().enumerate() {
        match fact {
            Fact::WritesIdentity(of) if holds(of) => given.written.push(n),
            Fact::AddsIdentity(of) if holds(of) => given.everything.push(n),
            Fact::Attached { policies, to } if holds(to) => {
                if policies.iter().any(|policy| allows_everything(policy)) {
                    given.everything.push(n);
                } else {
                    given.policies.entry(policies).or_default().push(n);
                }
            }
            Fact::WritesPolicy(policy) => drop(given.texts.insert(policy, n)),
            Fact::Version { policy, .. } => given.versions.push((policy, n)),
            _ => {}
        }
    }
    given.outdone(facts.len())
}

impl Given<'_> {
    fn outdone(&self, facts: usize) -> Vec<Vec<usize>> {
        let mut outdone = vec![Vec::new(); facts];
        let mut note = |n: usize, others: &[&[usize]]| {
            if let Some(by) = outdone.get_mut(n) {
                *by = others.iter().copied().flatten().copied().filter(|other| *other != n).collect();
            }
        };
        for n in &self.everything {
            note(*n, &[&self.written, &self.everything]);
        }
        for alike in self.policies.values() {
            for n in alike {
                note(*n, &[&self.written, &self.everything, alike]);
            }
        }
        for (policy, n) in &self.versions {
            note(*n, &[self.texts.get(policy).map_or(&[], std::slice::from_ref)]);
        }
        outdone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

    fn attached(policies: &[&str], to: &str) -> Fact {
        Fact::Attached {
            policies: policies.iter().map(|p| Arc::from(*p)).collect::<Vec<_>>().into(),
            to: to.into(),
        }
    }

    #[test]
    fn what_allows_everything_outdoes_what_allows_something() {
        let facts = [
            Fact::WritesIdentity(ALICE.into()),
            Fact::AddsIdentity(ALICE.into()),
            attached(&["arn:aws:iam::aws:policy/AdministratorAccess"], ALICE),
            attached(&["a", "b"], ALICE),
            Fact::AddsIdentity("arn:aws:iam::111122223333:user/bob".into()),
            attached(&["a", "b"], "arn:aws:iam::111122223333:user/bob"),
            Fact::Tagged(ALICE.into()),
        ];
        let outdone = outdone(&Snapshot::default(), ALICE, &facts);
        let expected: [&[usize]; 7] = [&[], &[0, 2], &[0, 1], &[0, 1, 2], &[], &[], &[]];
        assert_eq!(outdone, expected);
    }

    #[test]
    fn the_attackers_text_outdoes_a_version_of_the_same_policy() {
        let version = |policy: &str| Fact::Version { policy: policy.into(), version: "v2".into() };
        let facts = [version("p"), Fact::WritesPolicy("p".into()), version("q")];
        assert_eq!(outdone(&Snapshot::default(), ALICE, &facts), [vec![1], vec![], vec![]]);
    }
}
