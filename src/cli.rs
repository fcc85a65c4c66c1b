//! The command line: arguments, commands, exit codes.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | answered; for `can`: impossible |
//! | 1 | the input or the tool failed |
//! | 2 | `can`: reachable, with a witness; `check`: violated; `prove`: not proved; `fix`: no fix found; `verify-certificate`: refused |
//! | 3 | undecided |
//! | 64 | the command line itself is wrong |

mod ask;
mod asked;
mod audit;
mod certify;
mod check;
mod claim;
mod compare;
mod decide;
mod demo;
mod edges;
mod explain;
mod export;
mod fix;
mod lines;
mod map;
mod overlay;
mod policy_check;
mod primitives;
mod prove;
mod reach;
mod reproducers;
mod today;
mod verify_certificate;
mod version;
mod watch;
mod what_can;

use crate::ask::{Effort, Settings};
use crate::config::Config;
use crate::render::table::Table;
use clap::{Args, Parser, Subcommand, ValueEnum};
use export::{Export, Forms};
use gateproof_model::problem::Problem;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Answers questions about AWS permissions with a witness or a proof.
#[derive(Debug, Parser)]
#[command(name = "gateproof", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also writes the result to a file, as its ending says: .json, .csv or .md; of `audit` also .html, of `audit` and `check` .sarif or .junit.xml.
    /// Repeatable.
    #[arg(long, global = true, value_name = "FILE")]
    export: Vec<Export>,
    /// Seconds for one question; what is not decided by then is undecided.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,
    /// Worker threads; one a core where not given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// What to make of input that was never collected.
    #[arg(long, global = true, value_enum, default_value_t = Missing::Assume)]
    missing: Missing,
    /// Leaves undecided what hangs on state that the snapshot can't tell.
    #[arg(long, global = true)]
    strict: bool,
    /// Which answers another encoding and solver must second.
    #[arg(long, global = true, value_enum, default_value_t = CrossCheck::Sample)]
    cross_check: CrossCheck,
    /// The configuration; `gateproof.toml` beside the snapshot where not given.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A directory of attack steps beside the program's own.
    #[arg(long, global = true, value_name = "DIR")]
    primitives: Option<PathBuf>,
    /// Where formulas go about which solvers disagree; `gateproof-reproducers` in the system's temporary directory
    /// where not given.
    #[arg(long, global = true, value_name = "DIR")]
    reproducers: Option<PathBuf>,
    /// Prints nothing but the result.
    #[arg(long, global = true)]
    quiet: bool,
}

