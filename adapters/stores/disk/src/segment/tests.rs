//! Segments of random series, and files in memory that hold them.

mod damage;
mod forged;
mod format;
mod properties;
mod sizes;
mod streamed;

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use metric_chunk::{MAX_SAMPLES, encode};
use metric_proto::Sample;

use super::check::Checked;
use super::{Damage, MAX_RUN, Numbers, Totals, Unreadable, Writer, read, samples};
use crate::File;

/// A file in memory. Reading a span of it may fail.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: Mutex<Vec<u8>>,
    unreadable: Range<u64>,
    /// How many bytes were asked for at once at most.
    most: AtomicUsize,
}

impl Memory {
    fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: Mutex::new(bytes.into()), unreadable: 0..0, most: AtomicUsize::new(0) }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

impl File for Memory {
    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn allocate(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut file = self.bytes.lock().unwrap();
        let end = offset as usize + bytes.len();
        let length = file.len().max(end);
        file.resize(length, 0);
        file[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset < self.unreadable.end && self.unreadable.start < offset + bytes.len() as u64 {
            return Err(io::Error::other("a bad sector"));
        }
        self.most.fetch_max(bytes.len(), Ordering::Relaxed);
        let file = self.bytes.lock().unwrap();
        let rest = file.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(bytes.len());
        bytes[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        self.read_at(bytes, offset).map(Some)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

const NUMBERS: Numbers = Numbers { first: 3, last: 5 };
const BEFORE: Totals = Totals { samples: 1_000, bytes: 9_000 };
const OLDEST: u64 = 2;

/// What is wrong with a segment.
#[derive(Debug)]
struct Report {
    damage: Option<Damage>,
    checked: Checked,
}

impl Report {
    fn is_good(&self) -> bool {
        self.damage.is_none() && self.checked.bad.is_empty()
    }
}

/// Reads and checks all of a segment.
fn check(file: &Memory, numbers: Numbers) -> Result<Report, Unreadable> {
    let segment = read(file, numbers)?;
    let checked = super::check(file, numbers, &segment);
    Ok(Report { damage: segment.damage, checked })
}

/// What is written of one key.
#[derive(Clone, Debug)]
struct Series {
    key: Vec<u8>,
    last_arrival: u32,
    removal: Option<u32>,
    runs: Vec<(u32, Vec<Sample>)>,
}

/// Writes a segment; runs are cut into random chunks.
fn write(series: &[Series], numbers: Numbers, random: &mut Rng) -> Memory {
    let file = Memory::default();
    let mut writer = Writer::new(&file, numbers, BEFORE, OLDEST);
    for Series { key, last_arrival, removal, runs } in series {
        writer.key(key, *last_arrival);
        removal.iter().for_each(|&arrival| writer.remove(arrival).unwrap());
        for (arrival, samples) in runs {
            let run = writer.run(*arrival, &chunks(samples, random)).unwrap();
            assert_eq!((run.arrival, usize::from(run.count)), (*arrival, samples.len()));
        }
    }
    let totals = writer.finish().unwrap();
    let count = series.iter().flat_map(|series| &series.runs).map(|(_, run)| run.len() as u64);
    let samples = BEFORE.samples + count.sum::<u64>();
    assert_eq!(totals, Totals { samples, bytes: BEFORE.bytes + file.length().unwrap() });
    file
}

fn chunks(mut samples: &[Sample], random: &mut Rng) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    while !samples.is_empty() {
        let (chunk, rest) = samples.split_at(random.usize(1..=MAX_SAMPLES.min(samples.len())));
        chunks.push(encode(chunk));
        samples = rest;
    }
    chunks
}

/// Makes up to `most` series, with runs of up to `longest` samples.
fn series(most: usize, longest: usize, random: &mut Rng) -> Vec<Series> {
    let keys: BTreeSet<_> = (0..random.usize(0..=most)).map(|_| key(random)).collect();
    let arrival = random.u32(..);
    let arrival = |random: &mut Rng| match random.u8(0..10) {
        0 => random.u32(..),
        _ => arrival.saturating_add(random.u32(0..100)),
    };
    let series = keys.into_iter().map(|key| {
        let runs = runs(longest, random);
        let is_removed = runs.is_empty() || random.u8(0..4) == 0;
        Series {
            key,
            last_arrival: arrival(random),
            removal: is_removed.then(|| arrival(random)),
            runs: runs.into_iter().map(|run| (arrival(random), run)).collect(),
        }
    });
    series.collect()
}

fn key(random: &mut Rng) -> Vec<u8> {
    let length = if random.u8(0..20) == 0 { 1_000 } else { random.usize(1..12) };
    (0..length).map(|_| *random.choice(b"aab.").unwrap()).collect()
}

/// Makes up to three runs. Their timestamps ascend.
fn runs(longest: usize, random: &mut Rng) -> Vec<Vec<Sample>> {
    let any = random.u8(0..4) == 0;
    let mut time = || if any { random.i64(..) } else { random.i64(0..4_000) };
    let times: BTreeSet<_> = (0..3 * longest).map(|_| time()).collect();
    let lengths: Vec<_> = (0..random.usize(0..=3)).map(|_| random.usize(1..=longest)).collect();
    let mut samples = times.into_iter().map(|time| Sample::new(value(random), time).unwrap());
    let mut run = |length| samples.by_ref().take(length).collect::<Vec<_>>();
    lengths.into_iter().map(&mut run).filter(|run| !run.is_empty()).collect()
}

fn value(random: &mut Rng) -> f64 {
    match random.u8(0..4) {
        0 => f64::from_bits(random.u64(..) & !(1 << 62)),
        _ => f64::from(random.i16(..)) / 10.0,
    }
}

/// A sample with its key, in a form that has an order; or that a key was removed.
type Fact = (Vec<u8>, Option<(i64, u64)>);

/// Returns what was written, each block for itself.
fn written(series: &[Series]) -> Vec<BTreeSet<Fact>> {
    let removals = series.iter().filter(|series| series.removal.is_some());
    let removals = removals.map(|series| BTreeSet::from([(series.key.clone(), None)]));
    let runs =
        series.iter().flat_map(|series| series.runs.iter().map(move |(_, run)| (series, run)));
    let runs = runs.map(|(series, run)| facts(&series.key, run).collect());
    removals.chain(runs).collect()
}

fn facts(key: &[u8], run: &[Sample]) -> impl Iterator<Item = Fact> {
    let bits = |sample: &Sample| (sample.timestamp(), sample.value().to_bits());
    run.iter().map(move |sample| (key.to_vec(), Some(bits(sample))))
}

/// Returns what is served from a file.
fn served(file: &Memory, numbers: Numbers) -> Result<BTreeSet<Fact>, Unreadable> {
    let (segment, bytes) = (read(file, numbers)?, file.bytes());
    let mut served = BTreeSet::new();
    for entry in segment.entries() {
        served.extend(entry.removal.map(|_| (entry.key.clone(), None)));
        for run in &entry.runs {
            let span = run.offset as usize..run.offset as usize + usize::from(run.length);
            let block = bytes.get(span).unwrap_or_default();
            if let Ok(samples) = samples(block, numbers, run, Some(&entry.key)) {
                assert!(samples.len() <= MAX_RUN);
                served.extend(facts(&entry.key, &samples));
            }
        }
    }
    Ok(served)
}
