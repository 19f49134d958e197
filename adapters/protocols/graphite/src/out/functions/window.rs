//! Functions that read their series at other times.

use super::{Function, Kind, Param, Run, SERIES, Tools, VALUE};
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
pub(crate) async fn moving_average(
    series: &mut Series,
    arguments: &Arguments,
    (window, earlier): (Window, i64),
    tools: &mut Tools<'_>,
) -> Result<(), Failure> {
    let Steps { start, step } = series.steps();
    let points = match window {
        Window::Seconds(seconds) => seconds / step,
        Window::Points(points) => points,
    };
    let points = usize::try_from(points).unwrap_or(0);
    let xff = arguments.number("xFilesFactor").unwrap_or(tools.context.xff);
    let size = match arguments.literal("windowSize") {
        Some(Literal::Text(text)) => format!("\"{text}\""),
        _ => points.to_string(),
    };
    series.tag("movingAverage", size.trim_matches('"'));
    series.rename(format!("movingAverage({},{size})", series.name));
    // A series that begins within the first window has none before.
    let missing = (start - first_time(tools.context.from, step)).max(0) / step;
    let missing = usize::try_from(missing).unwrap_or(0).min(points);
    let values = averages(&series.values, (points, missing, xff), tools).await?;
    tools.replace(series, values).await?;
    let start = start.saturating_add(earlier).saturating_sub(step * missing as i64);
    series.times = Times::Even(Steps { start, step });
    Ok(())
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
async fn averages(
    values: &[f64],
    (points, missing, xff): (usize, usize, f64),
    tools: &mut Tools<'_>,
) -> Result<Vec<f64>, Failure> {
    let length = values.len();
    if points == 0 {
        return tools.make((length, VALUE), |_| f64::NAN).await;
    }
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    let begins = |place: usize| place.is_multiple_of(points);
    let heads = sums(length, |place| (at(place), begins(place)), tools).await?;
    // From the last value to the first one.
    let ends = |place: usize| (place + 1).is_multiple_of(points);
    let back = |place: usize| length - 1 - place;
    let tails = sums(length, |place| (at(back(place)), ends(back(place))), tools).await?;
    let window = |end: usize| {
        let to_end = heads.get(end).copied().unwrap_or_default();
        let begin = (end + 1).checked_sub(points).filter(|begin| !begins(*begin));
        let before = begin.and_then(|begin| tails.get(back(begin)).copied()).unwrap_or_default();
        let (sum, count) = (before.0 + to_end.0, before.1 + to_end.1);
        if has_enough(count, points, xff) { sum / count as f64 } else { f64::NAN }
    };
    let first = points.saturating_sub(missing);
    let count = length.saturating_sub(first);
    let made = tools.make((count, 2 * VALUE), |place| window(first + place)).await?;
    tools.free(heads).await?;
    tools.free(tails).await?;
    Ok(made)
}

/// A sum of values and their number.
type Sum = (f64, usize);

/// Returns sums up to each place, which begin anew with each block. `value` returns the value of a
/// place, and whether a block begins with it.
async fn sums(
    length: usize,
    value: impl Fn(usize) -> (f64, bool) + Send,
    tools: &mut Tools<'_>,
) -> Result<Vec<Sum>, Failure> {
    let mut sum = Sum::default();
    let up_to = move |place| {
        let (value, begins) = value(place);
        if begins {
            sum = Sum::default();
        }
        if !value.is_nan() {
            sum = (sum.0 + value, sum.1 + 1);
        }
        sum
    };
    tools.make((length, 2 * VALUE), up_to).await
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
    use crate::out::tests::with_tools;

    proptest! {
        #[test]
        fn averages_are_those_of_their_windows(
            values in prop::collection::vec(prop_oneof![Just(f64::NAN), -100.0..100.0], 0..40),
            points in 1_usize..10,
            missing in 0_usize..10,
        ) {
            let missing = missing.min(points);
            let averages = async |tools: &mut Tools<'_>| averages(&values, (points, missing, 0.0), tools).await;
            let made = with_tools(averages).unwrap();
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
