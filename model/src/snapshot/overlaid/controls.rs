//! Changes to service and resource control policies and to what they are attached to.

use super::Layout;
use super::edits::{Edits, is_taken_out};
use super::principals::checked;
use crate::json::Json;
use crate::overlay::{Given, OverlayError};
use crate::policy_parse::DocumentKind;
use crate::snapshot::index::ORGANIZATIONS;

const EXPECTED: &str = "the id or name of a service or resource control policy of the snapshot";

impl Edits<'_> {
    pub(super) fn put_control(&mut self, policy: &str, document: Option<&Given>) -> Result<(), OverlayError> {
        let (file, pointer) = self.control_place(policy)?;
        let Some(given) = document else {
            let why = "a control policy is removed from its targets (ID#target/TARGET), one by one";
            return Err(OverlayError::unfit(policy, why));
        };
        let is_rcp = match self.layout {
            Layout::IamCollect => file.contains("/rcps/"),
            _ => {
                let kind = self.at(&file, "/Policy/PolicySummary")?.get("Type").and_then(Json::as_str);
                kind == Some("RESOURCE_CONTROL_POLICY")
            }
        };
        let kind = if is_rcp { DocumentKind::Resource } else { DocumentKind::Identity };
        let document = checked(given, kind)?;
        let old = self.at(&file, &pointer)?;
        *old = if old.as_str().is_some() { Json::String(document.to_string()) } else { document };
        Ok(())
    }

    /// Where the document of a control policy stands.
    pub(super) fn control_place(&mut self, policy: &str) -> Result<(String, String), OverlayError> {
        if self.layout == Layout::IamCollect {
            return self.collected_control(policy).map(|file| (file, String::new()));
        }
        self.described(policy).map(|(file, _)| (file, "/Policy/Content".to_owned()))
    }

    /// The file of `describe-policy` about a policy, and its summary.
    fn described(&mut self, policy: &str) -> Result<(String, Json), OverlayError> {
        let files = self.index.files("", ORGANIZATIONS, "describe-policy");
        for file in files {
            let summary = self.json(&file.file)?.at("/Policy/PolicySummary").cloned();
            let is =
                |key: &str| summary.as_ref().and_then(|s| s.get(key)).and_then(Json::as_str) == Some(policy);
            if is("Id") || is("Name") || file.name.as_deref() == Some(policy) {
                let mut summary = summary.unwrap_or_else(|| Json::Object(Vec::new()));
                if let (None, Some(name)) = (summary.get("Id"), &file.name) {
                    summary.set("Id", Json::String(name.to_string()));
                }
                return Ok((file.file.to_string(), summary));
            }
        }
        Err(OverlayError::missing(policy, EXPECTED))
    }

    fn collected_control(&self, policy: &str) -> Result<String, OverlayError> {
        let members = self.base.organization().members.values();
        let mut documents = members.flat_map(|m| m.scps.iter().chain(&m.rcps)).flatten();
        let is_it = |title: &str| {
            title == policy
                || title
                    .strip_suffix(')')
                    .and_then(|t| t.rsplit_once(" ("))
                    .is_some_and(|(name, id)| name == policy || id == policy)
        };
        let found = documents.find(|d| is_it(&d.source.policy));
        found.map(|d| d.source.file.to_string()).ok_or_else(|| OverlayError::missing(policy, EXPECTED))
    }

    pub(super) fn bind_control(
        &mut self,
        policy: &str,
        target: &str,
        attached: bool,
    ) -> Result<(), OverlayError> {
        if self.layout != Layout::Calls {
            let why = "only a directory of the outputs of calls can tell what it is attached to";
            return Err(OverlayError::unfit(policy, why));
        }
        let (_, summary) = self.described(policy)?;
        let id = summary.get("Id").and_then(Json::as_str).unwrap_or(policy).to_owned();
        let files = self.index.files("", ORGANIZATIONS, "list-policies-for-target").iter();
        let is_target = |name: &str| name.split('.').next() == Some(target);
        let files: Vec<_> = files.filter(|f| f.name.as_deref().is_some_and(is_target)).collect();
        let mut places = Vec::new();
        for file in &files {
            let items = self.json(&file.file)?.get("Policies").and_then(Json::as_array).unwrap_or_default();
            let own = items.iter().enumerate().filter(|(_, item)| {
                !is_taken_out(item) && item.get("Id").and_then(Json::as_str) == Some(&id)
            });
            places.extend(own.map(|(at, _)| (file.file.clone(), format!("/Policies/{at}"))));
        }
        match (attached, places.is_empty(), files.first()) {
            (_, _, None) => {
                let expected = "a root, unit or account of which list-policies-for-target was collected";
                Err(OverlayError::missing(target, expected))
            }
            (true, false, _) => Ok(()),
            (true, true, Some(file)) => match self.json(&file.file)?.get_mut("Policies") {
                Some(Json::Array(items)) => {
                    items.push(summary);
                    Ok(())
                }
                _ => Err(OverlayError::missing(&format!("{}#/Policies", file.file), "a list")),
            },
            (false, true, _) => {
                let expected = format!("a control policy that is attached to {target}");
                Err(OverlayError::missing(policy, &expected))
            }
            (false, false, _) => places.iter().try_for_each(|(file, at)| self.take_out(file, at)),
        }
    }
}
