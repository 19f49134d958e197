//! Functions that choose series by their values, and sort by them.

use super::aggregate::order;
use super::filter::first;
use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::series::Series;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "highestCurrent",
        group: "Filter Series",
        description: "Leaves only the series with the highest last values.",
        params: COUNT,
        run: Run::List(|list, arguments, tools| {
            firsts(list, arguments, (Aggregation::Last, Order::Falling), tools)
        }),
    },
    Function {
        name: "highestAverage",
        group: "Filter Series",
        description: "Leaves only the series with the highest averages.",
        params: COUNT,
        run: Run::List(|list, arguments, tools| {
            firsts(list, arguments, (Aggregation::Average, Order::Falling), tools)
        }),
    },
    Function {
        name: "highestMax",
        group: "Filter Series",
        description: "Leaves only the series with the highest maxima.",
        params: COUNT,
        run: Run::List(|list, arguments, tools| {
            firsts(list, arguments, (Aggregation::Max, Order::Falling), tools)
        }),
    },
    Function {
        name: "lowestCurrent",
        group: "Filter Series",
        description: "Leaves only the series with the lowest last values.",
        params: COUNT,
        run: Run::List(|list, arguments, tools| {
            firsts(list, arguments, (Aggregation::Last, Order::Rising), tools)
        }),
    },
    Function {
        name: "sortByMaxima",
        group: "Sorting",
        description: "Sorts series by their maxima, the highest first.",
        params: &[SERIES],
        run: Run::List(|list, _, tools| {
            Box::pin(sorted(list, (Aggregation::Max, Order::Falling), tools))
        }),
    },
];

const COUNT: &[Param] = &[SERIES, Param::needed("n", Kind::Integer)];

/// Sorts series, and leaves only so many as the arguments tell.
fn firsts<'a>(
    list: Vec<Series>,
    arguments: &'a Arguments,
    by: (Aggregation, Order),
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let length = first(list.len(), arguments.integer("n").unwrap_or(0));
    Box::pin(async move {
        let mut list = sorted(list, by, tools).await?;
        tools.truncate(&mut list, length).await?;
        Ok(list)
    })
}

#[derive(Clone, Copy)]
enum Order {
    Rising,
    Falling,
}

/// Sorts series by one number of each. One without values is below all others; equal ones stay in
/// their order.
async fn sorted(
    list: Vec<Series>,
    (by, direction): (Aggregation, Order),
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let mut keys = Vec::with_capacity(list.len());
    for series in &list {
        let rank = tools.aggregate(by, &series.values).await?;
        let rank = order(if rank.is_nan() { f64::NEG_INFINITY } else { rank });
        keys.push(match direction {
            Order::Rising => rank,
            Order::Falling => !rank,
        });
    }
    tools.sort(list, keys).await
}
