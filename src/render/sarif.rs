//! The audit as SARIF 2.1.0 (OASIS Standard, *Static Analysis Results Interchange Format*): what is violated and what is not known.
//!
//! What holds is left out, since most readers take every result for a complaint; the JSON document has it, with its proofs.

pub(super) mod flow;
pub(super) mod place;

use crate::audit::remedy::Remedy;
use crate::audit::{Audit, Control, Evidence, Finding, Judgement, Severity, WaiverState};
use crate::pipelines::MappedPipeline;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The schema that the document fits.
const SCHEMA: &str =
    "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json";

/// The document: one run.
pub fn json(audit: &Audit) -> Value {
    let controls = crate::audit::CONTROLS;
    let rules: Vec<Value> = controls.iter().map(|control| rule(control)).collect();
    let index: BTreeMap<&str, usize> = controls.iter().enumerate().map(|(n, c)| (c.id, n)).collect();
    let pipelines: BTreeMap<&str, &MappedPipeline> = audit.pipelines.iter().map(|p| (&*p.arn, p)).collect();
    let told = audit.findings.iter().filter(|finding| finding.verdict != Judgement::Holds);
    let results: Vec<Value> = told
        .map(|finding| {
            let pipeline = pipelines.get(&*finding.pipeline).copied();
            result(finding, index.get(finding.control).copied(), pipeline)
        })
        .collect();
    let notifications: Vec<Value> = notifications(audit);
    let invocation = json!({"executionSuccessful": true, "toolExecutionNotifications": notifications});
    document("gateproof/audit/", &rules, &invocation, &results)
}

/// The document of one run of a command.
pub(super) fn document(id: &str, rules: &[Value], invocation: &Value, results: &[Value]) -> Value {
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "gateproof",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "automationDetails": {"id": id},
            "originalUriBaseIds": {place::BASE: {"description": {"text": "the directory of the snapshot"}}},
            "invocations": [invocation],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What the snapshot doesn't tell of pipelines at all, and waivers that waive nothing.
fn notifications(audit: &Audit) -> Vec<Value> {
    let untold = audit.unknown.iter().map(|untold| format!("not known: {untold}"));
    let idle = audit.waivers.iter().filter(|waiver| waiver.state != WaiverState::InForce);
    let idle = idle.map(|judged| {
        let waiver = &judged.waiver;
        format!("waiver {} of {}: {}", waiver.fingerprint, waiver.owner, judged.state.words())
    });
    untold.chain(idle).map(|text| json!({"level": "warning", "message": {"text": text}})).collect()
}

fn rule(control: &Control) -> Value {
    let Control { id, title, reason, severity, decides, remedy, reads, .. } = control;
    let text =
        format!("Why: {reason}.\nDecided by: {decides}.\nReads: {}.\nTo do: {remedy}.", reads.join(", "));
    let paste = crate::audit::remedy::remedy_of(id).map_or_else(String::new, Remedy::markdown);
    let markdown = format!(
        "{reason}.\n\n**Decided by** {decides}.\n\n**Reads** {}.\n\n**To do:** {remedy}.\n\n{paste}",
        reads.join(", ")
    );
    json!({
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": reason},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level(*severity)},
        "properties": {"security-severity": security_severity(*severity), "tags": ["security", "pipeline"]},
    })
}

pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// On the scale of CVSS, as GitHub's code scanning orders results.
pub(super) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
    }
}

fn result(finding: &Finding, index: Option<usize>, pipeline: Option<&MappedPipeline>) -> Value {
    let (kind, level) = match finding.verdict {
        Judgement::Violated => ("fail", level(finding.severity)),
        Judgement::Unknown => ("open", "none"),
        Judgement::Holds => ("pass", "none"),
    };
    let mut result = Map::new();
    let mut put = |key: &str, value: Value| result.insert(key.to_owned(), value);
    put("ruleId", finding.control.into());
    if let Some(index) = index {
        put("ruleIndex", index.into());
    }
    put("kind", kind.into());
    put("level", level.into());
    put("message", json!({"text": message(finding)}));
    put("locations", json!([place::of_finding(finding, pipeline)]));
    let related = place::related(finding);
    if !related.is_empty() {
        put("relatedLocations", related.into());
    }
    let flows = flow::of_finding(finding);
    if !flows.is_empty() {
        put("codeFlows", flows.into());
    }
    put("partialFingerprints", json!({"gateproof/v1": finding.fingerprint}));
    put("suppressions", suppressions(finding));
    put("properties", json!({"severity": finding.severity, "subject": finding.subject}));
    Value::Object(result)
}

/// An empty list says that it is known not to be suppressed (section 3.27.23).
fn suppressions(finding: &Finding) -> Value {
    let Some(judged) = &finding.waiver else { return json!([]) };
    let status = if finding.is_waived() { "accepted" } else { "rejected" };
    let text = super::audit::in_words(judged);
    json!([{"kind": "external", "status": status, "justification": text}])
}

/// The finding's words, and the first request that shows it.
fn message(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for evidence in &finding.evidence {
        if let Evidence::Request(witness) = evidence {
            for step in &witness.steps {
                text.push_str(&format!(
                    "\nRequest: {} on {} as {} ({}).",
                    step.action, step.resource, step.caller, step.shape
                ));
            }
        }
    }
    for untold in &finding.missing {
        text.push_str(&format!("\nMissing: {untold}."));
    }
    text
}
