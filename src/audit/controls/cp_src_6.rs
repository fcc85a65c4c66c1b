//! CP-SRC-6: who writes the branch that is shipped is who is meant to.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::intent::Intent;
use crate::ask::AskError;
use crate::pipelines::Untold;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-SRC-6",
    title: "only those who are meant to write what the pipeline ships",
    reason: "a rule that stops a push and leaves commits, merges and files by the API open protects no branch",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit.committers]",
    ],
    decides: "who can make any of the calls that write the branch (the object, the image) that a source action reads: everybody in the snapshot, exactly",
    remedy: "deny all of these calls on the branch (`codecommit:References`) to all others, not `codecommit:GitPush` alone",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let pipeline = case.pipeline;
    let sources = pipeline.abilities.iter().filter(|ability| ability.ability == "write-source");
    for source in sources {
        let place = source.of.clone().unwrap_or_default();
        if let Some(outside) = &source.outside {
            let missing = vec![Untold { what: outside.clone(), command: None }];
            case.unknown(&place, format!("{outside}: AWS doesn't tell who that is"), missing);
            continue;
        }
        let Some(meant) = Intent::meant(&case.intent.committers, &pipeline.name) else {
            case.not_meant(&place, "committers", "who is meant to write what is shipped");
            continue;
        };
        let meant = case.principals(meant)?;
        let actions: Vec<&str> = source.actions.iter().map(String::as_str).collect();
        let answers = case.who_can(&actions, std::slice::from_ref(&source.resource), source.when.clone())?;
        case.only(&place, &answers, |arn| meant.contains(arn), "may write what the pipeline ships");
    }
    Ok(())
}
