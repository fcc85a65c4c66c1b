//! Z3 in process. The one file that names the binding.
//!
//! Guards against what the binding and the library are known to do: a system libz3 of another version is
//! refused at start-up; a script that Z3 fails to read asserts *nothing* and reports it nowhere, so a sentinel
//! assertion proves that it was read to the end; the library's own timeout may overrun, and its own memory limit
//! leaks, then makes the binding panic and at last aborts the process, so a watchdog thread keeps both limits
//! and interrupts; a panic of the binding is caught here and nowhere else.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::script::parse_question;
use super::{Budget, SmtAnswer, SmtSolver, SolverError, UnknownReason};

/// The version this build is pinned to; `scripts/requirements-z3.txt` and `.cargo/config.toml` name the same.
#[cfg(not(feature = "vendored-z3"))]
const PINNED: &str = "5.4.1";
/// The version that the `z3-src` crate builds for releases.
#[cfg(feature = "vendored-z3")]
const PINNED: &str = "5.3.3";

/// The oldest version that the binding's functions exist in.
const OLDEST: [u32; 3] = [4, 13, 3];

/// How often the watchdog looks at the cancellation flag, and repeats an interrupt that came too early.
const WATCH_INTERVAL: Duration = Duration::from_millis(10);

/// Asserted last, so that its presence shows that the whole script was read.
const SENTINEL: &str = "gateproof!read-to-the-end";

/// Z3, linked into this process.
#[derive(Debug, Clone)]
pub struct Z3 {
    version: String,
}

impl Z3 {
    /// Checks that the linked library is the pinned one; nothing else makes a [`Z3`].
    pub fn new() -> Result<Self, SolverError> {
        let version = linked_version();
        check_version(&version, PINNED)?;
        Ok(Z3 { version })
    }
}

/// The version of the Z3 that is linked, as `major.minor.patch`.
pub fn linked_version() -> String {
    // "Z3 5.4.1.0 …": the fourth number is a build revision.
    let full = ::z3::full_version();
    let number = full.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    number.unwrap_or(full).split('.').take(3).collect::<Vec<_>>().join(".")
}

/// Refuses a library that is too old for the binding or not the pinned one.
fn check_version(linked: &str, pinned: &str) -> Result<(), SolverError> {
    let numbers: Vec<u32> = linked.split('.').map_while(|part| part.parse().ok()).collect();
    if linked == pinned && numbers.as_slice() >= OLDEST.as_slice() {
        return Ok(());
    }
    Err(SolverError::Version { linked: linked.to_owned(), pinned: pinned.to_owned() })
}

impl SmtSolver for Z3 {
    fn name(&self) -> &str {
        "z3"
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn check_script(&mut self, smtlib: &str, budget: &Budget) -> Result<SmtAnswer, SolverError> {
        let mut question = parse_question(smtlib)?;
        question.push_str(&format!("(declare-const {SENTINEL} Bool)\n(assert {SENTINEL})\n"));
        if budget.cancellation.is_cancelled() {
            return Ok(SmtAnswer::Unknown(UnknownReason::Cancelled));
        }
        let deadline = Instant::now() + budget.wall;
        let mut config = ::z3::Config::new();
        config.set_model_generation(true);
        let run = || ::z3::with_z3_config(&config, || solve_watched(&question, budget, deadline));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(outcome) => outcome,
            Err(_) => Err(failed("the binding panicked")),
        }
    }
}

fn failed(message: &str) -> SolverError {
    SolverError::Failed { solver: "z3".to_owned(), message: message.to_owned() }
}

/// Why the watchdog interrupted the solver.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Interrupt {
    Deadline,
    Cancelled,
    Memory,
}

/// Runs the solver of the current thread's context with a watchdog beside it.
fn solve_watched(question: &str, budget: &Budget, deadline: Instant) -> Result<SmtAnswer, SolverError> {
    let context = ::z3::Context::thread_local();
    let handle = context.handle();
    std::thread::scope(|scope| {
        // Dropped when solving ends, by a panic too; the watchdog then sees the channel closed.
        let (running, ended) = channel::<()>();
        let watchdog = scope.spawn(move || watch(&ended, budget, deadline, || handle.interrupt()));
        let outcome = solve(question, budget);
        drop(running);
        let interrupt = watchdog.join().map_err(|_| failed("the watchdog panicked"))?;
        Ok(match (outcome?, interrupt) {
            (SmtAnswer::Unknown(_), Some(cause)) => SmtAnswer::Unknown(interrupted(cause, budget)),
            (answer, _) => answer,
        })
    })
}

