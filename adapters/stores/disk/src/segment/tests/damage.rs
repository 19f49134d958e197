//! Damaged segments: what is served was written, and all is served that is not damaged.

use std::collections::BTreeSet;

use super::*;
use crate::segment::{Contents, Entry};

/// A small segment, with all kinds of content.
pub(super) fn small() -> (Vec<Series>, Vec<u8>) {
    let mut random = Rng::with_seed(7);
    let run = |times: Range<i64>| {
        let sample = |time: i64| Sample::new(time as f64 / 4.0, 1_150_864_000 + time).unwrap();
        (1_700_000_000 + times.start as u32, times.map(sample).collect::<Vec<_>>())
    };
    let series = |key: &str, removal, runs: &[(i64, i64)]| Series {
        key: key.into(),
        last_arrival: 1_700_000_100,
        removal,
        runs: runs.iter().map(|&(start, end)| run(start..end)).collect(),
    };
    let series = vec![
        series("palm.cpu", None, &[(0, 5), (5, 9)]),
        series("palm.disk", Some(1_700_000_050), &[]),
        series("palm.load", Some(1_700_000_060), &[(3, 6), (20, 21), (22, 24)]),
        series("palm.mem", None, &[(0, 2)]),
    ];
    let bytes = write(&series, NUMBERS, &mut random).bytes();
    (series, bytes)
}

pub(super) fn entries(bytes: &[u8]) -> Vec<Entry> {
    read(&Memory::new(bytes), NUMBERS).unwrap().entries().collect()
}

/// Returns where the index begins.
pub(super) fn index(bytes: &[u8]) -> usize {
    let foot = &bytes[bytes.len() - crate::segment::foot::FOOT..];
    u64::from_le_bytes(foot[..8].try_into().unwrap()) as usize
}

pub(super) fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Returns the blocks of which something is not served. Asserts that all that is served was written.
fn lost(series: &[Series], bytes: &[u8]) -> Vec<BTreeSet<Fact>> {
    let served = served(&Memory::new(bytes), NUMBERS).unwrap();
    let written = written(series);
    assert!(served.iter().all(|fact| written.iter().any(|block| block.contains(fact))));
    written.into_iter().filter(|block| !block.is_subset(&served)).collect()
}

#[test]
fn a_flipped_bit_loses_at_most_one_run_and_is_told() {
    let (series, good) = small();
    let index = index(&good);
    for bit in 0..8 * good.len() {
        let mut bytes = good.clone();
        flip(&mut bytes, bit);
        let is_in_block = (32..index).contains(&(bit / 8));
        let lost = lost(&series, &bytes);
        let is_run = lost.iter().flatten().all(|(_, sample)| sample.is_some());
        assert!(lost.len() <= usize::from(is_in_block) && is_run, "bit {bit}: {lost:?}");
        let report = check(&Memory::new(bytes), NUMBERS).unwrap();
        assert_eq!(
            (report.is_good(), report.checked.bad.len()),
            (false, is_in_block.into()),
            "bit {bit}"
        );
        let known = report.damage.map(|damage| (damage.bytes, damage.lost));
        let all = Some((0, Some(Contents::default())));
        assert_eq!(known, if is_in_block { None } else { all }, "bit {bit}");
    }
}

#[test]
fn all_whole_blocks_of_a_truncated_segment_are_served() {
    let (series, good) = small();
    let whole = entries(&good);
    for end in 0..good.len() {
        let file = Memory::new(&good[..end]);
        let Ok(segment) = read(&file, NUMBERS) else {
            assert!(end < 32, "{end}");
            continue;
        };
        let places = whole.iter().flat_map(|entry| {
            entry.removal.into_iter().chain(entry.runs.iter().map(|run| run.place()))
        });
        let ends = places.map(|place| place.offset as usize + usize::from(place.length));
        let expected = ends.filter(|&of_block| of_block <= end).count();
        assert_eq!(written(&series).len() - lost(&series, &good[..end]).len(), expected, "{end}");
        let damage = segment.damage.unwrap();
        assert!(damage.foot && damage.index && damage.lost.is_none(), "{end}: {damage}");
    }
}

