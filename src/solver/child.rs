//! Any SMT-LIB solver as a child process that reads a script on its standard input.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use super::script::{clip, parse_model, parse_question, split_items};
use super::{Budget, SmtAnswer, SmtSolver, SolverError, UnknownReason};

/// How often a running child is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// More output than any model of ours has; a solver that writes more is cut off.
const OUTPUT_LIMIT: u64 = 64 << 20;

/// A solver that runs as a child process, one process a question, killed when the budget ends.
#[derive(Debug, Clone)]
pub struct ChildProcess {
    name: String,
    version: String,
    program: String,
    arguments: Vec<String>,
    memory_flag: Option<&'static str>,
}

impl ChildProcess {
    /// A solver started as `program arguments…`, for example `cvc5 --lang smt2` or `z3 -in`. Its memory is not limited.
    pub fn new(name: &str, version: &str, program: &str, arguments: &[&str]) -> Self {
        ChildProcess {
            name: name.to_owned(),
            version: version.to_owned(),
            program: program.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            memory_flag: None,
        }
    }

    /// cvc5 through `scripts/cvc5_solve.py` of this repository, which also keeps the memory limit.
    ///
    /// Runs it once to learn the version, so a missing cvc5 shows here.
    pub fn cvc5(script: &Path) -> Result<Self, SolverError> {
        let script = script.display().to_string();
        let mut cvc5 = ChildProcess::new("cvc5", "", "python3", &[&script, "--version"]);
        let output = cvc5.run("", &Budget::default())?;
        let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        match version {
            Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => cvc5.version = version,
            _ => return Err(cvc5.failed("it does not tell its version: run `make setup`")),
        }
        cvc5.arguments.pop();
        cvc5.memory_flag = Some("--memory-mb");
        Ok(cvc5)
    }

    /// cvc5 where `make setup` put it, looked for once: beside the working directory, or in the tree that the
    /// program was built from.
    pub fn installed_cvc5() -> Option<Self> {
        static FOUND: OnceLock<Option<ChildProcess>> = OnceLock::new();
        let look = || {
            let mut trees = [PathBuf::new(), PathBuf::from(env!("CARGO_MANIFEST_DIR"))].into_iter();
            let tree = trees.find(|tree| tree.join(".z3/python/cvc5").is_dir())?;
            Self::cvc5(&tree.join("scripts/cvc5_solve.py")).ok()
        };
        FOUND.get_or_init(look).clone()
    }

    fn failed(&self, message: &str) -> SolverError {
        SolverError::Failed { solver: self.name.clone(), message: message.to_owned() }
    }

    fn process_error(&self, source: std::io::Error) -> SolverError {
        SolverError::Process { program: self.program.clone(), source }
    }

    /// Runs the program on `input`; `None` when the budget ended first and the process was killed.
    fn run(&self, input: &str, budget: &Budget) -> Result<Option<Output>, SolverError> {
        let deadline = Instant::now() + budget.wall;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(flag) = self.memory_flag {
            command.arg(flag).arg(budget.memory_mb.to_string());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| self.process_error(source))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            // A child that dies early closes its input; its output then says why.
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input.as_bytes())));
            let stdout = scope.spawn(move || read_all(stdout));
            let stderr = scope.spawn(move || read_all(stderr));
            let status = wait(&mut child, deadline, budget).map_err(|source| self.process_error(source))?;
            let stdout = stdout.join().map_err(|_| self.failed("reading its output failed"))?;
            let stderr = stderr.join().map_err(|_| self.failed("reading its messages failed"))?;
            Ok(status.map(|status| Output { status, stdout, stderr }))
        })
    }

    /// Reads what the solver wrote for `(check-sat)` and `(get-model)`.
    fn read_answer(&self, output: &Output) -> Result<SmtAnswer, SolverError> {
        let text = String::from_utf8_lossy(&output.stdout);
        let items = split_items(&text)?;
        match items.as_slice() {
            ["unsat", ..] => Ok(SmtAnswer::Unsat),
            ["unknown", ..] => {
                let what = "it answered unknown".to_owned();
                Ok(SmtAnswer::Unknown(UnknownReason::Incomplete { solver: self.name.clone(), what }))
            }
            ["sat", model, ..] => Ok(SmtAnswer::Sat(parse_model(model)?)),
            [first, ..] if first.starts_with("(error") => {
                Err(SolverError::Refused { solver: self.name.clone(), message: clip(first) })
            }
            _ => {
                let messages = String::from_utf8_lossy(&output.stderr);
                let found = format!("{:?}, {}, {:?}", clip(&text), output.status, clip(&messages));
                Err(SolverError::Protocol { program: self.program.clone(), found })
            }
        }
    }
}

impl SmtSolver for ChildProcess {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn check_script(&mut self, smtlib: &str, budget: &Budget) -> Result<SmtAnswer, SolverError> {
        let question = parse_question(smtlib)?;
        let logic = if question.contains("(set-logic") { "" } else { "(set-logic ALL)\n" };
        let input =
            format!("(set-option :produce-models true)\n{logic}{question}(check-sat)\n(get-model)\n(exit)\n");
        match self.run(&input, budget)? {
            Some(output) => self.read_answer(&output),
            None if budget.cancellation.is_cancelled() => Ok(SmtAnswer::Unknown(UnknownReason::Cancelled)),
            None => Ok(SmtAnswer::Unknown(UnknownReason::Timeout { limit: budget.wall })),
        }
    }
}

/// Waits for the child until the deadline or the cancellation, then kills it and returns `None`.
fn wait(
    child: &mut Child,
    deadline: Instant,
    budget: &Budget,
) -> std::io::Result<Option<std::process::ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline || budget.cancellation.is_cancelled() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL_INTERVAL);
    }
}

fn read_all(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before a failure is still shown; a cut answer does not parse as one.
        let _ = pipe.take(OUTPUT_LIMIT).read_to_end(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests;
