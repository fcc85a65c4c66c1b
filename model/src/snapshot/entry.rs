//! One object of a file, read member by member: a fault in one member leaves the others usable.

use super::documents::read_document;
use super::files::{ENTITY_VALUES, not_json, problem};
use super::raw::split_faulty_object;
use crate::account::Tags;
use crate::assumption::unknown_document;
use crate::json::{Json, pointer_push};
use crate::policy::{Document, Source};
use crate::policy_parse::DocumentKind;
use crate::problem::Problem;
use std::sync::Arc;

/// Elements of a list within an entry; IAM's quotas are some dozens.
const ELEMENTS: usize = 10_000;

/// A member of an entry.
pub(super) enum Member<'a> {
    /// It isn't there, or is `null`.
    Absent,
    /// It is there but can't be read; the problem is recorded.
    Unreadable,
    /// Its value.
    Value(&'a Json),
}

/// An object of a file with its place and the problems met in it.
pub(super) struct Entry {
    file: Arc<str>,
    pointer: String,
    members: Vec<(String, Option<Json>)>,
    /// Parts that are whole files of their own: pointers and files.
    homes: Vec<(&'static str, Arc<str>)>,
    /// The problems met so far.
    pub(super) problems: Vec<Problem>,
}

impl Entry {
    /// Reads an object from its text. Where the whole is faulty, each member is tried alone.
    pub(super) fn from_text(file: &Arc<str>, pointer: String, text: &str) -> Self {
        match Json::parse_within(text, ENTITY_VALUES) {
            Ok(json) => Self::from_json(file, pointer, json),
            Err(error) => Self::salvage(file, pointer, text, &error),
        }
    }

    fn empty(file: &Arc<str>, pointer: String) -> Self {
        Self { file: file.clone(), pointer, members: Vec::new(), homes: Vec::new(), problems: Vec::new() }
    }

    /// An object put together from several files.
    pub(super) fn from_files(
        file: &Arc<str>,
        members: Vec<(String, Option<Json>)>,
        homes: Vec<(&'static str, Arc<str>)>,
        problems: Vec<Problem>,
    ) -> Self {
        Self { members, homes, problems, ..Self::empty(file, String::new()) }
    }

    /// Says that a part of the object is the whole of a file.
    pub(super) fn with_home(mut self, pointer: &'static str, file: &Arc<str>) -> Self {
        self.homes.push((pointer, file.clone()));
        self
    }

    /// An object within this one.
    pub(super) fn nested(&self, pointer: &str, json: Json) -> Self {
        let (file, at) = self.home(pointer);
        // Within a file of its own nothing lies elsewhere; otherwise the parts' places still hold.
        let homes = if at == pointer { self.homes.clone() } else { Vec::new() };
        Self { homes, ..Self::from_json(&file, at, json) }
    }

    /// The file and pointer where something of this object really stands.
    fn home(&self, pointer: &str) -> (Arc<str>, String) {
        for (part, file) in &self.homes {
            if let Some(rest) = pointer.strip_prefix(part).filter(|r| r.is_empty() || r.starts_with('/')) {
                return (file.clone(), rest.to_owned());
            }
        }
        (self.file.clone(), pointer.to_owned())
    }

    /// Takes an object that is already JSON.
    pub(super) fn from_json(file: &Arc<str>, pointer: String, json: Json) -> Self {
        let mut entry = Self::empty(file, pointer);
        match json {
            Json::Object(members) => {
                entry.members = members.into_iter().map(|(k, v)| (k, Some(v))).collect();
            }
            other => entry.problems.push(*problem(file, &entry.pointer, other.kind(), "an object")),
        }
        entry
    }

    fn salvage(file: &Arc<str>, pointer: String, text: &str, error: &serde_json::Error) -> Self {
        let mut entry = Self::empty(file, pointer);
        let Ok(members) = split_faulty_object(text) else {
            entry.problems.push(*not_json(file, &entry.pointer, error));
            return entry;
        };
        for (key, raw) in members {
            let here = pointer_push(&entry.pointer, &key);
            if let Some((_, earlier)) = entry.members.iter_mut().find(|(k, _)| *k == key) {
                *earlier = None;
                let found = format!("duplicate key `{key}`");
                entry.problems.push(*problem(file, &here, found, "each key once"));
                continue;
            }
            let value = Json::parse_within(raw.get(), ENTITY_VALUES)
                .map_err(|e| entry.problems.push(*not_json(file, &here, &e)))
                .ok();
            entry.members.push((key, value));
        }
        entry
    }

    pub(super) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The pointer of a member.
    pub(super) fn at(&self, key: &str) -> String {
        pointer_push(&self.pointer, key)
    }

    pub(super) fn member(&self, key: &str) -> Member<'_> {
        match self.members.iter().find(|(k, _)| k == key) {
            None | Some((_, Some(Json::Null))) => Member::Absent,
            Some((_, None)) => Member::Unreadable,
            Some((_, Some(value))) => Member::Value(value),
        }
    }