/// So many problems of a snapshot are shown one by one.
const SHOWN: usize = 20;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON document (`decide`: a line each).
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Missing {
    Assume,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CrossCheck {
    Always,
    Sample,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers four questions about the example organization.
    Demo,
    /// Whether principals can make some (or every) matching request.
    Can(ask::Can),
    /// Who can make some matching request, with a witness each.
    WhoCan(ask::WhoCan),
    /// What principals can do: their effective permissions as a policy and as a table.
    WhatCan(what_can::WhatCan),
    /// Whether a target can be reached in any number of steps: the shortest chain, or a proof that there is none.
    Reach(reach::Reach),
    /// Who can become whom, and change what, in one step: a line each.
    Edges(edges::Edges),
    /// Pipelines: what runs with which role, where artifacts go, and who can write, approve, change and go round.
    Map(map::MapPipelines),
    /// Whether a change closes a gap, keeps what is needed and opens nothing.
    Prove(prove::Prove),
    /// Edits that close a gap and keep what is needed, each proved.
    Fix(fix::Fix),
    /// The controls of each pipeline: what holds, what is violated, and what is not known.
    Audit(audit::Audit),
    /// Whether declared properties hold: files of what nobody may, what must stay possible, and who exactly may.
    Check(check::Check),
    /// What is newly allowed and what is lost, between two policies or two snapshots.
    Compare(compare::Compare),
    /// Whether a policy grants nothing that another doesn't.
    CheckNoNewAccess(policy_check::NoNewAccess),
    /// Whether a policy grants none of some access.
    CheckAccessNotGranted(policy_check::AccessNotGranted),
    /// Whether a resource's policy lets in nobody from the public.
    CheckNoPublicAccess(policy_check::NoPublicAccess),
    /// Why one request is allowed or denied, layer by layer.
    Explain(explain::Explain),
    /// Decides concrete requests: JSON lines in, JSON lines out.
    Decide(decide::Decide),
    /// Checks a certificate against a snapshot, without searching.
    VerifyCertificate(verify_certificate::VerifyCertificate),
    /// The versions of the program, the solver and the catalogue.
    Version,
}

/// What can end a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The snapshot can't be used.
    #[error(transparent)]
    Load(#[from] gateproof_model::snapshot::LoadError),
    /// The question can't be asked.
    #[error(transparent)]
    Ask(#[from] crate::ask::AskError),
    /// A selector is malformed.
    #[error(transparent)]
    Selector(#[from] crate::question::SelectorError),
    /// A condition is malformed.
    #[error(transparent)]
    Constraint(#[from] crate::question::ConstraintError),
    /// A certificate can't be made.
    #[error(transparent)]
    Export(#[from] crate::certificate::ExportError),
    /// A certificate can't be read.
    #[error(transparent)]
    Certificate(#[from] crate::certificate::FileError),
    /// The configuration can't be used.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// A file of properties can't be used.
    #[error(transparent)]
    Properties(#[from] Box<crate::check::FileError>),
    /// What is meant can't be read.
    #[error(transparent)]
    Intent(#[from] crate::audit::IntentError),
    /// A claim about a change can't be looked at.
    #[error(transparent)]
    Prove(#[from] crate::prove::ProveError),
    /// Nothing can be proposed.
    #[error(transparent)]
    Fix(#[from] crate::prove::fix::FixError),
    /// The solver can't be used.
    #[error(transparent)]
    Solver(#[from] crate::solver::SolverError),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The command line says what can't be.
    #[error("{0}")]
    Usage(String),
    /// Anything else that is wrong with the input.
    #[error("{0}")]
    Input(String),
}

impl From<crate::check::FileError> for CliError {
    fn from(error: crate::check::FileError) -> Self {
        Self::Properties(Box::new(error))
    }
}

impl CliError {
    /// Whether the command line is to blame, or what it names.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Selector(_) | Self::Constraint(_) => exit::USAGE,
            _ => exit::FAILED,
        }
    }
}

/// The exit code of an answer.
pub(crate) mod exit {
    /// Answered, or impossible.
    pub const ANSWERED: u8 = 0;
    /// The input or the tool failed.
    pub const FAILED: u8 = 1;
    /// Reachable.
    pub const REACHABLE: u8 = 2;
    /// A certificate was refused.
    pub const REFUSED: u8 = 2;
    /// Something is newly allowed.
    pub const WIDER: u8 = 2;
    /// A policy doesn't pass a check.
    pub const FAIL: u8 = 2;
    /// Undecided.
    pub const UNDECIDED: u8 = 3;
    /// The command line is wrong.
    pub const USAGE: u8 = 64;
}

/// Runs the command line of this process; returns its exit code.
pub fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            let printed = error.print().is_ok();
            return if help && printed { exit::ANSWERED } else { exit::USAGE };
        }
    };
    if let Some(threads) = cli.global.threads {
        // Fails only where a pool exists already, which then serves as well.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    }
    match dispatch(&cli) {
        Ok(code) => code,
        Err(CliError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => exit::ANSWERED,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            error.exit_code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<u8, CliError> {
    match cli.command {
        Command::Audit(_) => {}
        Command::Check(_) => cli.global.export.iter().try_for_each(Export::must_not_be_page)?,
        _ => cli.global.export.iter().try_for_each(Export::must_not_be_report)?,
    }
    match &cli.command {
        Command::Demo => demo::run(&cli.global),
        Command::Can(arguments) => arguments.run(&cli.global),
        Command::WhoCan(arguments) => arguments.run(&cli.global),
        Command::WhatCan(arguments) => arguments.run(&cli.global),
        Command::Reach(arguments) => arguments.run(&cli.global),
        Command::Edges(arguments) => arguments.run(&cli.global),
        Command::Map(arguments) => arguments.run(&cli.global),
        Command::Audit(arguments) => arguments.run(&cli.global),
        Command::Check(arguments) => arguments.run(&cli.global),
        Command::Compare(arguments) => arguments.run(&cli.global),
        Command::CheckNoNewAccess(arguments) => arguments.run(&cli.global),
        Command::CheckAccessNotGranted(arguments) => arguments.run(&cli.global),
        Command::CheckNoPublicAccess(arguments) => arguments.run(&cli.global),
        Command::Prove(arguments) => arguments.run(&cli.global),
        Command::Fix(arguments) => arguments.run(&cli.global),
        Command::Explain(arguments) => arguments.run(&cli.global),
        Command::Decide(arguments) => arguments.run(&cli.global),
        Command::VerifyCertificate(arguments) => arguments.run(&cli.global),
        Command::Version => version::run(&cli.global),
    }
}

impl Global {
    fn estate_options(&self) -> crate::ask::EstateOptions {
        let missing = match self.missing {
            Missing::Assume => gateproof_model::snapshot::Missing::Assume,
            Missing::Unknown => gateproof_model::snapshot::Missing::Unknown,
        };
        crate::ask::EstateOptions { missing }
    }

    fn settings(&self, config: &Config) -> Settings {
        Settings {
            environments: config.environments(),
            cross_check: match self.cross_check {
                CrossCheck::Always => crate::ask::CrossCheck::Always,
                CrossCheck::Sample => crate::ask::CrossCheck::Sample,
                CrossCheck::Never => crate::ask::CrossCheck::Never,
            },
            effort: Effort {
                timeout: Duration::from_secs(self.timeout.into()),
                strict: self.strict,
                reproducers: reproducers::reproducers(self.reproducers.as_deref()),
                ..Effort::default()
            },
            ..Settings::default()
        }
    }

    /// Says something beside the result, unless it should be quiet.
    fn warn(&self, warnings: impl IntoIterator<Item = String>) {
        if !self.quiet {
            for warning in warnings {
                let _ = writeln!(std::io::stderr(), "warning: {warning}");
            }
        }
    }

    /// Warns of what is wrong with the snapshot, the first ones in full.
    fn warn_of_problems(&self, problems: &[Problem]) {
        self.warn(problems.iter().take(SHOWN).map(ToString::to_string));
        let more = problems.len().saturating_sub(SHOWN);
        self.warn((more > 0).then(|| format!("{more} more problems in the snapshot")));
    }

    /// Refuses exports that a command has no rows for.
    fn must_export_json(&self, command: &str) -> Result<(), CliError> {
        self.export.iter().try_for_each(|export| export.must_be_json(command))
    }

    /// Refuses exports of a command that has no one result.
    fn must_not_export(&self, command: &str) -> Result<(), CliError> {
        match self.export.is_empty() {
            true => Ok(()),
            false => {
                Err(CliError::Usage(format!("{command} has nothing to export: it writes lines to stdout")))
            }
        }
    }

    /// Whether the result is printed or written as JSON.
    fn writes_json(&self) -> bool {
        matches!(self.format, Format::Json) || self.export.iter().any(Export::is_json)
    }

    /// Whether it is written as a table somewhere.
    fn writes_rows(&self) -> bool {
        self.export.iter().any(Export::is_table)
    }

    /// Whether it is printed for people.
    fn prints_text(&self) -> bool {
        matches!(self.format, Format::Text)
    }

    /// Prints the result, and writes it where `--export` says.
    fn publish(&self, json: &Value, text: &str, table: Option<&Table>) -> Result<(), CliError> {
        self.publish_forms(&Forms { json, table, report: None }, text)
    }

    /// The same of a result that has other forms too.
    fn publish_forms(&self, forms: &Forms<'_>, text: &str) -> Result<(), CliError> {
        for export in &self.export {
            export.write(forms)?;
        }
        let json = forms.json;
        let mut out = std::io::stdout().lock();
        match self.format {
            Format::Json => {
                writeln!(out, "{}", serde_json::to_string_pretty(json).map_err(std::io::Error::from)?)?;
            }
            Format::Text => out.write_all(text.as_bytes())?,
        }
        out.flush()?;
        Ok(())
    }
}
