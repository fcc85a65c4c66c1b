//! MP-1: no person has the pipeline by a policy of AWS's.

use super::super::answers::Answers;
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind, is_aws_managed};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// AWS Managed Policy Reference: these policies name `*` as resource, and AWS adds calls to them as services grow.
pub const CONTROL: Control = Control {
    id: "MP-1",
    title: "no policy of AWS's lets a person approve, build, push to or change the pipeline",
    reason: "`AWSCodePipelineApproverAccess` approves at every gate there is, `AWSCodeBuildDeveloperAccess` starts every build",
    severity: Severity::Medium,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "of each user and permission set's role of the pipeline's account with a policy of AWS's, attached or by a group: whether a call of `PutApprovalResult` on its gates, \
              `StartBuild` on its projects, `GitPush` on its repositories or `UpdatePipeline` is allowed to them, and by that policy",
    remedy: "attach a policy of your own that names this pipeline, or none",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let (actions, resources) = watched(case);
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let platform = case.platform()?.unwrap_or_default();
    let account = case.pipeline.account.clone();
    let people = case.estate.snapshot.principals().iter();
    let people = people.filter(|p| p.account == account && is_person(p) && !platform.contains(&p.arn));
    let mut asked = 0;
    for person in people {
        for policy in policies_of(case, person) {
            asked += 1;
            let Some(known) = case.estate.snapshot.managed_policy(&account, &policy) else {
                let command = format!("aws iam get-account-authorization-details (account {account})");
                case.unknown_by(
                    &format!("{policy} of {}", person.arn),
                    &format!("what {policy} says"),
                    Some(command),
                );
                continue;
            };
            let answers = case.can(&person.arn, &actions, &resources, Some(known.document.clone()))?;
            let answers = Answers {
                question: format!("{} by {} under {policy}", actions.join(", "), person.arn),
                ..answers
            };
            let does = format!("may approve, build, push to or change the pipeline by {}", known.name);
            case.only(&format!("{policy} of {}", person.arn), &answers, |_| false, &does);
        }
    }
    if asked == 0 {
        case.holds_of_all_principals("the account", "no person has a policy of AWS's");
    }
    Ok(())
}

/// The calls, and what of the pipeline they are made on.
fn watched(case: &Case<'_>) -> (Vec<String>, Vec<String>) {
    let pipeline = case.pipeline;
    let mut resources = vec![pipeline.arn.to_string()];
    resources.extend(pipeline.gates().into_iter().map(|(_, arn)| arn));
    resources.extend(case.projects().into_iter().map(|(arn, _)| arn.to_string()));
    let sources = pipeline.abilities.iter().filter(|ability| ability.ability == "write-source");
    let repositories = sources.filter(|source| source.resource.contains(":codecommit:"));
    resources.extend(repositories.map(|source| source.resource.clone()));
    let actions = [
        "codepipeline:PutApprovalResult",
        "codebuild:StartBuild",
        "codecommit:GitPush",
        "codepipeline:UpdatePipeline",
    ];
    (actions.map(str::to_owned).to_vec(), resources)
}

/// Users, and the roles in which people sign in.
///
/// IAM Identity Center User Guide, "Permission sets": their roles are named `AWSReservedSSO_…`.
fn is_person(principal: &PrincipalEntity) -> bool {
    match principal.kind {
        PrincipalEntityKind::User => true,
        PrincipalEntityKind::Role => principal.name.starts_with("AWSReservedSSO_"),
        PrincipalEntityKind::Root => false,
    }
}

/// The policies of AWS's that a principal has, by a group too.
fn policies_of(case: &Case<'_>, person: &PrincipalEntity) -> BTreeSet<Arc<str>> {
    let groups = case.estate.snapshot.groups().iter();
    let own = groups.filter(|g| g.account == person.account && person.groups.contains(&g.arn));
    let by_group = own.flat_map(|group| group.attached.iter());
    person.attached.iter().chain(by_group).filter(|arn| is_aws_managed(arn)).cloned().collect()
}
