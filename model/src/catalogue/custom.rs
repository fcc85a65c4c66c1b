//! A user's own actions, resource types, condition keys and managed policies, merged into the embedded ones.
//! The file's format is `docs/custom-catalogue.md`.

use super::action::{ActionRecord, ActionResource, compare_names};
use super::key::{KeyId, KeyType, ValueType};
use super::managed::ManagedPolicy;
use super::resource::{ResourceTypeId, ResourceTypeRecord};
use super::{AccessLevel, Catalogue, CatalogueError, KeyOwner, ListId, ServiceRecord};
use crate::json::{Json, pointer_push};
use crate::text::fold_text;
use std::borrow::Cow;

impl Catalogue {
    /// The embedded catalogue with a user's additions; their format is `docs/custom-catalogue.md`.
    pub fn with_custom(text: &str) -> Result<Self, CatalogueError> {
        let root = Json::parse(text).map_err(|e| CatalogueError::Json {
            message: strip_position(&e.to_string()).to_owned(),
            line: e.line(),
            column: e.column(),
        })?;
        let mut catalogue = Self::embedded().clone();
        // What was found of the embedded one need not hold of this one.
        catalogue.tagging.take();
        let root = Entry::new(&root, String::new())?;
        root.allow(&["condition_keys", "resource_types", "actions", "managed_policies", "rcp_services"])?;
        for entry in root.entries("condition_keys")? {
            catalogue.add_key(&entry)?;
        }
        for entry in root.entries("resource_types")? {
            catalogue.add_resource_type(&entry)?;
        }
        for entry in root.entries("actions")? {
            catalogue.add_action(&entry)?;
        }
        for entry in root.entries("managed_policies")? {
            catalogue.add_managed_policy(&entry)?;
        }
        for (service, _) in root.texts("rcp_services")? {
            if !catalogue.rcp_supported(service) {
                catalogue.rcp_services.push(Cow::Owned(service.to_owned()));
            }
        }
        catalogue.by_name.take();
        catalogue.managed_policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(catalogue)
    }

    fn add_key(&mut self, entry: &Entry<'_>) -> Result<(), CatalogueError> {
        entry.allow(&["name", "type", "multivalued", "global", "owner"])?;
        let name = entry.prefixed_name("a condition key `PREFIX:NAME`")?;
        let kind = entry.text("type")?;
        let value: ValueType = kind.parse().map_err(|()| {
            entry.wrong("type", kind, "one of `String`, `Arn`, `Numeric`, `Date`, `Bool`, `Ip`, `Binary`")
        })?;
        let kind = KeyType { value, multivalued: entry.flag("multivalued")? };
        self.keys.add(Cow::Owned(name.to_owned()), kind, entry.flag("global")?);
        if entry.has("owner") {
            let owner = entry.text("owner")?;
            let expected = "one of `Principal`, `Resource`, `Organization`, `Session`, `Caller`, `CallingService`, `Free`";
            let owner = KeyOwner::parse(owner).ok_or_else(|| entry.wrong("owner", owner, expected))?;
            self.owners.insert(fold_text(name), owner);
        }
        Ok(())
    }

    fn add_resource_type(&mut self, entry: &Entry<'_>) -> Result<(), CatalogueError> {
        entry.allow(&["name", "arn", "condition_keys"])?;
        let (service, name) = split_name(entry.prefixed_name("a resource type `SERVICE:NAME`")?);
        let arn = entry.text("arn")?;
        if arn.split(':').count() < 6 || !arn.starts_with("arn:") {
            return Err(entry.wrong("arn", arn, "an ARN format with six parts"));
        }
        let keys = self.key_ids(entry)?;
        let arn = Cow::Owned(arn.to_owned());
        match self.find_resource_type(service, name).map(|info| info.id()) {
            Some(id) => {
                let list = self.resource_type_record(id).map_or(ListId(0), |record| record.keys);
                let keys = self.extend_list(list, keys);
                if let Some(record) = self.resource_types.get_mut(id.0 as usize) {
                    record.keys = keys;
                    if !record.arns.contains(&arn) {
                        record.arns.push(arn);
                    }
                }
            }
            None => {
                let keys = self.extend_list(ListId(0), keys);
                let (service, name) = (Cow::Owned(service.to_owned()), Cow::Owned(name.to_owned()));
                self.resource_types.push(ResourceTypeRecord { service, name, arns: vec![arn], keys });
            }
        }
        Ok(())
    }

