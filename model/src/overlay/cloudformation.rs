//! CloudFormation templates as changes.
//!
//! AWS CloudFormation User Guide, "Template reference". Values that are known only after deployment stay holes
//! ([`super::unknown`]); what a template holds that isn't read is told of, or makes the account a blind spot where it could carry
//! permissions.

mod builds;
mod conditions;
mod evaluate;
mod identity;
mod messages;
mod physical;
mod principals;
mod storage;

use super::{Change, Given, Holder, OutputOf, Stack, Translation};
use crate::assumption::{Assumption, BlindSpot, Touches};
use crate::json::Json;
use crate::overlay::unknown::{is_open, uncertain, unreadable};
use crate::snapshot::Snapshot;
use evaluate::Scope;
use std::collections::BTreeMap;

/// Exported values of stacks by name.
pub type Exports = BTreeMap<String, Json>;

/// The changes that deploying a stack makes to a snapshot. What it exports is added to the exports of other stacks.
pub fn translate(stack: &Stack, base: &Snapshot, exports: &mut Exports) -> Translation {
    let scope = Scope::new(stack, base, exports);
    let mut writer = Writer { scope: &scope, out: Translation::default() };
    writer.transforms();
    let resources = scope.resources();
    for phase in [Phase::Things, Phase::Policies] {
        for (logical, resource) in resources {
            writer.resource(logical, resource, phase);
        }
    }
    writer.left_over();
    let mut out = writer.out;
    out.notes.sort();
    let found = scope.exported();
    exports.extend(found);
    out
}

/// Things first, then the policies that are put on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Things,
    Policies,
}

/// A resource with its properties evaluated.
struct Resource<'a> {
    logical: &'a str,
    kind: &'a str,
    properties: Json,
    /// The condition on which it hangs, where that isn't known.
    maybe: Option<String>,
}

impl Resource<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.properties.get(key).and_then(Json::as_str)
    }

    fn list(&self, key: &str) -> &[Json] {
        self.properties.get(key).and_then(Json::as_array).unwrap_or_default()
    }

    /// The document under a key.
    fn document(&self, key: &str) -> Option<Json> {
        Some(self.as_is(self.properties.get(key)?.clone()))
    }

    /// A document, uncertain where the resource is.
    fn as_is(&self, document: Json) -> Json {
        match &self.maybe {
            Some(what) => uncertain(document, what),
            None => document,
        }
    }
}

/// What is being written of a stack.
struct Writer<'s, 'a> {
    scope: &'s Scope<'a>,
    out: Translation,
}

impl Writer<'_, '_> {
    fn resource(&mut self, logical: &str, json: &Json, phase: Phase) {
        let Some(kind) = json.get("Type").and_then(Json::as_str) else { return };
        let maybe = match json.get("Condition").and_then(Json::as_str) {
            None => None,
            Some(name) => match self.scope.condition(name) {
                Some(true) => None,
                Some(false) => return,
                None => Some(format!("condition {name}")),
            },
        };
        let properties = json.get("Properties").and_then(|p| self.scope.value(p));
        let properties = properties.unwrap_or_else(|| Json::Object(Vec::new()));
        let resource = Resource { logical, kind, properties, maybe };
        let read = self.principal(&resource, phase)
            || self.stored(&resource, phase)
            || self.message(&resource, phase)
            || self.build(&resource, phase);
        if !read && phase == Phase::Things {
            self.unread(&resource);
        }
    }

