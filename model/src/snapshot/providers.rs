//! OIDC and SAML providers of an account.
//!
//! IAM API Reference, "ListOpenIDConnectProviders", "GetOpenIDConnectProvider", "ListSAMLProviders".

use super::collected::Collected;
use super::errors::Verdict;
use super::files::problem;
use super::notes::{Notes, touches};
use crate::account::{IdentityProvider, Place, ProviderKind};
use crate::arn::Arn;
use crate::assumption::Touches;
use crate::json::Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The identity providers of one account.
pub(super) struct Providers {
    /// Those that some file tells of.
    pub(super) found: Vec<IdentityProvider>,
    /// The kinds, as ARNs write them, of which a list says that there are no others.
    pub(super) complete: Vec<&'static str>,
}

/// Reads an account's identity providers.
pub(super) fn read_providers(collected: &Collected<'_>, account: &str, notes: &mut Notes) -> Providers {
    let mut found: BTreeMap<Arc<str>, IdentityProvider> = BTreeMap::new();
    let mut complete = Vec::new();
    for (operation, list, kind) in [
        ("list-open-id-connect-providers", "OpenIDConnectProviderList", "oidc-provider"),
        ("list-saml-providers", "SAMLProviderList", "saml-provider"),
    ] {
        let outputs = collected.outputs(account, "iam", operation, notes);
        let mut whole = !outputs.is_empty() || told_absent(collected, account, operation, notes);
        for output in outputs {
            let items = output.json.as_ref().and_then(|j| j.get(list)).and_then(Json::as_array);
            let Some(items) = items else {
                notes.problem(*problem(&output.file, &format!("/{list}"), "no list", "a list"));
                notes.blind(Some(account), &["sts"], "identity providers", &output.file);
                whole = false;
                continue;
            };
            for (i, item) in items.iter().enumerate() {
                let at = format!("/{list}/{i}");
                let provider = item.get("Arn").and_then(Json::as_str);
                match provider.and_then(|arn| provider_of(arn, account, &output.file, &at)) {
                    Some(provider) => _ = found.insert(provider.arn.clone(), provider),
                    None => {
                        notes.problem(*problem(
                            &output.file,
                            &at,
                            item.kind(),
                            "an object with a provider's Arn",
                        ));
                        notes.blind(Some(account), &["sts"], "identity providers", &output.file);
                        whole = false;
                    }
                }
            }
        }
        complete.extend(whole.then_some(kind));
    }
    for operation in ["get-open-id-connect-provider", "get-saml-provider"] {
        for output in collected.outputs(account, "iam", operation, notes) {
            let Some(name) = &output.name else {
                notes.problem(*problem(&output.file, "", "no provider in the name", "OPERATION/ARN.json"));
                continue;
            };
            let Some(told) = provider_of(name, account, &output.file, "") else {
                notes.problem(*problem(
                    &output.file,
                    "",
                    format!("`{name}`"),
                    "a provider's ARN as the name",
                ));
                continue;
            };
            let provider = found.entry(told.arn.clone()).or_insert(told);
            if let (ProviderKind::Oidc { client_ids, .. }, Some(json)) = (&mut provider.kind, &output.json) {
                *client_ids = read_client_ids(json, &output.file, notes);
            }
        }
    }
    Providers { found: found.into_values().collect(), complete }
}

fn read_client_ids(json: &Json, file: &str, notes: &mut Notes) -> Option<Vec<Arc<str>>> {
    match json.get("ClientIDList") {
        // IAM answers with an empty list where there are none; a file without one was made otherwise.
        None if json.as_object().is_some() => None,
        None => {
            notes.problem(*problem(file, "", json.kind(), "an object"));
            None
        }
        Some(list) => {
            let texts = list.as_array().and_then(|l| l.iter().map(|i| i.as_str().map(Arc::from)).collect());
            if texts.is_none() {
                notes.problem(*problem(file, "/ClientIDList", list.kind(), "a list of strings"));
            }
            texts
        }
    }
}

fn provider_of(arn: &str, account: &str, file: &Arc<str>, pointer: &str) -> Option<IdentityProvider> {
    let parsed = Arn::parse(arn).filter(|a| a.service == "iam")?;
    let kind = match parsed.resource.split_once('/')? {
        ("oidc-provider", issuer) => ProviderKind::Oidc { issuer: issuer.into(), client_ids: None },
        ("saml-provider", _) => ProviderKind::Saml,
        _ => return None,
    };
    let place = Place { file: file.clone(), pointer: pointer.into() };
    Some(IdentityProvider { arn: arn.into(), account: account.into(), kind, place })
}

/// Of a list that was not collected: whether it is known that there is nothing to list. Notes what is not.
fn told_absent(collected: &Collected<'_>, account: &str, operation: &str, notes: &mut Notes) -> bool {
    let refusal = collected.errors.about(account, "iam", operation, "");
    match refusal.map(|r| r.verdict) {
        Some(Verdict::Absent) => return true,
        Some(Verdict::Refused) => {
            notes.blind(Some(account), &["sts"], "identity providers", super::errors::ERRORS_FILE)
        }
        None if collected.unknown_if_missing() => {
            notes.blind(Some(account), &["sts"], "identity providers", "")
        }
        None => notes.assume(
            format!(
                "the identity providers that account {account}'s trust policies name are there ({operation})"
            ),
            format!("aws iam {operation}"),
            Touches { actions: vec![admits(operation).into()], ..touches(account, "sts", None) },
        ),
    }
    false
}

/// The call that the providers of a list matter to.
fn admits(operation: &str) -> &'static str {
    if operation == "list-saml-providers" {
        "sts:AssumeRoleWithSAML"
    } else {
        "sts:AssumeRoleWithWebIdentity"
    }
}
