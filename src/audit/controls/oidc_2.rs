//! OIDC-2: tokens of builds elsewhere don't come to administer an account.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::escalation::Target;
use crate::question::Selector;

/// The control.
pub const CONTROL: Control = Control {
    id: "OIDC-2",
    title: "no role that tokens of builds elsewhere assume comes to administer its account",
    reason: "whoever changes a workflow of the repository has the role: what it comes to, they do",
    severity: Severity::Critical,
    reads: &["the whole snapshot"],
    decides: "whether a role of the pipeline's accounts that trusts an issuer of OpenID Connect reaches administrative access to its account, in any number of steps",
    remedy: "cut one link of the chain: `gateproof reach --cut` proposes the fewest",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for (account, role, _) in case.roles_for_tokens() {
        let target = Target::Administers(vec![Selector::Account(account.to_string())]);
        let found = case.reach(&[Selector::Arn(role.arn.to_string())], &target)?;
        let question =
            format!("administrative access to account {account} from {}, in any number of steps", role.arn);
        let does = format!("comes to administer account {account}");
        case.never((&role.arn, &role.arn), &found, &question, &does);
    }
    Ok(())
}
