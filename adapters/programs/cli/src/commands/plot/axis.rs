//! The axes of a plot: their ends and their ticks.

use super::calendar;
use crate::output::text;
use crate::time::Clock;

/// A labelled position on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// The position, from 0 to 1.
    pub(super) at: f64,
    pub(super) label: String,
}

/// An axis of values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    low: f64,
    high: f64,
    pub(super) ticks: Vec<Tick>,
}

impl Values {
    /// Creates an axis for values from `low` to `high` with about `most` ticks.
    ///
    /// The ticks are round numbers, the first below all values and the last above them, unless
    /// doubles are too coarse there.
    pub(super) fn new(low: f64, high: f64, most: usize) -> Self {
        let (low, high) = if low < high { (low, high) } else { around(low) };
        let ticks = round_values(low, high, most.max(1)).unwrap_or_else(|| ends(low, high));
        let (low, high) = match &ticks[..] {
            [(low, _), .., (high, _)] => (*low, *high),
            _ => (low, high),
        };
        let tick = |(value, label)| Tick { at: text::share(value, low, high), label };
        Self { low, high, ticks: ticks.into_iter().map(tick).collect() }
    }

    pub(super) fn share(&self, value: f64) -> f64 {
        text::share(value, self.low, self.high)
    }
}

/// An axis of timestamps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Times {
    low: i64,
    high: i64,
    pub(super) ticks: Vec<Tick>,
}

impl Times {
    /// Creates an axis for timestamps from `low` to `high`, with as many ticks as fit in
    /// `characters`.
    pub(super) fn new(low: i64, high: i64, characters: usize, clock: Clock) -> Self {
        let (low, high) = if low < high {
            (low, high)
        } else {
            (low.saturating_sub(ALONE), low.saturating_add(ALONE))
        };
        let ticks = dates(low, high, characters, clock)
            .unwrap_or_else(|| round_times(low, high, characters));
        let tick = |(time, label)| Tick { at: part(time, low, high), label };
        Self { low, high, ticks: ticks.into_iter().map(tick).collect() }
    }

    pub(super) fn share(&self, time: i64) -> f64 {
        part(time, self.low, self.high)
    }

    pub(super) fn ends(&self) -> (i64, i64) {
        (self.low, self.high)
    }
}

/// The seconds shown before and after a single timestamp.
const ALONE: i64 = 30;

/// The width of `HH:MM:SS` with space on both sides.
const A_TIME: usize = 12;

fn part(time: i64, low: i64, high: i64) -> f64 {
    let (way, all) = (i128::from(time) - i128::from(low), i128::from(high) - i128::from(low));
    way as f64 / all as f64
}

/// Returns ticks at round times, or `None` if times are shown as numbers or an end has no date.
fn dates(low: i64, high: i64, characters: usize, clock: Clock) -> Option<Vec<(i64, String)>> {
    let unit = clock.unit();
    let range = (unit.instant(low)?, unit.instant(high)?);
    let finest = 10_i128.pow(9 - unit.decimals() as u32);
    let ticks = calendar::ticks(range, characters / A_TIME, finest, &clock.rules()?);
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

/// Returns a range around a single value.
fn around(value: f64) -> (f64, f64) {
    let tenth = value.abs() / 10.0;
    let room = if tenth > 0.0 { tenth } else { 1.0 };
    ((value - room).max(f64::MIN), (value + room).min(f64::MAX))
}

/// Returns ticks at both ends, with enough digits to tell them apart.
fn ends(low: f64, high: f64) -> Vec<(f64, String)> {
    let short = [low, high].map(text::value);
    let whole = [low, high].map(|end| format!("{end:e}"));
    let labels = if short[0] == short[1] { whole } else { short };
    [low, high].into_iter().zip(labels).collect()
}

/// Returns ticks at multiples of 1, 2 or 5 times a power of ten.
fn round_values(low: f64, high: f64, most: usize) -> Option<Vec<(f64, String)>> {
    let step =
        round_step(high / most as f64 - low / most as f64).filter(|step| step.is_normal())?;
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    // Beyond 1e12, multiples are not distinct or cannot be counted exactly.
    let fine =
        [first, last].iter().all(|number| number.abs() < 1e12 && (number * step).is_finite());
    let numbers = first as i64..=last as i64;
    fine.then(|| {
        let labels = Labels::new(low.abs().max(high.abs()), step);
        numbers.map(|number| number as f64 * step).map(|value| (value, labels.of(value))).collect()
    })
}

fn round_step(least: f64) -> Option<f64> {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|step| *step >= least)
}

/// The format of the labels of ticks, with enough digits to tell them apart.
#[derive(Clone, Copy, Debug)]
enum Labels {
    Plain { decimals: usize },
    Exponent { decimals: usize },
}

impl Labels {
    fn new(largest: f64, step: f64) -> Self {
        // Labels differ in the digit of this power of ten. The logarithm of 0.1 may be slightly
        // too small.
        let power = (step.log10() + 1e-9).floor();
        if largest < 1e7 && power > -7.0 {
            Self::Plain { decimals: (-power).max(0.0) as usize }
        } else {
            Self::Exponent { decimals: (largest.log10().floor() - power).max(0.0) as usize }
        }
    }

    fn of(self, value: f64) -> String {
        match self {
            _ if value == 0.0 => "0".to_owned(),
            Self::Plain { decimals } => format!("{value:.decimals$}"),
            Self::Exponent { decimals } => format!("{value:.decimals$e}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: &[Tick]) -> String {
        ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        for (low, high, expected) in [
            (0.0, 1.0, "0 0.2 0.4 0.6 0.8 1.0"),
            (23.7, 99.0, "20 40 60 80 100"),
            (0.31, 0.47, "0.30 0.35 0.40 0.45 0.50"),
            (-3.0, 4.0, "-4 -2 0 2 4"),
            (7.0, 7.0, "6.0 6.5 7.0 7.5 8.0"),
            (0.0, 0.0, "-1.0 -0.5 0 0.5 1.0"),
            (16.1e9, 16.9e9, "1.60e10 1.62e10 1.64e10 1.66e10 1.68e10 1.70e10"),
            (1e16, 1e16 + 2.0, "1e16 1.0000000000000002e16"),
            (0.0, 5e-324, "0 4.94066e-324"),
            (0.0, 3e-9, "0 1e-9 2e-9 3e-9"),
            (f64::MIN, f64::MAX, "-1.79769e308 1.79769e308"),
        ] {
            assert_eq!(labels(&Values::new(low, high, 5).ticks), expected);
        }
    }

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
        fn an_axis_holds_all_its_values(low: f64, high: f64, most in 0_usize..20, part in 0.0..1.0_f64) {
            prop_assume!(low.is_finite() && high.is_finite());
            let (low, high) = (low.min(high), low.max(high));
            let axis = Values::new(low, high, most);
            let between = (low * (1.0 - part) + high * part).clamp(low, high);
            for value in [low, between, high] {
                prop_assert!((0.0..=1.0).contains(&axis.share(value)), "{value} {axis:?}");
            }
            prop_assert!((2..=most + 3).contains(&axis.ticks.len()), "{axis:?}");
            prop_assert!(axis.ticks.is_sorted_by(|one, other| one.at < other.at), "{axis:?}");
        }

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
