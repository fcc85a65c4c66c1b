//! CP-CFN-5: a stack's role is CloudFormation's for this account, and few may hand it over.

use super::super::accounts::unread_trust;
use super::super::answers::Certainty::{self, Can, Cannot, CannotAsKnown};
use super::super::answers::{Answers, missing_of};
use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use super::super::stacks::is_stack;
use crate::ask::AskError;
use crate::pipelines::Untold;
use crate::question::constraint::Demand;
use crate::question::{Answer, Constraint};
use gateproof_model::arn::Arn;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-CFN-5",
    title: "CloudFormation assumes the execution role of a stack for its own account, and only the pipeline's action passes it",
    reason: "whoever passes the role to a stack of their own has all that it may do",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details: AssumeRolePolicyDocument",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] administrators, platform (optional)",
    ],
    decides: "whether CloudFormation can assume the role for a stack of another account (`aws:SourceAccount`, `aws:SourceArn`); a trust that asks for no source is accepted where nobody else may pass the role; one that asks for the ARN of a pipeline is none that CloudFormation can meet, for it is CloudFormation that assumes the role. Who can call `iam:PassRole` on it for CloudFormation: the roles of the actions that deploy with it, administrators of production, the platform team",
    remedy: "let the trust ask for `aws:SourceAccount`, its own account, and the right to pass the role name the action's role only",
    decide,
};

const SERVICE: &str = "cloudformation.amazonaws.com";

/// An account that is nobody's.
const STRANGER: &str = "000000000000";

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut meant = case.platform()?.unwrap_or_default();
    if let Some(administrators) = case.intent.administrators.as_deref() {
        meant.extend(case.principals(administrators)?);
    }
    for role in case.stack_roles() {
        let mut meant = meant.clone();
        for pipeline in &case.map.pipelines {
            let deploys =
                |action: &crate::pipelines::MappedAction| is_stack(action) && action.runs_as.contains(&role);
            let actions = pipeline.each_action().filter(|action| deploys(action));
            meant.extend(actions.map(|action| Arc::from(action.role.as_str())));
        }
        let to_service = demand("iam:PassedToService", Demand::Equals(SERVICE.to_owned()));
        let passing = case.who_can(&["iam:PassRole"], &[role.to_string()], vec![to_service])?;
        of_trust(case, &role, &passing, &meant)?;
        let subject = format!("{role}, who passes it");
        let said = case.findings.len();
        case.only(&subject, &passing, |arn| meant.contains(arn), "may pass the role to a stack of its own");
        case.may_be_of_untold_pipelines(said);
    }
    Ok(())
}

fn of_trust(
    case: &mut Case<'_>,
    role: &str,
    passing: &Answers,
    meant: &BTreeSet<Arc<str>>,
) -> Result<(), AskError> {
    let account = Arn::parse(role).map_or("", |arn| arn.account);
    let own = assumed(case, role, Source::Any(account))?;
    let strange = assumed(case, role, Source::Any(STRANGER))?;
    let by_pipeline = assumed(case, role, Source::Pipeline)?;
    let others = passing.surely().filter(|(arn, _)| !meant.contains(*arn)).count();
    // Whom no policy names that can be read may be named by one that can't.
    let unread = case.estate.snapshot.principal(role).and_then(unread_trust);
    let unnamed = if unread.is_some() { CannotAsKnown } else { Cannot };
    let certain = |answer: &Option<Arc<Answer>>| answer.as_deref().map_or(unnamed, Certainty::of);
    match (certain(&own), certain(&strange)) {
        (Cannot, _) => {
            let why = match certain(&by_pipeline) {
                Can => ": its trust asks for the ARN of a pipeline, and CloudFormation comes with a stack's",
                _ => "",
            };
            case.violated(
                (role, "none"),
                format!("{role} can't be assumed by CloudFormation{why}"),
                Vec::new(),
            );
        }
        (Can, Cannot) => {
            case.holds(role, "CloudFormation assumes the role for its own account only", Vec::new());
        }
        (Can, Can) if others > 0 && case.map.unread.is_empty() => {
            let message = "the role's trust asks for no source, and others may pass it to CloudFormation";
            case.violated((role, "source"), message, Vec::new());
        }
        (Can, Can) if passing.is_settled(meant) => {
            let message =
                "the role's trust asks for no source, and nobody else may pass it to CloudFormation";
            case.holds(role, message, vec![passing.proof()]);
        }
        _ => {
            let message = "whether the role is guarded by its trust or by who may pass it is not known";
            let both = || own.iter().chain(&strange);
            let mut missing: BTreeSet<Untold> = passing.missing().into_iter().collect();
            missing.extend(missing_of(both().map(|answer| &**answer)));
            let taken = both().flat_map(|answer| answer.unknowns());
            missing.extend(taken.map(|what| Untold { what, command: None }));
            missing.extend(unread.map(|what| Untold { what: what.to_string(), command: None }));
            missing.extend(case.map.unread.iter().cloned());
            if missing.is_empty() {
                missing.insert(Untold { what: format!("who may assume or pass {role}"), command: None });
            }
            case.unknown(role, message, missing.into_iter().collect());
        }
    }
    Ok(())
}

/// For whom CloudFormation comes.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// For a stack of an account, whether it says so or not.
    Any(&'a str),
    /// For a pipeline, as it never does.
    Pipeline,
}

/// Whether CloudFormation can assume the role for some source.
fn assumed(case: &Case<'_>, role: &str, source: Source<'_>) -> Result<Option<Arc<Answer>>, AskError> {
    let partition = Arn::parse(role).map_or("aws", |arn| arn.partition);
    // A star would take in colons, and with them other accounts; no name of a region has as many letters as one and an account.
    let stacks = |account: &str| {
        let regions = (9..=16).map(|letters| "?".repeat(letters));
        let arns = regions.map(|region| format!("arn:{partition}:cloudformation:{region}:{account}:*"));
        Demand::OneOf(std::iter::once(Demand::Absent).chain(arns.map(Demand::Matches)).collect())
    };
    let when = match source {
        Source::Any(account) => vec![
            demand("aws:SourceArn", stacks(account)),
            demand(
                "aws:SourceAccount",
                match account {
                    STRANGER => Demand::Equals(account.to_owned()),
                    own => Demand::OneOf(vec![Demand::Absent, Demand::Equals(own.to_owned())]),
                },
            ),
        ],
        Source::Pipeline => {
            vec![demand("aws:SourceArn", Demand::Matches(format!("arn:{partition}:codepipeline:*")))]
        }
    };
    let answers = case.who_can(&["sts:AssumeRole"], &[role.to_owned()], when)?;
    Ok(answers.each.iter().find(|(id, _)| **id == *SERVICE).map(|(_, answer)| answer.clone()))
}

fn demand(key: &str, demand: Demand) -> Constraint {
    Constraint { key: key.to_owned(), demand }
}