fn interrupted(cause: Interrupt, budget: &Budget) -> UnknownReason {
    match cause {
        Interrupt::Deadline => UnknownReason::Timeout { limit: budget.wall },
        Interrupt::Cancelled => UnknownReason::Cancelled,
        Interrupt::Memory => UnknownReason::Memory { limit_mb: budget.memory_mb },
    }
}

/// Waits until solving ends, interrupting it (again and again: an interrupt before the solver's loop starts is
/// lost) from the moment when a limit is passed or the run is cancelled. Returns which came first.
fn watch(
    ended: &Receiver<()>,
    budget: &Budget,
    deadline: Instant,
    interrupt: impl Fn(),
) -> Option<Interrupt> {
    let memory_at_start = resident_mb();
    let mut cause = None;
    while ended.recv_timeout(WATCH_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        cause = cause.or_else(|| {
            if budget.cancellation.is_cancelled() {
                Some(Interrupt::Cancelled)
            } else if Instant::now() >= deadline {
                Some(Interrupt::Deadline)
            } else if resident_mb().saturating_sub(memory_at_start) > u64::from(budget.memory_mb) {
                Some(Interrupt::Memory)
            } else {
                None
            }
        });
        if cause.is_some() {
            interrupt();
        }
    }
    cause
}

/// The memory that this process holds, in megabytes; 0 where the system has no `/proc`.
fn resident_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Puts the question to a fresh solver of the current context.
fn solve(question: &str, budget: &Budget) -> Result<SmtAnswer, SolverError> {
    let solver = ::z3::Solver::new();
    if let Some(steps) = budget.steps {
        let mut params = ::z3::Params::new();
        params.set_u32("rlimit", steps);
        solver.set_params(&params);
    }
    solver.from_string(question);
    let read_to_the_end = solver.get_assertions().last().is_some_and(|last| last.to_string() == SENTINEL);
    if !read_to_the_end {
        let message = "it could not be parsed or is ill-sorted".to_owned();
        return Err(SolverError::Refused { solver: "z3".to_owned(), message });
    }
    match solver.check() {
        ::z3::SatResult::Unsat => Ok(SmtAnswer::Unsat),
        ::z3::SatResult::Unknown => {
            let said = solver.get_reason_unknown().unwrap_or_default();
            Ok(SmtAnswer::Unknown(classify_unknown(&said, budget)))
        }
        ::z3::SatResult::Sat => {
            let model = solver.get_model().ok_or_else(|| failed("it answered sat without a model"))?;
            Ok(SmtAnswer::Sat(read_model(&model)))
        }
    }
}

/// The typed reason behind the text that Z3 gives for an unknown.
fn classify_unknown(said: &str, budget: &Budget) -> UnknownReason {
    match budget.steps {
        Some(steps) if said.contains("resource limit") || said.contains("canceled") => {
            UnknownReason::ResourceLimit { limit: u64::from(steps) }
        }
        _ if said.contains("memory") || said.contains("memout") => {
            UnknownReason::Memory { limit_mb: budget.memory_mb }
        }
        _ if said == "timeout" || said == "canceled" => UnknownReason::Timeout { limit: budget.wall },
        _ => UnknownReason::Incomplete { solver: "z3".to_owned(), what: said.to_owned() },
    }
}

/// The constants of a model as SMT-LIB text, sorted by name.
fn read_model(model: &::z3::Model) -> Vec<(String, String)> {
    let constants = model.iter().filter(|declaration| declaration.arity() == 0);
    let mut values: Vec<(String, String)> = constants
        .filter_map(|declaration| match model.get_interp(&declaration) {
            Some(::z3::Interp::Const(value)) => Some((declaration.name(), value.to_string())),
            _ => None,
        })
        .filter(|(name, _)| name != SENTINEL)
        .collect();
    values.sort();
    values
}

#[cfg(test)]
mod tests;
