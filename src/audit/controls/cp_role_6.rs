//! CP-ROLE-6: no stage comes to the roles of a later one.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::flow::Flow;
use crate::ask::AskError;
use crate::escalation::Target;
use crate::question::{Selector, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ROLE-6",
    title: "no stage comes to the roles of a later stage, but by the artifacts that it hands on",
    reason: "what runs in a build runs code of the repository and its dependencies: if it comes to the role of a deployment, no gate between the two stops it",
    severity: Severity::Critical,
    reads: &["the whole snapshot"],
    decides: "whether a role that does the work of a stage comes, in any number of steps, to a role of a later stage: one that does its work, or with which its actions are called. Roles that run what the stage hands on as artifacts are left out: that is so by design, and listed",
    remedy: "cut one link of the chain: `gateproof reach --cut` proposes the fewest",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    case.untold_roles(|_| true);
    let mut known: BTreeMap<Arc<str>, bool> = BTreeMap::new();
    let mut handed = Vec::new();
    for (n, stage) in pipeline.stages.iter().enumerate() {
        let flow = Flow::from_stage(pipeline, n);
        for (later, artifacts) in &flow.stages {
            let artifacts: Vec<&str> = artifacts.iter().map(String::as_str).collect();
            handed.push(Field::of(&format!("{} to {later}", stage.name), artifacts.join(", ")));
        }
        let roles: BTreeSet<Arc<str>> =
            stage.actions.iter().flat_map(|a| a.runs_as.iter().cloned()).collect();
        let later = later_roles(case, n, &flow);
        let mut is_known = |case: &mut Case<'_>, role: &Arc<str>| {
            *known.entry(role.clone()).or_insert_with(|| !case.is_untold(role))
        };
        for role in roles {
            let mut targets: Vec<(Arc<str>, String)> = Vec::new();
            for (target, place) in later.iter().filter(|(target, _)| **target != role) {
                if is_known(case, target) {
                    targets.push((target.clone(), place.clone()));
                }
            }
            if let Some(place) = later.get(&role) {
                let fields = vec![Field::of(&stage.name, &*role), Field::of(place, &*role)];
                let message = format!("{role} does the work of {} and of {place}", stage.name);
                let subject = format!("{}: {role}", stage.name);
                case.violated((&subject, place), message, vec![Evidence::Fields(fields)]);
            }
            if is_known(case, &role) {
                of_role(case, &stage.name, &role, &targets)?;
            }
        }
    }
    if !handed.is_empty() {
        let message = "what stages hand on as artifacts, later ones run by design, whether a gate stands between or not";
        case.holds("what is handed on", message, vec![Evidence::Fields(handed)]);
    }
    Ok(())
}

/// The roles of the stages after the `n`th, each with its first place, but those that run what the stage hands on.
fn later_roles(case: &Case<'_>, n: usize, flow: &Flow) -> BTreeMap<Arc<str>, String> {
    let mut roles = BTreeMap::new();
    for stage in case.pipeline.stages.iter().skip(n + 1) {
        for action in &stage.actions {
            let all = action.runs_as.iter().cloned().chain([action.role.as_str().into()]);
            for role in all.filter(|role| !flow.roles.contains(role)) {
                roles.entry(role).or_insert_with(|| format!("{}/{}", stage.name, action.name));
            }
        }
    }
    roles
}

fn of_role(
    case: &mut Case<'_>,
    stage: &str,
    role: &Arc<str>,
    targets: &[(Arc<str>, String)],
) -> Result<(), AskError> {
    let subject = format!("{stage}: {role}");
    if targets.is_empty() {
        case.holds(&subject, format!("no later stage has roles that {stage} doesn't feed"), Vec::new());
        return Ok(());
    }
    let from = [Selector::Arn(role.to_string())];
    let controls = |some: &[(Arc<str>, String)]| {
        Target::Controls(some.iter().map(|(target, _)| Selector::Arn(target.to_string())).collect())
    };
    let question = |some: &[(Arc<str>, String)]| {
        let names: Vec<&str> = some.iter().map(|(target, _)| &**target).collect();
        format!("coming from {role} to {}, in any number of steps", names.join(" or "))
    };
    let all = case.reach(&from, &controls(targets))?;
    if all.overall.verdict != Verdict::Reachable {
        case.never((&subject, role), &all, &question(targets), "comes to a role of a later stage");
        return Ok(());
    }
    for one in targets {
        let alone = std::slice::from_ref(one);
        let found = case.reach(&from, &controls(alone))?;
        let (target, place) = one;
        if found.overall.verdict != Verdict::Impossible {
            let subject = format!("{subject} to {target}");
            case.never(
                (&subject, role),
                &found,
                &question(alone),
                &format!("comes to {target}, the role of {place},"),
            );
        }
    }
    Ok(())
}
