//! Policy documents of bounded size.

use super::files::problem;
use crate::json::Json;
use crate::policy::{Document, Source};
use crate::policy_parse::{DocumentKind, parse_document};
use crate::problem::Problem;

/// Characters of one document; AWS's own limits lie between 2 and 100 thousand.
const CHARACTERS: usize = 1_000_000;

/// Warnings of one document that are told of.
const WARNINGS: usize = 10;

/// Reads a document, unless it is larger than any that AWS takes.
pub(super) fn read_document(
    json: &Json,
    kind: DocumentKind,
    source: Source,
) -> Result<(Document, Vec<Problem>), Box<Problem>> {
    let size = size_of(json);
    if size > CHARACTERS {
        let expected = format!("at most the limit of {CHARACTERS} bytes");
        return Err(problem(&source.file, &source.pointer, format!("{size} bytes given"), &expected));
    }
    let (document, mut warnings) = parse_document(json, kind, source)?;
    warnings.truncate(WARNINGS);
    Ok((document, warnings))
}

/// The size of a value's texts and of what holds them, roughly as they would be written.
fn size_of(json: &Json) -> usize {
    match json {
        Json::Null | Json::Bool(_) => 4,
        Json::Number(text) | Json::String(text) => text.len() + 2,
        Json::Array(items) => items.iter().map(|item| size_of(item) + 1).sum::<usize>() + 2,
        Json::Object(members) => {
            members.iter().map(|(key, value)| key.len() + size_of(value) + 4).sum::<usize>() + 2
        }
    }
}