    fn add_action(&mut self, entry: &Entry<'_>) -> Result<(), CatalogueError> {
        entry.allow(&["name", "access", "resource_types", "condition_keys"])?;
        let name = entry.prefixed_name("an action `SERVICE:NAME`")?;
        let place = self.actions.binary_search_by(|record| compare_names(&record.name, name));
        let old = place.ok().and_then(|at| self.actions.get(at)).cloned();
        let access = match &old {
            Some(record) if !entry.has("access") => record.access,
            _ => {
                let text = entry.text("access")?;
                let expected = "one of `list`, `read`, `write`, `tagging`, `permissions-management`";
                AccessLevel::parse(text).ok_or_else(|| entry.wrong("access", text, expected))?
            }
        };
        let mut rows: Vec<ActionResource> = Vec::new();
        if let Some(old) = &old {
            rows.extend_from_slice(self.action_resources.get(old.resources.clone()).unwrap_or_default());
        }
        for (text, pointer) in entry.texts("resource_types")? {
            let resource_type = self.known_resource_type(text, &pointer)?;
            if !rows.iter().any(|row| row.resource_type == resource_type) {
                rows.push(ActionResource { resource_type, required: false, keys: ListId(0) });
            }
        }
        let keys = self.key_ids(entry)?;
        let keys = self.extend_list(old.as_ref().map_or(ListId(0), |record| record.keys), keys);
        let start = self.action_resources.len();
        self.action_resources.extend(rows);
        let resources = start..self.action_resources.len();
        let name = old.map_or_else(|| Cow::Owned(name.to_owned()), |record| record.name);
        self.add_service(split_name(&name).0);
        let record = ActionRecord { name, access, keys, resources };
        match place {
            Ok(at) => {
                if let Some(slot) = self.actions.get_mut(at) {
                    *slot = record;
                }
            }
            Err(at) => self.actions.insert(at, record),
        }
        Ok(())
    }

    fn add_service(&mut self, prefix: &str) {
        let with_colon = |service: &ServiceRecord| format!("{}:", service.prefix);
        let wanted = format!("{prefix}:");
        let place = self.services.binary_search_by(|service| compare_names(&with_colon(service), &wanted));
        if let Err(at) = place {
            let prefix = Cow::Owned(prefix.to_owned());
            self.services.insert(at, ServiceRecord { prefix, loose: ListId(0) });
        }
    }

    fn add_managed_policy(&mut self, entry: &Entry<'_>) -> Result<(), CatalogueError> {
        entry.allow(&["arn", "version", "document"])?;
        let arn = entry.text("arn")?;
        if !arn.starts_with("arn:") || !arn.contains(":policy/") {
            return Err(entry.wrong("arn", arn, "the ARN of a managed policy"));
        }
        let document = match entry.get("document") {
            Some(Json::String(text)) => text.clone(),
            Some(document @ Json::Object(_)) => document.to_string(),
            other => {
                let found = other.map_or("nothing", Json::kind);
                return Err(CatalogueError::field(
                    &pointer_push(&entry.pointer, "document"),
                    found,
                    "a policy document, as an object or as JSON text",
                ));
            }
        };
        let version = if entry.has("version") { entry.text("version")? } else { "v1" };
        self.managed_policies.retain(|policy| policy.arn != arn);
        self.managed_policies.push(ManagedPolicy {
            arn: Cow::Owned(arn.to_owned()),
            version: Cow::Owned(version.to_owned()),
            date: Cow::Borrowed(""),
            document: Cow::Owned(document),
        });
        Ok(())
    }

    fn key_ids(&self, entry: &Entry<'_>) -> Result<Vec<KeyId>, CatalogueError> {
        let known = |(text, pointer): (&str, String)| {
            self.keys
                .named(text)
                .ok_or_else(|| CatalogueError::field(&pointer, format!("`{text}`"), "a known condition key"))
        };
        entry.texts("condition_keys")?.into_iter().map(known).collect()
    }

