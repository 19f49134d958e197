//! Damage that shows when samples are read for a connection: all that the segment has is looked for
//! at once and left out from then on, so that nobody runs into it again.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use metric_memory::Unread;
use metric_proto::Sample;

use crate::run::Stored;
use crate::segment::{self, BadBlock};
use crate::segments::SegmentFile;
use crate::{DiskStore, Files};

/// How many damaged blocks of a segment the log names. A check names all of them.
const NAMED: usize = 10;

impl<F: Files> DiskStore<F> {
    /// Reads what connections have asked for, waiting up to `time` for a request.
    pub fn fetch(&self, time: Duration) -> bool {
        self.disk().fetches.serve(|stored| self.read(stored), time)
    }

    /// Reads a run. One that is damaged is gone from its series when this returns, so the caller looks
    /// again, as it does for one that was merged with others.
    fn read(&self, stored: &Stored) -> Result<Vec<Sample>, Unread> {
        match self.disk().segments.try_read(stored) {
            Ok(Some(samples)) => Ok(samples),
            Ok(None) => {
                self.drop_damaged(stored);
                Err(Unread::NotYet)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Unread::NotYet),
            Err(error) => {
                self.disk().segments.tell_unreadable(stored.segment, &error);
                Err(Unread::Refused)
            }
        }
    }

    /// Removes all damaged runs of a segment from their series. One of them is known.
    fn drop_damaged(&self, found: &Stored) {
        let Some(segment) = self.disk().segments.get(found.segment) else { return };
        let bad = self.damaged_blocks(found.segment, &segment);
        let mut places: BTreeSet<_> = bad.iter().map(|block| block.place).collect();
        places.insert(found.run.place());
        let samples = self
            .drop_runs(|_, run| run.segment == found.segment && places.contains(&run.run.place()));
        self.counts.damaged.fetch_add(samples as u64, Relaxed);
        let bytes: u64 = places.iter().map(|place| u64::from(place.length)).sum();
        let numbers = segment.numbers;
        log::error!("{numbers}: {samples} samples are lost, {bytes} bytes are damaged");
        bad.iter().take(NAMED).for_each(|block| log::error!("{numbers}: {block}"));
        if bad.len() > NAMED {
            log::error!("{numbers}: a check names {} more", bad.len() - NAMED);
        }
    }

    /// Reads all blocks of a segment; returns those that are damaged, and not only unreadable now.
    fn damaged_blocks(&self, id: u32, segment: &SegmentFile<F::File>) -> Vec<BadBlock> {
        let is_damaged = |block: &BadBlock| {
            let run = block.run.map(|run| self.disk().segments.try_read(&Stored::new(id, run)));
            matches!(run, Some(Ok(None)))
        };
        let Ok(index) = segment::read(&segment.file, segment.numbers) else { return Vec::new() };
        let mut bad = segment::check(&segment.file, segment.numbers, &index).bad;
        bad.retain(is_damaged);
        bad
    }
}
