//! Generated accounts for questions about escalation: those of the fifty questions, with compute, pipelines and chains of
//! trust, and with far fewer roles that administer.

mod compute;
mod details;
mod narrow;
mod planted;
mod trust;

use crate::account::{Surroundings, write_accounts};
use crate::random::Random;
use compute::Compute;
use details::Details;
use std::io;
use std::path::Path;

/// How many roles one account holds at most: at 1,000 roles there are two accounts.
const ROLES_AN_ACCOUNT: usize = 900;

/// Writes a snapshot with so many roles; the same for the same seed.
///
/// # Errors
/// Where a file can't be written, or not be read again.
pub fn write_extended_snapshot(directory: &Path, roles: usize, seed: u64) -> io::Result<()> {
    let accounts = write_accounts(directory, (roles, ROLES_AN_ACCOUNT), seed)?;
    // The accounts themselves are as the seed makes them; what is changed comes from a source of its own.
    let mut random = Random::new(seed.rotate_left(32));
    let mut all = Vec::new();
    for account in &accounts {
        all.push(Details::read(Surroundings { directory, account, accounts: &accounts })?);
    }
    let named: Vec<Vec<String>> = all.iter().map(Details::role_arns).collect();
    let of = |number: usize| named.get(number % named.len().max(1)).map(Vec::as_slice).unwrap_or_default();
    let (mut left, mut extended) = (planted::administrators(roles), Vec::new());
    for (number, mut details) in all.into_iter().enumerate() {
        narrow::narrow(&mut details, &mut random);
        let neighbours = trust::Neighbours {
            own: of(number),
            next: of(number + 1),
            previous: of(number + named.len().saturating_sub(1)),
        };
        trust::extend(&mut details, neighbours, &mut random);
        let administrators = left.min(planted::ADMINISTRATORS_AN_ACCOUNT);
        left -= administrators;
        planted::plant_administrators(&mut details, administrators);
        extended.push(details);
    }
    let gone = planted::plant_chain(&mut extended);
    for (mut details, planted) in extended.into_iter().zip(gone) {
        trust::give_profiles(&mut details);
        let mut compute = Compute::of(&details, &mut random);
        compute.add(planted);
        compute.write(details.around)?;
        details.write()?;
    }
    Ok(())
}
