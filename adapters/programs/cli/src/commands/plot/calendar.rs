//! Ticks at round times of day and round dates.

mod step;

use std::iter;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use step::Step;

/// Returns about `most` ticks from `first` to `last`, with their labels. They are at least `finest`
/// nanoseconds apart.
///
/// A label is what the clock shows at its tick. Times that a change of the clock skips have no tick,
/// and times that it repeats have two.
pub(super) fn ticks(
    (first, last): (Timestamp, Timestamp),
    most: usize,
    finest: i128,
    rules: &TimeZone,
) -> Vec<(Timestamp, String)> {
    let range = last.as_nanosecond() - first.as_nanosecond();
    let step = Step::of((range / most.max(1) as i128).max(finest));
    let candidates = stretches(rules, first, last).flat_map(|stretch| stretch.candidates(step));
    let mut ticks: Vec<_> = candidates.filter(|time| stands_at(*time, step, rules)).collect();
    ticks.dedup();
    ticks.into_iter().map(|time| (time, step.label(rules.to_datetime(time)))).collect()
}

/// Returns whether a tick stands at an instant: a time of day stands where the clock shows it, and a
/// date where it begins, which need not be at midnight.
fn stands_at(time: Timestamp, step: Step, rules: &TimeZone) -> bool {
    let date = rules.to_datetime(time);
    let before = time.checked_sub(1.nanosecond()).ok().map(|before| rules.to_datetime(before));
    step.is_at(date)
        && !(step.is_of_dates() && before.is_some_and(|before| step.is_same(before, date)))
}

/// A range of time in which the clock is not changed, both ends included.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: Timestamp,
    last: Timestamp,
    offset: Offset,
}

/// Cuts a range of time at the changes of the clock.
fn stretches(rules: &TimeZone, first: Timestamp, last: Timestamp) -> impl Iterator<Item = Stretch> {
    let changes = rules.following(first).map(|change| change.timestamp());
    let starts = iter::once(first).chain(changes.take_while(move |change| *change <= last));
    let mut starts = starts.peekable();
    iter::from_fn(move || {
        let first = starts.next()?;
        let next = starts.peek().and_then(|next| next.checked_sub(1.nanosecond()).ok());
        Some(Stretch { first, last: next.unwrap_or(last), offset: rules.to_offset(first) })
    })
}

