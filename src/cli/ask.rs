//! `can` and `who-can`.

use super::certify::certify;
use super::overlay::OverlayArguments;
use super::primitives::escalation;
use super::watch::Watch;
use super::{CliError, Global, asked, exit};
use crate::ask::{self, Estate, stands_for_unlisted};
use crate::certificate::Question;
use crate::config::Config;
use crate::question::{Quantifier, Requests, Selector, Verdict};
use crate::render;
use crate::render::table::Table;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

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
    /// Writes down the proofs of those who can't, for `verify-certificate`.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// What decides.
    #[arg(long, value_enum, default_value_t = Encoding::Classes)]
    encoding: Encoding,
    #[command(flatten)]
    overlay: OverlayArguments,
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
        Ok(Requests {
            actions: asked::parse_actions(&self.action)?,
            resources: asked::parse_resources(&self.resource)?,
            access: asked::parse_access(&self.access)?,
            within: asked::parse_within(&self.within)?,
            when: asked::parse_conditions(&self.when)?,
        })
    }

    fn estate(
        &self,
        snapshot: &Path,
        global: &Global,
        requests: &Requests,
    ) -> Result<&'static Estate, CliError> {
        if self.certificate.is_some() {
            self.overlay.must_be_empty_for_certificate()?;
        }
        let estate = self.overlay.load(snapshot, global)?;
        global.warn(asked::doubts(requests, estate.catalogue));
        global.warn_of_problems(estate.snapshot.problems());
        Ok(estate)
    }
}

/// `gateproof can`
#[derive(Debug, Clone, Args)]
pub(crate) struct Can {
    /// The snapshot.
    snapshot: PathBuf,
    /// Who: an ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME, committers:PIPELINE.
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
        let given: Vec<Selector> = self.principal.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.matching.estate(&self.snapshot, global, &requests)?;
        let quantifier = if self.every { Quantifier::Every } else { Quantifier::Some };
        let settings = self.matching.settings(global, &config);
        let watch = Watch::start(&settings, global.quiet);
        let principals = estate.without_pipelines(&given, &settings)?;
        let mut answer = estate.can(&principals, &requests, quantifier, &settings)?;
        if quantifier == Quantifier::Some {
            estate.find_obstacles(&principals, &requests, &settings, &mut answer)?;
        }
        drop(watch);
        let json = render::json::can(&given, &requests, quantifier, &answer);
        let text = render::text::can(&answer, estate.snapshot.problems());
        let verdict = answer.overall.verdict;
        let table = Table::of_answers(format!("can: {verdict}"), &answer.principals);
        global.publish(&json, &text, Some(&table))?;
        if let Some(file) = &self.matching.certificate {
            let question = question(Some(&principals), &requests, quantifier, &settings, estate);
            certify(
                global,
                estate,
                &self.snapshot,
                question,
                answer.principals.iter().map(|(_, a)| a),
                file,
            )?;
        }
        Ok(match verdict {
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
    /// Also lists who can come to it in any number of steps.
    #[arg(long, conflicts_with = "certificate")]
    through_escalation: bool,
}

impl WhoCan {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let requests = self.matching.requests()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.matching.estate(&self.snapshot, global, &requests)?;
        let settings = self.matching.settings(global, &config);
        let watch = Watch::start(&settings, global.quiet);
        let answers = match self.through_escalation {
            true => estate.who_can_come_to(&requests, &escalation(global, &config, settings.clone())?)?,
            false => estate.who_can(&requests, &settings)?,
        };
        drop(watch);
        let json = render::json::who_can(&requests, &answers);
        let text = render::text::who_can(&answers, estate.snapshot.problems());
        let title = format!("who can {}", requests.actions.join(", "));
        let listed: Vec<_> =
            answers.iter().filter(|(_, a)| a.verdict != Verdict::Impossible).cloned().collect();
        global.publish(&json, &text, Some(&Table::of_answers(title, &listed)))?;
        if let Some(file) = &self.matching.certificate {
            let question = question(None, &requests, Quantifier::Some, &settings, estate);
            let listed = answers.iter().filter(|(principal, _)| !stands_for_unlisted(principal));
            certify(global, estate, &self.snapshot, question, listed.map(|(_, a)| a), file)?;
        }
        let undecided = answers.iter().any(|(_, a)| a.verdict == Verdict::Undecided);
        Ok(if undecided { exit::UNDECIDED } else { exit::ANSWERED })
    }
}

/// The question as a certificate holds it.
fn question(
    principals: Option<&[Selector]>,
    requests: &Requests,
    quantifier: Quantifier,
    settings: &ask::Settings,
    estate: &Estate,
) -> Question {
    let (environments, missing, rules) = (&settings.environments, estate.missing, estate.rules);
    Question::new(principals, requests, quantifier, environments, missing, rules)
}