    fn known_resource_type(&self, text: &str, pointer: &str) -> Result<ResourceTypeId, CatalogueError> {
        let (service, name) = split_name(text);
        self.find_resource_type(service, name).map(|info| info.id()).ok_or_else(|| {
            CatalogueError::field(pointer, format!("`{text}`"), "a known resource type `SERVICE:NAME`")
        })
    }

    /// A list with these members besides those of another.
    fn extend_list(&mut self, base: ListId, more: Vec<KeyId>) -> ListId {
        if more.is_empty() {
            return base;
        }
        let mut members = more;
        members.extend_from_slice(self.list(base));
        members.sort_unstable();
        members.dedup();
        self.lists.push(members.into());
        ListId(self.lists.len() - 1)
    }
}

/// `SERVICE:NAME` in two.
fn split_name(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or(("", text))
}

/// The parser's message without the position, which the error states itself.
fn strip_position(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}

/// An object of the file, and where it stands.
struct Entry<'a> {
    members: &'a [(String, Json)],
    pointer: String,
}

impl<'a> Entry<'a> {
    fn new(json: &'a Json, pointer: String) -> Result<Self, CatalogueError> {
        match json.as_object() {
            Some(members) => Ok(Self { members, pointer }),
            None => Err(CatalogueError::field(&pointer, json.kind(), "an object")),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Json> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Refuses members with other names, which are misspelt more often than not.
    fn allow(&self, names: &[&str]) -> Result<(), CatalogueError> {
        match self.members.iter().find(|(member, _)| !names.contains(&member.as_str())) {
            None => Ok(()),
            Some((member, _)) => {
                let expected = format!("one of the members `{}`", names.join("`, `"));
                Err(CatalogueError::field(&self.pointer, format!("`{member}`"), expected))
            }
        }
    }

    fn wrong(&self, name: &str, found: &str, expected: &str) -> CatalogueError {
        CatalogueError::field(&pointer_push(&self.pointer, name), format!("`{found}`"), expected)
    }

    fn text(&self, name: &str) -> Result<&'a str, CatalogueError> {
        let value = self.get(name);
        value.and_then(Json::as_str).ok_or_else(|| {
            let found = value.map_or("nothing", Json::kind);
            CatalogueError::field(&pointer_push(&self.pointer, name), found, "a string")
        })
    }

    /// The `name` member: ASCII, with a prefix before its first colon.
    fn prefixed_name(&self, expected: &str) -> Result<&'a str, CatalogueError> {
        let name = self.text("name")?;
        let (prefix, rest) = split_name(name);
        let plain = name.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'?');
        if prefix.is_empty() || rest.is_empty() || !plain {
            return Err(self.wrong("name", name, expected));
        }
        Ok(name)
    }

    fn flag(&self, name: &str) -> Result<bool, CatalogueError> {
        match self.get(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| {
                CatalogueError::field(&pointer_push(&self.pointer, name), value.kind(), "`true` or `false`")
            }),
        }
    }

    /// The elements of an array member and their pointers; none where the member is missing.
    fn items(&self, name: &str) -> Result<Vec<(&'a Json, String)>, CatalogueError> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let pointer = pointer_push(&self.pointer, name);
        let items =
            value.as_array().ok_or_else(|| CatalogueError::field(&pointer, value.kind(), "an array"))?;
        let at = |(index, item): (usize, &'a Json)| (item, pointer_push(&pointer, &index.to_string()));
        Ok(items.iter().enumerate().map(at).collect())
    }

    fn entries(&self, name: &str) -> Result<Vec<Entry<'a>>, CatalogueError> {
        self.items(name)?.into_iter().map(|(item, pointer)| Entry::new(item, pointer)).collect()
    }

    fn texts(&self, name: &str) -> Result<Vec<(&'a str, String)>, CatalogueError> {
        let text = |(item, pointer): (&'a Json, String)| match item.as_str() {
            Some(text) => Ok((text, pointer)),
            None => Err(CatalogueError::field(&pointer, item.kind(), "a string")),
        };
        self.items(name)?.into_iter().map(text).collect()
    }
}
