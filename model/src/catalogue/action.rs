//! Actions, and how they are found.

use super::by_name::ByName;
use super::key::{KeyId, Support, is_identity_provider_key};
use super::resource::{ResourceTypeId, ResourceTypeInfo};
use super::{Catalogue, ListId, glob};
use crate::text::fold_text;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

/// The keys that carry tags: any of the first kind, and the names of all.
const TAG_KEYS: [&str; 2] = ["aws:requesttag/any", "aws:tagkeys"];

/// An action of one catalogue. Ids are dense, and sorted by the lower-case `service:Name`, so that those of a
/// service are contiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionId(pub(super) u32);

impl ActionId {
    /// The position among the catalogue's actions: a place in a bit set.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The access level of an action. (Service Authorization Reference, "Access level".)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads what they hold.
    Read,
    /// Creates, changes or deletes them.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or changes permissions.
    PermissionsManagement,
}

impl AccessLevel {
    /// All levels.
    pub const ALL: [Self; 5] =
        [Self::List, Self::Read, Self::Write, Self::Tagging, Self::PermissionsManagement];

    /// The name as the command line writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
            Self::Tagging => "tagging",
            Self::PermissionsManagement => "permissions-management",
        }
    }

    /// The level of a name, letter case, spaces and hyphens aside.
    pub fn parse(text: &str) -> Option<Self> {
        let squeezed = |t: &str| t.replace([' ', '-', '_'], "").to_ascii_lowercase();
        Self::ALL.into_iter().find(|level| squeezed(level.name()) == squeezed(text))
    }
}

#[derive(Debug, Clone)]
pub(super) struct ActionRecord {
    /// `service:Name`.
    pub(super) name: Cow<'static, str>,
    pub(super) access: AccessLevel,
    pub(super) keys: ListId,
    /// Places in the pool of resource rows.
    pub(super) resources: Range<usize>,
}

/// A resource row of an action.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActionResource {
    pub(super) resource_type: ResourceTypeId,
    pub(super) required: bool,
    pub(super) keys: ListId,
}

/// An action and what the catalogue says of it.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) id: ActionId,
    pub(super) record: &'a ActionRecord,
}

/// A resource type that an action is checked against.
#[derive(Debug, Clone, Copy)]
pub struct ActionResourceInfo<'a> {
    /// The type.
    pub resource_type: ResourceTypeInfo<'a>,
    /// Whether the reference marks it as required: every such resource of a call must be allowed.
    pub required: bool,
    keys: &'a [super::key::KeyId],
}

impl<'a> ActionResourceInfo<'a> {
    /// The keys that the reference lists for the action with this resource type only.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let catalogue = self.resource_type.catalogue;
        self.keys.iter().filter_map(|id| catalogue.keys.get(*id)).map(|key| key.name.as_ref())
    }
}

impl<'a> ActionInfo<'a> {
    /// The action's id.
    pub fn id(&self) -> ActionId {
        self.id
    }

