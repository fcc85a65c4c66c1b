//! `--reproducers`: formulas about which solvers disagree, as files.

use crate::ask::Reproducers;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes each script to a file in the directory; below the system's temporary one where none is given.
pub(crate) fn reproducers(directory: Option<&Path>) -> Reproducers {
    let below_temporary = || std::env::temp_dir().join("gateproof-reproducers");
    let directory = directory.map_or_else(below_temporary, Path::to_path_buf);
    Reproducers::to(move |script| match save(&directory, script) {
        Ok(file) => format!("reproducer: {}", file.display()),
        Err(error) => format!("no reproducer: {}: {error}", directory.display()),
    })
}

/// The name is a digest of the script, so the same one has the same file.
fn save(directory: &Path, script: &str) -> io::Result<PathBuf> {
    let mut name = String::new();
    for byte in Sha256::digest(script) {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    fs::create_dir_all(directory)?;
    let file = directory.join(format!("{name}.smt2"));
    fs::write(&file, script)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ask::{CrossCheck, Effort, Estate, EstateOptions, Settings};
    use crate::question::{Quantifier, Requests, Verdict};
    use crate::solver::{Budget, SmtAnswer, SmtSolver, SolverError, Z3};

    /// Finds that nothing is possible.
    struct Contrary;

    impl SmtSolver for Contrary {
        fn name(&self) -> &'static str {
            "contrary"
        }

        fn version(&self) -> &'static str {
            "0"
        }

        fn check_script(&mut self, _: &str, _: &Budget) -> Result<SmtAnswer, SolverError> {
            Ok(SmtAnswer::Unsat)
        }
    }

    /// The reason for which a reachable question is undecided when the second opinion is contrary.
    fn reason(action: &str, reproducers: Reproducers) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/snapshots/acme");
        let estate = Estate::load(&root, EstateOptions::default()).unwrap();
        let requests = Requests { actions: vec![action.to_owned()], ..Requests::default() };
        let honest = estate.who_can(&requests, &Settings::default()).unwrap();
        let place = honest.iter().position(|(_, a)| a.verdict == Verdict::Reachable).unwrap();
        let who = honest.get(place).unwrap().0.parse().unwrap();
        let effort = Effort { second: || Ok(Box::new(Contrary)), reproducers, ..Effort::default() };
        let settings = Settings { effort, cross_check: CrossCheck::Always, ..Settings::default() };
        let answer = estate.can(&[who], &requests, Quantifier::Some, &settings).unwrap().overall;
        assert_eq!(answer.verdict, Verdict::Undecided);
        answer.undecided.unwrap().reason
    }

    #[test]
    fn a_disagreement_leaves_a_script_that_shows_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new/one");
        let why = reason("s3:GetObject", reproducers(Some(&directory)));
        let (said, file) = why.split_once(" disagree (reproducer: ").unwrap();
        let file = Path::new(file.strip_suffix(')').unwrap());
        assert!(file.starts_with(&directory), "{why}");
        let script = fs::read_to_string(file).unwrap();
        for who in said.split(" and ") {
            assert!(script.contains(&format!("; {who}\n")), "{who}: {script}");
        }
        assert!(said.contains("(some request)") && said.contains("(no request)"), "{said}");
        // Z3 sides with the engine.
        let answer = Z3::new().unwrap().check_script(&script, &Budget::default()).unwrap();
        assert!(matches!(answer, SmtAnswer::Sat(_)), "{answer:?}");
        // The same disagreement, the same file.
        let files = fs::read_dir(&directory).unwrap().count();
        assert_eq!(reason("s3:GetObject", reproducers(Some(&directory))), why);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), files);
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let why = reason("s3:GetObject", reproducers(Some(&file)));
        assert!(why.contains(" disagree (no reproducer: "), "{why}");
        let why = reason("s3:GetObject", Reproducers::default());
        assert!(why.ends_with(" disagree"), "{why}");
    }
}
