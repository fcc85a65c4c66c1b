//! CP-ART-1: artifacts are encrypted with a key of the organization's own.

use super::super::case::Case;
use super::super::control::Control;
use super::super::evidence::{Evidence, Field};
use super::super::finding::Severity;
use crate::ask::AskError;
use crate::pipelines::Store;

/// The control.
pub const CONTROL: Control = Control {
    id: "CP-ART-1",
    title: "each artifact store has a customer-managed key, and the bucket encrypts with it by default",
    reason: "a key that AWS manages lets in whoever the account's policies let in: nothing is left to keep artifacts apart",
    severity: Severity::Medium,
    reads: &[
        "codepipeline get-pipeline: artifactStore.encryptionKey",
        "kms describe-key: KeyMetadata.{KeyManager,KeyState}",
        "kms list-aliases",
        "s3api get-bucket-encryption",
    ],
    decides: "the store names a key, the key is the customer's and enabled, and the bucket's default encryption names the same key",
    remedy: "set `encryptionKey` of the store to a customer-managed key, and the bucket's default encryption to the same",
    decide,
};

fn decide(case: &mut Case<'_>) -> Result<(), AskError> {
    for store in &case.pipeline.stores {
        of_store(case, store);
    }
    Ok(())
}

fn of_store(case: &mut Case<'_>, store: &Store) {
    let bucket = &store.bucket;
    let Some(key) = case.keys(store).and_then(|keys| keys.first().cloned()) else {
        return case.violated(
            (bucket, ""),
            "the store names no key: it has the AWS-managed key of S3",
            Vec::new(),
        );
    };
    let (snapshot, account) = (&case.estate.snapshot, case.owner(store));
    let described = snapshot.key_description(&key, &case.pipeline.account, &store.region);
    let encryption = snapshot.bucket_encryption(&account, bucket);
    let Some(described) = case.told(bucket, "the description of the store's key", described) else { return };
    let Some(encryption) = case.told(bucket, "the bucket's default encryption", encryption) else { return };
    let mut fields = vec![Field::of("encryptionKey.id", key.clone())];
    let Some(described) = described else {
        let evidence = vec![Evidence::Fields(fields)];
        return case.violated((bucket, &key), "the store's key does not exist", evidence);
    };
    fields.extend(described.key_manager.as_deref().map(|manager| Field::of("KeyManager", manager)));
    fields.extend(described.key_state.as_deref().map(|state| Field::of("KeyState", state)));
    let defaults = encryption.iter().flat_map(|e| &e.rules).filter_map(|rule| rule.by_default.as_ref());
    let keys: Vec<String> = defaults.filter_map(|default| default.key.clone()).collect();
    fields.extend(keys.iter().map(|key| Field::of("KMSMasterKeyID", key.clone())));
    let same = |named: &String| case.key_arn(named, store) == described.arn;
    let evidence = vec![Evidence::Fields(fields)];
    if !described.is_usable_customer_key() {
        case.violated((bucket, &key), "the store's key is not an enabled key of the customer's", evidence);
    } else if keys.is_empty() || !keys.iter().all(same) {
        case.violated(
            (bucket, "default"),
            "the bucket's default encryption is not with the store's key",
            evidence,
        );
    } else {
        case.holds(bucket, "store and bucket have one customer-managed key", evidence);
    }
}