    /// `service:Name`, as AWS spells it.
    pub fn name(&self) -> &'a str {
        &self.record.name
    }

    /// The service prefix.
    pub fn service(&self) -> &'a str {
        self.name().split_once(':').map_or("", |(service, _)| service)
    }

    /// The access level.
    pub fn access_level(&self) -> AccessLevel {
        self.record.access
    }

    /// The resource types; none means that the action is checked against `*`.
    ///
    /// Service Authorization Reference, "Resource types". CONFORMANCE 2.2.
    pub fn resource_types(&self) -> impl ExactSizeIterator<Item = ActionResourceInfo<'a>> + use<'a> {
        let catalogue = self.catalogue;
        self.rows().iter().map(move |row| ActionResourceInfo {
            resource_type: catalogue.resource_type_view(row.resource_type),
            required: row.required,
            keys: catalogue.list(row.keys),
        })
    }

    /// Whether the action has no resource level: it is checked against `*` only.
    pub fn is_checked_against_star(&self) -> bool {
        self.record.resources.is_empty()
    }

    /// The keys that the reference lists for the action whatever its resource, global ones included where listed.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let catalogue = self.catalogue;
        catalogue
            .list(self.record.keys)
            .iter()
            .filter_map(|id| catalogue.keys.get(*id))
            .map(|k| k.name.as_ref())
    }

    /// Why a request of this action may, or cannot, carry a key.
    ///
    /// Service Authorization Reference: a key applies to an action that lists it, itself or by one of its resource
    /// types; global keys apply to all, but those of tags in the request only to calls that take tags. CONFORMANCE 3.8.
    pub fn support(&self, key: &str) -> Support {
        self.support_on(key, |_| true)
    }

    /// The same for the authorization of the action on one resource type, where a call needs several: each has
    /// the keys of its own resource. Tags are then expected only where the reference lists them. CONFORMANCE 1.9.
    pub fn support_with(&self, key: &str, resource_type: ResourceTypeId) -> Support {
        let lower = fold_text(key);
        let of_tags = lower.starts_with("aws:resourcetag/") || is_of_request_tags(&lower);
        let found = self.support_on(key, |row| row.resource_type == resource_type);
        let listed = self.lists_on(key, resource_type);
        if found == Support::Listed && !listed {
            return Support::Never;
        }
        if of_tags && found == Support::Global && !listed {
            return Support::Never;
        }
        found
    }

    fn lists_on(&self, key: &str, resource_type: ResourceTypeId) -> bool {
        let keys = self.catalogue.keys.resolve(key);
        let row = self.rows().iter().find(|row| row.resource_type == resource_type);
        let of_row = row.map(|r| r.keys).filter(|keys| !self.catalogue.list(*keys).is_empty());
        // Where the row says nothing, the type does.
        let of_type = || self.catalogue.resource_type_record(resource_type).map(|t| t.keys);
        let lists = [Some(self.record.keys), of_row.or_else(of_type)];
        lists.into_iter().flatten().any(|list| {
            let members = self.catalogue.list(list);
            keys.iter().any(|id| members.binary_search(id).is_ok())
        })
    }

    /// Whether a request of the action can carry tags to be set or taken away (`aws:RequestTag/…`, `aws:TagKeys`). The
    /// reference lists these keys action by action, though they are global; of a service that it lists them for nowhere,
    /// nothing is known.
    ///
    /// IAM User Guide, "AWS global condition context keys", `aws:RequestTag/tag-key`, *Availability*: "when tag key-value
    /// pairs are passed in the request". CONFORMANCE 3.8.
    fn may_take_tags(&self) -> bool {
        self.lists_request_tags() || !self.catalogue.tagging_services().contains(self.service())
    }

    fn lists_request_tags(&self) -> bool {
        let keys = &self.catalogue.keys;
        let ids: Vec<KeyId> = TAG_KEYS.iter().flat_map(|key| keys.resolve(key).to_vec()).collect();
        let lists = |list: ListId| {
            let members = self.catalogue.list(list);
            ids.iter().any(|id| members.binary_search(id).is_ok())
        };
        let of_type = |row: &ActionResource| {
            self.catalogue.resource_type_record(row.resource_type).is_some_and(|t| lists(t.keys))
        };
        lists(self.record.keys) || self.rows().iter().any(|row| lists(row.keys) || of_type(row))
    }

    fn rows(&self) -> &'a [ActionResource] {
        self.catalogue.action_resources.get(self.record.resources.clone()).unwrap_or_default()
    }

    fn support_on(&self, key: &str, counts: impl Fn(&ActionResource) -> bool) -> Support {
        let keys = self.catalogue.keys.resolve(key);
        if keys.iter().filter_map(|id| self.catalogue.keys.get(*id)).any(|key| key.global) {
            return match is_of_request_tags(&fold_text(key)) && !self.may_take_tags() {
                true => Support::Never,
                false => Support::Global,
            };
        }
        if is_identity_provider_key(key) {
            return Support::IdentityProvider;
        }
        if keys.is_empty() {
            return Support::UnknownKey;
        }
        let lists = |list: ListId| {
            let members = self.catalogue.list(list);
            keys.iter().any(|id| members.binary_search(id).is_ok())
        };
        let by_row = |row: &ActionResource| {
            lists(row.keys)
                || self.catalogue.resource_type_record(row.resource_type).is_some_and(|t| lists(t.keys))
        };
        if lists(self.record.keys) || self.rows().iter().filter(|row| counts(row)).any(by_row) {
            return Support::Listed;
        }
        match self.catalogue.service(self.service()) {
            Some(service) if lists(service.loose) => Support::ServiceWide,
            _ => Support::Never,
        }
    }
}

