//! CP-MAP-1: nothing of the pipeline is in the dark.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::{MappedAction, Store};
use gateproof_model::arn::Arn;
use gateproof_model::configuration::Told;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-MAP-1",
    title: "the pipeline's role, its actions' roles, its buckets, keys and targets are all known",
    reason: "what isn't on the map is looked at by no control",
    severity: Severity::Low,
    reads: &["codepipeline get-pipeline", "what CP-ROLE-1 reads", "s3api list-buckets", "kms describe-key"],
    decides: "each role is in the snapshot; it is told with which role each action's work is done, and by what; each artifact bucket is in the list of its account, each key is described",
    remedy: "collect what is missing (`gateproof map --print-commands`)",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let mut complete = !case.untold_roles(|_| true);
    let mut roles: BTreeSet<Arc<str>> = case.pipeline.roles_of(|_| true);
    roles.insert(case.pipeline.role.as_str().into());
    roles.extend(case.pipeline.actions().into_iter().map(|(_, action)| Arc::from(action.role.as_str())));
    for role in roles {
        complete &= !case.is_untold(&role);
    }
    for store in &case.pipeline.stores {
        complete &= is_known(case, store);
    }
    if complete {
        let evidence = vec![Evidence::Fields(fields_of(case))];
        case.holds("the pipeline", "all that it is made of is known", evidence);
    }
    Ok(())
}

/// Whether bucket and key of a store are known; what isn't is said.
fn is_known(case: &mut Case<'_>, store: &Store) -> bool {
    let (owner, snapshot) = (case.owner(store), &case.estate.snapshot);
    let listed = snapshot.bucket_of(&owner, &store.bucket);
    let key = case.keys(store).and_then(|keys| keys.first().cloned());
    let described =
        key.as_ref().map(|key| snapshot.key_description(key, &case.pipeline.account, &store.region));
    let mut known = match case.told(&store.bucket, "the list of buckets", listed) {
        Some(Some(_)) => true,
        None => false,
        Some(None) => {
            let message = format!("account {owner} has no bucket {}: it may be anybody's", store.bucket);
            case.violated((&store.bucket, ""), message, Vec::new());
            false
        }
    };
    if let (Some(key), Some(described)) = (key, described) {
        let untold = matches!(described, Told::Untold { .. });
        case.told(&format!("{}, its key", store.bucket), &format!("the description of {key}"), described);
        known &= !untold;
    }
    known
}

/// The pipeline's parts.
fn fields_of(case: &Case<'_>) -> Vec<Field> {
    let pipeline = case.pipeline;
    let mut fields = vec![Field::of("roleArn", &pipeline.role)];
    for store in &pipeline.stores {
        fields.push(Field::of(&format!("artifacts in {}", store.region), &store.bucket));
        fields.extend(case.keys(store).into_iter().flatten().map(|key| Field::of("encryptionKey", key)));
    }
    fields.extend(pipeline.actions().into_iter().map(|(place, action)| Field::of(&place, told(action))));
    fields
}

fn told(action: &MappedAction) -> String {
    let by = action.by.as_ref().map(|by| format!(" by {}", by.name)).unwrap_or_default();
    let short = |role: &str| {
        Arn::parse(role).map_or_else(|| role.to_owned(), |arn| format!("{}:{}", arn.account, arn.resource))
    };
    let roles: Vec<String> = action.runs_as.iter().map(|role| short(role)).collect();
    let runs = if roles.is_empty() { String::new() } else { format!(" as {}", roles.join(", ")) };
    format!("{}{by}{runs}, called as {}", action.provider, short(&action.role))
}
