//! Values of longer steps.

use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::attime::parse_offset;
use crate::out::failure::Failure;
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
    run: Run::List(summarize),
}];

fn summarize<'a>(
    mut list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move {
        let summary = Summary::of(arguments)?;
        for series in &mut list {
            tools.series().await?;
            summary.apply(series, tools).await?;
        }
        Ok(list)
    })
}

/// How a series is summarized.
struct Summary<'a> {
    interval: &'a str,
    seconds: i64,
    function: &'a str,
    aligns_to_from: bool,
}

impl<'a> Summary<'a> {
    fn of(arguments: &'a Arguments) -> Result<Self, Failure> {
        let interval = arguments.text("intervalString").unwrap_or_default();
        let seconds = parse_offset(interval).unwrap_or(0);
        if seconds <= 0 {
            return Err(arguments.wrong("takes an interval of at least a second"));
        }
        let function = arguments.text("func").unwrap_or("sum");
        let aligns_to_from = arguments.is_true("alignToFrom");
        Ok(Self { interval, seconds, function, aligns_to_from })
    }

    async fn apply(&self, series: &mut Series, tools: &mut Tools<'_>) -> Result<(), Failure> {
        let Self { interval, function, .. } = self;
        let (steps, count) = self.steps(series);
        tools.hold(count.saturating_mul(size_of::<f64>()))?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            values.push(self.value(series, (steps, index), tools).await?);
        }
        tools.replace(series, values).await?;
        series.times = Times::Even(steps);
        series.tag("summarize", *interval);
        series.tag("summarizeFunction", *function);
        let ending = if self.aligns_to_from { ", true" } else { "" };
        let name = format!("summarize({}, \"{interval}\", \"{function}\"{ending})", series.name);
        series.rename(name);
        Ok(())
    }

    /// Returns the intervals of a series, and how many they are.
    fn steps(&self, series: &Series) -> (Steps, usize) {
        let step = self.seconds;
        let (start, end) = (series.start(), series.end());
        let (start, end) = match self.aligns_to_from {
            true => (start, end),
            false => (multiple(start, step), multiple(end, step) + step),
        };
        let count = (end - start + step - 1) / step;
        (Steps { start, step }, usize::try_from(count).unwrap_or(0))
    }

    /// Returns the value of an interval.
    async fn value(
        &self,
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
        tools.aggregate(Aggregation::named(self.function).unwrap_or(Aggregation::Sum), values).await
    }
}

/// To find the values of an interval takes so many steps.
const INTERVAL: usize = 32;

fn multiple(time: i64, of: i64) -> i64 {
    time.div_euclid(of).saturating_mul(of)
}
