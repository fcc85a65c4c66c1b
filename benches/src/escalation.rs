//! One size measured: loading, `edges`, and a fixed list of questions of `reach`.

use crate::measure::{Failure, peak_memory};
use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::escalation::{EscalationSettings, Target};
use gateproof::question::{Requests, Selector, Verdict};
use gateproof::watchdog::Watchdog;
use gateproof_encodings::primitive::embedded;
use gateproof_model::account::PrincipalEntity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many times the time of one question `edges` may take.
const EDGES: u32 = 3;

/// The list of questions, as text.
pub const TEXT: &str = include_str!("../escalation.txt");

/// One question.
#[derive(Debug, Clone)]
pub struct ReachQuestion {
    /// The line.
    pub text: String,
    /// The right answer, as [`word`] has it.
    pub expected: String,
    /// From whom.
    pub from: Selector,
    /// What is to be reached.
    pub target: Target,
}

/// What one question took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OneReach {
    /// The question.
    pub text: String,
    /// Milliseconds, the first time in a fresh estate.
    pub first: f64,
    /// Milliseconds, after all others and `edges` were asked; nothing where the time was over at first.
    pub again: Option<f64>,
    /// The answer.
    pub verdict: String,
    /// Whether it is the right one.
    pub as_expected: bool,
    /// The steps of its chain, the request at its end among them.
    pub steps: usize,
}

/// What one size took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// The number of roles.
    pub roles: usize,
    /// Seconds to load.
    pub load: f64,
    /// Seconds for all steps of all users and roles.
    pub edges: f64,
    /// Whether these are all; otherwise the time was over.
    pub all_edges: bool,
    /// How many there are; with how many different pairs of principals, and of how many techniques.
    pub found: usize,
    /// Pairs of principals.
    pub pairs: usize,
    /// Techniques.
    pub techniques: usize,
    /// Steps of which it is not known whether they can be made.
    pub undecided: usize,
    /// Steps of the administrators.
    pub of_administrators: usize,
    /// Each question.
    pub questions: Vec<OneReach>,
    /// Megabytes at most, after loading and the questions.
    pub peak_of_questions: u64,
    /// Megabytes at most, in the end.
    pub peak_memory: u64,
}

/// Reads the list of questions.
///
/// # Errors
/// Where a line is no question.
pub fn parse_reach_questions(text: &str) -> Result<Vec<ReachQuestion>, Failure> {
    text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()).map(parse_question).collect()
}

fn parse_question(line: &str) -> Result<ReachQuestion, Failure> {
    let mut words = line.split_whitespace();
    let (Some(expected), Some(from)) = (words.next(), words.next()) else {
        return Err(format!("`{line}`: expected an answer, a selector and a target").into());
    };
    let (mut targets, mut requests) = (Vec::new(), Requests::default());
    for word in words {
        let Some((kind, value)) = word.split_once('=') else {
            return Err(format!("`{word}`: expected KIND=VALUE").into());
        };
        match kind {
            "action" => requests.actions.push(value.to_owned()),
            "resource" => requests.resources.push(value.to_owned()),
            "controls" => targets.push(Target::Controls(vec![value.parse()?])),
            "administrator" => targets.push(Target::Administers(vec![value.parse()?])),
            "reads" => targets.push(Target::Reads(vec![value.to_owned()])),
            _ => {
                return Err(
                    format!("`{kind}`: expected action, resource, controls, administrator or reads").into()
                );
            }
        }
    }
    if !requests.actions.is_empty() {
        targets.push(Target::Access(requests));
    }
    let target = Target::AnyOf(targets);
    let text = line.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(ReachQuestion { text, expected: expected.to_owned(), from: from.parse()?, target })
}

/// An answer in a word.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Reachable => "reachable",
        Verdict::Impossible => "impossible",
        Verdict::Undecided => "undecided",
    }
}

/// Measures the snapshot in a directory, with so much patience for a question; `edges` last, since it asks about everything.
///
/// # Errors
/// Where it can't be loaded or asked.
pub fn measure_escalation(directory: &Path, roles: usize, patience: Duration) -> Result<Measured, Failure> {
    let questions = parse_reach_questions(TEXT)?;
    let start = Instant::now();
    let estate = Estate::load(directory, EstateOptions::default())?;
    let load = start.elapsed().as_secs_f64();
    let mut asked = Vec::new();
    for question in &questions {
        // What questions share is an estate's: each is asked of one that was asked nothing before.
        let fresh = Estate::of(estate.snapshot.clone(), EstateOptions::default());
        asked.push(ask(&fresh, question, patience)?);
    }
    let status = Path::new("/proc/self/status");
    let peak_of_questions = peak_memory(status);
    let settings = settings()?;
    let ended = settings.ask.effort.cancellation();
    let watchdog = Watchdog::start(EDGES * patience, ended.clone());
    let start = Instant::now();
    let edges = estate.edges(&settings);
    let took = start.elapsed().as_secs_f64();
    let all_edges = !ended.is_cancelled();
    drop(watchdog);
    for (question, one) in
        questions.iter().zip(&mut asked).filter(|(_, one)| one.first < 1e3 * patience.as_secs_f64())
    {
        one.again = Some(ask(&estate, question, patience)?.first);
    }
    let administers = |p: &&PrincipalEntity| p.tag("bench").is_some_and(|v| v.starts_with("administrator-"));
    let administrators: BTreeSet<_> =
        estate.snapshot.principals().iter().filter(administers).map(|p| &p.arn).collect();
    let pairs: BTreeSet<_> = edges.iter().filter_map(|e| Some((&e.from, e.to.as_ref()?))).collect();
    let techniques: BTreeSet<&str> = edges.iter().map(|e| e.technique.as_str()).collect();
    Ok(Measured {
        roles,
        load,
        edges: took,
        all_edges,
        found: edges.len(),
        pairs: pairs.len(),
        techniques: techniques.len(),
        undecided: edges.iter().filter(|e| e.undecided.is_some()).count(),
        of_administrators: edges.iter().filter(|e| administrators.contains(&e.from)).count(),
        questions: asked,
        peak_of_questions,
        peak_memory: peak_memory(status),
    })
}

fn ask(estate: &Estate, question: &ReachQuestion, patience: Duration) -> Result<OneReach, Failure> {
    let settings = settings()?;
    let watchdog = Watchdog::start(patience, settings.ask.effort.cancellation().clone());
    let start = Instant::now();
    let answer = estate.reach(std::slice::from_ref(&question.from), &[], &question.target, &settings)?;
    let first = start.elapsed().as_secs_f64() * 1e3;
    drop(watchdog);
    let verdict = word(&answer.overall.verdict).to_owned();
    Ok(OneReach {
        text: question.text.clone(),
        first,
        again: None,
        as_expected: verdict == question.expected,
        verdict,
        steps: answer.chains.first().map_or(0, |chain| chain.steps.len()),
    })
}

/// The program's own steps, and a flag of one's own for the end of the time.
fn settings() -> Result<EscalationSettings, Failure> {
    let ask = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    Ok(EscalationSettings {
        ask,
        primitives: embedded()?.to_vec(),
        chains: 1,
        all_paths: false,
        for_anyone: false,
    })
}
