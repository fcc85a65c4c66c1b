//! `can` and `who-can`.

use super::{CliError, Global, exit};
use crate::ask::{self, Estate};
use crate::config::Config;
use crate::question::{Quantifier, Requests, Selector, Verdict};
use crate::render;
use clap::{Args, ValueEnum};
use gateproof_model::catalogue::AccessLevel;
use std::path::PathBuf;

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Encoding {
    /// Classes of texts; strings only where they give up.
    Classes,
    /// Strings in Z3; for an impossible the classes must prove it too.
    Strings,
}

/// Which requests are asked about.
#[derive(Debug, Clone, Args)]
struct Matching {
    /// Action globs; repeatable, comma-separated.
    #[arg(long, required = true, value_name = "GLOB")]
    action: Vec<String>,
    /// Resource globs; repeatable, comma-separated; all where not given.
    #[arg(long, value_name = "GLOB")]
    resource: Vec<String>,
    /// Keeps resources of these accounts: account:ID or env:NAME.
    #[arg(long = "in", value_name = "SEL")]
    within: Vec<String>,
    /// What must hold of the session and its requests: KEY=VALUE, KEY!=VALUE, KEY~GLOB, KEY=absent, KEY=present.
    #[arg(long, value_name = "COND")]
    when: Vec<String>,
    /// Keeps actions of these levels: read, list, write, tagging, permissions-management.
    #[arg(long, value_name = "LEVELS")]
    access: Vec<String>,
    /// What decides.
    #[arg(long, value_enum, default_value_t = Encoding::Classes)]
    encoding: Encoding,
}

impl Matching {
    fn settings(&self, global: &Global, config: &Config) -> ask::Settings {
        let mut settings = global.settings(config);
        settings.effort.encoding = match self.encoding {
            Encoding::Classes => ask::Encoding::Classes,
            Encoding::Strings => ask::Encoding::Strings,
        };
        settings
    }

    fn requests(&self) -> Result<Requests, CliError> {
        let mut requests = Requests {
            actions: self.action.clone(),
            resources: self.resource.clone(),
            ..Requests::default()
        };
        for selector in self.within.iter().flat_map(|s| s.split(',')) {
            requests.within.push(selector.parse()?);
        }
        for condition in &self.when {
            requests.when.push(condition.parse()?);
        }
        for level in self.access.iter().flat_map(|l| l.split(',')) {
            let known = AccessLevel::parse(level.trim());
            requests.access.push(known.ok_or_else(|| {
                let expected = "read, list, write, tagging or permissions-management";
                CliError::Input(format!("access level `{level}`: expected {expected}"))
            })?);
        }
        Ok(requests)
    }
}

/// `gateproof can`
#[derive(Debug, Clone, Args)]
pub(crate) struct Can {
    /// The snapshot.
    snapshot: PathBuf,
    /// Who: an ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE.
    #[arg(long, required = true, value_name = "SEL")]
    principal: Vec<String>,
    #[command(flatten)]
    matching: Matching,
    /// Asks whether every matching request is allowed.
    #[arg(long)]
    every: bool,
}

impl Can {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let requests = self.matching.requests()?;
        let principals: Vec<Selector> = self.principal.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        let quantifier = if self.every { Quantifier::Every } else { Quantifier::Some };
        let settings = self.matching.settings(global, &config);
        let watchdog = Global::watch(&settings);
        let answer = estate.can(&principals, &requests, quantifier, &settings)?;
        drop(watchdog);
        let json = render::json::can(&principals, &requests, quantifier, &answer);
        let text = render::text::can(&answer, estate.snapshot.problems());
        global.publish(&json, &text)?;
        Ok(match answer.overall.verdict {
            Verdict::Reachable => exit::REACHABLE,
            Verdict::Impossible => exit::ANSWERED,
            Verdict::Undecided => exit::UNDECIDED,
        })
    }
}

/// `gateproof who-can`
#[derive(Debug, Clone, Args)]
pub(crate) struct WhoCan {
    /// The snapshot.
    snapshot: PathBuf,
    #[command(flatten)]
    matching: Matching,
}

impl WhoCan {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let requests = self.matching.requests()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        let settings = self.matching.settings(global, &config);
        let watchdog = Global::watch(&settings);
        let answers = estate.who_can(&requests, &settings)?;
        drop(watchdog);
        let json = render::json::who_can(&requests, &answers);
        let text = render::text::who_can(&answers, estate.snapshot.problems());
        global.publish(&json, &text)?;
        let undecided = answers.iter().any(|(_, a)| a.verdict == Verdict::Undecided);
        Ok(if undecided { exit::UNDECIDED } else { exit::ANSWERED })
    }
}
