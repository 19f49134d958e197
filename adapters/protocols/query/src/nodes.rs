//! One level of the tree of keys, in pages.

use core::ops::ControlFlow::{Break, Continue};

use metric_proto::{Scan, Store};

use crate::name::Name;
use crate::page::{Page, Row, Shown, Tail};
use crate::produce::{Filled, Next, Produce};
use crate::style::Style;
use crate::turn::Turn;
use crate::walk::Stopped;
use crate::writer::Writer;

/// Fills a page of the nodes that are directly under a node of the tree of keys, whose levels are
/// separated by dots. It takes two look-ups for each, however many series are below.
///
/// A node that is a series stands where its key does, any other one where the keys below it do. There
/// are no lines of nodes: they are CSV then. Series whose keys are longer than `KEY` are left out.
#[derive(Clone, Debug)]
pub struct Nodes<const KEY: usize> {
    level: Level<KEY>,
    limit: usize,
    page: Page<Node, KEY>,
}

impl<const KEY: usize> Nodes<KEY> {
    /// Creates a page of up to `limit` nodes under a node. `None` is the root. (The node whose path
    /// is empty is another one, above the keys that begin with a dot.)
    #[must_use]
    pub fn new(under: Option<&str>, limit: usize, style: Style) -> Self {
        Self { level: Level::new(under), limit, page: Page::new(style.without_lines()) }
    }

    /// Begins behind the node of this path, or where another page told that the next one begins.
    #[must_use]
    pub fn after(mut self, path: &str) -> Self {
        self.level.after(path.as_bytes());
        self
    }
}

impl<const KEY: usize> Produce for Nodes<KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let Self { level, limit, page } = self;
        let mut turn = Turn::new();
        page.fill(output, |page, out| {
            if turn.is_over() {
                return Shown::Break(Next::More);
            }
            // There are two look-ups, each of a series.
            turn.series(&[], 0);
            turn.series(&[], 0);
            match level.next(store) {
                Err(stopped) => stopped.into(),
                Ok(Some(_)) if page.shown() == *limit => Shown::End(Tail::Full),
                Ok(Some((name, node))) => {
                    page.show(out, name.as_bytes(), node);
                    Shown::Row
                }
                Ok(None) => Shown::Row,
            }
        })
    }
}

/// A node of the tree.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The length of the path of the node above, with its dot.
    above: usize,
    is_leaf: bool,
    is_branch: bool,
}

impl Node {
    /// Returns the path. The name of a row ends with a dot if the node is no series: the next page
    /// begins behind the keys below it.
    fn path<'a>(&self, name: &'a [u8]) -> &'a [u8] {
        let end = if self.is_leaf { name.len() } else { name.len().saturating_sub(1) };
        name.get(..end).unwrap_or_default()
    }
}

impl Row for Node {
    const NAME: &'static [u8] = b"nodes";
    const HEADER: &'static [u8] = b"name,path,leaf,branch\n";
    const IS_PAGED: bool = true;

    fn write_json(&self, out: &mut Writer<'_>, name: &[u8], _: Style) {
        let path = self.path(name);
        out.put(b"{\"name\": ");
        out.json(path.get(self.above..).unwrap_or_default());
        out.put(b", \"path\": ");
        out.json(path);
        out.put(b", \"leaf\": ");
        out.truth(self.is_leaf);
        out.put(b", \"branch\": ");
        out.truth(self.is_branch);
        out.put(b"}");
    }

    fn write_fields(&self, out: &mut Writer<'_>, name: &[u8], style: Style) {
        let path = self.path(name);
        style.key(out, path.get(self.above..).unwrap_or_default());
        out.put(b",");
        style.key(out, path);
        out.put(b",");
        out.truth(self.is_leaf);
        out.put(b",");
        out.truth(self.is_branch);
    }
}

/// A walk over the nodes of a level.
#[derive(Clone, Debug)]
struct Level<const KEY: usize> {
    /// The path of the node above with its dot, or nothing.
    under: Name<KEY>,
    /// Keys before this one are done, and this one if it was visited.
    at: Name<KEY>,
    visited: bool,
    /// There are no keys as long as those of this level.
    is_empty: bool,
}

impl<const KEY: usize> Level<KEY> {
    fn new(path: Option<&str>) -> Self {
        let mut under = Name::EMPTY;
        let has_room = path.is_none_or(|path| under.set(path.as_bytes()) && under.push(b'.'));
        Self { at: under.clone(), under, visited: false, is_empty: !has_room }
    }

    fn after(&mut self, path: &[u8]) {
        match path.strip_prefix(self.under.as_bytes()) {
            Some([.., b'.']) => self.pass(path),
            Some(_) => self.visited = self.at.set(path),
            None => {}
        }
    }

    /// Goes behind all keys that begin so.
    fn pass(&mut self, beginning: &[u8]) {
        self.at.pass(beginning);
        self.visited = false;
    }

    /// Returns the next node and the name of its row. `None` is not the end: there was none in this
    /// step.
    fn next<T: Store>(&mut self, store: &T) -> Result<Option<(Name<KEY>, Node)>, Stopped> {
        let key = self.next_key(store)?;
        let above = self.under.as_bytes().len();
        let Some(name) = key.as_bytes().get(above..) else { return Err(Stopped::AtEnd) };
        match name.iter().position(|byte| *byte == b'.') {
            None => {
                let mut below = key.clone();
                let is_branch = below.push(b'.') && has(store, &below, Exact::No)?;
                (self.at, self.visited) = (key.clone(), true);
                Ok(Some((key, Node { above, is_leaf: true, is_branch })))
            }
            Some(dot) => {
                let mut path = key.clone();
                path.cut(above + dot);
                let was_shown = has(store, &path, Exact::Yes)?;
                path.push(b'.');
                self.pass(path.as_bytes());
                let node = Node { above, is_leaf: false, is_branch: true };
                Ok((!was_shown).then_some((path, node)))
            }
        }
    }

    /// Returns the next key of this level or below it.
    fn next_key<T: Store>(&self, store: &T) -> Result<Name<KEY>, Stopped> {
        let (from, mut found) = (self.at.as_bytes(), Name::EMPTY);
        let mut is_found = false;
        let scan = store.series(from, |key, _| {
            let key = key.as_bytes();
            is_found = !(self.visited && key == from) && found.set(key);
            if is_found { Break(()) } else { Continue(()) }
        });
        match scan {
            Scan::NotYet(_) => Err(Stopped::NotYet),
            Scan::Refused => Err(Stopped::Refused),
            _ if self.is_empty || !is_found => Err(Stopped::AtEnd),
            _ if !found.as_bytes().starts_with(self.under.as_bytes()) => Err(Stopped::AtEnd),
            _ => Ok(found),
        }
    }
}

/// Whether a key has to be a name or to begin with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exact {
    No,
    Yes,
}

/// Whether there is such a key.
fn has<T: Store, const KEY: usize>(
    store: &T,
    name: &Name<KEY>,
    exact: Exact,
) -> Result<bool, Stopped> {
    let (name, mut found) = (name.as_bytes(), false);
    let scan = store.series(name, |key, _| {
        let rest = key.as_bytes().strip_prefix(name);
        found = rest.is_some_and(|rest| rest.is_empty() || exact == Exact::No);
        Break(())
    });
    match scan {
        Scan::NotYet(_) => Err(Stopped::NotYet),
        Scan::Refused => Err(Stopped::Refused),
        Scan::Done | Scan::Stopped(_) => Ok(found),
    }
}
