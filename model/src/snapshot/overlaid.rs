//! Loading a snapshot as it would be after changes.
//!
//! Files that are given anew or patched come first. The snapshot is read with them; the other changes are made to the JSON of its
//! files, found by what was read; then it is read again, with the changed texts in place of the files.

mod controls;
mod edits;
mod entities;
mod given;
mod named;
mod outputs;
mod patch;
mod principals;
mod removal;
mod resources;
mod statements;

use super::files::{FileEdits, Files};
use super::iam_collect::is_iam_collect;
use super::index::Index;
use super::load::load_edited;
use super::notes::Notes;
use super::{LoadError, LoadOptions, Snapshot};
use crate::json::Json;
use crate::overlay::cloudformation::{Exports, translate};
use crate::overlay::terraform::translate_plan;
use crate::overlay::{Change, Holder, OutputOf, Overlay, OverlayError, Translation};
use edits::Edits;
use given::given_files;
use std::path::Path;
use std::sync::Arc;

/// The forms of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Layout {
    /// A directory named after calls.
    Calls,
    /// A lone file of this name.
    LoneFile(Arc<str>),
    /// A directory of iam-collect.
    IamCollect,
}

/// See [`Snapshot::load_with`].
pub(super) fn load_with(
    path: &Path,
    overlay: &Overlay,
    options: &LoadOptions<'_>,
) -> Result<Snapshot, LoadError> {
    if overlay.is_empty() {
        return Snapshot::load(path, options);
    }
    let (files, layout) = open(path, options)?;
    let given = given_files(&files, &layout, &overlay.files)?;
    let base = load_edited(path, options, given.clone())?;
    if overlay.stacks.is_empty() && overlay.plans.is_empty() && overlay.changes.is_empty() {
        return Ok(base);
    }
    let (edits, gone, deployed) = edit(&base, overlay, files.edited(given.clone()), layout)?;
    let mut snapshot = load_edited(path, options, given.then(edits))?;
    snapshot.deploy(deployed);
    if let Some(still) = gone.iter().find(|arn| snapshot.resource(arn).is_some()) {
        let why = "files of the snapshot tell of it in a way that it can't be taken out of";
        return Err(OverlayError::unfit(still, why).into());
    }
    Ok(snapshot)
}

/// See [`Snapshot::document`].
pub(super) fn document(
    path: &Path,
    base: &Snapshot,
    holder: &Holder,
    options: &LoadOptions<'_>,
) -> Result<Json, LoadError> {
    let (files, layout) = reopen(path, base, options)?;
    Ok(edits(base, files, layout, |edits| edits.document(holder))?)
}

/// See [`Snapshot::outputs`].
pub(super) fn outputs(
    path: &Path,
    base: &Snapshot,
    (service, operation): (&str, &str),
    options: &LoadOptions<'_>,
) -> Result<Vec<(OutputOf, Option<String>, Json)>, LoadError> {
    let (files, layout) = reopen(path, base, options)?;
    Ok(edits(base, files, layout, |edits| edits.outputs(service, operation))?)
}

/// The files as they would be, the resources that would be gone, and what is to be told of what is deployed.
fn edit(
    base: &Snapshot,
    overlay: &Overlay,
    files: Files,
    layout: Layout,
) -> Result<(FileEdits, Vec<String>, Translation), OverlayError> {
    let made = |edits: &mut Edits<'_>| {
        let deployed = deploy(edits, base, overlay)?;
        overlay.changes.iter().try_for_each(|change| make(edits, change))?;
        let gone = std::mem::take(&mut edits.gone);
        Ok((edits.finish(), gone, deployed))
    };
    edits(base, files, layout, made)
}

/// Makes the changes of stacks and plans.
fn deploy(edits: &mut Edits<'_>, base: &Snapshot, overlay: &Overlay) -> Result<Translation, OverlayError> {
    let (mut deployed, mut exports) = (Translation::default(), Exports::new());
    let stacks = overlay.stacks.iter().map(|stack| translate(stack, base, &mut exports));
    let mut translated: Vec<Translation> = stacks.collect();
    translated.extend(overlay.plans.iter().map(|plan| translate_plan(plan, base)));
    for found in translated {
        found.changes.iter().try_for_each(|change| make(edits, change))?;
        deployed.notes.extend(found.notes);
        deployed.assumptions.extend(found.assumptions);
        deployed.blind_spots.extend(found.blind_spots);
    }
    Ok(deployed)
}

/// The files of a snapshot, and its form.
fn open(path: &Path, options: &LoadOptions<'_>) -> Result<(Files, Layout), LoadError> {
    let shown = path.display().to_string();
    let unreadable = |e: std::io::Error| LoadError::Unreadable { path: shown.clone(), reason: e.to_string() };
    let root = std::fs::canonicalize(path).map_err(unreadable)?;
    if root.is_dir() {
        let files = Files::new(root, options.file_limit);
        let layout = if is_iam_collect(&files) { Layout::IamCollect } else { Layout::Calls };
        return Ok((files, layout));
    }
    let name = root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = root.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok((Files::new(folder, options.file_limit), Layout::LoneFile(name.into())))
}

/// The same as a snapshot was read from, which may have been changed.
fn reopen(path: &Path, base: &Snapshot, options: &LoadOptions<'_>) -> Result<(Files, Layout), LoadError> {
    let (files, layout) = open(path, options)?;
    Ok((base.directory.as_deref().map_or(files, |(files, _)| files.clone()), layout))
}

fn edits<T>(
    base: &Snapshot,
    files: Files,
    layout: Layout,
    act: impl FnOnce(&mut Edits<'_>) -> Result<T, OverlayError>,
) -> Result<T, OverlayError> {
    let index = match layout {
        Layout::Calls => Index::build(&files, &mut Notes::default()),
        Layout::LoneFile(_) | Layout::IamCollect => Index::default(),
    };
    let mut edits = Edits::new(base, &files, &index, layout);
    act(&mut edits)
}

/// Makes one change.
fn make(edits: &mut Edits<'_>, change: &Change) -> Result<(), OverlayError> {
    match change {
        Change::Document { holder, document } => {
            let document = document.as_ref();
            match holder {
                Holder::Managed(policy) => edits.put_managed(policy, document),
                Holder::Inline { principal, name } => edits.put_inline(principal, name, document),
                Holder::Trust(role) => edits.put_trust(role, document),
                Holder::Resource(resource) => edits.put_resource_policy(resource, document),
                Holder::NewResource { arn, account } => edits.put_policy_of(arn, account, document),
                Holder::Control(policy) => edits.put_control(policy, document),
            }
        }
        Change::WithStatement { arn, account, statement } => edits.put_statement(arn, account, statement),
        Change::WithoutStatement { holder, statement } => edits.remove_statement(holder, statement),
        Change::Boundary { principal, policy } => edits.put_boundary(principal, policy.as_deref()),
        Change::Attached { principal, policy, attached } => edits.attach(principal, policy, *attached),
        Change::Member { user, group, member } => edits.set_member(user, group, *member),
        Change::ControlTarget { policy, target, attached } => edits.bind_control(policy, target, *attached),
        Change::Gone { what } => edits.remove(what),
        Change::Entity { json } => edits.put_entity(json),
        Change::Output { call, name, json } => edits.put_output(call, name, json),
        Change::Listed { call, list, key, item, describes } => {
            edits.put_listed(call, list, key, item, *describes)
        }
    }
}
