//! What belongs to an account and to no pipeline: it is said of the first pipeline that works there.

use super::answers::Answers;
use super::case::Case;
use crate::ask::AskError;
use crate::pipelines::MappedPipeline;
use crate::question::{Requests, Selector};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::json::Json;
use gateproof_model::policy::{Document, PrincipalEntry, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Issuers whose tokens belong to what runs in a cluster or to visitors, not to builds elsewhere.
///
/// Amazon EKS User Guide, "IAM roles for service accounts"; Amazon Cognito Developer Guide.
const NOT_OF_BUILDS: [&str; 2] = ["oidc.eks.", "cognito-identity."];

impl MappedPipeline {
    /// The accounts that it is in or deploys to.
    pub(super) fn accounts(&self) -> BTreeSet<Arc<str>> {
        let mut accounts = self.deploys_to();
        accounts.insert(self.account.clone());
        accounts
    }
}

impl<'a> Case<'a> {
    /// The accounts in which no pipeline before it works.
    pub fn own_accounts(&self) -> BTreeSet<Arc<str>> {
        let mut accounts = self.pipeline.accounts();
        accounts.retain(|account| self.first_in(account) == Some(&self.pipeline.arn));
        accounts
    }

    /// The roles of an account that holders of an OpenID Connect token assume, each with the issuers.
    pub fn roles_for_tokens(&self, account: &str) -> Vec<(&'a PrincipalEntity, BTreeSet<String>)> {
        let principals = self.estate.snapshot.principals().iter();
        let roles = principals.filter(|p| *p.account == *account && p.kind == PrincipalEntityKind::Role);
        let with_issuers = roles.map(|role| (role, issuers_of(role)));
        with_issuers.filter(|(_, issuers)| !issuers.is_empty()).collect()
    }

    /// Whether holders of a token of an issuer may assume a role, under conditions of the claims.
    pub fn token_assumes(
        &self,
        issuer: &str,
        role: &str,
        when: &[(&str, crate::question::constraint::Demand)],
    ) -> Result<Answers, AskError> {
        let actions = vec!["sts:AssumeRoleWithWebIdentity".to_owned()];
        let when: Vec<_> = when
            .iter()
            .map(|(claim, demand)| crate::question::Constraint {
                key: format!("{issuer}:{claim}"),
                demand: demand.clone(),
            })
            .collect();
        let words: Vec<String> = when.iter().map(ToString::to_string).collect();
        let question = format!("{} on {role} when {}", actions.join(", "), words.join(" and "));
        let requests = Requests { actions, resources: vec![role.to_owned()], when, ..Requests::default() };
        let holder = [Selector::Oidc { issuer: issuer.to_owned(), claims: Vec::new() }];
        let quantifier = crate::question::Quantifier::Some;
        let found = self.estate.can(&holder, &requests, quantifier, &self.settings.ask)?;
        let each = found.principals.into_iter().map(|(who, answer)| (who, Arc::new(answer))).collect();
        Ok(Answers { question, each })
    }
}

/// The issuers of OpenID Connect whose tokens a role's trust policy names.
fn issuers_of(role: &PrincipalEntity) -> BTreeSet<String> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements);
    let entries = statements.filter_map(|statement| statement.principal.as_ref()).flat_map(|p| &p.entries);
    let issuers = entries.filter_map(|entry| match entry {
        PrincipalEntry::Federated(provider) => {
            provider.split_once(":oidc-provider/").map(|(_, issuer)| issuer)
        }
        _ => None,
    });
    issuers
        .filter(|issuer| !NOT_OF_BUILDS.iter().any(|other| issuer.contains(other)))
        .map(str::to_owned)
        .collect()
}

/// A session policy of some statements, and everything else allowed.
pub(super) fn all_but(name: &str, denied: Vec<Value>) -> Option<Arc<Document>> {
    let mut statements = vec![json!({"Effect": "Allow", "Action": "*", "Resource": "*"})];
    statements.extend(denied);
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let source = Source { policy: name.into(), file: "".into(), pointer: "".into() };
    let json = Json::parse(&text).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}
