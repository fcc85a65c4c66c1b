//! Snapshots: a directory of AWS CLI output, read into accounts, principals and policies.
//!
//! This is the only module of the crate that reads files.

mod entry;
mod files;
mod gaad;
mod managed;
mod principals;
mod raw;
mod tags;

pub use managed::ManagedPolicyLookup;

use crate::account::{Account, Group, ManagedPolicy, PrincipalEntity};
use crate::assumption::{Assumption, BlindSpot};
use crate::problem::Problem;
use files::{Files, Page};
use gaad::{Gaad, read_gaad};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to make of input that was never collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// Take the neutral value and list it as an assumption.
    #[default]
    Assume,
    /// Treat it like a document that could not be read.
    Unknown,
}

/// How to load a snapshot.
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// What to make of input that was never collected.
    pub missing: Missing,
    /// Supplies AWS-managed policies that the files reference but don't hold.
    pub managed_policies: ManagedPolicyLookup<'a>,
    /// Files of more bytes are refused.
    pub file_limit: u64,
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        Self { missing: Missing::Assume, managed_policies: &|_| None, file_limit: 1_000_000_000 }
    }
}

/// Why a snapshot cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path leads nowhere.
    #[error("{path}: cannot be read ({reason})")]
    Unreadable {
        /// The path as given.
        path: String,
        /// The operating system's reason.
        reason: String,
    },
    /// Nothing in it could be used.
    #[error("{path}: no usable snapshot{}", listed(problems))]
    Unusable {
        /// The path as given.
        path: String,
        /// What is wrong with its files.
        problems: Vec<Problem>,
    },
    /// A page says that more pages follow, and they are not there.
    #[error("{file}: found a truncated page (IsTruncated or NextToken), expected the page that follows it")]
    TruncatedPage {
        /// The last page that is there.
        file: Arc<str>,
    },
}

fn listed(problems: &[Problem]) -> String {
    const SHOWN: usize = 10;
    let mut text: String = problems.iter().take(SHOWN).map(|p| format!("\n  {p}")).collect();
    if problems.len() > SHOWN {
        text.push_str(&format!("\n  and {} more problems", problems.len() - SHOWN));
    }
    text
}

/// Everything that the files of a snapshot say.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    accounts: Vec<Account>,
    principals: Vec<PrincipalEntity>,
    groups: Vec<Arc<Group>>,
    policies: Vec<Arc<ManagedPolicy>>,
    assumptions: Vec<Assumption>,
    blind_spots: Vec<BlindSpot>,
    problems: Vec<Problem>,
}

impl Snapshot {
    /// Reads a snapshot directory or a lone `get-account-authorization-details` file.
    ///
    /// # Errors
    /// Where nothing can be used, and where a truncated page has no successor. All lesser faults
    /// become [`Snapshot::problems`], and what they hide becomes unknown.
    pub fn load(path: &Path, options: &LoadOptions<'_>) -> Result<Self, LoadError> {
        let shown = path.display().to_string();
        let unreadable =
            |e: std::io::Error| LoadError::Unreadable { path: shown.clone(), reason: e.to_string() };
        let root = std::fs::canonicalize(path).map_err(unreadable)?;
        let metadata = std::fs::metadata(&root).map_err(unreadable)?;
        let mut snapshot = Self::default();
        if !metadata.is_dir() {
            snapshot.load_lone_gaad(&root, &shown, options)?;
        }
        snapshot.finish();
        Ok(snapshot)
    }

    fn load_lone_gaad(
        &mut self,
        path: &Path,
        shown: &str,
        options: &LoadOptions<'_>,
    ) -> Result<(), LoadError> {
        let unusable = |problems| LoadError::Unusable { path: shown.to_owned(), problems };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let files = Files::new(folder, options.file_limit);
        let text = files.read_text(&name).map_err(|p| unusable(vec![*p]))?;
        let pages = [Page { file: name.into(), text }];
        let gaad = read_gaad(&pages, None, options.managed_policies);
        if !gaad.usable || gaad.account.is_none() {
            return Err(unusable(gaad.problems));
        }
        self.add_gaad(gaad)
    }

    fn add_gaad(&mut self, gaad: Gaad) -> Result<(), LoadError> {
        if let Some(file) = gaad.truncated {
            return Err(LoadError::TruncatedPage { file });
        }
        let partition = gaad.partition.unwrap_or_else(|| "aws".into());
        for id in gaad.accounts {
            self.accounts.push(Account { id, name: None, partition: partition.clone() });
        }
        self.principals.extend(gaad.principals);
        self.groups.extend(gaad.groups);
        self.policies.extend(gaad.policies);
        self.assumptions.extend(gaad.assumptions);
        self.problems.extend(gaad.problems);
        self.blind_spots.extend(gaad.blind_spots);
        Ok(())
    }

    fn finish(&mut self) {
        self.accounts.sort_by(|a, b| a.id.cmp(&b.id));
        self.principals.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.groups.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.policies.sort_by(|a, b| (&a.account, &a.arn).cmp(&(&b.account, &b.arn)));
        self.assumptions.sort();
        self.assumptions.dedup();
        self.blind_spots.sort();
        self.blind_spots.dedup();
    }

    /// The accounts that the snapshot covers, by id.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Root users, users and roles, by ARN.
    pub fn principals(&self) -> &[PrincipalEntity] {
        &self.principals
    }

    /// A root user, user or role by its ARN.
    pub fn principal(&self, arn: &str) -> Option<&PrincipalEntity> {
        let i = self.principals.binary_search_by(|p| p.arn.as_ref().cmp(arn)).ok()?;
        self.principals.get(i)
    }

    /// The groups, by ARN.
    pub fn groups(&self) -> &[Arc<Group>] {
        &self.groups
    }

    /// The managed policies, by account and ARN.
    pub fn managed_policies(&self) -> &[Arc<ManagedPolicy>] {
        &self.policies
    }

    /// A managed policy as an account sees it.
    pub fn managed_policy(&self, account: &str, arn: &str) -> Option<&Arc<ManagedPolicy>> {
        let key = (account, arn);
        let i = self.policies.binary_search_by(|p| (p.account.as_ref(), p.arn.as_ref()).cmp(&key)).ok()?;
        self.policies.get(i)
    }

    /// The neutral values taken for input that was never collected.
    pub fn assumptions(&self) -> &[Assumption] {
        &self.assumptions
    }

    /// The parts of accounts that could not be read.
    pub fn blind_spots(&self) -> &[BlindSpot] {
        &self.blind_spots
    }

    /// What is wrong with the files, in the order of reading.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
