//! Measures loading, `edges` and `reach` on generated accounts with compute: `escalation [--json]
//! [--patience SECONDS] [ROLES…]`; each size in a process of its own. The seconds are for one question.

use gateproof_benches::SEED;
use gateproof_benches::escalation::{Measured, OneReach, measure_escalation};
use gateproof_benches::extended::write_extended_snapshot;
use gateproof_benches::measure::{Failure, in_own_process};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Marks the process that measures one size; a directory follows.
const ONE: &str = "--one";

/// Seconds after which a question is given up, as in the program itself.
const PATIENCE: u64 = 60;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [one, roles, patience, directory] if one == ONE => measure_one(roles, patience, Path::new(directory)),
        _ => measure_all(&arguments),
    };
    let printed = outcome.and_then(|text| Ok(std::io::stdout().write_all(text.as_bytes())?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "escalation: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_one(roles: &str, patience: &str, directory: &Path) -> Result<String, Failure> {
    let patience = Duration::from_secs(patience.parse()?);
    Ok(serde_json::to_string(&measure_escalation(directory, roles.parse()?, patience)?)?)
}

fn measure_all(arguments: &[String]) -> Result<String, Failure> {
    let (mut json, mut patience, mut sizes) = (false, PATIENCE, Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => json = true,
            "--patience" => patience = words.next().ok_or("--patience: expected seconds")?.parse()?,
            roles => sizes.push(roles.parse()?),
        }
    }
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000];
    }
    let mut all = Vec::new();
    for roles in sizes {
        let measured = measure_apart(roles, patience)?;
        if !json {
            std::io::stdout().write_all(render_size(&measured).as_bytes())?;
        }
        all.push(measured);
    }
    Ok(if json { serde_json::to_string_pretty(&all)? + "\n" } else { String::new() })
}

/// Generates a snapshot, and measures it in a fresh process, so that memory and caches are that size's alone.
fn measure_apart(roles: usize, patience: u64) -> Result<Measured, Failure> {
    let directory = tempfile::tempdir()?;
    write_extended_snapshot(directory.path(), roles, SEED)?;
    in_own_process(&[ONE, &roles.to_string(), &patience.to_string()], directory.path())
}

fn render_size(m: &Measured) -> String {
    let questions: String = m.questions.iter().map(render_question).collect();
    let ended = if m.all_edges { "" } else { " (given up: these are not all)" };
    let each = 1e3 * m.edges / m.found.max(1) as f64;
    format!(
        "## {} roles with compute\n\n\
         load                            {:.3} s\n\
         edges                           {:.3} s: {} steps of {} techniques, {} pairs of principals, {} not known; {each:.3} ms a step{ended}\n\
         of administrators               {} steps\n\
         peak memory, questions          {} MB\n\
         peak memory, with edges         {} MB\n\
         \n   first ms   again ms  steps  question of reach\n{questions}\n",
        m.roles,
        m.load,
        m.edges,
        m.found,
        m.techniques,
        m.pairs,
        m.undecided,
        m.of_administrators,
        m.peak_of_questions,
        m.peak_memory,
    )
}

fn render_question(one: &OneReach) -> String {
    let doubt = if one.as_expected { String::new() } else { format!("  (answered: {})", one.verdict) };
    let again = one.again.map_or_else(|| "given up".to_owned(), |again| format!("{again:.1}"));
    format!("{:>11.1} {again:>10}  {:>5}  {}{doubt}\n", one.first, one.steps, one.text)
}
