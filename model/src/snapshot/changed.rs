//! A snapshot as it would read after changes to its policies.

use super::Snapshot;
use crate::account::{Place, PrincipalEntity, SessionTags, Tags};
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy_set::{BlockPublicAccess, Grant};
use crate::resource::ResourceEntity;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Changes to a snapshot, by ARN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Users and roles.
    pub principals: BTreeMap<Arc<str>, PrincipalChange>,
    /// Users and roles that the snapshot doesn't hold.
    pub new_principals: BTreeMap<Arc<str>, PrincipalEntity>,
    /// Resources; one that the snapshot doesn't know is added.
    pub resources: BTreeMap<Arc<str>, ResourceChange>,
    /// Statements that are gone, wherever their documents apply.
    pub without_statements: BTreeSet<StatementPlace>,
    /// Accounts that service and resource control policies no longer bind.
    pub without_controls: BTreeSet<Arc<str>>,
}

/// A statement by its place in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementPlace {
    /// The file, relative to the snapshot.
    pub file: Arc<str>,
    /// The JSON pointer of the statement in the file.
    pub pointer: Arc<str>,
}

/// What changes of a user or role; `None`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrincipalChange {
    /// Its identity policies, all of them.
    pub identity: Option<Arc<[Arc<Document>]>>,
    /// Its permissions boundary.
    pub boundary: Option<Option<Vec<Arc<Document>>>>,
    /// Which policy is its permissions boundary.
    pub named_boundary: Option<NamedBoundary>,
    /// Its trust policy.
    pub trust: Option<Arc<Document>>,
    /// Its tags; `None` within: they are no longer known.
    pub tags: Option<Option<Tags>>,
    /// The tags of its sessions.
    pub session_tags: Option<SessionTags>,
}

/// Which policy is a principal's permissions boundary after changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedBoundary {
    /// None, or this one.
    Is(Option<Arc<str>>),
    /// That is no longer known.
    Open,
}

impl NamedBoundary {
    /// Makes it the boundary that the principal is said to have.
    pub fn name(&self, principal: &mut PrincipalEntity) {
        principal.boundary_open = *self == Self::Open;
        if let Self::Is(named) = self {
            principal.boundary_arn.clone_from(named);
        }
    }
}

/// What changes of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceChange {
    /// Its account, where the snapshot doesn't know the resource and its ARN doesn't tell.
    pub account: Option<Arc<str>>,
    /// Its policy, which S3 Block Public Access then doesn't cut: it names whom it lets in.
    pub policy: Option<Arc<Document>>,
    /// Grants of a KMS key, beside those that it has.
    pub grants: Vec<Grant>,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something changes that a principal is told by as a caller: its own policies, tags and boundary, or the controls that bind it.
    pub fn concern(&self, principal: &PrincipalEntity) -> bool {
        let Self { principals, new_principals, resources: _, without_controls, without_statements } = self;
        principals.contains_key(&principal.arn)
            || new_principals.contains_key(&principal.arn)
            || without_controls.contains(&principal.account)
            || !without_statements.is_empty()
    }
}

impl Snapshot {
    /// The snapshot with the changes made.
    #[must_use]
    pub fn changed(&self, changes: &Changes) -> Self {
        let mut changed = self.clone();
        if !changes.without_statements.is_empty() {
            changed.remove_statements(&changes.without_statements);
        }
        for (arn, change) in &changes.principals {
            let found = changed.principals.binary_search_by(|p| p.arn.as_ref().cmp(arn));
            let Some(principal) = found.ok().and_then(|i| changed.principals.get_mut(i)) else { continue };
            if let Some(identity) = &change.identity {
                principal.identity = identity.clone();
            }
            if let Some(boundary) = &change.boundary {
                principal.boundary.clone_from(boundary);
            }
            if let Some(named) = &change.named_boundary {
                named.name(principal);
            }
            if let Some(trust) = &change.trust {
                principal.trust = Some(trust.clone());
            }
            if let Some(tags) = &change.tags {
                principal.tags.clone_from(tags);
            }
            if let Some(tags) = &change.session_tags {
                principal.session_tags.clone_from(tags);
            }
        }
        for (arn, added) in &changes.new_principals {
            if let Err(place) = changed.principals.binary_search_by(|p| p.arn.as_ref().cmp(arn)) {
                changed.principals.insert(place, added.clone());
            }
        }
        for (arn, change) in &changes.resources {
            changed.change_resource(arn, change);
        }
        for account in &changes.without_controls {
            if let Some(member) = changed.organization.members.get_mut(account) {
                member.scps.clear();
                member.rcps.clear();
            }
        }
        changed
    }