    /// Macros may make anything of a template.
    fn transforms(&mut self) {
        let Some(transform) = self.scope.stack.template.get("Transform") else { return };
        let names = match transform {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for name in names {
            match name.as_str() {
                Some("AWS::LanguageExtensions") => {}
                Some(name) => self.blind(format!("what the transform {name} makes of the template")),
                None => self.blind("what a transform makes of the template".to_owned()),
            }
        }
    }

    /// What isn't read: told of, and a blind spot where it could carry permissions.
    fn unread(&mut self, resource: &Resource<'_>) {
        const SILENT: [&str; 4] = [
            "AWS::CDK::Metadata",
            "AWS::CloudFormation::WaitConditionHandle",
            "AWS::CloudFormation::WaitCondition",
            "AWS::Logs::LogGroup",
        ];
        let Resource { logical, kind, .. } = resource;
        if SILENT.contains(kind) {
            return;
        }
        if kind.starts_with("Custom::") || *kind == "AWS::CloudFormation::CustomResource" {
            let text =
                format!("the custom resource {logical} ({kind}) changes nothing that permissions hang on");
            return self.assume(text, None);
        }
        let grants = [
            "::Stack",
            "::Module",
            "::Macro",
            "Policy",
            "Permission",
            "AWS::Serverless::",
            "AWS::SSO::",
            "AWS::RAM::",
        ];
        if kind.starts_with("Local::Unchanged::") {
            return;
        }
        let lower = kind.to_lowercase();
        let words =
            ["policy", "permission", "grant", "organizations", "ssoadmin", "aws_cloudformation_stack"];
        let of_plan = kind.starts_with("aws_") && words.iter().any(|word| lower.contains(word));
        if of_plan || holds_policy(&resource.properties) || grants.iter().any(|word| kind.contains(word)) {
            return self.blind(format!("{logical} ({kind}), which may carry permissions and isn't read"));
        }
        self.note(format!("{logical} ({kind}) is not read"));
    }

    /// What the stack holds already that the template no longer has stays: whether it is deleted hangs on its deletion policy. That of
    /// a policy, which may deny, is an assumption.
    fn left_over(&mut self) {
        for (logical, physical) in &self.scope.physical {
            let condition =
                self.scope.template_of(logical).map(|json| json.get("Condition").and_then(Json::as_str));
            let is_there = condition
                .is_some_and(|name| name.is_none_or(|name| self.scope.condition(name) != Some(false)));
            if is_there {
                continue;
            }
            let kind = &physical.kind;
            match kind.contains("Policy") {
                true => self
                    .assume(format!("{logical} ({kind}), which the template no longer has, is kept"), None),
                false => self
                    .note(format!("{logical} ({kind}) is no longer in the template; the snapshot's stays")),
            }
        }
    }

    fn note(&mut self, text: String) {
        let whole = format!("{}: {}: {text}", self.scope.stack.file, self.scope.stack.label);
        if !self.out.notes.contains(&whole) {
            self.out.notes.push(whole);
        }
    }

    /// Something of the account can't be told.
    fn blind(&mut self, what: String) {
        let spot = BlindSpot {
            account: Some(self.scope.stack.account.as_str().into()),
            services: Vec::new(),
            hides_callers: true,
            what: format!("{}: {what}", self.scope.stack.label).into(),
            file: self.scope.stack.file.clone(),
        };
        self.note(format!("not known: {what}"));
        if !self.out.blind_spots.contains(&spot) {
            self.out.blind_spots.push(spot);
        }
    }

    /// Something is taken for granted.
    fn assume(&mut self, text: String, resource: Option<&str>) {
        let Stack { name, label, .. } = self.scope.stack;
        self.note(format!("assumed: {text}"));
        self.out.assumptions.push(Assumption {
            text: format!("{label}: {text}").into(),
            cli_command: format!(
                "aws cloudformation describe-stack-resources --stack-name {name} (after deployment)"
            )
            .into(),
            touches: Touches {
                account: Some(self.scope.stack.account.as_str().into()),
                resource: resource.map(Into::into),
                ..Touches::default()
            },
            hides_callers: false,
        });
    }

    fn change(&mut self, change: Change) {
        self.out.changes.push(change);
    }

    fn given(&self, json: Json) -> Given {
        Given { json, file: self.scope.stack.file.clone() }
    }

    fn put(&mut self, holder: Holder, document: Json) {
        let document = Some(self.given(document));
        self.change(Change::Document { holder, document });
    }

    /// Puts a policy on a resource; on one that isn't known, anything may have got it.
    fn put_policy(&mut self, resource: &Resource<'_>, arn: &str, document: Json) {
        if is_open(&Json::String(arn.to_owned())) {
            return self.blind(format!("whose policy {} ({}) is", resource.logical, resource.kind));
        }
        // Where there is a policy already, it isn't known which of both is in force.
        let known = self.scope.base.resource(arn).is_some_and(|r| r.policy.is_some());
        let document = match &resource.maybe {
            Some(what) if known => super::unknown::unknown(what),
            _ => resource.as_is(document),
        };
        let account = self.scope.stack.account.clone();
        self.put(Holder::NewResource { arn: arn.to_owned(), account }, document);
    }

    fn call(&self, service: &str, operation: &str) -> OutputOf {
        let Stack { account, region, .. } = self.scope.stack;
        let global = ["iam", "s3api"].contains(&service);
        OutputOf {
            account: account.clone(),
            region: if global { "global".to_owned() } else { region.clone() },
            service: service.to_owned(),
            operation: operation.to_owned(),
        }
    }

    fn output(&mut self, (service, operation): (&str, &str), name: &str, json: Json) {
        let call = self.call(service, operation);
        self.change(Change::Output { call, name: name.to_owned(), json: unreadable(json) });
    }

    fn listed(
        &mut self,
        (service, operation): (&str, &str),
        (list, key): (&str, &str),
        item: Json,
        describes: bool,
    ) {
        let call = self.call(service, operation);
        let (list, key) = (list.to_owned(), key.to_owned());
        self.change(Change::Listed { call, list, key, item: unreadable(item), describes });
    }
}

/// Whether a policy document stands anywhere within.
fn holds_policy(json: &Json) -> bool {
    match json {
        Json::Object(members) => {
            json.get("Statement").is_some() || members.iter().any(|(_, value)| holds_policy(value))
        }
        Json::Array(items) => items.iter().any(holds_policy),
        Json::String(text) => text.contains("\"Statement\""),
        _ => false,
    }
}

/// An object of members.
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn string(text: &str) -> Json {
    Json::String(text.to_owned())
}
