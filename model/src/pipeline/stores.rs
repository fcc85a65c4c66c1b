//! The folders of buckets where pipelines keep their artifacts.
//!
//! Fields of a `codepipeline.store`: `bucket`; `action`, which read their input artifacts there; `key`, the customer managed key that the pipeline
//! encrypts with; of an object whose writer says nothing of encryption, `default-key`, the customer managed key with which the bucket
//! encrypts it, or else `plain`, the objects of the folder.
//!
//! CodePipeline API Reference, ArtifactStore; Amazon S3 User Guide, "Setting default server-side encryption behavior".

use super::flow::{Course, Placed, STORE};
use crate::arn::Arn;
use crate::inventory::Thing;
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Stores by ARN: pipelines whose names begin alike share a folder.
#[derive(Default)]
pub(super) struct Stores(BTreeMap<Arc<str>, Thing>);

impl Stores {
    /// Takes in the stores that an action reads its input artifacts from: that of its region, and those of the regions in which they
    /// are made, from where they are copied.
    ///
    /// CodePipeline User Guide, "Add a cross-Region action".
    pub(super) fn add(
        &mut self,
        snapshot: &Snapshot,
        course: &Course<'_>,
        reads: Placed<'_>,
        readers: &[Arc<str>],
    ) {
        let pipeline = course.pipeline;
        let made = reads.action.input_artifacts.iter().flat_map(|input| course.makers_of(&input.name));
        let regions: BTreeSet<&str> =
            made.chain([reads]).map(|placed| pipeline.region_of(placed.action)).collect();
        for (region, store) in pipeline.stores().filter(|(region, _)| regions.contains(region)) {
            let partition = pipeline.partition();
            let bucket = format!("arn:{partition}:s3:::{}", store.location);
            let account: Arc<str> =
                snapshot.resource(&bucket).map_or(&pipeline.account, |known| &known.account).clone();
            let keys = Keys { snapshot, partition, account: &account, region };
            let arn: Arc<str> = format!("{bucket}/{}", pipeline.folder()).into();
            let thing = self.0.entry(arn.clone()).or_insert_with(|| {
                let mut thing = course.thing(STORE, arn.clone());
                (thing.account, thing.region) = (account.clone(), Some(region.into()));
                let by_default = keys.by_default(&store.location);
                let plain = match by_default {
                    Some(_) => Vec::new(),
                    None => vec![format!("{arn}/*").into()],
                };
                thing.fields.insert("default-key".to_owned(), by_default.into_iter().collect());
                thing.fields.insert("plain".to_owned(), plain);
                thing.fields.insert("bucket".to_owned(), vec![store.location.as_str().into()]);
                thing.fields.insert("key".to_owned(), Vec::new());
                thing.fields.insert("action".to_owned(), Vec::new());
                thing
            });
            let key = store.encryption_key.as_ref().and_then(|key| keys.customer_key(&key.id));
            for (field, more) in [("key", key.as_slice()), ("action", readers)] {
                let values = thing.fields.entry(field.to_owned()).or_default();
                values.extend(more.iter().cloned());
                values.sort();
                values.dedup();
            }
        }
    }

    pub(super) fn into_things(self) -> Vec<Thing> {
        self.0.into_values().collect()
    }
}

/// Keys as a bucket's configuration names them.
struct Keys<'a> {
    snapshot: &'a Snapshot,
    partition: &'a str,
    account: &'a str,
    region: &'a str,
}

impl Keys<'_> {
    /// The customer managed key with which the bucket encrypts what comes without saying how.
    fn by_default(&self, bucket: &str) -> Option<Arc<str>> {
        let told = self.snapshot.bucket_encryption(self.account, bucket);
        let mut defaults = told.known()?.rules.iter().filter_map(|rule| rule.by_default.as_ref());
        let by_kms = defaults.find(|default| default.algorithm.starts_with("aws:kms"))?;
        self.customer_key(by_kms.key.as_deref()?)
    }

    /// The ARN of a customer managed key by its id, its ARN, an alias or an alias's ARN; `None`: a key of AWS's, or one that is
    /// not known.
    fn customer_key(&self, named: &str) -> Option<Arc<str>> {
        let parsed = Arn::parse(named).filter(|arn| arn.service == "kms");
        let (account, region, id) = match &parsed {
            Some(arn) => (arn.account, arn.region, arn.resource),
            None => (self.account, self.region, named),
        };
        let id = match id.strip_prefix("alias/") {
            Some(alias) if alias.starts_with("aws/") => return None,
            Some(_) => {
                let aliases = self.snapshot.key_aliases(account, region);
                let mut known = aliases.known()?.iter().filter(|alias| alias.alias_name == id);
                known.find_map(|alias| alias.target_key_id.clone())?
            }
            None => id.strip_prefix("key/").unwrap_or(id).to_owned(),
        };
        Some(format!("arn:{}:kms:{region}:{account}:key/{id}", self.partition).into())
    }
}
