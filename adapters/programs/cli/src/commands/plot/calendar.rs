//! Ticks at round times of day and round dates.

use jiff::civil::{Date, DateTime, DateTimeRound};
use jiff::{RoundMode, Span, Unit};

use crate::time::Clock;

/// The distance from one tick to the next.
#[derive(Clone, Copy, Debug)]
struct Step {
    unit: Unit,
    count: i64,
}

/// Returns about `most` ticks from `low` to `high`, with their labels. Returns `None` if times are
/// shown as numbers or an end has no date.
pub(super) fn ticks(low: i64, high: i64, most: usize, clock: Clock) -> Option<Vec<(i64, String)>> {
    let start = clock.date(low).filter(|_| clock.date(high).is_some())?;
    let rules = clock.rules()?;
    let distance = high.abs_diff(low).div_ceil(most.max(1) as u64);
    let step = Step::of(distance.div_ceil(10_u64.pow(clock.unit().decimals() as u32)));
    let first = step.before(start)?;
    let mut ticks = Vec::new();
    for number in 0.. {
        let Some(date) = step.after(first, number) else { break };
        // A local time that does not exist, because the clock is set forward, is moved forward by
        // the length of the gap.
        let Ok(time) = rules.to_timestamp(date) else { break };
        let Some(time) = clock.unit().timestamp(time) else { break };
        match time {
            time if time > high => break,
            time if time >= low => ticks.push((time, step.label(date))),
            _ => {}
        }
    }
    Some(ticks)
}

const SIXTIETHS: [i64; 6] = [1, 2, 5, 10, 15, 30];

impl Step {
    /// Returns the shortest step of at least `seconds`.
    fn of(seconds: u64) -> Self {
        let sixtieths = |unit| SIXTIETHS.map(|count| Self { unit, count });
        let few = |unit, counts: &[i64]| -> Vec<_> {
            counts.iter().map(|&count| Self { unit, count }).collect()
        };
        let mut steps = [
            sixtieths(Unit::Second).to_vec(),
            sixtieths(Unit::Minute).to_vec(),
            few(Unit::Hour, &[1, 2, 3, 6, 12]),
            few(Unit::Day, &[1, 2, 7]),
            few(Unit::Month, &[1, 3, 6]),
            few(Unit::Year, &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000]),
        ]
        .into_iter()
        .flatten();
        let last = Self { unit: Unit::Year, count: 5_000 };
        steps.find(|step| step.seconds() >= seconds).unwrap_or(last)
    }

    /// Returns the approximate length of the step in seconds.
    fn seconds(self) -> u64 {
        let unit = match self.unit {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Month => 2_629_746,
            _ => 31_556_952,
        };
        unit * self.count.unsigned_abs()
    }

    /// Returns the last tick at or before a date.
    fn before(self, date: DateTime) -> Option<DateTime> {
        let first =
            |year, month| Some(Date::new(year, month, 1).ok()?.to_datetime(Default::default()));
        // Counts of months are at most 6.
        let count = self.count as i8;
        match self.unit {
            Unit::Year => first(date.year() - date.year().rem_euclid(self.count as i16), 1),
            Unit::Month => first(date.year(), date.month() - (date.month() - 1) % count),
            Unit::Day => Some(date.date().to_datetime(Default::default())),
            unit => {
                let round = DateTimeRound::new().smallest(unit).increment(self.count);
                date.round(round.mode(RoundMode::Trunc)).ok()
            }
        }
    }

    fn after(self, first: DateTime, number: i64) -> Option<DateTime> {
        let count = self.count.checked_mul(number)?;
        let span = match self.unit {
            Unit::Second => Span::new().try_seconds(count),
            Unit::Minute => Span::new().try_minutes(count),
            Unit::Hour => Span::new().try_hours(count),
            Unit::Day => Span::new().try_days(count),
            Unit::Month => Span::new().try_months(count),
            _ => Span::new().try_years(count),
        };
        first.checked_add(span.ok()?).ok()
    }

    fn label(self, date: DateTime) -> String {
        let midnight = date.time() == Default::default();
        let form = match self.unit {
            Unit::Year => "%Y",
            Unit::Month => "%Y-%m",
            Unit::Day => "%m-%d",
            _ if midnight => "%m-%d",
            Unit::Second => "%H:%M:%S",
            _ => "%H:%M",
        };
        date.strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(low: &str, high: &str) -> String {
        let time = |text| {
            crate::time::read(text)
                .unwrap()
                .nearest_timestamp(crate::time::Unit::Second, &jiff::Zoned::now())
        };
        let ticks = ticks(time(low), time(high), 5, Clock::UTC).unwrap();
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
            ("2005-11-26T13:00:00Z", "2006-03-02T01:00:00Z", "2005-12 2006-01 2006-02 2006-03"),
            ("1969-01-01T00:00:01Z", "2006-03-02T01:00:00Z", "1970 1980 1990 2000"),
        ] {
            assert_eq!(labels(low, high), expected);
        }
    }

    #[test]
    fn timestamps_without_dates_have_no_ticks() {
        assert_eq!(ticks(0, i64::MAX, 5, Clock::UTC), None);
        assert_eq!(ticks(0, 60, 5, Clock::NUMBERS), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn ticks_ascend_and_are_few(
            low in -377_705_000_000_i64..253_402_000_000,
            range in prop_oneof![1..100_000_i64, 1..1_000_000_000_000_i64],
            most in 1_usize..40,
        ) {
            let ticks = ticks(low, low.saturating_add(range), most, Clock::UTC);
            let ticks = ticks.unwrap_or_default();
            prop_assert!(ticks.len() <= most + 2, "{ticks:?}");
            prop_assert!(ticks.is_sorted_by(|(one, _), (other, _)| one < other));
            prop_assert!(ticks.iter().all(|(time, _)| (low..=low + range).contains(time)));
        }
    }
}
