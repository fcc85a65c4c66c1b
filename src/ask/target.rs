//! What an action can be asked on: the resource cases of a caller.
//!
//! A known resource with a policy is a case of its own; all other resources of the caller's account are
//! one. Resources of other accounts without a known policy are no case: they would have to grant it
//! themselves (CONFORMANCE 1.4.2).

use super::estate::Estate;
use super::facts::{ResourceFacts, resource_facts};
use super::piece::family;
use super::plan::Plan;
use crate::question::Selector;
use gateproof_encodings::compiled::CompiledDocument;
use gateproof_encodings::language::PatternSet;
use gateproof_encodings::scope::ResourceRule;
use gateproof_model::account::PrincipalEntity;
use gateproof_model::pattern::Token;
use gateproof_model::policy::Document;
use gateproof_model::policy_set::Grant;
use gateproof_model::resource::ResourceEntity;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// One resource case. Made once for all callers that it concerns.
#[derive(Debug, Clone)]
pub struct Target<'a> {
    /// What it is.
    pub place: Place<'a>,
    /// The account that owns it.
    pub account: Option<Arc<str>>,
    /// How its policy counts.
    pub rule: ResourceRule,
    /// Of all other resources: whether the known ones are among them, as if they had no policies.
    pub any: bool,
    /// Of all other resources: the principals among them that are cases of their own.
    pub apart: Option<Arc<PatternSet>>,
    parts: OnceLock<Parts>,
    facts: OnceLock<Arc<ResourceFacts>>,
}

/// What is prepared of a case when some caller is first asked about it.
#[derive(Debug, Clone)]
struct Parts {
    policy: Option<Arc<CompiledDocument>>,
    texts: Option<Arc<PatternSet>>,
    beginning: Option<Arc<str>>,
}

