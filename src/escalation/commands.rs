//! A chain as AWS CLI commands, to try it in a sandbox: the calls of each step's file, with the names of what the step is
//! about and documents of the attacker's own filled in.

use super::bind::{Object, Scene};
use super::fact::Held;
use super::payload::{Payload, is_service};
use super::replay::Chain;
use super::step::Instance;
use crate::ask::{call, command};
use crate::question::Step;
use gateproof_encodings::primitive::{Call, Primitive, Template, TemplatePart};
use gateproof_model::arn::Arn;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The commands, those of each step under a comment that says what it is.
pub(super) fn commands(chain: &Chain, primitives: &[Primitive]) -> Vec<String> {
    let mut lines = Vec::new();
    let payload = Payload::of(chain);
    for instance in &chain.steps {
        let Some(primitive) = primitives.get(instance.primitive) else { continue };
        lines.push(format!("# {}, as {}", primitive.title, instance.session));
        lines.extend(commands_of(instance, primitive, &payload));
    }
    let last = &chain.end.steps;
    let Some(session) = chain.by.session().filter(|_| !last.is_empty()) else { return lines };
    lines.push(format!("# The target, as {session}"));
    match &session.held {
        // There are no credentials to call with: what the service is told to do makes the call.
        Held::Api(_) => lines.extend(last.iter().map(|step| format!("# {}", command(step)))),
        _ => lines.extend(last.iter().map(command)),
    }
    lines
}

fn commands_of(instance: &Instance, primitive: &Primitive, payload: &Payload<'_>) -> Vec<String> {
    let evidence = &instance.evidence;
    let scene = scene(instance, primitive);
    let lower = |action: &str| action.to_ascii_lowercase();
    let needed: BTreeSet<String> = primitive.calls().map(|call| lower(&call.action)).collect();
    let made: BTreeSet<String> = evidence.steps().map(|step| lower(&step.action)).collect();
    // A need may be met in several ways, and the file's calls are those of one.
    let (other, shown): (Vec<&Call>, Vec<&Call>) = primitive
        .witness
        .iter()
        .partition(|call| needed.contains(&lower(&call.api)) && !made.contains(&lower(&call.api)));
    let mut lines: Vec<String> = shown.iter().map(|call| filled(call, &scene, payload)).collect();
    if !other.is_empty() || lines.is_empty() {
        let listed = |step: &Step| shown.iter().any(|call| lower(&call.api) == lower(&step.action));
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let own = evidence.steps().filter(|step| !is_service(&step.caller) && !listed(step));
        let calls = own.filter(|step| is_a_call(step) && told.insert(&step.action));
        lines.extend(calls.map(command));
    }
    lines
}

/// `iam:PassRole` is a permission, and no call.
fn is_a_call(step: &Step) -> bool {
    step.action != "iam:PassRole"
}

fn scene<'p>(instance: &Instance, primitive: &'p Primitive) -> Scene<'p> {
    let principal = &instance.session.principal;
    let parsed = Arn::parse(principal);
    let account = parsed.as_ref().map_or("", |a| a.account);
    let partition = parsed.as_ref().map_or("aws", |a| a.partition);
    let name = principal.rsplit('/').next().unwrap_or_default();
    let bound: BTreeMap<&str, Arc<Object>> = primitive
        .bind
        .keys()
        .filter_map(|variable| {
            let (_, object) = instance.binding.iter().find(|(bound, _)| bound == variable)?;
            Some((variable.as_str(), object.clone()))
        })
        .collect();
    let me = Arc::new(Object::plain(principal, name, &account.into()));
    Scene { primitive, me, partition: partition.into(), bound }
}

fn filled(one: &Call, scene: &Scene<'_>, payload: &Payload<'_>) -> String {
    let (service, operation) = one.api.split_once(':').unwrap_or(("", &one.api));
    let parameters: Map<String, Value> = one
        .params
        .iter()
        .map(|(name, value)| as_file(name, fill(one, name, value, scene, payload)))
        .collect();
    let order = parameters.iter().map(|(name, value)| (name.as_str(), value));
    as_credentials(&one.api, call(service, operation, order))
}

/// What the CLI takes from a file.
fn as_file(name: &str, value: Value) -> (String, Value) {
    match name {
        "UserData" if value.is_string() => (name.to_owned(), Value::from("file://payload.sh")),
        "Code" if value.get("ZipFile").is_some() => {
            ("ZipFile".to_owned(), Value::from("fileb://payload.zip"))
        }
        _ => (name.to_owned(), value),
    }
}

fn fill(one: &Call, name: &str, value: &Value, scene: &Scene<'_>, payload: &Payload<'_>) -> Value {
    match value {
        Value::String(text) if text == "$payload" => payload.value(&one.api, name, scene),
        Value::String(text) => match Template::try_from(text.clone()) {
            Ok(template) if !members_of(&template, scene).is_empty() => members_of(&template, scene).into(),
            Ok(template) => {
                Value::String(scene.globs(&template).into_iter().next().unwrap_or_else(|| text.clone()))
            }
            Err(_) => value.clone(),
        },
        Value::Array(items) => {
            let each = items.iter().map(|item| fill(one, name, item, scene, payload));
            each.flat_map(|item| if let Value::Array(several) = item { several } else { vec![item] })
                .collect()
        }
        Value::Object(members) => {
            let each = members.iter().map(|(name, v)| (name.clone(), fill(one, name, v, scene, payload)));
            Value::Object(each.collect())
        }
        other => other.clone(),
    }
}

/// What an object stands for, where a template is its name.
fn members_of(template: &Template, scene: &Scene<'_>) -> Vec<String> {
    let [TemplatePart::Field(reference)] = template.parts.as_slice() else { return Vec::new() };
    let object = scene.object(&reference.variable).filter(|_| reference.field == "name");
    let members = object.and_then(|o| o.members.as_ref());
    members.into_iter().flat_map(|m| m.iter()).map(ToString::to_string).collect()
}

/// Where a call answers with credentials, the shell goes on with them.
fn as_credentials(api: &str, command: String) -> String {
    let (of, fields, names) = match api {
        "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity" | "sts:AssumeRoleWithSAML" => (
            "Credentials",
            "AccessKeyId,SecretAccessKey,SessionToken",
            "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s",
        ),
        "iam:CreateAccessKey" => (
            "AccessKey",
            "AccessKeyId,SecretAccessKey",
            "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=",
        ),
        _ => return command,
    };
    format!("export $(printf '{names}' $({command} --query '{of}.[{fields}]' --output text))")
}
