//! `/metrics/find`, `/metrics/expand` and `/metrics/index.json`: the tree of keys.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::once;
use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{LONGEST_KEY, Store};
use metric_query::{Exceeded, Filled, Next, Produce, Search};

use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::find::{Node, Nodes, find};
use crate::out::json::{field, quote, text_field};
use crate::out::list::{List, list, plain, texts};
use crate::out::query::{Host, Running};
use crate::out::selector::Selector;
use crate::out::tagged::is_tagged;

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
    query: &mut Running<H>,
    (fields, form): (&Fields, Form),
    most: usize,
) -> Result<Nodes, Failure> {
    let pattern = fields.text("query").unwrap_or_default();
    if pattern.is_empty() {
        return Err(Failure::wrong("query: give a pattern such as *"));
    }
    let mut pattern = pattern.to_owned();
    if form == Form::Completer {
        pattern = pattern.replace("..", "*.");
        if !pattern.ends_with('*') {
            pattern.push('*');
        }
    }
    let nodes = find(query, &pattern, most).await?;
    wanted(query, nodes, fields).await
}

/// Leaves the nodes that are series, if only these are asked for.
async fn wanted<H: Host>(
    query: &mut Running<H>,
    nodes: Nodes,
    fields: &Fields,
) -> Result<Nodes, Failure> {
    if !fields.is_true("leavesOnly") {
        return Ok(nodes);
    }
    let mut leaves = Nodes::new();
    for (path, node) in nodes {
        query.compute(NODE).await?;
        if node.leaf.is_some() {
            leaves.insert(path, node);
        }
    }
    Ok(leaves)
}

/// To look at a node takes so many steps.
const NODE: usize = 512;

/// Makes a list of nodes as a tree shows them. Ids keep the wildcards of the query.
pub(crate) async fn tree<H: Host>(
    mut query: Running<H>,
    nodes: Nodes,
    fields: &Fields,
) -> Result<List, Failure> {
    let pattern = fields.text("query").unwrap_or_default();
    let base = pattern.rsplit_once('.').map_or(String::new(), |(base, _)| format!("{base}."));
    let mut names: BTreeMap<String, Node> = BTreeMap::new();
    for (mut path, node) in nodes {
        query.compute(NODE).await?;
        path.drain(..path.len() - last(&path).len());
        let known = names.entry(path).or_default();
        known.leaf = known.leaf.or(node.leaf);
        known.is_branch |= node.is_branch;
    }
    let has_all = names.len() > 1 && fields.is_true("wildcards");
    let (mut all, mut branches, mut leaves) = (Node::default(), Vec::new(), Vec::new());
    for (name, node) in names {
        query.compute(NODE).await?;
        all.is_branch |= node.is_branch;
        all.leaf = all.leaf.or(node.leaf).filter(|_| !all.is_branch);
        if node.is_branch { branches.push((name, node)) } else { leaves.push((name, node)) }
    }
    let all = has_all.then(|| ("*".to_owned(), all));
    let items = all.into_iter().chain(branches).chain(leaves);
    let items = items.map(move |(name, node)| branch(&base, &name, node));
    Ok(list(items, ("[", "]"), query.held))
}

fn branch(base: &str, name: &str, node: Node) -> String {
    let mut json = String::from("{");
    text_field(&mut json, "text", name);
    text_field(&mut json, "id", &format!("{base}{name}"));
    field(&mut json, "leaf", u8::from(node.leaf.is_some()));
    field(&mut json, "expandable", u8::from(node.is_branch));
    field(&mut json, "allowChildren", u8::from(node.is_branch));
    json.push('}');
    json
}

/// Makes a list of nodes for those who complete what is typed.
pub(crate) fn completer<H: Host>(query: Running<H>, nodes: Nodes) -> List {
    let items = nodes.into_iter().map(|(path, node)| {
        let is_leaf = node.leaf.is_some() && !node.is_branch;
        let path = if is_leaf { path } else { format!("{path}.") };
        let mut json = String::from("{");
        text_field(&mut json, "path", &path);
        text_field(&mut json, "name", last(path.trim_end_matches('.')));
        text_field(&mut json, "is_leaf", if is_leaf { "1" } else { "0" });
        json.push('}');
        json
    });
    list(items, ("{\"metrics\": [", "]}"), query.held)
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default()
}

