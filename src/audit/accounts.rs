//! What belongs to an account and to no pipeline: it is said of the first pipeline that works there.

use super::answers::Answers;
use super::case::Case;
use crate::ask::AskError;
use crate::pipelines::{MappedPipeline, Untold};
use crate::question::{Requests, Selector};
use gateproof_model::account::{PrincipalEntity, PrincipalEntityKind};
use gateproof_model::assumption::is_of_unreadable;
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
    /// The accounts in which no pipeline before it works, and whether all of their users and roles are told. Of which they aren't is said, and
    /// those that the snapshot doesn't cover are left out: nobody answers for them.
    pub fn own_accounts(&mut self) -> (BTreeSet<Arc<str>>, bool) {
        let mut accounts = self.pipeline.accounts();
        accounts.retain(|account| self.first_in(account) == Some(&self.pipeline.arn));
        let mut told = true;
        for account in accounts.clone() {
            let mut missing = self.principals_untold_in(&account);
            if !self.estate.covers(&account) {
                accounts.remove(&account);
                let command = format!("aws iam get-account-authorization-details (account {account})");
                missing.push(Untold { what: format!("account {account}"), command: Some(command) });
            }
            if !missing.is_empty() {
                told = false;
                let subject = format!("account {account}");
                self.unknown(&subject, "who and what is in the account is not told", missing);
            }
        }
        (accounts, told)
    }

    /// The roles of those accounts that holders of an OpenID Connect token assume, each with its account and the issuers. Where it isn't told
    /// whom a role trusts, that is said; and where there is no such role, that.
    pub fn roles_for_tokens(&mut self) -> Vec<(Arc<str>, &'a PrincipalEntity, BTreeSet<String>)> {
        let (accounts, mut told) = self.own_accounts();
        let is_role =
            |p: &&PrincipalEntity| p.kind == PrincipalEntityKind::Role && accounts.contains(&p.account);
        let mut found = Vec::new();
        for role in self.estate.snapshot.principals().iter().filter(is_role) {
            if let Some(unread) = unread_trust(role) {
                told = false;
                let command =
                    format!("aws iam get-role --role-name {} (account {})", role.name, role.account);
                let missing = vec![Untold { what: unread.to_string(), command: Some(command) }];
                self.unknown(
                    &format!("{}, trust", role.arn),
                    "whom the role trusts could not be read",
                    missing,
                );
            }
            let issuers = issuers_of(role);
            if !issuers.is_empty() {
                found.push((role.account.clone(), role, issuers));
            }
        }
        if found.is_empty() && told {
            let message = "no role in them that no pipeline before is said of trusts an issuer of tokens";
            self.holds("the accounts", message, Vec::new());
        }
        found
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

/// What is taken for granted where a role's trust policy could not be read.
pub(super) fn unread_trust(role: &PrincipalEntity) -> Option<&Arc<str>> {
    let statements = role.trust.iter().flat_map(|trust| &trust.statements);
    statements.filter_map(|statement| statement.assumption.as_ref()).find(|taken| is_of_unreadable(taken))
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
