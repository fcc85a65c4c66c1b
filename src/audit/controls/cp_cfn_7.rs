//! CP-CFN-7: a compromised source or build stage can't take an account.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::escalation::Target;
use crate::pipelines::MappedAction;
use crate::question::Selector;
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
    let found = case.reach(&from, &target)?;
    let subject = format!("{role} to account {account}");
    let question = format!("administrative access to account {account} from {role}, in any number of steps");
    case.never((&subject, role), &found, &question, &format!("comes to administer account {account}"));
    Ok(())
}
