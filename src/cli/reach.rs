//! `reach`.

use super::certify::certify_invariants;
use super::overlay::OverlayArguments;
use super::primitives::{escalation, read_ahead};
use super::watch::Watch;
use super::{CliError, Global, asked, exit};
use crate::certificate::ReachQuestion;
use crate::config::Config;
use crate::escalation::{Attack, EscalationSettings, Graph, Target};
use crate::question::{Requests, Selector, Verdict};
use crate::render;
use clap::Args;
use std::path::{Path, PathBuf};

/// `gateproof reach`
#[derive(Debug, Clone, Args)]
pub(crate) struct Reach {
    /// The snapshot.
    snapshot: PathBuf,
    /// From whom: an ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME, committers:PIPELINE.
    #[arg(long, required = true, value_name = "SEL")]
    from: Vec<String>,
    /// One attacker holds all of them at once; otherwise each is asked about by itself.
    #[arg(long)]
    together: bool,
    /// To which action: globs; repeatable, comma-separated. Of several targets, any is enough.
    #[arg(long, value_name = "GLOB", required_unless_present_any = ["controls", "administrator", "reads"])]
    action: Vec<String>,
    /// On which resources: globs; all where not given.
    #[arg(long, value_name = "GLOB", requires = "action")]
    resource: Vec<String>,
    /// Keeps resources of these accounts: account:ID or env:NAME.
    #[arg(long = "in", value_name = "SEL", requires = "action")]
    within: Vec<String>,
    /// Keeps actions of these levels: read, list, write, tagging, permissions-management.
    #[arg(long, value_name = "LEVELS", requires = "action")]
    access: Vec<String>,
    /// To a session of one of these principals.
    #[arg(long, value_name = "SEL")]
    controls: Vec<String>,
    /// To administrative access to one of these accounts: account:ID or env:NAME.
    #[arg(long, value_name = "SEL")]
    administrator: Vec<String>,
    /// To the content of secrets, parameters or objects of such an ARN: globs; repeatable, comma-separated.
    #[arg(long, value_name = "GLOB")]
    reads: Vec<String>,
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
    /// First looks for a proof that holds for whoever is in the accounts of `--from`, whatever the policies there say.
    #[arg(long, conflicts_with = "graph")]
    for_anyone: bool,
    /// Writes down the proofs of those who can't, for `verify-certificate`.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl Reach {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let from: Vec<Selector> = self.from.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let when = asked::parse_conditions(&self.when)?;
        let target = self.target()?;
        read_ahead();
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        if self.certificate.is_some() {
            self.overlay.must_be_empty_for_certificate()?;
        }
        let estate = self.overlay.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = EscalationSettings {
            chains: self.chains,
            all_paths: self.graph.is_some(),
            for_anyone: self.for_anyone,
            ..escalation(global, &config, global.settings(&config))?
        };
        let watch = Watch::start(&settings.ask, global.quiet);
        let asked = Attack { from: &from, together: self.together, when: &when, target: &target };
        let (from, target) = (
            estate.without_pipelines(&from, &settings.ask)?,
            target.without_pipelines(estate, &settings.ask)?,
        );
        let attack = Attack { from: &from, target: &target, ..asked };
        let answer = estate.attack(&attack, &settings)?;
        let cut = match self.cut && answer.overall.verdict == Verdict::Reachable {
            true => Some(estate.cut(&attack, &settings)?),
            false => None,
        };
        drop(watch);
        if let Some(file) = &self.graph {
            write_graph(&answer.graph, file)?;
        }
        let json = render::json::reach(&asked, &answer, cut.as_ref());
        let text = render::chains::reach(&answer, cut.as_ref(), estate.snapshot.problems());
        global.publish(&json, &text, None)?;
        if let Some(file) = &self.certificate {
            let (environments, missing, rules) = (&settings.ask.environments, estate.missing, estate.rules);
            let question = ReachQuestion::new(&from, &when, &target, environments, missing, rules);
            let question = if self.together { question.held_together() } else { question };
            certify_invariants(global, estate, &self.snapshot, (question, &settings), &answer, file)?;
        }
        Ok(match answer.overall.verdict {
            Verdict::Reachable => exit::REACHABLE,
            Verdict::Impossible => exit::ANSWERED,
            Verdict::Undecided => exit::UNDECIDED,
        })
    }

    fn target(&self) -> Result<Target, CliError> {
        let selectors =
            |texts: &[String]| texts.iter().map(|s| s.parse()).collect::<Result<Vec<Selector>, _>>();
        let mut targets = Vec::new();
        if !self.action.is_empty() {
            targets.push(Target::Access(Requests {
                actions: asked::parse_actions(&self.action)?,
                resources: asked::parse_resources(&self.resource)?,
                access: asked::parse_access(&self.access)?,
                within: asked::parse_within(&self.within)?,
                when: Vec::new(),
            }));
        }
        if !self.controls.is_empty() {
            targets.push(Target::Controls(selectors(&self.controls)?));
        }
        if !self.administrator.is_empty() {
            targets.push(Target::Administers(asked::parse_accounts("--administrator", &self.administrator)?));
        }
        if !self.reads.is_empty() {
            targets.push(Target::Reads(asked::parse_arns("--reads", &self.reads)?));
        }
        Ok(Target::AnyOf(targets))
    }
}

fn write_graph(graph: &Graph, file: &Path) -> Result<(), CliError> {
    let text = match file.extension().and_then(|e| e.to_str()) {
        Some("dot") => graph.to_dot(),
        Some("json") => {
            serde_json::to_string_pretty(&render::json::graph(graph)).map_err(std::io::Error::from)?
        }
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
