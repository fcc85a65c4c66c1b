//! `--export FILE.sarif`: the document is SARIF 2.1.0, and says what the audit says.

use crate::program::run;
use crate::schema::check_sarif;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn exported(more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("findings.sarif").display().to_string();
    let fixed = ["audit", "corpus/snapshots/acme", "--quiet", "--cross-check", "never", "--export", &file];
    let output = run(&[&fixed[..], more].concat());
    assert!(matches!(output.status.code(), Some(2 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn results(document: &Value) -> &Vec<Value> {
    document["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn the_document_is_sarif_and_points_at_the_snapshot() {
    let document = exported(&[]);
    assert_eq!(check_sarif(&document), Ok(()));
    let mut fingerprints = BTreeSet::new();
    for result in results(&document) {
        assert!(fingerprints.insert(result["partialFingerprints"]["gateproof/v1"].as_str().unwrap()));
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(document["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        let file = uri.replace("%25", "%");
        assert!(std::path::Path::new("corpus/snapshots/acme").join(&file).is_file(), "{file}");
        assert_eq!(result["kind"] == "fail", result["level"] != "none", "{result}");
    }
    let chain = results(&document).iter().find(|r| r["ruleId"] == "CP-CFN-7" && r["kind"] == "fail").unwrap();
    let steps = chain["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert!(!steps.is_empty() && steps.iter().all(|s| s["location"]["message"]["text"].is_string()));
    let unknown = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert!(unknown.as_str().unwrap().contains("aws codepipeline list-pipelines"), "{unknown}");
}

#[test]
fn what_is_spoilt_is_not_sarif() {
    let document = exported(&["--control", "CP-A1"]);
    assert_eq!(check_sarif(&document), Ok(()));
    for (place, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/results/0/level", json!("bad")),
        ("/runs/0/results/0/kind", json!("violated")),
        ("/runs/0/results/0/message", json!("text")),
        ("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", json!("a b")),
        ("/runs/0/results/0/suppressions", json!([{"kind": "waiver"}])),
        ("/runs/0/tool/driver/name", json!(7)),
        ("/runs/0/tool/driver/rules/1", document["runs"][0]["tool"]["driver"]["rules"][0].clone()),
    ] {
        let mut spoilt = document.clone();
        *spoilt.pointer_mut(place).unwrap() = value;
        assert!(check_sarif(&spoilt).is_err(), "{place}");
    }
}

#[test]
fn waivers_are_suppressions_while_they_are_in_force() {
    for (today, status) in [("2027-01-31", "accepted"), ("2027-02-01", "rejected")] {
        let document =
            exported(&["--control", "CP-A1", "--config", "tests/cli/waived.toml", "--today", today]);
        assert_eq!(check_sarif(&document), Ok(()));
        let suppression = &results(&document)[0]["suppressions"][0];
        assert_eq!((&suppression["kind"], &suppression["status"]), (&json!("external"), &json!(status)));
        assert!(suppression["justification"].as_str().unwrap().contains("in spring"), "{suppression}");
    }
}