    /// Takes statements out of every policy of principals, groups, resources and the organization. Documents that were shared still are.
    fn remove_statements(&mut self, gone: &BTreeSet<StatementPlace>) {
        let mut cut = Cut { gone, made: FxHashMap::default() };
        for policy in &mut self.policies {
            let policy = Arc::make_mut(policy);
            policy.document = cut.document(&policy.document);
            for version in &mut policy.versions {
                version.document = cut.document(&version.document);
            }
        }
        for group in &mut self.groups {
            let group = Arc::make_mut(group);
            group.identity = cut.documents(&group.identity).into();
            for inline in &mut group.inline {
                inline.document = cut.document(&inline.document);
            }
        }
        for principal in &mut self.principals {
            principal.identity = cut.documents(&principal.identity).into();
            principal.boundary = principal.boundary.as_ref().map(|boundary| cut.documents(boundary));
            principal.trust = principal.trust.as_ref().map(|trust| cut.document(trust));
            for inline in &mut principal.inline {
                inline.document = cut.document(&inline.document);
            }
        }
        for resource in &mut self.resources {
            resource.policy = resource.policy.as_ref().map(|policy| cut.document(policy));
        }
        for member in self.organization.members.values_mut() {
            for level in member.scps.iter_mut().chain(&mut member.rcps) {
                *level = cut.documents(level);
            }
        }
    }

    fn change_resource(&mut self, arn: &Arc<str>, change: &ResourceChange) {
        let found = self.resources.binary_search_by(|r| r.arn.as_ref().cmp(arn));
        if let Err(place) = found {
            let Some(added) = unlisted(arn, change) else { return };
            self.resources.insert(place, added);
        }
        let place = found.unwrap_or_else(|place| place);
        let Some(resource) = self.resources.get_mut(place) else { return };
        if let Some(policy) = &change.policy {
            resource.policy = Some(policy.clone());
            resource.block_public_access = BlockPublicAccess::default();
        }
        resource.grants.extend(change.grants.iter().cloned());
    }
}

/// Documents without some statements, each made once.
struct Cut<'a> {
    gone: &'a BTreeSet<StatementPlace>,
    /// By the document's address; the document is kept with it.
    made: FxHashMap<usize, (Arc<Document>, Arc<Document>)>,
}

impl Cut<'_> {
    fn documents(&mut self, documents: &[Arc<Document>]) -> Vec<Arc<Document>> {
        documents.iter().map(|document| self.document(document)).collect()
    }

    fn document(&mut self, document: &Arc<Document>) -> Arc<Document> {
        let source = &document.source;
        if !self.gone.iter().any(|place| place.file == source.file) {
            return document.clone();
        }
        let gone = self.gone;
        let made = self.made.entry(Arc::as_ptr(document).addr()).or_insert_with(|| {
            let mut cut = Document::clone(document);
            cut.statements.retain(|s| {
                let pointer: Arc<str> = format!("{}{}", source.pointer, s.pointer).into();
                !gone.contains(&StatementPlace { file: source.file.clone(), pointer })
            });
            let cut = if cut.statements.len() == document.statements.len() {
                document.clone()
            } else {
                Arc::new(cut)
            };
            (document.clone(), cut)
        });
        made.1.clone()
    }
}

/// A resource of which the snapshot says nothing.
fn unlisted(arn: &Arc<str>, change: &ResourceChange) -> Option<ResourceEntity> {
    let parsed = Arn::parse(arn)?;
    let account = parsed.account_id().map(Arc::from).or_else(|| change.account.clone())?;
    Some(ResourceEntity {
        arn: arn.clone(),
        account,
        region: Some(parsed.region).filter(|r| !r.is_empty()).map(Arc::from),
        policy: None,
        tags: None,
        grants: Vec::new(),
        aliases: Vec::new(),
        aws_managed: false,
        block_public_access: BlockPublicAccess::default(),
        place: Place { file: "(changed)".into(), pointer: "".into() },
    })
}
