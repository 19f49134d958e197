//! The nodes of the tree of keys that a pattern matches.

use std::collections::BTreeMap;
use std::ops::ControlFlow::{self, Break, Continue};

use metric_proto::{LONGEST_KEY, Scan, Store, Summary};
use metric_query::{Bound, Exceeded, Glob, Next, Search};

use crate::out::failure::Failure;
use crate::out::query::Host;
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

/// Finds the nodes that a pattern matches, up to so many.
///
/// It takes a look-up for each, however many series lie below. Series with tags are in no tree.
pub(crate) async fn find<H: Host>(
    host: &mut H,
    pattern: &str,
    most: usize,
) -> Result<Nodes, Failure> {
    let patterns = Patterns::new(pattern)?;
    let (mut nodes, mut at, mut looks) = (Nodes::new(), Vec::new(), 0);
    while let Some(from) = patterns.seek(&at) {
        looks += 1;
        if looks % LOOKS == 0 {
            host.turn().await?;
        }
        let mut found = None;
        let scan = host.store().series(&from, |key, summary| {
            found = Some((key.as_str().to_owned(), summary));
            Break(())
        });
        match (scan, found) {
            (Scan::NotYet(_), _) => host.ready().await?,
            (Scan::Refused, _) => return Err(Failure::Unavailable),
            (_, None) => break,
            (_, Some((key, summary))) => at = patterns.visit(&mut nodes, &key, summary),
        }
        if nodes.len() > most {
            let exceeded = Exceeded { bound: Bound::Series, limit: most };
            return Err(Failure::Exceeded(exceeded));
        }
    }
    Ok(nodes)
}

/// So many look-ups are a turn.
const LOOKS: usize = 128;

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
    fn visit(&self, nodes: &mut Nodes, key: &str, summary: Summary) -> Vec<u8> {
        if let Some((name, _)) = key.split_once(';').filter(|_| is_tagged(key)) {
            // The byte behind `;`: behind all series of this name.
            return [name.as_bytes(), b"<"].concat();
        }
        if self.nodes.matches(key) {
            nodes.entry(key.to_owned()).or_default().leaf = Some(summary);
        }
        let branches = key.match_indices('.').filter_map(|(dot, _)| key.get(..dot));
        let mut next = None;
        for path in branches.filter(|path| self.nodes.matches(path)) {
            nodes.entry(path.to_owned()).or_default().is_branch = true;
            // The byte behind `.`: behind all below this node.
            next = next.or(Some([path.as_bytes(), b"/"].concat()));
        }
        // With `**`, nodes below the first one match, too.
        match next {
            Some(next) if !self.nodes.as_str().contains("**") => next,
            _ => [key.as_bytes(), b"\0"].concat(),
        }
    }
}

/// Visits the keys that have no tags, in their order, in turns.
pub(crate) async fn each_path<H: Host>(
    host: &mut H,
    mut visit: impl FnMut(&str) + Send,
) -> Result<(), Failure> {
    each_key(host, |key| {
        if !is_tagged(key) {
            visit(key);
        }
    })
    .await
}

/// Visits all keys in their order, in turns.
pub(crate) async fn each_key<H: Host>(
    host: &mut H,
    mut visit: impl FnMut(&str) + Send,
) -> Result<(), Failure> {
    let visit = |key: &str| {
        visit(key);
        Continue(())
    };
    each_selected(host, &Selector::all(), visit).await
}

/// Visits the keys that are selected in their order, in turns, until `visit` breaks.
pub(crate) async fn each_selected<H: Host>(
    host: &mut H,
    selector: &Selector,
    mut visit: impl FnMut(&str) -> ControlFlow<()> + Send,
) -> Result<(), Failure> {
    let mut search = Search::<_, LONGEST_KEY>::new(selector);
    loop {
        match search.run(host.store(), |key, _| visit(key.as_str())) {
            Next::Done => return Ok(()),
            Next::More => host.turn().await?,
            Next::Wait => host.ready().await?,
            _ => return Err(Failure::Unavailable),
        }
    }
}
