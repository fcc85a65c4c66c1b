//! The files of an operation, each read once however many things are asked of them.

use super::collected::{follows, promises_more};
use super::errors::{ERRORS_FILE, Verdict};
use super::files::problem;
use super::{OperationFile, Snapshot};
use crate::json::Json;
use crate::problem::Problem;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One file of an operation.
pub(crate) struct Page {
    /// The region, or `global`.
    pub(crate) region: Arc<str>,
    /// The argument of the call.
    pub(crate) name: Option<Arc<str>>,
    /// The file, relative to the snapshot.
    pub(crate) file: Arc<str>,
    /// The output, `None` where the file is empty, or what is wrong with it.
    pub(crate) json: Result<Option<Json>, Problem>,
    /// That the page promises another which isn't there.
    pub(crate) cut_short: Option<Problem>,
}

/// Account, service and operation.
type Place = (String, String, String);

/// The files that were read already.
#[derive(Clone, Default)]
pub(super) struct Pages(Arc<Mutex<FxHashMap<Place, Arc<[Page]>>>>);

impl fmt::Debug for Pages {
    /// Says nothing of what the files hold: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

/// A call that failed.
pub(crate) struct Failed {
    /// Whether the error says that the thing does not exist.
    pub(crate) is_absent: bool,
    /// That it could not be called.
    pub(crate) problem: Problem,
}

impl Snapshot {
    /// The files of an operation in all regions, by region, name and page.
    pub(crate) fn pages(&self, account: &str, service: &str, operation: &str) -> Arc<[Page]> {
        let key = (account.to_owned(), service.to_owned(), operation.to_owned());
        let lock = || self.pages.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        // Not under the lock: two threads may read the same, and find the same.
        let files = self.directory.as_deref().map(|(_, index)| index.files(account, service, operation));
        let files = files.unwrap_or_default();
        let pages: Arc<[Page]> =
            files.iter().enumerate().map(|(i, file)| self.page(file, files.get(i + 1))).collect();
        lock().insert(key, pages.clone());
        pages
    }

    fn page(&self, file: &OperationFile, next: Option<&OperationFile>) -> Page {
        let json = match self.directory.as_deref() {
            Some((files, _)) => files.read_output(&file.file).map_err(|one| *one),
            None => Ok(None),
        };
        let promises = matches!(&json, Ok(Some(json)) if promises_more(json));
        let found = "a page that promises another";
        let cut_short = (promises && !follows(file, next))
            .then(|| *problem(&file.file, "", found, "the page that follows it"));
        Page {
            region: file.region.clone(),
            name: file.name.clone(),
            file: file.file.clone(),
            json,
            cut_short,
        }
    }

    /// What `errors.json` says of a call: of one with one of these arguments, or else of all calls of the operation.
    /// Where several entries are about the same call, one that was refused counts before one that found nothing.
    pub(crate) fn failure(
        &self,
        account: &str,
        region: Option<&str>,
        (service, operation): (&str, &str),
        names: &[&str],
    ) -> Option<Failed> {
        let of_region = |r: Option<&str>| r.is_none() || region.is_none() || r == region;
        let entries = self.errors.of(account, service, operation).iter();
        let entries: Vec<_> = entries.filter(|e| of_region(e.region.as_deref())).collect();
        let is_named = |name: Option<&str>| name.is_some_and(|n| names.contains(&n));
        let mut about: Vec<_> = entries.iter().filter(|e| is_named(e.name.as_deref())).collect();
        if about.is_empty() {
            about = entries.iter().filter(|e| e.name.is_none()).collect();
        }
        let entry = about.iter().find(|e| e.verdict == Verdict::Refused).or(about.first())?;
        let found = format!("that {service} {operation} could not be called");
        let problem = *problem(ERRORS_FILE, &entry.pointer, found, "its output");
        Some(Failed { is_absent: entry.verdict == Verdict::Absent, problem })
    }
}
