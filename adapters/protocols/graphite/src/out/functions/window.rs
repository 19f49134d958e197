//! Functions that read their series at other times.

use super::{Function, Kind, Param, Run, SERIES};
use crate::out::arguments::Arguments;
use crate::out::attime::parse_offset;
use crate::out::failure::Failure;
use crate::out::grid::Slots;
use crate::out::query::Context;
use crate::out::series::{Series, Steps, Times, has_enough};
use crate::out::target::Literal;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "movingAverage",
        group: "Calculate",
        description: "Takes the average of the values up to each one: of so many, or of an interval.",
        params: &[
            SERIES,
            Param::needed("windowSize", Kind::IntegerOrInterval),
            Param::optional("xFilesFactor", Kind::Float),
        ],
        run: Run::MovingAverage,
    },
    Function {
        name: "timeShift",
        group: "Transform",
        description: "Shows series as they were earlier, or with a plus later.",
        params: &[
            SERIES,
            Param::needed("timeShift", Kind::Interval),
            Param::or("resetEnd", Kind::Boolean, "true"),
        ],
        run: Run::TimeShift,
    },
];

/// The window of a moving average.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Window {
    Seconds(i64),
    Points(i64),
}

impl Window {
    pub(crate) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let seconds = |text| parse_offset(text).ok().and_then(i64::checked_abs);
        let window = match arguments.literal("windowSize") {
            Some(Literal::Integer(points)) => Some(Self::Points(*points)),
            Some(Literal::Text(text)) => seconds(text).map(Self::Seconds),
            _ => None,
        };
        match window {
            Some(Self::Seconds(1..) | Self::Points(1..)) => window.ok_or(Failure::Unavailable),
            _ => Err(arguments.wrong("takes a window of at least a point or a second")),
        }
    }
}

/// Makes a moving average of a series that was read from so many seconds earlier on.
pub(crate) fn moving_average(
    series: &mut Series,
    arguments: &Arguments,
    (window, earlier, context): (Window, i64, &Context),
) {
    let Steps { start, step } = series.steps();
    let points = match window {
        Window::Seconds(seconds) => seconds / step,
        Window::Points(points) => points,
    };
    let points = usize::try_from(points).unwrap_or(0);
    let xff = arguments.number("xFilesFactor").unwrap_or(context.xff);
    let size = match arguments.literal("windowSize") {
        Some(Literal::Text(text)) => format!("\"{text}\""),
        _ => points.to_string(),
    };
    series.tag("movingAverage", size.trim_matches('"'));
    series.rename(format!("movingAverage({},{size})", series.name));
    // A series that begins within the first window has none before.
    let missing = (start - first_time(context.from, step)).max(0) / step;
    let missing = usize::try_from(missing).unwrap_or(0).min(points);
    series.values = averages(&series.values, (points, missing), xff);
    let start = start.saturating_add(earlier).saturating_sub(step * missing as i64);
    series.times = Times::Even(Steps { start, step });
}

/// Returns when a series begins that is read after a time.
fn first_time(from: i64, step: i64) -> i64 {
    Slots::beginning_in(from, from, step).steps.start
}

/// Returns the average of each value with those before it, `points` in all. The first ones, less those
/// that are missing, have too few before them and are left out.
///
/// A sum from which values are taken again would lose digits. So there are sums from each block's
/// beginning on, and sums up to each block's end, and each window is made of one of both.
fn averages(values: &[f64], (points, missing): (usize, usize), xff: f64) -> Vec<f64> {
    if points == 0 {
        return vec![f64::NAN; values.len()];
    }
    let (heads, mut tails) = (sums(values, points), Vec::with_capacity(values.len()));
    for block in values.chunks(points) {
        tails.extend(sums_to_end(block));
    }
    let window = |end: usize| {
        let to_end = heads.get(end).copied().unwrap_or_default();
        let begin = (end + 1).checked_sub(points).filter(|begin| begin % points > 0);
        let before = begin.and_then(|begin| tails.get(begin).copied()).unwrap_or_default();
        let (sum, count) = (before.0 + to_end.0, before.1 + to_end.1);
        if has_enough(count, points, xff) { sum / count as f64 } else { f64::NAN }
    };
    (points.saturating_sub(missing)..values.len()).map(window).collect()
}

/// A sum of values and their number.
type Sum = (f64, usize);

/// Returns the sums of the values up to each one, from the beginning of its block on.
fn sums(values: &[f64], block: usize) -> Vec<Sum> {
    let mut all = Vec::with_capacity(values.len());
    for block in values.chunks(block) {
        all.extend(running(block.iter()));
    }
    all
}

/// Returns the sums of the values from each one on.
fn sums_to_end(values: &[f64]) -> Vec<Sum> {
    let mut all: Vec<_> = running(values.iter().rev()).collect();
    all.reverse();
    all
}

fn running<'a>(values: impl Iterator<Item = &'a f64>) -> impl Iterator<Item = Sum> {
    values.scan(Sum::default(), |(sum, count), value| {
        if !value.is_nan() {
            *sum += value;
            *count += 1;
        }
        Some((*sum, *count))
    })
}

/// A shift in time.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    /// As it was written, with a sign.
    text: String,
    seconds: i64,
}

impl Shift {
    /// Reads the shift, which is into the past if it has no sign.
    pub(crate) fn of(arguments: &Arguments) -> Self {
        let text = arguments.text("timeShift").unwrap_or_default();
        let is_signed = text.starts_with(['-', '+']);
        let text = if is_signed { text.to_owned() } else { format!("-{text}") };
        Self { seconds: parse_offset(&text).unwrap_or(0), text }
    }

    /// Returns when the series are read.
    pub(crate) fn apply(&self, context: &Context) -> Context {
        let shifted = |time: i64| time.saturating_add(self.seconds);
        Context { from: shifted(context.from), until: shifted(context.until), ..*context }
    }

    /// Shows a series that was read then as if it were of the times that were asked for.
    pub(crate) fn show(&self, series: &mut Series, arguments: &Arguments, asked: &Context) {
        series.tag("timeShift", &*self.text);
        series.rename(format!("timeShift({}, \"{}\")", series.name, self.text));
        let Steps { start, step } = series.steps();
        let read = first_time(self.apply(asked).from, step);
        let start = start - read + first_time(asked.from, step);
        let resets_end = arguments.literal("resetEnd").is_none() || arguments.is_true("resetEnd");
        if resets_end {
            let slots = Slots::beginning_in(start - 1, asked.until.min(asked.now), step);
            series.values.truncate(slots.count);
        }
        series.times = Times::Even(Steps { start, step });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::out::aggregation::Aggregation;

    proptest! {
        #[test]
        fn averages_are_those_of_their_windows(
            values in prop::collection::vec(prop_oneof![Just(f64::NAN), -100.0..100.0], 0..40),
            points in 1_usize..10,
            missing in 0_usize..10,
        ) {
            let missing = missing.min(points);
            let made = averages(&values, (points, missing), 0.0);
            let mut all = vec![f64::NAN; missing];
            all.extend(&values);
            prop_assert_eq!(made.len(), all.len().saturating_sub(points));
            for (begin, value) in made.into_iter().enumerate() {
                let expected = Aggregation::Average.of(&all[begin + 1..begin + 1 + points]);
                let is_equal = (value - expected).abs() < 1e-9 || value.is_nan() && expected.is_nan();
                prop_assert!(is_equal, "{value} {expected}");
            }
        }
    }
}
