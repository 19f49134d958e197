//! Functions that combine series, value by value.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::{Function, Kind, Making, Param, Run, Tools, VALUE};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::name::{LONGEST, Name};
use crate::out::number::rounded;
use crate::out::series::{Series, Steps, has_enough};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sumSeries",
        group: "Combine",
        description: "Adds series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("sum", Aggregation::Sum), tools)),
    },
    Function {
        name: "sum",
        group: "Combine",
        description: "Adds series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("sum", Aggregation::Sum), tools)),
    },
    Function {
        name: "averageSeries",
        group: "Combine",
        description: "Takes the average of series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("average", Aggregation::Average), tools)),
    },
    Function {
        name: "avg",
        group: "Combine",
        description: "Takes the average of series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("average", Aggregation::Average), tools)),
    },
    Function {
        name: "minSeries",
        group: "Combine",
        description: "Takes the minimum of series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("min", Aggregation::Min), tools)),
    },
    Function {
        name: "maxSeries",
        group: "Combine",
        description: "Takes the maximum of series.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("max", Aggregation::Max), tools)),
    },
    Function {
        name: "diffSeries",
        group: "Combine",
        description: "Subtracts all other series from the first.",
        params: LISTS,
        run: Run::List(|list, _, tools| one(list, ("diff", Aggregation::Diff), tools)),
    },
    Function {
        name: "percentileOfSeries",
        group: "Combine",
        description: "Takes a percentile of series.",
        params: &[
            super::SERIES,
            Param::needed("n", Kind::Float),
            Param::or("interpolate", Kind::Boolean, "false"),
        ],
        run: Run::List(percentile_of_series),
    },
];

const LISTS: &[Param] = &[Param::needed("seriesLists", Kind::Series).and_more()];

/// Makes one series of all.
fn one<'a>(
    list: Vec<Series>,
    by: (&'static str, Aggregation),
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move { Ok(aggregate(list, by, tools).await?.into_iter().collect()) })
}

/// Combines series by an aggregation.
pub(super) async fn aggregate(
    list: Vec<Series>,
    (name, by): (&str, Aggregation),
    tools: &mut Tools<'_>,
) -> Result<Option<Series>, Failure> {
    if list.is_empty() {
        return Ok(None);
    }
    let name = Name::from(format!("{name}Series({})", paths(&list, tools).await?));
    let tags = common_tags(&list, &name, tools).await?;
    let xff = tools.context.xff;
    let row = |row: &[f64]| {
        // If no part of them is asked for, one value is enough.
        let is_enough = xff == 0.0 || has_enough(some(row), row.len(), xff);
        if is_enough { by.of(row) } else { f64::NAN }
    };
    let (steps, values) = Table::of(&list, tools).await?.combine(row, tools).await?;
    tools.drop(list).await?;
    let mut series = Series::new(name, steps, values);
    series.tags = tags;
    Ok(Some(series))
}

/// Returns the paths of series, each once, until they are longer than a name.
pub(super) async fn paths(list: &[Series], tools: &mut Tools<'_>) -> Result<String, Failure> {
    let (mut known, mut paths) = (HashSet::new(), String::new());
    for series in list {
        if paths.len() > LONGEST {
            break;
        }
        tools.compute(series.path.len()).await?;
        if known.insert(&*series.path) {
            paths.push_str(if known.len() > 1 { "," } else { "" });
            paths.push_str(&series.path);
        }
    }
    Ok(paths)
}

/// Returns the tags that all have.
async fn common_tags(
    list: &[Series],
    name: &str,
    tools: &mut Tools<'_>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut tags = list.first().map(|series| series.tags.clone()).unwrap_or_default();
    for series in list {
        tools.series().await?;
        tags.retain(|name, value| series.tags.get(name) == Some(value));
    }
    tags.entry("name".to_owned()).or_insert_with(|| name.to_owned());
    let function = name.split("Series(").next().unwrap_or_default();
    tags.insert("aggregatedBy".to_owned(), function.to_owned());
    Ok(tags)
}

