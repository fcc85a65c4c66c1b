//! Resource policies from the calls that print them, and from `resource-policies.json`.

use super::{Origin, Reader, Resources, Told, items, pointer, read_policy, unknown_policy, walk};
use crate::account::Place;
use crate::arn::{Arn, is_account_id};
use crate::json::Json;
use crate::policy::{Document, Source, Version};
use crate::snapshot::collected::{Collected, Output};
use crate::snapshot::errors::{ERRORS_FILE, Verdict};
use crate::snapshot::files::problem;
use crate::snapshot::iam_collect::{POLICY, TRANSLATED};
use crate::snapshot::notes::Notes;
use crate::snapshot::policy_calls::{
    GENERIC_ARNS, GENERIC_DOCUMENTS, POLICY_CALLS, PolicyCall, fill, may_print_policy,
};
use std::sync::Arc;

/// The file of policies for which no CLI call is at hand.
pub(in crate::snapshot) const RESOURCE_POLICIES_FILE: &str = "resource-policies.json";

impl Reader<'_> {
    /// The policies of every resource of the account.
    pub(super) fn read_policies(&mut self) {
        let account = self.account.id.clone();
        for call in POLICY_CALLS {
            for output in self.collected.outputs(&account, call.service, call.operation, self.notes) {
                self.read_output(call, &output);
            }
            self.read_refusals(call);
        }
        self.read_log_policies();
        for output in self.collected.outputs(&account, TRANSLATED, POLICY, self.notes) {
            self.read_translated(&output);
        }
        let others: Vec<(String, String)> = self
            .collected
            .index
            .operations(&account)
            .filter(|(service, operation, _)| may_print_policy(service, operation))
            .map(|(service, operation, _)| (service.to_owned(), operation.to_owned()))
            .collect();
        for (service, operation) in others {
            for output in self.collected.outputs(&account, &service, &operation, self.notes) {
                self.read_generic(&output);
            }
        }
    }

    /// A policy that is a whole file, under its resource's ARN.
    fn read_translated(&mut self, output: &Output) {
        let Some(arn) = output.name.as_deref() else { return };
        let origin = Origin { region: &output.region, file: &output.file };
        let document = match &output.json {
            Some(json) => read_policy(arn, json, origin.file, "", self.notes),
            None => unknown_policy(arn, origin.file, ""),
        };
        self.set_policy(arn, document, origin, "");
    }

    fn read_output(&mut self, call: &PolicyCall, output: &Output) {
        let origin = Origin { region: &output.region, file: &output.file };
        let by_name = |this: &Self, name: Option<&str>| match name {
            Some(name) => this.arn_of(name, call.template, origin.region),
            None if !call.template.contains("{n}") => this.arn_of("", call.template, origin.region),
            None => None,
        };
        let what = || format!("resource policies of {} ({})", call.service, call.operation);
        let Some(json) = &output.json else {
            match by_name(self, output.name.as_deref()) {
                Some(arn) => self.set_policy(&arn, unknown_policy(&arn, origin.file, ""), origin, ""),
                None => self.blind(call.action_prefix(), &what(), origin.file),
            }
            return;
        };
        let Some(items) = items(json, call.list) else {
            let at = format!("/{}", call.list);
            self.notes.problem(*problem(origin.file, &at, "no list", "a list"));
            self.blind(call.action_prefix(), &what(), origin.file);
            return;
        };
        for (at, item) in items {
            let stated = walk(item, call.arn);
            if let Some(other) = stated.filter(|s| s.as_str().is_none()) {
                let at = pointer(&at, call.arn);
                self.notes.problem(*problem(origin.file, &at, other.kind(), "an ARN"));
            }
            let stated = stated.and_then(Json::as_str).map(str::to_owned);
            let name = item.get(call.name).and_then(Json::as_str).or(output.name.as_deref());
            let Some(arn) = stated.or_else(|| by_name(self, name)) else {
                let expected = "an ARN or a name that tells whose policy it is";
                self.notes.problem(*problem(origin.file, &at, "neither", expected));
                self.blind(call.action_prefix(), &what(), origin.file);
                continue;
            };
            match walk(item, call.document) {
                None => self.no_policy(call, item, &arn, origin, &at),
                Some(Json::String(text)) if text.is_empty() => self.no_policy(call, item, &arn, origin, &at),
                Some(document) => {
                    let at = pointer(&at, call.document);
                    let document = read_policy(&arn, document, origin.file, &at, self.notes);
                    self.set_policy(&arn, document, origin, &at);
                }
            }
        }
    }

    fn set_policy(&mut self, arn: &str, document: Arc<Document>, origin: Origin<'_>, at: &str) {
        let place = Place { file: origin.file.clone(), pointer: at.into() };
        let draft = self.resources.draft(arn, &self.account.id, origin.region, place);
        draft.set_policy(arn, document, self.notes);
    }

    /// The output has no document: the resource has none, if the whole output was asked for.
    fn no_policy(&mut self, call: &PolicyCall, item: &Json, arn: &str, origin: Origin<'_>, at: &str) {
        let (_, parents) = call.document.split_last().unwrap_or((&"", &[]));
        let parent = if parents.is_empty() { Some(item) } else { walk(item, parents) };
        if parent.is_none_or(|p| p.as_object().is_none()) {
            let at = pointer(at, parents);
            let found = parent.map_or("nothing", Json::kind);
            self.notes.problem(*problem(origin.file, &at, found, "an object"));
            self.set_policy(arn, unknown_policy(arn, origin.file, &at), origin, &at);
            return;
        }
        let complete = call.complete_if.is_empty() || walk(item, call.complete_if).is_some();
        let draft = self.draft(arn, origin, at);
        if complete && matches!(draft.policy, Told::Nothing) {
            draft.policy = Told::Absent;
        }
    }

    fn read_refusals(&mut self, call: &PolicyCall) {
        let file: Arc<str> = ERRORS_FILE.into();
        for refusal in self.collected.errors.of(&self.account.id, call.service, call.operation) {
            let region = refusal.region.as_deref().unwrap_or_default();
            let arn = refusal.name.as_deref().and_then(|name| self.arn_of(name, call.template, region));
            let Some(arn) = arn else {
                if refusal.verdict == Verdict::Refused {
                    let name = refusal.name.as_deref().unwrap_or("any resource");
                    self.blind(
                        call.action_prefix(),
                        &format!("resource policy of {name} in {}", call.service),
                        ERRORS_FILE,
                    );
                }
                continue;
            };
            let draft = self.draft(&arn, Origin { region, file: &file }, &refusal.pointer);
            if !matches!(draft.policy, Told::Nothing) {
                continue;
            }
            draft.policy = match refusal.verdict {
                Verdict::Absent => Told::Absent,
                Verdict::Refused => Told::Document(unknown_policy(&arn, ERRORS_FILE, &refusal.pointer)),
            };
        }
    }

    /// `aws logs describe-resource-policies`: policies of an account's region, which name log groups
    /// in their statements (Amazon CloudWatch Logs API Reference, "PutResourcePolicy").
    fn read_log_policies(&mut self) {
        const LIST: &str = "resourcePolicies";
        let account = self.account.id.clone();
        for output in self.collected.outputs(&account, "logs", "describe-resource-policies", self.notes) {
            let origin = Origin { region: &output.region, file: &output.file };
            let template = "arn:{p}:logs:{r}:{a}:log-group:*";
            let arn = fill(template, &self.account.partition, origin.region, &account, "");
            let Some(items) = output.json.as_ref().and_then(|j| items(j, LIST)) else {
                self.set_policy(&arn, unknown_policy(&arn, origin.file, ""), origin, "");
                continue;
            };
            let source = Source {
                policy: format!("policies of {arn}").into(),
                file: output.file.clone(),
                pointer: "".into(),
            };
            let mut merged = Document { source, version: Version::V2012, statements: Vec::new() };
            for (at, item) in items {
                let at = format!("{at}/policyDocument");
                let Some(json) = item.get("policyDocument") else { continue };
                let document = read_policy(&arn, json, origin.file, &at, self.notes);
                merged.statements.extend(document.statements.iter().cloned().map(|mut statement| {
                    statement.pointer = format!("{at}{}", statement.pointer).into();
                    statement
                }));
            }
            if !merged.statements.is_empty() {
                self.set_policy(&arn, Arc::new(merged), origin, "");
            }
        }
    }

    /// A call that the table doesn't have: a document beside an ARN, or under an ARN as its name.
    fn read_generic(&mut self, output: &Output) {
        let origin = Origin { region: &output.region, file: &output.file };
        let stated = |json: &Json| {
            GENERIC_ARNS
                .iter()
                .find_map(|k| json.get(k)?.as_str().filter(|t| Arn::parse(t).is_some()).map(str::to_owned))
        };
        let named = || output.name.as_deref().filter(|n| Arn::parse(n).is_some()).map(str::to_owned);
        let Some(arn) = output.json.as_ref().and_then(stated).or_else(named) else { return };
        let Some(json) = &output.json else {
            self.set_policy(&arn, unknown_policy(&arn, origin.file, ""), origin, "");
            return;
        };
        for member in GENERIC_DOCUMENTS {
            let Some(value) = json.get(member) else { continue };
            let looks_like_policy = match value {
                Json::String(text) => text.contains("Statement"),
                other => other.get("Statement").is_some(),
            };
            if looks_like_policy {
                let at = format!("/{member}");
                let document = read_policy(&arn, value, origin.file, &at, self.notes);
                self.set_policy(&arn, document, origin, &at);
                return;
            }
        }
    }
}

