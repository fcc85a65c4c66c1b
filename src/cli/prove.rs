//! `prove`.

use super::claim::{is_question, parse_question};
use super::overlay::OverlayArguments;
use super::primitives::escalation;
use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::check::{Judgement, Names, Property};
use crate::config::Config;
use crate::prove::{Claims, prove};
use crate::question::Selector;
use crate::render;
use clap::Args;
use std::path::{Path, PathBuf};

/// `gateproof prove`
#[derive(Debug, Clone, Args)]
pub(crate) struct Prove {
    /// The snapshot before the change.
    old: PathBuf,
    /// The snapshot after it; where not given, the old one with the changes that are named.
    new: Option<PathBuf>,
    /// What is open and should be closed: a file of properties that are violated before, or a question: "can …", "who-can …" or "reach …"
    /// with the flags of that command. Repeatable.
    #[arg(long, required = true, value_name = "FILE|QUESTION")]
    gap: Vec<String>,
    /// What is needed: a file of properties that hold, and must hold after. Repeatable.
    #[arg(long, value_name = "FILE")]
    keep: Vec<PathBuf>,
    /// Whose new access is meant. Repeatable.
    #[arg(long, value_name = "SEL")]
    may_gain: Vec<String>,
    #[command(flatten)]
    changes: OverlayArguments,
}

impl Prove {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_export_json("prove")?;
        let config = Config::beside(&self.old, global.config.as_deref())?;
        let may_gain: Vec<Selector> = self.may_gain.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let gap = read_gaps(&self.gap, &config)?;
        let keep = read_properties(&self.keep, &config)?;
        let old = Estate::load(&self.old, global.estate_options())?;
        global.warn_of_problems(old.snapshot.problems());
        let new = self.changed(global)?;
        let mut settings = escalation(global, &config, global.settings(&config))?;
        settings.ask.effort.timeout *= questions(gap.len(), keep.len());
        let watch = Watch::start(&settings.ask, global.quiet);
        let proved = prove((&old, new), &Claims { gap, keep, may_gain }, &settings)?;
        drop(watch);
        global.publish(&render::prove::json(&proved), &render::prove::text(&proved), None)?;
        Ok(exit_of(proved.judgement()))
    }

    fn changed(&self, global: &Global) -> Result<&'static Estate, CliError> {
        match &self.new {
            Some(new) => self.changes.load(new, global),
            None if self.changes.is_empty() => {
                Err(CliError::Usage("prove: found no change, expected NEW, --with… or --remove".to_owned()))
            }
            None => self.changes.load(&self.old, global),
        }
    }
}

/// So many questions a proof asks: each gap before, after, in any number of steps and for siblings, each need before and after, and who gains.
fn questions(gaps: usize, needs: usize) -> u32 {
    u32::try_from(4 * gaps + 2 * needs + 1).unwrap_or(u32::MAX)
}

/// The exit code of a proof.
fn exit_of(judgement: Judgement) -> u8 {
    match judgement {
        Judgement::Holds => exit::ANSWERED,
        Judgement::Violated => exit::REACHABLE,
        Judgement::Undecided => exit::UNDECIDED,
    }
}

/// Gaps: questions, or the properties of files.
pub(super) fn read_gaps(given: &[String], config: &Config) -> Result<Vec<Property>, CliError> {
    let mut gaps = Vec::new();
    for text in given {
        match is_question(text) {
            true => gaps.push(parse_question(text)?.into()),
            false => gaps.extend(read_properties(&[PathBuf::from(text)], config)?),
        }
    }
    Ok(gaps)
}

/// The properties of files.
pub(super) fn read_properties(files: &[PathBuf], config: &Config) -> Result<Vec<Property>, CliError> {
    let names = Names { groups: config.groups().clone(), intent: config.intent()?, ..Names::default() };
    let read = |file: &PathBuf| super::check::read_properties(Path::new(file), &names);
    let files = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(files.into_iter().flat_map(|file| file.properties).collect())
}
