//! Functions that choose series by their names, and sort by them.

use super::{Function, Kind, Param, Run, SERIES};
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::series::Series;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "exclude",
        group: "Filter Series",
        description: "Leaves out the series whose names match a regular expression.",
        params: &[SERIES, Param::needed("pattern", Kind::Text)],
        run: Run::Matching(|pattern, name| !pattern.matches(name)),
    },
    Function {
        name: "grep",
        group: "Filter Series",
        description: "Leaves only the series whose names match a regular expression.",
        params: &[SERIES, Param::needed("pattern", Kind::Text)],
        run: Run::Matching(|pattern, name| pattern.matches(name)),
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

fn limit(mut list: Vec<Series>, arguments: &Arguments) -> Result<Vec<Series>, Failure> {
    list.truncate(first(list.len(), arguments.integer("n").unwrap_or(0)));
    Ok(list)
}

/// Returns how many of a list are the first `n`; if `n` is negative, all but so many.
pub(super) fn first(length: usize, n: i64) -> usize {
    let count = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    if n < 0 { length.saturating_sub(count) } else { count.min(length) }
}

fn sort_by_name(mut list: Vec<Series>, arguments: &Arguments) -> Result<Vec<Series>, Failure> {
    if arguments.is_true("natural") {
        list.sort_by_cached_key(|series| natural(&series.name));
    } else {
        list.sort_by(|left, right| left.name.cmp(&right.name));
    }
    if arguments.is_true("reverse") {
        list.reverse();
    }
    Ok(list)
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
