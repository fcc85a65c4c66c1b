//! `check-no-new-access`, `check-access-not-granted` and `check-no-public-access`: one policy, or two, looked at by themselves.
//!
//! Names, flags and answers are those of the AWS CLI's `accessanalyzer` commands where they overlap. IAM Access Analyzer API
//! Reference, CheckNoNewAccess, CheckAccessNotGranted, CheckNoPublicAccess.

use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::compare::{Access, Comparer, Granting, PolicyKind, PolicyOf};
use crate::config::Config;
use crate::render;
use crate::render::policy_check::{Check, Found};
use clap::{Args, ValueEnum};
use gateproof_model::policy::Document;
use std::fs;
use std::sync::Arc;

/// The kind of a policy, as AWS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyType {
    #[value(name = "IDENTITY_POLICY", alias = "identity_policy")]
    Identity,
    #[value(name = "RESOURCE_POLICY", alias = "resource_policy")]
    Resource,
}

impl PolicyType {
    fn of(self) -> PolicyOf {
        PolicyOf::kind(match self {
            Self::Identity => PolicyKind::Identity,
            Self::Resource => PolicyKind::Resource,
        })
    }
}

/// `gateproof check-no-new-access`
#[derive(Debug, Clone, Args)]
pub(crate) struct NoNewAccess {
    /// The policy as it is to become: text, or file://PATH.
    #[arg(long, value_name = "POLICY")]
    new_policy_document: String,
    /// The policy as it is: text, or file://PATH.
    #[arg(long, value_name = "POLICY")]
    existing_policy_document: String,
    /// What kind of policies they are.
    #[arg(long, value_enum)]
    policy_type: PolicyType,
}

/// `gateproof check-access-not-granted`
#[derive(Debug, Clone, Args)]
pub(crate) struct AccessNotGranted {
    /// The policy: text, or file://PATH.
    #[arg(long, value_name = "POLICY")]
    policy_document: String,
    /// What it must not grant: actions=GLOB,GLOB,resources=GLOB,GLOB (or either), or a JSON list of objects with these members; several: none of them.
    #[arg(long, value_name = "ACCESS", required = true, num_args = 1..)]
    access: Vec<String>,
    /// What kind of policy it is.
    #[arg(long, value_enum)]
    policy_type: PolicyType,
}

/// `gateproof check-no-public-access`
#[derive(Debug, Clone, Args)]
pub(crate) struct NoPublicAccess {
    /// The policy: text, or file://PATH.
    #[arg(long, value_name = "POLICY")]
    policy_document: String,
    /// The type of the resource, as CloudFormation names it: AWS::S3::Bucket, AWS::KMS::Key, AWS::IAM::AssumeRolePolicyDocument, ….
    #[arg(long, value_name = "TYPE")]
    resource_type: String,
}

impl NoNewAccess {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let of = self.policy_type.of();
        let new = read_policy(&self.new_policy_document, "new-policy-document", of.kind)?;
        let old = read_policy(&self.existing_policy_document, "existing-policy-document", of.kind)?;
        finish(global, "check-no-new-access", |comparer| {
            let answer = comparer.compare_documents(&old, &new, &of);
            let found = answer.gained.iter().map(|region| Found {
                to: region.principals.first().cloned().unwrap_or_default(),
                request: region.witness.clone(),
                because: region.allowed_by.clone(),
            });
            let found: Vec<Found> = found.collect();
            let why = answer.undecided.first().map(|u| u.reason.clone());
            Check { undecided: why.filter(|_| found.is_empty()), found }
        })
    }
}

impl AccessNotGranted {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let of = self.policy_type.of();
        let policy = read_policy(&self.policy_document, "policy-document", of.kind)?;
        let mut access = Vec::new();
        for text in &self.access {
            access.extend(parse_access(text)?);
        }
        finish(global, "check-access-not-granted", |comparer| {
            Check::of(access.iter().map(|access| comparer.grants(&policy, &of, access)))
        })
    }
}

impl NoPublicAccess {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let trust = self.resource_type.eq_ignore_ascii_case("AWS::IAM::AssumeRolePolicyDocument");
        let kind = if trust { PolicyKind::Trust } else { PolicyKind::Resource };
        let of = PolicyOf::kind(kind).of_resource(None, Some(&self.resource_type));
        let policy = read_policy(&self.policy_document, "policy-document", kind)?;
        finish(global, "check-no-public-access", |comparer| {
            Check::of(std::iter::once(comparer.is_public(&policy, &of)))
        })
    }
}

impl Check {
    fn of(granting: impl Iterator<Item = Granting>) -> Self {
        let mut check = Self { found: Vec::new(), undecided: None };
        for one in granting {
            match one {
                Granting::Granted(to, request, because) => check.found.push(Found { to, request, because }),
                Granting::NotGranted => {}
                Granting::Unknown(why) => check.undecided = Some(why),
            }
        }
        if !check.found.is_empty() {
            check.undecided = None;
        }
        check
    }
}

fn finish(
    global: &Global,
    command: &'static str,
    decide: impl FnOnce(&Comparer) -> Check,
) -> Result<u8, CliError> {
    global.must_export_json(command)?;
    let settings = global.settings(&Config::default());
    let watch = Watch::start(&settings, global.quiet);
    let check = decide(&Comparer::within(settings.effort.limits.clone()));
    drop(watch);
    let json = render::policy_check::json(command, &check);
    global.publish(&json, &render::policy_check::text(command, &check), None)?;
    Ok(match (check.found.is_empty(), &check.undecided) {
        (false, _) => exit::FAIL,
        (true, Some(_)) => exit::UNDECIDED,
        (true, None) => exit::ANSWERED,
    })
}

/// A policy as the AWS CLI takes it: its text, or where it stands.
fn read_policy(given: &str, flag: &str, kind: PolicyKind) -> Result<Arc<Document>, CliError> {
    let (text, name) = match given.strip_prefix("file://") {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|e| CliError::Input(format!("{path}: {e}")))?;
            (text, path)
        }
        None => (given.to_owned(), flag),
    };
    kind.parse_policy(&text, name).map_err(CliError::Input)
}

/// One access in the AWS CLI's short form, or several as JSON.
fn parse_access(text: &str) -> Result<Vec<Access>, CliError> {
    let usage = |why: &str| CliError::Usage(format!("--access `{text}`: {why}"));
    if text.trim_start().starts_with(['[', '{']) {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| usage(&e.to_string()))?;
        let items = match value {
            serde_json::Value::Array(items) => items,
            one => vec![one],
        };
        let listed = |item: &serde_json::Value, key: &str| -> Vec<String> {
            let values = item.get(key).and_then(serde_json::Value::as_array).into_iter().flatten();
            values.filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let read = |item: &serde_json::Value| Access {
            actions: listed(item, "actions"),
            resources: listed(item, "resources"),
        };
        let all: Vec<Access> = items.iter().map(read).collect();
        return match all.iter().all(|a| *a != Access::default()) {
            true => Ok(all),
            false => Err(usage("found an object without actions and resources")),
        };
    }
    let mut access = Access::default();
    let mut into: Option<&mut Vec<String>> = None;
    for part in text.split(',') {
        let value = match part.split_once('=') {
            Some(("actions", value)) => {
                into = Some(&mut access.actions);
                value
            }
            Some(("resources", value)) => {
                into = Some(&mut access.resources);
                value
            }
            _ => part,
        };
        match into.as_mut() {
            Some(list) => list.push(value.trim().to_owned()),
            None => return Err(usage("expected actions=… or resources=…")),
        }
    }
    Ok(vec![access])
}
