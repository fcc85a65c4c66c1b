//! `edges`.

use super::overlay::OverlayArguments;
use super::primitives::{escalation, read_ahead};
use super::watch::Watch;
use super::{CliError, Format, Global, exit};
use crate::config::Config;
use crate::escalation::Edge;
use crate::render;
use clap::Args;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// `gateproof edges`
#[derive(Debug, Clone, Args)]
pub(crate) struct Edges {
    /// The snapshot.
    snapshot: PathBuf,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl Edges {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_not_export("edges")?;
        read_ahead();
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.overlay.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = escalation(global, &config, global.settings(&config))?;
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut written = Ok(());
        let line = |edge: Edge| match global.format {
            Format::Json => render::json::edge(&edge),
            Format::Text => render::text::edge(&edge),
        };
        let watch = Watch::start(&settings.ask, global.quiet);
        let complete = estate.each_edge(&settings, line, &mut |lines| {
            written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
            written.is_ok()
        });
        drop(watch);
        written?;
        out.flush()?;
        if !complete {
            global.warn(["the time is up: the list is not complete".to_owned()]);
            return Ok(exit::UNDECIDED);
        }
        Ok(exit::ANSWERED)
    }
}
