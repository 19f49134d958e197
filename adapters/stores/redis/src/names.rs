//! The keys of all parts in byte order, some of each part at hand.

use std::collections::{BTreeMap, VecDeque};

use redis::Cmd;

use crate::command::Group;
use crate::engine::Engine;
use crate::layout::{Kind, PARTS, name};
use crate::reply::texts;
use crate::route::Purpose;

/// How many keys of a part are fetched at once.
const FETCHED: usize = 16;

/// A part that has fewer is fetched together with one that has none.
const FEW: usize = 8;

/// The keys of all parts, merged. It holds 24 of each part at most: typically 200 KiB, and 6 MiB if all are
/// as long as they may be.
#[derive(Debug)]
pub(crate) struct Merge {
    parts: Vec<Part>,
    /// The first key of each part, and the part.
    first: BTreeMap<Box<[u8]>, usize>,
    from: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Part {
    /// Behind its first key.
    keys: VecDeque<Box<[u8]>>,
    /// The last key that was fetched.
    last: Option<Box<[u8]>>,
    has_first: bool,
    is_ended: bool,
}

impl Merge {
    /// Begins at the first key that is not less than `from`.
    pub(crate) fn all(from: &[u8]) -> Self {
        let (parts, first) = (vec![Part::default(); PARTS], BTreeMap::new());
        Self { parts, first, from: from.to_vec() }
    }

    /// Returns the next key.
    ///
    /// # Errors
    ///
    /// If the engine cannot tell.
    pub(crate) async fn next(&mut self, engine: &Engine) -> Result<Option<Box<[u8]>>, Unavailable> {
        if self.parts.iter().any(|part| !part.has_first && !part.is_ended) {
            self.fetch(engine).await?;
        }
        let Some((key, part)) = self.first.pop_first() else { return Ok(None) };
        self.parts[part].has_first = false;
        self.advance(part);
        Ok(Some(key))
    }

    /// Moves the first key of a part to the others' first ones.
    fn advance(&mut self, part: usize) {
        let place = &mut self.parts[part];
        if !place.has_first
            && let Some(key) = place.keys.pop_front()
        {
            place.has_first = true;
            self.first.insert(key, part);
        }
    }

    async fn fetch(&mut self, engine: &Engine) -> Result<(), Unavailable> {
        let is_low = |part: &usize| {
            let part = &self.parts[*part];
            !part.is_ended && part.keys.len() < FEW
        };
        let due: Vec<_> = (0..PARTS).filter(is_low).collect();
        let groups = due.iter().map(|&part| {
            let command = self.range(&name(&engine.settings.prefix, part, Kind::Index, b""), part);
            Group::new(part, vec![command])
        });
        let fetched = engine.run(groups.collect(), Purpose::Read).await;
        for (&part, fetched) in due.iter().zip(fetched) {
            let fetched = fetched.map_err(|_| Unavailable)?.into_iter().flat_map(texts);
            let fetched: Vec<Box<[u8]>> = fetched.map(Vec::into_boxed_slice).collect();
            let place = &mut self.parts[part];
            place.is_ended = fetched.len() < FETCHED;
            if let Some(last) = fetched.last() {
                place.last = Some(last.clone());
            }
            place.keys.extend(fetched);
            self.advance(part);
        }
        Ok(())
    }

    fn range(&self, index: &[u8], part: usize) -> Cmd {
        let from = match (&self.parts[part].last, &self.from[..]) {
            (Some(last), _) => [b"(", &last[..]].concat(),
            (None, []) => b"-".to_vec(),
            (None, from) => [b"[", from].concat(),
        };
        let mut command = redis::cmd("ZRANGEBYLEX");
        command.arg(index).arg(from).arg("+").arg("LIMIT").arg(0).arg(FETCHED);
        command
    }
}

/// The engine does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;
