//! CP-A7: the artifact bucket is one's own.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Untold;
use gateproof_model::configuration::Told;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-A7",
    title: "the artifact bucket belongs to the pipeline's account",
    reason: "names of buckets are the world's: whoever made the bucket first reads what is put there, and puts there what is shipped",
    severity: Severity::High,
    reads: &["s3api list-buckets"],
    decides: "the bucket of each store is listed among those of the pipeline's account, or of another account of the snapshot",
    remedy: "make a bucket of your own, and pin its account in the role's policies with `s3:ResourceAccount`",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    let own = case.pipeline.account.clone();
    let pipeline = case.pipeline;
    for store in &pipeline.stores {
        let bucket = store.bucket.as_str();
        let mut missing = Vec::new();
        let mut owner = None;
        let others = case.estate.snapshot.accounts().iter().map(|account| account.id.clone());
        for account in std::iter::once(own.clone()).chain(others.filter(|account| *account != own)) {
            match case.estate.snapshot.bucket_of(&account, bucket) {
                Told::Known { .. } => owner = owner.or(Some(account)),
                Told::Absent { .. } => {}
                Told::Untold { command, .. } => missing.push(Untold {
                    what: format!("the buckets of account {account}"),
                    command: Some(command),
                }),
            }
        }
        let fields = vec![Field { name: "owner".to_owned(), value: owner.as_ref().map(ToString::to_string) }];
        let evidence = vec![Evidence::Fields(fields)];
        match owner {
            Some(owner) => case.holds(bucket, format!("the bucket belongs to account {owner}"), evidence),
            None if missing.is_empty() => {
                case.violated((bucket, ""), "the bucket belongs to no account of the snapshot", evidence)
            }
            None => case.unknown(bucket, "to whom the bucket belongs is not told", missing),
        }
    }
    Ok(())
}
