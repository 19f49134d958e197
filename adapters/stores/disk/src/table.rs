//! The table of series in memory, as the background sees it.

use std::io;

use metric_memory::{MemoryStore, Parts};
use metric_proto::Sample;

use crate::Files;
use crate::disk::Disk;
use crate::run::Run;

/// The number of series that are visited before others may be added.
const PAGE: usize = 64;

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

/// Visits every series, and handles what was found without a lock.
pub(crate) fn each_page<F: Files, T>(
    table: &MemoryStore<Disk<F>>,
    mut visit: impl FnMut(Parts<'_, Disk<F>>) -> Option<T>,
    mut then: impl FnMut(T) -> io::Result<()>,
) -> io::Result<()> {
    let (mut after, mut page) = (None, Vec::new());
    loop {
        let last = table.visit_parts(after.as_deref(), PAGE, |parts| page.extend(visit(parts)));
        if last.is_none() {
            return Ok(());
        }
        after = last;
        page.drain(..).try_for_each(&mut then)?;
    }
}

/// Puts the samples of a run into memory, for a late put.
pub(crate) fn load<F: Files>(
    table: &MemoryStore<Disk<F>>,
    key: &[u8],
    run: &Run,
    samples: &[Sample],
) {
    table.parts(key, |mut parts| {
        parts.load(run, samples);
        let mark = parts.mark();
        mark.loose = true;
        if let Run::Stored(stored) = run {
            mark.arrival = mark.arrival.min(stored.run.arrival);
        }
    });
}
