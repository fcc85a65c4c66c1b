//! Keeps the time of a question from outside: the engine reads no clock, it only looks at a flag.

use crate::solver::Cancellation;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that raises a flag when the time is over. Dropped earlier, it does not.
#[derive(Debug)]
pub struct Watchdog {
    running: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches from now on.
    pub fn start(limit: Duration, cancellation: Cancellation) -> Self {
        let (running, ended) = channel::<()>();
        let thread = std::thread::spawn(move || {
            if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                cancellation.cancel();
            }
        });
        Self { running: Some(running), thread: Some(thread) }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The closed channel wakes the thread.
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raises_the_flag_when_the_time_is_over_and_not_before() {
        let flag = Cancellation::default();
        drop(Watchdog::start(Duration::from_secs(600), flag.clone()));
        assert!(!flag.is_cancelled());
        let watchdog = Watchdog::start(Duration::from_millis(5), flag.clone());
        while !flag.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(watchdog);
    }
}
