//! Functions that combine series in groups.

use std::collections::HashMap;

use super::alias::key;
use super::combine::{Table, aggregate, paths};
use super::{Function, Kind, Making, Param, Run, SERIES, Tools};
use crate::out::aggregation::Aggregation;
use crate::out::arguments::Arguments;
use crate::out::failure::Failure;
use crate::out::series::Series;
use crate::out::tagged;
use crate::out::target::Literal;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "countSeries",
        group: "Combine",
        description: "Counts series.",
        params: &[Param::optional("seriesLists", Kind::Series).and_more()],
        run: Run::List(count_series),
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
        run: Run::List(group_by_nodes),
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
        run: Run::List(group_by_nodes),
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
        run: Run::List(group_by_tags),
    },
];

fn count_series<'a>(
    list: Vec<Series>,
    _: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move {
        Ok(if list.is_empty() { Vec::new() } else { vec![count(list, tools).await?] })
    })
}

async fn count(list: Vec<Series>, tools: &mut Tools<'_>) -> Result<Series, Failure> {
    let name = format!("countSeries({})", paths(&list, tools).await?);
    let row = |row: &[f64]| row.len() as f64;
    let (steps, values) = Table::of(&list, tools).await?.combine(row, tools).await?;
    tools.drop(list).await?;
    Ok(Series::new(name, steps, values))
}

/// Combines series by a function of a name.
async fn callback(
    list: Vec<Series>,
    (name, arguments): (&str, &Arguments),
    tools: &mut Tools<'_>,
) -> Result<Option<Series>, Failure> {
    if name == "countSeries" {
        return count(list, tools).await.map(Some);
    }
    let by = Aggregation::named(name)
        .ok_or_else(|| arguments.wrong("takes a function such as 'sum' as 'callback'"))?;
    let name = match name.strip_suffix("Series").unwrap_or(name) {
        "avg" => "average",
        name => name,
    };
    aggregate(list, (name, by), tools).await
}

fn group_by_nodes<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move {
        let nodes = arguments.literals("nodeNum").chain(arguments.literals("nodes"));
        let nodes: Vec<Literal> = nodes.cloned().collect();
        let name = arguments.text("callback").unwrap_or("average");
        let mut all = Vec::new();
        for (key, group) in groups(list, |series| key(series, &nodes), tools).await? {
            if let Some(mut combined) = callback(group, (name, arguments), tools).await? {
                combined.name = key.into();
                all.push(combined);
            }
        }
        Ok(all)
    })
}

fn group_by_tags<'a>(
    list: Vec<Series>,
    arguments: &'a mut Arguments,
    tools: &'a mut Tools<'_>,
) -> Making<'a> {
    Box::pin(async move {
        let tags: Vec<_> = arguments.literals("tags").filter_map(text).collect();
        let function = arguments.text("callback").unwrap_or_default();
        let name = match tags.contains(&"name") {
            true => None,
            false => Some(common_name(&list, tools).await?.unwrap_or(function).to_owned()),
        };
        let key = |series: &Series| key_of_tags(series, &tags, name.as_deref());
        let mut all = Vec::new();
        for (key, group) in groups(list, key, tools).await? {
            if let Some(mut combined) = callback(group, (function, arguments), tools).await? {
                combined.rename(key);
                combined.tags = tagged::tags(&combined.path);
                all.push(combined);
            }
        }
        Ok(all)
    })
}

/// Returns the key of a group: its name, and its values of tags.
fn key_of_tags(series: &Series, tags: &[&str], name: Option<&str>) -> String {
    let value = |tag: &str| series.tags.get(tag).map_or("", String::as_str);
    let others = tags.iter().filter(|tag| **tag != "name");
    let mut parts: Vec<_> = others.map(|tag| format!("{tag}={}", value(tag))).collect();
    parts.sort_unstable();
    parts.insert(0, name.unwrap_or_else(|| value("name")).to_owned());
    parts.join(";")
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the name that all series have.
async fn common_name<'a>(
    list: &'a [Series],
    tools: &mut Tools<'_>,
) -> Result<Option<&'a str>, Failure> {
    let name = |series: &'a Series| series.tags.get("name").map(String::as_str);
    let first = list.first().and_then(name);
    for series in list {
        tools.series().await?;
        if name(series) != first {
            return Ok(None);
        }
    }
    Ok(first)
}

/// Returns series by their keys, in the order in which the keys come.
pub(super) async fn groups(
    list: Vec<Series>,
    key: impl Fn(&Series) -> String + Send,
    tools: &mut Tools<'_>,
) -> Result<Vec<(String, Vec<Series>)>, Failure> {
    let mut groups: Vec<(String, Vec<Series>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for series in list {
        tools.named().await?;
        let key = key(&series);
        match places.get(&key).and_then(|place| groups.get_mut(*place)) {
            Some((_, group)) => group.push(series),
            None => {
                tools.hold(2 * key.len())?;
                places.insert(key.clone(), groups.len());
                groups.push((key, vec![series]));
            }
        }
    }
    Ok(groups)
}
