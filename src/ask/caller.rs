//! Callers: who may be asked about, with what their identity fixes.

use super::session_keys::{admits_aws, never_carried, takes_session_tags};
use gateproof_encodings::actions::ActionRanges;
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::layers::{Documents, compile_documents, compile_levels};
use gateproof_encodings::scope::{Caller, KeyFact};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind, Tags};
use gateproof_model::organization::{Organization, Standing};
use gateproof_model::policy::{Document, Effect, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::PolicySet;
use gateproof_model::request::{ContextValue, Principal, PrincipalKind};
use gateproof_model::snapshot::Snapshot;
use gateproof_model::text::fold_text;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A caller and what is known of it, whatever it asks for.
#[derive(Debug, Clone)]
pub struct CallerEntity {
    /// The ARN, or the name of a service, or `*`.
    pub id: Arc<str>,
    /// The caller as formulas see it.
    pub caller: Caller,
    /// Its account.
    pub account: Option<Arc<str>>,
    /// The partition of its ARN.
    pub partition: Arc<str>,
    /// Its identity policies, boundary and service control policies.
    pub policies: PolicySet,
    /// What its identity fixes of the context, by lower-case key.
    pub(crate) facts: BTreeMap<String, KeyFact>,
    /// How it may hold credentials.
    pub(crate) sessions: Sessions,
    /// Whether sessions may be opened with tags of their own.
    pub(crate) takes_session_tags: bool,
    /// A role's tags that session tags can override but not take away, by lower-case key.
    pub(crate) overridable: BTreeMap<String, String>,
    /// Its policies, prepared; see [`CallerEntity::prepared`].
    prepared: OnceLock<Arc<CallerLayers>>,
}

/// A caller's policies, prepared.
#[derive(Debug)]
pub(crate) struct CallerLayers {
    pub identity: Documents,
    pub boundary: Option<Documents>,
    pub session: Option<Documents>,
    pub scps: Vec<Documents>,
    allows: OnceLock<ActionRanges>,
}

impl CallerLayers {
    /// The catalogue's actions that some Allow statement of its identity policies lists.
    pub fn allows(&self, compiler: &Compiler) -> &ActionRanges {
        self.allows.get_or_init(|| {
            let documents = self.identity.iter();
            ActionRanges::union(documents.map(|d| d.actions(&compiler.actions).of_effect(Effect::Allow)))
        })
    }
}

/// The sessions in which a caller can act.
///
/// IAM User Guide, "AWS global condition context keys", `aws:MultiFactorAuthPresent`. CONFORMANCE 3.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Long-term credentials, or a session from `GetSessionToken` with or without a device.
    User,
    /// A role session; with a device only where the trust policy lets a user open it.
    Role {
        /// Whether a session can be opened with a device.
        device: bool,
    },
    /// A service, the holder of a token, or nobody: no such key.
    Other,
    /// A principal of another account: anything.
    Outsider,
}

impl CallerEntity {
    /// A user, role or root user of the snapshot.
    pub fn of(entity: &PrincipalEntity, snapshot: &Snapshot) -> Self {
        let caller = match entity.kind {
            PrincipalEntityKind::Role => Caller::RoleSession {
                role: entity.arn.clone(),
                account: entity.account.clone(),
                unique_id: unique_id(entity),
            },
            PrincipalEntityKind::User | PrincipalEntityKind::Root => Caller::Known(entity.to_principal()),
        };
        let sessions = match entity.kind {
            PrincipalEntityKind::Role => {
                Sessions::Role { device: entity.trust.as_deref().is_none_or(admits_aws) }
            }
            PrincipalEntityKind::User | PrincipalEntityKind::Root => Sessions::User,
        };
        let policies = PolicySet {
            identity: entity.identity.to_vec(),
            boundary: entity.boundary.clone(),
            scps: snapshot.organization().scp_levels(&entity.account).to_vec(),
            ..PolicySet::default()
        };
        Self {
            id: entity.arn.clone(),
            caller,
            account: Some(entity.account.clone()),
            partition: partition_of(&entity.arn).into(),
            policies,
            facts: facts_of(entity, snapshot),
            sessions,
            takes_session_tags: is_overridable(entity),
            overridable: overridable_by_session(entity.tags.as_ref().filter(|_| is_overridable(entity))),
            prepared: OnceLock::new(),
        }
    }

