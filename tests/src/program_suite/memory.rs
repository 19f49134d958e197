//! Checks that memory is bounded.

use std::fmt::Write;
use std::path::Path;

use crate::running::Running;

/// The smallest memory that a server accepts. Connections get up to a quarter of it.
const OPTIONS: [&str; 4] = ["--max-memory", "4M", "--max-series", "1000000"];

/// More keys than fit the memory, counting their bytes and table entries.
const KEYS: usize = 20_000;

/// More samples than fit the memory, of eight bytes each.
const SAMPLES: usize = 600_000;

pub(super) fn keys(program: &Path) {
    let server = Running::start(program, &OPTIONS);
    assert_eq!(server.ask("put small 1 1\n"), "ok\n\n");
    let stored = put(&server, KEYS, |puts, number| writeln!(puts, "put {number:0200} 1 1"));
    assert!((3_000..KEYS).contains(&stored), "{stored} of {KEYS} keys");
    assert_eq!(server.ask("put small 2 2\n"), "ok\n\n", "a series that is there goes on");
    let log = server.stop().log;
    assert!(log.contains("no room for another series"), "{log}");
}

pub(super) fn samples(program: &Path) {
    let server = Running::start(program, &OPTIONS);
    assert_eq!(server.ask("put small 1 1\nput small 2 2\n"), "ok\n\nok\n\n");
    let value = |number: usize| (number as f64).sin();
    let puts = |puts: &mut String, number| writeln!(puts, "put large {} {number}", value(number));
    assert_eq!(put(&server, SAMPLES, puts), SAMPLES);
    let newest = format!("large {} {}\n", value(SAMPLES - 1), SAMPLES - 1);
    let large = server.ask("get large\n");
    assert!(large.ends_with(&(newest + "\n")) && !large.starts_with("ok\nlarge 0.0 0\n"));
    assert_eq!(server.ask("get small\n"), "ok\nsmall 1.0 1\nsmall 2.0 2\n\n", "it gave nothing");
    let log = server.stop().log;
    assert!(log.contains("to make room in memory"), "{log}");
}

/// Puts in batches. Returns the number of stored samples.
fn put(
    server: &Running,
    count: usize,
    put: impl Fn(&mut String, usize) -> std::fmt::Result,
) -> usize {
    let numbers: Vec<_> = (0..count).collect();
    let batches = numbers.chunks(10_000).map(|numbers| {
        let mut puts = String::new();
        numbers.iter().for_each(|&number| put(&mut puts, number).expect("a string takes all"));
        server.ask(&puts).matches("ok\n\n").count()
    });
    batches.sum()
}
