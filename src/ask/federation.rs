//! Tokens of identity providers, and the providers that an account must have for its roles to be assumed with them.
//!
//! IAM API Reference, DeleteOpenIDConnectProvider and DeleteSAMLProvider: any attempt to assume a role that
//! references a provider which is not there fails. IAM User Guide, "Create an OpenID Connect (OIDC) identity
//! provider in IAM": the audience of a token must be one of the provider's. CONFORMANCE 3.8.

use super::caller::CallerEntity;
use super::estate::Estate;
use super::target::Target;
use gateproof_encodings::scope::{Caller, ResourceRule};
use gateproof_model::account::ProviderKind;
use gateproof_model::arn::Arn;
use gateproof_model::request::{PrincipalKind, Request};
use gateproof_model::text::fold_text;
use std::sync::Arc;

/// What the account of a role makes of a provider's token.
pub enum Admission<'a> {
    /// The caller holds no token, or of a provider that accounts need not have (`accounts.google.com`).
    NotAsked,
    /// The account has no such provider.
    Absent,
    /// The provider admits tokens for these audiences only.
    For {
        /// The key that holds the audience, in lower case.
        key: String,
        /// The provider's client ids.
        client_ids: &'a [Arc<str>],
    },
    /// Whether the provider is there, or which audiences it admits, was not collected.
    Untold {
        /// Whether the provider is known to be there.
        there: bool,
        /// The key that holds the audience, of OpenID Connect.
        key: Option<String>,
    },
}

impl<'a> Admission<'a> {
    /// What is known of a caller's token at a role.
    pub fn of(estate: &'a Estate, caller: &CallerEntity, target: &Target<'_>) -> Self {
        let (Some(provider), ResourceRule::Trust, Some(account)) =
            (provider_of(caller), target.rule, &target.account)
        else {
            return Self::NotAsked;
        };
        let parsed = Arn::parse(provider).filter(|a| a.service == "iam");
        let Some((kind, name)) = parsed.and_then(|a| a.resource.split_once('/')) else {
            return Self::NotAsked;
        };
        if !["oidc-provider", "saml-provider"].contains(&kind) {
            return Self::NotAsked;
        }
        let known = estate.snapshot.provider(account, provider);
        let key = (kind == "oidc-provider").then(|| fold_text(&format!("{name}:aud")));
        match (known.map(|p| &p.kind), key) {
            (None, _) if estate.snapshot.lists_providers(account, kind) => Self::Absent,
            (None, key) => Self::Untold { there: false, key },
            (Some(ProviderKind::Oidc { client_ids: Some(client_ids), .. }), Some(key)) => {
                Self::For { key, client_ids }
            }
            (Some(ProviderKind::Oidc { .. }), key) => Self::Untold { there: true, key },
            (Some(ProviderKind::Saml), _) => Self::NotAsked,
        }
    }
}

/// What a token's request takes for granted of the provider.
pub fn granted(
    estate: &Estate,
    caller: &CallerEntity,
    target: &Target<'_>,
    request: &Request,
) -> Vec<String> {
    let Admission::Untold { there, key } = Admission::of(estate, caller, target) else { return Vec::new() };
    let provider = provider_of(caller).unwrap_or_default();
    let account = target.account.as_deref().unwrap_or_default();
    let mut sentences = Vec::new();
    if !there {
        sentences.push(format!("account {account} has the identity provider `{provider}`"));
    }
    if let Some(key) = key {
        let audience = request.context.get(&key).and_then(|value| value.values().first());
        let audience =
            audience.map_or("the token's audience".to_owned(), |aud| format!("the audience `{aud}`"));
        sentences.push(format!("{audience} is among the client ids of `{provider}`"));
    }
    sentences
}

fn provider_of(caller: &CallerEntity) -> Option<&str> {
    match &caller.caller {
        Caller::Known(principal) => match &principal.kind {
            PrincipalKind::Federated(provider) => Some(provider),
            _ => None,
        },
        _ => None,
    }
}
