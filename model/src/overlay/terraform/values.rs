//! A planned resource: what it will be, as far as that is known.

use super::references::References;
use crate::json::Json;

/// A resource of a plan.
#[derive(Clone)]
pub(super) struct Planned<'a> {
    pub(super) address: String,
    pub(super) kind: String,
    pub(super) provider: String,
    actions: Vec<String>,
    pub(super) before: Json,
    after: Json,
    references: &'a References<'a>,
}

impl<'a> Planned<'a> {
    /// A managed resource; data sources change nothing.
    pub(super) fn of(json: &Json, references: &'a References<'a>) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        if text("mode").is_some_and(|mode| mode != "managed") {
            return None;
        }
        let (address, change) = (text("address")?, json.get("change")?);
        let actions = change.get("actions").and_then(Json::as_array).unwrap_or_default();
        let part = |key: &str| change.get(key).cloned().unwrap_or(Json::Null);
        let after = merge(&part("after"), &part("after_unknown"), &address);
        Some(Self {
            kind: text("type")?,
            provider: text("provider_name").unwrap_or_default(),
            actions: actions.iter().filter_map(|action| Some(action.as_str()?.to_owned())).collect(),
            before: part("before"),
            after,
            address,
            references,
        })
    }

    fn has(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }

    pub(super) fn is_removed(&self) -> bool {
        self.has("delete") && !self.has("create")
    }

    pub(super) fn is_unchanged(&self) -> bool {
        !(self.has("create") || self.has("update") || self.has("delete"))
    }

    /// Whether something else than before will be there, by its name.
    pub(super) fn renames(&self) -> bool {
        let names =
            ["name", "bucket", "function_name", "role", "user", "group", "policy_arn", "key_id", "arn"];
        self.has("delete") && names.iter().any(|key| self.before.get(key) != self.after.get(key))
    }

    /// An attribute; `None` where it is not set.
    pub(super) fn get(&self, key: &str) -> Option<Json> {
        let value = self.after.get(key).filter(|value| **value != Json::Null)?;
        if value.get(UNKNOWN).is_none() {
            return Some(value.clone()).filter(|value| value.as_str() != Some(""));
        }
        match self.references.target(&self.address, key) {
            Some((address, attribute)) => Some(refer(&address, &attribute)),
            None => Some(value.clone()),
        }
    }

    /// An attribute that AWS fills in where the configuration doesn't set it.
    pub(super) fn get_if_set(&self, key: &str) -> Option<Json> {
        let is_unknown = self.after.get(key).is_some_and(|value| value.get(UNKNOWN).is_some());
        if is_unknown && !self.references.is_set(&self.address, key) { None } else { self.get(key) }
    }

    /// A policy document that stands as text.
    pub(super) fn document(&self, key: &str) -> Option<Json> {
        document(self.get_if_set(key)?)
    }

    /// Just enough of a resource that stays as it is for others to refer to it.
    pub(super) fn known_name(&self) -> Option<(String, Json)> {
        let (kind, key, attribute) = super::forms::name_of(&self.kind)?;
        let name = self.get(attribute)?;
        let mut properties = vec![(key.to_owned(), name)];
        properties.extend(self.get("path").map(|path| ("Path".to_owned(), path)));
        let resource = vec![
            ("Type".to_owned(), Json::String(format!("Local::Unchanged::{kind}"))),
            ("Properties".to_owned(), Json::Object(properties)),
        ];
        Some((self.address.clone(), Json::Object(resource)))
    }
}

/// The function that stands for what is known after apply only.
pub(super) const UNKNOWN: &str = "Fn::Unknown";

/// A document in a text; one that can't be read stays as it is, and is unreadable to whoever reads policies.
pub(super) fn document(value: Json) -> Option<Json> {
    match value {
        Json::String(text) => Some(Json::parse(&text).unwrap_or(Json::String(text))),
        other => Some(other),
    }
}

fn refer(address: &str, attribute: &str) -> Json {
    let text = |text: &str| Json::String(text.to_owned());
    let (function, argument) = match attribute {
        "arn" => ("Fn::GetAtt", Json::Array(vec![text(address), text("Arn")])),
        _ => ("Ref", text(address)),
    };
    Json::Object(vec![(function.to_owned(), argument)])
}

/// What will be, with what is known after apply only marked.
fn merge(after: &Json, unknown: &Json, place: &str) -> Json {
    match (after, unknown) {
        (_, Json::Bool(true)) => Json::Object(vec![(UNKNOWN.to_owned(), Json::String(place.to_owned()))]),
        (Json::Object(members), Json::Object(open)) => {
            let mut merged: Vec<(String, Json)> = members
                .iter()
                .map(|(key, value)| {
                    let open = unknown.get(key).unwrap_or(&Json::Null);
                    (key.clone(), merge(value, open, &format!("{place}.{key}")))
                })
                .collect();
            for (key, open) in open.iter().filter(|(key, _)| after.get(key).is_none()) {
                merged.push((key.clone(), merge(&Json::Null, open, &format!("{place}.{key}"))));
            }
            Json::Object(merged)
        }
        (Json::Array(items), Json::Array(open)) => {
            let each = items.iter().enumerate();
            Json::Array(
                each.map(|(i, item)| merge(item, open.get(i).unwrap_or(&Json::Null), place)).collect(),
            )
        }
        (other, _) => other.clone(),
    }
}
