//! Text for people: chains of steps, and what `reach` says of them.

use super::text::{body, each_principal, headline, line, problems, step};
use crate::escalation::{CutAnswer, ReachAnswer};
use crate::question::Step;
use gateproof_model::problem::Problem;

/// Requests in order; those of an attack step stand under its name.
pub(super) fn requests(out: &mut String, steps: &[Step]) {
    let chain = steps.iter().any(|one| one.technique.is_some());
    let mut number = 0;
    let mut opens = chain;
    for one in steps {
        match &one.technique {
            Some(technique) if opens => {
                number += 1;
                line(out, format_args!("  step {number:<4} {technique}"));
            }
            None if chain && opens => line(out, format_args!("  then      the target")),
            _ => {}
        }
        step(out, one);
        // A step ends with what it gains.
        opens = chain && one.technique.is_some() && one.gains.is_some();
    }
}

/// Commands to try; those of a chain stand by themselves, so that they can be copied.
pub(super) fn to_try(out: &mut String, commands: &[String]) {
    if !commands.iter().any(|command| command.starts_with("# ") && commands.len() > 1) {
        for command in commands {
            line(out, format_args!("  try       {command}"));
        }
        return;
    }
    line(out, format_args!("  to try it:"));
    for command in commands {
        line(out, format_args!("    {command}"));
    }
}

/// The answer to `reach`.
pub fn reach(answer: &ReachAnswer, cut: Option<&CutAnswer>, found: &[Problem]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(&answer.overall)));
    if let Some(target) = answer.reached.first() {
        line(&mut out, format_args!("  target    {target}"));
    }
    if answer.overall.witness.as_ref().is_some_and(|witness| witness.may_be_shorter) {
        line(
            &mut out,
            format_args!(
                "  shorter   a chain of fewer steps is not ruled out: there were too many to look at"
            ),
        );
    }
    body(&mut out, &answer.overall);
    for (n, (chain, target)) in answer.chains.iter().zip(&answer.reached).enumerate().skip(1) {
        line(&mut out, format_args!("\nchain {}:", n + 1));
        line(&mut out, format_args!("  target    {target}"));
        requests(&mut out, &chain.steps);
        to_try(&mut out, &chain.aws_cli);
    }
    if let Some(cut) = cut {
        proposed(&mut out, cut);
    }
    each_principal(&mut out, &answer.principals);
    problems(&mut out, found);
    out
}

fn proposed(out: &mut String, cut: &CutAnswer) {
    match cut {
        CutAnswer::Found(cut) => {
            let count = cut.statements.len();
            line(
                out,
                format_args!(
                    "\nout of reach without {count} statements (proved; {} chains were found):",
                    cut.chains
                ),
            );
            for e in &cut.statements {
                let sid = e.sid.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
                line(
                    out,
                    format_args!("  cut       {}: {}{sid}, {}#{}", e.layer, e.policy, e.file, e.pointer),
                );
            }
        }
        CutAnswer::NoneThere(why) => {
            line(out, format_args!("\nno statement of a policy could be removed against {why}"));
        }
        CutAnswer::Undecided(why) => line(out, format_args!("\nno cut was found: {why}")),
    }
}
