//! Managed policies: those in the file, those of the catalogue, and those that are only referenced.

use super::entry::Entry;
use super::gaad::Found;
use crate::account::{ManagedPolicy, Place, PolicyVersion, is_aws_managed};
use crate::arn::Arn;
use crate::assumption::{Assumption, Touches, unknown_document};
use crate::json::Json;
use crate::policy::{Document, Source};
use crate::policy_parse::{DocumentKind, parse_document};
use crate::problem::Problem;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives the text of an AWS-managed policy by its ARN, where the catalogue has it.
pub type ManagedPolicyLookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The file name under which documents of the catalogue are shown.
pub(super) const CATALOGUE_FILE: &str = "(embedded catalogue)";

/// An IAM ARN's name and path: `role/a/b/NAME` has the path `/a/b/`.
pub(super) fn name_and_path(resource: &str) -> (&str, String) {
    let after_kind = resource.split_once('/').map_or(resource, |(_, rest)| rest);
    match after_kind.rsplit_once('/') {
        None => (after_kind, "/".to_owned()),
        Some((path, name)) => (name, format!("/{path}/")),
    }
}

/// Reads one element of `Policies`.
pub(super) fn read_policy(mut entry: Entry, account: Option<&str>) -> Found<ManagedPolicy> {
    let Some(arn) = entry.text("Arn") else { return Found::nameless(entry, "a managed policy") };
    let Some(parsed) = Arn::parse(&arn).filter(|a| a.service == "iam" && a.resource.starts_with("policy/"))
    else {
        let at = entry.at("Arn");
        entry.report(&at, format!("`{arn}`"), "the ARN of a managed policy");
        return Found::nameless(entry, "a managed policy");
    };
    let (name, path) = name_and_path(parsed.resource);
    let default_version = entry.optional_text("DefaultVersionId");
    let at = entry.at("PolicyVersionList");
    let items = entry.list("PolicyVersionList").unwrap_or_default();
    let mut versions = Vec::with_capacity(items.len());
    let mut flagged = None;
    for (i, item) in items.into_iter().enumerate() {
        let is_default = item.get("IsDefaultVersion").and_then(Json::as_bool) == Some(true);
        let mut version = entry.nested(&format!("{at}/{i}"), item);
        let id = version.text("VersionId");
        let document = version.document("Document", &arn, DocumentKind::Identity);
        entry.problems.append(&mut version.problems);
        if let Some(id) = id {
            if is_default {
                flagged = Some(id.clone());
            }
            versions.push(PolicyVersion { id, document });
        }
    }
    let default_version = default_version.or(flagged).unwrap_or_else(|| "v1".into());
    let in_force = versions.iter().find(|v| v.id == default_version).map(|v| v.document.clone());
    let document = in_force.unwrap_or_else(|| {
        entry.report(&at, "no version in force", "the default version with its document");
        entry.unknown(&at, &arn, DocumentKind::Identity)
    });
    let owner = parsed.account_id().or(account).unwrap_or_default().into();
    let place = Place { file: entry.file().clone(), pointer: entry.pointer().into() };
    let policy = ManagedPolicy {
        name: name.into(),
        path: path.into(),
        account: account.map_or(owner, Arc::from),
        default_version,
        document,
        versions,
        from_catalogue: false,
        place,
        arn: arn.clone(),
    };
    Found { value: Some(policy), problems: entry.problems, blind: None }
}

/// Resolves references to managed policies; every reference to one policy gets the same document.
pub(super) struct ManagedPolicies<'a> {
    account: Arc<str>,
    file: Arc<str>,
    present: FxHashMap<Arc<str>, Arc<ManagedPolicy>>,
    lookup: ManagedPolicyLookup<'a>,
    absent: Mutex<BTreeMap<Arc<str>, Absent>>,
}

enum Absent {
    Catalogue(Arc<ManagedPolicy>),
    Unknown(Arc<Document>),
}

impl<'a> ManagedPolicies<'a> {
    pub(super) fn new(
        account: Arc<str>,
        file: Arc<str>,
        policies: &[Arc<ManagedPolicy>],
        lookup: ManagedPolicyLookup<'a>,
    ) -> Self {
        let present = policies.iter().map(|p| (p.arn.clone(), p.clone())).collect();
        Self { account, file, present, lookup, absent: Mutex::default() }
    }

    /// The document in force of a policy; the unknown document where nobody has its text.
    pub(super) fn document(&self, arn: &str) -> Arc<Document> {
        if let Some(policy) = self.present.get(arn) {
            return policy.document.clone();
        }
        let mut absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        match absent.entry(arn.into()).or_insert_with(|| self.find(arn)) {
            Absent::Catalogue(policy) => policy.document.clone(),
            Absent::Unknown(document) => document.clone(),
        }
    }

    fn find(&self, arn: &str) -> Absent {
        let from_catalogue = is_aws_managed(arn)
            .then(|| (self.lookup)(arn))
            .flatten()
            .and_then(|text| catalogue_policy(arn, &text, &self.account));
        match from_catalogue {
            Some(policy) => Absent::Catalogue(Arc::new(policy)),
            None => {
                let source =
                    Source { policy: arn.into(), file: self.file.clone(), pointer: "/Policies".into() };
                Absent::Unknown(Arc::new(unknown_document(source, DocumentKind::Identity)))
            }
        }
    }

    /// What was referenced but not in the file: catalogue policies with their assumptions, and a
    /// problem for each policy that stays unknown.
    pub(super) fn into_absent(self) -> (Vec<Arc<ManagedPolicy>>, Vec<Assumption>, Vec<Problem>) {
        let (mut policies, mut assumptions, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (arn, absent) in self.absent.into_inner().unwrap_or_else(PoisonError::into_inner) {
            match absent {
                Absent::Catalogue(policy) => {
                    assumptions.push(catalogue_assumption(&arn, &self.account));
                    policies.push(policy);
                }
                Absent::Unknown(_) => problems.push(*super::files::problem(
                    &self.file,
                    "/Policies",
                    format!("no policy {arn}, which is referenced"),
                    "every referenced policy",
                )),
            }
        }
        (policies, assumptions, problems)
    }
}

fn catalogue_policy(arn: &str, text: &str, account: &Arc<str>) -> Option<ManagedPolicy> {
    let source = Source { policy: arn.into(), file: CATALOGUE_FILE.into(), pointer: "".into() };
    let (document, _) = parse_document(&Json::parse(text).ok()?, DocumentKind::Identity, source).ok()?;
    let document = Arc::new(document);
    let (name, path) = name_and_path(Arn::parse(arn)?.resource);
    Some(ManagedPolicy {
        arn: arn.into(),
        account: account.clone(),
        name: name.into(),
        path: path.into(),
        default_version: "catalogue".into(),
        versions: vec![PolicyVersion { id: "catalogue".into(), document: document.clone() }],
        document,
        from_catalogue: true,
        place: Place { file: CATALOGUE_FILE.into(), pointer: "".into() },
    })
}

fn catalogue_assumption(arn: &Arc<str>, account: &Arc<str>) -> Assumption {
    Assumption {
        text: format!("account {account} sees {arn} as the embedded catalogue has it").into(),
        cli_command: "aws iam get-account-authorization-details".into(),
        touches: Touches {
            account: Some(account.clone()),
            service: Some("iam".into()),
            resource: Some(arn.clone()),
            actions: Vec::new(),
        },
        hides_callers: false,
    }
}
