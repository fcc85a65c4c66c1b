//! Properties as SARIF 2.1.0: what is violated and what is undecided, at the line that declares it. What holds is left out.

use crate::audit::Severity;
use crate::check::{Checked, Doubt, Violation};
use crate::question::Step;
use crate::render::sarif::{document, flow, level, place, security_severity};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The document: one run.
pub fn json(checked: &[Checked]) -> Value {
    let rules: Vec<Value> = checked.iter().map(rule).collect();
    let results: Vec<Value> = checked.iter().enumerate().flat_map(|(n, one)| results(n, one)).collect();
    document("gateproof/check/", &rules, &json!({"executionSuccessful": true}), &results)
}

/// How bad a violation is where the file doesn't say.
const UNSAID: Severity = Severity::High;

fn rule(checked: &Checked) -> Value {
    let property = &checked.property;
    let severity = property.severity.unwrap_or(UNSAID);
    let why = property.why.as_deref().unwrap_or(&property.name).trim();
    json!({
        "id": property.name,
        "shortDescription": {"text": property.name},
        "fullDescription": {"text": why},
        "help": {"text": format!("A property of the kind `{}`: {why}.", property.kind.name())},
        "defaultConfiguration": {"level": level(severity)},
        "properties": {"security-severity": security_severity(severity), "tags": ["security"]},
    })
}

fn results(index: usize, checked: &Checked) -> Vec<Value> {
    let violations = checked.decided.violations.iter().map(|one| violated(index, checked, one));
    violations.chain(checked.decided.doubts.iter().map(|one| undecided(index, checked, one))).collect()
}

fn violated(index: usize, checked: &Checked, violation: &Violation) -> Value {
    let severity = checked.property.severity.unwrap_or(UNSAID);
    let steps = || violation.witness.iter().flat_map(|witness| &witness.steps);
    let requests = steps().map(|step: &Step| {
        format!("\nRequest: {} on {} as {} ({}).", step.action, step.resource, step.caller, step.shape)
    });
    let assuming = violation.assumptions.iter().map(|taken| format!("\nAssuming: {taken}"));
    let message = format!("{}: {}.", violation.principal, violation.message);
    let text: String = std::iter::once(message.clone()).chain(requests).chain(assuming).collect();
    let mut result = result(index, checked, ("fail", level(severity)), &violation.principal, &text);
    let related = place::of_statements(steps());
    if !related.is_empty() {
        result.insert("relatedLocations".to_owned(), related.into());
    }
    if let Some(chain) = violation.witness.as_ref().filter(|witness| witness.steps.len() > 1) {
        result.insert("codeFlows".to_owned(), json!([flow::of_witness(chain, &message)]));
    }
    Value::Object(result)
}

fn undecided(index: usize, checked: &Checked, doubt: &Doubt) -> Value {
    let text = format!("{}: undecided: {} {}", doubt.principal, doubt.why.reason, doubt.why.place);
    Value::Object(result(index, checked, ("open", "none"), &doubt.principal, text.trim_end()))
}

fn result(
    index: usize,
    checked: &Checked,
    (kind, level): (&str, &str),
    principal: &str,
    text: &str,
) -> Map<String, Value> {
    let Checked { file, property, .. } = checked;
    let at = &property.places.name;
    let region = json!({"startLine": at.line, "startColumn": at.column});
    let artifact = json!({"uri": place::encode_path(file)});
    let fields = [
        ("ruleId", json!(property.name)),
        ("ruleIndex", json!(index)),
        ("kind", json!(kind)),
        ("level", json!(level)),
        ("message", json!({"text": text})),
        ("locations", json!([{"physicalLocation": {"artifactLocation": artifact, "region": region}}])),
        ("partialFingerprints", json!({"gateproof/v1": fingerprint(&property.name, principal)})),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What tells a result from all others, the same in every run.
fn fingerprint(name: &str, principal: &str) -> String {
    let mut hash = Sha256::new();
    for part in [name, principal] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
