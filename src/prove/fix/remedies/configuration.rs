//! Outputs of AWS's calls as they would be after a change of configuration.

use super::Outputs as Printed;
use crate::audit::Finding;
use crate::audit::remedy::{Configuration, Patterns, place_values, take_away};
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, OutputOf};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What calls printed, and what earlier changes made of it.
pub(super) struct Outputs<'a> {
    printed: &'a Printed<'a>,
    changed: BTreeMap<String, Value>,
}

/// Something that a call prints.
struct Found {
    call: OutputOf,
    /// The argument of the call, or the item's id.
    place: String,
    value: Value,
    /// The list, and the member that tells its items apart.
    list: Option<(String, String)>,
}

impl<'a> Outputs<'a> {
    pub fn new(printed: &'a Printed<'a>) -> Self {
        Self { printed, changed: BTreeMap::new() }
    }

    /// The change, with a line that says it; `None` where what is to be changed isn't there.
    pub fn change(&mut self, to: &Configuration, finding: &Finding) -> Option<(String, Change)> {
        let Found { call, place, value, list } = self.find(to, finding)?;
        let slot = self.changed.entry(format!("{call:?} {place}")).or_insert(value);
        apply(to, slot)?;
        let json = Json::parse(&slot.to_string()).ok()?;
        let said = format!("{} of {place} is changed", to.output);
        Some((
            said,
            match list {
                Some((list, key)) => Change::Listed { call, list, key, item: json, describes: true },
                None => Change::Output { call, name: place, json },
            },
        ))
    }

    fn find(&self, to: &Configuration, finding: &Finding) -> Option<Found> {
        let (service, operation) = to.output.split_once(' ')?;
        let subject = finding.subject.split(", ").next().unwrap_or_default();
        let arn = Arn::parse(subject).or_else(|| Arn::parse(&finding.pipeline));
        let own = arn.as_ref().and_then(|arn| arn.account_id()).unwrap_or_default();
        let account = to.account.as_deref().unwrap_or(own);
        let known = (self.printed)((service, operation)).into_iter().filter(|(call, named, _)| {
            (to.account.is_none() || call.account == account)
                && (named.is_none() || to.list.is_some() || *named == to.name)
        });
        let values = |json: &Json| serde_json::from_str::<Value>(&json.to_string()).ok();
        let read: Vec<(OutputOf, Option<String>, Value)> =
            known.filter_map(|(call, named, json)| Some((call, named, values(&json)?))).collect();
        if let (Some(list), Some(key), Some(id)) = (&to.list, &to.key, &to.is) {
            let item = |output: &Value| {
                let items = output.get(list)?.as_array()?;
                items.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(id)).cloned()
            };
            let (call, value) =
                read.iter().find_map(|(call, _, output)| Some((call.clone(), item(output)?)))?;
            return Some(Found { call, place: id.clone(), value, list: Some((list.clone(), key.clone())) });
        }
        let printed = read.into_iter().find(|(_, named, _)| *named == to.name || named.is_none());
        let region = if GLOBAL.contains(&service) {
            "global"
        } else {
            arn.as_ref().map_or("global", |arn| arn.region)
        };
        let new = || OutputOf {
            account: account.to_owned(),
            region: if region.is_empty() { "global".to_owned() } else { region.to_owned() },
            service: service.to_owned(),
            operation: operation.to_owned(),
        };
        let (call, named, value) = printed.unwrap_or_else(|| (new(), None, Value::Object(Map::new())));
        let place = named.or_else(|| to.name.clone()).unwrap_or_default();
        Some(Found { call, place, value, list: None })
    }
}

/// Services whose calls are of no region.
const GLOBAL: [&str; 3] = ["iam", "organizations", "s3control"];

fn apply(to: &Configuration, output: &mut Value) -> Option<()> {
    for (pointer, value) in &to.set {
        if place_values(output, pointer, value) == 0 {
            return None;
        }
    }
    to.drop.iter().for_each(|pointer| take_away(output, pointer));
    if let Some(patterns) = &to.patterns {
        widen(patterns, output.pointer_mut(&patterns.list)?.as_array_mut()?);
    }
    Some(())
}

fn widen(patterns: &Patterns, rules: &mut [Value]) {
    for rule in rules {
        let Some(Value::String(text)) = rule.get_mut("EventPattern") else { continue };
        let Ok(Value::Object(mut pattern)) = serde_json::from_str(text) else { continue };
        if pattern.get("source") == Some(&json!([patterns.source])) {
            pattern.insert("detail-type".to_owned(), json!(patterns.kinds));
            *text = Value::Object(pattern).to_string();
        }
    }
}
