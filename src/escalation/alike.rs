//! Objects that a caller's policies can't tell apart: what is decided of one is decided of all.
//!
//! Two objects of one kind and account are alike to a caller, for the calls of a step, if the same patterns of the statements on
//! the calls' actions, in all policies that bind the caller, match their ARNs (as resource, and as the value of keys), and no policy,
//! tag or variable that bears on them could make a difference. Where one could, an object is alike to none. The requests of a chain
//! are asked about object by object all the same.

use super::bind::Object;
use crate::ask::{BOUNDARY, CallerEntity, Estate};
use gateproof_encodings::actions::ActionRanges;
use gateproof_encodings::compiled::CompiledDocument;
use gateproof_encodings::language::{matches, places};
use gateproof_encodings::primitive::Primitive;
use gateproof_model::account::{find_tag, is_role_kept_by_aws};
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::ActionInfo;
use gateproof_model::pattern::{Pattern, PatternText, Variable};
use gateproof_model::policy::{Operand, Statement};
use gateproof_model::resource::ResourceEntity;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the policies that bind a caller compare ARNs with.
#[derive(Debug, Default)]
pub(super) struct Telling {
    called: Called,
    patterns: Vec<Pattern>,
    /// What patterns begin with that hold variables whose values the caller doesn't settle.
    heads: Vec<String>,
    /// What conditions compare keys with, by key in lower case; `None`: with what is not known.
    compared: FxHashMap<Arc<str>, Option<Vec<Pattern>>>,
    /// The tags of resources that conditions are about, in lower case.
    tags: BTreeSet<String>,
    /// The keys of conditions and variables, in lower case.
    keys: FxHashSet<Arc<str>>,
}

/// The actions of a step's calls.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// The step, by its name: searches that share what is known look at different lists.
    step: Arc<str>,
    known: ActionRanges,
    /// Whether some action is none of the catalogue's: then every statement may be about it.
    others: bool,
}

impl Called {
    pub fn of(estate: &Estate, primitive: &Primitive) -> Self {
        let calls = primitive.calls();
        let known: Vec<_> = calls.map(|call| estate.catalogue.find_action(&call.action)).collect();
        let others = known.iter().any(Option::is_none);
        let step = primitive.id.as_str().into();
        Self { step, known: ActionRanges::of(known.iter().flatten().map(ActionInfo::id)), others }
    }

    fn may_be_among(&self, listed: &ActionRanges) -> bool {
        self.others || listed.meets(&self.known)
    }
}

/// How the calls of a step mention an object's ARN.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentioned {
    /// What follows it in resources, up to a wildcard.
    pub tails: BTreeSet<String>,
    /// The keys whose value it is, in lower case.
    pub keys: BTreeSet<String>,
}

/// Keys that tell a KMS key's aliases.
const OF_ALIASES: [&str; 2] = ["kms:requestalias", "kms:resourcealiases"];

/// Objects with equal marks are alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    account: Arc<str>,
    region: Arc<str>,
    /// The account in its ARN: AWS's managed policies are nobody's to change.
    owner: Arc<str>,
    /// Whether AWS keeps it to itself: a service-linked or reserved role.
    kept: bool,
    /// Which patterns match the ARN, as a resource and as a key's value; where more follows it in a call's resource, how far they are
    /// matched by then.
    bits: Vec<bool>,
    /// `None`: not known.
    tags: Option<Vec<Option<Arc<str>>>>,
    /// Its permissions boundary, where conditions name any.
    boundary: Option<Arc<str>>,
    /// What its policy says.
    signature: Option<Arc<str>>,
}

/// What policies say, by step and resource.
type Said = FxHashMap<(Arc<str>, Arc<str>), Option<Arc<str>>>;

/// What the policies of resources say of a step's calls, each with its own ARN left out; `None` where it is like no other.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    known: Mutex<Said>,
    keys: OnceLock<FxHashSet<Arc<str>>>,
    control_keys: OnceLock<FxHashSet<Arc<str>>>,
}

