//! Which resource an attribute refers to that is known after apply only.

use crate::json::Json;
use std::collections::{BTreeMap, BTreeSet};

/// The expressions of a plan's configuration, and the addresses of its resources.
pub(super) struct References<'a> {
    /// By address without instance keys.
    expressions: BTreeMap<String, &'a Json>,
    /// Addresses of resources by their addresses without instance keys.
    instances: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> References<'a> {
    pub(super) fn of(plan: &'a Json) -> Self {
        let mut this = Self { expressions: BTreeMap::new(), instances: BTreeMap::new() };
        if let Some(root) = plan.get("configuration").and_then(|c| c.get("root_module")) {
            this.read_module(root, "");
        }
        for change in plan.get("resource_changes").and_then(Json::as_array).unwrap_or_default() {
            if let Some(address) = change.get("address").and_then(Json::as_str) {
                this.instances.entry(bare(address)).or_default().insert(address.to_owned());
            }
        }
        this
    }

    fn read_module(&mut self, module: &'a Json, prefix: &str) {
        for resource in module.get("resources").and_then(Json::as_array).unwrap_or_default() {
            let address = resource.get("address").and_then(Json::as_str);
            if let (Some(address), Some(expressions)) = (address, resource.get("expressions")) {
                self.expressions.insert(format!("{prefix}{address}"), expressions);
            }
        }
        for (name, call) in module.get("module_calls").and_then(Json::as_object).unwrap_or_default() {
            if let Some(inner) = call.get("module") {
                self.read_module(inner, &format!("{prefix}module.{name}."));
            }
        }
    }

    /// Whether the configuration of a resource says anything of an attribute.
    pub(super) fn is_set(&self, address: &str, attribute: &str) -> bool {
        self.expressions.get(&bare(address)).is_some_and(|expressions| expressions.get(attribute).is_some())
    }

    /// The resource and attribute that an attribute is, where it refers to one resource alone that has one instance.
    pub(super) fn target(&self, address: &str, attribute: &str) -> Option<(String, String)> {
        let bare_address = bare(address);
        let expression = self.expressions.get(&bare_address)?.get(attribute)?;
        let named = expression.get("references").and_then(Json::as_array)?;
        let prefix = match bare_address.rfind("module.") {
            Some(at) => {
                let end = bare_address.get(at..)?.match_indices('.').nth(1).map(|(i, _)| at + i + 1)?;
                bare_address.get(..end)?
            }
            None => "",
        };
        let mut found: BTreeSet<(&String, String)> = BTreeSet::new();
        for name in named.iter().filter_map(Json::as_str) {
            let whole = bare(&format!("{prefix}{name}"));
            let (resource, attribute) = whole.rsplit_once('.')?;
            if self.instances.contains_key(&whole) {
                continue;
            }
            let instances = self.instances.get(resource)?;
            let mut instances = instances.iter();
            match (instances.next(), instances.next()) {
                (Some(one), None) => found.insert((one, attribute.to_owned())),
                _ => return None,
            };
        }
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some((address, attribute)), None) => Some((address.clone(), attribute)),
            _ => None,
        }
    }
}

/// An address without instance keys: `a.b["x"]` as `a.b`.
fn bare(address: &str) -> String {
    let mut whole = String::new();
    let mut depth = 0_usize;
    for letter in address.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => whole.push(letter),
            _ => {}
        }
    }
    whole
}
