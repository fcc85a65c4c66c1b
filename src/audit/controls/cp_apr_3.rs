//! CP-APR-3: nobody approves without MFA.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::question::Constraint;
use crate::question::constraint::Demand;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-APR-3",
    title: "nobody approves without MFA",
    reason: "a long-term key sends no `aws:MultiFactorAuthPresent` at all, a session without a device sends `false`: many conditions stop one and not the other",
    severity: Severity::High,
    reads: &["iam get-account-authorization-details", "organizations (SCPs)"],
    decides: "who can call `codepipeline:PutApprovalResult` on each gate where the key is absent, and where it is `false`",
    remedy: "deny it with `BoolIfExists` `aws:MultiFactorAuthPresent` `false` in an SCP or with the grant, or allow it with `Bool` `true` only",
    decide,
};

const KEY: &str = "aws:MultiFactorAuthPresent";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let gates = case.pipeline.gates();
    if gates.is_empty() {
        case.holds("the pipeline", "there is no gate", Vec::new());
    }
    for (gate, arn) in gates {
        for (shape, demand, does) in [
            ("long-term keys", Demand::Absent, "may approve with a long-term key, which sends no MFA key"),
            (
                "sessions",
                Demand::Equals("false".to_owned()),
                "may approve in a session that was opened without MFA",
            ),
        ] {
            let when = vec![Constraint { key: KEY.to_owned(), demand }];
            let answers =
                case.who_can(&["codepipeline:PutApprovalResult"], std::slice::from_ref(&arn), when)?;
            case.only(&format!("{gate}, {shape}"), &answers, |_| false, does);
        }
    }
    Ok(())
}