/// Reads `resource-policies.json`: `[{Resource, Account, Policy}]`.
pub(super) fn read_resource_policies_file(
    collected: &Collected<'_>,
    resources: &mut Resources,
    notes: &mut Notes,
) {
    let file: Arc<str> = RESOURCE_POLICIES_FILE.into();
    if !collected.files.exists(RESOURCE_POLICIES_FILE) {
        return;
    }
    let json = collected.files.read_json(&file).map_err(|one| notes.problem(*one)).ok();
    let Some(json) = json else {
        notes.blind(None, &[], "resource policies", &file);
        return;
    };
    let Some(list) = json.as_array() else {
        notes.problem(*problem(&file, "", json.kind(), "a list"));
        notes.blind(None, &[], "resource policies", &file);
        return;
    };
    for (i, item) in list.iter().enumerate() {
        let at = format!("/{i}");
        let Some(arn) = item.get("Resource").and_then(Json::as_str) else {
            notes.problem(*problem(&file, &at, item.kind(), "an object with Resource, Account and Policy"));
            notes.blind(None, &[], "resource policies", &file);
            continue;
        };
        let stated = item.get("Account").and_then(Json::as_str).filter(|a| is_account_id(a));
        if stated.is_none() {
            let found = item.get("Account").map_or("nothing", Json::kind);
            notes.problem(*problem(&file, &format!("{at}/Account"), found, "an account id"));
        }
        let Some(account) = stated.or_else(|| Arn::parse(arn)?.account_id()) else {
            notes.blind(None, &[], "resource policies", &file);
            continue;
        };
        let place = Place { file: file.clone(), pointer: at.as_str().into() };
        let at = format!("{at}/Policy");
        let document = match item.get("Policy") {
            Some(json) => read_policy(arn, json, &file, &at, notes),
            None => {
                notes.problem(*problem(&file, &at, "nothing", "a policy document"));
                unknown_policy(arn, &file, &at)
            }
        };
        resources.draft(arn, &account.into(), "", place).set_policy(arn, document, notes);
    }
}
