//! How measured times are spread.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Percentiles, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many were measured.
    pub measured: usize,
    /// Half took at most this.
    pub median: f64,
    /// 95 of 100.
    pub p95: f64,
    /// 99 of 100; of fewer than a hundred this is the slowest.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Spread {
    /// The spread of some times: nearest rank, rounded up.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(rank).copied().unwrap_or_default().as_secs_f64() * 1e3
        };
        Self { measured: times.len(), median: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.3} ms, p95 {:.3}, p99 {:.3}, max {:.3} ({} measured)",
            self.median, self.p95, self.p99, self.max, self.measured
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest_above() {
        let of = |n: u64| Spread::of((1..=n).rev().map(Duration::from_millis).collect());
        assert_eq!(of(100), Spread { measured: 100, median: 50.0, p95: 95.0, p99: 99.0, max: 100.0 });
        assert_eq!(of(3), Spread { measured: 3, median: 2.0, p95: 3.0, p99: 3.0, max: 3.0 });
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
