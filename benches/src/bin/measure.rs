//! Measures loading, `can` and `who-can` on generated accounts: `measure ROLES…`; prints a table.

use gateproof::ask::{CrossCheck, Estate, EstateOptions, Settings};
use gateproof::question::{Quantifier, Requests, Selector, Verdict};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const QUESTIONS: &str = include_str!("../../questions.txt");
const SEED: u64 = 20_261_122;

// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 1_000, 10_000] } else { sizes };
    let mut out = std::io::stdout();
    for roles in sizes {
        match measure(roles) {
            Ok(table) => {
                if out.write_all(table.as_bytes()).is_err() {
                    return ExitCode::FAILURE;
                }
            }
            Err(error) => {
                let _ = writeln!(std::io::stderr(), "{roles} roles: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn questions() -> Result<Vec<Requests>, Failure> {
    let mut found = Vec::new();
    for line in QUESTIONS.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let mut requests = Requests::default();
        requests.actions.extend(words.next().map(str::to_owned));
        requests.resources.extend(words.next().filter(|r| *r != "*").map(str::to_owned));
        for condition in words {
            requests.when.push(condition.parse()?);
        }
        found.push(requests);
    }
    Ok(found)
}

fn measure(roles: usize) -> Result<String, Failure> {
    let directory = tempfile::tempdir()?;
    gateproof_benches::account::write_snapshot(directory.path(), roles, SEED)?;
    let start = Instant::now();
    let estate = Estate::load(directory.path(), EstateOptions::default())?;
    let load = start.elapsed();
    let settings = Settings { cross_check: CrossCheck::Never, ..Settings::default() };
    let questions = questions()?;
    let mut counts = [0usize; 3];
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    let mut who = Vec::new();
    for requests in &questions {
        let start = Instant::now();
        let answers = estate.who_can(requests, &settings)?;
        who.push(start.elapsed());
        for (_, answer) in &answers {
            let slot = match answer.verdict {
                Verdict::Reachable => 0,
                Verdict::Impossible => 1,
                Verdict::Undecided => 2,
            };
            if let Some(count) = counts.get_mut(slot) {
                *count += 1;
            }
        }
        let label = format!("{} {}", requests.actions.join(","), requests.resources.join(","));
        slowest.push((who.last().copied().unwrap_or_default(), label));
    }
    let can = single_questions(&estate, &questions, &settings)?;
    slowest.sort();
    let worst: Vec<String> = slowest.iter().rev().take(3).map(|(t, l)| format!("{l} {t:.1?}")).collect();
    Ok(format!(
        "## {roles} roles\n\nload {load:.3?}\nwho-can: {}\nslowest who-can: {}\ncan (one thread): {}\n\
         answers: {} reachable, {} impossible, {} undecided\npeak memory {} MB\n\n",
        spread(&mut who),
        worst.join("; "),
        spread(&mut can.clone()),
        counts[0],
        counts[1],
        counts[2],
        peak_memory(Path::new("/proc/self/status")),
    ))
}

/// Each question about a sample of roles, one by one, on this thread.
fn single_questions(
    estate: &Estate,
    questions: &[Requests],
    settings: &Settings,
) -> Result<Vec<Duration>, Failure> {
    let step = estate.callers().len().div_ceil(40).max(1);
    let sample: Vec<Selector> =
        estate.callers().iter().step_by(step).map(|c| Selector::Arn(c.id.to_string())).collect();
    let mut times = Vec::new();
    for requests in questions {
        for selector in &sample {
            let start = Instant::now();
            estate.can(std::slice::from_ref(selector), requests, Quantifier::Some, settings)?;
            times.push(start.elapsed());
        }
    }
    Ok(times)
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let at = |percent: usize| {
        times.get((times.len().saturating_sub(1)) * percent / 100).copied().unwrap_or_default()
    };
    format!(
        "median {:.3?}, p95 {:.3?}, p99 {:.3?}, max {:.3?} ({} measured)",
        at(50),
        at(95),
        at(99),
        at(100),
        times.len()
    )
}

fn peak_memory(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
