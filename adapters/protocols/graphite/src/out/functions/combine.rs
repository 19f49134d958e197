//! Functions that combine series, value by value.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

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
    let (xff, all) = (tools.context.xff, list.len());
    // If no part of them is asked for, one value is enough.
    let is_enough = |count| xff == 0.0 || has_enough(count, all, xff);
    let table = Table::of(&list, tools).await?;
    let (steps, values) = if by.is_of_total() {
        let row = |total: (f64, usize)| {
            if is_enough(total.1) { by.of_total(total, all) } else { f64::NAN }
        };
        table.combine_totals(row, tools).await?
    } else {
        let row = |row: &[f64]| if is_enough(some(row)) { by.of(row) } else { f64::NAN };
        table.combine(row, tools).await?
    };
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

    /// Makes one value of the sum and the number of the values of each row. It goes along the columns, which
    /// takes a fraction of the time, and adds the values of a row in the same order.
    async fn combine_totals(
        &self,
        row: impl Fn((f64, usize)) -> f64 + Send,
        tools: &mut Tools<'_>,
    ) -> Result<(Steps, Vec<f64>), Failure> {
        tools.hold(self.rows.saturating_mul(size_of::<f64>()))?;
        let mut made = Vec::with_capacity(self.rows);
        while made.len() < self.rows {
            let begin = made.len();
            let rows = begin..self.rows.min(begin + ROWS);
            let mut totals = Totals::NONE;
            for columns in self.columns.chunks(ROWS) {
                tools.compute(columns.len() * rows.len()).await?;
                columns.iter().for_each(|(values, later)| totals.add(&rows, (&**values, *later)));
            }
            let totals = totals.sums.iter().zip(&totals.counts).take(rows.len());
            made.extend(totals.map(|(sum, count)| row((*sum, *count as usize))));
        }
        Ok((self.steps, made))
    }
}

/// To read and to combine a value takes so many steps.
const CELL: usize = 3;

/// The sum and the number of the values of each row, for so many rows.
struct Totals {
    sums: [f64; ROWS],
    counts: [f64; ROWS],
}

/// So few that the processor has them at hand.
const ROWS: usize = 256;

impl Totals {
    const NONE: Self = Self { sums: [0.0; ROWS], counts: [0.0; ROWS] };

    /// Adds the values that a column has of some rows. It begins some rows later.
    fn add(&mut self, rows: &Range<usize>, (values, later): (&[f64], usize)) {
        let from = rows.start.max(later);
        let values = values.get(from - later..).unwrap_or_default();
        let sums = self.sums.get_mut(from - rows.start..rows.len()).unwrap_or_default();
        let counts = self.counts.get_mut(from - rows.start..rows.len()).unwrap_or_default();
        // None of it branches, so that it is done for several rows at once.
        for ((sum, count), value) in sums.iter_mut().zip(counts).zip(values) {
            *sum += if value.is_nan() { 0.0 } else { *value };
            *count += if value.is_nan() { 0.0 } else { 1.0 };
        }
    }
}

fn common_multiple(left: i64, right: i64) -> Option<i64> {
    let (mut greater, mut smaller) = (left, right.max(1));
    while smaller != 0 {
        (greater, smaller) = (smaller, greater % smaller);
    }
    (left / greater).checked_mul(right.max(1))
}
