//! Resources with their policies, from every call that lists resources or prints a policy.

mod buckets;
mod inventory;
mod keys;
mod policies;

use super::collected::Collected;
use super::documents::read_document;
use super::errors::Verdict;
use super::files::problem;
use super::notes::{Notes, touches};
use super::policy_calls::{call_for, command_for, fill};
use crate::account::{Account, Place, Tags};
use crate::arn::Arn;
use crate::assumption::unknown_document;
use crate::json::Json;
use crate::policy::{Document, Source, Statement};
use crate::policy_parse::DocumentKind;
use crate::policy_set::{BlockPublicAccess, Grant};
use crate::resource::ResourceEntity;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use keys::default_key_policy;
pub(super) use policies::RESOURCE_POLICIES_FILE;

/// Reads all resources of all accounts, by ARN.
pub(super) fn read_resources(
    collected: &Collected<'_>,
    accounts: &[Account],
    notes: &mut Notes,
) -> Vec<ResourceEntity> {
    let mut resources =
        Resources { drafts: BTreeMap::new(), secrets: BTreeMap::new(), key_aliases: BTreeMap::new() };
    for account in accounts {
        let mut reader = Reader { collected, account, resources: &mut resources, notes };
        reader.read_inventory();
        reader.read_keys();
        reader.read_policies();
        reader.read_tags();
        reader.read_grants();
        reader.read_block_public_access();
    }
    policies::read_resource_policies_file(collected, &mut resources, notes);
    resources.finish(collected, notes)
}

/// What the files say of a resource's policy.
#[derive(Debug, Clone, Default)]
enum Told {
    /// Nothing yet.
    #[default]
    Nothing,
    /// That it has none.
    Absent,
    /// This.
    Document(Arc<Document>),
}

/// A resource in the making.
struct Draft {
    account: Arc<str>,
    region: Option<Arc<str>>,
    policy: Told,
    /// Statements that stand for something about the resource which could not be read.
    unknown: Vec<Statement>,
    tags: Option<Tags>,
    grants: Vec<Grant>,
    aliases: Vec<Arc<str>>,
    aws_managed: bool,
    block_public_access: BlockPublicAccess,
    place: Place,
}

/// Where a call was made.
#[derive(Clone, Copy)]
struct Origin<'a> {
    region: &'a str,
    file: &'a Arc<str>,
}

/// By account, region and name.
type ByName = BTreeMap<(Arc<str>, Arc<str>, Arc<str>), Arc<str>>;

struct Resources {
    drafts: BTreeMap<Arc<str>, Draft>,
    /// The ARNs of secrets; an ARN ends in six random characters.
    secrets: ByName,
    /// Key ids by alias (`alias/…`).
    key_aliases: ByName,
}

/// Reads what one account's folder says of resources.
struct Reader<'a> {
    collected: &'a Collected<'a>,
    account: &'a Account,
    resources: &'a mut Resources,
    notes: &'a mut Notes,
}

impl Reader<'_> {
    /// The ARN of the resource that a call's argument names.
    fn arn_of(&self, name: &str, template: &str, region: &str) -> Option<String> {
        let id = &self.account.id;
        let key = |text: &str| (id.clone(), Arc::from(region), Arc::from(text));
        let filled = |name: &str| fill(template, &self.account.partition, region, id, name);
        if template.contains(":kms:") {
            let alias = name.find("alias/").and_then(|i| name.get(i..));
            return match alias {
                Some(alias) => self.resources.key_aliases.get(&key(alias)).map(|id| filled(id)),
                None if name.starts_with("arn:") => Some(name.to_owned()),
                None => Some(filled(name)),
            };
        }
        if name.starts_with("arn:") {
            return Some(name.to_owned());
        }
        if template.contains(":secretsmanager:") {
            return self.resources.secrets.get(&key(name)).map(|arn| arn.to_string());
        }
        if template.contains(":sqs:") {
            return name.rsplit('/').next().map(filled);
        }
        Some(filled(name))
    }

    /// The draft of a resource, made where it is new.
    fn draft(&mut self, arn: &str, origin: Origin<'_>, pointer: &str) -> &mut Draft {
        let place = Place { file: origin.file.clone(), pointer: pointer.into() };
        self.resources.draft(arn, &self.account.id, origin.region, place)
    }

    fn blind(&mut self, service: &str, what: &str, file: &str) {
        let services = std::slice::from_ref(&service);
        self.notes.blind(Some(&self.account.id), if service.is_empty() { &[] } else { services }, what, file);
    }
}

impl Resources {
    fn draft(&mut self, arn: &str, account: &Arc<str>, region: &str, place: Place) -> &mut Draft {
        self.drafts.entry(arn.into()).or_insert_with(|| {
            let parsed = Arn::parse(arn);
            let owner = parsed.and_then(|a| a.account_id()).map_or_else(|| account.clone(), Arc::from);
            let region = parsed.map(|a| a.region).filter(|r| !r.is_empty()).unwrap_or(region);
            Draft {
                account: owner,
                region: (!region.is_empty() && region != "global").then(|| region.into()),
                policy: Told::Nothing,
                unknown: Vec::new(),
                tags: None,
                grants: Vec::new(),
                aliases: Vec::new(),
                aws_managed: false,
                block_public_access: BlockPublicAccess::default(),
                place,
            }
        })
    }