impl Signatures {
    fn of(&self, estate: &Estate, called: &Called, resource: &ResourceEntity) -> Option<Arc<str>> {
        let key = (called.step.clone(), resource.arn.clone());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let signature = signature(estate, called, resource);
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, signature.clone());
            signature
        })
    }

    /// Whether no policy of a resource or a role's trust compares anything with a key's value.
    pub fn ignore(&self, estate: &Estate, key: &str) -> bool {
        let keys = self.keys.get_or_init(|| {
            let trust = estate.snapshot.principals().iter().filter_map(|p| p.trust.as_ref());
            let policies = estate.snapshot.resources().iter().filter_map(|r| r.policy.as_ref());
            let statements = trust.chain(policies).flat_map(|document| &document.statements);
            statements.flat_map(keys_of).cloned().collect()
        });
        !keys.contains(key)
    }

    /// Whether no resource control policy compares anything with a key's value.
    pub fn controls_ignore(&self, estate: &Estate, key: &str) -> bool {
        let keys = self.control_keys.get_or_init(|| {
            let documents = estate.rcps.values().flatten().flatten().map(|compiled| &compiled.document);
            documents.flat_map(|d| &d.statements).flat_map(keys_of).cloned().collect()
        });
        !keys.contains(key)
    }
}

/// The keys that a statement's conditions, and its variables, are about.
pub(super) fn keys_of(statement: &Statement) -> impl Iterator<Item = &Arc<str>> {
    let operands = statement.conditions.iter().flat_map(|c| &c.operands).filter_map(Operand::text);
    let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
    let variables = operands.chain(resources).flat_map(|text| text.variables()).map(|v| &v.key);
    variables.chain(statement.conditions.iter().map(|c| &c.key))
}

/// Nothing may be known of a resource but its policy, which may neither speak of tags nor stand for one that could not be read: what
/// a request takes for granted of that names the resource.
fn signature(estate: &Estate, called: &Called, resource: &ResourceEntity) -> Option<Arc<str>> {
    let mut statements = resource.policy.iter().flat_map(|document| &document.statements);
    if statements.any(|statement| statement.assumption.is_some()) || !resource.grants.is_empty() {
        return None;
    }
    let restricted = resource.block_public_access.restrict_public_buckets;
    let said = resource.policy.as_ref().map(|document| {
        let compiled = estate.compiler.compile(document);
        let listed = compiled.actions(&estate.compiler.actions).statements();
        // Whether a bucket is public hangs on all statements.
        let counts = |listed: &ActionRanges| restricted || called.may_be_among(listed);
        let statements = document.statements.iter().zip(listed).filter(|(_, listed)| counts(listed));
        (&document.version, statements.map(|(statement, _)| statement).collect::<Vec<_>>())
    });
    let text = format!("{said:?} {:?}", resource.block_public_access);
    let tags = text.to_ascii_lowercase().contains("resourcetag");
    (!tags).then(|| text.replace(&*resource.arn, "\u{0}").into())
}

impl Telling {
    /// What the statements on some actions compare ARNs with, of all policies that bind the caller's calls.
    pub fn of(estate: &Estate, caller: &CallerEntity, called: Called) -> Self {
        let layers = caller.prepared(&estate.compiler);
        let capping = layers.boundary.iter().chain(&layers.session).flatten();
        let documents = layers.identity.iter().chain(capping).chain(layers.scps.iter().flatten());
        let rcps = estate.rcps.values().flatten().flatten();
        let mut telling = Self { called, ..Self::default() };
        let mut seen: FxHashSet<&PatternText> = FxHashSet::default();
        let mut read: FxHashSet<*const CompiledDocument> = FxHashSet::default();
        for document in documents.chain(rcps).filter(|d| read.insert(Arc::as_ptr(d))) {
            let listed = document.actions(&estate.compiler.actions).statements();
            for (statement, listed) in document.document.statements.iter().zip(listed) {
                if telling.called.may_be_among(listed) {
                    telling.read(statement, caller, &mut seen);
                }
            }
        }
        telling
    }

