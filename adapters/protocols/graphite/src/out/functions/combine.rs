//! Functions that combine series, value by value.

use std::collections::{BTreeMap, HashSet};

use super::{Function, Kind, Param, Run};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::name::{LONGEST, Name};
use crate::out::number::rounded;
use crate::out::query::{Host, Running};
use crate::out::series::{Series, Steps, Times, has_enough};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sumSeries",
        group: "Combine",
        description: "Adds series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "sum", Aggregation::Sum))),
    },
    Function {
        name: "sum",
        group: "Combine",
        description: "Adds series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "sum", Aggregation::Sum))),
    },
    Function {
        name: "averageSeries",
        group: "Combine",
        description: "Takes the average of series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "average", Aggregation::Average))),
    },
    Function {
        name: "avg",
        group: "Combine",
        description: "Takes the average of series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "average", Aggregation::Average))),
    },
    Function {
        name: "minSeries",
        group: "Combine",
        description: "Takes the minimum of series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "min", Aggregation::Min))),
    },
    Function {
        name: "maxSeries",
        group: "Combine",
        description: "Takes the maximum of series.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "max", Aggregation::Max))),
    },
    Function {
        name: "diffSeries",
        group: "Combine",
        description: "Subtracts all other series from the first.",
        params: LISTS,
        run: Run::Rows(|list, _| Ok(aggregate(list, "diff", Aggregation::Diff))),
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
        run: Run::Rows(percentile_of_series),
    },
];

const LISTS: &[Param] = &[Param::needed("seriesLists", Kind::Series).and_more()];

/// Series that become one.
pub(crate) struct Combination {
    pub(crate) series: Vec<Series>,
    pub(crate) name: Name,
    pub(crate) path: Name,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) row: Row,
    /// Whether it needs a part of the values of a row, as the query says.
    pub(crate) needs_enough: bool,
}

/// Makes one value of those of a row.
pub(crate) type Row = Box<dyn Fn(&[f64]) -> f64 + Send>;

/// Combines series by an aggregation.
pub(super) fn aggregate(list: Vec<Series>, name: &str, by: Aggregation) -> Vec<Combination> {
    if list.is_empty() {
        return Vec::new();
    }
    let name = Name::from(format!("{name}Series({})", paths(&list)));
    let tags = common_tags(&list, &name);
    let row = Box::new(move |row: &[f64]| by.of(row));
    let path = name.clone();
    vec![Combination { series: list, name, path, tags, row, needs_enough: true }]
}

/// Returns the paths of series, each once, until they are longer than a name.
pub(super) fn paths(list: &[Series]) -> String {
    let (mut known, mut paths) = (HashSet::new(), String::new());
    for series in list {
        if paths.len() > LONGEST {
            break;
        }
        if known.insert(&*series.path) {
            paths.push_str(if known.len() > 1 { "," } else { "" });
            paths.push_str(&series.path);
        }
    }
    paths
}

/// Returns the tags that all have.
fn common_tags(list: &[Series], name: &str) -> BTreeMap<String, String> {
    let mut all = list.iter().map(|series| &series.tags);
    let mut tags = all.next().cloned().unwrap_or_default();
    all.for_each(|others| tags.retain(|name, value| others.get(name) == Some(value)));
    tags.entry("name".to_owned()).or_insert_with(|| name.to_owned());
    let function = name.split("Series(").next().unwrap_or_default();
    tags.insert("aggregatedBy".to_owned(), function.to_owned());
    tags
}

fn percentile_of_series(
    list: Vec<Series>,
    arguments: &Arguments,
) -> Result<Vec<Combination>, Failure> {
    let (n, interpolates) = (arguments.needed("n"), arguments.is_true("interpolate"));
    if !(n > 0.0 && n <= 100.0) {
        return Err(arguments.wrong("takes a percentage above 0 and up to 100 as 'n'"));
    }
    let Some(first) = list.first() else { return Ok(Vec::new()) };
    let n_text = rounded(n);
    let name = Name::from(format!("percentileOfSeries({},{n_text})", first.path));
    let tags = BTreeMap::from([("name".to_owned(), name.to_string())]);
    let row = Box::new(move |row: &[f64]| percentile(row, n, interpolates));
    let path = name.clone();
    Ok(vec![Combination { series: list, name, path, tags, row, needs_enough: false }])
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

/// Combines series, in turns.
pub(crate) async fn combine<H: Host>(
    query: &mut Running<H>,
    combination: Combination,
    xff: f64,
) -> Result<Series, Failure> {
    let Combination { series, name, path, tags, row, needs_enough } = combination;
    let table = Table::of(series, xff)?;
    query.lease.take(table.rows)?;
    let mut values = Vec::with_capacity(table.rows);
    let mut cells = vec![f64::NAN; table.columns.len()];
    let mut computed = 0;
    for index in 0..table.rows {
        table.read(index, &mut cells);
        // If no part of them is asked for, one value is enough.
        let is_enough = !needs_enough || xff == 0.0 || has_enough(some(&cells), cells.len(), xff);
        values.push(if is_enough { row(&cells) } else { f64::NAN });
        computed += cells.len();
        if computed > TURN {
            query.compute(std::mem::take(&mut computed)).await?;
        }
    }
    let consolidation = Aggregation::Average;
    Ok(Series { name, path, tags, times: Times::Even(table.steps), values, consolidation })
}

/// So many values are computed before it is asked whether others have a turn.
const TURN: usize = 4_096;

fn some(cells: &[f64]) -> usize {
    cells.iter().filter(|cell| !cell.is_nan()).count()
}

/// Series at common times.
pub(super) struct Table {
    pub(super) steps: Steps,
    pub(super) rows: usize,
    /// The values of each series, and how many steps it begins later than the first one.
    columns: Vec<(Vec<f64>, usize)>,
}

impl Table {
    /// Consolidates series to the smallest step that all steps divide.
    pub(super) fn of(list: Vec<Series>, xff: f64) -> Result<Self, Failure> {
        let step = list.iter().try_fold(1, |step, series| common_multiple(step, series.step()));
        let none = || Failure::wrong("the steps of these series have no common multiple");
        let step = step.ok_or_else(none)?;
        let start = list.iter().map(Series::start).min().unwrap_or(0);
        let columns = list.into_iter().map(|series| {
            let later = (series.start() - start) / step;
            let together = usize::try_from(step / series.step().max(1)).unwrap_or(1);
            let values =
                if together == 1 { series.values } else { series.consolidated(together, xff) };
            (values, usize::try_from(later).unwrap_or(0))
        });
        let columns: Vec<_> = columns.collect();
        let rows = columns.iter().map(|(values, later)| values.len() + later).max().unwrap_or(0);
        Ok(Self { steps: Steps { start, step }, rows, columns })
    }

    /// Reads a row.
    pub(super) fn read(&self, index: usize, cells: &mut [f64]) {
        for (cell, (values, later)) in cells.iter_mut().zip(&self.columns) {
            // Before its beginning the index wraps to one far behind its end.
            let value = values.get(index.wrapping_sub(*later));
            *cell = value.copied().unwrap_or(f64::NAN);
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
