//! `edges`.

use super::primitives::escalation;
use super::{CliError, Format, Global, exit};
use crate::ask::Estate;
use crate::config::Config;
use crate::escalation::Edge;
use crate::render;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// `gateproof edges`
#[derive(Debug, Clone, Args)]
pub(crate) struct Edges {
    /// The snapshot.
    snapshot: PathBuf,
}

impl Edges {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_not_export("edges")?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = escalation(global, &config, global.settings(&config))?;
        let mut out = std::io::stdout().lock();
        let mut written = Ok(());
        let line = |edge: Edge| match global.format {
            Format::Json => render::json::edge(&edge),
            Format::Text => render::text::edge(&edge),
        };
        estate.each_edge(&settings, line, &mut |lines| {
            written = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
            written.is_ok()
        });
        written?;
        out.flush()?;
        Ok(exit::ANSWERED)
    }
}
