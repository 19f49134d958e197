//! Series of a query.

use std::collections::BTreeMap;

use crate::out::aggregation::Aggregation;
use crate::out::failure::Failure;
use crate::out::functions::{PIECE, Tools, VALUE};
use crate::out::grid::Slots;
use crate::out::name::{Name, cut};

/// A series of a query: values at times, which are seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: Name,
    /// The path by which it was read, or what was done since.
    pub(crate) path: Name,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) times: Times,
    /// What is not a number stands for none.
    pub(crate) values: Vec<f64>,
    /// How its values are consolidated if there are too many.
    pub(crate) consolidation: Aggregation,
}

/// The times of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    /// Each is `step` seconds after the one before it.
    Even(Steps),
    /// They are those of its samples.
    Own(Vec<i64>),
}

/// Times of one distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) start: i64,
    pub(crate) step: i64,
}

impl Series {
    /// Creates a series that functions made.
    pub(crate) fn new(name: impl Into<Name>, steps: Steps, values: Vec<f64>) -> Self {
        let name = name.into();
        Self {
            tags: BTreeMap::from([("name".to_owned(), name.to_string())]),
            path: name.clone(),
            name,
            times: Times::Even(steps),
            values,
            consolidation: Aggregation::Average,
        }
    }

    /// Returns the steps. Functions get no series without any.
    pub(crate) fn steps(&self) -> Steps {
        match &self.times {
            Times::Even(steps) => *steps,
            Times::Own(times) => Steps { start: times.first().copied().unwrap_or(0), step: 1 },
        }
    }

    pub(crate) fn start(&self) -> i64 {
        self.steps().start
    }

    pub(crate) fn step(&self) -> i64 {
        self.steps().step
    }

    /// Returns the end of the last step.
    pub(crate) fn end(&self) -> i64 {
        self.steps().at(self.values.len())
    }

    /// Returns values with their times, from one on.
    pub(crate) fn points(&self, from: usize) -> impl Iterator<Item = (i64, f64)> + '_ {
        let time = move |index| match &self.times {
            Times::Even(steps) => steps.at(index),
            Times::Own(times) => times.get(index).copied().unwrap_or(0),
        };
        let values = self.values.get(from..).unwrap_or_default().iter();
        values.zip(from..).map(move |(value, index)| (time(index), *value))
    }

    /// Gives it a name, as functions do that wrap it.
    pub(crate) fn rename(&mut self, name: String) {
        self.name = name.into();
        self.path = self.name.clone();
    }

    /// Adds a tag that tells what was done.
    pub(crate) fn tag(&mut self, name: &str, value: impl Into<String>) {
        let mut value = value.into();
        cut(&mut value);
        self.tags.insert(name.to_owned(), value);
    }

    /// Returns how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        let times = match &self.times {
            Times::Even(_) => 0,
            Times::Own(times) => times.capacity() * size_of::<i64>(),
        };
        self.head() + times + self.values.capacity() * size_of::<f64>()
    }

    /// Returns how much memory it takes without its values: its names and tags.
    pub(crate) fn head(&self) -> usize {
        let tags = self.tags.iter().map(|(name, value)| TAG + name.len() + value.len());
        size_of::<Self>() + self.name.size() + self.path.size() + tags.sum::<usize>()
    }

    /// Makes it have at most so many values. Those that become one are those of an interval that
    /// begins at a multiple of its length, so they stay together when the window moves.
    pub(crate) async fn shorten(
        &mut self,
        most: usize,
        tools: &mut Tools<'_>,
    ) -> Result<(), Failure> {
        let (Times::Even(steps), length) = (&self.times, self.values.len()) else { return Ok(()) };
        if length <= most {
            return Ok(());
        }
        let last = steps.at(length - 1);
        let slots = Slots::covering(steps.start - 1, last, steps.step, most);
        let end_of_first = slots.steps.at(1);
        // One slot alone is as long as the window, which need not be a multiple of the step.
        let together = (slots.steps.step - 1) / steps.step + 1;
        let together = usize::try_from(together).unwrap_or(1).max(1);
        let first = (end_of_first - steps.start + steps.step - 1) / steps.step;
        let first = usize::try_from(first).unwrap_or(0).min(length);
        let (head, rest) = self.values.split_at_checked(first).unwrap_or_default();
        let mut values = Vec::with_capacity(slots.count.min(length));
        for chunk in std::iter::once(head).chain(rest.chunks(together)) {
            values.push(tools.consolidate(self.consolidation, chunk, together).await?);
        }
        tools.replace(self, values).await?;
        self.times = Times::Even(slots.steps);
        Ok(())
    }

    /// Removes what is none.
    pub(crate) async fn remove_nulls(&mut self, tools: &mut Tools<'_>) -> Result<(), Failure> {
        let count = tools.count(&self.values).await?;
        tools.hold(2 * count * size_of::<f64>())?;
        let (mut times, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for from in (0..self.values.len()).step_by(PIECE) {
            tools.compute(VALUE * PIECE).await?;
            let some = self.points(from).take(PIECE).filter(|(_, value)| value.is_finite());
            some.for_each(|(time, value)| {
                times.push(time);
                values.push(value);
            });
        }
        tools.replace(self, values).await?;
        self.times = Times::Own(times);
        Ok(())
    }
}

/// How much memory a tag takes, besides its texts.
const TAG: usize = 64;

/// Whether so many of all values are enough.
pub(crate) fn has_enough(some: usize, all: usize, xff: f64) -> bool {
    some > 0 && all > 0 && some as f64 / all as f64 >= xff
}

impl Steps {
    /// Returns the time of a value.
    pub(crate) fn at(self, index: usize) -> i64 {
        self.start.saturating_add(self.step.saturating_mul(index as i64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::out::tests::with_tools;

    fn shorten(series: &mut Series, most: usize) {
        with_tools(async |tools| series.shorten(most, tools).await).unwrap();
    }

    proptest! {
        #[test]
        fn a_shorter_series_has_lost_nothing(
            start in -1_000_i64..1_000,
            step in 1_i64..100,
            values in prop::collection::vec(-100..100, 1..300),
            most in 1_usize..100,
        ) {
            let sum: i32 = values.iter().sum();
            let values = values.into_iter().map(f64::from).collect();
            let mut series = Series::new("a", Steps { start: start * step, step }, values);
            series.consolidation = Aggregation::Sum;
            shorten(&mut series, most);
            prop_assert!(series.values.len() <= most);
            prop_assert_eq!(series.values.iter().sum::<f64>(), f64::from(sum));
            prop_assert!(series.start() <= start * step);
        }
    }

    #[test]
    fn one_value_has_all_of_two() {
        let mut series = Series::new("a", Steps { start: 0, step: 2 }, vec![0.0, 1.0]);
        series.consolidation = Aggregation::Sum;
        shorten(&mut series, 1);
        assert_eq!(series.values, [1.0]);
    }

    #[test]
    fn values_become_one_that_stay_together() {
        let values = (0..10).map(f64::from).collect();
        let mut series = Series::new("a", Steps { start: 20, step: 10 }, values);
        shorten(&mut series, 4);
        assert_eq!(series.times, Times::Even(Steps { start: 0, step: 30 }));
        assert_eq!(series.values, [0.0, 2.0, 5.0, 8.0]);
    }
}
