//! Callers whom the snapshot doesn't hold: services, holders of tokens, principals of other accounts, and
//! nobody in particular. Who of them is worth asking about, policies tell by naming them.

use super::caller::CallerEntity;
use super::estate::Estate;
use gateproof_model::account::ProviderKind;
use gateproof_model::arn::{Arn, is_account_id};
use gateproof_model::operator::Comparison;
use gateproof_model::pattern::{PatternText, PieceRef, Token};
use gateproof_model::policy::{Condition, Document, Operand, PrincipalEntry};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys whose values are accounts or hold them.
const KEYS_OF_ACCOUNTS: [&str; 3] = ["aws:principalaccount", "aws:principalarn", "kms:calleraccount"];

impl Estate {
    /// Some principal of an account that the snapshot doesn't cover.
    pub(crate) fn outsider(&self, account: &str) -> CallerEntity {
        CallerEntity::outsider(account, self.partition(), self.snapshot.organization())
    }

    /// Everyone whom the snapshot doesn't hold: unsigned callers, and principals of an account that nothing
    /// names, of each account that a policy or grant names or describes, and of the organization's others.
    pub(crate) fn outsiders(&self) -> Vec<CallerEntity> {
        let mut accounts: BTreeSet<String> = BTreeSet::new();
        for entry in self.named_principals() {
            match entry {
                PrincipalEntry::Account(id) => accounts.extend([id.to_string()]),
                PrincipalEntry::Arn(arn) => accounts.extend(account_in(arn)),
                _ => {}
            }
        }
        for grant in self.snapshot.resources().iter().flat_map(|r| &r.grants) {
            for name in std::iter::once(&grant.grantee).chain(&grant.retiring) {
                accounts.extend(account_in(name));
            }
        }
        for condition in self.conditions().filter(|c| KEYS_OF_ACCOUNTS.contains(&&*c.key)) {
            let texts = condition.operands.iter().filter_map(|o| match o {
                Operand::Text(pattern) => Some(pattern),
                _ => None,
            });
            accounts.extend(texts.filter_map(described_account));
        }
        if self.someone_is_everyone() {
            let members = self.snapshot.organization().members.keys();
            accounts.extend(members.map(ToString::to_string));
        }
        accounts.retain(|account| !self.covers(account));
        accounts.extend(self.fresh_account(&accounts));
        let mut found = vec![CallerEntity::anonymous(self.partition())];
        found.extend(accounts.iter().map(|a| self.outsider(a)));
        found
    }

    /// An account that nothing names.
    fn fresh_account(&self, named: &BTreeSet<String>) -> Option<String> {
        let organization = self.snapshot.organization();
        let known = |id: &str| self.covers(id) || named.contains(id) || organization.members.contains_key(id);
        (0..=99u64).map(|n| (999_999_999_999 - n).to_string()).find(|id| !known(id))
    }

