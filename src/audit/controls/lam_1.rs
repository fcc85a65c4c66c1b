//! LAM-1: the code of a function that the pipeline calls is signed, and nobody else's to change.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use gateproof_model::configuration::Told;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
///
/// AWS Lambda Developer Guide, "Using code signing to verify code integrity".
pub const CONTROL: Control = Control {
    id: "LAM-1",
    title: "functions that the pipeline calls take signed code only, and only the platform team changes them",
    reason: "a function that tests or deploys is a stage: whoever changes its code says how the stage went, and has its role",
    severity: Severity::High,
    reads: &[
        "lambda get-function-code-signing-config",
        "lambda get-code-signing-config",
        "iam get-account-authorization-details",
        "organizations (SCPs)",
        "gateproof.toml: [audit] platform",
    ],
    decides: "of each function that an action calls: its code signing configuration is of policy `Enforce`; and who can call `lambda:UpdateFunctionCode` or \
              `lambda:UpdateFunctionConfiguration` on it: only `platform`",
    remedy: "attach a code signing configuration, and deny the calls to all others in an SCP",
    decide,
};

const CHANGES: [&str; 2] = ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"];

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let ran = case.pipeline.actions().into_iter().filter_map(|(_, action)| action.by.as_ref());
    let functions: BTreeSet<Arc<str>> =
        ran.filter(|by| by.kind == "lambda.function").map(|by| by.name.clone()).collect();
    if functions.is_empty() {
        case.holds("the actions", "no action calls a function", Vec::new());
    }
    for function in functions {
        signing(case, &function);
        let subject = format!("{function}, who changes it");
        let Some(platform) = case.platform()? else {
            case.not_meant(&subject, "platform", "who is meant to change functions of the pipeline");
            continue;
        };
        let answers = case.who_can(&CHANGES, &[function.to_string()], Vec::new())?;
        case.only(&subject, &answers, |arn| platform.contains(arn), "may change the function");
    }
    Ok(())
}

fn signing(case: &mut Case<'_>, function: &str) {
    let told = case.estate.snapshot.function_code_signing(function);
    let Some(signing) = case.told(function, "the function's code signing", told) else { return };
    let Some(signing) = signing else {
        return case.violated(
            (function, "unsigned"),
            "the function takes code that nobody signed",
            Vec::new(),
        );
    };
    let arn = signing.arn.clone();
    let Told::Known { value: config, .. } = signing.config else {
        case.told(function, "what the function's code must be signed by", signing.config);
        return;
    };
    let policy =
        config.code_signing_policies.untrusted_artifact_on_deployment.unwrap_or_else(|| "Warn".to_owned());
    let fields =
        vec![Field::of("CodeSigningConfigArn", arn), Field::of("UntrustedArtifactOnDeployment", &policy)];
    let evidence = vec![Evidence::Fields(fields)];
    if policy == "Enforce" {
        case.holds(function, "the function takes signed code only", evidence);
    } else {
        case.violated((function, "warning"), "the function takes unsigned code with a warning", evidence);
    }
}
