//! Damage that shows when samples are read for a connection: all that the segment has is looked for
//! at once and left out from then on, so that nobody runs into it again.

use std::collections::BTreeSet;
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

    /// Reads a run. One that cannot be read is gone from its series when this returns, so the caller
    /// looks again, as it does for one that was merged with others.
    fn read(&self, stored: &Stored) -> Result<Vec<Sample>, Unread> {
        let Some(segment) = self.disk().segments.get(stored.segment) else {
            return Err(Unread::NotYet);
        };
        let read = self.disk().segments.try_read(stored);
        if let Ok(Some(samples)) = read {
            return Ok(samples);
        }
        if let Err(error) = read {
            log::error!("cannot read {}: {error}", segment.numbers);
        }
        self.drop_damaged(&segment, stored);
        Err(Unread::NotYet)
    }

    /// Removes the runs of a segment that are damaged from their series. One of them is known.
    fn drop_damaged(&self, segment: &SegmentFile<F::File>, found: &Stored) {
        let bad = damaged_blocks(segment);
        let mut places: BTreeSet<_> = bad.iter().map(|block| block.place).collect();
        // Even if it can be read now.
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
}

/// Reads all blocks of a segment; returns those that are damaged.
fn damaged_blocks(segment: &SegmentFile<impl crate::File>) -> Vec<BadBlock> {
    match segment::read(&segment.file, segment.numbers) {
        Ok(index) => segment::check(&segment.file, segment.numbers, &index).bad,
        Err(error) => {
            log::error!("{}: {error}", segment.numbers);
            Vec::new()
        }
    }
}
