//! What closes a control's findings where configuration is at fault: the outputs of AWS's calls as they would be afterwards.

use crate::audit::{Audit, Finding, Judgement};
use crate::check::ControlHolds;
use gateproof_model::arn::Arn;
use gateproof_model::json::Json;
use gateproof_model::overlay::{Change, OutputOf};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What closes the findings of one control.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remedy {
    /// The control's id.
    control: String,
    /// `SERVICE OPERATION`.
    output: String,
    /// The account of the call; that of the subject where not given.
    account: Option<String>,
    /// The argument of the call.
    name: Option<String>,
    /// The list in the output that holds the item.
    list: Option<String>,
    /// The item's member, and its value.
    key: Option<String>,
    is: Option<String>,
    /// Values by JSON pointer.
    #[serde(default)]
    set: BTreeMap<String, Value>,
    /// What is taken away.
    #[serde(default)]
    drop: Vec<String>,
    /// Lists of filters whose patterns are anchored.
    #[serde(default)]
    anchor: Vec<String>,
    /// Triggers whose branches become those that are meant, without pull requests.
    branches: Option<String>,
    /// Rules of EventBridge that take in more kinds of events.
    patterns: Option<Patterns>,
    /// Values of one item of a list in the item.
    each: Option<Each>,
    /// Whether the team has to put in values of its own.
    #[serde(default)]
    placeholder: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    list: String,
    key: String,
    is: String,
    set: BTreeMap<String, Value>,
}

/// The rules of a list that take in events of one source, and the kinds of events that they are to take in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Patterns {
    list: String,
    source: String,
    kinds: Vec<String>,
}

/// None where the file that is part of the program could not be read, which a test rules out.
static REMEDIES: LazyLock<Vec<Remedy>> =
    LazyLock::new(|| serde_saphyr::from_str(include_str!("remedies.yaml")).unwrap_or_default());

/// Outputs of an operation of a service.
pub type Outputs<'a> = dyn Fn((&str, &str)) -> Vec<(OutputOf, Option<String>, Json)> + Sync + 'a;

/// Changes of configuration, each with a line that says it, that are meant to close the findings of a control.
pub(super) fn remedies(holds: &ControlHolds, audit: &Audit, outputs: &Outputs<'_>) -> Vec<(String, Change)> {
    let meant = |finding: &&Finding| {
        finding.verdict == Judgement::Violated
            && holds.subject.as_deref().is_none_or(|glob| crate::ask::glob_matches(glob, &finding.subject))
    };
    let mut changes = Vec::new();
    // Each change starts from what the ones before it left.
    let mut current: BTreeMap<String, Value> = BTreeMap::new();
    for remedy in REMEDIES.iter().filter(|remedy| remedy.control == holds.control.id) {
        for finding in audit.findings.iter().filter(meant) {
            changes.extend(remedy.change(finding, &holds.intent.branches(), outputs, &mut current));
        }
    }
    changes
}

impl Remedy {
    fn change(
        &self,
        finding: &Finding,
        branches: &[String],
        outputs: &Outputs<'_>,
        current: &mut BTreeMap<String, Value>,
    ) -> Option<(String, Change)> {
        let words = Words::of(finding);
        let (service, operation) = self.output.split_once(' ')?;
        let name = self.name.as_deref().map(|name| words.fill(name));
        let account = self.account.as_deref().map_or_else(|| words.account.clone(), |of| words.fill(of));
        let known = outputs((service, operation)).into_iter().filter(|(call, named, _)| {
            (self.account.is_none() || call.account == account)
                && (named.is_none() || self.list.is_some() || *named == name)
        });
        let values = |json: &Json| serde_json::from_str::<Value>(&json.to_string()).ok();
        let read: Vec<_> =
            known.filter_map(|(call, named, json)| Some((call, named, values(&json)?))).collect();
        let (call, place, before, list) = match (&self.list, &self.key, &self.is) {
            (Some(list), Some(key), Some(is)) => {
                let id = words.fill(is);
                let item = |output: &Value| {
                    let items = output.get(list)?.as_array()?;
                    items.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(&id)).cloned()
                };
                let (call, item) =
                    read.iter().find_map(|(call, _, output)| Some((call.clone(), item(output)?)))?;
                (call, id, item, Some((list.clone(), key.clone())))
            }
            _ => {
                let own = read.into_iter().find(|(_, named, _)| *named == name || named.is_none());
                let new = || {
                    let region = "global".to_owned();
                    let (service, operation) = (service.to_owned(), operation.to_owned());
                    (
                        OutputOf { account: account.clone(), region, service, operation },
                        None,
                        Value::Object(Map::new()),
                    )
                };
                let (call, named, output) = own.unwrap_or_else(new);
                (call, named.or(name).unwrap_or_default(), output, None)
            }
        };
        let slot = current.entry(format!("{call:?} {place}")).or_insert(before);
        self.apply(slot, &words, branches)?;
        let json = Json::parse(&slot.to_string()).ok()?;
        let filled = if self.placeholder { " (put in values of your own)" } else { "" };
        let said = format!("{} of {place} is changed{filled}", self.output);
        Some((
            said,
            match list {
                Some((list, key)) => Change::Listed { call, list, key, item: json, describes: true },
                None => Change::Output { call, name: place, json },
            },
        ))
    }

    fn apply(&self, output: &mut Value, words: &Words, branches: &[String]) -> Option<()> {
        for (pointer, value) in &self.set {
            put(output, pointer, words.filled(value))?;
        }
        for pointer in &self.drop {
            let (parent, member) = pointer.rsplit_once('/')?;
            if let Some(members) = output.pointer_mut(parent).and_then(Value::as_object_mut) {
                members.remove(member);
            }
        }
        for pointer in &self.anchor {
            anchor(output.pointer_mut(pointer)?);
        }
        if let Some(pointer) = &self.branches {
            for trigger in output.pointer_mut(pointer)?.as_array_mut()? {
                let git = trigger.get_mut("gitConfiguration")?.as_object_mut()?;
                git.remove("pullRequest");
                git.insert("push".to_owned(), serde_json::json!([{"branches": {"includes": branches}}]));
            }
        }
        if let Some(patterns) = &self.patterns {
            patterns.widen(output.pointer_mut(&patterns.list)?.as_array_mut()?);
        }
        if let Some(each) = &self.each {
            let is = words.fill(&each.is);
            let items = output.pointer_mut(&each.list)?.as_array_mut()?;
            let item =
                items.iter_mut().find(|item| item.get(&each.key).and_then(Value::as_str) == Some(&is))?;
            for (pointer, value) in &each.set {
                put(item, pointer, value.clone())?;
            }
        }
        Some(())
    }
}