impl Stretch {
    /// Returns the only instants at which there may be a tick: the first, where a date may begin,
    /// and those at which the clock shows a multiple of the step.
    fn candidates(self, step: Step) -> impl Iterator<Item = Timestamp> {
        let instant = move |date: DateTime| self.offset.to_timestamp(date).ok();
        let multiples = step.multiples(self.offset.to_datetime(self.first)).map_while(instant);
        let inside = multiples.skip_while(move |time| *time < self.first);
        iter::once(self.first).chain(inside.take_while(move |time| *time <= self.last))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::SignedDuration;
    use jiff::tz::{AmbiguousOffset, TimeZoneDatabase};
    use proptest::prelude::*;

    use super::*;

    const SECOND: i128 = 1_000_000_000;
    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn labels(low: &str, high: &str, finest: i128, rules: &TimeZone) -> String {
        let range = (low.parse().unwrap(), high.parse().unwrap());
        let ticks = ticks(range, 5, finest, rules);
        ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_at_round_times_and_dates() {
        for (low, high, expected) in [
            (
                "2006-06-20T11:59:58Z",
                "2006-06-20T12:00:03Z",
                "11:59:58 11:59:59 12:00:00 12:00:01 12:00:02 12:00:03",
            ),
            ("2006-06-20T11:58:00Z", "2006-06-20T12:41:00Z", "12:00 12:10 12:20 12:30 12:40"),
            ("2006-06-20T13:00:00Z", "2006-06-21T13:00:00Z", "18:00 06-21 06:00 12:00"),
            ("2006-02-26T13:00:00Z", "2006-03-02T01:00:00Z", "02-27 02-28 03-01 03-02"),
            ("2026-11-01T00:00:00Z", "2026-11-28T00:00:00Z", "11-02 11-09 11-16 11-23"),
            ("2005-11-26T13:00:00Z", "2006-03-02T01:00:00Z", "2005-12 2006-01 2006-02 2006-03"),
            ("1969-01-01T00:00:01Z", "2006-03-02T01:00:00Z", "1970 1980 1990 2000"),
            ("-009999-01-03T00:00Z", "9999-12-01T00:00Z", "-5000 0000 5000"),
        ] {
            assert_eq!(labels(low, high, SECOND, &TimeZone::UTC), expected);
        }
    }

    #[test]
    fn ticks_can_be_fractions_of_a_second_apart() {
        for (high, finest, expected) in [
            ("12:00:01Z", SECOND, "12:00:00 12:00:01"),
            (
                "12:00:01Z",
                1,
                "12:00:00.000 12:00:00.200 12:00:00.400 12:00:00.600 12:00:00.800 12:00:01.000",
            ),
            (
                "12:00:00.000009Z",
                1_000,
                "12:00:00.000000 12:00:00.000002 12:00:00.000004 12:00:00.000006 12:00:00.000008",
            ),
            ("12:00:00.000000002Z", 1, "12:00:00.000000000 12:00:00.000000001 12:00:00.000000002"),
        ] {
            let high = format!("2006-06-20T{high}");
            assert_eq!(labels("2006-06-20T12:00:00Z", &high, finest, &TimeZone::UTC), expected);
        }
    }

    #[test]
    fn a_tick_is_labelled_with_what_the_clock_shows() {
        for (zone, low, high, expected) in [
            (
                "Europe/Berlin",
                "2026-03-29T00:00:00Z",
                "2026-03-29T03:00:00Z",
                "01:00 03:00 04:00 05:00",
            ),
            (
                "Europe/Berlin",
                "2026-10-24T23:00:00Z",
                "2026-10-25T03:00:00Z",
                "01:00 02:00 02:00 03:00 04:00",
            ),
            // The clock is set forward at midnight, so that the day begins at one.
            (
                "America/Sao_Paulo",
                "2017-10-14T12:00:00Z",
                "2017-10-17T12:00:00Z",
                "10-15 10-16 10-17",
            ),
            (
                "America/Sao_Paulo",
                "2017-10-15T01:00:00Z",
                "2017-10-15T05:00:00Z",
                "22:00 23:00 01:00 02:00 03:00",
            ),
            // A day that was left out, and one that came twice.
            (
                "Pacific/Apia",
                "2011-12-29T00:00:00Z",
                "2012-01-01T12:00:00Z",
                "12-29 12-31 01-01 01-02",
            ),
            (
                "America/Juneau",
                "1867-10-17T00:00:00Z",
                "1867-10-21T00:00:00Z",
                "10-18 10-19 10-18 10-19 10-20",
            ),
        ] {
            let rules = TimeZoneDatabase::bundled().get(zone).unwrap();
            assert_eq!(labels(low, high, SECOND, &rules), expected, "{zone}");
        }
    }

    /// Returns the instants at which the clock shows a date and time: none, one or two.
    fn instants(date: DateTime, rules: &TimeZone) -> Vec<Timestamp> {
        let offsets = match rules.to_ambiguous_timestamp(date).offset() {
            AmbiguousOffset::Gap { .. } => vec![],
            AmbiguousOffset::Unambiguous { offset } => vec![offset],
            AmbiguousOffset::Fold { before, after } => vec![before, after],
        };
        offsets.into_iter().map(|offset| offset.to_timestamp(date).unwrap()).collect()
    }

    type Range = (Timestamp, Timestamp);

    /// Returns the instants at which the clock shows a multiple of so many minutes, by another way
    /// than that of `ticks`: from the date to the instant. The clock is set once in the range.
    fn at_times_of_day(
        (first, last): Range,
        change: Timestamp,
        minutes: i64,
        rules: &TimeZone,
    ) -> BTreeSet<Timestamp> {
        let shown = [first, change - 1.nanosecond(), change, last].map(|t| rules.to_datetime(t));
        let midnight = shown.iter().min().unwrap().date().to_datetime(Default::default());
        let end = shown.iter().max().unwrap();
        let dates = midnight.series(minutes.minutes()).take_while(|date| date <= end);
        let all = dates.flat_map(|date| instants(date, rules));
        all.filter(|time| (first..=last).contains(time)).collect()
    }

    /// Returns the instants at which a day begins: some midnights, and perhaps the change.
    fn at_dates(range: Range, change: Timestamp, rules: &TimeZone) -> BTreeSet<Timestamp> {
        let date = |time| rules.to_datetime(time).date();
        let mut all = at_times_of_day(range, change, 24 * 60, rules);
        all.insert(change);
        all.retain(|time| date(*time - 1.nanosecond()) != date(*time));
        all
    }

    /// Returns each change of the clock of each zone until 2040. Many zones share a change.
    fn changes() -> BTreeMap<(Timestamp, Offset, Offset), TimeZone> {
        let (zones, mut changes) = (TimeZoneDatabase::bundled(), BTreeMap::new());
        let end: Timestamp = "2040-01-01T00:00:00Z".parse().unwrap();
        for zone in zones.available() {
            let rules = zones.get(zone.as_str()).unwrap();
            let all = rules.following(Timestamp::MIN).map(|change| change.timestamp());
            for change in all.take_while(|change| *change < end) {
                let before = rules.to_offset(change - 1.nanosecond());
                changes.insert((change, before, rules.to_offset(change)), rules.clone());
            }
        }
        changes
    }

    #[test]
    fn at_every_change_of_every_clock_ticks_are_where_the_clock_shows_them() {
        let changes = changes();
        assert!(changes.len() > 8_000, "{}", changes.len());
        for ((change, ..), rules) in changes {
            let check = |around, most, all: &dyn Fn(Range) -> BTreeSet<Timestamp>| {
                let range = (change - around, change + around);
                let ticks = ticks(range, most, SECOND, &rules);
                let times: BTreeSet<_> = ticks.iter().map(|(time, _)| *time).collect();
                assert_eq!(times, all(range), "{:?} at {change}", rules.iana_name());
                assert_eq!(times.len(), ticks.len());
                for (time, label) in ticks {
                    let shown = |form| rules.to_datetime(time).strftime(form).to_string();
                    assert!(["%m-%d", "%H:%M"].map(shown).contains(&label), "{time} {label}");
                }
            };
            check(HOUR, 4, &|range| at_times_of_day(range, change, 30, &rules));
            check(3 * HOUR, 6, &|range| at_times_of_day(range, change, 60, &rules));
            check(2 * DAY, 4, &|range| at_dates(range, change, &rules));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn ticks_ascend_and_are_few(
            low in -377_705_000_000_i64..253_402_000_000,
            range in prop_oneof![1..100_000_i64, 1..1_000_000_000_000_i64],
            most in 1_usize..40,
        ) {
            let [first, last] = [low, low + range].map(Timestamp::from_second);
            let range = (first.unwrap(), last.unwrap_or(Timestamp::MAX));
            let ticks = ticks(range, most, SECOND, &TimeZone::UTC);
            prop_assert!(ticks.len() <= most + 2, "{ticks:?}");
            prop_assert!(ticks.is_sorted_by(|(one, _), (other, _)| one < other));
            prop_assert!(ticks.iter().all(|(time, _)| (range.0..=range.1).contains(time)));
        }
    }
}
