//! Functions that divide series by others.

use std::collections::HashMap;

use super::alias::key;
use super::combine::{Table, paths};
use super::{Function, Kind, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::number::shortest;
use crate::out::series::{Series, Steps, Times};
use crate::out::target::Literal;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "divideSeries",
        group: "Combine",
        description: "Divides each series by one other series.",
        params: &[
            Param::needed("dividendSeriesList", Kind::Series),
            Param::needed("divisorSeries", Kind::Series),
        ],
        run: Run::List(divide_series),
    },
    Function {
        name: "asPercent",
        group: "Combine",
        description: "Shows each series in percent of a total: of the sum of all, a number, a series, \
                      or as many series. With nodes, each group of series has its total.",
        params: &[
            SERIES,
            Param::optional("total", Kind::Any),
            Param::optional("nodes", Kind::NodeOrTag).and_more(),
        ],
        run: Run::List(as_percent),
    },
];

fn divide_series(
    list: Vec<Series>,
    arguments: &mut Arguments,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let divisors = arguments.take_other("divisorSeries").unwrap_or_default();
    let [divisor] = &*divisors else {
        return if divisors.is_empty() {
            Ok(list.into_iter().map(undivided).collect())
        } else {
            Err(arguments.wrong(&format!("takes one divisor, not {}", divisors.len())))
        };
    };
    list.into_iter().map(|series| quotient(series, divisor, ("divideSeries", 1.0), tools)).collect()
}

/// Shows a series that cannot be divided: without values.
fn undivided(mut series: Series) -> Series {
    series.rename(format!("divideSeries({},MISSING)", series.name));
    series.map(|_| f64::NAN);
    series
}

/// Divides a series by another one.
fn quotient(
    series: Series,
    total: &Series,
    (function, factor): (&str, f64),
    tools: &mut Tools<'_>,
) -> Result<Series, Failure> {
    let name = format!("{function}({},{})", series.name, total.name);
    // The total is copied.
    tools.lease.take(total.values.len())?;
    let table = Table::of(vec![series, total.clone()], tools.context.xff)?;
    tools.lease.take(table.rows)?;
    let mut cells = [f64::NAN; 2];
    let values = (0..table.rows).map(|index| {
        table.read(index, &mut cells);
        let [value, total] = cells;
        divided(value, total) * factor
    });
    Ok(Series::new(name, table.steps, values.collect()))
}

/// Divides, unless by zero.
fn divided(value: f64, by: f64) -> f64 {
    if by == 0.0 { f64::NAN } else { value / by }
}

fn as_percent(
    list: Vec<Series>,
    arguments: &mut Arguments,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let totals = arguments.take_other("total");
    let nodes: Vec<Literal> = arguments.literals("nodes").cloned().collect();
    if !nodes.is_empty() {
        return percent_of_groups(list, totals, &nodes, tools);
    }
    match (totals, arguments.number("total")) {
        (Some(totals), _) => percent_of_series(list, totals, arguments, tools),
        (None, Some(total)) => {
            let text = arguments.literal("total").map(text).unwrap_or_default();
            Ok(list.into_iter().map(|one| percent_of(one, total, &text)).collect())
        }
        (None, None) if arguments.literal("total").is_some() => {
            Err(arguments.wrong("takes series or a number as 'total'"))
        }
        (None, None) => {
            let total = sum(&list, tools)?;
            list.into_iter().map(|one| percent_at_own_times(one, &total, tools)).collect()
        }
    }
}

/// Shows a series in percent of a total that is the same for others, at its own times.
fn percent_at_own_times(
    one: Series,
    total: &Series,
    tools: &mut Tools<'_>,
) -> Result<Series, Failure> {
    let start = one.start();
    let mut percent = percent(one, total, tools)?;
    percent.times = Times::Even(Steps { start, ..percent.steps() });
    Ok(percent)
}

fn percent(one: Series, total: &Series, tools: &mut Tools<'_>) -> Result<Series, Failure> {
    quotient(one, total, ("asPercent", 100.0), tools)
}

