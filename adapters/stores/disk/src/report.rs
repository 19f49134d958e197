//! What a check of a directory tells, in words for people.

use std::fmt;

use crate::Finding;

/// What a [`check`](crate::check) of a directory has found.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The segments that count.
    pub segments: u64,
    /// The samples in them. A timestamp counts once for each segment that has it: of a sample that was
    /// put again, and of the newest of a series, which the next segment repeats.
    pub samples: u64,
    /// The logs that count.
    pub logs: u64,
    /// The records in them: puts, removals, and keys.
    pub records: u64,
    /// The series in both.
    pub series: u64,
    /// The bytes of all regular files in the directory.
    pub bytes: u64,
    /// What is damaged or missing.
    pub faults: Vec<Finding>,
    /// What is unusual, but no fault: the torn end of a log, files that were set aside, and files
    /// that are not of the store.
    pub notes: Vec<Finding>,
}

impl Report {
    /// Returns whether nothing is damaged or missing.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns whether two passes over a directory found the same.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        (&self.faults, &self.notes) == (&other.faults, &other.notes)
    }

    /// Adds what is lost: a write that was not completed is no fault.
    pub(crate) fn add(&mut self, place: &str, what: impl fmt::Display, is_torn: bool) {
        if is_torn { self.note(place, what) } else { self.fault(place, what) }
    }

    pub(crate) fn fault(&mut self, place: &str, what: impl fmt::Display) {
        self.faults.push(Finding::new(place, what.to_string()));
    }

    pub(crate) fn note(&mut self, place: &str, what: impl fmt::Display) {
        self.notes.push(Finding::new(place, what.to_string()));
    }
}

/// Writes a line for each finding, and one for the whole.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, samples, logs, records, series, bytes, faults, notes } = self;
        notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        faults.iter().try_for_each(|fault| writeln!(f, "{fault}"))?;
        write!(
            f,
            "{} with {} (with repeats), {} with {}, {series} series, {bytes} bytes: ",
            Count(*segments, "segment"),
            Count(*samples, "sample"),
            Count(*logs, "log"),
            Count(*records, "record"),
        )?;
        match faults.len() {
            0 => f.write_str("all is well"),
            faults => Count(faults as u64, "fault").fmt(f),
        }
    }
}

/// A number of things, whose plural takes an s.
pub(crate) struct Count(pub(crate) u64, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, thing) = self;
        write!(f, "{number} {thing}{}", if *number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_takes_no_s() {
        let report = Report { segments: 1, samples: 1, logs: 2, series: 1, ..Report::default() };
        let told = "1 segment with 1 sample (with repeats), 2 logs with 0 records, 1 series, 0 bytes: \
                    all is well";
        assert_eq!(report.to_string(), told);
    }
}
