//! CP-SRC-3: nobody believes in a condition that can't be met.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use crate::question::Verdict;
use gateproof_model::policy::{Document, Effect, Statement};
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-3",
    title: "no grant of a CodeCommit source's role hangs on a condition that can't be met",
    reason: "`codecommit:References` is a key of calls that write: on `GitPull` and the other calls that read, a condition on the branch grants nothing, and whoever reads it believes the branch protected",
    severity: Severity::Low,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].configuration.{RepositoryName,BranchName}",
        "iam get-account-authorization-details",
    ],
    decides: "for each statement of the role with conditions that allows calls that read the repository: under the statement alone they are possible; without its conditions they would be",
    remedy: "drop the condition, name the branch in the action (`BranchName`), and protect it where it is written (CP-SRC-6)",
    decide,
};

/// The calls that read a source.
const READS: [&str; 5] = [
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GitPull",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:UploadArchive",
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut none = true;
    for (place, action, said) in case.declared_actions() {
        let Some(repository) = case.declared.source_arn(said).filter(|_| action.provider == "CodeCommit")
        else {
            continue;
        };
        none = false;
        if case.is_untold(&action.role) {
            continue;
        }
        let branch =
            Field { name: "BranchName".to_owned(), value: said.configuration.get("BranchName").cloned() };
        of_role(case, &place, &action.role, &repository, branch)?;
    }
    if none {
        case.holds("the pipeline", "no source is a CodeCommit repository", Vec::new());
    }
    Ok(())
}

fn of_role(
    case: &mut Case<'_>,
    place: &str,
    role: &str,
    repository: &str,
    branch: Field,
) -> Result<(), AskError> {
    let identity = case.estate.snapshot.principal(role).map(|role| role.identity.clone());
    let mut sound = true;
    for document in identity.iter().flat_map(|documents| documents.iter()) {
        for statement in document.statements.iter().filter(|s| s.effect == Effect::Allow) {
            if statement.conditions.is_empty() {
                continue;
            }
            let mut free = statement.clone();
            free.conditions.clear();
            let possible = |case: &Case<'_>, statement: &Statement| {
                let alone = Document { statements: vec![statement.clone()], ..Document::clone(document) };
                let repository = [repository.to_owned()];
                Ok::<_, AskError>(verdict(&case.can_by(role, Arc::new(alone), &READS, &repository)?))
            };
            let (with, without) = (possible(case, statement)?, possible(case, &free)?);
            let fields = vec![
                Field::of("statement", format!("{} {}", document.source.policy, statement.label())),
                Field::of(
                    "key",
                    statement.conditions.iter().map(|c| &*c.key_text).collect::<Vec<_>>().join(", "),
                ),
            ];
            let label = format!("{} {}", document.source.policy, statement.pointer);
            match (with, without) {
                (Verdict::Impossible, Verdict::Reachable) => {
                    let message = format!(
                        "the condition of `{}` can't be met by a call that reads the repository: it grants none",
                        statement.label()
                    );
                    case.violated((place, &label), message, vec![Evidence::Fields(fields)]);
                    sound = false;
                }
                (Verdict::Undecided, _) | (_, Verdict::Undecided) => {
                    let what = format!("whether the condition of `{}` can be met", statement.label());
                    case.unknown(
                        &format!("{place}, {label}"),
                        what.clone(),
                        vec![Untold { what, command: None }],
                    );
                    sound = false;
                }
                _ => {}
            }
        }
    }
    if sound {
        let message = "no grant to read the repository hangs on a condition that can't be met; the branch is the action's";
        case.holds(place, message, vec![Evidence::Fields(vec![branch])]);
    }
    Ok(())
}

fn verdict(answers: &super::super::answers::Answers) -> Verdict {
    answers.each.first().map_or(Verdict::Undecided, |(_, answer)| answer.verdict)
}
