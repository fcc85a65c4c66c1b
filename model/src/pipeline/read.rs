//! Pipelines read from a snapshot's files.

use super::{Declaration, Named, NotCollected, Pipeline, Pipelines, Unread};
use crate::configuration::parse_shape;
use crate::json::Json;
use crate::organization::Standing;
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
type ByName = BTreeMap<(Arc<str>, Arc<str>), Pipeline>;

impl Snapshot {
    /// The pipelines of all accounts.
    pub fn pipelines(&self) -> Pipelines {
        let mut found = Pipelines::default();
        for account in self.accounts() {
            self.read_account(&account.id, &account.partition, &mut found);
        }
        let is_covered = |id: &str| self.accounts().iter().any(|account| *account.id == *id);
        let members = self.organization().members.iter();
        let members =
            members.filter(|(_, member)| matches!(member.standing, Standing::Management | Standing::Member));
        found.elsewhere = members.map(|(id, _)| id.clone()).filter(|id| !is_covered(id)).collect();
        found
    }

    fn read_account(&self, account: &Arc<str>, partition: &str, found: &mut Pipelines) {
        if !self.was_asked(account, SERVICE, LIST) && !self.was_asked(account, SERVICE, GET) {
            let (account, command) = (account.clone(), format!("aws {SERVICE} {LIST}"));
            found.not_collected.push(NotCollected { account, region: None, command });
            return;
        }
        found.not_collected.extend(self.regions_unasked(account, SERVICE, &[LIST, GET]).into_iter().map(
            |region| {
                let command = format!("aws {SERVICE} {LIST} --region {region}");
                NotCollected { account: account.clone(), region: Some(region), command }
            },
        ));
        let arn_of = |region: &str, name: &str| -> Arc<str> {
            format!("arn:{partition}:{SERVICE}:{region}:{account}:{name}").into()
        };
        let named = |region: &Arc<str>, name: &Arc<str>, file: &Arc<str>| Named {
            name: name.clone(),
            arn: arn_of(region, name),
            region: region.clone(),
            file: file.clone(),
        };
        let mut unread = |named: Option<Named>, problem: Option<Problem>| {
            let command = match &named {
                Some(Named { name, .. }) => format!("aws {SERVICE} {GET} --name {name}"),
                None => format!("aws {SERVICE} {LIST}"),
            };
            found.unread.push(Unread { account: account.clone(), named, problem, command });
        };
        let mut known = ByName::new();
        let mut broken: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
        for output in self.operation(account, None, SERVICE, GET) {
            match output.json.and_then(|json| parse_shape(&json, (&output.file, ""), GET)) {
                Ok(GetPipeline { pipeline: declaration, metadata }) => {
                    let region = output.region.clone();
                    let own = metadata.and_then(|m| m.pipeline_arn).map(Arc::from);
                    let arn = own.unwrap_or_else(|| arn_of(&region, &declaration.name));
                    let key = (region.clone(), declaration.name.as_str().into());
                    let (account, file) = (account.clone(), output.file.clone());
                    known.insert(key, Pipeline { arn, account, region, file, declaration });
                }
                Err(problem) => {
                    let named = output.name.map(|name| named(&output.region, &name, &output.file));
                    broken.extend(named.iter().map(|named| (named.region.clone(), named.name.clone())));
                    unread(named, Some(problem));
                }
            }
        }
        let mut listed: BTreeMap<(Arc<str>, Arc<str>), Arc<str>> = BTreeMap::new();
        for output in self.operation(account, None, SERVICE, LIST) {
            match output.json {
                Ok(json) => {
                    let items = json.get("pipelines").and_then(Json::as_array).unwrap_or_default();
                    let names = items.iter().filter_map(|item| item.get("name")?.as_str());
                    listed.extend(
                        names.map(|name| ((output.region.clone(), name.into()), output.file.clone())),
                    );
                }
                Err(problem) => unread(None, Some(problem)),
            }
        }
        for operation in [LIST, GET] {
            self.refusals(account, SERVICE, operation).into_iter().for_each(|p| unread(None, Some(p)));
        }
        for (key, file) in listed {
            if !known.contains_key(&key) && !broken.contains(&key) {
                unread(Some(named(&key.0, &key.1, &file)), None);
            }
        }
        found.all.extend(known.into_values());
    }
}
