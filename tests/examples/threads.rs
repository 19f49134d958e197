//! Tells how many more puts two threads do to a shared store than one does: the median of rounds.
//!
//! ```sh
//! cargo run --release -p metric-tests --example threads
//! ```
//!
//! There are no sockets and no clients, so two free processors are enough. Each thread has a server
//! of its own and keys of its own, as clients that report for different machines do.

use std::thread;
use std::time::Instant;

use metric_memory::MemoryStore;
use metric_proto::{Limits, Server};

const ROUNDS: usize = 21;
const BATCHES: usize = 20_000;
const BATCH: usize = 100;
const KEYS: usize = 1000;

fn main() {
    let store = MemoryStore::new(2 * KEYS, 1000);
    let mut ratios: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let [one, two] = [1, 2].map(|threads| puts_per_second(&store, threads));
            println!("one thread {:.1}, two {:.1} million puts a second", one / 1e6, two / 1e6);
            two / one
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("{:.2} times, from {:.2} to {:.2}", ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
}

fn puts_per_second(store: &MemoryStore, threads: usize) -> f64 {
    let inputs: Vec<_> = (0..threads).map(batches).collect();
    let since = Instant::now();
    thread::scope(|scope| {
        for input in &inputs {
            scope.spawn(|| put_all(store, input));
        }
    });
    (threads * BATCHES * BATCH) as f64 / since.elapsed().as_secs_f64()
}

/// Ten samples for each of a thread's keys, in batches.
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
    let (mut server, mut output) = (Server::new(Limits::DESKTOP), [0; 4096]);
    for batch in batches.iter().cycle().take(BATCHES) {
        let progress = server.process(&mut store, batch.as_bytes(), &mut output);
        assert_eq!(progress.consumed, batch.len(), "a put is left over");
    }
}