    /// Whether it is a root user.
    pub(crate) fn is_root(&self) -> bool {
        matches!(&self.caller, Caller::Known(p) if p.kind == PrincipalKind::Root)
    }

    /// The caller's policies, prepared at the first call.
    pub(crate) fn prepared(&self, compiler: &Compiler) -> &CallerLayers {
        self.prepared.get_or_init(|| {
            let policies = &self.policies;
            Arc::new(CallerLayers {
                identity: compile_documents(&policies.identity, compiler),
                boundary: policies.boundary.as_deref().map(|b| compile_documents(b, compiler)),
                session: policies.session.as_deref().map(|s| compile_documents(s, compiler)),
                scps: compile_levels(&policies.scps, compiler),
                allows: OnceLock::new(),
            })
        })
    }

    /// The same under session policies.
    pub(crate) fn within(&self, session: Vec<Arc<Document>>) -> Self {
        let mut limited = self.clone();
        limited.policies.session = Some(session);
        limited.prepared = OnceLock::new();
        limited
    }

    /// The same caller with other policies.
    pub(crate) fn with_policies(&self, policies: PolicySet) -> Self {
        Self { policies, prepared: OnceLock::new(), ..self.clone() }
    }

    /// All that is known of its requests but its name and tags, for comparing.
    pub(crate) fn facts_but_its_name(&self) -> String {
        let kind = std::mem::discriminant(&self.caller);
        let facts = self.facts.iter().filter(|(key, _)| {
            let tag = key.strip_prefix("aws:principaltag/").is_some_and(|tag| !tag.is_empty());
            !tag && !["aws:principalarn", "aws:username", "aws:userid"].contains(&key.as_str())
        });
        let facts: Vec<_> = facts.collect();
        let named = (self.facts.contains_key("aws:username"), self.facts.contains_key("aws:userid"));
        let sessions = (self.sessions, self.takes_session_tags);
        format!("{kind:?} {:?} {} {sessions:?} {named:?} {facts:?}", self.account, self.partition)
    }

    /// What is known of one of its tags, for comparing.
    pub(crate) fn tag_facts(&self, tag: &str) -> (Option<&KeyFact>, Option<&String>) {
        let key = format!("aws:principaltag/{tag}");
        (self.facts.get(&key), self.overridable.get(&key))
    }

    /// An AWS service.
    pub fn service(name: &str, partition: &str) -> Self {
        let mut facts = BTreeMap::new();
        facts.insert("aws:principalisawsservice".to_owned(), single("true"));
        facts.insert("aws:principalservicename".to_owned(), single(name));
        for key in ["aws:principalorgid", "aws:principalorgpaths"] {
            facts.insert(key.to_owned(), KeyFact::Absent);
        }
        Self::without_account(Principal::service(name), partition, facts)
    }

    /// What its identity makes of a policy variable, by the key in lower case: its value, or that it has none; `None`: neither is settled.
    pub(crate) fn settles(&self, key: &str) -> Option<Option<String>> {
        match self.facts.get(key) {
            Some(KeyFact::Fixed(ContextValue::Single(value))) => Some(Some(value.clone())),
            Some(KeyFact::Absent) => Some(None),
            Some(KeyFact::Fixed(ContextValue::List(_)) | KeyFact::Open { .. }) => None,
            None => {
                let is_tag = key.starts_with("aws:principaltag/");
                (is_tag && self.facts.contains_key("aws:principaltag/")).then_some(None)
            }
        }
    }

