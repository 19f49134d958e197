//! Values of longer steps.

use super::{Function, Kind, Param, Run, SERIES, Tools};
use crate::out::aggregation::{Aggregation, Bucket};
use crate::out::arguments::Arguments;
use crate::out::attime::parse_offset;
use crate::out::failure::Failure;
use crate::out::grid::Slots;
use crate::out::series::{Series, Steps, Times};

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
    run: Run::Summarize,
}];

/// Names a series that is summarized.
pub(crate) fn summarize(series: &mut Series, arguments: &Arguments) {
    let interval = arguments.text("intervalString").unwrap_or_default();
    let function = arguments.text("func").unwrap_or("sum");
    let ending = if arguments.is_true("alignToFrom") { ", true" } else { "" };
    series.tag("summarize", interval);
    series.tag("summarizeFunction", function);
    let name = format!("summarize({}, \"{interval}\", \"{function}\"{ending})", series.name);
    series.rename(name);
}

/// The intervals of which each has one value, and how that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intervals {
    seconds: i64,
    pub(crate) by: Aggregation,
    aligns_to_from: bool,
}

impl Intervals {
    pub(crate) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let interval = arguments.text("intervalString").unwrap_or_default();
        let seconds = parse_offset(interval).unwrap_or(0);
        if seconds <= 0 {
            return Err(arguments.wrong("takes an interval of at least a second"));
        }
        let by = arguments.text("func").and_then(Aggregation::named).unwrap_or(Aggregation::Sum);
        Ok(Self { seconds, by, aligns_to_from: arguments.is_true("alignToFrom") })
    }

    /// Returns the intervals of a series that has steps.
    pub(crate) fn slots(self, start: i64, end: i64) -> Slots {
        let step = self.seconds;
        let (start, end) = match self.aligns_to_from {
            true => (start, end),
            false => (multiple(start, step), multiple(end, step) + step),
        };
        let count = (end - start + step - 1) / step;
        Slots { steps: Steps { start, step }, count: usize::try_from(count).unwrap_or(0) }
    }

    /// Returns a bucket for the samples of an interval, of a series with these steps. It has a result
    /// if it gets samples for a part of the steps.
    pub(crate) fn bucket(self, step: i64, part: f64) -> Bucket {
        Bucket::new(self.by).needing(part * self.seconds as f64 / step.max(1) as f64)
    }

    /// Makes the values of a series at even steps those of intervals.
    pub(crate) async fn apply(
        self,
        series: &mut Series,
        tools: &mut Tools<'_>,
    ) -> Result<(), Failure> {
        let Slots { steps, count } = self.slots(series.start(), series.end());
        tools.hold(count.saturating_mul(size_of::<f64>()))?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            values.push(self.value(series, (steps, index), tools).await?);
        }
        tools.replace(series, values).await?;
        series.times = Times::Even(steps);
        Ok(())
    }

    /// Returns the value of an interval.
    async fn value(
        self,
        series: &Series,
        (steps, index): (Steps, usize),
        tools: &mut Tools<'_>,
    ) -> Result<f64, Failure> {
        let (step, length) = (series.step().max(1), series.values.len());
        // The first value that is not before a time.
        let place = |time: i64| {
            let steps = (time - series.start() + step - 1).div_euclid(step);
            usize::try_from(steps).unwrap_or(0).min(length)
        };
        let (from, to) = (place(steps.at(index)), place(steps.at(index + 1)));
        let values = series.values.get(from..to).unwrap_or_default();
        let some = tools.count(values).await?;
        let all = steps.step as f64 / step as f64;
        tools.compute(INTERVAL).await?;
        if some == 0 || (some as f64 / all) < tools.context.xff {
            return Ok(f64::NAN);
        }
        tools.aggregate(self.by, values).await
    }
}

/// To find the values of an interval takes so many steps.
const INTERVAL: usize = 32;

fn multiple(time: i64, of: i64) -> i64 {
    time.div_euclid(of).saturating_mul(of)
}
