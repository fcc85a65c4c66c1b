//! Files of the snapshot that are given anew, or patched, before anything is read of them.

use super::Layout;
use super::patch::patched;
use crate::configuration::collection;
use crate::json::Json;
use crate::overlay::{FileChange, FileEdit, OverlayError};
use crate::snapshot::errors::ERRORS_FILE;
use crate::snapshot::files::{FileEdits, Files};
use crate::snapshot::index::Index;
use crate::snapshot::notes::Notes;
use crate::snapshot::resources::RESOURCE_POLICIES_FILE;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// The texts that stand for the files; changes to one file are made one after the other.
pub(super) fn given_files(
    files: &Files,
    layout: &Layout,
    changes: &[FileChange],
) -> Result<FileEdits, OverlayError> {
    let mut given: BTreeMap<&str, Json> = BTreeMap::new();
    for FileChange { path, edit } in changes {
        must_be_within(path)?;
        let is_there = given.contains_key(path.as_str()) || files.exists(path);
        if is_there && !given.contains_key(path.as_str()) {
            // A link that leaves the snapshot is refused.
            files.resolve(path)?;
        }
        let may_be_new = *layout == Layout::Calls && matches!(edit, FileEdit::Whole(_));
        if !is_there && !may_be_new {
            return Err(OverlayError::missing(path, "a file of the snapshot"));
        }
        let json = match edit {
            FileEdit::Whole(new) => new.json.clone(),
            FileEdit::Patch(patch) => {
                let before = given.remove(path.as_str()).map_or_else(|| files.read_json(path), Ok)?;
                patched(path, &before, patch)?
            }
        };
        given.insert(path, json);
    }
    let texts = given.iter().map(|(path, json)| ((*path).to_owned(), json.to_string()));
    let edits = FileEdits { texts: texts.collect(), ..FileEdits::default() };
    must_be_read(files, layout, &edits)?;
    Ok(edits)
}

/// Whether a path names something in the snapshot, in the one way in which its files are named.
fn must_be_within(path: &str) -> Result<(), OverlayError> {
    let plain = |part: &str| matches!(Path::new(part).components().next(), Some(Component::Normal(_)));
    match path.split('/').all(plain) {
        true => Ok(()),
        false => {
            Err(OverlayError::unfit(path, "found no path within the snapshot, expected one from its root"))
        }
    }
}

/// A file in a place that nothing is read from, or of a call that nobody reads, would change nothing.
fn must_be_read(files: &Files, layout: &Layout, edits: &FileEdits) -> Result<(), OverlayError> {
    let index = match layout {
        Layout::Calls => Index::build(&files.clone().edited(edits.clone()), &mut Notes::default()),
        Layout::LoneFile(_) | Layout::IamCollect => Index::default(),
    };
    for path in edits.texts.keys() {
        let is_read = match layout {
            Layout::Calls if [ERRORS_FILE, RESOURCE_POLICIES_FILE].contains(&path.as_str()) => true,
            Layout::Calls => match index.operation_of(path) {
                Some((service, operation)) => {
                    must_be_called(service, operation).map_err(|why| OverlayError::unfit(path, why))?;
                    true
                }
                None => false,
            },
            Layout::LoneFile(name) => **path == **name,
            Layout::IamCollect => path.ends_with(".json"),
        };
        if !is_read {
            let why = "nothing is read from there, expected accounts/ACCOUNT/REGION/SERVICE/OPERATION.json, \
                       …/OPERATION/NAME.json, organization/OPERATION.json, or the like";
            return Err(OverlayError::unfit(path, why));
        }
    }
    Ok(())
}

/// Whether some call's output is read, by the names that the AWS CLI has.
fn must_be_called(service: &str, operation: &str) -> Result<(), String> {
    let collection = collection().map_err(|error| error.to_string())?;
    match collection.reads(service, operation) {
        true => Ok(()),
        false => Err(format!("no output of `aws {service} {operation}` is read")),
    }
}
