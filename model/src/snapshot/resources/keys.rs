//! KMS keys: aliases, who manages them, grants, the default key policy.
//!
//! AWS KMS Developer Guide, "Default key policy", "Aliases in AWS KMS", "Grants in AWS KMS".

use super::{Draft, Origin, Reader, items};
use crate::arn::Arn;
use crate::assumption::unknown_statement;
use crate::json::Json;
use crate::policy::{Document, Effect, Source};
use crate::policy_parse::{DocumentKind, parse_document};
use crate::policy_set::Grant;
use crate::snapshot::errors::{ERRORS_FILE, Verdict};
use crate::snapshot::files::problem;
use crate::snapshot::notes::touches;
use std::sync::Arc;

const KEY: &str = "arn:{p}:kms:{r}:{a}:key/{n}";

/// The key policy of a key that nobody set one for: it delegates to the account.
///
/// AWS KMS Developer Guide, "Default key policy", section "Allows access to the AWS account and
/// enables IAM policies".
pub(in crate::snapshot) fn default_key_policy(arn: &str, account: &str) -> Option<Arc<Document>> {
    let partition = Arn::parse(arn).map_or("aws", |a| a.partition);
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
    );
    let source = Source {
        policy: format!("default key policy of {arn}").into(),
        file: "(default key policy)".into(),
        pointer: "".into(),
    };
    let (document, _) = parse_document(&Json::parse(&text).ok()?, DocumentKind::Resource, source).ok()?;
    Some(Arc::new(document))
}

impl Reader<'_> {
    /// Aliases and what `describe-key` tells.
    pub(super) fn read_keys(&mut self) {
        let account = self.account.id.clone();
        for output in self.collected.outputs(&account, "kms", "list-aliases", self.notes) {
            let origin = Origin { region: &output.region, file: &output.file };
            let Some(items) = output.json.as_ref().and_then(|j| items(j, "Aliases")) else {
                if output.json.is_some() {
                    self.notes.problem(*problem(origin.file, "/Aliases", "no list", "a list"));
                }
                self.blind("kms", "KMS aliases", origin.file);
                continue;
            };
            for (at, item) in items {
                let text = |key| item.get(key).and_then(Json::as_str);
                let (Some(alias), Some(arn)) = (text("AliasName"), text("AliasArn")) else {
                    self.notes.problem(*problem(
                        origin.file,
                        &at,
                        item.kind(),
                        "an object with AliasName and AliasArn",
                    ));
                    self.blind("kms", "KMS aliases", origin.file);
                    continue;
                };
                let Some(key) = text("TargetKeyId") else {
                    // Aliases that AWS reserves have no target until the key is first used.
                    if let Some(other) = item.get("TargetKeyId").filter(|t| **t != Json::Null) {
                        let at = format!("{at}/TargetKeyId");
                        self.notes.problem(*problem(origin.file, &at, other.kind(), "a key id"));
                        self.blind("kms", "KMS aliases", origin.file);
                    }
                    continue;
                };
                let place = (account.clone(), output.region.clone(), Arc::from(alias));
                self.resources.key_aliases.insert(place, key.into());
                let Some(key_arn) = self.arn_of(key, KEY, origin.region) else { continue };
                let draft = self.draft(&key_arn, origin, &at);
                draft.aliases.push(arn.into());
                draft.aws_managed |= alias.starts_with("alias/aws/");
            }
        }
        for output in self.collected.outputs(&account, "kms", "describe-key", self.notes) {
            let origin = Origin { region: &output.region, file: &output.file };
            let metadata = output.json.as_ref().and_then(|j| j.get("KeyMetadata"));
            let text = |key| metadata.and_then(|m| m.get(key)).and_then(Json::as_str);
            let by_name = output.name.as_deref().and_then(|n| self.arn_of(n, KEY, origin.region));
            let Some(arn) = text("Arn").map(str::to_owned).or(by_name) else { continue };
            let draft = self.draft(&arn, origin, "/KeyMetadata");
            draft.aws_managed |= text("KeyManager") == Some("AWS");
        }
    }

    /// Grants. What can't be read may allow anything.
    pub(super) fn read_grants(&mut self) {
        const LIST: &str = "Grants";
        let account = self.account.id.clone();
        let mut told = std::collections::BTreeSet::new();
        for output in self.collected.outputs(&account, "kms", "list-grants", self.notes) {
            let origin = Origin { region: &output.region, file: &output.file };
            let by_name = output.name.as_deref().and_then(|n| self.arn_of(n, KEY, origin.region));
            told.extend(by_name.clone());
            let Some(items) = output.json.as_ref().and_then(|j| items(j, LIST)) else {
                if output.json.is_some() {
                    self.notes.problem(*problem(origin.file, "/Grants", "no list", "a list"));
                }
                self.unknown_grants(by_name.as_deref(), origin, "/Grants");
                continue;
            };
            for (at, item) in items {
                let stated = item.get("KeyId").and_then(Json::as_str);
                let key = stated.and_then(|k| self.arn_of(k, KEY, origin.region)).or(by_name.clone());
                match (key, parse_grant(item, origin.file, &at)) {
                    (Some(key), Some(grant)) => {
                        self.draft(&key, origin, &at).grants.push(grant);
                        told.insert(key);
                    }
                    (key, _) => {
                        let expected = "a grant with KeyId, GrantId, GranteePrincipal and Operations";
                        self.notes.problem(*problem(origin.file, &at, item.kind(), expected));
                        self.unknown_grants(key.as_deref(), origin, &at);
                    }
                }
            }
        }
        self.untold_grants(&told);
    }

    fn untold_grants(&mut self, told: &std::collections::BTreeSet<String>) {
        let file: Arc<str> = ERRORS_FILE.into();
        let account = self.account.id.clone();
        let keys: Vec<Arc<str>> = self
            .resources
            .drafts
            .iter()
            .filter(|(arn, d)| d.account == account && is_key(arn) && !told.contains(arn.as_ref()))
            .map(|(arn, _)| arn.clone())
            .collect();
        for arn in keys {
            let region = Arn::parse(&arn).map(|a| a.region).unwrap_or_default();
            let origin = Origin { region, file: &file };
            let id = arn.rsplit('/').next().unwrap_or_default();
            let errors = self.collected.errors;
            let about = |name: &str| errors.about(&account, "kms", "list-grants", name);
            let verdict = about(id).or_else(|| about(&arn)).map(|r| r.verdict);
            match verdict {
                Some(Verdict::Absent) => {}
                Some(Verdict::Refused) => self.unknown_grants(Some(&arn), origin, ""),
                None if self.collected.unknown_if_missing() => self.unknown_grants(Some(&arn), origin, ""),
                None => self.notes.assume(
                    format!("{arn} has no grants"),
                    format!("aws kms list-grants --key-id {id} --region {region}"),
                    touches(&account, "kms", Some(&arn)),
                ),
            }
        }
    }

    fn unknown_grants(&mut self, key: Option<&str>, origin: Origin<'_>, at: &str) {
        // A grant may also let in principals whose own policies say nothing, which a statement can't tell.
        let what = format!("grants of {}", key.unwrap_or("some KMS key"));
        self.blind("kms", &what, origin.file);
        if let Some(key) = key {
            let name = format!("{}#{at}: unreadable {what} allow", origin.file);
            let draft: &mut Draft = self.draft(key, origin, at);
            draft.unknown.push(unknown_statement(Effect::Allow, DocumentKind::Resource, name.into()));
        }
    }
}

