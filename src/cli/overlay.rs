//! Changes to the snapshot on the command line: `--with…`, `--patch` and `--remove`.

mod deployments;

use super::{CliError, Global};
use crate::ask::Estate;
use clap::Args;
use deployments::DeploymentArguments;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, FileChange, FileEdit, Given, Holder, Overlay};
use std::path::Path;

/// What would be different. Changes are made in the order of this list; those of one kind in the order given.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Changes to the snapshot")]
pub(crate) struct OverlayArguments {
    /// FILE (JSON) stands for the snapshot's file PATH, or is a new one: what a call would print afterwards. PATH is from the snapshot's root.
    #[arg(long, value_name = "PATH=FILE")]
    with_file: Vec<String>,
    /// A JSON Patch (RFC 6902) is applied to the snapshot's file PATH, as `--with-file` left it.
    #[arg(long, value_name = "PATH=FILE")]
    patch: Vec<String>,
    #[command(flatten)]
    deployments: DeploymentArguments,
    /// A customer managed policy gets this document as its default version. Repeatable, as all of these.
    #[arg(long, value_name = "POLICY=FILE")]
    with: Vec<String>,
    /// A user, role or group gets this inline policy, or another document of that name.
    #[arg(long, value_name = "PRINCIPAL/NAME=FILE")]
    with_inline: Vec<String>,
    /// A role gets this trust policy.
    #[arg(long, value_name = "ROLE=FILE")]
    with_trust: Vec<String>,
    /// A user or role gets this permissions boundary.
    #[arg(long, value_name = "PRINCIPAL=POLICY")]
    with_boundary: Vec<String>,
    /// A managed policy is attached to a user, role or group.
    #[arg(long, value_name = "PRINCIPAL=POLICY")]
    with_attached: Vec<String>,
    /// A user becomes a member of a group.
    #[arg(long, value_name = "USER=GROUP")]
    with_member: Vec<String>,
    /// A bucket gets this policy.
    #[arg(long, value_name = "BUCKET=FILE")]
    with_bucket_policy: Vec<String>,
    /// A resource (key, queue, topic, secret, function, repository, bucket, …) gets this policy.
    #[arg(long, value_name = "ARN=FILE")]
    with_resource_policy: Vec<String>,
    /// A service or resource control policy, by id or name, gets this document.
    #[arg(long, value_name = "ID=FILE")]
    with_scp: Vec<String>,
    /// A service or resource control policy is attached to a root, unit or account.
    #[arg(long, value_name = "ID=TARGET")]
    with_scp_target: Vec<String>,
    /// Something is gone: a user, role, group, managed policy or resource (its ARN); PRINCIPAL#attached/POLICY,
    /// PRINCIPAL#inline/NAME, PRINCIPAL#boundary, USER#member/GROUP, RESOURCE#policy, ID#target/TARGET; or a statement, by Sid
    /// or pointer: POLICY#SID, PRINCIPAL#inline/NAME#SID, ROLE#trust#SID, RESOURCE#policy#SID, ID#SID.
    #[arg(long, value_name = "WHAT")]
    remove: Vec<String>,
}

impl OverlayArguments {
    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.with_file.is_empty()
            && self.patch.is_empty()
            && self.deployments.is_empty()
            && self.lists().iter().all(|(_, list)| list.is_empty())
            && self.remove.is_empty()
    }

    /// The snapshot with the changes made. It is kept until the process ends, which frees it faster than piece by piece.
    pub(crate) fn load(&self, snapshot: &Path, global: &Global) -> Result<&'static Estate, CliError> {
        let overlay = self.overlay(snapshot, global)?;
        let estate = Box::leak(Box::new(Estate::load_with(snapshot, &overlay, global.estate_options())?));
        global.warn(estate.snapshot.deployment_notes().iter().cloned());
        Ok(estate)
    }

    /// A certificate names a snapshot by what its files hold, and that is what they are verified against.
    pub(crate) fn must_be_empty_for_certificate(&self) -> Result<(), CliError> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(CliError::Usage(
                "--certificate is about a snapshot as it was collected: found changes to it".to_owned(),
            )),
        }
    }

    /// What the arguments say, with the files that they name read.
    pub(crate) fn overlay(&self, snapshot: &Path, global: &Global) -> Result<Overlay, CliError> {
        let mut overlay = self.deployments.overlay(snapshot, global)?;
        for value in &self.with_file {
            let (path, file) = parted("--with-file", value)?;
            let edit = FileEdit::Whole(read_json(Path::new(file), "the output of a call")?);
            overlay.files.push(FileChange { path: path.to_owned(), edit });
        }
        for value in &self.patch {
            let (path, file) = parted("--patch", value)?;
            let edit = FileEdit::Patch(read_json(Path::new(file), "a JSON Patch (RFC 6902)")?);
            overlay.files.push(FileChange { path: path.to_owned(), edit });
        }
        for (flag, values) in self.lists() {
            for value in values {
                let (name, what) = parted(flag, value)?;
                overlay.changes.push(parse_change(flag, name, what)?);
            }
        }
        for what in &self.remove {
            overlay.changes.push(parse_removal(what)?);
        }
        Ok(overlay)
    }

    fn lists(&self) -> [(&'static str, &Vec<String>); 10] {
        [
            ("--with", &self.with),
            ("--with-inline", &self.with_inline),
            ("--with-trust", &self.with_trust),
            ("--with-boundary", &self.with_boundary),
            ("--with-attached", &self.with_attached),
            ("--with-member", &self.with_member),
            ("--with-bucket-policy", &self.with_bucket_policy),
            ("--with-resource-policy", &self.with_resource_policy),
            ("--with-scp", &self.with_scp),
            ("--with-scp-target", &self.with_scp_target),
        ]
    }
}

