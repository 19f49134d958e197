//! What a segment takes in the file and in memory.

use super::*;
use crate::segment::Run;

#[test]
fn a_run_takes_32_bytes_of_memory() {
    assert_eq!(size_of::<Run>(), 32);
}

/// Writes a thousand gauges; returns the bytes of their chunks, too.
fn gauges() -> (Memory, usize) {
    let gauge = |key: i64, time: i64| (2_000 + key + time * 37 % 101) as f64 / 100.0;
    let file = Memory::default();
    let mut writer = Writer::new(&file, NUMBERS, BEFORE, OLDEST);
    let mut of_chunks = 0;
    for key in 0..KEYS as i64 {
        let sample = |time| Sample::new(gauge(key, time), 1_700_000_000 + time).unwrap();
        let samples: Vec<_> = (0..MAX_RUN as i64).map(sample).collect();
        let chunks: Vec<_> = samples.chunks(MAX_SAMPLES).map(encode).collect();
        of_chunks += chunks.iter().map(Vec::len).sum::<usize>();
        writer.key(format!("key.{key:04}").as_bytes(), 1_700_001_024);
        writer.run(1_700_000_000, &chunks).unwrap();
    }
    writer.finish().unwrap();
    (file, of_chunks)
}

const KEYS: usize = 1_000;

#[test]
fn a_segment_takes_little_more_than_its_chunks() {
    let (file, of_chunks) = gauges();
    let of_one = |bytes: usize| bytes as f64 / (KEYS * MAX_RUN) as f64;
    let (all, own) = (of_one(file.bytes().len()), of_one(file.bytes().len() - of_chunks));
    println!("{all:.4} bytes a sample, of these {own:.4} not of the chunks");
    assert!(own < 0.06 && all < 1.2, "{all} {own}");
    assert!(check(&file, NUMBERS).unwrap().is_good());
}

#[test]
fn a_large_segment_is_rebuilt() {
    let mut bytes = gauges().0.bytes();
    bytes.truncate(bytes.len() - 60);
    bytes[300_000] ^= 1;
    let segment = read(&Memory::new(bytes), NUMBERS).unwrap();
    assert_eq!(segment.contents.samples, ((KEYS - 1) * MAX_RUN) as u64);
    assert_eq!(segment.entries().count(), KEYS - 1);
}
