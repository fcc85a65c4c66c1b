//! One size measured: loading, `who-can`, `can`, and what was answered.

use crate::questions::{Question, TEXT, parse_questions};
use crate::spread::Spread;
use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Answer, Quantifier, Selector, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Whatever goes wrong while measuring.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs this program once more on a snapshot, so that memory and caches are that run's alone, and reads the figures that it
/// prints as JSON. The directory comes after the arguments.
///
/// # Errors
/// Where the program can't be run, fails, or prints something else.
pub fn in_own_process<T: DeserializeOwned>(arguments: &[&str], directory: &Path) -> Result<T, Failure> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .arg(directory)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", arguments.join(" "), output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// How many callers each question of `can` is asked about.
const CALLERS: usize = 40;

/// Answers by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// With a witness.
    pub reachable: usize,
    /// With proofs.
    pub impossible: usize,
    /// With neither.
    pub undecided: usize,
}

impl Tally {
    fn count(&mut self, answer: &Answer) {
        match answer.verdict {
            Verdict::Reachable => self.reachable += 1,
            Verdict::Impossible => self.impossible += 1,
            Verdict::Undecided => self.undecided += 1,
        }
    }

    /// The share of the reachable, in per cent.
    pub fn reachable_share(&self) -> f64 {
        let all = self.reachable + self.impossible + self.undecided;
        100.0 * self.reachable as f64 / all.max(1) as f64
    }
}

/// What `who-can` said to one question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OneQuestion {
    /// The question.
    pub text: String,
    /// Milliseconds, the first time.
    pub first: f64,
    /// Milliseconds, the second time.
    pub again: f64,
    /// The answers, by caller.
    pub answers: Tally,
}

/// What one size took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// The number of roles.
    pub roles: usize,
    /// The number of callers: roles, users, root users, services and strangers that policies name.
    pub callers: usize,
    /// Seconds to load.
    pub load: f64,
    /// `who-can`, two threads, each question asked for the first time.
    pub who_can: Spread,
    /// `who-can`, each question asked again.
    pub who_can_again: Spread,
    /// Each question of `who-can`.
    pub by_question: Vec<OneQuestion>,
    /// Megabytes at most, so far: loading and `who-can`.
    pub peak_memory: u64,
    /// `can`, one thread, one caller, the first question that a fresh estate is asked.
    pub can_cold: Spread,
    /// `can`, one thread, one caller, each pair for the first time, in an estate that was asked others before.
    pub can_first: Spread,
    /// The same pairs asked again.
    pub can_again: Spread,
    /// `can`, one thread, a selector of many callers.
    pub can_selectors: Spread,
    /// Answers of `who-can`, by caller and question.
    pub who_can_answers: Tally,
    /// Answers of `can`, by caller and question.
    pub can_answers: Tally,
    /// Questions that somebody in the snapshot can do, and those that nobody can.
    pub questions: Tally,
}

/// Measures the snapshot in a directory.
///
/// # Errors
/// Where it can't be loaded or asked.
pub fn measure(directory: &Path, roles: usize) -> Result<Measured, Failure> {
    let questions = parse_questions(TEXT)?;
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let start = Instant::now();
    let estate = Estate::load(directory, EstateOptions::default())?;
    let load = start.elapsed().as_secs_f64();
    let who = measure_who_can(&estate, &questions, &settings)?;
    let peak_memory = peak_memory(Path::new("/proc/self/status"));
    // A pool of one: what `can` spreads over threads stays on this one.
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let can = single.install(|| measure_can(&estate, &questions, &settings, roles))?;
    Ok(Measured {
        roles,
        callers: who.callers,
        load,
        who_can: Spread::of(who.first),
        who_can_again: Spread::of(who.again),
        by_question: who.by_question,
        peak_memory,
        can_cold: Spread::of(can.cold),
        can_first: Spread::of(can.first),
        can_again: Spread::of(can.again),
        can_selectors: Spread::of(can.selectors),
        who_can_answers: who.answers,
        can_answers: can.answers,
        questions: who.questions,
    })
}

#[derive(Default)]
struct WhoCan {
    callers: usize,
    first: Vec<Duration>,
    again: Vec<Duration>,
    by_question: Vec<OneQuestion>,
    answers: Tally,
    questions: Tally,
}

fn measure_who_can(estate: &Estate, questions: &[Question], settings: &Settings) -> Result<WhoCan, Failure> {
    let mut who = WhoCan::default();
    for question in questions {
        let start = Instant::now();
        let answers = estate.who_can(&question.requests, settings)?;
        let first = start.elapsed();
        let mut tally = Tally::default();
        for (_, answer) in &answers {
            tally.count(answer);
            who.answers.count(answer);
        }
        who.callers = answers.len();
        match tally {
            Tally { reachable: 1.., .. } => who.questions.reachable += 1,
            Tally { undecided: 1.., .. } => who.questions.undecided += 1,
            _ => who.questions.impossible += 1,
        }
        who.first.push(first);
        let first = first.as_secs_f64() * 1e3;
        who.by_question.push(OneQuestion { text: question.text.clone(), first, again: 0.0, answers: tally });
    }
    for (question, one) in questions.iter().zip(&mut who.by_question) {
        let start = Instant::now();
        estate.who_can(&question.requests, settings)?;
        let again = start.elapsed();
        who.again.push(again);
        one.again = again.as_secs_f64() * 1e3;
    }
    Ok(who)
}

#[derive(Default)]
struct Can {
    cold: Vec<Duration>,
    first: Vec<Duration>,
    again: Vec<Duration>,
    selectors: Vec<Duration>,
    answers: Tally,
}

fn measure_can(
    estate: &Estate,
    questions: &[Question],
    settings: &Settings,
    roles: usize,
) -> Result<Can, Failure> {
    let mut can = Can::default();
    let sample = callers(estate);
    let fresh = || Estate::of(estate.snapshot.clone(), EstateOptions::default());
    // A fresh estate a question costs far more than the question, so there are fewer of these.
    let colds = (50_000 / roles.max(1)).clamp(10, 400);
    for (n, question) in questions.iter().cycle().step_by(7).take(colds).enumerate() {
        let Some(caller) = sample.get(n % sample.len().max(1)) else { continue };
        let fresh = fresh();
        can.cold.push(ask(&fresh, caller, question, settings)?.0);
    }
    let shared = fresh();
    for question in questions {
        for caller in &sample {
            let (took, answer) = ask(&shared, caller, question, settings)?;
            can.first.push(took);
            can.answers.count(&answer);
        }
    }
    for question in questions {
        for caller in &sample {
            can.again.push(ask(&shared, caller, question, settings)?.0);
        }
    }
    for question in questions {
        if let Some(selector) = &question.principals {
            can.selectors.push(ask(&shared, selector, question, settings)?.0);
        }
    }
    Ok(can)
}

/// Some callers from all over the snapshot.
fn callers(estate: &Estate) -> Vec<Selector> {
    let step = estate.callers().len().div_ceil(CALLERS).max(1);
    estate.callers().step_by(step).map(|c| Selector::Arn(c.id.to_string())).collect()
}

fn ask(
    estate: &Estate,
    caller: &Selector,
    question: &Question,
    settings: &Settings,
) -> Result<(Duration, Answer), Failure> {
    let start = Instant::now();
    let answer =
        estate.can(std::slice::from_ref(caller), &question.requests, Quantifier::Some, settings)?.overall;
    Ok((start.elapsed(), answer))
}

/// The megabytes that the process held at most, from Linux's own account.
pub(crate) fn peak_memory(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
