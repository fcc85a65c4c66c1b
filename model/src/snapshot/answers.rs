//! What the snapshot answers about a resource or an operation when asked.

use super::collected::{follows, promises_more};
use super::errors::{ERRORS_FILE, Verdict};
use super::files::problem;
use super::notes::touches;
use super::policy_calls::{call_for, command_for};
use super::resources::{default_key_policy, unknown_policy};
use super::{Missing, Snapshot};
use crate::arn::Arn;
use crate::assumption::Assumption;
use crate::json::Json;
use crate::policy::Document;
use crate::problem::Problem;
use crate::resource::{ResourceEntity, governing_arn};
use std::sync::Arc;

/// The policy that governs a resource.
#[derive(Debug, Clone)]
pub struct PolicyOf<'a> {
    /// The policy: a role's trust policy, a bucket's policy for its objects, a key's key policy.
    pub policy: Option<Arc<Document>>,
    /// The resource that the snapshot knows and whose policy it is, unless it is a role.
    pub entity: Option<&'a ResourceEntity>,
    /// What the answer rests on.
    pub assumptions: Vec<Assumption>,
}

/// The output of one call, read when asked for.
#[derive(Debug, Clone)]
pub struct OperationOutput {
    /// The region, or `global`.
    pub region: Arc<str>,
    /// The argument of the call.
    pub name: Option<Arc<str>>,
    /// The file, relative to the snapshot.
    pub file: Arc<str>,
    /// The output, or what is wrong with the file.
    pub json: Result<Json, Problem>,
}

/// One file of an operation, read when asked for.
pub(crate) struct OperationPage<'a> {
    pub(crate) file: &'a super::OperationFile,
    /// The output, or what is wrong with the file.
    pub(crate) json: Result<Json, Problem>,
    /// That the page promises another which isn't there.
    pub(crate) cut_short: Option<Problem>,
}

impl Snapshot {
    /// The resource whose policy governs requests on an ARN: itself, the bucket of an object, the
    /// key of an alias.
    pub fn governing_resource(&self, arn: &str) -> Option<&ResourceEntity> {
        if let Some(exact) = self.resource(arn).or_else(|| self.resource(governing_arn(arn))) {
            return Some(exact);
        }
        let parsed = Arn::parse(arn)?;
        match parsed.service {
            "kms" if parsed.resource.starts_with("alias/") => {
                self.resources.iter().find(|r| r.aliases.iter().any(|a| a.as_ref() == arn))
            }
            "logs" => {
                let (p, r, a) = (parsed.partition, parsed.region, parsed.account);
                self.resource(&format!("arn:{p}:logs:{r}:{a}:log-group:*"))
            }
            _ => None,
        }
    }

