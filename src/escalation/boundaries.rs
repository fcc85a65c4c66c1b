//! Permissions boundaries of the attacker's wording: a user or role that has one gains nothing by another, where no condition tells
//! the names of new policies apart.

use super::conditions::documents_of_all_versions;
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
#[derive(Debug, Default)]
pub(super) struct NewBoundaries {
    /// The accounts in which no condition on permissions boundaries tells the names of new policies apart.
    alike: Arc<FxHashSet<Arc<str>>>,
    given: FxHashMap<Arc<str>, Arc<str>>,
}

impl NewBoundaries {
    /// None yet, in a snapshot.
    pub fn none(snapshot: &Snapshot) -> Self {
        let accounts = snapshot.accounts().iter().map(|account| account.id.clone());
        let alike = accounts.filter(|account| are_alike(snapshot, account)).collect();
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
        let Some((of, policy)) = given(facts).filter(|(_, policy)| policy.contains('*')) else { return false };
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

/// Whether what conditions compare boundaries with are policies that the account has, or none that it could have.
fn are_alike(snapshot: &Snapshot, account: &Arc<str>) -> bool {
    let names = format!("arn:*:iam::{account}:policy/*");
    let names = PatternText::parse(&names, Version::V2012, Wildcards::Segments, false);
    let Some(names) = names.ground() else { return false };
    let conditions = documents_of_all_versions(snapshot).flat_map(|d| &d.statements).flat_map(|s| &s.conditions);
    let mut compared = conditions.filter(|c| *c.key == *BOUNDARY).flat_map(|c| &c.operands);
    compared.all(|operand| match operand {
        Operand::Flag(_) => true,
        Operand::Text(text) => text.ground().is_some_and(|pattern| {
            let is_there = literal(&pattern).is_some_and(|arn| snapshot.managed_policy(account, &arn).is_some());
            is_there || !meet((&pattern, true), (&names, true))
        }),
        Operand::Point(_) | Operand::Network(..) | Operand::Unparsable(_) => false,
    })
}

/// The one text that a pattern matches.
fn literal(pattern: &Pattern) -> Option<String> {
    pattern.iter().map(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
}
