//! The files of a snapshot while they are being changed, as JSON.

use super::Layout;
use crate::json::Json;
use crate::overlay::OverlayError;
use crate::snapshot::Snapshot;
use crate::snapshot::files::{FileEdits, Files};
use crate::snapshot::index::Index;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What stands in the place of something taken out until all changes are made, so that places keep their pointers.
const TOMBSTONE: &str = "\u{F8FF}taken out";

/// Files as JSON, with what they were before.
pub(super) struct Edits<'a> {
    pub(super) base: &'a Snapshot,
    pub(super) files: &'a Files,
    pub(super) index: &'a Index,
    pub(super) layout: Layout,
    json: BTreeMap<Arc<str>, Json>,
    deleted: BTreeSet<Arc<str>>,
    /// Where the policies of resources stand that were put somewhere, or were taken away.
    pub(super) policies: BTreeMap<String, Option<(String, String)>>,
    /// The ARNs of resources that are gone.
    pub(super) gone: Vec<String>,
    /// The folders of entities that an iam-collect directory gets, by ARN.
    pub(super) folders: BTreeMap<String, String>,
}

impl<'a> Edits<'a> {
    pub(super) fn new(base: &'a Snapshot, files: &'a Files, index: &'a Index, layout: Layout) -> Self {
        Self {
            base,
            files,
            index,
            layout,
            json: BTreeMap::new(),
            deleted: BTreeSet::new(),
            policies: BTreeMap::new(),
            gone: Vec::new(),
            folders: BTreeMap::new(),
        }
    }

    /// Whether a file is there after the changes made so far.
    pub(super) fn exists(&self, file: &str) -> bool {
        self.json.contains_key(file) || (!self.deleted.contains(file) && self.files.exists(file))
    }

    /// A file's content, to be read or changed.
    pub(super) fn json(&mut self, file: &str) -> Result<&mut Json, OverlayError> {
        if !self.json.contains_key(file) {
            let read = self.files.read_json(file)?;
            self.json.insert(file.into(), read);
        }
        self.json.get_mut(file).ok_or_else(|| OverlayError::missing(file, "a file of the snapshot"))
    }

    /// Makes this a file's content.
    pub(super) fn write(&mut self, file: &str, json: Json) {
        self.deleted.remove(file);
        self.json.insert(file.into(), json);
    }

    /// Takes a file away.
    pub(super) fn delete(&mut self, file: &str) {
        self.json.remove(file);
        self.deleted.insert(file.into());
    }

    /// The file's content as of a pointer.
    pub(super) fn at(&mut self, file: &str, pointer: &str) -> Result<&mut Json, OverlayError> {
        let place = format!("{file}#{pointer}");
        let found = self.json(file)?.at_mut(pointer);
        found.ok_or_else(|| OverlayError::missing(&place, "what the snapshot told of"))
    }

    /// Takes out what stands at a pointer.
    pub(super) fn take_out(&mut self, file: &str, pointer: &str) -> Result<(), OverlayError> {
        *self.at(file, pointer)? = Json::String(TOMBSTONE.to_owned());
        Ok(())
    }

    /// The texts that stand for the changed files.
    pub(super) fn finish(&mut self) -> FileEdits {
        let texts = std::mem::take(&mut self.json).into_iter().map(|(file, mut json)| {
            bury(&mut json);
            (file.to_string(), json.to_string())
        });
        FileEdits { texts: texts.collect(), gone: self.deleted.iter().map(|file| file.to_string()).collect() }
    }
}

/// Whether something was taken out.
pub(super) fn is_taken_out(json: &Json) -> bool {
    json.as_str() == Some(TOMBSTONE)
}

fn bury(json: &mut Json) {
    match json {
        Json::Array(items) => {
            items.retain(|item| !is_taken_out(item));
            items.iter_mut().for_each(bury);
        }
        Json::Object(members) => {
            members.retain(|(_, value)| !is_taken_out(value));
            members.iter_mut().for_each(|(_, value)| bury(value));
        }
        _ => {}
    }
}
