//! Which service and resource control policies are attached where, with their documents.

use super::tree::Tree;
use super::{outputs, refusal};
use crate::assumption::unknown_document;
use crate::json::Json;
use crate::policy::{Document, Source};
use crate::policy_parse::{DocumentKind, parse_document};
use crate::snapshot::collected::{Collected, Output};
use crate::snapshot::documents::read_document;
use crate::snapshot::errors::Verdict;
use crate::snapshot::files::problem;
use crate::snapshot::notes::Notes;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The two kinds of control policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ControlKind {
    /// SCPs.
    Service,
    /// RCPs.
    Resource,
}

impl ControlKind {
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Service => "SERVICE_CONTROL_POLICY",
            Self::Resource => "RESOURCE_CONTROL_POLICY",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Service, Self::Resource].into_iter().find(|k| k.type_name() == name)
    }

    fn document_kind(self) -> DocumentKind {
        match self {
            Self::Service => DocumentKind::Identity,
            Self::Resource => DocumentKind::Resource,
        }
    }

    /// The policy that AWS attaches everywhere, which allows everything.
    fn full_access(self) -> (&'static str, &'static str) {
        match self {
            Self::Service => (
                "p-FullAWSAccess",
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
            ),
            Self::Resource => (
                "p-RCPFullAWSAccess",
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#,
            ),
        }
    }
}

/// The document of control policies that nobody could read.
pub(super) fn unknown(kind: ControlKind, what: &str) -> Arc<Document> {
    unknown_at(kind, what, "organization", "")
}

fn unknown_at(kind: ControlKind, what: &str, file: &str, pointer: &str) -> Arc<Document> {
    let source = Source { policy: what.into(), file: file.into(), pointer: pointer.into() };
    Arc::new(unknown_document(source, kind.document_kind()))
}

/// Attachments by kind and target.
#[derive(Default)]
pub(super) struct Attachments {
    enabled: BTreeMap<ControlKind, bool>,
    attached: BTreeMap<(ControlKind, Arc<str>), Vec<Arc<Document>>>,
    policies: BTreeMap<Arc<str>, (ControlKind, Arc<Document>)>,
    types: BTreeMap<Arc<str>, ControlKind>,
}

impl Attachments {
    pub(super) fn read(collected: &Collected<'_>, tree: &Tree, notes: &mut Notes) -> Self {
        let mut this = Self::default();
        for kind in [ControlKind::Service, ControlKind::Resource] {
            if tree.billing_only {
                this.enabled.insert(kind, false);
            } else if let Some(types) = &tree.policy_types {
                this.enabled.insert(kind, types.get(kind.type_name()) == Some(&true));
            }
        }
        this.read_types(collected, notes);
        for output in outputs(collected, "describe-policy", notes) {
            this.read_policy(&output, notes);
        }
        for output in outputs(collected, "list-policies-for-target", notes) {
            this.read_target(&output, notes);
        }
        for node in tree.nodes.values() {
            if refusal(collected, "list-policies-for-target", &node.id) == Some(Verdict::Refused) {
                for kind in [ControlKind::Service, ControlKind::Resource] {
                    let what = format!("policies of type {} attached to {}", kind.type_name(), node.id);
                    let key = (kind, node.id.clone());
                    this.attached
                        .entry(key)
                        .or_insert_with(|| vec![unknown_at(kind, &what, "errors.json", "")]);
                }
            }
        }
        this
    }

    /// Whether a kind of policy is in force, where the roots tell.
    pub(super) fn enabled(&self, kind: ControlKind) -> Option<bool> {
        self.enabled.get(&kind).copied()
    }

    /// The policies attached to a target; `None` where they were never collected.
    pub(super) fn of(&self, kind: ControlKind, target: &Arc<str>) -> Option<&Vec<Arc<Document>>> {
        self.attached.get(&(kind, target.clone()))
    }

    fn read_types(&mut self, collected: &Collected<'_>, notes: &mut Notes) {
        for output in outputs(collected, "list-policies", notes) {
            let items = output.json.as_ref().and_then(|j| j.get("Policies")).and_then(Json::as_array);
            for item in items.unwrap_or_default() {
                if let (Some(id), Some(kind)) =
                    (text(item, "Id"), text(item, "Type").and_then(ControlKind::parse))
                {
                    self.types.insert(id.into(), kind);
                }
            }
        }
    }

