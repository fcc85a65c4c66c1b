//! Every authorization case of the corpus, decided by every encoding, in process and through SMT-LIB text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use gateproof::decide::{Classes, Satisfiability, Strings, decide_by};
use gateproof::solver::UnknownReason;
use gateproof_encodings::compiled::Compiler;
use gateproof_encodings::language::Languages;
use gateproof_encodings::smtlib::{Style, parse_script, render_script};
use gateproof_encodings::term::{Term, Terms};
use gateproof_model::catalogue::Catalogue;
use gateproof_model::decide::parse_line;
use gateproof_model::evaluator::{World, evaluate};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Cases whose expectation is a decision, and past failures: id, line, expectation.
fn cases() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for folder in ["corpus/cases", "corpus/regressions"] {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
            let cases: Vec<serde_json::Value> =
                serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            for case in cases {
                if let Some(expected) = case["expect"].as_str() {
                    let id = case["id"].as_str().unwrap().to_owned();
                    found.push((id, case.to_string(), expected.to_owned()));
                }
            }
        }
    }
    assert!(found.len() > 1_500, "only {} cases found", found.len());
    found
}

/// What one tester says of all cases: answers that differ from the expectation, and cases it leaves undecided.
#[derive(Debug, Default)]
struct Report {
    wrong: Vec<String>,
    undecided: Vec<String>,
}

fn try_all<S: Satisfiability>(start: impl Fn() -> S + Sync + Send) -> Report {
    let world = World::new(Catalogue::embedded());
    let answers: Vec<(String, String, Result<String, UnknownReason>, String)> = cases()
        .into_par_iter()
        .map_init(start, |encoding, (id, line, expected)| {
            let line = parse_line(&line).unwrap_or_else(|e| panic!("{id}: {}", e.error));
            let answer = decide_by(encoding, &Compiler::default(), &line.policies, &line.request, &world);
            let reference = format!("{:?}", evaluate(&line.policies, &line.request, &world).outcome);
            (id, expected, answer.map(|outcome| format!("{outcome:?}")), reference)
        })
        .collect();
    let mut report = Report::default();
    for (id, expected, answer, reference) in answers {
        match answer {
            Ok(answer) if answer == expected => {}
            Ok(answer) => {
                report.wrong.push(format!("{id}: expected {expected}, got {answer}, reference {reference}"));
            }
            Err(UnknownReason::Disagreement { first, second, .. }) => {
                report.wrong.push(format!("{id}: {first} and {second} disagree"));
            }
            Err(reason) => report.undecided.push(format!("{id}: {reason}")),
        }
    }
    report
}

/// No case differs, and none is left undecided.
fn assert_all_right(report: &Report) {
    assert!(report.wrong.is_empty(), "{} cases differ:\n{}", report.wrong.len(), report.wrong.join("\n"));
    let left = &report.undecided;
    assert!(left.is_empty(), "{} cases undecided:\n{}", left.len(), left.join("\n"));
}

/// The formula printed as SMT-LIB in one style, read back, and what is read solved by *classes*.
struct Reread {
    style: Style,
    languages: Languages,
    classes: Classes,
}

impl Satisfiability for Reread {
    fn is_satisfiable(&mut self, terms: &Terms, root: Term) -> Result<bool, UnknownReason> {
        let script = render_script(terms, root, self.style).unwrap_or_else(|e| panic!("not printed: {e}"));
        let (read, root) =
            parse_script(&script, &self.languages).unwrap_or_else(|e| panic!("not read back: {e}\n{script}"));
        self.classes.is_satisfiable(&read, root)
    }
}

fn rereader(style: Style) -> Reread {
    Reread { style, languages: Languages::default(), classes: Classes::default() }
}

#[test]
fn classes_decides_every_case() {
    assert_all_right(&try_all(Classes::default));
}

#[test]
fn strings_decides_every_case() {
    assert_all_right(&try_all(|| Strings::new().unwrap()));
}

#[test]
fn formulas_printed_and_read_back_decide_every_case() {
    for style in [Style::Union, Style::PerPattern] {
        assert_all_right(&try_all(|| rereader(style)));
    }
}

/// Answers by *classes*, keeping each script with the answer.
struct Recorder<'a> {
    classes: Classes,
    scripts: &'a Mutex<BTreeMap<String, bool>>,
}

impl Satisfiability for Recorder<'_> {
    fn is_satisfiable(&mut self, terms: &Terms, root: Term) -> Result<bool, UnknownReason> {
        let answer = self.classes.is_satisfiable(terms, root)?;
        if root != Terms::TRUE && root != Terms::FALSE {
            let script = render_script(terms, root, Style::PerPattern).unwrap();
            let before = self.scripts.lock().unwrap().insert(script, answer);
            assert!(before.is_none_or(|b| b == answer), "one script, two answers");
        }
        Ok(answer)
    }
}

/// One answer a script, all from one process of cvc5.
fn ask_cvc5(scripts: &[(&String, &bool)]) -> Vec<String> {
    let mut text = String::new();
    for (script, _) in scripts {
        // Models are not compared, only answers.
        text.push_str(script.strip_suffix("(get-model)\n").unwrap());
        text.push_str("\n(reset)\n(set-option :strings-exp true)\n");
    }
    let mut child = Command::new("python3")
        .arg("scripts/cvc5_solve.py")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn cvc5_agrees_on_every_exported_script() {
    let scripts = Mutex::default();
    assert_all_right(&try_all(|| Recorder { classes: Classes::default(), scripts: &scripts }));
    let scripts = scripts.into_inner().unwrap();
    assert!(scripts.len() >= 1_000, "only {} scripts", scripts.len());
    let holding = scripts.values().filter(|holds| **holds).count();
    assert!(holding >= 300 && scripts.len() - holding >= 300, "{holding} of {} hold", scripts.len());
    let scripts: Vec<_> = scripts.iter().collect();
    scripts.par_chunks(scripts.len().div_ceil(2)).for_each(|chunk| {
        let answers = ask_cvc5(chunk);
        let odd: Vec<_> =
            answers.iter().filter(|a| !["sat", "unsat"].contains(&a.as_str())).take(6).collect();
        assert_eq!(answers.len(), chunk.len(), "{odd:?}");
        for ((script, holds), answer) in chunk.iter().zip(answers) {
            assert_eq!(answer, if **holds { "sat" } else { "unsat" }, "{script}");
        }
    });
}
