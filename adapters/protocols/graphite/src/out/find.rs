//! The nodes of the tree of keys that a pattern matches.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{LONGEST_KEY, Scan, Store, Summary};
use metric_query::{Bound, Exceeded, Glob, Next, Search};
use metric_web::Held;

use crate::out::failure::Failure;
use crate::out::query::{Host, Running};
use crate::out::selector::Selector;
use crate::out::tagged::is_tagged;

/// A node of the tree: a path without those below it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Node {
    /// Its samples, if it is a series.
    pub(crate) leaf: Option<Summary>,
    /// Whether there are others below it.
    pub(crate) is_branch: bool,
}

/// Nodes by their paths.
pub(crate) type Nodes = BTreeMap<String, Node>;

/// What a node takes, besides its path.
const NODE: usize = size_of::<(String, Node)>() + 32;

/// Finds the nodes that a pattern matches, up to so many.
///
/// It takes a look-up for each, however many series lie below. Series with tags are in no tree.
pub(crate) async fn find<H: Host>(
    query: &mut Running<H>,
    pattern: &str,
    most: usize,
) -> Result<Nodes, Failure> {
    let patterns = Patterns::new(pattern)?;
    let (mut nodes, mut at) = (Nodes::new(), Vec::new());
    while let Some(from) = patterns.seek(&at) {
        query.compute(LOOK).await?;
        let mut found = None;
        let scan = query.host.store().series(&from, |key, summary| {
            found = Some((key.as_str().to_owned(), summary));
            Break(())
        });
        match (scan, found) {
            (Scan::NotYet(_), _) => query.host.ready().await?,
            (Scan::Refused, _) => return Err(Failure::Unavailable),
            (_, None) => break,
            (_, Some((key, summary))) => {
                let found = &mut Found { nodes: &mut nodes, held: &mut query.held };
                at = patterns.visit(found, &key, summary)?;
            }
        }
        if nodes.len() > most {
            return Err(too_many(most));
        }
    }
    Ok(nodes)
}

/// More series or nodes were found than may be.
pub(crate) fn too_many(most: usize) -> Failure {
    Failure::Exceeded(Exceeded { bound: Bound::Series, limit: most })
}

/// Nodes, and their memory.
struct Found<'a> {
    nodes: &'a mut Nodes,
    held: &'a mut Held,
}

impl Found<'_> {
    fn node(&mut self, path: &str) -> Result<&mut Node, Failure> {
        match self.nodes.entry(path.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                self.held.take(NODE + path.len())?;
                Ok(place.insert(Node::default()))
            }
        }
    }
}

/// A look-up takes so many steps.
const LOOK: usize = 512;

/// A pattern of nodes, and the pattern of what lies below them.
struct Patterns {
    nodes: Glob<String>,
    below: Glob<String>,
}

impl Patterns {
    fn new(pattern: &str) -> Result<Self, Failure> {
        let below = Glob::new(format!("{pattern}.**"))?;
        Ok(Self { nodes: Glob::new(pattern.to_owned())?, below })
    }

    /// Returns a lower bound of the next keys.
    fn seek(&self, from: &[u8]) -> Option<Vec<u8>> {
        let bound = |glob: &Glob<String>| {
            let mut buffer = [0; LONGEST_KEY];
            glob.seek(from, &mut buffer).map(<[u8]>::to_vec)
        };
        match (bound(&self.nodes), bound(&self.below)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// Adds the nodes of a key. Returns where the search goes on.
    fn visit(
        &self,
        found: &mut Found<'_>,
        key: &str,
        summary: Summary,
    ) -> Result<Vec<u8>, Failure> {
        if let Some((name, _)) = key.split_once(';').filter(|_| is_tagged(key)) {
            // The byte behind `;`: behind all series of this name.
            return Ok([name.as_bytes(), b"<"].concat());
        }
        if self.nodes.matches(key) {
            found.node(key)?.leaf = Some(summary);
        }
        let branches = key.match_indices('.').filter_map(|(dot, _)| key.get(..dot));
        let mut next = None;
        for path in branches.filter(|path| self.nodes.matches(path)) {
            found.node(path)?.is_branch = true;
            // The byte behind `.`: behind all below this node.
            next = next.or(Some([path.as_bytes(), b"/"].concat()));
        }
        // With `**`, nodes below the first one match, too.
        Ok(match next {
            Some(next) if !self.nodes.as_str().contains("**") => next,
            _ => [key.as_bytes(), b"\0"].concat(),
        })
    }
}

/// Visits the keys that are selected in their order, in turns. `visit` may hold memory, and ends the
/// search if it fails.
pub(crate) async fn each_selected<H: Host>(
    query: &mut Running<H>,
    selector: &Selector,
    mut visit: impl FnMut(&str, &mut Held) -> Result<(), Failure> + Send,
) -> Result<(), Failure> {
    let mut search = Search::<_, LONGEST_KEY>::new(selector);
    loop {
        let (held, mut visited) = (&mut query.held, Ok(()));
        let next = search.run(query.host.store(), |key, _| {
            visited = visit(key.as_str(), held);
            if visited.is_ok() { Continue(()) } else { Break(()) }
        });
        visited?;
        match next {
            Next::Done => return Ok(()),
            Next::More => query.host.turn().await?,
            Next::Wait => query.host.ready().await?,
            _ => return Err(Failure::Unavailable),
        }
    }
}