    /// The service principals that policies and grants name.
    pub(crate) fn services(&self) -> Vec<CallerEntity> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for entry in self.named_principals() {
            if let PrincipalEntry::Service(name) = entry {
                names.insert(name.to_string());
            }
        }
        for grant in self.snapshot.resources().iter().flat_map(|r| &r.grants) {
            let service = |name: &&Arc<str>| Arn::parse(name).is_none() && !is_account_id(name);
            names.extend(Some(&grant.grantee).filter(service).map(ToString::to_string));
        }
        for condition in self.conditions().filter(|c| &*c.key == "aws:principalservicename") {
            names.extend(condition.operands.iter().filter_map(|o| match o {
                Operand::Text(pattern) if pattern.ground().is_some() => Some(fill(pattern)),
                _ => None,
            }));
        }
        names.iter().map(|name| CallerEntity::service(name, self.partition())).collect()
    }

    /// The holders of tokens of the providers that trust policies name, with any claims.
    pub(crate) fn federated(&self) -> Vec<CallerEntity> {
        let names: BTreeSet<&Arc<str>> = self
            .named_principals()
            .filter_map(|e| if let PrincipalEntry::Federated(name) = e { Some(name) } else { None })
            .collect();
        let issuer =
            |name: &str| name.split_once(":oidc-provider/").map_or(name.to_owned(), |(_, i)| i.to_owned());
        names.iter().map(|n| CallerEntity::token(n, &issuer(n), &[], self.partition())).collect()
    }

    /// The holder of a token, one a account that knows the issuer as a provider.
    pub(crate) fn token_holders(&self, issuer: &str, claims: &[(String, String)]) -> Vec<CallerEntity> {
        let suffix = format!(":oidc-provider/{issuer}");
        let oidc = self.snapshot.providers().iter().filter(|p| matches!(p.kind, ProviderKind::Oidc { .. }));
        let mut providers: BTreeSet<&str> =
            oidc.map(|p| &*p.arn).filter(|arn| arn.ends_with(&suffix)).collect();
        for entry in self.named_principals() {
            if let PrincipalEntry::Federated(name) = entry
                && (name.ends_with(&suffix) || **name == *issuer)
            {
                providers.insert(name);
            }
        }
        providers.into_iter().map(|p| CallerEntity::token(p, issuer, claims, self.partition())).collect()
    }

    /// The policies of resources and roles, which name who may use them.
    fn named_policies(&self) -> impl Iterator<Item = &Document> {
        let resources = self.snapshot.resources().iter().filter_map(|r| r.policy.as_deref());
        resources.chain(self.snapshot.principals().iter().filter_map(|p| p.trust.as_deref()))
    }

    fn named_principals(&self) -> impl Iterator<Item = &PrincipalEntry> {
        let statements = self.named_policies().flat_map(|d| &d.statements);
        statements.filter_map(|s| s.principal.as_ref()).flat_map(|clause| &clause.entries)
    }

    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let text = |c: &&Condition| {
            matches!(
                c.operator.comparison,
                Comparison::StringEquals { .. } | Comparison::StringLike | Comparison::Arn
            )
        };
        let guardrails = self.snapshot.organization().members.values().flat_map(|m| &m.rcps).flatten();
        let documents = self.named_policies().chain(guardrails.map(AsRef::as_ref));
        documents.flat_map(|d| &d.statements).flat_map(|s| &s.conditions).filter(text)
    }

    /// Whether some policy may let in callers that it doesn't name.
    fn someone_is_everyone(&self) -> bool {
        let clauses = self.named_policies().flat_map(|d| &d.statements).filter_map(|s| s.principal.as_ref());
        clauses.into_iter().any(|clause| {
            clause.negated || clause.entries.iter().any(|e| matches!(e, PrincipalEntry::Everyone))
        })
    }
}

/// The account of an ARN, or the account itself.
pub(crate) fn account_in(name: &str) -> Option<String> {
    let account =
        Arn::parse(name).and_then(|a| a.account_id()).or_else(|| is_account_id(name).then_some(name));
    account.map(str::to_owned)
}

/// An account that an account pattern, or the account of an ARN pattern, describes: digits stand for what it
/// leaves open.
pub(crate) fn described_account(pattern: &PatternText) -> Option<String> {
    let tokens: Vec<Token> = pattern.ground()?.to_vec();
    let parts: Vec<&[Token]> = tokens.split(|t| *t == Token::Char(':')).collect();
    let account = match parts.as_slice() {
        [whole] => whole,
        [_, _, _, _, account, ..] => account,
        _ => return None,
    };
    let fixed =
        account.iter().filter(|t| matches!(t, Token::Char(_) | Token::AnyOne | Token::AnyOneInSegment));
    let mut missing = 12usize.checked_sub(fixed.count())?;
    let mut id = String::new();
    for token in *account {
        match token {
            Token::Char(c) => id.push(*c),
            Token::AnyOne | Token::AnyOneInSegment => id.push('7'),
            Token::AnyRun | Token::AnyRunInSegment => {
                id.extend(std::iter::repeat_n('7', missing));
                missing = 0;
            }
        }
    }
    is_account_id(&id).then_some(id)
}

/// A pattern with a word for each wildcard.
fn fill(pattern: &PatternText) -> String {
    let word = |piece: PieceRef<'_>| match piece {
        PieceRef::Token(Token::Char(c)) => c.to_string(),
        _ => "example".to_owned(),
    };
    pattern.pieces().map(word).collect()
}
