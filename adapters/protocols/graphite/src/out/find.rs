//! The nodes of the tree of keys that a pattern matches.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{LONGEST_KEY, Scan, Store, Summary};
use metric_query::{Bound, Exceeded, Glob, Next, Search, Select};
use metric_web::Held;

use crate::out::failure::Failure;
use crate::out::query::{Host, Running};
use crate::out::selector::{Selector, split};
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
/// It takes a look-up for each that others lie below, however many these are. Series with tags are in no
/// tree.
pub(crate) async fn find<H: Host>(
    query: &mut Running<H>,
    pattern: &str,
    most: usize,
) -> Result<Nodes, Failure> {
    let patterns = Patterns::new(pattern)?;
    let mut found = Found { nodes: Nodes::new(), most };
    let mut at = At::default();
    while patterns.seek(&mut at) {
        let (held, mut looks, mut failed) = (&mut query.held, 0, None);
        let from = at.from.clone();
        let scan = query.host.store().series(&from, |key, summary| {
            looks += 1;
            match patterns.visit(&mut found, held, (key.as_str(), summary, &mut at)) {
                Ok(Way::Next) if looks < LOOKS => Continue(()),
                Ok(_) => Break(()),
                Err(failure) => {
                    failed = Some(failure);
                    Break(())
                }
            }
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        match scan {
            Scan::NotYet(_) => query.host.ready().await?,
            Scan::Refused => return Err(Failure::Unavailable),
            Scan::Done => break,
            Scan::Stopped(_) => {}
        }
        query.compute(LOOK + looks * NEXT).await?;
    }
    Ok(found.nodes)
}

/// So many series that follow one another are looked at before others may have a turn.
const LOOKS: usize = 64;

/// A look-up takes so many steps, and to look at one series so many.
const LOOK: usize = 512;
const NEXT: usize = 256;

/// More series or nodes were found than may be.
pub(crate) fn too_many(most: usize) -> Failure {
    Failure::Exceeded(Exceeded { bound: Bound::Series, limit: most })
}

/// Nodes, and how many there may be.
struct Found {
    nodes: Nodes,
    most: usize,
}

impl Found {
    fn node(&mut self, path: &str, held: &mut Held) -> Result<&mut Node, Failure> {
        let count = self.nodes.len();
        match self.nodes.entry(path.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(_) if count == self.most => Err(too_many(self.most)),
            Entry::Vacant(place) => {
                held.take(NODE + path.len())?;
                Ok(place.insert(Node::default()))
            }
        }
    }
}

/// Where a search goes on.
#[derive(Default)]
struct At {
    from: Vec<u8>,
    /// Whether no key is left that lies below a node before it.
    is_behind: bool,
}

impl At {
    fn set(&mut self, key: &str, end: u8, is_behind: bool) {
        self.from.clear();
        self.from.extend_from_slice(key.as_bytes());
        self.from.push(end);
        self.is_behind = is_behind;
    }
}

/// How a search goes on behind a key.
enum Way {
    /// With the next key, which is likely to match.
    Next,
    /// Where a key may match.
    Seek,
}

/// A pattern of nodes, and the pattern of what lies below them, in parts if they are long.
struct Patterns {
    nodes: Vec<Glob<String>>,
    below: Vec<Glob<String>>,
    /// Whether nodes below others match, too.
    is_deep: bool,
    /// How many dots are in the paths of nodes, if all have as many.
    depth: Option<usize>,
}

impl Patterns {
    fn new(pattern: &str) -> Result<Self, Failure> {
        let (mut nodes, mut below) = (Vec::new(), Vec::new());
        split(pattern, &mut nodes)?;
        for part in &nodes {
            below.push(Glob::new(format!("{}.**", part.as_str()))?);
        }
        let is_deep = pattern.contains("**");
        let is_even = !is_deep && !pattern.contains(['{', '[', '\\']);
        let depth = is_even.then(|| pattern.matches('.').count());
        Ok(Self { nodes, below, is_deep, depth })
    }

    /// Goes on to a lower bound of the next keys. Returns whether there may be any.
    fn seek(&self, at: &mut At) -> bool {
        let mut buffers = [[0; LONGEST_KEY]; 2];
        let [of_nodes, of_below] = &mut buffers;
        let node = self.nodes.seek(&at.from, of_nodes);
        // A key below a node is not before the node, so that the bound of nodes is enough.
        let below = if at.is_behind { None } else { self.below.seek(&at.from, of_below) };
        let next = match (node, below) {
            (Some(node), Some(below)) => node.min(below),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => return false,
        };
        if next != at.from {
            at.from = next.to_vec();
        }
        true
    }

    /// Adds the nodes of a key. Notes where the search goes on.
    fn visit(
        &self,
        found: &mut Found,
        held: &mut Held,
        (key, summary, at): (&str, Summary, &mut At),
    ) -> Result<Way, Failure> {
        if let Some((name, _)) = key.split_once(';').filter(|_| is_tagged(key)) {
            // The byte behind `;`: behind all series of this name.
            at.set(name, b'<', false);
            return Ok(Way::Seek);
        }
        at.set(key, 0, false);
        let (mut way, mut is_first) = (Way::Seek, true);
        for path in self.paths(key).filter(|path| self.nodes.selects(path)) {
            let node = found.node(path, held)?;
            if path.len() == key.len() {
                node.leaf = Some(summary);
                way = if is_first { Way::Next } else { Way::Seek };
                continue;
            }
            node.is_branch = true;
            // With `**`, nodes below the first one match, too.
            if std::mem::take(&mut is_first) && !self.is_deep {
                // The byte behind `.`: behind all below this node.
                at.set(path, b'/', self.depth.is_some());
            }
        }
        Ok(way)
    }

    /// Returns the paths of a key that may be nodes, the shortest first.
    fn paths<'a>(&self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let (skipped, most) = self.depth.map_or((0, usize::MAX), |depth| (depth, 1));
        let branches = key.match_indices('.').filter_map(|(dot, _)| key.get(..dot));
        branches.chain([key]).skip(skipped).take(most)
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
