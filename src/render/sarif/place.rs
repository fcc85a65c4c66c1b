//! Where a finding is: the file and the statement of the snapshot, and the place in the pipeline.

use crate::audit::{Evidence, Finding};
use crate::pipelines::MappedPipeline;
use crate::question::{Evidence as Statement, Step, Witness};
use serde_json::{Value, json};

/// What paths are relative to.
pub(in crate::render) const BASE: &str = "SNAPSHOT";

/// The place of a finding: the statement that allows its first request, or else the file that tells of the pipeline.
pub(super) fn of_finding(finding: &Finding, pipeline: Option<&MappedPipeline>) -> Value {
    let statement = steps(finding).next().and_then(decisive);
    let mut logical = of_pipeline(finding, pipeline);
    let file = match statement {
        Some(statement) => {
            logical.push(of_statement(statement));
            Some(&*statement.file)
        }
        None => pipeline.map(|pipeline| &*pipeline.file),
    };
    match file {
        Some(file) => json!({"physicalLocation": artifact(file), "logicalLocations": logical}),
        None => json!({"logicalLocations": logical}),
    }
}

/// All statements that a finding's requests are allowed by.
pub(super) fn related(finding: &Finding) -> Vec<Value> {
    of_statements(steps(finding))
}

/// All statements that requests are allowed by.
pub(in crate::render) fn of_statements<'s>(steps: impl Iterator<Item = &'s Step>) -> Vec<Value> {
    let mut found: Vec<&Statement> = Vec::new();
    for statement in steps.flat_map(|step| &step.allowed_by) {
        if is_in_file(statement) && !found.contains(&statement) {
            found.push(statement);
        }
    }
    let located = found.iter().enumerate().map(|(n, statement)| {
        json!({
            "id": n,
            "physicalLocation": artifact(&statement.file),
            "logicalLocations": [of_statement(statement)],
            "message": {"text": format!("{}: {}", statement.layer, statement.policy)},
        })
    });
    located.collect()
}

/// The place of a step of a chain.
pub(super) fn of_step(step: &Step, text: &str) -> Value {
    let message = json!({"text": text});
    match decisive(step) {
        Some(statement) => json!({
            "physicalLocation": artifact(&statement.file),
            "logicalLocations": [of_statement(statement)],
            "message": message,
        }),
        None => json!({"message": message}),
    }
}

fn steps(finding: &Finding) -> impl Iterator<Item = &Step> {
    let witnesses = finding.evidence.iter().filter_map(|evidence| match evidence {
        Evidence::Request(witness) | Evidence::Chain(witness) => Some(witness),
        _ => None,
    });
    witnesses.flat_map(|witness: &Witness| &witness.steps)
}

/// The statement that grants, rather than one that only doesn't stand in the way.
fn decisive(step: &Step) -> Option<&Statement> {
    let known = || step.allowed_by.iter().filter(|statement| is_in_file(statement));
    let grants = known()
        .find(|statement| ["identity", "resource"].iter().any(|layer| statement.layer.starts_with(layer)));
    grants.or_else(|| known().next())
}

/// Statements that no file holds have none, or words in brackets.
fn is_in_file(statement: &Statement) -> bool {
    !statement.file.is_empty() && !statement.file.starts_with('(')
}

fn of_statement(statement: &Statement) -> Value {
    let whole = format!("{}#{}", statement.file, statement.pointer);
    let name = statement.sid.clone().unwrap_or_else(|| statement.pointer.clone());
    json!({"name": name, "fullyQualifiedName": whole, "kind": "object"})
}

/// The pipeline and what of it.
fn of_pipeline(finding: &Finding, pipeline: Option<&MappedPipeline>) -> Vec<Value> {
    let arn = &*finding.pipeline;
    let name = pipeline.map_or(arn, |pipeline| &pipeline.name);
    let whole = json!({"name": name, "fullyQualifiedName": arn, "kind": "resource"});
    let actions = pipeline.into_iter().flat_map(|pipeline| &pipeline.stages);
    let mut actions =
        actions.flat_map(|stage| stage.actions.iter().map(move |action| (&stage.name, &action.name)));
    let part = match actions.find(|(stage, action)| format!("{stage}/{action}") == finding.subject) {
        Some((_, action)) => {
            json!({"name": action, "fullyQualifiedName": format!("{arn}/{}", finding.subject), "kind": "resource"})
        }
        None => json!({"fullyQualifiedName": finding.subject, "kind": "resource"}),
    };
    vec![whole, part]
}

fn artifact(file: &str) -> Value {
    json!({"artifactLocation": {"uri": encode_path(file), "uriBaseId": BASE}})
}

/// A relative path as a URI reference (RFC 3986, section 3.3).
pub(in crate::render) fn encode_path(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_become_references() {
        assert_eq!(super::encode_path("accounts/1/arn%3Aaws b.json"), "accounts/1/arn%253Aaws%20b.json");
    }
}
