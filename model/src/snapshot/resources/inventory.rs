//! Resources from listing calls, and tags.

use super::{Origin, Reader, items, walk};
use crate::json::Json;
use crate::snapshot::errors::Verdict;
use crate::snapshot::files::problem;
use crate::snapshot::iam_collect::{METADATA, TAGS, TRANSLATED};
use crate::snapshot::inventory_calls::{
    INVENTORY_CALLS, InventoryCall, SHARED_TAG_MEMBERS, SHARED_TAG_OPERATION, TAG_CALLS,
};
use crate::snapshot::tags::parse_tags;
use std::sync::Arc;

impl Reader<'_> {
    /// Every resource that a listing call names.
    pub(super) fn read_inventory(&mut self) {
        self.read_translated_inventory();
        for call in INVENTORY_CALLS {
            let account = self.account.id.clone();
            let outputs = self.collected.outputs(&account, call.service, call.operation, self.notes);
            let refused = self.collected.errors.of(&account, call.service, call.operation);
            if refused.iter().any(|r| r.verdict == Verdict::Refused) {
                self.blind(
                    action_prefix(call.service),
                    &inventory_name(call),
                    crate::snapshot::errors::ERRORS_FILE,
                );
            }
            for output in outputs {
                let origin = Origin { region: &output.region, file: &output.file };
                let Some(json) = &output.json else {
                    self.blind(action_prefix(call.service), &inventory_name(call), origin.file);
                    continue;
                };
                match items(json, call.list) {
                    Some(items) => {
                        for (at, item) in items {
                            self.read_item(call, origin, &at, item);
                        }
                    }
                    // `aws sqs list-queues` prints nothing but braces where there are none.
                    None if json.as_object().is_some_and(|m| m.iter().all(|(k, _)| k != call.list)) => {}
                    None => {
                        let at = format!("/{}", call.list);
                        self.notes.problem(*problem(origin.file, &at, "something else", "a list"));
                        self.blind(action_prefix(call.service), &inventory_name(call), origin.file);
                    }
                }
            }
        }
    }

    /// Resources and tags of another collector, under their ARNs.
    fn read_translated_inventory(&mut self) {
        let account = self.account.id.clone();
        for output in self.collected.outputs(&account, TRANSLATED, METADATA, self.notes) {
            let Some(arn) = &output.name else { continue };
            let origin = Origin { region: &output.region, file: &output.file };
            self.draft(arn, origin, "").tags = Some(Vec::new());
        }
        for output in self.collected.outputs(&account, TRANSLATED, TAGS, self.notes) {
            let Some(arn) = &output.name else { continue };
            let origin = Origin { region: &output.region, file: &output.file };
            let tags = output.json.as_ref().and_then(|json| self.tags(json, origin, ""));
            self.draft(arn, origin, "").tags = tags;
        }
    }

    fn read_item(&mut self, call: &InventoryCall, origin: Origin<'_>, at: &str, item: &Json) {
        let arn = if call.arn.is_empty() {
            let name =
                if call.name.is_empty() { item.as_str() } else { item.get(call.name).and_then(Json::as_str) };
            name.and_then(|name| self.arn_of(name, call.template, origin.region))
        } else {
            walk(item, call.arn).and_then(Json::as_str).map(str::to_owned)
        };
        let Some(arn) = arn else {
            self.notes.problem(*problem(origin.file, at, item.kind(), "a resource with its name or ARN"));
            self.blind(action_prefix(call.service), &inventory_name(call), origin.file);
            return;
        };
        if call.service == "secretsmanager"
            && let Some(name) = item.get("Name").and_then(Json::as_str)
        {
            let key = (self.account.id.clone(), Arc::from(origin.region), Arc::from(name));
            self.resources.secrets.insert(key, arn.as_str().into());
        }
        let tags = match (call.tags, item.get(call.tags)) {
            ("", _) => None,
            (_, None) => Some(Vec::new()),
            (_, Some(tags)) => self.tags(tags, origin, &format!("{at}/{}", call.tags)),
        };
        let draft = self.draft(&arn, origin, at);
        if tags.is_some() {
            draft.tags = tags;
        }
    }

    fn tags(&mut self, json: &Json, origin: Origin<'_>, at: &str) -> Option<crate::account::Tags> {
        let tags = parse_tags(json);
        if tags.is_none() {
            self.notes.problem(*problem(origin.file, at, json.kind(), "tags with keys and values"));
        }
        tags
    }

    /// Tags from the calls that print those of one resource.
    pub(super) fn read_tags(&mut self) {
        let account = self.account.id.clone();
        for call in TAG_CALLS {
            self.read_tag_operation(call.service, call.operation, &[call.tags], call.template);
        }
        let shared: Vec<String> = self
            .collected
            .index
            .operations(&account)
            .filter(|(service, operation, _)| {
                *operation == SHARED_TAG_OPERATION && *service != "organizations"
            })
            .map(|(service, _, _)| service.to_owned())
            .collect();
        for service in shared {
            self.read_tag_operation(&service, SHARED_TAG_OPERATION, SHARED_TAG_MEMBERS, "{n}");
        }
        for call in TAG_CALLS {
            for refusal in self.collected.errors.of(&account, call.service, call.operation) {
                // `NoSuchTagSet`: the resource is there and has no tags.
                let (Some(name), Verdict::Absent) = (&refusal.name, refusal.verdict) else { continue };
                let region = refusal.region.as_deref().unwrap_or_default();
                if let Some(arn) = self.arn_of(name, call.template, region) {
                    let file = Arc::from(crate::snapshot::errors::ERRORS_FILE);
                    let origin = Origin { region, file: &file };
                    self.draft(&arn, origin, &refusal.pointer).tags.get_or_insert_default();
                }
            }
        }
    }

    fn read_tag_operation(&mut self, service: &str, operation: &str, members: &[&str], template: &str) {
        let account = self.account.id.clone();
        for output in self.collected.outputs(&account, service, operation, self.notes) {
            let (Some(json), Some(name)) = (&output.json, &output.name) else { continue };
            let origin = Origin { region: &output.region, file: &output.file };
            let Some(arn) = self.arn_of(name, template, origin.region) else { continue };
            let found = members.iter().find_map(|m| Some((*m, json.get(m)?)));
            let tags = match found {
                Some((member, tags)) => self.tags(tags, origin, &format!("/{member}")),
                None if json.as_object().is_some() => Some(Vec::new()),
                None => {
                    self.notes.problem(*problem(origin.file, "", json.kind(), "an object"));
                    None
                }
            };
            self.draft(&arn, origin, "").tags = tags;
        }
    }
}

/// The prefix of a service's actions by the CLI's name of it, where they differ.
fn action_prefix(cli: &'static str) -> &'static str {
    match cli {
        "s3api" | "s3control" => "s3",
        "stepfunctions" => "states",
        "efs" => "elasticfilesystem",
        "opensearch" => "es",
        // Its listing tells of resources of any service.
        "resourcegroupstaggingapi" => "",
        other => other,
    }
}

fn inventory_name(call: &InventoryCall) -> String {
    format!("resources of {} ({})", call.service, call.operation)
}
