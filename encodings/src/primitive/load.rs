//! Reading primitives; what a file may not say is refused by place and reason.

use super::Primitive;
use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/primitives");

/// Why a file is no primitive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PrimitiveError {
    /// The file.
    pub file: String,
    /// Place and reason.
    pub reason: String,
}

/// Reads one file.
///
/// # Errors
/// Where it is not of the format.
pub fn parse_primitive(file: &str, text: &str) -> Result<Primitive, PrimitiveError> {
    serde_saphyr::from_str(text).map_err(|e| PrimitiveError { file: file.to_owned(), reason: e.to_string() })
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
