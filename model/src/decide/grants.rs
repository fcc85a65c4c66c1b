//! Grants of KMS keys, as `aws kms list-grants` prints them.

use super::fields::{Fields, LineError, list, text};
use crate::json::{Json, pointer_push};
use crate::policy_set::Grant;
use std::sync::Arc;

/// Reads one grant; members that don't matter to authorization are passed over.
///
/// # Errors
/// What is wrong, placed by `pointer`.
pub fn parse_grant(json: &Json, pointer: &str) -> Result<Grant, LineError> {
    let fields = Fields::of(json, pointer.to_owned(), None)?;
    let at = fields.at("Operations");
    let operations = list(fields.required("Operations")?, &at)?
        .iter()
        .enumerate()
        .map(|(i, o)| text(o, &format!("{at}/{i}")).map(Arc::from))
        .collect::<Result<_, _>>()?;
    let (mut subset, mut equals) = (Vec::new(), None);
    if let Some(constraints) = fields.optional("Constraints") {
        let known = ["EncryptionContextSubset", "EncryptionContextEquals", "SourceArn"];
        let constraints = Fields::of(constraints, fields.at("Constraints"), Some(&known))?;
        if constraints.optional("SourceArn").is_some() {
            let place = constraints.at("SourceArn");
            return Err(LineError::shape(&place, "a constraint that is not modelled", "no such constraint"));
        }
        subset = pairs(&constraints, "EncryptionContextSubset")?.unwrap_or_default();
        equals = pairs(&constraints, "EncryptionContextEquals")?;
    }
    let id = fields.optional_text("GrantId")?.or(fields.optional_text("Name").unwrap_or_default());
    Ok(Grant {
        grantee: fields.text("GranteePrincipal")?.into(),
        retiring: fields.optional_text("RetiringPrincipal")?.map(Arc::from),
        operations,
        encryption_context_subset: subset,
        encryption_context_equals: equals,
        label: id.map_or_else(|| pointer.to_owned(), |id| format!("{id} at {pointer}")).into(),
    })
}

type Pairs = Vec<(Arc<str>, Arc<str>)>;

fn pairs(fields: &Fields<'_>, name: &str) -> Result<Option<Pairs>, LineError> {
    let Some(json) = fields.optional(name) else { return Ok(None) };
    let at = fields.at(name);
    let Some(members) = json.as_object() else {
        return Err(LineError::shape(&at, json.kind(), "an object"));
    };
    let pairs = members.iter().map(|(key, value)| match value {
        Json::String(value) => Ok((Arc::from(key.as_str()), Arc::from(value.as_str()))),
        other => Err(LineError::shape(&pointer_push(&at, key), other.kind(), "a string")),
    });
    pairs.collect::<Result<_, _>>().map(Some)
}
