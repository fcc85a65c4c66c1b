//! `fix`.

use super::overlay::OverlayArguments;
use super::primitives::escalation;
use super::prove::{read_gaps, read_properties};
use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::config::Config;
use crate::prove::fix::{Fixes, Proposal, Workshop, fix};
use crate::render;
use clap::Args;
use std::path::{Path, PathBuf};

/// `gateproof fix`
#[derive(Debug, Clone, Args)]
pub(crate) struct Fix {
    /// The snapshot.
    snapshot: PathBuf,
    /// What is violated: a file of properties, or a question: "can …", "who-can …" or "reach …" with the flags of that command.
    #[arg(value_name = "FILE|QUESTION")]
    gap: String,
    /// What is needed: a file of properties that hold, and must hold after. Repeatable.
    #[arg(long, value_name = "FILE")]
    keep: Vec<PathBuf>,
    /// Writes the changed documents of the first proposal to this directory, with the flags that apply them.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    changes: OverlayArguments,
}

impl Fix {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_export_json("fix")?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let gaps = read_gaps(std::slice::from_ref(&self.gap), &config)?;
        let keep = read_properties(&self.keep, &config)?;
        let base = self.changes.overlay(&self.snapshot, global)?;
        let estate = self.changes.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let mut settings = escalation(global, &config, global.settings(&config))?;
        settings.ask.effort.timeout *= PROPOSALS;
        let workshop = Workshop {
            estate,
            with: &|overlay| {
                let mut all = base.clone();
                all.changes.extend(overlay.changes.iter().cloned());
                Estate::load_with(&self.snapshot, &all, global.estate_options())
            },
            read: &|holder| estate.document(&self.snapshot, holder),
            outputs: &|operation| estate.outputs(&self.snapshot, operation),
        };
        let mut all: Vec<(String, Fixes)> = Vec::new();
        for gap in &gaps {
            let watch = Watch::start(&settings.ask, global.quiet);
            all.push((gap.name.clone(), fix(&workshop, gap, &keep, &settings)?));
            drop(watch);
        }
        if let (Some(folder), Some(proposal)) = (&self.out, all.iter().find_map(|(_, f)| f.proposals.first()))
        {
            write(folder, proposal)?;
        }
        global.publish(&render::fix::json(&all), &render::fix::text(&all), None)?;
        let found = all.iter().all(|(_, fixes)| !fixes.proposals.is_empty());
        Ok(if found { exit::ANSWERED } else { exit::REACHABLE })
    }
}

/// The time of so many questions is given to one property: most proposals take several.
const PROPOSALS: u32 = 20;

/// Writes the documents, and the flags that apply them.
fn write(folder: &Path, proposal: &Proposal) -> Result<(), CliError> {
    let failed = |path: &Path, error: std::io::Error| {
        CliError::Input(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, document) in render::fix::files(proposal) {
        let path = folder.join(name);
        std::fs::write(&path, document).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