#[test]
fn a_lost_index_is_rebuilt_from_the_blocks() {
    let (_, good) = small();
    let arrivals = |entry: Entry| {
        let runs = entry.runs.iter().map(|run| run.arrival);
        let last_arrival = runs.chain(entry.removal.map(|mark| mark.arrival)).max().unwrap();
        Entry { last_arrival, ..entry }
    };
    let expected: Vec<_> = entries(&good).into_iter().map(arrivals).collect();
    let (start, end) = (index(&good), good.len() - crate::segment::foot::FOOT);
    let mut zeros = good.clone();
    zeros[start..end].fill(0);
    for bytes in [&zeros, &good[..start], &good[..end - 1], &[&good[..start], &[0; 9]].concat()] {
        assert_eq!(entries(bytes), expected);
    }
    let mut unreadable = Memory::new(&good[..]);
    unreadable.unreadable = end as u64 - 1..end as u64;
    let segment = read(&unreadable, NUMBERS).unwrap();
    assert_eq!(segment.entries().collect::<Vec<_>>(), expected);
    let lost = Some(Contents::default());
    assert_eq!(segment.damage, Some(Damage { index: true, lost, ..Damage::default() }));
}

#[test]
fn what_a_damaged_block_held_is_known_by_the_foot_if_the_index_is_lost_too() {
    let (series, good) = small();
    let start = index(&good);
    for bit in 8 * 32..8 * start {
        let mut bytes = good.clone();
        flip(&mut bytes, bit);
        flip(&mut bytes, 8 * start + 3);
        let lost = lost(&series, &bytes);
        assert_eq!(lost.len(), 1, "bit {bit}");
        let samples = lost[0].iter().filter(|(_, sample)| sample.is_some()).count() as u64;
        let removals = u32::from(samples == 0);
        let damage = read(&Memory::new(bytes), NUMBERS).unwrap().damage.unwrap();
        assert_eq!(damage.lost, Some(Contents { samples, removals }), "bit {bit}");
        assert!(damage.index && damage.bytes > 0 && !damage.foot, "{damage}");
    }
}

#[test]
fn random_damage_serves_nothing_that_was_not_written() {
    for seed in 0..1_000 {
        let mut random = Rng::with_seed(seed);
        let series = series(5, 6, &mut random);
        let mut bytes = write(&series, NUMBERS, &mut random).bytes();
        for _ in 0..random.usize(1..6) {
            let (at, from) = (random.usize(..bytes.len()), random.usize(..bytes.len()));
            let length = random.usize(..=(bytes.len() - at.max(from)).min(200));
            match random.u8(0..4) {
                0 => bytes[at..at + length].fill(0),
                1 => bytes.copy_within(from..from + length, at),
                2 => drop(bytes.drain(at..at + length.min(bytes.len() - 40).min(9))),
                _ => bytes[at] = random.u8(..),
            }
        }
        if served(&Memory::new(&bytes[..]), NUMBERS).is_ok() {
            lost(&series, &bytes);
            check(&Memory::new(bytes), NUMBERS).unwrap();
        }
    }
}

#[test]
fn a_block_counts_only_at_its_place_in_its_segment() {
    let (series, good) = small();
    let mut random = Rng::with_seed(7);
    let other = write(&series, Numbers { first: 3, last: 6 }, &mut random).bytes();
    assert_eq!(good.len(), other.len());
    let run = entries(&good)[0].runs[1];
    let span = run.offset as usize..run.offset as usize + usize::from(run.length);
    let mut foreign = good.clone();
    foreign[span.clone()].copy_from_slice(&other[span.clone()]);
    assert_eq!(lost(&series, &foreign).len(), 1);
    let moved = [&good[..span.start], &[0], &good[span.start..]].concat();
    assert_eq!(lost(&series, &moved).len(), written(&series).len() - 1);
}

#[test]
fn other_files_are_told_apart() {
    let (_, good) = small();
    let head = |at: usize, byte| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        let crc = crc32fast::hash(&bytes[..28]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        read(&Memory::new(bytes), NUMBERS).unwrap_err().to_string()
    };
    let version = "it has version 2 of the format, which this program does not know";
    assert_eq!(head(8, 2), version);
    assert_eq!(head(12, 4), "it was renamed, it is 00000004-00000005.seg");
    for bytes in [vec![], vec![0; good.len()], b"a text\n".to_vec()] {
        let error = read(&Memory::new(bytes), NUMBERS).unwrap_err();
        assert_eq!(error.to_string(), "nothing in it belongs to this segment");
    }
    let mut unreadable = Memory::new(&good[..]);
    unreadable.unreadable = 0..1;
    let error = read(&unreadable, NUMBERS).unwrap_err();
    assert_eq!(error.to_string(), "cannot read it: a bad sector");
}

#[test]
fn a_large_file_without_an_index_is_not_taken_to_memory() {
    let (_, mut bytes) = small();
    bytes.truncate(index(&bytes));
    bytes.resize(8 << 20, 0);
    let file = Memory::new(bytes);
    assert!(read(&file, NUMBERS).unwrap().contents.samples > 0);
    assert!(file.most.into_inner() <= 256 << 10);
}
