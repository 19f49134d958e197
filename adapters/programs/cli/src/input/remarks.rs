//! What users should know of timestamps: they may be mistakes, and they may be none.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::time::Unit;

/// Makes a remark on the first timestamp of each kind of doubt, and counts the lines of each.
#[derive(Debug)]
pub(super) struct Remarks {
    unit: Unit,
    counts: BTreeMap<Doubt, u64>,
}

/// What a timestamp seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    /// A date without separators.
    Date,
    /// A timestamp of another unit.
    Unit(Unit),
}

impl Remarks {
    pub(super) const fn new(unit: Unit) -> Self {
        Self { unit, counts: BTreeMap::new() }
    }

    /// Counts a timestamp, and returns a remark if it is the first of a kind.
    pub(super) fn on(&mut self, timestamp: i64) -> Option<String> {
        let doubt = Doubt::of(self.unit, timestamp)?;
        let count = self.counts.entry(doubt).or_default();
        *count += 1;
        if *count == 1 { on_timestamp(self.unit, timestamp) } else { None }
    }

    /// Returns how many lines of each kind there were, if more than the first.
    pub(super) fn counts(&self) -> impl Iterator<Item = String> {
        let many = self.counts.iter().filter(|(_, count)| **count > 1);
        many.map(|(doubt, count)| match doubt {
            Doubt::Date => format!("lines with timestamps that seem to be dates: {count}"),
            Doubt::Unit(unit) => {
                format!("lines with timestamps that seem to count {}: {count}", unit.name())
            }
        })
    }
}

impl Doubt {
    fn of(unit: Unit, timestamp: i64) -> Option<Self> {
        let other = unit.mistaken(timestamp).map(Self::Unit);
        other.or_else(|| written_date(unit, timestamp).map(|_| Self::Date))
    }
}

/// Remarks on a timestamp that may be of another unit, or a date.
pub(crate) fn on_timestamp(unit: Unit, timestamp: i64) -> Option<String> {
    let date = written_date(unit, timestamp);
    let date =
        date.map(|date| format!("timestamp {timestamp} seems to be a date: write it as {date}"));
    date.or_else(|| unit.doubt(timestamp))
}

/// Returns the date of a timestamp that is written as one without separators.
fn written_date(unit: Unit, timestamp: i64) -> Option<Date> {
    let (year, month, day) = (timestamp / 10_000, timestamp / 100 % 100, timestamp % 100);
    let year = i16::try_from(year).ok().filter(|year| (1900..2100).contains(year))?;
    Date::new(year, month as i8, day as i8).ok().filter(|_| unit == Unit::Second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_separators_is_remarked_on() {
        let told = "timestamp 20261128 seems to be a date: write it as 2026-11-28";
        assert_eq!(on_timestamp(Unit::Second, 20_261_128).as_deref(), Some(told));
        assert_eq!(on_timestamp(Unit::Millisecond, 20_261_128), None);
        for number in [0, 20_261_328, 20_260_230, 120_261_128, -20_261_128, i64::MIN, i64::MAX] {
            assert_eq!(on_timestamp(Unit::Second, number), None, "{number}");
        }
    }

    #[test]
    fn the_first_doubt_of_each_kind_is_told_and_all_are_counted() {
        let mut remarks = Remarks::new(Unit::Second);
        let timestamps = [0, 1_795_824_000, 1_795_824_000_000, 20_261_128, 1_795_824_000_001, 1];
        let told: Vec<_> = timestamps.map(|timestamp| remarks.on(timestamp).is_some()).into();
        assert_eq!(told, [false, false, true, true, false, false]);
        let counts: Vec<_> = remarks.counts().collect();
        assert_eq!(counts, ["lines with timestamps that seem to count milliseconds: 2"]);
    }
}