    fn read_policy(&mut self, output: &Output, notes: &mut Notes) {
        let policy = output.json.as_ref().and_then(|j| j.get("Policy"));
        let summary = policy.and_then(|p| p.get("PolicySummary"));
        let Some(id) = summary.and_then(|s| text(s, "Id")).or(output.name.as_deref()) else {
            notes.problem(*problem(&output.file, "/Policy/PolicySummary/Id", "nothing", "the policy's id"));
            return;
        };
        let stated = summary.and_then(|s| text(s, "Type"));
        let kind = match stated {
            Some(stated) => ControlKind::parse(stated),
            None => self.types.get(id).copied(),
        };
        let Some(kind) = kind else {
            // Tag, backup and chatbot policies don't take part in authorization.
            if stated.is_none() && output.json.is_some() {
                let at = "/Policy/PolicySummary/Type";
                notes.problem(*problem(&output.file, at, "nothing", "the policy's type"));
            }
            return;
        };
        let title = match summary.and_then(|s| text(s, "Name")) {
            Some(name) => format!("{name} ({id})"),
            None => id.to_owned(),
        };
        let at = if output.whole_file { "" } else { "/Policy/Content" };
        let source = Source { policy: title.as_str().into(), file: output.file.clone(), pointer: at.into() };
        let document = match policy.and_then(|p| p.get("Content")) {
            Some(content) => match read_document(content, kind.document_kind(), source) {
                Ok((document, warnings)) => {
                    notes.problems.extend(warnings);
                    Arc::new(document)
                }
                Err(one) => {
                    notes.problem(*one);
                    unknown_at(kind, &title, &output.file, at)
                }
            },
            None => {
                if output.json.is_some() {
                    notes.problem(*problem(&output.file, at, "nothing", "a policy document"));
                }
                unknown_at(kind, &title, &output.file, at)
            }
        };
        self.policies.insert(id.into(), (kind, document));
    }

    fn read_target(&mut self, output: &Output, notes: &mut Notes) {
        // Collectors may keep the two filters apart as TARGET.TYPE.json; ids hold no dots.
        let Some(target) = output.name.as_deref().and_then(|n| n.split('.').next()) else {
            notes.problem(*problem(
                &output.file,
                "",
                "no target in the name",
                "list-policies-for-target/TARGET.json",
            ));
            return;
        };
        let target: Arc<str> = target.into();
        let items = output.json.as_ref().and_then(|j| j.get("Policies")).and_then(Json::as_array);
        let Some(items) = items else {
            if output.json.is_some() {
                notes.problem(*problem(&output.file, "/Policies", "nothing", "a list"));
            }
            self.unknown_target(&target, &output.file, "/Policies");
            return;
        };
        if items.is_empty() {
            // Without policies a level of an enabled type denies; AWS keeps one attached otherwise.
            for kind in [ControlKind::Service, ControlKind::Resource] {
                if self.enabled(kind) == Some(true) {
                    self.attached.entry((kind, target.clone())).or_default();
                }
            }
        }
        for (i, item) in items.iter().enumerate() {
            let at = format!("/Policies/{i}");
            let id = text(item, "Id");
            let stated = text(item, "Type");
            let known = id.and_then(|id| self.types.get(id).copied().or(Some(self.policies.get(id)?.0)));
            match (id, stated.and_then(ControlKind::parse).or(known)) {
                (Some(id), Some(kind)) => self.attach(kind, &target, id, &output.file, &at),
                (Some(_), None) if stated.is_some() => {}
                _ => {
                    notes.problem(*problem(&output.file, &at, item.kind(), "an object with Id and Type"));
                    self.unknown_target(&target, &output.file, &at);
                }
            }
        }
    }

    fn unknown_target(&mut self, target: &Arc<str>, file: &str, pointer: &str) {
        for kind in [ControlKind::Service, ControlKind::Resource] {
            let what = format!("policies of type {} attached to {target}", kind.type_name());
            let document = unknown_at(kind, &what, file, pointer);
            self.attached.entry((kind, target.clone())).or_default().push(document);
        }
    }

    fn attach(&mut self, kind: ControlKind, target: &Arc<str>, id: &str, file: &str, pointer: &str) {
        let document = match self.policies.get(id) {
            Some((_, document)) => document.clone(),
            None => {
                let (full_id, full_text) = kind.full_access();
                let source = Source { policy: id.into(), file: file.into(), pointer: pointer.into() };
                let full = (id == full_id).then(|| Json::parse(full_text).ok()).flatten();
                let parsed = full.and_then(|f| parse_document(&f, kind.document_kind(), source).ok());
                let document = match parsed {
                    Some((document, _)) => Arc::new(document),
                    None => unknown_at(kind, id, file, pointer),
                };
                self.policies.insert(id.into(), (kind, document.clone()));
                document
            }
        };
        let level = self.attached.entry((kind, target.clone())).or_default();
        if !level.iter().any(|d| Arc::ptr_eq(d, &document)) {
            level.push(document);
        }
    }
}

fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str)
}
