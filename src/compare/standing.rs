//! Whose requests two policies are compared by.
//!
//! An identity policy decides for whoever has it. What a resource's policy decides depends on how the caller stands to the
//! resource: somebody of another account needs it, and permissions of its own; somebody of the resource's account who
//! has such permissions is stopped by its Denies only; somebody there who has none is let in by what names it directly.
//!
//! IAM User Guide, "Cross-account policy evaluation logic", "AWS JSON policy elements: Principal". CONFORMANCE 1.4.

use super::kind::{PolicyKind, PolicyOf};
use crate::ask::{CallerEntity, account_in, described_account};
use gateproof_encodings::scope::{Caller, KeyFact, ResourceRule};
use gateproof_model::arn::Arn;
use gateproof_model::organization::Organization;
use gateproof_model::policy::{Document, Operand, PrincipalEntry};
use gateproof_model::request::{ContextValue, Principal};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The account that a user with an identity policy belongs to.
pub(super) const ACCOUNT: &str = "111122223333";
/// That user.
const USER: &str = "arn:aws:iam::111122223333:user/example";
/// Names of nobody in particular.
const SERVICE: &str = "example.amazonaws.com";
const PROVIDER: &str = "arn:aws:iam::111122223333:oidc-provider/example.com";

/// What lets a caller in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The documents are its identity policies.
    Documents,
    /// They are service control policies, and it has permissions.
    Control,
    /// They are resource control policies, and it has permissions.
    ResourceControl,
    /// The resource's policy must let it in, in whatever form.
    AnyGrant,
    /// The resource's policy must not keep it out.
    NoDeny,
    /// The resource's policy must let it in by itself.
    DirectGrant,
}

/// A caller, and how it stands to the resource.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// Who, for people.
    pub label: String,
    pub caller: Caller,
    pub needs: Needs,
    /// Whether it has permissions of its own for everything.
    pub permitted: bool,
    /// Whether it is of an account that the documents don't name.
    pub stranger: bool,
    /// The account of the resource.
    pub owner: Arc<str>,
    pub rule: ResourceRule,
    /// What its identity fixes, by lower-case key; a key that ends in `/` stands for all that begin so.
    pub facts: BTreeMap<String, KeyFact>,
}

/// The standings that tell two documents of a kind apart, if any do.
pub(super) fn standings(of: &PolicyOf, documents: [&Document; 2]) -> Vec<Standing> {
    let needs = match of.kind {
        PolicyKind::Identity => Needs::Documents,
        PolicyKind::Scp => Needs::Control,
        PolicyKind::Rcp => Needs::ResourceControl,
        PolicyKind::Resource | PolicyKind::Trust => return Named::of(documents).standings(of),
    };
    vec![Standing {
        label: "*".to_owned(),
        caller: Caller::Known(Principal::from_arn(USER, None)),
        needs,
        permitted: needs != Needs::Documents,
        stranger: false,
        owner: ACCOUNT.into(),
        rule: ResourceRule::Ordinary,
        facts: BTreeMap::new(),
    }]
}

/// Whom the documents name.
#[derive(Default)]
struct Named {
    accounts: BTreeSet<String>,
    arns: BTreeSet<Arc<str>>,
    services: BTreeSet<String>,
    providers: BTreeSet<String>,
    /// Whether some statement may mean callers that it doesn't name.
    open: bool,
}

impl Named {
    fn of(documents: [&Document; 2]) -> Self {
        const KEYS: [&str; 3] = ["aws:principalaccount", "aws:principalarn", "kms:calleraccount"];
        let mut named = Self::default();
        for statement in documents.into_iter().flat_map(|d| &d.statements) {
            let clause = statement.principal.iter();
            named.open |= clause.clone().any(|c| c.negated);
            clause.flat_map(|c| &c.entries).for_each(|entry| named.add(entry));
            for condition in &statement.conditions {
                let texts = condition.operands.iter();
                let texts = texts.filter_map(|o| if let Operand::Text(t) = o { Some(t) } else { None });
                match &*condition.key {
                    key if KEYS.contains(&key) => named.accounts.extend(texts.filter_map(described_account)),
                    "aws:principalservicename" => {
                        named
                            .services
                            .extend(texts.filter(|t| t.ground().is_some()).map(|t| t.literal_head()));
                    }
                    _ => {}
                }
            }
        }
        named
    }

    fn add(&mut self, entry: &PrincipalEntry) {
        match entry {
            PrincipalEntry::Everyone => self.open = true,
            PrincipalEntry::Account(id) => self.accounts.extend([id.to_string()]),
            PrincipalEntry::Arn(arn) => {
                self.accounts.extend(account_in(arn));
                self.arns.insert(arn.clone());
            }
            PrincipalEntry::Service(name) => self.services.extend([name.to_string()]),
            PrincipalEntry::Federated(name) => self.providers.extend([name.to_string()]),
            PrincipalEntry::CanonicalUser(_) | PrincipalEntry::Nobody(_) => {}
        }
    }

