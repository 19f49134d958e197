//! Functions that choose series by their names, and sort by them.

use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::pattern::Search;
use crate::out::series::Series;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "exclude",
        group: "Filter Series",
        description: "Leaves out the series whose names match a regular expression.",
        params: &[SERIES, Param::needed("pattern", Kind::Text)],
        run: Run::Names(|list, arguments, tools| matching(list, arguments, (false, tools))),
    },
    Function {
        name: "grep",
        group: "Filter Series",
        description: "Leaves only the series whose names match a regular expression.",
        params: &[SERIES, Param::needed("pattern", Kind::Text)],
        run: Run::Names(|list, arguments, tools| matching(list, arguments, (true, tools))),
    },
    Function {
        name: "limit",
        group: "Filter Series",
        description: "Leaves only the first series.",
        params: &[SERIES, Param::needed("n", Kind::Integer)],
        run: Run::Names(limit),
    },
    Function {
        name: "sortByName",
        group: "Sorting",
        description: "Sorts series by their names; naturally, by the numbers in them.",
        params: &[
            SERIES,
            Param::or("natural", Kind::Boolean, "false"),
            Param::or("reverse", Kind::Boolean, "false"),
        ],
        run: Run::Names(sort_by_name),
    },
];

/// Leaves the series whose names match, or those whose names do not.
fn matching<'a>(
    list: Vec<Series>,
    arguments: &'a Arguments,
    (stays, tools): (bool, &'a mut Tools<'_>),
) -> Making<'a> {
    Box::pin(async move {
        let pattern = Search::new(arguments.text("pattern").unwrap_or_default())?;
        let mut left = Vec::new();
        for series in list {
            tools.series().await?;
            tools.compute(pattern.steps().saturating_mul(series.name.len())).await?;
            if pattern.matches(&series.name) == stays {
                left.push(series);
            }
        }
        Ok(left)
    })
}

fn limit<'a>(
    mut list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let length = first(list.len(), arguments.integer("n").unwrap_or(0));
    Box::pin(async move {
        tools.truncate(&mut list, length).await?;
        Ok(list)
    })
}

/// Returns how many of a list are the first `n`; if `n` is negative, all but so many.
pub(super) fn first(length: usize, n: i64) -> usize {
    let count = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    if n < 0 { length.saturating_sub(count) } else { count.min(length) }
}

fn sort_by_name<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    let (is_natural, is_reverse) = (arguments.is_true("natural"), arguments.is_true("reverse"));
    Box::pin(async move {
        let mut list = match is_natural {
            true => sort_naturally(list, tools).await?,
            false => tools.sort_by_name(list).await?,
        };
        if is_reverse {
            list.reverse();
        }
        Ok(list)
    })
}

async fn sort_naturally(list: Vec<Series>, tools: &mut Tools<'_>) -> Result<Vec<Series>, Failure> {
    let mut keys = Vec::with_capacity(list.len());
    for series in &list {
        tools.named().await?;
        let key = natural(&series.name);
        tools.hold(key.len())?;
        keys.push(key);
    }
    tools.sort(list, keys).await
}

/// Fills numbers with zeros, so that their text is in their order.
fn natural(name: &str) -> String {
    let (mut key, mut digits) = (String::new(), String::new());
    for one in name.chars().chain(['\0']) {
        if one.is_ascii_digit() {
            digits.push(one);
            continue;
        }
        if !digits.is_empty() {
            key.push_str(&format!("{:0>10}", digits.trim_start_matches('0')));
            digits.clear();
        }
        key.push(one);
    }
    key
}
