//! Measures what replies cost on top of the scan: a million samples, a hundred thousand keys.

use std::hint::black_box;
use std::ops::ControlFlow::Continue;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use metric_memory::{Layout, MemoryStore};
use metric_proto::{Key, LONGEST_KEY, Position, Query, Sample, Series, Store};
use metric_query::{
    Buckets, Budget, Glob, Keys, Last, Matcher, Next, Nodes, Produce, Range, Style, Window,
};

const SAMPLES: i64 = 1_000_000;
const HOSTS: usize = 25_000;

fn main() {
    divan::main();
}

static LONG: LazyLock<MemoryStore> = LazyLock::new(|| {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 1, SAMPLES as usize);
    let mut store = &memory;
    for at in 0..SAMPLES {
        let sample = Sample::new((at % 1_000) as f64 / 10.0, 1_150_864_247 + at).unwrap();
        store.put(Key::new("palm.cpu").unwrap(), sample).unwrap();
    }
    memory
});

static WIDE: LazyLock<MemoryStore> = LazyLock::new(|| {
    let memory = MemoryStore::with_layout(Layout::ONE_THREAD, 4 * HOSTS, 2);
    let mut store = &memory;
    for host in 0..HOSTS {
        for metric in ["cpu", "disk.sda", "disk.sdb", "memory"] {
            let key = format!("site{}.host{host:05}.{metric}", host % 10);
            store.put(Key::new(&key).unwrap(), Sample::new(1.5, 1).unwrap()).unwrap();
        }
    }
    memory
});

/// Reads a reply to its end, and forgets it.
fn read(mut producer: impl Produce, mut store: &MemoryStore) -> usize {
    let (mut output, mut bytes) = ([0; 65_536], 0);
    loop {
        let filled = producer.fill(&mut store, &mut output);
        bytes += black_box(&output[..filled.bytes]).len();
        if filled.next != Next::More {
            return bytes;
        }
    }
}

fn all() -> Matcher<&'static str> {
    Matcher::All
}

fn glob(pattern: &str) -> Glob<&str> {
    Glob::new(pattern).unwrap()
}

#[divan::bench]
fn samples_scan_alone(bencher: Bencher<'_, '_>) {
    let store = &*LONG;
    bencher.counter(ItemsCount::new(SAMPLES as usize)).bench_local(|| {
        let mut sum = 0;
        let _ = store.scan(&Query::all(Series::All), Position::START, |_, sample| {
            sum ^= sample.timestamp() ^ sample.value().to_bits() as i64;
            Continue(())
        });
        sum
    });
}

#[divan::bench(args = [1, 1_000, 100_000])]
fn samples_as_buckets(bencher: Bencher<'_, '_>, points: usize) {
    let store = &*LONG;
    bencher.counter(ItemsCount::new(SAMPLES as usize)).bench_local(|| {
        let times = (None, None);
        read(Buckets::<_, LONGEST_KEY>::new(all(), times, points, Style::JSON, Budget::NONE), store)
    });
}

#[divan::bench]
fn samples_as_json(bencher: Bencher<'_, '_>) {
    let store = &*LONG;
    bencher.counter(ItemsCount::new(SAMPLES as usize)).bench_local(|| {
        read(Range::<_, LONGEST_KEY>::new(all(), Window::ALL, Style::JSON, Budget::NONE), store)
    });
}

#[divan::bench]
fn series_alone(bencher: Bencher<'_, '_>) {
    let store = &*WIDE;
    bencher.counter(ItemsCount::new(4 * HOSTS)).bench_local(|| {
        let mut count = 0;
        let _ = store.series(b"", |_, summary| {
            count += summary.samples;
            Continue(())
        });
        count
    });
}

#[divan::bench]
fn series_as_keys(bencher: Bencher<'_, '_>) {
    let store = &*WIDE;
    bencher
        .counter(ItemsCount::new(4 * HOSTS))
        .bench_local(|| read(Keys::<_, LONGEST_KEY>::new(all(), usize::MAX, Style::JSON), store));
}

#[divan::bench(args = ["**", "*.cpu", "*.*.cpu", "site3.*.cpu", "**.cpu"])]
fn series_of_a_pattern(bencher: Bencher<'_, '_>, pattern: &str) {
    let store = &*WIDE;
    bencher.counter(ItemsCount::new(4 * HOSTS)).bench_local(|| {
        read(Last::<_, LONGEST_KEY>::new(glob(pattern), Style::JSON, Budget::NONE), store)
    });
}

#[divan::bench]
fn nodes_of_a_site(bencher: Bencher<'_, '_>) {
    let store = &*WIDE;
    bencher.counter(ItemsCount::new(HOSTS / 10)).bench_local(|| {
        read(Nodes::<LONGEST_KEY>::new(Some("site3"), usize::MAX, Style::JSON), store)
    });
}

#[divan::bench]
fn nodes_of_the_root(bencher: Bencher<'_, '_>) {
    let store = &*WIDE;
    bencher
        .counter(ItemsCount::new(10_usize))
        .bench_local(|| read(Nodes::<LONGEST_KEY>::new(None, usize::MAX, Style::JSON), store));
}
