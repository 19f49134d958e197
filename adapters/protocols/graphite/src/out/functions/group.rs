//! Functions that combine series in groups.

use super::alias::key;
use super::combine::{Combination, Row, aggregate, paths};
use super::{Function, Kind, Param, Run, SERIES};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::name::Name;
use crate::out::series::Series;
use crate::out::tagged;
use crate::out::target::Literal;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "countSeries",
        group: "Combine",
        description: "Counts series.",
        params: &[Param::optional("seriesLists", Kind::Series).and_more()],
        run: Run::Rows(count_series),
    },
    Function {
        name: "groupByNode",
        group: "Combine",
        description: "Combines the series that have a node of their paths in common.",
        params: &[
            SERIES,
            Param::needed("nodeNum", Kind::NodeOrTag),
            Param::or("callback", Kind::Text, "\"average\""),
        ],
        run: Run::Rows(group_by_nodes),
    },
    Function {
        name: "groupByNodes",
        group: "Combine",
        description: "Combines the series that have nodes of their paths in common.",
        params: &[
            SERIES,
            Param::needed("callback", Kind::Text),
            Param::optional("nodes", Kind::NodeOrTag).and_more(),
        ],
        run: Run::Rows(group_by_nodes),
    },
    Function {
        name: "groupByTags",
        group: "Combine",
        description: "Combines the series that have tags in common.",
        params: &[
            SERIES,
            Param::needed("callback", Kind::Text),
            Param::needed("tags", Kind::Tag).and_more(),
        ],
        run: Run::Rows(group_by_tags),
    },
];

fn count_series(list: Vec<Series>, _: &Arguments) -> Result<Vec<Combination>, Failure> {
    Ok(if list.is_empty() { Vec::new() } else { vec![count(list)] })
}

fn count(list: Vec<Series>) -> Combination {
    let name = Name::from(format!("countSeries({})", paths(&list)));
    let tags = [("name".to_owned(), name.to_string())].into();
    let row: Row = Box::new(|row: &[f64]| row.len() as f64);
    let path = name.clone();
    Combination { series: list, name, path, tags, row, needs_enough: false }
}

/// Combines series by a function of a name.
fn callback(
    list: Vec<Series>,
    name: &str,
    arguments: &Arguments,
) -> Result<Option<Combination>, Failure> {
    if name == "countSeries" {
        return Ok(Some(count(list)));
    }
    let by = Aggregation::named(name)
        .ok_or_else(|| arguments.wrong("takes a function such as 'sum' as 'callback'"))?;
    let name = name.strip_suffix("Series").unwrap_or(name);
    let name = match (name, by) {
        ("avg", _) => "average",
        _ => name,
    };
    Ok(aggregate(list, name, by).pop())
}

fn group_by_nodes(list: Vec<Series>, arguments: &Arguments) -> Result<Vec<Combination>, Failure> {
    let nodes = arguments.literals("nodeNum").chain(arguments.literals("nodes"));
    let nodes: Vec<Literal> = nodes.cloned().collect();
    let name = arguments.text("callback").unwrap_or("average");
    let mut all = Vec::new();
    for (key, group) in groups(list, |series| key(series, &nodes)) {
        if let Some(mut combination) = callback(group, name, arguments)? {
            combination.name = key.into();
            all.push(combination);
        }
    }
    Ok(all)
}

fn group_by_tags(list: Vec<Series>, arguments: &Arguments) -> Result<Vec<Combination>, Failure> {
    let tags: Vec<_> = arguments.literals("tags").filter_map(text).collect();
    let function = arguments.text("callback").unwrap_or_default();
    let name = (!tags.contains(&"name")).then(|| common_name(&list).unwrap_or(function).to_owned());
    let key = |series: &Series| {
        let value = |tag: &str| series.tags.get(tag).map_or("", String::as_str);
        let mut parts: Vec<_> = tags
            .iter()
            .filter(|tag| **tag != "name")
            .map(|tag| format!("{tag}={}", value(tag)))
            .collect();
        parts.sort_unstable();
        parts.insert(0, name.clone().unwrap_or_else(|| value("name").to_owned()));
        parts.join(";")
    };
    let mut all = Vec::new();
    for (key, group) in groups(list, key) {
        if let Some(mut combination) = callback(group, function, arguments)? {
            combination.name = key.into();
            combination.path = combination.name.clone();
            combination.tags = tagged::tags(&combination.path);
            all.push(combination);
        }
    }
    Ok(all)
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the name that all series have.
fn common_name(list: &[Series]) -> Option<&str> {
    let mut names = list.iter().map(|series| series.tags.get("name"));
    let first = names.next()??;
    names.all(|name| name == Some(first)).then_some(first)
}

/// Returns series by their keys, in the order in which the keys come.
fn groups(list: Vec<Series>, key: impl Fn(&Series) -> String) -> Vec<(String, Vec<Series>)> {
    let mut groups: Vec<(String, Vec<Series>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for series in list {
        let key = key(&series);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(series),
            None => groups.push((key, vec![series])),
        }
    }
    groups
}
