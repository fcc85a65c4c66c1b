//! Grants written as policy documents.
//!
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use super::action_set::ActionSet;
use super::conditions::{Joined, Test, join};
use super::glob::render_glob;
use super::grant::Grant;
use gateproof_model::catalogue::Catalogue;
use gateproof_model::json::Json;
use gateproof_model::pattern::{Piece, Token, Wildcards};
use gateproof_model::policy::{Document, Source};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a line of a document does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEffect {
    /// It allows, by the caller's own policies.
    Allow,
    /// It allows, by a resource's policy.
    Beyond,
    /// It denies.
    Deny,
}

/// One statement of a document.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its `Sid`.
    pub sid: String,
    /// What it does.
    pub effect: RowEffect,
    /// What it allows or denies.
    pub grant: Grant,
}

impl Line {
    /// The resources, as a policy writes them.
    pub fn resources(&self) -> Vec<String> {
        self.grant.resources.globs.iter().map(|g| render_glob(g, Wildcards::Flat, true)).collect()
    }

    /// The conditions, as a policy writes them.
    pub fn conditions(&self) -> Map<String, Value> {
        let mut conditions = Map::new();
        for test in &self.grant.tests {
            let values: Vec<&String> = test.values.iter().collect();
            let value = match values.as_slice() {
                [single] => json!(single),
                several => json!(several),
            };
            let block = conditions.entry(test.operator.clone()).or_insert_with(|| json!({}));
            if let Value::Object(keys) = block {
                keys.insert(test.key.clone(), value);
            }
        }
        conditions
    }

    /// The statement. A Deny has to be right for the actions that are `allowed` only.
    fn statement(&self, allowed: &ActionSet, catalogue: &Catalogue) -> Value {
        let deny = self.effect == RowEffect::Deny;
        let actions = &self.grant.actions;
        let matters = self.grant.matters.as_ref().map_or_else(|| allowed.clone(), |m| m.and(allowed));
        let element =
            if deny { actions.element_among(&matters, catalogue) } else { actions.element(catalogue) };
        let mut statement = Map::new();
        statement.insert("Sid".to_owned(), json!(self.sid));
        statement.insert("Effect".to_owned(), json!(if deny { "Deny" } else { "Allow" }));
        let key = if element.negated { "NotAction" } else { "Action" };
        statement.insert(key.to_owned(), short(element.names));
        let key = if self.grant.resources.negated { "NotResource" } else { "Resource" };
        statement.insert(key.to_owned(), short(self.resources()));
        let conditions = self.conditions();
        if !conditions.is_empty() {
            statement.insert("Condition".to_owned(), Value::Object(conditions));
        }
        Value::Object(statement)
    }
}

fn short(mut texts: Vec<String>) -> Value {
    match (texts.pop(), texts.is_empty()) {
        (Some(single), true) => json!(single),
        (last, _) => {
            texts.extend(last);
            json!(texts)
        }
    }
}

/// Numbers the grants.
pub fn lines(grants: Vec<Grant>, effect: RowEffect) -> Vec<Line> {
    let name = match effect {
        RowEffect::Allow => "Allow",
        RowEffect::Beyond => "Beyond",
        RowEffect::Deny => "Deny",
    };
    grants
        .into_iter()
        .enumerate()
        .map(|(n, grant)| Line { sid: format!("{name}{}", n + 1), effect, grant })
        .collect()
}

/// The document of some lines.
pub fn render_document<'l>(
    lines: impl Iterator<Item = &'l Line>,
    allowed: &ActionSet,
    catalogue: &Catalogue,
) -> Value {
    let statements: Vec<Value> = lines.map(|line| line.statement(allowed, catalogue)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The document read back, as any other policy is; `None` where it can't be.
pub fn read_back(document: &Value, name: &str) -> Option<Arc<Document>> {
    let source = Source { policy: name.into(), file: "(derived)".into(), pointer: "".into() };
    let json = Json::parse(&document.to_string()).ok()?;
    parse_document(&json, DocumentKind::Identity, source).ok().map(|(document, _)| Arc::new(document))
}

/// The grants for resources of one account only: identity policies suffice nowhere else.
///
/// IAM User Guide, "Cross-account policy evaluation logic". The key is in the requests of most actions; those
/// without it are about the caller's own account.
pub fn in_account(grants: Vec<Grant>, account: &str) -> Vec<Grant> {
    let test = Test::new("StringEqualsIfExists", "aws:ResourceAccount", account);
    grants
        .into_iter()
        .filter_map(|mut grant| {
            let named = !grant.resources.negated
                && grant.resources.globs.iter().all(|g| account_of(g).as_deref() == Some(account));
            if named {
                return Some(grant);
            }
            match join(&grant.tests, std::slice::from_ref(&test)) {
                Joined::Tests(tests) | Joined::Weaker(tests) => grant.tests = tests,
                Joined::Never => return None,
            }
            Some(grant)
        })
        .collect()
}

/// The account part of an ARN pattern, where it has no wildcard.
fn account_of(glob: &[Piece]) -> Option<String> {
    let mut parts = glob.split(|p| *p == Piece::Token(Token::Char(':')));
    let part = parts.nth(4)?;
    let text: Option<String> =
        part.iter().map(|p| if let Piece::Token(Token::Char(c)) = p { Some(*c) } else { None }).collect();
    text.filter(|_| parts.next().is_some())
}
