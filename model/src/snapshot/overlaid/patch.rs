//! JSON Patch (RFC 6902) on a file of the snapshot.

use crate::json::Json;
use crate::overlay::{Given, OverlayError};
use crate::snapshot::files::VALUES;
use json_patch::{PatchErrorKind, PatchOperation, patch_unsafe};
use serde_json::Value;

/// Levels of nesting that a text of JSON is read with.
const DEPTH: usize = 127;

/// What a file says after the operations of a patch. Faults name the patch, the operation and the file, and no value of theirs.
pub(super) fn patched(path: &str, before: &Json, patch: &Given) -> Result<Json, OverlayError> {
    let unfit = |why: String| OverlayError::unfit(&patch.file, why);
    let Json::Array(operations) = &patch.json else {
        let kind = patch.json.kind();
        return Err(unfit(format!("found {kind}, expected a JSON Patch (RFC 6902): a list of operations")));
    };
    let mut value = value_of(before).map_err(unfit)?;
    for (number, operation) in operations.iter().enumerate() {
        let place = format!("operation /{number}");
        let operation: PatchOperation = value_of(operation)
            .and_then(|json| serde_json::from_value(json).map_err(|error| error.to_string()))
            .map_err(|error| unfit(format!("{place} is none of a JSON Patch (RFC 6902): {error}")))?;
        let at = format!("{place} ({} at `{}` of {path})", name_of(&operation), operation.path());
        patch_unsafe(&mut value, std::slice::from_ref(&operation))
            .map_err(|error| unfit(format!("{at}: {}", fault(&error.kind))))?;
        if left(&value, DEPTH, VALUES).is_none() {
            let limits = format!("at most {VALUES} values in {DEPTH} levels");
            return Err(unfit(format!("{at}: found a file too large, expected {limits}")));
        }
    }
    Json::parse(&value.to_string()).map_err(|error| unfit(format!("{path} can't be read after it ({error})")))
}

fn value_of(json: &Json) -> Result<Value, String> {
    serde_json::from_str(&json.to_string()).map_err(|error| error.to_string())
}

fn name_of(operation: &PatchOperation) -> &'static str {
    match operation {
        PatchOperation::Add(_) => "add",
        PatchOperation::Remove(_) => "remove",
        PatchOperation::Replace(_) => "replace",
        PatchOperation::Move(_) => "move",
        PatchOperation::Copy(_) => "copy",
        PatchOperation::Test(_) => "test",
    }
}

fn fault(kind: &PatchErrorKind) -> &'static str {
    match kind {
        PatchErrorKind::TestFailed => "found another value than the one expected",
        PatchErrorKind::InvalidFromPointer => "found nothing to take from there",
        PatchErrorKind::InvalidPointer => "found nothing there",
        PatchErrorKind::CannotMoveInsideItself => "found a place within what is moved, expected another",
        _ => "the operation can't be made",
    }
}

/// How many values may still come after those of this one; `None` where there are too many, or levels. Operations that copy would else double
/// a file again and again.
fn left(value: &Value, depth: usize, values: usize) -> Option<usize> {
    let (depth, values) = (depth.checked_sub(1)?, values.checked_sub(1)?);
    match value {
        Value::Array(items) => items.iter().try_fold(values, |values, item| left(item, depth, values)),
        Value::Object(members) => members.values().try_fold(values, |values, item| left(item, depth, values)),
        _ => Some(values),
    }
}
