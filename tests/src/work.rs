//! The tasks that speed is measured on. The figures go by their names.
//!
//! ```text
//!  TASKS ─┬─▶ benches/speed.rs     time, under `cargo bench`
//!         └─▶ examples/rounds.rs   instructions, under .ci/instructions
//! ```

use std::fmt;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::task::{Context, Waker};

use metric_disk::record::Encoder;
use metric_disk::{Directory, DiskStore, Settings};
use metric_memory::{Layout, MemoryStore};
use metric_proto::{
    FixedStore, Key, Limits, MAX_SAMPLE_LINE, Next, Position, Query, Refused, Sample, Scan, Series,
    ServerConnection, Store, StoreCounters, Summary, parse_request, write_sample,
};

/// The number of requests in a round of a task.
pub const ROUND: usize = 1000;

const KEYS: usize = 100;
const SAMPLES: usize = ROUND / KEYS;
const START: i64 = 1_700_000_000;

type Round = Box<dyn FnMut()>;

/// A task. A round of it does [`ROUND`] requests.
#[derive(Clone, Copy)]
pub struct Task {
    name: &'static str,
    prepare: fn() -> Round,
}

impl Task {
    /// Prepares the data of the task. Returns a function that does a round of it.
    #[must_use]
    pub fn prepare(&self) -> Box<dyn FnMut()> {
        (self.prepare)()
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// All tasks.
pub const TASKS: &[Task] = &[
    Task { name: "parse: put", prepare: || parse(puts(short)) },
    Task { name: "parse: put, 17 digits", prepare: || parse(puts(long)) },
    Task { name: "parse: get", prepare: || parse(gets()) },
    Task { name: "parse: wrong command", prepare: || parse(wrong_commands()) },
    Task { name: "write: sample", prepare: || write(short) },
    Task { name: "write: sample, 17 digits", prepare: || write(long) },
    Task { name: "whole put: no store", prepare: || serve(Nowhere, puts(short)) },
    Task { name: "whole put: MemoryStore", prepare: || serve(memory(), puts(short)) },
    Task { name: "whole put: DiskStore", prepare: || serve_durably(puts(short)) },
    Task { name: "whole put: FixedStore", prepare: || serve(fixed(), puts(short)) },
    Task { name: "whole get of 10: MemoryStore", prepare: || serve(filled(memory()), gets()) },
    Task { name: "whole get of 10: FixedStore", prepare: || serve(filled(fixed()), gets()) },
    Task { name: "store in order: MemoryStore", prepare: || store(memory(), |time| time) },
    Task { name: "store in order: FixedStore", prepare: || store(fixed(), |time| time) },
    Task { name: "store again: MemoryStore", prepare: || store(memory(), again) },
    Task { name: "store again: FixedStore", prepare: || store(fixed(), again) },
    Task { name: "store late: MemoryStore", prepare: || store(memory(), backwards) },
    Task { name: "store late: FixedStore", prepare: || store(fixed(), backwards) },
    Task { name: "store long: MemoryStore", prepare: || store_long(long_memory()) },
    Task { name: "scan of 10: MemoryStore", prepare: || scan(filled(memory())) },
    Task { name: "scan of 10: FixedStore", prepare: || scan(filled(fixed())) },
    Task { name: "scan of 200: MemoryStore", prepare: scan_long },
    Task { name: "log: put", prepare: || log(short, 0) },
    Task { name: "log: put, 17 digits", prepare: || log(long, 0) },
    Task { name: "log: put, each at another time", prepare: || log(short, 1) },
];

fn parse(lines: String) -> Round {
    let lines: Vec<&[u8]> = lines.leak().lines().map(str::as_bytes).collect();
    Box::new(move || {
        for line in black_box(&lines) {
            let _ = black_box(parse_request(line));
        }
    })
}

fn write(value: fn(&mut fastrand::Rng) -> f64) -> Round {
    let mut random = fastrand::Rng::with_seed(SEED);
    let sample = |(at, key)| (key, sample(value(&mut random), START + at as i64));
    let samples: Vec<_> = keys().into_iter().enumerate().map(sample).collect();
    let mut line = [0; MAX_SAMPLE_LINE];
    Box::new(move || {
        for &(key, sample) in black_box(&samples) {
            let _ = black_box(write_sample(key, sample, &mut line));
        }
    })
}

/// Answers requests like a connection, into a buffer of 64 KiB.
fn serve<S: Store + 'static>(mut store: S, requests: String) -> Round {
    let (mut server, mut output) = (ServerConnection::new(Limits::DESKTOP), vec![0; 64 * 1024]);
    Box::new(move || {
        let mut input = black_box(requests.as_bytes());
        let mut next = Next::Output;
        while next == Next::Output {
            let progress = server.process(&mut store, input, &mut output, 0);
            input = &input[progress.consumed..];
            next = progress.next;
        }
        assert!(input.is_empty(), "a request is left over");
    })
}

/// Answers puts like a connection to a store that writes them to a file before it answers.
fn serve_durably(requests: String) -> Round {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let files = Directory::create(directory.path()).expect("a directory");
    let settings = Settings::new(Layout::ONE_THREAD, KEYS, SAMPLES);
    let (store, _) = DiskStore::open(files, settings).expect("an empty directory opens");
    let mut handle = store.handle();
    let (mut server, mut output) = (ServerConnection::new(Limits::DESKTOP), vec![0; 64 * 1024]);
    Box::new(move || {
        let _kept = &directory;
        let mut input = black_box(requests.as_bytes());
        while !input.is_empty() {
            let progress = server.process(&mut handle, input, &mut output, 0);
            input = &input[progress.consumed..];
            let mut context = Context::from_waker(Waker::noop());
            while handle.poll_ready(&mut context).is_pending() {}
        }
    })
}

/// Stores samples in each series at `timestamp` of 0, 1, 2 and so on.
fn store<S: Store + 'static>(mut store: S, timestamp: fn(i64) -> i64) -> Round {
    let (keys, mut time) = (keys(), 0);
    Box::new(move || {
        for keys in keys.chunks(KEYS) {
            let sample = sample(0.5, START + timestamp(time));
            keys.iter().for_each(|&key| _ = black_box(store.put(key, sample)));
            time += 1;
        }
    })
}