/// Answers `/metrics/expand`.
pub(crate) async fn expand<H: Host>(
    mut query: Running<H>,
    fields: &Fields,
    most: usize,
) -> Result<List, Failure> {
    let (is_grouped, mut left) = (fields.is_true("groupByExpr"), most);
    let (mut all, mut by_query) = (BTreeSet::new(), Vec::new());
    for pattern in fields.all("query") {
        // Many queries that find little are as long as one that finds much.
        query.host.turn().await?;
        let found = find(&mut query, pattern, left).await;
        let nodes = found.map_err(|failure| of_all(failure, most))?;
        left -= nodes.len();
        let nodes = wanted(&mut query, nodes, fields).await?;
        if is_grouped {
            query.held.take(pattern.len())?;
            by_query.push((pattern.to_owned(), nodes));
        } else {
            for path in nodes.into_keys() {
                query.compute(NODE).await?;
                all.insert(path);
            }
        }
    }
    Ok(match is_grouped {
        true => {
            let begin = b"{\"results\": {".to_vec();
            plain(grouped(by_query), (begin, "}}"), query.held)
        }
        false => texts(all.into_iter(), ("{\"results\": [", "]}"), query.held),
    })
}

/// Writes the paths of each pattern: `"a.*": ["a.b", "a.c"]`.
fn grouped(by_query: Vec<(String, Nodes)>) -> impl Iterator<Item = Vec<u8>> + Send {
    let quoted = |index: usize, text: &str| {
        let mut json = String::from(if index > 0 { ", " } else { "" });
        quote(&mut json, text);
        json.into_bytes()
    };
    by_query.into_iter().enumerate().flat_map(move |(index, (pattern, nodes))| {
        let head = [quoted(index, &pattern), b": [".to_vec()].concat();
        let paths = nodes.into_keys().enumerate().map(move |(index, path)| quoted(index, &path));
        once(head).chain(paths).chain(once(b"]".to_vec()))
    })
}

/// Tells the bound of all queries, where one was over what the others had left of it.
fn of_all(failure: Failure, most: usize) -> Failure {
    match failure {
        Failure::Exceeded(exceeded) => Failure::Exceeded(Exceeded { limit: most, ..exceeded }),
        other => other,
    }
}

/// Answers `/metrics/index.json`: all paths. They are read as they are sent.
pub(crate) struct Index {
    search: Search<Selector, LONGEST_KEY>,
    next: Next,
    /// What is written, and how much of it is sent.
    json: String,
    sent: usize,
    is_first: bool,
}

impl Index {
    pub(crate) fn new() -> Self {
        let (search, json) = (Search::new(Selector::all()), String::from("["));
        Self { search, next: Next::More, json, sent: 0, is_first: true }
    }

    /// Writes the paths of a turn, or a little more than `room`.
    fn write<T: Store>(&mut self, store: &T, room: usize) {
        let Self { search, next, json, sent, is_first } = self;
        (*sent, *next) = (0, Next::More);
        json.clear();
        let mut is_full = false;
        let searched = search.run(store, |key, _| {
            if is_tagged(key.as_str()) {
                return Continue(());
            }
            json.push_str(if std::mem::take(is_first) { "" } else { ", " });
            quote(json, key.as_str());
            is_full = json.len() >= room;
            if is_full { Break(()) } else { Continue(()) }
        });
        if !is_full {
            *next = searched;
        }
        if *next == Next::Done {
            json.push(']');
        }
    }
}

impl Produce for Index {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        if self.sent == self.json.len() && self.next != Next::Done {
            self.write(store, output.len());
        }
        let rest = self.json.as_bytes().get(self.sent..).unwrap_or_default();
        let bytes = rest.len().min(output.len());
        if let (Some(place), Some(rest)) = (output.get_mut(..bytes), rest.get(..bytes)) {
            place.copy_from_slice(rest);
        }
        self.sent += bytes;
        // What does not fit is sent first.
        let is_cut = self.sent < self.json.len();
        Filled { bytes, next: if is_cut { Next::More } else { self.next } }
    }
}
