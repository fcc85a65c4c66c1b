//! Condition keys: their types, and which requests may carry them.

use super::glob;
use super::template::Templates;
use crate::text::{fold_text, folded};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::str::FromStr;

/// The type of a condition key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueType {
    /// Text.
    String,
    /// An ARN; AWS compares it with string operators too.
    Arn,
    /// An integer or a decimal.
    Numeric,
    /// A point in time. `aws:EpochTime` is compared with numeric operators too.
    Date,
    /// `true` or `false`.
    Bool,
    /// An address.
    Ip,
    /// Base64 text.
    Binary,
}

impl FromStr for ValueType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "String" | "S" => Self::String,
            "Arn" | "A" => Self::Arn,
            "Numeric" | "N" => Self::Numeric,
            "Date" | "D" => Self::Date,
            "Bool" | "B" => Self::Bool,
            "Ip" | "I" => Self::Ip,
            "Binary" | "Y" => Self::Binary,
            _ => return Err(()),
        })
    }
}

/// What values a condition key holds.
///
/// IAM User Guide, "AWS global condition context keys" ("Data type", "Value type") and "Single-valued vs.
/// multivalued context keys"; Service Authorization Reference, condition key tables (`ArrayOf…` is multivalued).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyType {
    /// The type of each value.
    pub value: ValueType,
    /// Whether one request can carry several values.
    pub multivalued: bool,
}

/// Why a request of an action may, or cannot, carry a key. CONFORMANCE 3.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// A global key: every request may carry it.
    Global,
    /// The Service Authorization Reference lists it for the action or one of its resource types.
    Listed,
    /// The action's service declares the key, but the reference lists it for no action at all.
    ServiceWide,
    /// A claim of an identity provider (`ISSUER:CLAIM`, `saml:…`): the reference lists few of them.
    IdentityProvider,
    /// The catalogue knows no such key, so it can't tell.
    UnknownKey,
    /// Known, and not listed for this action: its requests never carry it.
    Never,
}

impl Support {
    /// Whether a request may carry the key; what the catalogue can't tell counts as yes.
    pub fn is_possible(self) -> bool {
        self != Self::Never
    }
}

/// A condition key as the catalogue lists it; one that has a variable part is one key here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct KeyId(pub(super) u32);

#[derive(Debug, Clone)]
pub(super) struct Key {
    /// As AWS spells it, the variable part as `${Name}`.
    pub(super) name: Cow<'static, str>,
    pub(super) kind: KeyType,
    pub(super) global: bool,
}

/// All condition keys, found by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    keys: Vec<Key>,
    exact: FxHashMap<Box<str>, KeyId>,
    templates: Templates<KeyId>,
    corrections: Vec<(Box<str>, KeyType)>,
}

impl Keys {
    /// Adds a key, or gives the one of that name another type.
    pub(super) fn add(&mut self, name: Cow<'static, str>, kind: KeyType, global: bool) -> Option<KeyId> {
        let lower = fold_text(&name);
        if let Some(&id) = self.exact.get(lower.as_str()) {
            if let Some(key) = self.keys.get_mut(id.0 as usize) {
                key.kind = kind;
                key.global |= global;
            }
            return Some(id);
        }
        let id = KeyId(u32::try_from(self.keys.len()).ok()?);
        if let Some(glob) = template_glob(&lower) {
            self.templates.add(glob, id);
        }
        self.exact.insert(lower.into(), id);
        self.keys.push(Key { name, kind, global });
        Some(id)
    }

    /// Gives the claims of all identity providers that fit a template a type.
    pub(super) fn correct(&mut self, template: &str, kind: KeyType) {
        let lower = fold_text(template);
        self.corrections.push((template_glob(&lower).unwrap_or(lower).into(), kind));
    }

    pub(super) fn get(&self, id: KeyId) -> Option<&Key> {
        self.keys.get(id.0 as usize)
    }

    /// The key of exactly this name or template text.
    pub(super) fn named(&self, name: &str) -> Option<KeyId> {
        self.exact.get(fold_text(name).as_str()).copied()
    }

    /// The catalogued keys that a request's key is an instance of, the most specific first.
    pub(super) fn resolve(&self, name: &str) -> Vec<KeyId> {
        let lower = folded(name);
        let mut fitting: Vec<(usize, KeyId)> =
            self.templates.fitting(&lower).map(|(glob, id)| (glob.len(), *id)).collect();
        fitting.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        let exact = self.exact.get(&*lower).copied();
        exact
            .into_iter()
            .chain(fitting.into_iter().map(|(_, id)| id).filter(|id| Some(*id) != exact))
            .collect()
    }

    pub(super) fn kind(&self, name: &str) -> Option<KeyType> {
        if is_identity_provider_key(name) {
            let lower = fold_text(name);
            let fits = |(glob, _): &&(Box<str>, KeyType)| glob::matches(glob.as_bytes(), lower.as_bytes());
            if let Some((_, kind)) = self.corrections.iter().find(fits) {
                return Some(*kind);
            }
        }
        // As `resolve` orders them, without building the list: every evaluated condition asks.
        let lower = folded(name);
        let id = self.exact.get(&*lower).copied().or_else(|| {
            let fitting = self.templates.fitting(&lower);
            fitting.min_by_key(|(glob, _)| std::cmp::Reverse(glob.len())).map(|(_, id)| *id)
        })?;
        self.get(id).map(|key| key.kind)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

/// A lower-case name with each `${…}` as `?*`, if it has any.
pub(super) fn template_glob(lower: &str) -> Option<String> {
    let mut glob = String::new();
    let mut rest = lower;
    while let Some((before, variable)) = rest.split_once("${") {
        let (_, after) = variable.split_once('}')?;
        glob.push_str(before);
        glob.push_str("?*");
        rest = after;
    }
    if glob.is_empty() {
        return None;
    }
    glob.push_str(rest);
    Some(glob)
}

/// Whether a key is a claim of an identity provider: `saml:…`, or `ISSUER:CLAIM` with an issuer that is a host
/// name or URL path. No service prefix has a dot or a slash.
///
/// IAM User Guide, "IAM and AWS STS condition context keys", sections "Available keys for AWS OIDC federation" and
/// "Available keys for SAML-based AWS STS federation". CONFORMANCE 3.8.
pub fn is_identity_provider_key(name: &str) -> bool {
    let Some((issuer, _)) = name.split_once(':') else { return false };
    issuer.eq_ignore_ascii_case("saml") || issuer.contains(['.', '/'])
}
