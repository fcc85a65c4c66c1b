//! The example organization, properties as text, and changes to it.

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::check::{Names, Property, PropertyFile};
use gateproof::config::Config;
use gateproof::escalation::EscalationSettings;
use gateproof::prove::{Claims, Proved, prove};
use gateproof_encodings::primitive::embedded;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, Given, Holder, Overlay};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The vulnerable twin.
pub fn acme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snapshots/acme")
}

pub fn load(overlay: &Overlay) -> Estate {
    Estate::load_with(&acme(), overlay, EstateOptions::default()).unwrap()
}

pub fn settings() -> EscalationSettings {
    EscalationSettings {
        ask: Settings {
            cross_check: CrossCheck::Never,
            environments: Config::beside(&acme(), None).unwrap().environments(),
            ..Settings::default()
        },
        primitives: embedded().unwrap().to_vec(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    }
}

/// The properties of a YAML text.
pub fn properties(text: &str) -> Vec<Property> {
    let intent = Config::beside(&acme(), None).unwrap().intent().unwrap();
    PropertyFile::parse("test.yaml", text, &Names { intent, ..Names::default() }).unwrap().properties
}

/// `never`, of one action by one principal.
pub fn never(from: &str, rest: &str) -> Vec<Property> {
    properties(&format!("properties: [{{name: gap, never: {{from: '{from}', {rest}}}}}]"))
}

/// `always`, of one action by one principal.
pub fn always(from: &str, rest: &str) -> Vec<Property> {
    properties(&format!("properties: [{{name: need, always: {{from: '{from}', {rest}}}}}]"))
}

/// An inline policy of these statements.
pub fn inline(principal: &str, statements: &Value) -> Change {
    document(Holder::Inline { principal: principal.to_owned(), name: "change".to_owned() }, statements)
}

pub fn document(holder: Holder, statements: &Value) -> Change {
    let json = serde_json::json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Change::Document {
        holder,
        document: Some(Given { json: Json::parse(&json).unwrap(), file: "change.json".into() }),
    }
}

/// What is proved of changes.
pub fn proved(gap: Vec<Property>, keep: Vec<Property>, changes: Vec<Change>) -> Proved {
    let (old, new) = (load(&Overlay::default()), load(&Overlay { changes, ..Overlay::default() }));
    prove((&old, &new), &Claims { gap, keep, may_gain: Vec::new() }, &settings()).unwrap()
}
