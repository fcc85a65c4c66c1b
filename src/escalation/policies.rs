//! The policies of the snapshot after what the attacker did to them.
//!
//! A policy of the attacker's wording allows everything: no other one could give more, and what caps it (boundary, SCP,
//! RCP) is left as it is. [`Reading::AtMost`] leaves out no request that some order of steps makes allowed: a Deny that can go
//! is gone while the Allows beside it stay. [`Reading::Exactly`] is what AWS holds after the steps, in their order.

use super::fact::Fact;
use crate::ask::SUPPOSED;
use gateproof_model::account::{
    Group, Place, PrincipalEntity, PrincipalEntityKind, SessionTags, Tags, is_role_kept_by_aws,
};
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Effect, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use gateproof_model::policy_set::Grant;
use gateproof_model::snapshot::{Changes, NamedBoundary, PrincipalChange, ResourceChange, Snapshot};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How facts are read that take something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reading {
    /// Nothing that could be allowed is left out.
    AtMost,
    /// The state after the steps.
    Exactly,
}

type Documents = Vec<Arc<Document>>;

/// What the facts change, in their order.
pub(crate) fn changes_of(snapshot: &Snapshot, facts: &[&Fact], reading: Reading) -> Changes {
    changes_among(snapshot, snapshot.principals(), facts, reading)
}

/// The same, of the users and roles that were there only of some.
pub(super) fn changes_among<'s>(
    snapshot: &'s Snapshot,
    principals: impl IntoIterator<Item = &'s PrincipalEntity>,
    facts: &[&Fact],
    reading: Reading,
) -> Changes {
    let lookup = |arn: &str| catalogue_document(arn);
    let facts_by = ByHolder::of(facts);
    let view = View { snapshot, facts: &facts_by, reading, lookup: &lookup };
    let mut changes = Changes::default();
    for principal in principals.into_iter().filter(|p| view.touches(p)) {
        changes.principals.insert(principal.arn.clone(), view.principal(principal));
    }
    for fact in facts {
        match fact {
            Fact::NewPrincipal(arn) => {
                changes.new_principals.extend(view.new_principal(arn).map(|made| (arn.clone(), made)));
            }
            Fact::WritesResourcePolicy { of, account } => {
                let change = changes.resources.entry(of.clone()).or_insert_with(ResourceChange::default);
                change.account = Some(account.clone());
                change.policy.clone_from(&WRITTEN_FOR_RESOURCE);
            }
            Fact::Granted { key, account, to, operations } => {
                let change = changes.resources.entry(key.clone()).or_insert_with(ResourceChange::default);
                change.account = Some(account.clone());
                change.grants.push(grant_to(to, operations));
            }
            Fact::Uncontrolled(account) => {
                changes.without_controls.insert(account.clone());
            }
            Fact::Anything(account) => take_over(snapshot, account, &mut changes),
            _ => {}
        }
    }
    changes
}

/// What others than an account's own principals see of it, once the attacker has whatever there is: its resources let in everybody, its roles
/// too, and what users and roles are told by may be anything. AWS lets nobody change the roles that it keeps.
fn take_over(snapshot: &Snapshot, account: &Arc<str>, changes: &mut Changes) {
    for p in snapshot.principals().iter().filter(|p| p.account == *account && !is_role_kept_by_aws(&p.arn)) {
        let trust = WRITTEN_TRUST.clone().filter(|_| p.kind == PrincipalEntityKind::Role);
        let named_boundary = Some(NamedBoundary::Open);
        let change =
            PrincipalChange { named_boundary, trust, tags: Some(None), ..PrincipalChange::default() };
        changes.principals.insert(p.arn.clone(), change);
    }
    for resource in snapshot.resources().iter().filter(|resource| resource.account == *account) {
        let change = changes.resources.entry(resource.arn.clone()).or_default();
        change.account = Some(account.clone());
        change.policy.clone_from(&WRITTEN_FOR_RESOURCE);
    }
}

fn written(text: &str, kind: DocumentKind) -> Option<Arc<Document>> {
    let source = Source {
        policy: "(the attacker's)".into(),
        file: "(written by an earlier step)".into(),
        pointer: "".into(),
    };
    let json = Json::parse(text).ok()?;
    parse_document(&json, kind, source).ok().map(|(document, _)| Arc::new(document))
}

static WRITTEN: LazyLock<Option<Arc<Document>>> = LazyLock::new(|| {
    written(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        DocumentKind::Identity,
    )
});

