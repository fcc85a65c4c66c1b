//! Measures loading, `can` and `who-can` on generated accounts: `measure [--json] [ROLES…]`; each size in a process of
//! its own.

use gateproof_benches::SEED;
use gateproof_benches::account::write_snapshot;
use gateproof_benches::measure::{Failure, Measured, OneQuestion, Tally, in_own_process, measure};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Marks the process that measures one size; a directory follows.
const ONE: &str = "--one";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [one, roles, directory] if one == ONE => measure_one(roles, Path::new(directory)),
        _ => measure_all(&arguments),
    };
    let printed = outcome.and_then(|text| Ok(std::io::stdout().write_all(text.as_bytes())?));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_one(roles: &str, directory: &Path) -> Result<String, Failure> {
    Ok(serde_json::to_string(&measure(directory, roles.parse()?)?)?)
}

fn measure_all(arguments: &[String]) -> Result<String, Failure> {
    let json = arguments.iter().any(|a| a == "--json");
    let mut sizes = Vec::new();
    for argument in arguments.iter().filter(|a| *a != "--json") {
        sizes.push(argument.parse()?);
    }
    if sizes.is_empty() {
        sizes = vec![100, 1_000, 10_000];
    }
    let mut all = Vec::new();
    for roles in sizes {
        let measured = measure_apart(roles)?;
        if !json {
            std::io::stdout().write_all(render_size(&measured).as_bytes())?;
        }
        all.push(measured);
    }
    Ok(if json { serde_json::to_string_pretty(&all)? + "\n" } else { String::new() })
}

/// Generates a snapshot, and measures it in a fresh process, so that memory and caches are that size's alone.
fn measure_apart(roles: usize) -> Result<Measured, Failure> {
    let directory = tempfile::tempdir()?;
    write_snapshot(directory.path(), roles, SEED)?;
    in_own_process(&[ONE, &roles.to_string()], directory.path())
}

fn render_size(m: &Measured) -> String {
    let by_question: String = m.by_question.iter().map(render_question).collect();
    format!(
        "## {} roles, {} callers\n\n\
         load                            {:.3} s\n\
         peak memory (load and who-can)  {} MB\n\
         who-can, first time             {}\n\
         who-can, again                  {}\n\
         can, fresh estate               {}\n\
         can, first time                 {}\n\
         can, again                      {}\n\
         can, selectors of many          {}\n\
         answers of who-can              {}\n\
         answers of can                  {}\n\
         questions                       {}\n\
         \n   first ms   again ms  can     cannot  question of who-can\n{by_question}\n",
        m.roles,
        m.callers,
        m.load,
        m.peak_memory,
        m.who_can,
        m.who_can_again,
        m.can_cold,
        m.can_first,
        m.can_again,
        m.can_selectors,
        render_tally(&m.who_can_answers),
        render_tally(&m.can_answers),
        render_tally(&m.questions),
    )
}

fn render_question(one: &OneQuestion) -> String {
    let Tally { reachable, impossible, undecided } = one.answers;
    let doubt = if undecided == 0 { String::new() } else { format!("  ({undecided} undecided)") };
    format!("{:>11.2} {:>10.2}  {reachable:<7} {impossible:<7} {}{doubt}\n", one.first, one.again, one.text)
}

fn render_tally(tally: &Tally) -> String {
    format!(
        "{} reachable ({:.0} %), {} impossible, {} undecided",
        tally.reachable,
        tally.reachable_share(),
        tally.impossible,
        tally.undecided
    )
}
