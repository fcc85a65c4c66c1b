//! Sessions of member accounts' root users, each good for one task.
//!
//! IAM User Guide, "Perform a privileged task on an AWS Organizations member account"; AWS STS API Reference, AssumeRoot.
//! The managed policy of the task denies all but a few actions: the root user keeps those. CONFORMANCE 1.4.8.

use super::caller::{CallerEntity, single};
use super::estate::Estate;
use gateproof_model::json::Json;
use gateproof_model::pattern::{Pattern, Token};
use gateproof_model::policy::{Document, Effect, Source, Statement};
use gateproof_model::policy_parse::{DocumentKind, parse_document};
use rustc_hash::FxHashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

impl Estate {
    /// A session of a root user for a task; `None` where AWS lists no such task.
    pub(crate) fn root_session(&self, root: &CallerEntity, task: &str) -> Option<CallerEntity> {
        let policy = format!("arn:{}:iam::aws:policy/root-task/{task}", root.partition);
        let mut session = root.within(vec![self.permitted(&policy)?]);
        session.facts.insert("aws:assumedroot".to_owned(), single("true"));
        Some(session)
    }

    /// What a task's policy leaves, as a session policy; read once.
    fn permitted(&self, policy: &str) -> Option<Arc<Document>> {
        static READ: LazyLock<Mutex<FxHashMap<String, Option<Arc<Document>>>>> =
            LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(policy.to_owned())
            .or_insert_with(|| {
                let text = self.catalogue.managed_document(policy)?;
                let source = Source { policy: policy.into(), file: "(catalogue)".into(), pointer: "".into() };
                let json = Json::parse(&text).ok()?;
                let (denying, _) = parse_document(&json, DocumentKind::Identity, source).ok()?;
                Some(Arc::new(allowing(denying)))
            })
            .clone()
    }
}

/// The document with an Allow of what it doesn't deny outright.
fn allowing(mut document: Document) -> Document {
    let denying = document.statements.iter().filter(|s| denies_all_others(s)).cloned();
    let allowed: Vec<Statement> = denying
        .map(|mut statement| {
            statement.effect = Effect::Allow;
            statement.action.negated = false;
            statement
        })
        .collect();
    document.statements.extend(allowed);
    document
}

fn denies_all_others(statement: &Statement) -> bool {
    let is_star = |pattern: Option<Pattern>| pattern.is_some_and(|p| matches!(&*p, [Token::AnyRun]));
    let everything = statement
        .resource
        .as_ref()
        .is_some_and(|r| !r.negated && r.patterns.iter().any(|p| is_star(p.ground())));
    statement.effect == Effect::Deny
        && statement.action.negated
        && everything
        && statement.conditions.is_empty()
        && statement.assumption.is_none()
}
