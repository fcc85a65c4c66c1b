//! How far a question over many callers is. Only counts: who shows them, and when, is not decided here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shared counts; clones count the same question.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// So many more callers will be asked about.
    pub(crate) fn expect(&self, callers: usize) {
        self.0.total.fetch_add(callers as u64, Ordering::Relaxed);
    }

    /// One caller is answered.
    pub(crate) fn step(&self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }

    /// How many callers are answered, of how many.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.done.load(Ordering::Relaxed), self.0.total.load(Ordering::Relaxed))
    }
}
