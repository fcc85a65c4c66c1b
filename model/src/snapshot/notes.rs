//! What is noted while reading, beside the data: problems, assumptions, blind spots.

use crate::assumption::{Assumption, BlindSpot, Touches};
use crate::problem::Problem;
use std::cmp::Ordering;
use std::sync::Arc;

/// As many problems are told of; and as many faults are borne in one account's principals.
pub(super) const PROBLEMS: usize = 20_000;

/// The notes of one load.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    pub(super) problems: Vec<Problem>,
    pub(super) assumptions: Vec<Assumption>,
    pub(super) blind_spots: Vec<BlindSpot>,
    /// The first page found that promises a page which isn't there.
    pub(super) truncated: Option<Arc<str>>,
}

impl Notes {
    /// Notes a problem. A file with more than anybody can read is no longer told of place by place.
    pub(super) fn problem(&mut self, problem: Problem) {
        match self.problems.len().cmp(&PROBLEMS) {
            Ordering::Less => self.problems.push(problem),
            Ordering::Equal => {
                let file = problem.file.clone();
                self.problems.push(problem);
                self.blind(None, &[], "what more problems than are listed hide", &file);
            }
            Ordering::Greater => {}
        }
    }

    /// Something about these services is not known; about any service where none is named.
    pub(super) fn blind(
        &mut self,
        account: Option<&str>,
        services: &[&str],
        what: impl Into<Arc<str>>,
        file: &str,
    ) {
        let spot = BlindSpot {
            account: account.map(Arc::from),
            services: services.iter().map(|s| Arc::from(*s)).collect(),
            hides_callers: services == CALLERS,
            what: what.into(),
            file: file.into(),
        };
        if self.blind_spots.last() != Some(&spot) {
            self.blind_spots.push(spot);
        }
    }

    pub(super) fn assume(
        &mut self,
        text: impl Into<Arc<str>>,
        command: impl Into<Arc<str>>,
        touches: Touches,
    ) {
        let (text, cli_command) = (text.into(), command.into());
        self.assumptions.push(Assumption { text, cli_command, touches, hides_callers: false });
    }

    pub(super) fn truncated(&mut self, file: &Arc<str>) {
        self.truncated.get_or_insert_with(|| file.clone());
    }
}

/// The services that users and roles are the resources of.
pub(super) const CALLERS: &[&str] = &["iam", "sts"];

/// What an account's service, or one resource of it, is touched by.
pub(super) fn touches(account: &str, service: &str, resource: Option<&str>) -> Touches {
    Touches {
        account: Some(account.into()),
        service: Some(service.into()),
        resource: resource.map(Arc::from),
        actions: Vec::new(),
    }
}
