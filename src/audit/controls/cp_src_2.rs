//! CP-SRC-2: what reads a repository reads that repository.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::template::Template;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-2",
    title: "a CodeCommit source has a role of its own, which reads its repository and nothing else of CodeCommit",
    reason: "the usual policy of a pipeline's role reads every repository of the account, and often writes them",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].{roleArn,configuration.RepositoryName}",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
    ],
    decides: "the action's `roleArn` isn't the pipeline's; whether the role can make some call of CodeCommit but those that read a source (`GetBranch`, `GetCommit`, `GetRepository`, `GitPull`, `UploadArchive`, `GetUploadArchiveStatus`, `CancelUploadArchive`) on the action's repository",
    remedy: "give the action a role (`roleArn`) that is allowed these calls on the repository's ARN",
    decide,
};

/// What a source action calls.
///
/// CodePipeline User Guide, "CodeCommit source action reference": permissions, with a full clone and without.
const READS: [&str; 7] = [
    "codecommit:CancelUploadArchive",
    "codecommit:GetBranch",
    "codecommit:GetCommit",
    "codecommit:GetRepository",
    "codecommit:GetUploadArchiveStatus",
    "codecommit:GitPull",
    "codecommit:UploadArchive",
];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut none = true;
    for (place, action, said) in case.declared_actions() {
        if action.category != "Source" || action.provider != "CodeCommit" {
            continue;
        }
        none = false;
        let fields = vec![Field::of("roleArn", &action.role)];
        if action.role == case.pipeline.role {
            let message = "the source is read with the pipeline's own role";
            case.violated((&place, &action.role), message, vec![Evidence::Fields(fields)]);
        } else {
            case.holds(&place, "the source is read with a role of its own", vec![Evidence::Fields(fields)]);
        }
        let Some(repository) = case.declared.source_arn(said) else { continue };
        if case.is_untold(&action.role) {
            continue;
        }
        let Some(others) = Template::of_calls(&READS, std::slice::from_ref(&repository)).left_out() else {
            continue;
        };
        let answers = case.can(&action.role, &["codecommit:*"], &[], Some(others))?;
        let subject = format!("{place}, calls");
        case.only(&subject, &answers, |_| false, "may do more in CodeCommit than read the source");
    }
    if none {
        case.holds("the pipeline", "no source is a CodeCommit repository", Vec::new());
    }
    Ok(())
}
