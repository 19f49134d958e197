//! What the log says while a directory is opened.

use std::fmt;
use std::time::{Duration, Instant};

use crate::report::Count;

/// How far the opening of a directory is.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    told: Instant,
    pub(crate) segments: usize,
    pub(crate) logs: usize,
    pub(crate) puts: u64,
}

/// The shortest time between two lines.
const PERIOD: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self { began: now, told: now, segments: 0, logs: 0, puts: 0 }
    }

    /// Logs how far it is, unless it did just now.
    pub(crate) fn tell(&mut self, doing: impl fmt::Display) {
        if self.told.elapsed() >= PERIOD {
            self.told = Instant::now();
            log::info!("opening the data: {doing}");
        }
    }

    /// Logs what was found.
    pub(crate) fn end(&self, samples: usize, series: usize, faults: usize) {
        let Self { segments, logs, puts, .. } = self;
        let time = self.began.elapsed().as_secs_f64();
        let lost = match faults {
            0 => "nothing is missing; samples are checked when they are read".to_owned(),
            _ => format!("{}, see above", Count(faults as u64, "fault")),
        };
        let (samples, puts) = (Count(samples as u64, "sample"), Count(*puts, "put"));
        let (segments, logs) = (Count(*segments as u64, "segment"), Count(*logs as u64, "log"));
        log::info!(
            "opened {samples} of {series} series in {time:.1} s: {segments}, {puts} of {logs}; {lost}"
        );
    }
}
