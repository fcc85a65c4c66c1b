//! Reading primitives; what a file may not say is refused by place and reason.

use super::Primitive;
use super::check::check_primitive;
use gateproof_model::catalogue::Catalogue;
use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/primitives");

/// Why a file is no primitive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PrimitiveError {
    /// The file.
    pub file: String,
    /// Reason, line and column.
    pub reason: String,
}

/// Reads one file, whose name without `.yaml` is the primitive's id.
///
/// # Errors
/// Where it is not of the format, binds not what it names, or names actions, resources and context keys that don't go
/// together.
pub fn parse_primitive(file: &str, text: &str) -> Result<Primitive, PrimitiveError> {
    let refuse = |reason: String| PrimitiveError { file: file.to_owned(), reason };
    let read = serde_saphyr::from_str::<Primitive>(text);
    let primitive = read.map_err(|e| refuse(e.without_snippet().to_string()))?;
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = name.strip_suffix(".yaml").unwrap_or(name);
    let checked = check_primitive(name, &primitive, Catalogue::embedded());
    checked.map_err(|complaint| refuse(format!("{} at {}", complaint.reason, place(text, &complaint.at))))?;
    Ok(primitive)
}

/// Where a text stands in a file first, counted from 1; the beginning if nowhere.
fn place(text: &str, at: &str) -> String {
    for (index, line) in text.lines().enumerate() {
        if let Some((before, _)) = line.split_once(at) {
            return format!("line {}, column {}", index + 1, before.chars().count() + 1);
        }
    }
    "line 1, column 1".to_owned()
}

/// The primitives that come with gateproof, by id.
///
/// # Errors
/// Never, as the tests show: the files are read when the program is made.
pub fn embedded() -> Result<&'static [Primitive], PrimitiveError> {
    static READ: LazyLock<Result<Vec<Primitive>, PrimitiveError>> = LazyLock::new(|| {
        let mut read = Vec::new();
        for file in FILES.files() {
            let name = file.path().to_string_lossy();
            let Some(text) = file.contents_utf8().filter(|_| name.ends_with(".yaml")) else { continue };
            read.push(parse_primitive(&name, text)?);
        }
        read.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(read)
    });
    READ.as_ref().map(Vec::as_slice).map_err(Clone::clone)
}
