//! Questions about changes to the example organization: single ones, and templates and plans as tools write them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod changes;
mod templates;
mod unknowns;

use serde_json::Value;
use std::process::Output;

const EXAMPLE: &str = "corpus/snapshots/acme";
const IMPOSSIBLE: i32 = 0;
const REACHABLE: i32 = 2;

/// Runs the program on the example in a scrubbed environment.
fn run(command: &str, arguments: &[&str]) -> Output {
    let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_gateproof"));
    program.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    program.current_dir(env!("CARGO_MANIFEST_DIR")).args([command, EXAMPLE]).args(arguments).output().unwrap()
}

/// Asks `can` in JSON: the exit code and the document.
fn can(arguments: &[&str]) -> (i32, Value) {
    let output =
        run("can", &[arguments, &["--format", "json", "--quiet", "--cross-check", "never"]].concat());
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), document)
}

/// All that a verdict takes for granted, as one text.
fn assumptions(document: &Value) -> String {
    document["assumptions"].to_string()
}

/// A question about one principal, action and resource, with changes.
fn ask(changes: &[&str], principal: &str, action: &str, resource: &str) -> (i32, Value) {
    can(&[changes, &["--principal", principal, "--action", action, "--resource", resource]].concat())
}
