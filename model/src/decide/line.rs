//! A line of `decide`'s input as a request and a policy set.

pub use super::fields::LineError;

use super::Id;
use super::fields::{Fields, list};
use super::grants::parse_grant;
use crate::json::Json;
use crate::policy::{Document, Source};
use crate::policy_parse::{DocumentKind, parse_document};
use crate::policy_set::{BlockPublicAccess, PolicySet};
use crate::problem::Problem;
use crate::request::{Context, ContextValue, Principal, Request};
use std::sync::Arc;

/// A question, read.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its `id`, if it has one.
    pub id: Option<Id>,
    /// The request.
    pub request: Request,
    /// The policies, by layer.
    pub policies: PolicySet,
    /// What was used all the same, but is probably not meant so.
    pub warnings: Vec<Problem>,
}

/// A line that can't be answered.
#[derive(Debug, Clone)]
pub struct RefusedLine {
    /// Its `id`, as far as it could be read.
    pub id: Option<Id>,
    /// What is wrong with it.
    pub error: LineError,
}

/// Reads one line.
///
/// # Errors
/// What is wrong with it.
pub fn parse_line(text: &str) -> Result<Line, Box<RefusedLine>> {
    let json = Json::parse(text)
        .map_err(|e| Box::new(RefusedLine { id: None, error: LineError::Syntax(e.to_string()) }))?;
    let id = json.get("id").cloned();
    let parts = || {
        let fields = Fields::of(&json, String::new(), None)?;
        let request = parse_request(fields.required("request")?)?;
        let mut reader = PolicyReader { warnings: Vec::new() };
        let policies = reader.policy_set(fields.required("policies")?)?;
        Ok((request, policies, reader.warnings))
    };
    match parts() {
        Ok((request, policies, warnings)) => Ok(Line { id, request, policies, warnings }),
        Err(error) => Err(Box::new(RefusedLine { id, error })),
    }
}

fn parse_request(json: &Json) -> Result<Request, LineError> {
    let known = ["principal", "principal_account", "action", "resource", "resource_account", "context"];
    let fields = Fields::of(json, "/request".to_owned(), Some(&known))?;
    let action = fields.text("action")?;
    if action.split_once(':').is_none_or(|(service, name)| service.is_empty() || name.is_empty()) {
        let expected = "`service:Action`";
        return Err(LineError::shape(&fields.at("action"), format!("`{action}`"), expected));
    }
    Ok(Request {
        principal: parse_principal(&fields)?,
        action: action.to_owned(),
        resource: fields.text("resource")?.to_owned(),
        resource_account: fields.optional_text("resource_account")?.map(str::to_owned),
        context: parse_context(&fields)?,
    })
}

fn parse_principal(request: &Fields<'_>) -> Result<Principal, LineError> {
    let place = request.at("principal");
    let fields = Fields::of(request.required("principal")?, place, Some(&["type", "id"]))?;
    let account = request.optional_text("principal_account")?;
    match fields.text("type")? {
        "AWS" => {
            let id = fields.text("id")?;
            let principal = Principal::from_arn(id, account);
            let is_arn = crate::arn::Arn::parse(id).is_some() || crate::arn::is_account_id(id);
            if !is_arn {
                return Err(LineError::shape(&fields.at("id"), format!("`{id}`"), "an ARN"));
            }
            Ok(principal)
        }
        "Service" => Ok(Principal::service(fields.text("id")?)),
        "Federated" => Ok(Principal::federated(fields.text("id")?)),
        "Anonymous" => Ok(Principal::anonymous()),
        other => {
            let expected = "AWS, Service, Federated or Anonymous";
            Err(LineError::shape(&fields.at("type"), format!("`{other}`"), expected))
        }
    }
}

fn parse_context(request: &Fields<'_>) -> Result<Context, LineError> {
    let mut context = Context::default();
    let Some(json) = request.optional("context") else { return Ok(context) };
    let fields = Fields::of(json, request.at("context"), None)?;
    for (key, value) in json.as_object().unwrap_or_default() {
        let at = fields.at(key);
        let value = match value {
            Json::Array(items) => ContextValue::List(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| scalar(item, &format!("{at}/{i}")))
                    .collect::<Result<_, _>>()?,
            ),
            single => ContextValue::Single(scalar(single, &at)?),
        };
        if context.insert(key, value).is_some() {
            return Err(LineError::shape(&at, "a second spelling of the key", "each key once"));
        }
    }
    Ok(context)
}