    /// Records a problem at a pointer of the file.
    pub(super) fn report(&mut self, pointer: &str, found: impl Into<String>, expected: &str) {
        let (file, pointer) = self.home(pointer);
        self.problems.push(*problem(&file, &pointer, found, expected));
    }

    /// A text that may be absent; another type is a problem.
    pub(super) fn optional_text(&mut self, key: &str) -> Option<Arc<str>> {
        let found = match self.member(key) {
            Member::Value(Json::String(s)) => return Some(s.as_str().into()),
            Member::Value(other) => other.kind(),
            Member::Absent | Member::Unreadable => return None,
        };
        self.report(&self.at(key), found, "a string");
        None
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &str) -> Option<Arc<str>> {
        if matches!(self.member(key), Member::Absent) {
            self.report(&self.at(key), "nothing", "a string");
        }
        self.optional_text(key)
    }

    /// The elements of a list; an absent list is empty, `None` is one that can't be read.
    pub(super) fn list(&mut self, key: &str) -> Option<Vec<Json>> {
        let found = match self.take(key) {
            Some(Some(Json::Array(items))) if items.len() > ELEMENTS => {
                let found = format!("{} elements given", items.len());
                self.report(&self.at(key), found, &format!("at most the limit of {ELEMENTS}"));
                return None;
            }
            Some(Some(Json::Array(items))) => return Some(items),
            None | Some(Some(Json::Null)) => return Some(Vec::new()),
            Some(None) => return None,
            Some(Some(other)) => other.kind(),
        };
        self.report(&self.at(key), found, "a list");
        None
    }

    fn take(&mut self, key: &str) -> Option<Option<Json>> {
        self.members.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v.take())
    }

    /// Tags as `[{Key, Value}]`; `None` where they can't be read.
    pub(super) fn tags(&mut self, key: &str) -> Option<Tags> {
        let items = self.list(key)?;
        let mut tags = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            match super::tags::parse_tag(item) {
                Some(tag) => tags.push(tag),
                None => {
                    let here = format!("{}/{i}", self.at(key));
                    self.report(&here, item.kind(), "an object with Key and Value");
                    return None;
                }
            }
        }
        Some(tags)
    }

    /// A policy document at a member; absent or unreadable gives the unknown document.
    pub(super) fn document(&mut self, key: &str, name: &str, kind: DocumentKind) -> Arc<Document> {
        let pointer = self.at(key);
        match self.take(key) {
            Some(Some(json)) => self.parse_document(&json, &pointer, name, kind),
            Some(None) => self.unknown(&pointer, name, kind),
            None => {
                self.report(&pointer, "nothing", "a policy document");
                self.unknown(&pointer, name, kind)
            }
        }
    }

    /// A policy document that stands at a pointer; one that can't be read becomes the unknown document.
    pub(super) fn parse_document(
        &mut self,
        json: &Json,
        pointer: &str,
        name: &str,
        kind: DocumentKind,
    ) -> Arc<Document> {
        let source = self.source(pointer, name);
        match read_document(json, kind, source) {
            Ok((document, warnings)) => {
                self.problems.extend(warnings);
                Arc::new(document)
            }
            Err(problem) => {
                self.problems.push(*problem);
                self.unknown(pointer, name, kind)
            }
        }
    }

    /// The unknown document in place of the one at a pointer.
    pub(super) fn unknown(&self, pointer: &str, name: &str, kind: DocumentKind) -> Arc<Document> {
        Arc::new(unknown_document(self.source(pointer, name), kind))
    }

    fn source(&self, pointer: &str, name: &str) -> Source {
        let (file, pointer) = self.home(pointer);
        Source { policy: name.into(), file, pointer: pointer.into() }
    }
}
