//! `what-can`.

use super::overlay::OverlayArguments;
use super::watch::Watch;
use super::{CliError, Global, asked, exit};
use crate::ask::Extent;
use crate::config::Config;
use crate::question::{Requests, Selector};
use crate::render;
use clap::Args;
use std::path::PathBuf;

/// `gateproof what-can`
#[derive(Debug, Clone, Args)]
pub(crate) struct WhatCan {
    /// The snapshot.
    snapshot: PathBuf,
    /// Who: an ARN or glob, role/NAME, user/NAME, account:ID, tag:KEY=VALUE, external:ACCOUNT, anyone, oidc:ISSUER?CLAIM=VALUE, stage:STAGE@PIPELINE, pipeline:NAME, committers:PIPELINE.
    #[arg(long, required = true, value_name = "SEL")]
    principal: Vec<String>,
    /// Keeps the actions of a service, by its prefix; repeatable, comma-separated.
    #[arg(long, value_name = "SERVICE")]
    service: Vec<String>,
    /// Keeps actions by globs; repeatable, comma-separated.
    #[arg(long, value_name = "GLOB")]
    action: Vec<String>,
    /// Keeps resources of these accounts: account:ID or env:NAME.
    #[arg(long = "in", value_name = "SEL")]
    within: Vec<String>,
    /// What must hold of the session and its requests: KEY=VALUE, KEY!=VALUE, KEY~GLOB, KEY=absent, KEY=present.
    #[arg(long, value_name = "COND")]
    when: Vec<String>,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl WhatCan {
    fn extent(&self) -> Result<Extent, CliError> {
        let requests = Requests {
            actions: asked::parse_actions(&self.action)?,
            within: asked::parse_within(&self.within)?,
            when: asked::parse_conditions(&self.when)?,
            ..Requests::default()
        };
        let services = self.service.iter().flat_map(|s| s.split(',')).map(|s| s.trim().to_owned()).collect();
        Ok(Extent { services, requests })
    }

    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        global.must_export_json("what-can")?;
        let extent = self.extent()?;
        let principals: Vec<Selector> = self.principal.iter().map(|s| s.parse()).collect::<Result<_, _>>()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.overlay.load(&self.snapshot, global)?;
        global.warn(asked::doubts(&extent.requests, estate.catalogue));
        global.warn_of_problems(estate.snapshot.problems());
        let settings = global.settings(&config);
        let watch = Watch::start(&settings, global.quiet);
        let named = estate.without_pipelines(&principals, &settings)?;
        let answers = estate.what_can(&named, &extent, &settings)?;
        drop(watch);
        let json = render::effective::json(&principals, &extent, &answers);
        let text = render::effective::text(&answers, estate.snapshot.problems());
        global.publish(&json, &text, None)?;
        let undecided = answers.iter().any(|a| !a.undecided.is_empty());
        Ok(if undecided { exit::UNDECIDED } else { exit::ANSWERED })
    }
}
