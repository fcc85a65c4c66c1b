//! Selectors resolved against the snapshot.

use super::AskError;
use super::caller::CallerEntity;
use super::estate::Estate;
use crate::question::Selector;
use gateproof_encodings::language::matches;
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::pattern::{PatternText, Wildcards};
use gateproof_model::policy::{PrincipalEntry, Version};
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

/// An account number for "some account elsewhere" that nothing in the snapshot names.
const FRESH_ACCOUNT: &str = "999999999999";

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
            self.callers.iter().filter(|c| fits(c)).cloned().collect()
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
                vec![CallerEntity::outsider(account, self.partition())]
            }
            Selector::Anyone => self.outsiders(),
            Selector::Oidc { issuer, claims } => self.token_holders(issuer, claims),
            Selector::Stage { .. } | Selector::Pipeline(_) | Selector::Committers(_) => {
                return Err(AskError::Misplaced {
                    given: selector.to_string(),
                    why: "pipelines are not read yet; name the role",
                });
            }
        })
    }

    fn select_arn(&self, glob: &str) -> Vec<CallerEntity> {
        if let Ok(at) = self.callers.binary_search_by(|c| (*c.id).cmp(glob)) {
            return self.callers.get(at).cloned().into_iter().collect();
        }
        let found: Vec<CallerEntity> =
            self.callers.iter().filter(|c| glob_matches(glob, &c.id)).cloned().collect();
        if found.is_empty() { self.elsewhere(glob).into_iter().collect() } else { found }
    }

    /// The principal of that ARN, of an account that the snapshot doesn't cover.
    pub(crate) fn elsewhere(&self, arn: &str) -> Option<CallerEntity> {
        let parsed = gateproof_model::arn::Arn::parse(arn).filter(|_| !arn.contains(['*', '?']))?;
        let account = parsed.account_id().filter(|a| !self.covers(a))?;
        let mut outsider = CallerEntity::outsider(account, super::caller::partition_of(arn));
        outsider.facts.insert("aws:principalarn".to_owned(), super::caller::single(arn));
        outsider.id = arn.into();
        Some(outsider)
    }

    pub(crate) fn covers(&self, account: &str) -> bool {
        self.snapshot.accounts().iter().any(|a| &*a.id == account)
    }

    pub(crate) fn partition(&self) -> &str {
        self.snapshot.accounts().first().map_or("aws", |a| &a.partition)
    }

    /// Everyone who is not of the organization: unsigned callers, principals of an account that nothing
    /// names, and of each account elsewhere that a resource policy or trust policy names.
    pub(crate) fn outsiders(&self) -> Vec<CallerEntity> {
        let mut accounts: BTreeSet<String> = BTreeSet::new();
        accounts.insert(FRESH_ACCOUNT.to_owned());
        for entry in self.named_principals() {
            let account = match entry {
                PrincipalEntry::Account(id) => Some(&**id),
                PrincipalEntry::Arn(arn) => {
                    gateproof_model::arn::Arn::parse(arn).and_then(|a| a.account_id())
                }
                _ => None,
            };
            accounts.extend(account.filter(|a| !self.covers(a)).map(str::to_owned));
        }
        let mut found = vec![CallerEntity::anonymous(self.partition())];
        found.extend(accounts.iter().map(|a| CallerEntity::outsider(a, self.partition())));
        found
    }

    /// The service principals that resource and trust policies name.
    pub(crate) fn services(&self) -> Vec<CallerEntity> {
        let names: BTreeSet<&Arc<str>> = self
            .named_principals()
            .filter_map(|e| if let PrincipalEntry::Service(name) = e { Some(name) } else { None })
            .collect();
        names.into_iter().map(|name| CallerEntity::service(name, self.partition())).collect()
    }

    fn named_principals(&self) -> impl Iterator<Item = &PrincipalEntry> {
        let resources = self.snapshot.resources().iter().filter_map(|r| r.policy.as_deref());
        let roles = self.snapshot.principals().iter().filter_map(|p| p.trust.as_deref());
        resources
            .chain(roles)
            .flat_map(|d| &d.statements)
            .filter_map(|s| s.principal.as_ref())
            .flat_map(|clause| &clause.entries)
    }

    /// The holder of a token, one a account that knows the issuer as a provider.
    fn token_holders(&self, issuer: &str, claims: &[(String, String)]) -> Vec<CallerEntity> {
        let suffix = format!(":oidc-provider/{issuer}");
        let mut providers: BTreeSet<&str> =
            self.snapshot.providers().iter().map(|p| &*p.arn).filter(|arn| arn.ends_with(&suffix)).collect();
        for entry in self.named_principals() {
            if let PrincipalEntry::Federated(name) = entry
                && (name.ends_with(&suffix) || **name == *issuer)
            {
                providers.insert(name);
            }
        }
        providers.into_iter().map(|p| CallerEntity::token(p, issuer, claims, self.partition())).collect()
    }
}