/// Stores samples in order in one series. The store compresses the older ones meanwhile.
fn store_long<S: Store + 'static>(mut store: S) -> Round {
    let (key, mut random, mut time) = (keys()[0], fastrand::Rng::with_seed(SEED), START);
    Box::new(move || {
        for _ in 0..ROUND {
            time += 1;
            _ = black_box(store.put(key, sample(short(&mut random), time)));
        }
    })
}

/// Scans a series that is mostly compressed.
fn scan_long() -> Round {
    let (mut store, mut random) = (long_memory(), fastrand::Rng::with_seed(SEED));
    for time in 0..200 {
        let sample = sample(short(&mut random), START + time);
        store.put(keys()[0], sample).expect("there is room");
    }
    scan_keys(store, vec![keys()[0]; ROUND])
}

fn scan<S: Store + 'static>(store: S) -> Round {
    scan_keys(store, keys())
}

fn scan_keys<S: Store + 'static>(store: S, keys: Vec<Key<'static>>) -> Round {
    Box::new(move || {
        for &key in &keys {
            store.scan(&Query::all(Series::Key(key)), Position::START, |key, sample| {
                black_box((key, sample));
                ControlFlow::Continue(())
            });
        }
    })
}

/// Encodes puts into series in turn as records of a log, each `step` later than the one before.
fn log(value: fn(&mut fastrand::Rng) -> f64, step: i64) -> Round {
    let mut random = fastrand::Rng::with_seed(SEED);
    let sample = |at| sample(value(&mut random), START + step * at);
    let samples: Vec<_> = (0..ROUND as i64).map(sample).collect();
    let (mut encoder, mut buffer) = (Encoder::default(), Vec::new());
    Box::new(move || {
        buffer.clear();
        for (series, &sample) in (0..).zip(black_box(&samples)) {
            encoder.put(&mut buffer, series, sample);
        }
        black_box(&buffer);
    })
}

/// Repeats the times that fit a series.
fn again(time: i64) -> i64 {
    time % SAMPLES as i64
}

/// Reverses each group of eight times.
fn backwards(time: i64) -> i64 {
    time ^ 7
}

fn puts(value: fn(&mut fastrand::Rng) -> f64) -> String {
    let mut random = fastrand::Rng::with_seed(SEED);
    let put = |(at, key)| {
        let value = value(&mut random);
        format!("put {key} {value:?} {}\n", START + at as i64)
    };
    keys().into_iter().enumerate().map(put).collect()
}

fn gets() -> String {
    keys().iter().map(|key| format!("get {key}\n")).collect()
}

fn wrong_commands() -> String {
    puts(short).replace("put", "set")
}

/// Returns a value of up to five digits, two of them after the point.
fn short(random: &mut fastrand::Rng) -> f64 {
    f64::from(random.u32(..100_000)) / 100.0
}

/// Returns a value of 15 to 17 digits.
fn long(random: &mut fastrand::Rng) -> f64 {
    random.f64() * 1000.0
}

const SEED: u64 = 7;

/// Returns a key for each request, all keys in turns.
fn keys() -> Vec<Key<'static>> {
    let name = |at| format!("host{at:03}.cpu.load{}", at % 10);
    let key = |at: usize| Key::new(name(at % KEYS).leak()).expect("a key");
    (0..ROUND).map(key).collect()
}

fn sample(value: f64, timestamp: i64) -> Sample {
    Sample::new(value, timestamp).expect("a finite value")
}

/// Creates a store for one thread, the default of the programs.
fn memory() -> &'static MemoryStore {
    memory_of(SAMPLES)
}

/// Creates a store for series so long that most of their samples are compressed.
fn long_memory() -> &'static MemoryStore {
    memory_of(1_000_000)
}

fn memory_of(samples: usize) -> &'static MemoryStore {
    Box::leak(Box::new(MemoryStore::with_layout(Layout::ONE_THREAD, KEYS, samples)))
}

fn fixed() -> &'static mut FixedStore<KEYS, SAMPLES, 32> {
    Box::leak(Box::new(FixedStore::new()))
}

/// Fills a store with all its samples.
fn filled<S: Store>(mut store: S) -> S {
    let requests = puts(short);
    let mut output = vec![0; requests.len()];
    ServerConnection::new(Limits::DESKTOP).process(&mut store, requests.as_bytes(), &mut output, 0);
    assert_eq!(store.counters().samples, ROUND, "samples");
    store
}

/// A store that discards everything, to measure the rest of a put.
struct Nowhere;

impl Store for Nowhere {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        black_box((key, sample));
        Ok(())
    }

    fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
        Ok(false)
    }

    fn scan(
        &self,
        _: &Query<'_>,
        _: Position,
        _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        Scan::Done
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        StoreCounters::ZERO
    }
}
