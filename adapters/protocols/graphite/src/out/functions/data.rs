//! Functions that remove values or fill in for those that are missing.

use super::{Function, Kind, Param, Run, SERIES, Tools};
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
        run: Run::Each(keep_last),
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

fn remove_above(series: &mut Series, arguments: &Arguments) -> Result<(), Failure> {
    let bound = arguments.needed("n");
    series.rename(format!("removeAboveValue({}, {})", series.name, rounded(bound)));
    series.map(|value| if value > bound { f64::NAN } else { value });
    Ok(())
}

fn remove_below(series: &mut Series, arguments: &Arguments) -> Result<(), Failure> {
    let bound = arguments.needed("n");
    series.rename(format!("removeBelowValue({}, {})", series.name, rounded(bound)));
    series.map(|value| if value < bound { f64::NAN } else { value });
    Ok(())
}

fn keep_last(series: &mut Series, arguments: &Arguments) -> Result<(), Failure> {
    let limit =
        arguments.integer("limit").map_or(usize::MAX, |limit| limit.try_into().unwrap_or(0));
    series.rename(format!("keepLastValue({})", series.name));
    let mut last = f64::NAN;
    let mut rest = &mut *series.values;
    while !rest.is_empty() {
        let missing = rest.iter().take_while(|value| value.is_nan()).count();
        let (gap, behind) = std::mem::take(&mut rest).split_at_mut(missing);
        if missing <= limit {
            gap.fill(last);
        }
        if let Some(value) = behind.first() {
            last = *value;
        }
        rest = behind.get_mut(1..).unwrap_or_default();
    }
    Ok(())
}

fn transform_null(
    mut list: Vec<Series>,
    arguments: &mut Arguments,
    _: &mut Tools<'_>,
) -> Result<Vec<Series>, Failure> {
    let is_given = arguments.number("default").is_some();
    let default = arguments.number("default").unwrap_or(0.0);
    let reference = arguments.take_other("referenceSeries").filter(|list| !list.is_empty());
    let reference = reference.map(|list| where_one_has_a_value(&list));
    let ending = if reference.is_some() { ",referenceSeries" } else { "" };
    for series in &mut list {
        series.tag("transformNull", if is_given { shortest(default) } else { "0".to_owned() });
        if reference.is_some() {
            series.tag("referenceSeries", "1");
        }
        series.rename(format!("transformNull({},{}{ending})", series.name, rounded(default)));
        let mut index = 0..;
        series.map(|value| {
            let at = index.next().unwrap_or(0);
            let fills = || reference.as_ref().is_none_or(|has| has.get(at) == Some(&true));
            if value.is_nan() && fills() { default } else { value }
        });
    }
    Ok(list)
}

/// Returns at which places one of the series has a value.
fn where_one_has_a_value(list: &[Series]) -> Vec<bool> {
    let longest = list.iter().map(|series| series.values.len()).max().unwrap_or(0);
    let mut places = vec![false; longest];
    for series in list {
        for (has, value) in places.iter_mut().zip(&series.values) {
            *has |= !value.is_nan();
        }
    }
    places
}
