//! An index that is read a part at a time says what one in memory says.

use super::damage::{entries, flip, index, small};
use super::*;
use crate::segment::foot::FOOT;
use crate::segment::{Entry, Index};

fn streamed(file: &Memory) -> Vec<Entry> {
    let index = Index::open(file, NUMBERS).unwrap();
    assert!(matches!(index, Index::Streamed { .. }));
    index.entries().unwrap().map(Result::unwrap).collect()
}

#[test]
fn parts_say_what_the_whole_index_says_however_long_it_or_an_entry_is() {
    let mut random = Rng::with_seed(1);
    let sample = |time| Sample::new(0.5, time).unwrap();
    let long = |key: &str, runs: i64| Series {
        key: key.into(),
        last_arrival: 1,
        removal: None,
        runs: (0..runs).map(|run| (1, vec![sample(1_000_000 * run)])).collect(),
    };
    let many = |keys: usize| (0..keys).map(|key| long(&format!("key{key:06}"), 1)).collect();
    let mut cases: Vec<Vec<_>> = [0, 1, 2_000].map(many).into();
    cases.push(vec![long("a", 1), long("b", 10_000), long("c", 2)]);
    cases.extend((0..100).map(|_| series(20, 10, &mut random)));
    for series in cases {
        let file = write(&series, NUMBERS, &mut random);
        assert_eq!(streamed(&file), entries(&file.bytes()));
    }
}

#[test]
fn an_index_that_is_damaged_is_not_streamed() {
    let (_, good) = small();
    let start = index(&good);
    for bit in 8 * start..8 * good.len() {
        let mut bytes = good.clone();
        flip(&mut bytes, bit);
        let file = Memory::new(bytes);
        assert!(matches!(Index::open(&file, NUMBERS), Ok(Index::Rebuilt(_))), "bit {bit}");
    }
}

#[test]
fn an_index_that_is_damaged_while_it_is_used_ends_with_an_error() {
    let (_, good) = small();
    let (start, end) = (index(&good), good.len() - FOOT);
    for bit in 8 * start..8 * end {
        let file = Memory::new(good.clone());
        let index = Index::open(&file, NUMBERS).unwrap();
        flip(&mut file.bytes.lock().unwrap(), bit);
        let mut entries = index.entries().unwrap();
        assert!(entries.any(|entry| entry.is_err()), "bit {bit}");
        assert!(entries.next().is_none(), "bit {bit}");
    }
    let mut file = Memory::new(good.clone());
    file.unreadable = start as u64 + 4..end as u64;
    assert!(Index::open(&file, NUMBERS).is_ok_and(|index| matches!(index, Index::Rebuilt(_))));
}
