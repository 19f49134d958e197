//! Functions that remove values or fill in for those that are missing.

use super::{Change, Function, Kind, Making, PIECE, Param, Run, SERIES, Tools, VALUE, each};
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::number::{rounded, shortest};
use crate::out::series::Series;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "removeAboveValue",
        group: "Filter Data",
        description: "Removes values above a number.",
        params: &[SERIES, Param::needed("n", Kind::Float)],
        run: Run::Each(remove_above),
    },
    Function {
        name: "removeBelowValue",
        group: "Filter Data",
        description: "Removes values below a number.",
        params: &[SERIES, Param::needed("n", Kind::Float)],
        run: Run::Each(remove_below),
    },
    Function {
        name: "keepLastValue",
        group: "Transform",
        description: "Repeats the last value where some are missing, unless they are more than a limit.",
        params: &[SERIES, Param::optional("limit", Kind::IntegerOrInfinity)],
        run: Run::List(keep_last_value),
    },
    Function {
        name: "transformNull",
        group: "Transform",
        description: "Puts a number where values are missing; with other series, only where one of \
                      them has a value.",
        params: &[
            SERIES,
            Param::or("default", Kind::Float, "0"),
            Param::optional("referenceSeries", Kind::Series),
        ],
        run: Run::List(transform_null),
    },
];

fn remove_above(series: &mut Series, arguments: &Arguments) -> Change {
    let bound = arguments.needed("n");
    series.rename(format!("removeAboveValue({}, {})", series.name, rounded(bound)));
    each(move |value| if value > bound { f64::NAN } else { value })
}

fn remove_below(series: &mut Series, arguments: &Arguments) -> Change {
    let bound = arguments.needed("n");
    series.rename(format!("removeBelowValue({}, {})", series.name, rounded(bound)));
    each(move |value| if value < bound { f64::NAN } else { value })
}

fn keep_last_value<'a>(
    mut list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let limit =
        arguments.integer("limit").map_or(usize::MAX, |limit| limit.try_into().unwrap_or(0));
    Box::pin(async move {
        for series in &mut list {
            tools.series().await?;
            series.rename(format!("keepLastValue({})", series.name));
            keep_last(&mut series.values, limit, tools).await?;
        }
        Ok(list)
    })
}

async fn keep_last(values: &mut [f64], limit: usize, tools: &mut Tools<'_>) -> Result<(), Failure> {
    let (mut last, mut rest) = (f64::NAN, values);
    while !rest.is_empty() {
        let missing = gap(rest, tools).await?;
        let (gap, behind) = std::mem::take(&mut rest).split_at_mut(missing);
        if missing <= limit {
            tools.change(gap, &mut |piece| piece.fill(last)).await?;
        }
        let some = behind.iter().take(PIECE).take_while(|value| !value.is_nan()).count();
        tools.compute(VALUE * (some + 1)).await?;
        if let Some(value) = behind.get(..some).and_then(<[f64]>::last) {
            last = *value;
        }
        rest = behind.get_mut(some..).unwrap_or_default();
    }
    Ok(())
}

/// Returns how many values are missing at the beginning.
async fn gap(values: &[f64], tools: &mut Tools<'_>) -> Result<usize, Failure> {
    let mut missing = 0;
    for piece in values.chunks(PIECE) {
        let nulls = piece.iter().take_while(|value| value.is_nan()).count();
        missing += nulls;
        tools.compute(nulls).await?;
        if nulls < piece.len() {
            break;
        }
    }
    Ok(missing)
}

fn transform_null<'a>(
    mut list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let default = arguments.number("default");
    let reference = arguments.take_other("referenceSeries").filter(|list| !list.is_empty());
    Box::pin(async move {
        let reference = match reference {
            Some(reference) => Some(where_one_has_a_value(reference, tools).await?),
            None => None,
        };
        for series in &mut list {
            tools.series().await?;
            name_transformed(series, default, reference.is_some());
            fill_nulls(&mut series.values, default.unwrap_or(0.0), reference.as_deref(), tools)
                .await?;
        }
        Ok(list)
    })
}

fn name_transformed(series: &mut Series, default: Option<f64>, has_reference: bool) {
    series.tag("transformNull", default.map_or("0".to_owned(), shortest));
    if has_reference {
        series.tag("referenceSeries", "1");
    }
    let ending = if has_reference { ",referenceSeries" } else { "" };
    let default = rounded(default.unwrap_or(0.0));
    series.rename(format!("transformNull({},{default}{ending})", series.name));
}

/// Puts a number where values are missing, at all places or some.
async fn fill_nulls(
    values: &mut [f64],
    default: f64,
    places: Option<&[bool]>,
    tools: &mut Tools<'_>,
) -> Result<(), Failure> {
    let mut places = places.map(<[bool]>::iter);
    let mut fill = |value: &mut f64| {
        let fills = places.as_mut().is_none_or(|places| places.next() == Some(&true));
        if value.is_nan() && fills {
            *value = default;
        }
    };
    tools.change(values, &mut |piece| piece.iter_mut().for_each(&mut fill)).await
}

/// Returns at which places one of the series has a value.
async fn where_one_has_a_value(
    list: Vec<Series>,
    tools: &mut Tools<'_>,
) -> Result<Vec<bool>, Failure> {
    let longest = list.iter().map(|series| series.values.len()).max().unwrap_or(0);
    let has = |at: usize, series: &Series| series.values.get(at).is_some_and(|one| !one.is_nan());
    let any = |at| list.iter().any(|series| has(at, series));
    let places = tools.make((longest, VALUE * list.len()), any).await?;
    tools.drop(list).await?;
    Ok(places)
}
