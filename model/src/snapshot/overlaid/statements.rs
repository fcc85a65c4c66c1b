//! Taking statements out of documents.

use super::edits::{Edits, is_taken_out};
use super::entities::{Home, kind_of};
use crate::json::Json;
use crate::overlay::{Given, Holder, OverlayError};
use crate::policy_parse::percent_decode;

/// A document's place in the files.
struct Place {
    file: String,
    pointer: String,
}

impl Edits<'_> {
    pub(super) fn remove_statement(&mut self, holder: &Holder, statement: &str) -> Result<(), OverlayError> {
        let (name, place) = self.place_of(holder)?;
        let document = self.at(&place.file, &place.pointer)?;
        if let Some(parsed) = document.as_str().and_then(parse_text) {
            *document = parsed;
        }
        let what = format!("{name}#{statement}");
        let pointer = find_statement(document, statement)
            .ok_or_else(|| OverlayError::missing(&what, "a statement of this Sid, or its pointer"))?;
        if pointer == "/Statement" {
            document.set("Statement", Json::Array(Vec::new()));
            return Ok(());
        }
        self.take_out(&place.file, &format!("{}{pointer}", place.pointer))
    }

    /// A document, after the changes made so far.
    pub(super) fn document(&mut self, holder: &Holder) -> Result<Json, OverlayError> {
        let (_, place) = self.place_of(holder)?;
        let document = self.at(&place.file, &place.pointer)?;
        Ok(document.as_str().and_then(parse_text).unwrap_or_else(|| document.clone()))
    }

    /// Puts a statement into the policy of a resource.
    pub(super) fn put_statement(
        &mut self,
        arn: &str,
        account: &str,
        statement: &Json,
    ) -> Result<(), OverlayError> {
        let mut document = match self.policy_place(arn) {
            Some((file, pointer)) => {
                let told = self.at(&file, &pointer)?.clone();
                told.as_str().and_then(parse_text).unwrap_or(told)
            }
            None => {
                let version = ("Version".to_owned(), Json::String("2012-10-17".to_owned()));
                Json::Object(vec![version, ("Statement".to_owned(), Json::Array(Vec::new()))])
            }
        };
        let mut statements = match document.remove("Statement") {
            Some(Json::Array(items)) => items,
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let sid = statement.get("Sid");
        statements.retain(|old| !is_taken_out(old) && (sid.is_none() || old.get("Sid") != sid));
        statements.push(statement.clone());
        document.set("Statement", Json::Array(statements));
        let given = Given { json: document, file: "".into() };
        self.put_policy_of(arn, account, Some(&given))
    }

    /// What a document is called, and where it stands after the changes made so far.
    fn place_of(&mut self, holder: &Holder) -> Result<(String, Place), OverlayError> {
        match holder {
            Holder::Managed(policy) => {
                let arn = self.arn_of(policy)?;
                let home = self.home(&arn)?;
                Ok((arn.clone(), self.version_in_force(&arn, &home)?))
            }
            Holder::Inline { principal, name } => {
                let arn = self.arn_of(principal)?;
                let home = self.home(&arn)?;
                let list = kind_of(&arn).map(|kind| kind.inline).unwrap_or_default();
                let items = match self.member(&home, list)? {
                    Some(Json::Array(items)) => items,
                    _ => Vec::new(),
                };
                let is_it = |item: &Json| item.get("PolicyName").and_then(Json::as_str) == Some(name);
                let what = format!("{arn}/{name}");
                let at = items.iter().position(is_it);
                let at = at.ok_or_else(|| OverlayError::missing(&what, "an inline policy of that name"))?;
                Ok((what, within(&home, list, "inline-policies", &format!("/{at}/PolicyDocument"))))
            }
            Holder::Trust(role) => {
                let arn = self.arn_of(role)?;
                let home = self.home(&arn)?;
                Ok((arn, within(&home, "AssumeRolePolicyDocument", "trust-policy", "")))
            }
            Holder::Resource(name) => {
                let arn = self.resource_arn(name)?;
                let expected = "a resource whose policy the snapshot tells of";
                let (file, pointer) =
                    self.policy_place(&arn).ok_or_else(|| OverlayError::missing(&arn, expected))?;
                Ok((arn, Place { file, pointer }))
            }
            Holder::NewResource { arn, .. } => self.place_of(&Holder::Resource(arn.clone())),
            Holder::Control(policy) => {
                let (file, pointer) = self.control_place(policy)?;
                Ok((policy.clone(), Place { file, pointer }))
            }
        }
    }

    fn version_in_force(&mut self, arn: &str, home: &Home) -> Result<Place, OverlayError> {
        if let Home::Folder(folder) = home {
            return Ok(Place { file: format!("{folder}/current-policy.json"), pointer: String::new() });
        }
        let id = self.member(home, "DefaultVersionId")?;
        let id = id.as_ref().and_then(Json::as_str).map(str::to_owned);
        let versions = match self.member(home, "PolicyVersionList")? {
            Some(Json::Array(versions)) => versions,
            _ => Vec::new(),
        };
        let in_force = |v: &Json| match &id {
            Some(id) => v.get("VersionId").and_then(Json::as_str) == Some(id),
            None => v.get("IsDefaultVersion").and_then(Json::as_bool) == Some(true),
        };
        let at = versions.iter().position(in_force);
        let at = at.ok_or_else(|| OverlayError::missing(arn, "a policy with a version in force"))?;
        Ok(within(home, "PolicyVersionList", "", &format!("/{at}/Document")))
    }
}

fn within(home: &Home, member: &str, file_name: &str, rest: &str) -> Place {
    match home {
        Home::Element { file, pointer } => {
            Place { file: file.to_string(), pointer: format!("{pointer}/{member}{rest}") }
        }
        Home::Folder(folder) => {
            Place { file: format!("{folder}/{file_name}.json"), pointer: rest.to_owned() }
        }
    }
}

/// A document that stands as text.
pub(super) fn parse_text(text: &str) -> Option<Json> {
    let decoded = if text.trim_start().starts_with('%') { percent_decode(text) } else { None };
    Json::parse(decoded.as_deref().unwrap_or(text)).ok()
}

/// The pointer of the statement with a `Sid`, or that a pointer names.
fn find_statement(document: &Json, statement: &str) -> Option<String> {
    if statement.starts_with('/') {
        let found = document.at(statement).filter(|s| !is_taken_out(s) && s.as_object().is_some());
        return found.filter(|s| s.get("Effect").is_some()).map(|_| statement.to_owned());
    }
    let is_it = |s: &Json| s.get("Sid").and_then(Json::as_str) == Some(statement);
    match document.get("Statement")? {
        Json::Array(items) => items.iter().position(is_it).map(|at| format!("/Statement/{at}")),
        one => is_it(one).then(|| "/Statement".to_owned()),
    }
}
