//! Where something stands in a file of properties, and how it is shown.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_saphyr::Location;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The bytes.
    range: Range<usize>,
}

impl Place {
    /// The place of what YAML calls a location.
    pub(super) fn of(location: Location) -> Self {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let start = location.span().byte_offset().map_or(0, number);
        let length = location.span().byte_len().map_or(0, number);
        let (line, column) = (number(location.line()).max(1), number(location.column()).max(1));
        Self { line, column, range: start..start.saturating_add(length) }
    }
}

/// A file of properties as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// Its name, as messages have it.
    pub name: Arc<str>,
    pub text: Arc<str>,
}

impl Source {
    /// What is wrong at a place.
    pub fn wrong(&self, place: &Place, message: impl Into<String>) -> FileError {
        let Place { line, column, range } = place.clone();
        FileError { source: self.clone(), line, column, range, message: message.into() }
    }

    /// The bytes of a place: of its first line only, and something that can be marked.
    fn marked(&self, range: &Range<usize>) -> Range<usize> {
        let text = &*self.text;
        let inside =
            |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (start, end) = (inside(range.start), inside(range.end));
        let rest = text.get(start..end).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let length =
            line.len().max(text.get(start..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8));
        start..start + length
    }
}

/// What is wrong with a file of properties, with the place and the lines around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    source: Source,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    range: Range<usize>,
    /// What was found, and what was expected.
    pub message: String,
}

impl std::error::Error for FileError {}

/// The message, the place, and the line with a mark under what is meant.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = AnnotationKind::Primary.span(self.source.marked(&self.range));
        let snippet = Snippet::source(&*self.source.text).path(&*self.source.name).annotation(mark);
        let report = [Level::ERROR.no_name().primary_title(&*self.message).element(snippet)];
        f.write_str(&Renderer::plain().render(&report))
    }
}
