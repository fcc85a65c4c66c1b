//! OIDC and SAML providers of an account.
//!
//! IAM API Reference, "ListOpenIDConnectProviders", "GetOpenIDConnectProvider", "ListSAMLProviders".

use super::collected::Collected;
use super::errors::Verdict;
use super::files::problem;
use super::notes::{Notes, touches};
use crate::account::{IdentityProvider, Place, ProviderKind};
use crate::arn::Arn;
use crate::json::Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads an account's identity providers.
pub(super) fn read_providers(
    collected: &Collected<'_>,
    account: &str,
    notes: &mut Notes,
) -> Vec<IdentityProvider> {
    let mut found: BTreeMap<Arc<str>, IdentityProvider> = BTreeMap::new();
    for (operation, list) in [
        ("list-open-id-connect-providers", "OpenIDConnectProviderList"),
        ("list-saml-providers", "SAMLProviderList"),
    ] {
        let outputs = collected.outputs(account, "iam", operation, notes);
        if outputs.is_empty() {
            never_listed(collected, account, operation, notes);
        }
        for output in outputs {
            let items = output.json.as_ref().and_then(|j| j.get(list)).and_then(Json::as_array);
            let Some(items) = items else {
                notes.problem(*problem(&output.file, &format!("/{list}"), "no list", "a list"));
                notes.blind(Some(account), &["sts"], "identity providers", &output.file);
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
                    }
                }
            }
        }
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
    found.into_values().collect()
}

fn read_client_ids(json: &Json, file: &str, notes: &mut Notes) -> Option<Vec<Arc<str>>> {
    match json.get("ClientIDList") {
        None if json.as_object().is_some() => Some(Vec::new()),
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

fn never_listed(collected: &Collected<'_>, account: &str, operation: &str, notes: &mut Notes) {
    let refusal = collected.errors.about(account, "iam", operation, "");
    match refusal.map(|r| r.verdict) {
        Some(Verdict::Absent) => {}
        Some(Verdict::Refused) => {
            notes.blind(Some(account), &["sts"], "identity providers", super::errors::ERRORS_FILE)
        }
        None if collected.unknown_if_missing() => {
            notes.blind(Some(account), &["sts"], "identity providers", "")
        }
        None => notes.assume(
            format!("account {account} has no identity providers beyond those in other files ({operation})"),
            format!("aws iam {operation}"),
            touches(account, "sts", None),
        ),
    }
}
