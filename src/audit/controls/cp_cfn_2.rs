//! CP-CFN-2: a stack's role changes what the stack holds.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use super::super::resource_types::services_of;
use super::super::stacks::Stack;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::catalogue::{AccessLevel, ActionInfo};
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-2",
    title: "the execution role of a stack changes nothing of services that the stack has no resource of",
    reason: "whoever writes the template has all that the role may do, whatever the stack held so far",
    severity: Severity::Medium,
    reads: &[
        "cloudformation list-stack-resources: StackResourceSummaries[].ResourceType",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
    ],
    decides: "for all services that no resource of the role's stacks is of: whether the role's own policies let it make a call of level write, tagging or permissions management, but `iam:PassRole`, `iam:CreateServiceLinkedRole` and the use of keys, which resources of many types need",
    remedy: "take from the role what its stack has no resources of; what a type's handlers call is in its schema (`aws cloudformation describe-type`)",
    decide,
};

/// What handlers of many types call beside their own service.
const BESIDE: [&str; 9] = [
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// So many services are named; of more, that there are more.
const NAMED: usize = 4;

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let by_role = case.stacks_by_role();
    for role in case.stack_roles() {
        let stacks = by_role.get(&role).cloned().unwrap_or_default();
        let Some(types) = types_of(case, &role, &stacks) else { continue };
        of_role(case, &role, &types)?;
    }
    Ok(())
}

/// The types of the resources of some stacks; `None`: that is not told, as is said.
fn types_of(case: &mut Case<'_>, role: &str, stacks: &BTreeSet<Stack>) -> Option<BTreeSet<String>> {
    let mut types = BTreeSet::new();
    for (stack, account, region) in stacks {
        let told = case.estate.snapshot.stack_resources(stack, account, region);
        let resources = case.told(role, &format!("the list of resources of {stack}"), told)?;
        types.extend(resources.unwrap_or_default().into_iter().map(|resource| resource.resource_type));
    }
    Some(types)
}

fn of_role(case: &mut Case<'_>, role: &str, types: &BTreeSet<String>) -> Result<(), AskError> {
    let catalogue = case.estate.catalogue;
    let mut services = BTreeSet::new();
    let mut open = Vec::new();
    for one in types {
        match services_of(one, catalogue) {
            Some(known) => services.extend(known),
            None => open.push(one.clone()),
        }
    }
    let fields: Vec<Field> = types.iter().map(|one| Field::of("ResourceType", one)).collect();
    let mut beyond: Vec<String> = Vec::new();
    let mut first = None;
    while beyond.len() <= NAMED {
        let is_beyond = |action: &ActionInfo<'_>| {
            let level = action.access_level();
            ![AccessLevel::List, AccessLevel::Read].contains(&level)
                && !services.contains(action.service())
                && !BESIDE.iter().any(|beside| beside.eq_ignore_ascii_case(action.name()))
        };
        let calls = || catalogue.actions().filter(is_beyond).map(|action| action.name()).collect();
        let calls = case.calls(&format!("beyond {services:?}"), calls);
        let answers = case.can_by_itself(role, &calls, None)?;
        let witness = answers.surely().find_map(|(_, answer)| answer.witness.as_ref());
        let step = witness.and_then(|witness| witness.steps.first());
        let Some(service) = step.and_then(|step| step.action.split(':').next()).map(str::to_ascii_lowercase)
        else {
            if beyond.is_empty() {
                case.only(role, &answers, |_| false, "may change services that its stack has no resource of");
                return Ok(());
            }
            break;
        };
        first = first.or_else(|| witness.cloned());
        services.insert(service.clone());
        beyond.push(service);
    }
    let more = if beyond.len() > NAMED { " and more" } else { "" };
    beyond.truncate(NAMED);
    let message =
        format!("{role} may change {}{more}, of which its stack has no resource", beyond.join(", "));
    if !open.is_empty() {
        let missing = |one: &String| Untold {
            what: format!("what handlers of {one} call"),
            command: Some(format!("aws cloudformation describe-type --type RESOURCE --type-name {one}")),
        };
        case.unknown(
            role,
            format!("{message}; what {} needs is not known", open.join(", ")),
            open.iter().map(missing).collect(),
        );
        return Ok(());
    }
    let evidence = first.map(Evidence::Request).into_iter().chain([Evidence::Fields(fields)]).collect();
    case.violated((role, role), message, evidence);
    Ok(())
}
