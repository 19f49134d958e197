//! A segment of more than 4 GB, on a real disk: places in it take more than 32 bits.

use std::ops::ControlFlow::Continue;
use std::task::{Context, Waker};
use std::time::Duration;

use metric_chunk::{MAX_SAMPLES, encode};
use metric_memory::Layout;
use metric_proto::{Key, Position, Query, Sample, Scan, Series, Store};

use crate::keep::{create, make_log};
use crate::segment::{MAX_RUN, Numbers, Totals, Writer};
use crate::{Directory, DiskStore, File, Handle, Settings, check};

const SERIES: usize = 100;

/// Runs of each series: a run of values that do not compress takes some 8 KB.
const RUNS: usize = 5_500;

fn key(series: usize) -> String {
    format!("key{series:03}")
}

/// Returns the samples of a run, which differ from those of all others.
fn samples(series: usize, run: usize) -> impl Iterator<Item = Sample> {
    let first = run * MAX_RUN;
    (first..first + MAX_RUN).map(move |time| {
        let value = ((time * SERIES + series) as f64).sin();
        Sample::new(value, time as i64).expect("finite")
    })
}

/// Writes the segment, and a log behind it.
fn write(files: &Directory) {
    let numbers = Numbers { first: 1, last: 1 };
    let file = create(files, &numbers.to_string()).expect("space");
    let mut writer = Writer::new(&file, numbers, Totals::default(), 1);
    for series in 0..SERIES {
        writer.key(key(series).as_bytes(), 1_700_000_000);
        for run in 0..RUNS {
            let samples: Vec<_> = samples(series, run).collect();
            let chunks: Vec<_> = samples.chunks(MAX_SAMPLES).map(encode).collect();
            writer.run(1_700_000_000, &chunks).expect("space");
        }
    }
    writer.finish().expect("space");
    assert!(file.length().expect("open") > 1 << 32);
    make_log(files, 2, 1_700_000_000, 4_096).expect("space");
}

/// Reads all samples of a series in a range.
fn get(
    store: &DiskStore,
    handle: &mut Handle<Directory>,
    series: usize,
    (since, until): (i64, i64),
) -> Vec<Sample> {
    let key = key(series);
    let mut query = Query::all(Series::Key(Key::new(&key).expect("a key")));
    (query.since, query.until) = (since, until);
    let (mut found, mut position) = (Vec::new(), Position::default());
    loop {
        let visit = |_: Key<'_>, sample| {
            found.push(sample);
            Continue(())
        };
        match handle.scan(&query, position, visit) {
            Scan::NotYet(next) => position = next,
            Scan::Done => return found,
            other => panic!("{other:?}"),
        }
        while handle.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending() {
            store.fetch(Duration::ZERO);
        }
    }
}

#[test]
#[ignore = "writes 5 GB: .ci/long runs it"]
fn samples_behind_four_gigabytes_of_a_segment_are_read() {
    let place = tempfile::tempdir().expect("temporary directory");
    let files = || Directory::create(place.path()).expect("it exists");
    write(&files());
    let report = check(place.path()).expect("readable");
    assert!(report.is_good() && report.samples == (SERIES * RUNS * MAX_RUN) as u64, "{report}");
    let settings = Settings::new(Layout::ONE_THREAD, SERIES, usize::MAX);
    let (store, findings) = DiskStore::open(files(), settings).expect("it opens");
    assert!(findings.is_empty(), "{findings:?}");
    let mut handle = store.handle();
    for series in [0, SERIES / 2, SERIES - 1] {
        for run in [0, RUNS / 2, RUNS - 1] {
            let expected: Vec<_> = samples(series, run).collect();
            let range = (expected[0].timestamp(), expected[MAX_RUN - 1].timestamp());
            assert!(get(&store, &mut handle, series, range) == expected, "{series}, run {run}");
        }
    }
}
