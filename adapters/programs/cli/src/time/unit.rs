//! The unit of a server's timestamps. The protocol does not know it, so users name it.

use clap::ValueEnum;
use jiff::Timestamp;

/// What a timestamp counts since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Unit {
    #[default]
    #[value(name = "s", help = "Seconds")]
    Second,
    #[value(name = "ms", help = "Milliseconds")]
    Millisecond,
    #[value(name = "us", help = "Microseconds")]
    Microsecond,
    #[value(name = "ns", help = "Nanoseconds")]
    Nanosecond,
}

impl Unit {
    /// Returns the timestamp of an instant, rounded down. Returns `None` if it does not fit, as
    /// nanoseconds outside of the years 1677 to 2262.
    pub(crate) fn timestamp(self, instant: Timestamp) -> Option<i64> {
        i64::try_from(instant.as_nanosecond().div_euclid(self.nanoseconds())).ok()
    }

    /// Returns the timestamp nearest to an instant, not above it unless it is the lowest.
    pub(crate) fn nearest_timestamp(self, instant: Timestamp) -> i64 {
        let end = if instant < Timestamp::UNIX_EPOCH { i64::MIN } else { i64::MAX };
        self.timestamp(instant).unwrap_or(end)
    }

    /// Returns the instant of a timestamp, or `None` outside of the years -9999 to 9999. Such a
    /// timestamp hardly counts this unit.
    pub(crate) fn instant(self, timestamp: i64) -> Option<Timestamp> {
        let nanoseconds = i128::from(timestamp).checked_mul(self.nanoseconds())?;
        Timestamp::from_nanosecond(nanoseconds).ok()
    }

    /// Returns the timestamp of now.
    pub(crate) fn now(self) -> i64 {
        self.nearest_timestamp(Timestamp::now())
    }

    /// Returns the timestamp of so many seconds, or the last one.
    pub(crate) fn of_seconds(self, seconds: u64) -> i64 {
        let timestamp = seconds.saturating_mul(10_u64.pow(self.decimals() as u32));
        i64::try_from(timestamp).unwrap_or(i64::MAX)
    }

    /// Returns a hint for users if a timestamp seems to count another unit.
    pub(crate) fn doubt(self, timestamp: i64) -> Option<String> {
        let other = self.mistaken(timestamp)?;
        let [own, name] = [self.name(), other.name()];
        Some(format!("timestamp {timestamp} seems to count {name}, not {own}; see --unit"))
    }

    /// Returns the unit that a timestamp seems to count, if it is another one: the only one in
    /// which the timestamp lies in this century.
    pub(crate) fn mistaken(self, timestamp: i64) -> Option<Self> {
        Self::of_this_century(timestamp).filter(|unit| *unit != self)
    }

    /// Returns whether a timestamp lies in this century, in any unit.
    pub(crate) fn is_of_this_century(timestamp: i64) -> bool {
        Self::of_this_century(timestamp).is_some()
    }

    /// Returns whether a timestamp lies in this century and is more than a day ahead, in any unit.
    pub(crate) fn is_of_the_future(timestamp: i64) -> bool {
        let tomorrow = || Self::Second.now().saturating_add(86_400);
        Self::of_this_century(timestamp).is_some_and(|unit| unit.seconds(timestamp) > tomorrow())
    }

    fn of_this_century(timestamp: i64) -> Option<Self> {
        let units = [Self::Second, Self::Millisecond, Self::Microsecond, Self::Nanosecond];
        units.into_iter().find(|unit| THIS_CENTURY.contains(&unit.seconds(timestamp)))
    }

    fn seconds(self, timestamp: i64) -> i64 {
        timestamp.div_euclid(10_i64.pow(self.decimals() as u32))
    }

    /// The number of decimals of a second that a timestamp tells.
    pub(crate) const fn decimals(self) -> usize {
        match self {
            Self::Second => 0,
            Self::Millisecond => 3,
            Self::Microsecond => 6,
            Self::Nanosecond => 9,
        }
    }

    /// The name in text.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Second => "seconds",
            Self::Millisecond => "milliseconds",
            Self::Microsecond => "microseconds",
            Self::Nanosecond => "nanoseconds",
        }
    }

    const fn nanoseconds(self) -> i128 {
        10_i128.pow(9 - self.decimals() as u32)
    }
}

/// The seconds from 2000 to 2100. A thousand times as many are in none of these years.
const THIS_CENTURY: std::ops::Range<i64> = 946_684_800..4_102_444_800;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNITS: [Unit; 4] = [Unit::Second, Unit::Millisecond, Unit::Microsecond, Unit::Nanosecond];

    #[test]
    fn an_instant_is_rounded_down() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.999999999Z", [0, 999, 999_999, 999_999_999]),
            ("1969-12-31T23:59:59.999999999Z", [-1, -1, -1, -1]),
            ("1969-12-31T23:59:58.5Z", [-2, -1_500, -1_500_000, -1_500_000_000]),
        ] {
            let instant = text.parse().unwrap();
            assert_eq!(UNITS.map(|unit| unit.timestamp(instant).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn an_instant_beyond_the_timestamps_has_none() {
        for (text, nearest) in [
            ("2262-04-11T23:47:16.854775808Z", i64::MAX),
            ("1677-09-21T00:12:43.145224191Z", i64::MIN),
        ] {
            let instant = text.parse().unwrap();
            assert_eq!(Unit::Nanosecond.timestamp(instant), None);
            assert_eq!(Unit::Nanosecond.nearest_timestamp(instant), nearest);
            assert!(Unit::Microsecond.timestamp(instant).is_some());
        }
    }

    #[test]
    fn a_timestamp_of_this_century_in_another_unit_only_is_mistaken() {
        let now = 1_795_824_000;
        for (number, own) in UNITS.into_iter().enumerate() {
            for (power, counted) in UNITS.into_iter().enumerate() {
                let timestamp = now * 1_000_i64.pow(power as u32);
                let expected = (number != power).then_some(counted);
                assert_eq!(own.mistaken(timestamp), expected, "{timestamp} {own:?}");
            }
            for odd in [0, -1, 60, -now, i64::MIN, i64::MAX, 100_000_000] {
                assert_eq!(own.mistaken(odd), None, "{odd}");
            }
        }
    }

    #[test]
    fn seconds_are_counted_in_each_unit_up_to_the_last_timestamp() {
        let counted = UNITS.map(|unit| unit.of_seconds(7));
        assert_eq!(counted, [7, 7_000, 7_000_000, 7_000_000_000]);
        assert_eq!(UNITS.map(|unit| unit.of_seconds(u64::MAX)), [i64::MAX; 4]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_timestamp_survives_the_way_to_an_instant_and_back(
            timestamp in prop_oneof![any::<i64>(), -10_000_000_000_i64..10_000_000_000_000],
            unit in prop::sample::select(UNITS.to_vec()),
        ) {
            if let Some(instant) = unit.instant(timestamp) {
                prop_assert_eq!(unit.timestamp(instant), Some(timestamp));
            }
        }
    }
}
