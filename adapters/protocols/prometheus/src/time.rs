//! Times of Prometheus, which are milliseconds, and those of the server.

use metric_query::TimeUnit;

/// Returns the timestamp of a time, rounded down, if the unit reaches it.
pub(crate) fn from_milliseconds(time: i64, unit: TimeUnit) -> Option<i64> {
    let nanoseconds = time.rem_euclid(1_000) as u32 * 1_000_000;
    unit.timestamp(time.div_euclid(1_000), nanoseconds).ok()
}

/// Returns the time of a timestamp, rounded down; if it is too far away, the last one that is not.
pub(crate) fn to_milliseconds(timestamp: i64, unit: TimeUnit) -> i64 {
    clamp((i128::from(timestamp) * 1_000).div_euclid(i128::from(unit.per_second())))
}

/// Returns the timestamps whose times in milliseconds are between these, both included.
pub(crate) fn window((start, end): (i64, i64), unit: TimeUnit) -> (i64, i64) {
    let per_second = i128::from(unit.per_second());
    // The first timestamp whose time is not before this one.
    let first = |time: i128| -(-time * per_second).div_euclid(1_000);
    (clamp(first(start.into())), clamp(first(i128::from(end) + 1) - 1))
}

fn clamp(number: i128) -> i64 {
    number.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_rounded_down_before_1970_too() {
        for (time, seconds) in [(0, 0), (999, 0), (1_000, 1), (-1, -1), (-1_000, -1), (-1_001, -2)]
        {
            assert_eq!(from_milliseconds(time, TimeUnit::Seconds), Some(seconds));
        }
        assert_eq!(from_milliseconds(i64::MAX, TimeUnit::Microseconds), None);
        assert_eq!(to_milliseconds(-1, TimeUnit::Microseconds), -1);
        assert_eq!(to_milliseconds(i64::MAX, TimeUnit::Seconds), i64::MAX);
        assert_eq!(to_milliseconds(i64::MIN, TimeUnit::Seconds), i64::MIN);
    }

    proptest! {
        #[test]
        fn a_window_has_the_timestamps_whose_times_are_in_it(
            timestamp in -5_000_i64..5_000, start in -6_000_i64..6_000, length in -1_i64..3_000,
        ) {
            for unit in TimeUnit::ALL {
                let (from, until) = window((start, start + length), unit);
                let time = to_milliseconds(timestamp, unit);
                prop_assert_eq!((from..=until).contains(&timestamp), (start..=start + length).contains(&time), "{}", unit);
            }
        }

        #[test]
        fn milliseconds_are_exact_unless_the_unit_is_coarser(time in any::<i64>()) {
            for unit in TimeUnit::ALL.into_iter().skip(1) {
                if let Some(timestamp) = from_milliseconds(time, unit) {
                    prop_assert_eq!(to_milliseconds(timestamp, unit), time);
                }
            }
        }
    }
}
