//! Roles and instance profiles by name, for outputs that give names where others give ARNs.

use super::Thing;
use super::kind::FieldType;
use crate::arn::Arn;
use crate::snapshot::Snapshot;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::sync::Arc;

/// The ARNs of roles and instance profiles by account and name.
pub(super) struct Names<'a> {
    snapshot: &'a Snapshot,
    by_name: OnceCell<ByName>,
}

type ByName = FxHashMap<(&'static str, Arc<str>, String), Arc<str>>;

impl<'a> Names<'a> {
    /// Those of a snapshot, looked up when first needed.
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, by_name: OnceCell::new() }
    }

    /// The ARN of what has this name (a path before it is passed over); names are unique in an account (IAM User
    /// Guide, "IAM identifiers", section "Friendly names and paths").
    fn find(&self, noun: &'static str, account: &str, name: &str) -> Option<Arc<str>> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name = ByName::default();
            for principal in self.snapshot.principals() {
                let profiles = principal.instance_profiles.iter().map(|arn| ("instance-profile", arn));
                for (noun, arn) in profiles.chain([("role", &principal.arn)]) {
                    let prefix = Arn::parse(arn).and_then(|a| a.resource.strip_prefix(noun));
                    if let Some((_, name)) = prefix.and_then(|path| path.rsplit_once('/')) {
                        by_name.insert((noun, principal.account.clone(), name.to_owned()), arn.clone());
                    }
                }
            }
            by_name
        });
        let name = name.rsplit('/').next().unwrap_or_default();
        by_name.get(&(noun, account.into(), name.to_owned())).cloned()
    }
}

/// The value of a field: a name becomes the ARN of what has it.
pub(super) fn as_value(of: &FieldType, text: &str, thing: &Thing, names: &Names<'_>) -> Arc<str> {
    if *of == FieldType::Text || text.starts_with("arn:") {
        return text.into();
    }
    let partition = Arn::parse(&thing.arn).map(|a| a.partition).unwrap_or_default();
    let by_name = |noun| {
        let known = names.find(noun, &thing.account, text);
        known.unwrap_or_else(|| format!("arn:{partition}:iam::{}:{noun}/{text}", thing.account).into())
    };
    match of {
        FieldType::Text => text.into(),
        FieldType::Role => by_name("role"),
        FieldType::Profile => by_name("instance-profile"),
        FieldType::Arn(template) => {
            let filled = template.fill(|hole| match hole {
                "partition" => Some(partition.to_owned()),
                "account" => Some(thing.account.to_string()),
                "region" => thing.region.as_deref().map(str::to_owned),
                _ => Some(text.to_owned()),
            });
            filled.map_or_else(|| text.into(), Arc::from)
        }
    }
}
