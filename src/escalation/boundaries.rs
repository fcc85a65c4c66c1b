//! Permissions boundaries of the attacker's wording: a user or role that has one gains nothing by another, where no condition tells
//! the names of new policies apart.

use super::conditions::conditions_on;
use super::fact::Fact;
use crate::ask::BOUNDARY;
use gateproof_encodings::language::compare::meet;
use gateproof_model::arn::Arn;
use gateproof_model::pattern::{Pattern, PatternText, Token, Wildcards};
use gateproof_model::policy::{Operand, Version};
use gateproof_model::snapshot::Snapshot;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Who was given a boundary of the attacker's wording, and which.
#[derive(Debug, Clone, Default)]
pub(super) struct NewBoundaries {
    /// The accounts in which no condition on permissions boundaries tells the names of new policies apart.
    alike: Arc<FxHashSet<Arc<str>>>,
    given: FxHashMap<Arc<str>, Arc<str>>,
}

impl NewBoundaries {
    /// None yet, in a snapshot.
    pub fn none(snapshot: &Snapshot) -> Self {
        let compared: Vec<&Operand> = conditions_on(snapshot, BOUNDARY).flat_map(|c| &c.operands).collect();
        let accounts = snapshot.accounts().iter().map(|account| account.id.clone());
        let alike = accounts.filter(|account| are_alike(snapshot, account, &compared)).collect();
        Self { alike: Arc::new(alike), given: FxHashMap::default() }
    }

    /// None yet, beside these.
    pub fn beside(&self) -> Self {
        Self { alike: self.alike.clone(), given: FxHashMap::default() }
    }

    /// Takes note of what a step gives.
    pub fn note(&mut self, facts: &[Fact]) {
        if let Some((of, policy)) = given(facts) {
            self.given.insert(of.clone(), policy.clone());
        }
    }

    /// Whether a step gives a boundary of the attacker's wording, under whatever name, to somebody who has been given such a one.
    pub fn make_needless(&self, snapshot: &Snapshot, facts: &[Fact]) -> bool {
        let Some((of, policy)) = given(facts).filter(|(_, policy)| policy.contains('*')) else {
            return false;
        };
        let is_new = |policy: &Arc<str>| {
            let account = account_of(policy);
            snapshot.managed_policy(account, policy).is_none() && self.alike.contains(account)
        };
        self.given.get(of).is_some_and(|known| account_of(known) == account_of(policy) && is_new(known))
    }
}

/// The user or role that is rid of its boundary and given another, and the policy that this is.
fn given(facts: &[Fact]) -> Option<(&Arc<str>, &Arc<str>)> {
    let (of, policies) = match facts {
        [Fact::Unbounded(rid), Fact::Bounded { of, policies }]
        | [Fact::Bounded { of, policies }, Fact::Unbounded(rid)]
            if rid == of =>
        {
            (of, policies)
        }
        _ => return None,
    };
    match &**policies {
        [one] => Some((of, one)),
        _ => None,
    }
}

fn account_of(policy: &str) -> &str {
    Arn::parse(policy).map_or("", |arn| arn.account)
}

/// Whether what conditions have `compared` boundaries with are policies that the account has, or none that it could have.
fn are_alike(snapshot: &Snapshot, account: &Arc<str>, compared: &[&Operand]) -> bool {
    let names = format!("arn:*:iam::{account}:policy/*");
    let names = PatternText::parse(&names, Version::V2012, Wildcards::Segments, false);
    let Some(names) = names.ground() else { return false };
    compared.iter().all(|operand| match operand {
        Operand::Flag(_) => true,
        Operand::Text(text) => text.ground().is_some_and(|pattern| {
            let is_there =
                literal(&pattern).is_some_and(|arn| snapshot.managed_policy(account, &arn).is_some());
            is_there || !meet((&pattern, true), (&names, true))
        }),
        Operand::Point(_) | Operand::Network(..) | Operand::Unparsable(_) => false,
    })
}

/// The one text that a pattern matches.
fn literal(pattern: &Pattern) -> Option<String> {
    pattern.iter().map(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ask::{Estate, EstateOptions};
    use serde_json::json;

    /// Whether new policies' names are alike where one user's policy compares boundaries with a text.
    fn alike_beside(compared: &str) -> bool {
        let account = "111111111111";
        let statement = json!({
            "Effect": "Allow", "Action": "iam:*", "Resource": "*",
            "Condition": {"StringLike": {"iam:PermissionsBoundary": compared}},
        });
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let known = json!({
            "PolicyName": "known", "PolicyId": "ANPAEXAMPLE", "Path": "/", "DefaultVersionId": "v1",
            "Arn": format!("arn:aws:iam::{account}:policy/known"),
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": []}}],
        });
        let alice = json!({
            "UserName": "alice", "UserId": "AIDAEXAMPLE", "Path": "/", "Arn": format!("arn:aws:iam::{account}:user/alice"),
            "GroupList": [], "AttachedManagedPolicies": [], "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document}],
        });
        let details = json!({"UserDetailList": [alice], "GroupDetailList": [], "RoleDetailList": [], "Policies": [known]});
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join(format!("accounts/{account}/global/iam"));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("get-account-authorization-details.json"), details.to_string()).unwrap();
        let estate = Estate::load(directory.path(), EstateOptions::default()).unwrap();
        NewBoundaries::none(&estate.snapshot).alike.contains(account)
    }

    #[test]
    fn names_are_alike_where_conditions_name_what_is_there_or_elsewhere() {
        for compared in [
            "arn:aws:iam::111111111111:policy/known",
            "arn:aws:iam::222222222222:policy/*",
            "arn:aws:iam::aws:policy/*",
        ] {
            assert!(alike_beside(compared), "{compared}");
        }
    }

    #[test]
    fn names_are_told_apart_where_a_new_policy_may_be_the_one_named() {
        for name in [
            "111111111111:policy/team-*",
            "111111111111:policy/free",
            "*:policy/x",
            "${aws:PrincipalAccount}:policy/x",
        ] {
            let compared = format!("arn:aws:iam::{name}");
            assert!(!alike_beside(&compared), "{compared}");
        }
    }
}
