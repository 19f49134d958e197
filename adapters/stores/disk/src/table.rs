//! The table of series in memory, as the background sees it.

use metric_memory::{MemoryStore, Parts};
use metric_proto::Sample;

use crate::Files;
use crate::disk::Disk;
use crate::run::Run;

/// The number of series that are visited before others may be added.
pub(crate) const PAGE: usize = 64;

/// Visits every series.
pub(crate) fn each_series<F: Files>(
    table: &MemoryStore<Disk<F>>,
    mut visit: impl FnMut(Parts<'_, Disk<F>>),
) {
    let mut after = None;
    while let Some(last) = table.visit_parts(after.as_deref(), PAGE, &mut visit) {
        after = Some(last);
    }
}

/// Puts the samples of a run into memory, for a late put. Returns whether the series has the run.
pub(crate) fn load<F: Files>(
    table: &MemoryStore<Disk<F>>,
    key: &[u8],
    run: &Run,
    samples: &[Sample],
) -> bool {
    let loaded = table.parts(key, |mut parts| {
        let is_there = parts.load(run, samples);
        if is_there {
            table.backing().loaded.add(key, samples, run.arrival());
            parts.mark().loose = true;
        }
        is_there
    });
    loaded.unwrap_or(false)
}