    fn read<'s>(
        &mut self,
        statement: &'s Statement,
        caller: &CallerEntity,
        seen: &mut FxHashSet<&'s PatternText>,
    ) {
        for key in keys_of(statement) {
            self.tags.extend(key.split_once("resourcetag/").map(|(_, tag)| tag.to_owned()));
            self.keys.insert(key.clone());
        }
        for condition in &statement.conditions {
            let compared = self.compared.entry(condition.key.clone()).or_insert_with(|| Some(Vec::new()));
            for operand in &condition.operands {
                let pattern = match operand {
                    // Whether the key is there at all is the same for all values.
                    Operand::Flag(_) => continue,
                    Operand::Text(text) => text.ground(),
                    Operand::Point(_) | Operand::Network(..) | Operand::Unparsable(_) => None,
                };
                match (&mut *compared, pattern) {
                    (Some(patterns), Some(pattern)) => patterns.push(pattern),
                    _ => *compared = None,
                }
            }
        }
        let resources = statement.resource.iter().flat_map(|clause| &clause.patterns);
        let operands = statement.conditions.iter().flat_map(|c| &c.operands).filter_map(Operand::text);
        for variable in resources.clone().chain(operands).flat_map(PatternText::variables) {
            self.compared.insert(variable.key.clone(), None);
        }
        for text in resources {
            if !seen.insert(text) {
                continue;
            }
            let is_settled = |variable: &Variable| caller.settles(&variable.key).is_some();
            match text.variables().all(is_settled) {
                true => self.patterns.extend(text.instantiate(|key| caller.settles(key).flatten())),
                false => self.heads.push(text.literal_head()),
            }
        }
    }

    /// What the patterns make of an ARN and what always follows it.
    fn seen_by(&self, arn: &str, tail: &str) -> Vec<bool> {
        let each = self.patterns.iter();
        match tail {
            "" => each.map(|pattern| matches(pattern, arn, false)).collect(),
            _ => each.flat_map(|pattern| places(pattern, &format!("{arn}{tail}"))).collect(),
        }
    }

    /// Whether all that policies compare a key's value with is known.
    pub fn compares(&self, key: &str) -> bool {
        self.compared.get(key).is_none_or(Option::is_some)
    }

    /// What comparisons of a key make of a value, in either letter case.
    fn made_of<'v>(&'v self, key: &str, value: &'v str) -> impl Iterator<Item = bool> + use<'v> {
        let patterns = self.compared.get(key).and_then(Option::as_ref).into_iter().flatten();
        patterns.flat_map(move |pattern| [false, true].map(|fold_case| matches(pattern, value, fold_case)))
    }

    /// Whether an alias of a key makes no difference.
    fn ignores_aliases(&self, estate: &Estate, signatures: &Signatures) -> bool {
        OF_ALIASES.iter().all(|key| self.ignores(key) && signatures.ignore(estate, key))
    }

    /// Whether some condition is about permissions boundaries.
    fn boundaries(&self) -> bool {
        self.keys.contains(BOUNDARY)
    }

    /// Whether no policy that binds the caller compares anything with a key's value.
    pub fn ignores(&self, key: &str) -> bool {
        !self.keys.contains(key)
    }

    /// The object's mark; `None`: it is alike to none.
    pub fn mark(
        &self,
        estate: &Estate,
        signatures: &Signatures,
        object: &Object,
        mentioned: &Mentioned,
    ) -> Option<Mark> {
        let principal = estate.snapshot.principal(&object.arn);
        let resource = estate.snapshot.resource(&object.arn);
        let told = principal.and_then(|p| p.tags.as_ref()).or(resource.and_then(|r| r.tags.as_ref()));
        let tags = told.map(|tags| self.tags.iter().map(|tag| find_tag(tags, tag).cloned()).collect());
        let variable = self.heads.iter().any(|head| object.arn.starts_with(head.as_str()));
        let boundary = principal.map_or(Some(None), |p| p.named_boundary()).filter(|_| self.boundaries());
        let unnamed = self.boundaries() && boundary.is_none();
        let named = resource.is_some_and(|r| !r.aliases.is_empty());
        if variable || unnamed || named && !self.ignores_aliases(estate, signatures) {
            return None;
        }
        let signature = match resource {
            Some(resource) => Some(signatures.of(estate, &self.called, resource)?),
            None => None,
        };
        let parsed = Arn::parse(&object.arn)?;
        let (region, owner) = (parsed.region.into(), parsed.account.into());
        let kept = is_role_kept_by_aws(&object.arn);
        let by_resource = mentioned.tails.iter().flat_map(|tail| self.seen_by(&object.arn, tail));
        let by_keys = mentioned.keys.iter().flat_map(|key| self.made_of(key, &object.arn));
        let bits = by_resource.chain(by_keys).collect();
        let boundary = boundary.flatten().cloned();
        let account = object.account.clone();
        Some(Mark { account, region, owner, kept, bits, tags, boundary, signature })
    }
}
