//! Running the program in a scrubbed environment.

use serde_json::Value;
use std::process::Output;

/// The program without anything of the surrounding environment, in the repository's root.
pub fn gateproof(arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_gateproof"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    gateproof(arguments).output().unwrap()
}

/// Runs it with `--format json`; the exit code and the document, which fits its schema.
pub fn ask(arguments: &[&str]) -> (i32, Value) {
    let output = run(&[arguments, &["--format", "json"]].concat());
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    crate::schema::check(&document).unwrap_or_else(|e| panic!("{e}: {document}"));
    (output.status.code().unwrap(), document)
}

/// What it wrote to stdout.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it wrote to stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
