//! `audit`.

use super::export::{Forms, Report};
use super::overlay::OverlayArguments;
use super::primitives::escalation;
use super::today::{parse_today, today};
use super::watch::Watch;
use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::audit::{Audit as Audited, CONTROLS, Control};
use crate::config::Config;
use crate::render;
use clap::Args;
use jiff::civil::Date;
use serde_json::Value;
use std::path::PathBuf;

/// `gateproof audit`
#[derive(Debug, Clone, Args)]
pub(crate) struct Audit {
    /// The snapshot.
    snapshot: PathBuf,
    /// Only the pipelines of this name.
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Only this control. Repeatable.
    #[arg(long, value_name = "ID")]
    control: Vec<String>,
    /// The day on which waivers are judged; today where not given.
    #[arg(long, value_name = "DATE", hide = true, value_parser = parse_today)]
    today: Option<Date>,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl Audit {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let controls = self.controls()?;
        let config = Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.overlay.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let mut settings = escalation(global, &config, global.settings(&config))?;
        settings.ask.effort.timeout *= self.questions(estate);
        let intent = config.intent()?;
        let watch = Watch::start(&settings.ask, global.quiet);
        let mut audit = Audited::of(estate, &intent, (self.pipeline.as_deref(), &controls), &settings)?;
        drop(watch);
        audit.waive(config.waivers(), today(self.today));
        if let (Some(name), true) = (&self.pipeline, audit.findings.is_empty()) {
            return Err(CliError::Input(format!(
                "--pipeline `{name}`: no pipeline of that name was collected"
            )));
        }
        // Of many pipelines each form is large: what is not asked for is not made.
        let json = if global.writes_json() { render::audit::json(&audit) } else { Value::Null };
        let text = if global.prints_text() { render::audit::text(&audit) } else { String::new() };
        let table = global.writes_rows().then(|| render::audit::table(&audit));
        let name = self.snapshot.file_name().unwrap_or(self.snapshot.as_os_str()).to_string_lossy();
        let forms = Forms { json: &json, table: table.as_ref(), report: Some(Report::Audit(&audit, &name)) };
        global.publish_forms(&forms, &text)?;
        let code = match (audit.is_violated(), audit.is_unknown()) {
            (true, _) => exit::REACHABLE,
            (false, true) => exit::UNDECIDED,
            (false, false) => exit::ANSWERED,
        };
        // The program ends here: to give back a million small things one by one would take longer than to print them.
        std::mem::forget(audit);
        Ok(code)
    }

    /// The time of one question is that of the controls of one pipeline.
    fn questions(&self, estate: &Estate) -> u32 {
        let named = |name: &str| self.pipeline.as_deref().is_none_or(|wanted| wanted == name);
        let pipelines = estate.snapshot.pipelines().all;
        let asked = pipelines.iter().filter(|pipeline| named(pipeline.name())).count();
        u32::try_from(asked).unwrap_or(u32::MAX).max(1)
    }

    fn controls(&self) -> Result<Vec<&'static Control>, CliError> {
        if self.control.is_empty() {
            return Ok(CONTROLS.to_vec());
        }
        let find = |id: &String| {
            let known = CONTROLS.iter().find(|control| control.id.eq_ignore_ascii_case(id)).copied();
            let all: Vec<&str> = CONTROLS.iter().map(|control| control.id).collect();
            known.ok_or_else(|| {
                CliError::Usage(format!("--control `{id}`: expected one of {}", all.join(", ")))
            })
        };
        self.control.iter().map(find).collect()
    }
}