fn scalar(json: &Json, at: &str) -> Result<String, LineError> {
    match json {
        Json::String(text) | Json::Number(text) => Ok(text.clone()),
        Json::Bool(flag) => Ok(flag.to_string()),
        other => Err(LineError::shape(at, other.kind(), "a string, or a list of strings")),
    }
}

struct PolicyReader {
    warnings: Vec<Problem>,
}

impl PolicyReader {
    fn policy_set(&mut self, json: &Json) -> Result<PolicySet, LineError> {
        use DocumentKind::{Identity, Resource};
        let known = [
            "identity",
            "boundary",
            "session",
            "resource",
            "scps",
            "rcps",
            "endpoint",
            "block_public_access",
            "grants",
        ];
        let fields = Fields::of(json, "/policies".to_owned(), Some(&known))?;
        let resource = match fields.optional("resource") {
            None => None,
            Some(document) => Some(self.document(document, Resource, &fields.at("resource"))?),
        };
        let mut grants = Vec::new();
        for (i, grant) in fields.list("grants")?.unwrap_or_default().iter().enumerate() {
            grants.push(parse_grant(grant, &format!("{}/{i}", fields.at("grants")))?);
        }
        Ok(PolicySet {
            identity: self.layer(&fields, "identity", Identity)?.unwrap_or_default(),
            boundary: self.layer(&fields, "boundary", Identity)?,
            session: self.layer(&fields, "session", Identity)?,
            resource,
            scps: self.levels(&fields, "scps", Identity)?,
            rcps: self.levels(&fields, "rcps", Resource)?,
            endpoint: self.layer(&fields, "endpoint", Resource)?,
            block_public_access: parse_block_public_access(&fields)?,
            grants,
        })
    }

    fn document(&mut self, json: &Json, kind: DocumentKind, at: &str) -> Result<Arc<Document>, LineError> {
        let policy = at.strip_prefix("/policies/").unwrap_or(at);
        let source = Source { policy: policy.into(), file: "stdin".into(), pointer: at.into() };
        let (document, warnings) = parse_document(json, kind, source).map_err(|p| LineError::Policy(*p))?;
        self.warnings.extend(warnings);
        Ok(Arc::new(document))
    }

    fn documents(
        &mut self,
        items: &[Json],
        kind: DocumentKind,
        at: &str,
    ) -> Result<Vec<Arc<Document>>, LineError> {
        items.iter().enumerate().map(|(i, d)| self.document(d, kind, &format!("{at}/{i}"))).collect()
    }

    fn layer(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        kind: DocumentKind,
    ) -> Result<Option<Vec<Arc<Document>>>, LineError> {
        fields.list(name)?.map(|items| self.documents(items, kind, &fields.at(name))).transpose()
    }

    fn levels(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        kind: DocumentKind,
    ) -> Result<Vec<Vec<Arc<Document>>>, LineError> {
        let levels = fields.list(name)?.unwrap_or_default().iter().enumerate();
        levels
            .map(|(i, level)| {
                let at = format!("{}/{i}", fields.at(name));
                self.documents(list(level, &at)?, kind, &at)
            })
            .collect()
    }
}

/// The settings as `aws s3api get-public-access-block` names them.
fn parse_block_public_access(policies: &Fields<'_>) -> Result<BlockPublicAccess, LineError> {
    let Some(json) = policies.optional("block_public_access") else {
        return Ok(BlockPublicAccess::default());
    };
    let known = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    let fields = Fields::of(json, policies.at("block_public_access"), Some(&known))?;
    let setting = |name: &str| match fields.optional(name) {
        None => Ok(false),
        Some(Json::Bool(on)) => Ok(*on),
        Some(other) => Err(LineError::shape(&fields.at(name), other.kind(), "a boolean")),
    };
    Ok(BlockPublicAccess {
        block_public_acls: setting("BlockPublicAcls")?,
        ignore_public_acls: setting("IgnorePublicAcls")?,
        block_public_policy: setting("BlockPublicPolicy")?,
        restrict_public_buckets: setting("RestrictPublicBuckets")?,
    })
}
