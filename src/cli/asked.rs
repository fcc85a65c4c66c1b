//! What the command line says of a question, checked before anything is read or solved.

use super::CliError;
use crate::question::{Constraint, Requests, Selector, is_arn_glob};
use gateproof_model::catalogue::{AccessLevel, Catalogue};

fn usage(text: String) -> CliError {
    CliError::Usage(text)
}

/// The members of repeatable, comma-separated values.
fn members<'a>(flag: &'static str, values: &'a [String]) -> Result<Vec<&'a str>, CliError> {
    let listed: Vec<&str> = values.iter().flat_map(|v| v.split(',')).map(str::trim).collect();
    match listed.contains(&"") {
        true => Err(usage(format!("{flag} `{}`: found an empty value", values.join(",")))),
        false => Ok(listed),
    }
}

/// Action globs.
pub(crate) fn parse_actions(values: &[String]) -> Result<Vec<String>, CliError> {
    let mut actions = Vec::new();
    for glob in members("--action", values)? {
        let named =
            glob.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !named && !glob.contains('*') {
            return Err(usage(format!(
                "--action `{glob}`: expected service:Action, or a glob over such names"
            )));
        }
        actions.push(glob.to_owned());
    }
    Ok(actions)
}

/// Resource globs.
pub(crate) fn parse_resources(values: &[String]) -> Result<Vec<String>, CliError> {
    parse_arns("--resource", values)
}

/// The same of another flag.
pub(crate) fn parse_arns(flag: &'static str, values: &[String]) -> Result<Vec<String>, CliError> {
    let mut resources = Vec::new();
    for glob in members(flag, values)? {
        if !is_arn_glob(glob) {
            return Err(usage(format!("{flag} `{glob}`: expected an ARN, or a glob over ARNs")));
        }
        resources.push(glob.to_owned());
    }
    Ok(resources)
}

/// Selectors of accounts.
pub(crate) fn parse_within(values: &[String]) -> Result<Vec<Selector>, CliError> {
    parse_accounts("--in", values)
}

/// The same of another flag.
pub(crate) fn parse_accounts(flag: &'static str, values: &[String]) -> Result<Vec<Selector>, CliError> {
    let mut selectors = Vec::new();
    for text in members(flag, values)? {
        match text.parse()? {
            selector @ (Selector::Account(_) | Selector::Environment(_)) => selectors.push(selector),
            _ => return Err(usage(format!("{flag} `{text}`: expected account:ID or env:NAME"))),
        }
    }
    Ok(selectors)
}

/// Access levels.
pub(crate) fn parse_access(values: &[String]) -> Result<Vec<AccessLevel>, CliError> {
    let expected = "read, list, write, tagging or permissions-management";
    let level = |text: &str| {
        AccessLevel::parse(text).ok_or_else(|| usage(format!("--access `{text}`: expected {expected}")))
    };
    members("--access", values)?.into_iter().map(level).collect()
}

/// Conditions.
pub(crate) fn parse_conditions(values: &[String]) -> Result<Vec<Constraint>, CliError> {
    values.iter().map(|text| text.parse().map_err(CliError::from)).collect()
}

/// What is probably not meant as it is written: names that the catalogue doesn't know.
pub(crate) fn doubts(requests: &Requests, catalogue: &Catalogue) -> Vec<String> {
    let mut doubts = Vec::new();
    for glob in &requests.actions {
        if catalogue.actions_matching(glob).next().is_none() {
            doubts.push(format!("action `{glob}` is not in the catalogue: it is asked about as written"));
        }
    }
    for constraint in &requests.when {
        let key = &constraint.key;
        let known = catalogue.key_type(&gateproof_model::text::fold_text(key)).is_some();
        if !known && !gateproof_model::catalogue::is_identity_provider_key(key) {
            doubts.push(format!("condition key `{key}` is not in the catalogue: is it spelled right?"));
        }
    }
    doubts
}
