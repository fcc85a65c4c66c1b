//! Text for people: the verdict first, then what shows it.

use crate::ask::{CanAnswer, Explained};
use crate::escalation::{CutAnswer, Edge, ReachAnswer};
use crate::question::answer::ContextText;
use crate::question::{Answer, ProofSummary, Step, Verdict};
use gateproof_model::problem::Problem;
use std::fmt::Write;
use std::sync::Arc;

/// Text goes into a `String`, which takes everything.
pub(super) fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}

fn headline(answer: &Answer) -> String {
    match (answer.verdict, answer.not_collected, &answer.undecided) {
        (Verdict::Reachable, _, _) => {
            let unknowns: Vec<&str> = answer.unknowns().map(String::as_str).collect();
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

fn step(out: &mut String, step: &Step) {
    if let Some(technique) = &step.technique {
        line(out, format_args!("  step      {technique}"));
    }
    line(out, format_args!("  as        {}", step.caller));
    line(out, format_args!("  session   {}", step.shape));
    line(out, format_args!("  action    {}", step.action));
    line(out, format_args!("  resource  {}", step.resource));
    for (key, value) in &step.context {
        line(out, format_args!("  context   {key} = {}", shown(value)));
    }
    because(out, step);
    also_needed(out, step);
    if let Some(gains) = &step.gains {
        line(out, format_args!("  gains     {gains}"));
    }
}

fn shown(value: &ContextText) -> String {
    match value {
        ContextText::One(text) => text.clone(),
        ContextText::Many(texts) => format!("[{}]", texts.join(", ")),
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
            line(out, format_args!("  context   {key} = {}", shown(value)));
        }
        because(out, other);
    }
}

fn body(out: &mut String, answer: &Answer) {
    if let Some(witness) = &answer.witness {
        for one in &witness.steps {
            step(out, one);
        }
        for command in &witness.aws_cli {
            line(out, format_args!("  try       {command}"));
        }
    }
    if let Some(proof) = &answer.proof {
        proved(out, proof);
        for obstacle in &proof.blocked_by {
            line(out, format_args!("  blocked   {obstacle}"));
        }
    }
    for assumption in answer.assumptions.iter() {
        line(out, format_args!("  assuming  {assumption}"));
    }
}

fn proved(out: &mut String, proof: &ProofSummary) {
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

/// The answer to `can`.
pub fn can(answer: &CanAnswer, found: &[Problem]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(&answer.overall)));
    body(&mut out, &answer.overall);
    if answer.principals.len() > 1 {
        line(&mut out, format_args!("\n{} principals:", answer.principals.len()));
        for (arn, one) in &answer.principals {
            line(&mut out, format_args!("  {arn}: {}", headline(one)));
        }
    }
    problems(&mut out, found);
    out
}

/// A line of `edges`.
pub fn edge(edge: &Edge) -> String {
    let doubt = if edge.undecided.is_some() { " (undecided)" } else { "" };
    format!("{}  {}{doubt}  {}", edge.from, edge.technique, edge.gains)
}

/// The answer to `reach`.
pub fn reach(answer: &ReachAnswer, cut: Option<&CutAnswer>, found: &[Problem]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}", headline(&answer.overall)));
    body(&mut out, &answer.overall);
    for (n, chain) in answer.chains.iter().enumerate().skip(1) {
        line(&mut out, format_args!("\nchain {}:", n + 1));
        for one in &chain.steps {
            step(&mut out, one);
        }
    }
    if let Some(cut) = cut {
        proposed(&mut out, cut);
    }
    if answer.principals.len() > 1 {
        line(&mut out, format_args!("\n{} principals:", answer.principals.len()));
        for (arn, one) in &answer.principals {
            line(&mut out, format_args!("  {arn}: {}", headline(one)));
        }
    }
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

/// The answer to `who-can`: those who can, with the request that shows it.
pub fn who_can(answers: &[(Arc<str>, Answer)], found: &[Problem]) -> String {
    let mut out = String::new();
    let of = |verdict: Verdict| answers.iter().filter(move |(_, a)| a.verdict == verdict);
    let (can, cannot, unknown) =
        (of(Verdict::Reachable).count(), of(Verdict::Impossible).count(), of(Verdict::Undecided).count());
    line(&mut out, format_args!("{can} can, {cannot} cannot, {unknown} undecided"));
    for (arn, answer) in of(Verdict::Reachable) {
        line(&mut out, format_args!("\n{arn}"));
        body(&mut out, answer);
    }
    for (arn, answer) in of(Verdict::Undecided) {
        line(&mut out, format_args!("\n{arn}: {}", headline(answer)));
    }
    let mut assumed: Vec<&String> = Vec::new();
    for (_, answer) in of(Verdict::Impossible) {
        for text in answer.assumptions.iter() {
            if !assumed.contains(&text) {
                assumed.push(text);
            }
        }
    }
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
