//! Functions that divide series by others.

use std::collections::HashMap;

use super::alias::key;
use super::combine::{Table, paths};
use super::group::groups;
use super::{Function, Kind, Making, Param, Run, SERIES, Tools, VALUE};
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

fn divide_series<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let divisors = arguments.take_other("divisorSeries").unwrap_or_default();
    Box::pin(async move {
        let mut all = Vec::with_capacity(list.len());
        match &*divisors {
            [] => {
                for mut one in list {
                    tools.series().await?;
                    one.rename(format!("divideSeries({},MISSING)", one.name));
                    tools.change(&mut one.values, &mut |piece| piece.fill(f64::NAN)).await?;
                    all.push(one);
                }
            }
            [divisor] => {
                for one in list {
                    all.push(quotient(&one, divisor, ("divideSeries", 1.0), tools).await?);
                    tools.drop([one]).await?;
                }
            }
            _ => {
                let count = divisors.len();
                return Err(arguments.wrong(&format!("takes one divisor, not {count}")));
            }
        }
        Ok(all)
    })
}

/// Divides a series by another one.
async fn quotient(
    one: &Series,
    total: &Series,
    (function, factor): (&str, f64),
    tools: &mut Tools<'_>,
) -> Result<Series, Failure> {
    tools.series().await?;
    let name = format!("{function}({},{})", one.name, total.name);
    let row = |row: &[f64]| match *row {
        [value, total] => divided(value, total) * factor,
        _ => f64::NAN,
    };
    let (steps, values) = Table::of([one, total], tools).await?.combine(row, tools).await?;
    Ok(Series::new(name, steps, values))
}

/// Divides, unless by zero.
fn divided(value: f64, by: f64) -> f64 {
    if by == 0.0 { f64::NAN } else { value / by }
}

fn as_percent<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let totals = arguments.take_other("total");
    Box::pin(async move {
        let nodes: Vec<Literal> = arguments.literals("nodes").cloned().collect();
        if !nodes.is_empty() {
            return percent_of_groups(list, totals, (&nodes, tools)).await;
        }
        match (totals, arguments.number("total"), arguments.literal("total")) {
            (Some(totals), ..) => percent_of_series(list, totals, arguments, tools).await,
            (None, Some(total), literal) => {
                percent_of_number(list, (total, &literal.map(text).unwrap_or_default()), tools)
                    .await
            }
            (None, None, Some(_)) => Err(arguments.wrong("takes series or a number as 'total'")),
            (None, None, None) => {
                let total = sum(&list, tools).await?;
                let all = percent_of_one(list, &total, tools).await?;
                tools.drop([total]).await?;
                Ok(all)
            }
        }
    })
}

async fn percent(one: &Series, total: &Series, tools: &mut Tools<'_>) -> Result<Series, Failure> {
    quotient(one, total, ("asPercent", 100.0), tools).await
}

/// Shows series in percent of a total that is the same for all, at their own times.
async fn percent_of_one(
    list: Vec<Series>,
    total: &Series,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let mut all = Vec::with_capacity(list.len());
    for one in list {
        let mut percent = percent(&one, total, tools).await?;
        percent.times = Times::Even(Steps { start: one.start(), ..percent.steps() });
        all.push(percent);
        tools.drop([one]).await?;
    }
    Ok(all)
}

/// Returns the text of a total that is a number.
fn text(total: &Literal) -> String {
    match total {
        Literal::Float(number) => shortest(*number),
        Literal::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

async fn percent_of_number(
    list: Vec<Series>,
    (total, text): (f64, &str),
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let mut all = Vec::with_capacity(list.len());
    for mut one in list {
        tools.series().await?;
        let percent = |value: &mut f64| *value = divided(*value, total) * 100.0;
        tools.change(&mut one.values, &mut |piece| piece.iter_mut().for_each(percent)).await?;
        let name = format!("asPercent({},{text})", one.name);
        all.push(Series::new(name, one.steps(), one.values));
    }
    Ok(all)
}

async fn percent_of_series(
    list: Vec<Series>,
    totals: Vec<Series>,
    arguments: &Arguments,
    tools: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    match &*totals {
        [] if !list.is_empty() => return Err(arguments.wrong("finds no series as 'total'")),
        totals if totals.len() == list.len() => {}
        [total] => return percent_of_one(list, total, tools).await,
        _ => return Err(arguments.wrong("takes one series as 'total', or as many as it shows")),
    }
    let list = tools.sort_by_name(list).await?;
    let totals = tools.sort_by_name(totals).await?;
    let mut all = Vec::with_capacity(list.len());
    for (one, total) in list.into_iter().zip(totals) {
        all.push(percent(&one, &total, tools).await?);
        tools.drop([one, total]).await?;
    }
    Ok(all)
}

/// Shows each series in percent of the total of its group.
async fn percent_of_groups(
    list: Vec<Series>,
    totals: Option<Vec<Series>>,
    (nodes, tools): (&[Literal], &mut Tools<'_>),
) -> Result<Vec<Series>, Failure> {
    let of = |series: &Series| key(series, nodes);
    let mut totals = match totals {
        Some(totals) => Some(Totals::of(groups(totals, of, tools).await?, tools).await?),
        None => None,
    };
    let mut all = Vec::new();
    for (key, group) in groups(list, of, tools).await? {
        let sum = match (&mut totals, &*group) {
            (Some(totals), _) => totals.take(&key),
            // A series alone is its own total.
            (None, [_]) => None,
            (None, group) => Some(sum(group, tools).await?),
        };
        let total = sum.as_ref().or(group.first().filter(|_| totals.is_none()));
        for one in &group {
            all.push(match total {
                Some(total) => percent(one, total, tools).await?,
                None => nothing(one, format!("asPercent({},MISSING)", one.name), tools).await?,
            });
        }
        tools.drop(group).await?;
    }
    for total in totals.into_iter().flat_map(|totals| totals.sums).flatten() {
        let name = format!("asPercent(MISSING,{})", total.name);
        all.push(nothing(&total, name, tools).await?);
    }
    Ok(all)
}

/// The totals of groups, in their order.
struct Totals {
    places: HashMap<String, usize>,
    sums: Vec<Option<Series>>,
}

impl Totals {
    async fn of(
        groups: Vec<(String, Vec<Series>)>,
        tools: &mut Tools<'_>,
    ) -> Result<Self, Failure> {
        let (mut places, mut sums) = (HashMap::new(), Vec::new());
        for (key, mut parts) in groups {
            places.insert(key, sums.len());
            sums.push(match &*parts {
                [_] => parts.pop(),
                parts => Some(sum(parts, tools).await?),
            });
            tools.drop(parts).await?;
        }
        Ok(Self { places, sums })
    }

    fn take(&mut self, key: &str) -> Option<Series> {
        self.sums.get_mut(*self.places.get(key)?)?.take()
    }
}

/// Returns a series without values.
async fn nothing(like: &Series, name: String, tools: &mut Tools<'_>) -> Result<Series, Failure> {
    let values = tools.make((like.values.len(), VALUE), |_| f64::NAN).await?;
    Ok(Series::new(name, like.steps(), values))
}

/// Adds series.
async fn sum(list: &[Series], tools: &mut Tools<'_>) -> Result<Series, Failure> {
    let name = format!("sumSeries({})", paths(list, tools).await?);
    let row = |row: &[f64]| Aggregation::Sum.of(row);
    let (steps, values) = Table::of(list, tools).await?.combine(row, tools).await?;
    Ok(Series::new(name, steps, values))
}
