//! CDK-1: what the CDK's bootstrap made is not everybody's administrator.

use super::super::case::Case;
use super::super::control::Control;
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::account::PrincipalEntityKind;
use gateproof_model::arn::Arn;
use gateproof_model::catalogue::AccessLevel;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// AWS CDK Developer Guide, "Bootstrapping": roles `cdk-QUALIFIER-…-role-ACCOUNT-REGION`; the one that executes has AdministratorAccess where
/// `--cloudformation-execution-policies` doesn't say otherwise, the others trust the accounts of `--trust`.
pub const CONTROL: Control = Control {
    id: "CDK-1",
    title: "the CDK's execution role writes no IAM, and nobody of another account assumes its roles but pipelines",
    reason: "the bootstrap makes an administrator, and a role that hands it templates to whoever a trusted account lets",
    severity: Severity::High,
    reads: &[
        "iam get-account-authorization-details: RoleDetailList[] of names `cdk-*`",
        "organizations (SCPs, RCPs)",
        "gateproof.toml: [audit] platform (optional)",
    ],
    decides: "of each role `cdk-*-role-*` of the pipeline's accounts: the one that executes can make no call of IAM of level write or permissions management but `iam:PassRole`; \
              and who of other accounts can assume the others: only roles of pipelines and `platform`",
    remedy: "bootstrap again with `--cloudformation-execution-policies` of your own, and with `--trust` of the pipeline's account only where its roles are named",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let platform = case.platform()?.unwrap_or_default();
    let calls = case.estate.catalogue.actions_matching("iam:*").filter(|action| {
        [AccessLevel::Write, AccessLevel::PermissionsManagement].contains(&action.access_level())
            && !action.name().eq_ignore_ascii_case("iam:PassRole")
    });
    let calls: Vec<&str> = calls.map(|action| action.name()).collect();
    let mut found = 0;
    let (accounts, told) = case.own_accounts();
    for account in accounts {
        for (role, name) in bootstrapped(case, &account) {
            found += 1;
            if name.contains("-cfn-exec-role-") {
                let answers = case.can(&role, &calls, &[], None)?;
                case.only(&role, &answers, |_| false, "may write IAM");
            }
            let callers = callers(case);
            let answers = case.who_can(&["sts:AssumeRole"], &[role.to_string()], Vec::new())?;
            let meant = |who: &str| {
                platform.contains(who)
                    || callers.contains(who)
                    || who == "cloudformation.amazonaws.com"
                    || Arn::parse(who).is_some_and(|arn| *arn.account == *account)
            };
            let said = case.findings.len();
            case.only(
                &format!("{role}, who assumes it"),
                &answers,
                meant,
                "may assume a role of the CDK's from another account",
            );
            case.may_be_of_untold_pipelines(said);
        }
    }
    if found == 0 && told {
        case.holds_of_all_principals(
            "the accounts",
            "the CDK has no roles in them that no pipeline before is said of",
        );
    }
    Ok(())
}

/// The CDK's roles in an account, with their names.
fn bootstrapped(case: &Case<'_>, account: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let principals = case.estate.snapshot.principals().iter();
    let roles = principals.filter(|p| *p.account == *account && p.kind == PrincipalEntityKind::Role);
    let is_it = |name: &str| name.starts_with("cdk-") && name.contains("-role-");
    roles.filter(|role| is_it(&role.name)).map(|role| (role.arn.clone(), role.name.clone())).collect()
}

/// The roles with which pipelines call.
fn callers(case: &Case<'_>) -> BTreeSet<Arc<str>> {
    let pipelines = case.map.pipelines.iter();
    let of = |pipeline: &crate::pipelines::MappedPipeline| {
        let mut roles: BTreeSet<Arc<str>> = [pipeline.role.as_str().into()].into();
        roles.extend(pipeline.actions().into_iter().map(|(_, action)| action.role.as_str().into()));
        roles
    };
    pipelines.flat_map(of).collect()
}
