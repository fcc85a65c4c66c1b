//! Time that this thread has spent on a processor: what else the machine does is no part of it.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What some work cost, and what it gave.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = spent();
    let made = work();
    (made, spent().saturating_sub(start))
}

fn spent() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(spent.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(spent.tv_nsec).unwrap_or_default())
}
