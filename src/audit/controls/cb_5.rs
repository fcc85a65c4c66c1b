//! CB-5: the steps of a deploying pipeline's builds are nobody's to change who isn't meant to.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::intent::Intent;
use crate::ask::AskError;
use crate::pipelines::Ability;
use gateproof_model::configuration::codebuild::BuildSpec;
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "CB-5",
    title: "the steps of builds that are deployed are kept out of the repository, or the repository is protected",
    reason: "whoever changes the steps of a build runs anything with its role, before anybody has approved",
    severity: Severity::High,
    reads: &[
        "codebuild batch-get-projects: projects[].source.buildspec",
        "iam get-account-authorization-details",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform, [audit.committers]",
    ],
    decides: "of each project that a pipeline with a deployment runs: the steps are written in the project; or in an object that only `platform` \
              can write; or in a repository of AWS's that only `committers` can write",
    remedy: "write the steps into the project, or protect the branch that is read",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    if case.pipeline.deploys_to().is_empty() {
        case.holds("the pipeline", "the pipeline deploys nothing", Vec::new());
        return Ok(());
    }
    for (arn, told) in case.projects() {
        let Some(Some(project)) = case.told(&arn, "the build project", told) else { continue };
        let spec = match &project.source.build_spec {
            BuildSpec::Inline => "in the project",
            BuildSpec::Object(object) => object,
            BuildSpec::Path(path) => path,
            BuildSpec::Default => "buildspec.yml",
        };
        let evidence = vec![Evidence::Fields(vec![Field::of("source.buildspec", spec)])];
        match &project.source.build_spec {
            BuildSpec::Inline => case.holds(&arn, "the project holds its steps itself", evidence),
            BuildSpec::Object(object) => in_object(case, &arn, object)?,
            BuildSpec::Path(_) | BuildSpec::Default => in_source(case, &arn, &evidence)?,
        }
    }
    Ok(())
}

fn in_object(case: &mut Case<'_>, project: &str, object: &str) -> Result<(), AskError> {
    let Some(platform) = case.platform()? else {
        case.not_meant(project, "platform", "who is meant to write the steps of builds");
        return Ok(());
    };
    let answers = case.who_can(&["s3:PutObject"], &[object.to_owned()], Vec::new())?;
    case.only(project, &answers, |arn| platform.contains(arn), "may write the project's steps");
    Ok(())
}

fn in_source(case: &mut Case<'_>, project: &str, evidence: &[Evidence]) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    for source in feeding(case, project) {
        let subject = format!("{project}, {}", source.of.as_deref().unwrap_or_default());
        if let Some(outside) = &source.outside {
            let message = format!("the steps are in the repository: they are written by {outside}");
            case.violated((&subject, ""), message, evidence.to_vec());
            continue;
        }
        let Some(meant) = Intent::meant(&case.intent.committers, &pipeline.name) else {
            case.not_meant(&subject, "committers", "who is meant to write what is shipped");
            continue;
        };
        let meant = case.principals(meant)?;
        let actions: Vec<&str> = source.actions.iter().map(String::as_str).collect();
        let answers = case.who_can(&actions, std::slice::from_ref(&source.resource), source.when.clone())?;
        case.only(&subject, &answers, |arn| meant.contains(arn), "may write the project's steps");
    }
    Ok(())
}

/// The sources whose artifacts a project takes; all, where it takes what other actions made.
fn feeding<'a>(case: &Case<'a>, project: &str) -> Vec<&'a Ability> {
    let pipeline = case.pipeline;
    let actions = pipeline.actions();
    let runs = actions.iter().filter(|(_, action)| action.by.as_ref().is_some_and(|by| *by.name == *project));
    let takes: BTreeSet<&String> = runs.flat_map(|(_, action)| &action.inputs).collect();
    let made = actions.iter().filter(|(_, action)| action.category == "Source");
    let makes = made.filter(|(_, action)| action.outputs.iter().any(|output| takes.contains(output)));
    let names: BTreeSet<&str> = makes.map(|(_, action)| action.name.as_str()).collect();
    let is_it = |ability: &&Ability| {
        let of = ability.of.as_deref().unwrap_or_default();
        ability.ability == "write-source" && (names.is_empty() || names.contains(of))
    };
    pipeline.abilities.iter().filter(is_it).collect()
}