    fn finish(self, collected: &Collected<'_>, notes: &mut Notes) -> Vec<ResourceEntity> {
        let drafts = self.drafts.into_iter();
        drafts.map(|(arn, draft)| finish_draft(arn, draft, collected, notes)).collect()
    }
}

impl Draft {
    /// Takes a policy; two files that differ about it make it unknown.
    fn set_policy(&mut self, arn: &str, document: Arc<Document>, notes: &mut Notes) {
        if let Told::Document(known) = &self.policy
            && (known.version != document.version || known.statements != document.statements)
        {
            let source = document.source.clone();
            let found = format!("another policy of {arn} than in {}", known.source.file);
            notes.problem(*problem(&source.file, &source.pointer, found, "one policy of each resource"));
            self.policy = Told::Document(Arc::new(unknown_document(source, DocumentKind::Resource)));
            return;
        }
        self.policy = Told::Document(document);
    }
}

fn finish_draft(arn: Arc<str>, draft: Draft, collected: &Collected<'_>, notes: &mut Notes) -> ResourceEntity {
    let mut policy = match draft.policy {
        Told::Document(document) => Some(document),
        Told::Absent => None,
        Told::Nothing => untold_policy(&arn, &draft.account, collected, notes),
    };
    if !draft.unknown.is_empty() {
        let mut document = policy.as_deref().cloned().unwrap_or_else(|| Document {
            source: Source { policy: arn.clone(), file: draft.place.file.clone(), pointer: "".into() },
            version: crate::policy::Version::V2012,
            statements: Vec::new(),
        });
        document.statements.extend(draft.unknown);
        policy = Some(Arc::new(document));
    }
    ResourceEntity {
        arn,
        account: draft.account,
        region: draft.region,
        policy,
        tags: draft.tags,
        grants: draft.grants,
        aliases: draft.aliases,
        aws_managed: draft.aws_managed,
        block_public_access: draft.block_public_access,
        place: draft.place,
    }
}

/// The policy of a resource that no file and no named error tells of.
fn untold_policy(
    arn: &Arc<str>,
    account: &Arc<str>,
    collected: &Collected<'_>,
    notes: &mut Notes,
) -> Option<Arc<Document>> {
    let (call, name) = call_for(arn)?;
    match collected.errors.about(account, call.service, call.operation, name).map(|r| r.verdict) {
        Some(Verdict::Absent) => return None,
        Some(Verdict::Refused) => return Some(unknown_policy(arn, super::errors::ERRORS_FILE, "")),
        None if collected.unknown_if_missing() => return Some(unknown_policy(arn, "", "")),
        None => {}
    }
    let service = Arn::parse(arn).map(|a| a.service).unwrap_or_default();
    let command = command_for(call, arn, name);
    let touched = touches(account, service, Some(arn));
    if service == "kms" {
        let text = format!("{arn} has the default key policy, which delegates to account {account}");
        notes.assume(text, command, touched);
        return default_key_policy(arn, account);
    }
    notes.assume(format!("{arn} has no resource policy"), command, touched);
    None
}

/// The document that stands for a resource policy which nobody could read.
pub(super) fn unknown_policy(arn: &str, file: &str, pointer: &str) -> Arc<Document> {
    let source = Source { policy: format!("of {arn}").into(), file: file.into(), pointer: pointer.into() };
    Arc::new(unknown_document(source, DocumentKind::Resource))
}

/// A resource policy; one that can't be read is a problem and becomes the unknown document.
fn read_policy(arn: &str, json: &Json, file: &Arc<str>, pointer: &str, notes: &mut Notes) -> Arc<Document> {
    let source =
        Source { policy: format!("policy of {arn}").into(), file: file.clone(), pointer: pointer.into() };
    // API Gateway prints the document's text with its quotes escaped once more.
    let unescaped = json
        .as_str()
        .filter(|t| t.starts_with("{\\"))
        .and_then(|t| serde_json::from_str::<String>(&format!("\"{t}\"")).ok())
        .map(Json::String);
    match read_document(unescaped.as_ref().unwrap_or(json), DocumentKind::Resource, source) {
        Ok((document, warnings)) => {
            notes.problems.extend(warnings);
            Arc::new(document)
        }
        Err(one) => {
            notes.problem(*one);
            unknown_policy(arn, file, pointer)
        }
    }
}

/// Follows members into an object; the pointer grows along.
fn walk<'j>(json: &'j Json, steps: &[&str]) -> Option<&'j Json> {
    let found = steps.iter().try_fold(json, |at, step| at.get(step))?;
    (!steps.is_empty() && *found != Json::Null).then_some(found)
}

/// The pointer that [`walk`] takes.
fn pointer(base: &str, steps: &[&str]) -> String {
    steps.iter().fold(base.to_owned(), |at, step| crate::json::pointer_push(&at, step))
}

/// The items of an output: the elements of a list, or the output itself where `list` is empty.
fn items<'j>(json: &'j Json, list: &str) -> Option<Vec<(String, &'j Json)>> {
    if list.is_empty() {
        return Some(vec![(String::new(), json)]);
    }
    let items = json.get(list)?.as_array()?;
    Some(items.iter().enumerate().map(|(i, item)| (format!("/{list}/{i}"), item)).collect())
}
