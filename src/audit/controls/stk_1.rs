//! STK-1: stacks of production aren't deleted by accident.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "STK-1",
    title: "stacks of production have termination protection and a stack policy",
    reason: "one call deletes a stack and what it holds, another replaces its database",
    severity: Severity::Low,
    reads: &[
        "cloudformation describe-stacks: Stacks[].EnableTerminationProtection",
        "cloudformation get-stack-policy",
        "gateproof.toml: [audit] production",
    ],
    decides: "`EnableTerminationProtection` is true and a stack policy is set, for each stack that the pipeline deploys to production",
    remedy: "turn termination protection on, and set a stack policy that refuses to replace what holds data",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(accounts) = case.production_accounts()? else {
        case.not_meant("the stacks", "production", "what is production");
        return Ok(());
    };
    let stacks = case.pipeline.actions().into_iter().filter_map(|(_, action)| action.by.clone());
    let stacks: BTreeSet<_> = stacks
        .filter(|by| by.kind == "cloudformation.stack" && accounts.contains(&*by.account))
        .map(|by| (by.name, by.account))
        .collect();
    for (name, account) in stacks {
        let region = case.pipeline.region.clone();
        let told = case.estate.snapshot.stack(&name, &account, &region);
        let Some(Some(stack)) = case.told(&name, "the stack", told) else { continue };
        let protected = stack.enable_termination_protection == Some(true);
        let told = case.estate.snapshot.stack_policy(&name, &account, &region);
        let fields = vec![Field::of("EnableTerminationProtection", protected.to_string())];
        let evidence = vec![Evidence::Fields(fields)];
        if protected {
            case.holds(&name, "the stack has termination protection", evidence);
        } else {
            case.violated((&name, "termination"), "the stack has no termination protection", evidence);
        }
        let subject = format!("{name}, policy");
        let Some(policy) = case.told(&subject, "the stack's policy", told) else { continue };
        match policy {
            Some(_) => case.holds(&subject, "the stack has a stack policy", Vec::new()),
            None => case.violated((&subject, ""), "the stack has no stack policy", Vec::new()),
        }
    }
    Ok(())
}
