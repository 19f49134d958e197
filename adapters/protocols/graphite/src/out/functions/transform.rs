//! Functions that change the values of each series.

use super::{Change, Function, Kind, Param, Run, SERIES, each};
use crate::out::aggregation::Aggregation::{Last, Sum};
use crate::out::arguments::Arguments;
use crate::out::number::{rounded, shortest};
use crate::out::series::Series;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "absolute",
        group: "Transform",
        description: "Takes the absolute value of each value.",
        params: &[SERIES],
        run: Run::Each(absolute),
    },
    Function {
        name: "scale",
        group: "Transform",
        description: "Multiplies each value by a number.",
        params: &[SERIES, Param::needed("factor", Kind::Float)],
        run: Run::Each(scale),
    },
    Function {
        name: "offset",
        group: "Transform",
        description: "Adds a number to each value.",
        params: &[SERIES, Param::needed("factor", Kind::Float)],
        run: Run::Each(offset),
    },
    Function {
        name: "derivative",
        group: "Transform",
        description: "Replaces each value by its difference to the one before.",
        params: &[SERIES],
        run: Run::EachOf(Last, derivative),
    },
    Function {
        name: "nonNegativeDerivative",
        group: "Transform",
        description: "Replaces each value by its difference to the one before, if it is no smaller. \
                      A counter that has a maximum begins again behind it.",
        params: COUNTER,
        run: Run::EachOf(Last, non_negative_derivative),
    },
    Function {
        name: "perSecond",
        group: "Transform",
        description: "Replaces each value by its difference to the one before, in a second, if it is \
                      no smaller. A counter that has a maximum begins again behind it.",
        params: COUNTER,
        run: Run::EachOf(Last, per_second),
    },
    Function {
        name: "integral",
        group: "Transform",
        description: "Replaces each value by the sum of all up to it.",
        params: &[SERIES],
        run: Run::EachOf(Sum, integral),
    },
];

/// The parameters of those who read counters.
const COUNTER: &[Param] =
    &[SERIES, Param::optional("maxValue", Kind::Float), Param::optional("minValue", Kind::Float)];

/// Names a series after a function without further arguments.
fn wrap(series: &mut Series, function: &str) {
    series.tag(function, "1");
    series.rename(format!("{function}({})", series.name));
}

/// Names a series after a function with a number.
fn wrap_with(series: &mut Series, function: &str, number: f64) {
    series.tag(function, shortest(number));
    series.rename(format!("{function}({},{})", series.name, rounded(number)));
}

fn absolute(series: &mut Series, _: &Arguments) -> Change {
    wrap(series, "absolute");
    each(f64::abs)
}

fn scale(series: &mut Series, arguments: &Arguments) -> Change {
    let factor = arguments.needed("factor");
    wrap_with(series, "scale", factor);
    each(move |value| value * factor)
}

fn offset(series: &mut Series, arguments: &Arguments) -> Change {
    let factor = arguments.needed("factor");
    wrap_with(series, "offset", factor);
    each(move |value| value + factor)
}

fn derivative(series: &mut Series, _: &Arguments) -> Change {
    wrap(series, "derivative");
    let mut before = f64::NAN;
    each(move |value| value - std::mem::replace(&mut before, value))
}

fn non_negative_derivative(series: &mut Series, arguments: &Arguments) -> Change {
    wrap(series, "nonNegativeDerivative");
    let mut counter = Counter::new(arguments);
    each(move |value| counter.growth(value))
}

fn per_second(series: &mut Series, arguments: &Arguments) -> Change {
    wrap(series, "perSecond");
    let step = series.step() as f64;
    let mut counter = Counter::new(arguments);
    each(move |value| to_millionths(counter.growth(value) / step))
}

/// Rounds to six places, as the text of the number is rounded.
fn to_millionths(value: f64) -> f64 {
    let millionths = value * 1e6;
    let from_half = (millionths.fract().abs() - 0.5).abs();
    // Larger numbers have no such places.
    if value.is_nan() || value.abs() > 1e15 {
        value
    } else if from_half > millionths.abs() * f64::EPSILON {
        // The product is off by less than it is away from a half, so it is rounded as the text is. Both
        // whole numbers are exact, so their quotient is the double next to it, as is that of the text.
        millionths.round() / 1e6
    } else {
        rounded_text(value)
    }
}

fn rounded_text(value: f64) -> f64 {
    format!("{value:.6}").parse().unwrap_or(value)
}

/// What a counter counted last, and where it begins again.
struct Counter {
    before: f64,
    max: Option<f64>,
    min: Option<f64>,
}

impl Counter {
    fn new(arguments: &Arguments) -> Self {
        let (max, min) = (arguments.number("maxValue"), arguments.number("minValue"));
        Self { before: f64::NAN, max, min }
    }

    /// Returns by how much it grew, if that is known.
    fn growth(&mut self, value: f64) -> f64 {
        if self.max.is_some_and(|max| value > max) || self.min.is_some_and(|min| value < min) {
            self.before = f64::NAN;
            return f64::NAN;
        }
        let before = std::mem::replace(&mut self.before, value);
        match (self.max, self.min) {
            _ if before.is_nan() || value.is_nan() => f64::NAN,
            _ if value >= before => value - before,
            (Some(max), min) => max + 1.0 + value - before - min.unwrap_or(0.0),
            (None, Some(min)) => value - min,
            (None, None) => f64::NAN,
        }
    }
}

fn integral(series: &mut Series, _: &Arguments) -> Change {
    wrap(series, "integral");
    let mut sum = 0.0;
    each(move |value| {
        if value.is_nan() {
            return value;
        }
        sum += value;
        sum
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of all sizes, and those that lie at the half of a millionth or next to it.
    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::ANY,
            -1e10..1e10,
            -1.0..1.0,
            (any::<i32>(), 1_i32..1_000_000)
                .prop_map(|(value, by)| f64::from(value) / f64::from(by)),
            (-1_000_000_000_000_000_i64..1_000_000_000_000_000, -3_i64..4).prop_map(
                |(half, off)| {
                    let near = (half as f64 + 0.5) / 1e6;
                    f64::from_bits(near.to_bits().wrapping_add_signed(off))
                }
            ),
            (any::<i32>(), 0_i32..40).prop_map(|(value, by)| f64::from(value) / 2_f64.powi(by)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn millionths_are_those_of_the_text(value in value()) {
            let expected = if value.abs() <= 1e15 { rounded_text(value) } else { value };
            prop_assert_eq!(to_millionths(value).to_bits(), expected.to_bits());
        }
    }
}
