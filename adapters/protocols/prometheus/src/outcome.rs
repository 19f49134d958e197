//! What becomes of the samples that are sent.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};

use metric_proto::Refused;
use metric_web::{Exposition, StatusCode};

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Stored,
    /// It is the mark behind the last sample of a series that has ended, and is dropped.
    Stale,
    /// It is not a number, and is dropped.
    NotANumber,
    /// It is a native histogram, which is dropped.
    Histogram,
    /// It is infinite.
    Infinite,
    /// Its series has no name, a label twice, or one without a name.
    Labels,
    /// Its name and labels are too long for a key.
    KeyTooLong,
    /// Its time is too far away for the unit of the server.
    Time,
    /// It is older than all samples of a full series.
    TooOld,
    /// Its series is new, and there is no room for it.
    TableFull,
    /// The store cannot make it last.
    Unavailable,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 11] = [
        Self::Stored,
        Self::Stale,
        Self::NotANumber,
        Self::Histogram,
        Self::Infinite,
        Self::Labels,
        Self::KeyTooLong,
        Self::Time,
        Self::TooOld,
        Self::TableFull,
        Self::Unavailable,
    ];

    /// Returns its name among the server's own metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Stale => "stale_marker",
            Self::NotANumber => "not_a_number",
            Self::Histogram => "native_histogram",
            Self::Infinite => "infinite",
            Self::Labels => "wrong_labels",
            Self::KeyTooLong => "key_too_long",
            Self::Time => "time_out_of_range",
            Self::TooOld => "too_old",
            Self::TableFull => "too_many_series",
            Self::Unavailable => "store_unavailable",
        }
    }

    /// Returns what the log says of it. Marks of ended series are as they should be, values that are not numbers
    /// come with each scrape of a summary that is idle, and of what the store refuses it tells itself.
    const fn warning(self) -> Option<&'static str> {
        Some(match self {
            Self::Histogram => "a native histogram is dropped; classic ones are stored",
            Self::Infinite => "a value is infinite",
            Self::Labels => "a series has no name, a label twice, or one without a name",
            Self::KeyTooLong => {
                "the labels of a series take more bytes than a key may; leave some out with `labeldrop` \
                 in metric_relabel_configs, or start the server with a larger --max-key"
            }
            Self::Time => "a time is too far away for --time-unit",
            _ => return None,
        })
    }
}

impl From<Refused> for Outcome {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TableFull => Self::TableFull,
            Refused::TooOld => Self::TooOld,
            Refused::KeyTooLong => Self::KeyTooLong,
            _ => Self::Unavailable,
        }
    }
}

/// How many samples of a request had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; Outcome::ALL.len()]);

/// What the sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that can be stored is.
    Done,
    /// Nothing of it can ever be stored.
    Never,
    /// Sending it again may store more of it.
    Later,
}

impl Tally {
    /// Counts a sample.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// Returns how many samples had an outcome.
    #[must_use]
    pub const fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// Returns what the sender is told.
    ///
    /// A sender drops what is answered otherwise, so whatever may be stored later is to be repeated,
    /// also if the rest is stored: to store it again is harmless.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        use Outcome::{Histogram, NotANumber, Stale, Stored, TableFull, Unavailable};
        let any = |outcomes: &[Outcome]| outcomes.iter().any(|outcome| self.of(*outcome) > 0);
        if any(&[Unavailable, TableFull]) {
            Verdict::Later
        } else if any(&[Stored, Stale, NotANumber, Histogram]) || self.refused() == 0 {
            Verdict::Done
        } else {
            Verdict::Never
        }
    }

    /// Returns how many samples were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0[Outcome::Infinite as usize..].iter().sum()
    }

    /// Returns the cause of most refusals.
    #[must_use]
    pub fn main_cause(&self) -> Option<Outcome> {
        let refusals = Outcome::ALL.into_iter().skip(Outcome::Infinite as usize);
        refusals.filter(|cause| self.of(*cause) > 0).max_by_key(|cause| self.of(*cause))
    }
}

/// What was counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    samples: [AtomicU64; Outcome::ALL.len()],
    /// Those that the log has been told.
    told: [AtomicU64; Outcome::ALL.len()],
    cases: [Case; Outcome::ALL.len()],
    pub(crate) merged: AtomicU64,
    pub(crate) broken: AtomicU64,
    pub(crate) version_2: AtomicU64,
    /// Of neither version.
    pub(crate) other: AtomicU64,
}

/// The name of the first series with an outcome since somebody asked.
#[derive(Debug, Default)]
struct Case {
    /// Saves the lock while there is one.
    is_there: AtomicBool,
    name: Mutex<String>,
}

