//! Regions read back from what is printed of them: whether a request is of one, as the reference evaluator says.

use super::describe::{Described, DescribedCondition};
use super::documents::DocumentRegion;
use super::{Comparer, parse_identity_policy};
use gateproof_model::policy::Document;
use gateproof_model::request::Request;
use serde_json::{Map, Value, json};
use std::sync::Arc;

impl Described {
    /// What is said, as identity policies: a request is meant if every one allows it. A policy can't say two things of one key
    /// with one operator, so each condition is a policy of its own. None where it is about principals.
    pub fn as_policies(&self) -> Option<Vec<Arc<Document>>> {
        if !self.principals.is_empty() {
            return None;
        }
        let each = self.conditions.iter().map(Some);
        std::iter::once(None).chain(each).map(|condition| self.as_policy(condition)).collect()
    }

    fn as_policy(&self, condition: Option<&DescribedCondition>) -> Option<Arc<Document>> {
        let action = if self.not_actions { "NotAction" } else { "Action" };
        let resource = if self.not_resources { "NotResource" } else { "Resource" };
        let mut statement = json!({"Effect": "Allow", action: self.actions, resource: self.resources});
        if let (Some(c), Value::Object(members)) = (condition, &mut statement) {
            let test = Map::from_iter([(c.key.clone(), json!(c.values))]);
            let tests = Map::from_iter([(c.operator.clone(), Value::Object(test))]);
            members.insert("Condition".to_owned(), Value::Object(tests));
        }
        let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        parse_identity_policy(&text, "what is printed")
    }
}

/// A region of two identity policies as it is printed.
#[derive(Debug, Clone)]
pub struct PrintedRegion {
    all_of: Vec<Arc<Document>>,
    except: Vec<Vec<Arc<Document>>>,
}

impl PrintedRegion {
    /// The region; none where it is about principals.
    pub fn of(region: &DocumentRegion) -> Option<Self> {
        let all_of: Option<Vec<Vec<_>>> = region.all_of.iter().map(Described::as_policies).collect();
        let except = region.except.iter().map(Described::as_policies).collect::<Option<_>>()?;
        Some(Self { all_of: all_of?.concat(), except })
    }

    /// Whether a request is of the region.
    pub fn holds(&self, request: &Request, comparer: &Comparer) -> bool {
        let allows = |document: &Arc<Document>| comparer.allows(document, request);
        self.all_of.iter().all(allows) && !self.except.iter().any(|part| part.iter().all(allows))
    }
}