fn is_key(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|a| a.service == "kms" && a.resource.starts_with("key/"))
}

fn parse_grant(item: &Json, file: &str, at: &str) -> Option<Grant> {
    let text = |key: &str| item.get(key).and_then(Json::as_str);
    if !matches!(item.get("KeyId"), None | Some(Json::String(_))) {
        return None;
    }
    let operations = item.get("Operations")?.as_array()?;
    let id = text("GrantId")?;
    let mut grant = Grant {
        grantee: text("GranteePrincipal")?.into(),
        retiring: text("RetiringPrincipal").map(Arc::from),
        operations: operations.iter().map(|o| o.as_str().map(Arc::from)).collect::<Option<_>>()?,
        encryption_context_subset: Vec::new(),
        encryption_context_equals: None,
        label: format!("grant {id} ({file}#{at})").into(),
    };
    match item.get("Constraints") {
        None | Some(Json::Null) => {}
        Some(Json::Object(constraints)) => {
            for (name, pairs) in constraints {
                let pairs = pairs.as_object()?.iter();
                let pairs: Option<Vec<(Arc<str>, Arc<str>)>> =
                    pairs.map(|(k, v)| Some((k.as_str().into(), v.as_str()?.into()))).collect();
                match name.as_str() {
                    "EncryptionContextSubset" => grant.encryption_context_subset = pairs?,
                    "EncryptionContextEquals" => grant.encryption_context_equals = Some(pairs?),
                    // A constraint that is not known can only narrow the grant; leaving it out errs to allowing.
                    _ => {}
                }
            }
        }
        Some(_) => return None,
    }
    Some(grant)
}
