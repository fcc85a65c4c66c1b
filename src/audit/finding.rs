//! What a control says of one thing.

use super::control::Control;
use super::evidence::Evidence;
use super::waiver::{JudgedWaiver, WaiverState};
use crate::pipelines::Untold;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write};
use std::sync::Arc;

/// Whether a control holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// It does, as the fields or the proof show.
    Holds,
    /// It doesn't, as the fields, the request or the chain show.
    Violated,
    /// The snapshot doesn't tell, or it could not be decided.
    Unknown,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Unknown => "unknown",
        })
    }
}

/// How bad it is where a control doesn't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good practice.
    Low,
    /// A second line of defence is missing.
    Medium,
    /// A way to production or its secrets is open to some.
    High,
    /// An account can be taken.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// What a control says of one thing of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The control's id.
    pub control: &'static str,
    /// The pipeline's ARN.
    pub pipeline: Arc<str>,
    /// What of it: a gate, a store, a role.
    pub subject: String,
    /// What is the case.
    pub verdict: Judgement,
    /// How bad a violation is.
    pub severity: Severity,
    /// What is the case, in words.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What tells the finding from all others, the same in every run.
    pub fingerprint: String,
    /// What the snapshot doesn't tell.
    pub missing: Vec<Untold>,
    /// The waiver of it, in force or expired.
    pub waiver: Option<JudgedWaiver>,
    /// By whom or what the control is violated.
    #[serde(skip)]
    pub(super) offender: String,
}

impl Finding {
    /// What a control says of a pipeline of which only the name is known: nothing, for want of what is not told.
    pub(super) fn of_untold(control: &Control, pipeline: &Arc<str>, untold: &Untold) -> Self {
        const SUBJECT: &str = "the pipeline";
        Self {
            control: control.id,
            pipeline: pipeline.clone(),
            subject: SUBJECT.to_owned(),
            verdict: Judgement::Unknown,
            severity: control.severity,
            message: "only the name of the pipeline is told".to_owned(),
            evidence: Vec::new(),
            fingerprint: fingerprint(control.id, pipeline, SUBJECT, "?"),
            missing: vec![untold.clone()],
            waiver: None,
            offender: "?".to_owned(),
        }
    }

    /// Whether a waiver in force is of it.
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::InForce)
    }

    /// Whether it stands in the way: violated, and not waived.
    pub fn is_blocking(&self) -> bool {
        self.verdict == Judgement::Violated && !self.is_waived()
    }

    /// By whom or what the control is violated, where it is somebody or something of its own.
    pub fn offender(&self) -> &str {
        &self.offender
    }
}

/// The fingerprint of what a control says of somebody or something, `offender`, that has to do with a subject of a pipeline.
pub(super) fn fingerprint(control: &str, pipeline: &str, subject: &str, offender: &str) -> String {
    let mut hash = Sha256::new();
    for part in [control, pipeline, subject, offender] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(LENGTH).fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of a fingerprint: enough that two findings of an organization don't share one.
pub(super) const LENGTH: usize = 12;
