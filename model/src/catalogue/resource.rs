//! Resource types and the formats of their ARNs.

use super::{Catalogue, ListId};
use std::borrow::Cow;

/// A resource type of one catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceTypeId(pub(super) u32);

#[derive(Debug, Clone)]
pub(super) struct ResourceTypeRecord {
    pub(super) service: Cow<'static, str>,
    pub(super) name: Cow<'static, str>,
    pub(super) arns: Vec<Cow<'static, str>>,
    pub(super) keys: ListId,
}

/// A resource type and what the catalogue says of it.
#[derive(Debug, Clone, Copy)]
pub struct ResourceTypeInfo<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) id: ResourceTypeId,
    pub(super) record: &'a ResourceTypeRecord,
}

impl<'a> ResourceTypeInfo<'a> {
    /// The type's id.
    pub fn id(&self) -> ResourceTypeId {
        self.id
    }

    /// The prefix of the service that defines it.
    pub fn service(&self) -> &'a str {
        &self.record.service
    }

    /// Its name, for example `object`.
    pub fn name(&self) -> &'a str {
        &self.record.name
    }

    /// The formats of its ARNs as AWS writes them, for example `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
    pub fn arn_formats(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        self.record.arns.iter().map(AsRef::as_ref)
    }

    /// The keys that the reference lists for the type.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let catalogue = self.catalogue;
        catalogue
            .list(self.record.keys)
            .iter()
            .filter_map(|id| catalogue.keys.get(*id))
            .map(|k| k.name.as_ref())
    }
}

pub(super) static NO_RESOURCE_TYPE: ResourceTypeRecord = ResourceTypeRecord {
    service: Cow::Borrowed(""),
    name: Cow::Borrowed(""),
    arns: Vec::new(),
    keys: ListId(0),
};

impl Catalogue {
    /// What is known of a resource type.
    pub fn resource_type(&self, id: ResourceTypeId) -> Option<ResourceTypeInfo<'_>> {
        self.resource_type_record(id).map(|record| ResourceTypeInfo { catalogue: self, id, record })
    }

    /// All resource types, in the order of their ids.
    pub fn resource_types(&self) -> impl ExactSizeIterator<Item = ResourceTypeInfo<'_>> {
        self.resource_types.iter().zip(0..u32::MAX).map(|(record, id)| ResourceTypeInfo {
            catalogue: self,
            id: ResourceTypeId(id),
            record,
        })
    }

    /// The resource type of a name within a service, letter case aside.
    pub fn find_resource_type(&self, service: &str, name: &str) -> Option<ResourceTypeInfo<'_>> {
        self.resource_types().find(|info| {
            info.service().eq_ignore_ascii_case(service) && info.name().eq_ignore_ascii_case(name)
        })
    }

    pub(super) fn resource_type_record(&self, id: ResourceTypeId) -> Option<&ResourceTypeRecord> {
        self.resource_types.get(id.0 as usize)
    }
}
