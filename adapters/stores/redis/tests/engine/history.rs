//! A judge of histories: whether the reads and writes of one sample by several clients could have happened one
//! after the other.
//!
//! All values are different, so each read tells which write it saw. The operations of one value are together a
//! zone, from the first reply to the last request. Such a history is linearizable exactly if no two zones that
//! run forwards overlap, and none that runs backwards lies within one that runs forwards (Gibbons and Korach,
//! Testing Shared Memories, 1997).

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// An operation. The times are of one clock that all clients share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) is_write: bool,
    /// Zero is the value before the first write.
    pub(crate) value: u64,
    pub(crate) began: u64,
    /// [`u64::MAX`] if there was no reply.
    pub(crate) ended: u64,
}

/// Returns what is wrong with a history of one sample.
pub(crate) fn judge(history: &[Operation]) -> Result<(), String> {
    let mut zones: BTreeMap<u64, (u64, u64, bool)> = BTreeMap::from([(0, (0, 0, true))]);
    for &Operation { is_write, value, began, ended } in history {
        let (first_end, last_begin, is_written) =
            zones.entry(value).or_insert((u64::MAX, 0, false));
        if !is_write && ended == u64::MAX {
            continue;
        }
        *first_end = ended.min(*first_end);
        *last_begin = began.max(*last_begin);
        *is_written |= is_write;
    }
    for &Operation { is_write, value, ended, .. } in history {
        let before =
            |other: &Operation| other.is_write && other.value == value && other.began < ended;
        if !is_write && value != 0 && !history.iter().any(before) {
            return Err(format!("{value} was read, but not written before"));
        }
    }
    let forwards: Vec<(u64, RangeInclusive<u64>)> = zones
        .iter()
        .filter(|(_, (end, begin, _))| end < begin || *end == 0)
        .map(|(value, (end, begin, _))| (*value, *end..=*begin))
        .collect();
    for (number, (one, zone)) in forwards.iter().enumerate() {
        for (other, next) in &forwards[number + 1..] {
            if zone.start() < next.end() && next.start() < zone.end() {
                return Err(format!("{one} and {other} are each the newest for a time"));
            }
        }
        for (other, (end, begin, _)) in &zones {
            if begin < end && zone.start() < begin && end < zone.end() {
                return Err(format!("{other} was written while {one} was the newest throughout"));
            }
        }
    }
    Ok(())
}

#[test]
fn the_judge_tells_good_histories_from_bad_ones() {
    let write = |value, began, ended| Operation { is_write: true, value, began, ended };
    let read = |value, began, ended| Operation { is_write: false, value, began, ended };
    for (history, is_good) in [
        (vec![write(1, 1, 2), read(1, 3, 4)], true),
        (vec![read(0, 1, 2), write(1, 3, 4)], true),
        (vec![write(1, 1, 2), read(0, 3, 4)], false),
        (vec![read(1, 1, 2), write(1, 3, 4)], false),
        (vec![write(1, 1, 2), write(2, 3, 4), read(1, 5, 6)], false),
        (vec![write(1, 1, 9), write(2, 2, 8), read(1, 3, 4), read(2, 5, 6)], true),
        (vec![write(1, 1, 9), write(2, 2, 8), read(1, 3, 4), read(2, 5, 6), read(1, 7, 8)], false),
        (vec![write(1, 1, 2), write(2, 3, u64::MAX), read(1, 5, 6)], true),
        (vec![write(1, 1, 2), write(2, 3, u64::MAX), read(2, 5, 6), read(1, 7, 8)], false),
    ] {
        assert_eq!(judge(&history).is_ok(), is_good, "{history:?}: {:?}", judge(&history));
    }
}
