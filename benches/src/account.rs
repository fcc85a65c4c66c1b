//! Accounts as the AWS CLI prints them: principals, resources, and the organization around them.

use crate::organization;
use crate::principals::{Attachable, write_principals};
use crate::random::Random;
use crate::resources::write_resources;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;

/// How many roles one account holds at most.
const ROLES_AN_ACCOUNT: usize = 1000;

/// One account in the making, and the others around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Where the snapshot is written.
    pub directory: &'a Path,
    /// The account's id.
    pub account: &'a str,
    /// All accounts of the organization, this one too.
    pub accounts: &'a [String],
}

impl<'a> Surroundings<'a> {
    /// Some account of the organization, the account itself where there is no other.
    pub fn neighbour(&self, random: &mut Random) -> &'a str {
        let others: Vec<&str> =
            self.accounts.iter().map(String::as_str).filter(|a| *a != self.account).collect();
        random.pick(&others).unwrap_or(self.account)
    }

    /// Writes one output of a call in this account.
    pub fn write(&self, call: &str, value: &Value) -> io::Result<()> {
        write(self.directory, &format!("accounts/{}/{call}.json", self.account), value)
    }
}

/// Writes a snapshot with so many roles; the same for the same seed.
///
/// # Errors
/// Where a file can't be written.
pub fn write_snapshot(directory: &Path, roles: usize, seed: u64) -> io::Result<()> {
    write_accounts(directory, (roles, ROLES_AN_ACCOUNT), seed).map(drop)
}

/// Writes a snapshot with so many roles, at most so many of them in one account; the accounts' ids.
pub(crate) fn write_accounts(
    directory: &Path,
    (roles, an_account): (usize, usize),
    seed: u64,
) -> io::Result<Vec<String>> {
    let mut random = Random::new(seed);
    let accounts: Vec<String> =
        (0..roles.div_ceil(an_account)).map(|i| format!("{:012}", 111_100_000_000 + i)).collect();
    organization::write(directory, &accounts)?;
    let attachable = Attachable::of_catalogue();
    let mut left = roles;
    for account in &accounts {
        let here = left.min(an_account);
        left -= here;
        let around = Surroundings { directory, account, accounts: &accounts };
        let named = write_principals(around, here, &attachable, &mut random)?;
        write_resources(around, here, &named, &mut random)?;
    }
    Ok(accounts)
}

/// Writes one file, its folders too.
pub(crate) fn write(directory: &Path, name: &str, value: &Value) -> io::Result<()> {
    let path = directory.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_vec(value)?)
}
