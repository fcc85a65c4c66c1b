//! With what permissions are compared: a policy, what a pipeline needs, or what service control policies leave.

use super::decide::DecideError;
use crate::ask::{Estate, Settings};
use crate::audit::needs_of_pipelines;
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use std::path::Path;
use std::sync::Arc;

/// A policy, as a property names it.
#[derive(Debug, Clone)]
pub enum Policy {
    /// The document of a file.
    Document {
        /// The file's name as the property has it.
        file: String,
        /// What it says.
        document: Arc<Document>,
    },
    /// A managed policy by its ARN.
    Managed(String),
}

/// What permissions must lie within.
#[derive(Debug, Clone)]
pub enum Bound {
    /// A policy.
    Policy(Policy),
    /// What the pipelines of a name need of the role that runs them.
    Pipeline(String),
    /// What the service control policies of the principal's account leave.
    Scps,
}

impl Policy {
    /// Reads what `policy` says: the ARN of a managed policy, or a file.
    pub(super) fn read(text: &str, folder: &Path) -> Result<Self, String> {
        if text.starts_with("arn:") {
            return match Arn::parse(text) {
                Some(arn) if arn.service == "iam" && arn.resource.starts_with("policy/") => {
                    Ok(Self::Managed(text.to_owned()))
                }
                _ => Err(format!("policy `{text}`: expected the ARN of a managed policy, or a file")),
            };
        }
        let read = std::fs::read_to_string(folder.join(text));
        let read = read.map_err(|error| format!("policy `{text}`: cannot be read ({error})"))?;
        let document = parse_identity(&read, text).map_err(|why| format!("policy `{text}`: {why}"))?;
        Ok(Self::Document { file: text.to_owned(), document })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Document { file, .. } => file,
            Self::Managed(arn) => arn,
        }
    }

    /// What it says in an account.
    pub(super) fn document(&self, account: &str, estate: &Estate) -> Result<Arc<Document>, DecideError> {
        let arn = match self {
            Self::Document { document, .. } => return Ok(document.clone()),
            Self::Managed(arn) => arn,
        };
        if let Some(known) = estate.snapshot.managed_policy(account, arn) {
            return Ok(known.document.clone());
        }
        let owner = Arn::parse(arn).map_or("", |arn| arn.account);
        if let Some(known) = estate.snapshot.managed_policy(owner, arn) {
            return Ok(known.document.clone());
        }
        let text = estate.catalogue.managed_document(arn);
        let text = text.ok_or_else(|| DecideError::NoPolicy { given: arn.clone() })?;
        parse_identity(&text, arn).map_err(|_| DecideError::NoPolicy { given: arn.clone() })
    }
}

fn parse_identity(text: &str, name: &str) -> Result<Arc<Document>, String> {
    let json = Json::parse(text).map_err(|error| format!("found text that is not JSON ({error})"))?;
    let source = Source { policy: name.into(), file: name.into(), pointer: "".into() };
    let parsed = parse_document(&json, DocumentKind::Identity, source);
    parsed.map(|(document, _)| Arc::new(document)).map_err(|problem| problem.to_string())
}

/// What the pipelines of a name need of the role that runs them, and of which providers that isn't known.
pub(super) fn needs(
    name: &str,
    estate: &Estate,
    settings: &Settings,
) -> Result<(Arc<Document>, Vec<String>), DecideError> {
    let needs = needs_of_pipelines(estate, name, settings)?;
    let parsed = needs.and_then(|(text, unknown)| {
        Some((parse_identity(&text.to_string(), "(what the pipeline needs)").ok()?, unknown))
    });
    parsed.ok_or_else(|| DecideError::NoPipeline { given: name.to_owned() })
}
