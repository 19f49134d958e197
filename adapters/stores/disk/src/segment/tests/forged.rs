//! Segments that contradict themselves with right checksums, as only a faulty writer makes them.

use std::collections::BTreeSet;

use metric_proto::Key;

use super::damage::{entries, flip, index, small};
use super::*;
use crate::segment::foot::{FOOT, Foot};
use crate::segment::head::{self, HEAD, Seed};
use crate::segment::{Block, Content, Contents, Entries, Run};

#[test]
fn an_index_serves_nothing_that_its_blocks_do_not_have() {
    let (series, good) = small();
    let (start, end) = (index(&good), good.len() - FOOT);
    let written: BTreeSet<_> = written(&series).into_iter().flatten().collect();
    for bit in 8 * (start + 4)..8 * end {
        let mut bytes = good.clone();
        flip(&mut bytes, bit);
        let crc = Seed::new(NUMBERS).crc(start as u64, &bytes[start + 4..end]);
        bytes[start..start + 4].copy_from_slice(&crc.to_le_bytes());
        let file = Memory::new(&bytes[..]);
        let mut served = served(&file, NUMBERS).unwrap();
        served.retain(|(_, sample)| sample.is_some());
        assert!(served.is_subset(&written), "bit {bit}");
        let mut found = entries(&bytes);
        let all = found.iter_mut().zip(entries(&good));
        all.for_each(|(found, good)| found.last_arrival = good.last_arrival);
        let is_told = !check(&file, NUMBERS).unwrap().is_good();
        assert!(is_told || found == entries(&good), "bit {bit}");
    }
}

#[test]
fn a_run_that_is_not_as_told_is_not_served() {
    let (_, good) = small();
    let run = entries(&good)[0].runs[0];
    let block = |run: &Run| &good[run.offset as usize..][..run.length.into()];
    let is_served = |run: Run| samples(block(&run), NUMBERS, &run, None).is_ok();
    assert!(is_served(run));
    for (name, wrong) in [
        ("first", Run { first: run.first - 1, ..run }),
        ("last", Run { last: run.last + 1, ..run }),
        ("offset", Run { offset: run.offset + 1, ..run }),
        ("arrival", Run { arrival: run.arrival + 1, ..run }),
        ("length", Run { length: run.length + 1, ..run }),
        ("count", Run { count: run.count - 1, ..run }),
        ("large count", Run { count: u16::MAX, ..run }),
    ] {
        assert!(!is_served(wrong), "{name}");
    }
}

#[test]
fn an_index_that_contradicts_itself_is_none() {
    let check = |bytes: &[u8], length: u64| Entries::new(bytes, &[]).check(HEAD as u64 + length);
    let (mark, run) = ([1, 0, 0], [0, 0, 1, 9, 0]);
    let value = 1.5_f64.to_le_bytes();
    let one = [&[0, 1, b'b'][..], &mark].concat();
    let two = [&[0, 1, b'b', 4, 0][..], &run, &[1], &run[1..], &value].concat();
    assert_eq!(check(&[], 0), Some(Contents::default()));
    assert_eq!(check(&one, 14), Some(Contents { samples: 0, removals: 1 }));
    assert_eq!(check(&two, 46), Some(Contents { samples: 2, removals: 0 }));
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = two.clone();
        bytes.splice(at..=at, with.iter().copied());
        bytes
    };
    let not_finite = [&two[..two.len() - 8], &f64::NAN.to_le_bytes()].concat();
    for (name, bytes, length) in [
        ("blocks end before", one.clone(), 15),
        ("blocks end behind", one.clone(), 13),
        ("the same key", [&one[..], &[1, 0], &mark].concat(), 28),
        ("a smaller key", [&one[..], &[0, 1, b'a'], &mark].concat(), 28),
        ("more in common than there is", [&one[..], &[2, 1, b'c'], &mark].concat(), 29),
        ("an empty key", [&[0, 0][..], &mark].concat(), 13),
        ("no key", [&[0, 1, b' '][..], &mark].concat(), 14),
        ("neither mark nor run", vec![0, 1, b'b', 0, 0], 0),
        ("an arrival before 1970", vec![0, 1, b'b', 1, 0, 1], 14),
        ("runs that touch", changed(10, &[0]), 46),
        (
            "a timestamp too large",
            changed(10, &[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
            46,
        ),
        ("no samples", changed(7, &[0]), 46),
        ("too many samples", changed(7, &[0x81, 8]), 46),
        ("no payload", changed(8, &[0]), 37),
        ("too much payload", changed(8, &[0x81, 0xf0, 1]), 37 + 30_721),
        ("not finite", not_finite, 46),
        ("truncated", two[..two.len() - 1].to_vec(), 46),
    ] {
        assert_eq!(check(&bytes, length), None, "{name}");
    }
}

#[test]
fn a_foot_with_other_totals_makes_the_index_be_rebuilt() {
    let (_, good) = small();
    let end = good.len() - FOOT;
    let seed = Seed::new(NUMBERS);
    let mut foot = Foot::decode(&good[end..], seed, end as u64).unwrap();
    foot.contents.samples += 1;
    let mut bytes = good[..end].to_vec();
    foot.encode(seed, end as u64, &mut bytes);
    let damage = read(&Memory::new(bytes), NUMBERS).unwrap().damage.unwrap();
    assert_eq!((damage.index, damage.lost.map(|lost| lost.samples)), (true, Some(1)));
}

#[test]
fn blocks_out_of_order_are_not_found() {
    let chunk = |time| encode(&[Sample::new(1.0, time).unwrap()]);
    let mut bytes = head::encode(NUMBERS).to_vec();
    for (key, time) in [("b", 5), ("b", 5), ("a", 7), ("b", 9), ("c", 1)] {
        let payload = crate::segment::block::encode(&[chunk(time)]);
        let (key, content) = (Key::new(key).unwrap(), Content::Run(&payload));
        let offset = bytes.len() as u64;
        Block { key, arrival: 0, content }.encode(Seed::new(NUMBERS), offset, &mut bytes);
    }
    let times = |key: &str| -> Vec<_> {
        let entries = entries(&bytes);
        let runs = entries.iter().filter(|entry| entry.key == key.as_bytes());
        runs.flat_map(|entry| &entry.runs).map(|run| run.first).collect()
    };
    assert_eq!(["a", "b", "c"].map(times), [vec![], vec![5, 9], vec![1]]);
}

#[test]
fn a_run_without_samples_is_no_mark() {
    let (_, mut bytes) = small();
    let entry = &entries(&bytes)[1];
    let (place, key) = (entry.removal.unwrap(), Key::from_bytes(&entry.key).unwrap());
    let block = Block { key, arrival: place.arrival, content: Content::Run(&[]) };
    let mut run = Vec::new();
    block.encode(Seed::new(NUMBERS), place.offset, &mut run);
    bytes[place.offset as usize..][..run.len()].copy_from_slice(&run);
    let report = check(&Memory::new(bytes), NUMBERS).unwrap();
    assert_eq!(report.checked.bad.len(), 1);
    assert_eq!(
        report.checked.bad[0].to_string(),
        format!("damaged: 22 bytes from byte {} on: palm.disk, a removal", place.offset)
    );
}
