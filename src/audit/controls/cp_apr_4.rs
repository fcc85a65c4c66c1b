//! CP-APR-4: who approves elsewhere doesn't approve for production.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::intent::Intent;
use crate::ask::AskError;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-APR-4",
    title: "who approves at other gates doesn't approve for production",
    reason: "a right to approve on `*`, or on a name that production's pipeline has too, is given for a test environment and opens production",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] production, administrators; [audit.approvers]",
    ],
    decides: "who can call `codepipeline:PutApprovalResult` both on a gate before a deployment to production and on some gate that isn't, and is neither an administrator of production nor a meant approver of this pipeline: everybody in the snapshot, exactly",
    remedy: "name the gates in the statement, `arn:…:PIPELINE/STAGE/ACTION`; `arn:…:PIPELINE` is no gate, and `arn:…:PIPE*` is several pipelines",
    decide,
};

const APPROVE: [&str; 1] = ["codepipeline:PutApprovalResult"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let Some(gates) = case.production_gates("which gates are production's")? else { return Ok(()) };
    let Some(accounts) = case.production_accounts()? else { return Ok(()) };
    let mut others = BTreeSet::new();
    for pipeline in &case.map.pipelines {
        let of_production = pipeline.gates_before(accounts);
        others.extend(
            pipeline.gates().into_iter().filter(|gate| !of_production.contains(gate)).map(|(_, arn)| arn),
        );
    }
    if others.is_empty() {
        case.holds_of_all_pipelines("the gates", "there is no other gate", Vec::new());
        return Ok(());
    }
    let Some(meant) = meant(case)? else {
        case.not_meant("the gates", "administrators", "who is meant to approve for production");
        return Ok(());
    };
    let said = case.findings.len();
    let others: Vec<String> = others.into_iter().collect();
    let elsewhere = case.who_can(&APPROVE, &others, Vec::new())?;
    for (gate, arn) in gates {
        let here = case.who_can(&APPROVE, &[arn], Vec::new())?;
        let does = "may approve at other gates and at this one, which is production's";
        case.only_both(&gate, (&here, &elsewhere), |arn| meant.contains(arn), does);
    }
    case.was_of_all_pipelines(said);
    Ok(())
}

/// Who is meant to approve for production; `None`: nobody says.
fn meant(case: &Case<'_>) -> Result<Option<BTreeSet<Arc<str>>>, AskError> {
    let administrators = case.intent.administrators.as_deref();
    let approvers = Intent::meant(&case.intent.approvers, &case.pipeline.name);
    let mut found = None;
    for selectors in [administrators, approvers].into_iter().flatten() {
        found.get_or_insert_with(BTreeSet::new).extend(case.principals(selectors)?);
    }
    Ok(found)
}
