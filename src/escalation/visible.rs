//! What the calls of steps can see of the users and roles that they are on: a change of the rest has no say in them.
//!
//! Trust policies have a say in assuming roles only, tags and permissions boundaries only where some policy's condition or variable is about
//! those of resources (IAM User Guide, "AWS global condition context keys", `aws:ResourceTag`; "IAM and AWS STS condition context keys",
//! `iam:ResourceTag`, `iam:PermissionsBoundary`). Whatever policies of AWS's an attacker gives somebody may have such conditions.

use super::alike::keys_of;
use super::attachable::allows_everything;
use super::conditions::documents_of_all_versions;
use super::fact::Fact;
use gateproof_encodings::primitive::Primitive;
use gateproof_model::snapshot::Snapshot;
use std::collections::BTreeSet;

/// What calls see of users and roles beside that they are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visible {
    trust: bool,
    tags: bool,
    boundaries: bool,
}

impl Visible {
    /// What any call can see in a snapshot after some of these facts, where `boundaries` says whether a policy of the snapshot names any.
    pub fn of(snapshot: &Snapshot, facts: &BTreeSet<Fact>, boundaries: bool) -> Self {
        let others = facts.iter().any(gives_policy_of_aws);
        let of_aws = snapshot.managed_policies().iter().filter(|p| p.is_aws_managed()).map(|p| &p.document);
        let documents = documents_of_all_versions(snapshot).chain(of_aws);
        let mut keys = documents.flat_map(|document| &document.statements).flat_map(keys_of);
        let tags = others || keys.any(|key| key.contains("resourcetag"));
        Self { trust: true, tags, boundaries: others || boundaries }
    }

    /// What the calls of a step can see.
    pub fn by(self, primitive: &Primitive) -> Self {
        let asks_trust = primitive.bind.values().any(|binding| !binding.trusts.0.is_empty());
        let mut calls = primitive.calls();
        let by_service = |caller: &Option<String>| caller.as_deref().is_some_and(|caller| caller != "$me");
        let assumes = calls
            .any(|call| call.action.to_ascii_lowercase().starts_with("sts:") || by_service(&call.caller));
        Self { trust: self.trust && (asks_trust || assumes), ..self }
    }

    /// Whether a change of a user or role may have a say.
    pub fn shows(self, fact: &Fact) -> bool {
        match fact {
            Fact::WritesTrust(_) => self.trust,
            Fact::Tagged(_) => self.tags,
            Fact::Unbounded(_) | Fact::Bounded { .. } => self.boundaries,
            _ => true,
        }
    }
}

/// Whether the fact gives somebody a policy of AWS's, but for the one that allows everything.
fn gives_policy_of_aws(fact: &Fact) -> bool {
    let (Fact::Attached { policies, .. } | Fact::Bounded { policies, .. }) = fact else { return false };
    policies.iter().any(|policy| policy.contains(":iam::aws:") && !allows_everything(policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateproof_encodings::primitive::embedded;

    const ROLE: &str = "arn:aws:iam::111122223333:role/example";

    fn seen(id: &str, facts: &[Fact]) -> [bool; 3] {
        let primitives = embedded().unwrap();
        let primitive = primitives.iter().find(|p| p.id == id).unwrap();
        let facts = facts.iter().cloned().collect();
        let visible = Visible::of(&Snapshot::default(), &facts, false).by(primitive);
        [Fact::WritesTrust(ROLE.into()), Fact::Tagged(ROLE.into()), Fact::Unbounded(ROLE.into())]
            .map(|fact| visible.shows(&fact))
    }

    fn attached(policy: &str) -> Fact {
        Fact::Attached { policies: vec![policy.into()].into(), to: ROLE.into() }
    }

    #[test]
    fn trust_policies_are_seen_where_roles_are_assumed() {
        assert_eq!(seen("sts.assume-role", &[]), [true, false, false]);
        assert_eq!(seen("lambda.new-function", &[]), [true, false, false]);
        assert_eq!(seen("iam.put-role-policy", &[]), [false, false, false]);
    }

    #[test]
    fn policies_of_aws_may_see_tags_and_boundaries() {
        let administrator = attached("arn:aws:iam::aws:policy/AdministratorAccess");
        assert_eq!(seen("iam.put-role-policy", &[administrator]), [false, false, false]);
        let other = attached("arn:aws:iam::aws:policy/PowerUserAccess");
        assert_eq!(seen("iam.put-role-policy", &[other]), [false, true, true]);
    }
}