fn percentile_of_series<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let (n, interpolates) = (arguments.needed("n"), arguments.is_true("interpolate"));
    Box::pin(async move {
        if !(n > 0.0 && n <= 100.0) {
            return Err(arguments.wrong("takes a percentage above 0 and up to 100 as 'n'"));
        }
        let Some(first) = list.first() else { return Ok(Vec::new()) };
        let name = format!("percentileOfSeries({},{})", first.path, rounded(n));
        let row = |row: &[f64]| percentile(row, n, interpolates);
        let (steps, values) = Table::of(&list, tools).await?.combine(row, tools).await?;
        tools.drop(list).await?;
        Ok(vec![Series::new(name, steps, values)])
    })
}

/// Returns a percentile: the value at a rank, or between two.
fn percentile(row: &[f64], n: f64, interpolates: bool) -> f64 {
    let mut values: Vec<_> = row.iter().copied().filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |rank: usize| values.get(rank.saturating_sub(1)).or(values.last()).copied();
    let exact = n / 100.0 * (values.len() as f64 + 1.0);
    let (rank, fraction) = (exact.floor(), exact.fract());
    let rank = if interpolates { rank } else { rank + fraction.ceil() } as usize;
    let value = at(rank).unwrap_or(f64::NAN);
    match values.get(rank) {
        Some(next) if interpolates => value + fraction * (next - value),
        _ => value,
    }
}

fn some(cells: &[f64]) -> usize {
    cells.iter().filter(|cell| !cell.is_nan()).count()
}

/// Series at common times.
pub(super) struct Table<'a> {
    steps: Steps,
    rows: usize,
    /// The values of each series, and how many steps it begins later than the first one.
    columns: Vec<(Cow<'a, [f64]>, usize)>,
}

impl<'a> Table<'a> {
    /// Consolidates series to the smallest step that all steps divide.
    pub(super) async fn of(
        list: impl IntoIterator<Item = &'a Series, IntoIter: Clone + Send>,
        tools: &mut Tools<'_>,
    ) -> Result<Self, Failure> {
        let list = list.into_iter();
        let step = list.clone().try_fold(1, |step, series| common_multiple(step, series.step()));
        let none = || Failure::wrong("the steps of these series have no common multiple");
        let step = step.ok_or_else(none)?;
        let start = list.clone().map(Series::start).min().unwrap_or(0);
        let (mut rows, mut columns) = (0, Vec::new());
        for series in list {
            tools.compute(VALUE).await?;
            let later = usize::try_from((series.start() - start) / step).unwrap_or(0);
            let values = match usize::try_from(step / series.step().max(1)).unwrap_or(1) {
                1 => Cow::Borrowed(&*series.values),
                together => Cow::Owned(tools.consolidated(series, together).await?),
            };
            rows = rows.max(values.len() + later);
            columns.push((values, later));
        }
        Ok(Self { steps: Steps { start, step }, rows, columns })
    }

    /// Makes one value of each row.
    pub(super) async fn combine(
        &self,
        mut row: impl FnMut(&[f64]) -> f64 + Send,
        tools: &mut Tools<'_>,
    ) -> Result<(Steps, Vec<f64>), Failure> {
        let columns: Vec<_> = self.columns.iter().map(|(all, later)| (&**all, *later)).collect();
        let mut cells = vec![f64::NAN; columns.len()];
        let combined = |index: usize| {
            for (cell, (values, later)) in cells.iter_mut().zip(&columns) {
                // Before its beginning the index wraps to one far behind its end.
                let value = values.get(index.wrapping_sub(*later));
                *cell = value.copied().unwrap_or(f64::NAN);
            }
            row(&cells)
        };
        let values = tools.make((self.rows, CELL * columns.len()), combined).await?;
        Ok((self.steps, values))
    }
}

/// To read and to combine a value takes so many steps.
const CELL: usize = 3;

fn common_multiple(left: i64, right: i64) -> Option<i64> {
    let (mut greater, mut smaller) = (left, right.max(1));
    while smaller != 0 {
        (greater, smaller) = (smaller, greater % smaller);
    }
    (left / greater).checked_mul(right.max(1))
}
