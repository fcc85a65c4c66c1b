//! The order of reading: which form the snapshot has, then accounts, organization, resources.

use super::collected::{Collected, Translated, follows};
use super::endpoints::read_endpoints;
use super::errors::{ERRORS_FILE, Errors, Verdict};
use super::files::{FileEdits, Files, Page, problem};
use super::gaad::{Gaad, read_gaad, root_user};
use super::iam_collect::{is_iam_collect, read_iam_collect};
use super::index::Index;
use super::notes::{CALLERS, Notes, touches};
use super::organization::read_organization;
use super::providers::read_providers;
use super::resources::read_resources;
use super::{LoadError, LoadOptions, Missing, Snapshot};
use crate::account::Account;
use crate::assumption::Assumption;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const IAM: &str = "iam";
pub(super) const GAAD: &str = "get-account-authorization-details";

/// See [`Snapshot::load`].
pub(super) fn load(path: &Path, options: &LoadOptions<'_>) -> Result<Snapshot, LoadError> {
    load_edited(path, options, FileEdits::default())
}

/// The same with texts in place of files.
pub(super) fn load_edited(
    path: &Path,
    options: &LoadOptions<'_>,
    edits: FileEdits,
) -> Result<Snapshot, LoadError> {
    let shown = path.display().to_string();
    let unreadable = |e: std::io::Error| LoadError::Unreadable { path: shown.clone(), reason: e.to_string() };
    let root = std::fs::canonicalize(path).map_err(unreadable)?;
    let metadata = std::fs::metadata(&root).map_err(unreadable)?;
    let mut loader = Loader {
        snapshot: Snapshot { missing: options.missing, ..Snapshot::default() },
        notes: Notes::default(),
    };
    if metadata.is_dir() {
        let files = Files::new(root, options.file_limit).edited(edits);
        loader.load_directory(files, &shown, options)?;
    } else {
        loader.load_lone_file(&root, &shown, options, edits)?;
    }
    loader.finish()
}

struct Loader {
    snapshot: Snapshot,
    notes: Notes,
}

impl Loader {
    fn load_lone_file(
        &mut self,
        path: &Path,
        shown: &str,
        options: &LoadOptions<'_>,
        edits: FileEdits,
    ) -> Result<(), LoadError> {
        let unusable = |problems| LoadError::Unusable { path: shown.to_owned(), problems };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let files = Files::new(folder, options.file_limit).edited(edits);
        let text = files.read_text(&name).map_err(|p| unusable(vec![*p]))?;
        let pages = [Page { file: name.into(), text, followed: false }];
        let gaad = read_gaad(&pages, None, options.managed_policies);
        if !gaad.usable || gaad.account.is_none() {
            return Err(unusable(gaad.problems));
        }
        self.add_gaad(gaad);
        let index = Index::default();
        let errors = Errors::default();
        let translated = Translated::new();
        let collected =
            Collected { files: &files, index: &index, errors: &errors, options, translated: &translated };
        self.load_rest(&collected);
        Ok(())
    }

    fn load_iam_collect(&mut self, files: &Files, options: &LoadOptions<'_>) {
        let mut translated = Translated::new();
        let (index, errors) = (Index::default(), Errors::default());
        for account in read_iam_collect(files, &mut translated, &mut self.notes) {
            let mut gaad = Gaad {
                account: Some(account.id.as_str().into()),
                partition: Some(account.partition.as_str().into()),
                ..Gaad::default()
            };
            let lookup = options.managed_policies;
            gaad.read_entities(&account.entities, Some(&account.id), account.path, lookup);
            self.add_gaad(gaad);
        }
        let collected = Collected { files, index: &index, errors: &errors, options, translated: &translated };
        self.load_rest(&collected);
    }

    fn load_directory(
        &mut self,
        files: Files,
        shown: &str,
        options: &LoadOptions<'_>,
    ) -> Result<(), LoadError> {
        if is_iam_collect(&files) {
            self.load_iam_collect(&files, options);
            if self.snapshot.accounts.is_empty() {
                let problems = std::mem::take(&mut self.notes.problems);
                return Err(LoadError::Unusable { path: shown.to_owned(), problems });
            }
            return Ok(());
        }
        let index = Index::build(&files, &mut self.notes);
        let errors = Errors::read(&files, &mut self.notes);
        let translated = Translated::new();
        let collected =
            Collected { files: &files, index: &index, errors: &errors, options, translated: &translated };
        if index.is_empty() && !files.exists(super::resources::RESOURCE_POLICIES_FILE) {
            let expected =
                "a snapshot: accounts/ACCOUNT/REGION/SERVICE/OPERATION.json, organization/OPERATION.json";
            self.notes.problem(*problem(shown, "", "no file of a known place", expected));
            let problems = std::mem::take(&mut self.notes.problems);
            return Err(LoadError::Unusable { path: shown.to_owned(), problems });
        }
        for account in index.accounts() {
            self.load_account(account, &collected);
        }
        self.load_rest(&collected);
        self.snapshot.directory = Some(Arc::new((files, index)));
        self.snapshot.errors = errors;
        Ok(())
    }

