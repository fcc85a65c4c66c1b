//! `map`.

use super::overlay::OverlayArguments;
use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::config::Config;
use crate::pipelines::Map;
use crate::render;
use clap::Args;
use gateproof_model::configuration::collection;
use std::io::Write as _;
use std::path::PathBuf;

/// `gateproof map`
#[derive(Debug, Clone, Args)]
pub(crate) struct MapPipelines {
    /// The snapshot.
    #[arg(required_unless_present = "print_commands")]
    snapshot: Option<PathBuf>,
    /// Only the pipelines of this name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Print a shell script of the AWS CLI commands that collect a snapshot.
    #[arg(long, conflicts_with_all = ["snapshot", "pipeline", "format", "export"])]
    print_commands: bool,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl MapPipelines {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let Some(snapshot) = &self.snapshot else { return print_commands() };
        let config = Config::beside(snapshot, global.config.as_deref())?;
        let estate = self.overlay.load(snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = global.settings(&config);
        let watch = Watch::start(&settings, global.quiet);
        let map = Map::of(estate, self.pipeline.as_deref(), &settings)?;
        drop(watch);
        if let (Some(name), true) = (&self.pipeline, map.pipelines.is_empty()) {
            return Err(CliError::Input(format!(
                "--pipeline `{name}`: no pipeline of that name was collected"
            )));
        }
        global.publish(&render::pipelines::map_json(&map), &render::pipelines::map_text(&map), None)?;
        Ok(exit::ANSWERED)
    }
}

fn print_commands() -> Result<u8, CliError> {
    let collection = collection().map_err(|e| CliError::Input(e.to_string()))?;
    std::io::stdout().write_all(render::collection::collection_script(collection).as_bytes())?;
    Ok(exit::ANSWERED)
}
