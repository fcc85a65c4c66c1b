//! What a change means by a name.

use super::edits::Edits;
use crate::arn::Arn;
use crate::overlay::OverlayError;

impl Edits<'_> {
    /// The ARN of a user, role, group or managed policy.
    pub(super) fn arn_of(&self, name: &str) -> Result<String, OverlayError> {
        if name.starts_with("arn:") {
            return Ok(name.to_owned());
        }
        let expected = "an ARN, role/NAME, user/NAME, group/NAME or policy/NAME of the snapshot";
        let (kind, short) = name.split_once('/').ok_or_else(|| OverlayError::missing(name, expected))?;
        let principals = self.base.principals().iter().map(|p| &p.arn);
        let groups = self.base.groups().iter().map(|g| &g.arn);
        let policies = self.base.managed_policies().iter().filter(|p| !p.from_catalogue).map(|p| &p.arn);
        let is_it = |arn: &&std::sync::Arc<str>| {
            let resource = Arn::parse(arn).map(|a| a.resource).unwrap_or_default();
            let of_kind = resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
            of_kind.is_some_and(|rest| rest == short || rest.rsplit('/').next() == Some(short))
        };
        let mut found: Vec<_> = principals.chain(groups).chain(policies).filter(is_it).collect();
        found.sort();
        found.dedup();
        match found.as_slice() {
            [one] => Ok(one.to_string()),
            [] => Err(OverlayError::missing(name, expected)),
            several => Err(OverlayError::Ambiguous {
                what: name.to_owned(),
                found: several.iter().map(|arn| arn.as_ref()).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// The ARN of a resource: a bucket may be named by its name.
    pub(super) fn resource_arn(&self, name: &str) -> Result<String, OverlayError> {
        if name.starts_with("arn:") {
            let alias = Arn::parse(name).filter(|a| a.service == "kms" && a.resource.starts_with("alias/"));
            let key = alias.and_then(|_| self.base.governing_resource(name));
            return Ok(key.map_or_else(|| name.to_owned(), |key| key.arn.to_string()));
        }
        let is_bucket = |arn: &str| Arn::parse(arn).is_some_and(|a| a.service == "s3" && a.resource == name);
        let found = self.base.resources().iter().find(|r| is_bucket(&r.arn));
        let expected = "the ARN of a resource, or the name of a bucket, of the snapshot";
        found.map(|r| r.arn.to_string()).ok_or_else(|| OverlayError::missing(name, expected))
    }
}
