//! The axis of times.

use super::Tick;
use crate::commands::plot::calendar;
use crate::time::Clock;

/// An axis of timestamps.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::commands::plot) struct Times {
    low: i64,
    high: i64,
    pub(in crate::commands::plot) ticks: Vec<Tick>,
}

impl Times {
    /// Creates an axis for timestamps from `low` to `high`, with as many ticks as fit in
    /// `characters`.
    pub(in crate::commands::plot) fn new(
        low: i64,
        high: i64,
        characters: usize,
        clock: Clock,
    ) -> Self {
        let alone = ALONE * 10_i64.pow(clock.unit().decimals() as u32);
        let (low, high) = if low < high {
            (low, high)
        } else {
            (low.saturating_sub(alone), low.saturating_add(alone))
        };
        let ticks = dates(low, high, characters, clock)
            .unwrap_or_else(|| round_times(low, high, characters));
        let tick = |(time, label)| Tick { at: part(time, low, high), label };
        Self { low, high, ticks: ticks.into_iter().map(tick).collect() }
    }

    pub(in crate::commands::plot) fn share(&self, time: i64) -> f64 {
        part(time, self.low, self.high)
    }

    pub(in crate::commands::plot) fn ends(&self) -> (i64, i64) {
        (self.low, self.high)
    }
}

/// The seconds shown before and after a single timestamp.
const ALONE: i64 = 30;

/// The space between two labels, in characters.
const SPACE: usize = 4;
/// The width of `HH:MM:SS` with that space.
const A_TIME: usize = 8 + SPACE;

fn part(time: i64, low: i64, high: i64) -> f64 {
    let (way, all) = (i128::from(time) - i128::from(low), i128::from(high) - i128::from(low));
    way as f64 / all as f64
}

/// Returns ticks at round times, or `None` if times are shown as numbers or an end has no date.
fn dates(low: i64, high: i64, characters: usize, clock: Clock) -> Option<Vec<(i64, String)>> {
    let (unit, rules) = (clock.unit(), clock.rules()?);
    let range = (unit.instant(low)?, unit.instant(high)?);
    let finest = 10_i128.pow(9 - unit.decimals() as u32);
    let of_width = |width| calendar::ticks(range, characters / width, finest, &rules);
    let ticks = of_width(A_TIME);
    let widest = ticks.iter().map(|(_, label)| label.len() + SPACE).max().unwrap_or_default();
    let ticks = if widest > A_TIME { of_width(widest) } else { ticks };
    let ticks = ticks.into_iter().filter_map(|(time, label)| Some((unit.timestamp(time)?, label)));
    Some(ticks.collect())
}

/// Returns ticks at round numbers, for timestamps that are shown as numbers.
fn round_times(low: i64, high: i64, characters: usize) -> Vec<(i64, String)> {
    let longest = low.to_string().len().max(high.to_string().len());
    let most = (characters / (longest + 2)).max(1) as u64;
    let step = round_number(high.abs_diff(low).div_ceil(most));
    let multiples = i128::from(low).div_euclid(step)..=i128::from(high).div_euclid(step);
    let times = multiples.filter_map(|number| i64::try_from(number * step).ok());
    times.filter(|time| *time >= low).map(|time| (time, time.to_string())).collect()
}

/// Returns the first of 1, 2, 5, 10, 20, … that is at least `least`.
fn round_number(least: u64) -> i128 {
    let powers = (0..20).map(|power| 10_i128.pow(power));
    let mut numbers = powers.flat_map(|power| [1, 2, 5].map(|digit| digit * power));
    numbers.find(|number| *number >= i128::from(least)).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::labels;
    use super::*;

    #[test]
    fn timestamps_shown_as_numbers_have_round_ticks() {
        let of = |low, high, room| labels(&Times::new(low, high, room, Clock::NUMBERS).ticks);
        assert_eq!(of(3, 47, 40), "5 10 15 20 25 30 35 40 45");
        assert_eq!(of(i64::MIN, i64::MAX, 100), "-5000000000000000000 0 5000000000000000000");
        assert_eq!(of(i64::MIN, i64::MAX, 60), "0");
        assert_eq!(of(i64::MAX, i64::MAX, 60), "9223372036854775780 9223372036854775800");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn an_axis_holds_all_its_times(low: i64, high: i64, time: i64, room in 0_usize..500) {
            let (low, high) = (low.min(high), low.max(high));
            for clock in [Clock::UTC, Clock::NUMBERS] {
                let axis = Times::new(low, high, room, clock);
                let time = time.clamp(low, high);
                prop_assert!((0.0..=1.0).contains(&axis.share(time)), "{axis:?}");
                prop_assert!(axis.ticks.len() <= room / 3 + 3, "{axis:?}");
                prop_assert!(axis.ticks.is_sorted_by(|one, other| one.at < other.at), "{axis:?}");
                prop_assert!(axis.ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.at)));
            }
        }
    }
}
