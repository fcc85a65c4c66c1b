//! Objects that a caller's policies can't tell apart: what is decided of one is decided of all.
//!
//! Two objects of one kind and account are alike to a caller if the same patterns of its identity policies, boundary and service
//! control policies match their ARNs, and no policy, tag or variable that bears on them could make a difference. Where one
//! could, an object is alike to none. The requests of a chain are asked about object by object all the same.

use super::bind::Object;
use crate::ask::{BOUNDARY, CallerEntity, Estate};
use gateproof_encodings::language::matches;
use gateproof_model::arn::Arn;
use gateproof_model::pattern::{Pattern, PatternText, PieceRef, Token};
use gateproof_model::policy::Operand;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

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
pub(super) type Mark = (Arc<str>, Arc<str>, Vec<bool>, Vec<Option<Arc<str>>>, Option<Arc<str>>);

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
    pub fn mark(&self, estate: &Estate, object: &Object) -> Option<Mark> {
        let known = estate.snapshot.resource(&object.arn).is_some();
        let principal = estate.snapshot.principal(&object.arn);
        // Whose tags are not known, or not looked up here, is alike to none where tags matter.
        let tagged = !self.tags.is_empty() && principal.is_none_or(|p| p.tags.is_none());
        let tags = self.tags.iter().map(|tag| principal.and_then(|p| p.tag(tag)).cloned()).collect();
        let variable = self.heads.iter().any(|head| object.arn.starts_with(head.as_str()));
        let boundary = principal.map_or(Some(None), |p| p.named_boundary()).filter(|_| self.boundaries);
        let unnamed = self.boundaries && boundary.is_none();
        if known || tagged || variable || unnamed {
            return None;
        }
        let region = Arn::parse(&object.arn)?.region;
        let bits = self.patterns.iter().map(|p| matches(p, &object.arn, false)).collect();
        Some((object.account.clone(), region.into(), bits, tags, boundary.flatten().cloned()))
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
