//! CB-3: a pull request is built when somebody who may write says so.

use super::super::builds::{Comments, comments, groups};
use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-3",
    title: "pull requests are built when somebody who may write has said so",
    reason: "the build of a pull request runs code of whoever opened it",
    severity: Severity::High,
    reads: &["codebuild batch-get-projects: projects[].webhook.pullRequestBuildPolicy"],
    decides: "where a webhook takes events of pull requests, `requiresCommentApproval` isn't `DISABLED`, and each of `approverRoles` may write",
    remedy: "set `requiresCommentApproval` to `ALL_PULL_REQUESTS` or `FORK_PULL_REQUESTS`, with roles that may write",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (arn, project) in case.started_from_outside() {
        let Some(webhook) = &project.webhook else { continue };
        if !groups(webhook).into_iter().any(|group| group.is_of_pull_requests()) {
            case.holds(&arn, "no pull request starts a build", Vec::new());
            continue;
        }
        let policy = webhook.pull_request_build_policy.as_ref();
        let fields = policy.map(|policy| {
            vec![
                Field::of("requiresCommentApproval", &policy.requires_comment_approval),
                Field::of("approverRoles", policy.approver_roles.join(", ")),
            ]
        });
        let evidence: Vec<Evidence> = fields.into_iter().map(Evidence::Fields).collect();
        match comments(webhook) {
            Comments::OfWriters => {
                case.holds(&arn, "pull requests wait for the comment of somebody who may write", evidence)
            }
            Comments::OfReaders(roles) => {
                let message = format!("pull requests wait for a comment that {} may make", roles.join(", "));
                case.violated((&arn, "roles"), message, evidence);
            }
            Comments::NotAwaited => {
                case.violated((&arn, ""), "pull requests are built without anybody's comment", evidence)
            }
            Comments::Untold => {
                let command = "aws codebuild batch-get-projects --names NAME";
                let command = command.replace("NAME", &project.name);
                case.unknown_by(&arn, "whose comment pull requests wait for", Some(command));
            }
        }
    }
    Ok(())
}
