//! S3 Block Public Access of buckets and of their accounts.
//!
//! Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage": the most restrictive
//! combination of both applies.

use super::{Reader, Told};
use crate::arn::Arn;
use crate::json::Json;
use crate::policy_set::BlockPublicAccess;
use crate::snapshot::collected::Output;
use crate::snapshot::errors::Verdict;
use crate::snapshot::files::problem;
use crate::snapshot::notes::touches;
use std::collections::BTreeMap;
use std::sync::Arc;

const OPERATION: &str = "get-public-access-block";

impl Reader<'_> {
    /// Sets the settings of each bucket of the account. What is not known blocks nothing, which
    /// favours the attacker, and is an assumption where the bucket has a policy.
    pub(super) fn read_block_public_access(&mut self) {
        let account = self.account.id.clone();
        let mut of_account = None;
        for output in self.collected.outputs(&account, "s3control", OPERATION, self.notes) {
            of_account = self.settings(&output);
        }
        if of_account.is_none() && self.is_absent("s3control", &account) {
            of_account = Some(BlockPublicAccess::default());
        }
        let mut of_buckets: BTreeMap<String, BlockPublicAccess> = BTreeMap::new();
        for output in self.collected.outputs(&account, "s3api", OPERATION, self.notes) {
            if let (Some(name), Some(settings)) = (&output.name, self.settings(&output)) {
                of_buckets.insert(name.to_string(), settings);
            }
        }
        let buckets: Vec<(Arc<str>, String, bool)> = self
            .resources
            .drafts
            .iter()
            .filter(|(_, draft)| draft.account == account)
            .filter_map(|(arn, draft)| {
                let name = bucket_name(arn)?.to_owned();
                Some((arn.clone(), name, matches!(draft.policy, Told::Document(_))))
            })
            .collect();
        for (arn, name, has_policy) in buckets {
            let of_bucket = of_buckets.get(&name).copied();
            let known = of_bucket.is_some() || self.is_absent("s3api", &name);
            if has_policy && (!known || of_account.is_none()) {
                let command = if known {
                    format!("aws s3control {OPERATION} --account-id {account}")
                } else {
                    format!("aws s3api {OPERATION} --bucket {name}")
                };
                let text = format!("Block Public Access does not restrict {arn} beyond what was collected");
                self.notes.assume(text, command, touches(&account, "s3", Some(&arn)));
            }
            let settings = join(of_bucket.unwrap_or_default(), of_account.unwrap_or_default());
            if let Some(draft) = self.resources.drafts.get_mut(&arn) {
                draft.block_public_access = settings;
            }
        }
    }

    fn is_absent(&self, service: &str, name: &str) -> bool {
        let about = self.collected.errors.about(&self.account.id, service, OPERATION, name);
        about.is_some_and(|r| r.verdict == Verdict::Absent)
    }

    fn settings(&mut self, output: &Output) -> Option<BlockPublicAccess> {
        const MEMBER: &str = "PublicAccessBlockConfiguration";
        let json = output.json.as_ref()?;
        let settings = json.get(MEMBER).filter(|s| s.as_object().is_some());
        let Some(settings) = settings else {
            let found = json.get(MEMBER).map_or("nothing", Json::kind);
            self.notes.problem(*problem(&output.file, &format!("/{MEMBER}"), found, "an object"));
            return None;
        };
        let mut flag = |key: &str| match settings.get(key) {
            Some(Json::Bool(b)) => *b,
            None => false,
            Some(other) => {
                let at = format!("/{MEMBER}/{key}");
                self.notes.problem(*problem(&output.file, &at, other.kind(), "a boolean"));
                false
            }
        };
        Some(BlockPublicAccess {
            block_public_acls: flag("BlockPublicAcls"),
            ignore_public_acls: flag("IgnorePublicAcls"),
            block_public_policy: flag("BlockPublicPolicy"),
            restrict_public_buckets: flag("RestrictPublicBuckets"),
        })
    }
}

fn join(a: BlockPublicAccess, b: BlockPublicAccess) -> BlockPublicAccess {
    BlockPublicAccess {
        block_public_acls: a.block_public_acls || b.block_public_acls,
        ignore_public_acls: a.ignore_public_acls || b.ignore_public_acls,
        block_public_policy: a.block_public_policy || b.block_public_policy,
        restrict_public_buckets: a.restrict_public_buckets || b.restrict_public_buckets,
    }
}

/// The name of a bucket, where the ARN is a bucket's.
fn bucket_name(arn: &str) -> Option<&str> {
    let parsed =
        Arn::parse(arn).filter(|a| a.service == "s3" && a.region.is_empty() && a.account.is_empty())?;
    (!parsed.resource.contains('/')).then_some(parsed.resource)
}
