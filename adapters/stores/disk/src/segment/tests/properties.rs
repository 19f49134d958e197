//! What was written is read; other bytes are not.

use std::collections::BTreeSet;

use super::*;
use crate::segment::block::chunks;
use crate::segment::{Block, Content, Entry};

/// Compares all that was written with all that is read, to the bit.
fn check_round_trip(series: &[Series], random: &mut Rng) {
    let file = write(series, NUMBERS, random);
    let segment = read(&file, NUMBERS).unwrap();
    assert_eq!((segment.before, segment.oldest), (Some(BEFORE), Some(OLDEST)));
    assert_eq!(segment.damage, None);
    let entries: Vec<_> = segment.entries().collect();
    assert_eq!(entries.len(), series.len());
    for (entry, series) in entries.iter().zip(series) {
        check_entry(entry, series, &file.bytes());
    }
    let report = check(&file, NUMBERS).unwrap();
    assert!(report.is_good(), "{report:?}");
    assert_eq!(report.checked.contents, segment.contents);
}

fn check_entry(entry: &Entry, series: &Series, bytes: &[u8]) {
    assert_eq!(entry.key, series.key);
    assert_eq!(entry.last_arrival, series.last_arrival);
    assert_eq!(entry.removal.map(|mark| mark.arrival), series.removal);
    assert_eq!(entry.runs.len(), series.runs.len());
    assert_eq!(entry.newest, series.runs.last().and_then(|(_, run)| run.last().copied()));
    for (run, (arrival, expected)) in entry.runs.iter().zip(&series.runs) {
        assert_eq!(run.arrival, *arrival);
        let block = &bytes[run.offset as usize..][..run.length.into()];
        for key in [None, Some(&series.key[..])] {
            assert_eq!(samples(block, NUMBERS, run, key).as_ref(), Ok(expected));
        }
        assert!(samples(block, NUMBERS, run, Some(b"another")).is_err());
        let Ok(Block { content: Content::Run(payload), .. }) =
            Block::decode(block, NUMBERS, run.offset)
        else {
            panic!("a run");
        };
        let count = |chunk: &[u8]| metric_chunk::Chunk::new(chunk).unwrap().len();
        let count: usize = chunks(payload).unwrap().into_iter().map(count).sum();
        assert_eq!(count, expected.len());
    }
}

#[test]
fn what_was_written_is_read() {
    for seed in 0..500 {
        let mut random = Rng::with_seed(seed);
        println!("seed {seed}");
        let longest = if seed % 20 == 0 { MAX_RUN } else { 20 };
        let series = series(10, longest, &mut random);
        check_round_trip(&series, &mut random);
    }
}

#[test]
fn the_longest_blocks_are_read() {
    let mut random = Rng::with_seed(1);
    let sample = |time: i64| Sample::new(f64::from_bits(random.u64(..) & !(1 << 62)), time);
    let step = i64::MAX / MAX_RUN as i64;
    let run: Vec<_> =
        (0..MAX_RUN as i64).map(|at| at * step).map(sample).map(Result::unwrap).collect();
    let alone: Vec<_> = run.chunks(1).map(encode).collect();
    let file = Memory::default();
    let mut writer = Writer::new(&file, NUMBERS, BEFORE, OLDEST);
    writer.key(&[b'k'; 1_000], 7);
    let written = writer.run(7, &alone).unwrap();
    assert!(usize::from(written.length) <= crate::segment::block::MAX_BLOCK);
    writer.finish().unwrap();
    let expected: BTreeSet<_> = facts(&[b'k'; 1_000], &run).collect();
    assert_eq!(served(&file, NUMBERS).unwrap(), expected);
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    for seed in 0..2_000 {
        let mut random = Rng::with_seed(seed);
        let bytes: Vec<_> = (0..random.usize(0..600)).map(|_| random.u8(..)).collect();
        assert!(matches!(served(&Memory::new(bytes), NUMBERS), Err(Unreadable::NoSegment)));
    }
}

/// Bytes with a right checksum, which only a faulty writer makes.
#[test]
fn any_index_or_payload_is_read_without_a_panic() {
    use crate::segment::{Entries, block};
    for seed in 0..50_000 {
        let mut random = Rng::with_seed(seed);
        let small = |random: &mut Rng| if random.bool() { random.u8(0..4) } else { random.u8(..) };
        let mut bytes: Vec<_> = (0..random.usize(0..60)).map(|_| small(&mut random)).collect();
        let gaps = [40..90, 100..101];
        for entry in Entries::new(&bytes, &gaps) {
            assert!(entry.removal.is_some() || !entry.runs.is_empty());
            assert!(entry.runs.is_sorted_by(|one, next| one.last < next.first));
            assert!(entry.runs.iter().all(|run| run.first <= run.last));
        }
        let _ = block::decode(&bytes, &mut Vec::new());
        let chunk = encode(&[Sample::new(1.0, 1).unwrap()]);
        bytes.splice(0..0, [chunk.len() as u8, 0].into_iter().chain(chunk));
        let _ = block::decode(&bytes, &mut Vec::new());
    }
}

#[test]
fn a_key_without_content_is_left_out() {
    let file = Memory::default();
    let mut writer = Writer::new(&file, NUMBERS, BEFORE, OLDEST);
    ["a", "b"].iter().for_each(|key| writer.key(key.as_bytes(), 0));
    writer.remove(1).unwrap();
    writer.key(b"c", 0);
    writer.finish().unwrap();
    assert_eq!(served(&file, NUMBERS).unwrap(), BTreeSet::from([(b"b".to_vec(), None)]));
    assert!(check(&file, NUMBERS).unwrap().is_good());
}

#[test]
fn what_is_out_of_order_is_not_written() {
    type Case = (&'static str, fn(&mut Writer<'_, Memory>));
    fn run(writer: &mut Writer<'_, Memory>, times: &[i64]) {
        let chunks = times.iter().map(|&time| encode(&[Sample::new(0.0, time).unwrap()]));
        writer.run(0, &chunks.collect::<Vec<_>>()).unwrap();
    }
    let cases: [Case; 8] = [
        ("the same key", |writer| writer.key(b"k", 0)),
        ("a smaller key", |writer| writer.key(b"j", 0)),
        ("no key", |writer| writer.key(b"x y", 0)),
        ("no samples", |writer| run(writer, &[])),
        ("chunks out of order", |writer| run(writer, &[8, 7])),
        ("runs that overlap", |writer| {
            run(writer, &[1, 2]);
            run(writer, &[2]);
        }),
        ("a mark behind a run", |writer| {
            run(writer, &[1]);
            writer.remove(0).unwrap();
        }),
        ("too many samples", |writer| run(writer, &(0..=MAX_RUN as i64).collect::<Vec<_>>())),
    ];
    for (name, case) in cases {
        let result = std::panic::catch_unwind(|| {
            let file = Memory::default();
            let mut writer = Writer::new(&file, NUMBERS, BEFORE, OLDEST);
            writer.key(b"k", 0);
            case(&mut writer);
        });
        assert!(result.is_err(), "{name}");
    }
}