impl Patterns {
    fn widen(&self, rules: &mut [Value]) {
        for rule in rules {
            let Some(Value::String(text)) = rule.get_mut("EventPattern") else { continue };
            let Ok(Value::Object(mut pattern)) = serde_json::from_str(text) else { continue };
            if pattern.get("source") == Some(&serde_json::json!([self.source])) {
                pattern.insert("detail-type".to_owned(), serde_json::json!(self.kinds));
                *text = Value::Object(pattern).to_string();
            }
        }
    }
}

/// Sets a value, making the objects on the way.
fn put(output: &mut Value, pointer: &str, value: Value) -> Option<()> {
    let mut place = output;
    for step in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = place.as_object_mut()?.entry(step).or_insert(Value::Null);
    }
    *place = value;
    Some(())
}

/// Makes each pattern of filters one of the whole text.
fn anchor(filters: &mut Value) {
    match filters {
        Value::Array(items) => items.iter_mut().for_each(anchor),
        Value::Object(members) => {
            // An event is a word of a list, not a pattern.
            if members.get("type").and_then(Value::as_str) == Some("EVENT") {
                return;
            }
            if let Some(Value::String(pattern)) = members.get_mut("pattern") {
                let bare = pattern.trim_start_matches('^').trim_end_matches('$').to_owned();
                *pattern = format!("^{bare}$");
            }
        }
        _ => {}
    }
}

/// What stands for the words of a remedy.
struct Words {
    subject: String,
    account: String,
    region: String,
    leaf: String,
    pipeline: String,
    offender: String,
}

impl Words {
    fn of(finding: &Finding) -> Self {
        let subject = finding.subject.split(", ").next().unwrap_or_default().to_owned();
        let arn = Arn::parse(&subject).or_else(|| Arn::parse(&finding.pipeline));
        let account = arn.as_ref().and_then(|arn| arn.account_id()).unwrap_or_default().to_owned();
        let region = arn.map(|arn| arn.region.to_owned()).unwrap_or_default();
        let leaf = subject.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
        let pipeline = finding.pipeline.rsplit(':').next().unwrap_or_default().to_owned();
        Self { account, region, leaf, pipeline, offender: finding.offender().to_owned(), subject }
    }

    fn fill(&self, text: &str) -> String {
        let words = [
            ("{subject}", &self.subject),
            ("{account}", &self.account),
            ("{region}", &self.region),
            ("{leaf}", &self.leaf),
            ("{pipeline}", &self.pipeline),
            ("{offender}", &self.offender),
        ];
        words.into_iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }

    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn remedies_are_of_controls_that_there_are() {
        let remedies: Vec<Remedy> = serde_saphyr::from_str(include_str!("remedies.yaml")).unwrap();
        assert!(remedies.len() >= 12);
        for remedy in &remedies {
            let known = crate::audit::CONTROLS.iter().any(|control| control.id == remedy.control);
            assert!(known && remedy.output.contains(' '), "{}", remedy.control);
        }
    }
}
