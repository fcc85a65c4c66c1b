//! `docs/controls.md` says what the controls are.

use gateproof::audit::CONTROLS;
use gateproof::audit::remedy::{PLACEHOLDERS, remedy_of};
use std::fmt::Write;
use std::path::Path;

/// Compares a file with what it should hold; `GATEPROOF_WRITE_DOCS=1` writes it.
pub fn compare(file: &str, text: &str) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("GATEPROOF_WRITE_DOCS").is_some() {
        std::fs::write(&place, text).unwrap();
    }
    let known = std::fs::read_to_string(&place).unwrap_or_default();
    let differs = known.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(known == text, "{file} is out of date (GATEPROOF_WRITE_DOCS=1 writes it): {differs:?}");
}

#[test]
fn the_list_of_controls_is_up_to_date() {
    let mut text = String::from(
        "# Controls\n\nWhat `gateproof audit` decides of each pipeline. Generated from `src/audit/controls`; a control that is not listed is not \
         decided yet.\n",
    );
    for control in CONTROLS {
        writeln!(text, "\n## {}: {}\n", control.id, control.title).unwrap();
        writeln!(text, "{}.\n", capitalized(control.reason)).unwrap();
        writeln!(text, "- severity: {}", control.severity).unwrap();
        let reads: Vec<String> = control.reads.iter().map(|read| format!("`{read}`")).collect();
        writeln!(text, "- reads: {}", reads.join(", ")).unwrap();
        writeln!(text, "- decided by: {}", control.decides).unwrap();
        writeln!(text, "- to do: {}", control.remedy).unwrap();
        writeln!(text, "\n{}", remedy_of(control.id).unwrap().markdown()).unwrap();
    }
    compare("docs/controls.md", &text);
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `docs/remedies.md` says what each placeholder stands for.
#[test]
fn placeholders_are_documented() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/remedies.md");
    let text = std::fs::read_to_string(place).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `${"));
    let expected = PLACEHOLDERS.iter().map(|(name, words)| format!("| `${{{name}}}` | {words} |"));
    assert_eq!(rows.map(str::to_owned).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn controls_are_listed_once_and_in_order() {
    let ids: Vec<&str> = CONTROLS.iter().map(|control| control.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}
