//! The axis of values.

use super::scale::Scale;
use super::{Tick, decades, linear};
use crate::output::text;

/// An axis of values.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::commands::plot) struct Values {
    low: f64,
    high: f64,
    log: bool,
    pub(in crate::commands::plot) ticks: Vec<Tick>,
}

impl Values {
    /// Creates an axis for values from `low` to `high` with about `most` ticks.
    ///
    /// The ticks are round numbers, the first below all values and the last above them, unless
    /// doubles are too coarse there. Ends that `scale` sets are kept. If `most` is 1 or less, the
    /// ticks are the ends.
    pub(in crate::commands::plot) fn new(
        (low, high): (f64, f64),
        most: usize,
        scale: Scale,
    ) -> Self {
        let Scale { min, max, log } = scale;
        let (low, high) = apart((min.unwrap_or(low), max.unwrap_or(high)), scale);
        let round = if log { decades::ticks } else { linear::ticks };
        let round = (most > 1).then(|| round((low, high), most)).flatten();
        let mut ticks = round.unwrap_or_else(|| ends(low, high));
        let low = min.or(ticks.first().map(|tick| tick.0)).unwrap_or(low);
        let high = max.or(ticks.last().map(|tick| tick.0)).unwrap_or(high);
        ticks.retain(|(value, _)| (low..=high).contains(value));
        if ticks.is_empty() {
            ticks = ends(low, high);
        }
        let mut axis = Self { low, high, log, ticks: Vec::new() };
        let tick = |(value, label)| Tick { at: axis.share(value), label };
        axis.ticks = ticks.into_iter().map(tick).collect();
        axis
    }

    /// Returns the position of a value: 0 is the lower end and 1 the upper one. It is not finite if
    /// the axis has no place for the value.
    pub(in crate::commands::plot) fn share(&self, value: f64) -> f64 {
        match self.log {
            true => text::share(value.ln(), self.low.ln(), self.high.ln()),
            false => text::share(value, self.low, self.high),
        }
    }
}

/// Returns a range that is not empty. Ends that are set stay.
fn apart((low, high): (f64, f64), Scale { min, max, log }: Scale) -> (f64, f64) {
    match (min, max) {
        _ if low < high => (low, high),
        (Some(min), _) if log => (min, (min * 10.0).min(f64::MAX)),
        (Some(min), _) => (min, (min + tenth(min)).min(f64::MAX)),
        (_, Some(max)) if log => ((max / 10.0).max(SMALLEST), max),
        (_, Some(max)) => ((max - tenth(max)).max(f64::MIN), max),
        _ if log => ((low / 10.0).max(SMALLEST), (high * 10.0).min(f64::MAX)),
        _ if low == 0.0 => (0.0, 1.0),
        // A value that is always the same is shown by its distance from zero.
        _ => (low.min(0.0), high.max(0.0)),
    }
}

fn tenth(value: f64) -> f64 {
    if value == 0.0 { 1.0 } else { value.abs() / 10.0 }
}

const SMALLEST: f64 = f64::from_bits(1);

/// Returns ticks at both ends, with enough digits to tell them apart.
fn ends(low: f64, high: f64) -> Vec<(f64, String)> {
    [low, high].into_iter().zip(text::apart([low, high], text::rounded)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::labels;
    use super::*;

    const LINEAR: Scale = Scale { min: None, max: None, log: false };
    const LOG: Scale = Scale { log: true, ..LINEAR };

    #[test]
    fn ticks_are_round_and_enclose_the_values() {
        for (low, high, expected) in [
            (0.0, 1.0, "0 0.2 0.4 0.6 0.8 1.0"),
            (23.7, 99.0, "20 40 60 80 100"),
            (0.31, 0.47, "0.30 0.35 0.40 0.45 0.50"),
            (-3.0, 4.0, "-4 -2 0 2 4"),
            (16.1e9, 16.9e9, "1.60e10 1.62e10 1.64e10 1.66e10 1.68e10 1.70e10"),
            (1e16, 1e16 + 2.0, "10000000000000000 10000000000000002"),
            (0.0, 5e-324, "0 4.94066e-324"),
            (0.0, 3e-9, "0 1e-9 2e-9 3e-9"),
            (f64::MIN, f64::MAX, "-1.79769e308 1.79769e308"),
        ] {
            assert_eq!(labels(&Values::new((low, high), 5, LINEAR).ticks), expected);
        }
    }

    #[test]
    fn a_value_that_is_always_the_same_is_shown_above_zero_or_below() {
        for (value, expected) in [
            (100.0, "0 20 40 60 80 100"),
            (7.0, "0 2 4 6 8"),
            (-7.0, "-8 -6 -4 -2 0"),
            (0.0, "0 0.2 0.4 0.6 0.8 1.0"),
        ] {
            assert_eq!(labels(&Values::new((value, value), 5, LINEAR).ticks), expected);
        }
        assert_eq!(labels(&Values::new((100.0, 100.0), 5, LOG).ticks), "10 100 1000");
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        for (low, high, most, expected) in [
            (1.0, 1e4, 5, "1 10 100 1000 10000"),
            (3.0, 47.0, 8, "2 5 10 20 50"),
            (3.0, 47.0, 5, "1 10 100"),
            (0.3, 0.4, 5, "0.2 0.5"),
            (1e-3, 1e12, 5, "0.001 1 1000 1000000 1e9 1e12"),
            (f64::from_bits(1), f64::MAX, 5, "4.94066e-324 1.79769e308"),
        ] {
            assert_eq!(labels(&Values::new((low, high), most, LOG).ticks), expected);
        }
        let axis = Values::new((1.0, 100.0), 5, LOG);
        assert_eq!([1.0, 10.0, 100.0].map(|value| axis.share(value)), [0.0, 0.5, 1.0]);
        assert!(!axis.share(0.0).is_finite() && !axis.share(-1.0).is_finite());
    }

    #[test]
    fn ends_that_are_set_are_kept() {
        for (min, max, log, expected) in [
            (Some(0.0), Some(100.0), false, "0 20 40 60 80 100"),
            (Some(3.0), None, false, "20 40 60 80"),
            (None, Some(75.0), false, "20 40 60"),
            // No value is inside.
            (Some(200.0), None, false, "200 205 210 215 220"),
            (None, Some(10.0), false, "9.0 9.2 9.4 9.6 9.8 10.0"),
            (Some(1.0), Some(1e3), true, "1 10 100 1000"),
        ] {
            let axis = Values::new((23.7, 79.0), 5, Scale { min, max, log });
            assert_eq!(labels(&axis.ticks), expected);
            assert!(min.is_none_or(|min| axis.share(min) == 0.0), "{axis:?}");
            assert!(max.is_none_or(|max| axis.share(max) == 1.0), "{axis:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn an_axis_holds_all_its_values(
            low: f64,
            high: f64,
            most in 0_usize..20,
            part in 0.0..1.0_f64,
            log: bool,
        ) {
            prop_assume!(low.is_finite() && high.is_finite());
            let (low, high) = (low.min(high), low.max(high));
            prop_assume!(!log || low > 0.0);
            let axis = Values::new((low, high), most, Scale { log, ..LINEAR });
            let between = (low * (1.0 - part) + high * part).clamp(low, high);
            for value in [low, between, high] {
                prop_assert!((0.0..=1.0).contains(&axis.share(value)), "{value} {axis:?}");
            }
            prop_assert!((2..=most + 3).contains(&axis.ticks.len()), "{axis:?}");
            prop_assert!(axis.ticks.is_sorted_by(|one, other| one.at < other.at), "{axis:?}");
        }
    }
}