/// Whether a key, in lower case, tells of the tags that a request sets or takes away.
pub fn is_of_request_tags(key: &str) -> bool {
    key == "aws:tagkeys" || key.starts_with("aws:requesttag/")
}

/// Orders names by their lower-case form.
pub(super) fn compare_names(a: &str, b: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

impl Catalogue {
    fn tagging_services(&self) -> &FxHashSet<String> {
        self.tagging.get_or_init(|| {
            let tagging = self.actions().filter(ActionInfo::lists_request_tags);
            tagging.map(|action| action.service().to_owned()).collect()
        })
    }

    /// All actions, in order.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = ActionInfo<'_>> + Clone {
        self.range(0..self.actions.len())
    }

    /// How many actions there are: the length of a bit set over them.
    pub fn action_count(&self) -> usize {
        self.actions.len()
    }

    /// The action of a name, letter case aside.
    pub fn action(&self, name: &str) -> Option<ActionId> {
        self.find_action(name).map(|info| info.id)
    }

    /// The action of a name and what is known of it, letter case aside.
    pub fn find_action(&self, name: &str) -> Option<ActionInfo<'_>> {
        let by_name = self.by_name.get_or_init(|| ByName::of(&self.actions));
        self.action_info(by_name.find(name, &self.actions)?)
    }

    /// What is known of an action; none for an id of another catalogue that this one doesn't reach.
    pub fn action_info(&self, id: ActionId) -> Option<ActionInfo<'_>> {
        self.actions.get(id.index()).map(|record| ActionInfo { catalogue: self, id, record })
    }

    /// The actions of a service prefix.
    pub fn service_actions(&self, prefix: &str) -> impl ExactSizeIterator<Item = ActionInfo<'_>> + Clone {
        self.range(self.prefix_range(&format!("{prefix}:")))
    }

    /// The actions that a pattern of a policy's `Action` matches: `*`, `?`, letter case aside.
    ///
    /// IAM User Guide, "IAM JSON policy elements: Action". CONFORMANCE 2.1.
    pub fn actions_matching<'a>(
        &'a self,
        pattern: &'a str,
    ) -> impl Iterator<Item = ActionInfo<'a>> + use<'a> {
        self.range(self.prefix_range(glob::literal_prefix(pattern)))
            .filter(move |action| glob::matches(pattern.as_bytes(), action.record.name.as_bytes()))
    }

    /// The service prefixes, in order.
    pub fn service_prefixes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.services.iter().map(|service| service.prefix.as_ref())
    }

    fn range(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = ActionInfo<'_>> + Clone {
        let start = u32::try_from(range.start).unwrap_or(u32::MAX);
        let records = self.actions.get(range).unwrap_or_default();
        records.iter().zip(start..u32::MAX).map(|(record, id)| ActionInfo {
            catalogue: self,
            id: ActionId(id),
            record,
        })
    }

    /// Where the names that begin with a text lie.
    fn prefix_range(&self, prefix: &str) -> Range<usize> {
        let head = |record: &ActionRecord| {
            let length = record.name.len().min(prefix.len());
            compare_names(record.name.get(..length).unwrap_or_default(), prefix)
        };
        let start = self.actions.partition_point(|record| head(record) == Ordering::Less);
        let end = self.actions.partition_point(|record| head(record) != Ordering::Greater);
        start..end
    }
}
