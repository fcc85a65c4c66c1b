//! Text for people: the verdict first, then what shows it.

use super::{chains, everybody};
use crate::ask::{CanAnswer, Explained};
use crate::escalation::Edge;
use crate::question::{Answer, ProofSummary, Step, Verdict};
use gateproof_model::problem::Problem;
use std::fmt::Write;
use std::sync::Arc;

/// Text goes into a `String`, which takes everything.
pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}

pub(super) fn headline(answer: &Answer) -> String {
    match (answer.verdict, answer.untold.len(), &answer.undecided) {
        (Verdict::Reachable, _, _) => {
            let unknowns: Vec<String> = answer.unknowns().collect();
            match unknowns.is_empty() {
                true => "reachable".to_owned(),
                false => format!("reachable, assuming {}", unknowns.join("; ")),
            }
        }
        (Verdict::Impossible, 0, _) => "impossible".to_owned(),
        (Verdict::Impossible, n, _) => format!("impossible, assuming {n} inputs that were not collected"),
        (Verdict::Undecided, _, Some(why)) => format!("undecided: {} ({})", why.reason, why.place),
        (Verdict::Undecided, _, None) => "undecided".to_owned(),
    }
}

pub(super) fn step(out: &mut String, step: &Step) {
    line(out, format_args!("  as        {}", step.caller));
    line(out, format_args!("  session   {}", step.shape));
    line(out, format_args!("  action    {}", step.action));
    line(out, format_args!("  resource  {}", step.resource));
    for (key, value) in &step.context {
        line(out, format_args!("  context   {key} = {}", value.shown(key)));
    }
    because(out, step);
    also_needed(out, step);
    if let Some(gains) = &step.gains {
        line(out, format_args!("  gains     {gains}"));
    }
}

fn because(out: &mut String, step: &Step) {
    for evidence in &step.allowed_by {
        if evidence.policy.is_empty() {
            line(out, format_args!("  because   {}", evidence.layer));
            continue;
        }
        let sid = evidence.sid.as_deref().map(|s| format!(" ({s})")).unwrap_or_default();
        line(
            out,
            format_args!(
                "  because   {}: {}{sid}, {}#{}",
                evidence.layer, evidence.policy, evidence.file, evidence.pointer
            ),
        );
    }
}

/// The call's other authorizations: what differs from the first.
fn also_needed(out: &mut String, step: &Step) {
    for other in &step.also_needs {
        line(out, format_args!("  also on   {}", other.resource));
        for (key, value) in other.context.iter().filter(|(key, value)| step.context.get(*key) != Some(value))
        {
            line(out, format_args!("  context   {key} = {}", value.shown(key)));
        }
        because(out, other);
    }
}

pub(super) fn body(out: &mut String, answer: &Answer) {
    if let Some(witness) = &answer.witness {
        chains::requests(out, &witness.steps);
        chains::to_try(out, &witness.aws_cli);
    }
    if let Some(proof) = &answer.proof {
        proved(out, proof);
        for obstacle in &proof.blocked_by {
            line(out, format_args!("  blocked   {obstacle}"));
        }
    }
    for assumption in answer.taken_for_granted() {
        line(out, format_args!("  assuming  {assumption}"));
    }
}

pub(super) fn proved(out: &mut String, proof: &ProofSummary) {
    if proof.formulas == 0 && proof.method == "invariant" {
        line(
            out,
            format_args!("  ruled out for {}: no policy that could allow one concerns a caller", proof.scope),
        );
        return;
    }
    if proof.formulas == 0 {
        line(
            out,
            format_args!(
                "  ruled out for {}: no policy that could allow it concerns this caller",
                proof.scope
            ),
        );
        return;
    }
    let solvers: Vec<String> = proof.solvers.iter().map(|s| format!("{} {}", s.name, s.version)).collect();
    line(
        out,
        format_args!(
            "  proved    for {}: {} formulas refuted ({} false as they stood), each proof accepted by the checker",
            proof.scope, proof.formulas, proof.folded
        ),
    );
    line(
        out,
        format_args!(
            "            {}; {}; second opinion: {} agree, {} could not tell",
            proof.encodings.join(", "),
            solvers.join(", "),
            proof.seconded,
            proof.second_unknown
        ),
    );
}

pub(super) fn problems(out: &mut String, found: &[Problem]) {
    let serious: Vec<&Problem> = found.iter().filter(|p| !p.warning).collect();
    if serious.is_empty() {
        return;
    }
    line(
        out,
        format_args!("\n{} problems in the snapshot; what they hide is treated as unknown:", serious.len()),
    );
    for problem in serious.iter().take(10) {
        line(out, format_args!("  {problem}"));
    }
}

/// Each principal's answer, where there are several.
pub(super) fn each_principal(out: &mut String, principals: &[(Arc<str>, Answer)]) {
    if principals.len() > 1 {
        line(out, format_args!("\n{} principals:", principals.len()));
        for (arn, one) in principals {
            line(out, format_args!("  {arn}: {}", headline(one)));
        }
    }
}

/// The answer to `can`.
pub fn can(answer: &CanAnswer, found: &[Problem]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(&answer.overall)));
    body(&mut out, &answer.overall);
    each_principal(&mut out, &answer.principals);
    problems(&mut out, found);
    out
}

/// A line of `edges`.
pub fn edge(edge: &Edge) -> String {
    let doubt = if edge.undecided.is_some() { " (undecided)" } else { "" };
    format!("{}  {}{doubt}  {}", edge.from, edge.technique, edge.gains)
}

/// The answer to `who-can`: those who can, with the request that shows it.
pub fn who_can(answers: &[(Arc<str>, Answer)], found: &[Problem]) -> String {
    let mut out = String::new();
    let of = |verdict: Verdict| answers.iter().filter(move |(_, a)| a.verdict == verdict);
    let (can, cannot, unknown) =
        (of(Verdict::Reachable).count(), everybody::cannot(answers), of(Verdict::Undecided).count());
    line(&mut out, format_args!("{can} can, {cannot} cannot, {unknown} undecided"));
    for (arn, answer) in of(Verdict::Reachable) {
        line(&mut out, format_args!("\n{arn}"));
        body(&mut out, answer);
    }
    for (arn, answer) in of(Verdict::Undecided) {
        line(&mut out, format_args!("\n{arn}: {}", headline(answer)));
    }
    let assumed = everybody::assumed(answers);
    if !assumed.is_empty() {
        line(
            &mut out,
            format_args!("\nthose who cannot: assuming {} inputs that were not collected", assumed.len()),
        );
        for text in assumed {
            line(&mut out, format_args!("  assuming  {text}"));
        }
    }
    problems(&mut out, found);
    out
}

/// The answer to `explain`.
pub fn explain(explained: &Explained) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", explained.outcome()));
    let request = &explained.request;
    line(&mut out, format_args!("  as        {}", request.principal.id()));
    line(&mut out, format_args!("  action    {}", request.action));
    line(&mut out, format_args!("  resource  {}", request.resource));
    for (key, value) in request.context.iter() {
        line(&mut out, format_args!("  context   {key} = {}", value.values().join(", ")));
    }
    for reason in &explained.decision.because {
        line(&mut out, format_args!("  because   {reason}"));
    }
    for unknown in &explained.unknown {
        line(&mut out, format_args!("  not known {unknown}"));
    }
    for assumption in &explained.assumptions {
        line(&mut out, format_args!("  assuming  {assumption}"));
    }
    out
}
