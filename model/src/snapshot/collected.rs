//! The collected output of operations, read and checked for missing pages.

use super::errors::Errors;
use super::files::Files;
use super::index::{Index, OperationFile};
use super::notes::Notes;
use super::{LoadOptions, Missing};
use crate::json::Json;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A snapshot directory that is being read.
pub(super) struct Collected<'a> {
    pub(super) files: &'a Files,
    pub(super) index: &'a Index,
    pub(super) errors: &'a Errors,
    pub(super) options: &'a LoadOptions<'a>,
    /// Outputs that another collector's files were turned into.
    pub(super) translated: &'a Translated,
}

/// Outputs by account, service and operation.
pub(super) type Translated = BTreeMap<(String, String, String), Vec<Output>>;

/// One file of an operation, as JSON.
#[derive(Clone)]
pub(super) struct Output {
    pub(super) region: Arc<str>,
    pub(super) name: Option<Arc<str>>,
    pub(super) file: Arc<str>,
    /// `None` where the file is unusable; the problem is noted.
    pub(super) json: Option<Json>,
    /// Whether the policy document in it is the whole file.
    pub(super) whole_file: bool,
}

impl Collected<'_> {
    /// Whether never-collected input is to be unknown.
    pub(super) fn unknown_if_missing(&self) -> bool {
        self.options.missing == Missing::Unknown
    }

    /// Reads every file of an operation, in parallel; in the order of region, name and page.
    pub(super) fn outputs(
        &self,
        account: &str,
        service: &str,
        operation: &str,
        notes: &mut Notes,
    ) -> Vec<Output> {
        let files = self.index.files(account, service, operation);
        let read: Vec<_> = files.par_iter().map(|f| self.files.read_json(&f.file)).collect();
        let mut outputs = Vec::with_capacity(files.len());
        for (i, (file, json)) in files.iter().zip(read).enumerate() {
            let json = json.map_err(|one| notes.problem(*one)).ok();
            if let Some(json) = &json
                && promises_more(json)
                && !follows(file, files.get(i + 1))
            {
                notes.truncated(&file.file);
            }
            outputs.push(Output {
                region: file.region.clone(),
                name: file.name.clone(),
                file: file.file.clone(),
                json,
                whole_file: false,
            });
        }
        let key = (account.to_owned(), service.to_owned(), operation.to_owned());
        outputs.extend(self.translated.get(&key).into_iter().flatten().cloned());
        outputs
    }
}

/// Whether a page says that another follows it.
pub(super) fn promises_more(json: &Json) -> bool {
    let flag = |key| json.get(key).and_then(Json::as_bool) == Some(true);
    let token = |key| json.get(key).is_some_and(|t| *t != Json::Null);
    let tokens = ["NextToken", "nextToken", "NextMarker", "Marker"];
    flag("IsTruncated") || flag("Truncated") || tokens.into_iter().any(token)
}

/// Whether the second file is the page after the first.
pub(super) fn follows(first: &OperationFile, second: Option<&OperationFile>) -> bool {
    second.is_some_and(|s| {
        s.region == first.region
            && s.name == first.name
            && match (first.page, s.page) {
                (Some(a), Some(b)) => b == a + 1,
                (None, Some(_)) => true,
                _ => false,
            }
    })
}
