//! Which files a snapshot directory holds: account, region, service, operation, name, page.

use super::files::{Files, Read, problem, warning};
use super::notes::Notes;
use crate::arn::is_account_id;
use crate::policy_parse::percent_decode;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

/// One file of one operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationFile {
    /// The region, `global`, or empty for the organization.
    pub region: Arc<str>,
    /// The argument of the call, percent-decoded; `None` for the form `OPERATION.json`.
    pub name: Option<Arc<str>>,
    /// The page, where the output is split.
    pub page: Option<u32>,
    /// The file, relative to the snapshot.
    pub file: Arc<str>,
}

type Operations = BTreeMap<String, BTreeMap<String, Vec<OperationFile>>>;

/// The files of a snapshot, by account, service and operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// Account → service → operation → files; the empty account is the organization.
    accounts: BTreeMap<String, Operations>,
}

/// The service name under which the organization's files are indexed.
pub(super) const ORGANIZATIONS: &str = "organizations";

impl Index {
    /// Walks the directory.
    pub(super) fn build(files: &Files, notes: &mut Notes) -> Self {
        let mut walk = Walk { files, notes, index: Self::default() };
        walk.root();
        let mut index = walk.index;
        for list in index.accounts.values_mut().flat_map(|s| s.values_mut()).flat_map(|o| o.values_mut()) {
            list.sort();
        }
        index
    }

    /// Whether there is no file in any known place.
    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The accounts that have a folder.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str).filter(|a| !a.is_empty())
    }

    /// The files of one operation in all regions, by region, name and page.
    pub(super) fn files(&self, account: &str, service: &str, operation: &str) -> &[OperationFile] {
        self.accounts
            .get(account)
            .and_then(|s| s.get(service)?.get(operation))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The service and operation of a file, the organization's included.
    pub(super) fn operation_of(&self, file: &str) -> Option<(&str, &str)> {
        let services = self.accounts.values().flatten();
        let mut operations =
            services.flat_map(|(service, all)| all.iter().map(move |(o, files)| (service, o, files)));
        let (service, operation, _) =
            operations.find(|(.., files)| files.iter().any(|known| *known.file == *file))?;
        Some((service, operation))
    }

    /// The services and operations of an account.
    pub(super) fn operations(&self, account: &str) -> impl Iterator<Item = (&str, &str, &[OperationFile])> {
        self.accounts.get(account).into_iter().flatten().flat_map(|(service, operations)| {
            operations.iter().map(move |(o, files)| (service.as_str(), o.as_str(), files.as_slice()))
        })
    }

    /// The regions that an account has folders of.
    pub(super) fn regions(&self, account: &str) -> BTreeSet<&str> {
        self.operations(account).flat_map(|(_, _, files)| files).map(|f| f.region.as_ref()).collect()
    }
}

struct Walk<'a> {
    files: &'a Files,
    notes: &'a mut Notes,
    index: Index,
}

/// A folder's entry.
pub(super) struct Child {
    pub(super) name: String,
    /// From the snapshot's root.
    pub(super) path: String,
    pub(super) is_folder: bool,
}

