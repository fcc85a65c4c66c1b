//! What a snapshot tells of one thing, or why it doesn't.

use crate::problem::Problem;
use std::sync::Arc;

/// An answer of AWS, as far as it was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// What AWS says.
    Known {
        /// What it says.
        value: T,
        /// The file that tells it, relative to the snapshot.
        file: Arc<str>,
    },
    /// AWS says that there is none (`NoSuch…`, `…NotFound`).
    Absent {
        /// The file that tells it, relative to the snapshot.
        file: Arc<str>,
    },
    /// It was not collected, was refused or could not be read.
    Untold {
        /// The command that tells it.
        command: String,
        /// What is wrong; `None`: it was not collected.
        problem: Option<Problem>,
    },
}

impl<T> Told<T> {
    /// What AWS says, where it says something.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Absent { .. } | Self::Untold { .. } => None,
        }
    }

    /// The file that tells it, be it that there is none.
    pub fn file(&self) -> Option<&Arc<str>> {
        match self {
            Self::Known { file, .. } | Self::Absent { file } => Some(file),
            Self::Untold { .. } => None,
        }
    }

    /// The command that would tell it, where it is not told.
    pub fn command(&self) -> Option<&str> {
        match self {
            Self::Untold { command, .. } => Some(command),
            Self::Known { .. } | Self::Absent { .. } => None,
        }
    }

    /// Whether AWS says that there is none.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// The same answer with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Told<U> {
        self.and_then(|value, file| Told::Known { value: change(value), file })
    }

    /// Asks further where something is known.
    pub(super) fn and_then<U>(self, further: impl FnOnce(T, Arc<str>) -> Told<U>) -> Told<U> {
        match self {
            Self::Known { value, file } => further(value, file),
            Self::Absent { file } => Told::Absent { file },
            Self::Untold { command, problem } => Told::Untold { command, problem },
        }
    }

    /// The same from another call, where this one doesn't tell. That there is none is told only by a call that says so.
    pub(super) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Self::Known { .. }) {
            return self;
        }
        match (self, other()) {
            (_, known @ Self::Known { .. }) => known,
            (absent @ Self::Absent { .. }, _) | (_, absent @ Self::Absent { .. }) => absent,
            (Self::Untold { command, problem: None }, Self::Untold { problem, .. }) => {
                Self::Untold { command, problem }
            }
            (first, _) => first,
        }
    }
}

/// A part of an answer that is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The command that tells it.
    pub command: String,
    /// What is wrong; `None`: it was not collected.
    pub problem: Option<Problem>,
}

impl Gap {
    /// The gap of an answer that is not told.
    pub(super) fn of<T>(told: &Told<T>) -> Option<Self> {
        match told {
            Told::Untold { command, problem } => {
                Some(Self { command: command.clone(), problem: problem.clone() })
            }
            Told::Known { .. } | Told::Absent { .. } => None,
        }
    }
}
