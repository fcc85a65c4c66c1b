//! CP-CFN-7: a compromised source or build stage can't take an account.

use super::super::case::{Case, missing_of};
use super::super::control::Control;
use super::super::evidence::Evidence;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::escalation::{Attack, Target};
use crate::pipelines::{MappedAction, Untold};
use crate::question::{Selector, Verdict};
use std::collections::BTreeSet;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-7",
    title: "whoever compromises the source or the build can't come to administer an account",
    reason: "code of the repository and of its dependencies runs with the build's role: what that role can come to, in any number of steps, they can",
    severity: Severity::Critical,
    reads: &["the whole snapshot"],
    decides: "whether a role that runs what is built or tested reaches administrative access to the pipeline's account or to one that it deploys to, in any number of steps",
    remedy: "cut one link of the chain: `gateproof reach --cut` proposes the fewest",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let runs = |action: &MappedAction| ["Build", "Test", "Compute", "Invoke"].contains(&&*action.category);
    let roles = pipeline.roles_of(runs);
    let mut accounts: BTreeSet<String> = [pipeline.account.to_string()].into();
    accounts.extend(pipeline.deploys_to().into_iter().map(|account| account.to_string()));
    if !case.untold_roles(runs) && roles.is_empty() {
        case.holds("the pipeline", "nothing is built or tested with a role", Vec::new());
    }
    for role in roles {
        if case.is_untold(&role) {
            continue;
        }
        for account in &accounts {
            reach(case, &role, account)?;
        }
    }
    Ok(())
}

fn reach(case: &mut Case<'_>, role: &str, account: &str) -> Result<(), AskError> {
    let from = [Selector::Arn(role.to_owned())];
    let target = Target::Administers(vec![Selector::Account(account.to_owned())]);
    let attack = Attack { from: &from, together: false, when: &[], target: &target };
    let found = case.estate.attack(&attack, case.settings)?;
    let subject = format!("{role} to account {account}");
    let question = format!("administrative access to account {account} from {role}, in any number of steps");
    let assuming: Vec<String> = found.overall.assumptions.to_vec();
    match found.overall.verdict {
        Verdict::Reachable => {
            let steps = found.chains.first().map_or(0, |chain| chain.steps.len());
            let evidence = found.chains.first().cloned().map(Evidence::Chain).into_iter().collect();
            let given = if assuming.is_empty() {
                String::new()
            } else {
                format!(", assuming {}", assuming.join("; "))
            };
            let message = format!("{role} comes to administer account {account} by {steps} requests{given}");
            case.violated((&subject, role), message, evidence);
        }
        Verdict::Undecided => {
            let why = found.overall.undecided.map(|u| u.reason).unwrap_or_default();
            let missing = vec![Untold { what: why.clone(), command: None }];
            case.unknown(&subject, format!("{question}: not decided: {why}"), missing);
        }
        Verdict::Impossible if found.overall.not_collected > 0 => {
            let missing = missing_of(std::iter::once(&found.overall));
            case.unknown(&subject, format!("as far as is known impossible: {question}"), missing);
        }
        Verdict::Impossible => {
            let evidence =
                found.overall.proof.map(|proof| Evidence::NoChain { question: question.clone(), proof });
            case.holds(&subject, format!("impossible: {question}"), evidence.into_iter().collect());
        }
    }
    Ok(())
}
