//! Changes to users, roles, groups and managed policies.
//!
//! IAM User Guide, "Versioning IAM policies": a managed policy keeps five versions, one of which is in force.

use super::Layout;
use super::edits::{Edits, is_taken_out};
use super::entities::{Home, kind_of};
use crate::account::is_aws_managed;
use crate::arn::Arn;
use crate::json::Json;
use crate::overlay::unknown::is_open;
use crate::overlay::{Given, OverlayError};
use crate::policy::Source;
use crate::policy_parse::{DocumentKind, parse_document};

/// So many versions AWS keeps of a managed policy.
const VERSIONS: usize = 5;

const ATTACHED: &str = "AttachedManagedPolicies";
const BOUNDARY: &str = "PermissionsBoundary";

/// The document as it was given, once it was found to be one.
pub(super) fn checked(given: &Given, kind: DocumentKind) -> Result<Json, OverlayError> {
    // What is known only after deployment is judged where it is read.
    if is_open(&given.json) {
        return Ok(given.json.clone());
    }
    let source = Source { policy: "given".into(), file: given.file.clone(), pointer: "".into() };
    parse_document(&given.json, kind, source)?;
    Ok(given.json.clone())
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn string(text: &str) -> Json {
    Json::String(text.to_owned())
}

fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str)
}

