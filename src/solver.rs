//! Asking SMT solvers: the trait every solver stands behind, its budget, and what it may answer.
//!
//! A question is the text of an SMT-LIB 2.6 script of declarations and assertions. Text, not solver objects,
//! crosses threads; each call builds its own solver state, so an answer does not depend on earlier questions.
//! An *unknown* always carries its reason and is never turned into a yes or a no.

use std::time::Duration;

use thiserror::Error;

pub mod child;
pub mod script;
pub mod strings;
pub mod z3;

pub use self::child::ChildProcess;
pub use self::z3::Z3;
pub use gateproof_encodings::cancellation::Cancellation;

/// A solver that decides whether the assertions of an SMT-LIB script can hold together.
pub trait SmtSolver {
    /// The solver's name as verdicts print it, for example `z3`.
    fn name(&self) -> &str;

    /// The version of the solver that really runs, for example `5.4.1`.
    fn version(&self) -> &str;

    /// Asks whether the assertions of `smtlib` are satisfiable, within `budget`.
    ///
    /// `smtlib` holds declarations, definitions and assertions in printable ASCII; commands that ask or print
    /// (`check-sat`, `get-model`, `exit`, …) and options are skipped, since they are this trait's business.
    /// Commands that change the assertion stack are refused.
    fn check_script(&mut self, smtlib: &str, budget: &Budget) -> Result<SmtAnswer, SolverError>;
}

/// What a solver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtAnswer {
    /// The assertions can hold: the values of the declared constants as SMT-LIB text, sorted by name. Names
    /// are without the bars of quoted symbols. A constant that is not listed may take any value of its sort.
    Sat(Vec<(String, String)>),
    /// The assertions cannot hold together.
    Unsat,
    /// The solver could not tell, and why.
    Unknown(UnknownReason),
}

/// Why a question has no answer. Never read as *no*.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnknownReason {
    /// The wall-clock budget ended.
    #[error("timeout after {} ms", limit.as_millis())]
    Timeout {
        /// The budget that was given.
        limit: Duration,
    },
    /// The solver's own deterministic step limit was reached.
    #[error("resource limit of {limit} steps reached")]
    ResourceLimit {
        /// The limit that was given.
        limit: u64,
    },
    /// The memory limit was reached.
    #[error("memory limit of {limit_mb} MB reached")]
    Memory {
        /// The limit that was given, in megabytes.
        limit_mb: u32,
    },
    /// The run was cancelled from outside.
    #[error("cancelled")]
    Cancelled,
    /// The solver stopped by itself: its procedure is incomplete for this question.
    #[error("{solver} gave up: {what}")]
    Incomplete {
        /// Which solver.
        solver: String,
        /// The solver's own words.
        what: String,
    },
    /// The question holds a construct that has no encoding.
    #[error("unsupported: {what} at {place}")]
    Unsupported {
        /// The construct.
        what: String,
        /// Where it stands in the source.
        place: String,
    },
    /// The reference evaluator did not confirm the solver's model.
    #[error("the witness was rejected by the reference evaluator: {why}")]
    WitnessRejected {
        /// What the evaluator said.
        why: String,
    },
    /// Solvers find no request, but there is no proof that the checker could accept.
    #[error("no checked proof: strings in {solvers} find no request ({why})")]
    NoProof {
        /// The solvers that find none.
        solvers: String,
        /// Why the engine proved nothing.
        why: Box<UnknownReason>,
    },
    /// Two solvers or encodings gave opposite answers.
    #[error("{first} and {second} disagree{}", saved.as_ref().map(|s| format!(" ({s})")).unwrap_or_default())]
    Disagreement {
        /// One of the two.
        first: String,
        /// The other.
        second: String,
        /// What became of a script that shows it again, where one was handed over.
        saved: Option<String>,
    },
}

/// What one question may cost. Enforced from outside the solver too, because a solver's own timeout may overrun.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Wall-clock time.
    pub wall: Duration,
    /// Steps as the solver counts them: deterministic, unlike time. `None` leaves them unlimited.
    pub steps: Option<u32>,
    /// Memory in megabytes. Solvers in process count all contexts of the process together.
    pub memory_mb: u32,
    /// Cancels the question from another thread.
    pub cancellation: Cancellation,
}

impl Budget {
    /// A budget of `wall` time with the default memory limit.
    pub fn of_wall(wall: Duration) -> Self {
        Budget { wall, ..Budget::default() }
    }
}

impl Default for Budget {
    fn default() -> Self {
        let wall = Duration::from_secs(10);
        Budget { wall, steps: None, memory_mb: 2048, cancellation: Cancellation::default() }
    }
}

/// Why a solver could not be asked. Different from *unknown*: the question was never put.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SolverError {
    /// The linked Z3 is not the one gateproof was built and tested with.
    #[error("the linked z3 is version {linked}, expected {pinned}: run `make setup` and build again")]
    Version {
        /// The version that runs.
        linked: String,
        /// The version that was expected.
        pinned: String,
    },
    /// The script is not one that can be put to a solver.
    #[error("smt-lib script, command {command}: {found}, expected {expected}")]
    Script {
        /// The command's number, counted from 1.
        command: usize,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// The solver refused the script.
    #[error("{solver} refused the script: {message}")]
    Refused {
        /// Which solver.
        solver: String,
        /// What it said.
        message: String,
    },
    /// The solver's binding failed inside.
    #[error("{solver} failed: {message}")]
    Failed {
        /// Which solver.
        solver: String,
        /// What is known about the failure.
        message: String,
    },
    /// A solver process could not be run or spoken to.
    #[error("solver process {program}: {source}")]
    Process {
        /// The program that was to be run.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A solver process answered something that is not an answer.
    #[error("solver process {program}: found {found}, expected sat, unsat or unknown")]
    Protocol {
        /// The program that ran.
        program: String,
        /// The beginning of what it wrote.
        found: String,
    },
}
