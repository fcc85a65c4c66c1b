//! Pipelines read from a snapshot's files.

use super::{Declaration, Pipeline, Pipelines, Unread};
use crate::configuration::parse_shape;
use crate::json::Json;
use crate::problem::Problem;
use crate::snapshot::Snapshot;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const SERVICE: &str = "codepipeline";
const LIST: &str = "list-pipelines";
const GET: &str = "get-pipeline";

/// What `aws codepipeline get-pipeline` prints.
#[derive(Deserialize)]
struct GetPipeline {
    pipeline: Declaration,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    pipeline_arn: Option<String>,
}

/// By region and name.
type Named = BTreeMap<(Arc<str>, Arc<str>), Pipeline>;

impl Snapshot {
    /// The pipelines of all accounts.
    pub fn pipelines(&self) -> Pipelines {
        let mut found = Pipelines::default();
        for account in self.accounts() {
            self.read_account(&account.id, &account.partition, &mut found);
        }
        found
    }

    fn read_account(&self, account: &Arc<str>, partition: &str, found: &mut Pipelines) {
        if !self.was_asked(account, SERVICE, LIST) && !self.was_asked(account, SERVICE, GET) {
            found.not_collected.push((account.clone(), format!("aws {SERVICE} {LIST}")));
            return;
        }
        let mut unread = |name: Option<Arc<str>>, problem: Option<Problem>| {
            let command = match &name {
                Some(name) => format!("aws {SERVICE} {GET} --name {name}"),
                None => format!("aws {SERVICE} {LIST}"),
            };
            found.unread.push(Unread { account: account.clone(), name, problem, command });
        };
        let mut known = Named::new();
        for output in self.operation(account, None, SERVICE, GET) {
            match output.json.and_then(|json| parse_shape(&json, (&output.file, ""), GET)) {
                Ok(GetPipeline { pipeline: declaration, metadata }) => {
                    let region = output.region.clone();
                    let named =
                        || format!("arn:{partition}:{SERVICE}:{region}:{account}:{}", declaration.name);
                    let arn = metadata.and_then(|m| m.pipeline_arn).unwrap_or_else(named).into();
                    let key = (region.clone(), declaration.name.as_str().into());
                    let (account, file) = (account.clone(), output.file.clone());
                    known.insert(key, Pipeline { arn, account, region, file, declaration });
                }
                Err(problem) => unread(output.name, Some(problem)),
            }
        }
        let mut listed: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
        for output in self.operation(account, None, SERVICE, LIST) {
            match output.json {
                Ok(json) => {
                    let items = json.get("pipelines").and_then(Json::as_array).unwrap_or_default();
                    let names = items.iter().filter_map(|item| item.get("name")?.as_str());
                    listed.extend(names.map(|name| (output.region.clone(), name.into())));
                }
                Err(problem) => unread(None, Some(problem)),
            }
        }
        for operation in [LIST, GET] {
            self.refusals(account, SERVICE, operation).into_iter().for_each(|p| unread(None, Some(p)));
        }
        for (region, name) in listed {
            if !known.contains_key(&(region, name.clone())) {
                unread(Some(name), None);
            }
        }
        found.all.extend(known.into_values());
    }
}
