//! Values of longer steps.

use super::{Function, Kind, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::attime::parse_offset;
use crate::out::failure::Failure;
use crate::out::series::{Series, Steps, Times, has_enough};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "summarize",
    group: "Transform",
    description: "Makes one value of those of each interval. Intervals begin at multiples of their \
                  length, or with the series.",
    params: &[
        SERIES,
        Param::needed("intervalString", Kind::Interval),
        Param::or("func", Kind::Aggregation, "\"sum\""),
        Param::or("alignToFrom", Kind::Boolean, "false"),
    ],
    run: Run::EachAnew(summarize),
}];

fn summarize(
    mut series: Series,
    arguments: &Arguments,
    tools: &mut Tools<'_>,
) -> Result<Series, Failure> {
    let interval = arguments.text("intervalString").unwrap_or_default();
    let function = arguments.text("func").unwrap_or("sum");
    let seconds = parse_offset(interval).unwrap_or(0);
    if seconds <= 0 {
        return Err(arguments.wrong("takes an interval of at least a second"));
    }
    let by = Aggregation::named(function).unwrap_or(Aggregation::Sum);
    let aligns_to_from = arguments.is_true("alignToFrom");
    let start = if aligns_to_from { series.start() } else { multiple(series.start(), seconds) };
    let end = if aligns_to_from { series.end() } else { multiple(series.end(), seconds) + seconds };
    let count = (end - start + seconds - 1) / seconds;
    let count = usize::try_from(count).unwrap_or(0);
    tools.lease.take(count)?;
    let steps = Steps { start, step: seconds };
    series.values =
        (0..count).map(|index| value(&series, steps, (index, by, tools.context.xff))).collect();
    series.times = Times::Even(steps);
    series.tag("summarize", interval);
    series.tag("summarizeFunction", function);
    let ending = if aligns_to_from { ", true" } else { "" };
    series.rename(format!("summarize({}, \"{interval}\", \"{function}\"{ending})", series.name));
    Ok(series)
}

fn multiple(time: i64, of: i64) -> i64 {
    time.div_euclid(of).saturating_mul(of)
}

/// Returns the value of an interval.
fn value(series: &Series, steps: Steps, (index, by, xff): (usize, Aggregation, f64)) -> f64 {
    let (step, length) = (series.step().max(1), series.values.len());
    // The first value that is not before a time.
    let place = |time: i64| {
        let steps = (time - series.start() + step - 1).div_euclid(step);
        usize::try_from(steps).unwrap_or(0).min(length)
    };
    let (from, to) = (place(steps.at(index)), place(steps.at(index + 1)));
    let values = series.values.get(from..to).unwrap_or_default();
    let some = values.iter().filter(|value| !value.is_nan()).count();
    let all = steps.step as f64 / step as f64;
    let is_enough = has_enough(some, 1, 0.0) && some as f64 / all >= xff;
    if is_enough { by.of(values) } else { f64::NAN }
}
