//! `edges`.

use super::primitives::escalation;
use super::{CliError, Format, Global, exit};
use crate::ask::Estate;
use crate::config::Config;
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
        let edges = estate.edges(&settings);
        let mut out = std::io::stdout().lock();
        for edge in &edges {
            match global.format {
                Format::Json => writeln!(out, "{}", render::json::edge(edge))?,
                Format::Text => writeln!(out, "{}", render::text::edge(edge))?,
            }
        }
        out.flush()?;
        Ok(exit::ANSWERED)
    }
}
