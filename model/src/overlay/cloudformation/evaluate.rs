//! The values of a template: parameters, pseudo parameters, references, intrinsic functions.
//!
//! AWS CloudFormation User Guide, "Intrinsic function reference" and "Pseudo parameters reference".

use super::Exports;
use super::identity::Identity;
use super::physical::Physical;
use crate::json::Json;
use crate::overlay::Stack;
use crate::overlay::unknown::{has_hole, hole, is_open, unknown};
use crate::snapshot::Snapshot;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What values are evaluated in.
pub(super) struct Scope<'a> {
    pub(super) stack: &'a Stack,
    pub(super) base: &'a Snapshot,
    pub(super) exports: &'a Exports,
    pub(super) partition: String,
    /// What the snapshot says the stack's resources are called, by logical id.
    pub(super) physical: BTreeMap<String, Physical>,
    /// The logical ids whose names are being found out, so that a circle ends.
    asked: RefCell<BTreeSet<String>>,
    /// What was found out.
    known: RefCell<BTreeMap<String, Option<Identity>>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(stack: &'a Stack, base: &'a Snapshot, exports: &'a Exports) -> Self {
        let account = base.accounts().iter().find(|a| *a.id == *stack.account);
        let partition = account.map_or("aws", |a| &a.partition).to_owned();
        let physical = super::physical::names(stack, base);
        let (asked, known) = (RefCell::default(), RefCell::default());
        Self { stack, base, exports, partition, physical, asked, known }
    }

    /// The resources by logical id.
    pub(super) fn resources(&self) -> &'a [(String, Json)] {
        self.stack.template.get("Resources").and_then(Json::as_object).unwrap_or_default()
    }

    /// What the template says of a resource.
    pub(super) fn template_of(&self, logical: &str) -> Option<&'a Json> {
        self.resources().iter().find(|(id, _)| id == logical).map(|(_, json)| json)
    }

    /// What the stack exports.
    pub(super) fn exported(&self) -> Exports {
        let outputs = self.stack.template.get("Outputs").and_then(Json::as_object).unwrap_or_default();
        let exported = outputs.iter().filter_map(|(_, output)| {
            let name = self.value(output.get("Export")?.get("Name")?)?;
            let name = name.as_str().filter(|name| !has_hole(name))?.to_owned();
            Some((name, self.value(output.get("Value")?)?))
        });
        exported.collect()
    }

    /// The value; `None` where it is `AWS::NoValue`.
    pub(super) fn value(&self, json: &Json) -> Option<Json> {
        match json {
            Json::String(text) => Some(Json::String(without_dynamic(text))),
            Json::Array(items) => {
                Some(Json::Array(items.iter().filter_map(|item| self.value(item)).collect()))
            }
            Json::Object(members) => match members.as_slice() {
                [(function, argument)] if function == "Ref" || function.starts_with("Fn::") => {
                    self.call(function, argument)
                }
                _ if members.iter().any(|(key, _)| key.starts_with("Fn::")) => {
                    Some(unknown("a loop of the template"))
                }
                members => {
                    let known =
                        members.iter().filter_map(|(key, value)| Some((key.clone(), self.value(value)?)));
                    Some(Json::Object(known.collect()))
                }
            },
            other => Some(other.clone()),
        }
    }

    fn call(&self, function: &str, argument: &Json) -> Option<Json> {
        let parts = argument.as_array().unwrap_or_default();
        Some(match (function, parts) {
            ("Ref", _) => return self.reference(argument.as_str().unwrap_or_default()),
            ("Fn::GetAtt", [logical, attribute]) => {
                let attribute = self.value(attribute).map(|a| as_text(&a)).unwrap_or_default();
                self.attribute(logical.as_str().unwrap_or_default(), &attribute)
            }
            ("Fn::GetAtt", _) => match argument.as_str().and_then(|text| text.split_once('.')) {
                Some((logical, attribute)) => self.attribute(logical, attribute),
                None => unknown("an attribute"),
            },
            ("Fn::Sub", [Json::String(text), Json::Object(own)]) => self.substitute(text, own),
            ("Fn::Sub", _) => match argument.as_str() {
                Some(text) => self.substitute(text, &[]),
                None => unknown("Fn::Sub"),
            },
            ("Fn::Join", [Json::String(delimiter), list]) => self.join(delimiter, list),
            ("Fn::Split", [Json::String(delimiter), text]) => match self.value(text)? {
                Json::String(text) if !has_hole(&text) && !delimiter.is_empty() => Json::Array(
                    text.split(delimiter.as_str()).map(|part| Json::String(part.to_owned())).collect(),
                ),
                other => as_unknown(&other, "Fn::Split"),
            },
            ("Fn::Select", [at, list]) => {
                let at = self.value(at).and_then(|at| as_text(&at).parse::<usize>().ok());
                match self.value(list)? {
                    Json::Array(items) => match at.and_then(|at| items.into_iter().nth(at)) {
                        Some(item) => item,
                        None => unknown("Fn::Select"),
                    },
                    other => as_unknown(&other, "Fn::Select"),
                }
            }
            ("Fn::If", [name, yes, no]) => {
                let name = name.as_str().unwrap_or_default();
                match self.condition(name) {
                    Some(true) => return self.value(yes),
                    Some(false) => return self.value(no),
                    None => {
                        let (yes, no) = (self.value(yes), self.value(no));
                        if yes == no {
                            return yes;
                        }
                        unknown(&format!("condition {name}"))
                    }
                }
            }
            ("Fn::FindInMap", [map, first, second, ..]) => {
                let text = |json: &Json| self.value(json).map(|v| as_text(&v)).unwrap_or_default();
                let (map, first, second) = (text(map), text(first), text(second));
                let found =
                    self.stack.template.get("Mappings").and_then(|m| m.get(&map)?.get(&first)?.get(&second));
                found.cloned().unwrap_or_else(|| unknown(&format!("mapping {map}")))
            }
            ("Fn::ImportValue", _) => {
                let name = self.value(argument).map(|v| as_text(&v)).unwrap_or_default();
                self.exports.get(&name).cloned().unwrap_or_else(|| unknown(&format!("export {name}")))
            }
            ("Fn::Unknown", _) => unknown(argument.as_str().unwrap_or_default()),
            (function, _) => unknown(function),
        })
    }

    fn join(&self, delimiter: &str, list: &Json) -> Json {
        match self.value(list) {
            Some(Json::Array(items)) => {
                let texts: Vec<String> = items.iter().map(as_text).collect();
                bounded(texts.join(delimiter))
            }
            Some(other) => as_unknown(&other, "Fn::Join"),
            None => unknown("Fn::Join"),
        }
    }

    fn substitute(&self, text: &str, own: &[(String, Json)]) -> Json {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            whole.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                whole.push_str("${");
                rest = after;
                break;
            };
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                whole.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let own = own.iter().find(|(key, _)| key == name).map(|(_, value)| self.value(value));
            let value = own.unwrap_or_else(|| match name.split_once('.') {
                Some((logical, attribute)) => Some(self.attribute(logical, attribute)),
                None => self.reference(name),
            });
            whole.push_str(&value.map(|v| as_text(&v)).unwrap_or_default());
        }
        whole.push_str(rest);
        bounded(without_dynamic(&whole))
    }

    fn reference(&self, name: &str) -> Option<Json> {
        let Stack { account, region, name: stack, .. } = self.stack;
        let suffix = if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        Some(match name {
            "AWS::NoValue" => return None,
            "AWS::AccountId" => Json::String(account.clone()),
            "AWS::Region" => Json::String(region.clone()),
            "AWS::Partition" => Json::String(self.partition.clone()),
            "AWS::StackName" => Json::String(stack.clone()),
            "AWS::URLSuffix" => Json::String(suffix.to_owned()),
            _ if name.starts_with("AWS::") => unknown(name),
            _ => match self.parameter(name) {
                Some(value) => value,
                None => self.identity(name).map_or_else(|| unknown(name), |identity| identity.reference),
            },
        })
    }

    /// The value of a parameter; `None` where there is none of the name.
    fn parameter(&self, name: &str) -> Option<Json> {
        let declared = self.stack.template.get("Parameters")?.get(name)?;
        let kind = declared.get("Type").and_then(Json::as_str).unwrap_or_default();
        let given = self.stack.parameters.get(name).map(|text| Json::String(text.clone()));
        let by_default = declared.get("Default").cloned();
        let is_secret = declared.get("NoEcho").is_some_and(|flag| as_text(flag) == "true");
        if kind.starts_with("AWS::SSM::Parameter") || is_secret {
            return Some(unknown(&format!("parameter {name}")));
        }
        let Some(value) = given.or(by_default) else { return Some(unknown(&format!("parameter {name}"))) };
        let is_list = kind.starts_with("List<") || kind == "CommaDelimitedList";
        Some(match is_list {
            true => {
                let text = as_text(&value);
                Json::Array(text.split(',').map(|part| Json::String(part.trim().to_owned())).collect())
            }
            false => Json::String(as_text(&value)),
        })
    }

    fn attribute(&self, logical: &str, attribute: &str) -> Json {
        let known = self.identity(logical).and_then(|identity| identity.attribute(attribute));
        known.unwrap_or_else(|| unknown(&format!("{logical}.{attribute}")))
    }

    /// What a resource is called; `None` where it has no name that is known before deployment.
    pub(super) fn identity(&self, logical: &str) -> Option<Identity> {
        if let Some(known) = self.known.borrow().get(logical) {
            return known.clone();
        }
        if !self.asked.borrow_mut().insert(logical.to_owned()) {
            return None;
        }
        let found = self.template_of(logical).and_then(|json| self.identify(logical, json));
        self.asked.borrow_mut().remove(logical);
        self.known.borrow_mut().insert(logical.to_owned(), found.clone());
        found
    }
}

/// Texts that grow longer are none of AWS's.
const LONGEST: usize = 100_000;

fn bounded(text: String) -> Json {
    if text.len() > LONGEST { unknown("a text that is too long") } else { Json::String(text) }
}

/// A scalar as text; of anything else nothing is known.
pub(super) fn as_text(json: &Json) -> String {
    match json {
        Json::String(text) | Json::Number(text) => text.clone(),
        Json::Bool(flag) => flag.to_string(),
        Json::Null => String::new(),
        Json::Array(_) | Json::Object(_) => hole("a list"),
    }
}

fn as_unknown(json: &Json, what: &str) -> Json {
    if is_open(json) { json.clone() } else { unknown(what) }
}

/// Dynamic references are looked up when a stack is deployed (CloudFormation User Guide, "Dynamic references").
fn without_dynamic(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{resolve:") {
        whole.push_str(before);
        let (what, after) = after.split_once("}}").unwrap_or((after, ""));
        whole.push_str(&hole(&format!("{} reference", what.split(':').next().unwrap_or_default())));
        rest = after;
    }
    whole.push_str(rest);
    whole
}
