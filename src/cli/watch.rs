//! What happens beside a question that takes long: its time is kept, and a terminal shows how far it is.

use crate::ask::{Progress, Settings};
use crate::watchdog::Watchdog;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A question shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);

/// Watches a question while it lives.
pub(crate) struct Watch {
    _watchdog: Watchdog,
    running: Option<Sender<()>>,
    bar: Option<JoinHandle<()>>,
}

impl Watch {
    /// Keeps the time of a question; shows its progress unless `quiet`, or unless nobody would see it.
    pub(crate) fn start(settings: &Settings, quiet: bool) -> Self {
        let watchdog = Watchdog::start(settings.effort.timeout, settings.effort.cancellation().clone());
        let (running, ended) = channel::<()>();
        let progress = settings.progress.clone();
        let seen = !quiet && std::io::stderr().is_terminal();
        let bar = seen.then(|| std::thread::spawn(move || show(&progress, &ended)));
        Self { _watchdog: watchdog, running: Some(running), bar }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(bar) = self.bar.take() {
            let _ = bar.join();
        }
    }
}

fn show(progress: &Progress, ended: &Receiver<()>) {
    let goes_on = |wait| ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
    if !goes_on(PATIENCE) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{elapsed} {bar:40} {pos} of {len} callers") {
        bar.set_style(style);
    }
    loop {
        let (done, total) = progress.counts();
        bar.set_length(total);
        bar.set_position(done);
        if !goes_on(REFRESH) {
            bar.finish_and_clear();
            return;
        }
    }
}
