//! Measures the durable store for BENCHMARKS.md.
//!
//! ```sh
//! cargo run --release -p metric-tests --example durable -- fill DIR SERIES SAMPLES
//! cargo run --release -p metric-tests --example durable -- open DIR
//! cargo run --release -p metric-tests --example durable -- range DIR
//! cargo run --release -p metric-tests --example durable -- day DIR
//! ```
//!
//! `fill` puts gauges of two decimals, one a second, in batches of 100; `open` opens the directory and
//! reports its memory; `range` reads 1,000 samples, cold and warm; `day` simulates 24 hours of 10,000
//! series every 10 seconds, and reports how many bytes were written for each byte that is kept.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};
use std::time::Instant;
use std::{env, fs, io};

use metric_disk::{Directory, DiskStore, File, Files, Handle, Settings, Threads};
use metric_memory::Layout;
use metric_proto::{Key, Position, Query, Sample, Scan, Series, Store};

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().expect("a number");
    match words[..] {
        ["fill", directory, series, samples] => {
            fill(Path::new(directory), number(series), number(samples) as i64);
        }
        ["open", directory] => drop(open(Path::new(directory))),
        ["range", directory] => range(Path::new(directory)),
        ["day", directory] => day(Path::new(directory)),
        _ => panic!("fill DIR SERIES SAMPLES, open DIR, range DIR, or day DIR"),
    }
}

const START: i64 = 1_700_000_000;
const BATCH: usize = 100;

fn settings() -> Settings {
    Settings::new(Layout::ONE_THREAD, 1_000_000, usize::MAX)
}

fn keys(series: usize) -> Vec<String> {
    (0..series).map(|number| format!("host{number:05}.cpu.usage")).collect()
}

/// A gauge that walks in steps of up to a half.
struct Walk(fastrand::Rng, Vec<i64>);

impl Walk {
    fn new(series: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let values = (0..series).map(|_| random.i64(0..10_000)).collect();
        Self(random, values)
    }

    fn next(&mut self, series: usize) -> f64 {
        let step = self.0.i64(-50..=50);
        self.1[series] = (self.1[series] + step).clamp(0, 10_000);
        self.1[series] as f64 / 100.0
    }
}

fn commit<F: Files>(handle: &mut Handle<F>) {
    while handle.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending() {
        std::thread::yield_now();
    }
}

fn put<F: Files>(handle: &mut Handle<F>, key: &str, value: f64, time: i64) {
    let (key, sample) = (Key::new(key).expect("a key"), Sample::new(value, time).expect("finite"));
    while let Err(refused) = handle.put(key, sample) {
        assert_eq!(refused, metric_proto::Refused::NotYet);
        commit(handle);
    }
}

fn fill(directory: &Path, series: usize, samples: i64) {
    let store = DiskStore::open(Directory::create(directory).unwrap(), settings()).unwrap().0;
    let threads = Threads::start(&store).unwrap();
    let (mut handle, keys, mut walk) = (store.handle(), keys(series), Walk::new(series));
    let started = Instant::now();
    let mut puts = 0_usize;
    for time in 0..samples {
        for (number, key) in keys.iter().enumerate() {
            put(&mut handle, key, walk.next(number), START + time);
            puts += 1;
            if puts.is_multiple_of(BATCH) {
                commit(&mut handle);
            }
        }
    }
    commit(&mut handle);
    let took = started.elapsed();
    println!(
        "{puts} puts in {:.1} s, {:.0} ns each; rss {} KiB",
        took.as_secs_f64(),
        took.as_nanos() as f64 / puts as f64,
        rss()
    );
    drop(threads);
    println!("{:.3} bytes a sample on disk", bytes(directory) as f64 / puts as f64);
}

fn open(directory: &Path) -> Arc<DiskStore<Directory>> {
    let started = Instant::now();
    let store = DiskStore::open(Directory::create(directory).unwrap(), settings()).unwrap().0;
    let counters = store.counters();
    println!(
        "opened {} series with {} samples in {:.3} s; rss {} KiB",
        counters.series,
        counters.samples,
        started.elapsed().as_secs_f64(),
        rss()
    );
    store
}