/// Returns the text of a total that is a number.
fn text(total: &Literal) -> String {
    match total {
        Literal::Float(number) => shortest(*number),
        Literal::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

fn percent_of(mut series: Series, total: f64, text: &str) -> Series {
    let name = format!("asPercent({},{text})", series.name);
    series.map(|value| divided(value, total) * 100.0);
    Series::new(name, series.steps(), series.values)
}

fn percent_of_series(
    mut list: Vec<Series>,
    mut totals: Vec<Series>,
    arguments: &Arguments,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    match &*totals {
        totals if totals.len() == list.len() => {}
        [total] => {
            return list.into_iter().map(|one| percent_at_own_times(one, total, tools)).collect();
        }
        _ => return Err(arguments.wrong("takes one series as 'total', or as many as it shows")),
    }
    list.sort_by(|left, right| left.name.cmp(&right.name));
    totals.sort_by(|left, right| left.name.cmp(&right.name));
    list.into_iter().zip(&totals).map(|(one, total)| percent(one, total, tools)).collect()
}

/// Shows each series in percent of the total of its group.
fn percent_of_groups(
    list: Vec<Series>,
    totals: Option<Vec<Series>>,
    nodes: &[Literal],
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let of = |series: &Series| key(series, nodes);
    let mut order: Vec<String> = Vec::new();
    let mut groups: HashMap<String, Vec<Series>> = HashMap::new();
    let mut sums: HashMap<String, Vec<Series>> = HashMap::new();
    for series in list {
        add(&mut order, &mut groups, of(&series), series);
    }
    let are_given = totals.is_some();
    for series in totals.into_iter().flatten() {
        add(&mut order, &mut sums, of(&series), series);
    }
    let mut all = Vec::new();
    for key in order {
        let group = groups.remove(&key);
        let parts = if are_given { sums.remove(&key) } else { group.clone() };
        let total = parts.map(|parts| total(parts, tools)).transpose()?;
        match (group, total) {
            (Some(group), Some(total)) => {
                for series in group {
                    all.push(percent(series, &total, tools)?);
                }
            }
            (Some(group), None) => {
                all.extend(
                    group
                        .iter()
                        .map(|one| nothing(one, format!("asPercent({},MISSING)", one.name))),
                );
            }
            (None, Some(total)) => {
                all.push(nothing(&total, format!("asPercent(MISSING,{})", total.name)));
            }
            (None, None) => {}
        }
    }
    Ok(all)
}

/// Returns a series without values.
fn nothing(like: &Series, name: String) -> Series {
    Series::new(name, like.steps(), vec![f64::NAN; like.values.len()])
}

/// Adds a series to a group, whose key is put into the order if it is a new one.
fn add(
    order: &mut Vec<String>,
    groups: &mut HashMap<String, Vec<Series>>,
    key: String,
    series: Series,
) {
    // A key of two maps is in the order twice; its second time finds nothing.
    if !groups.contains_key(&key) {
        order.push(key.clone());
    }
    groups.entry(key).or_default().push(series);
}

/// Returns the total of a group: a series alone is its own.
fn total(mut parts: Vec<Series>, tools: &mut Tools<'_>) -> Result<Series, Failure> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        last => {
            parts.extend(last);
            sum(&parts, tools)
        }
    }
}

/// Adds series.
fn sum(list: &[Series], tools: &mut Tools<'_>) -> Result<Series, Failure> {
    let name = format!("sumSeries({})", paths(list));
    tools.lease.take(list.iter().map(|series| series.values.len()).sum())?;
    let table = Table::of(list.to_vec(), tools.context.xff)?;
    tools.lease.take(table.rows)?;
    let mut cells = vec![f64::NAN; list.len()];
    let values = (0..table.rows).map(|index| {
        table.read(index, &mut cells);
        Aggregation::Sum.of(&cells)
    });
    let Steps { start, step } = table.steps;
    Ok(Series::new(name, Steps { start, step }, values.collect()))
}
