//! Writes and parses every single-precision value as text, all 2^32 of them. The core and std must
//! parse the same bits from each text.
//!
//! ```sh
//! cargo run --release -p metric-tests --example every_float
//! ```

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use metric_proto::{Key, Request, Sample, parse_request};

fn main() {
    let (started, blocks) = (Instant::now(), AtomicU32::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let checked: u64 = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| check_blocks(&blocks))).collect();
        running.into_iter().map(|thread| thread.join().expect("a value is wrong")).sum()
    });
    println!("{checked} finite values are right, in {} s", started.elapsed().as_secs());
}

/// Checks one block after another until none is left. Returns the number of finite values.
fn check_blocks(blocks: &AtomicU32) -> u64 {
    let mut checked = 0;
    loop {
        let block = blocks.fetch_add(1, Relaxed);
        if block >= BLOCKS {
            return checked;
        }
        if block.is_multiple_of(BLOCKS / 128) {
            println!("{block} of {BLOCKS} blocks");
        }
        checked +=
            (0..=u32::MAX / BLOCKS).filter(|low| check(block << BLOCK_BITS | low)).count() as u64;
    }
}

const BLOCKS: u32 = 1 << (u32::BITS - BLOCK_BITS);
const BLOCK_BITS: u32 = 20;

/// Checks the value of these bits if it is finite. Returns whether it is.
fn check(bits: u32) -> bool {
    let value = f32::from_bits(bits);
    if value.is_finite() {
        check_as_double(f64::from(value));
        check_shortest(value);
    }
    value.is_finite()
}

/// Checks that the core's text for this double is parsed to the same double.
fn check_as_double(value: f64) {
    let sample = Sample::new(value, 0).expect("a finite value");
    let key = Key::new("k").expect("a key");
    let mut line = [0; 64];
    let length = Request::Put { key, sample }.write(&mut line).expect("a short line");
    assert_eq!(read(&line[..length - 1]), value.to_bits());
}

/// Checks that std's text with the fewest digits is parsed to the same double by both.
fn check_shortest(value: f32) {
    let mut line = [0; 64];
    let mut rest = &mut line[..];
    write!(rest, "put k {value:e} 0").expect("a short line");
    let length = 64 - rest.len();
    read(&line[..length]);
}

/// Returns the bits that the core parses in a put. Fails unless std parses the same.
fn read(line: &[u8]) -> u64 {
    let text = str::from_utf8(&line["put k ".len()..line.len() - " 0".len()]).expect("text");
    let expected: f64 = text.parse().expect("a number");
    match parse_request(line) {
        Ok(Request::Put { sample, .. }) => {
            assert_eq!(sample.value().to_bits(), expected.to_bits(), "{text}");
            expected.to_bits()
        }
        other => panic!("{text} is {other:?}"),
    }
}
