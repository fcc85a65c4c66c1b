//! `explain`: one concrete request, layer by layer.

use super::{CliError, Global, exit};
use crate::ask::Estate;
use crate::question::Constraint;
use crate::question::constraint::Demand;
use crate::render;
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
}

impl Explain {
    pub(crate) fn run(&self, global: &Global) -> Result<u8, CliError> {
        let mut context = Vec::new();
        for text in &self.context {
            let constraint: Constraint = text.parse()?;
            let value = match constraint.demand {
                Demand::Equals(value) => ContextValue::Single(value),
                Demand::Members(values) => ContextValue::List(values),
                _ => {
                    return Err(CliError::Input(format!(
                        "context `{text}`: expected KEY=VALUE or KEY=[a,b]"
                    )));
                }
            };
            context.push((constraint.key, value));
        }
        let estate = Estate::load(&self.snapshot, global.estate_options())?;
        let explained = estate.explain(&self.principal, &self.action, &self.resource, &context)?;
        global.publish(&render::json::explain(&explained), &render::text::explain(&explained))?;
        Ok(exit::ANSWERED)
    }
}