    /// An account that is not named, one for each of several uses.
    fn unnamed(&self, preferred: u64) -> String {
        let fresh = (0..=99).map(|n| format!("{:012}", preferred.saturating_sub(n)));
        fresh.into_iter().find(|id| !self.accounts.contains(id)).unwrap_or_default()
    }

    fn standings(mut self, of: &PolicyOf) -> Vec<Standing> {
        let (stranger, elsewhere) = (self.unnamed(999_999_999_999), self.unnamed(222_222_222_222));
        let own = self.unnamed(111_122_223_333);
        if self.open {
            self.services.insert(SERVICE.to_owned());
            self.providers.insert(PROVIDER.to_owned());
        }
        let owners: BTreeSet<String> = match &of.owner {
            Some(owner) => BTreeSet::from([owner.to_string()]),
            None => self.accounts.iter().cloned().chain([own]).collect(),
        };
        let of_others = of.owner.as_deref().unwrap_or(&elsewhere);
        let rule = of.rule();
        let mut all = Vec::new();
        for account in self.accounts.iter().chain([&stranger]).filter(|a| of.owner.as_deref() != Some(a)) {
            let label = match *account == stranger {
                true => "principals of any other account".to_owned(),
                false => format!("principals of account {account}"),
            };
            let other = Standing::of(outsider(account), label, Needs::AnyGrant, of_others, rule);
            all.push(Standing { stranger: *account == stranger, ..other });
        }
        for owner in &owners {
            let whose =
                if self.accounts.contains(owner) || of.owner.is_some() { owner.as_str() } else { "any" };
            let needs = if rule == ResourceRule::Ordinary { Needs::NoDeny } else { Needs::AnyGrant };
            let label =
                format!("principals of the resource's own account ({whose}) with permissions of their own");
            all.push(Standing::of(outsider(owner), label, needs, owner, rule));
            for arn in self.arns.iter().filter(|arn| account_in(arn).as_ref() == Some(owner)) {
                let label = format!("{arn} in the resource's own account");
                all.push(Standing::bare(bare(arn), label, owner, rule));
            }
            let label = format!(
                "principals of the resource's own account ({whose}) without permissions of their own"
            );
            let user = format!("arn:aws:iam::{owner}:user/example");
            all.push(Standing::bare(bare(&user), label, owner, rule));
        }
        let service =
            |name: &String| (CallerEntity::service(name, "aws"), name.as_str() == SERVICE, name.clone());
        for (entity, any, name) in self.services.iter().map(service) {
            let label = if any { "any other AWS service".to_owned() } else { format!("service {name}") };
            all.push(Standing::bare(entity, label, of_others, rule));
        }
        for name in &self.providers {
            let issuer = name.split_once(":oidc-provider/").map_or(name.as_str(), |(_, issuer)| issuer);
            let entity = CallerEntity::token(name, issuer, &[], "aws");
            let label = match name.as_str() == PROVIDER {
                true => "holders of tokens of any other provider".to_owned(),
                false => format!("holders of tokens of {name}"),
            };
            all.push(Standing::bare(entity, label, of_others, rule));
        }
        all.push(Standing::bare(
            CallerEntity::anonymous("aws"),
            "unsigned callers".to_owned(),
            of_others,
            rule,
        ));
        all
    }
}

fn outsider(account: &str) -> CallerEntity {
    CallerEntity::outsider(account, "aws", &Organization::default())
}

/// A user, role or session by its ARN, in a session of the role where none is named.
fn bare(arn: &str) -> CallerEntity {
    let account = account_in(arn).unwrap_or_default();
    let mut entity = outsider(&account);
    let parsed = Arn::parse(arn);
    let resource = parsed.map(|a| a.resource).unwrap_or_default();
    let role = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    let session = role.map(|name| format!("arn:aws:sts::{account}:assumed-role/{name}/gateproof"));
    let of_session = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    // What `aws:PrincipalArn` says in a session is the role; which path it has, its session's ARN doesn't tell.
    let said = of_session.map_or(arn.to_owned(), |name| format!("arn:aws:iam::{account}:role/{name}"));
    let fixed = |text: String| KeyFact::Fixed(ContextValue::Single(text));
    entity.facts.insert("aws:principalarn".to_owned(), fixed(said));
    entity.caller = Caller::Known(Principal::from_arn(session.as_deref().unwrap_or(arn), Some(&account)));
    entity
}

impl Standing {
    fn of(entity: CallerEntity, label: String, needs: Needs, owner: &str, rule: ResourceRule) -> Self {
        let CallerEntity { caller, facts, .. } = entity;
        Self { label, caller, needs, permitted: true, stranger: false, owner: owner.into(), rule, facts }
    }

    /// Somebody without permissions of its own: services, tokens and unsigned callers need none.
    fn bare(entity: CallerEntity, label: String, owner: &str, rule: ResourceRule) -> Self {
        let needs = if entity.account.is_some() { Needs::DirectGrant } else { Needs::AnyGrant };
        Self { permitted: false, ..Self::of(entity, label, needs, owner, rule) }
    }
}