/// The two sides of an argument.
fn parted<'a>(flag: &str, value: &'a str) -> Result<(&'a str, &'a str), CliError> {
    value
        .split_once('=')
        .filter(|(name, what)| !name.is_empty() && !what.is_empty())
        .ok_or_else(|| malformed(flag, value, "NAME=VALUE"))
}

fn malformed(flag: &str, value: &str, expected: &str) -> CliError {
    CliError::Usage(format!("{flag} `{value}`: expected {expected}"))
}

fn parse_change(flag: &'static str, name: &str, what: &str) -> Result<Change, CliError> {
    let (owned, value) = (name.to_owned(), what.to_owned());
    let holder = match flag {
        "--with-boundary" => return Ok(Change::Boundary { principal: owned, policy: Some(value) }),
        "--with-attached" => {
            return Ok(Change::Attached { principal: owned, policy: value, attached: true });
        }
        "--with-member" => return Ok(Change::Member { user: owned, group: value, member: true }),
        "--with-scp-target" => {
            return Ok(Change::ControlTarget { policy: owned, target: value, attached: true });
        }
        "--with-inline" => {
            let expected = "PRINCIPAL/NAME=FILE, such as role/build/limits=limits.json";
            let (principal, policy) = name.rsplit_once('/').ok_or_else(|| malformed(flag, name, expected))?;
            Holder::Inline { principal: principal.to_owned(), name: policy.to_owned() }
        }
        "--with-trust" => Holder::Trust(owned),
        "--with-bucket-policy" | "--with-resource-policy" => Holder::Resource(owned),
        "--with-scp" => Holder::Control(owned),
        _ => Holder::Managed(owned),
    };
    Ok(Change::Document { holder, document: Some(read_json(Path::new(what), "a policy document")?) })
}

/// What a file holds.
fn read_json(path: &Path, expected: &str) -> Result<Given, CliError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::Input(format!("{shown}: cannot be read ({error})")))?;
    let json = Json::parse(&text).map_err(|error| {
        CliError::Input(format!("{shown}: found text that is not JSON ({error}), expected {expected}"))
    })?;
    Ok(Given { json, file: shown.to_string().into() })
}

/// `WHAT` of `--remove`.
fn parse_removal(what: &str) -> Result<Change, CliError> {
    let Some((name, part)) = what.split_once('#') else { return Ok(Change::Gone { what: what.to_owned() }) };
    let (part, statement) = match part.split_once('#') {
        Some((part, statement)) => (part, Some(statement)),
        None => (part, None),
    };
    let expected = "a name, a name#part, or a name#part#statement";
    let named = name.to_owned();
    let after = |prefix: &str| part.strip_prefix(prefix).filter(|rest| !rest.is_empty()).map(str::to_owned);
    let holder = if let Some(policy) = after("inline/") {
        Holder::Inline { principal: named, name: policy }
    } else if part == "policy" {
        Holder::Resource(named)
    } else if part == "trust" {
        Holder::Trust(named)
    } else if statement.is_some() {
        return Err(malformed("--remove", what, expected));
    } else if part == "boundary" {
        return Ok(Change::Boundary { principal: named, policy: None });
    } else if let Some(policy) = after("attached/") {
        return Ok(Change::Attached { principal: named, policy, attached: false });
    } else if let Some(group) = after("member/") {
        return Ok(Change::Member { user: named, group, member: false });
    } else if let Some(target) = after("target/") {
        return Ok(Change::ControlTarget { policy: named, target, attached: false });
    } else {
        return without_statement(holder_of_statements(name), part)
            .ok_or_else(|| malformed("--remove", what, expected));
    };
    match statement {
        Some(statement) => {
            without_statement(Some(holder), statement).ok_or_else(|| malformed("--remove", what, expected))
        }
        None => Ok(Change::Document { holder, document: None }),
    }
}

fn without_statement(holder: Option<Holder>, statement: &str) -> Option<Change> {
    let statement = Some(statement.to_owned()).filter(|statement| !statement.is_empty())?;
    Some(Change::WithoutStatement { holder: holder?, statement })
}

/// The document that a name alone stands for: a managed policy, a resource's policy, a control policy.
fn holder_of_statements(name: &str) -> Option<Holder> {
    let is_iam = name.starts_with("arn:") && name.contains(":iam:");
    let short = ["role/", "user/", "group/"].iter().any(|kind| name.starts_with(kind));
    let named = name.to_owned();
    match () {
        () if name.is_empty() || short => None,
        () if name.starts_with("policy/") || (is_iam && name.contains(":policy/")) => {
            Some(Holder::Managed(named))
        }
        () if is_iam => None,
        () if name.starts_with("arn:") => Some(Holder::Resource(named)),
        () => Some(Holder::Control(named)),
    }
}
