//! `[[waivers]]`: a violation that is waived blocks nothing; a waiver that waives nothing is said.

use crate::program::{ask, run, stderr, stdout};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// The example's configuration with waivers behind it.
struct Waiving {
    folder: TempDir,
}

impl Waiving {
    fn with(waivers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = fs::read_to_string("corpus/snapshots/gateproof.toml").unwrap();
        fs::write(folder.path().join("gateproof.toml"), format!("{own}\n{waivers}")).unwrap();
        Self { folder }
    }

    fn arguments(&self, snapshot: &'static str, more: &[&str]) -> Vec<String> {
        let config = self.folder.path().join("gateproof.toml").display().to_string();
        let fixed = ["audit", snapshot, "--quiet", "--today", "2027-01-31", "--config", &config];
        fixed.iter().chain(more).map(|text| (*text).to_owned()).collect()
    }

    fn audit(&self, snapshot: &'static str, more: &[&str]) -> (i32, Value) {
        let arguments = self.arguments(snapshot, more);
        ask(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn waiver(fingerprint: &str, expires: &str) -> String {
    format!(
        "[[waivers]]\nfingerprint = \"{fingerprint}\"\nreason = \"moves to its own role in spring\"\nowner = \"platform\"\nexpires = {expires}\n"
    )
}

const ACME: &str = "corpus/snapshots/acme";
const ONE: [&str; 4] = ["--control", "CP-A1", "--pipeline", "images"];

/// The one violation of a control of a pipeline.
fn fingerprint(control: &[&str]) -> String {
    let (code, document) = Waiving::with("").audit(ACME, control);
    assert_eq!(code, 2, "{document}");
    let mut violated = document["findings"].as_array().unwrap().iter().filter(|f| f["verdict"] == "violated");
    violated.next().unwrap()["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn a_violation_that_is_waived_blocks_nothing_and_is_shown() {
    let known = fingerprint(&ONE);
    // The pipelines of other accounts were not collected: that stays unknown.
    for (prefix, expires) in [(&known[..], "2027-01-31"), (&known[..8], "\"2027-01-31\"")] {
        let waiving = Waiving::with(&waiver(prefix, expires));
        let (code, document) = waiving.audit(ACME, &ONE);
        assert_eq!(code, 3, "{document}");
        assert_eq!(document["findings"][0]["verdict"], "violated");
        assert_eq!(document["findings"][0]["waiver"]["state"], "in-force");
        assert_eq!(document["findings"][0]["waiver"]["owner"], "platform");
        assert_eq!(document["waivers"][0]["state"], "in-force");
        let arguments = waiving.arguments(ACME, &ONE);
        let text = stdout(&run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(text.contains("  waived    CP-A1 (high)"), "{text}");
        assert!(text.contains("until 2027-01-31, platform: moves to its own role in spring"), "{text}");
        assert!(text.contains("0 violated, 1 waived"), "{text}");
    }
}

#[test]
fn a_waiver_that_waives_nothing_is_said() {
    let known = fingerprint(&ONE);
    let held = {
        let (_, document) = Waiving::with("").audit(ACME, &["--control", "CP-APR-1", "--pipeline", "images"]);
        document["findings"][0]["fingerprint"].as_str().unwrap().to_owned()
    };
    let both = [
        (waiver(&known, "2027-01-30"), "expired", "has expired"),
        (waiver("0123456789abcdef", "2030-01-01"), "unmatched", "matches no finding of this audit"),
        (waiver(&held, "2030-01-01"), "needless", "matches a finding that is not violated"),
    ];
    for (text, state, says) in both {
        let controls = [&ONE[..], &["--control", "CP-APR-1"]].concat();
        let waiving = Waiving::with(&text);
        let (code, document) = waiving.audit(ACME, &controls);
        assert_eq!(code, 2, "{state}: the violation stands");
        assert_eq!(document["waivers"][0]["state"], state);
        let arguments = waiving.arguments(ACME, &controls);
        let printed = stdout(&run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(printed.contains(says), "{printed}");
    }
    // Beside one that has expired, another counts.
    let two = waiver(&known, "2027-01-30") + &waiver(&known, "2027-02-01");
    for order in [two, waiver(&known, "2027-02-01") + &waiver(&known, "2027-01-30")] {
        let (code, document) = Waiving::with(&order).audit(ACME, &ONE);
        assert_eq!(code, 3);
        assert_eq!(document["findings"][0]["waiver"]["expires"], "2027-02-01");
    }
}

#[test]
fn a_waiver_without_one_of_its_parts_is_refused_by_place() {
    let whole = waiver("0123456789abcdef", "2030-01-01");
    for part in ["fingerprint", "reason", "owner", "expires"] {
        let lines: Vec<&str> = whole.lines().filter(|line| !line.starts_with(part)).collect();
        let arguments = Waiving::with(&lines.join("\n"));
        let refused = run(&arguments.arguments(ACME, &ONE).iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(refused.status.code(), Some(1));
        let text = stderr(&refused);
        assert!(
            text.contains(&format!("missing field `{part}`")) && text.contains("gateproof.toml"),
            "{text}"
        );
    }
    let second = whole.clone() + &waiver("0123456789abcdef", "\"next spring\"");
    let arguments = Waiving::with(&second);
    let refused = run(&arguments.arguments(ACME, &ONE).iter().map(String::as_str).collect::<Vec<_>>());
    let text = stderr(&refused);
    assert!(text.contains("gateproof.toml: [[waivers]] 2: expires: found `next spring`"), "{text}");
}
