//! Findings by how they stand, counted.

use crate::audit::{Finding, Judgement, Severity};
use std::collections::BTreeMap;

/// How a finding stands, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Violated,
    Unknown,
    Waived,
    Holds,
}

impl Standing {
    pub(super) const ALL: [Self; 4] = [Self::Violated, Self::Unknown, Self::Waived, Self::Holds];

    pub(super) fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Judgement::Violated if finding.is_waived() => Self::Waived,
            Judgement::Violated => Self::Violated,
            Judgement::Unknown => Self::Unknown,
            Judgement::Holds => Self::Holds,
        }
    }

    /// The word, which is the class of the style sheet too.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Violated => "violated",
            Self::Unknown => "unknown",
            Self::Waived => "waived",
            Self::Holds => "holds",
        }
    }
}

/// Severities, the worst first.
pub(super) const SEVERITIES: [Severity; 4] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

/// How many findings stand how.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Standing, usize>,
    violated: BTreeMap<Severity, usize>,
}

impl Tally {
    pub(super) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            tally.add(finding);
        }
        tally
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        let standing = Standing::of(finding);
        *self.counts.entry(standing).or_default() += 1;
        if standing == Standing::Violated {
            *self.violated.entry(finding.severity).or_default() += 1;
        }
    }

    pub(super) fn count(&self, standing: Standing) -> usize {
        self.counts.get(&standing).copied().unwrap_or(0)
    }

    pub(super) fn all(&self) -> usize {
        self.counts.values().sum()
    }

    /// How many violations are of a severity.
    pub(super) fn violated(&self, severity: Severity) -> usize {
        self.violated.get(&severity).copied().unwrap_or(0)
    }

    /// How the worst of them stands.
    pub(super) fn worst(&self) -> Option<Standing> {
        self.counts.keys().next().copied()
    }

    /// The severity of the worst violation.
    pub(super) fn severity(&self) -> Option<Severity> {
        self.violated.keys().next_back().copied()
    }

    /// For an order, the worst first.
    pub(super) fn rank(&self) -> [std::cmp::Reverse<usize>; 5] {
        let [critical, high, medium, low] = SEVERITIES.map(|severity| self.violated(severity));
        [critical, high, medium, low, self.count(Standing::Unknown)].map(std::cmp::Reverse)
    }
}