/// Which resources a case is about.
#[derive(Debug, Clone)]
pub enum Place<'a> {
    /// The action has no resource level: `*`.
    Star,
    /// A resource whose policy, tags or grants are known, and what lies under it.
    Known(&'a ResourceEntity),
    /// A role, user or other principal as a resource.
    Principal(&'a PrincipalEntity),
    /// Roles of one account with the same trust policy, to be assumed.
    Roles(Arc<[&'a PrincipalEntity]>),
    /// Any other resource of the account.
    Other,
}

impl Target<'_> {
    fn parts(&self, estate: &Estate) -> &Parts {
        self.parts.get_or_init(|| {
            let account = self.account.as_deref();
            let policy = estate.policy_of(&self.place, account, self.rule);
            Parts {
                policy: policy.map(|document| estate.compiler.compile(document)),
                texts: estate.texts_of(&self.place),
                beginning: beginning_of(&self.place),
            }
        })
    }

    /// The same of all other resources with the users and roles among them, as if nothing were known of these.
    pub fn with_principals(&self) -> Self {
        Self { apart: None, ..self.clone() }
    }

    /// Its policy, prepared.
    pub fn policy(&self, estate: &Estate) -> Option<&Arc<CompiledDocument>> {
        self.parts(estate).policy.as_ref()
    }

    /// Its ARNs, where they are listed.
    pub fn texts(&self, estate: &Estate) -> Option<&Arc<PatternSet>> {
        self.parts(estate).texts.as_ref()
    }

    /// What its ARNs begin with, where they are listed.
    pub fn beginning(&self, estate: &Estate) -> Option<&Arc<str>> {
        self.parts(estate).beginning.as_ref()
    }

    /// What it fixes of the context.
    pub fn facts(&self, estate: &Estate) -> &ResourceFacts {
        self.facts.get_or_init(|| estate.facts_of_place(&self.place, self.account.as_deref()))
    }

    /// The grants of a KMS key.
    pub fn grants(&self) -> &[Grant] {
        match &self.place {
            Place::Known(resource) => &resource.grants,
            _ => &[],
        }
    }
}

/// The resource side of a question.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// The globs; empty: all.
    pub globs: Vec<String>,
    /// The accounts, where the question names some.
    pub accounts: Option<BTreeSet<String>>,
}

impl Resources {
    /// Whether every resource counts.
    pub fn is_all(&self) -> bool {
        self.globs.is_empty() || self.globs.iter().any(|g| g == "*")
    }

    /// What all resources asked about begin with, where that is anything.
    pub(crate) fn beginning(&self) -> Option<Arc<str>> {
        beginning_of_globs(&self.globs).filter(|_| !self.is_all())
    }

    /// Whether resources of an account are asked about.
    pub(crate) fn in_account(&self, account: Option<&str>) -> bool {
        self.accounts.as_ref().is_none_or(|wanted| account.is_some_and(|a| wanted.contains(a)))
    }

    /// Whether some glob may match the resource or something under it. Errs towards yes.
    pub(crate) fn may_touch(&self, arn: &str) -> bool {
        self.is_all()
            || self.globs.iter().any(|glob| {
                let literal = glob.split(['*', '?']).next().unwrap_or_default();
                let shorter = literal.len().min(arn.len());
                literal.get(..shorter) == arn.get(..shorter)
                    && (literal.len() <= arn.len() || under(arn, literal))
            })
    }
}

/// What all texts of some globs begin with, where that is anything.
pub(super) fn beginning_of_globs(globs: &[String]) -> Option<Arc<str>> {
    let heads = globs.iter().map(|g| g.split(['*', '?']).next().unwrap_or_default());
    heads.reduce(shared_beginning).filter(|b| !b.is_empty()).map(Into::into)
}

/// What the ARNs of a case have in common from the start.
fn beginning_of(place: &Place<'_>) -> Option<Arc<str>> {
    match place {
        // Of log groups, the policy that is listed under `log-group:*` is about all names.
        Place::Known(resource) => Some(resource.arn.trim_end_matches('*').into()),
        Place::Roles(roles) => roles.iter().map(|r| &*r.arn).reduce(shared_beginning).map(Into::into),
        Place::Star | Place::Principal(_) | Place::Other => None,
    }
}

fn shared_beginning<'t>(a: &'t str, b: &'t str) -> &'t str {
    let same = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map(|((at, _), _)| at);
    a.get(..same.unwrap_or(a.len().min(b.len()))).unwrap_or_default()
}

/// Whether a text lies under an ARN: the ARN, then `/` or `:` and more.
fn under(arn: &str, text: &str) -> bool {
    text.strip_prefix(arn).is_some_and(|rest| rest.starts_with(['/', ':']))
}

impl Estate {
    /// The accounts of `--in`.
    pub(crate) fn accounts_of(
        &self,
        selectors: &[Selector],
        environments: &super::Environments,
    ) -> Result<Option<BTreeSet<String>>, super::AskError> {
        if selectors.is_empty() {
            return Ok(None);
        }
        let mut accounts = BTreeSet::new();
        for selector in selectors {
            match selector {
                Selector::Account(id) => {
                    accounts.insert(id.clone());
                }
                Selector::Environment(name) => match environments.accounts.get(name) {
                    Some(ids) => accounts.extend(ids.iter().cloned()),
                    None => return Err(super::AskError::NothingSelected { given: selector.to_string() }),
                },
                other => {
                    return Err(super::AskError::Misplaced {
                        given: other.to_string(),
                        why: "--in takes account:ID or env:NAME",
                    });
                }
            }
        }
        Ok(Some(accounts))
    }

    /// A case.
    pub(crate) fn target<'a>(
        &'a self,
        place: Place<'a>,
        account: Option<Arc<str>>,
        rule: ResourceRule,
    ) -> Target<'a> {
        Target {
            place,
            account,
            rule,
            any: false,
            apart: None,
            parts: OnceLock::new(),
            facts: OnceLock::new(),
        }
    }

    fn texts_of(&self, place: &Place<'_>) -> Option<Arc<PatternSet>> {
        let languages = &self.compiler.languages;
        match place {
            Place::Known(resource) => Some(languages.set(family(&resource.arn), false)),
            Place::Roles(roles) => {
                let arns = roles.iter().map(|r| r.arn.chars().map(Token::Char).collect()).collect();
                Some(languages.set(arns, false))
            }
            Place::Star | Place::Principal(_) | Place::Other => None,
        }
    }

    fn facts_of_place(&self, place: &Place<'_>, account: Option<&str>) -> Arc<ResourceFacts> {
        let by_account = matches!(place, Place::Star | Place::Other);
        let known = account.filter(|_| by_account).and_then(|a| self.account_facts.get(a));
        known.cloned().unwrap_or_else(|| Arc::new(resource_facts(self, place, account)))
    }

    /// The policy that governs a case.
    pub(crate) fn policy_of<'a>(
        &'a self,
        place: &Place<'a>,
        account: Option<&str>,
        rule: ResourceRule,
    ) -> Option<&'a Arc<Document>> {
        match place {
            Place::Known(resource) => resource.policy.as_ref(),
            Place::Principal(principal) if rule == ResourceRule::Trust => principal.trust.as_ref(),
            Place::Roles(roles) => roles.first().and_then(|r| r.trust.as_ref()),
            Place::Other if rule == ResourceRule::Key => {
                let mut defaults = self.default_key_policies.iter();
                defaults.find(|(owner, _)| Some(&**owner) == account).map(|(_, document)| document)
            }
            Place::Principal(_) | Place::Star | Place::Other => None,
        }
    }

    /// The parts of a case whose tags differ: several roles one by one; the principals of known tags among all
    /// other resources one by one, and the rest. Empty where there are no parts.
    pub(crate) fn split<'a>(&'a self, plan: &Plan<'a>, target: &Target<'a>) -> Vec<Target<'a>> {
        match &target.place {
            Place::Roles(roles) => {
                let single = |role: &&'a PrincipalEntity| {
                    self.target(Place::Roles([*role].into()), target.account.clone(), target.rule)
                };
                roles.iter().map(single).collect()
            }
            Place::Other if !target.any && target.apart.is_none() => self.principals_apart(plan, target),
            Place::Star | Place::Known(_) | Place::Principal(_) | Place::Other => Vec::new(),
        }
    }
}