    /// The policy that governs an ARN, whether or not the snapshot knows the resource. `account` is
    /// who owns it, where the ARN doesn't tell.
    pub fn policy_of(&self, arn: &str, account: Option<&str>) -> PolicyOf<'_> {
        if let Some(trust) = self.principal(arn).and_then(|p| p.trust.clone()) {
            return PolicyOf { policy: Some(trust), entity: None, assumptions: Vec::new() };
        }
        if let Some(entity) = self.governing_resource(arn) {
            let assumptions = self.assumptions_about(&entity.arn).cloned().collect();
            return PolicyOf { policy: entity.policy.clone(), entity: Some(entity), assumptions };
        }
        self.policy_of_unlisted(governing_arn(arn), account)
    }

    /// The policy of a resource that no file names.
    fn policy_of_unlisted(&self, arn: &str, account: Option<&str>) -> PolicyOf<'_> {
        let mut answer = PolicyOf { policy: None, entity: None, assumptions: Vec::new() };
        let Some(parsed) = Arn::parse(arn) else { return answer };
        if parsed.service == "iam" && parsed.resource.starts_with("role/") {
            return self.trust_of_unlisted(arn, parsed);
        }
        let Some((call, name)) = call_for(arn) else { return answer };
        if self.missing == Missing::Unknown {
            answer.policy = Some(unknown_policy(arn, "", ""));
            return answer;
        }
        let owner = parsed.account_id().or(account);
        let text = match owner.filter(|_| parsed.service == "kms") {
            Some(owner) => {
                answer.policy = default_key_policy(arn, owner);
                format!("{arn} has the default key policy, which delegates to account {owner}")
            }
            None => format!("{arn} has no resource policy"),
        };
        answer.assumptions.push(Assumption {
            text: text.into(),
            cli_command: command_for(call, arn, name).into(),
            touches: touches(owner.unwrap_or_default(), parsed.service, Some(arn)),
            hides_callers: false,
        });
        answer
    }

    /// The trust policy of a role that no file names: in an account that the snapshot covers there is
    /// no such role, elsewhere nothing is known of it.
    fn trust_of_unlisted(&self, arn: &str, parsed: Arn<'_>) -> PolicyOf<'_> {
        let mut answer = PolicyOf { policy: None, entity: None, assumptions: Vec::new() };
        if self.accounts.iter().any(|a| *a.id == *parsed.account) {
            return answer;
        }
        if self.missing == Missing::Unknown {
            answer.policy = Some(unknown_policy(arn, "", ""));
            return answer;
        }
        answer.assumptions.push(Assumption {
            text: format!("{arn} trusts nobody").into(),
            cli_command: format!(
                "aws iam get-account-authorization-details (with credentials of account {})",
                parsed.account
            )
            .into(),
            touches: touches(parsed.account, "sts", Some(arn)),
            hides_callers: false,
        });
        answer
    }

    /// The assumptions about one resource or policy.
    pub fn assumptions_about(&self, arn: &str) -> impl Iterator<Item = &Assumption> {
        let places = self.assumptions_by_resource.get(arn).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|i| self.assumptions.get(*i))
    }

    /// The files of an operation of an account; of all regions where none is named.
    pub fn operation_files(
        &self,
        account: &str,
        region: Option<&str>,
        service: &str,
        operation: &str,
    ) -> impl Iterator<Item = &super::OperationFile> {
        let files = self.directory.as_deref().map(|(_, index)| index.files(account, service, operation));
        let wanted = region.map(str::to_owned);
        let of_region = move |f: &&super::OperationFile| wanted.as_deref().is_none_or(|r| *f.region == *r);
        files.unwrap_or_default().iter().filter(of_region)
    }

    /// The outputs of an operation, each read when the iterator comes to it; by region, name and page.
    pub fn operation(
        &self,
        account: &str,
        region: Option<&str>,
        service: &str,
        operation: &str,
    ) -> impl Iterator<Item = OperationOutput> {
        self.operation_files(account, region, service, operation).filter_map(|f| {
            let (files, _) = self.directory.as_deref()?;
            Some(OperationOutput {
                region: f.region.clone(),
                name: f.name.clone(),
                file: f.file.clone(),
                json: files.read_json(&f.file).map_err(|one| *one),
            })
        })
    }

    /// The files of an operation in all regions, by region, name and page.
    pub(crate) fn operation_pages(
        &self,
        account: &str,
        service: &str,
        operation: &str,
    ) -> impl Iterator<Item = OperationPage<'_>> {
        let directory = self.directory.as_deref();
        let files = directory.map(|(_, index)| index.files(account, service, operation)).unwrap_or_default();
        files.iter().enumerate().filter_map(move |(i, file)| {
            let json = directory?.0.read_json(&file.file).map_err(|one| *one);
            let is_cut = json.as_ref().is_ok_and(promises_more) && !follows(file, files.get(i + 1));
            let found = "a page that promises another";
            let cut_short = is_cut.then(|| *problem(&file.file, "", found, "the page that follows it"));
            Some(OperationPage { file, json, cut_short })
        })
    }

    /// What `errors.json` says was refused of an operation.
    pub(crate) fn refusals(&self, account: &str, service: &str, operation: &str) -> Vec<Problem> {
        let refused = self.errors.of(account, service, operation).iter();
        let refused = refused.filter(|r| r.verdict == Verdict::Refused);
        let found = format!("that {service} {operation} could not be called");
        refused.map(|r| *problem(ERRORS_FILE, &r.pointer, found.as_str(), "its output")).collect()
    }

    /// Whether an operation was called, with an output or an error.
    pub(crate) fn was_asked(&self, account: &str, service: &str, operation: &str) -> bool {
        let index = self.directory.as_deref().map(|(_, index)| index);
        index.is_some_and(|index| !index.files(account, service, operation).is_empty())
            || !self.errors.of(account, service, operation).is_empty()
    }

    /// The regions that an account has folders of, and in which none of some operations was called.
    pub(crate) fn regions_unasked(&self, account: &str, service: &str, operations: &[&str]) -> Vec<Arc<str>> {
        let Some((_, index)) = self.directory.as_deref() else { return Vec::new() };
        let mut unasked = index.regions(account);
        unasked.remove("global");
        for operation in operations {
            for file in index.files(account, service, operation) {
                unasked.remove(&*file.region);
            }
            for refusal in self.errors.of(account, service, operation) {
                match &refusal.region {
                    Some(region) => drop(unasked.remove(&**region)),
                    None => return Vec::new(),
                }
            }
        }
        unasked.into_iter().map(Arc::from).collect()
    }

    /// The services and operations that were collected of an account.
    pub fn operations(&self, account: &str) -> impl Iterator<Item = (&str, &str)> {
        let index = self.directory.as_deref().map(|(_, index)| index);
        index.into_iter().flat_map(move |i| i.operations(account).map(|(s, o, _)| (s, o)).collect::<Vec<_>>())
    }
}