    /// Who makes a call of a step that is not the attacker's: an AWS service, or by a token the identity provider of that name
    /// (`cognito-identity.amazonaws.com`).
    pub(crate) fn behind(name: &str, action: &str, partition: &str) -> Self {
        match action.eq_ignore_ascii_case("sts:AssumeRoleWithWebIdentity") {
            true => Self::token(name, name, &[], partition),
            false => Self::service(name, partition),
        }
    }

    /// An unsigned caller.
    pub fn anonymous(partition: &str) -> Self {
        let mut facts = BTreeMap::new();
        unsigned(&mut facts);
        facts.insert("aws:principaltype".to_owned(), single("Anonymous"));
        facts.insert("aws:principalaccount".to_owned(), single("anonymous"));
        facts.insert("aws:userid".to_owned(), single("anonymous"));
        Self::without_account(Principal::anonymous(), partition, facts)
    }

    /// The holder of an identity provider's token, with the claims that are given.
    pub fn token(provider: &str, issuer: &str, claims: &[(String, String)], partition: &str) -> Self {
        let mut facts = BTreeMap::new();
        for (claim, value) in claims {
            facts.insert(fold_text(&format!("{issuer}:{claim}")), single(value));
        }
        facts.insert("aws:federatedprovider".to_owned(), single(provider));
        unsigned(&mut facts);
        Self::without_account(Principal::federated(provider), partition, facts)
    }

    /// Who is no user or role has neither a user's name nor tags.
    fn without_account(principal: Principal, partition: &str, mut facts: BTreeMap<String, KeyFact>) -> Self {
        facts.insert("aws:username".to_owned(), KeyFact::Absent);
        facts.insert("aws:principaltag/".to_owned(), KeyFact::Absent);
        Self {
            id: principal.id().into(),
            caller: Caller::Known(principal),
            account: None,
            partition: partition.into(),
            policies: PolicySet::default(),
            facts,
            sessions: Sessions::Other,
            takes_session_tags: false,
            overridable: BTreeMap::new(),
            prepared: OnceLock::new(),
        }
    }

    /// Some principal of an account that the snapshot doesn't cover. The organization may know the account
    /// all the same: then its service control policies bind it.
    pub fn outsider(account: &str, partition: &str, organization: &Organization) -> Self {
        let mut facts = BTreeMap::new();
        facts.insert("aws:principalaccount".to_owned(), single(account));
        facts.insert("kms:calleraccount".to_owned(), single(account));
        facts.insert("aws:principalisawsservice".to_owned(), single("false"));
        if let Some(id) = organization.org_id(account) {
            facts.insert("aws:principalorgid".to_owned(), single(id));
        }
        if let Some(path) = organization.org_path(account) {
            let paths = ContextValue::List(vec![path.to_string()]);
            facts.insert("aws:principalorgpaths".to_owned(), KeyFact::Fixed(paths));
        }
        Self {
            id: format!("arn:{partition}:iam::{account}:root").into(),
            caller: Caller::Outsider { account: account.into() },
            account: Some(account.into()),
            partition: partition.into(),
            policies: PolicySet {
                identity: own_policies(),
                scps: organization.scp_levels(account).to_vec(),
                ..PolicySet::default()
            },
            facts,
            sessions: Sessions::Outsider,
            takes_session_tags: false,
            overridable: BTreeMap::new(),
            prepared: OnceLock::new(),
        }
    }
}

/// What a principal elsewhere can be given by its own account: everything.
pub(super) fn own_policies() -> Vec<Arc<Document>> {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let source = Source {
        policy: "the other account's own policies".into(),
        file: "(not covered)".into(),
        pointer: "".into(),
    };
    let json = gateproof_model::json::Json::parse(text).ok();
    let parsed = json.and_then(|j| parse_document(&j, DocumentKind::Identity, source).ok());
    parsed.map(|(document, _)| Arc::new(document)).into_iter().collect()
}

pub(crate) fn single(text: &str) -> KeyFact {
    KeyFact::Fixed(ContextValue::Single(text.to_owned()))
}

