//! Reading files: inside the snapshot only, of bounded size, valid UTF-8.

use crate::json::Json;
use crate::problem::Problem;
use serde_json::error::Category;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The snapshot's directory and what may be read from it.
#[derive(Debug, Clone)]
pub(super) struct Files {
    root: PathBuf,
    limit: u64,
    edits: Arc<FileEdits>,
}

/// Texts that stand for files of the snapshot, and files that are as good as gone; by path from the snapshot's root.
#[derive(Clone, Default)]
pub(super) struct FileEdits {
    /// What is read in place of a file, or of one that isn't there.
    pub(super) texts: BTreeMap<String, String>,
    /// Files that are taken not to be there.
    pub(super) gone: BTreeSet<String>,
}

impl FileEdits {
    /// These edits, and others after them.
    pub(super) fn then(mut self, later: FileEdits) -> Self {
        self.texts.retain(|path, _| !later.gone.contains(path));
        self.gone.retain(|path| !later.texts.contains_key(path));
        self.texts.extend(later.texts);
        self.gone.extend(later.gone);
        self
    }
}

impl fmt::Debug for FileEdits {
    /// Says nothing of what the texts hold: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileEdits")
    }
}

/// Values of one file: more would take more memory than any honest output needs.
pub(super) const VALUES: usize = 2_000_000;
/// Values of one entity of a file that is read entity by entity; IAM's size limits are far below.
pub(super) const ENTITY_VALUES: usize = 100_000;

/// The result of reading; problems are boxed to keep results small.
pub(super) type Read<T> = Result<T, Box<Problem>>;

/// A problem with a file, or with a place in it.
pub(super) fn problem(file: &str, pointer: &str, found: impl Into<String>, expected: &str) -> Box<Problem> {
    Box::new(Problem {
        file: file.into(),
        pointer: pointer.to_owned(),
        found: found.into(),
        expected: expected.to_owned(),
        warning: false,
    })
}

/// A problem that leaves the text in use.
pub(super) fn warning(file: &str, pointer: &str, found: impl Into<String>, expected: &str) -> Problem {
    Problem { warning: true, ..*problem(file, pointer, found, expected) }
}

impl Files {
    /// `root` must be canonical.
    pub(super) fn new(root: PathBuf, limit: u64) -> Self {
        Self { root, limit, edits: Arc::default() }
    }

    /// The same directory as it would be after edits.
    pub(super) fn edited(self, edits: FileEdits) -> Self {
        Self { edits: Arc::new(edits), ..self }
    }

    /// Whether there is a file or folder of this path.
    pub(super) fn exists(&self, relative: &str) -> bool {
        if self.edits.gone.contains(relative) {
            return false;
        }
        let is_within = |path: &String| {
            path.strip_prefix(relative).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.edits.texts.keys().any(is_within) || self.root.join(relative).exists()
    }

    /// Whether a file is taken not to be there.
    pub(super) fn is_gone(&self, relative: &str) -> bool {
        self.edits.gone.contains(relative)
    }

    /// The paths of the texts that stand for files below a folder (the snapshot itself where it is empty), from the folder on.
    pub(super) fn texts_below<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = &'f str> {
        self.edits.texts.keys().filter_map(move |path| match folder {
            "" => Some(path.as_str()),
            _ => path.strip_prefix(folder)?.strip_prefix('/'),
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path in the snapshot really leads; a link out of the snapshot is refused.
    pub(super) fn resolve(&self, relative: &str) -> Read<PathBuf> {
        let path = fs::canonicalize(self.root.join(relative))
            .map_err(|e| problem(relative, "", io_text(&e), "a readable file"))?;
        if !path.starts_with(&self.root) {
            let found = "a symbolic link that leaves the snapshot";
            return Err(problem(relative, "", found, "a file inside the snapshot"));
        }
        Ok(path)
    }

    /// The text of a file.
    pub(super) fn read_text(&self, relative: &str) -> Read<String> {
        if let Some(text) = self.edits.texts.get(relative) {
            return Ok(text.clone());
        }
        if self.is_gone(relative) {
            return Err(problem(relative, "", "nothing", "a readable file"));
        }
        let path = self.resolve(relative)?;
        let metadata =
            fs::metadata(&path).map_err(|e| problem(relative, "", io_text(&e), "a readable file"))?;
        if !metadata.is_file() {
            return Err(problem(relative, "", "something that is not a regular file", "a file"));
        }
        if metadata.len() > self.limit {
            let found = format!("{} bytes given", metadata.len());
            let expected = format!("at most the limit of {} bytes", self.limit);
            return Err(problem(relative, "", found, &expected));
        }
        let bytes = fs::read(&path).map_err(|e| problem(relative, "", io_text(&e), "a readable file"))?;
        String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            problem(relative, "", format!("bytes that are not UTF-8 (at byte {at})"), "JSON in UTF-8")
        })
    }

    /// A file as JSON.
    pub(super) fn read_json(&self, relative: &str) -> Read<Json> {
        let text = self.read_text(relative)?;
        Json::parse_within(&text, VALUES).map_err(|e| not_json(relative, "", &e))
    }

    /// What a call printed: JSON, or nothing at all, as the CLI does of an empty response.
    pub(super) fn read_output(&self, relative: &str) -> Read<Option<Json>> {
        let text = self.read_text(relative)?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        Json::parse_within(&text, VALUES).map(Some).map_err(|e| not_json(relative, "", &e))
    }
}

/// The problem of a text that is not JSON.
pub(super) fn not_json(file: &str, pointer: &str, error: &serde_json::Error) -> Box<Problem> {
    let what = match error.classify() {
        Category::Eof => "text that ends too early",
        Category::Data => "JSON of another kind",
        Category::Syntax | Category::Io => "text that is not JSON",
    };
    problem(file, pointer, format!("{what} ({error})"), "JSON")
}

fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "nothing".to_owned(),
        std::io::ErrorKind::PermissionDenied => "a file that may not be read".to_owned(),
        _ => format!("an unreadable file ({error})"),
    }
}

/// A file's text together with its name, kept while its parts are being read.
pub(super) struct Page {
    pub(super) file: Arc<str>,
    pub(super) text: String,
    /// Whether the next page of the same output is there too.
    pub(super) followed: bool,
}