static WRITTEN_FOR_RESOURCE: LazyLock<Option<Arc<Document>>> = LazyLock::new(|| {
    written(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
        DocumentKind::Resource,
    )
});

static WRITTEN_TRUST: LazyLock<Option<Arc<Document>>> = LazyLock::new(|| {
    written(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:AssumeRoleWithSAML","sts:TagSession","sts:SetSourceIdentity","sts:SetContext"]}}"#,
        DocumentKind::Resource,
    )
});

/// AWS KMS Developer Guide, "Grant operations".
pub(crate) const GRANT_OPERATIONS: [&str; 14] = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "DeriveSharedSecret",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];

fn grant_to(grantee: &Arc<str>, operations: &[Arc<str>]) -> Grant {
    Grant {
        grantee: grantee.clone(),
        retiring: None,
        operations: operations.to_vec(),
        encryption_context_subset: Vec::new(),
        encryption_context_equals: None,
        label: "grant made by an earlier step".into(),
    }
}

/// The text of an AWS-managed policy.
fn catalogue_document(arn: &str) -> Option<Arc<Document>> {
    static READ: LazyLock<Mutex<FxHashMap<String, Option<Arc<Document>>>>> = LazyLock::new(Mutex::default);
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    read.entry(arn.to_owned()).or_insert_with(|| read_catalogue(arn)).clone()
}

fn read_catalogue(arn: &str) -> Option<Arc<Document>> {
    let text = gateproof_model::catalogue::Catalogue::embedded().managed_document(arn)?;
    let source = Source { policy: arn.into(), file: "(catalogue)".into(), pointer: "".into() };
    let json = Json::parse(&text).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}

/// Facts by whom and what they are about, each list in their order.
struct ByHolder<'a> {
    all: FxHashSet<&'a Fact>,
    /// By user, role or group.
    of: FxHashMap<&'a str, Vec<&'a Fact>>,
    /// Those about the text of a managed policy.
    of_policy: FxHashMap<&'a str, Vec<&'a Fact>>,
}

impl<'a> ByHolder<'a> {
    fn of(facts: &[&'a Fact]) -> Self {
        let (mut of, mut of_policy) = (FxHashMap::default(), FxHashMap::default());
        for fact in facts {
            let (index, key): (&mut FxHashMap<&str, Vec<&Fact>>, &Arc<str>) = match fact {
                Fact::WritesIdentity(of_one)
                | Fact::AddsIdentity(of_one)
                | Fact::Attached { to: of_one, .. }
                | Fact::Dropped { of: of_one, .. }
                | Fact::Member { user: of_one, .. }
                | Fact::Left { user: of_one, .. }
                | Fact::Unbounded(of_one)
                | Fact::Bounded { of: of_one, .. }
                | Fact::Tagged(of_one)
                | Fact::TaggedSession(of_one)
                | Fact::WritesTrust(of_one) => (&mut of, of_one),
                Fact::WritesPolicy(policy) | Fact::Version { policy, .. } => (&mut of_policy, policy),
                _ => continue,
            };
            index.entry(key).or_default().push(fact);
        }
        Self { all: facts.iter().copied().collect(), of, of_policy }
    }

    /// The facts about a user, role or group.
    fn about(&self, holder: &str) -> &[&'a Fact] {
        self.of.get(holder).map_or(&[], Vec::as_slice)
    }

    /// Whether a policy is another than it was.
    fn rewrites(&self, policy: &str) -> bool {
        self.of_policy.contains_key(policy)
    }
}

struct View<'a> {
    snapshot: &'a Snapshot,
    facts: &'a ByHolder<'a>,
    reading: Reading,
    lookup: &'a dyn Fn(&str) -> Option<Arc<Document>>,
}

