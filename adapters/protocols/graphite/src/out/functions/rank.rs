//! Functions that choose series by their values, and sort by them.

use super::filter::first;
use super::{Function, Kind, Param, Run, SERIES, Tools};
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
        run: Run::List(|list, arguments, _| best(list, arguments, Aggregation::Last)),
    },
    Function {
        name: "highestAverage",
        group: "Filter Series",
        description: "Leaves only the series with the highest averages.",
        params: COUNT,
        run: Run::List(|list, arguments, _| best(list, arguments, Aggregation::Average)),
    },
    Function {
        name: "highestMax",
        group: "Filter Series",
        description: "Leaves only the series with the highest maxima.",
        params: COUNT,
        run: Run::List(|list, arguments, _| best(list, arguments, Aggregation::Max)),
    },
    Function {
        name: "lowestCurrent",
        group: "Filter Series",
        description: "Leaves only the series with the lowest last values.",
        params: COUNT,
        run: Run::List(lowest_current),
    },
    Function {
        name: "sortByMaxima",
        group: "Sorting",
        description: "Sorts series by their maxima, the highest first.",
        params: &[SERIES],
        run: Run::List(|list, _, _| Ok(sorted(list, Aggregation::Max, Order::Falling))),
    },
];

const COUNT: &[Param] = &[SERIES, Param::needed("n", Kind::Integer)];

fn best(list: Vec<Series>, arguments: &Arguments, by: Aggregation) -> Result<Vec<Series>, Failure> {
    Ok(firsts(sorted(list, by, Order::Falling), arguments))
}

fn lowest_current(
    list: Vec<Series>,
    arguments: &mut Arguments,
    _: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    Ok(firsts(sorted(list, Aggregation::Last, Order::Rising), arguments))
}

fn firsts(mut list: Vec<Series>, arguments: &Arguments) -> Vec<Series> {
    list.truncate(first(list.len(), arguments.integer("n").unwrap_or(0)));
    list
}

#[derive(Clone, Copy)]
enum Order {
    Rising,
    Falling,
}

/// Sorts series by one number of each. One without values is below all others; equal ones stay in
/// their order.
fn sorted(list: Vec<Series>, by: Aggregation, order: Order) -> Vec<Series> {
    let rank = |series: Series| {
        let rank = by.of(&series.values);
        (if rank.is_nan() { f64::NEG_INFINITY } else { rank }, series)
    };
    let mut ranked: Vec<_> = list.into_iter().map(rank).collect();
    ranked.sort_by(|(left, _), (right, _)| match order {
        Order::Rising => left.total_cmp(right),
        Order::Falling => right.total_cmp(left),
    });
    ranked.into_iter().map(|(_, series)| series).collect()
}
