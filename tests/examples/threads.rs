//! Compares the puts per second of two threads that share a store with those of one thread, and with
//! those of two threads that have a store each. The figures are medians of rounds.
//!
//! ```sh
//! cargo run --release -p metric-tests --example threads
//! ```
//!
//! There are no sockets and no clients, so two free processors are enough. Each thread has its own
//! server and its own keys, like clients that report for different machines.

use std::thread;
use std::time::Instant;

use metric_memory::MemoryStore;
use metric_proto::{Limits, ServerConnection};

const ROUNDS: usize = 21;
const BATCHES: usize = 20_000;
const BATCH: usize = 100;
const KEYS: usize = 1000;

fn main() {
    let [shared, other] = [0, 1].map(|_| MemoryStore::new(2 * KEYS, 1000));
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let cases = [&[&shared][..], &[&shared, &shared], &[&shared, &other]];
            let [one, two, apart] = cases.map(|stores| puts_per_second(stores) / 1e6);
            println!("one thread {one:.1}, two {two:.1}, apart {apart:.1} million puts a second");
            [two / one, apart / one, two / apart]
        })
        .collect();
    for (case, what) in ["two to one", "apart to one", "two to apart"].into_iter().enumerate() {
        rounds.sort_by(|a, b| a[case].total_cmp(&b[case]));
        let [median, least, most] =
            [ROUNDS / 2, 0, ROUNDS - 1].map(|round: usize| rounds[round][case]);
        println!("{what}: {median:.2} times, from {least:.2} to {most:.2}");
    }
}

/// Runs a thread for each store. Returns the puts per second of all.
fn puts_per_second(stores: &[&MemoryStore]) -> f64 {
    let inputs: Vec<_> = (0..stores.len()).map(batches).collect();
    let since = Instant::now();
    thread::scope(|scope| {
        for (store, input) in stores.iter().zip(&inputs) {
            scope.spawn(|| put_all(store, input));
        }
    });
    (stores.len() * BATCHES * BATCH) as f64 / since.elapsed().as_secs_f64()
}

/// Returns puts of ten samples for each key of a thread, in batches.
fn batches(thread: usize) -> Vec<String> {
    let put = |number: usize| {
        let (key, time) = (number % KEYS, number / KEYS);
        format!(
            "put host{thread}.{key:03}.cpu {}.{:02} {}\n",
            key % 97,
            key % 89,
            1_700_000_000 + time
        )
    };
    let puts: Vec<_> = (0..10 * KEYS).map(put).collect();
    puts.chunks(BATCH).map(<[String]>::concat).collect()
}

fn put_all(mut store: &MemoryStore, batches: &[String]) {
    let (mut server, mut output) = (ServerConnection::new(Limits::DESKTOP), [0; 4096]);
    for batch in batches.iter().cycle().take(BATCHES) {
        let progress = server.process(&mut store, batch.as_bytes(), &mut output, 0);
        assert_eq!(progress.consumed, batch.len(), "a put is left over");
    }
}