impl View<'_> {
    fn has(&self, fact: &Fact) -> bool {
        self.facts.all.contains(fact)
    }

    /// Whether some fact bears on the principal's own policies.
    fn touches(&self, p: &PrincipalEntity) -> bool {
        let rewritten = |policies: &[Arc<str>]| policies.iter().any(|policy| self.facts.rewrites(policy));
        let holds = |holder: &str| self.facts.of.contains_key(holder);
        let group = |g: &Arc<Group>| holds(&g.arn) || rewritten(&g.attached);
        holds(&p.arn)
            || rewritten(&p.attached)
            || p.boundary_arn.as_ref().is_some_and(|policy| self.facts.rewrites(policy))
            || self.groups_of(p).into_iter().any(group)
    }

    /// A user or role that the attacker made. It has no tags but those that are set, which a search leaves open. One stands for
    /// all that are made under its name: a search gives it what any of them may do, within all boundaries that one or another
    /// was given, and within none where one has none.
    fn new_principal(&self, arn: &Arc<str>) -> Option<PrincipalEntity> {
        let parsed = Arn::parse(arn)?;
        let (kind, name) = parsed.resource.split_once('/')?;
        let role = kind == "role";
        let mut made = PrincipalEntity {
            arn: arn.clone(),
            kind: if role { PrincipalEntityKind::Role } else { PrincipalEntityKind::User },
            account: parsed.account.into(),
            name: name.rsplit('/').next().unwrap_or(name).into(),
            path: "/".into(),
            unique_id: None,
            tags: match self.reading {
                Reading::AtMost => None,
                Reading::Exactly => self.tags(arn).unwrap_or_else(|| Some(Tags::new())),
            },
            session_tags: self.session_tags(arn).unwrap_or_default(),
            identity: Documents::new().into(),
            boundary: None,
            boundary_arn: None,
            boundary_open: self.reading == Reading::AtMost,
            trust: WRITTEN_TRUST.clone().filter(|_| role),
            inline: Vec::new(),
            attached: Vec::new(),
            groups: Vec::new(),
            max_session_seconds: None,
            instance_profiles: Vec::new(),
            place: Place {
                file: match self.reading {
                    Reading::AtMost => SUPPOSED.into(),
                    Reading::Exactly => "(made by an earlier step)".into(),
                },
                pointer: "".into(),
            },
        };
        made.identity = self.identity(&made).into();
        if !self.is_unbounded(arn) {
            let boundaries = self.swapped_boundaries(arn);
            made.boundary = match self.reading {
                Reading::Exactly => boundaries.last().cloned(),
                Reading::AtMost if boundaries.is_empty() => None,
                Reading::AtMost => Some(boundaries.iter().flatten().map(allows_of).collect()),
            };
        }
        if let Some(named) = self.named_boundary(arn) {
            named.name(&mut made);
        }
        Some(made)
    }

    /// The tags after the steps, where they change any; `None` within: they may be any.
    fn tags(&self, of: &Arc<str>) -> Option<Option<Tags>> {
        self.has(&Fact::Tagged(of.clone())).then_some(None)
    }

    /// The tags of a role's sessions after the steps, where they can be passed.
    fn session_tags(&self, role: &Arc<str>) -> Option<SessionTags> {
        self.has(&Fact::TaggedSession(role.clone())).then_some(SessionTags::Any)
    }

    /// The facts about somebody's permissions boundary, in their order.
    fn about_boundary(&self, of: &Arc<str>) -> impl DoubleEndedIterator<Item = &Fact> {
        let about = self.facts.about(of).iter().copied();
        about.filter(|fact| matches!(fact, Fact::Unbounded(_) | Fact::Bounded { .. }))
    }

    /// Whether no boundary binds it: after the steps, the last of them counts.
    fn is_unbounded(&self, of: &Arc<str>) -> bool {
        let unbounded = |fact: &Fact| matches!(fact, Fact::Unbounded(_));
        match self.reading {
            Reading::AtMost => self.about_boundary(of).any(unbounded),
            Reading::Exactly => self.about_boundary(of).next_back().is_some_and(unbounded),
        }
    }

    /// Which policy requests say is its boundary, where steps changed that: in a search, the one that it has whatever steps are made.
    fn named_boundary(&self, of: &Arc<str>) -> Option<NamedBoundary> {
        let says = |fact: &Fact| match fact {
            Fact::Unbounded(_) => NamedBoundary::Is(None),
            Fact::Bounded { policies, .. } => match &**policies {
                [one] => NamedBoundary::Is(Some(one.clone())),
                _ => NamedBoundary::Open,
            },
            _ => NamedBoundary::Open,
        };
        let last = self.about_boundary(of).next_back()?;
        if self.reading == Reading::Exactly {
            return Some(says(last));
        }
        let before = self.snapshot.principal(of).map(|p| match p.named_boundary() {
            Some(known) => NamedBoundary::Is(known.cloned()),
            None => NamedBoundary::Open,
        });
        let mut each = before.into_iter().chain(self.about_boundary(of).map(says));
        let first = each.next().unwrap_or(NamedBoundary::Open);
        Some(if each.all(|other| other == first) { first } else { NamedBoundary::Open })
    }

    /// The boundaries that the attacker can set.
    fn swapped_boundaries(&self, of: &Arc<str>) -> Vec<Documents> {
        let set = self.facts.about(of).iter().filter_map(|f| match f {
            Fact::Bounded { policies, .. } => Some(self.given(policies, of)),
            _ => None,
        });
        set.collect()
    }

    fn groups_of(&self, p: &PrincipalEntity) -> Vec<&Arc<Group>> {
        let joined = self.facts.about(&p.arn).iter().filter_map(|f| match f {
            Fact::Member { group, .. } => Some(group),
            _ => None,
        });
        let groups: Vec<&Arc<str>> = p.groups.iter().chain(joined).collect();
        if groups.is_empty() {
            return Vec::new();
        }
        let of = |g: &&Arc<Group>| groups.contains(&&g.arn);
        self.snapshot.groups().iter().filter(of).collect()
    }

    fn principal(&self, p: &PrincipalEntity) -> PrincipalChange {
        PrincipalChange {
            identity: Some(self.identity(p).into()),
            boundary: self.boundary(p),
            named_boundary: self.named_boundary(&p.arn),
            trust: if self.has(&Fact::WritesTrust(p.arn.clone())) { WRITTEN_TRUST.clone() } else { None },
            tags: self.tags(&p.arn),
            session_tags: self.session_tags(&p.arn),
        }
    }

    fn identity(&self, p: &PrincipalEntity) -> Documents {
        let mut documents = Vec::new();
        let own = p.identity.iter().filter(|d| !self.of_groups(p, d));
        let (inline, attached): (Documents, Documents) =
            own.cloned().partition(|d| p.inline.iter().any(|i| Arc::ptr_eq(&i.document, d)));
        documents.extend(self.holder(&p.arn, inline, attached));
        for group in self.groups_of(p) {
            let (inline, attached): (Documents, Documents) = group
                .identity
                .iter()
                .cloned()
                .partition(|d| group.inline.iter().any(|i| Arc::ptr_eq(&i.document, d)));
            let held = self.holder(&group.arn, inline, attached);
            let left = self.has(&Fact::Left { user: p.arn.clone(), group: group.arn.clone() });
            let joined = !p.groups.contains(&group.arn);
            match self.reading {
                Reading::AtMost if left || joined => documents.extend(held.iter().map(allows_of)),
                Reading::Exactly if left => {}
                _ => documents.extend(held),
            }
        }
        let full = documents.iter().any(|d| WRITTEN.as_ref().is_some_and(|all| Arc::ptr_eq(d, all)));
        if full && self.reading == Reading::AtMost {
            return full_with_denies(&documents);
        }
        documents
    }

    fn of_groups(&self, p: &PrincipalEntity, document: &Arc<Document>) -> bool {
        let groups = self.snapshot.groups().iter().filter(|g| p.groups.contains(&g.arn));
        let mut theirs = groups.flat_map(|g| g.identity.iter());
        theirs.any(|d| Arc::ptr_eq(d, document)) && !p.attached.contains(&document.source.policy)
    }

    /// What one user, role or group holds by itself.
    fn holder(&self, arn: &Arc<str>, inline: Documents, attached: Documents) -> Documents {
        let mut documents = Vec::new();
        let dropped = |policy: Arc<str>| self.has(&Fact::Dropped { of: arn.clone(), policy });
        if self.has(&Fact::AddsIdentity(arn.clone())) {
            documents.extend(WRITTEN.clone());
        }
        if self.has(&Fact::WritesIdentity(arn.clone())) {
            documents.extend(WRITTEN.clone());
        } else {
            for document in inline {
                let gone = dropped(document.source.policy.clone());
                documents.extend(self.perhaps_gone(document, gone));
            }
        }
        for document in attached {
            let policy = document.source.policy.clone();
            let gone = dropped(policy.clone());
            for version in self.in_force(&policy, document) {
                documents.extend(self.perhaps_gone(version, gone));
            }
        }
        for fact in self.facts.about(arn) {
            if let Fact::Attached { policies, .. } = fact {
                documents.extend(self.given(policies, arn));
            }
        }
        documents
    }

    /// What one of some policies gives its holder. Which one is left open only until a chain names it.
    fn given(&self, policies: &[Arc<str>], holder: &str) -> Documents {
        let each = policies.iter().filter_map(|policy| Some((policy, self.managed(policy, holder)?)));
        let in_force = each.flat_map(|(policy, document)| self.in_force(policy, document));
        match (self.reading, policies) {
            (Reading::Exactly, [_]) => in_force.collect(),
            _ => in_force.map(|document| allows_of(&document)).collect(),
        }
    }

    /// The text of a managed policy. What nobody lists, the attacker made.
    fn managed(&self, policy: &str, holder: &str) -> Option<Arc<Document>> {
        let account = Arn::parse(holder).map(|a| a.account).unwrap_or_default();
        let known = self.snapshot.managed_policy(account, policy).map(|p| p.document.clone());
        // What the catalogue lacks, another account may list: AWS's policies are the same everywhere.
        let elsewhere = || {
            let mut listed = self.snapshot.managed_policies().iter();
            listed.find(|p| p.is_aws_managed() && *p.arn == *policy).map(|p| p.document.clone())
        };
        known.or_else(|| (self.lookup)(policy)).or_else(elsewhere).or_else(|| WRITTEN.clone())
    }

    /// The text of a managed policy, or what the attacker made of it.
    fn in_force(&self, policy: &Arc<str>, document: Arc<Document>) -> Documents {
        if self.has(&Fact::WritesPolicy(policy.clone())) {
            return WRITTEN.clone().into_iter().collect();
        }
        let rewritten = self.facts.of_policy.get(&**policy).into_iter().flatten();
        let chosen: Vec<&Arc<str>> = rewritten
            .filter_map(|f| match f {
                Fact::Version { version, .. } => Some(version),
                _ => None,
            })
            .collect();
        if chosen.is_empty() {
            return vec![document];
        }
        let versions =
            self.snapshot.managed_policies().iter().filter(|p| p.arn == *policy).flat_map(|p| &p.versions);
        let found: Documents = match self.reading {
            Reading::Exactly => {
                let last = chosen.last().copied();
                versions.filter(|v| Some(&v.id) == last).take(1).map(|v| v.document.clone()).collect()
            }
            Reading::AtMost => {
                let chosen = versions.filter(|v| chosen.contains(&&v.id)).map(|v| allows_of(&v.document));
                chosen.chain([allows_of(&document)]).collect()
            }
        };
        if found.is_empty() { vec![document] } else { found }
    }

    fn perhaps_gone(&self, document: Arc<Document>, gone: bool) -> Option<Arc<Document>> {
        match self.reading {
            _ if !gone => Some(document),
            Reading::AtMost => Some(allows_of(&document)),
            Reading::Exactly => None,
        }
    }

    fn boundary(&self, p: &PrincipalEntity) -> Option<Option<Documents>> {
        if self.is_unbounded(&p.arn) {
            return Some(None);
        }
        let present: Documents = match (&p.boundary, &p.boundary_arn) {
            (Some(documents), Some(policy)) => {
                documents.iter().cloned().flat_map(|d| self.in_force(policy, d)).collect()
            }
            (documents, _) => documents.clone().unwrap_or_default(),
        };
        let swapped = self.swapped_boundaries(&p.arn);
        if swapped.is_empty() {
            return p.boundary.is_some().then_some(Some(present));
        }
        match self.reading {
            Reading::Exactly => Some(swapped.last().cloned()),
            // Without a boundary nothing is cut.
            Reading::AtMost if p.boundary.is_none() => Some(None),
            Reading::AtMost => {
                Some(Some(present.iter().chain(swapped.iter().flatten()).map(allows_of).collect()))
            }
        }
    }
}

/// The policy that allows everything, and of others those that deny something: what they allow makes no difference.
fn full_with_denies(documents: &[Arc<Document>]) -> Documents {
    WRITTEN.iter().chain(documents.iter().filter(|d| denies(d))).cloned().collect()
}

/// Whether the document has a Deny, or a statement that is not understood.
pub(super) fn denies(document: &Document) -> bool {
    document.statements.iter().any(|s| s.effect == Effect::Deny || s.assumption.is_some())
}

/// The document without its Denies.
fn allows_of(document: &Arc<Document>) -> Arc<Document> {
    if document.statements.iter().all(|s| s.effect == Effect::Allow) {
        return document.clone();
    }
    let mut allows = Document::clone(document);
    allows.statements.retain(|s| s.effect == Effect::Allow);
    Arc::new(allows)
}

/// The facts that change policies.
pub(crate) fn about_policies(facts: &BTreeSet<Fact>) -> Vec<&Fact> {
    let others = |f: &&Fact| {
        !matches!(f, Fact::Session(_) | Fact::Device(_) | Fact::Reads(_) | Fact::Writes(_) | Fact::Passes(_))
    };
    facts.iter().filter(others).collect()
}
