//! Remedies of controls as changes of a snapshot: pieces of policies put where they go, and the outputs of AWS's calls as they would be
//! afterwards.

mod configuration;
mod policy;

use super::draft::Read;
use crate::audit::remedy::{Filled, Paste, remedy_of};
use crate::audit::{Audit, Finding, Judgement};
use crate::check::ControlHolds;
use configuration::Outputs as Current;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, FileChange, OutputOf, Overlay};

/// Outputs of an operation of a service.
pub type Outputs<'a> = dyn Fn((&str, &str)) -> Vec<(OutputOf, Option<String>, Json)> + Sync + 'a;

/// A snapshot as it is, to be changed by remedies one after the other.
pub struct Remedied<'a> {
    /// A document as it is.
    read: &'a Read<'a>,
    /// What calls printed.
    current: Current<'a>,
    files: Vec<FileChange>,
    changes: Vec<Change>,
}

impl<'a> Remedied<'a> {
    /// Nothing changed yet.
    pub fn new(read: &'a Read<'a>, outputs: &'a Outputs<'a>) -> Self {
        Self { read, current: Current::new(outputs), files: Vec::new(), changes: Vec::new() }
    }

    /// Makes the change of a snippet, with a line for each thing that is changed; nothing where what is to be changed isn't there, and for
    /// commands.
    pub fn apply(&mut self, filled: &Filled<'_>, finding: &Finding) -> Vec<String> {
        match &filled.paste {
            Paste::Configuration(all) => all
                .iter()
                .filter_map(|one| {
                    let (said, change) = self.current.change(one, finding)?;
                    let own = if filled.snippet.placeholder { " (put in values of your own)" } else { "" };
                    self.put(change);
                    Some(format!("{said}{own}"))
                })
                .collect(),
            Paste::Commands(_) => Vec::new(),
            policy => {
                let Some((files, changes)) = policy::changes(policy, self.read) else { return Vec::new() };
                self.files.extend(files);
                changes.into_iter().for_each(|change| self.put(change));
                vec![format!("{}: {}", filled.paste.place(), filled.snippet.says)]
            }
        }
    }

    fn put(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// All changes.
    pub fn overlay(&self) -> Overlay {
        Overlay { files: self.files.clone(), changes: self.changes.clone(), ..Overlay::default() }
    }
}

/// Changes of configuration, each with a line that says it, that are meant to close the findings of a control.
pub(super) fn remedies(
    holds: &ControlHolds,
    audit: &Audit,
    (read, outputs): (&Read<'_>, &Outputs<'_>),
) -> (Vec<String>, Vec<Change>) {
    let meant = |finding: &&Finding| {
        finding.verdict == Judgement::Violated
            && holds.subject.as_deref().is_none_or(|glob| crate::ask::glob_matches(glob, &finding.subject))
    };
    let mut remedied = Remedied::new(read, outputs);
    let mut said = Vec::new();
    for finding in audit.findings.iter().filter(meant) {
        let snippet = remedy_of(holds.control.id).and_then(|remedy| remedy.snippet(finding));
        let words = audit.words.get(&finding.pipeline);
        let (Some(snippet), Some(words)) = (snippet, words) else { continue };
        let filled = snippet.filled(&words.of_finding(finding));
        // Policies are left to the other styles, which take away less.
        if let Some(filled) = filled.filter(|filled| matches!(filled.paste, Paste::Configuration(_))) {
            said.extend(remedied.apply(&filled, finding));
        }
    }
    (said, remedied.overlay().changes)
}
