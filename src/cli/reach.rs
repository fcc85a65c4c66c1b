//! `reach`.

use super::certify::certify_invariants;
use super::watch::Watch;
use super::{CliError, Global, asked, exit};
use crate::ask::{Estate, Settings};
use crate::certificate::ReachQuestion;
use crate::config::Config;
use crate::escalation::{EscalationSettings, Graph, Target};
use crate::question::{Requests, Selector, Verdict};
use crate::render;
use clap::Args;
use gateproof_encodings::primitive;
use std::path::{Path, PathBuf};

/// `gateproof reach`
#[derive(Debug, Clone, Args)]
pub(crate) struct Reach {
    /// The snapshot.
    snapshot: PathBuf,
    /// From whom: an ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE.
    #[arg(long, required = true, value_name = "SEL")]
    from: Vec<String>,
    /// To which action: globs; repeatable, comma-separated.
    #[arg(long, value_name = "GLOB", required_unless_present = "controls", conflicts_with = "controls")]
    action: Vec<String>,
    /// On which resources: globs; all where not given.
    #[arg(long, value_name = "GLOB")]
    resource: Vec<String>,
    /// Keeps resources of these accounts: account:ID or env:NAME.
    #[arg(long = "in", value_name = "SEL")]
    within: Vec<String>,
    /// Keeps actions of these levels: read, list, write, tagging, permissions-management.
    #[arg(long, value_name = "LEVELS")]
    access: Vec<String>,
    /// To a session of one of these principals.
    #[arg(long, value_name = "SEL")]
    controls: Vec<String>,
    /// What must hold of the starting session and its requests.
    #[arg(long, value_name = "COND")]
    when: Vec<String>,
    /// How many chains are shown.
    #[arg(long, value_name = "N", default_value_t = 1)]
    chains: usize,
    /// Looks for every path and writes their union: a `.dot` file for Graphviz, or a `.json` file.
    #[arg(long, value_name = "FILE")]
    graph: Option<PathBuf>,
    /// Also proposes a smallest set of statements whose removal puts the target out of reach.
    #[arg(long)]
    cut: bool,
    /// Writes down the proofs of those who can't, for `verify-certificate`.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

impl Reach {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let from: Vec<Selector> = self.from.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let when = asked::parse_conditions(&self.when)?;
        let target = self.target()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = EscalationSettings {
            chains: self.chains,
            all_paths: self.graph.is_some(),
            ..escalation(global.settings(&config))?
        };
        let watch = Watch::start(&settings.ask, global.quiet);
        let answer = estate.reach(&from, &when, &target, &settings)?;
        let cut = match self.cut && answer.overall.verdict == Verdict::Reachable {
            true => Some(estate.cut(&from, &when, &target, &settings)?),
            false => None,
        };
        drop(watch);
        if let Some(file) = &self.graph {
            write_graph(&answer.graph, file)?;
        }
        let json = render::json::reach(&from, &when, &target, &answer, cut.as_ref());
        let text = render::text::reach(&answer, cut.as_ref(), estate.snapshot.problems());
        global.publish(&json, &text, None)?;
        if let Some(file) = &self.certificate {
            let (environments, missing, rules) = (&settings.ask.environments, estate.missing, estate.rules);
            let question = ReachQuestion::new(&from, &when, &target, environments, missing, rules);
            certify_invariants(global, &estate, &self.snapshot, (question, &settings), &answer, file)?;
        }
        Ok(match answer.overall.verdict {
            Verdict::Reachable => exit::REACHABLE,
            Verdict::Impossible => exit::ANSWERED,
            Verdict::Undecided => exit::UNDECIDED,
        })
    }

    fn target(&self) -> Result<Target, CliError> {
        if !self.controls.is_empty() {
            return Ok(Target::Controls(self.controls.iter().map(|s| s.parse()).collect::<Result<_, _>>()?));
        }
        Ok(Target::Access(Requests {
            actions: asked::parse_actions(&self.action)?,
            resources: asked::parse_resources(&self.resource)?,
            access: asked::parse_access(&self.access)?,
            within: asked::parse_within(&self.within)?,
            when: Vec::new(),
        }))
    }
}

/// How escalation is looked for, with the steps that come with the program.
pub(super) fn escalation(ask: Settings) -> Result<EscalationSettings, CliError> {
    let primitives = primitive::embedded().map_err(|e| CliError::Input(e.to_string()))?;
    Ok(EscalationSettings { ask, primitives: primitives.to_vec(), chains: 1, all_paths: false })
}

fn write_graph(graph: &Graph, file: &Path) -> Result<(), CliError> {
    let text = match file.extension().and_then(|e| e.to_str()) {
        Some("dot") => graph.to_dot(),
        Some("json") => serde_json::to_string_pretty(graph).map_err(std::io::Error::from)?,
        _ => {
            let shown = file.display();
            return Err(CliError::Usage(format!(
                "--graph {shown}: expected a name that ends in .dot or .json"
            )));
        }
    };
    std::fs::write(file, text)
        .map_err(|error| CliError::Input(format!("cannot write {}: {error}", file.display())))
}