impl Walk<'_> {
    fn root(&mut self) {
        for child in self.children("") {
            match (child.name.as_str(), child.is_folder) {
                ("accounts", true) => self.accounts(&child.path),
                ("organization", true) => self.operations(&child.path, "", "", ORGANIZATIONS),
                _ => {}
            }
        }
    }

    fn accounts(&mut self, folder: &str) {
        for account in self.children(folder) {
            if !account.is_folder || !is_account_id(&account.name) {
                let found = format!("`{}`", account.name);
                self.notes.problem(*problem(&account.path, "", found, "a folder named after an account id"));
                continue;
            }
            self.index.accounts.entry(account.name.clone()).or_default();
            for region in self.folders(&account.path) {
                for service in self.folders(&region.path) {
                    self.operations(&service.path, &account.name, &region.name, &service.name);
                }
            }
        }
    }

    /// `OPERATION.json`, `OPERATION.N.json` and `OPERATION/NAME.json`.
    fn operations(&mut self, folder: &str, account: &str, region: &str, service: &str) {
        for child in self.children(folder) {
            if child.is_folder {
                for named in self.children(&child.path) {
                    let Some(stem) = self.json_stem(&named) else { continue };
                    let name = percent_decode(&stem).unwrap_or_else(|| {
                        self.notes.problem(*problem(&named.path, "", "a badly percent-encoded name", "%XX"));
                        stem.clone()
                    });
                    self.add(account, service, &child.name, region, Some(name), None, named.path);
                }
                continue;
            }
            let Some(stem) = self.json_stem(&child) else { continue };
            let (operation, page) = match stem.rsplit_once('.').map(|(o, p)| (o, p.parse::<u32>())) {
                Some((operation, Ok(page))) => (operation.to_owned(), Some(page)),
                _ => (stem, None),
            };
            self.add(account, service, &operation, region, None, page, child.path);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a path")]
    fn add(
        &mut self,
        account: &str,
        service: &str,
        operation: &str,
        region: &str,
        name: Option<String>,
        page: Option<u32>,
        path: String,
    ) {
        let file =
            OperationFile { region: region.into(), name: name.map(Arc::from), page, file: path.into() };
        let operations = self.index.accounts.entry(account.to_owned()).or_default();
        operations.entry(service.to_owned()).or_default().entry(operation.to_owned()).or_default().push(file);
    }

    fn json_stem(&mut self, child: &Child) -> Option<String> {
        let stem = (!child.is_folder).then(|| child.name.strip_suffix(".json")).flatten();
        if stem.is_none() {
            let found = if child.is_folder { "a folder" } else { "another kind of file" };
            self.notes.problem(warning(&child.path, "", found, "a .json file; it is left out"));
        }
        stem.map(str::to_owned)
    }

    fn folders(&mut self, folder: &str) -> Vec<Child> {
        let (folders, others): (Vec<_>, Vec<_>) =
            self.children(folder).into_iter().partition(|c| c.is_folder);
        for other in others {
            self.notes.problem(warning(&other.path, "", "a file", "a folder; it is left out"));
        }
        folders
    }

    /// A folder's entries by name; hidden ones are passed over, links out of the snapshot refused.
    fn children(&mut self, folder: &str) -> Vec<Child> {
        match list(self.files, folder) {
            Ok((children, refused)) => {
                for one in refused {
                    self.notes.problem(one);
                }
                children
            }
            Err(one) => {
                self.notes.problem(*one);
                Vec::new()
            }
        }
    }
}

/// The entries of a folder by name, and what is refused of them.
pub(super) fn list(files: &Files, folder: &str) -> Read<(Vec<Child>, Vec<crate::problem::Problem>)> {
    let added = added_children(files, folder);
    let (mut children, mut refused) = match list_directory(files, folder) {
        Ok(listed) => listed,
        // A folder of nothing but texts that stand for files is nowhere on the disk.
        Err(_) if !added.is_empty() => (Vec::new(), Vec::new()),
        Err(one) => return Err(one),
    };
    children.retain(|child| !files.is_gone(&child.path));
    for (name, is_folder) in added {
        if !children.iter().any(|child| child.name == name) {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            children.push(Child { name, path, is_folder });
        }
    }
    children.sort_by(|a, b| a.name.cmp(&b.name));
    refused.sort();
    Ok((children, refused))
}

/// What the texts that stand for files add to a folder: names, and whether they are folders.
fn added_children(files: &Files, folder: &str) -> BTreeMap<String, bool> {
    let below = files.texts_below(folder).map(|rest| match rest.split_once('/') {
        Some((name, _)) => (name.to_owned(), true),
        None => (rest.to_owned(), false),
    });
    below.collect()
}

fn list_directory(files: &Files, folder: &str) -> Read<(Vec<Child>, Vec<crate::problem::Problem>)> {
    let path = files.resolve(folder)?;
    let unreadable =
        |e: std::io::Error| problem(folder, "", format!("an unreadable folder ({e})"), "a folder");
    let (mut children, mut refused) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else {
            let shown = entry.file_name().to_string_lossy().into_owned();
            refused.push(*problem(folder, "", format!("the name `{shown}`"), "names in UTF-8"));
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let relative = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        match files.resolve(&relative) {
            Ok(target) => children.push(Child { is_folder: target.is_dir(), name, path: relative }),
            Err(one) => refused.push(*one),
        }
    }
    Ok((children, refused))
}
