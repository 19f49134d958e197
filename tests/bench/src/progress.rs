//! A progress bar on a terminal; nothing elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::options::Options;

/// A bar on standard error, hidden if that is not a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    duration: Option<Duration>,
}

impl Progress {
    pub(crate) fn warm_up(options: &Options) -> Self {
        Self::new("warming up", Some(options.warm_up), 0)
    }

    pub(crate) fn measuring(options: &Options) -> Self {
        Self::new("measuring", options.duration(), options.requests.unwrap_or(0))
    }

    /// Creates a bar for a duration, or for a number of requests if `duration` is `None`.
    fn new(what: &'static str, duration: Option<Duration>, requests: u64) -> Self {
        let length = duration.map_or(requests, milliseconds);
        let bar = ProgressBar::new(length).with_style(style()).with_prefix(what);
        Self { bar, start: Instant::now(), duration }
    }

    pub(crate) fn show(&self, requests: u64) {
        let passed = self.start.elapsed();
        self.bar.set_position(self.duration.map_or(requests, |_| milliseconds(passed)));
        let rate = requests as f64 / passed.as_secs_f64().max(f64::MIN_POSITIVE);
        self.bar.set_message(format!("{rate:.0} requests/s"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} %  {msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
}
