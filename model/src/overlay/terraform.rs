//! Terraform plans as changes.
//!
//! Terraform documentation, "JSON Output Format". A plan's resources are put as those of a CloudFormation template, whose translation
//! they then share: a value that is known after apply becomes `Fn::Unknown`, a reference to another resource of the plan `Ref` or
//! `Fn::GetAtt`.

mod deliveries;
mod forms;
mod references;
mod removed;
mod values;

use super::cloudformation::{Exports, translate};
use super::{Change, Plan, Stack, Translation};
use crate::json::Json;
use crate::snapshot::Snapshot;
use references::References;
use values::Planned;

/// The changes that applying a plan makes to a snapshot.
pub fn translate_plan(plan: &Plan, base: &Snapshot) -> Translation {
    let references = References::of(&plan.json);
    let mut resources: Vec<(String, Json)> = Vec::new();
    let mut removed = Vec::new();
    let mut notes = Vec::new();
    for change in plan.json.get("resource_changes").and_then(Json::as_array).unwrap_or_default() {
        let Some(planned) = Planned::of(change, &references) else { continue };
        if planned.is_removed() {
            removed.push(planned);
            continue;
        }
        if planned.is_unchanged() {
            // Others may refer to it; the snapshot has it as it is.
            resources.extend(planned.known_name());
            continue;
        }
        if planned.renames() {
            removed.push(planned.clone());
        }
        match is_of_aws(&planned.provider) {
            true => resources.extend(forms::resources(&planned)),
            false => notes.push(format!("{}: {} is not read", plan.file, planned.address)),
        }
    }
    let stack = Stack {
        name: "terraform".to_owned(),
        label: "plan".to_owned(),
        account: plan.account.clone(),
        region: plan.region.clone(),
        template: Json::Object(vec![("Resources".to_owned(), Json::Object(resources))]),
        file: plan.file.clone(),
        parameters: std::collections::BTreeMap::new(),
    };
    let mut whole = translate(&stack, base, &mut Exports::new());
    let (gone, more): (Vec<Change>, Vec<String>) = removed::changes(&removed, plan, base);
    whole.changes.splice(0..0, gone);
    whole.notes.extend(more);
    whole.notes.extend(notes);
    whole.notes.sort();
    whole
}

/// Before Terraform 0.13, plans name providers without saying where they come from.
fn is_of_aws(provider: &str) -> bool {
    provider == "aws" || provider.ends_with("/aws")
}