impl Case {
    fn set(&self, name: &str) {
        if !self.is_there.swap(true, Relaxed) {
            name.clone_into(&mut self.name.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn take(&self) -> String {
        let name = std::mem::take(&mut *self.name.lock().unwrap_or_else(PoisonError::into_inner));
        self.is_there.store(false, Relaxed);
        name
    }
}

impl Counters {
    /// Keeps the name of a series of which a sample is not stored, if the log tells of that.
    pub(crate) fn not_stored<'a>(&self, outcome: Outcome, name: impl FnOnce() -> &'a str) {
        if outcome.warning().is_some() {
            self.cases[outcome as usize].set(name());
        }
    }

    /// Returns what was not stored since the last call, a line for each cause.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let line = |outcome: Outcome| {
            let (cause, index) = (outcome.warning()?, outcome as usize);
            let count = self.samples[index].load(Relaxed);
            let new = count - self.told[index].swap(count, Relaxed);
            (new > 0).then(|| {
                let name = self.cases[index].take();
                format!("remote write: {cause} ({new} times), such as of {name:?}")
            })
        };
        Outcome::ALL.into_iter().filter_map(line).collect()
    }

    /// Returns what became of all samples, in a line, if there were any.
    pub(crate) fn summary(&self) -> Option<String> {
        let of = |outcomes: &[Outcome]| {
            outcomes
                .iter()
                .map(|&outcome| self.samples[outcome as usize].load(Relaxed))
                .sum::<u64>()
        };
        let (taken, refused) = Outcome::ALL.split_at(Outcome::Infinite as usize);
        let broken = self.broken.load(Relaxed);
        let line = format!(
            "remote write: samples stored: {}, dropped: {}, refused: {}; broken bodies: {}",
            of(&[Outcome::Stored]),
            of(&taken[1..]),
            of(refused),
            broken,
        );
        (broken + of(&Outcome::ALL) > 0).then_some(line)
    }

    pub(crate) fn add(&self, tally: &Tally) {
        for (counter, number) in self.samples.iter().zip(tally.0) {
            counter.fetch_add(number, Relaxed);
        }
    }

    /// Counts a body that was refused, if it is broken.
    pub(crate) fn refused(&self, status: StatusCode) {
        self.broken.fetch_add(u64::from(status == StatusCode::BAD_REQUEST), Relaxed);
    }

    pub(crate) fn metrics(&self, exposition: &mut Exposition) {
        let samples = Outcome::ALL.iter().zip(&self.samples);
        exposition.counters(
            "metric_remote_write_samples_total",
            "Samples of Prometheus' remote write, by what became of them.",
            "outcome",
            samples.map(|(outcome, counter)| (outcome.as_str(), counter.load(Relaxed))),
        );
        exposition.counter(
            "metric_remote_write_merged_total",
            "Samples replaced by one of the same request in the same unit of time.",
            self.merged.load(Relaxed),
        );
        let bodies =
            [("broken", &self.broken), ("version_2", &self.version_2), ("other_kind", &self.other)];
        exposition.counters(
            "metric_remote_write_refused_bodies_total",
            "Bodies of remote write that were refused as a whole.",
            "cause",
            bodies.map(|(cause, counter)| (cause, counter.load(Relaxed))),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stored_is_told_once_with_its_series() {
        let (counters, mut tally) = (Counters::default(), Tally::default());
        for (outcome, name) in [
            (Outcome::Stale, "ended"),
            (Outcome::Infinite, "first"),
            (Outcome::Infinite, "second"),
            (Outcome::TooOld, "old"),
        ] {
            tally.add(outcome);
            counters.not_stored(outcome, || name);
        }
        for outcome in [Outcome::Stored, Outcome::Stale, Outcome::TooOld] {
            assert!(!counters.cases[outcome as usize].is_there.load(Relaxed), "{outcome:?}");
        }
        counters.add(&tally);
        let line = "remote write: a value is infinite (2 times), such as of \"first\"";
        assert_eq!(counters.warnings(), [line]);
        assert!(counters.warnings().is_empty());
        counters.not_stored(Outcome::Infinite, || "third");
        counters.add(&tally);
        assert!(counters.warnings()[0].ends_with("\"third\""));
        let summary = "remote write: samples stored: 0, dropped: 2, refused: 6; broken bodies: 0";
        assert_eq!(counters.summary().as_deref(), Some(summary));
        assert_eq!(Counters::default().summary(), None);
    }

    #[test]
    fn a_sender_repeats_only_what_may_be_stored_later() {
        use Outcome::{
            Histogram, Infinite, KeyTooLong, NotANumber, Stale, Stored, TableFull, TooOld,
            Unavailable,
        };
        let cases: [(&[Outcome], Verdict); 14] = [
            (&[], Verdict::Done),
            (&[Stored], Verdict::Done),
            (&[Stale], Verdict::Done),
            (&[Stored, Infinite, TooOld], Verdict::Done),
            (&[Stored, TableFull], Verdict::Later),
            (&[Stored, Unavailable], Verdict::Later),
            (&[TableFull], Verdict::Later),
            (&[TableFull, KeyTooLong], Verdict::Later),
            (&[TableFull, Stale], Verdict::Later),
            (&[Stale, Infinite], Verdict::Done),
            (&[NotANumber, Histogram], Verdict::Done),
            (&[Infinite], Verdict::Never),
            (&[TooOld, KeyTooLong], Verdict::Never),
            (&[Unavailable], Verdict::Later),
        ];
        for (outcomes, verdict) in cases {
            let mut tally = Tally::default();
            outcomes.iter().for_each(|outcome| tally.add(*outcome));
            assert_eq!(tally.verdict(), verdict, "{outcomes:?}");
        }
    }
}