/// The partition of an ARN, `aws` where it can't be told.
pub(crate) fn partition_of(arn: &str) -> &str {
    arn.split(':').nth(1).filter(|p| !p.is_empty()).unwrap_or("aws")
}

/// Stands for the unique id of a role that has none in the files.
pub(crate) const UNKNOWN_ID: &str = "AROAUNKNOWN";

fn unique_id(entity: &PrincipalEntity) -> Arc<str> {
    entity.unique_id.clone().unwrap_or_else(|| UNKNOWN_ID.into())
}

/// IAM User Guide, "AWS global condition context keys", "Properties of the principal". CONFORMANCE 3.7.
fn facts_of(entity: &PrincipalEntity, snapshot: &Snapshot) -> BTreeMap<String, KeyFact> {
    let mut facts = BTreeMap::new();
    let mut put = |key: &str, fact: KeyFact| {
        facts.insert(key.to_owned(), fact);
    };
    put("aws:principalarn", single(&entity.arn));
    put("aws:principalaccount", single(&entity.account));
    put("kms:calleraccount", single(&entity.account));
    put("aws:principalisawsservice", single("false"));
    let kind = match entity.kind {
        PrincipalEntityKind::Root => "Account",
        PrincipalEntityKind::User => "User",
        PrincipalEntityKind::Role => "AssumedRole",
    };
    put("aws:principaltype", single(kind));
    match entity.kind {
        PrincipalEntityKind::User => {
            put("aws:username", single(&entity.name));
            if let Some(id) = &entity.unique_id {
                put("aws:userid", single(id));
            }
        }
        PrincipalEntityKind::Root => {
            put("aws:username", KeyFact::Absent);
            put("aws:userid", single(&entity.account));
            put("aws:principaltag/", KeyFact::Absent);
        }
        PrincipalEntityKind::Role => put("aws:username", KeyFact::Absent),
    }
    for key in never_carried(entity) {
        put(key, KeyFact::Absent);
    }
    let organization = snapshot.organization();
    match (organization.standing(&entity.account), organization.org_id(&entity.account)) {
        (_, Some(id)) => put("aws:principalorgid", single(id)),
        // Whoever is not of the organization that the snapshot tells of may be of another.
        (Standing::Outside, None) if organization.id.is_some() => {}
        (Standing::Unknown | Standing::Member | Standing::Management, None) => {}
        (Standing::Outside, None) => {
            put("aws:principalorgid", KeyFact::Absent);
            put("aws:principalorgpaths", KeyFact::Absent);
        }
    }
    if let Some(path) = organization.org_path(&entity.account) {
        put("aws:principalorgpaths", KeyFact::Fixed(ContextValue::List(vec![path.to_string()])));
    }
    if let (Some(tags), false) = (&entity.tags, is_overridable(entity)) {
        // The bare prefix says that tags which are not listed are absent.
        put("aws:principaltag/", KeyFact::Absent);
        for (key, value) in tags.iter() {
            put(&fold_text(&format!("aws:PrincipalTag/{key}")), single(value));
        }
    }
    facts
}

fn is_overridable(entity: &PrincipalEntity) -> bool {
    entity.kind == PrincipalEntityKind::Role && entity.trust.as_deref().is_none_or(takes_session_tags)
}

/// IAM User Guide, "Pass session tags in AWS STS": a session tag overrides the role's tag of the same key;
/// nothing takes a role's tag away.
pub(super) fn overridable_by_session(tags: Option<&Tags>) -> BTreeMap<String, String> {
    tags.into_iter()
        .flatten()
        .map(|(k, v)| (fold_text(&format!("aws:PrincipalTag/{k}")), v.to_string()))
        .collect()
}

/// What requests lack that carry no signature: "anonymous requests do not include this key".
fn unsigned(facts: &mut BTreeMap<String, KeyFact>) {
    let keys = [
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "kms:calleraccount",
    ];
    facts.extend(keys.map(|key| (key.to_owned(), KeyFact::Absent)));
}