    /// The principals of one account.
    fn load_account(&mut self, account: &str, collected: &Collected<'_>) {
        let files = collected.index.files(account, IAM, GAAD);
        let mut pages = Vec::with_capacity(files.len());
        for (i, file) in files.iter().enumerate() {
            let followed = follows(file, files.get(i + 1));
            match collected.files.read_text(&file.file) {
                Ok(text) => pages.push(Page { file: file.file.clone(), text, followed }),
                Err(one) => {
                    self.notes.problem(*one);
                    self.notes.blind(Some(account), CALLERS, EVERYONE, &file.file);
                }
            }
        }
        let mut gaad = read_gaad(&pages, Some(account), collected.options.managed_policies);
        if pages.is_empty() {
            let place: Arc<str> = format!("accounts/{account}").into();
            let partition = partition_of_regions(collected, account);
            gaad.principals = vec![root_user(&account.into(), partition, place)];
            if files.is_empty() {
                self.principals_untold(account, collected);
            }
        }
        gaad.partition.get_or_insert_with(|| partition_of_regions(collected, account).into());
        gaad.accounts.insert(account.into());
        self.add_gaad(gaad);
    }

    fn principals_untold(&mut self, account: &str, collected: &Collected<'_>) {
        match collected.errors.about(account, IAM, GAAD, "").map(|r| r.verdict) {
            Some(Verdict::Absent) => {}
            Some(Verdict::Refused) => self.notes.blind(Some(account), CALLERS, EVERYONE, ERRORS_FILE),
            None if collected.options.missing == Missing::Unknown => {
                self.notes.blind(Some(account), CALLERS, EVERYONE, &format!("aws iam {GAAD}"));
            }
            None => self.notes.assumptions.push(Assumption {
                text: format!("account {account} has no users and roles").into(),
                cli_command: format!("aws iam {GAAD}").into(),
                touches: touches(account, IAM, None),
                hides_callers: true,
            }),
        }
    }

    fn add_gaad(&mut self, gaad: Gaad) {
        let snapshot = &mut self.snapshot;
        let partition: Arc<str> = gaad.partition.unwrap_or_else(|| "aws".into());
        for id in gaad.accounts {
            if !snapshot.accounts.iter().any(|a| a.id == id) {
                snapshot.accounts.push(Account { id, name: None, partition: partition.clone() });
            }
        }
        snapshot.principals.extend(gaad.principals);
        snapshot.groups.extend(gaad.groups);
        snapshot.policies.extend(gaad.policies);
        self.notes.assumptions.extend(gaad.assumptions);
        self.notes.problems.extend(gaad.problems);
        self.notes.blind_spots.extend(gaad.blind_spots);
        if let Some(file) = gaad.truncated {
            self.notes.truncated(&file);
        }
    }

    /// What needs the accounts to be known.
    fn load_rest(&mut self, collected: &Collected<'_>) {
        let (snapshot, notes) = (&mut self.snapshot, &mut self.notes);
        snapshot.accounts.sort_by(|a, b| a.id.cmp(&b.id));
        snapshot.organization = read_organization(collected, &mut snapshot.accounts, notes);
        for account in &snapshot.accounts {
            let providers = read_providers(collected, &account.id, notes);
            snapshot.providers.extend(providers.found);
            let complete = providers.complete.into_iter().map(|kind| (account.id.clone(), kind));
            snapshot.providers_listed.extend(complete);
            snapshot.endpoints.extend(read_endpoints(collected, &account.id, notes));
        }
        snapshot.resources = read_resources(collected, &snapshot.accounts, notes);
    }

    fn finish(self) -> Result<Snapshot, LoadError> {
        let Self { mut snapshot, mut notes } = self;
        if let Some(file) = notes.truncated {
            return Err(LoadError::TruncatedPage { file });
        }
        snapshot.principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        // An account told of by a lone file's stray ARNs and by its own folder has one root user.
        snapshot.principals.dedup_by(|a, b| a.arn == b.arn);
        snapshot.groups.sort_by(|a, b| a.arn.cmp(&b.arn));
        snapshot.policies.sort_by(|a, b| (&a.account, &a.arn).cmp(&(&b.account, &b.arn)));
        snapshot.providers.sort_by(|a, b| a.arn.cmp(&b.arn));
        notes.blind_spots.sort();
        notes.blind_spots.dedup();
        snapshot.assumptions = notes.assumptions;
        snapshot.index_assumptions();
        snapshot.blind_spots = notes.blind_spots;
        snapshot.problems = notes.problems;
        Ok(snapshot)
    }
}

/// What is unknown of an account whose authorization details are missing.
const EVERYONE: &str = "users, roles, groups and policies";

/// The partition that an account's regions are of (AWS General Reference, "AWS service endpoints").
fn partition_of_regions(collected: &Collected<'_>, account: &str) -> &'static str {
    let prefixes =
        [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b")];
    let regions = collected.index.regions(account);
    let of = |region: &&str| prefixes.iter().find(|(p, _)| region.starts_with(p)).map(|(_, name)| *name);
    regions.iter().find_map(of).unwrap_or("aws")
}
