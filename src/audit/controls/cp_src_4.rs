//! CP-SRC-4: only branches that are shipped start the pipeline.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::{AskError, glob_matches};
use gateproof_model::pipeline::{Action, GitConfiguration};

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-4",
    title: "only branches that are meant to be shipped start the pipeline",
    reason: "a trigger on every branch runs anybody's code with the pipeline's roles, and shows its results",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: stages[].actions[].configuration.BranchName, triggers[].gitConfiguration",
        "gateproof.toml: [audit] branches (main, master and release/* where not given)",
    ],
    decides: "each source's branch and each branch that a trigger includes is one of these; no trigger goes without branches; no pull request starts a pipeline that deploys",
    remedy: "name the branches in the trigger's `branches.includes`, and build pull requests in a pipeline that deploys nothing",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let meant = case.intent.branches();
    let declaration = &case.declared.declaration;
    let deploys = case.pipeline.actions().into_iter().any(|(_, action)| action.category == "Deploy");
    for stage in &declaration.stages {
        for action in stage.actions.iter().filter(|action| action.is_source()) {
            let place = format!("{}/{}", stage.name, action.name);
            let triggers =
                declaration.triggers.iter().filter_map(|trigger| trigger.git_configuration.as_ref());
            let own: Vec<&GitConfiguration> =
                triggers.filter(|git| git.source_action_name == action.name).collect();
            let (faults, fields) = faults_of(action, &own, deploys, &meant);
            if faults.is_empty() {
                let message = format!("only {} start the pipeline", meant.join(", "));
                case.holds(&place, message, vec![Evidence::Fields(fields.clone())]);
            }
            for (offender, message) in faults {
                case.violated((&place, &offender), message, vec![Evidence::Fields(fields.clone())]);
            }
        }
    }
    Ok(())
}

/// What is wrong with a source and its triggers, by what; and what they say.
fn faults_of(
    action: &Action,
    triggers: &[&GitConfiguration],
    deploys: bool,
    meant: &[String],
) -> (Vec<(String, String)>, Vec<Field>) {
    let (mut faults, mut fields) = (Vec::new(), Vec::new());
    let mut check = |name: &str, branch: &str, faults: &mut Vec<(String, String)>| {
        fields.push(Field::of(name, branch));
        if !meant.iter().any(|glob| covers(glob, branch)) {
            faults
                .push((branch.to_owned(), format!("{name} is `{branch}`, which isn't meant to be shipped")));
        }
    };
    if let Some(branch) =
        action.configuration.get("BranchName").or_else(|| action.configuration.get("Branch"))
    {
        check("BranchName", branch, &mut faults);
    }
    for git in triggers {
        for push in &git.push {
            let includes = push.branches.iter().flat_map(|filter| &filter.includes);
            includes.clone().for_each(|branch| check("push.branches.includes", branch, &mut faults));
            if includes.count() == 0 && push.tags.is_none() {
                faults.push((
                    "push".to_owned(),
                    "a trigger on pushes names no branches: any of them starts the pipeline".to_owned(),
                ));
            }
        }
        if deploys && !git.pull_request.is_empty() {
            faults
                .push(("pullRequest".to_owned(), "a pull request starts a pipeline that deploys".to_owned()));
        }
    }
    (faults, fields)
}

/// Whether a glob takes in all that a branch's name or glob stands for. Errs towards no.
fn covers(glob: &str, branch: &str) -> bool {
    let open = branch.contains(['*', '?', '[', '{']);
    glob == branch
        || !open && glob_matches(glob, branch)
        || glob
            .strip_suffix('*')
            .is_some_and(|head| !head.contains('*') && branch.starts_with(head) && !head.is_empty())
}
