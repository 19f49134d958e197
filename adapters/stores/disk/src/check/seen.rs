//! What one pass over a directory has seen so far.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use crate::chain::Chain;
use crate::record::{Decoder, Record};
use crate::report::Report;
use crate::segment::{Contents, Numbers, Segment, Totals};
use crate::{Finding, OpenError};

#[derive(Default)]
pub(super) struct Seen {
    pub(super) report: Report,
    series: BTreeSet<Box<[u8]>>,
    segments: Vec<Total>,
    /// The oldest number that retention had left.
    oldest: u64,
}

/// What was written to segments before one, and up to its end; unknown if its foot is damaged.
struct Total {
    numbers: Numbers,
    before: Option<Totals>,
    after: Option<Totals>,
}

/// The keys of a log by their numbers.
#[derive(Default)]
pub(super) struct LogKeys {
    decoder: Decoder,
    keys: BTreeMap<u32, Box<[u8]>>,
}

impl Seen {
    /// Adds a segment, which is newer than those before.
    pub(super) fn add_segment(&mut self, numbers: Numbers, segment: &Segment, bytes: u64) {
        let Contents { samples, .. } = segment.contents;
        self.report.segments += 1;
        self.report.samples += samples;
        for entry in segment.entries() {
            match entry.runs.is_empty() {
                true => _ = self.series.remove(&*entry.key),
                false => _ = self.series.insert(entry.key.into()),
            }
        }
        let Segment { before, oldest, .. } = *segment;
        let after = before.map(|before| Totals {
            samples: before.samples.saturating_add(samples),
            bytes: before.bytes.saturating_add(bytes),
        });
        self.segments.push(Total { numbers, before, after });
        self.oldest = self.oldest.max(oldest.unwrap_or(0));
    }

    /// Adds the records of a frame; returns `false` if one is malformed.
    pub(super) fn add_records(&mut self, mut records: &[u8], log: &mut LogKeys) -> bool {
        loop {
            let (series, is_put) = match log.decoder.next(&mut records) {
                Ok(None) => return true,
                Err(_) => return false,
                Ok(Some(Record::Key { series, key })) => {
                    log.keys.insert(series, key.as_bytes().into());
                    self.report.records += 1;
                    continue;
                }
                Ok(Some(Record::Put { series, .. })) => (series, true),
                Ok(Some(Record::Remove { series })) => (series, false),
            };
            let Some(key) = log.keys.get(&series) else { return false };
            self.report.records += 1;
            if !is_put {
                self.series.remove(key);
            } else if !self.series.contains(key) {
                self.series.insert(key.clone());
            }
        }
    }

    /// Tells that a file cannot be read. One that is gone is an error: it is looked for again.
    pub(super) fn tell_unreadable(
        &mut self,
        name: &str,
        checked: Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        match checked {
            Err(OpenError::Io(error)) if error.kind() != ErrorKind::NotFound => {
                self.report.fault(name, format!("cannot read it: {error}"));
                Ok(())
            }
            checked => checked,
        }
    }

    /// Tells which files are missing, and which are not read.
    pub(super) fn check_chain(&mut self, chain: &Chain) {
        self.check_begin(chain);
        for gap in chain.gaps() {
            let next = self.segments.iter().find(|total| total.numbers.first > gap.last);
            let last = self.segments.iter().rfind(|total| total.numbers.last < gap.first);
            let lost = next.zip(last).and_then(|(next, last)| {
                let (before, after) = (next.before?, last.after?);
                Some(before.less(after))
            });
            self.report.faults.push(match chain.end() < gap.first {
                true => Finding::missing_logs(gap.first, gap.last),
                false => Finding::missing(gap, lost),
            });
        }
        if chain.logs.is_empty() && chain.end() > 0 {
            self.report.faults.push(Finding::missing_end(chain.end() + 1));
        }
        for name in &chain.set_aside {
            self.report.note(name, "it was set aside; it is not read");
        }
        for name in &chain.foreign {
            self.report.note(name, "it is no file of the store; it is not read");
        }
    }

    /// Tells whether the oldest files are missing. Retention removes them, and only the next segment
    /// says so: if it has ever removed one, or no segment is left, they may be gone rightly.
    fn check_begin(&mut self, chain: &Chain) {
        let expected = self.oldest.max(1);
        let segment = chain.segments.first().map(|numbers| numbers.first);
        let Some(first) = segment.or(chain.logs.first().copied()) else { return };
        if first <= expected {
            return;
        }
        let missing = Numbers { first: expected, last: first - 1 };
        let lost = self.segments.first().and_then(|total| total.before);
        if segment.is_some() && self.oldest <= 1 {
            self.report.faults.push(Finding::missing(missing, lost));
        } else {
            let what =
                "gone: removed for its age or for space, or lost; nothing that is left tells";
            self.report.note(&missing.to_string(), what);
        }
    }

    pub(super) fn report(mut self) -> Report {
        self.report.series = self.series.len() as u64;
        self.report
    }
}
