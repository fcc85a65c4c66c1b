//! What the attacker writes: policies that let in who goes on with the chain, harmless code, and placeholders for the rest.

use super::bind::Scene;
use super::replay::Chain;
use crate::ask::placeholder;
use gateproof_encodings::primitive::Effect;
use gateproof_model::arn::Arn;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a chain's documents have to say.
pub(super) struct Payload<'c> {
    /// Who makes calls in the chain.
    callers: BTreeSet<&'c str>,
    /// Whom roles let in, by role.
    let_in: BTreeMap<&'c str, BTreeSet<&'c str>>,
}

/// Whether a step's caller is a service.
pub(super) fn is_service(caller: &str) -> bool {
    !caller.starts_with("arn:") && caller.contains('.')
}

impl<'c> Payload<'c> {
    pub fn of(chain: &'c Chain) -> Self {
        let mut callers: BTreeSet<&str> = BTreeSet::new();
        let mut let_in: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for instance in &chain.steps {
            let principal: &Arc<str> = &instance.session.principal;
            callers.insert(principal);
            for step in instance.evidence.steps().filter(|s| s.action.starts_with("sts:AssumeRole")) {
                let who = if is_service(&step.caller) { step.caller.as_str() } else { principal };
                let_in.entry(&step.resource).or_default().insert(who);
            }
        }
        callers.extend(chain.end.steps.iter().map(|step| step.caller.as_str()));
        Self { callers, let_in }
    }

    /// What stands for `$payload` in a parameter.
    pub fn value(&self, api: &str, name: &str, scene: &Scene<'_>) -> Value {
        match (api, name) {
            ("iam:UpdateAssumeRolePolicy", "PolicyDocument") | (_, "AssumeRolePolicyDocument") => {
                text(&self.trust(scene))
            }
            (_, "PolicyDocument") => text(&allow(json!("*"), json!("*"))),
            (_, "Policy" | "policyText" | "ResourcePolicy" | "AttributeValue") => {
                text(&self.of_resource(scene))
            }
            (_, "buildspec" | "buildspecOverride" | "buildSpec") => text(&build()),
            (_, "TemplateBody") => text(&template()),
            (_, "command" | "commands") => json!(PROOF),
            (_, "ZipFile") => json!("fileb://payload.zip"),
            (_, name) => json!(placeholder(name)),
        }
    }

    /// The trust policy of a role that the step is about, for whoever assumes it later.
    fn trust(&self, scene: &Scene<'_>) -> Value {
        let roles = scene.bound.values().filter_map(|object| self.let_in.get(&*object.arn));
        let mut who: BTreeSet<&str> = roles.flatten().copied().collect();
        if who.is_empty() {
            who.insert(&scene.me.arn);
        }
        let (services, principals): (Vec<&str>, Vec<&str>) = who.into_iter().partition(|w| is_service(w));
        let mut principal = serde_json::Map::new();
        if !services.is_empty() {
            principal.insert("Service".to_owned(), json!(services));
        }
        if !principals.is_empty() {
            principal.insert("AWS".to_owned(), json!(principals));
        }
        statement(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}))
    }

    /// The policy of the resource that the step writes, for whoever makes calls in the chain.
    fn of_resource(&self, scene: &Scene<'_>) -> Value {
        let written = scene.primitive.effects.iter().find_map(|effect| match effect {
            Effect::WriteResourcePolicy(e) => scene.values(&e.of).into_iter().next(),
            _ => None,
        });
        let Some(arn) = written else { return allow(json!("*"), json!("*")) };
        let service = Arn::parse(&arn).map(|a| a.service).unwrap_or_default();
        let resource = match service {
            "s3" => json!([&*arn, format!("{arn}/*")]),
            // The policy of a key is about the key alone.
            "kms" => json!("*"),
            _ => json!(&*arn),
        };
        let mut statement_of =
            json!({"Effect": "Allow", "Principal": {"AWS": self.callers}, "Action": format!("{service}:*")});
        // A repository's policy names no resource.
        if let Some(members) = statement_of.as_object_mut().filter(|_| service != "ecr") {
            members.insert("Resource".to_owned(), resource);
        }
        statement(statement_of)
    }
}

/// Shows who the caller is, and does no more.
const PROOF: &str = "aws sts get-caller-identity";

fn statement(one: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [one]})
}

fn allow(action: Value, resource: Value) -> Value {
    statement(json!({"Effect": "Allow", "Action": action, "Resource": resource}))
}

fn build() -> Value {
    json!({"version": 0.2, "phases": {"build": {"commands": [PROOF]}}})
}

fn template() -> Value {
    json!({"Resources": {"Proof": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
}

fn text(document: &Value) -> Value {
    Value::String(document.to_string())
}
