//! `map`.

use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::config::Config;
use crate::pipelines::Map;
use crate::render;
use clap::Args;
use std::path::PathBuf;

/// `gateproof map`
#[derive(Debug, Clone, Args)]
pub(crate) struct MapPipelines {
    /// The snapshot.
    snapshot: PathBuf,
    /// Only the pipelines of this name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
}

impl MapPipelines {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        global.warn_of_problems(estate.snapshot.problems());
        let settings = global.settings(&config);
        let watch = Watch::start(&settings, global.quiet);
        let map = Map::of(&estate, self.pipeline.as_deref(), &settings)?;
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
