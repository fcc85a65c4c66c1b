//! What documents can see of a caller: its name and its tags, as far as they compare these with anything.

use crate::ask::CallerEntity;
use gateproof_encodings::language::matches;
use gateproof_model::pattern::{Pattern, PatternText};
use gateproof_model::policy::{Document, Operand, PrincipalEntry};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys that tell the caller's name.
const NAMES: [&str; 3] = ["aws:principalarn", "aws:username", "aws:userid"];
const TAG: &str = "aws:principaltag/";
/// What the ARNs of roles' sessions have behind the account.
const SESSION: &str = ":assumed-role/";

/// What documents compare callers' names and tags with.
#[derive(Debug, Default)]
pub(super) struct Telling {
    patterns: Vec<Pattern>,
    /// Tags, in lower case.
    tags: BTreeSet<String>,
    /// Whom principal elements and grants name.
    pub named: FxHashSet<Arc<str>>,
    /// Whether names are compared with more than patterns.
    by_name: bool,
}

/// What documents can see of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sight {
    name: Option<Arc<str>>,
    bits: Vec<bool>,
    tags: String,
}

impl Telling {
    /// Of grants to some callers.
    pub fn naming(named: FxHashSet<Arc<str>>) -> Self {
        Self { named, ..Self::default() }
    }

    pub fn read(&mut self, document: &Document) {
        for statement in &document.statements {
            for entry in statement.principal.iter().flat_map(|p| &p.entries) {
                if let PrincipalEntry::Arn(arn) | PrincipalEntry::Nobody(arn) = entry {
                    self.named.insert(arn.clone());
                }
            }
            let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
            resources.for_each(|text| self.read_variables(text));
            for condition in &statement.conditions {
                let tells = NAMES.contains(&&*condition.key);
                if let Some(tag) = condition.key.strip_prefix(TAG) {
                    self.tags.insert(tag.to_owned());
                }
                for operand in &condition.operands {
                    match operand {
                        Operand::Text(text) => {
                            self.read_variables(text);
                            match text.ground() {
                                Some(pattern) if tells => self.patterns.push(pattern),
                                None if tells => self.by_name = true,
                                _ => {}
                            }
                        }
                        _ => self.by_name |= tells,
                    }
                }
            }
        }
    }

    fn read_variables(&mut self, text: &PatternText) {
        for variable in text.variables() {
            match variable.key.strip_prefix(TAG) {
                Some(tag) => {
                    self.tags.insert(tag.to_owned());
                }
                None => self.by_name |= NAMES.contains(&&*variable.key),
            }
        }
    }

    /// Whether all that the documents can see of a caller is that they name it by its own ARN.
    pub fn only_names(&self) -> bool {
        let sessions = self.named.iter().any(|arn| arn.contains(SESSION));
        self.patterns.is_empty() && self.tags.is_empty() && !self.by_name && !sessions
    }

    /// What the documents can see of a caller.
    pub fn sight(&self, caller: &CallerEntity) -> Sight {
        let id = &caller.id;
        // A session of a role is named with the role's name, not its path.
        let of_session = format!("{SESSION}{}/", id.rsplit('/').next().unwrap_or_default());
        let is_named = |arn: &Arc<str>| arn == id || arn.contains(&of_session);
        let named = self.by_name || self.named.iter().any(is_named);
        Sight {
            name: named.then(|| id.clone()),
            bits: self.patterns.iter().flat_map(|p| [false, true].map(|fold| matches(p, id, fold))).collect(),
            tags: format!("{:?}", self.tags.iter().map(|tag| caller.tag_facts(tag)).collect::<Vec<_>>()),
        }
    }
}
