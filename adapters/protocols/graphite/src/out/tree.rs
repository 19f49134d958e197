//! `/metrics/find`, `/metrics/expand` and `/metrics/index.json`: the tree of keys.

use std::collections::{BTreeMap, BTreeSet};

use metric_query::Exceeded;

use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::find::{Node, Nodes, each_path, find};
use crate::out::json::{field, list, text_field, texts};
use crate::out::query::Host;

/// The form in which nodes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Completer,
    Pickle,
    Tree,
}

impl Form {
    pub(crate) fn of(fields: &Fields) -> Result<Self, Failure> {
        match fields.text("format") {
            None | Some("treejson") => Ok(Self::Tree),
            Some("completer") => Ok(Self::Completer),
            Some("pickle") => Ok(Self::Pickle),
            Some(other) => Err(Failure::wrong(format!(
                "format: there is no '{other}' here, only treejson, completer and pickle"
            ))),
        }
    }
}

/// Finds the nodes that are asked for.
pub(crate) async fn asked<H: Host>(
    host: &mut H,
    (fields, form): (&Fields, Form),
    most: usize,
) -> Result<Nodes, Failure> {
    let query = fields.text("query").unwrap_or_default();
    if query.is_empty() {
        return Err(Failure::wrong("query: give a pattern such as *"));
    }
    let mut query = query.to_owned();
    if form == Form::Completer {
        query = query.replace("..", "*.");
        if !query.ends_with('*') {
            query.push('*');
        }
    }
    let mut nodes = find(host, &query, most).await?;
    if fields.is_true("leavesOnly") {
        nodes.retain(|_, node| node.leaf.is_some());
    }
    Ok(nodes)
}

/// Writes nodes as a tree shows them. Ids keep the wildcards of the query.
pub(crate) fn tree(nodes: &Nodes, fields: &Fields) -> String {
    let query = fields.text("query").unwrap_or_default();
    let base = query.rsplit_once('.').map_or(String::new(), |(base, _)| format!("{base}."));
    let mut names: BTreeMap<&str, Node> = BTreeMap::new();
    for (path, node) in nodes {
        let known = names.entry(last(path)).or_default();
        known.leaf = known.leaf.or(node.leaf);
        known.is_branch |= node.is_branch;
    }
    let all = if names.len() > 1 && fields.is_true("wildcards") {
        let is_branch = names.values().any(|node| node.is_branch);
        let leaf = names.values().find_map(|node| node.leaf).filter(|_| !is_branch);
        Some(("*", Node { leaf, is_branch }))
    } else {
        None
    };
    let of = |branches| names.iter().filter(move |(_, node)| node.is_branch == branches);
    let sorted = of(true).chain(of(false)).map(|(name, node)| (*name, *node));
    list(all.into_iter().chain(sorted), |json, (name, node)| {
        json.push('{');
        text_field(json, "text", name);
        text_field(json, "id", &format!("{base}{name}"));
        field(json, "leaf", u8::from(node.leaf.is_some()));
        field(json, "expandable", u8::from(node.is_branch));
        field(json, "allowChildren", u8::from(node.is_branch));
        json.push('}');
    })
}

/// Writes nodes for those who complete what is typed.
pub(crate) fn completer(nodes: &Nodes) -> String {
    let metrics = list(nodes, |json, (path, node)| {
        let is_leaf = node.leaf.is_some() && !node.is_branch;
        let path = if is_leaf { path.clone() } else { format!("{path}.") };
        json.push('{');
        text_field(json, "path", &path);
        text_field(json, "name", last(path.trim_end_matches('.')));
        text_field(json, "is_leaf", if is_leaf { "1" } else { "0" });
        json.push('}');
    });
    format!("{{\"metrics\": {metrics}}}")
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// Answers `/metrics/expand`.
pub(crate) async fn expand<H: Host>(
    host: &mut H,
    fields: &Fields,
    most: usize,
) -> Result<String, Failure> {
    let (is_grouped, mut left) = (fields.is_true("groupByExpr"), most);
    let (mut all, mut by_query) = (BTreeSet::new(), String::from("{"));
    for query in fields.all("query") {
        // Many queries that find little are as long as one that finds much.
        host.turn().await?;
        let mut nodes = find(host, query, left).await.map_err(|failure| of_all(failure, most))?;
        left -= nodes.len();
        if fields.is_true("leavesOnly") {
            nodes.retain(|_, node| node.leaf.is_some());
        }
        if is_grouped {
            field(&mut by_query, query, texts(nodes.keys().map(String::as_str)));
        } else {
            all.extend(nodes.into_keys());
        }
    }
    by_query.push('}');
    let results = if is_grouped { by_query } else { texts(all.iter().map(String::as_str)) };
    Ok(format!("{{\"results\": {results}}}"))
}

/// Tells the bound of all queries, where one was over what the others had left of it.
fn of_all(failure: Failure, most: usize) -> Failure {
    match failure {
        Failure::Exceeded(exceeded) => Failure::Exceeded(Exceeded { limit: most, ..exceeded }),
        other => other,
    }
}

/// Answers `/metrics/index.json`: all paths.
pub(crate) async fn index<H: Host>(host: &mut H) -> Result<String, Failure> {
    let mut json = String::from("[");
    each_path(host, |path| {
        json.push_str(if json.len() > 1 { ", " } else { "" });
        crate::out::json::quote(&mut json, path);
    })
    .await?;
    json.push(']');
    Ok(json)
}