impl Edits<'_> {
    pub(super) fn put_managed(&mut self, name: &str, document: Option<&Given>) -> Result<(), OverlayError> {
        let arn = self.arn_of(name)?;
        if is_aws_managed(&arn) {
            return Err(OverlayError::unfit(
                name,
                "found a policy of AWS, expected one that the account can change",
            ));
        }
        let Some(given) = document else { return self.remove(&arn) };
        let document = checked(given, DocumentKind::Identity)?;
        let home = self.home(&arn)?;
        let versions = match self.member(&home, "PolicyVersionList")? {
            Some(Json::Array(versions)) => versions,
            _ => Vec::new(),
        };
        let (id, versions) = add_version(versions, document);
        self.set_member_of(&home, "PolicyVersionList", Json::Array(versions))?;
        self.set_member_of(&home, "DefaultVersionId", string(&id))
    }

    pub(super) fn put_inline(
        &mut self,
        principal: &str,
        policy: &str,
        document: Option<&Given>,
    ) -> Result<(), OverlayError> {
        let arn = self.arn_of(principal)?;
        let list = kind_of(&arn).map(|kind| kind.inline).filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| OverlayError::missing(principal, "a user, role or group"))?;
        let home = self.home(&arn)?;
        let mut items = self.items(&home, list)?;
        let at = items.iter().position(|item| text(item, "PolicyName") == Some(policy));
        match (document, at) {
            (Some(given), _) => {
                let document = checked(given, DocumentKind::Identity)?;
                let item = object([("PolicyName", string(policy)), ("PolicyDocument", document)]);
                match at.and_then(|at| items.get_mut(at)) {
                    Some(place) => *place = item,
                    None => items.push(item),
                }
            }
            (None, Some(at)) => {
                items.remove(at);
            }
            (None, None) => {
                let what = format!("{principal}/{policy}");
                return Err(OverlayError::missing(&what, "an inline policy of that name"));
            }
        }
        self.set_member_of(&home, list, Json::Array(items))
    }

    pub(super) fn put_trust(&mut self, role: &str, document: Option<&Given>) -> Result<(), OverlayError> {
        let arn = self.arn_of(role)?;
        if kind_of(&arn).is_none_or(|kind| kind.prefix != "role") {
            return Err(OverlayError::missing(role, "a role"));
        }
        let Some(given) = document else {
            return Err(OverlayError::unfit(role, "a role can't be without a trust policy"));
        };
        let document = checked(given, DocumentKind::Resource)?;
        let home = self.home(&arn)?;
        self.set_member_of(&home, "AssumeRolePolicyDocument", document)
    }

    pub(super) fn put_boundary(&mut self, principal: &str, policy: Option<&str>) -> Result<(), OverlayError> {
        let arn = self.arn_of(principal)?;
        if kind_of(&arn).is_none_or(|kind| !["role", "user"].contains(&kind.prefix)) {
            return Err(OverlayError::missing(principal, "a user or role"));
        }
        let home = self.home(&arn)?;
        let Some(policy) = policy else {
            if self.member(&home, BOUNDARY)?.is_none() {
                return Err(OverlayError::missing(principal, "a principal with a permissions boundary"));
            }
            return self.remove_member(&home, BOUNDARY);
        };
        let policy = self.attachable(policy)?;
        let value = match &home {
            Home::Folder(_) => string(&policy),
            Home::Element { .. } => object([
                ("PermissionsBoundaryType", string("Policy")),
                ("PermissionsBoundaryArn", string(&policy)),
            ]),
        };
        self.set_member_of(&home, BOUNDARY, value)
    }

    pub(super) fn attach(
        &mut self,
        principal: &str,
        policy: &str,
        attached: bool,
    ) -> Result<(), OverlayError> {
        let arn = self.arn_of(principal)?;
        let home = self.home(&arn)?;
        let policy = if attached { self.attachable(policy)? } else { self.arn_of(policy)? };
        let mut items = self.items(&home, ATTACHED)?;
        let at = items.iter().position(|item| text(item, "PolicyArn") == Some(&policy));
        match (attached, at) {
            (true, Some(_)) => return Ok(()),
            (true, None) => {
                let name = policy.rsplit('/').next().unwrap_or_default();
                items.push(object([("PolicyName", string(name)), ("PolicyArn", string(&policy))]));
            }
            (false, Some(at)) => {
                items.remove(at);
            }
            (false, None) => {
                return Err(OverlayError::missing(&policy, &format!("a policy that is attached to {arn}")));
            }
        }
        self.set_member_of(&home, ATTACHED, Json::Array(items))
    }

    /// The ARN of a managed policy that can be attached: of AWS, or known.
    fn attachable(&mut self, policy: &str) -> Result<String, OverlayError> {
        let arn = self.arn_of(policy)?;
        if !is_aws_managed(&arn) {
            self.home(&arn)?;
        }
        Ok(arn)
    }

    pub(super) fn set_member(&mut self, user: &str, group: &str, member: bool) -> Result<(), OverlayError> {
        let (user, group) = (self.arn_of(user)?, self.arn_of(group)?);
        self.home(&group)?;
        let name = group.rsplit('/').next().unwrap_or_default().to_owned();
        let home = self.home(&user)?;
        let mut items = self.items(&home, "GroupList")?;
        let is_it = |item: &Json| item.as_str().is_some_and(|g| g.rsplit('/').next() == Some(&*name));
        let at = items.iter().position(is_it);
        match (member, at) {
            (true, Some(_)) => return Ok(()),
            (true, None) => items.push(string(&name)),
            (false, Some(at)) => {
                items.remove(at);
            }
            (false, None) => {
                return Err(OverlayError::missing(&group, &format!("a group that {user} is in")));
            }
        }
        self.set_member_of(&home, "GroupList", Json::Array(items))
    }

    /// Adds an entity, or puts it in the place of the one with its ARN.
    pub(super) fn put_entity(&mut self, json: &Json) -> Result<(), OverlayError> {
        let arn = text(json, "Arn").unwrap_or_default().to_owned();
        let kind = kind_of(&arn).ok_or_else(|| OverlayError::missing(&arn, "the ARN of an entity of IAM"))?;
        let account = Arn::parse(&arn).map(|a| a.account).unwrap_or_default();
        if let Ok(home) = self.home(&arn) {
            for (key, value) in json.as_object().unwrap_or_default() {
                self.set_member_of(&home, key, value.clone())?;
            }
            return Ok(());
        }
        if self.layout == Layout::IamCollect {
            let account = self.base.accounts().iter().find(|a| *a.id == *account);
            let account = account.ok_or_else(|| OverlayError::missing(&arn, "an account of the snapshot"))?;
            let name = arn.rsplit('/').next().unwrap_or_default();
            let folder =
                format!("aws/{}/accounts/{}/iam/{}/{name}", account.partition, account.id, kind.prefix);
            self.write(&format!("{folder}/metadata.json"), Json::Object(Vec::new()));
            self.folders.insert(arn, folder.clone());
            let home = Home::Folder(folder);
            for (key, value) in json.as_object().unwrap_or_default() {
                self.set_member_of(&home, key, value.clone())?;
            }
            return Ok(());
        }
        let expected = "an account whose users, roles and policies the snapshot tells of";
        let files = self.principal_files(account);
        let file = files.first().ok_or_else(|| OverlayError::missing(&arn, expected))?;
        let content = self.json(file)?;
        if content.get(kind.list).is_none() {
            content.set(kind.list, Json::Array(Vec::new()));
        }
        match content.get_mut(kind.list) {
            Some(Json::Array(items)) => items.push(json.clone()),
            _ => return Err(OverlayError::missing(&format!("{file}#/{}", kind.list), "a list")),
        }
        Ok(())
    }

    /// The elements of a list of an entity.
    pub(super) fn items(&mut self, home: &Home, key: &str) -> Result<Vec<Json>, OverlayError> {
        match self.member(home, key)? {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items.into_iter().filter(|item| !is_taken_out(item)).collect()),
            Some(other) => Err(OverlayError::unfit(key, format!("found {}, expected a list", other.kind()))),
        }
    }
}

/// A policy's versions with one more, in force, and its id; the oldest that is not in force makes room.
fn add_version(mut versions: Vec<Json>, document: Json) -> (String, Vec<Json>) {
    let number = |v: &Json| text(v, "VersionId").and_then(|id| id.strip_prefix('v')?.parse::<u64>().ok());
    let last = versions.iter().filter_map(number).max().unwrap_or(0);
    let is_default = |v: &Json| v.get("IsDefaultVersion").and_then(Json::as_bool) == Some(true);
    if versions.len() >= VERSIONS {
        let old = (0..versions.len()).filter(|i| versions.get(*i).is_some_and(|v| !is_default(v)));
        let oldest = old.min_by_key(|i| versions.get(*i).and_then(number));
        oldest.map(|at| versions.remove(at));
    }
    for version in &mut versions {
        version.set("IsDefaultVersion", Json::Bool(false));
    }
    let id = format!("v{}", last.saturating_add(1));
    let version =
        [("Document", document), ("VersionId", string(&id)), ("IsDefaultVersion", Json::Bool(true))];
    versions.push(object(version));
    (id, versions)
}