/// Reads the middle of a series, the first time with nothing in the system's memory.
fn range(directory: &Path) {
    for file in fs::read_dir(directory).unwrap() {
        let file = fs::File::open(file.unwrap().path()).unwrap();
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }
    let store = open(directory);
    let threads = Threads::start(&store).unwrap();
    // Counting takes some itself.
    let counting = reads();
    let counting = reads() - counting;
    for number in [17, 18, 19] {
        let key = keys(number + 1).pop().unwrap();
        for heat in ["cold", "warm"] {
            let (reads, started) = (reads(), Instant::now());
            let samples = read(&mut store.handle(), &key);
            let took = started.elapsed();
            println!(
                "{heat}: {samples} samples in {took:?}, {} reads",
                self::reads() - reads - counting
            );
        }
    }
    drop(threads);
}

fn read(handle: &mut Handle<Directory>, key: &str) -> usize {
    let mut query = Query::all(Series::Key(Key::new(key).unwrap()));
    (query.since, query.until) = (START + 20_000, START + 20_999);
    let (mut from, mut samples) = (Position::START, 0);
    loop {
        let end = handle.scan(&query, from, |_, _| {
            samples += 1;
            std::ops::ControlFlow::Continue(())
        });
        let Scan::NotYet(position) = end else { return samples };
        from = position;
        commit(handle);
    }
}

fn reads() -> u64 {
    field("/proc/self/io", "syscr:")
}

fn rss() -> u64 {
    field("/proc/self/status", "VmRSS:")
}

fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

fn bytes(directory: &Path) -> u64 {
    let files = fs::read_dir(directory).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// The simulated time of `day`.
static NOW: AtomicU32 = AtomicU32::new(START as u32);

/// The bytes that were written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

fn day(directory: &Path) {
    const SERIES: usize = 10_000;
    let files = Counted(Directory::create(directory).unwrap());
    let mut settings = settings();
    settings.clock = || NOW.load(Relaxed);
    let store = DiskStore::open(files, settings).unwrap().0;
    let (mut handle, keys, mut walk) = (store.handle(), keys(SERIES), Walk::new(SERIES));
    let mut puts = 0_u64;
    for time in 0..24 * 360 {
        NOW.store(START as u32 + 10 * time, Relaxed);
        store.keep().unwrap();
        for (number, key) in keys.iter().enumerate() {
            put(&mut handle, key, walk.next(number), START + 10 * i64::from(time));
            puts += 1;
            if puts.is_multiple_of(BATCH as u64) {
                commit(&mut handle);
            }
        }
    }
    store.close().unwrap();
    let (kept, written) = (bytes(directory), WRITTEN.load(Relaxed));
    println!(
        "{puts} puts, {:.3} bytes each on disk, {:.3} written: {:.2} for each that is kept",
        kept as f64 / puts as f64,
        written as f64 / puts as f64,
        written as f64 / kept as f64
    );
}

/// Counts the bytes that are written.
#[derive(Debug)]
struct Counted<T>(T);

impl Files for Counted<Directory> {
    type File = Counted<<Directory as Files>::File>;
    type Lock = <Directory as Files>::Lock;

    fn lock(&self) -> io::Result<Self::Lock> {
        self.0.lock()
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        self.0.list()
    }

    fn create(&self, name: &str) -> io::Result<Self::File> {
        self.0.create(name).map(Counted)
    }

    fn open(&self, name: &str) -> io::Result<Self::File> {
        self.0.open(name).map(Counted)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn available(&self) -> io::Result<u64> {
        self.0.available()
    }
}

impl<T: File> File for Counted<T> {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        self.0.allocate(length)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        WRITTEN.fetch_add(bytes.len() as u64, Relaxed);
        self.0.write_all_at(bytes, offset)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        self.0.read_cached_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}
