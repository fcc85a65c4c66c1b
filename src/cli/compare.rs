//! `compare`: two policies, or two snapshots.

use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::compare::{Comparer, PolicyKind, PolicyOf, Relation, compare_estates};
use crate::config::Config;
use crate::question::Selector;
use crate::render;
use clap::{Args, ValueEnum};
use gateproof_model::json::Json;
use std::fs;
use std::path::{Path, PathBuf};

/// `gateproof compare`
#[derive(Debug, Clone, Args)]
pub(crate) struct Compare {
    /// A policy, or a snapshot.
    old: PathBuf,
    /// What it is to become.
    new: PathBuf,
    /// What kind of policies they are; identity policies where not given.
    #[arg(long = "type", value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// Of resource and trust policies: the ARN of the resource or role.
    #[arg(long, value_name = "ARN")]
    resource: Option<String>,
    /// Of resource policies: the type of the resource, as CloudFormation names it (AWS::KMS::Key).
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Of snapshots: whom to compare; everybody where not given. An ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME, committers:PIPELINE.
    #[arg(long, value_name = "SEL", conflicts_with_all = ["kind", "resource", "resource_type"])]
    principal: Vec<String>,
}

/// A kind of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Of users, groups and roles; boundaries and session policies too.
    Identity,
    /// Of a resource.
    Resource,
    /// Of a role: who may assume it.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
}

impl From<Kind> for PolicyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Resource => Self::Resource,
            Kind::Trust => Self::Trust,
            Kind::Scp => Self::Scp,
            Kind::Rcp => Self::Rcp,
        }
    }
}

/// Policies are smaller than this.
const LONGEST: u64 = 1_000_000;

impl Compare {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_export_json("compare")?;
        let told = self.kind.is_some() || self.resource.is_some() || self.resource_type.is_some();
        match (told || is_policy(&self.old), told || is_policy(&self.new)) {
            (true, true) => self.policies(global),
            (false, false) => self.snapshots(global),
            _ => Err(CliError::Usage(format!(
                "{} and {}: found a policy and a snapshot, expected two of a kind",
                self.old.display(),
                self.new.display()
            ))),
        }
    }

    fn policies(&self, global: &Global) -> Result<u8, CliError> {
        let kind = self.kind.unwrap_or(if self.resource.is_some() || self.resource_type.is_some() {
            Kind::Resource
        } else {
            Kind::Identity
        });
        let of =
            PolicyOf::kind(kind.into()).of_resource(self.resource.as_deref(), self.resource_type.as_deref());
        let [old, new] = [&self.old, &self.new].map(|path| {
            let name = path.display().to_string();
            let text =
                fs::read_to_string(path).map_err(|error| CliError::Input(format!("{name}: {error}")))?;
            of.kind.parse_policy(&text, &name).map_err(CliError::Input)
        });
        let (old, new) = (old?, new?);
        let settings = global.settings(&Config::default());
        let watch = Watch::start(&settings, global.quiet);
        let answer = Comparer::within(settings.effort.limits.clone()).compare_documents(&old, &new, &of);
        drop(watch);
        let names = [&self.old, &self.new].map(|path| path.display().to_string());
        let json = render::compare::policies_json(&names, &of, &answer);
        global.publish(&json, &render::compare::policies_text(&answer), None)?;
        Ok(code(answer.relation, !answer.gained.is_empty()))
    }

    fn snapshots(&self, global: &Global) -> Result<u8, CliError> {
        let among: Vec<Selector> = self.principal.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let config = Config::beside(&self.new, global.config.as_deref())?;
        let options = global.estate_options();
        let (old, new) = (Estate::load(&self.old, options)?, Estate::load(&self.new, options)?);
        for estate in [&old, &new] {
            global.warn_of_problems(estate.snapshot.problems());
        }
        let settings = global.settings(&config);
        let watch = Watch::start(&settings, global.quiet);
        let answer = compare_estates(&old, &new, &among, &settings)?;
        drop(watch);
        let names = [&self.old, &self.new].map(|path| path.display().to_string());
        let json = render::compare::snapshots_json(&names, &among, &answer);
        global.publish(&json, &render::compare::snapshots_text(&answer), None)?;
        Ok(code(answer.relation, answer.certainly_gains()))
    }
}

/// Wider and incomparable are what a change must not be.
fn code(relation: Relation, gains: bool) -> u8 {
    match relation {
        _ if gains => exit::WIDER,
        Relation::Undecided => exit::UNDECIDED,
        Relation::Equal | Relation::Narrower => exit::ANSWERED,
        Relation::Wider | Relation::Incomparable => exit::WIDER,
    }
}

/// Whether a file holds a policy document rather than a snapshot.
fn is_policy(path: &Path) -> bool {
    let short = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST);
    let text = short.then(|| fs::read_to_string(path).ok()).flatten();
    text.and_then(|text| Json::parse(&text).ok()).is_some_and(|json| json.get("Statement").is_some())
}
