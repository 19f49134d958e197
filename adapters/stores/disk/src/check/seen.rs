//! What one pass over a directory has seen so far.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use crate::OpenError;
use crate::chain::Chain;
use crate::known::Known;
use crate::missing::{Broken, Census};
use crate::record::{Decoder, Record};
use crate::report::Report;
use crate::segment::{Contents, Numbers, Segment, Totals};

#[derive(Default)]
pub(super) struct Seen {
    pub(super) report: Report,
    series: BTreeSet<Box<[u8]>>,
    census: Census,
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
        self.census.add(numbers, segment, bytes);
        self.report.faults.extend(self.census.note_damage(numbers, segment, bytes));
    }

    /// Adds a segment of which nothing can be read.
    pub(super) fn add_unreadable(&mut self, numbers: Numbers, what: String, bytes: u64) {
        let (left, fate) = (Totals::default(), String::new());
        self.census.note_broken(Broken { numbers, what, left, bytes, fate });
    }

    /// Adds the records of a frame; returns `false` if one is malformed.
    pub(super) fn add_records(&mut self, mut records: &[u8], known: &mut Known) -> bool {
        let mut decoder = Decoder::default();
        loop {
            match decoder.next(&mut records) {
                Ok(None) => return true,
                Err(_) => return false,
                Ok(Some(Record::Key { series, key })) => known.define(series, key.as_bytes()),
                Ok(Some(Record::Put { series, .. })) => {
                    let Some(key) = known.of_put(series) else { continue };
                    if !self.series.contains(key) {
                        self.series.insert(key.into());
                    }
                }
                Ok(Some(Record::Remove { series })) => {
                    let Some(key) = known.of_removal(series) else { continue };
                    self.series.remove(&key);
                }
            }
            self.report.records += 1;
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
        self.report.faults.extend(self.census.lost(chain));
        self.report.faults.extend(self.census.missing(chain));
        for name in &chain.set_aside {
            self.report.note(name, "it was set aside; it is not read");
        }
        for name in &chain.foreign {
            self.report.note(name, "it is no file of the store; it is not read");
        }
    }

    pub(super) fn report(mut self) -> Report {
        self.report.series = self.series.len() as u64;
        self.report
    }
}
