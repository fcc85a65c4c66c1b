//! `check`.

use super::export::{Forms, Report};
use super::overlay::OverlayArguments;
use super::primitives::escalation;
use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::{Progress, Settings};
use crate::check::{Checked, Judgement, Names, PropertyFile, decide};
use crate::config::Config;
use crate::escalation::EscalationSettings;
use crate::render;
use crate::solver::Cancellation;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `gateproof check`
#[derive(Debug, Clone, Args)]
pub(crate) struct Check {
    /// The snapshot.
    snapshot: PathBuf,
    /// Files of properties.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The value of a parameter of the files: NAME=VALUE. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_value)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    changes: OverlayArguments,
}

fn parse_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

impl Check {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let files = self.read(&config)?;
        let estate = self.changes.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = escalation(global, &config, global.settings(&config))?;
        let mut checked = Vec::new();
        for file in &files {
            for property in &file.properties {
                let settings = EscalationSettings { ask: afresh(&settings.ask), ..settings.clone() };
                let watch = Watch::start(&settings.ask, global.quiet);
                let decided =
                    decide(property, estate, &settings).map_err(|error| file.locate(property, &error))?;
                drop(watch);
                checked.push(Checked { file: file.name().to_owned(), property: property.clone(), decided });
            }
        }
        let (json, table) = (render::check::json(&checked), render::check::table(&checked));
        let forms = Forms { json: &json, table: Some(&table), report: Some(Report::Check(&checked)) };
        global.publish_forms(&forms, &render::check::text(&checked))?;
        let some = |judgement| checked.iter().any(|one| one.decided.judgement == judgement);
        Ok(match (some(Judgement::Violated), some(Judgement::Undecided)) {
            (true, _) => exit::REACHABLE,
            (false, true) => exit::UNDECIDED,
            (false, false) => exit::ANSWERED,
        })
    }

    /// All files, every property called differently.
    fn read(&self, config: &Config) -> Result<Vec<PropertyFile>, CliError> {
        let set: BTreeMap<String, String> = self.set.iter().cloned().collect();
        let names =
            Names { set, groups: config.groups().clone(), intent: config.intent()?, folder: PathBuf::new() };
        let files =
            self.files.iter().map(|file| read_properties(file, &names)).collect::<Result<Vec<_>, _>>()?;
        let unknown = names.set.keys().find(|name| !files.iter().any(|file| file.has_parameter(name)));
        if let Some(name) = unknown {
            return Err(CliError::Usage(format!("--set {name}: no file has a parameter of that name")));
        }
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for (file, property) in
            files.iter().flat_map(|file| file.properties.iter().map(move |one| (file, one)))
        {
            if let Some(other) = known.insert(&property.name, file.name()) {
                let found = format!(
                    "found `{}` a second time (first in {other}), expected a name of its own",
                    property.name
                );
                return Err(file.wrong(property, found).into());
            }
        }
        Ok(files)
    }
}

/// Reads a file of properties; names of files in it are relative to its directory.
pub(super) fn read_properties(file: &Path, names: &Names) -> Result<PropertyFile, CliError> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| CliError::Input(format!("{shown}: {error}")))?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    Ok(PropertyFile::parse(&shown, &text, &Names { folder, ..names.clone() })?)
}

/// The settings of a question of its own: the time of the one before it is not its time.
fn afresh(settings: &Settings) -> Settings {
    let mut own = settings.clone();
    own.effort.limits.search.cancellation = Cancellation::default();
    own.progress = Progress::default();
    own
}
