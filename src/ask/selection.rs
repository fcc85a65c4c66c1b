//! Selectors resolved against the snapshot.

use super::AskError;
use super::caller::CallerEntity;
use super::estate::Estate;
use crate::question::Selector;
use gateproof_encodings::language::matches;
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of environments and the accounts they stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environments {
    /// Account ids by environment.
    pub accounts: BTreeMap<String, BTreeSet<String>>,
}

/// Whether a text matches a glob of a question (`*`, `?`; case counts).
pub(crate) fn glob_matches(glob: &str, text: &str) -> bool {
    let pattern = PatternText::parse(glob, Version::V2008, Wildcards::Flat, false);
    pattern.ground().is_some_and(|p| matches(&p, text, false))
}

impl Estate {
    /// The callers of the selectors, each once, in the order of the selectors and then by ARN.
    pub(crate) fn select(
        &self,
        selectors: &[Selector],
        environments: &Environments,
    ) -> Result<Vec<CallerEntity>, AskError> {
        let mut chosen: Vec<CallerEntity> = Vec::new();
        let mut seen = BTreeSet::new();
        for selector in selectors {
            let found = self.select_one(selector, environments)?;
            if found.is_empty() {
                return Err(AskError::NothingSelected { given: selector.to_string() });
            }
            chosen
                .extend(found.into_iter().filter(|c| seen.insert((c.id.clone(), format!("{:?}", c.facts)))));
        }
        Ok(chosen)
    }

    fn select_one(
        &self,
        selector: &Selector,
        environments: &Environments,
    ) -> Result<Vec<CallerEntity>, AskError> {
        let among = |fits: &dyn Fn(&CallerEntity) -> bool| -> Vec<CallerEntity> {
            self.callers().filter(|c| fits(c)).cloned().collect()
        };
        let named = |name: &str, kind: PrincipalEntityKind| -> Vec<CallerEntity> {
            let ids: BTreeSet<&Arc<str>> = self
                .snapshot
                .principals()
                .iter()
                .filter(|p| p.kind == kind && glob_matches(name, &p.name))
                .map(|p| &p.arn)
                .collect();
            among(&|c| ids.contains(&c.id))
        };
        Ok(match selector {
            Selector::Arn(glob) => self.select_arn(glob),
            Selector::Role(name) => named(name, PrincipalEntityKind::Role),
            Selector::User(name) => named(name, PrincipalEntityKind::User),
            Selector::Account(id) => among(&|c| c.account.as_deref() == Some(id)),
            Selector::Environment(name) => {
                let accounts = environments.accounts.get(name).ok_or_else(|| AskError::Misplaced {
                    given: selector.to_string(),
                    why: "no environment of that name is configured",
                })?;
                among(&|c| c.account.as_deref().is_some_and(|a| accounts.contains(a)))
            }
            Selector::Tag { key, value } => {
                let ids: BTreeSet<&Arc<str>> = self
                    .snapshot
                    .principals()
                    .iter()
                    .filter(|p| p.tag(key).is_some_and(|v| glob_matches(value, v)))
                    .map(|p| &p.arn)
                    .collect();
                among(&|c| ids.contains(&c.id))
            }
            Selector::External(account) => {
                if self.snapshot.accounts().iter().any(|a| &*a.id == account.as_str()) {
                    return Err(AskError::Misplaced {
                        given: selector.to_string(),
                        why: "the snapshot covers that account; name its principals",
                    });
                }
                vec![self.outsider(account)]
            }
            Selector::Anyone => self.outsiders(),
            Selector::Oidc { issuer, claims } => self.token_holders(issuer, claims),
            Selector::Stage { .. } | Selector::Pipeline(_) | Selector::Committers(_) => {
                return Err(AskError::Misplaced {
                    given: selector.to_string(),
                    why: "it stands for principals that are looked up first",
                });
            }
        })
    }

    fn select_arn(&self, glob: &str) -> Vec<CallerEntity> {
        if let Ok(at) = self.callers.binary_search_by(|c| (*c.id).cmp(glob)) {
            return self.callers.get(at).map(|caller| CallerEntity::clone(caller)).into_iter().collect();
        }
        let found: Vec<CallerEntity> =
            self.callers().filter(|c| glob_matches(glob, &c.id)).cloned().collect();
        if found.is_empty() { self.elsewhere(glob).into_iter().collect() } else { found }
    }

    /// The principal of that ARN, of an account that the snapshot doesn't cover.
    pub(crate) fn elsewhere(&self, arn: &str) -> Option<CallerEntity> {
        let parsed = gateproof_model::arn::Arn::parse(arn).filter(|_| !arn.contains(['*', '?']))?;
        let account = parsed.account_id().filter(|a| !self.covers(a))?;
        let partition = super::caller::partition_of(arn);
        let mut outsider = CallerEntity::outsider(account, partition, self.snapshot.organization());
        outsider.facts.insert("aws:principalarn".to_owned(), super::caller::single(arn));
        outsider.id = arn.into();
        Some(outsider)
    }

    pub(crate) fn covers(&self, account: &str) -> bool {
        self.snapshot.accounts().iter().any(|a| &*a.id == account)
    }

    /// The partition of all accounts of the snapshot, where they are of one.
    pub(super) fn single_partition(&self) -> Option<&str> {
        let mut all = self.snapshot.accounts().iter().map(|account| &*account.partition);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    pub(crate) fn partition(&self) -> &str {
        self.snapshot.accounts().first().map_or("aws", |a| &a.partition)
    }
}
