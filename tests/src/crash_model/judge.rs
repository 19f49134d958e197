//! Opening what is left on a disk, and looking at all of it.

use std::ops::ControlFlow::Continue;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use metric_disk::{DiskStore, Findings, Settings};
use metric_proto::{Position, Query, Scan, Series, Store};

use super::Rows;
use crate::simulated_disk::{Cached, SimulatedDisk};

/// What is found on a disk.
#[derive(Debug)]
pub struct Found {
    /// What is in the store.
    pub rows: Rows,
    /// What was said at the start.
    pub findings: Findings,
    /// The number of samples that were found to be damaged when they were read.
    pub damaged: u64,
}

impl Found {
    /// Whether all is well, as far as the store knows.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.findings.is_empty() && self.damaged == 0
    }
}

/// Opens the store on a disk, and looks at all of it. Checks that nothing is deleted that is needed.
///
/// # Panics
///
/// If it does not open, if its counters, its series and its samples do not agree, or if a file is
/// gone.
#[must_use]
pub fn judge(disk: &SimulatedDisk, settings: &Settings) -> Found {
    disk.set_cached(Cached::Always);
    let before = disk.contents();
    let (store, findings) = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    check_files(&before, disk);
    let rows = observe(&store);
    Found { rows, findings, damaged: store.disk_counters().damaged }
}

/// Returns what is in a store.
///
/// # Panics
///
/// If a scan does not end, or its counters, its series and its samples do not agree.
#[must_use]
pub fn observe(store: &Arc<DiskStore<SimulatedDisk>>) -> Rows {
    let (mut handle, mut rows, mut from) = (store.handle(), Rows::new(), Position::START);
    loop {
        let end = handle.scan(&Query::all(Series::All), from, |key, sample| {
            let row = (key.as_str().to_owned(), sample.timestamp());
            let last = rows.last_key_value().map(|(row, _)| row);
            assert!(last.is_none_or(|last| *last < row), "{row:?} is not after {last:?}");
            rows.insert(row, sample.value().to_bits());
            Continue(())
        });
        match end {
            // What is wanted is damaged, since everything else is cached.
            Scan::NotYet(position) => from = position,
            end => {
                assert_eq!(end, Scan::Done);
                break;
            }
        }
        while handle.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending() {
            store.fetch(Duration::ZERO);
        }
    }
    check_totals(store, &rows);
    rows
}

fn check_totals(store: &Arc<DiskStore<SimulatedDisk>>, rows: &Rows) {
    let mut series = 0;
    let mut counted = rows.chunk_by_key();
    let _ = store.handle().series(&[], |key, summary| {
        series += 1;
        let expected = counted.next();
        let found = (
            key.as_str().to_owned(),
            summary.samples,
            summary.first.timestamp(),
            summary.last.timestamp(),
        );
        assert_eq!(Some(found), expected, "the summary of a series");
        Continue(())
    });
    let counters = store.counters();
    let counts = (counters.series, counters.samples);
    assert_eq!(counts, (series, rows.len()), "series and samples, counted and found");
}

/// Groups rows by their keys.
trait ChunkByKey {
    fn chunk_by_key(&self) -> impl Iterator<Item = (String, usize, i64, i64)>;
}

impl ChunkByKey for Rows {
    fn chunk_by_key(&self) -> impl Iterator<Item = (String, usize, i64, i64)> {
        let keys: Vec<_> = self.keys().collect();
        let groups = keys
            .chunk_by(|one, other| one.0 == other.0)
            .map(|group| (group[0].0.clone(), group.len(), group[0].1, group[group.len() - 1].1));
        groups.collect::<Vec<_>>().into_iter()
    }
}

/// Checks that only temporary files, and those that segments hold, are gone.
fn check_files(before: &std::collections::BTreeMap<String, Vec<u8>>, disk: &SimulatedDisk) {
    let after = disk.contents();
    let segments: Vec<_> = after.keys().filter_map(|name| numbers(name)).collect();
    let is_held = |numbers: Option<(u64, u64)>| {
        let holds = |(first, last): (u64, u64), (a, b): (u64, u64)| a <= first && last <= b;
        numbers.is_some_and(|numbers| segments.iter().any(|&segment| holds(numbers, segment)))
    };
    for (name, bytes) in before {
        let is_here = after.values().any(|other| other == bytes);
        let log = name.strip_suffix(".log").and_then(|name| name.parse().ok());
        let numbers = numbers(name).or(log.map(|log| (log, log)));
        let is_temporary = name.ends_with(".seg.tmp") || name.ends_with(".log.tmp");
        assert!(is_here || is_temporary || is_held(numbers), "{name} is gone: {:?}", after.keys());
    }
}

/// Returns the numbers in the name of a segment.
fn numbers(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.strip_suffix(".seg")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
