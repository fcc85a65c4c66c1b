//! `explain`: one concrete request, layer by layer.

use super::overlay::OverlayArguments;
use super::{CliError, Global, exit};
use crate::config::Config;
use crate::question::Constraint;
use crate::question::constraint::Demand;
use crate::render;
use crate::render::table::Table;
use clap::Args;
use gateproof_model::request::ContextValue;
use std::path::PathBuf;

/// `gateproof explain`
#[derive(Debug, Clone, Args)]
pub(crate) struct Explain {
    /// The snapshot.
    snapshot: PathBuf,
    /// The ARN of a user, role or root user of the snapshot.
    #[arg(long, value_name = "ARN")]
    principal: String,
    /// The action.
    #[arg(long, value_name = "ACTION")]
    action: String,
    /// The resource's ARN, or `*`.
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// A key of the request context: KEY=VALUE, several values in brackets.
    #[arg(long, value_name = "K=V")]
    context: Vec<String>,
    #[command(flatten)]
    overlay: OverlayArguments,
}

impl Explain {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        for (flag, value) in [("--action", &self.action), ("--resource", &self.resource)] {
            if value.is_empty() || value != value.trim() {
                return Err(CliError::Usage(format!("{flag} `{value}`: expected one name")));
            }
        }
        if !self.action.contains(':') || self.action.contains(['*', '?', ',']) {
            let action = &self.action;
            return Err(CliError::Usage(format!("--action `{action}`: expected one service:Action")));
        }
        let mut context = Vec::new();
        for text in &self.context {
            let constraint: Constraint = text.parse()?;
            let value = match constraint.demand {
                Demand::Equals(value) => ContextValue::Single(value),
                Demand::Members(values) => ContextValue::List(values),
                _ => {
                    return Err(CliError::Usage(format!(
                        "context `{text}`: expected KEY=VALUE or KEY=[a,b]"
                    )));
                }
            };
            context.push((constraint.key, value));
        }
        // Nothing of the configuration bears on one request; a broken one is still an error.
        Config::beside(&self.snapshot, global.config.as_deref())?;
        let estate = self.overlay.load(&self.snapshot, global)?;
        global.warn_of_problems(estate.snapshot.problems());
        let explained = estate.explain(&self.principal, &self.action, &self.resource, &context)?;
        let table = Table::of_explained(&explained);
        global.publish(
            &render::json::explain(&explained),
            &render::text::explain(&explained),
            Some(&table),
        )?;
        Ok(if explained.unknown.is_empty() { exit::ANSWERED } else { exit::UNDECIDED })
    }
}
