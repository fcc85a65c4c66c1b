//! What is noted while reading, beside the data: problems, assumptions, blind spots.

use crate::assumption::{Assumption, BlindSpot, Touches};
use crate::problem::Problem;
use std::sync::Arc;

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
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Something about these services is not known; about any service where none is named.
    pub(super) fn blind(
        &mut self,
        account: Option<&str>,
        services: &[&str],
        what: impl Into<Arc<str>>,
        file: &str,
    ) {
        self.blind_spots.push(BlindSpot {
            account: account.map(Arc::from),
            services: services.iter().map(|s| Arc::from(*s)).collect(),
            hides_callers: services == CALLERS,
            what: what.into(),
            file: file.into(),
        });
    }

    pub(super) fn assume(
        &mut self,
        text: impl Into<Arc<str>>,
        command: impl Into<Arc<str>>,
        touches: Touches,
    ) {
        self.assumptions.push(Assumption { text: text.into(), cli_command: command.into(), touches });
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
    }
}
