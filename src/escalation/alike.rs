//! Objects that a caller's policies can't tell apart: what is decided of one is decided of all.
//!
//! Two objects of one kind and account are alike to a caller if the same patterns of its identity policies, boundary and service
//! control policies match their ARNs, and no policy, tag or variable that bears on them could make a difference. Where one
//! could, an object is alike to none. The requests of a chain are asked about object by object all the same.

use super::bind::Object;
use crate::ask::{BOUNDARY, CallerEntity, Estate};
use gateproof_encodings::language::matches;
use gateproof_model::account::is_role_kept_by_aws;
use gateproof_model::arn::Arn;
use gateproof_model::pattern::{Pattern, PatternText, PieceRef, Token};
use gateproof_model::policy::Operand;
use gateproof_model::resource::ResourceEntity;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What a caller's policies compare ARNs with.
#[derive(Debug, Default)]
pub(super) struct Telling {
    patterns: Vec<Pattern>,
    /// What patterns with variables begin with.
    heads: Vec<String>,
    /// The tags of resources that conditions are about, in lower case.
    tags: BTreeSet<String>,
    /// Whether some condition is about permissions boundaries.
    boundaries: bool,
}

/// Objects with equal marks are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    account: Arc<str>,
    region: Arc<str>,
    /// The account in its ARN: AWS's managed policies are nobody's to change.
    owner: Arc<str>,
    /// Whether AWS keeps it to itself: a service-linked or reserved role.
    kept: bool,
    /// Which patterns match the ARN.
    bits: Vec<bool>,
    tags: Vec<Option<Arc<str>>>,
    /// Its permissions boundary, where conditions name any.
    boundary: Option<Arc<str>>,
    /// What its policy says.
    signature: Option<Arc<str>>,
}

/// What the policies of resources say, each with its own ARN left out; `None` where it is like no other.
#[derive(Debug, Default)]
pub(super) struct Signatures(Mutex<FxHashMap<Arc<str>, Option<Arc<str>>>>);

impl Signatures {
    fn of(&self, estate: &Estate, resource: &ResourceEntity) -> Option<Arc<str>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(resource.arn.clone()).or_insert_with(|| signature(estate, resource)).clone()
    }
}

/// Nothing may be known of a resource but its policy, and the policy may not speak of tags.
fn signature(estate: &Estate, resource: &ResourceEntity) -> Option<Arc<str>> {
    let rests_on_more = estate.snapshot.assumptions_about(&resource.arn).next().is_some();
    if rests_on_more || !resource.grants.is_empty() || !resource.aliases.is_empty() {
        return None;
    }
    let statements = resource.policy.as_ref().map(|document| (&document.version, &document.statements));
    let text = format!("{statements:?} {:?}", resource.block_public_access);
    let tags = text.to_ascii_lowercase().contains("resourcetag");
    (!tags).then(|| text.replace(&*resource.arn, "\u{0}").into())
}

impl Telling {
    pub fn of(estate: &Estate, caller: &CallerEntity) -> Self {
        let policies = &caller.policies;
        let capping = policies.boundary.iter().chain(&policies.session).flatten();
        let documents = policies.identity.iter().chain(capping);
        let mut telling = Self::default();
        let mut seen: FxHashSet<&PatternText> = FxHashSet::default();
        let organization = estate.snapshot.organization();
        let rcps = organization.members.values().flat_map(|m| m.rcps.iter().flatten());
        for document in documents.chain(policies.scps.iter().flatten()).chain(rcps) {
            for statement in &document.statements {
                for condition in &statement.conditions {
                    telling.boundaries |= *condition.key == *BOUNDARY;
                    let operands = condition.operands.iter().filter_map(|o| match o {
                        Operand::Text(text) => Some(text),
                        _ => None,
                    });
                    let named = operands.flat_map(|text| text.variables()).map(|v| &*v.key);
                    let keys =
                        named.chain([&*condition.key]).filter_map(|key| key.split_once("resourcetag/"));
                    telling.tags.extend(keys.map(|(_, tag)| tag.to_owned()));
                }
                for text in statement.resource.iter().flat_map(|clause| &clause.patterns) {
                    if !seen.insert(text) {
                        continue;
                    }
                    match text.ground() {
                        Some(pattern) => telling.patterns.push(pattern),
                        None => telling.heads.push(literal_head(text)),
                    }
                }
            }
        }
        telling
    }

    /// The object's mark; `None`: it is alike to none.
    pub fn mark(&self, estate: &Estate, signatures: &Signatures, object: &Object) -> Option<Mark> {
        let principal = estate.snapshot.principal(&object.arn);
        // Whose tags are not known, or not looked up here, is alike to none where tags matter.
        let tagged = !self.tags.is_empty() && principal.is_none_or(|p| p.tags.is_none());
        let tags = self.tags.iter().map(|tag| principal.and_then(|p| p.tag(tag)).cloned()).collect();
        let variable = self.heads.iter().any(|head| object.arn.starts_with(head.as_str()));
        let boundary = principal.map_or(Some(None), |p| p.named_boundary()).filter(|_| self.boundaries);
        let unnamed = self.boundaries && boundary.is_none();
        if tagged || variable || unnamed {
            return None;
        }
        let signature = match estate.snapshot.resource(&object.arn) {
            Some(resource) => Some(signatures.of(estate, resource)?),
            None => None,
        };
        let parsed = Arn::parse(&object.arn)?;
        let (region, owner) = (parsed.region.into(), parsed.account.into());
        let kept = is_role_kept_by_aws(&object.arn);
        let bits = self.patterns.iter().map(|p| matches(p, &object.arn, false)).collect();
        let boundary = boundary.flatten().cloned();
        let account = object.account.clone();
        Some(Mark { account, region, owner, kept, bits, tags, boundary, signature })
    }
}

/// What a pattern begins with, up to its first wildcard or variable.
fn literal_head(text: &PatternText) -> String {
    let mut head = String::new();
    for piece in text.pieces() {
        match piece {
            PieceRef::Token(Token::Char(c)) => head.push(c),
            _ => break,
        }
    }
    head
}
